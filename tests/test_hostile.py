"""Input that somebody made to do harm: what becomes of it, and that nothing is run, fetched or written for it."""

from __future__ import annotations

import io
import json
import os
import random
import subprocess
import sys
import tarfile
import zipfile
from html.parser import HTMLParser
from pathlib import Path
from time import process_time
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libya_news import Drop, RawArticle, build, normalize, segment, segment_html
from libya_news.normalize.damage import MAX_LINES as MAX_SUSPICIOUS
from libya_news.pipeline import process
from libya_news.segment._limits import MAX_ATTRIBUTE, MAX_BREAKS, MAX_LINES, MAX_NESTING, MAX_TAGS
from libya_news.segment._markup import FAR_TOO_DEEP, MANY_TAGS, MAX_ATTRIBUTES, bounded, parsed_depth
from libya_news.sources import read

STORY = "Talks in Moscow have ended without a deal, officials in Tripoli said on Monday."
HTTP = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>Talks end in Moscow."


def warc(length: int) -> bytes:
    """Two records of which the first lies about its length."""
    heads = [b"WARC/1.0\r\nWARC-Type: response\r\nContent-Length: %d\r\n\r\n" % size for size in (length, len(HTTP))]
    return b"\r\n\r\n".join([heads[0] + HTTP, heads[1] + HTTP, b""])


def parquet(table: pa.Table, *, corrupt: bool = False) -> bytes:
    """A Parquet file, maybe with a page whose bytes are not those that its checksum tells of."""
    sink = io.BytesIO()
    plain: dict[str, Any] = {"use_dictionary": False, "write_statistics": False}
    pq.write_table(table, sink, compression="none", write_page_checksum=True, **plain)
    data = sink.getvalue()
    return data.replace(b"Monday", b"Sunday", 1) if corrupt else data


def packed(name: str) -> bytes:
    """A zip archive with one entry of that name."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr(name, STORY)
    return sink.getvalue()


def linked() -> bytes:
    """A tar archive that holds a link to a file of the machine's."""
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w") as archive:
        entry = tarfile.TarInfo("a.txt")
        entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(entry)
    return sink.getvalue()


