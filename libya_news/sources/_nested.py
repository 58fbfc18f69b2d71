"""What lies deeper in a record: values inside of objects, and lists of other records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

MAX_DEPTH: Final = 3
"""Names that lead to a list of records: ``articles``, ``response.docs`` and, in what is made of feeds,
``rss.channel.item``. Nothing in use lies deeper, and the deeper, the more is no article."""


def lists_in(record: Mapping[str, Any], depth: int = MAX_DEPTH) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The lists of objects in an object, each with the names that lead to it.

    >>> dict(lists_in({"status": "ok", "response": {"docs": [{"a": 1}], "of": [5]}, "more": []}))
    {'response.docs': [{'a': 1}]}
    """
    for name, value in record.items():
        if isinstance(value, list) and value and all(isinstance(each, dict) for each in value):
            yield name, value
        elif isinstance(value, dict) and depth > 1:
            yield from ((f"{name}.{inner}", rows) for inner, rows in lists_in(value, depth - 1))


def objects_in(record: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The objects in an object, and the first one of each list of objects in it, each with the names that lead to it.

    >>> dict(objects_in({"status": "ok", "response": {"docs": [{"a": 1}]}}))
    {'response': {'docs': [{'a': 1}]}, 'response.docs': {'a': 1}}
    """
    yield from ((name, value) for name, value in record.items() if isinstance(value, dict))
    yield from ((path, rows[0]) for path, rows in lists_in(record))


def rows_of(record: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """The rows of a table that is written column by column, each an object by numbers or a list; None for what is none.

    >>> rows_of({"text": {"0": "a", "5": "b"}, "n": {"0": 1, "5": 2}}) == rows_of({"text": ["a", "b"], "n": [1, 2]})
    True
    >>> rows_of({"text": ["a", "b"], "n": [1]}), rows_of({"text": ["a"], "n": [1]})
    (None, None)
    """
    columns = list(record.values())
    if all(isinstance(column, dict) and all(map(str.isdecimal, column)) for column in columns):
        alike = bool(columns) and all(column.keys() == columns[0].keys() for column in columns)
        columns = [column.values() for column in columns]
    else:
        alike = all(isinstance(column, list) and len(column) == len(columns[0]) > 1 for column in columns)
    return [dict(zip(record, row, strict=True)) for row in zip(*columns, strict=True)] if alike else None


def brought_up(record: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """The record with what names find inside of it that it has not itself: their dots lead into objects.

    >>> brought_up({"body": {"plain": "Talks."}}, ["body.plain", "body.rich", "body"])
    {'body': {'plain': 'Talks.'}, 'body.plain': 'Talks.'}
    """
    dotted = (name for name in names if "." in name and name not in record)
    found = {name: value for name in dotted if (value := _inside(record, name.split("."))) is not None}
    return record | found if found else record


def _inside(value: Any, path: Iterable[str]) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value
