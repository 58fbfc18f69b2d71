"""Pieces of texts, of many articles at once: the rows of segments, and stories.

They hold what the texts hold already, so they are cut when rows are written, and nothing carries them until then.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from libya_news.labels import KIND_NAMES, STORY_KINDS

AT_ONCE: Final = 1 << 22
"""Bytes of text whose characters are counted at once: their places take eight times as much."""

Places = npt.NDArray[np.int64]

_STORY: Final = np.array([kind in STORY_KINDS for kind in KIND_NAMES])


def cut(texts: Any, owner: Places, starts: Places, ends: Places) -> Any:
    """Pieces of the texts of a column, in UTF-8, by their code points.

    Args:
        texts: an array of strings, none of them null.
        owner: for each piece the number of its text.
        starts, ends: offsets into that text. Pieces are in order, and none overlaps another.

    >>> texts = pa.array(["حفتر in Moscow", "Moscow"])
    >>> cut(texts, np.array([0, 0, 1]), np.array([0, 8, 0]), np.array([4, 14, 6])).to_pylist()
    ['حفتر', 'Moscow', 'Moscow']
    """
    _, offsets, data = texts.buffers()
    bounds = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1].astype(np.int64)
    text = np.frombuffer(data or b"", np.uint8)[bounds[0] : bounds[-1]]
    before = np.concatenate([[0], np.cumsum(pc.utf8_length(texts))])[owner]
    edges = _bytes(text, np.stack([before + starts, before + ends], axis=1).ravel()).reshape(-1, 2)
    view = text.data
    kept = b"".join([view[start:end] for start, end in edges.tolist()])
    sizes = np.concatenate([[0], np.cumsum(edges[:, 1] - edges[:, 0])]).astype(np.int32)
    return pa.StringArray.from_buffers(len(edges), pa.py_buffer(sizes.tobytes()), pa.py_buffer(kept))


def _begins(text: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    """Which bytes begin a character."""
    return np.asarray((text & 0xC0) != 0x80)


def _bytes(text: npt.NDArray[np.uint8], characters: Places) -> Places:
    """Where each of some characters begins, in order; of one that would follow the last, where the text ends."""
    found, done = np.full(len(characters), len(text), np.int64), 0
    for at in range(0, len(text), AT_ONCE):
        places = np.flatnonzero(_begins(text[at : at + AT_ONCE]))
        low, high = np.searchsorted(characters, [done, done + len(places)])
        found[low:high] = at + places[characters[low:high] - done]
        done += len(places)
    return found


def stories(texts: Any, owner: Places, kinds: Places, count: int) -> Any:
    """The story of each article: those of its segments that belong to it, joined by blank lines.

    Args:
        texts: of the segments of all articles, one after the other.
        owner: for each segment the number of its article.
        kinds: the class id of each segment's kind.
        count: number of articles.

    >>> ids = np.array([KIND_NAMES.index(kind) for kind in ("headline", "paragraph", "paragraph")])
    >>> stories(pa.array(["Talks end", "One.", "Two."]), np.array([0, 0, 0]), ids, 2).to_pylist()
    ['One.\\n\\nTwo.', '']
    """
    own = _STORY[kinds]
    ends = np.cumsum(np.bincount(owner[own], minlength=count))
    lists = pa.ListArray.from_arrays(pa.array(np.append(0, ends), pa.int32()), texts.filter(pa.array(own)))
    return pc.binary_join(lists, "\n\n")
