"""CSV and TSV: the first row names the columns, every other row is an article.

The bytes of a value stay undecoded: they are read as Latin-1, in which every byte is a character, and turned back, so
that a table in any encoding that has ASCII in it, or in several, becomes articles as good as its bytes.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final

from libya_news.records import Drop, RawArticle

from ._cells import is_escaped, said, unescaped
from ._fields import article_from, as_usual, listed, names_in
from ._reading import CONTENT, Reading
from ._streams import BLOCK, OpenFile, Refused, in_utf8, refuse_empty, too_large

_TABS: Final = (".tsv", ".tab")

_DELIMITERS: Final = (",", ";", "\t", "|")
"""What may part columns: semicolons where the comma is in numbers, as spreadsheets write them in French or German."""

_MOST_TOLD: Final = 200
"""Characters of the names of columns that each row with too many values tells: a title above them is seen at once."""

_TOLD: Final = re.compile(rb'"?sep=([,;\t|])"?\s*')
"""The line before the head in which a table tells Excel what parts its columns."""

_HEAD_BYTES: Final = 1 << 16
"""Bytes of the head line that are looked at: names of columns take some hundreds."""


def read(file: OpenFile) -> Iterator[RawArticle | Drop]:
    """Yield one article a row; a broken row is dropped with the number of its first line, and reading goes on."""
    sample, file = in_utf8(file).sample(BLOCK)
    limit, readline = file.reading.max_document_bytes, file.stream.readline
    csv.field_size_limit(limit + 1)
    head = [readline(limit + 1).removeprefix(codecs.BOM_UTF8)]
    told = _TOLD.fullmatch(head[0])
    delimiter = told[1].decode("latin-1") if told else _delimiter(head[0], "\t" if file.suffix in _TABS else ",")
    rows = _Rows(lambda size: head.pop() if head else readline(size), limit, delimiter, is_escaped(sample, delimiter))
    found: Iterator[list[bytes] | str] = filter(None, rows.all())
    if told:
        next(found)
    first: list[bytes] | str = next(found, [])
    if isinstance(first, str):
        yield Drop(f"{file.name}:1", "read", first)
        return
    names = as_usual([value.decode("utf-8", "replace").strip() for value in first], file.reading)
    named = f"; by the first row these are {listed(names)}"[:_MOST_TOLD]
    rows.columns = len(names)
    for row in found:
        where = f"{file.name}:{rows.first_line}"
        if isinstance(row, str):
            yield Drop(where, "read", row)
        elif any(row[len(names) :]):
            yield Drop(where, "read", f"broken record: {len(row)} values for {len(names)} columns{named}")
        else:
            yield article_from(dict(zip(names, map(said, row), strict=False)), file, str(rows.first_line))


def is_headed(sample: bytes, reading: Reading) -> bool:
    r"""Whether bytes that nobody calls a table are one.

    Two of its columns have names of ours, one of them that of a text or page, and the second row has as many values.

    >>> is_headed(b"Title;Text\nTalks end;They ended.", Reading()), is_headed(b"Title\n\nText, title", Reading())
    (True, False)
    """
    lines = io.StringIO(sample.decode("utf-8", "replace").replace("\0", ""), newline="")
    delimiter = _delimiter(sample.partition(b"\n")[0], ",")
    try:
        head, second = islice(filter(None, csv.reader(lines, delimiter=delimiter)), 2)
    except (csv.Error, ValueError):  # there are not two
        return False
    columns = as_usual(head, reading)
    names = names_in(dict.fromkeys(columns), reading)
    known = {field for field, usual in names.items() if not set(usual).isdisjoint(columns)}
    return len(known) > 1 and not known.isdisjoint(CONTENT) and len(head) == len(second)


def _delimiter(head: bytes, usual: str) -> str:
    """What parts the columns: what the suffix says, but where this leaves the head line whole and another parts it.

    >>> _delimiter(b"text;url", ","), _delimiter(b"text,date;time", ","), _delimiter(b"text", ",")
    (';', ',', ',')
    """
    line = head[:_HEAD_BYTES].decode("latin-1").replace("\0", "")
    try:
        columns = {each: len(next(csv.reader([line], delimiter=each), [])) for each in _DELIMITERS}
    except csv.Error:
        return usual
    most = max(_DELIMITERS, key=lambda each: columns[each])
    return most if columns[usual] == 1 < columns[most] else usual


MAX_SIGNS: Final = 1_000_000
"""What may part columns in a line: each of them would be a value. Articles without a line break have fewer commas."""


_STRAY: Final = "there is a carriage return outside of quotation marks; lines must end with a line feed"
"""For what ``csv`` says of modes in which nobody has opened anything."""


class _Rows:
    """Rows of a table as bytes.

    Attributes:
        first_line: number of the line that the present row begins in.
        columns: how many the table has, once that is known.
    """

    def __init__(self, readline: Callable[[int], bytes], limit: int, delimiter: str, escaped: bool) -> None:
        self._readline, self._limit = readline, limit
        self._in_rfc_4180 = unescaped if escaped else bytes
        self.first_line, self.columns = 1, 0
        self._size = self._line = self._empty = 0
        self._delimiter = delimiter
        self._row: list[str] = []
        self._again: list[bytes] = []
        self._start()

    def _start(self) -> None:
        self._ended = False
        self._reader = csv.reader(self._lines(), delimiter=self._delimiter)

    def all(self) -> Iterator[list[bytes] | str]:
        """The rows from here on; instead of one that is broken or too large the reason of its drop."""
        while True:
            self.first_line, self._size, self._row = self._line + 1, 0, []
            try:
                row = next(self._reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield f"broken record: {_STRAY if 'new-line' in str(error) else error}"
                continue
            if self._size > self._limit:
                yield too_large(self._size, self._limit)
                continue
            if (len(self._row) > 1 or len(row) < self.columns) and self._are_rows(self._row):
                row = self._alone()
            yield [value.encode("latin-1") for value in row]

    def _are_rows(self, lines: list[str]) -> bool:
        """Whether a quotation mark that nothing closes has made one row of lines each of which is one.

        In tables that are written without quoting, a value may begin with a quotation mark.
        """
        if self.columns == 1:
            return False
        try:
            return not list(csv.reader(lines, delimiter=self._delimiter, strict=True))
        except csv.Error:
            return all(line.count(self._delimiter) == self.columns - 1 for line in lines)

    def _alone(self) -> list[str]:
        """The first line of the present row as a row; the others are read again."""
        first, *others = self._row
        self._again = [line.encode("latin-1") for line in reversed(others)]
        self._line = self.first_line
        if self._ended:
            self._start()
        return first.rstrip("\r\n").split(self._delimiter)

    def _lines(self) -> Iterator[str]:
        """Lines for the parser. Of a row beyond the limit it gets no more than the quotation mark that ends it."""
        quotes, given, sign = 0, False, self._delimiter.encode()
        while line := self._again.pop() if self._again else self._in_rfc_4180(self._readline(self._limit + 1)):
            quotes, given = (quotes, given) if self._size else (0, False)
            quotes += line.count(b'"')
            self._size += len(line)
            ended = line.endswith(b"\n")
            self._line += ended
            self._empty = 0 if line.strip() else self._empty + 1
            refuse_empty(self._empty)
            if line.count(sign) > MAX_SIGNS:
                raise Refused(f"bomb: a line with more than {MAX_SIGNS:,} columns; nothing behind it was read")
            if self._size <= self._limit:
                given = True
                self._row.append(line.decode("latin-1").replace("\0", ""))
                yield self._row[-1]
            elif ended and quotes % 2 == 0:
                yield '"\n' if given else "\n"
        self._ended = True
