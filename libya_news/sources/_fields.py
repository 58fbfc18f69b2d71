"""From the fields of other people's records to ours."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from math import isfinite
from pathlib import PurePosixPath
from typing import Any, Final
from urllib.parse import unquote

from libya_news._tables import load_table
from libya_news.normalize import normalize
from libya_news.records import Drop, RawArticle

from ._nested import objects_in
from ._reading import CONTENT, Reading
from ._streams import OpenFile, too_large
from .dates import parse_date

OF_A_RELEASE: Final = frozenset({"article_id", "raw_sha256", "text_sha256"})
"""Fields that only rows of a published release have together: theirs are called as ours are, and nothing else."""

_ABOUT: Final = (
    "url", "publisher", "title", "published_at", "language", "licence", "rights_holder", "terms",
)  # fmt: skip
"""Our fields besides the text that have one value."""

_UNKNOWN: Final = "unknown"
"""What releases have in the place of a licence that nobody knows: it says nothing."""


def article_from(record: Mapping[str, Any], file: OpenFile, position: str) -> RawArticle | Drop:
    """Map a record's fields by the reading's names, else by those in ``tables/fields.toml``; a drop without text."""
    names = names_in(record, file.reading)
    kind, data = content(record, names, file.reading)
    where = f"{file.name}:{position}"
    if data is None:
        return Drop(where, "read", f"no text: {_lacking(record, names, file.reading)}")
    limit = file.reading.max_document_bytes
    if _MOST_BYTES * len(data) > limit and (size := _size(data)) > limit:
        return Drop(where, "read", too_large(size, limit))
    return RawArticle(file.name, data, position, html=kind == "html", **_described(record, names))


def _described(record: Mapping[str, Any], names: Mapping[str, list[str]]) -> dict[str, Any]:
    """What a record says of its article besides the text, by the attributes of ``RawArticle``."""
    found = {field: _first(record, names[field], inside=_INSIDE.get(field, ())) for field in _ABOUT}
    when = found.pop("published_at")
    said: dict[str, Any] = {field: _text(value) if value else None for field, value in found.items()}
    authors = _authors(record, names["authors"])
    return {**said, "authors": authors, "published_at": parse_date(_text(when)) if when else None}


def facts_in(place: str, reading: Reading) -> dict[str, Any]:
    """What the folders of a file say of its articles, where they are named as Hive and Spark do it.

    Of dates those alone that the reading names: as a rule they are of the day on which something was fetched.

    >>> facts_in("news/lang=ar/source=Al%20Wasat/date=2020-01-14/part-0.parquet", Reading())
    {'publisher': 'Al Wasat', 'language': 'ar'}
    """
    pairs = (folder.partition("=") for folder in PurePosixPath(place).parent.parts if "=" in folder)
    record = {unquote(name): unquote(value) for name, _, value in pairs if value != _HIVE_NULL}
    dates = [reading.fields["published_at"]] if "published_at" in reading.fields else []
    said = _described(record, {**names_in(record, reading), "published_at": dates})
    return {field: fact for field, fact in said.items() if fact}


_HIVE_NULL: Final = "__HIVE_DEFAULT_PARTITION__"

_MOST_BYTES: Final = 4
"""Of a character in UTF-8."""


def _size(data: str | bytes) -> int:
    return len(data) if isinstance(data, bytes) else len(data.encode("utf-8", "surrogatepass"))


def names_in(record: Mapping[str, Any], reading: Reading) -> Mapping[str, list[str]]:
    """For each of our fields the names that it may have in a record, most telling first."""
    usual: Mapping[str, list[str]] = load_table("fields", expect="fields")
    if record.keys() >= OF_A_RELEASE:
        return reading.names({field: [field] for field in usual})
    names = reading.names(usual)
    if any(record.get(name) for name in names["url"]):
        return names
    asked = reading.fields.get("publisher")
    pages = [name for name in names["publisher"] if name != asked and _is_page(record.get(name))]
    others = [name for name in names["publisher"] if name not in pages]
    return {**names, "url": [*names["url"], *pages], "publisher": others} if pages else names


def _is_page(value: Any) -> bool:
    """Whether a value is the address of a page, and not that of a whole site.

    >>> _is_page("https://example.org/1"), _is_page("https://example.org/"), _is_page("BBC")
    (True, False, False)
    """
    text = value.decode("latin-1") if isinstance(value, bytes) else value
    return isinstance(text, str) and bool(_PAGE.match(text))


_PAGE: Final = re.compile(r"https?://[^/\s]+/\S")


def as_usual(columns: Sequence[str], reading: Reading) -> list[str]:
    """The names of a table's columns; one that differs from a usual name in its capitals alone is called by that.

    >>> as_usual(["Title", "TEXT", "text", "Week"], Reading())
    ['title', 'TEXT', 'text', 'Week']
    """
    usual = {name.lower(): name for names in load_table("fields", expect="fields").values() for name in names}
    there, asked = set(columns), reading.fields.values()
    others = (usual.get(name.lower(), name) for name in columns)
    return [name if other in there or name in asked else other for name, other in zip(columns, others, strict=True)]


def content(
    record: Mapping[str, Any], names: Mapping[str, list[str]], reading: Reading
) -> tuple[str, str | bytes | None]:
    """Which of ``CONTENT`` a record has, and its value; what the reading names goes before what is called as usual."""
    for kind in CONTENT:
        if kind in reading.fields and (data := _text_in(record, names[kind][:1])) is not None:
            return kind, data
    for kind in CONTENT:
        if (data := _text_in(record, names[kind])) is not None:
            return kind, data
    return "", None


def _text_in(record: Mapping[str, Any], names: list[str]) -> str | bytes | None:
    """The text of the first field that has one: as it is, or as a list of its paragraphs, each of which gets a line."""
    for name in names:
        value = record.get(name)
        if isinstance(value, (list, tuple)) and len(value) > 1:
            value = _joined(value)
        if value and isinstance(said := _said(value), _TEXT):
            return said
    return None


def _joined(parts: Sequence[Any]) -> str | bytes | None:
    kinds = set(map(type, parts))
    if kinds == {bytes}:
        return b"\n".join(parts)
    return "\n".join(parts) if kinds == {str} else None


OF_ARTICLES: Final = ("url", "title", "published_at")


def about(record: Mapping[str, Any], names: Mapping[str, list[str]]) -> set[str]:
    """Which of the fields that tell articles apart a record has."""
    return {field for field in OF_ARTICLES if _first(record, names[field], inside=_INSIDE.get(field, ())) is not None}


_TEXT: Final = (str, bytes)


_INSIDE: Final[Mapping[str, tuple[str, ...]]] = {
    "publisher": ("name",),
    "authors": ("name",),
    "rights_holder": ("name",),
    "published_at": ("$date", "$numberLong"),
}
"""What is meant where a field holds an object: the names of people and organisations, as schema.org has them, and times
as MongoDB exports them."""


def _first(record: Mapping[str, Any], names: list[str], inside: Sequence[str] = ()) -> Any:
    """The value of the first field that says something; of an object, what it has inside."""
    for name in names:
        value = record.get(name)
        if value and (said := _said(_within(value, inside))) is not None:
            return said
    return None


def _within(value: Any, names: Sequence[str]) -> Any:
    """A value, or what lies behind the names in it.

    >>> _within("B", ["name"]), _within({"name": "B"}, ["name"]), _within({"x": 5}, ["name"])
    ('B', 'B', {'x': 5})
    """
    for name in names:
        value = value[name] if isinstance(value, dict) and name in value else value
    return value


def _said(value: Any) -> Any:
    """What a value says: itself, or the one text in a list; None for structures, and for what no field can mean.

    >>> _said("ar"), _said(["ar"]), _said(1579000000), _said({"x": 5}), _said(["a", "b"]), _said(float("nan"))
    ('ar', 'ar', 1579000000, None, None, None)
    """
    if isinstance(value, (list, tuple)):
        value = value[0] if len(value) == 1 and isinstance(value[0], _TEXT) else None
    is_none = not value or value == _UNKNOWN or isinstance(value, (bool, dict))
    return None if is_none or (isinstance(value, float) and not isfinite(value)) else value


def _authors(record: Mapping[str, Any], names: list[str]) -> tuple[str, ...]:
    for name in names:
        value = record.get(name)
        each = value if isinstance(value, (list, tuple)) else [value]
        said = (_said(_within(one, _INSIDE["authors"])) for one in each)
        if found := tuple(_text(one) for one in said if one is not None):
            return found
    return ()


def _lacking(record: Mapping[str, Any], names: Mapping[str, list[str]], reading: Reading) -> str:
    if kind := next((kind for kind in CONTENT if kind in reading.fields), ""):
        what = f"the field {reading.fields[kind]!r}, which is to be the {kind}, is missing, empty or no text"
    else:
        filled = [name for name in (*names["text"], *names["html"]) if record.get(name) not in (None, "", b"")]
        what = f"what the field {listed(filled[:1])} holds is no text" if filled else "no field of text"
    inside = "".join(f"; in {listed([path])} there are {listed(found)}" for path, found in objects_in(record))
    return f"{what}; there are {listed(record)}{inside}"[:500]


def listed(names: Iterable[str]) -> str:
    """Names of other people's fields in one line that can be printed, whatever they are.

    >>> print(listed(["text", "a\\nb", "\\ud800"]))
    text, a\\nb, \\ud800
    """
    shown = (name if name.isprintable() else ascii(name)[1:-1] for name in islice(names, _MOST_NAMES))
    return ", ".join(name[:_LONGEST_NAME] for name in shown) or "none"


_MOST_NAMES: Final = 100
_LONGEST_NAME: Final = 100
"""Characters: a reason of a drop is short."""


def _text(value: Any) -> str:
    return normalize(value).text if isinstance(value, bytes) else str(value)
