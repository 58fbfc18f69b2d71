"""What is known of each line of a page, as one row of numbers and of yes-or-no columns.

The order of the columns is part of a model: they are stored with it and compared on loading.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from ._dom import Page
from ._dom_boxes import (
    OWN,
    PLACE,
    TAG_PLACES,
    Boxes,
    Lines,
    bit_columns,
    element_columns,
    groups,
    kin,
    ladder,
    place_columns,
    tag_columns,
)
from ._dom_text import PHRASE_KINDS, TEXT, Texts
from ._heads import Head

Matrix = npt.NDArray[np.float32]

PROSE: Final = 80
"""Characters from which an unlinked line counts as prose: hardly a menu entry or a headline is longer."""

MOSTLY_LINKED: Final = 0.4
"""Share of linked characters from which a line is no prose: paragraphs with links in them have less."""

_ENOUGH_TITLE: Final = 0.9
"""Share of the title's words from which a line is the title: the rest is the site's name."""


class Features(NamedTuple):
    """What is known of a page's lines.

    Attributes:
        numbers, marks: one row for each line, columns as ``columns`` names them.
        kin: for each line the numbers of the sets of lines that it belongs to, as ``kin`` gives them.
    """

    numbers: Matrix
    marks: npt.NDArray[np.bool_]
    kin: npt.NDArray[np.int64]


@lru_cache(maxsize=1)
def columns() -> tuple[str, ...]:
    """Names of the columns, numbers first, then yes-or-no."""
    names = groups().names
    tags = groups().known
    return (
        *TEXT,
        *OWN,
        *PLACE,
        *(f"phrase_{how}_{kind}" for how in ("whole", "part") for kind in PHRASE_KINDS),
        *(f"{where}_{name}" for where in ("within", "own", "parent", "above") for name in names),
        *(f"{where}={tag}" for where in TAG_PLACES for tag in tags),
    )


def features(page: Page, head: Head, box: Boxes) -> Features:
    """What is known of the lines of a page, which has some."""
    texts = Texts(page.lines)
    table = texts.columns(head)
    at = {name: table[TEXT.index(name)] for name in ("linked", "sentence_end", "of_title", "title_covered")}
    prose = np.where((texts.length >= PROSE) & (at["linked"] < MOSTLY_LINKED), texts.length, 0.0)
    title = at["of_title"] * np.minimum(at["title_covered"], _ENOUGH_TITLE)
    steps = ladder(page, box)
    inner = np.array([line.inner for line in page.lines])
    related = kin(page, steps)
    lines = Lines(texts.length, prose, at["linked"], at["sentence_end"], title, steps, related[:, 0])
    numbers = [*table, *element_columns(page, box, lines), *place_columns(box, lines)]
    marks = (texts.phrases(), bit_columns(inner, box, steps), tag_columns(inner, box, steps))
    return Features(np.array(numbers, np.float32).T.copy(), np.concatenate(marks, axis=1), related)
