"""Repair of mojibake: text that was read in another encoding than it was written in.

The method is ftfy's (R. Speer): read the text back into bytes in the encoding that it was misread in, decode these as
what they were, and accept the result only where it is less bad. ftfy does so for encodings of the Latin, Greek and
Cyrillic scripts, by a pattern of unlikely neighbours. Here two more criteria are measured: for UTF-8, that a whole line
decodes strictly into characters that news is written in; for Arabic bytes, how well the letters' frequencies fit.

Lines whose damage lost bytes are the business of ``lossy``.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import accumulate
from typing import TYPE_CHECKING

from .damage import is_damaged, is_given_up
from .edits import Edit, apply_edits, moved
from .readings import Reading, members, rare, reading, readings, sequence, table
from .suspicion import ARABIC_READINGS, Line, suspicions, suspicious_lines
from .tidy import lines

if TYPE_CHECKING:
    from ftfy import TextFixerConfig

SURE_SEQUENCES = 3
"""So many characters beyond ASCII make a line's strict decoding as UTF-8 proof enough. Of 124,224 lines beyond ASCII
of the raw corpora and of news pages, 17 decode with three or more; the 14 that were looked at are all mojibake as
found."""

SURE_SEQUENCES_OF_TEXT = 8
"""The same for a whole text, whose lines then need not be looked at one by one. A judgement, well above that of a
line."""

ALWAYS_TRIED = 50_000
"""Characters of suspicious lines that are tried whatever they are. Beyond that, some pieces are tried first."""

WESTERN_READINGS = ("cp1252", "latin-1")
"""The encodings in which single characters are looked for where ftfy has found some: the most frequent ones."""

PIECES, ONE_IN = 100, 4
"""So many pieces from all over a text are tried first; where not one in four can be repaired, the text is noise and is
left as it is: all of it would take seconds for a megabyte. Of letters drawn by chance, in lines of 40 and more, up to
17 of 100 pieces can be; of texts of the corpora in Latin-1, Windows-1252 and Windows-1256, from which up to 2 % of the
characters were taken at random, 58 and more."""

LEAST_ARABIC = -3.75
"""Mean logarithm of the letters' frequencies from which on bytes are taken for Arabic. Of 2,742 Arabic newspaper
paragraphs whose bytes were read as Latin-1, 2,740 reach it (lowest -3.76, median -3.06), and of 1,204 Russian, Thai,
Chinese, Japanese and Korean lines, read in the same way, none (highest -3.80)."""

_DEFINED_C1 = {chr(byte): reading("cp1252").characters[byte] for byte in range(0x80, 0xA0)}
_WESTERN = re.compile("[\x00-\x7f\xa0-\xff\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u2000-\u206f\u20ac]+")
_LOST_SPACE = re.compile(r"(?<=\u0623) ( |(?=\w))?")
_PIECE = re.compile(r"\S.{0,999}(?!\S)|\S{1,1000}")
_ARABIC = re.compile("[\u0600-\u06ff]")
_C1 = re.compile("[\x80\x82-\x8c\x8e\x91-\x9c\x9e\x9f]")

UNKNOWN_LETTER = -8.0
"""What a letter counts that is not one of the Arabic alphabet: one in 3,000."""

FEW_LETTERS, FEWER_LETTERS = 8, 2
"""Letters that a line needs to be judged by their frequencies; and that it needs in a text where another was sure. The
first is the least with which the lines behind ``LEAST_ARABIC`` were measured, the second a judgement."""


def mojibake(text: str) -> list[Edit]:
    """Undo one wrong decoding: of the whole text where it is one for all, else line by line.

    >>> mojibake("ط§ظ„ط¹ط±ط§ظ‚")[0].new
    'العراق'
    """
    if not suspicions(text):
        return []
    if (new := strict_utf8(text, SURE_SEQUENCES_OF_TEXT)) is not None:
        return [Edit(0, len(text), new, transcoded=True)]
    damaged = suspicious_lines(text)
    if is_given_up(text) or _is_noise(text, damaged):
        return []
    # Strict decoding of UTF-8 is the strongest evidence, so it goes first; ftfy would take Arabic bytes for Croatian.
    return _utf8_lines(text, damaged) or swapped_edits(text, damaged) or _ftfy_lines(text, damaged)


def _is_noise(text: str, damaged: list[Line]) -> bool:
    """Whether there is much that is suspicious, and hardly any of it can be repaired."""
    if sum(end - start for start, end, _ in damaged) <= ALWAYS_TRIED:
        return False
    pieces = [m[0] for start, end, _ in damaged for m in _PIECE.finditer(text, start, end)]
    suspicious = [piece for piece in pieces[:: 1 + len(pieces) // PIECES] if suspicions(piece)]
    return sum(map(_is_promising, suspicious)) * ONE_IN < len(suspicious)


def _is_promising(piece: str) -> bool:
    """Whether a piece can be repaired: by what is sure in itself, or so that it looks half as bad, or better."""
    if _by_utf8(piece) or _is_arabic(piece):
        return True
    from ftfy.badness import badness  # noqa: PLC0415 - see _config

    edits = _by_ftfy(piece)
    return bool(edits) and 2 * badness(apply_edits(piece, edits)) <= badness(piece)


def _is_arabic(line: str) -> bool:
    return any(_arabic_letters(line, encoding) >= FEW_LETTERS for encoding in table()["arabic"])


def _utf8_lines(text: str, damaged: list[Line]) -> list[Edit]:
    return [edit for start, end, _ in damaged for edit in moved(_by_utf8(text[start:end]), start)]


@cache
def _by_utf8(line: str) -> list[Edit]:
    if (new := strict_utf8(line, SURE_SEQUENCES)) is not None:
        return [Edit(0, len(line), new, transcoded=True)]
    if "misread_arabic" not in suspicions(line):
        return []
    return _western_in_arabic(line) or _pieces(line) or _scattered(line, ARABIC_READINGS)


def _ftfy_lines(text: str, damaged: list[Line]) -> list[Edit]:
    bad = [(start, text[start:end]) for start, end, found in damaged if "unlikely" in found]
    return [edit for start, line in bad for edit in moved(_by_ftfy(line), start)]


def _western_in_arabic(line: str) -> list[Edit]:
    """A line of Latin letters whose few accents and quotation marks were misread in an encoding of Arabic.

    Where the second byte of "à", a no-break space, became a space or one with the space behind it, that comes first.
    """
    if (new := _western(line)) is not None:
        return [Edit(0, len(line), new, transcoded=True)]
    lost = [Edit(m.start(), m.end(), "\xa0" if m[1] is None else "\xa0 ") for m in _LOST_SPACE.finditer(line)]
    return lost if lost and _western(apply_edits(line, lost)) is not None else []


def _western(line: str) -> str | None:
    found = (_utf8_in(reading(name), line, 1) for name in ARABIC_READINGS)
    return next((new for new in found if new is not None and _WESTERN.fullmatch(new)), None)


def _pieces(line: str) -> list[Edit]:
    """Words of UTF-8 that was misread in an encoding of Arabic, in a line that is sound otherwise."""
    for name in ARABIC_READINGS:
        runs = [(m, _utf8_in(reading(name), m[0], SURE_SEQUENCES)) for m in _misread_words(name).finditer(line)]
        # What has no Arabic letter may as well have been read in a Western encoding, which ftfy knows.
        known = ((m, new) for m, new in runs if new is not None and _ARABIC.search(m[0]))
        edits = [Edit(m.start(), m.end(), new, transcoded=True) for m, new in known]
        lost = any(_touches_arabic(line, edit) for edit in edits)
        if edits and not lost and not is_damaged(apply_edits(line, edits)):
            return edits
    return []


def _scattered(line: str, names: Sequence[str]) -> list[Edit]:
    """Single characters of UTF-8 that was misread, in a line of which other parts are sound.

    It must be all of them, so that nothing suspicious is left, and no Arabic letter where they were read as such.
    """
    for name in names:
        found = [(m, _utf8_in(reading(name), m[0], 1)) for m in re.finditer(f"(?:{sequence(name)})+", line)]
        known = ((m, new) for m, new in found if new is not None and not _dense().search(new))
        edits = [Edit(*m.span(), new, transcoded=True) for m, new in known]
        new = apply_edits(line, edits)
        foreign = name in ARABIC_READINGS and _ARABIC.search(new)
        if sum(len(edit.new) for edit in edits) >= SURE_SEQUENCES and not foreign and not suspicions(new):
            return edits
    return []


def _touches_arabic(line: str, edit: Edit) -> bool:
    """Whether a misread word touches an Arabic letter: it then is a lead whose second byte is lost, no letter."""
    around = line[max(edit.start - 1, 0) : edit.start] + line[edit.end : edit.end + 1]
    return any(sign.isalpha() and sign >= "\u0600" for sign in around)


@cache
def _misread_words(name: str) -> re.Pattern[str]:
    return re.compile(f"(?:{sequence(name)})+(?:[ -@\\[-`{{-~]+(?:{sequence(name)})+)*")


def strict_utf8(text: str, enough: int) -> str | None:
    """The text as UTF-8, where it was misread in one encoding from end to end."""
    found = (_utf8_in(encoding, text, enough) for encoding in readings())
    return next((new for new in found if new is not None), None)


def _utf8_in(encoding: Reading, text: str, enough: int) -> str | None:
    try:
        new = encoding.to_bytes(text).decode("utf-8")
    except UnicodeError:
        return None
    return new if _is_news(new, enough) else None


def _is_news(new: str, enough: int) -> bool:
    ascii_length = len(new.encode("ascii", "ignore"))
    if len(new) - ascii_length < enough or rare().search(new):
        return False
    dense = len(_dense().findall(new))
    return not dense or dense * 2 >= len(re.findall("[A-Za-z]", new))


@cache
def _dense() -> re.Pattern[str]:
    return re.compile(f"[{table()['dense']}]")


@cache
def _config() -> TextFixerConfig:
    from ftfy import TextFixerConfig  # noqa: PLC0415 - slow to import, and needed for damaged text only

    return TextFixerConfig(unescape_html=False, fix_c1_controls=False, explain=True)


@cache
def _by_ftfy(line: str) -> list[Edit]:
    from ftfy import fix_encoding_and_explain  # noqa: PLC0415 - see _config

    new = fix_encoding_and_explain(line, _config()).text
    if new == line or is_damaged(new):
        return []
    left = any(re.search(sequence(name), new) for name in WESTERN_READINGS)
    return (left and _scattered(line, WESTERN_READINGS)) or _edits_between(line, new)


def forget() -> None:
    """Let go of what became of lines, as ``suspicion.forget`` does: most are asked for again after each repair."""
    for lines_of in (_by_utf8, _by_ftfy, _letters):
        lines_of.cache_clear()


def _edits_between(old: str, new: str) -> list[Edit]:
    """Edits from an old line to a new one: of each word that differs, or one where the words do not go in pairs."""
    if old.count(" ") != new.count(" "):
        return [_smallest(old, new)]
    pairs = list(zip(old.split(" "), new.split(" "), strict=True))
    starts = accumulate((len(word) + 1 for word, _ in pairs), initial=0)
    found = zip(starts, pairs, strict=False)
    return [edit for at, (a, b) in found if a != b for edit in moved([_smallest(a, b)], at)]


def _smallest(old: str, new: str) -> Edit:
    """One edit from an old text to a new one, without what both begin or end with."""
    start = _common(old, new)
    end = min(_common(old[::-1], new[::-1]), min(len(old), len(new)) - start)
    return Edit(start, len(old) - end, new[start : len(new) - end])


def _common(one: str, other: str) -> int:
    """How many characters two texts begin with in common."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


