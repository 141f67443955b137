"""`proctor plan`: write the plan and stop."""

from __future__ import annotations

import json
import os

from proctor.cli.choices import Choices, Wanted, resolve
from proctor.cli.narrator import Narrator
from proctor.jobs.testgen.delivery import Delivery, output_gate
from proctor.jobs.testgen.opening import Opened, allowed_paths, opened_project
from proctor.project.writer import GuardedWriter
from proctor.workflow.plan import Plan


def plan(path: str, prompt: str, choices: Choices) -> int:
    """Plan the request, write the plan file, and print it."""
    wanted = resolve(path, prompt, choices)
    narrator = Narrator()
    tell_request(wanted, narrator)
    with opened_project(
        wanted.root,
        wanted.request,
        wanted.settings,
        effort=wanted.effort,
        sandbox=wanted.sandbox,
        environment=os.environ,
        say=narrator.orchestrator,
    ) as opened:
        tell_plan(opened, wanted, narrator)
        write_plan(opened, wanted)
        print(opened.plan.to_json_text(), end="")
    return 0


def schema() -> int:
    """Print the JSON Schema of a plan file."""
    print(json.dumps(Plan.schema(), indent=2))
    return 0


def tell_request(wanted: Wanted, narrator: Narrator) -> None:
    """Say what was understood of the request, and what was not."""
    narrator.orchestrator("Understood:")
    for sentence in wanted.request.understood:
        narrator.detail(sentence)
    for sentence in wanted.request.not_understood:
        narrator.orchestrator(f"Not understood, and left out: {sentence}")
    for sentence in wanted.request.impossible_offline:
        narrator.orchestrator(f"Not possible here, and left out: {sentence}")


def tell_plan(opened: Opened, wanted: Wanted, narrator: Narrator) -> None:
    """Show what was found and what will be done."""
    facts = {path: found for path, found in opened.survey.facts.items() if path in opened.outputs}
    methods = {p: (sum(f.is_public for f in found.callables), found.lines) for p, found in facts.items()}
    lines = sum(count for _, count in methods.values())
    narrator.orchestrator(f"Discovered {len(opened.survey.targets)} modules ({lines} lines)")
    narrator.orchestrator(f"Identified {sum(count for count, _ in methods.values())} public methods requiring tests")
    for broken in opened.survey.unreadable:
        narrator.orchestrator(f"Cannot be read: {broken.path}:{broken.line}: {broken.message}")
    narrator.orchestrator(f"Running the code with {opened.python}")
    narrator.orchestrator(f"Sandbox: {opened.confinement.line}")
    for note in opened.notes:
        narrator.orchestrator(f"Note: {note}")
    narrator.orchestrator(f"Generated plan: {wanted.settings.state_dir}/orchestration_plan.json")
    narrator.plan(opened.plan, wanted.effort, methods)


def write_plan(opened: Opened, wanted: Wanted) -> Delivery:
    """Write the plan file into the project, and hand on the delivery that did it."""
    allowed = allowed_paths(wanted.request, wanted.settings)
    writer = GuardedWriter(wanted.root, allowed, output_gate(opened.workplace))
    delivery = Delivery(wanted.root, writer)
    delivery.write({f"{wanted.settings.state_dir}/orchestration_plan.json": opened.plan.to_json_text()})
    return delivery
