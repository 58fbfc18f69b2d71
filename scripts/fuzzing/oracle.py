"""What holds for any input whatever; each check raises ``AssertionError`` where it does not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from libya_news.labels import LABEL_OF
from libya_news.normalize import normalize
from libya_news.records import Article, Drop, Normalized, RawArticle, Segment
from libya_news.segment.page_facts import PageFacts

SAMPLE = 2000
"""Characters of a text whose origins are looked up, and of a text that is normalised again."""

STAGES = ("read", "normalize", "corpus", "release")


def must(holds: bool, what: str) -> None:
    """Say what does not hold."""
    if not holds:
        raise AssertionError(what)


def check_segments(text: str, segments: Sequence[Segment]) -> None:
    """Segments are in order, do not overlap, are trimmed, and cover every character that is not white space."""
    at = 0
    for one in segments:
        must(not text[at : one.start].strip(), f"text before {one} is in no segment")
        must(at <= one.start < one.end <= len(text), f"{one} overlaps, is empty or lies outside")
        piece = text[one.start : one.end]
        must(piece == piece.strip(), f"{one} is not trimmed")
        must(LABEL_OF[one.kind] == one.label, f"{one} has the label of another kind")
        must(0.0 <= one.confidence <= 1.0 and bool(one.by), f"{one} does not say how sure it is, or by what")
        at = one.end
    must(not text[at:].strip(), f"text behind {at} is in no segment")


def check_normalized(data: bytes | str, found: Normalized) -> None:
    """The text can be written, every character has its origin in the input, and to normalise again changes nothing."""
    text = found.text
    text.encode("utf-8")
    must("\r" not in text, "a carriage return is left")
    must(0.0 <= found.confidence <= 1.0, "the confidence is no probability")
    origins = [found.origin(at) for at in range(0, len(text), 1 + len(text) // SAMPLE)]
    must(origins == sorted(origins), "origins are not monotone")
    must(found.origin(len(text)) == len(data), "the end of the text is not the end of the input")
    at = 0
    for place in range(0, len(text), max(1, len(text) // 64)):
        start, end = found.origin_span(place, place + 1)
        must(0 <= start <= end <= len(data), "a span of the input lies outside of it")
    for start, end in found.damage:
        must(at <= start < end <= len(text), "damage overlaps, is empty or lies outside")
        at = end
    must(len(text) > SAMPLE or normalize(text).text == text, "to normalise again changes the text")


def check_raw(items: Iterable[RawArticle | Drop]) -> list[RawArticle]:
    """What a reader gives; the articles of it."""
    articles = []
    for item in items:
        if isinstance(item, Drop):
            check_drop(item)
        else:
            must(isinstance(item.data, (str, bytes)), "an article holds no text")
            must(item.published_at is None or item.published_at.utcoffset() == timedelta(0), "a time is not in UTC")
            fields = (item.url, item.publisher, item.title, item.language, item.licence, *item.authors)
            must(all(field is None or isinstance(field, str) for field in fields), "a field is no text")
            item.where.encode("utf-8")
            articles.append(item)
    return articles


def check_drop(drop: Drop) -> None:
    """A drop says where and why, in words that can be written down."""
    must(drop.stage in STAGES and bool(drop.id), f"{drop} names no stage or no place")
    must(len(drop.reason) < 2000 and bool(drop.reason.partition(":")[0].strip()), f"{drop} has no reason, or an essay")
    f"{drop.id}{drop.reason}".encode()


def check_article(article: Article) -> None:
    """An article can be published: its text is covered, and all of it can be written."""
    check_segments(article.text, article.segments)
    said = (article.url, article.publisher, article.title, article.language, article.licence, *article.authors)
    for value in (article.id, article.source, article.text, article.body, *filter(None, said)):
        value.encode("utf-8")
    when = article.published_at
    must(when is None or when.utcoffset() == timedelta(0), "a time is not in UTC")


def check_facts(facts: PageFacts) -> None:
    """What a page says of itself is text, and no more than a line of it."""
    said = (facts.title, facts.published_at, facts.language, facts.publisher, facts.url, facts.licence, *facts.authors)
    for value in filter(None, said):
        must("\n" not in value, f"{value!r} is no line")
