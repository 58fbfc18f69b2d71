"""Lines in another encoding than the rest of a text in UTF-8, as in files that were put together from several.

Where these are not few, the whole is read in their encoding, and the others are mojibake that ``repair`` undoes.
"""

from __future__ import annotations

import re

from .decode import detected
from .edits import Edit
from .suspicion import suspicions
from .tidy import lines

ENOUGH_BYTES = 16
"""Bytes beyond ASCII that such lines must have together, so that their encoding is detected. Of 5,782 lines of the
corpora and of news pages with 16 or more, in 16 languages and encodings of theirs, 12 are misread; of 1,565 with 8 to
15 it is 21."""

_UNDECODED = re.compile("[\udc80-\udcff]")
_NO_TEXT = re.compile("[\x80-\x9f\udc80-\udcff]")


def other_encoding(text: str) -> list[Edit]:
    """Lines that are not UTF-8 are read in the encoding that is detected for all of them.

    >>> line = "Le général a déclaré que l’armée était à Tripoli, où l’été fut « rude », a précisé l’émissaire."
    >>> data = line.encode() + b"\\n" + line.encode("cp1252")
    >>> [edit.new == line for edit in other_encoding(data.decode("utf-8", "surrogateescape"))]
    [True]
    """
    if not _UNDECODED.search(text):
        return []
    spans = [span for span in lines(text) if _is_other(text[slice(*span)])]
    data = "\n".join(text[slice(*span)] for span in spans).encode("utf-8", "surrogateescape")
    if sum(byte >= 0x80 for byte in data) < ENOUGH_BYTES:
        return []
    found = detected(data)
    news = found.text.split("\n")
    if not found.confidence or len(news) != len(spans) or _NO_TEXT.search(found.text) or suspicions(found.text):
        return []
    return [Edit(*span, new) for span, new in zip(spans, news, strict=True)]


def _is_other(line: str) -> bool:
    """Whether more bytes of a line are undecodable than characters beyond ASCII are right: a few are by accident."""
    wrong = len(_UNDECODED.findall(line))
    return wrong > len(line) - len(line.encode("ascii", "ignore")) - wrong