def swapped_edits(text: str, damaged: list[Line]) -> list[Edit]:
    """Undo the reading of Arabic bytes as Windows-1252 or Latin-1, line by line.

    A line is judged by the frequencies of its letters; where one was sure, less is asked of the others. Of two
    encodings, which share half of the alphabet, it is the one that fits all suspicious lines best.
    """
    suspects = [text[start:end] for start, end, found in damaged if "swapped" in found]
    encodings: list[str] = table()["arabic"]
    sure = [name for name in encodings if any(_arabic_letters(line, name) >= FEW_LETTERS for line in suspects)]
    if not sure:
        return []
    encoding = max(sure, key=lambda name: _letters("\n".join(suspects), name)[1])
    found = [(span, text[slice(*span)]) for span in lines(text)]
    swapped = [(span, line) for span, line in found if _arabic_letters(line, encoding) >= FEWER_LETTERS]
    return [Edit(*span, _swap(line, encoding)) for span, line in swapped]


def _arabic_letters(line: str, encoding: str) -> int:
    """Letters of the words without ASCII letters, where these are Arabic when read in that encoding; 0 where not."""
    number, mean = _letters(line, encoding)
    return number if mean >= LEAST_ARABIC else 0


@cache
def _letters(line: str, encoding: str) -> tuple[int, float]:
    """How many letters the words without ASCII letters have, and the mean of their weights in that encoding."""
    weights = _weights(encoding)
    words = [word for word in _swapped_word().findall(line) if _tells(word, weights)]
    counts = Counter("".join(words))
    letters = [(weights[sign], count) for sign, count in counts.items() if sign in weights]
    letters.append((UNKNOWN_LETTER, len(_misplaced_vowel(encoding).findall(" ".join(words)))))
    number = sum(count for _, count in letters)
    return number, sum(weight * count for weight, count in letters) / max(number, 1)


