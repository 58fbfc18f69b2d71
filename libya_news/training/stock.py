"""What training texts are put together from: the stories of labelled pages, and unlabelled articles on the subject.

Of unlabelled articles only what needs no label is taken: the title that came with them, lines that are running text
beyond doubt, captions that a template marks, and names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from libya_news._tables import table_names
from libya_news.labels import KIND_NAMES
from libya_news.segment.units import units

from .examples import Example, read_rows
from .pieces import Piece, Stock, Story
from .shapes import sentences

STORY: Final = ("standfirst", "crosshead", "paragraph", "list_text", "caption", "credit")
STORY_SOURCES: Final = ("fundus", "fundus_history", "readability", "newspaper4k")
"""Page sources whose stories are whole and ordered."""

_SURE: Final = re.compile(r".{100,}[.!?؟…][\"”»’')]*$", re.DOTALL)
"""A line that is running text beyond doubt: of several clauses, and closed like a sentence."""
_NAME: Final = re.compile(r"(?<=[a-zà-ÿ,] )[A-Z][a-zà-ÿ]{2,} [A-Z][a-zà-ÿ]{2,}(?= [a-zà-ÿ])")
_ASKED: Final = re.compile(r"[^\"“”«»]{8,140}[?؟]")
"""A question of a line's length, outside of quotation marks."""
_FEW: Final = 3
"""Paragraphs and headlines below which a language has nothing to put together."""


def stocks(examples: Sequence[Example], corpora: Path | None, exclude: Iterable[str]) -> dict[str, Stock]:
    """One stock for each language of the tables that has material.

    Args:
        examples: labelled pages; only those of the training side of a split may be given.
        corpora: folder of unlabelled articles (``en.jsonl.gz``, ``ar.jsonl.gz``, ``es/`` ...), or None.
        exclude: texts whose stories are not to be used, because they are tested on.
    """
    found = {name: Stock(name) for name in table_names("languages")}
    for example in examples:
        if example.language in found and example.source in STORY_SOURCES:
            _add_page(found[example.language], example)
    tested = {_key(text) for text in exclude}
    for language, title, text, author in _articles(corpora) if corpora else ():
        if _key(text) not in tested:
            _add_article(found[language], title, text, author)
    return {name: stock for name, stock in found.items() if _usable(stock)}


def _usable(stock: Stock) -> bool:
    """Whether there is enough to put together, in a script whose words are set apart."""
    worded = sum(len(text.split()) for text in stock.paragraphs) > _FEW * len(stock.paragraphs)
    return worded and min(len(stock.stories), len(stock.headlines), len(stock.paragraphs)) > _FEW


def _key(text: str) -> str:
    """The middle of a text without its spaces: the same article is found again whatever was cut off its ends."""
    solid = "".join(text.split())
    return solid[len(solid) // 2 :][:60]


def _add_page(stock: Stock, example: Example) -> None:
    story, title = [], ""
    for unit, kind in zip(example.units, example.kinds, strict=True):
        name = KIND_NAMES[kind] if kind >= 0 else ""
        text = example.text[unit.start : unit.end]
        if name == "headline" and not title:
            title = text
        elif name in STORY:
            story.append(Piece(text, name))
    if title:
        stock.headlines.append(title)
    stock.captions.extend(piece.text for piece in story if piece.kind == "caption")
    _add_story(stock, Story(example.group, title, story))


def _add_article(stock: Stock, title: str, text: str, author: str) -> None:
    story = []
    for unit in units(text):
        line = text[unit.start : unit.end]
        if unit.known == "caption":
            stock.captions.append(line)
        elif unit.known is None and _SURE.match(line):
            story.append(Piece(line, "paragraph"))
    if title:
        stock.headlines.append(title)
    if author:
        stock.names.append(author)
    _add_story(stock, Story("unlabelled", title, story))


def _add_story(stock: Stock, story: Story) -> None:
    paragraphs = [piece.text for piece in story.pieces if piece.kind == "paragraph"]
    if len(paragraphs) > 1:
        stock.stories.append(story)
        stock.paragraphs.extend(paragraphs)
        stock.questions.extend(said for said in sentences(story.pieces) if _ASKED.fullmatch(said))
        stock.names.extend(name for text in paragraphs for name in _NAME.findall(text)[:1])


def _articles(corpora: Path) -> Iterator[tuple[str, str, str, str]]:
    """Language, title, text and author of every unlabelled article."""
    for language in ("en", "ar"):
        for row in read_rows(corpora / f"{language}.jsonl.gz"):
            yield language, row["title"] or "", row["text"], _author(row)
    for language in ("es", "fr", "it"):
        for path in sorted((corpora / language).iterdir()):
            text = path.read_text(encoding="utf-8", errors="replace")
            yield language, _likely_title(text), text, ""


def _author(row: dict[str, Any]) -> str:
    author = row.get("author") or ""
    return author if 4 < len(author) < 40 else ""  # longer ones are addresses and descriptions


def _likely_title(text: str) -> str:
    """The first line that is worded like a headline: used as a headline's wording only, never as this text's label."""
    lines = (line.strip() for line in text.splitlines()[:12])
    return next((line for line in lines if 5 <= len(line.split()) <= 16 and line[-1] not in ".:;!"), "")
