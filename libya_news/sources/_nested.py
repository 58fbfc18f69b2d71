"""What lies deeper in a record: lists of other records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
