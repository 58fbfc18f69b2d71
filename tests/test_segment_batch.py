"""Many texts at once: ``segment_all`` and ``segment_batch`` say of each text what ``segment`` says of it alone."""

from __future__ import annotations

import gzip
import json
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from libya_news import normalize, read
from libya_news.segment import SiteProfile, segment, segment_all, segment_batch
from libya_news.segment import _learned as learned

STORY = "The ferry between Tripoli and Valletta will sail again from next week, the operator said on Tuesday."
LINES = st.sampled_from(
    ["Share", "• Why the ferry stopped", STORY, "Image caption The ferry", "", " ", "___", "By Jane Smith"]
)
TEXTS = st.lists(st.one_of(st.text(max_size=60), st.lists(LINES, max_size=12).map("\n".join)), max_size=8)


@given(TEXTS)
def test_the_same_to_the_last_bit(texts: list[str]) -> None:
    assert list(segment_all(texts)) == [segment(text) for text in texts]


@pytest.mark.shared
def test_the_same_on_real_texts(shared: Path) -> None:
    with gzip.open(shared / "corpora" / "libya" / "en.jsonl.gz", "rt", encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line in islice(lines, 60)]
    assert list(segment_all(texts)) == [segment(text) for text in texts]


@pytest.mark.shared
def test_nothing_is_lost_of_any_real_text(shared: Path) -> None:
    texts = [normalize(raw.data).text for raw in read(shared / "corpora" / "libya", on_drop=lambda _: None)]
    assert len(texts) > 1_000
    for text, found in zip(texts, segment_all(texts), strict=True):
        edges = [0, *(edge for one in found for edge in (one.start, one.end)), len(text)]
        assert edges == sorted(edges)
        assert not "".join(text[end:start] for end, start in zip(edges[::2], edges[1::2], strict=True)).strip()


def test_titles_belong_to_their_texts() -> None:
    texts, titles = [f"Ferry sails again\n\n{STORY}", STORY], ["Ferry sails again", None]
    alone = [segment(text, title=title) for text, title in zip(texts, titles, strict=True)]
    assert list(segment_all(texts, titles=titles)) == alone
    with pytest.raises(ValueError, match="shorter"):
        list(segment_all(texts, titles=titles[:1]))


def test_a_text_longer_than_a_block_is_labelled_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "\n".join([STORY, "Share"] * 300)
    whole = segment(text)
    monkeypatch.setattr(learned, "BLOCK", 200)
    assert [(one.start, one.end) for one in segment(text)] == [(one.start, one.end) for one in whole]


def test_arrow_in_and_out() -> None:
    texts = ["Share on Facebook", None, "", f"Image caption The ferry\n{STORY}"]
    found = segment_batch(pa.array(texts, pa.string()), titles=pa.array([None] * 4, pa.string()))
    assert pa.types.is_list(found.type)
    expected = [None if text is None else [one._asdict() for one in segment(text)] for text in texts]
    for row, wanted in zip(found.to_pylist(), expected, strict=True):
        if row is None or wanted is None:
            assert row is wanted
        else:
            assert [{**one, "confidence": None} for one in row] == [{**one, "confidence": None} for one in wanted]
            assert [one["confidence"] for one in row] == pytest.approx([one["confidence"] for one in wanted])


def test_an_empty_array() -> None:
    assert segment_batch(pa.array([], pa.string())).to_pylist() == []


def test_a_site_counts_for_all() -> None:
    texts = [f"Boutique de la maison\n{STORY} Article {number}." for number in range(5)]
    assert [found[0].label for found in segment_all(texts, site=SiteProfile.of(texts))] == ["boilerplate"] * 5
