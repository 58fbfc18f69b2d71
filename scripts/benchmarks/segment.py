"""Segmentation of plain text: how well, beside rules and another family of models, and how fast, beside ftfy.

The figures of learned models are by cross-validation: no text is labelled by a model that has seen its site. Everything
runs in one process, and the learned models are trained anew: half an hour on two cores.
"""

from __future__ import annotations

import argparse
import logging
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from statistics import median
from time import process_time

import ftfy
import numpy as np
import numpy.typing as npt

from libya_news.labels import KIND_NAMES
from libya_news.segment import segment, segment_all
from libya_news.segment._learned import segments
from libya_news.training import recipe
from libya_news.training.evaluate import Tally, measure
from libya_news.training.examples import TITLED, Example, read_rows
from libya_news.training.shingles import score

from .boosting import boosted
from .corpora import DEFAULT, articles, clean, pages, table
from .html import EXTRACTORS, OURS
from .line_rules import RULES

ROOT = Path(__file__).resolve().parents[2]
ANNOTATED = ROOT / "scripts" / "annotations" / "libya.jsonl"
ROUNDS = 3
MOST = 600_000
"""Characters of each set of texts, so that ftfy's turn takes seconds and not minutes."""

Chances = Mapping[int, npt.NDArray[np.float32]]
"""Probabilities of kinds for every unit, by index of the example."""


def main(arguments: list[str]) -> None:
    """Write the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=DEFAULT.parent, help="folder of data (default: %(default)s)")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "benchmarks" / "segment.md", help="the report")
    options = parser.parse_args(arguments)
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    speeds = list(speed_rows(options.shared / "corpora"))
    examples = recipe.gather(options.shared, ANNOTATED)
    found = systems(examples)
    html = list(html_rows(options.shared / "pages" / "dev.jsonl.gz"))
    report = render(examples, found, html, speeds)
    options.output.write_text(report, encoding="utf-8")
    print(report)


def systems(examples: list[Example]) -> dict[str, Chances]:
    """What each system makes of the tested texts."""
    tested = [number for number, example in enumerate(examples) if recipe.tested(example) and example.units]
    rows = recipe.features(examples)
    raw = recipe.cross_validate(examples, rows, recipe.tested, told)
    heat = recipe.temperature(examples, {number: raw[number] for number in raw if examples[number].exact})
    told("gradient boosting")
    return {
        "ours": {number: recipe.heated(chances, heat) for number, chances in raw.items()},
        "gradient-boosted trees": boosted(examples, rows, recipe.tested),
        **{name: {number: by_rule(examples[number], rule) for number in tested} for name, rule in RULES.items()},
    }


def told(line: str) -> None:
    """Progress on standard error."""
    print(line, file=sys.stderr, flush=True)


def by_rule(example: Example, rule: Callable[[list[str], str], list[bool]]) -> npt.NDArray[np.float32]:
    """A rule's verdict as probabilities: what it keeps is a paragraph, the rest is boilerplate."""
    kept = rule([example.text[unit.start : unit.end] for unit in example.units], example.language)
    chances = np.zeros((len(kept), len(KIND_NAMES)), np.float32)
    chances[:, KIND_NAMES.index("paragraph")] = kept
    chances[:, KIND_NAMES.index("boilerplate_other")] = ~np.array(kept, bool)
    return chances


def tallies(examples: list[Example], found: Chances, chosen: Callable[[Example], bool]) -> dict[str, Tally]:
    """Counts over the chosen texts, through the decoding that users get."""
    return measure(
        (examples[number], segments("", examples[number].text, examples[number].units, chances))
        for number, chances in found.items()
        if chosen(examples[number])
    )


def html_rows(path: Path) -> Iterator[list[str]]:
    """The article metric of extractors that are given the HTML of the same pages."""
    rows = [row for row in read_rows(path) if row["source"] == "fundus" and row["gold"].get("body")]
    gold = ["\n".join(part["text"] for part in row["gold"]["body"]) for row in rows]
    for name, peer in EXTRACTORS.items():
        if name == OURS:
            continue  # it has seen these pages; its own figures are in the report on pages
        told(name)
        figures = score(zip(gold, (peer(row["html"]) for row in rows), strict=True))
        yield [name, *(f"{value:.3f}" for value in figures)]


