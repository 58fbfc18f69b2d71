"""What programs write into the cells of tables in text: quotation marks behind backslashes, lists, and nothing."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any, Final

_ESCAPED: Final = re.compile(rb'\\(["\\\r\n])')

_NULL: Final = rb"\N"
"""What MySQL writes for nothing."""

_LIST: Final = re.compile(rb"\[\s*(?:['\"].*['\"]\s*)?\]", re.DOTALL)

MAX_LIST: Final = 1 << 20
"""Bytes of a list that is parsed, since each of its texts takes many times its size; news articles have fewer."""

_ITEM: Final = re.compile(
    r"""\s*(?:'([^'\\]*(?:\\.[^'\\]*)*)'|"([^"\\]*(?:\\.[^"\\]*)*)")(?:\s*,|\s+(?=['"])|$)""", re.DOTALL
)
"""A text as Python shows it; between those of an array NumPy puts no comma."""

_PROTECTED: Final = re.compile(r"\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8})|(.))", re.DOTALL)

_LETTERS: Final = {"n": "\n", "r": "\r", "t": "\t"}


def unescaped(line: bytes) -> bytes:
    r"""A line of a table in which backslashes protect quotation marks: these are doubled, as in other tables.

    >>> print(unescaped(rb'"He said \"no\" in C:\\new"').decode())
    "He said ""no"" in C:\new"
    """
    return _ESCAPED.sub(lambda found: b'""' if found[1] == b'"' else found[1], line)


def is_escaped(sample: bytes, delimiter: str) -> bool:
    r"""Whether backslashes protect quotation marks in a table, as MySQL and Spark write them.

    It is certain where that makes rows of equal length of what is no table otherwise.

    Args:
        sample: how the table begins; the last row may be cut off.
        delimiter: what parts its columns.

    >>> is_escaped(b'a,b\n"x \\"y\\", z",c\n', ","), is_escaped(b'a,b\n"x ""y"" C:\\",c\n', ",")
    (True, False)
    """
    return b'\\"' in sample and _is_table(unescaped(sample), delimiter) and not _is_table(sample, delimiter)


def _is_table(sample: bytes, delimiter: str) -> bool:
    text = io.StringIO(sample.decode("latin-1").replace("\0", ""), newline="")
    lengths: list[int] = []
    try:
        lengths.extend(map(len, csv.reader(text, delimiter=delimiter, strict=True)))
    except csv.Error as error:
        return "unexpected end" in str(error) and len({*filter(None, lengths)}) == 1
    return len({*filter(None, lengths[:-1])}) == 1


def said(value: bytes) -> Any:
    """What a cell says: itself; or the texts of a list that is written as Python or JSON shows it; or nothing.

    >>> said(b"['One.', 'Two.']"), said(b"[One, two]"), said(rb"\\N")
    (['One.', 'Two.'], b'[One, two]', b'')
    """
    if len(value) > MAX_LIST or not _LIST.fullmatch(value):
        return b"" if value == _NULL else value
    for parse in (json.loads, _shown):
        try:
            found = parse(value.decode("utf-8"))
        except (ValueError, OverflowError, RecursionError):
            continue
        return found if all(isinstance(each, str) for each in found) else value
    return value


def _shown(text: str) -> list[str]:
    r"""The texts of a list that Python shows.

    Raises:
        ValueError: it is none.

    >>> _shown(r"['It\'s \xe0', 'a']")
    ["It's à", 'a']
    """
    inner, at, found = text[1:-1].strip(), 0, []
    while at < len(inner):
        if not (item := _ITEM.match(inner, at)):
            raise ValueError("there is more than texts in it")
        found.append(_PROTECTED.sub(_plain, item[1] if item[2] is None else item[2]))
        at = item.end()
    return found


def _plain(found: re.Match[str]) -> str:
    code = found[1] or found[2] or found[3]
    return chr(int(code, 16)) if code else _LETTERS.get(found[4], found[4])
