"""The story of web pages, beside other extractors on the same pages in the same run: how well, and how fast.

The figures of ours are by cross-validation: each page is read by a model that was trained on other sites' pages alone.
Speed is that of ``segment_html`` with the shipped model, everything included.
"""

from __future__ import annotations

import argparse
import logging
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from time import process_time

import lxml.html
import newspaper
import readability
import trafilatura
from resiliparse.extract.html2text import extract_plain_text

from libya_news import segment_html
from libya_news.training.html import CLASSES, FOLDS, STEPS, LabelledPage, fold, read_pages, story_text
from libya_news.training.html_network import train
from libya_news.training.shingles import score

from .corpora import DEFAULT, table

ROOT = Path(__file__).resolve().parents[2]
GROUPS = {
    "fundus": ("fundus",),
    "fundus, older": ("fundus_history",),
    "readability (weak)": ("readability",),
    "newspaper4k (weak)": ("newspaper4k",),
    "all": ("fundus", "fundus_history", "readability", "newspaper4k"),
}
OURS = "segment_html"


def _readability(html: str) -> str:
    return str(lxml.html.fromstring(readability.Document(html).summary()).text_content())


def _newspaper(html: str) -> str:
    article = newspaper.Article("https://example.org/", language="en", fetch_images=False)
    article.download(input_html=html)
    article.parse()
    return str(article.text)


PEERS: dict[str, Callable[[str], str]] = {
    "trafilatura": lambda html: trafilatura.extract(html, include_comments=False) or "",
    "trafilatura, precision": lambda html: (
        trafilatura.extract(html, include_comments=False, favor_precision=True) or ""
    ),
    "readability-lxml": _readability,
    "resiliparse": lambda html: extract_plain_text(html, main_content=True, alt_texts=False, preserve_formatting=False),
    "newspaper4k": _newspaper,
}


def main(arguments: list[str]) -> None:
    """Write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=Path, default=DEFAULT.parent / "pages", help="folder (default: %(default)s)")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "benchmarks" / "html.md", help="the report")
    options = parser.parse_args(arguments)
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    pages = sorted(
        read_pages(options.pages / name for name in ("dev.jsonl.gz", "wcxb.jsonl.gz")), key=lambda page: page.id
    )
    measured = [page for page in pages if page.source in GROUPS["all"] and page.gold]
    texts = {OURS: dict(cross_validated(pages, measured))}
    speeds = {OURS: speed(measured, lambda html: segment_html(html).body)[1]}
    for name, peer in PEERS.items():
        texts[name], speeds[name] = speed(measured, peer)
    report = render(measured, texts, speeds)
    options.output.write_text(report, encoding="utf-8")
    print(report)


def cross_validated(pages: list[LabelledPage], measured: list[LabelledPage]) -> Iterator[tuple[str, str]]:
    """For each page its story, found by a model that knows no page of its site."""
    for number in range(FOLDS):
        examples = [page.example for page in pages if fold(page.example.site) != number]
        weights = train(examples, classes=len(CLASSES), steps=STEPS)
        for page in measured:
            if fold(page.example.site) == number:
                yield page.id, story_text(weights, page)


def speed(pages: list[LabelledPage], extract: Callable[[str], str]) -> tuple[dict[str, str], float]:
    """What an extractor makes of the pages, and how many it does in a second of processor time."""
    start = process_time()
    found = {page.id: _or_nothing(extract, page.html) for page in pages}
    return found, len(pages) / (process_time() - start)


def _or_nothing(extract: Callable[[str], str], html: str) -> str:
    try:
        return extract(html)
    except Exception:  # noqa: BLE001 - a peer that fails on a page has found nothing in it
        return ""


def render(pages: list[LabelledPage], texts: dict[str, dict[str, str]], speeds: dict[str, float]) -> str:
    """The report in Markdown."""
    rows = []
    for name, found in texts.items():
        row = [name]
        for sources in GROUPS.values():
            figures = score((page.gold or "", found[page.id]) for page in pages if page.source in sources)
            row.append(f"{figures.precision:.3f} / {figures.recall:.3f} / **{figures.f1:.3f}**")
        rows.append([*row, f"{speeds[name]:.1f}", f"{speeds[name] / speeds['trafilatura']:.1f}"])
    counts = [f"{group} ({sum(page.source in sources for page in pages)})" for group, sources in GROUPS.items()]
    head = ["extractor", *counts, "pages/s", "times trafilatura"]
    return (
        "# The story of web pages\n\n"
        "`scripts/bench html` writes this file. Precision / recall / F1 of runs of four words, averaged over pages as\n"
        "the article-extraction benchmark does; in brackets the number of pages. Ours by cross-validation grouped by\n"
        f"site: {FOLDS} models, each measured on pages of sites that it was not trained on. Speed in processor time,\n"
        "one process. The fundus gold is checked by people; that of the weak sources is the output of an extractor,\n"
        "which favours its kin.\n\n" + table(head, rows)
    )
