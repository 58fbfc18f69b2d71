"""Whether the work grows with the text and not with its square: seconds at two sizes, and their ratio."""

from __future__ import annotations

import argparse
from time import process_time

from libya_news.normalize import normalize

from .corpora import table

MEBIBYTE = 1 << 20
QUARTER = 4
"""The larger text is so many times the smaller one; so is the time, where the work grows with the text."""

LARGE = {
    "one line": "The port of Benghazi will reopen next week. ",
    "one Arabic line": "سيعود ميناء بنغازي إلى العمل قريبا ",
    "bullets": "•",
    "combining marks": "\u0301\u0323",
    "sound and damaged lines in turn": "Le cœur de la cité.\nLe cÅ“ur de la citÃ©.\n",
}
"""What texts of 64 MiB repeat."""

SMALL = {
    "sound and damaged words in turn, one line": "café cafÃ© ",
    "Arabic and its damage in turn": "ميناء بنغازي\nظ…ظٹظ†ط§ط، ط¨ظ†ط؛ط§ط²ظٹ\n",
    "marks on letters": "e\u0323\u0301 ",
    "lone surrogates": "a\ud83d",
    "carriage returns": "\r",
    "no-break spaces": "a\xa0",
    "entities": "&amp;eacute; ",
    "isolates": "\u2066",
    "tatweel": "ا\u0640",
    "everything at once": "“ظ…ظٹظ†ط§ط،” cafÃ© \xa0\u200e&amp;\ud83d \u0301ÇáãÌáÓ\r\n",
}
"""What texts of 2 MiB repeat, which need an edit every few characters."""


def main(arguments: list[str]) -> None:
    """Print the table, row by row, as it takes minutes."""
    argparse.ArgumentParser(description=__doc__).parse_args(arguments)
    print(table(["text", "MiB", "s", "a quarter of it, s", "ratio"], []), end="", flush=True)
    for kinds, size in ((LARGE, 64), (SMALL, 2)):
        for name, unit in kinds.items():
            print(f"| {' | '.join(row(name, unit, size))} |", flush=True)


def row(name: str, unit: str, size: int) -> list[str]:
    """The name of a text, its size, the seconds that it and a quarter of it take, and their ratio."""
    quarter, whole = (seconds(endless(unit, size * MEBIBYTE // part)) for part in (QUARTER, 1))
    return [name, str(size), f"{whole:.2f}", f"{quarter:.2f}", f"{whole / quarter:.1f}"]


def endless(unit: str, size: int) -> str:
    """As many units as have that size in UTF-8."""
    return unit * (size // len(unit.encode("utf-8", "surrogatepass")))


def seconds(text: str) -> float:
    """Seconds of this process's time that it takes to normalise a text."""
    start = process_time()
    normalize(text)
    return process_time() - start
