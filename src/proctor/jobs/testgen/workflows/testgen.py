"""Write the pytest suite of a project: one agent a module, phase by phase, as `proctor run` does it."""


async def work(planned):
    """One agent of the plan: a module to write tests for, or the reports at the end."""
    inputs = {name: planned[name] for name in ("constraints", "tasks", "groups") if name in planned}
    return await agent(
        "",
        label=planned["id"],
        target=planned.get("target"),
        output=planned.get("output"),
        inputs=inputs,
    )


missing = []

for step in args["plan"]["phases"]:
    phase(step["id"])
    if step["strategy"] == "sequential":
        results = [await work(planned) for planned in step["agents"]]
    else:
        results = await parallel([work(planned) for planned in step["agents"]])
    missing += [result.label for result in results if not result.ok]

if missing:
    log(f"Without a result: {', '.join(missing)}")

{"missing": missing}
