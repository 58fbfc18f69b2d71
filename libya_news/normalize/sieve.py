"""One scan that says which fixes a text can need: what it does not name would find nothing to do.

All fixes' patterns are compiled into one automaton (RE2, linear in any text), which reads the text once at hundreds of
megabytes a second. ``tests/test_normalize_properties.py`` shows that nothing slips through.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from functools import cache

from .suspicion import compile_set, patterns, to_re2
from .tidy import fill, table

_ALIKE = {"mojibake": "lossy_mojibake", "presentation_forms": "visual_order"}
"""Fixes, each with another one that can be needed where it is, and nowhere else."""


@cache
def _sieve() -> tuple[tuple[str, ...], Callable[[bytes], list[int] | None]]:
    """The names of the fixes, and the automaton that finds them by their positions."""
    suspicious = "|".join(f"(?:{pattern})" for pattern in patterns().values())
    named = {name: fill(pattern) for name, pattern in table()["sieve"].items()}
    sources = {name: to_re2(pattern) for name, pattern in ({"mojibake": suspicious} | named).items()}
    return tuple(sources), compile_set(list(sources.values()))


def needed(text: str) -> set[str]:
    """Names of the fixes that the text can need; empty for nearly all sound text.

    >>> needed("Tripoli"), needed("Tripoli\\xa0:")
    (set(), {'spaces'})
    """
    if _is_plain(text):
        return set()
    try:
        data = text.encode()
    except UnicodeEncodeError:
        return {"surrogates", "other_encoding", "undecodable"} | needed(text.encode("utf-8", "replace").decode())
    names, match = _sieve()
    found = {names[at] for at in match(data) or ()}
    found.update(other for name, other in _ALIKE.items() if name in found)
    if len(data) > len(text) and not unicodedata.is_normalized("NFC", text):
        found.add("nfc")
    return found


def _is_plain(text: str) -> bool:
    """Whether a text is a line of printable ASCII in which no fix has anything to do: most English lines are.

    What it asks costs less than the automaton's first step.
    """
    return (
        text.isascii()
        and text[-1:] != " "
        and text.isprintable()
        and "  " not in text
        and "&" not in text
        and "\\u" not in text
    )
