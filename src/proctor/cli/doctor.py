"""`proctor doctor`: what works on this machine for this project, and what to do about the rest."""

from __future__ import annotations

import json
import os
import shutil
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from proctor.cli.choices import Choices, project_root, sandbox_mode, settings_for
from proctor.errors import ProctorError, RequestError
from proctor.execution.confinement.levels import Mode, candidates, choice_among, probed
from proctor.execution.confinement.policy import Candidate, Confinement
from proctor.execution.environments.building import Workshop
from proctor.execution.environments.choosing import project_environment
from proctor.execution.interpreter import Interpreter, describe_interpreter
from proctor.project.scratch import cache_dir

_FORMATS = ("text", "json")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: whether it works, what was found, and what to do when it does not."""

    name: str
    works: bool
    found: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All that the doctor found out."""

    findings: tuple[Finding, ...]
    mode: Mode
    sandbox: Confinement

    @property
    def exit_code(self) -> int:
        """4 where a boundary is required and there is none; the rest is for the reader to judge."""
        return 4 if self.mode == "require" and not self.sandbox.is_boundary else 0

    def to_json(self) -> dict[str, Any]:
        """What `--output-format json` shows."""
        levels = [asdict(candidate) | {"holds": candidate.holds} for candidate in self.sandbox.tried]
        sandbox = {"mode": self.mode, "level": self.sandbox.level, "reason": self.sandbox.reason, "levels": levels}
        return {"findings": [asdict(finding) for finding in self.findings], "sandbox": sandbox}


def doctor(path: str, choices: Choices, *, output_format: str) -> int:
    """Look, say what was found, and return the exit code."""
    if output_format not in _FORMATS:
        raise RequestError(
            f"--output-format {output_format!r} is not known",
            hint=f"use one of: {', '.join(_FORMATS)}",
            slug="bad-format",
        )
    diagnosis = examine(path, choices)
    print(json.dumps(diagnosis.to_json(), indent=2) if output_format == "json" else _text(diagnosis))
    return diagnosis.exit_code


def examine(path: str, choices: Choices) -> Diagnosis:
    """Look at the interpreter, at the programs that Proctor calls, and at every level of the sandbox."""
    root = project_root(path)
    settings = settings_for(root, choices)
    python, interpreter = _interpreter(root, settings.python)
    tried = [probed(candidate, interpreter) for candidate in candidates()]
    findings = (python, _program("git", "install git"), _program("uv", "install Proctor again: uv comes with it"))
    return Diagnosis(findings, sandbox_mode(settings, os.environ), choice_among(tried))


def _interpreter(root: Path, python: str | None) -> tuple[Finding, Interpreter]:
    """The project's interpreter; where it has a problem, the levels are tried with Proctor's own."""
    try:
        workshop = Workshop(cache_dir(), os.environ, lambda _: None)
        found = project_environment(root, python=python, build=False, workshop=workshop)
    except ProctorError as error:
        return Finding("interpreter", False, error.message, error.hint), describe_interpreter(Path(sys.executable))
    return Finding("interpreter", True, found.sentence, "; ".join(found.notes)), found.interpreter


def _program(name: str, remedy: str) -> Finding:
    place = shutil.which(name) or shutil.which(name, path=str(Path(sys.executable).parent))
    return Finding(name, place is not None, place or "not found", "" if place else remedy)


def _text(diagnosis: Diagnosis) -> str:
    lines = [line for finding in diagnosis.findings for line in _finding(finding)]
    levels = [line for candidate in diagnosis.sandbox.tried for line in _level(candidate)]
    chosen = diagnosis.sandbox
    return "\n".join([*lines, *levels, f"a run with --sandbox {diagnosis.mode}: {_consequence(diagnosis, chosen)}"])


def _consequence(diagnosis: Diagnosis, chosen: Confinement) -> str:
    if diagnosis.exit_code:
        return "refused, as no boundary holds here"
    return "soft, as it was asked for" if diagnosis.mode == "off" else chosen.line


def _finding(finding: Finding) -> list[str]:
    remedy = [f"        {finding.remedy}"] if finding.remedy else []
    return [f"{_mark(finding.works)} {finding.name}: {finding.found}", *remedy]


def _level(candidate: Candidate) -> list[str]:
    acts = [f"        {'refused' if act.is_refused else 'HAPPENED'}: {act.act}" for act in candidate.acts]
    remedy = [f"        to do: {candidate.remedy}"] if candidate.remedy and not candidate.holds else []
    return [f"{_mark(candidate.holds)} sandbox {candidate.level}: {candidate.verdict}", *acts, *remedy]


def _mark(works: bool) -> str:
    return "  ok  " if works else "  --  "
