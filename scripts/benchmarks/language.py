"""How often the language of a piece of news is told right, and how often a part of a text is mistaken for another."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from pathlib import Path

from resiliparse.parse.lang import detect_fast

from libya_news.corpus.language import AHEAD, Guess, guess_language, guess_part

from .corpora import SEED, articles, options, pages, table

SIZES = (20, 30, 40, 60, 80, 100, 150, 200, 300, 500, 1000)
"""Characters of the pieces."""
PIECES = 900
"""Pieces of each language at most, so that no language outweighs the others."""
STEP = 100

_HEAD = """# Language

`scripts/bench language` writes this file. Pieces of 20 to 1,000 characters of the raw corpora and of the pages of
`pages/dev.jsonl.gz`, up to 900 of each language; a piece is right where it gets the language of its page, so menus and
quotations in other languages count as wrong. Distance is the detector's, confidence what `guess_language` makes of it.
"""

_PARTS = f"""
## Parts of a text
Share of the same pieces that `guess_part` takes for another language than that of their article, from which it must be
{AHEAD} farther than from the other, and share of pieces put into an article of another language that it tells from it.
"""


def main(arguments: list[str]) -> None:
    """Print the report and write it to the file."""
    chosen = options(__doc__, arguments, output="docs/benchmarks/language.md")
    pieces = cut(chosen.corpora)
    report = "\n".join((_HEAD, by_distance(pieces), _PARTS, parts(pieces)))
    chosen.output.write_text(report, encoding="utf-8")
    print(report)


def cut(corpora: Path) -> dict[str, list[str]]:
    """Pieces by language, chosen by chance from a fixed seed."""
    choose = random.Random(SEED)  # noqa: S311 - a fixed choice, not a secret
    texts = {language: found[:150] for language, found in articles(corpora).items()}
    for language, found in pages(corpora).items():
        texts[language] = texts.get(language, []) + found
    made = {}
    for language, found in texts.items():
        lines = [line.strip() for text in found for line in text.split("\n") if len(line.strip()) >= SIZES[0]]
        choose.shuffle(lines)
        made[language] = [line[: choose.choice(SIZES)] for line in lines[:PIECES]]
    return made


def by_distance(pieces: Mapping[str, Sequence[str]]) -> str:
    """How often the nearest language is right."""
    told: dict[int, list[bool]] = {}
    confidence: dict[int, list[float]] = {}
    for language, found in pieces.items():
        for piece in found:
            guess = guess_language(piece)
            if guess and guess.confidence:
                step = detect_fast(piece)[1] // STEP
                told.setdefault(step, []).append(guess.language == language)
                confidence.setdefault(step, []).append(guess.confidence)
    rows = [
        [f"{step * STEP} to {step * STEP + STEP - 1}", str(len(right)), f"{sum(right) / len(right):.2f}", f"{mean:.2f}"]
        for step, right in sorted(told.items())
        for mean in [sum(confidence[step]) / len(right)]
    ]
    return table(["distance", "pieces", "right", "mean confidence"], rows)


def parts(pieces: Mapping[str, Sequence[str]]) -> str:
    """How often a piece is taken for one of another language, and how often one of another language is noticed."""
    main_languages = ("en", "fr", "ar", "es", "it", "de")
    rows = []
    for place, language in enumerate(main_languages):
        other = main_languages[place - 1]
        own, strange = (
            [found for piece in pieces[language] if (found := guess_part(piece, Guess(whole, 1.0)))]
            for whole in (language, other)
        )
        mistaken = sum(guess.language != language for guess in own) / len(own)
        noticed = sum(guess.language == language for guess in strange) / len(strange)
        rows.append([language, str(len(own)), f"{mistaken:.1%}", f"{noticed:.1%} (of {other})"])
    return table(["language", "pieces", "mistaken", "told from an article"], rows)
