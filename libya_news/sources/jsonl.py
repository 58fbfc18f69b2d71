"""JSON lines: every line is an object with a text and what is known about it."""

from __future__ import annotations

import json
from collections.abc import Iterator

from libya_news.records import Drop, RawArticle

from ._fields import article_from
from ._files import MAX_DOCUMENT_BYTES, SourceFile


def read(file: SourceFile) -> Iterator[RawArticle | Drop]:
    """Yield one article a line; a broken line is dropped with its physical line number, and reading goes on."""
    with file.open() as stream:
        number = 0
        while line := stream.readline(MAX_DOCUMENT_BYTES + 1):
            number += 1
            if len(line) > MAX_DOCUMENT_BYTES:
                while not line.endswith(b"\n") and (line := stream.readline(MAX_DOCUMENT_BYTES)):
                    pass
                reason = f"too large: line {number} has more than {MAX_DOCUMENT_BYTES:,} bytes"
                yield Drop(f"{file.name}:{number}", "read", reason)
            elif line := line.removeprefix(b"\xef\xbb\xbf").strip():
                yield _parse(line, file.name, number)


def _parse(line: bytes, name: str, number: int) -> RawArticle | Drop:
    where = f"{name}:{number}"
    try:
        record = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        return Drop(where, "read", f"undecodable: line {number} is not UTF-8 (byte {error.start + 1})")
    except json.JSONDecodeError as error:
        return Drop(where, "read", f"broken JSON: line {number}, column {error.colno}: {error.msg}")
    except (ValueError, RecursionError) as error:
        return Drop(where, "read", f"broken JSON: line {number}: {error}")
    if not isinstance(record, dict):
        return Drop(where, "read", f"broken record: line {number} is no JSON object")
    article = article_from(record, name, str(number))
    return article or Drop(where, "read", f"no text: line {number} has no text field")
