"""The developer's menu: `nox -l` lists it, `nox` runs what must pass before a push."""

import nox

nox.options.sessions = ["lint", "docs", "tests"]
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.error_on_missing_interpreters = False


def install(session: nox.Session) -> None:
    """Proctor, editable, with the tools of the dev group."""
    groups = nox.project.dependency_groups(nox.project.load_toml("pyproject.toml"), "dev")
    session.install("--editable", ".", *groups)


@nox.session
def lint(session: nox.Session) -> None:
    """Format, lint, types, and the layers."""
    install(session)
    session.run("ruff", "format", "--check")
    session.run("ruff", "check")
    session.run("mypy")
    session.run("lint-imports")


@nox.session(python=["3.11", "3.12", "3.13"])
def tests(session: nox.Session) -> None:
    """The suite without the slow sweeps, in random order, with branch coverage."""
    install(session)
    arguments = session.posargs or ["-n", "2", "-m", "not slow", "--cov", "--cov-report=term"]
    session.run("python", "-m", "pytest", *arguments)


@nox.session
def e2e(session: nox.Session) -> None:
    """Whole runs of the command line, the slow sweeps too."""
    install(session)
    session.run("python", "-m", "pytest", "-m", "e2e or slow", *session.posargs)


@nox.session
def battery(session: nox.Session) -> None:
    """Every hostile act at every level, as root and as an ordinary user, and every module that is hostile at import."""
    install(session)
    everything = ["tests/battery", "tests/e2e/test_hostile_projects.py"]
    session.run("python", "-m", "pytest", "-n", "2", *everything, *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """Links lead somewhere, examples run, every message is explained."""
    install(session)
    session.run("python", "scripts/check_docs.py")
    session.run("python", "scripts/script_api.py", "--check")


@nox.session
def engine(session: nox.Session) -> None:
    """The engine beside others, each in an environment of its own."""
    install(session)
    session.run("python", "bench/engine/run.py", *session.posargs)


@nox.session
def generation(session: nox.Session) -> None:
    """The open benchmark of generated tests; `-- --pynguin` runs the peer as well."""
    install(session)
    session.run("python", "bench/generation/run.py", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """The reference run, timed: the table goes to stdout."""
    install(session)
    session.run("python", "bench/reference/run.py", *session.posargs)
