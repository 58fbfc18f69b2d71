"""What a dataset says that it is, and by what its articles were chosen."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from libya_news import Release, build
from libya_news._models import load_model
from libya_news.corpus.filters import Filters
from libya_news.release import card
from libya_news.release.about import About
from libya_news.release.rebuild import rebuild
from libya_news.release.verify import verify

TOPIC = """
format = "libya_news/topic"
version = 1

[places.syria]
en = ["Syria", "Damascus"]
"""
STORY = "Talks on Syria were held in Damascus on Monday, officials said, and Syria will hold more of them this week."


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text(STORY, encoding="utf-8")
    (tmp_path / "syria.toml").write_text(TOPIC, encoding="utf-8")
    return tmp_path


def _said(release: Release) -> tuple[str, dict[str, Any], dict[str, Any]]:
    card = (release.path / "README.md").read_text(encoding="utf-8")
    cited = yaml.safe_load((release.path / "CITATION.cff").read_text(encoding="utf-8"))
    return card, cited, json.loads((release.path / "croissant.json").read_text(encoding="utf-8"))


def test_a_dataset_about_a_topic_of_ones_own_says_so(place: Path) -> None:
    release = build([place / "in"], out=place / "out", name="syria-news", topic=str(place / "syria.toml"))
    card, cited, croissant = _said(release)
    assert "pretty_name: Syria news 1.0.0" in card
    assert "\n# Syria news 1.0.0\n" in card
    assert "- Research on news about Syria: take" in card
    assert "Scraped news about Syria." in card
    assert f"that fit: about the topic `{release.settings['topic']}`." in card
    assert "title = {Syria news}" in card
    assert cited["title"] == croissant["alternateName"] == "Syria news"
    assert cited["keywords"] == croissant["keywords"]
    opening = card.partition("## What is in it")[0]  # kinds further below have examples from the seed
    for text in (opening, json.dumps(cited), json.dumps(croissant["rai:dataUseCases"])):
        assert "libya" not in text.lower().replace("libya_news", "").replace("libya-news", "")


def test_a_dataset_of_which_nothing_is_said_is_about_nothing_in_particular(place: Path) -> None:
    card, cited, croissant = _said(build([place / "in"], out=place / "out", name="some-papers"))
    assert "\n# some-papers 1.0.0\n\nScraped news. Texts are normalised" in card
    assert cited["title"] == croissant["alternateName"] == "some-papers"
    assert cited["authors"] == [{"name": "the dataset's maintainers"}]
    assert "author = {{the dataset's maintainers}}" in card
    for text in (card.partition("## What is in it")[0], json.dumps(cited)):
        assert "libya" not in text.lower().replace("libya_news", "")


def test_a_dataset_about_libya(place: Path) -> None:
    (place / "in" / "b.txt").write_text(STORY.replace("Syria", "Libya").replace("Damascus", "Tripoli"), "utf-8")
    card, cited, _ = _said(build([place / "in"], out=place / "out", topic="libya"))
    assert "\n# Libya news 1.0.0\n\nScraped news about Libya. Texts" in card
    assert cited["title"] == "Libya news"
    assert cited["keywords"][:2] == ["news", "libya"]


def test_a_dataset_in_the_words_of_its_maker(place: Path) -> None:
    about = About("News of the Levant", "What papers wrote.", "A library", ("levant",), ("Research on the Levant.",))
    release = build([place / "in"], out=place / "out", about=about)
    card, cited, croissant = _said(release)
    assert "pretty_name: News of the Levant 1.0.0" in card
    assert "\n# News of the Levant 1.0.0\n" in card
    assert "What papers wrote. Texts are normalised" in card
    assert "- Research on the Levant." in card
    assert cited["authors"] == [{"name": "A library"}]
    assert cited["keywords"][:2] == croissant["keywords"][:2] == ["news", "levant"]
    assert rebuild(release, sources=[place]).identical


def test_what_filters_left(place: Path) -> None:
    filters = Filters(("en", "ar"), until=date(2030, 1, 2), min_characters=1_000)
    (place / "in" / "b.jsonl").write_text(json.dumps({"text": STORY * 12, "date": "2020-01-14"}), encoding="utf-8")
    card = _said(build([place / "in"], out=place / "out", filters=filters))[0]
    fit = "in the languages en, ar; published on 2030-01-02 or earlier; of 1,000 characters or more"
    assert f"those were taken that fit: {fit}.\n" in card


PAGE = f"<html lang=en><title>Talks</title><h1>Talks on Syria</h1><p>{STORY} Nobody knows how long they will go on.</p>"


def test_each_model_that_labelled_segments_has_its_figures_on_the_card(place: Path) -> None:
    (place / "in" / "page.html").write_text(PAGE, encoding="utf-8")
    release = build([place / "in"], out=place / "out")
    text = _said(release)[0]
    for name, key in (("default", "cross_validated"), ("pages", "figures")):
        model = load_model(name)
        part = text.partition(f"`{model.identity}` was trained on {model.card['date']}")[2].partition("was trained on")[
            0
        ]
        assert model.identity in release.counts["labelled_by"]
        for figure, value in model.card[key].items():
            shown = f"{value:.3f}" if isinstance(value, float) else value
            assert f"| {figure.replace('_', ' ')} | {shown} |" in part


def test_a_model_without_figures_is_told(place: Path) -> None:
    release = build([place / "in"], out=place / "out")
    counts = {**release.counts, "labelled_by": {"older@0123456789ab": 3, "rule": 1}}
    text = card.render(replace(release, counts=counts))
    assert "There are no figures of `older@0123456789ab` in this version of libya_news." in text
    assert "was trained on" not in text


def test_the_card_counts_the_articles_that_each_repair_changed(place: Path) -> None:
    (place / "in" / "one.txt").write_bytes("La rebeliÃ³n de Bengasi ha tomado TrÃ­poli, segÃºn la ONU.\r\n".encode())
    (place / "in" / "two.txt").write_bytes(b"The talks in Moscow have ended without a deal.\r\n")
    release = build([place / "in"], out=place / "out")
    assert release.counts["fixes"] == {"newlines": 2, "mojibake": 1}
    text = _said(release)[0]
    assert "| `newlines` | 2 | line ends of every kind become one line feed, a paragraph separator two |" in text
    assert verify(release) == []
    wrong = replace(release, counts={**release.counts, "fixes": {"newlines": 2}})
    assert "manifest.json: counts of fixes are not those of the files" in verify(wrong)


def test_where_no_text_needed_a_repair_the_card_says_so(place: Path) -> None:
    release = build([place / "in"], out=place / "out")
    assert "No text needed a repair." in _said(release)[0]
    early = replace(release, counts={key: value for key, value in release.counts.items() if key != "fixes"})
    assert "needed a repair" not in card.render(early)
    assert not [fault for fault in verify(early) if "fixes" in fault]
