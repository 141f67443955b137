"""Words for addresses and narrow columns; the oldest part of the package, from before annotations."""

import re
import unicodedata

STOP_WORDS = frozenset({"a", "an", "and", "of", "the"})


def slugify(text, separator="-", max_length=0, drop_stop_words=False):
    """Return the text in a form that suits an address."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    words = re.findall(r"[a-z0-9]+", plain.lower())
    if drop_stop_words:
        words = [word for word in words if word not in STOP_WORDS] or words
    slug = separator.join(words)
    if max_length > 0 and len(slug) > max_length:
        slug = slug[:max_length]
        if separator and separator in slug:
            slug = slug.rsplit(separator, 1)[0]
    return slug


def wrap(text, width=72):
    """Break a text into lines of at most so many characters; longer words get lines of their own."""
    if width < 1:
        raise ValueError("width must be at least 1")
    lines = []
    line = ""
    for word in text.split():
        if not line:
            line = word
        elif len(line) + 1 + len(word) <= width:
            line = line + " " + word
        else:
            lines.append(line)
            line = word
    if line:
        lines.append(line)
    return lines


def initials(name, limit=3):
    """Return the first letters of a name, in capitals."""
    letters = [part[0].upper() for part in re.split(r"[\s-]+", name) if part]
    return "".join(letters[: max(limit, 0)])
