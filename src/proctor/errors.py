"""Every exception that Proctor raises on purpose.

Each one says what failed and where (the message), what the reader can do (the hint), and which paragraph of
docs/reference/messages.md explains it (the slug). `cli/main.py` alone turns them into text and an exit code.
"""

from typing import ClassVar


class ProctorError(Exception):
    """The base of all errors that are shown to the user as they stand."""

    exit_code: ClassVar[int] = 2

    def __init__(self, message: str, *, slug: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.slug = slug
        self.hint = hint


class ProjectError(ProctorError):
    """The given path is not a project that can be worked on."""


class SettingsError(ProctorError):
    """A settings file or a setting in it cannot be used."""


class RequestError(ProctorError):
    """The request asks for something that does not exist or cannot be done here."""


class PlanError(ProctorError):
    """A plan file or a plan made by a job does not hold together."""


class EnvironmentProblem(ProctorError):
    """The project's interpreter or its packages cannot be used."""


class ExecutionError(ProctorError):
    """A child process that should have answered did not, and what it was doing cannot go on."""

    exit_code = 3


class JournalError(ProctorError):
    """The journal cannot be opened or written."""

    exit_code = 3


class RunPaused(ProctorError):
    """The run starts nothing more for now; what is finished is kept, and it can be resumed."""

    exit_code = 3


class BudgetReached(RunPaused):
    """A limit that the user set would be passed by the next step; the run can be resumed with a higher one."""


class TransientFailure(ProctorError):
    """A backend failed in a way that may pass: asking once more, later, can help."""

    exit_code = 3


class RateLimited(TransientFailure):
    """A backend asks to be left alone, for `retry_after` seconds if it said how long."""

    def __init__(self, message: str, *, slug: str, hint: str = "", retry_after: float | None = None) -> None:
        super().__init__(message, slug=slug, hint=hint)
        self.retry_after = retry_after


class ConstraintViolation(ProctorError):
    """Something outside the allowed paths changed, or was about to."""

    exit_code = 4


class NothingToDo(ProctorError):
    """What was asked for is there already, or there is nothing to do it to."""

    exit_code = 5


class Stopped(ProctorError):
    """The user ended the run; what is finished is kept and is reused by the next one."""

    exit_code = 130


class ScriptError(ProctorError):
    """A workflow script cannot be run, or was ended by an error of its own or by its limits."""
