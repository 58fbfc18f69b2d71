"""Each thing that can be wrong between articles and their segments is seen, and named where it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

from libya_news.pipeline import process
from libya_news.records import Article, RawArticle
from libya_news.release import integrity, rows

Row = dict[str, Any]
TEXTS = ("Talks in Moscow end.\n\nImage caption Rebels in Brega", "Elections are put off.", "Troops leave Sirte.")


@pytest.fixture(scope="module")
def tables() -> dict[str, pa.Table]:
    made = [process(RawArticle(f"{n}.txt", text)) for n, text in enumerate(TEXTS)]
    articles = sorted((found for found in made if isinstance(found, Article)), key=lambda article: article.id)
    (made_of,) = rows.tables(rows.InBatches(articles)).batches()
    return {name: pa.Table.from_batches([batch]) for name, batch in made_of.items()}


def _faults(tables: dict[str, pa.Table], change: Callable[[list[Row], list[Row]], object]) -> list[str]:
    made = {name: table.to_pylist() for name, table in tables.items()}
    change(made["articles"], made["segments"])
    new = [pa.Table.from_pylist(made[name], schema=tables[name].schema) for name in ("articles", "segments")]
    return [fault.partition(": ")[2] for fault in integrity.faults(new[0], new[1], "")]


def test_of_sound_rows_nothing_is_said(tables: dict[str, pa.Table]) -> None:
    assert _faults(tables, lambda *_: None) == []


CASES: dict[str, tuple[Row, Row, Row]] = {
    "not in the order of ids, or twice": ({"article_id": "f" * 20}, {}, {}),
    "the text does not have its SHA-256": ({"text_sha256": "0" * 64}, {}, {}),
    "segment 0: its row is not where it should be": ({}, {}, {"index": 7}),
    "segment 0: its row and the article differ": ({}, {}, {"confidence": 0.125}),
    "segment 0: label 9 or kind 0 is none": ({}, {"label": 9, "kind": 0}, {"label": 9, "kind": 0}),
    "segment 0: label 0 or kind -1 is none": ({}, {"label": 0, "kind": -1}, {"label": 0, "kind": -1}),
    "segment 0: kind headline is not of label boilerplate": ({}, {"label": 3, "kind": 0}, {"label": 3, "kind": 0}),
    "segment 0: its text is not what its offsets cut out": ({}, {}, {"text": "T"}),
}
"""What the first article, its first segment as the article has it, and that segment's row are changed to."""


@pytest.mark.parametrize("fault", CASES)
def test_each_fault_is_named(tables: dict[str, pa.Table], fault: str) -> None:
    def change(articles: list[Row], segments: list[Row]) -> None:
        for row, values in zip((articles[0], articles[0]["segments"][0], segments[0]), CASES[fault], strict=True):
            row.update(values)

    assert fault in _faults(tables, change)


def test_segments_that_are_not_there(tables: dict[str, pa.Table]) -> None:
    assert _faults(tables, lambda _, segments: segments.pop()) == ["segments without a row"]


def test_segments_that_overlap(tables: dict[str, pa.Table]) -> None:
    """The second begins before the first ends; its text is that of its offsets."""

    def change(articles: list[Row], segments: list[Row]) -> None:
        at = next(n for n, row in enumerate(articles) if len(row["segments"]) > 1)
        own = [row for row in segments if row["article_id"] == articles[at]["article_id"]]
        for span in (own[1], articles[at]["segments"][1]):
            span["start"] = 3
        own[1]["text"] = articles[at]["text"][3 : own[1]["end"]]

    faults = _faults(tables, change)
    assert len(faults) == 1
    assert faults[0].startswith("segment 1: offsets 3 to")


def test_an_article_before_counts_for_the_order(tables: dict[str, pa.Table]) -> None:
    first = str(tables["articles"]["article_id"][0])
    assert list(integrity.faults(tables["articles"], tables["segments"], first)) == [
        f"{first}: not in the order of ids, or twice"
    ]
