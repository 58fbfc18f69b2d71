"""What is fuzzed: for each target its sound inputs, the pieces of its format, and what must hold for any input."""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import astuple
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
from selectolax.lexbor import LexborHTMLParser

from libya_news.config import load_config
from libya_news.corpus.topics import load_topic, relevance
from libya_news.errors import LibyaNewsError
from libya_news.normalize import normalize
from libya_news.pipeline import process, segment_html
from libya_news.records import Drop
from libya_news.release import drops, manifest
from libya_news.segment import segment, segment_all
from libya_news.segment._heads import said
from libya_news.segment.page_facts import page_facts
from libya_news.sources import SourceFile, list_files, read_file
from libya_news.sources.dates import parse_date

from . import oracle
from .oracle import must
from .packing import ARCHIVES, COMPRESSED, tarred, zipped


class Target(NamedTuple):
    """Something that takes input from strangers.

    Attributes:
        check: takes an input and raises where it is not dealt with as promised; how many things came of it.
        seeds: sound inputs.
        pieces: what means something in the format.
        share: how many of a hundred thousand inputs it gets: more where they are quick, or many ways lead through it.
    """

    check: Callable[[bytes], int]
    seeds: Sequence[bytes]
    pieces: Sequence[bytes]
    share: int


STORY = "Talks in Moscow have ended without a deal, officials in Tripoli said on Monday."
ARABIC = "حفتر يغادر موسكو دون توقيع على الاتفاق"
ROWS: list[dict[str, Any]] = [
    {"text": STORY, "title": "Talks end", "url": "https://example.org/1", "date": "2020-01-14", "author": ["A", "B"]},
    {"text": ARABIC, "publisher": None, "date": "14/01/2020"},
]
PAGE = (
    f'<!DOCTYPE html><html lang="en"><head><title>Talks end - News</title><meta property="og:title" content="Talks">'
    '<link rel="canonical" href="https://example.org/a"><script type="application/ld+json">{"@type": "NewsArticle", '
    '"headline": "Talks end", "datePublished": "2020-01-14T10:00:00+01:00", "author": [{"name": "A"}]}</script></head>'
    f"<body><nav><a href=/>Home</a></nav><article><h1>Talks end</h1><p>{STORY}</p><figure><img src=x><figcaption>Photo:"
    f" AFP</figcaption></figure><ul><li>{STORY}</ul><table><tr><td>1<td>2</table><p>{ARABIC}</p></article></body>"
).encode()
_HTTP = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Talks end in Moscow.</p>"
_HEAD = b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://example.org/\r\n"
_WARC = _HEAD + b"Content-Type: application/http; msgtype=response\r\nContent-Length: %d\r\n\r\n" % len(_HTTP)
_WET = _HEAD.replace(b"response", b"conversion") + b"Content-Type: text/plain\r\nContent-Length: 6\r\n\r\nTalks."
WARC = (_WARC + _HTTP + b"\r\n\r\n") * 2 + _WET + b"\r\n\r\n"
ARC = (b"https://example.org/ 1.1.1.1 20200101000000 text/html %d\n" % len(_HTTP) + _HTTP + b"\n") * 2
JSONL = "\n".join(json.dumps(row, ensure_ascii=False) for row in ROWS).encode()
CSV = f'text,url,date\n"{STORY}",https://example.org/1,2020-01-14\n{ARABIC},,\n'.encode()
ESCAPED = rb"text,author" + b"\n" + rb'"He said \"no\" and left.","[\'A\', \'B \\\xe0\']"' + b"\n"
COLUMNS = json.dumps({name: {"0": ROWS[0].get(name), "1": ROWS[1].get(name)} for name in ROWS[0]}).encode()
SGML = 2 * f"<DOC>\n<DOCNO>1</DOCNO>\n<URL>u</URL>\n<TIME>2020-01-14</TIME>\n<TEXT>\n{STORY}\n</TEXT></DOC>\n".encode()

