"""How much damage is undone, beside ftfy and plsfix; and how many undamaged paragraphs are changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import ftfy
import plsfix

from libya_news.normalize import normalize

from .corpora import articles, clean, options, pages, paragraphs, table
from .damage import ARABIC, LOSSY, WESTERN, Damage

SETTINGS = ftfy.TextFixerConfig(uncurl_quotes=False, fix_character_width=False, explain=False)
"""ftfy's options that come nearest to what is wanted here: quotation marks and widths are kept."""

CODES = {"Arabic": "ar", "French": "fr"}
TWELVE = ("en", "fr", "es", "it", "ar", "tr", "de", "fa", "ru", "el", "zh", "ja")

HEAD = """\
# Damage undone, and text left alone

`scripts/bench repair` writes this file. Sound paragraphs of the corpora are damaged in ways that scraped news is, and
repaired; ftfy with quotation marks and widths kept. Of each damage those paragraphs count that it can be undone in.
"""
LEFT = """\
How many of the letters of Arabic paragraphs are there again; and in how many paragraphs damage is reported, of which
not all lost something.

"""
FOUND = """\
Paragraphs of articles and web pages as they were found: in how many mojibake was undone, and in how many anything was
changed, with the names of the fixes.

"""

FIXERS: dict[str, Callable[[str], str]] = {
    "ours": lambda text: normalize(text).text,
    "ftfy": lambda text: ftfy.fix_and_explain(text, SETTINGS).text,
    "plsfix": plsfix.fix_text,
}


def main(arguments: list[str]) -> None:
    """Print the tables and write them to the report."""
    chosen = options(__doc__, arguments, output="docs/benchmarks/repair.md")
    found = articles(chosen.corpora)
    parts = [HEAD]
    for language, kinds in (("Arabic", ARABIC), ("French", WESTERN)):
        sound = paragraphs(clean(found[CODES[language]]))
        rows = ([name, *shares(sound, damage)] for name, damage in kinds.items())
        parts.append(f"## {language} paragraphs restored\n\n{table(['damage', *FIXERS], rows)}")
    sound = paragraphs(clean(found["ar"]))
    rows = ([name, *left(sound, damage)] for name, damage in LOSSY.items())
    parts.append(f"## Damage that lost bytes\n\n{LEFT}{table(['damage', *FIXERS, 'reported'], rows)}")
    texts = pages(chosen.corpora)
    rows = (unchanged(code, found.get(code, []) + texts.get(code, [])) for code in TWELVE)
    parts.append(
        f"## Paragraphs as found\n\n{FOUND}{table(['language', 'paragraphs', 'mojibake', 'any', 'fixes'], rows)}"
    )
    report = "\n".join(parts)
    chosen.output.write_text(report, encoding="utf-8")
    print(report)


def shares(sound: list[str], damage: Damage) -> list[str]:
    """For each fixer the share of paragraphs that it restores, of those that the damage can be undone in at all."""
    pairs = [(text, damage(text)) for text in sound if _survives(text, damage)]
    counts = [sum(fix(damaged) == text for text, damaged in pairs) for fix in FIXERS.values()]
    return [f"{count / len(pairs):.1%} of {len(pairs)}" for count in counts]


def _survives(text: str, damage: Damage) -> bool:
    """Whether the encoding that the damage begins with has all characters of the text, and anything is damaged."""
    return damage(text) != text and (
        len(damage(text)) != len(text) or text.encode("cp1256", "ignore").decode("cp1256") == text
    )


def left(sound: list[str], damage: Damage) -> list[str]:
    """For each fixer the share of letters that are there again, by how often each is; and where damage is reported."""
    pairs = [(letters(text), damage(text)) for text in sound]
    number = sum(wanted.total() for wanted, _ in pairs)
    there = [sum((wanted & letters(fix(damaged))).total() for wanted, damaged in pairs) for fix in FIXERS.values()]
    reported = sum(bool(normalize(damaged).damage) for _, damaged in pairs)
    return [*(f"{count / number:.1%}" for count in there), f"{reported / len(pairs):.1%}"]


def letters(text: str) -> Counter[str]:
    """How often a text has each letter beyond ASCII."""
    return Counter(sign for sign in text if sign.isalpha() and not sign.isascii())


def unchanged(language: str, texts: list[str]) -> list[str]:
    """How many paragraphs of a language as found are changed by repair, and at all; and which fixes fired."""
    sound = paragraphs(texts, most=1000)
    results = [normalize(text) for text in sound]
    repaired = sum("mojibake" in result.fixes for result in results)
    fixes = sorted({fix for result in results for fix in result.fixes})
    return [language, str(len(sound)), str(repaired), str(sum(bool(r.fixes) for r in results)), ", ".join(fixes)]
