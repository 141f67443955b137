"""Judges an act by its canaries, all of them for every act, from outside and never by what the act says."""

import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from battery_acts import Breach
from battery_scene import Scene, left_shared_memory
from battery_watch import Sightings

from proctor.execution.confinement.policy import Limits
from proctor.project.manifest import Manifest, take_manifest

# What confines a child may be processes, too.
OWN_PROCESSES = 6
MEGABYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Ended:
    """How an act ended, as the side that started it saw it."""

    output: str
    timed_out: bool
    seconds: float
    is_believed: bool = False


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that can be held against an act."""

    scene: Scene
    ended: Ended
    sightings: Sightings
    left: list[int]
    before: Manifest
    limits: Limits
    run_secret: str

    @property
    def is_in_manifest(self) -> bool:
        """Whether the manifest of the project shows a change."""
        return bool(self.before.differences(take_manifest(self.scene.project)))


def breaches(evidence: Evidence) -> Iterator[Breach]:
    """Every canary that something happened to."""
    yield from _at_the_users(evidence)
    yield from _of_limits(evidence)
    yield from _left_behind(evidence)
    yield from _from_the_kernel(evidence.sightings)
    if evidence.ended.is_believed:
        yield "believed"


def _at_the_users(evidence: Evidence) -> Iterator[Breach]:
    scene = evidence.scene
    if scene.look() != scene.before:
        yield "tree changed"
    if any(secret in evidence.ended.output or _holds(scene, secret) for secret in (scene.secret, evidence.run_secret)):
        yield "secret taken"
    if scene.listeners.called():
        yield "socket reached"
    if scene.bystander is not None and not scene.bystander.is_untouched:
        yield "bystander touched"


def _of_limits(evidence: Evidence) -> Iterator[Breach]:
    seen, limits = evidence.sightings, evidence.limits
    if seen.most_processes > limits.processes + OWN_PROCESSES:
        yield "processes above limit"
    if seen.most_memory > limits.memory_mb * MEGABYTE:
        yield "memory above limit"
    if any(place.lstat().st_size > limits.file_mb * MEGABYTE for place in _files(evidence.scene)):
        yield "file above limit"
    if len(evidence.ended.output) > 3 * limits.output_kb * 1024:  # two streams, and what is said of a cut
        yield "output above limit"
    if evidence.ended.seconds > 3 * limits.wall_seconds:  # generous: what never ends is far beyond
        yield "out of time"


def _left_behind(evidence: Evidence) -> Iterator[Breach]:
    if evidence.left:
        yield "process left"
    if evidence.scene.traces() or left_shared_memory(evidence.scene):
        yield "trace left"
    if any(place.lstat().st_mode & (stat.S_ISUID | stat.S_ISGID) for place in _files(evidence.scene)):
        yield "setuid left"


def _from_the_kernel(seen: Sightings) -> Iterator[Breach]:
    if any(len(namespaces) > 1 for namespaces in seen.namespaces.values()):
        yield "namespace made"
    if seen.has_ring:
        yield "ring made"
    if seen.has_mount:
        yield "mount made"


def _files(scene: Scene) -> list[Path]:
    return [place for place in scene.scratch.rglob("*") if place.is_file() and not place.is_symlink()]


def _holds(scene: Scene, secret: str) -> bool:
    return any(secret.encode() in place.read_bytes() for place in _files(scene) if place.stat().st_size < MEGABYTE)
