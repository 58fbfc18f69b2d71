"""From the fields of other people's records to ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any

from libya_news._tables import load_table
from libya_news.records import RawArticle


def article_from(record: Mapping[str, Any], source: str, position: str) -> RawArticle | None:
    """Map a record's fields by the names in ``tables/fields.toml``; None where it holds no text."""
    found = {field: _first(record, names) for field, names in load_table("fields", expect="fields").items()}
    text = found.pop("text")
    if not isinstance(text, str):
        return None
    authors = found.pop("authors") or ()
    when = found.pop("published_at")
    return RawArticle(
        source,
        text,
        position,
        authors=tuple(map(str, [authors] if isinstance(authors, str) else authors)),
        published_at=parse_date(str(when)) if when else None,
        **{field: str(value) if value else None for field, value in found.items()},
    )


def _first(record: Mapping[str, Any], names: list[str]) -> Any:
    return next((record[name] for name in names if record.get(name)), None)


def parse_date(text: str) -> datetime | None:
    """A point in time in UTC from ISO 8601, ``28/10/2015`` or an e-mail date; None where it is none of these.

    A time without a zone is taken as UTC.

    >>> parse_date("2017-02-27T12:14:00+01:00").isoformat()
    '2017-02-27T11:14:00+00:00'
    >>> parse_date("28/10/2015").isoformat()
    '2015-10-28T00:00:00+00:00'
    >>> parse_date("0000-00-00") is None
    True
    """
    attempts = (_attempt(parse, text.strip()) for parse in (_iso, _day_first, parsedate_to_datetime))
    return next(filter(None, attempts), None)


def _attempt(parse: Callable[[str], datetime], text: str) -> datetime | None:
    try:
        when = parse(text)
        return (when if when.tzinfo else when.replace(tzinfo=timezone.utc)).astimezone(timezone.utc)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _iso(text: str) -> datetime:
    return datetime.fromisoformat(text[:-1] + "+00:00" if text.endswith(("Z", "z")) else text)


def _day_first(text: str) -> datetime:
    return datetime.strptime(text, "%d/%m/%Y").replace(tzinfo=timezone.utc)
