"""The elements of a page in columns: what they are by tag, class and id, what they hold, and where the story lies."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from libya_news._tables import load_table

from ._dom import Elements, Page

Column = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bits = npt.NDArray[np.uint64]

STORY_SHARE: Final = 0.6
"""Share of the page's prose that the smallest element around the story holds: teasers and comments are the rest."""

FAR: Final = 60
"""Lines beyond which a distance is no longer told apart."""

_NAME_WORD: Final = re.compile(r"[A-Z]{2,}(?![a-z])|[A-Z]?[a-z]+")
_NUMBER: Final = re.compile(r"\d+")
_ROLES: Final = {"navigation": "nav", "main": "main", "complementary": "aside"}
BOX: Final = ("share", "linked", "lines", "prose", "text", "line_length")
LEVELS: Final = ("block", "parent", "grandparent", "great_grandparent")

OWN: Final = (
    "depth", "in_story_box", "in_best_box", "itemprop", "from_best_box", "below_best_box", "from_title_block",
    "below_title_block", "article_of_title", "article_of_story",
    "twins", "twin_prose", "twin_linked", "twin_length", "twin_ends",
    *(f"{level}_{what}" for level in LEVELS for what in BOX),
    "block_images", "parent_images", "images_before", "images_behind",
)  # fmt: skip
PLACE: Final = (
    "position", "prose_before", "prose_after", "since_prose", "until_prose", "from_h1", "from_title", "page_prose",
    "page_lines", "page_linked", "h1_so_far", "titles_so_far", "as_before", "as_after", "parent_as_before",
    "parent_as_after",
)  # fmt: skip
_MANY_TITLES: Final = 3
"""Headlines above which it does not matter how many there were: the page is a list."""


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


@lru_cache(maxsize=1 << 10)
def _meant(tag: str, role: str | None) -> tuple[int, int, bool]:
    """The groups of an element by its tag and role, the number of its tag, and whether its names say what it is for:
    not those of the page as a whole."""
    tags = groups().tags
    bits = tags.get(tag, 0) | tags.get(_ROLES.get(role or "", ""), 0)
    return bits, groups().known.get(tag, -1), tag not in ("html", "body")


@lru_cache(maxsize=1 << 14)
def _named(names: str) -> int:
    """The groups of an element by the words of its class, or of its id."""
    bits, words = 0, groups().words
    for word in _NAME_WORD.findall(names):
        bits |= words.get(word.lower(), 0)
    return bits


def _own(elements: Elements) -> tuple[list[int], Sequence[int]]:
    """The groups of each element, and the number of its tag."""
    bits, number, telling = zip(*map(_meant, elements.tag, elements.role), strict=True)
    named = [
        (_named(classes) if classes else 0) | (_named(id_) if id_ else 0)
        for classes, id_ in zip(elements.classes, elements.ids, strict=True)
    ]
    return [own | tells * more for own, tells, more in zip(bits, telling, named, strict=True)], number


class Boxes(NamedTuple):
    """The elements in columns.

    Attributes:
        parent: the element around each; the first has itself.
        above: the nearest block element around.
        end: one past the last element within.
        article: the nearest ``<article>`` around, itself included; -1 where there is none.
        depth: how many elements are around.
        own, around: groups of the element, and of all around it, as bits.
        tag: the number of its tag, -1 for one that the model does not tell apart.
        story: whether it lies in what the page marks as its story.
    """

    parent: Ints
    above: Ints
    end: Ints
    article: Ints
    depth: Column
    own: Bits
    around: Bits
    tag: Ints
    story: npt.NDArray[np.bool_]


def boxes(elements: Elements) -> Boxes:
    """The elements in columns, in one pass: parents stand before their children."""
    own, number = _own(elements)
    above, around = [0], own[:1]
    block = elements.block
    for parent, bits in zip(elements.parent[1:], own[1:], strict=True):
        above.append(parent if block[parent] else above[parent])
        around.append(bits | around[parent])
    article, story = np.full(len(own), -1), np.zeros(len(own), np.bool_)
    for index, tag in enumerate(elements.tag):
        if tag == "article":
            article[index : elements.end[index]] = index
    for index in elements.story:
        story[index : elements.end[index]] = True
    return Boxes(
        np.maximum(elements.parent, 0),
        np.array(above),
        np.array(elements.end),
        article,
        np.array(elements.depth, np.float64),
        np.array(own, np.uint64),
        np.array(around, np.uint64),
        np.array(number),
        story,
    )


