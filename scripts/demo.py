"""The main job on a copy of the example: makes its environment, runs Proctor with no network, shows the result."""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "examples/ecommerce-api"
PROMPT = ROOT / "examples/prompt.txt"
WORTH_READING = {
    "tests/": "the tests, and conftest.py with their fixtures",
    "COVERAGE_REPORT.md": "coverage before and after",
    ".proctor/bugs_found.md": "the bugs that were found, with evidence",
    ".proctor/orchestration_plan.json": "the plan",
}
NOT_COPIED = (".venv", "__pycache__", ".pytest_cache", ".coverage", ".proctor")
# Nothing listens on the discard port: whoever takes a proxy from the environment gets nowhere.
NO_NETWORK = {
    **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"), "http://127.0.0.1:9"),
    "NO_PROXY": "",
    "UV_OFFLINE": "1",
    "PIP_NO_INDEX": "1",
}


def main() -> int:
    """Run the demo; the exit code is Proctor's, or 1 when something around it failed."""
    options = read_options()
    before = checkout_state()
    project = copy_example()
    make_environment(project)
    started = time.perf_counter()
    code = run_proctor(project)
    seconds = time.perf_counter() - started
    suite = run_suite(project) if code in (0, 1) else 1  # 1: a gate was missed, and the suite is there all the same
    show(project, seconds)
    if checkout_state() != before:
        say("The checkout is not as it was before the demo: see `git status`.")
        return 1
    if options.record and code == 0:
        record(options.record, seconds)
    if code or suite:
        say(f"The demo did not succeed: proctor ended with exit code {code}, the generated suite with {suite}.")
    return code or suite


def read_options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--record", type=Path, metavar="FILE", help="append the wall time to this JSON file")
    return parser.parse_args()


def say(text: str) -> None:
    """Tell where the demo is; flushed, so that it stands before what the next program prints."""
    print(f"\n==> {text}", flush=True)


def checkout_state() -> str | None:
    """What git sees in the checkout, None where this is no checkout."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        return None
    command = ["git", "-C", str(ROOT), "status", "--porcelain", "--untracked-files=all"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def copy_example() -> Path:
    """A copy of the example in the system's temporary folder, which stays for the reader."""
    folder = Path(tempfile.mkdtemp(prefix="proctor-demo-")).resolve()
    if folder.is_relative_to(ROOT):
        folder.rmdir()
        sys.exit("The temporary folder lies inside the checkout: set TMPDIR to a folder outside of it.")
    project = folder / EXAMPLE.name
    say(f"Copying {EXAMPLE.relative_to(ROOT)} to {project}")
    shutil.copytree(EXAMPLE, project, ignore=shutil.ignore_patterns(*NOT_COPIED), symlinks=True)
    return project


def make_environment(project: Path) -> None:
    """The example's own environment, as its developers would have it."""
    say("Making the example's environment from requirements-demo.txt (the only step that uses the network)")
    python = project / ".venv/bin/python"
    base = getattr(sys, "_base_executable", sys.executable)
    call(uv("venv", "--quiet", "--python", base, str(project / ".venv")))
    pinned = str(project / "requirements-demo.txt")
    call(uv("pip", "install", "--quiet", "--compile-bytecode", "--python", str(python), "-r", pinned))


def uv(*arguments: str) -> list[str]:
    """A call of the uv that came with Proctor."""
    return [sys.executable, "-m", "uv", *arguments]


def call(command: Sequence[str]) -> None:
    """Run a step that the demo cannot do without."""
    if subprocess.run(command, check=False).returncode != 0:  # what went wrong, the program has said by itself
        sys.exit(f"This step failed, so the demo stops here: {' '.join(command)}")


def run_proctor(project: Path) -> int:
    """The article's prompt, on the copy, without a network."""
    without, how = network_off()
    say(f'proctor run {project} "$(cat examples/prompt.txt)" --yes   [{how}]')
    command = [str(Path(sys.executable).with_name("proctor")), "run", str(project), prompt(), "--yes"]
    return subprocess.run([*without, *command], env=os.environ | NO_NETWORK, check=False).returncode


def prompt() -> str:
    """The prompt as it would be pasted."""
    return PROMPT.read_text(encoding="utf-8")


def network_off() -> tuple[list[str], str]:
    """How to start a program without a network here, and how to name that."""
    isolated = ["unshare", "--map-current-user", "--net"]
    if (
        shutil.which("unshare")
        and subprocess.run([*isolated, "true"], check=False, capture_output=True).returncode == 0
    ):
        return isolated, "no network: own network namespace"
    return [], "no network: proxies that lead nowhere, installers offline"


def run_suite(project: Path) -> int:
    """The suite that was written, once more, by the project's own interpreter."""
    say("Running what was written with the example's own pytest, measured by coverage.py")
    python = str(project / ".venv/bin/python")
    without, _ = network_off()

    def run(*arguments: str) -> int:
        command = [*without, python, "-m", "coverage", *arguments]
        return subprocess.run(command, cwd=project, env=os.environ | NO_NETWORK, check=False).returncode

    code = run("run", "--branch", "--source=app/services", "-m", "pytest", "-q", "--tb=short")
    run("report")
    return code


def show(project: Path, seconds: float) -> None:
    """Where to read what was written."""
    say(f"Proctor took {seconds:.0f} s. Read what it wrote in {project}:")
    for name, what in WORTH_READING.items():
        print(f"    {name:<34}{what if (project / name).exists() else 'not written'}")


def record(path: Path, seconds: float) -> None:
    """Append one measurement to the file."""
    measured = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    measured.append(
        {
            "date": time.strftime("%Y-%m-%d"),
            "seconds": round(seconds, 1),
            "cpus": os.cpu_count(),
            "python": platform.python_version(),
            "machine": platform.machine(),
        }
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(measured, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
