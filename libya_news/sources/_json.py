"""JSON objects: each an article, or an answer of an interface that holds a list of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from libya_news.records import Drop, RawArticle

from ._fields import OF_ARTICLES, about, article_from, content, names_in
from ._nested import brought_up, lists_in, rows_of
from ._reading import Reading
from ._streams import OpenFile


def parse_json(data: bytes, file: OpenFile, number: int, unit: str) -> Iterator[RawArticle | Drop]:
    """The article in one JSON object or those in a list in it, and a drop that tells what is wrong with each other.

    Args:
        data: the object.
        file: where it comes from.
        number: which one it is there.
        unit: what is counted: ``line``, of which each has its number, or ``item``, where those in a list count too.
    """
    try:
        record = _parsed(data)
    except json.JSONDecodeError as error:
        place = f"column {error.colno}" if unit == "line" else f"character {error.pos + 1}"
        reason = f"broken JSON: {unit} {number}, {place}: {error.msg}"
    except (ValueError, RecursionError) as error:
        reason = f"broken JSON: {unit} {number}: {error}"
    else:
        if isinstance(record, dict):
            yield from _articles(record, file, number, unit)
            return
        reason = f"broken record: {unit} {number} is no JSON object"
    yield Drop(f"{file.name}:{number}", "read", reason)


def _parsed(data: bytes) -> Any:
    """What JSON says; line breaks in its texts are taken as they are. What is not UTF-8 has its texts as bytes."""
    try:
        return json.loads(data.decode("utf-8"), strict=False)
    except UnicodeDecodeError:
        return _undecoded(json.loads(data.decode("latin-1"), strict=False))


def _undecoded(value: Any) -> Any:
    """A value that was read as Latin-1, with the bytes of its texts, but of those with escapes that Latin-1 lacks."""
    if isinstance(value, dict):
        return {name: _undecoded(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_undecoded(inner) for inner in value]
    try:
        return value.encode("latin-1") if isinstance(value, str) else value
    except UnicodeEncodeError:
        return value


def _articles(record: dict[str, Any], file: OpenFile, number: int, unit: str) -> Iterator[RawArticle | Drop]:
    mapped = file.reading.fields.values()
    record = brought_up(record, mapped)
    listed = _listed(record, file.reading)
    if listed is None:
        yield article_from(record, file, str(number))
        return
    for index, each in enumerate(listed):
        position = f"{number}.{index + 1}" if unit == "line" else str(number + index)
        yield article_from(brought_up(each, mapped), file, position)


def _listed(record: dict[str, Any], reading: Reading) -> list[dict[str, Any]] | None:
    """The records in an object that is none: the rows of a table that is written column by column, or those in the one
    list in it that has articles; None for any other object.

    An article has no two addresses, titles or dates, as a table has.

    An article that lacks its text has lists of comments, pictures or paragraphs. It is told from what holds articles by
    its address, title or date: what the object says of itself, each article of a list says too. And where a text is a
    structure (``{"content": [{"text": "..."}]}``), what is in it are its parts, unless they have titles.
    """
    names = names_in(record, reading)
    if (rows := rows_of(record)) and any(name in record for field in OF_ARTICLES for name in names[field]):
        return rows
    lists = [rows for _, rows in lists_in(record)]
    if not lists:
        return None
    if content(record, names, reading)[1] is not None:
        return None
    is_structured = any(record.get(name) for name in (*names["text"], *names["html"]))
    own = about(record, names) | ({"title"} if is_structured else set())
    found = [rows for rows in lists if any(_is_article(row, own, reading) for row in rows)]
    return found[0] if len(found) == 1 else None


def _is_article(record: dict[str, Any], own: set[str], reading: Reading) -> bool:
    record = brought_up(record, reading.fields.values())
    names = names_in(record, reading)
    return content(record, names, reading)[1] is not None and about(record, names) >= own
