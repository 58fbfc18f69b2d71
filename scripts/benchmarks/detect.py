"""How often encodings are found, beside other detectors: a text counts where it comes out as it went in."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from time import perf_counter

import cchardet
import chardet
from resiliparse.parse.encoding import detect_encoding

from libya_news.normalize.decode import decode

from .corpora import articles, clean, options, pages, paragraphs, table

CASES = (
    ("ar", "cp1256"),
    ("ar", "iso8859-6"),
    *((language, encoding) for language in ("fr", "es", "it") for encoding in ("cp1252", "iso8859-15")),
    ("de", "cp1252"),
    ("en", "cp1252"),
    ("pl", "cp1250"),
    ("ru", "cp1251"),
    ("tr", "cp1254"),
    ("ar", "utf-16-le"),
    ("fr", "utf-16-be"),
    *((language, "utf-8") for language in ("en", "fr", "es", "it", "ar")),
)
ARTICLE = 1500
"""Characters of an article that is put together from paragraphs, for languages without whole articles."""

DETECTORS: dict[str, Callable[[bytes], str]] = {
    "ours": lambda data: decode(data).text,
    "chardet": lambda data: data.decode(chardet.detect(data)["encoding"] or "latin-1", "replace"),
    "resiliparse": lambda data: data.decode(detect_encoding(data) or "latin-1", "replace"),
    "cchardet": lambda data: data.decode(cchardet.detect(data)["encoding"] or "latin-1", "replace"),
}


def main(arguments: list[str]) -> None:
    """Print the tables and the throughput on UTF-8."""
    corpora = options(__doc__, arguments).corpora
    found, more = articles(corpora), pages(corpora)
    texts = {lang: clean(found.get(lang, []) + more.get(lang, [])) for lang in {lang for lang, _ in CASES}}
    for kind, choose in (("articles", whole), ("paragraphs of 80 characters and more", paragraphs)):
        print(f"\n{kind}\n")
        print(table(["language, encoding", "number", *DETECTORS], rows(texts, choose)))
    data = "\n".join(found["ar"]).encode()
    print(f"\nUTF-8, decoding included: {len(data) / 1e6 / median(seconds(data) for _ in range(9)):.0f} MB/s")


def seconds(data: bytes) -> float:
    """How long it takes to decode."""
    start = perf_counter()
    decode(data)
    return perf_counter() - start


def whole(texts: list[str]) -> list[str]:
    """Whole articles, beyond ASCII; where there are few, put together from paragraphs."""
    lines = paragraphs(texts, most=2000)
    joined = ["\n".join(lines[at : at + 12]) for at in range(0, len(lines), 12)]
    return [text for text in (*texts, *joined) if len(text) >= ARTICLE // 2 and not text.isascii()][:150]


def rows(texts: dict[str, list[str]], choose: Callable[[list[str]], list[str]]) -> list[list[str]]:
    """For each case, and in all, how many texts each detector brings back."""
    totals = [0] * (len(DETECTORS) + 1)
    found = []
    for language, encoding in CASES:
        kept = [text.encode(encoding, "ignore") for text in choose(texts[language])]
        coded = [data for data in kept if encoding.startswith("utf") or not data.isascii()]
        counts = [len(coded), *(sum(right(d, c, encoding) for c in coded) for d in DETECTORS.values())]
        totals = [a + b for a, b in zip(totals, counts, strict=True)]
        found.append([f"{language}, {encoding}", *map(str, counts)])
    return [*found, ["all", str(totals[0]), *(f"{count / totals[0]:.2%}" for count in totals[1:])]]


def right(detector: Callable[[bytes], str], data: bytes, encoding: str) -> bool:
    """Whether a detector brings the bytes back as they were meant."""
    try:
        return detector(data) == data.decode(encoding)
    except LookupError:  # the name of an encoding that Python does not have
        return False
