"""Topics: which names count, where they stand, what a topic file may say, and the figures on labelled articles."""

from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libya_news._tables import tomllib
from libya_news.corpus._folding import fold
from libya_news.corpus.topics import RELEVANT, Topic, load_topic, relevance
from libya_news.errors import DataError, SourceNotFoundError, UsageError

ROOT = Path(__file__).resolve().parent.parent
CASES = tomllib.loads((ROOT / "tests" / "cases" / "topics" / "libya.toml").read_text(encoding="utf-8"))["case"]


@pytest.fixture(scope="module")
def libya() -> Topic:
    return load_topic("libya")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["why"])
def test_names_that_count(libya: Topic, case: dict[str, Any]) -> None:
    found = relevance(case["text"], libya).evidence
    assert [[mention.name, case["text"][mention.start : mention.end]] for mention in found] == case["names"]


TEXTS = st.text(st.one_of(st.characters(), st.sampled_from("ليبياوةى\u064e\u0640\u0301 ßİıﬁA\ud800’")), max_size=60)


@given(TEXTS)
def test_folding_keeps_count(text: str) -> None:
    folded = fold(text)
    assert all(char == " " or char.isalnum() for char in folded.text)
    spans = [folded.span(index, index + 1) for index in range(len(folded.text))]
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    assert [fold(text[start:end]).text for start, end in spans] == list(folded.text)


@given(TEXTS, TEXTS)
def test_a_name_is_found_wherever_it_stands(before: str, after: str) -> None:
    text = f"{before} Misrata {after}"
    found = relevance(text, load_topic("libya")).evidence
    assert ("places.misrata", len(before) + 1, len(before) + 8) in [mention[:3] for mention in found]


def test_only_spans_count(libya: Topic) -> None:
    text = "Libya | Tripoli\nThe mayor of Rome spoke."
    assert relevance(text, libya).evidence
    assert not relevance(text, libya, spans=[(16, len(text))]).evidence


def test_title_counts(libya: Topic) -> None:
    text = "The ministry said so. " * 60 + "A ship from Libya was seen."
    bare, titled = (relevance(text, libya, title=title) for title in ("", "Libya: a ship is seen"))
    assert bare.score < RELEVANT <= titled.score
    assert [mention.field for mention in titled.evidence] == ["title", "text"]


def test_score_lies_between_0_and_1(libya: Topic) -> None:
    assert relevance("", libya).score == 0
    assert relevance("", libya, spans=[]).score == 0
    assert 0.99 < relevance("Libya " * 10_000, libya).score < 1


@pytest.mark.parametrize("unit", ["Libya", "Libya ", "ل", "لل", "وليبيا", "x", "\u064e"])
def test_time_is_linear(libya: Topic, unit: str) -> None:
    """One word of a million characters too; squared, it would take hours."""
    text = unit * (1_000_000 // len(unit))
    start = time.process_time()
    relevance(text, libya)
    assert time.process_time() - start < 20


GOOD = 'format = "libya_news/topic"\nversion = 1\n[places.damascus]\nen = ["Damascus"]\nar = ["دمشق"]\n'


def test_a_topic_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "syria.toml").write_text(GOOD, encoding="utf-8")
    syria = load_topic(str(tmp_path / "syria.toml"))
    assert [mention.name for mention in relevance("وفي دمشق", syria).evidence] == ["places.damascus"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[places.x", "is not valid TOML"),
        ('format = "libya_news/topic"\nversion = 2\n', "is needed"),
        (GOOD + "[animals.x]\n", "has the key 'animals'.*places, people, organisations"),
        (GOOD + '[people]\nx = ["a"]\n', "people.x is no table"),
        (GOOD + '[company]\nen = "a"\n', "company.en is no list of names"),
        (GOOD + '[people.x]\nenglish = ["a"]\n', "people.x has the key 'english'"),
        (GOOD + '[people.x]\nen = "a"\n', "people.x.en is no list of names"),
        (GOOD + "[people.x]\nen = [1]\n", "people.x.en is no list of names"),
        (GOOD + '[people.x]\nen = ["-"]\n', "people.x: '-' is no name"),
        (GOOD + '[people.x]\nen = ["a  b"]\n', "people.x: 'a  b' is no name"),
        (GOOD + '[people.x]\nen = ["DAMASCUS"]\n', r"'DAMASCUS' is in places.damascus \(sure\) and people.x \(sure\)"),
        (
            GOOD + '[people.x.unsure]\nrivals = ["b"]\n',
            r"people.x has the key 'rivals'. Use a language of two letters\.$",
        ),
        (
            GOOD + '[people.x.unsur]\nen = ["b"]\n',
            "people.x has the key 'unsur'. Use a language of two letters, unsure, r",
        ),
        (GOOD + '[people.x]\nunsure = ["b"]\n', r"people.x.unsure is no table. Write \[people.x.unsure\]"),
        ('format = "libya_news/topic"\nversion = 1\n[people.x.unsure]\nen = ["b"]\n', "has no sure name"),
    ],
)
def test_bad_topics_are_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        load_topic(str(path))


def test_unknown_topics_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no topic 'syria'. Give libya, or a file"):
        load_topic("syria")
    with pytest.raises(SourceNotFoundError, match=r"none\.toml' cannot be read: No such file or directory\. Check"):
        load_topic(str(tmp_path / "none.toml"))


@pytest.mark.shared
def test_figures_hold(shared: Path, monkeypatch: pytest.MonkeyPatch, libya: Topic) -> None:
    """On the labelled articles that no weight was chosen on."""
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    from benchmarks.topics import labelled  # noqa: PLC0415 - a script, not a package

    told = [
        (item.about, relevance(item.text, libya, title=item.title).is_relevant)
        for item in labelled(shared / "corpora")
        if item.set == "report"
    ]
    right = sum(about and named for about, named in told)
    assert len(told) == 291
    assert right / sum(named for _, named in told) >= 0.95
    assert right / sum(about for about, _ in told) >= 0.94


def test_the_example_of_the_docs_is_a_topic(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "corpus.md").read_text(encoding="utf-8")
    (tmp_path / "example.toml").write_text(page.partition("```toml\n")[2].partition("```")[0], encoding="utf-8")
    example = load_topic(str(tmp_path / "example.toml"))
    assert [mention.name for mention in relevance("Damascus and Tripoli", example).evidence] == [
        "places.damascus",
        "places.tripoli",
    ]
