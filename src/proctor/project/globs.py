"""Path patterns as users write them: `tests/**`, `*.toml`, `docs/*.md`, relative to the project's folder."""

from collections.abc import Callable, Sequence

from proctor.errors import ProjectError


def matcher(patterns: Sequence[str]) -> Callable[[str], bool]:
    """A question to ask of relative paths: does one of the patterns cover it?"""
    from pathspec import GitIgnoreSpec

    # Git lets a bare name match at any depth; here "pyproject.toml" means the one in the project's folder.
    anchored = [f"/{pattern.removeprefix('/')}" for pattern in patterns]
    try:
        return GitIgnoreSpec.from_lines(anchored).match_file
    except ValueError as error:
        raise ProjectError(
            f"{error} (among {', '.join(patterns)})",
            hint="write it like tests/**, docs/*.md or pyproject.toml",
            slug="bad-pattern",
        ) from error
