"""Whether the work grows with the text and not with its square: seconds at two sizes, and their ratio."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from time import process_time

from libya_news.normalize import normalize
from libya_news.segment import segment

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

SEGMENTED = {
    "one line": (64, "The port of Benghazi will reopen next week. "),
    "a credit in every word": (8, "(AP Photo/Reuters) Image caption "),
    "lines of one word": (8, "harbour\n"),
    "articles": (
        8,
        "Port reopens\n\nBy Jane Smith\n\n" + "The port of Benghazi will reopen next week. " * 8 + "\n\nShare\n",
    ),
    "bullets": (2, "•\n"),
}
"""What texts repeat that are segmented, with their size in MiB; a million lines of one word are 7.6 MiB."""


def main(arguments: list[str]) -> None:
    """Print the table, row by row, as it takes minutes."""
    argparse.ArgumentParser(description=__doc__).parse_args(arguments)
    print(table(["text", "MiB", "s", "a quarter of it, s", "ratio"], []), end="", flush=True)
    texts: list[tuple[Callable[[str], object], str, int, str]]
    texts = [(normalize, name, size, unit) for kinds, size in ((LARGE, 64), (SMALL, 2)) for name, unit in kinds.items()]
    texts += [(segment, f"segmented: {name}", size, unit) for name, (size, unit) in SEGMENTED.items()]
    for work, name, size, unit in texts:
        print(f"| {' | '.join(row(work, name, size, unit))} |", flush=True)


def row(work: Callable[[str], object], name: str, size: int, unit: str) -> list[str]:
    """The name of a text, its size, the seconds that it and a quarter of it take, and their ratio."""
    quarter, whole = (seconds(work, endless(unit, size * MEBIBYTE // part)) for part in (QUARTER, 1))
    return [name, str(size), f"{whole:.2f}", f"{quarter:.2f}", f"{whole / quarter:.1f}"]


def endless(unit: str, size: int) -> str:
    """As many units as have that size in UTF-8."""
    return unit * (size // len(unit.encode("utf-8", "surrogatepass")))


def seconds(work: Callable[[str], object], text: str) -> float:
    """Seconds of this process's time that the work on a text takes."""
    start = process_time()
    work(text)
    return process_time() - start
