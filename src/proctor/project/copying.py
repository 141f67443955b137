"""Copies single files, sharing their blocks where the file system can.

Never by hard link: a write into the copy would then be a write into the user's file.
"""

import errno
import fcntl
import os
import shutil
import stat
from typing import IO

# linux/fs.h: the new file shares the old one's blocks until one of them is written to.
_FICLONE = 0x40049409
# Without O_NONBLOCK, a pipe that took the file's place meanwhile would block for ever.
_OLD_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class FileCopier:
    """Copies files and remembers what the two places cannot do together: share blocks, copy inside the kernel."""

    def __init__(self) -> None:
        self._can_share = True
        self._can_copy_inside = hasattr(os, "copy_file_range")

    def copy(self, source: str, target: str, mode: int) -> None:
        """Write the source's bytes and permissions to a new file, which its owner may always write.

        Raises FileNotFoundError when the source is gone, or is no file any more.
        """
        with open(source, "rb", buffering=0, opener=_open_old) as old, open(target, "xb", buffering=0) as new:
            if not self._share(old.fileno(), new.fileno()) and not self._copy_inside(old.fileno(), new.fileno()):
                _copy_through(old, new)
            os.fchmod(new.fileno(), stat.S_IMODE(mode) & 0o777 | stat.S_IWUSR | stat.S_IRUSR)

    def _share(self, old: int, new: int) -> bool:
        if self._can_share:
            try:
                fcntl.ioctl(new, _FICLONE, old)
            except OSError:
                self._can_share = False  # another file system, or one that cannot: it will not change between files
        return self._can_share

    def _copy_inside(self, old: int, new: int) -> bool:
        if self._can_copy_inside:
            try:
                while os.copy_file_range(old, new, 1 << 30):
                    pass
            except OSError as error:
                if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO):
                    raise
                self._can_copy_inside = False
        return self._can_copy_inside


def _copy_through(old: IO[bytes], new: IO[bytes]) -> None:
    for file in (old, new):
        file.seek(0)  # a copy inside the kernel may have failed half-way
    shutil.copyfileobj(old, new, 1 << 20)


def _open_old(path: str, _: int) -> int:
    try:
        file = os.open(path, _OLD_FILE)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise FileNotFoundError(errno.ENOENT, "a link took its place", path) from error
        raise
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise FileNotFoundError(errno.ENOENT, "no file any more", path)
    return file
