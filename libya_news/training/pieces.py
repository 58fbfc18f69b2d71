"""What training texts are put together from."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import NamedTuple

from libya_news._tables import load_table


class Piece(NamedTuple):
    """A run of text with its kind; ``glue`` stands between it and the piece before it, None for a line end."""

    text: str
    kind: str
    glue: str | None = None


class Story(NamedTuple):
    """An article to put something around: its pieces, its headline or "", and the group that it must be tested with."""

    group: str
    title: str
    pieces: list[Piece]


@dataclass
class Stock:
    """What the articles of one language lend to each other.

    Attributes:
        headlines, captions, names: of other articles.
        questions: sentences of paragraphs that ask something.
        stories: each a list of its pieces, in order.
    """

    language: str
    headlines: list[str] = field(default_factory=list)
    captions: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    paragraphs: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    stories: list[Story] = field(default_factory=list)


class Words:
    """Names, dates and chance, in the language of a stock. All choices come from one random source."""

    def __init__(self, rng: random.Random, stock: Stock) -> None:
        """Words in the language of a stock."""
        self.rng = rng
        self.stock = stock
        self.common = load_table("training", expect="training")

    def chance(self, probability: float) -> bool:
        """True with a probability."""
        return self.rng.random() < probability

    def of(self, name: str) -> str:
        """One of a table's choices for the language."""
        choices = self.common[name]
        return str(self.rng.choice(choices.get(self.stock.language, choices["*"])))

    def name(self) -> str:
        """Somebody's name."""
        return self.rng.choice(self.stock.names) if self.stock.names else "Khalid Mahmoud"

    def month(self) -> str:
        """The name of a month."""
        return str(self.rng.choice(self.common["months"][self.stock.language].split()))

    def date(self) -> str:
        """A date, often with a time."""
        day, number, year = self.rng.randint(1, 31), self.rng.randint(1, 12), self.rng.randint(2005, 2024)
        date = self.rng.choice(self.common["dates"]).format(d=day, month=self.month(), n=number, y=year)
        clock = self.rng.choice(self.common["clocks"]).format(h=self.rng.randint(0, 23), m=self.rng.randint(0, 59))
        return f"{date} {clock}".strip() if self.chance(0.5) else date