TEXTS = pa.table({"text": [STORY]})
CASES: dict[str, tuple[bytes, list[str]]] = {
    "deep.html": (b"<div>" * 100_000 + STORY.encode(), ["no page: nested 100,000 deep, where 10,000 are allowed"]),
    "formatting.html": (b"<b>" * 100_000 + STORY.encode(), ["no page: nested 100,000 deep"]),
    "attribute.html": (
        b"<p title='" + b"a" * 50_000_000 + b"'>" + STORY.encode(),
        ["no page: an attribute of 50,000,000 characters, where 16,777,216 are allowed"],
    ),
    "list.html": (b"<ul>" + b"<li>x" * 1_000_000, ["no page: 1,000,001 tags, where 200,000 are allowed"]),
    "breaks.html": (b"<pre>" + b"x\n" * 1_000_001, ["no page: 1,000,001 line breaks, where 1,000,000 are allowed"]),
    "lines.html": (b"<pre>" + b"x\n" * 20_001, ["no page: 20,001 lines, where 20,000 are allowed"]),
    "lines.txt": (b"x\n" * 500_000, ["no article: 500,000 lines, where 20,000 are allowed"]),
    "reaching.warc": (warc(len(HTTP) + 200), ["broken record: its length reaches into the next record"]),
    "endless.warc": (warc(10**18), ["broken record: its length reaches into the next record"]),
    "cut.warc": (
        warc(9),
        [f"broken WARC: {len(HTTP) - 5} bytes at offset 61 are no record", "no page: HTTP status missing"],
    ),
    "endless.arc": (b"http://a/ 1.1.1.1 20200101000000 text/html 99999999999\n" + HTTP, ["truncated: 67 of 99,999,"]),
    "schema.parquet": (parquet(pa.table({"text": [1]})), ["wrong schema: column text holds int64, not text"]),
    "corrupt.parquet": (parquet(TEXTS, corrupt=True), ["broken Parquet: row group 1"]),
    "cut.parquet": (parquet(TEXTS)[:-6], ["broken Parquet"]),
    "out.zip": (packed("../../out.txt"), ["unsafe name: '../../out.txt' leads out of the archive"]),
    "name.zip": (packed("a" * 5000 + ".txt"), ["unsafe name: it has 5,004 characters"]),
    "link.tar": (linked(), ["link: links in archives are not followed"]),
    "twice.jsonl": (2 * b'{"text": "Ports open.", "url": "https://a.org/1"}\n', ["duplicate"]),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_what_is_dropped(tmp_path: Path, name: str) -> None:
    data, reasons = CASES[name]
    (tmp_path / name).write_bytes(data)
    (tmp_path / "good.txt").write_text(STORY + " They will go on next week.", encoding="utf-8")
    start = process_time()
    release = build([tmp_path], out=tmp_path / "out")
    assert process_time() - start < 10
    assert release.counts["articles"] >= 1
    assert len(release.drops) == len(reasons)
    for drop, reason in zip(release.drops, reasons, strict=True):
        assert drop.reason.startswith(reason), drop.reason
        assert len(drop.reason) < 500


@pytest.mark.parametrize("date", ["0000-00-00", "+275760-09-13T00:00:00Z", "0001-01-01T00:00:00+14:00", "9" * 400])
def test_dates_that_are_none_leave_an_article_without(date: str) -> None:
    page = f"<meta property='article:published_time' content='{date}'><p>{STORY}"
    made = process(RawArticle("a.html", page, html=True))
    assert not isinstance(made, Drop)
    assert made.published_at is None


@pytest.mark.parametrize(
    ("html", "drop"),
    [
        ("<div>" * MAX_NESTING + STORY, False), ("<div>" * (MAX_NESTING + 1) + STORY, True),
        ("<p>" + STORY + "<br>" * (MAX_TAGS - 1), False), ("<p>" + STORY + "<br>" * MAX_TAGS, True),
        (STORY + "\n" * MAX_BREAKS, False), (STORY + "\n" * (MAX_BREAKS + 1), True),
        ("<pre>" + "x\n" * MAX_LINES, False), ("<pre>" + "x\n" * (MAX_LINES + 1), True),
        (f"<p title='{'a' * MAX_ATTRIBUTE}'>{STORY}", False), (f"<p title='{'a' * (MAX_ATTRIBUTE + 1)}'>{STORY}", True),
    ],
    ids=lambda value: str(value)[:12],
)  # fmt: skip
def test_a_page_on_either_side_of_a_limit(html: str, drop: bool) -> None:
    made = process(RawArticle("a.html", html, html=True))
    assert isinstance(made, Drop) == drop


def test_a_tag_with_too_many_attributes_is_left_out() -> None:
    """A parser alone takes 21 s for this."""
    crowded = "<p " + " ".join(f"a{number}=1" for number in range(100_000)) + ">"
    start = process_time()
    article = segment_html(f"<p>{STORY}{crowded}They will go on.")
    assert process_time() - start < 2
    assert article.text.startswith(STORY)


NESTS = (
    "<div></x>", "<i></b>", "<div></span>", "<span></div>", "<ul></ol>", "<svg></x>", "<path>", "<svg><path>",
    "<span><div></span></div>", "<span><p></span></p>", "<b id=%d><div></b>", "<i id=%d><object></i></object>",
    "<form><div></form>", "<option><div></option>", "<td><div></td>", "<rt><div></rt>", "<math><mi><div></mi></math>",
    "<div><svg><desc></div></svg>", "<svg><td><div></td></svg>", "<tbody><ul></tbody>", "<li><select></li></select>",
    "<pre><path/><svg>", "<ul><p></table><table><table></table>", "<ruby><rt/><option><dt/><rt><g/>",
)  # fmt: skip


@pytest.mark.parametrize("unit", NESTS)
def test_elements_that_an_end_tag_does_not_close(unit: str) -> None:
    """A parser alone takes up to half a minute for some of these."""
    markup = "".join(unit.replace("%d", str(number)) for number in range(300_000 // len(unit)))
    start = process_time()
    segment_html(f"<p>{STORY}</p>{markup}x")
    assert process_time() - start < 2


TAGS = (
    "a", "b", "div", "form", "i", "li", "math", "mi", "option", "p", "path", "rt", "ruby", "select", "span", "svg",
    "table", "td", "template", "tr", "ul", "x",
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(TAGS), st.sampled_from(["<{}>", "<{}>", "<{}/>", "</{}>"])), min_size=2, max_size=6
    )
)
def test_no_tags_nest_without_end(tags: list[tuple[str, str]]) -> None:
    markup = bounded(("".join(form.format(tag) for tag, form in tags) * (MANY_TAGS + 1)).encode())
    assert parsed_depth(markup) <= 2 * FAR_TOO_DEEP


def _read(path: Path) -> list[RawArticle | Drop]:
    drops: list[RawArticle | Drop] = []
    return [*read(path, on_drop=drops.append), *drops]


def test_a_page_with_an_endless_head_does_not_take_others_down(tmp_path: Path) -> None:
    long = HTTP.replace(b"\r\n\r\n", b"\r\nX-Long: " + b"x" * 300_000 + b"\r\n\r\n")
    heads = [b"WARC/1.0\r\nWARC-Type: response\r\nContent-Length: %d\r\n\r\n" % len(body) for body in (long, HTTP)]
    (tmp_path / "a.warc").write_bytes(b"\r\n\r\n".join([heads[0] + long, heads[1] + HTTP, heads[1] + HTTP, b""]))
    line = b"http://example.org/%d 1.1.1.1 20200114000000 text/html %d\n"
    pages = [line % (number, len(body)) + body for number, body in enumerate((long, HTTP, HTTP))]
    (tmp_path / "a.arc").write_bytes(b"\n".join(pages))
    for name in ("a.warc", "a.arc"):
        found = _read(tmp_path / name)
        assert [type(one) for one in found] == [RawArticle, RawArticle, Drop]
        assert isinstance(found[2], Drop)
        assert (found[2].id, found[2].reason[:11]) == (f"{name}:1", "unreadable:")


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.jsonl", "\n\n"), ("a.csv", "text,url\n"), ("a.tsv", "\n"), ("a.warc", "no archive"), ("a.sgml", "<DOC>"),
        ("a.json", "[]"),
    ],
)  # fmt: skip
def test_a_file_without_records_is_a_drop(tmp_path: Path, name: str, data: str) -> None:
    (tmp_path / name).write_text(data, encoding="utf-8")
    found = _read(tmp_path / name)
    assert len(found) == 1
    assert isinstance(found[0], Drop)