def _tells(word: str, weights: Mapping[str, float]) -> bool:
    """Whether a word has two different letters: one, or one again and again, tells nothing ("È", "å", "„Ääääää“")."""
    first = ""
    for sign in word:  # as a rule the second letter is another, so that no more of them are looked at
        if sign in weights:
            if first and sign.lower() != first:
                return True
            first = sign.lower()
    return False


@cache
def _misplaced_vowel(encoding: str) -> re.Pattern[str]:
    """A vowel sign that stands behind no letter, as Cyrillic letters read as Arabic do; by what it was misread as."""
    carriers = _misread_as(encoding, lambda character: character.isalpha() or character == "\u0651")
    vowels = _misread_as(encoding, lambda character: character in "\u064b\u064c\u064d\u064e\u064f\u0650\u0652")
    return re.compile(f"(?<![{carriers}])[{vowels}]")


def _misread_as(encoding: str, is_wanted: Callable[[str], bool]) -> str:
    """What characters are misread as, to be put between the brackets of a pattern."""
    return re.escape("".join(chr(sign) for sign, found in _swapping(encoding).items() if is_wanted(found)))


def _swap(line: str, encoding: str) -> str:
    """A line whose words without ASCII letters are read in another encoding."""
    return _swapped_word().sub(lambda m: m[0].translate(_swapping(encoding)), line)


