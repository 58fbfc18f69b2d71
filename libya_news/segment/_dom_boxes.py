"""The elements of a page in columns: what they are by tag, class and id, what they hold, and where the story lies."""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from libya_news._tables import load_table

from ._dom import Element, Line, Page

Column = npt.NDArray[np.float64]

STORY_SHARE: Final = 0.6
"""Share of the page's prose that the smallest element around the story holds: teasers and comments are the rest."""

FAR: Final = 60
"""Lines beyond which a distance is no longer told apart."""

_NAME_WORD: Final = re.compile(r"[A-Z]{2,}(?![a-z])|[A-Z]?[a-z]+")
_ROLES: Final = {"navigation": "nav", "main": "main", "complementary": "aside"}
BOX: Final = ("share", "linked", "lines", "prose", "text", "line_length")
LEVELS: Final = ("block", "parent", "grandparent", "great_grandparent")
OWN: Final = (
    "depth", "in_story_box", "in_best_box", "itemprop", "twins", "twin_prose", "twin_linked", "twin_length",
    "twin_ends",
    *(f"{level}_{what}" for level in LEVELS for what in BOX),
    "block_images", "parent_images", "images_before", "images_behind",
)  # fmt: skip
PLACE: Final = (
    "position", "prose_before", "prose_after", "since_prose", "until_prose", "from_h1", "from_title", "page_prose",
    "page_lines", "page_linked", "as_before", "as_after", "parent_as_before", "parent_as_after",
)  # fmt: skip


class Groups(NamedTuple):
    """What tags and words of names say: names of the groups in order (those of tags in angle brackets), the bits that
    each tag or word sets, and the number of each tag that the model tells apart."""

    names: tuple[str, ...]
    tags: dict[str, int]
    words: dict[str, int]
    known: dict[str, int]


@lru_cache(maxsize=1)
def groups() -> Groups:
    """The groups of ``tables/html.toml``."""
    table = load_table("html", expect="html")
    tags: dict[str, int] = {}
    words: dict[str, int] = {}
    rows = [(tags, f"<{row['name']}>", row["tags"]) for row in table["tag_group"]]
    rows += [(words, row["name"], row["words"]) for row in table["word_group"]]
    for bit, (bits, _, entries) in enumerate(rows):
        for entry in entries:
            bits[entry] = bits.get(entry, 0) | 1 << bit
    known = {tag: number for number, tag in enumerate(table["tags"]["known"])}
    return Groups(tuple(name for _, name, _ in rows), tags, words, known)


TAG_PLACES: Final = ("block", "parent", "grandparent", "inner")


@lru_cache(maxsize=1 << 14)
def _name_bits(names: str) -> int:
    words = groups().words
    bits = 0
    for word in _NAME_WORD.findall(names):
        bits |= words.get(word.lower(), 0)
    return bits


class Boxes(NamedTuple):
    """The elements in columns: nearest block above, bits of their own and of all around, story-data mark."""

    above: list[int]
    own: list[int]
    around: list[int]
    story: list[bool]


def boxes(elements: list[Element]) -> Boxes:
    """Bits and block parents of all elements, in one pass: parents stand before their children."""
    tags = groups().tags
    found = Boxes([], [], [], [])
    for index, element in enumerate(elements):
        bits = tags.get(element.tag, 0) | tags.get(_ROLES.get(element.role or "", ""), 0)
        if element.names and element.tag not in ("html", "body"):
            bits |= _name_bits(element.names)
        parent = element.parent
        if parent < 0:
            found.above.append(index)
            found.around.append(bits)
            found.story.append(element.story)
        else:
            found.above.append(parent if elements[parent].block else found.above[parent])
            found.around.append(bits | found.around[parent])
            found.story.append(element.story or found.story[parent])
        found.own.append(bits)
    return found


class Lines(NamedTuple):
    """The lines in columns: length in letters, prose alone (0 for others), linked share, sentence end, title match."""

    length: Column
    prose: Column
    linked: Column
    ends: Column
    title: Column


