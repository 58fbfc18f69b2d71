"""The language of a text, by a library's offline model, and how sure that is."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final, NamedTuple

from libya_news._tables import load_table

SAMPLE_CHARS: Final = 20_000
"""Characters that are looked at: news articles end below this, and one huge text must not hold up a build."""

MIN_LETTERS: Final = 20
"""Letters below which no language is named: the detector's n-gram ranks mean nothing on a word or two."""

AHEAD: Final = 100
"""How much nearer than the whole's language another must be, for a part of a text to have a language of its own. Of
pieces of 20 to 1,000 characters in English, French, Arabic, Spanish, Italian and German, at most 1 % are taken for
another language by that (``scripts/bench language``)."""

FARTHEST: Final = 1 << 20
"""A distance that no text has from any language."""

INTERCEPT: Final = 4.30
SLOPE: Final = -3.94e-3
"""From the detector's distance to the log odds that it is right: a logistic regression on pieces of 20 to 1,000
characters from news in 28 languages. ``scripts/bench language`` prints how often it was right at each distance."""


class Guess(NamedTuple):
    """A language as an ISO 639-1 code, and the probability in [0, 1] that it is right; None where somebody said it."""

    language: str
    confidence: float | None


def language_code(said: str | None) -> str | None:
    """The code of a language, as ISO 639-1 has it, however a source writes it; of ISO 639-2 where that has none.

    Whatever is no such code, and no name of a language in English, says nothing. Nor do codes that stand for none or
    several (``und``, ``mul``), or that ISO 639-2 leaves to everybody's own use (``qaa`` to ``qtz``).

    >>> [language_code(said) for said in ("en-US", "AR_ly", "eng", "English", "arb_Arab", "zgh", "xx", "und", "5")]
    ['en', 'ar', 'en', 'en', 'ar', 'zgh', None, None, None]
    """
    first = re.split(r"[-_]", said or "")[0].strip().lower()
    codes = _codes()
    if first in codes:
        return codes[first]
    is_code = len(first) == _LETTERS_AT_MOST and first.isascii() and first.isalpha()
    return first if is_code and not "qaa" <= first <= "qtz" else None


_LETTERS_AT_MOST: Final = 3
"""Of a code: those of three letters are 8,000, and not listed here."""


@lru_cache(maxsize=1)
def _codes() -> dict[str, str | None]:
    """The code of two letters by all that the table has for it, and by itself; None by those that stand for none."""
    table = load_table("language_codes", expect="language-codes")
    codes = {name: code for code, names in table["codes"].items() for name in (code, *names)}
    return {**codes, **dict.fromkeys(table["none"])}


def guess_language(text: str) -> Guess | None:
    """The language of a text; None where the text is too short to tell.

    Method: rank-order comparison of character n-gram hashes, as resiliparse does it (Bevendorff et al., ECIR 2018).

    >>> guess_language("Les pourparlers de Moscou se sont achevés sans accord entre les deux camps libyens.").language
    'fr'
    >>> guess_language("2011") is None
    True
    """
    found = _nearest(text)
    return found and Guess(found[0], _confidence(found[1]))


def _nearest(text: str) -> tuple[str, int] | None:
    """The language that a text is nearest to and its distance; None where the text is too short to tell."""
    if not _is_tellable(text):
        return None
    language, distance = _detector()(text[:SAMPLE_CHARS])
    return None if language == "unknown" else (language, distance)


def _is_tellable(text: str) -> bool:
    if len(text) < MIN_LETTERS:
        return False
    return _letters(text[: 2 * MIN_LETTERS]) >= MIN_LETTERS or _letters(text[:200]) >= MIN_LETTERS


def _letters(text: str) -> int:
    return sum(map(str.isalpha, text))


@lru_cache(maxsize=1)
def _detector() -> Callable[..., tuple[str, int]]:
    from resiliparse.parse.lang import detect_fast  # noqa: PLC0415 - a compiled library that only a build needs

    return detect_fast


def guess_part(part: str, whole: Guess | None) -> Guess | None:
    """The language of a part of a text: its own where that is far nearer than that of the whole, or else the latter.

    >>> guess_part("Leggi anche", Guess("it", 0.93))
    Guess(language='it', confidence=0.93)
    >>> guess_part("قال مسؤولون إن المحادثات في موسكو انتهت دون التوصل إلى اتفاق.", Guess("it", 0.93)).language
    'ar'
    """
    if not whole:
        return guess_language(part)
    own = _nearest(part)
    if not own or own[0] == whole.language:
        return whole
    name, distance = _detector()(part[:SAMPLE_CHARS], cutoff=FARTHEST, langs=[whole.language])
    return Guess(own[0], _confidence(own[1])) if name != "unknown" and distance - own[1] >= AHEAD else whole


def _confidence(distance: int) -> float:
    """The confidence in the nearest language, given the detector's distance to it: 0 is nearest.

    >>> round(_confidence(400), 2), round(_confidence(1100), 2)
    (0.94, 0.49)
    """
    return round(1 / (1 + math.exp(-INTERCEPT - SLOPE * distance)), 4)
