"""Runs the open benchmark: `proctor generate` on each of its modules, scored by its own scorer, beside its peer.

The benchmark's folder (modules.toml, requirements.txt, score.py, summary.py, run_pynguin.py) is named by --bench.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Sequence
from pathlib import Path

from uv import find_uv_bin

ROOT = Path(__file__).resolve().parents[2]
PROCTOR = Path(sys.executable).with_name("proctor")
PYNGUIN = "pynguin==0.48.0"
PATIENCE = 600


def main() -> int:
    """Generate and score; the exit code is 1 when a run of Proctor broke off."""
    options = read_options()
    bench, out = options.bench.resolve(), options.out.resolve()
    python = make_environment(out / "target", bench / "requirements.txt")
    names = options.names or module_names(bench)
    codes = []
    for seed in options.seeds:
        place = out / f"seed-{seed}"
        codes += [generate(name, seed, place, python) for name in names]
        score(bench, place, python, names)
    if options.pynguin:
        peer = make_environment(out / "pynguin", bench / "requirements.txt", PYNGUIN)
        run_peer(bench, out / "peer", peer, names)
        score(bench, out / "peer", python, names)
    return max((code not in (0, 1) for code in codes), default=False)


def read_options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bench", type=Path, default=ROOT.parent / "shared/bench", help="the benchmark's folder")
    parser.add_argument("--out", type=Path, default=ROOT / ".cache/bench-generation", help="where results go")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0], help="one whole run for each")
    parser.add_argument("--pynguin", action="store_true", help="run the peer as well, in an environment of its own")
    parser.add_argument("names", nargs="*", help="modules, all when none is named")
    return parser.parse_args()


def module_names(bench: Path) -> list[str]:
    """The open modules, in the benchmark's order."""
    table = tomllib.loads((bench / "modules.toml").read_text(encoding="utf-8"))
    return [module["name"] for module in table["module"]]


def make_environment(place: Path, requirements: Path, *more: str) -> Path:
    """An environment with the targets, byte-compiled, built when it is not there; its interpreter."""
    python = place / "bin/python"
    if not python.exists():
        subprocess.run([find_uv_bin(), "venv", "--quiet", "--python", "3.11", str(place)], check=True)
        install = [find_uv_bin(), "pip", "install", "--quiet", "--compile-bytecode", "--python", str(python)]
        subprocess.run([*install, "-r", str(requirements), *more], check=True)
    return python


def generate(name: str, seed: int, out: Path, python: Path) -> int:
    """One module: its tests, what was said, and how long it took, everything included."""
    place = out / name
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    command = [str(PROCTOR), "generate", "--module", name, "--python", str(python), "--seed", str(seed)]
    started = time.monotonic()
    with (place / "log.txt").open("w") as log:
        done = subprocess.run(
            [*command, "--output", str(place / "tests"), "--output-format", "json"],
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            timeout=PATIENCE,
        )
    seconds = round(time.monotonic() - started, 1)
    (place / "run.json").write_text(json.dumps({"module": name, "rc": done.returncode, "wall_s": seconds}))
    sys.stderr.write(f"{name}: exit code {done.returncode}, {seconds} s, load {os.getloadavg()[0]:.1f}\n")
    return done.returncode


def score(bench: Path, out: Path, python: Path, names: Sequence[str]) -> None:
    """The benchmark's own table."""
    command = [str(python), str(bench / "summary.py"), "--out", str(out), "--python", str(python)]
    subprocess.run([*command, "--json", str(out / "results.json"), *names], check=True, cwd=bench)


def run_peer(bench: Path, out: Path, python: Path, names: Sequence[str]) -> None:
    """The peer under the benchmark's own settings."""
    command = [sys.executable, str(bench / "run_pynguin.py"), "--venv", str(python.parents[1]), "--out", str(out)]
    subprocess.run([*command, "--search", "60", "--mut", "60", *names], check=True, cwd=bench)


if __name__ == "__main__":
    sys.exit(main())
