"""Shapes of stories that labelled pages have too few of: short ones, interviews, timelines, rows of figures.

Each takes a story's pieces and gives them in another shape, made of the same sentences, so that only the shape is new.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from .pieces import Piece, Words

_SENTENCE_END: Final = re.compile(r"(?<=[.!?؟…])[\"”»]?\s+")


def shaped(words: Words, story: Sequence[Piece]) -> list[Piece]:
    """The story as it is, or, in two cases of five, in another shape."""
    if not sentences(story):
        return list(story)
    shapes: tuple[tuple[float, Callable[[Words, Sequence[Piece]], list[Piece]]], ...] = (
        (0.62, lambda _, pieces: list(pieces)), (0.1, brief), (0.1, terse), (0.09, interview), (0.05, timeline),
        (0.04, figures),
    )  # fmt: skip
    return words.rng.choices([shape for _, shape in shapes], [share for share, _ in shapes])[0](words, story)


def sentences(story: Sequence[Piece]) -> list[str]:
    """The sentences of the story's paragraphs, in order.

    >>> sentences([Piece("It rained. Who knew?", "paragraph"), Piece("A roof", "caption")])
    ['It rained.', 'Who knew?']
    """
    paragraphs = [piece.text for piece in story if piece.kind == "paragraph"]
    return [sentence for text in paragraphs for sentence in _SENTENCE_END.split(text) if sentence.strip()]


def brief(words: Words, story: Sequence[Piece]) -> list[Piece]:
    """A few paragraphs and no more."""
    return [piece for piece in story if piece.kind == "paragraph"][: words.rng.randint(1, 4)]


def terse(words: Words, story: Sequence[Piece]) -> list[Piece]:
    """Every sentence a paragraph, some of a few words."""
    pieces = []
    for piece in story:
        for sentence in sentences([piece]) if piece.kind == "paragraph" else [piece.text]:
            short = piece.kind == "paragraph" and words.chance(0.25)
            pieces.append(piece._replace(text=_few(words, sentence, 2, 10) + "." if short else sentence))
    return pieces[: words.rng.randint(3, 40)]


def _few(words: Words, sentence: str, least: int, most: int) -> str:
    """The first words of a sentence."""
    return " ".join(sentence.split()[: words.rng.randint(least, most)]).rstrip(".,;:!?؟-–")


def interview(words: Words, story: Sequence[Piece]) -> list[Piece]:
    """Questions and answers by turns, behind a paragraph or two: both are paragraphs."""
    said = sentences(story)
    asked, answered = _speakers(words)
    shortness = words.rng.choice((0.1, 0.3, 0.8))
    pieces = [piece for piece in story if piece.kind == "paragraph"][: words.rng.randint(0, 2)]
    for _ in range(words.rng.randint(3, 12)):
        answer = " ".join(words.rng.choices(said, k=words.rng.choice((1, 1, 2, 3, 5))))
        if words.chance(shortness):
            answer = _few(words, answer, 1, 5) + "."
        pieces.append(Piece(asked + _question(words), "paragraph"))
        pieces.append(Piece(answered + answer[:1].upper() + answer[1:], "paragraph"))
    return pieces


def _question(words: Words) -> str:
    """A question that an article asks, or a statement's first words put as one."""
    if words.stock.questions and words.chance(0.6):
        return words.rng.choice(words.stock.questions)
    asked = _few(words, words.rng.choice(words.stock.paragraphs), 2, 16)
    return words.of("questions").format(asked[:1].upper() + asked[1:])


def _speakers(words: Words) -> tuple[str, str]:
    """What stands before questions and before answers: letters, names, a dash, or nothing."""
    joint = words.rng.choice((": ", ": ", ". ", " - ", ".- "))
    one, other = words.of("speakers").split()
    first, second = words.name(), words.name()
    if words.chance(0.4):
        first, second = first.split()[-1].upper(), second.split()[-1].upper()
    dash = words.rng.choice(("- ", "– ", "-", "— "))
    forms = ((one + joint, other + joint), (first + joint, second + joint), (dash, ""), (dash, dash), ("", ""))
    return words.rng.choices(forms, weights=(4, 3, 1, 1, 3))[0]


def timeline(words: Words, story: Sequence[Piece]) -> list[Piece]:
    """What happened when: each date before its sentence, or on a line of its own."""
    joint = words.rng.choice((": ", ": ", " - ", " – ", " ", None))
    mark = words.rng.choice(("", "", "- ", "• ")) if joint else ""
    told = [piece for piece in story if piece.kind == "paragraph"][: words.rng.randint(0, 2)]
    date = words.rng.choice((words.date, words.month, lambda: str(words.rng.randint(1951, 2024))))
    for sentence in sentences(story)[: words.rng.randint(4, 20)]:
        if joint:
            told.append(Piece(mark + date() + joint + sentence, "list_text"))
        else:
            told += [Piece(date(), "list_text"), Piece(sentence, "list_text")]
    return told


def figures(words: Words, story: Sequence[Piece]) -> list[Piece]:
    """A story with rows of figures in the middle: by year, by month or by name."""
    paragraphs = [piece for piece in story if piece.kind == "paragraph"]
    names = [word.strip('.,;:()"“”') for piece in paragraphs for word in piece.text.split() if len(word) > 4]
    first = words.rng.randint(1951, 2015)
    count = words.rng.randint(3, 12)
    heads: Sequence[str] = words.rng.choice((
        [str(first + row) for row in range(count)], [words.month() for _ in range(count)],
        words.rng.choices(names, k=count),
    ))  # fmt: skip
    joint = words.rng.choice((": ", " ", " - ", " – ", "\t"))
    unit = words.rng.choice(("", "", "%", f" {words.rng.choice(names)}"))
    rows = [Piece(f"{head}{joint}{_figure(words)}{unit}", "list_text") for head in heads]
    middle = words.rng.randint(1, len(paragraphs))
    return paragraphs[:middle] + rows + paragraphs[middle:]


def _figure(words: Words) -> str:
    """A number as tables have it."""
    number = words.rng.choice((words.rng.randint(1, 99), words.rng.randint(100, 9_999_999)))
    return words.rng.choice((f"{number}", f"{number:,}", f"{number / 10:.1f}", f"{number:,}".replace(",", ".")))
