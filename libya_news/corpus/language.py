"""The language of a text, by a library's offline model."""

from __future__ import annotations

from typing import Final

SAMPLE_CHARS: Final = 20_000
"""Characters that are looked at: news articles end below this, and one huge text must not hold up a build."""

MIN_LETTERS: Final = 20
"""Letters below which no language is named: the detector's n-gram ranks mean nothing on a word or two."""


def detect_language(text: str) -> str | None:
    """The language of a text as an ISO 639-1 code, or None where the text is too short to tell.

    Method: rank-order comparison of character n-gram hashes, as resiliparse does it (Bevendorff et al., ECIR 2018).

    >>> detect_language("Les pourparlers de Moscou se sont achevés sans accord entre les deux camps libyens.")
    'fr'
    >>> detect_language("2011") is None
    True
    """
    from resiliparse.parse.lang import detect_fast  # noqa: PLC0415 - a compiled library that only a build needs

    sample = text[:SAMPLE_CHARS]
    if sum(map(str.isalpha, sample[:200])) < MIN_LETTERS:
        return None
    language: str = detect_fast(sample)[0]
    return None if language == "unknown" else language