_MARKUP = (
    b"<p>", b"</p>", b"<div>", b"</div>", b"<ul><li>", b"<table><tr><td>", b"<pre>", b"<br>", b"<a href=x>", b"</a>",
    b"<b>", b"<script>", b"</script>", b"<!--", b"-->", b"<svg>", b"<template>", b"<select>", b"<p hidden>", b"<title>",
    b"<html lang=ar>", b"<frameset>", b"&amp;", b"&#0;", b"&#xd800;", b"<img src=x>", b"<figcaption>", b"<h1>", b"\x1f",
    b"<meta property='og:title' content='A'>", b"<time datetime='2020-01-14'>", b"<math>", b"<form>", b"<article>",
    b'<script type="application/ld+json">', b'{"@type": "NewsArticle"}', b"<noscript>", b"<p style='display:none'>",
)  # fmt: skip
_TEXT = (
    b"Image caption ", b"Media caption", "• ".encode(), b" | AFP", b"(Reuters)", b"[caption]", b"Photo: ", b"#code#",
    b"Share on Facebook\n", b"\xe2\x80\xa8", "Â\xa0â€™".encode(), "ط§ظ„".encode(), b"\xc7\xe1\xe3\xcc\xe1\xd3",
    "\u0301\u202a\u200d\ufeff\u0640\ufefb".encode(), "日本語。".encode(), "🇱🇾".encode(), b"\xc3\xa2\xe2\x82\xac",
    b"2020-01-14", b"&amp;", b"\xd9?", b"&#x", b"(AP Photo/A B, File)",
)  # fmt: skip
_JSON = (b"{", b"}", b"[", b"]", b'"text": ', b'"\\ud83d"', b"null", b"NaN", b'"date": "', b'"html": "<p>"', b",")
_CSV = (b'"', b",", b"text", b"html", b'\\"', b"['", b"', '", b"']", b"\\x41")
_HEADERS = (
    b"Content-Length: ", b"Content-Type: text/html\r\n", b"WARC/1.1\r\n", b"WARC-Type: revisit\r\n", b"\r\n\r\n",
    b"Transfer-Encoding: chunked\r\n", b"Content-Encoding: gzip\r\n", b"WARC-Block-Digest: sha1:", b"filedesc://a ",
    b"WARC-Truncated: length\r\n", b"HTTP/1.1 404 Not Found\r\n", b"charset=utf-16", b" 99999999999\n",
)  # fmt: skip
_DOCUMENT = (b"<DOC>", b"</DOC>", b"<TEXT>", b"</TEXT>", b"<TIME>", b"</TIME>", b"<ABSTRACT>")
_YAML = (b"---\n", b"&a", b"*a", b"!!python/object:os", b"path: ", b"configs:\n", b"- ")
_SIGNS = (b"-", b"/", b":", b" UTC", b"T", "م".encode(), b"+14:00", b" ", b" pm", "年".encode())
_TOML = (
    b"[defaults]\n", b"[[sources]]\n", b"[filters]\n", b"[release]\n", b'path = "x"\n', b"since = 2011-02-15\n",
    b"version = 1\n", b"= 2020-01-14T10:00:00+23:59\n", b'["*"]\n', b"published_at = 0001-01-01T00:00:00+14:00\n",
    b'format = "', b"'''", b"nan", b"[a.b.c]\n", b"{x = 1}", b"languages = ", b'["en"]', b"max_document_bytes = ",
    b"authors = ", b'"*.txt"', b"topic = ", b"map = {text = 'a'}\n",
)  # fmt: skip


def _reader(name: str) -> Callable[[bytes], int]:
    """Read a file of that name, and see to what comes of it."""

    def check(data: bytes) -> int:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, name)
            path.write_bytes(data)
            items = list(read_file(SourceFile(path, name)))
            must([entry.name for entry in Path(folder).iterdir()] == [name], "something was written beside the file")
        oracle.check_raw(items)
        return len(items)

    return check


