"""Reading sources: every format, and every kind of input that is none."""

from __future__ import annotations

import gzip
import json
import os
import random
import shutil
from pathlib import Path

import pytest

from libya_news import Drop, RawArticle, build, read
from libya_news.errors import DataError, SourceNotFoundError
from libya_news.sources import Reading, Source, _files


def _read(*paths: Path) -> tuple[list[RawArticle], list[Drop]]:
    drops: list[Drop] = []
    return list(read(*paths, on_drop=drops.append)), drops


def _one_drop(path: Path) -> Drop:
    articles, drops = _read(path)
    assert not articles
    assert len(drops) == 1
    return drops[0]


def test_text_is_bytes_as_found(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("حفتر يغادر\r\n".encode("cp1256"))
    articles, drops = _read(tmp_path)
    assert not drops
    assert articles[0].data == "حفتر يغادر\r\n".encode("cp1256")
    assert articles[0].source == f"{tmp_path.name}/a.txt"


def test_json_lines_with_names_of_others(tmp_path: Path) -> None:
    rows = [
        {"content": "First", "source": "aawsat", "date_extracted": "2015-07-21 02:51:38", "author": "A"},
        {"text": "Second", "publisher": "BBC", "date": "2020-01-14T10:00:00+01:00", "authors": ["B", "C"], "url": "u"},
        {"text": "Third", "date": "0000-00-00", "author": None},
    ]
    with gzip.open(tmp_path / "n.jsonl.gz", "wt", encoding="utf-8") as out:
        out.write("\ufeff" + "\n\n".join(map(json.dumps, rows)))
    articles, drops = _read(tmp_path / "n.jsonl.gz")
    assert not drops
    assert [article.data for article in articles] == ["First", "Second", "Third"]
    assert [article.publisher for article in articles] == ["aawsat", "BBC", None]
    assert [article.authors for article in articles] == [("A",), ("B", "C"), ()]
    assert [article.published_at and article.published_at.isoformat() for article in articles] == [
        "2015-07-21T02:51:38+00:00",
        "2020-01-14T09:00:00+00:00",
        None,
    ]
    assert [article.where for article in articles] == ["n.jsonl.gz:1", "n.jsonl.gz:3", "n.jsonl.gz:5"]


def test_broken_lines_are_named_by_their_physical_number(tmp_path: Path) -> None:
    deep = "[" * 100_000
    lines = [
        '{"text": "Good"}',
        "",
        '{"text": "cut',
        "[1]",
        '{"title": "no text"}',
        '{"text": 7}',
        deep,
        '{"text": "Last"}',
    ]
    (tmp_path / "x.jsonl").write_text("\n".join(lines), encoding="utf-8")
    with (tmp_path / "x.jsonl").open("ab") as out:
        out.write(b'\n{"text": "\xff\xfe"}')
    articles, drops = _read(tmp_path / "x.jsonl")
    assert [article.data for article in articles] == ["Good", "Last", b"\xff\xfe"]
    assert [drop.id for drop in drops] == [f"x.jsonl:{line}" for line in (3, 4, 5, 6, 7)]
    assert "line 3, column 10" in drops[0].reason
    assert [drop.reason.partition(":")[0] for drop in drops] == [
        "broken JSON", "broken record", "no text", "no text", "broken JSON",
    ]  # fmt: skip


def test_lone_surrogates_in_json_are_read(tmp_path: Path) -> None:
    (tmp_path / "s.jsonl").write_text('{"text": "a \\ud83d b", "title": "\\udc00"}\n', encoding="utf-8")
    articles, drops = _read(tmp_path / "s.jsonl")
    assert not drops
    assert articles[0].data == "a \ud83d b"
    assert len(articles[0].sha256) == 64


SGML = """<DOC>
<DOCNO>JA-1</DOCNO>
<URL>http://example.org/1</URL>
<SRC>Radio</SRC>
<TITLE>ليبيا</TITLE>
<TIME>28/10/2015</TIME>
<AUTHOR></AUTHOR>
<ABSTRACT>
Summary first.
</ABSTRACT>
<TEXT>
Then the text.
</TEXT>
</DOC>
<DOC>
<DOCNO>JA-2</DOCNO>
<ABSTRACT>Again.</ABSTRACT>
<TEXT>Again. And more.</TEXT>
</DOC>
<DOC><DOCNO>JA-3</DOCNO></DOC>
<DOC><TEXT>never closed</TEXT>
"""


def test_sgml(tmp_path: Path) -> None:
    (tmp_path / "trec.txt").write_text(SGML, encoding="utf-8")
    articles, drops = _read(tmp_path / "trec.txt")
    assert [article.data for article in articles] == [b"Summary first.\n\nThen the text.", b"Again. And more."]
    first = articles[0]
    assert (first.url, first.publisher, first.title, first.authors) == ("http://example.org/1", "Radio", "ليبيا", ())
    assert str(first.published_at) == "2015-10-28 00:00:00+00:00"
    assert [(drop.id, drop.reason.partition(":")[0]) for drop in drops] == [
        ("trec.txt:JA-3", "no text"),
        ("trec.txt:4", "broken document"),
    ]


def test_provenance_fills_what_the_file_does_not_say(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Text", encoding="utf-8")
    (tmp_path / "provenance.toml").write_text(
        'format = "libya_news/provenance"\nversion = 1\n["*.txt"]\npublisher = "P"\nlicence = "CC-BY-4.0"\n'
        'rights_holder = "R"\nterms = "https://example.org/terms"\n'
        'published_at = 2020-01-14T12:00:00+02:00\nauthors = ["A"]\n',
        encoding="utf-8",
    )
    articles, drops = _read(tmp_path)
    assert not drops
    assert (articles[0].publisher, articles[0].licence, articles[0].authors) == ("P", "CC-BY-4.0", ("A",))
    assert (articles[0].rights_holder, articles[0].terms) == ("R", "https://example.org/terms")
    assert str(articles[0].published_at) == "2020-01-14 10:00:00+00:00"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("not toml", "not valid TOML"),
        ('["a"]\n', "format and version"),
        ('format = "libya_news/provenance"\nversion = 1\n["a"]\ncolour = "red"\n', "colour.*Known keys: url"),
        ('format = "libya_news/provenance"\nversion = 1\n["a"]\npublished_at = "soon"\n', "no time"),
        ('format = "libya_news/provenance"\nversion = 1\n["a"]\nlanguage = "xx-1"\n', "is no language. Write a code"),
    ],
)
def test_broken_provenance(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "a.txt").write_text("Text", encoding="utf-8")
    (tmp_path / "provenance.toml").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        _read(tmp_path)


