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
) -> None:
    """Plan, show the plan, run it, report."""
    from proctor.cli import run as verb
    from proctor.cli.choices import Choices

    choices = Choices(effort, jobs, seed, python, min_coverage, state_dir)
    raise typer.Exit(verb.run(path, prompt, choices, output_format=output_format, yes=yes, fresh=fresh))


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
