"""Formats with records or pages in them: JSON, CSV, Parquet, Arrow, HTML, WARC and ARC, and what goes wrong."""

from __future__ import annotations

import base64
import csv
import datetime as dt
import gzip
import hashlib
import io
import json
import struct
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from libya_news import Drop, RawArticle, build, read
from libya_news.errors import UsageError
from libya_news.sources import Reading, Source, _columns, parse_map

ROWS: list[dict[str, Any]] = [
    {"text": "Talks in Moscow ended.", "publisher": "BBC", "url": "https://example.org/1"},
    {"text": "حفتر يغادر موسكو", "publisher": None, "url": "https://example.org/2"},
]


def _read(*sources: Any) -> tuple[list[RawArticle], list[Drop]]:
    drops: list[Drop] = []
    return list(read(*sources, on_drop=drops.append)), drops


def _texts(articles: list[RawArticle]) -> list[str]:
    return [data if isinstance(data := article.data, str) else data.decode() for article in articles]


# JSON


@pytest.mark.parametrize("indent", [None, 2])
def test_a_json_array(tmp_path: Path, indent: int | None) -> None:
    rows: list[dict[str, Any]] = [
        *ROWS,
        {"text": 'Quotes " and \\ and [brackets] {here}', "authors": [{"name": "A"}], "more": [[1], {"a": []}]},
    ]
    (tmp_path / "a.json").write_text(json.dumps(rows, indent=indent), encoding="utf-8")
    articles, drops = _read(tmp_path)
    assert not drops
    assert _texts(articles) == [row["text"] for row in rows]
    assert [article.position for article in articles] == ["1", "2", "3"]


def test_json_objects_one_behind_the_other(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("\n".join(json.dumps(row, indent=1) for row in ROWS), encoding="utf-8")
    assert _texts(_read(tmp_path)[0]) == [row["text"] for row in ROWS]


def test_strings_and_escapes_on_every_edge_of_a_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{"text": 'a\\"b\\\\" [{' * 5 + str(number)} for number in range(20)]
    (tmp_path / "a.json").write_text(json.dumps(rows), encoding="utf-8")
    for block in range(1, 40):
        monkeypatch.setattr("libya_news.sources.json_objects.BLOCK", block)
        assert _texts(_read(tmp_path)[0]) == [row["text"] for row in rows]


@pytest.mark.parametrize(
    ("data", "texts", "reasons"),
    [
        ('[{"text": "a"}, {"text": tru}, {"text": "b"}]', ["a", "b"], ["broken JSON: item 2, character 10"]),
        ('[{"text": "a"}, {"text": "cut', ["a"], ["broken JSON: item 2 has no end"]),
        ('[{"text": "a"}', ["a"], ["broken JSON: item 2 has no end"]),
        ("[1, 2]", [], ["no record"]),
        ("[]", [], ["no record"]),
        ("[" * 100_000, [], ["broken JSON"]),
        ('[[{"text": "a"}], {"text": "b"}]', ["b"], ["broken record: item 1 is no JSON object"]),
        ('{"articles": ["a", {"text": "b"}]}', [], ["no text: no field of text; there are articles"]),
        ('[{"text": "\\ud83d"}]', ["\ud83d"], []),
    ],
)
def test_json_that_is_not_as_it_should_be(tmp_path: Path, data: str, texts: list[str], reasons: list[str]) -> None:
    (tmp_path / "a.json").write_text(data, encoding="utf-8")
    articles, drops = _read(tmp_path)
    assert [article.data for article in articles] == texts
    assert len(drops) == len(reasons)
    assert all(drop.reason.startswith(reason) for drop, reason in zip(drops, reasons, strict=True))


NO_LINES = [
    json.dumps(ROWS),
    json.dumps(ROWS, indent=1),
    "\n".join(json.dumps(row, indent=1) for row in ROWS),
    "[\n" + ",\n".join(map(json.dumps, ROWS)) + ",\n]\n",
    ",\r\n".join(map(json.dumps, ROWS)) + ",\r\n",
]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("data", NO_LINES)
def test_json_lines_that_are_none(tmp_path: Path, data: str, encoding: str) -> None:
    """An array, objects on several lines, and commas behind lines, in a file that is called JSON lines."""
    (tmp_path / "a.jsonl").write_text(data, encoding=encoding, newline="")
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(data.encode(encoding)))
    articles, drops = _read(tmp_path)
    assert not drops
    assert _texts(articles) == [row["text"] for row in ROWS] * 2


# JSON with its articles in a list inside of an object

ITEMS: list[dict[str, Any]] = [
    {"title": "Talks end", "content": "Talks in Moscow ended.", "link": "https://example.org/1"},
    {"title": "Ports open", "content": "The ports in the east opened.", "link": "https://example.org/2"},
]


def _assert_items_twice(folder: Path) -> None:
    """Of a JSON file, and of JSON lines behind it."""
    articles, drops = _read(folder)
    assert not drops
    assert [article.position for article in articles] == ["1", "2", "1.1", "1.2"]
    assert [(article.title, article.data, article.url) for article in articles] == [
        (item["title"], item["content"], item["link"]) for item in ITEMS
    ] * 2


@pytest.mark.parametrize(
    "answer",
    [
        {"status": "ok", "totalResults": 2, "articles": ITEMS},
        {"status": "OK", "response": {"docs": ITEMS, "meta": {"hits": 2}}},
        {"rss": {"channel": {"title": "News", "link": "https://example.org", "item": ITEMS}}},
        {"title": "News", "link": "https://example.org", "items": ITEMS},
        {"version": "1.1", "title": "News", "authors": [{"name": "A"}], "hubs": [{"url": "u"}], "items": ITEMS},
        {"content": ITEMS, "pageable": {"sort": [{"property": "id"}]}},
        {"data": ITEMS, "facets": [{"title": "of another kind"}], "text": ""},
    ],
)
@pytest.mark.parametrize("indent", [None, 2])
def test_json_as_interfaces_answer(tmp_path: Path, answer: dict[str, Any], indent: int | None) -> None:
    (tmp_path / "a.json").write_text(json.dumps(answer, indent=indent), encoding="utf-8")
    (tmp_path / "b.jsonl").write_text(json.dumps(answer), encoding="utf-8")
    _assert_items_twice(tmp_path)
    release = build([tmp_path / "a.json"], out=tmp_path / "out")
    loaded = datasets.load_dataset(str(release.path), split="train")
    assert sorted(loaded["url"]) == [item["link"] for item in ITEMS]


TABLE = {name: [item[name] for item in ITEMS] for name in ITEMS[0]}


@pytest.mark.parametrize(
    "table",
    [
        TABLE,
        {name: dict(zip("05", column, strict=True)) for name, column in TABLE.items()},
        {"title": TABLE["title"], "content": [[text] for text in TABLE["content"]], "link": TABLE["link"]},
    ],
)
def test_json_of_a_table_column_by_column(tmp_path: Path, table: dict[str, Any]) -> None:
    """As pandas writes it, whose rows have numbers."""
    (tmp_path / "a.json").write_text(json.dumps(table), encoding="utf-8")
    (tmp_path / "b.jsonl").write_text(json.dumps(table), encoding="utf-8")
    _assert_items_twice(tmp_path)


@pytest.mark.parametrize(
    "row",
    [
        {"title": ["Talks end"], "text": ["One.", "Two."]},
        {"authors": ["A", "B"], "text": ["One.", "Two."]},
        {"title": ["Talks end"], "text": ["One."]},
        {"title": "Talks end", "text": "One."},
    ],
)
def test_what_is_no_table_column_by_column(tmp_path: Path, row: dict[str, Any]) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps(row), encoding="utf-8")
    (article,), drops = _read(tmp_path)
    assert (article.data, article.position, drops) == ("One.\nTwo." if "Two." in row["text"] else "One.", "1", [])


def test_a_mapping_holds_in_lists_too(tmp_path: Path) -> None:
    docs = [{"lead": "Talks in Moscow ended.", "keywords": [{"name": "Moscow"}]}, {"keywords": []}]
    (tmp_path / "a.json").write_text(json.dumps({"response": {"docs": docs}}), encoding="utf-8")
    articles, drops = _read(Source(tmp_path, Reading({"text": "lead"})))
    assert _texts(articles) == ["Talks in Moscow ended."]
    assert [drop.id for drop in drops] == [f"{tmp_path.name}/a.json:2"]