def test_provenance_that_is_written_meanwhile(tmp_path: Path) -> None:
    """In one process, as in a notebook."""
    (tmp_path / "a.txt").write_text("Talks end.", encoding="utf-8")
    found = [next(read(tmp_path)).publisher]
    for name in ("Old", "New"):
        text = f'format = "libya_news/provenance"\nversion = 1\n["a.txt"]\npublisher = "{name}"\n'
        (tmp_path / "new.toml").write_text(text, encoding="utf-8")
        (tmp_path / "new.toml").replace(tmp_path / "provenance.toml")
        found.append(next(read(tmp_path)).publisher)
    (tmp_path / "provenance.toml").unlink()
    assert [*found, next(read(tmp_path)).publisher] == [None, "Old", "New", None]


@pytest.mark.parametrize("kind", ["pipe", "device", "folder"])
def test_provenance_that_is_no_file(tmp_path: Path, kind: str) -> None:
    """To read a pipe would wait for ever, and a device may have no end."""
    (tmp_path / "a.txt").write_text("Text", encoding="utf-8")
    place = tmp_path / "provenance.toml"
    if kind == "pipe":
        os.mkfifo(place)
    elif kind == "device":
        place.symlink_to("/dev/zero")
    else:
        place.mkdir()
    with pytest.raises(DataError, match=r"provenance.toml is no file. Remove it"):
        _read(tmp_path)
    with pytest.raises(DataError, match="is no file"):
        build([tmp_path], out=tmp_path / "out")