def element_columns(page: Page, box: Boxes, lines: Lines) -> Column:
    """The columns of ``OWN``: what the elements around each line hold, and what lines built like it hold."""
    held = _held(page, lines)
    stories = _depths(page.elements, _story_box(held)), _depths(page.elements, _best_box(page.lines, box, lines))
    twins = _twins(page, box, lines)
    ladder = np.array([_ladder(line.block, box.above) for line in page.lines]).reshape(-1, len(LEVELS))
    inside = _inside(held)
    block, parent = ladder[:, 0], ladder[:, 1]
    images = np.array([element.images for element in page.elements], dtype=np.float64)
    passed = np.array([line.images for line in page.lines], dtype=np.float64)
    marked = any(box.story)
    return np.column_stack(
        (
            np.array([element.depth for element in page.elements], dtype=np.float64)[block],
            stories[0][block],
            stories[1][block],
            np.array(box.story, dtype=np.float64)[block] if marked else np.full(len(block), -1.0),
            twins,
            inside[ladder].reshape(len(block), -1),
            images[block],
            images[parent],
            np.diff(passed, prepend=0.0),
            np.diff(passed, append=passed[-1]),
        )
    )


def _ladder(block: int, above: list[int]) -> tuple[int, int, int, int]:
    parent = above[block]
    grandparent = above[parent]
    return block, parent, grandparent, above[grandparent]


def _held(page: Page, lines: Lines) -> Column:
    """Length, prose, linked length and number of lines that each element holds, its descendants' included."""
    blocks = np.array([line.block for line in page.lines])
    own = np.zeros((len(page.elements), 4))
    np.add.at(own, blocks, np.column_stack((lines.length, lines.prose, lines.length * lines.linked, lines.length > 0)))
    sums = own.tolist()
    for index in range(len(sums) - 1, 0, -1):
        row = sums[index]
        if row[3]:
            into = sums[page.elements[index].parent]
            for at in range(4):
                into[at] += row[at]
    return np.array(sums)


def _inside(held: Column) -> Column:
    """What an element holds, as the columns of ``BOX``."""
    length, prose, linked, count = held.T
    return np.column_stack(
        (
            prose / max(1.0, prose[0]),
            linked / np.maximum(1.0, length),
            np.log1p(count),
            np.log1p(prose),
            np.log1p(length),
            np.log1p(length / np.maximum(1.0, count)),
        )
    )


def _story_box(held: Column) -> int:
    """The innermost element that holds most of the page's prose."""
    prose = held[:, 1]
    return int(np.flatnonzero(prose >= STORY_SHARE * prose[0])[-1])


def _best_box(lines: list[Line], box: Boxes, columns: Lines) -> int:
    """The element right around most prose: a paragraph counts for its parent, and half for its grandparent.

    The scoring of Arc90's Readability (2009), with characters of prose in the place of commas.
    """
    scores = np.zeros(len(box.above))
    for line, prose in zip(lines, columns.prose, strict=True):
        if prose:
            parent = box.above[line.block]
            scores[parent] += prose
            if box.above[parent] != parent:
                scores[box.above[parent]] += prose / 2
    return int(scores.argmax())


def _depths(elements: list[Element], top: int) -> Column:
    """How deep each element lies in ``top``, which itself has 1; 0 outside."""
    depths = [0] * len(elements)
    depths[top] = 1
    for index in range(top + 1, len(elements)):
        around = depths[elements[index].parent]
        if around:
            depths[index] = around + 1
    return np.array(depths, dtype=np.float64)


def _built(page: Page, box: Boxes) -> list[int]:
    """A number for each line; lines have the same where their block and its parent have the same tag and names."""
    numbers: dict[tuple[str, str, str, str], int] = {}
    found = []
    for line in page.lines:
        block = page.elements[line.block]
        parent = page.elements[box.above[line.block]]
        found.append(numbers.setdefault((block.tag, block.names, parent.tag, parent.names), len(numbers)))
    return found