@cache
def _swapped_word() -> re.Pattern[str]:
    beyond = members(reading("cp1252"), 0x80, 0xFF) + r"\x80-\x9f"
    return re.compile(f"(?<![A-Za-z{beyond}])[{beyond}]+(?![A-Za-z{beyond}])")


@cache
def _swapping(encoding: str) -> dict[int, str]:
    """For each character of Windows-1252, and of Latin-1's controls in the same places, what its byte stands for."""
    western = reading("cp1252").characters
    controls = bytes(range(0x80, 0xA0)).decode("latin-1")
    pairs = zip(western[0x80:] + controls, (*range(0x80, 0x100), *range(0x80, 0xA0)), strict=True)
    return {ord(character): reading(encoding).characters[byte] for character, byte in pairs}


@cache
def _weights(encoding: str) -> dict[str, float]:
    """The logarithm of each letter's frequency, by what its byte was misread as.

    A control, which an encoding has for a byte that it leaves undefined, counts as an unknown letter; but not where
    Windows-1252 has a quotation mark or a dash, which pages in any encoding have.
    """
    frequencies = {letter: math.log(share) for letter, share in table()["letters"].items()}
    letters = ((chr(sign), letter) for sign, letter in _swapping(encoding).items())
    return {
        sign: frequencies.get(letter, UNKNOWN_LETTER)
        for sign, letter in letters
        if letter.isalpha() or (letter < "\xa0" and unicodedata.category(_DEFINED_C1.get(sign, sign))[0] != "P")
    }


def c1_controls(text: str) -> list[Edit]:
    """C1 controls become what stands in their place in Windows-1252, as in browsers; not in lines that are damaged.

    The five that it leaves undefined stay.
    """
    if not _C1.search(text):
        return []
    sound = (span for span in lines(text) if _C1.search(text, *span) and not is_damaged(text[slice(*span)]))
    return [Edit(m.start(), m.end(), _DEFINED_C1[m[0]]) for span in sound for m in _C1.finditer(text, *span)]
