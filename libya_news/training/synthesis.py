"""Training texts that look like what people have: articles that another tool has half cleaned.

Labelled pages are whole; most scraped texts are not. Here the story of a labelled article is put together again with
what scrapers leave behind, in the proportions in which they leave it: a few menu lines, a byline, links to other
stories with and without bullets, glued captions, comments. Because every piece is put there on purpose, its kind is
known. The phrases come from the language tables, the headlines, names and captions from other articles.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

from libya_news._tables import load_table
from libya_news.labels import LABEL_OF

from . import shapes
from .examples import Example, Span
from .pieces import Piece, Stock, Words


class Writer(Words):
    """Puts one training text together. All choices come from its random source, so a seed fixes the text."""

    def __init__(self, rng: random.Random, stock: Stock) -> None:
        """A writer in the language of a stock."""
        super().__init__(rng, stock)
        self.table = load_table(f"languages/{stock.language}", expect="language")
        self.bullet = rng.choice(self.common["bullets"])

    def phrases(self, kind: str, most: int) -> list[Piece]:
        """Up to ``most`` whole lines of a kind from the language's table."""
        entries = self.table["lines"].get(kind, ())
        chosen = self.rng.sample(entries, min(len(entries), self.rng.randint(1, most)))
        return [Piece(self._written(entry), kind) for entry in chosen]

    def _written(self, entry: str) -> str:
        numbered = entry.replace("0", str(self.rng.randint(2, 200)))
        form = self.rng.random()
        if form < 0.3:
            return numbered.title()
        return numbered.upper() if form > 0.93 else numbered[:1].upper() + numbered[1:]

    def menu(self, most: int) -> list[Piece]:
        """Menu entries, one on a line, bulleted, or in one line between bars."""
        entries = [piece.text for piece in self.phrases("navigation", most)]
        form = self.rng.random()
        if form < 0.25:
            return [Piece(self.rng.choice((" | ", " > ", " · ", " » ")).join(entries), "navigation")]
        mark = self.bullet if form < 0.6 else ""
        return [Piece(mark + entry, "navigation") for entry in entries]

    def byline(self) -> Piece:
        """Who wrote it: a name, an agency, a place, in the ways in which they are joined."""
        who, where, agency = self.name(), self.of("places"), self.of("agencies")
        bar = self.rng.choice((" | ", " - ", " – ", ", ", " / ", ": "))
        opening = self.rng.choice(self.table["openings"]["byline"][:3])
        opening = opening[:1].upper() + opening[1:]
        forms = (f"{opening} {who}", f"{opening} {who}", who, f"{who}{bar}{where}", f"{agency}{bar}{where}", agency,
                 f"{opening} {who}{bar}{agency}", f"{who} ({agency})", f"{where}{bar}{agency}",
                 f"{who}{bar}{agency}{bar}{where}",
                 f"{opening} {who} and {self.name()}", f"{opening} {who}, {where}")  # fmt: skip
        return Piece(self.rng.choice(forms), "byline")

    def timestamp(self) -> Piece:
        """When it was written."""
        openings = [*self.table["openings"].get("timestamp", ())[:6], ""]
        opening = self.rng.choice(openings).replace("0", str(self.rng.randint(2, 20)))
        return Piece(
            f"{opening[:1].upper()}{opening[1:]}{self.rng.choice((': ', ' '))}{self.date()}".strip(" :"), "timestamp"
        )

    def headline(self) -> str:
        """The headline of another article."""
        return self.rng.choice(self.stock.headlines)

    def related(self, most: int = 4) -> list[Piece]:
        """Bulleted links to other stories, with or without a heading."""
        heading = self.phrases("promo", 1) if self.chance(0.35) else []
        count = self.rng.randint(1, most)
        sourced, told = self.chance(0.2), self.chance(0.1)
        links = [self.bullet + self.headline() + (f" {self.of('agencies')}" if sourced else "") for _ in range(count)]
        if told:
            links = [f"{link}{self.rng.choice((': ', ' ', ''))}{self._opening()}" for link in links]
        return heading + [Piece(link, "related_link") for link in links]

    def _opening(self) -> str:
        """The first words of another story."""
        return self.rng.choice(self.stock.paragraphs)[: self.rng.randint(40, 120)].rstrip(" ,.;") + "."

    def sponsored(self) -> list[Piece]:
        """Advertisements set like links, each with the address of its shop."""
        mark = self.bullet if self.chance(0.7) else ""
        shops = [self._opening().split()[0].strip(",.\"“”'").lower() for _ in range(self.rng.randint(2, 4))]
        ends = [f"www.{shop}{self.rng.choice(('.com', '.net', '-online.com'))}" for shop in shops]
        return [Piece(f"{mark}{self.headline()} {self._opening()} {end}", "advertisement") for end in ends]

    def promo(self, most: int = 3) -> list[Piece]:
        """Links to other stories without bullets: bare, announced, or with a "read more" behind them."""
        form = self.rng.random()
        openings, endings = self.table["openings"]["promo"], self.table["endings"]["promo"]
        if form < 0.25:
            opening = self.rng.choice(openings[:12])
            opening = opening.upper() if self.chance(0.4) else opening[:1].upper() + opening[1:]
            return [Piece(f"{opening}{self.rng.choice((': ', ' – ', ' '))}{self.headline()}", "promo")]
        if form < 0.45:
            ending = self.rng.choice(endings[:4])
            return [Piece(f"{self.headline()} {ending[:1].upper()}{ending[1:]}", "promo")]
        return [Piece(self.headline(), "promo") for _ in range(self.rng.randint(1, most))]

    def teasers(self, most: int) -> list[Piece]:
        """A list of other stories after the story, some with a date line or the first words of the story."""
        pieces = self.phrases("promo", 1) if self.chance(0.6) else []
        dated, told = self.chance(0.25), self.chance(0.25)
        for _ in range(self.rng.randint(2, most)):
            dots = "..." if self.chance(0.15) else ""
            pieces.append(Piece(self.headline() + dots, "promo"))
            if dated:
                pieces.append(Piece(f"{self.date()} | {self.name()}" if self.chance(0.5) else self.date(), "promo"))
            if told:
                pieces.append(
                    Piece(self.rng.choice(self.stock.paragraphs)[: self.rng.randint(60, 260)] + " …", "promo")
                )
        return pieces

    def comments(self) -> list[Piece]:
        """Readers' comments and what surrounds them."""
        pieces = self.phrases("comment_form", 2) if self.chance(0.8) else []
        signed = self.rng.random()
        for _ in range(self.rng.randint(1, 8)):
            who = self.name() if self.chance(0.5) else self.name().replace(" ", "").lower()
            forms = (who, f"{who} {self.date()}", f"{self.date()}", f"{who}:", f"#{self.rng.randint(1, 90)} {who}")
            if signed < 0.7:
                pieces.append(Piece(self.rng.choice(forms), "comment"))
            pieces.append(Piece(self._remark(), "comment"))
        return pieces + (self.phrases("comment_form", 4) if self.chance(0.3) else [])

    def _remark(self) -> str:
        """What a reader might write: a paragraph without its care."""
        text = self.rng.choice(self.stock.paragraphs)[: self.rng.randint(30, 500)]
        form = self.rng.random()
        if form < 0.3:
            text = text.lower()
        elif form < 0.4:
            text = text.upper()
        ending = self.rng.choice(("", "!!!", "...", "???", ".", "!", " :)", ""))
        return text.rstrip(".,;") + ending

    def caption(self, text: str) -> list[Piece]:
        """A caption with its credit, in the ways in which templates and scrapers join them."""
        agency, who = self.of("agencies"), self.name()
        word = self.rng.choice(self.table["glued"]["credit_words"][:3])
        marker = self.rng.choice(self.table["glued"]["caption_marker"])
        owner = self.rng.choice(self.table["glued"]["credit_marker"])
        forms: Sequence[Callable[[], list[Piece]]] = (
            lambda: [Piece(text, "caption")],
            lambda: [Piece(text, "caption"), Piece(f"| {agency}", "credit", " ")],
            lambda: [Piece(text, "caption"), Piece(f"({word}: {agency})", "credit", " ")],
            lambda: [Piece(text, "caption"), Piece(f"{word}: {who}/{agency}", "credit", " ")],
            lambda: [Piece(text, "caption"), Piece(f"- {agency}", "credit", " ")],
            lambda: [Piece(text, "caption"), Piece(f"{word}: {who}", "credit")],
            lambda: [Piece(f"{word}: {agency}", "credit"), Piece(text, "caption")],
            lambda: [Piece(agency, "credit"), Piece(text, "caption")],
            lambda: [Piece(f"{owner} {agency}", "credit")],
            lambda: [
                Piece(f"{owner} {agency}", "credit"),
                Piece(marker, "caption_marker", " "),
                Piece(text, "caption", " "),
            ],
            lambda: [Piece(owner, "caption_marker"), Piece(marker, "caption_marker"), Piece(text, "caption")],
            lambda: [Piece(marker, "caption_marker"), Piece(text, "caption", self.rng.choice(("", " ")))],
            lambda: [Piece(word, "caption_marker"), Piece(text, "caption")],
            lambda: [Piece(word, "caption_marker")],
        )
        return self.rng.choices(forms, weights=(6, 2, 2, 3, 1, 2, 1, 2, 3, 4, 1, 2, 1, 1))[0]()

    def gallery(self) -> list[Piece]:
        """Pictures of a gallery with its title, all on one line, where the language's templates have such lines."""
        marks = self.common["galleries"].get(self.stock.language)
        if not marks or not self.stock.captions:
            return []
        opening, closing = marks
        title, count = self.headline(), self.rng.randint(2, 30)
        pieces = []
        for number in range(count):
            counted = f"{number} of {count} " if number else ""
            told = f"{counted}{opening} {title} {self.rng.choice(self.stock.captions)}"
            pieces += [Piece(told, "caption", " " if number else None), Piece(closing, "navigation", " ")]
        return [*pieces, Piece(f"{count} of {count}", "navigation", " ")]

    def listing(self, paragraph: str) -> list[Piece]:
        """A list of the story's own: a paragraph told in sentences or short entries, bulleted or not."""
        sentences = [sentence.strip() + "." for sentence in paragraph.split(". ") if len(sentence) > 20]
        mark = self.bullet if self.chance(0.6) else ""
        if mark and self.chance(0.2):
            sentences = [self.headline() for _ in range(self.rng.randint(2, 6))]  # worded like links, but announced
        elif self.chance(0.35) or not mark:
            words = [sentence.rstrip(".").split()[: self.rng.choice((3, 7, 16))] for sentence in sentences]
            starts = [self.rng.randrange(len(entry)) if self.chance(0.4) else 0 for entry in words]
            sentences = [" ".join(entry[start:]) for entry, start in zip(words, starts, strict=True)]
            sentences = [sentence[:1].upper() + sentence[1:] for sentence in sentences]
        return [Piece(mark + sentence.replace("..", "."), "list_text") for sentence in sentences]

    def fixtures(self, story: Sequence[Piece]) -> list[Piece]:
        """A long list of short entries, as of matches or results, often under headings of its own."""
        words = [word.strip('.,;:()"“”') for piece in story for word in piece.text.split() if len(word) > 4]
        pieces: list[Piece] = []
        joint = self.rng.choice((" - ", " - ", " ", ": ", " – ", " / "))
        for _ in range(self.rng.randint(1, 3)):
            if self.chance(0.6):
                heading = " ".join(self.rng.sample(words, min(3, len(words))))
                pieces.append(
                    Piece(self.rng.choice(("- ", "", "")) + heading + self.rng.choice((":", "")), "crosshead")
                )
            for _ in range(self.rng.randint(4, 20)):
                one, two = self.rng.choice(words), self.rng.choice(words)
                pieces.append(
                    Piece(one + joint + (two if self.chance(0.8) else str(self.rng.randint(0, 99))), "list_text")
                )
        return pieces

    def _between(self, paragraph: str) -> list[Piece]:
        """What a scraper leaves between two paragraphs: mostly nothing."""
        parts: tuple[tuple[int, Callable[[], list[Piece]]], ...] = (
            (735, list), (60, self.related), (70, self.promo), (30, lambda: self.phrases("advertisement", 1)),
            (20, lambda: self.phrases("share", 2)), (15, lambda: self.phrases("subscribe", 1)),
            (25, lambda: self.caption(self.rng.choice(self.stock.captions or [paragraph]))), (4, self.gallery),
            (45, lambda: self.listing(paragraph)), (5, lambda: self.phrases("media_fallback", 1)),
        )  # fmt: skip
        return self.rng.choices([part for _, part in parts], [share for share, _ in parts])[0]()

    def head(self, title: str, story: Sequence[Piece]) -> list[Piece]:
        """What stands above the story: menus, the headline between kicker and summary, and who wrote it when."""
        menu = self.menu(self.rng.choice((3, 12, 25))) if self.chance(0.3) else []
        menu += self.phrases("share", 4) if self.chance(0.08) else []
        pieces = list(menu)
        if title and self.chance(0.75):
            pieces += [Piece(self._excerpt(story, 9), "standfirst")] if self.chance(0.1) else []
            pieces.append(Piece(title, "headline"))
            pieces += [Piece(self._excerpt(story, 22), "standfirst")] if self.chance(0.2) else []
            pieces += pieces[-3:] if self.chance(0.03) and not menu else []  # some pages show their head twice
            pieces += self.highlights(story) if self.chance(0.06) else []
        signed = [self.byline()] if self.chance(0.4) else []
        signed += [self.timestamp()] if self.chance(0.3) else []
        self.rng.shuffle(signed)
        captions = self.stock.captions if self.chance(0.12) else ()
        return pieces + (self.caption(self.rng.choice(captions)) if captions else []) + signed

    def highlights(self, story: Sequence[Piece]) -> list[Piece]:
        """The story's main points above it, under a heading."""
        heading = self.phrases("crosshead", 1) if self.chance(0.6) and "crosshead" in self.table["lines"] else []
        mark = self.bullet if self.chance(0.8) else ""
        points = [mark + self._excerpt(story, 14) for _ in range(self.rng.randint(2, 5))]
        return [Piece(piece.text, "standfirst") for piece in heading] + [Piece(point, "standfirst") for point in points]

    def _excerpt(self, story: Sequence[Piece], most: int) -> str:
        """A few words of the story, worded like a line of their own."""
        words = self.rng.choice([piece for piece in story if piece.kind == "paragraph"]).text.split()
        cut = " ".join(words[: self.rng.randint(min(3, most // 3), most)]).rstrip(".,;:-–")
        return cut[:1].upper() + cut[1:] + ("." if most > 12 and self.chance(0.5) else "")

    def foot(self) -> list[Piece]:
        """What stands below the story, in any order."""
        parts: list[list[Piece]] = []
        possible: tuple[tuple[float, Callable[[], list[Piece]]], ...] = (
            (0.2, lambda: self.phrases("share", 8)), (0.2, lambda: self.teasers(10)), (0.15, self.comments),
            (0.25, lambda: self.related(10)), (0.12, lambda: self.related(10)),
            (0.12, lambda: self.phrases("subscribe", 6)),
            (0.1, lambda: self.phrases("comment_form", 5)), (0.2, lambda: self.menu(15)),
            (0.1, lambda: self.phrases("legal", 3)), (0.07, self.tags),
            (0.05, lambda: self.phrases("advertisement", 2)), (0.05, self.sponsored),
            (0.08, lambda: [Piece(self.rng.choice(("___", "*", "* * *", "---")), "boilerplate_other")]),
            (0.06, lambda: [self.timestamp()]), (0.08, self.biography),
        )  # fmt: skip
        for probability, part in possible:
            if self.chance(probability):
                parts.append(part())
        self.rng.shuffle(parts)
        return [piece for part in parts for piece in part]

    def biography(self) -> list[Piece]:
        """Who the author is, in a sentence."""
        said = self.table.get("phrases", {}).get("boilerplate_other", ())
        mark = self.rng.choice(("", "", "— ", "* ", "- "))
        told = [f"{mark}{self.name()} {phrase} {self.of('agencies')}." for phrase in said]
        return [Piece(self.rng.choice(told), "boilerplate_other")] if told else []

    def tags(self) -> list[Piece]:
        """Topic tags: a heading with one tag on a line, or all on one line."""
        topics = [" ".join(self.headline().split()[:2]) for _ in range(self.rng.randint(2, 6))]
        heading = self.phrases("tags", 1)[0].text
        if self.chance(0.5):
            return [Piece(f"{heading}: {', '.join(topics)}", "tags")]
        mark = self.bullet if self.chance(0.4) else ""
        return [Piece(heading, "tags"), *(Piece(mark + topic, "tags") for topic in topics)]

    def article(self, title: str, story: Sequence[Piece]) -> list[Piece]:
        """A whole half-cleaned text around one story."""
        pieces = self.head(title, story)
        story = shapes.shaped(self, story)
        headed = self.chance(0.2)
        capitals, ruled = self.chance(0.07), self.chance(0.07)
        for piece in story:
            if piece.kind == "crosshead" and (capitals or ruled):
                pieces += [Piece("___", "crosshead")] if ruled else []  # a rule above a heading is part of it
                pieces.append(Piece(piece.text.upper() if capitals else piece.text, "crosshead"))
                continue
            if piece.kind == "caption":
                pieces += self.caption(piece.text) if self.chance(0.8) else []
            elif piece.kind != "credit":
                if headed and piece.kind == "paragraph" and self.chance(0.2):
                    heading = self._excerpt([piece], 6)
                    pieces.append(Piece(heading.upper() if capitals else heading, "crosshead"))
                between = self._between(piece.text) if piece.kind == "paragraph" else []
                announces = between and between[0].kind == "list_text" and self.chance(0.75)
                pieces.append(piece._replace(text=piece.text.rstrip(".") + ":") if announces else piece)
                pieces += between
        pieces += self.fixtures(story) if self.chance(0.05) else []
        return pieces + (self.foot() if self.chance(0.75) else [])


def render(rng: random.Random, pieces: Sequence[Piece], **known: Any) -> Example:
    """Join pieces into a text, with line ends as scrapers leave them: single, doubled, lost between some, or mixed."""
    single, double = rng.choice((("\n", "\n"), ("\n", "\n\n"), ("\n\n", "\n\n"), ("\n", "\n\n"), ("\r\n", "\r\n\r\n")))
    text, spans, previous = "", [], ""
    for piece in pieces:
        if text:
            listed = piece.kind == previous and LABEL_OF[piece.kind] in ("bullet", "boilerplate")
            text += piece.glue if piece.glue is not None else (single if listed else double)
        if piece.text.strip():
            spans.append(Span(len(text), len(text) + len(piece.text), LABEL_OF[piece.kind], piece.kind))
        text += piece.text
        previous = piece.kind
    return Example.build(text, spans, exact=False, **known)


def scraped(stock: Stock, seed: int) -> Example:
    """One half-cleaned text around a story of the stock; the same seed gives the same text."""
    rng = random.Random(seed)  # noqa: S311 - training data, no secret
    writer = Writer(rng, stock)
    group, title, story = rng.choice(stock.stories)
    if len(story) > 12 and rng.random() < 0.2:
        start = rng.randrange(len(story) // 2)
        title, story = "", story[start:]
    pieces = writer.article(title, story)
    if rng.random() < 0.05:
        second = rng.choice([one for one in stock.stories if one.group == group])
        pieces += writer.article(second.title, second.pieces)
    shown = title if rng.random() < 0.3 else ""
    known = {"id": f"synthetic:{stock.language}:{seed}", "group": group, "source": "synthetic"}
    return render(rng, pieces, **known, language=stock.language, title=shown)
