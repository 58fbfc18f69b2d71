"""The story of web pages, beside other extractors on the same pages in the same run: how well, and how fast.

The figures of ours are by cross-validation: each page is read by a model that was trained on other sites' pages alone.
Speed is that of ``segment_html`` with the shipped model, everything included.
"""

from __future__ import annotations

import argparse
import logging
import os
import subprocess
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from time import process_time

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # one core: a second thread would wait for work and be counted

import lxml.html
import newspaper
import readability
import trafilatura
from resiliparse.extract.html2text import extract_plain_text

from libya_news import segment_html
from libya_news._tables import table_names
from libya_news.labels import LABELS
from libya_news.training.html import CLASSES, NEWS, LabelledPage, read_pages
from libya_news.training.html_check import (
    BINS,
    FOLDS,
    Judged,
    LabelledLine,
    calibrate,
    calibration_error,
    cross_validated,
    f1,
    labelled_lines,
    recalibrated,
    story_text,
)
from libya_news.training.shingles import score

from .corpora import DEFAULT, table

ROOT = Path(__file__).resolve().parents[2]
GROUPS = {
    "fundus": ("fundus",),
    "fundus, older": ("fundus_history",),
    "readability (weak)": ("readability",),
    "newspaper4k (weak)": ("newspaper4k",),
    "all": NEWS,
}
OURS, RIVAL = "segment_html", "trafilatura"
SPARSE = "trafilatura"
"""The source whose pages, of all kinds, have a label on a few lines only: snippets that people chose."""

LEAST = 20
"""Labelled lines of a language below which its share says nothing."""

Texts = dict[str, str]

HARD = {
    "elements nested 100,000 deep": "'<div>' * 100_000 + 'x'",
    "an attribute of 50 MB": "'<p title=\"' + 'x' * 50_000_000 + '\">One line.</p>'",
    "1,000,000 list items": "'<ul>' + '<li>An item of a list' * 1_000_000 + '</ul>'",
}
MEASURE = """
import re, time
from pathlib import Path
from libya_news import segment_html
html = {html}
start = time.process_time()
segment_html(html)
# Not getrusage: there a process has the peak of the one that started it.
print(time.process_time() - start, re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
"""


def _readability(html: str) -> str:
    return str(lxml.html.fromstring(readability.Document(html).summary()).text_content())


def _newspaper(html: str) -> str:
    article = newspaper.Article("https://example.org/", language="en", fetch_images=False)
    article.download(input_html=html)
    article.parse()
    return str(article.text)


