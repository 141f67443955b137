"""What a rule takes from a clause of the prompt."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reading:
    """What one rule took from one clause; `said` repeats it in our words, `unclear` names what it could not use.

    A general reading says only that tests are wanted or how: details beside it still have to find their rule.
    """

    said: tuple[str, ...] = ()
    project_hint: str | None = None
    paths: tuple[str, ...] = ()
    excluded_paths: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    no_kinds: tuple[str, ...] = ()
    min_coverage: tuple[float, ...] = ()
    coverage_kind: str | None = None
    outputs: tuple[str, ...] = ()
    not_outputs: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    allowed_paths: tuple[str, ...] = ()
    test_command: str | None = None
    effort: str | None = None
    impossible: tuple[str, ...] = ()
    unclear: tuple[str, ...] = ()
    is_general: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """All paths and files that the reading took up."""
        hint = (self.project_hint,) if self.project_hint else ()
        places = (*self.paths, *self.excluded_paths, *self.allowed_paths)
        return (*hint, *places, *self.outputs, *self.not_outputs)