def test_a_mapping_may_lead_into_objects(tmp_path: Path) -> None:
    posts = [{"title": {"rendered": item["title"]}, "content": {"rendered": item["content"]}} for item in ITEMS]
    hits = {"took": 3, "hits": {"hits": [{"_id": "1", "_source": {"prose": "Talks.", "by": ["A", "B"]}}]}}
    (tmp_path / "a.json").write_text(json.dumps(posts), encoding="utf-8")
    (tmp_path / "b.json").write_text(json.dumps(hits), encoding="utf-8")
    (tmp_path / "c.csv").write_text("_source.prose,_source.by\nMore.,C\n", encoding="utf-8")
    fields = parse_map("text=_source.prose,html=content.rendered,title=title.rendered,authors=_source.by")
    articles, drops = _read(Source(tmp_path, Reading(fields)))
    assert not drops
    assert _texts(articles) == [*(item["content"] for item in ITEMS), "Talks.", "More."]
    assert [(article.html, article.title, article.authors) for article in articles] == [
        (True, "Talks end", ()), (True, "Ports open", ()), (False, None, ("A", "B")), (False, None, ("C",)),
    ]  # fmt: skip


def test_what_is_in_lists_is_counted_on(tmp_path: Path) -> None:
    pages: list[dict[str, Any]] = [{"results": ITEMS}, {"results": [*ITEMS, {"content": 5}]}, {"text": "Alone."}]
    (tmp_path / "a.json").write_text(f"{json.dumps(pages)[:-1]}, {{broken}}]", encoding="utf-8")
    (tmp_path / "b.jsonl").write_text("\n".join(map(json.dumps, pages)), encoding="utf-8")
    articles, drops = _read(tmp_path)
    assert [article.position for article in articles] == [*"12346", "1.1", "1.2", "2.1", "2.2", "3"]
    assert [drop.id.rpartition("/")[2] for drop in drops] == ["a.json:5", "a.json:7", "b.jsonl:2.3"]


COMMENTS = [{"text": "First!", "author": "A", "url": "https://example.org/1#1"}]


@pytest.mark.parametrize(
    ("row", "texts", "reason"),
    [
        ({"text": "Talks.", "related": ITEMS}, ["Talks."], ""),
        ({"html": "<p>Talks.</p>", "related": ITEMS}, ["<p>Talks.</p>"], ""),
        (
            {"title": "Talks end", "url": "https://example.org/1", "comments": COMMENTS},
            [],
            "there are title, url, comments; in comments there are text, author, url",
        ),
        ({"date": "2020-01-14", "paragraphs": [{"text": "Talks."}]}, [], "there are date, paragraphs"),
        (
            {"content": [{"type": "p", "text": "Talks."}]},
            [],
            "what the field content holds is no text; there are content; in content there are type, text",
        ),
        (
            {"news": ITEMS, "blogs": ITEMS},
            [],
            "there are news, blogs; in news there are title, content, link; in blogs there are title, content, link",
        ),
        ({"a": {"b": {"c": {"d": ITEMS}}}}, [], "no field of text; there are a; in a there are b"),
        ({"_id": 1, "_source": {"text": "Talks."}}, [], "there are _id, _source; in _source there are text"),
        ({"items": [{"prose": "Talks."}]}, [], "there are items; in items there are prose"),
        ({"items": [ITEMS]}, [], "no field of text; there are items"),
    ],
)
def test_lists_of_what_is_no_article(tmp_path: Path, row: dict[str, Any], texts: list[str], reason: str) -> None:
    """An object with a text is an article, whatever else it holds; one that only lacks its text holds no articles."""
    (tmp_path / "a.json").write_text(json.dumps(row), encoding="utf-8")
    articles, drops = _read(tmp_path)
    assert _texts(articles) == texts
    assert [reason in drop.reason for drop in drops] == [True] * (not texts)


def test_a_list_in_an_object_is_as_large_as_a_document_may_be(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps({"articles": ITEMS * 20}) + json.dumps({"articles": ITEMS}))
    articles, drops = _read(Source(tmp_path, Reading(max_document_bytes=1000)))
    assert [article.position for article in articles] == ["2", "3"]
    assert drops[0].reason.startswith("too large: ")


# What the fields are called


def test_a_mapping(tmp_path: Path) -> None:
    row = {"text": "not this", "story": "Talks.", "outlet": "BBC", "source": "not this"}
    (tmp_path / "a.jsonl").write_text(json.dumps(row), encoding="utf-8")
    (article,) = read(tmp_path, fields=parse_map("text=story, publisher=outlet"))
    assert (article.data, article.publisher) == ("Talks.", "BBC")


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ({"language": ["ar"], "publisher": ["BBC"], "title": "T"}, ("ar", "BBC", "T", ())),
        ({"language": {"x": 1}, "lang": "ar", "publisher": float("nan"), "title": [["a"]]}, ("ar", None, None, ())),
        ({"publisher": float("inf"), "title": True, "language": ["ar", "en"]}, (None, None, None, ())),
        ({"authors": {"x": 5}, "byline": "B"}, (None, None, None, ("B",))),
        ({"authors": ["A", None, {"x": 5}, 7, "unknown"]}, (None, None, None, ("A", "7"))),
        ({"text": 5, "content": ["Talks."], "title": 7}, (None, None, "7", ())),
        ({"authors": [{"@type": "Person", "name": "A"}, {"name": ""}, "B"]}, (None, None, None, ("A", "B"))),
        ({"author": {"name": "A"}, "source": {"id": None, "name": "BBC"}}, (None, "BBC", None, ("A",))),
        ({"author": {"name": {"x": 5}}, "title": {"name": "T"}, "source": {"name": 7}}, (None, "7", None, ())),
    ],
)
def test_what_values_of_other_kinds_say(tmp_path: Path, row: dict[str, Any], found: tuple[Any, ...]) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps({"text": "Talks.", **row}), encoding="utf-8")
    (article,) = read(tmp_path)
    assert article.data == "Talks."
    assert (article.language, article.publisher, article.title, article.authors) == found


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"text": 5, "html": None}, "no text: what the field text holds is no text; there are text, html"),
        ({"text": "", "html": {}}, "no text: what the field html holds is no text; there are text, html"),
        (
            {"a\n\x1b[2J": 1, "\ud800": 2, "x" * 999: 3},
            "no text: no field of text; there are a\\n\\x1b[2J, \\ud800, xx",
        ),
        ({}, "no text: no field of text; there are none"),
    ],
)
def test_records_without_a_text(tmp_path: Path, row: dict[str, Any], reason: str) -> None:
    """Names of fields are anything, and are shown in one line that can be printed and written."""
    (tmp_path / "a.jsonl").write_text(f'{json.dumps(row)}\n{{"text": "Talks."}}', encoding="utf-8")
    release = build([tmp_path / "a.jsonl"], out=tmp_path / "out")
    (drop,) = release.drops
    assert drop.reason.startswith(reason)
    assert drop.reason.isprintable()
    assert len(drop.reason) < 200


def test_a_mapping_to_a_field_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps({"prose": "Talks.", "url": "u"}), encoding="utf-8")
    drops: list[Drop] = []
    assert not list(read(tmp_path, fields={"text": "story"}, on_drop=drops.append))
    assert "'story', which is to be the text, is missing" in drops[0].reason
    assert "there are prose, url" in drops[0].reason


def test_records_that_lack_what_a_mapping_names_are_read_by_the_usual_names(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"summary": "Short.", "text": "Long.", "hed": "A"},
        {"text": "Talks.", "title": "B"},
        {"summary": "", "content": "More.", "hed": None, "headline": "C"},
    ]
    (tmp_path / "a.json").write_text(json.dumps(rows[:2]), encoding="utf-8")
    (tmp_path / "b.csv").write_text("text,title\nTalks.,B\n", encoding="utf-8")
    (tmp_path / "c.jsonl").write_text(json.dumps(rows[2]), encoding="utf-8")
    columns = {name: [row.get(name) for row in rows] for name in rows[0] | rows[1] | rows[2]}
    pq.write_table(pa.table(columns), tmp_path / "d.parquet")
    articles, drops = _read(Source(tmp_path, Reading(parse_map("text=summary,title=hed"))))
    assert not drops
    assert _texts(articles) == ["Short.", "Talks.", "Talks.", "More.", "Short.", "Talks.", "More."]
    assert [article.title for article in articles] == ["A", "B", "B", "C", "A", "B", "C"]


