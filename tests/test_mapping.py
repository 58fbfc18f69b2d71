"""A field that a mapping names in vain is told; what is filled by other means, or somewhere, is not."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest

from libya_news import build
from libya_news.release import manifest
from libya_news.sources import Reading, Source

ROWS = [
    {"story": "Talks in Moscow have ended without a deal, officials in Tripoli said.", "outlet": "Paper One"},
    {"story": "The ports in the east of the country opened again on Monday.", "tongue": "en", "writers": ["A", "B"]},
    {"story": "", "day": "2015-07-21"},
]


@pytest.fixture
def news(tmp_path: Path) -> Path:
    """Two articles, of which each has fields of its own, and a record without text."""
    (tmp_path / "news.jsonl").write_text("\n".join(map(json.dumps, ROWS)), encoding="utf-8")
    return tmp_path / "news.jsonl"


def _warnings(
    caplog: pytest.LogCaptureFixture, out: Path, *sources: tuple[Path, Mapping[str, str]], workers: int = 1
) -> list[str]:
    caplog.set_level(logging.WARNING, "libya_news")
    caplog.clear()
    build(
        [Source(path, Reading(fields)) for path, fields in sources],
        out=out,
        workers=workers,
        cache=out.parent / "cache",
    )
    return caplog.messages


def _told(ours: str, theirs: str, articles: int = 2) -> str:
    got = f"got its {ours} from the field {theirs!r} that it is mapped to"
    return f"None of the {articles} articles {got}. Check name and values."


NAMES = {
    "publisher": "outlets", "title": "head", "authors": "writer", "published_at": "day", "language": "language",
    "url": "address", "licence": "rights", "rights_holder": "holder", "terms": "use",
}  # fmt: skip
"""Fields that no article has: that of the day is in a record without text alone."""


def test_each_field_that_gives_nothing_is_told(news: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    fields = {"text": "story", "html": "page", **NAMES}
    first = _warnings(caplog, tmp_path / "one", (news, fields))
    no_page = "news.jsonl:1: no text: the field 'page', which is to be the html, is missing, empty or no text"
    in_vain = f"No record got its html from the field 'page' that it is mapped to. The first: {no_page}; "
    assert first == [*(_told(*pair) for pair in NAMES.items()), in_vain + "there are story, outlet."]
    for workers in (1, 2):  # all of it from the cache
        assert _warnings(caplog, tmp_path / str(workers), (news, fields), workers=workers) == first


def test_fields_that_one_article_has_are_not_told(news: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    fields = {"text": "story", "publisher": "outlet", "language": "tongue", "authors": "writers"}
    assert _warnings(caplog, tmp_path / "out", (news, fields)) == []


def test_a_mapping_counts_for_all_sources_that_have_it(
    news: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (other := tmp_path / "other.jsonl").write_text(json.dumps({"story": "The airport opens."}), encoding="utf-8")
    (text := tmp_path / "talks.txt").write_text("Talks will go on next week in Geneva.", encoding="utf-8")
    both = {"text": "story", "publisher": "outlet"}
    assert _warnings(caplog, tmp_path / "one", (news, both), (other, both), (text, both)) == []
    slip = {"text": "story", "publisher": "outlets"}
    assert _warnings(caplog, tmp_path / "two", (news, both), (other, slip)) == [_told("publisher", "outlets", 1)]


def test_what_something_else_fills_is_not_told(news: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "libya_news")
    reading = Reading({"text": "story", "publisher": "outlets"}, {"publisher": "Paper"})
    build([Source(news, reading)], out=tmp_path / "out")
    assert caplog.messages == []


STORY = ["Haftar has left Moscow without signing.", "A third round is planned for the summer."]


@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet"])
def test_texts_that_are_mapped_in_vain(tmp_path: Path, form: str, caplog: pytest.LogCaptureFixture) -> None:
    """Where one record has them, nothing is told, and neither of files without records."""
    (folder := tmp_path / "in").mkdir()
    for name, texts in (("a", STORY[:1]), ("b", STORY[1:])):
        table = pa.table({"title": ["A"] * len(texts), "text": texts})
        path = folder / f"{name}.{form}"
        if form == "jsonl":
            path.write_text("\n".join(map(json.dumps, table.to_pylist())), encoding="utf-8")
        elif form == "csv":
            pacsv.write_csv(table, path)
        else:
            pq.write_table(table, path)
    (folder / "c.txt").write_text("The ports in the east of the country opened again on Monday.", encoding="utf-8")
    (told,) = _warnings(caplog, tmp_path / "one", (folder, {"text": "storry"}))
    assert told.startswith(
        f"No record got its text from the field 'storry' that it is mapped to. The first: in/a.{form}"
    )
    assert told.endswith("; there are title, text.")
    if form == "jsonl":
        with (folder / "b.jsonl").open("a", encoding="utf-8") as file:
            file.write('\n{"storry": "Officials in Tripoli opened the airport."}')
        assert _warnings(caplog, tmp_path / "two", (folder, {"text": "storry"})) == []
    assert _warnings(caplog, tmp_path / "three", (folder / "c.txt", {"text": "storry"})) == []
    assert _warnings(caplog, tmp_path / "four", (folder, {"text": "text"})) == []


def test_the_command_warns_and_succeeds(news: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "libya_news", "build", str(news), "--map", "text=story,publisher=out\x1blet"]
    result = subprocess.run([*command, "--out", str(tmp_path), "--json"], capture_output=True, check=True, text=True)
    assert result.stderr.splitlines() == ["warning: " + _told("publisher", "out\x1blet")]
    assert result.stdout == manifest.to_json(manifest.load(tmp_path / "libya-news-1.0.0"))
