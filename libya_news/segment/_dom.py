"""One walk over a page: its lines as a reader sees them, and for each the elements that it stands in.

The text is laid out as browsers lay out ``innerText``: block elements and ``<br>`` break lines, a blank line stands
around paragraphs, list items begin with "• ", cells of a row are joined by a tab. Scripts, styles and hidden elements
have no text. The walk keeps its own stack, so that depth costs nothing.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

from selectolax.lexbor import LexborHTMLParser, LexborNode

from libya_news._tables import load_table

from ._markup import bounded

BULLET: Final = "• "
_CELL: Final = "\x1f"
"""Stands between the cells of a row until the line is whole; to Python it is white space, so no text loses by it."""
_IMAGES: Final = frozenset({"img", "picture"})
_NO_ELEMENTS: Final = ("br", "-comment", "!doctype", "-document", "-undef")
"""What the parser has in its tree besides texts and elements that hold something."""
_STRONG: Final = frozenset({"b", "strong"})
_CELLS: Final = frozenset({"td", "th"})
_IMAGE_LEVELS: Final = 4
"""How many elements around an image know of it: figure, link, frame and the box around them."""

_LONGEST_NAMES: Final = 1000
"""Characters of a class and of an id that are kept: no sound page has more."""

_HIDDEN: Final = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)


class Elements(NamedTuple):
    """The elements of a page in document order (parents first): what the features ask of them, in columns.

    Attributes:
        tag: the tag of each.
        parent: index of the element around; -1 of the first.
        depth: how many elements are around.
        block: whether it stands on lines of its own.
        end: one past the last element within.
        images: pictures in it and right below.
        classes, ids, role: its attributes of these names; None where it has none. Long ones are cut.
        story: the elements that are marked as the page's story.
    """

    tag: list[str]
    parent: list[int]
    depth: list[int]
    block: list[bool]
    end: list[int]
    images: list[int]
    classes: list[str | None]
    ids: list[str | None]
    role: list[str | None]
    story: list[int]

    def add(self, tag: str, parent: int, block: bool, attributes: dict[str, str | None]) -> int:
        """Open an element; its index."""
        index = len(self.tag)
        self.tag.append(tag)
        self.parent.append(parent)
        self.depth.append(self.depth[parent] + 1 if parent >= 0 else 0)
        self.block.append(block)
        self.end.append(0)
        self.images.append(0)
        if attributes:
            self.classes.append(_short(attributes.get("class")))
            self.ids.append(_short(attributes["id"] or "") if "id" in attributes else None)
            self.role.append(attributes.get("role"))
            if "articleBody" in (attributes.get("itemprop") or ""):
                self.story.append(index)
        else:
            self.classes.append(None)
            self.ids.append(None)
            self.role.append(None)
        return index


def _short(names: str | None) -> str | None:
    return names and names[:_LONGEST_NAMES]


class Line(NamedTuple):
    """One line of the page's text.

    Attributes:
        text: the line, trimmed, white space collapsed.
        block: index of the innermost block element around its first word.
        inner: index of the innermost element around its first word.
        linked, strong: characters of it that are links, and that are set in bold.
        links: number of links in it.
        images: number of pictures that stand before its end in the page.
        blank: whether a blank line goes before it.
    """

    text: str
    block: int
    inner: int
    linked: int
    strong: int
    links: int
    images: int
    blank: bool


class Page(NamedTuple):
    """A page after the walk: elements in document order (parents first), lines, and the parsed tree."""

    elements: Elements
    lines: list[Line]
    tree: LexborHTMLParser


@lru_cache(maxsize=1)
def _table() -> tuple[frozenset[str], frozenset[str]]:
    tags = load_table("html", expect="html")["tags"]
    return frozenset(tags["block"]), frozenset([*tags["skipped"], *_IMAGES, *_NO_ELEMENTS])


def read_page(markup: bytes) -> Page:
    """Parse a page and walk it. Never raises on any UTF-8; time and memory grow linearly with the page.

    Where nearly all of the text is hidden (until a script shows it), hidden elements are read too.

    >>> [line.text for line in read_page(b"<p>One<ul><li>two<li>three").lines]
    ['One', '• two', '• three']
    """
    tree = LexborHTMLParser(bounded(markup))
    page = _Walk(tree, hidden=False).run()
    if sum(len(line.text) for line in page.lines) < _LITTLE_TEXT:
        return _Walk(tree, hidden=True).run()
    return page


_LITTLE_TEXT: Final = 300
"""Characters below which a page is taken for hidden until its scripts run: a menu alone has more."""


class _Walk:
    """The state of a walk: the elements that are open, and the line that grows."""

    def __init__(self, tree: LexborHTMLParser, *, hidden: bool) -> None:
        self.tree = tree
        self.hidden = hidden
        self.blocks, self.skipped = _table()
        self.elements = Elements([], [], [], [], [], [], [], [], [], [])
        self.lines: list[Line] = []
        self.current = -1
        self.pieces: list[str] = []
        self.block = self.inner = -1
        self.linked = self.strong = self.links = self.images = 0
        self.in_link = self.in_strong = self.in_pre = 0
        self.blank = False

    def run(self) -> Page:
        """Walk the whole tree, children before siblings."""
        node = self.tree.root
        open_nodes: list[LexborNode] = []
        while node is not None:
            tag, child = node.tag or "", None
            if tag == "-text":
                self._text(node.text_content or "")
            elif tag not in self.skipped:
                child = self._open(tag, node)
            elif tag == "br":
                self._end_line()
            elif tag in _IMAGES:
                self._image()
            if child is not None:
                open_nodes.append(node)
                node = child
                continue
            following = node.next
            while following is None and open_nodes:
                node = open_nodes.pop()
                self._leave()
                following = node.next
            node = following
        self._end_line()
        return Page(self.elements, self.lines, self.tree)

    def _open(self, tag: str, node: LexborNode) -> LexborNode | None:
        block = tag in self.blocks
        child = node.first_child
        attributes = node.attributes if child is not None else {}
        if child is None or (attributes and not self.hidden and _is_hidden(attributes)):
            if block:
                self._end_line()
            elif tag in _CELLS:
                self.pieces.append(_CELL)
            return None
        self.current = self.elements.add(tag, self.current, block, attributes)
        self._begin(tag, block)
        return child

    def _begin(self, tag: str, block: bool) -> None:
        if block:
            if self.pieces:
                self._end_line()
            if tag == "p":
                self.blank = True
            elif tag == "li":
                self.pieces.append(BULLET)
            elif tag == "pre":
                self.in_pre += 1
        elif tag == "a":
            self.in_link += 1
            self.links += 1
        elif tag in _STRONG:
            self.in_strong += 1

    def _leave(self) -> None:
        elements, current = self.elements, self.current
        elements.end[current] = len(elements.tag)
        tag = elements.tag[current]
        if elements.block[current]:
            if self.pieces:
                self._end_line()
            if tag == "p":
                self.blank = True
            elif tag == "pre":
                self.in_pre -= 1
        elif tag in _CELLS:
            self.pieces.append(_CELL)
        elif tag == "a":
            self.in_link -= 1
        elif tag in _STRONG:
            self.in_strong -= 1
        self.current = elements.parent[current]

    def _text(self, text: str) -> None:
        if text.isspace() and not self.in_pre:
            if self.pieces:
                self.pieces.append(" ")
        elif self.in_pre and "\n" in text:
            for number, line in enumerate(text.split("\n")):
                if number:
                    self._end_line()
                self._run(line)
        else:
            self._run(text)

    def _run(self, text: str) -> None:
        if not text:
            return
        self.pieces.append(text)
        if self.inner < 0 and not text.isspace():
            self._place()
        if self.in_link or self.in_strong:
            size = len(text.strip())
            self.linked += size if self.in_link else 0
            self.strong += size if self.in_strong else 0

    def _place(self) -> None:
        """The line has its first word here."""
        elements = self.elements
        at = self.inner = max(self.current, 0)
        while at > 0 and not elements.block[at]:
            at = elements.parent[at]
        self.block = at

    def _image(self) -> None:
        self.images += 1
        at = self.current
        for _ in range(_IMAGE_LEVELS):
            if at < 0:
                break
            self.elements.images[at] += 1
            at = self.elements.parent[at]

    def _end_line(self) -> None:
        if not self.pieces:
            return
        if self.inner >= 0 and (text := _tidy("".join(self.pieces))):
            self.lines.append(
                Line(text, self.block, self.inner, self.linked, self.strong, self.links, self.images, self.blank)
            )
            self.blank = False
        self.pieces.clear()
        self.block = self.inner = -1
        self.linked = self.strong = self.links = 0


def _is_hidden(attributes: dict[str, str | None]) -> bool:
    return "hidden" in attributes or ("style" in attributes and _HIDDEN.search(attributes["style"] or "") is not None)


def _tidy(text: str) -> str:
    """One line: white space collapsed, cells parted by single tabs."""
    if _CELL not in text:
        return " ".join(text.split())
    bullet = BULLET if text.startswith(BULLET) else ""
    cells = (" ".join(cell.split()) for cell in text[len(bullet) :].split(_CELL))
    return (bullet + "\t".join(cell for cell in cells if cell)).strip()