EXPORT = {"title": "Talks end", "content": "<p>Talks in Moscow ended.</p>", "link": "https://example.org/1"}
"""What blogs and feeds export: the page under a name that is usual for texts."""


@pytest.mark.parametrize("more", [{}, {"text": "Talks …"}, {"html": "<p>Another.</p>"}])
def test_a_page_under_the_usual_name_of_a_text(tmp_path: Path, more: dict[str, str]) -> None:
    """What is named counts, even where the record has more under the usual names."""
    row = EXPORT | more
    (tmp_path / "a.json").write_text(json.dumps([row]), encoding="utf-8")
    (tmp_path / "b.csv").write_text(f"{','.join(row)}\n{','.join(row.values())}\n", encoding="utf-8")
    pq.write_table(pa.Table.from_pylist([row]), tmp_path / "c.parquet")
    release = build([Source(tmp_path, Reading({"html": "content"}))], out=tmp_path / "out", dedup="keep")
    assert not [drop for drop in release.drops if not drop.reason.startswith("duplicate")]
    articles, _ = _read(Source(tmp_path / "a.json", Reading({"html": "content"})))
    articles += _read(Source(tmp_path / "b.csv", Reading({"html": "content"})))[0]
    articles += _read(Source(tmp_path / "c.parquet", Reading({"html": "content"})))[0]
    assert [(article.html, article.title, article.url) for article in articles] == [
        (True, "Talks end", "https://example.org/1")
    ] * 3
    assert _texts(articles) == [row["content"]] * 3
    loaded = datasets.load_dataset(str(release.path), split="train")
    assert set(loaded["text"]) == {"Talks in Moscow ended."}


def test_a_name_that_is_given_to_one_field_is_none_of_another(tmp_path: Path) -> None:
    row = {"title": "Talks in Moscow ended.", "headline": "Talks end", "source": "https://example.org/1", "site": "BBC"}
    (tmp_path / "a.json").write_text(json.dumps(row), encoding="utf-8")
    (article,) = _read(Source(tmp_path, Reading({"text": "title", "url": "source"})))[0]
    assert (article.data, article.title) == ("Talks in Moscow ended.", "Talks end")
    assert (article.url, article.publisher) == ("https://example.org/1", "BBC")


def test_a_mapping_to_a_page_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps({"content": "Talks."}), encoding="utf-8")
    assert [article.data for article in read(tmp_path, fields={"html": "page"})] == ["Talks."]
    (tmp_path / "a.json").write_text(json.dumps({"prose": "Talks."}), encoding="utf-8")
    (drop,) = _read(Source(tmp_path, Reading({"html": "page"})))[1]
    assert "'page', which is to be the html, is missing" in drop.reason


@pytest.mark.parametrize("text", ["text", "text=", "=content"])
def test_what_is_no_mapping(text: str) -> None:
    with pytest.raises(UsageError, match=r"no mapping.*text=content"):
        parse_map(text)


def test_a_mapping_with_two_names_for_one_field() -> None:
    assert parse_map("text=a,text=a") == {"text": "a"}
    with pytest.raises(UsageError, match=r"gives text two names\. Give one"):
        parse_map("text=a,url=u,text=b")


def test_a_mapping_of_a_field_that_we_do_not_have() -> None:
    with pytest.raises(UsageError, match=r"'colour' is no field.*text, html, url"):
        Reading(fields={"colour": "red"})


@pytest.mark.parametrize("limit", [0, 2**30 + 1, 2**63 - 1])
def test_a_limit_that_is_none(limit: int) -> None:
    with pytest.raises(UsageError, match=f"A limit of {limit} bytes"):
        Reading(max_document_bytes=limit)


def test_facts_of_a_source_fill_what_its_records_do_not_say(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps(ROWS), encoding="utf-8")
    articles, _ = _read(Source(tmp_path, Reading(facts={"publisher": "Example", "licence": "CC-BY-4.0"})))
    assert [article.publisher for article in articles] == ["BBC", "Example"]
    assert [article.licence for article in articles] == ["CC-BY-4.0"] * 2


def test_what_folders_say_as_spark_names_them(tmp_path: Path) -> None:
    below = tmp_path / "news" / "lang=ar" / "source=Al%20Wasat%2F2" / "date=2020-01-14" / "text=x"
    below.mkdir(parents=True)
    (other := tmp_path / "news" / "lang=__HIVE_DEFAULT_PARTITION__" / "licence=").mkdir(parents=True)
    pq.write_table(pa.table({"text": ["Talks.", "More."], "publisher": [None, "BBC"]}), below / "part-0.parquet")
    with zipfile.ZipFile(other / "a.zip", "w") as archive:
        archive.writestr("source=CNN/a.html", "<p>Talks.")
    facts = {"publisher": "Paper", "language": "en", "licence": "CC0-1.0"}
    articles, drops = _read(Source(tmp_path / "news", Reading({"published_at": "date"}, facts)))
    assert not drops
    assert [(row.language, row.publisher) for row in articles[1:]] == [("ar", "Al Wasat/2"), ("ar", "BBC")]
    assert dict(articles[0].besides) == {"publisher": "CNN", "language": "en", "licence": "CC0-1.0"}
    assert {row.published_at for row in articles[1:]} == {dt.datetime(2020, 1, 14, tzinfo=dt.timezone.utc)}
    assert {row.published_at for row in read(tmp_path / "news")} == {None}


@pytest.mark.parametrize(
    "date", ["0000-00-00", "+275760-09-13T00:00:00Z", "13/13/2015", "-1", "soon", "9" * 400, 1e308]
)
def test_dates_that_are_none(tmp_path: Path, date: Any) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps({"text": "Talks.", "date": date}), encoding="utf-8")
    (article,) = read(tmp_path)
    assert article.published_at is None


@pytest.mark.parametrize("date", [{"$date": "2020-01-14T10:00:00Z"}, {"$date": {"$numberLong": "1578996000000"}}])
def test_dates_as_mongodb_exports_them(tmp_path: Path, date: Any) -> None:
    (tmp_path / "a.json").write_text(json.dumps({"_id": {"$oid": "5e"}, "text": "Talks.", "date": date}), "utf-8")
    assert next(read(tmp_path)).published_at == dt.datetime(2020, 1, 14, 10, tzinfo=dt.timezone.utc)


