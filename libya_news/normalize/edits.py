"""Edits of a text, and the way back through them: from an offset in the result to the offset it came from."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple


class Edit(NamedTuple):
    """``text[start:end]`` becomes ``new``.

    ``transcoded`` says that each new character was made from as many old ones as its UTF-8 form has bytes, which is
    so where UTF-8 had been read in a single-byte encoding. The way back is then exact to the character. ``whole`` says
    that all of the old ones are the origin of each, even where their number is the same.
    """

    start: int
    end: int
    new: str
    transcoded: bool = False
    whole: bool = False

    def origin(self, index: int, *, end: bool) -> int:
        """Where the ``index``-th new character begins, or where the one before it ends, in the old text."""
        if self.transcoded:
            return self.start + utf8_length(self.new[:index])
        if len(self.new) == self.end - self.start and not self.whole:
            return self.start + index
        return self.end if end else self.start


def utf8_length(text: str) -> int:
    """How many bytes a text has in UTF-8; lone surrogates count three."""
    return len(text.encode("utf-8", "surrogatepass"))


def moved(edits: Sequence[Edit], by: int) -> list[Edit]:
    """Edits of a part of a text as edits of the text, in which the part begins at ``by``."""
    return [edit._replace(start=edit.start + by, end=edit.end + by) for edit in edits]


def apply_edits(text: str, edits: Sequence[Edit]) -> str:
    """Carry out edits that are in order and do not overlap.

    >>> apply_edits("a--b", [Edit(1, 3, "-")])
    'a-b'
    """
    pieces: list[str] = []
    done = 0
    for edit in edits:
        pieces += text[done : edit.start], edit.new
        done = edit.end
    pieces.append(text[done:])
    return "".join(pieces)


class Rule(NamedTuple):
    """A fix that is a pattern: each place that it matches becomes something else, made from the match alone.

    A text is fixed in one pass; the edits are listed only for those who ask for the way back.
    """

    pattern: re.Pattern[str]
    new: str | Callable[[re.Match[str]], str]

    def apply(self, text: str) -> tuple[str, int]:
        """The text after the fix, and at how many places it was made."""
        return self.pattern.subn(self.new, text)

    def edits(self, text: str) -> list[Edit]:
        """The places and what becomes of them."""
        new = self.new
        if isinstance(new, str):
            return [Edit(*m.span(), new) for m in self.pattern.finditer(text)]
        return [Edit(*m.span(), new(m)) for m in self.pattern.finditer(text)]


@dataclass(frozen=True)
class EditOffsets:
    """The way back through the edits that ``find`` lists, which it is asked for once, when the way is first needed.

    >>> back = EditOffsets(lambda: [Edit(1, 3, "-")])
    >>> [back.start(i) for i in range(4)], back.end(2)
    ([0, 1, 3, 4], 3)
    """

    find: Callable[[], Sequence[Edit]]

    @cached_property
    def _edits(self) -> Sequence[Edit]:
        return self.find()

    @cached_property
    def _starts(self) -> list[int]:
        """Where each edit stands in the new text."""
        growths = accumulate((len(edit.new) - (edit.end - edit.start) for edit in self._edits), initial=0)
        return [edit.start + growth for edit, growth in zip(self._edits, growths, strict=False)]

    def start(self, index: int) -> int:
        """Where the character at ``index`` begins in the old text; behind what was removed there."""
        return self._origin(index, bisect_right(self._starts, index) - 1, end=False)

    def end(self, index: int) -> int:
        """Where the character before ``index`` ends in the old text; before what was removed there."""
        return self._origin(index, bisect_left(self._starts, index) - 1, end=True)

    def _origin(self, index: int, nearest: int, *, end: bool) -> int:
        if nearest < 0:
            return index
        edit = self._edits[nearest]
        inside = index - self._starts[nearest]
        if inside < len(edit.new) or (end and inside == len(edit.new)):
            return edit.origin(inside, end=end)
        return edit.end + inside - len(edit.new)


@dataclass(frozen=True)
class ByteOffsets:
    """The way back from decoded text to its bytes.

    Attributes:
        text: the decoded text, in which each undecodable byte is a lone surrogate that encodes to that byte again.
        codec, errors: what encodes it.
        skipped: length of the byte order mark.
        size: length of the bytes.
    """

    text: str
    codec: str
    errors: str
    skipped: int
    size: int

    def start(self, index: int) -> int:
        """Offset of the first byte of the character at ``index``."""
        if index == len(self.text):
            return self.size
        return min(self.size, self.skipped + len(self.text[:index].encode(self.codec, self.errors)))

    end = start


@dataclass(frozen=True)
class OffsetChain:
    """Several ways back, one after the other: the last stage of the work is undone first."""

    stages: Sequence[EditOffsets | ByteOffsets]

    def start(self, index: int) -> int:
        """Where the character at ``index`` begins in the input."""
        for stage in reversed(self.stages):
            index = stage.start(index)
        return index

    def end(self, index: int) -> int:
        """Where the character before ``index`` ends in the input."""
        for stage in reversed(self.stages):
            index = stage.end(index)
        return index
