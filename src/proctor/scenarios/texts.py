"""A search for texts without a grammar: the words that the module knows are placed, joined, repeated and cut.

The idea of a dictionary and of splicing inputs that reached something new is that of coverage-guided fuzzers (Zalewski,
AFL, 2013; Rawat et al., VUzzer, NDSS 2017); here the order is fixed by a seed and short texts come first.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence

from proctor.analysis.vocabulary import Vocabulary
from proctor.scenarios.patterns import matching, near_misses

_SEPARATORS = (" ", "\n", ",", "\n    ", ":", "-", "/", ".", "", "=", "; ")
_COMMON = (
    "0",
    "1",
    "a",
    "\n",
    " ",
    "-",
    '"',
    "'",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ":",
    ",",
    ".",
    "=",
    "/",
    "*",
    "\\",
    "#",
)
_MOST_TOKENS = 60
_MOST_WORDS = 24
_MOST_PATTERNS = 12
_MOST_SPLICES = 160
_LONGEST = 400
_WORD = re.compile(r"\w+|\s+|[^\w\s]")


class TextSource:
    """Texts for one callable; `corpus` grows with what the search keeps."""

    def __init__(self, vocabulary: Vocabulary, function: str) -> None:
        self._tokens = vocabulary.tokens_for(function)[:_MOST_TOKENS]
        self._examples = vocabulary.examples_for(function)
        patterns = vocabulary.patterns[:_MOST_PATTERNS]
        self._matching = tuple(text for pattern in patterns for text in matching(pattern, limit=2))
        self._missing = tuple(text for pattern in patterns for text in near_misses(pattern, limit=1))
        self._corpus: list[str] = []

    def keep(self, text: str) -> None:
        """A text that reached something new: others are made of it."""
        if text and text not in self._corpus and len(text) <= _LONGEST:
            self._corpus.append(text)

    def wholes(self) -> tuple[str, ...]:
        """Texts to be tried as they are: examples, matches, words."""
        return tuple(dict.fromkeys((*self._examples, *self._matching, *self._missing, *self._tokens)))

    def words(self) -> tuple[str, ...]:
        """The words of the vocabulary, for a place where a word was looked for."""
        return self._tokens[:_MOST_WORDS]

    def variations(self, text: str) -> Iterator[str]:
        """Other texts made of this one, in a fixed order; simple changes first, then splices."""
        yield from self._placed(text)
        yield from self._repeated()
        yield from _cut(text)
        yield from self._spliced(text)

    def _placed(self, text: str) -> Iterator[str]:
        """Each word at the end, at the start, and around."""
        for token in self._tokens:
            yield text + token
            yield token + text
        for token in self._tokens[:12]:
            for separator in _SEPARATORS[:5]:
                yield f"{text}{separator}{token}"

    def _repeated(self) -> Iterator[str]:
        """Fields and lists: the same word several times between separators."""
        short = [token for token in (*self._tokens, *_COMMON[:3]) if len(token) <= 3 and token.strip()]
        for count in (2, 3, 5, 6, 7):
            for token in short[:8]:
                for separator in _SEPARATORS[:7]:
                    yield separator.join([token] * count)

    def _spliced(self, text: str) -> Iterator[str]:
        """Pieces of this text, of kept ones and of the vocabulary, put together anew."""
        dice = random.Random(text)
        for _ in range(_MOST_SPLICES):
            made = self._mutated(text, dice)
            for _ in range(dice.randrange(3)):
                made = self._mutated(made, dice)
            if len(made) <= _LONGEST:
                yield made

    def _mutated(self, text: str, dice: random.Random) -> str:
        pieces = _WORD.findall(text) or [""]
        here = dice.randrange(len(pieces))
        words: Sequence[str] = (*self._tokens, *self._matching[:20], *_COMMON)
        match dice.randrange(6):
            case 0:
                pieces[here] = dice.choice(words)
            case 1:
                pieces.insert(here, dice.choice(words))
            case 2:
                pieces.append(dice.choice(words))
            case 3:
                del pieces[here]
            case 4:
                pieces[here:here] = pieces[here : here + 1 + dice.randrange(4)]
            case _:
                other = _WORD.findall(dice.choice(self._corpus)) if self._corpus else []
                start = dice.randrange(len(other)) if other else 0
                pieces[here + 1 :] = other[start:] if other else pieces[here + 1 :]
        return "".join(pieces)


def _cut(text: str) -> Iterator[str]:
    """Without one piece, with one doubled, without a head or a tail."""
    pieces = _WORD.findall(text)[:24]
    for index in range(len(pieces)):
        yield "".join((*pieces[:index], *pieces[index + 1 :]))
        yield "".join((*pieces[: index + 1], *pieces[index:]))
    for index in range(1, len(pieces)):
        yield "".join(pieces[:index])


def rewritten(text: str, part: str, new: str) -> Iterator[str]:
    """The text with a part of it exchanged: the first, the last and the second occurrence; an empty part is the end."""
    if not part:
        yield from (text + separator + new for separator in _SEPARATORS[:4])
        yield text + new
        return
    starts = [match.start() for match in re.finditer(re.escape(part), text)]
    for start in dict.fromkeys((*starts[:1], *starts[-1:], *starts[1:3])):
        yield text[:start] + new + text[start + len(part) :]
