"""``libya-news.toml``: what it says becomes a release, and what is wrong in it is named."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from libya_news import build
from libya_news.cli.build import MAX_DOCUMENT_BYTES
from libya_news.config import load_config
from libya_news.errors import SourceNotFoundError, UsageError
from libya_news.release import manifest
from libya_news.release.rebuild import rebuild
from libya_news.sources import MAX_DOCUMENT_BYTES as MAX_READ
from libya_news.sources import Reading, Source

HEAD = 'format = "libya_news/corpus"\nversion = 1\n'
CONFIG = (
    HEAD
    + """
[release]
name = "two-papers"
version = "1.2.0"
out = "store"

[defaults]
licence = "CC-BY-4.0"

[filters]
languages = ["en"]
min_characters = 20
since = 2015-01-01
max_document_bytes = 5000

[[sources]]
path = "one/*.json"
map = {text = "story", publisher = "outlet"}

[[sources]]
path = "two"
publisher = "Paper Two"
licence = "CC0-1.0"
"""
)
STORY = "Talks in Moscow have ended without a deal, officials in Tripoli said on Monday."


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with a config and what it names."""
    rows = [
        {"story": STORY, "outlet": "Paper One", "date": "2015-07-01"},
        {"story": f"{STORY} No date.", "outlet": "Paper One"},
        {"story": f"{STORY} Old.", "date": "2014-12-31"},
        {"story": "انتهت المحادثات في موسكو دون اتفاق، كما قال مسؤولون في طرابلس.", "date": "2015-07-01"},
        {"story": "Short.", "date": "2015-07-01"},
        {"story": "Long. " * 1000, "date": "2015-07-01"},
    ]
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "a.json").write_text(json.dumps(rows), encoding="utf-8")
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "b.csv").write_text(f'text,date\n"{STORY} Later.",2020-01-14\n', encoding="utf-8")
    (tmp_path / "libya-news.toml").write_text(CONFIG, encoding="utf-8")
    return tmp_path


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "libya_news", "build", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_corpus_is_built_as_described(place: Path) -> None:
    result = _run("--config", str(place / "libya-news.toml"), "--version", "1.3.0", "--json")
    assert result.returncode == 0, result.stderr
    release = manifest.load(place / "store" / "two-papers-1.3.0")
    assert release.counts["publishers"] == {"Paper One": 1, "Paper Two": 1}
    assert release.counts["licences"] == {"CC-BY-4.0": 1, "CC0-1.0": 1}
    assert sorted(drop.reason for drop in release.drops) == [
        "filtered: it has no date (one/a.json:2)",
        "filtered: it is of 2014-12-31 (one/a.json:3)",
        "filtered: its 6 characters are fewer than 20 (one/a.json:5)",
        "filtered: its language is ar (one/a.json:4)",
        "too large: 6,035 bytes in one document, where 5,000 are allowed",
    ]


def test_defaults_count_where_a_page_says_nothing_itself(tmp_path: Path) -> None:
    said = {"@type": "NewsArticle", "publisher": {"name": "Paper"}, "license": "https://example.org/nc"}
    own = f'<html lang="en"><script type="application/ld+json">{json.dumps(said)}</script>'
    (tmp_path / "in").mkdir()
    for name, head in (("own", own), ("bare", "")):
        (tmp_path / "in" / f"{name}.html").write_text(f"{head}<p>{STORY} {name}</p>", encoding="utf-8")
    facts = 'publisher = "Other"\nlicence = "CC-BY-4.0"\nlanguage = "French"\nterms = "T"\n'
    for config in (f'[defaults]\n{facts}[[sources]]\npath = "in"\n', f'[[sources]]\npath = "in"\n{facts}'):
        (tmp_path / "libya-news.toml").write_text(HEAD + config, encoding="utf-8")
        corpus = load_config(tmp_path / "libya-news.toml")
        out = build(corpus.sources, **{**corpus.settings, "out": tmp_path / str(len(config))})
        (file,) = (out.path / "articles").glob("*.parquet")
        rows = pq.read_table(file, columns=["source", "publisher", "licence", "language", "terms"]).to_pylist()
        assert {tuple(row.values()) for row in rows} == {
            ("in/bare.html", "Other", "CC-BY-4.0", "fr", "T"),
            ("in/own.html", "Paper", "https://example.org/nc", "en", "T"),
        }


