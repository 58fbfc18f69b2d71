"""Which elements are open at each tag of a page, as a parser has them, in constant time for each tag.

An end tag closes the nearest element of its name; but none where there is no such element, or where elements stand
between that hold it back. So depth cannot be told from start and end tags alone: ``<div></x>`` leaves a ``<div>`` open.
Source: HTML Standard, 13.2.6.4.7 ("in body"). The standard has more rules than these; ``odd`` tells how much of a page
they may concern.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from libya_news._tables import load_table

_FORMATTING, _SPECIAL, _SCOPE, _BLOCK, _DRAWN, _TABLE, _ENDS_P = (1 << bit for bit in range(7))
"""What an element is: it is opened again in every paragraph; it holds back the end tags of inline elements around it,
or those of all; its own is held back by the latter alone; it belongs to a drawing or a table; it ends a paragraph."""

_PLAIN: Final = 0
_NOTHING: Final = -1
_FOREIGN: Final = (b"svg", b"math")


@lru_cache(maxsize=1)
def _kinds() -> dict[bytes, int]:
    """What the elements are that are not merely inline or unknown."""
    tags = load_table("html", expect="html")["tags"]
    kinds: dict[str, int] = {}
    for names, bits in (
        (tags["special"], _SPECIAL),
        (tags["block_end"], _SPECIAL | _BLOCK | _ENDS_P),
        (tags["block_end_in_paragraph"], _SPECIAL | _BLOCK),
        (tags["scopes"], _SPECIAL | _BLOCK | _SCOPE),
        (tags["foreign_scopes"], _SPECIAL | _SCOPE),
        (tags["table_parts"], _SPECIAL | _TABLE),
        (tags["cells"], _SPECIAL | _TABLE | _SCOPE),
        (tags["formatting"], _FORMATTING),
        (tags["drawn"], _DRAWN),
    ):
        for name in names:
            kinds[name] = kinds.get(name, 0) | bits
    nothing = [*tags["void"], "script", "style", "html", "head", "body"]
    return {name.encode(): bits for name, bits in (kinds | dict.fromkeys(nothing, _NOTHING)).items()}


@lru_cache(maxsize=1)
def _ended() -> dict[bytes, frozenset[bytes]]:
    """Which elements end where one of a name begins, since their end may be left out."""
    table = load_table("html", expect="html")["ended_by"]
    return {name.encode(): frozenset(other.encode() for other in others) for name, others in table.items()}


class Open:
    """The elements that are open.

    Attributes:
        depth: how many are within each other, but for formatting.
        formatting: how many are open that a parser opens again in every paragraph.
        odd: how many end tags closed nothing, and how many elements ended without one of their own.
    """

    def __init__(self, markup: bytes) -> None:
        """None is open at the beginning of some markup."""
        self._markup = markup
        self.depth = self.formatting = self.odd = 0
        self._names: list[bytes] = []
        self._kept: list[int] = []
        self._places: dict[bytes, list[int]] = {}
        self._special: list[int] = []
        self._scopes: list[int] = []
        self._lost: dict[bytes, int] = {}

    def tag(self, name: bytes, end: int, most: tuple[int, int]) -> bool:
        """Take a tag; whether it is within a depth and a number of formatting.

        Args:
            name: of the element, behind a slash for an end tag.
            end: where the name ends in the markup.
            most: the depth and the number.
        """
        name = name.lower()
        if name[:1] == b"/":
            self._close(name[1:])
            return True
        kind = self._kind(name)
        if kind == _NOTHING or (kind & _DRAWN and self._closes_itself(end)):
            return True
        self._end_before(name, kind)
        if self.formatting >= most[1] if kind & _FORMATTING else self.depth >= most[0]:
            return False
        self._open(name, kind)
        return True

    def _closes_itself(self, end: int) -> bool:
        """Whether a tag ends in a slash, which counts in drawings alone."""
        end = self._markup.find(b">", end)
        in_drawing = self._last(b"svg") > max(self._special[-1:], default=-1)
        return in_drawing and end > 0 and self._markup[end - 1] == ord("/")

    def _last(self, *names: bytes) -> int:
        """The place of the innermost element of these names, -1 where there is none."""
        return max((places[-1] for name in names if (places := self._places.get(name))), default=-1)

    def _kind(self, name: bytes) -> int:
        """What an element is where it stands: parts of a table are such only in a table."""
        kind = _kinds().get(name, _PLAIN)
        return _PLAIN if kind > 0 and kind & _TABLE and self._last(b"table") <= self._last(*_FOREIGN) else kind

    def _end_before(self, name: bytes, kind: int) -> None:
        """End what ends where an element begins."""
        ended = _ended().get(name, frozenset())
        while self._special and (last := self._names[self._special[-1]]):
            if not (last in ended or (last == b"p" and kind & _ENDS_P)):
                break
            self._cut(self._special[-1])

    def _open(self, name: bytes, kind: int) -> None:
        at = len(self._names)
        self._names.append(name)
        self._kept.append(kind)
        self._places.setdefault(name, []).append(at)
        if kind & _SPECIAL:
            self._special.append(at)
        if kind & _SCOPE:
            self._scopes.append(at)
        if kind & _FORMATTING:
            self.formatting += 1
        else:
            self.depth += 1

    def _close(self, name: bytes) -> None:
        kind = self._kind(name)
        places = self._places.get(name)
        if kind == _NOTHING:
            return
        if kind & _FORMATTING or name == b"form":
            self._close_alone(name)
        elif places and self._barrier(name, kind) <= places[-1]:
            self._cut(places[-1])
            self.odd -= 1
        else:
            self.odd += 1

    def _barrier(self, name: bytes, kind: int) -> int:
        """The place of the innermost element that holds back an end tag; it does not hold back its own."""
        if name == b"table":
            return self._last(b"template")
        if kind & _TABLE:
            return self._last(b"table", b"template")
        barriers = self._scopes if kind & _BLOCK else self._special
        return barriers[-1] if barriers else -1

    def _close_alone(self, name: bytes) -> None:
        """Formatting and forms end across all but what opens a scope of its own; what is within them stays open."""
        if places := self._places.get(name):
            if not self._scopes or self._scopes[-1] < places[-1]:
                at = places.pop()
                self._names[at] = b""
                if self._kept[at] & _FORMATTING:
                    self.formatting -= 1
                else:
                    self.depth -= 1
                while self._special and not self._names[self._special[-1]]:
                    self._special.pop()
            else:
                self.odd += 1
        elif self._lost.get(name) and not self._scopes:
            self._lost[name] -= 1
            self.formatting -= 1
        else:
            self.odd += 1

    def _cut(self, at: int) -> None:
        """Close all from a place on; formatting among it is opened again behind it."""
        while len(self._names) > at:
            name, kind = self._names.pop(), self._kept.pop()
            if not name:
                continue
            self._places[name].pop()
            self.odd += 1
            if kind & _FORMATTING:
                self._lost[name] = self._lost.get(name, 0) + 1
            else:
                self.depth -= 1
        for barriers in (self._special, self._scopes):
            while barriers and barriers[-1] >= at:
                barriers.pop()
