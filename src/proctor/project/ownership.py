"""Which files are Proctor's own: those whose first line says so and that nobody edited since."""

import hashlib
import re
from typing import Literal

_SENTENCE = "Written by Proctor; checksum {}. Edit it and it is yours: an edited file is never overwritten."
_FRAMES = {"python": "# {}", "markdown": "<!-- {} -->"}
_HEADER = re.compile(
    "|".join(re.escape(frame.format(_SENTENCE)).replace(r"\{\}", "([0-9a-f]{12})") for frame in _FRAMES.values())
)


def sign(body: str, style: Literal["python", "markdown"] = "python") -> str:
    """The body under the header line that makes it recognisable as Proctor's own."""
    return _FRAMES[style].format(_SENTENCE.format(_checksum(body))) + "\n" + body


def is_ours(text: str) -> bool:
    """Whether Proctor wrote this file and nobody changed it since."""
    first, _, body = text.replace("\r\n", "\n").partition("\n")
    header = _HEADER.fullmatch(first)
    return header is not None and _checksum(body) in header.groups()


def _checksum(body: str) -> str:
    # Git may check a file out with other line ends; that is no edit.
    return hashlib.sha256(body.replace("\r\n", "\n").encode(errors="surrogatepass")).hexdigest()[:12]
