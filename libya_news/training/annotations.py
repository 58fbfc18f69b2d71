"""Stand-off annotations: labels of documents that lie elsewhere, found again by path and hash, without their text."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from libya_news.labels import LABEL_OF
from libya_news.records import sha256_hex

from .examples import Example, Span, read_rows, site_of

SOURCE: Final = "annotations"
"""``Example.source`` of all of these: they are trained on and never tested on."""


def read_annotations(path: Path, corpora: Path) -> list[Example]:
    """The annotated documents that are found below ``corpora`` and have not changed since they were annotated.

    Args:
        path: JSON lines of ``document`` (a path below ``corpora``, with ``:N`` for the physical line N of JSON lines),
            ``lang``, ``sha256`` of the text, and ``segments`` as ``[start, end, kind]``, in code points into the text.
        corpora: the folder that the documents lie in.
    """
    found = (_example(row, corpora) for row in read_rows(path))
    return [example for example in found if example]


def _example(row: Mapping[str, Any], corpora: Path) -> Example | None:
    name, _, line = row["document"].partition(":")
    if not (corpora / name).exists():
        return None
    text, group = _line(corpora / name, int(line)) if line else (_text(corpora / name), row["document"])
    if sha256_hex(text) != row["sha256"]:
        return None
    spans = [Span(start, end, LABEL_OF[kind], kind) for start, end, kind in row["segments"]]
    known = {"id": row["document"], "source": SOURCE, "group": group, "language": row["lang"]}
    return Example.build(text, spans, exact=True, **known)


def _text(path: Path) -> str:
    return path.read_bytes().decode("utf-8")


def _line(path: Path, number: int) -> tuple[str, str]:
    row = _rows(path)[number - 1]
    return row["text"], site_of(row["publisher"])


@lru_cache(maxsize=4)
def _rows(path: Path) -> list[dict[str, Any]]:
    return list(read_rows(path))