def speed_rows(corpora: Path) -> Iterator[list[str]]:
    """Throughput of both forms of ours and of ftfy on the same normalised texts, by turns."""
    found = articles(corpora) | {f"pages, {name}": texts for name, texts in pages(corpora).items()}
    for name in ("en", "es", "fr", "it", "ar", "pages, en", "pages, de"):
        texts = cut(clean(found[name]))
        size = sum(len(text.encode()) for text in texts) / 1e6
        list(segment_all(texts[:2]))
        turns: list[Callable[[], object]] = [
            lambda texts=texts: list(segment_all(texts)),  # type: ignore[misc]
            lambda texts=texts: [segment(text) for text in texts],  # type: ignore[misc]
            lambda texts=texts: [ftfy.fix_text(text) for text in texts],  # type: ignore[misc]
        ]
        times = [[seconds(turn) for turn in turns] for _ in range(ROUNDS)]
        many, one, peer = (size / median(column) for column in zip(*times, strict=True))
        yield [name, f"{size:.2f}", *(f"{value:.1f}" for value in (many, one, peer, many / peer, one / peer))]


def cut(texts: list[str]) -> list[str]:
    """The first texts, up to ``MOST`` characters together."""
    kept: list[str] = []
    left = MOST
    for text in texts:
        left -= len(text)
        if left < 0:
            break
        kept.append(text)
    return kept


def seconds(turn: Callable[[], object]) -> float:
    """Processor seconds that one turn takes."""
    started = process_time()
    turn()
    return process_time() - started


def annotated_row(name: str, tally: Tally) -> list[str]:
    """Figures on annotated texts: F1 of each label and the totals."""
    figures = tally.figures()
    labels = [figures["labels"][label]["f1"] if label in figures["labels"] else None for label in LABEL_COLUMNS]
    kinds = figures["kind_accuracy"] if name.partition(",")[0] == "ours" else None
    totals = [figures["unit_macro_f1"], figures["char_macro_f1"], figures["exact_f1"], kinds]
    calibration = figures["calibration_error"] if kinds is not None else None
    return [name, *("" if value is None else f"{value:.3f}" for value in (*labels, *totals, calibration))]


LABEL_COLUMNS = ("body", "caption", "bullet", "boilerplate")


def page_row(name: str, tally: Tally) -> list[str]:
    """Figures on pages: F1 of body, caption and bullet, and the article metric."""
    figures = tally.figures()
    labels = [figures["labels"].get(label, {}).get("f1", 0.0) for label in LABEL_COLUMNS[:3]]
    return [name, str(len(tally.shingles)), *(f"{value:.3f}" for value in (*labels, figures["article_f1"]))]


def render(
    examples: list[Example], found: Mapping[str, Chances], html: list[list[str]], speeds: list[list[str]]
) -> str:
    """The report in Markdown."""
    annotated = {name: tallies(examples, chances, lambda one: one.exact) for name, chances in found.items()}
    languages = sorted(key for key in annotated["ours"] if key.startswith("language:"))
    first = [annotated_row(name, tally["all"]) for name, tally in annotated.items()]
    first += [annotated_row(f"ours, {key.partition(':')[2]}", annotated["ours"][key]) for key in languages]
    by_form = {form: f"#{form}" for form in ("walk", "resiliparse", "inscriptis", "html_text")}
    second, third = [], []
    for name, chances in found.items():
        for form, end in by_form.items() if name in ("ours", "gradient-boosted trees") else [("walk", "#walk")]:
            counted = tallies(examples, chances, lambda one, end=end: one.source == "fundus" and one.id.endswith(end))  # type: ignore[misc]
            second.append(page_row(f"{name} ({form})", counted["all"]))
            if (name, form) == ("ours", "walk"):
                third = [page_row(key[9:], counted[key]) for key in sorted(counted) if key.startswith("language:")]
    heads = [
        ["system", *LABEL_COLUMNS, "macro F1", "by characters", "exact span F1", "kind accuracy", "calibration error"],
        ["system (form of text)", "pages", "body", "caption", "bullet", "article metric"],
        ["language", "pages", "body", "caption", "bullet", "article metric"],
        ["extractor, given the HTML", "precision", "recall", "article metric"],
        ["texts", "MB", "segment_all", "segment", "ftfy", "segment_all / ftfy", "segment / ftfy"],
    ]
    tables = [table(head, body) for head, body in zip(heads, (first, second, third, html, speeds), strict=True)]
    return TEMPLATE.format(*tables, rounds=ROUNDS, folds=recipe.FOLDS, titled=TITLED)


TEMPLATE = """# Segmentation of plain text

`scripts/bench segment` writes this file. Learned models by cross-validation in {folds} folds over sites; F1 of units,
that is of annotated segments or of labelled lines. [How the segmenter works](../segmentation.md).

## Annotated texts

{0}
## Fundus pages as plain text

The article metric is F1 of runs of four words, averaged over pages, of kinds paragraph, standfirst, crosshead and
list_text against the checked article. Rules know two labels only. One page in {titled} was given with its title.

{1}
Ours by language, in the form "walk":

{2}
## The same pages, given as HTML

{3}
## Speed

MB (of UTF-8) a second of processor time, medians of {rounds} turns in one process; normalised texts; ftfy:
`ftfy.fix_text`.

{4}"""
