"""Repair of mojibake: text that was read in another encoding than it was written in."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from .edits import Edit
from .tidy import lines

if TYPE_CHECKING:
    from ftfy import TextFixerConfig


@cache
def _config() -> TextFixerConfig:
    from ftfy import TextFixerConfig  # noqa: PLC0415 - costs more to import than most texts to normalise

    return TextFixerConfig(unescape_html=False, explain=True)


def mojibake(text: str) -> list[Edit]:
    """Undo wrong decodings, line by line."""
    from ftfy import fix_encoding_and_explain  # noqa: PLC0415 - see _config

    edits = []
    for start, end in lines(text):
        line = text[start:end]
        if not line.isascii() and (new := fix_encoding_and_explain(line, _config()).text) != line:
            edits.append(Edit(start, end, new))
    return edits