class Lines(NamedTuple):
    """The lines in columns: length in letters, prose alone (0 for others), linked share, sentence end, title match, the
    elements around (as ``LEVELS`` names them), and the number of the lines that are built alike."""

    length: Column
    prose: Column
    linked: Column
    ends: Column
    title: Column
    ladder: Ints
    built: Ints


def ladder(page: Page, box: Boxes) -> Ints:
    """The block of each line and the three blocks above it, as ``LEVELS`` names them."""
    steps = [np.array([line.block for line in page.lines])]
    for _ in LEVELS[1:]:
        steps.append(box.above[steps[-1]])
    return np.column_stack(steps)


def kin(page: Page, steps: Ints) -> Ints:
    """For each line the numbers of the sets that it is in, from its ladder: of lines that are built alike, and of those
    within each element of ``LEVELS[1:]``. Equal numbers in a column are one set: lines that are likely of one kind.

    Lines are built alike where their block and its parent have the same tag and names.
    """
    places = np.unique(steps[:, :2])
    builds: dict[tuple[str, str], int] = {}
    own = [builds.setdefault(_build(page.elements, at), len(builds)) for at in places.tolist()]
    block, parent = np.array(own)[np.searchsorted(places, steps[:, :2])].T
    pairs: dict[int, int] = {}
    built = [pairs.setdefault(pair, len(pairs)) for pair in (block * len(builds) + parent).tolist()]
    return np.column_stack((built, steps[:, 1:]))


def _build(elements: Elements, at: int) -> tuple[str, str]:
    """An element's tag and its names without their numbers: those of one row of paragraphs are the same then."""
    names, id_ = elements.classes[at] or "", elements.ids[at]
    if id_ is not None:
        names = f"{names} {id_}".strip()
    return elements.tag[at], _NUMBER.sub("", names) if names else names


def element_columns(page: Page, box: Boxes, lines: Lines) -> list[Column]:
    """The columns of ``OWN``: what the elements around each line hold, and what lines built like it hold."""
    block, parent = lines.ladder[:, 0], lines.ladder[:, 1]
    held = _held(box, block, lines)
    story, best = _story_box(held), _best_box(box, block, lines)
    title = int(block[_title_line(box, lines)])
    images = np.array(page.elements.images, dtype=np.float64)
    passed = np.array([line.images for line in page.lines], dtype=np.float64)
    return [
        box.depth[block],
        _depth_in(box, story, block),
        _depth_in(box, best, block),
        box.story[block] if box.story.any() else np.full(len(block), -1.0),
        *_away(box, best, block),
        *_away(box, title, block),
        _same(box.article[block], box.article[title]),
        _same(box.article[block], box.article[best]),
        *_twins(lines),
        *_inside(held)[:, lines.ladder.T].transpose(1, 0, 2).reshape(-1, len(block)),
        images[block],
        images[parent],
        np.diff(passed, prepend=0.0),
        np.diff(passed, append=passed[-1]),
    ]


def _held(box: Boxes, block: Ints, lines: Lines) -> Column:
    """Length, prose, linked length and number of lines that each element holds, its descendants' included."""
    count = len(box.end)
    weights = (lines.length, lines.prose, lines.length * lines.linked, np.ones(len(block)))
    own = np.column_stack([np.bincount(block, weight, minlength=count) for weight in weights])
    before = np.concatenate((np.zeros((1, len(weights))), np.cumsum(own, axis=0)))
    return np.asarray(before[box.end] - before[:-1], np.float64)