_LAYERS = (*COMPRESSED, *ARCHIVES)
_PLAIN = ("a.jsonl", "a.json", "a.csv", "a.sgml", "a.html", "a.warc", "a.txt", "../a.txt", "a.parquet", ".a", "a")


def check_packed(data: bytes) -> int:
    """Sound layers around anything, then damage: the first bytes say which, so that what is inside is reached."""
    recipe, content = data[:6].ljust(6, b"\0"), data[6:]
    name = _PLAIN[recipe[0] % len(_PLAIN)]
    for byte in recipe[1 : 2 + recipe[1] % 3]:
        layer = _LAYERS[byte % len(_LAYERS)]
        if layer in ARCHIVES:
            content, name = ARCHIVES[layer]({name: content, "b.txt": STORY.encode()}), f"a{layer}"
        else:
            content, name = COMPRESSED[layer](content), f"{name.replace('/', '')}{layer}"
    if recipe[4] % 2:
        at = int.from_bytes(recipe[3:5], "big") % (len(content) + 1)
        content = content[:at] + recipe[5:6] * (recipe[4] % 5) + content[at + recipe[4] % 5 :]
    return _reader(name.replace("/", ""))(content)


def check_folder(name: str) -> Callable[[bytes], int]:
    """A file of that name is about the others in its folder; what is wrong in it is an error that says so."""

    def check(data: bytes) -> int:
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, name).write_bytes(data)
            Path(folder, "a.txt").write_text(STORY, encoding="utf-8")
            try:
                for file in list_files([folder]):
                    oracle.check_raw([file] if isinstance(file, Drop) else read_file(file))
            except LibyaNewsError as error:
                must(bool(error.problem), "an error does not say what is wrong")
        return 1

    return check


def check_loaded(name: str, load: Callable[[str], object]) -> Callable[[bytes], int]:
    """A file of that name is loaded, or refused with an error that says why."""

    def check(data: bytes) -> int:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, name)
            path.write_bytes(data)
            try:
                load(str(path))
            except LibyaNewsError as error:
                must(bool(error.problem), "an error does not say what is wrong")
        return 1

    return check


def _topic(path: str) -> object:
    return relevance(STORY, load_topic(path))


def _manifest(path: str) -> object:
    return list(manifest.load(Path(path).parent).drops)


def _drops(path: str) -> object:
    items = list(drops.in_file(Path(path)))
    must(all(isinstance(part, str) for item in items for part in astuple(item)), "a drop is no text")
    return items


def as_text(data: bytes) -> str:
    """Any bytes as a text: those that are no UTF-8 become lone surrogates."""
    return data.decode("utf-8", "surrogateescape")


def check_normalize(data: bytes) -> int:
    """``normalize`` on bytes or, where their number is odd, on a text."""
    given = as_text(data) if len(data) % 2 else data
    oracle.check_normalized(given, normalize(given))
    return 1


def check_segment(data: bytes) -> int:
    """``segment`` on a text."""
    text = as_text(data)
    oracle.check_segments(text, segment(text))
    return 1


def check_segment_all(data: bytes) -> int:
    """``segment_all`` gives for each of many texts what ``segment`` gives for it alone."""
    texts = as_text(data).split("\x00")[:20]
    found = list(segment_all(texts, titles=texts[::-1]))
    must(len(found) == len(texts), "a text has no segments, or those of another")
    for text, segments in zip(texts, found, strict=True):
        oracle.check_segments(text, segments)
    first = texts[0]
    must(len(data) > 1 << 16 or found[0] == segment(first, title=texts[-1]), "a text has other segments beside others")
    return len(texts)


def check_segment_html(data: bytes) -> int:
    """``segment_html`` on bytes or, where their number is odd, on a text."""
    oracle.check_article(segment_html(as_text(data) if len(data) % 2 else data))
    return 1


