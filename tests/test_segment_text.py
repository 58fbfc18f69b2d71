"""The seed article, and what ``segment`` promises of every text: lossless, ordered, trimmed, deterministic."""

from __future__ import annotations

import pytest
from fuzzing.oracle import check_segments
from hypothesis import given
from hypothesis import strategies as st

from libya_news.segment import segment

SEED = [
    (0, 67, "body", "headline"),
    (69, 84, "caption", "caption_marker"),
    (86, 99, "caption", "caption_marker"),
    (101, 168, "caption", "caption"),
    (170, 337, "body", "paragraph"),
    (339, 425, "body", "paragraph"),
    (427, 540, "body", "paragraph"),
    (542, 614, "body", "paragraph"),
    (618, 661, "bullet", "related_link"),
    (664, 713, "bullet", "related_link"),
    (715, 905, "body", "paragraph"),
    (907, 1094, "body", "paragraph"),
    (1096, 1275, "body", "paragraph"),
    (1277, 1303, "body", "crosshead"),
    (1305, 1413, "body", "paragraph"),
    (1415, 1508, "body", "paragraph"),
    (1512, 1538, "bullet", "related_link"),
    (1541, 1589, "bullet", "related_link"),
    (1591, 1771, "body", "paragraph"),
    (1773, 1873, "body", "paragraph"),
    (1875, 1919, "boilerplate", "media_fallback"),
    (1921, 1934, "caption", "caption_marker"),
    (1934, 2030, "caption", "caption"),
    (2034, 2060, "boilerplate", "comment_form"),
    (2061, 2088, "boilerplate", "comment_form"),
]

GLUE = [
    "Media caption",
    "Image copyright Reuters Image caption ",
    "• ",
    "\n",
    "\r\n",
    "\r",
    "\u2028",
    " | AFP",
    "(Reuters)",
]
LINE_ENDS = ["\n", "\r\n", "\r", "\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\n\n", "\r\n\r\n"]


def check(text: str) -> None:
    """Everything that holds for the segments of any text."""
    found = segment(text)
    check_segments(text, found)
    assert found == segment(text)


def test_seed_is_exact(seed: str) -> None:
    assert [(s.start, s.end, s.label, s.kind) for s in segment(seed)] == SEED


def test_every_prefix_of_the_seed(seed: str) -> None:
    for end in range(0, len(seed) + 1, 7):
        check(seed[:end])


@given(st.text(st.characters(codec=None, exclude_categories=()), max_size=200))
def test_any_text(text: str) -> None:
    check(text)


@given(st.lists(st.sampled_from(GLUE) | st.text(max_size=30), max_size=20).map("".join))
def test_any_glued_text(text: str) -> None:
    check(text)


@pytest.mark.parametrize("around", ["\n", "\n\n\n", " \n\t"])
def test_blank_lines_around_a_text_change_nothing(seed: str, around: str) -> None:
    found = segment(around + seed + around)
    assert [one._replace(start=one.start - len(around), end=one.end - len(around)) for one in found] == segment(seed)


@pytest.mark.parametrize("end", LINE_ENDS)
def test_offsets_with_every_line_end(end: str) -> None:
    lines = ["Rebels 🇱🇾 in Brega", "cafe\u0301 in Tripoli", "قال المتحدث إن القوات انسحبت"]
    text = end.join(lines)
    check(text)
    assert [text[s.start : s.end] for s in segment(text)] == lines
