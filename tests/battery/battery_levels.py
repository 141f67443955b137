"""How an act is started: by a bare `subprocess`, as other tools do it, or by Proctor at one of its levels."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from battery_acts import Act
from battery_judge import Ended
from battery_scene import Scene

from proctor.execution.child import ChildSettings, run_child
from proctor.execution.confinement.policy import Confinement, Level, Limits
from proctor.execution.suite import run_suite

LIMITS = Limits(wall_seconds=5, memory_mb=384, cpu_seconds=2, file_mb=16, processes=64, output_kb=256)
LEVELS: Mapping[str, Level] = {"soft": "soft", "landlock": "landlock", "bwrap": "bwrap"}
# What else is installed beside the base Python is nobody's business here.
OWN_PLUGINS_ONLY: Mapping[str, str] = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
# pytest itself takes seconds to start on a busy machine
SUITE_LIMITS = replace(LIMITS, wall_seconds=40, cpu_seconds=40)
Start = Callable[[Act, Scene, Path], Ended]
# The soft level is an audit hook, which the probe installs before it runs code of the project.
GUARDED = """
import os, runpy, sys
from proctor_probe.guard import install_guard
install_guard([os.getcwd()])
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def bare(act: Act, scene: Scene, packages: Path) -> Ended:
    """Run the act as a plain child with a time limit: what `subprocess.run` gives."""
    runner = ["-m", "pytest", "-q"] if act.is_suite else []
    environment = {**os.environ, **OWN_PLUGINS_ONLY, "PYTHONPATH": str(packages)} if act.is_suite else dict(os.environ)
    started = time.monotonic()
    process = subprocess.Popen(
        [scene.interpreter.path, *runner, str(scene.scratch / file_of(act))],
        cwd=scene.scratch,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    output, timed_out = _read(process, limits_of(act).wall_seconds)
    seconds = time.monotonic() - started
    return Ended(output, timed_out, seconds, is_believed=act.is_suite and process.returncode == 0)


def confined(confinement: Confinement) -> Start:
    """Run acts as Proctor runs the code of a project, at the given level."""

    def start(act: Act, scene: Scene, packages: Path) -> Ended:
        settings = ChildSettings(
            scene.interpreter,
            scene.scratch,
            (scene.scratch,),
            overlay=packages if act.is_suite else None,
            environment=OWN_PLUGINS_ONLY,
            limits=limits_of(act),
            confinement=confinement,
        )
        if act.is_suite:
            return _suite(settings, act)
        guarded = [] if confinement.is_boundary else ["-c", GUARDED]
        child = run_child([*guarded, str(scene.scratch / file_of(act))], settings)
        return Ended(child.stdout_tail + child.stderr_tail, child.timed_out, child.seconds)

    return start


def _suite(settings: ChildSettings, act: Act) -> Ended:
    result = run_suite(settings, [file_of(act)], rootdir=settings.cwd)
    return Ended(result.output_tail, result.timed_out, result.seconds, result.is_green)


def limits_of(act: Act) -> Limits:
    """What this act may use up."""
    return SUITE_LIMITS if act.is_suite else LIMITS


def file_of(act: Act) -> str:
    """The name of the act's program in its scratch folder."""
    return "test_act.py" if act.is_suite else "act.py"


def _read(process: subprocess.Popen[bytes], seconds: float) -> tuple[str, bool]:
    timed_out = False
    try:
        output, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        timed_out = True
        process.kill()
        process.wait()
        output = b""
    return output.decode(errors="replace"), timed_out


def start_at(level: str) -> Start:
    """Choose how acts are started."""
    program = (shutil.which("bwrap") or "") if level == "bwrap" else ""
    return bare if level == "bare" else confined(Confinement(LEVELS[level], "the battery", program))
