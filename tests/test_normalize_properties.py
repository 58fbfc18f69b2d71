"""What holds for any text: never an error, idempotent, traceable, linear; and the scan lets nothing slip through."""

from __future__ import annotations

import sys

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from test_normalize_cases import cases

from libya_news.normalize import NormalizeOptions, normalize
from libya_news.normalize.fixes import edits_of
from libya_news.normalize.options import FIX_NAMES
from libya_news.normalize.readings import readings
from libya_news.normalize.sieve import needed

TROUBLE = (
    "\ufe96\ufef4\ufe91\ufe96\ufef4\ufe91\xa0\u200b\u200c\u200d\xad\ufeff\u2066\u2069\u202a\u202c\u200e\u200f\u0640\u0301\u0323\ufb01\ufefb\x85\x93\x00\x1a\r\n\t"
    " \u2028\u2029&;ampltq#x1<طظعغاليب§„„†ÃÂØÙ©®»«…”“’é?\ufffd\ud83d\ude00\udc80ÇáãÌáÓ"
)


def misread(text: str, which: int) -> str:
    """A text that was saved as UTF-8 and read in one of the encodings that UTF-8 is misread in."""
    data = text.encode("utf-8", "replace")
    return "".join(readings()[which % len(readings())].characters[byte] for byte in data)


troubled = st.text(st.sampled_from(TROUBLE) | st.characters(codec=None), max_size=40)
mojibake = st.builds(misread, troubled, st.integers(0, 3))
LOSSES = {"": "\x81", "?": "\x8f\x90\xad", "\ufffd": "\x8d\x9d", " ": "\xa0"}
lossy = st.builds(
    lambda text, lost, which: misread(text, which).translate(dict.fromkeys(map(ord, LOSSES[lost]), lost)),
    st.text("سلام في طرابلس “с яП?”:", max_size=20),
    st.sampled_from(sorted(LOSSES)),
    st.integers(0, 3),
)
texts = st.lists(troubled | mojibake | lossy | st.text("سلام abc é", max_size=20), max_size=4).map("\n".join)


@settings(max_examples=400)
@given(texts)
@example("&amp;" * 20 + "lt;")
@example("\r\u2028\ud83d\ude00")
def test_any_text_is_normalised_once_and_for_all(text: str) -> None:
    once = normalize(text)
    again = normalize(once.text)
    assert again.text == once.text
    assert "\r" not in once.text
    once.text.encode("utf-8")


LINES = ["عقدت الأطراف الليبية جولة جديدة، أمس.", "Le général a déclaré où l’été fut « rude »."]
mixed = st.lists(
    st.builds(str.encode, st.sampled_from(LINES), st.sampled_from(["utf-8", "cp1256"])) | st.binary(max_size=9),
    max_size=9,
).map(b"\n".join)


@settings(max_examples=300)
@given(mixed | st.binary(max_size=200) | texts.map(lambda text: text.encode("utf-16", "surrogatepass")))
def test_any_bytes_are_normalised(data: bytes) -> None:
    found = normalize(data)
    assert 0.0 <= found.confidence <= 1.0
    assert found.encoding is not None
    origins = [found.origin(at) for at in range(len(found.text) + 1)]
    assert origins == sorted(origins)
    assert origins[-1] == len(data)
    assert normalize(found.text).text == found.text


@settings(max_examples=300)
@given(texts)
def test_what_the_scan_does_not_name_would_find_nothing(text: str) -> None:
    for name in set(FIX_NAMES) - needed(text):
        assert edits_of(name, text) == [], name


PLAIN = st.text(st.sampled_from("aZ9u\\\\ &;.\t\n\x00\x7f") | st.characters(max_codepoint=127), max_size=12)


@settings(max_examples=300)
@given(PLAIN)
def test_a_plain_line_is_known_without_the_scan(text: str) -> None:
    # A character beyond ASCII in a line of its own sends the text to the automaton, and needs nothing itself.
    assert needed(text) == needed(text + "\n–")


@pytest.mark.parametrize("name", ["sound", "damaged", "tidy", "lossy", "lossy_restored"])
def test_the_scan_is_right_on_the_cases(name: str) -> None:
    for case in cases(name):
        for fix in set(FIX_NAMES) - needed(case["text"]):
            assert edits_of(fix, case["text"]) == [], (fix, case)