def _twins(page: Page, box: Boxes, lines: Lines) -> Column:
    """Of all lines that are built as a line is: how many, their share of the prose, links, length, sentence ends."""
    built = np.array(_built(page, box))
    count = np.bincount(built).astype(np.float64)
    prose = np.bincount(built, lines.prose) / max(1.0, float(lines.prose.sum()))
    linked = np.bincount(built, lines.linked) / count
    length = np.log1p(np.bincount(built, lines.length) / count)
    ends = np.bincount(built, lines.ends) / count
    table: Column = np.column_stack((np.log1p(count), prose, linked, length, ends))[built]
    return table


def place_columns(page: Page, box: Boxes, lines: Lines) -> Column:
    """The columns of ``PLACE``: where a line stands in the page, and how it is built beside its neighbours."""
    count = len(page.lines)
    total = max(1.0, float(lines.prose.sum()))
    behind = np.cumsum(lines.prose)
    position = np.arange(count, dtype=np.float64)
    heading = _headings(page, box)
    first = int(heading.argmax()) if heading.any() else None
    title = int((lines.title + 0.5 * heading).argmax())
    built = np.array(_built(page, box))
    parents = np.array([box.above[line.block] for line in page.lines])
    return np.column_stack(
        (
            position / count,
            (behind - lines.prose) / total,
            (total - behind) / total,
            _since(lines.prose > 0),
            _since((lines.prose > 0)[::-1])[::-1],
            np.full(count, -FAR) if first is None else np.clip(position - first, -FAR, FAR),
            np.clip(position - title, -FAR, FAR),
            np.full(count, math.log1p(total)),
            np.full(count, math.log1p(count)),
            np.full(count, float((lines.length * lines.linked).sum() / max(1.0, lines.length.sum()))),
            *_as_neighbours(built),
            *_as_neighbours(parents),
        )
    )


def _headings(page: Page, box: Boxes) -> Column:
    bit = groups().tags["h1"]
    return np.array([bool(box.around[line.block] & bit) for line in page.lines], dtype=np.float64)


def _since(marks: npt.NDArray[np.bool_]) -> Column:
    """Lines since the last marked line before each, at most ``FAR``."""
    index = np.arange(len(marks))
    last = np.maximum.accumulate(np.where(marks, index, -FAR - 1))
    before = np.concatenate(([-FAR - 1], last[:-1]))
    return np.minimum(index - before - 1, FAR).astype(np.float64)


def _as_neighbours(values: npt.NDArray[np.int64]) -> tuple[Column, Column]:
    same = (values[1:] == values[:-1]).astype(np.float64)
    return np.concatenate(([0.0], same)), np.concatenate((same, [0.0]))


def bit_columns(page: Page, box: Boxes) -> Column:
    """For each group, whether an element around the line, its own, its parent's or the two above are of it."""
    rows = []
    for line in page.lines:
        block, parent, grandparent, above = _ladder(line.block, box.above)
        own = box.own
        rows.append((box.around[line.inner], own[block] | own[line.inner], own[parent], own[grandparent] | own[above]))
    bits = np.array(rows, dtype=np.uint64).reshape(-1, 4)
    shifts = np.arange(len(groups().names), dtype=np.uint64)
    return ((bits[:, :, None] >> shifts) & np.uint64(1)).astype(np.float64).reshape(len(rows), -1)


def tag_columns(page: Page, box: Boxes) -> Column:
    """For each of the known tags, whether the line's block, parent, grandparent or inner element has it."""
    known = groups().known
    rows = []
    for line in page.lines:
        ladder = (*_ladder(line.block, box.above)[:3], line.inner)
        rows.append([known.get(page.elements[index].tag, -1) for index in ladder])
    tags = np.array(rows).reshape(-1, len(TAG_PLACES))
    table: Column = (tags[:, :, None] == np.arange(len(known))).astype(np.float64).reshape(len(rows), -1)
    return table