def test_provenance_beyond_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("libya_news.sources.provenance.MAX_BYTES", 100)
    (tmp_path / "a.txt").write_text("Text", encoding="utf-8")
    (tmp_path / "provenance.toml").write_text('format = "libya_news/provenance"\nversion = 1\n' + "#" * 100)
    with pytest.raises(DataError, match="has more than 100 bytes"):
        _read(tmp_path)


def test_a_missing_path() -> None:
    with pytest.raises(SourceNotFoundError, match=r"no file or folder .nowhere..*Check"):
        list(read("nowhere"))


def test_a_release_without_its_version_is_no_source_but_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.txt").write_text("Talks in Moscow end without a deal.", encoding="utf-8")
    store = tmp_path / "st[o]re"
    build([tmp_path / "a.txt"], out=store, name="news")
    for leaf in ("news-1.10.0", "news-1.9.0-erased-2", "news-of-libya-1.0.0", "snews-1.0.0"):
        shutil.copytree(store / "news-1.0.0", store / leaf)
    (store / "news-2.0.0").mkdir()
    (store / "news-2.0.0" / "TOMBSTONE.md").touch()
    monkeypatch.chdir(store)
    for place, parent in ((store / "news", f"{store.as_posix()}/"), ("news", ""), ("../st[o]re/news/", "../st[o]re/")):
        names = ", ".join(f"{parent}news-{version}" for version in ("1.0.0", "1.9.0-erased-2", "1.10.0"))
        with pytest.raises(SourceNotFoundError) as caught:
            list(read(place))
        assert caught.value.remedy == f"Name one of its releases: {names}."
    assert len(list(read("news-1.10.0"))) == 1
    for place in ("new", "n*s", "news-1.0.0/manifest.json/news"):
        with pytest.raises(SourceNotFoundError, match="Check the path"):
            list(read(place))


PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("empty.txt", b"", "empty"),
        ("picture.png", PNG, "binary: PNG image"),
        ("picture.txt", PNG, "binary: PNG image"),
        ("noise.gz", gzip.compress(random.Random(1).randbytes(5000)), "binary: control characters"),  # noqa: S311
        ("nuls.txt", bytes(500), "binary: control characters"),
        ("table.xlsx", b"a,b", "unknown format: no reader for .xlsx"),
        ("cut.txt.gz", gzip.compress(b"Libya " * 50_000)[:-50], "unreadable"),
        ("lying.jsonl.gz", b"\x1f\x8b\x08\x00 not gzip at all", "unreadable"),
    ],
)
def test_bytes_that_are_no_article(tmp_path: Path, name: str, data: bytes, reason: str) -> None:
    (tmp_path / name).write_bytes(data)
    drop = _one_drop(tmp_path / name)
    assert drop.id == name
    assert drop.stage == "read"
    assert drop.reason.startswith(reason)


def test_utf16_is_no_binary(tmp_path: Path) -> None:
    text = "Libya’s oil ports opened again on Monday. " * 20
    for name in ("utf-16", "utf-16-le", "utf-16-be"):
        (tmp_path / f"{name}.txt").write_bytes(text.encode(name))
    articles, drops = _read(tmp_path)
    assert not drops
    assert len(articles) == 3