def test_a_corpus_is_built_again_from_its_manifest_alone(place: Path) -> None:
    corpus = load_config(place / "libya-news.toml")
    release = build(corpus.sources, **corpus.settings)
    assert rebuild(release, sources=[place]).identical


def test_names_that_do_not_tell_how_they_are_read(place: Path) -> None:
    (place / "other" / "two").mkdir(parents=True)
    (place / "other" / "two" / "c.csv").write_text(f'text\n"{STORY}"\n', encoding="utf-8")
    (place / "libya-news.toml").write_text(CONFIG + '[[sources]]\npath = "other/two"\n', encoding="utf-8")
    corpus = load_config(place / "libya-news.toml")
    with pytest.raises(UsageError, match=r"'two/c.csv' is the name of files of two sources.*Rename"):
        build(corpus.sources, **corpus.settings)


@pytest.mark.parametrize("pattern", ["news/**/*.csv", "news/**", "news**/**/*", "**/*.csv", "news/*"])
def test_patterns_tell_how_files_are_read_as_they_find_them(tmp_path: Path, pattern: str) -> None:
    for name in ("a", "b/c", "b/d/e"):
        path = tmp_path / "all" / "news" / f"{name}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'story\n"{STORY} {name}"\n', encoding="utf-8")
    release = build([Source(tmp_path / "all" / pattern, Reading({"text": "story"}))], out=tmp_path / "store")
    assert release.counts["articles"] == 3
    assert rebuild(release, sources=[tmp_path / "all", tmp_path]).identical


def test_two_patterns_of_which_one_reaches_no_deeper(place: Path) -> None:
    (place / "two" / "more").mkdir()
    (place / "two" / "more" / "c.csv").write_text(f'story\n"{STORY} More."\n', encoding="utf-8")
    plain, other = Source(place / "two/*.csv"), Source(place / "two/more/*.csv", Reading({"text": "story"}))
    assert build([plain, other], out=place / "store").counts["articles"] == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[", "not valid TOML"),
        ("", r"missing required field `format`.*It takes: format, version, sources"),
        ('format = "other"\nversion = 1\nsources = []', 'declares other 1.*Write format = "libya_news/corpus"'),
        (HEAD + "sources = []", r"no sources.*path = "),
        (HEAD + "[[sources]]\n[[sources]]", r"\[\[sources\]\] number 1: .*`path`.*It takes: .*path, map"),
        (
            HEAD + '[[sources]]\npath = "a"\n[[sources]]\npath = 7',
            r"number 2: Expected `str`, got `int` - at `\$.path`. path takes a text in quotation",
        ),
        (HEAD + '[[sources]]\npath = "a"\nmaps = {}', r"unknown field `maps`.*It takes: .*map"),
        (HEAD + '[[sources]]\npath = "a"\nmap = {colour = "red"}', r"number 1: 'colour' is no field.*text, html"),
        (HEAD + '[[sources]]\npath = "a"\nmap = {text = " "}', r"number 1: The field 'text' has no name"),
        (
            HEAD + '[defaults]\nlanguage = "klingonese"\n[[sources]]\npath = "a"',
            r"\[defaults\]: 'klingonese' is no language. Write",
        ),
        (HEAD + '[[sources]]\npath = "a"\nlanguage = "klingonese"', r"\[\[sources\]\] number 1: 'klingonese' is no"),
        (
            HEAD + '[release]\nname = "Two Papers"\n[[sources]]\npath = "a"',
            r"\[release\]: 'Two Papers' is no name for a dataset. Use lower-case",
        ),
        (HEAD + '[release]\nversion = "1.0"\n[[sources]]\npath = "a"', r"\[release\]: '1.0' is no version. Give three"),
        (HEAD + '[release]\nsplit = "foo"\n[[sources]]\npath = "a"', r"\[release\]: 'foo' is no way to split. Give"),
        (HEAD + '[release]\ntopic = "syria"\n[[sources]]\npath = "a"', r"\[release\]: There is no topic 'syria'. Give"),
        (
            HEAD + '[release]\nformat = "csv"\n[[sources]]\npath = "a"',
            r"\[release\]: Invalid enum value 'csv' - at `\$.format`. format takes one of parquet, arrow\.$",
        ),
        (
            HEAD + '[filters]\nsince = "soon"\n[[sources]]\npath = "a"',
            r"\[filters\]: .*date.*`\$.since`. since takes a day",
        ),
        (
            HEAD + '[filters]\nmax_document_bytes = 0\n[[sources]]\npath = "a"',
            r"\[filters\]: .*>= 1 .*`\$.max_document",
        ),
        (
            HEAD + '[filters]\nmin_characters = -5\n[[sources]]\npath = "a"',
            r"\[filters\]: min_characters is -5. Give 0",
        ),
        (
            HEAD + '[filters]\nlanguages = ["EN"]\n[[sources]]\npath = "a"',
            r"\[filters\]: languages has 'EN'.*Write 'en'",
        ),
        (HEAD + '[filters]\nlanguages = ["xx"]\n[[sources]]\npath = "a"', r"languages has 'xx'.*ISO 639-1"),
        (HEAD + '[filters]\nlanguages = "en"\n[[sources]]\npath = "a"', "languages takes a list of texts"),
        (
            HEAD + '[filters]\nsince = 2020-01-01\nuntil = 2019-01-01\n[[sources]]\npath = "a"',
            r"\[filters\]: since 2020-01-01 is after until 2019-01-01",
        ),
        (HEAD + '[[sources]]\npath = ""', r"number 1: .*`\$.path`. path takes a text"),
        (HEAD + '[sources]\npath = "a"', r"sources takes one table or more: write \[\[sources\]\] and below it path"),
        (
            HEAD + '[[sources]]\npath = "a"\nmap = {url = "u", text = ["b"]}',
            r"at `\$.map.text`. map takes a table of texts",
        ),
        ('format = "libya_news/corpus"\nversion = 1.0\nsources = []', "version takes a whole number"),
        (
            HEAD + '[defaults]\nlicense = "MIT"\n[[sources]]\npath = "a"',
            r"unknown field `license`.*It takes: .*licence",
        ),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "libya-news.toml").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=message) as caught:
        load_config(tmp_path / "libya-news.toml")
    assert "libya-news.toml" in str(caught.value)


