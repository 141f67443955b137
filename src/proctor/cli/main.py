"""The entry point: the verbs, and the one place where an exception becomes a text and an exit code."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

import proctor
from proctor.errors import ProctorError

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Write the pytest suite that a codebase never had: offline, at zero tokens, checked by machinery.",
)

runs_app = typer.Typer(invoke_without_command=True, help="List the runs of a project, or carry one elsewhere.")
app.add_typer(runs_app, name="runs")

PathArgument = Annotated[str, typer.Argument(metavar="[PATH]", help="The project's folder.")]
PromptArgument = Annotated[str, typer.Argument(metavar="[PROMPT]", help="What is wanted, in plain words.")]
EffortOption = Annotated[str | None, typer.Option("--effort", help="low, balanced, high or ultracode.")]
JobsOption = Annotated[int | None, typer.Option("--jobs", min=1, help="How many modules are worked on at once.")]
SeedOption = Annotated[int | None, typer.Option("--seed", help="Same input and seed, same bytes.")]
PythonOption = Annotated[str | None, typer.Option("--python", help="The project's interpreter.")]
MinimumOption = Annotated[float | None, typer.Option("--min-coverage", min=0, max=100, help="Branches, per cent.")]
StateOption = Annotated[str | None, typer.Option("--state-dir", help="Where plans and bug reports go.")]
SandboxOption = Annotated[str | None, typer.Option("--sandbox", help="auto, require or off: how code is confined.")]
FormatOption = Annotated[str, typer.Option("--output-format", help="text, json or stream-json, on stdout.")]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Start without asking.")]
WorkflowOption = Annotated[str | None, typer.Option("--workflow", help="A plan file to run.", metavar="FILE")]
AgentsCap = Annotated[str | None, typer.Option("--max-agents", help="Pause before more agents than this.")]
TokensCap = Annotated[str | None, typer.Option("--max-tokens", help="Pause before more tokens, such as 200k.")]
MoneyCap = Annotated[str | None, typer.Option("--max-money", help="Pause before more dollars.")]
MinutesCap = Annotated[str | None, typer.Option("--max-minutes", help="Pause before more wall time.")]
BudgetOption = Annotated[str | None, typer.Option("--budget", help="All caps at once: tokens=200k,money=5.")]
FreshOption = Annotated[bool, typer.Option("--fresh", help="Reuse nothing that an earlier run finished.")]


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"proctor {proctor.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_show_version, help="Show the version and stop.")
    ] = False,
) -> None:
    """Take the options that belong to no verb."""


@app.command()
def run(  # noqa: PLR0913, PLR0917 - typer makes an option of each parameter
    path: PathArgument = ".",
    prompt: PromptArgument = "",
    effort: EffortOption = None,
    jobs: JobsOption = None,
    seed: SeedOption = None,
    python: PythonOption = None,
    min_coverage: MinimumOption = None,
    state_dir: StateOption = None,
    sandbox: SandboxOption = None,
    output_format: FormatOption = "text",
    yes: YesOption = False,
    fresh: FreshOption = False,
    workflow: WorkflowOption = None,
    budget: BudgetOption = None,
    max_agents: AgentsCap = None,
    max_tokens: TokensCap = None,
    max_money: MoneyCap = None,
    max_minutes: MinutesCap = None,
) -> None:
    """Plan, show the plan, run it, report."""
    from proctor.cli import run as verb
    from proctor.cli.caps import read_caps
    from proctor.cli.choices import Choices

    choices = Choices(effort, jobs, seed, python, min_coverage, state_dir, sandbox)
    flags = {"agents": max_agents, "tokens": max_tokens, "money": max_money, "minutes": max_minutes}
    start = verb.Start(path, prompt, choices, workflow, read_caps(budget, flags), None, fresh)
    raise typer.Exit(verb.run(start, output_format=output_format, yes=yes))


@app.command()
def plan(  # noqa: PLR0913, PLR0917 - typer makes an option of each parameter
    path: PathArgument = ".",
    prompt: PromptArgument = "",
    effort: EffortOption = None,
    python: PythonOption = None,
    min_coverage: MinimumOption = None,
    state_dir: StateOption = None,
    sandbox: SandboxOption = None,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON Schema of a plan file.")] = False,
) -> None:
    """Write the plan and stop."""
    from proctor.cli import plan as verb
    from proctor.cli.choices import Choices

    if schema:
        raise typer.Exit(verb.schema())
    choices = Choices(effort, None, None, python, min_coverage, state_dir, sandbox)
    raise typer.Exit(verb.plan(path, prompt, choices))


@app.command()
def doctor(
    path: PathArgument = ".",
    python: PythonOption = None,
    sandbox: SandboxOption = None,
    output_format: FormatOption = "text",
) -> None:
    """Say what works here, and what to do about the rest."""
    from proctor.cli import doctor as verb
    from proctor.cli.choices import Choices

    raise typer.Exit(verb.doctor(path, Choices(python=python, sandbox=sandbox), output_format=output_format))


@app.command()
def generate(  # noqa: PLR0913, PLR0917 - typer makes an option of each parameter
    module: Annotated[str, typer.Option("--module", help="The dotted name that the module is imported by.")],
    output: Annotated[str, typer.Option("--output", help="The folder that the test file goes into.")],
    python: PythonOption = None,
    effort: EffortOption = None,
    seed: SeedOption = 0,
    jobs: JobsOption = 2,
    max_seconds: Annotated[
        float | None, typer.Option("--max-seconds", min=1, help="Stop searching then and write what was found.")
    ] = None,
    sandbox: SandboxOption = None,
    output_format: FormatOption = "text",
) -> None:
    """Write tests for one importable module of any environment."""
    from proctor.cli import generate as verb

    code = verb.generate(
        module,
        python=python,
        output=output,
        effort=effort,
        seed=seed or 0,
        jobs=jobs or 1,
        max_seconds=max_seconds,
        sandbox=sandbox,
        output_format=output_format,
    )
    raise typer.Exit(code)


@app.command()
def explain(
    test: Annotated[str, typer.Argument(metavar="TEST", help="A node id as pytest prints it, or its end.")],
    path: Annotated[str, typer.Option("--path", help="The project's folder.")] = ".",
    state_dir: StateOption = None,
) -> None:
    """Say why a generated test exists: what only it reaches."""
    from proctor.cli import explain as verb

    raise typer.Exit(verb.explain(test, path, state_dir))


ProjectOption = Annotated[str, typer.Option("--project", help="The project's folder.")]
JsonOption = Annotated[bool, typer.Option("--json", help="As JSON.")]
RunArgument = Annotated[str, typer.Argument(metavar="RUN", help="The id of the run.")]
AnyRunArgument = Annotated[str | None, typer.Argument(metavar="[RUN]", help="The id of the run.")]
FileArgument = Annotated[Path, typer.Argument(metavar="FILE")]


@runs_app.callback()
def runs(context: typer.Context, project: ProjectOption = ".", as_json: JsonOption = False) -> None:
    """List the runs of a project."""
    from proctor.cli import runs as verb

    if context.invoked_subcommand is None:
        raise typer.Exit(verb.list_runs(project, as_json=as_json))


@runs_app.command("export")
def runs_export(run_id: RunArgument, file: FileArgument, project: ProjectOption = ".") -> None:
    """Write a run to a file, with every finished call that it stands on."""
    from proctor.cli import runs as verb

    raise typer.Exit(verb.export_run(project, run_id, file))


@runs_app.command("import")
def runs_import(file: FileArgument, project: ProjectOption = ".") -> None:
    """Take over a run from a file: what it finished is not done again."""
    from proctor.cli import runs as verb

    raise typer.Exit(verb.import_run(project, file))


@app.command()
def show(run_id: RunArgument, project: ProjectOption = ".", as_json: JsonOption = False) -> None:
    """Show one run: its tasks, what it spent, how to go on."""
    from proctor.cli import runs as verb

    raise typer.Exit(verb.show(project, run_id, as_json=as_json))


@app.command()
def stop(run_id: AnyRunArgument = None, project: ProjectOption = ".") -> None:
    """Stop a run at once; what is finished is kept."""
    from proctor.cli import runs as verb

    raise typer.Exit(verb.ask(project, run_id, "stop"))


@app.command()
def pause(run_id: AnyRunArgument = None, project: ProjectOption = ".") -> None:
    """Let a run finish what it is at, and start nothing more."""
    from proctor.cli import runs as verb

    raise typer.Exit(verb.ask(project, run_id, "pause"))


@app.command()
def resume(  # noqa: PLR0913, PLR0917 - typer makes an option of each parameter
    run_id: AnyRunArgument = None,
    project: ProjectOption = ".",
    output_format: FormatOption = "text",
    budget: BudgetOption = None,
    max_agents: AgentsCap = None,
    max_tokens: TokensCap = None,
    max_money: MoneyCap = None,
    max_minutes: MinutesCap = None,
) -> None:
    """Go on with a run, under new caps where they are given."""
    from proctor.cli import resume as verb
    from proctor.cli.caps import read_caps

    flags = {"agents": max_agents, "tokens": max_tokens, "money": max_money, "minutes": max_minutes}
    raise typer.Exit(verb.resume(project, run_id, read_caps(budget, flags), output_format))


def _spelled_out(arguments: list[str]) -> list[str]:
    """Let `proctor --workflow FILE "PROMPT"` be the `run` that it means."""
    return ["run", *arguments] if arguments and arguments[0].partition("=")[0] == "--workflow" else arguments


def main() -> None:
    """Run the command line."""
    try:
        app(_spelled_out(sys.argv[1:]))
    except ProctorError as error:
        print(f"proctor: {error.message}", file=sys.stderr)
        if error.hint:
            print(f"  {error.hint}", file=sys.stderr)
        print(f"  [{error.slug}, see docs/reference/messages.md]", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print("proctor: interrupted; nothing unfinished was written", file=sys.stderr)
        sys.exit(130)


if __name__ == "__main__":
    main()