def _inside(held: Column) -> Column:
    """What an element holds, as the columns of ``BOX``."""
    length, prose, linked, count = held.T
    return np.array(
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


def _best_box(box: Boxes, block: Ints, lines: Lines) -> int:
    """The element right around most prose: a paragraph counts for its parent, and half for its grandparent.

    The scoring of Arc90's Readability (2009), with characters of prose in the place of commas.
    """
    count = len(box.above)
    parent = box.above[block]
    grandparent = box.above[parent]
    half = np.where(grandparent == parent, 0.0, lines.prose / 2)
    scores = np.bincount(parent, lines.prose, minlength=count) + np.bincount(grandparent, half, minlength=count)
    return int(scores.argmax())


def _depth_in(box: Boxes, top: int, block: Ints) -> Column:
    """How deep each block lies in ``top``, which itself has 1; 0 outside."""
    return np.where((top <= block) & (block < box.end[top]), box.depth[block] - box.depth[top] + 1, 0.0)


def _away(box: Boxes, target: int, block: Ints) -> tuple[Column, Column]:
    """How far up from the target the first element is that holds a block too, and how deep the block lies in that."""
    chain = [target]
    while chain[-1] and len(chain) < FAR:
        chain.append(int(box.parent[chain[-1]]))
    chain.append(0)
    up = np.zeros(len(block), np.int64)
    for element in chain[:-1]:
        up += (block < element) | (block >= box.end[element])
    return up.astype(np.float64), box.depth[block] - box.depth[np.array(chain)[up]]


def _same(article: Ints, wanted: int) -> Column:
    """1 for lines of that ``<article>``, 0 for lines of none, -1 for those of another."""
    return np.where(article == wanted, 1.0, np.where(article < 0, 0.0, -1.0))


def _twins(lines: Lines) -> Column:
    """Of all lines that are built as a line is: how many, their share of the prose, links, length, sentence ends."""
    built = lines.built
    count = np.bincount(built).astype(np.float64)
    prose = np.bincount(built, lines.prose) / max(1.0, float(lines.prose.sum()))
    linked = np.bincount(built, lines.linked) / count
    length = np.log1p(np.bincount(built, lines.length) / count)
    ends = np.bincount(built, lines.ends) / count
    return np.array((np.log1p(count), prose, linked, length, ends))[:, built]


def place_columns(box: Boxes, lines: Lines) -> list[Column]:
    """The columns of ``PLACE``: where a line stands in the page, and how it is built beside its neighbours."""
    count = len(lines.length)
    total = max(1.0, float(lines.prose.sum()))
    behind = np.cumsum(lines.prose)
    position = np.arange(count, dtype=np.float64)
    heading = _headings(box, lines)
    first = int(heading.argmax()) if heading.any() else None
    title = _title_line(box, lines)
    return [
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
        np.minimum(np.cumsum(heading), _MANY_TITLES),
        np.minimum(np.cumsum(lines.built == lines.built[title]), _MANY_TITLES),
        *_as_neighbours(lines.built),
        *_as_neighbours(lines.ladder[:, 1]),
    ]


def _headings(box: Boxes, lines: Lines) -> Column:
    bit = np.uint64(groups().tags["h1"])
    return (box.around[lines.ladder[:, 0]] & bit > 0).astype(np.float64)


def _title_line(box: Boxes, lines: Lines) -> int:
    """The line that is most likely the headline."""
    return int((lines.title + 0.5 * _headings(box, lines)).argmax())


def _since(marks: npt.NDArray[np.bool_]) -> Column:
    """Lines since the last marked line before each, at most ``FAR``."""
    index = np.arange(len(marks))
    last = np.maximum.accumulate(np.where(marks, index, -FAR - 1))
    before = np.concatenate(([-FAR - 1], last[:-1]))
    return np.minimum(index - before - 1, FAR).astype(np.float64)


def _as_neighbours(values: Ints) -> tuple[Column, Column]:
    same = (values[1:] == values[:-1]).astype(np.float64)
    return np.concatenate(([0.0], same)), np.concatenate((same, [0.0]))


def bit_columns(inner: Ints, box: Boxes, steps: Ints) -> npt.NDArray[np.bool_]:
    """For each group, whether an element around the line, its own, its parent's or the two above are of it."""
    block, parent, grandparent, above = steps.T
    own = box.own
    bits = np.column_stack((box.around[inner], own[block] | own[inner], own[parent], own[grandparent] | own[above]))
    shifts = np.arange(len(groups().names), dtype=np.uint64)
    return ((bits[:, :, None] >> shifts) & np.uint64(1)).astype(np.bool_).reshape(len(inner), -1)


def tag_columns(inner: Ints, box: Boxes, steps: Ints) -> npt.NDArray[np.bool_]:
    """For each of the known tags, whether the line's block, parent, grandparent or inner element has it."""
    tags = box.tag[np.column_stack((steps[:, :3], inner))]
    marks: npt.NDArray[np.bool_] = tags[:, :, None] == np.arange(len(groups().known))
    return marks.reshape(len(inner), -1)