def test_a_config_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SourceNotFoundError, match=r"none\.toml cannot be read"):
        load_config(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Give sources, or --config"),
        (["x", "--config", "y.toml"], "Give sources, or --config"),
        (["--config", "y.toml", "--map", "text=a"], "--map stands in the config file"),
        (["x", "--map", "text"], "is no mapping"),
    ],
)
def test_calls_that_cannot_be_meant(arguments: list[str], message: str) -> None:
    result = _run(*arguments)
    assert result.returncode == 2
    assert message in " ".join(result.stderr.split())


def test_mappings_add_up(place: Path) -> None:
    result = _run(str(place / "one"), "--map", "text=story", "--map", "publisher=outlet", "--out", str(place / "store"))
    assert result.returncode == 0, result.stderr
    assert manifest.load(place / "store" / "libya-news-1.0.0").counts["publishers"]["Paper One"] == 2


def test_a_config_file_that_lies_here_is_suggested(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)
    result = _run()
    assert result.returncode == 2
    assert "Give sources, or --config libya-news.toml." in " ".join(result.stderr.split())


@pytest.mark.parametrize("out", ["s3://bucket/x", "hf://datasets/org/x", "memory://x", "file:///x"])
def test_a_url_is_no_folder_to_build_in(place: Path, out: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)
    before = sorted(place.rglob("*"))
    with pytest.raises(UsageError, match=rf"'{out}' is a URL, .*libya-news publish"):
        build(["two"], out=out)
    (place / "libya-news.toml").write_text(CONFIG.replace('"store"', f'"{out}"'), encoding="utf-8")
    corpus = load_config("libya-news.toml")
    with pytest.raises(UsageError, match=rf"'{out}' is a URL, .*libya-news publish"):
        build(corpus.sources, **corpus.settings)
    assert sorted(place.rglob("*")) == before


def test_the_limit_of_the_command_is_that_of_the_library() -> None:
    assert MAX_DOCUMENT_BYTES == MAX_READ


def test_the_example_names_every_form_of_the_common_corpora(root: Path, shared: Path) -> None:
    (shared / "corpora").stat()
    corpus = load_config(root / "docs" / "examples" / "corpora.toml")
    assert {Path(source.path).name for source in corpus.sources} == {"libya", "arabic-news"}