@pytest.mark.parametrize(("name", "data"), [("a.jsonl", "\n"), ("a.csv", "text\n" + "\n"), ("b.csv", "text\n,")])
def test_a_file_of_nothing_but_separators(tmp_path: Path, name: str, data: str) -> None:
    (tmp_path / name).write_text(data[:-1] + data[-1] * 2_000_000, encoding="utf-8")
    start = process_time()
    found = _read(tmp_path / name)
    assert process_time() - start < 5
    assert [one.reason[:5] for one in found if isinstance(one, Drop)] == ["bomb:"]


@pytest.mark.parametrize("between", ['"', '"text"', " text ", "1", ']"'])
def test_what_stands_between_json_objects_is_told(tmp_path: Path, between: str) -> None:
    (tmp_path / "a.json").write_text(
        '{"text": "Talks end."}\n' + between + '{"text": "Talks go on."}', encoding="utf-8"
    )
    assert any(isinstance(one, Drop) and "JSON" in one.reason for one in _read(tmp_path / "a.json"))


@pytest.mark.parametrize("between", [", ", "\n", "\x1e", "\ufeff"])
def test_what_may_stand_between_json_objects(tmp_path: Path, between: str) -> None:
    (tmp_path / "a.json").write_text('{"text": "Talks end."}' + between + '{"text": "Talks go on."}', encoding="utf-8")
    assert [type(one) for one in _read(tmp_path / "a.json")] == [RawArticle, RawArticle]


def test_a_story_as_data_that_is_all_signs() -> None:
    body = json.dumps({"@type": "NewsArticle", "articleBody": "<" * 900_000}).replace("<", "\\u003c")
    start = process_time()
    segment_html(f'<script type="application/ld+json">{body}</script><p>{STORY}')
    assert process_time() - start < 2


