"""Reaches files below a folder step by step, so that no link that appears meanwhile can lead elsewhere."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import PurePosixPath

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Without O_NONBLOCK, a pipe in the file's place would block for ever.
OLD_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


@contextmanager
def opened_parent(root: int, path: str, *, make: bool = False) -> Iterator[int]:
    """The folder that the path lies in, as a descriptor; `make` creates the folders that are missing."""
    folder = os.dup(root)
    try:
        for name in PurePosixPath(path).parent.parts:
            if make:
                with suppress(FileExistsError):
                    os.mkdir(name, dir_fd=folder)
            below = os.open(name, FOLDER, dir_fd=folder)
            os.close(folder)
            folder = below
        yield folder
    finally:
        os.close(folder)


def open_at(folder: int, flags: int, name: str, _: int) -> int:
    """An opener for `open`, which closes what it gets even when that is a folder."""
    return os.open(name, flags, 0o666, dir_fd=folder)
