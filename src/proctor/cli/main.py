"""The entry point: the verbs, and the one place where an exception becomes a text and an exit code."""

from __future__ import annotations

import sys
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

PathArgument = Annotated[str, typer.Argument(metavar="[PATH]", help="The project's folder.")]
PromptArgument = Annotated[str, typer.Argument(metavar="[PROMPT]", help="What is wanted, in plain words.")]
EffortOption = Annotated[str | None, typer.Option("--effort", help="low, balanced, high or ultracode.")]
JobsOption = Annotated[int | None, typer.Option("--jobs", min=1, help="How many modules are worked on at once.")]
SeedOption = Annotated[int | None, typer.Option("--seed", help="Same input and seed, same bytes.")]
PythonOption = Annotated[str | None, typer.Option("--python", help="The project's interpreter.")]
MinimumOption = Annotated[float | None, typer.Option("--min-coverage", min=0, max=100, help="Branches, per cent.")]
StateOption = Annotated[str | None, typer.Option("--state-dir", help="Where plans and bug reports go.")]
FormatOption = Annotated[str, typer.Option("--output-format", help="text or json, for the result on stdout.")]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Start without asking.")]
FreshOption = Annotated[bool, typer.Option("--fresh", help="Reuse nothing that an earlier run finished.")]
WorkflowOption = Annotated[str, typer.Option("--workflow", help="A saved workflow, or the file of a script.")]
FolderOption = Annotated[str, typer.Option("--project", help="The project's folder.")]

workflows_app = typer.Typer(no_args_is_help=True, help="Saved workflows: list, show, check.")
app.add_typer(workflows_app, name="workflows")


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
    output_format: FormatOption = "text",
    yes: YesOption = False,
    fresh: FreshOption = False,
    workflow: WorkflowOption = "",
) -> None:
    """Plan, show the plan, run it, report."""
    from proctor.cli import run as verb
    from proctor.cli.choices import Choices

    choices = Choices(effort, jobs, seed, python, min_coverage, state_dir)
    raise typer.Exit(
        verb.run(path, prompt, choices, output_format=output_format, yes=yes, fresh=fresh, workflow=workflow)
    )


@app.command()
def plan(  # noqa: PLR0913, PLR0917 - typer makes an option of each parameter
    path: PathArgument = ".",
    prompt: PromptArgument = "",
    effort: EffortOption = None,
    python: PythonOption = None,
    min_coverage: MinimumOption = None,
    state_dir: StateOption = None,
) -> None:
    """Write the plan and stop."""
    from proctor.cli import plan as verb
    from proctor.cli.choices import Choices

    raise typer.Exit(verb.plan(path, prompt, Choices(effort, None, None, python, min_coverage, state_dir)))


@workflows_app.command("list")
def list_workflows(path: FolderOption = ".") -> None:
    """Name the saved workflows."""
    from proctor.cli import workflows as verb

    raise typer.Exit(verb.list_workflows(path))


@workflows_app.command("show")
def show_workflow(name: Annotated[str, typer.Argument(metavar="NAME")], path: FolderOption = ".") -> None:
    """Print the text of a saved workflow."""
    from proctor.cli import workflows as verb

    raise typer.Exit(verb.show_workflow(name, path))


@workflows_app.command("check")
def check_workflow(name: Annotated[str, typer.Argument(metavar="NAME|FILE")], path: FolderOption = ".") -> None:
    """Check a script against the script API without running it."""
    from proctor.cli import workflows as verb

    raise typer.Exit(verb.check_workflow(name, path))


def main() -> None:
    """Run the command line."""
    try:
        app()
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