CROWDED = {
    "plain": [" a"] * MAX_ATTRIBUTES,
    "not parted by spaces": [" x=''", *["x=''"] * (MAX_ATTRIBUTES - 1)],
    "signs of tags in quotes": [" a='<b>>'"] * MAX_ATTRIBUTES,
    "in quotes of either kind": [" a='\">'", ' b = ">\'"'] * (MAX_ATTRIBUTES // 2),
    "one sign alone": [*[" a"] * 500, " b='>'", *[" a"] * (MAX_ATTRIBUTES - 501)],
}


@pytest.mark.parametrize("attributes", CROWDED.values(), ids=CROWDED)
@pytest.mark.parametrize("before", ["", "<i title='a>b' class=x>", "<", '=">', "='<"])
@pytest.mark.parametrize("behind", [">", "", "/><p>"])
def test_tags_are_crowded_however_they_are_written(attributes: list[str], before: str, behind: str) -> None:
    few, many = (f"{before}<p{''.join(some)}{behind}".encode() for some in (attributes[1:], attributes))
    assert bounded(few) is few
    assert b"<p " not in bounded(many)


def test_more_lines_than_are_judged() -> None:
    text = "x\n" * (MAX_LINES + 1)
    assert {one.by for one in segment(text)} == {"rule:too_many_lines"}
    assert "rule:too_many_lines" not in {one.by for one in segment(text[2:])}
    assert {one.kind for one in segment_html(f"<pre>{text}").segments} == {"boilerplate_other"}


LONG = {"paragraphs": "<p>x", "preformatted": "<pre>x\n", "quotes": "<a b='"}


@pytest.mark.parametrize("unit", LONG.values(), ids=LONG)
def test_a_megabyte_takes_no_more_than_seconds(unit: str) -> None:
    """To judge all of these lines would take 15 times as long as Python's own parser takes to read such elements."""
    html = unit * (1_000_000 // len(unit))
    segment_html("<p>x")
    start = process_time()
    HTMLParser().feed("<p>x" * 250_000)
    parsed = process_time()
    segment_html(html)
    assert process_time() - parsed < 8 * (parsed - start)  # as a rule 3 times, 2 s on a fast machine


@pytest.mark.parametrize("unit", ["Share ", "1 of 2 ", "Image caption ", "(Image credit: A "])
def test_a_long_line_of_marks_takes_no_more_than_seconds(unit: str) -> None:
    """To read for each mark all that stands before it would take half a minute."""
    segment("x")
    start = process_time()
    segment(unit * (1_000_000 // len(unit)))
    assert process_time() - start < 10  # 2 s and less on a machine of its own


CHANCE = random.Random(1)  # noqa: S311 - no secret


def drawn(letters: str, line: int) -> str:
    """A million letters drawn by chance, in words, and in lines of about that length."""
    pool = letters * 12 + " " * len(letters) * 2 + "\n" * max(1, 12 * len(letters) // line)
    return "".join(CHANCE.choices(pool, k=1_000_000))


LATIN, WESTERN, ARABIC = (bytes(range(128, 256)).decode(name, "ignore") for name in ("latin-1", "cp1252", "cp1256"))
NOISE: dict[str, bytes | str] = {
    "bytes": CHANCE.randbytes(1_000_000), "Latin": drawn(LATIN, 80), "long lines": drawn(WESTERN, 5000),
    "short lines": drawn(LATIN, 10), "both": drawn(WESTERN + ARABIC, 80),
}  # fmt: skip


@pytest.mark.parametrize("name", NOISE)
def test_a_megabyte_of_noise_takes_no_more_than_seconds(name: str) -> None:
    """To try to repair all of it took 4 to 18 s. What is left as it is is damage."""
    normalize("lâ€™armÃ©e")
    start = process_time()
    found = normalize(NOISE[name])
    assert process_time() - start < 4  # 2 s and less on a machine of its own
    assert found.damage
    assert "mojibake" not in found.counts


FRENCH = (
    "Les forces loyalistes ont repris la ville de Syrte, a déclaré à l’AFP un responsable qui s’exprimait à Tripoli."
)


def test_much_text_is_repaired_where_it_can_be() -> None:
    """A character in fifty is lost, so that the text is no UTF-8 as a whole."""
    misread = (FRENCH.encode().decode("cp1252") + "\n") * 1000
    found = normalize("".join(sign for sign in misread if CHANCE.random() > 0.02))
    assert found.text.count("déclaré à l’AFP") > 500
    assert normalize(found.text).text == found.text


@pytest.mark.parametrize("more", [0, 1])
def test_a_text_with_suspicious_lines_on_either_side_of_the_limit(more: int) -> None:
    """The last line keeps the text from being UTF-8 as a whole."""
    text = "Ã©tÃ©\u202f!\n" * (MAX_SUSPICIOUS - 1 + more) + "Ø?ÙŠ Ø¬Ø§Ù†Ø¨"
    found = normalize(text)
    assert found.text.startswith("Ã©tÃ©\u202f!" if more else "été !")
    assert found.damage[0][0] == (0 if more else len("été !\n") * (MAX_SUSPICIOUS - 1))
    assert normalize(found.text).text == found.text


WATCHED = """
import json, sys
said = []
def watch(event, arguments):
    if event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.connect"):
        said.append([event, repr(arguments[1:] if event == "socket.connect" else arguments[:1])])
    elif event in ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "pickle.find_class"):
        said.append([event, repr(arguments[0])])
    elif event == "open" and isinstance(arguments[0], (str, bytes)) and set(arguments[1] or "") & set("wax+"):
        said.append(["write", str(arguments[0])])
    elif event in ("os.mkdir", "os.rename", "os.symlink", "os.link"):
        said.append(["write", str(arguments[0 if event == "os.mkdir" else 1])])
sys.addaudithook(watch)
from libya_news.cli import main
try:
    sink = sys.argv.pop(1)
    main()
finally:
    with open(sink, "w") as sink:
        json.dump(said, sink)
"""
"""The command with Python's own audit of what it asks the system for."""


def test_a_build_of_files_runs_nothing_and_asks_no_host_and_writes_into_its_folder(tmp_path: Path) -> None:
    source, out, home = (tmp_path / name for name in ("source", "out", "home"))
    source.mkdir()
    home.mkdir()
    page = '<link rel="canonical" href="https://example.org/a"><img src="https://example.org/i.png">' + STORY
    rows = [{"text": STORY, "url": "https://example.org/1", "html": page}, {"html": page + " More."}]
    files = {
        "a.html": page.encode(), "b.jsonl": "\n".join(map(json.dumps, rows)).encode(), "c.parquet": parquet(TEXTS),
        "d.warc": warc(len(HTTP)), "e.zip": packed("../out.txt"), "f.tar": linked(),
        "g/g.csv": b"text\n=cmd|' /C calc'!A0\n",
        "g/README.md": b"---\na: !!python/object/apply:os.system ['true']\n---\n",
        "h/README.md": b"---\nconfigs:\n- data_files: hf://datasets/a/b/c.txt\n---\n",
    }  # fmt: skip
    for name, data in files.items():
        (source / name).parent.mkdir(exist_ok=True)
        (source / name).write_bytes(data)
    surroundings = {**os.environ, "HOME": str(home), "TMPDIR": str(home), "HF_HOME": str(home / "hf")}
    command = [sys.executable, "-c", WATCHED, str(tmp_path / "said.json"), "build", str(source), "--out", str(out)]
    command += ["--version", "1.0.0"]
    before = set(tmp_path.rglob("*"))
    done = subprocess.run(
        command, cwd=out.parent / "home", env=surroundings, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    said = json.loads((tmp_path / "said.json").read_text(encoding="utf-8"))
    assert [what for what in said if what[0] != "write"] == []
    written = {Path(place).resolve() for event, place in said if event == "write"}
    written -= {tmp_path / "said.json", Path(os.devnull)}
    assert written, "the audit saw no write at all"
    assert [path for path in written if not path.is_relative_to(out) and not path.is_relative_to(home)] == []
    new = set(tmp_path.rglob("*")) - before
    assert {path.relative_to(tmp_path).parts[0] for path in new} <= {"out", "home", "said.json"}