def test_a_document_beyond_the_limit(tmp_path: Path) -> None:
    (tmp_path / "big.txt").write_bytes(b"a" * 1001)
    (tmp_path / "big.sgml").write_bytes(b"<DOC>" + b"a" * 1001)
    (tmp_path / "big.jsonl").write_bytes(b'{"text": "' + b"a" * 5000 + b'"}\n{"text": "small"}\n')
    (tmp_path / "big.json").write_bytes(b'[{"text": "' + b"a" * 5000 + b'"}, {"text": "small"}]')
    (tmp_path / "big.csv").write_bytes(
        b'text,url\n"' + b'a\n""' * 500 + b'",x\nsmall,y\n' + b"b" * 2000 + b"\nsmall,z\n"
    )
    drops: list[Drop] = []
    small = Source(tmp_path, Reading(max_document_bytes=1000))
    assert [article.data for article in read(small, on_drop=drops.append)] == [b"small", b"small", "small", "small"]
    assert {drop.id.partition("/")[2]: drop.reason for drop in drops} == {
        "big.csv:2": "too large: 2,005 bytes in one document, where 1,000 are allowed",
        "big.csv:504": "too large: 2,001 bytes in one document, where 1,000 are allowed",
        "big.json:1": "too large: 5,012 bytes in one document, where 1,000 are allowed",
        "big.jsonl:1": "too large: 5,013 bytes in one document, where 1,000 are allowed",
        "big.sgml:1": "too large: 1,006 bytes in one document, where 1,000 are allowed",
        "big.txt": "too large: 1,001 bytes in one document, where 1,000 are allowed",
    }


def test_one_line_of_200_megabytes(tmp_path: Path) -> None:
    with (tmp_path / "huge.txt").open("wb") as out:
        for _ in range(200):
            out.write(b"Libya 12" * (1 << 17))
    (tmp_path / "other.txt").write_text("Talks.", encoding="utf-8")
    articles, drops = _read(tmp_path)
    assert [article.data for article in articles] == [b"Talks."]
    assert [drop.reason for drop in drops] == [
        "too large: 209,715,200 bytes in one document, where 67,108,864 are allowed"
    ]


def test_link_loops_end(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a.txt").write_text("Text", encoding="utf-8")
    (tmp_path / "deep" / "up").symlink_to(tmp_path)
    (tmp_path / "broken").symlink_to(tmp_path / "nowhere")
    (tmp_path / "self").symlink_to(tmp_path / "self")
    articles, drops = _read(tmp_path)
    assert len(articles) == 1
    assert sorted(drop.reason.partition(":")[0] for drop in drops) == ["loop", "unreadable", "unreadable"]


def test_the_same_file_twice(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Text", encoding="utf-8")
    articles, drops = _read(tmp_path, tmp_path / "a.txt")
    assert len(articles) == 1
    assert drops[0].reason.startswith("duplicate")


def test_what_is_not_a_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert _one_drop(tmp_path).reason.startswith("not a file")


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything, so nothing is unreadable here")
def test_forbidden_files(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Text", encoding="utf-8")
    (tmp_path / "a.txt").chmod(0)
    assert _one_drop(tmp_path).reason == "unreadable: Permission denied"


def test_unreadable_whoever_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.txt").write_text("Text", encoding="utf-8")

    def refuse(_: _files.SourceFile) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(_files.SourceFile, "open", refuse)
    assert _one_drop(tmp_path).reason == "unreadable: Permission denied"


@pytest.mark.parametrize("name", ["ليبيا.txt", "two\nlines.txt", "space and “quotes”.txt"])
def test_odd_file_names(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("Text", encoding="utf-8")
    articles, drops = _read(tmp_path)
    assert not drops
    assert articles[0].source == f"{tmp_path.name}/{name}"


def test_a_file_name_that_is_no_utf8(tmp_path: Path) -> None:
    (Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.txt"))).write_text("Text", encoding="utf-8")
    articles, _ = _read(tmp_path)
    assert articles[0].source == f"{tmp_path.name}/caf\\xe9.txt"


def test_hidden_files_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / ".DS_Store").write_bytes(bytes(100))
    assert _read(tmp_path) == ([], [])


def test_drops_are_logged_where_nobody_asks(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "a\nb.txt").write_bytes(b"")
    assert not list(read(tmp_path))
    assert "\n" not in caplog.messages[0]
    assert "empty" in caplog.messages[0]
