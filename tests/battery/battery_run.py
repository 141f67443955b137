"""Plays every act at one level and prints a JSON object of verdicts.

It is the side that is to be protected, in a process of its own, because some acts go for whoever started them:
`python battery_run.py LEVEL FOLDER PACKAGES [ACT ...]`.
"""

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from battery_acts import Act
from battery_acts_limits import KERNEL_ACTS, LIMIT_ACTS, SUITE_ACTS
from battery_acts_reach import PROCESS_ACTS, SECRET_ACTS, SOCKET_ACTS
from battery_acts_tree import TREE_ACTS
from battery_judge import Evidence, breaches
from battery_levels import Start, bare, file_of, limits_of, start_at
from battery_scene import scene
from battery_table import Played, Verdict
from battery_watch import Watch, end, survivors

from proctor.execution.interpreter import Interpreter, describe_interpreter
from proctor.project.manifest import take_manifest

ACTS: Final = (*TREE_ACTS, *SECRET_ACTS, *SOCKET_ACTS, *PROCESS_ACTS, *LIMIT_ACTS, *KERNEL_ACTS, *SUITE_ACTS)
# Named so that an allow list has to leave it out; the value is what the canary looks for.
SECRET_NAME: Final = "BATTERY_API_KEY"
SIDE_BY_SIDE: Final = 4
LIMITED: Final = frozenset({"processes above limit", "memory above limit"})


@dataclass(frozen=True, slots=True)
class Stage:
    """What all acts of a run share."""

    start: Start
    folder: Path
    packages: Path
    interpreter: Interpreter
    watch: Watch
    run_secret: str

    def play(self, act: Act) -> Played:
        """Set the scene, run the act, look at the canaries."""
        chosen = scene(self.folder, self.interpreter, self.run_secret, name=act.slug, with_bystander=act.with_bystander)
        with chosen as place:
            (place.scratch / file_of(act)).write_text(act.text)
            before = take_manifest(place.project)
            ended = self.start(act, place, self.packages)
            left = survivors(place.token)
            end(left)
            sightings = self.watch.of(place.token)
            evidence = Evidence(place, ended, sightings, left, before, limits_of(act), self.run_secret)
            found = tuple(breaches(evidence))
            return Played(_verdict(evidence, found, is_bare=self.start is bare), found, ended.output[-500:])


def _verdict(evidence: Evidence, found: tuple[str, ...], *, is_bare: bool) -> Verdict:
    place = evidence.scene
    if not place.has_begun:
        return "did not run"
    if not found:
        return "held"
    if is_bare:
        return "**no**"
    if found == ("tree changed",) and evidence.is_in_manifest:
        return "manifest"
    if LIMITED.issuperset(found) and not place.has_finished and not evidence.ended.timed_out:
        return "watchdog"
    return "**no**"


def play_all(stage: Stage, acts: tuple[Act, ...]) -> dict[str, Played]:
    """Play several at a time, then one by one those that need the machine for themselves."""
    together = [act for act in acts if not act.alone]
    alone = [act for act in acts if act.alone]
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        played = dict(zip([act.name for act in together], pool.map(stage.play, together), strict=True))
    played |= {act.name: stage.play(act) for act in alone}
    return {act.name: played[act.name] for act in acts}


def main(level: str, folder: str, packages: str, *names: str) -> None:
    """Play the acts asked for, or all of them."""
    chosen = tuple(act for act in ACTS if not names or act.name in names)
    interpreter = describe_interpreter(Path(getattr(sys, "_base_executable", sys.executable)))
    with Watch() as watch:
        stage = Stage(start_at(level), Path(folder), Path(packages), interpreter, watch, os.environ[SECRET_NAME])
        played = play_all(stage, chosen)
    answer = {name: [one.verdict, list(one.breaches), one.output] for name, one in played.items()}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main(*sys.argv[1:])