def check_facts(data: bytes) -> int:
    """What a page says about itself."""
    oracle.check_facts(page_facts(said(LexborHTMLParser(as_text(data))), "https://example.org/2020/01/14/a"))
    return 1


def check_date(data: bytes) -> int:
    """A date, or none."""
    for day_first in (True, False):
        when = parse_date(as_text(data), day_first=day_first)
        must(when is None or when.isoformat().endswith("+00:00"), "a date is not in UTC")
    return 1


def check_articles(data: bytes) -> int:
    """Records of any content, read and taken through all stages."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.jsonl")
        path.write_bytes(data)
        items = list(read_file(SourceFile(path, "a.jsonl")))
    for raw in oracle.check_raw(items)[:PROCESSED]:
        made = process(raw)
        oracle.check_drop(made) if isinstance(made, Drop) else oracle.check_article(made)
    return len(items)


PROCESSED = 20
"""Articles of an input that are taken through all stages, at some milliseconds each."""


def _parquet() -> list[bytes]:
    times = pa.array([0, 2**62], pa.timestamp("ms"))
    authors = [[{"name": "A", "id": 1}, {"name": None, "id": 2}], None]
    table = pa.table({"text": [STORY, ARABIC], "published_at": times, "lang": ["en", None], "authors": authors})
    packed = ("none", "snappy", "zstd")
    return [_written(table, compression=how, row_group_size=1, use_dictionary=how != "none") for how in packed]


def _written(table: pa.Table, **options: Any) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink, **options)
    return sink.getvalue()


def _arrow() -> list[bytes]:
    source = pa.array([{"name": "BBC", "x": {"y": True}}, None])
    table = pa.table({"text": [STORY, ARABIC], "html": pa.array([None, "<p>x"]).dictionary_encode(), "source": source})
    seeds = []
    for opened in (pa.ipc.new_file, pa.ipc.new_stream):
        sink = io.BytesIO()
        with opened(sink, table.schema) as writer:
            writer.write_table(table)
        seeds.append(sink.getvalue())
    return seeds


def _told() -> list[bytes]:
    """Files of drops, with dictionaries and without."""
    rows = pa.Table.from_batches([drops.rows([Drop(f"a.txt:{n}", "read", "empty: no bytes") for n in range(9)])])
    return [_written(rows), _written(rows, use_dictionary=False), _written(rows, compression="zstd", row_group_size=2)]


MANIFEST = b"""{"format": "libya_news/manifest", "format_version": 1, "name": "a", "version": "1.0.0",
"schema_version": 1, "created_at": "2020-01-14T00:00:00+00:00",
"inputs": [{"path": "a", "bytes": 1, "sha256": "0"}], "files": [],
"drops": [{"id": "a.txt:1", "stage": "read", "reason": "empty: no bytes"}], "counts": {"drops": {"empty": 1}},
"code": {}, "environment": {}, "fingerprint": "0"}
"""
PROVENANCE = b"""format = "libya_news/provenance"
version = 1
["*.txt"]
publisher = "A"
authors = ["B"]
published_at = 2020-01-14T10:00:00+01:00
"""
CONFIG = b"""format = "libya_news/corpus"
version = 1
[release]
name = "a"
version = "1.0.0"
[filters]
min_characters = 50
since = 2011-02-15
[[sources]]
path = "a"
map = {text = "story"}
"""
TOPIC = """format = "libya_news/topic"
version = 1
[company]
en = ["Syria"]
[places.libya]
en = ["Libya"]
ar = ["طرابلس"]
[places.libya.unsure]
en = ["Tripoli"]
""".encode()
CARD = b"---\nconfigs:\n- config_name: a\n  default: true\n  data_files:\n  - path: a.txt\n---\n# Card\n"
DATES = (
    "2020-01-14T10:00:00+01:00", "14/01/2020", "11.11.2021", "2021/11/11", "11 novembre 2021", "١١ نوفمبر ٢٠٢١",
    "Nov. 11, 2021, 3:15 PM", "Thu, 11 Nov 2021 10:30:00 +0200", "0000-00-00", "+275760-09-13", "2021年11月11日",
)  # fmt: skip


def targets(texts: Sequence[bytes] = (), pages: Sequence[bytes] = ()) -> dict[str, Target]:
    """All targets by name; to their own seeds come more texts and pages, as far as there are any."""
    told = (STORY.encode(), ARABIC.encode(), f"Image caption {STORY}\n• {ARABIC}\n".encode(), *texts)
    files = {"a.jsonl": JSONL, "d/b.csv": CSV, "c.html": PAGE}
    array = b"[" + JSONL.replace(b"\n", b",") + b"]"
    inside = enumerate((JSONL, JSONL, CSV, SGML, PAGE, WARC, told[0]))
    recipes = [bytes([kind, layer, 1, 0, 0, 0]) + seed for kind, seed in inside for layer in range(len(_LAYERS))]
    return {
        "text": Target(_reader("a.txt"), told, _TEXT, 6000),
        "sgml": Target(_reader("a.sgml"), [SGML], _DOCUMENT, 9000),
        "jsonl": Target(_reader("a.jsonl"), [JSONL], _JSON, 12000),
        "json": Target(_reader("a.json"), [array, JSONL, COLUMNS, b'{"response": {"docs": %b}}' % array], _JSON, 12000),
        "csv": Target(_reader("a.csv"), [CSV, CSV.decode().encode("utf-16"), ESCAPED], _CSV, 9000),
        "tsv": Target(_reader("a.tsv"), [CSV.replace(b",", b"\t")], (b'"', b"\t", b"text"), 6000),
        "parquet": Target(_reader("a.parquet"), _parquet(), (b"PAR1",), 4000),
        "arrow": Target(_reader("a.arrow"), _arrow(), (b"ARROW1",), 4000),
        "html": Target(_reader("a.html"), [PAGE, *pages], _MARKUP, 3000),
        "warc": Target(_reader("a.warc"), [WARC], _HEADERS, 3500),
        "arc": Target(_reader("a.arc"), [ARC], _HEADERS, 3500),
        **{
            suffix[1:]: Target(_reader(f"a.jsonl{suffix}"), [pack(JSONL)], (pack(b""),), 2500)
            for suffix, pack in COMPRESSED.items()
        },
        "zip": Target(_reader("a.zip"), [zipped(files)], (b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"), 3000),
        "tar": Target(_reader("a.tar"), [tarred(files)], (b"ustar\x0000", b"path=../a", b"\x00" * 512), 2500),
        "packed": Target(check_packed, recipes, (*_JSON, *_HEADERS), 3000),
        "provenance": Target(check_folder("provenance.toml"), [PROVENANCE], _TOML, 3000),
        "card": Target(check_folder("README.md"), [CARD], _YAML, 2500),
        "config": Target(check_loaded("libya-news.toml", load_config), [CONFIG], _TOML, 3000),
        "manifest": Target(check_loaded("manifest.json", _manifest), [MANIFEST], (*_JSON, b'"drops": '), 2500),
        "drops": Target(check_loaded("drops.parquet", _drops), _told(), (b"PAR1",), 2500),
        "topic": Target(check_loaded("a.toml", _topic), [TOPIC], (*_TOML, *_TEXT), 1500),
        "dates": Target(check_date, [date.encode() for date in DATES], _SIGNS, 12000),
        "facts": Target(check_facts, [PAGE, *pages], _MARKUP, 5000),
        "normalize": Target(check_normalize, told, _TEXT, 4000),
        "segment": Target(check_segment, told, _TEXT, 1500),
        "segment_all": Target(check_segment_all, told, (*_TEXT, b"\x00"), 800),
        "segment_html": Target(check_segment_html, [PAGE, *pages], _MARKUP, 2000),
        "articles": Target(check_articles, [JSONL], (*_JSON, *_TEXT), 600),
    }
