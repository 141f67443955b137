"""Diagnoses: what went wrong when a scenario or a written test was run, in the words that the log, the report and the
feedback use."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A failure with its cause and what is done about it; `slug` names the remedy."""

    slug: str
    subject: str
    cause: str
    remedy: str
    details: tuple[tuple[str, str], ...] = ()

    @property
    def sentence(self) -> str:
        """The diagnosis for a log line."""
        return f"{self.subject}: {self.cause}; {self.remedy}"

    @classmethod
    def mock_does_not_raise(cls, subject: str, error: str) -> Diagnosis:
        """A mock answered where the real collaborator raises."""
        name = error.partition(":")[2]
        return cls(
            "mock-does-not-raise",
            subject,
            f"the mock was not configured to raise {name}",
            "it now raises what the real collaborator raised at that call",
        )

    @classmethod
    def outside_reached(cls, subject: str, call: str, place: str) -> Diagnosis:
        """The code under test tried to reach the network or another program."""
        return cls(
            "outside-reached",
            subject,
            f"{place} tried to leave the sandbox by {call}",
            "the call is replaced and its credentials are fake",
            (("call", call),),
        )

    @classmethod
    def models_not_imported(cls, subject: str, message: str) -> Diagnosis:
        """Tables refer to tables whose models nobody imported."""
        return cls(
            "models-not-imported",
            subject,
            f"the tables could not be created ({message.splitlines()[0] if message else ''})",
            "all modules that define models are imported before create_all",
        )

    @classmethod
    def incompatible_dependency(cls, subject: str, requirement: str, reason: str) -> Diagnosis:
        """Two installed packages do not work together."""
        return cls(
            "incompatible-dependency",
            subject,
            reason,
            f"an overlay with {requirement} is used; the project should add that line",
            (("requirement", requirement),),
        )

    @classmethod
    def syntax_error(cls, subject: str, message: str) -> Diagnosis:
        """A written file does not parse."""
        return cls("syntax-error", subject, f"the written file does not parse ({message})", "it is written again")

    @classmethod
    def unstable_test(cls, subject: str, message: str) -> Diagnosis:
        """A written test does not pass every time."""
        return cls("unstable-test", subject, f"it does not hold ({message})", "the test is left out")


@dataclass(frozen=True, slots=True)
class Incompatibility:
    """Packages known not to work together: the failure's signs, and the requirement that helps."""

    message: str
    package: str
    requirement: str
    reason: str


INCOMPATIBLE = (
    Incompatibility(
        r"password cannot be longer than 72 bytes|module 'bcrypt' has no attribute '__about__'",
        "passlib",
        "bcrypt<4.1",
        "passlib 1.7 does not work with this version of bcrypt",
    ),
)


def incompatibility(message: str, frames: tuple[str, ...]) -> Incompatibility | None:
    """The known incompatibility behind an error, judged by its message and the files it came through."""
    for known in INCOMPATIBLE:
        if re.search(known.message, message) and any(f"{known.package}/" in frame for frame in frames):
            return known
    return None