@settings(max_examples=300)
@given(texts)
def test_origins_are_monotone_and_total(text: str) -> None:
    found = normalize(text)
    origins = [found.origin(at) for at in range(len(found.text) + 1)]
    assert origins == sorted(origins)
    assert origins[-1] == len(text)
    for at in range(len(found.text)):
        start, end = found.origin_span(at, at + 1)
        assert 0 <= start <= end <= len(text)


def test_an_offset_outside_the_text_is_refused() -> None:
    with pytest.raises(IndexError, match="Offset 4 is outside"):
        normalize("abc").origin(4)


WORDS = st.sampled_from(["سلام", "عـــربي", "cafe\u0301", "&amp;", "ﬁn", "Li\xadbya", "\ufefb", "a\u200bb", "x", "é"])


@settings(max_examples=200)
@given(st.lists(WORDS, min_size=1, max_size=8))
def test_a_word_of_the_text_comes_from_the_piece_that_makes_it(words: list[str]) -> None:
    text = "\xa0".join(words)
    for data in (text, text.encode()):
        found = normalize(data)
        at = 0
        for word in found.text.split(" "):
            start, end = found.origin_span(at, at + len(word))
            assert normalize(data[start:end]).text == word
            at += len(word) + 1


def test_escaped_characters_are_traced_one_by_one() -> None:
    found = normalize(r"\u0642\u0627\u0644\n\ud83d\ude00")
    assert [found.origin(at) for at in range(6)] == [0, 6, 12, 18, 20, 32]


def test_misread_characters_are_traced_one_by_one() -> None:
    text = misread("العراق", 2)
    found = normalize(text)
    assert [found.origin(at) for at in range(7)] == [0, 2, 4, 6, 8, 10, 12]


def test_a_line_that_was_turned_round_is_traced_as_a_whole() -> None:
    found = normalize("a\n\ufe96\ufef4\ufe91 12")
    assert found.text == "a\n12 بيت"
    assert [found.origin_span(at, at + 1) for at in (0, 2, 6)] == [(0, 1), (2, 8), (2, 8)]


def test_what_is_left_of_misread_text_is_traced_character_by_character() -> None:
    text = misread("في طرابلس", 1).replace("\x81", "?")
    found = normalize(text)
    assert found.text == "\ufffdي طرابلس"
    assert [found.origin(at) for at in range(10)] == [0, 2, 4, 5, 7, 9, 11, 13, 15, 17]


def test_a_sound_word_between_two_misread_ones_is_traced_to_itself() -> None:
    text = "Le rÃ©gime, dit l’émissaire à Tripoli, attend la rÃ©union."
    found = normalize(text)
    start = found.text.index("Tripoli")
    assert text[slice(*found.origin_span(start, start + 7))] == "Tripoli"


ENDLESS = {
    "one line": "word ",
    "bullets": "•",
    "marks": "\u0301\u0323",
    "damage": "cafÃ© ط§ظ„ ÇáãÌáÓ ",
    "spaces": " ",
    "returns": "\r",
    "tatweel": "ا\u0640\u0640",
    "entities": "&amp;",
    "isolates": "\u2066",
    "lines": "a  b\n",
    "no-break spaces": "a\xa0",
    "surrogates": "a\ud83d",
    "escapes": "\\u0627 ",
    "visual order": "\ufe96\ufef4\ufe91 ",
    "sound and damaged lines": "café\ncafÃ© au lait\nظ…ظٹظ†ط§ط،\nميناء\n",
}


def calls(text: str) -> int:
    """How many functions are called, of Python's and of C's, while a text is normalised."""
    counted = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal counted
        counted += event in {"call", "c_call"}

    sys.setprofile(count)
    try:
        normalize(text)
    finally:
        sys.setprofile(None)
    return counted


@pytest.mark.parametrize("name", ENDLESS)
def test_work_grows_with_the_text_and_not_with_its_square(name: str) -> None:
    normalize(ENDLESS[name] * 10)  # fills the caches
    small, large = (calls((ENDLESS[name] * size)[:size]) for size in (4_000, 48_000))
    # Twelve times the text; the square would be 144 times the work. What one call does, `scripts/bench linear` times.
    assert large < 16 * small + 1000


def test_switched_off_fixes_do_not_fire() -> None:
    off = NormalizeOptions(off=FIX_NAMES)
    text = "a\xa0 b\r\n" + misread("é è ê", 1)
    assert normalize(text, off).text is text