EXTRACTORS: dict[str, Callable[[str], str]] = {
    OURS: lambda html: segment_html(html).body,
    RIVAL: lambda html: trafilatura.extract(html, include_comments=False) or "",
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
    paths = [options.pages / name for name in ("dev.jsonl.gz", "wcxb.jsonl.gz")]
    pages = sorted(read_pages(paths), key=lambda page: page.id)
    measured = [page for page in pages if page.source in NEWS and page.gold]
    found = list(cross_validated(pages, lambda page: page.source in (*NEWS, SPARSE), workers=2))
    by = calibrate([one for one in found if one.page.source in NEWS])
    judged = [Judged(page, recalibrated(shares, by)) for page, shares in found]
    news = [one for one in judged if one.page.source in NEWS]
    texts, speeds = extracted(measured)
    texts[OURS] = {one.page.id: story_text(one) for one in news}
    sections = (_quality(measured, texts, speeds), _languages(measured, texts), _snippets(judged), _lines(news))
    report = "\n".join((*sections, _hard(measured)))
    options.output.write_text(report, encoding="utf-8")
    print(report)


def extracted(pages: list[LabelledPage]) -> tuple[dict[str, Texts], dict[str, float]]:
    """What each extractor makes of the pages, and how many it does in a second of processor time.

    They take turns, page by page, so that all have the same machine.
    """
    texts: dict[str, Texts] = {name: {} for name in EXTRACTORS}
    seconds = dict.fromkeys(EXTRACTORS, 0.0)
    for extract in EXTRACTORS.values():
        _or_nothing(extract, pages[0].html)
    for page in pages:
        for name, extract in EXTRACTORS.items():
            start = process_time()
            texts[name][page.id] = extract(page.html) if name == OURS else _or_nothing(extract, page.html)
            seconds[name] += process_time() - start
    return texts, {name: len(pages) / seconds[name] for name in EXTRACTORS}


def _or_nothing(extract: Callable[[str], str], html: str) -> str:
    try:
        return extract(html)
    except Exception:  # noqa: BLE001 - a peer that fails on a page has found nothing in it
        return ""


def _scores(pages: list[LabelledPage], found: Texts) -> str:
    figures = score((page.gold or "", found[page.id]) for page in pages)
    return f"{figures.precision:.3f} / {figures.recall:.3f} / **{figures.f1:.3f}**"


def _quality(pages: list[LabelledPage], texts: dict[str, Texts], speeds: dict[str, float]) -> str:
    groups = {name: [page for page in pages if page.source in sources] for name, sources in GROUPS.items()}
    rows = [
        [
            name,
            *(_scores(group, found) for group in groups.values()),
            f"{speeds[name]:.1f}",
            f"{speeds[name] / speeds[RIVAL]:.1f}",
        ]
        for name, found in texts.items()
    ]
    head = ["extractor", *(f"{name} ({len(group)})" for name, group in groups.items()), "pages/s", f"times {RIVAL}"]
    return (
        "# The story of web pages\n\n"
        "`scripts/bench html` writes this file. Precision / recall / F1 of runs of four words, averaged over pages as\n"
        "the article-extraction benchmark does; in brackets the number of pages. Ours by cross-validation grouped by\n"
        f"site: {FOLDS} models, each measured on pages of sites that it was not trained on. Speed in processor time,\n"
        "on one core. The fundus gold is checked by people; that of the weak sources is the output of an extractor,\n"
        "which favours its kin.\n\n" + table(head, rows)
    )


def _languages(pages: list[LabelledPage], texts: dict[str, Texts]) -> str:
    counts = Counter(page.language for page in pages)
    rows = []
    for language, count in counts.most_common():
        those = [page for page in pages if page.language == language]
        rows.append([language, str(count), *(_scores(those, texts[name]) for name in (OURS, RIVAL))])
    return (
        f"## By language\n\nThe same pages. There are phrase tables for {', '.join(table_names('languages'))};\n"
        "lines of other languages are judged without.\n\n" + table(["language", "pages", OURS, RIVAL], rows)
    )


def _snippets(judged: Sequence[Judged]) -> str:
    """Languages of the pages that have few labelled lines."""
    lines: dict[str, list[LabelledLine]] = {}
    for one in judged:
        if one.page.source == SPARSE:
            lines.setdefault(one.page.language, []).extend(labelled_lines(one))
    rows = [
        [language, str(len(known)), f"{sum(line.label == line.found_label for line in known) / len(known):.3f}"]
        for language, known in sorted(lines.items(), key=lambda item: -len(item[1]))
        if len(known) >= LEAST
    ]
    return (
        "Lines that people chose on other pages, many of them no news (trafilatura's test pages): the share whose\n"
        "label is right, body or boilerplate.\n\n" + table(["language", "lines", "right"], rows)
    )


def _lines(judged: Sequence[Judged]) -> str:
    """Labels, kinds and confidence, where the label of a line is known."""
    fundus = [line for one in judged if one.page.source == "fundus" for line in labelled_lines(one)]
    lines = [line for one in judged for line in labelled_lines(one)]
    rows = []
    for label in LABELS:
        row = [label]
        for group in (fundus, lines):
            row += [f"{_f1([(line.label, line.found_label) for line in group], label)}", str(_count(group, label))]
        rows.append(row)
    kinds = [
        [kind, f"{_f1([(line.kind, line.found_kind) for line in fundus if line.kind], kind)}",
         str(sum(line.kind == kind for line in fundus))]
        for kind in CLASSES if any(line.kind == kind for line in fundus)
    ]  # fmt: skip
    hard = [line for line in lines if {line.label, line.found_label} != {"boilerplate"}]
    return (
        "## Lines\n\nF1 of each label over lines whose label is known, by the same cross-validation.\n\n"
        + table(["label", "fundus", "lines", "all", "lines"], rows)
        + "\nKinds that the model tells apart, on the fundus lines whose kind is known.\n\n"
        + table(["kind", "F1", "lines"], kinds)
        + f"\nExpected calibration error of the confidence ({BINS} bins): {calibration_error(lines):.3f} over all of\n"
        f"these lines; {calibration_error(hard):.3f} without boilerplate that is taken for boilerplate.\n"
    )


def _f1(pairs: list[tuple[str | None, str]], name: str) -> str:
    found = f1(pairs, name)
    return "-" if found is None else f"{found:.3f}"


def _count(lines: list[LabelledLine], label: str) -> int:
    return sum(line.label == label for line in lines)


def _hard(pages: list[LabelledPage]) -> str:
    """Time and memory of pages that are made to cost much, and of the usual one and the largest of the others."""
    by_size = sorted(pages, key=lambda page: len(page.html))
    usual, largest = by_size[len(by_size) // 2], by_size[-1]
    pieces = {
        f"the page of median size, {len(usual.html) / 1e6:.1f} MB": repr(usual.html),
        f"the largest page, {len(largest.html) / 1e6:.1f} MB": repr(largest.html),
        **HARD,
    }
    rows = []
    for name, html in pieces.items():
        done = subprocess.run(
            [sys.executable, "-c", "import sys; exec(sys.stdin.read())"],
            input=MEASURE.format(html=html), capture_output=True, text=True, check=True,
        )  # fmt: skip
        seconds, kibibytes = done.stdout.split()
        rows.append([name, f"{float(seconds):.2f}", f"{int(kibibytes) / 1024:.0f}"])
    return "## Hard pages\n\nEach in a process of its own, the model's loading included.\n\n" + table(
        ["page", "seconds", "peak memory in MiB"], rows
    )
