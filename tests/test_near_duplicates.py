"""Near-duplicates: the same similarity as sets of words give, and time that grows with the number of texts alone."""

from __future__ import annotations

import re
import string

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from libya_news.corpus import near_duplicates
from libya_news.corpus.near_duplicates import MOST_PAIRED, clusters, pairs, similarity
from libya_news.corpus.shingles import PIECE, runs
from libya_news.corpus.signatures import SHINGLE_WORDS, signatures

_WORD = st.text(string.ascii_letters + "0_éاحß\U0001e900", min_size=1, max_size=3) | st.sampled_from(["a", "b"])
_TEXT = st.lists(st.one_of(_WORD, st.sampled_from([" ", ", ", "\n", "-", "\ud800", "😀"])), max_size=40).map(" ".join)


def _by_words(text: str) -> set[tuple[str, ...]]:
    folded = "".join(new if len(new := char.casefold()) == 1 else char for char in text)
    words = re.findall(r"[\w\U00010000-\U0010ffff]+", folded)
    return {tuple(words[i : i + SHINGLE_WORDS]) for i in range(max(1, len(words) - SHINGLE_WORDS + 1))}


@given(_TEXT, _TEXT)
def test_similarity_is_that_of_sets_of_words(first: str, second: str) -> None:
    a, b = _by_words(first), _by_words(second)
    assert similarity(first, second) == len(a & b) / len(a | b)


@given(st.lists(_TEXT, max_size=5))
def test_a_text_has_its_signature_whatever_stands_beside_it(texts: list[str]) -> None:
    together = signatures(texts)
    assert len(together) == len(texts)
    for text, bands in zip(texts, together, strict=True):
        assert (signatures([text])[0] == bands).all()


def test_a_text_longer_than_a_piece_is_one_text() -> None:
    text = " ".join(f"word{n % 5_003}" for n in range(PIECE // 4))
    assert len(list(runs([text], 5))) > 1
    assert similarity(text, text.upper()) == 1
    assert pairs(["other words here", text, f"Reuters: {text}"])[0][:2] == (1, 2)


def test_one_page_under_many_addresses_is_one_cluster() -> None:
    """Of a thousand texts that are alike, not each pair is looked at."""
    story = " ".join(f"word{n}" for n in range(200))
    texts = [f"{story} number{n}" for n in range(1_000)] + ["another story altogether, about the port of Brega"]
    found = pairs(texts)
    assert clusters(len(texts), found) == [0] * 1_000 + [1_000]
    assert len(found) < 1_000 * MOST_PAIRED
    assert len(list(near_duplicates._candidates(signatures(texts)))) < 1_000 * 3 * MOST_PAIRED  # noqa: SLF001 - what is to be bounded


def test_of_a_few_every_pair_is_found() -> None:
    story = " ".join(f"word{n}" for n in range(200))
    texts = [f"{story} number{n}" for n in range(MOST_PAIRED)]
    assert len(pairs(texts)) == MOST_PAIRED * (MOST_PAIRED - 1) // 2


def test_no_text_is_fine() -> None:
    assert pairs([]) == []
    assert signatures([]).shape == (0, 48)
    assert pairs([""]) == []
    assert np.array_equal(signatures([""]), signatures(["..."]))