@pytest.mark.parametrize("order", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("form", ["a.json", "a.jsonl"])
def test_json_in_utf_16(tmp_path: Path, form: str, order: str) -> None:
    rows = [{"text": f"حفتر {number} 😀 " + "x" * 997, "source": "BBC"} for number in range(500)]  # many blocks long
    text = json.dumps(rows, ensure_ascii=False)
    if form == "a.jsonl":
        text = "".join(json.dumps(row, ensure_ascii=False) + "\r\n" for row in rows)
    (tmp_path / form).write_bytes(("\ufeff" + text).encode(order))
    articles, drops = _read(tmp_path)
    assert not drops
    assert _texts(articles) == [row["text"] for row in rows]


@pytest.mark.parametrize("form", ["a.json", "a.jsonl"])
def test_json_in_any_encoding(tmp_path: Path, form: str) -> None:
    """As programs write it that take the encoding of their system; so damage costs no record."""
    rows = [
        {"text": "حفتر يغادر", "publisher": {"name": "ليبيا"}, "n": 5},
        {"content": ["L’armée", "é"]},
        {"text": "’"},
    ]
    lines = [json.dumps(rows[0], ensure_ascii=False).encode("cp1256")]
    lines += [json.dumps(row, ensure_ascii=False).encode("cp1252") for row in rows[1:]]
    lines += [b'{"text": "cut \xd8 off"}', b'{"text": "\xe9 \\u2019 "}', b'{"text": "\xe9}']
    (tmp_path / form).write_bytes(b"\n".join(lines))
    articles, drops = _read(tmp_path)
    assert [article.data for article in articles] == [
        "حفتر يغادر".encode("cp1256"), b"L\x92arm\xe9e\n\xe9", b"\x92", b"cut \xd8 off", "é ’ ",
    ]  # fmt: skip
    assert articles[0].publisher == "ليبيا"
    assert [drop.reason.partition(":")[0] for drop in drops] == ["broken JSON"]


def test_line_breaks_in_texts_of_json(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('[{"text": "Talks\n\tended."}]', encoding="utf-8")
    assert _texts(_read(tmp_path)[0]) == ["Talks\n\tended."]


@pytest.mark.parametrize("before", ["<!-- a -- b ->-->\n", '<?xml version="1.0"?><!----><!--\n-->'])
def test_pages_behind_comments_are_known(tmp_path: Path, before: str) -> None:
    (tmp_path / "story.asp").write_text(f"{before}<html><p>Talks.", encoding="utf-8")
    assert [article.html for article in read(tmp_path)] == [True]
    (tmp_path / "story.asp").write_text("<!--x--> " * 9_000 + "<p>Talks.", encoding="utf-8")
    start = time.process_time()
    assert [drop.reason for drop in _read(tmp_path)[1]] == ["unknown format: no reader for .asp"]
    assert time.process_time() - start < 1


def test_a_text_as_a_list_of_its_paragraphs(tmp_path: Path) -> None:
    rows = [{"content": ["They met.", "It ended."]}, {"content": ["One."]}, {"content": ["One.", 5]}, {"content": []}]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    pq.write_table(pa.table({"text": [["They met.", "It ended."], [], None]}), tmp_path / "b.parquet")
    articles, drops = _read(tmp_path)
    assert _texts(articles) == ["They met.\nIt ended.", "One.", "They met.\nIt ended."]
    where = [drop.id.rpartition("/")[2] for drop in drops]
    assert where == ["a.jsonl:3", "a.jsonl:4", "b.parquet:2", "b.parquet:3"]


# CSV and TSV


def test_csv_and_tsv(tmp_path: Path) -> None:
    quoted = '\ufefftext,source,date\r\n"Talks, in\n""Moscow""",BBC,2020-01-14\r\n\r\nMore,,\r\n'
    (tmp_path / "a.csv").write_text(quoted, encoding="utf-8", newline="")
    (tmp_path / "b.tsv").write_bytes("text\tpublisher\nحفتر\tص\n".encode("cp1256"))
    (tmp_path / "c.csv").write_bytes("text,publisher\nحفتر,BBC\n".encode("utf-16"))
    articles, drops = _read(tmp_path)
    assert not drops
    assert [article.data for article in articles] == [
        b'Talks, in\n"Moscow"', b"More", "حفتر".encode("cp1256"), "حفتر".encode(),
    ]  # fmt: skip
    assert [article.publisher for article in articles][:2] == ["BBC", None]
    assert articles[0].published_at == dt.datetime(2020, 1, 14, tzinfo=dt.timezone.utc)
    assert [article.position for article in articles] == ["2", "5", "2", "2"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("name", ["a.csv", "a.tsv"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_what_parts_columns(tmp_path: Path, name: str, delimiter: str, encoding: str) -> None:
    rows = [['"text"', "publisher"], ['"Talks; a, b | c"', "BBC"], ['"More ""and"" more"', '"a, b; c"']]
    (tmp_path / name).write_text("\n".join(map(delimiter.join, rows)), encoding=encoding)
    articles, drops = _read(tmp_path)
    assert not drops
    assert [article.data for article in articles] == [b"Talks; a, b | c", b'More "and" more']
    assert [article.publisher for article in articles] == ["BBC", "a, b; c"]


@pytest.mark.parametrize("head", ["text,date;time", "text,a|b|c|d", "text"])
def test_a_comma_in_the_head_or_a_single_column_stays_as_it_is(tmp_path: Path, head: str) -> None:
    (tmp_path / "a.csv").write_text(f"{head}\none;two|three\tfour\n", encoding="utf-8")
    assert _texts(_read(tmp_path)[0]) == ["one;two|three\tfour"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("first", ["sep=;", '"sep=;"', "", "\n"])
def test_what_spreadsheets_put_before_the_head_and_behind_rows(tmp_path: Path, first: str, encoding: str) -> None:
    (tmp_path / "a.csv").write_text(f"{first}\ntext;date;a,b;\nTalks.;14/01/2020;;;;\n", encoding=encoding)
    if ";" in first:
        (article,), drops = _read(tmp_path)
        assert (article.data, article.position, drops) == (b"Talks.", "3", [])
        assert article.published_at == dt.datetime(2020, 1, 14, tzinfo=dt.timezone.utc)
    commas = f"{first.replace(';', ',')}\ntitle,text\nA,Talks.,,\nB,More.,no\n"
    (tmp_path / "a.csv").write_text(commas, encoding=encoding)
    articles, drops = _read(tmp_path)
    assert _texts(articles) == ["Talks."]
    told = "broken record: 3 values for 2 columns; by the first row these are title, text"
    assert [drop.reason for drop in drops] == [told]


ROW = {"a": "It ended", "b": '"No," they said', "c": '"Open', "d": 'He said "yes"'}


@pytest.mark.parametrize("last", ["\n", "", "\r\n"])
@pytest.mark.parametrize("order", ["abcd", "cabd", "ccab", "acbdc"])
def test_quotation_marks_of_texts_make_no_row_of_many(tmp_path: Path, order: str, last: str) -> None:
    rows = [f"{ROW[each]}\tText {number}.\tBBC" for number, each in enumerate(order)]
    (tmp_path / "a.tsv").write_text("title\ttext\tsource\n" + "\n".join(rows) + last, encoding="utf-8", newline="")
    articles, drops = _read(tmp_path)
    assert not drops
    assert _texts(articles) == [f"Text {number}." for number in range(len(order))]
    assert [article.position for article in articles] == [str(number + 2) for number in range(len(order))]


@pytest.mark.parametrize(
    ("table", "text"),
    [
        ('text,n\n"One, two\nthree, four\n",5\n', "One, two\nthree, four\n"),
        ('n,text\n5,"One ""two"", three\nfour, five"\n', 'One "two", three\nfour, five'),
        ('text\n"One\ntwo\n', "One\ntwo\n"),
        ('text,n\n"One,\rtwo\nthree,\rfour" x,5\n', "One,\rtwo\nthree,\rfour x"),
    ],
)
def test_a_text_of_several_lines_stays_one(tmp_path: Path, table: str, text: str) -> None:
    (tmp_path / "a.csv").write_text(table, encoding="utf-8", newline="")
    assert _texts(_read(tmp_path)[0]) == [text]


def test_broken_rows(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"url,text\nu,one,many\nu\nu,b\rc\nu,good\0\n")
    articles, drops = _read(tmp_path)
    assert _texts(articles) == ["good"]
    assert [(drop.id.rpartition(":")[2], drop.reason.partition(":")[0]) for drop in drops] == [
        ("2", "broken record"), ("3", "no text"), ("4", "broken record"),
    ]  # fmt: skip
    assert drops[2].reason.startswith("broken record: there is a carriage return")


def test_a_title_above_the_names_of_columns_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Ports;\nTitle;Text;Date\nPorts;They opened.;2020-01-14\n", encoding="utf-8")
    (drop, _) = _read(tmp_path)[1]
    assert drop.reason == "broken record: 3 values for 2 columns; by the first row these are Ports, "


QUOTES = ['He said "no, never"\nand left; "really"', '"Quoted" first', "C:\\new, a path\\", 'Last "word"']


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1256"])
@pytest.mark.parametrize("writer", ["MySQL", "Spark"])
def test_backslashes_before_quotation_marks(tmp_path: Path, writer: str, encoding: str, delimiter: str) -> None:
    protected = [text.replace("\\", "\\\\").replace('"', '\\"') for text in QUOTES]
    rows = [f'"{text}"{delimiter}"ا\\"{number}"' for number, text in enumerate(protected)]
    if writer == "MySQL":
        rows = [row.replace("\n", "\\\n") for row in rows] + [f'"More."{delimiter}\\N']
    text = f"text{delimiter}title\n" + "\n".join(rows)
    (tmp_path / "a.csv").write_text(text, encoding=encoding, newline="")
    articles, drops = _read(tmp_path)
    assert not drops
    assert _texts(articles)[:4] == QUOTES
    assert [article.title for article in articles] == ['ا"0', 'ا"1', 'ا"2', 'ا"3', None][: len(rows)]


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ('"In C:\\temp\\",A', "In C:\\temp\\"),
        ('He said \\"no\\" and left.,A', 'He said \\"no\\" and left.'),
        ('"He ""said \\""no\\"" and"" left.",A', 'He "said \\"no\\" and" left.'),
    ],
)
def test_backslashes_that_protect_nothing(tmp_path: Path, row: str, text: str) -> None:
    (tmp_path / "a.csv").write_text(f"text,title\n{row}\n", encoding="utf-8")
    (article,), drops = _read(tmp_path)
    assert (article.data, article.title, drops) == (text.encode(), "A", [])


@pytest.mark.parametrize("paragraphs", [["They met.", 'It\'s "over", \\ he said:\n\u200b\x07حفتر 😀'], ["One."]])
@pytest.mark.parametrize("shown", [str, json.dumps, lambda texts: str(np.array(texts))])
def test_lists_in_cells(tmp_path: Path, paragraphs: list[str], shown: Callable[[list[str]], str]) -> None:
    with (tmp_path / "a.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["text", "authors"], [shown(paragraphs), "[]"], ["Talks.", shown(["A", "B"])]])
    articles, drops = _read(tmp_path)
    assert not drops
    assert [article.data for article in articles] == ["\n".join(paragraphs), b"Talks."]
    assert [article.authors for article in articles] == [(), ("A", "B")]


@pytest.mark.parametrize(
    "cell",
    ["['a' + 'b']", "['a'] ['b']", "[['a']]", "['a', 5]", "['a'b']", "[Talks]", "['\\U99999999']", '["a"', "[" * 9999],
)
def test_cells_that_are_no_lists(tmp_path: Path, cell: str) -> None:
    (tmp_path / "a.tsv").write_text(f"text\tn\n{cell}\t5\n", encoding="utf-8")
    assert _texts(_read(tmp_path)[0]) == [cell]
    (tmp_path / "a.tsv").write_bytes(b"text\tn\n['\xe9', 'b']\t5\n")
    assert [article.data for article in read(tmp_path)] == [b"['\xe9', 'b']"]


# Parquet and Arrow


def _table() -> pa.Table:
    return pa.table({**{name: [row[name] for row in ROWS] for name in ROWS[0]}, "other": [1, 2]})


def _write(path: Path, table: pa.Table) -> None:
    if path.suffix == ".parquet":
        pq.write_table(table, path, row_group_size=1)
    else:
        opened = pa.ipc.new_stream if path.name.startswith("stream") else pa.ipc.new_file
        with opened(str(path), table.schema) as writer:
            writer.write_table(table)


FILES = ["a.parquet", "file.arrow", "stream.arrow"]


@pytest.mark.parametrize("name", FILES)
def test_columns(tmp_path: Path, name: str) -> None:
    table = _table().append_column("published_at", pa.array([0, 2**62], pa.timestamp("ms")))
    _write(tmp_path / name, table)
    articles, drops = _read(tmp_path)
    assert not drops
    assert _texts(articles) == [row["text"] for row in ROWS]
    assert [article.publisher for article in articles] == ["BBC", None]
    assert [article.published_at and article.published_at.year for article in articles] == [1970, None]


@pytest.mark.parametrize("name", ["a.csv", "a.parquet", "a.arrow"])
def test_names_of_columns_in_capitals(tmp_path: Path, name: str) -> None:
    columns = {"TITLE": "A", "Text": "Talks.", "Publish_Date": "2020-01-14", "publisher": "BBC", "Publisher": "no"}
    table = pa.table({column: [value] for column, value in columns.items()})
    if name == "a.csv":
        (tmp_path / name).write_text(",".join(columns) + "\n" + ",".join(columns.values()), encoding="utf-8")
    else:
        _write(tmp_path / name, table)
    (article,) = read(tmp_path)
    assert (article.title, article.publisher) == ("A", "BBC")
    assert article.published_at == dt.datetime(2020, 1, 14, tzinfo=dt.timezone.utc)
    (article,) = read(tmp_path, fields={"title": "Text", "text": "TITLE"})
    assert article.data in ("A", b"A")
    assert article.title == "Talks."


TOOLS = {
    "news-please": {"maintext": "Talks.", "text": None, "date_publish": "2020-01-14", "source_domain": "BBC"},
    "newspaper": {"text": "Talks.", "publish_date": "2020-01-14 00:00:00", "publisher": "BBC"},
    "Media Cloud": {"text": "Talks.", "publish_date": "2020-01-14", "media_name": "BBC"},
    "NewsAPI": {"content": "Talks.", "publishedAt": "2020-01-14T00:00:00Z", "source": {"id": None, "name": "BBC"}},
    "schema.org": {"articleBody": "Talks.", "datePublished": "2020-01-14", "publisher": {"name": "BBC"}},
    "JSON Feed": {"items": [{"content_text": "Talks.", "date_published": "2020-01-14", "publisher": "BBC"}]},
    "trafilatura": {
        "text": "Talks.",
        "source": "https://example.org/1",
        "source-hostname": "BBC",
        "date": "2020-01-14",
    },
}


@pytest.mark.parametrize("tool", TOOLS)
def test_what_tools_write(tmp_path: Path, tool: str) -> None:
    (tmp_path / "a.json").write_text(json.dumps(TOOLS[tool]), encoding="utf-8")
    (article,) = read(tmp_path)
    assert (article.data, article.publisher) == ("Talks.", "BBC")
    assert article.published_at == dt.datetime(2020, 1, 14, tzinfo=dt.timezone.utc)


def test_a_publisher_that_is_the_address_of_a_page(tmp_path: Path) -> None:
    """As in what trafilatura writes; but what is mapped, or beside an address, or leads to a whole site, stays."""
    site, page = "https://example.org/", "https://example.org/1"
    rows = [{"source": page, "hostname": "BBC"}, {"source": site}, {"source": page, "url": f"{page}2"}, {"site": page}]
    (tmp_path / "a.csv").write_text(f"text,source,hostname\nTalks.,{page},BBC\n", encoding="utf-8")
    lines = (json.dumps({"text": "Talks.", **row}) for row in rows)
    (tmp_path / "b.jsonl").write_text("\n".join(lines), encoding="utf-8")
    found = [(page, "BBC"), (page, "BBC"), (None, site), (f"{page}2", page)]
    assert [(row.url, row.publisher) for row in read(tmp_path)] == [*found, (page, None)]
    assert [(row.url, row.publisher) for row in read(tmp_path, fields={"publisher": "site"})][-1] == (None, page)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(
    ("column", "values", "reason"),
    [
        ("number", [1, 2], "wrong schema: no column of text; there are number"),
        ("text", [1, 2], "wrong schema: column text holds int64, not text"),
        ("text", [[1], [2]], "wrong schema: column text holds list"),
    ],
)
def test_a_wrong_schema(tmp_path: Path, name: str, column: str, values: list[Any], reason: str) -> None:
    _write(tmp_path / name, pa.table({column: values}))
    articles, drops = _read(tmp_path)
    assert not articles
    assert [drop.reason.startswith(reason) for drop in drops] == [True]


@pytest.mark.parametrize("name", FILES)
def test_of_columns_of_the_same_name_the_first_is_meant(tmp_path: Path, name: str) -> None:
    values: list[Any] = [["Talks."], ["One"], ["More."], ["Two"], [5]]
    _write(
        tmp_path / name, pa.Table.from_arrays(list(map(pa.array, values)), ["text", "title", "text", "title", "text"])
    )
    (article,) = read(tmp_path)
    assert (article.data, article.title) == ("Talks.", "One")


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("zone", ["Nowhere/Bogus", "../../../etc/passwd", "\0", "+99:99"])
def test_a_time_in_no_known_zone_is_none(tmp_path: Path, name: str, zone: str) -> None:
    _write(tmp_path / name, pa.table({"text": ["Talks."], "date": pa.array([1], pa.timestamp("us", zone))}))
    (article,) = read(tmp_path)
    assert article.published_at is None or zone == "+99:99"


MAP = pa.map_(pa.string(), pa.int8())
KINDS: dict[str, tuple[Any, list[Any]]] = {
    "dictionary": (pa.array(["a", None, "a"]).dictionary_encode(), ["a", None, "a"]),
    "view": (pa.array(["a", None, "b" * 20], pa.string_view()), ["a", None, "b" * 20]),
    "large": (pa.array(["a", None, "b"], pa.large_string()), ["a", None, "b"]),
    "empty dictionary": (pa.array([None] * 3, pa.dictionary(pa.int8(), pa.string())), [None] * 3),
    "struct": (pa.array([{"id": 1, "name": "a"}, None, {"id": 2, "name": "b"}]), ["a", None, "b"]),
    "deep struct": (pa.array([{"x": {"x": {"x": {"x": 5}}}, "name": "a"}] * 3), [None] * 3),
    "struct of maps": (pa.array([{"m": [("a", 1)]}] * 3, pa.struct([("m", MAP)])), [None] * 3),
    "map": (pa.array([[("a", 1)]] * 3, MAP), [None] * 3),
    "run ends": (pa.RunEndEncodedArray.from_arrays(pa.array([3], pa.int32()), pa.array(["a"])), [None] * 3),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_kinds_of_columns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """Those of texts are read, and structures of them, however the rows are parted."""
    column, found = KINDS[kind]
    authors = pa.array([[{"name": "A"}, {"name": "B"}], None, []])
    table = pa.table({"text": ["One.", "Two.", "Three."], "publisher": column, "authors": authors})
    _write(tmp_path / "a.arrow", table)
    for rows, size in ((64, 1 << 26), (2, 1 << 26), (64, 1)):
        monkeypatch.setattr(_columns, "BATCH_ROWS", rows)
        monkeypatch.setattr(_columns, "BATCH_BYTES", size)
        articles, drops = _read(tmp_path)
        assert not drops
        assert [article.publisher for article in articles] == found
        assert [article.authors for article in articles] == [("A", "B"), (), ()]


@pytest.mark.parametrize("name", FILES)
def test_a_mapping_leads_into_structures_of_a_table(tmp_path: Path, name: str) -> None:
    rows: list[dict[str, Any]] = [
        {"content": {"body": "Talks.", "on": dt.date(2020, 1, 14), "by": ["A", "B"]}, "m": {"u": {"r": "a"}}},
        {"content": {"body": "More."}, "m": {"u": None}},
        {"content": None, "m": None},
    ]
    _write(tmp_path / name, pa.Table.from_pylist(rows))
    fields = parse_map("text=content.body,published_at=content.on,authors=content.by,url=m.u.r,title=m.x,terms=no.x")
    articles, drops = _read(Source(tmp_path, Reading(fields)))
    assert [(row.data, row.authors, row.url) for row in articles] == [("Talks.", ("A", "B"), "a"), ("More.", (), None)]
    assert articles[0].published_at == dt.datetime(2020, 1, 14, tzinfo=dt.timezone.utc)
    assert [drop.id.rpartition(":")[2] for drop in drops] == ["3"]
    (drop,) = _read(tmp_path)[1]
    assert drop.reason.startswith("wrong schema: column content holds struct<body: string, ")


STORY = "Talks in Moscow. " * 60_000
VIEW = struct.pack("<i4sii", len(STORY), b"Talk", 0, 0)
VIEWS = pa.Array.from_buffers(pa.string_view(), 9, [None, *map(pa.py_buffer, (VIEW * 9, STORY.encode()))])
BOMBS: dict[str, Any] = {
    "rows of nothing": pa.nulls(9000, pa.string()),
    "the same text": pa.array([STORY] * 9),
    "categories": pa.DictionaryArray.from_arrays(pa.array([0] * 9, pa.int32()), pa.array([STORY])),
    "views": VIEWS,
}


@pytest.mark.parametrize("bomb", BOMBS)
@pytest.mark.parametrize("name", [*FILES, "plain.parquet"])
def test_tables_that_unpack_to_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, bomb: str) -> None:
    monkeypatch.setattr("libya_news.sources._streams.FREE_BYTES", 5_000_000)
    monkeypatch.setattr("libya_news.sources.parquet.MAX_DICTIONARY", 1000)
    table = pa.table({"text": BOMBS[bomb]})
    if name.endswith("parquet"):
        pq.write_table(table, tmp_path / name, compression="zstd", use_dictionary=name == "a.parquet")
    else:
        opened = pa.ipc.new_stream if name.startswith("stream") else pa.ipc.new_file
        with opened(str(tmp_path / name), table.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
            writer.write_table(table)
    articles, drops = _read(tmp_path)
    assert len(articles) <= 4
    (drop,) = drops
    assert drop.reason.startswith("bomb: ")


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("values", [[True] * 400_000, [{"a": 1}] * 20_000])
def test_values_that_take_far_more_than_their_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, values: list[Any]
) -> None:
    _write(tmp_path / name, pa.table({"text": ["Talks.", "More."], "authors": [None, values]}))
    assert len(_read(tmp_path)[0]) == 2
    monkeypatch.setattr("libya_news.sources._streams.FREE_BYTES", 4_000_000)
    monkeypatch.setattr("libya_news.sources._streams.MAX_EXPANSION", 1)
    assert [drop.reason.partition(":")[0] for drop in _read(tmp_path)[1]] == ["bomb"]


def test_a_table_spends_what_its_archive_may_unpack_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("libya_news.sources._streams.FREE_BYTES", 3_000_000)
    pq.write_table(pa.table({"text": [STORY]}), tmp_path / "a.parquet", compression="zstd")
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for number in range(5):
            archive.write(tmp_path / "a.parquet", f"{number}.parquet")
    (tmp_path / "a.zip.gz").write_bytes(gzip.compress(sink.getvalue()))
    (tmp_path / "a.parquet").unlink()
    articles, drops = _read(tmp_path)
    assert len(articles) == 2
    assert {drop.reason.partition(":")[0] for drop in drops} == {"bomb"}


def test_rows_are_unpacked_singly_where_a_dictionary_has_large_values(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_columns, "BATCH_BYTES", 2_500_000)
    unpacked: list[int] = []
    whole = _columns.articles

    def seen(batch: pa.RecordBatch, *rest: Any) -> Any:
        unpacked.append(batch.num_rows)
        return whole(batch, *rest)

    monkeypatch.setattr(_columns, "articles", seen)
    texts = [STORY, STORY.upper()] * 3
    pq.write_table(pa.table({"text": texts}), tmp_path / "a.parquet")
    assert _texts(list(read(tmp_path))) == texts
    assert unpacked == [1] * 6


def test_corrupt_pages_cost_their_row_group(tmp_path: Path) -> None:
    texts = [f"Story {number} " * 50 for number in range(6)]
    options: dict[str, Any] = {
        "use_dictionary": False,
        "write_page_checksum": True,
        "write_statistics": False,
        "compression": "none",
    }
    pq.write_table(pa.table({"text": texts}), tmp_path / "a.parquet", row_group_size=2, **options)
    data = bytearray((tmp_path / "a.parquet").read_bytes())
    at = data.index(b"Story 2 Story 2") + 100
    data[at : at + 5] = b"\xff\x00\xff\x00\xff"
    (tmp_path / "a.parquet").write_bytes(data)
    articles, drops = _read(tmp_path)
    assert _texts(articles) == [texts[0], texts[1], texts[4], texts[5]]
    assert [drop.id.rpartition(":")[2] for drop in drops] == ["3"]
    assert drops[0].reason.startswith("broken Parquet: row group 2:")


@pytest.mark.parametrize("name", FILES)
def test_cut_and_damaged_everywhere(tmp_path: Path, name: str) -> None:
    """Whatever is done to the bytes, there is an answer: articles or drops, and no exception."""
    _write(tmp_path / name, _table())
    data = (tmp_path / name).read_bytes()
    for at in range(0, len(data), 7):
        for damaged in (data[:at], data[:at] + b"\xff\xff\xff\x7f" + data[at + 4 :]):
            (tmp_path / name).write_bytes(damaged)
            articles, drops = _read(tmp_path)
            assert articles or drops


def test_a_release_of_ours_is_a_source(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps(ROWS), encoding="utf-8")
    for form in ("parquet", "arrow"):
        release = build([tmp_path / "a.json"], out=tmp_path / form, format=form)
        articles, drops = _read(release.path)
        assert not drops
        assert sorted(_texts(articles)) == sorted(row["text"] for row in ROWS)
        assert {article.publisher for article in articles} == {"BBC", None}
        assert {article.licence for article in articles} == {None}


def test_a_hub_dataset_folder_is_a_source(tmp_path: Path) -> None:
    folder = tmp_path / "hub"
    (folder / "data").mkdir(parents=True)
    (folder / "README.md").write_text(
        "---\nconfigs:\n- config_name: x\n  data_files: extra.parquet\n- config_name: news\n  default: true\n"
        "  data_files:\n  - split: train\n    path: data/train-*\n---\n# Card\n",
        encoding="utf-8",
    )
    _write(folder / "data" / "train-0.parquet", _table())
    _write(folder / "extra.parquet", _table())
    articles, drops = _read(tmp_path)
    assert not drops
    assert {article.source for article in articles} == {f"{tmp_path.name}/hub/data/train-0.parquet"}
    (folder / "README.md").write_text("---\nlicense: mit\n---\n", encoding="utf-8")
    articles, drops = _read(folder)
    assert not drops
    assert {article.source for article in articles} == {"hub/data/train-0.parquet", "hub/extra.parquet"}


def test_a_folder_of_tables_is_told_about_by_a_readme(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    _write(tmp_path / "data" / "train-0.parquet", _table())
    for name in ("README.md", "LICENSE", "notes.md"):
        (tmp_path / name).write_text("# News\n", encoding="utf-8")
    articles, drops = _read(tmp_path)
    assert not drops
    assert {article.source.partition("/")[2] for article in articles} == {"data/train-0.parquet", "notes.md"}


# Web pages

PAGE = (
    '<html lang="fr"><head><title>Titre - Le Monde</title><meta property="og:site_name" content="Le Monde">'
    '<link rel="canonical" href="https://www.lemonde.fr/a/1"></head><body><p>Les pourparlers ont repris à Tripoli.</p>'
)


def test_a_page(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_bytes(PAGE.encode())
    articles, drops = _read(tmp_path)
    assert not drops
    assert (articles[0].html, articles[0].data) == (True, PAGE.encode())


@pytest.mark.parametrize("name", ["story", "story.txt", "story.php", "story.html?id=5", "talks-in-moscow.2"])
def test_pages_and_records_whose_suffix_does_not_tell_what_they_are(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(f'\ufeff<?xml version="1.0"?>\n<!DOCTYPE HTML><p>{PAGE}', encoding="utf-8")
    assert next(read(tmp_path)).html
    for answer in ('{"articles": [{"text": "Talks."}]}', '[\n {"text": "Talks."}]'):
        (tmp_path / name).write_text(answer, encoding="utf-8")
        assert _texts(list(read(tmp_path))) == ["Talks."]


@pytest.mark.parametrize("text", ["[Photo] Talks.", "{Talks}", "<p>Talks.", "<htmlx>", "Talks. <html>"])
def test_texts_that_begin_somewhat_like_a_page_or_a_record(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.txt").write_text(text, encoding="utf-8")
    assert [(article.data, article.html) for article in read(tmp_path)] == [(text.encode(), False)]


def test_pages_in_records(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps({"html": PAGE}), encoding="utf-8")
    (article,) = read(tmp_path)
    assert (article.html, article.data) == (True, PAGE)


URL = "https://www.lemonde.fr/a/1?utm_source=x"


def _http(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    lines = [f"HTTP/1.1 {status}", *(headers or ("Content-Type: text/html; charset=windows-1252",))]
    return "\r\n".join([*lines, "", ""]).encode() + body


def _warc(block: bytes, kind: str = "response", extra: str = "", length: int | None = None) -> bytes:
    head = (
        f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {URL}\r\nWARC-Date: 2020-01-01T00:00:00Z\r\n"
        f"WARC-Record-ID: <urn:uuid:0>\r\nContent-Type: application/http; msgtype={kind}\r\n{extra}"
        f"Content-Length: {len(block) if length is None else length}\r\n\r\n"
    )
    return head.encode() + block + b"\r\n\r\n"


def _arc(block: bytes, kind: str = "text/html", length: int | None = None) -> bytes:
    return f"{URL} 1.1.1.1 20200101000000 {kind} {len(block) if length is None else length}\n".encode() + block + b"\n"


GOOD = _http(PAGE.encode("cp1252"))
ARC_HEAD = b"filedesc://a.arc 0.0.0.0 20200101000000 text/plain 15\n1 0 Example\nURL\n\n"


@pytest.mark.parametrize("name", ["a.warc", "a.warc.gz", "a.arc", "a.arc.gz"])
def test_pages_of_a_crawl(tmp_path: Path, name: str) -> None:
    record, head = (_warc, _warc(b"software: x\r\n", "warcinfo")) if "warc" in name else (_arc, ARC_HEAD)
    records = [head, record(GOOD), record(_http(b"%PDF-", "Content-Type: application/pdf"))]
    records += [record(_http(b"gone", status="404 Not Found")), record(GOOD)]
    (tmp_path / name).write_bytes(b"".join(map(gzip.compress, records) if name.endswith("gz") else records))
    articles, drops = _read(tmp_path)
    assert [article.data for article in articles] == [PAGE.encode("cp1252")] * 2
    assert (articles[0].url, articles[0].charset, articles[0].html) == (URL, "windows-1252", True)
    assert [drop.reason for drop in drops] == ["no page: media type application/pdf", "no page: HTTP status 404"]


CODED = [
    (GOOD.replace(b"charset=", b'charset="').replace(b"1252\r\n", b'1252"\r\n', 1), "windows-1252"),
    (_http(gzip.compress(PAGE.encode()), "Content-Type: text/html", "Content-Encoding: gzip"), None),
    (_http(PAGE.encode(), "Content-Type: text/html", "Content-Encoding: gzip"), None),
    (_http(b"5\r\n<p>hi\r\n0\r\n\r\n", "Content-Type: text/html", "Transfer-Encoding: chunked"), None),
]


@pytest.mark.parametrize(("block", "charset"), CODED)
def test_codings_of_http(tmp_path: Path, block: bytes, charset: str | None) -> None:
    (tmp_path / "a.warc").write_bytes(_warc(block))
    (article,) = read(tmp_path)
    assert article.charset == charset
    assert article.data in (PAGE.encode(), PAGE.encode("cp1252"), b"<p>hi")


PACKED = ("Content-Type: text/html", "Content-Encoding: gzip")
DIGEST = f"WARC-Block-Digest: sha1:{base64.b32encode(hashlib.sha1(GOOD, usedforsecurity=False).digest()).decode()}\r\n"


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (_warc(GOOD, "revisit"), "revisit: the page was fetched before"),
        (_warc(GOOD, "resource"), "no page: a record of type resource"),
        (_warc(GOOD, extra="WARC-Truncated: length\r\n"), "truncated: the crawler stopped for length"),
        (_warc(GOOD[:-9], extra=DIGEST), "broken record: its bytes are not those that its digest tells of"),
        (_warc(GOOD, length=len(GOOD) + 150), "broken record: its length reaches into the next record"),
        (_warc(GOOD, length=10**18), "broken record: its length reaches into the next record"),
        (_warc(GOOD, length=len(GOOD) - 9, extra=DIGEST), "broken record: its bytes are not those"),
        (_warc(_http(b"<p>cut", "Content-Type: text/html", "Content-Length: 99")), "truncated: 6 of 99 bytes"),
        (_warc(_http(gzip.compress(PAGE.encode())[:-9], *PACKED)), "truncated: the compressed page has no end mark"),
        (_warc(_http(gzip.compress(PAGE.encode())[:-1], *PACKED)), "truncated: the compressed page has no end mark"),
        (_warc(b"no http at all"), "no page: HTTP status missing"),
        (_warc(b""), "no page: HTTP status missing"),
        (_warc(GOOD, length=-5), "no page: HTTP status missing"),
    ],
)
def test_records_that_are_no_page(tmp_path: Path, record: bytes, reason: str) -> None:
    (tmp_path / "a.warc").write_bytes(record + _warc(GOOD))
    articles, drops = _read(tmp_path)
    assert drops[0].reason.startswith(reason)
    assert articles or "length" in reason


def _bare(block: bytes, kind: str, media_type: str) -> bytes:
    """A record without the response around what was fetched."""
    digest = base64.b32encode(hashlib.sha1(block, usedforsecurity=False).digest()).decode()
    made = _warc(block, kind, f"WARC-Block-Digest: sha1:{digest}\r\n")
    return made.replace(f"application/http; msgtype={kind}".encode(), media_type.encode())


def test_texts_of_pages_and_saved_pages_in_a_crawl(tmp_path: Path) -> None:
    """As Common Crawl has the former in its WET files."""
    story = "Talks end\nحفتر يغادر موسكو\n".encode()
    records = [
        _warc(b"Software-Info: x\r\n", "warcinfo"),
        _bare(story, "conversion", "text/plain"),
        _bare(PAGE.encode("cp1252"), "resource", 'Text/HTML; charset="windows-1252"'),
        _bare(b"{}", "resource", "application/json"),
        _bare(story, "resource", "text/plain"),
        _bare(story * 30, "conversion", "text/plain"),
    ]
    (tmp_path / "CC-MAIN-00000.warc.wet.gz").write_bytes(b"".join(map(gzip.compress, records)))
    articles, drops = _read(Source(tmp_path, Reading(max_document_bytes=1000)))
    assert [(article.data, article.html, article.charset) for article in articles] == [
        (story, False, None), (PAGE.encode("cp1252"), True, "windows-1252"),
    ]  # fmt: skip
    assert {article.url for article in articles} == {URL}
    assert [(drop.id.rpartition(":")[2], drop.reason) for drop in drops] == [
        ("4", "no page: a record of type resource and media type application/json"),
        ("5", "no page: a record of type resource and media type text/plain"),
        ("6", f"too large: {30 * len(story):,} bytes in one document, where 1,000 are allowed"),
    ]


def test_a_crawl_packed_with_its_indexes(tmp_path: Path) -> None:
    """As by Browsertrix; its list of pages may have their texts, too."""
    with zipfile.ZipFile(tmp_path / "a.wacz", "w") as packed:
        packed.writestr("archive/data.warc.gz", gzip.compress(_warc(GOOD)))
        packed.writestr("pages/pages.jsonl", json.dumps({"url": URL, "text": "Talks."}))
        packed.writestr("indexes/index.cdx.gz", gzip.compress(b"org,example)/ 2020 {}"))
        packed.writestr("datapackage.json", '{"profile": "data-package"}')
    articles, drops = _read(tmp_path)
    assert [article.source.partition("/")[2] for article in articles] == ["a.wacz/archive/data.warc.gz"]
    assert not drops


@pytest.mark.parametrize("name", ["a.warc", "a.arc"])
def test_a_record_that_is_cut_off(tmp_path: Path, name: str) -> None:
    record = _warc(GOOD) if "warc" in name else _arc(GOOD)
    (tmp_path / name).write_bytes(record + record[:-40])
    articles, drops = _read(tmp_path)
    assert len(articles) == 1
    assert [drop.reason.partition(":")[0] for drop in drops] == ["truncated"]


SPLIT = b"\r\n\r\n"


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    "junk", [b"x", b"\0" * 512, GOOD, b"G" * 300_000, b"WARC/2.0\r\nWARC-Type: response\r\n\r\n" + GOOD]
)
def test_what_is_no_record_between_records_is_told(tmp_path: Path, junk: bytes, packed: bool) -> None:
    record = _warc(GOOD).removesuffix(SPLIT)
    parts = [record, SPLIT, junk, b"\r\n", record, SPLIT, record, SPLIT, junk]
    (tmp_path / "a.warc").write_bytes(b"".join(map(gzip.compress, parts) if packed else parts))
    articles, drops = _read(tmp_path / "a.warc")
    assert len(articles) == 3
    between, behind = len(SPLIT + junk) + 2, len(SPLIT + junk)
    assert drops == [
        Drop("a.warc", "read", f"broken WARC: {between:,} bytes at offset {len(record):,} are no record"),
        Drop(
            "a.warc",
            "read",
            f"broken WARC: {behind:,} bytes at offset {3 * len(record) + between + len(SPLIT):,} are no record",
        ),
    ]


@pytest.mark.parametrize("between", [SPLIT, b"", b"\n", b"\r\n" * 1000])
@pytest.mark.parametrize("behind", [SPLIT, b"", b"\r\n", b"\r\n" * 1000])
def test_what_may_stand_between_records(tmp_path: Path, between: bytes, behind: bytes) -> None:
    short, long = (_warc(_http(b"<p>" + b"a" * size, "Content-Type: text/html"))[:-4] for size in (9, 200_000))
    lines = _warc(GOOD, "request").partition(SPLIT)
    bare = lines[0].replace(b"\r\n", b"\n") + b"\n\n" + lines[2][:-4]
    records = [short, bare, long, short, long]
    (tmp_path / "a.warc").write_bytes(b"\r\n" + between.join(records) + behind)
    articles, drops = _read(tmp_path / "a.warc")
    assert (len(articles), drops) == (4, [])


@pytest.mark.parametrize("name", ["export", "export.php", "a.txt", "news.csv.1"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_tables_that_their_names_do_not_tell(tmp_path: Path, delimiter: str, encoding: str, name: str) -> None:
    rows = ["id", "Title", "Text"], ["5", "A", '"Talks,\nthey said."'], ["6", "B", "More."]
    (tmp_path / name).write_text("\n".join(map(delimiter.join, rows)), encoding=encoding)
    articles, drops = _read(tmp_path)
    assert not drops
    assert [(article.data, article.title) for article in articles] == [(b"Talks,\nthey said.", "A"), (b"More.", "B")]
    (tmp_path / name).write_text(delimiter.join(["head", "story"]) + "\n" + delimiter.join("ab"), encoding=encoding)
    assert [article.data for article in read(tmp_path, fields={"text": "story", "title": "head"})] == [b"b"]


@pytest.mark.parametrize(
    "text",
    ["Title, text\nTalks end, they said.", "text\nTalks", "title,text", "date,title\na,b", "text,body\na,b", '"'],
)
def test_texts_that_are_no_tables(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.txt").write_text(text, encoding="utf-8")
    assert [article.data for article in read(tmp_path)] == [text.encode()]


@pytest.mark.parametrize("kind", [*FILES[:2], "a.warc"])
@pytest.mark.parametrize("name", ["download", "download.bin", "a.txt"])
def test_binary_formats_that_their_names_do_not_tell(tmp_path: Path, name: str, kind: str) -> None:
    if kind == "a.warc":
        (tmp_path / kind).write_bytes(_warc(GOOD))
    else:
        _write(tmp_path / kind, _table())
    expected = [article.data for article in read(tmp_path)]
    (tmp_path / kind).rename(tmp_path / name)
    assert [article.data for article in read(tmp_path)] == expected != []


@pytest.mark.parametrize("length", [10**17, 10**30, -1])
def test_an_arc_with_lying_lengths(tmp_path: Path, length: int) -> None:
    (tmp_path / "a.arc").write_bytes(_arc(GOOD) + _arc(GOOD, length=length) + _arc(GOOD))
    articles, drops = _read(tmp_path)
    assert len(articles) == 1
    assert [drop.reason.partition(":")[0] for drop in drops] == ["truncated" if length == 10**17 else "broken ARC"]


def test_a_page_of_a_crawl_beyond_the_limit(tmp_path: Path) -> None:
    large = _http(b"<p>" + b"a" * 2000, "Content-Type: text/html")
    packed = _http(gzip.compress(b"<p>" + b"a" * 2000), "Content-Type: text/html", "Content-Encoding: gzip")
    (tmp_path / "a.warc").write_bytes(_warc(large) + _warc(packed) + _warc(large + b"a" * 300_000) + _warc(GOOD))
    articles, drops = _read(Source(tmp_path, Reading(max_document_bytes=1000)))
    assert len(articles) == 1
    assert [drop.reason.partition(":")[0] for drop in drops] == ["too large"] * 3


def test_the_same_id_twice_is_one_article(tmp_path: Path) -> None:
    row = {"text": "Talks in Moscow ended.", "url": "https://example.org/1"}
    again = {**row, "url": "https://example.org/1?utm_source=x#top"}
    (tmp_path / "a.json").write_text(json.dumps([row, again, row]), encoding="utf-8")
    release = build([tmp_path / "a.json"], out=tmp_path / "out")
    assert release.counts["articles"] == 1
    assert [drop.reason.partition(":")[0] for drop in release.drops] == ["duplicate"] * 2
    assert len({drop.id for drop in release.drops}) == 1
