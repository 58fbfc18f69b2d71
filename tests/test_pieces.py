"""Pieces of many texts are what slicing each text gives."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from libya_news.labels import KIND_NAMES, STORY_KINDS
from libya_news.release import pieces

TEXT = st.text(st.sampled_from("ab \nحف日🇱\u0301"), max_size=12)


@st.composite
def cut_texts(draw: st.DrawFn) -> list[tuple[str, list[tuple[int, int]]]]:
    """Texts, each with spans in order."""
    found = []
    for text in draw(st.lists(TEXT, max_size=6)):
        edges = sorted(draw(st.lists(st.integers(0, len(text)), max_size=6)))
        pairs = zip(edges[::2], edges[1::2], strict=False)
        found.append((text, [(start, end) for start, end in pairs if start < end]))
    return found


@pytest.mark.parametrize("at_once", [3, pieces.AT_ONCE])
@given(cut_texts(), st.data())
def test_pieces_are_slices(at_once: int, given_: list[tuple[str, list[tuple[int, int]]]], data: st.DataObject) -> None:
    """Also where the column is a part of another, and where characters are counted a few at a time."""
    spans = [(row, start, end) for row, (_, found) in enumerate(given_) for start, end in found]
    column = pa.array(["ح before", *(text for text, _ in given_), "behind"]).slice(1, len(given_))
    owner, starts, ends = np.array(spans, np.int64).reshape(-1, 3).T
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pieces, "AT_ONCE", at_once)
        found = pieces.cut(column, owner, starts, ends)
    found.validate(full=True)
    texts = [given_[row][0][start:end] for row, start, end in spans]
    assert found.to_pylist() == texts
    kinds = [data.draw(st.sampled_from(range(len(KIND_NAMES)))) for _ in spans]
    told = pieces.stories(found, owner, np.array(kinds, np.int64), len(given_)).to_pylist()
    own = [
        (span[0], text) for span, text, kind in zip(spans, texts, kinds, strict=True) if KIND_NAMES[kind] in STORY_KINDS
    ]
    assert told == ["\n\n".join(text for at, text in own if at == row) for row in range(len(given_))]
