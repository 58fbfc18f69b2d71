"""The order of the stages: read, normalise, segment, describe, publish. Nothing else knows it."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from functools import lru_cache
from math import floor
from pathlib import PurePosixPath
from typing import Final, NamedTuple

from .corpus.addresses import canonical
from .corpus.language import Guess, guess_language, guess_part, language_code
from .corpus.signatures import signatures
from .corpus.topics import RELEVANT, Relevance, Topic, relevance
from .normalize import normalize
from .normalize.decode import decode
from .records import Article, Drop, Normalized, RawArticle, Segment, headline, story
from .segment import segment_all
from .segment._limits import MAX_LINES, no_page, too_many
from .segment._markup import utf8
from .segment.html import label_page
from .segment.page_facts import page_facts
from .sources.dates import parse_date

ID_DIGITS: Final = 20
"""Hexadecimal digits of an article id: 80 bits, so a billion articles collide with a chance below 1 in a million."""

UNKNOWN: Final = "unknown"
"""What an article says of its licence, rights holder and terms where its source says nothing."""

MAX_DAMAGED_SHARE: Final = 0.1
"""Share of characters damaged beyond repair above which a text is no text. The worst of the 1,228 raw documents of the
corpora has 0.02 %; bytes of every value have 15 % and more."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a build has come.

    Attributes:
        files: source files read.
        total_files: source files to read.
        bytes: bytes read of the source files.
        total_bytes: bytes to read.
        articles, drops: what came of them so far.
        step: what is done now: one of ``STEPS``; once all is read, only this changes.
    """

    files: int
    total_files: int
    bytes: int
    total_bytes: int
    articles: int
    drops: int
    step: str = "Reading"


STEPS: Final = ("Reading", "Looking for near-duplicates", "Writing")
"""The steps of a build, as they are shown."""

OnProgress = Callable[[Progress], None]
Result = Article | Drop


class _Text(NamedTuple):
    """An article that is a text, with what its source says of it tidied, and its normalised text."""

    raw: RawArticle
    normalized: Normalized

    @property
    def text(self) -> str:
        return self.normalized.text


def process(raw: RawArticle) -> Result:
    """Take one article through all stages, or drop it with a reason.

    >>> process(RawArticle("a.txt", "Talks in Moscow end without a deal.")).segments[0].label
    'body'
    >>> process(RawArticle("a.txt", "  ")).reason
    'empty: nothing but white space'
    """
    return process_all([raw])[0]


def process_all(raws: Sequence[RawArticle]) -> list[Result]:
    """``process`` of each article, in their order; texts are segmented together, which takes less time."""
    prepared = [_page(raw) if raw.html else _text(raw) for raw in raws]
    texts = [one for one in prepared if isinstance(one, _Text)]
    cut = segment_all((one.normalized.text for one in texts), titles=[one.raw.title for one in texts])
    signed = iter(signatures(one.text for one in prepared if not isinstance(one, Drop)))
    made: list[Result] = []
    for one in prepared:
        found = _segmented(one, next(cut)) if isinstance(one, _Text) else one
        made.append(found if isinstance(found, Drop) else replace(found, signature=next(signed).tobytes()))
    return made


def _page(raw: RawArticle) -> Result:
    markup, encoding = _markup(raw)
    if reason := no_page(markup):
        return Drop(raw.where, "normalize", f"no page: {reason}")
    page = _laid_out(raw, markup, encoding)
    if page.fault:
        return Drop(raw.where, "normalize", f"no page: {page.fault}")
    if not page.article.text.strip():
        return Drop(raw.where, "normalize", "empty: the page shows no text, as long as its scripts are not run")
    return _fault(raw, page.article.text, page.damage) or page.article


def _text(raw: RawArticle) -> _Text | Drop:
    normalized = normalize(raw.data)
    damage = sum(end - start for start, end in normalized.damage)
    if (lines := normalized.text.count("\n")) > MAX_LINES:
        return Drop(raw.where, "normalize", f"no article: {too_many(lines)}")
    return _fault(raw, normalized.text, damage) or _Text(_tidy(raw), normalized)


def _segmented(one: _Text, segments: Sequence[Segment]) -> Article:
    raw = replace(one.raw, title=one.raw.title or headline(one.text, segments))
    return _article(raw, one.text, segments, one.normalized.encoding, one.normalized.fixes)


def _article(
    raw: RawArticle,
    text: str,
    segments: Sequence[Segment],
    encoding: str | None,
    fixes: Iterable[str],
    declared: str | None = None,
) -> Article:
    """An article, with all that its source says of it tidied; pages may declare its language."""
    sha256 = raw.sha256
    whole, parts = _languages(text, segments, raw.language, declared)
    return Article(
        id=_article_id(raw, sha256),
        source=raw.source,
        text=text,
        segments=tuple(segments),
        raw_sha256=sha256,
        language=whole and whole.language,
        url=raw.url,
        publisher=raw.publisher,
        title=raw.title,
        authors=raw.authors,
        published_at=raw.published_at,
        encoding=encoding,
        fixes=tuple(fixes),
        licence=raw.licence or UNKNOWN,
        rights_holder=raw.rights_holder or UNKNOWN,
        terms=raw.terms or UNKNOWN,
        language_confidence=whole and whole.confidence,
        segment_languages=parts,
    )


def _languages(
    text: str, segments: Sequence[Segment], said: str | None, declared: str | None
) -> tuple[Guess | None, tuple[Guess | None, ...]]:
    """The language of a text and those of its segments.

    What its source says of its language counts; where nothing is said and it cannot be told, what a page declares.
    """
    whole = Guess(said, None) if said else guess_language(story(text, segments) or text)
    if whole is None and declared:
        whole = Guess(declared, None)
    return whole, tuple(guess_part(text[segment.start : segment.end], whole) for segment in segments)


def _fault(raw: RawArticle, text: str, damage: int) -> Drop | None:
    """The drop of an article without text, or with more than a share of it damaged beyond repair."""
    if not text.strip():
        return Drop(raw.where, "normalize", "empty: nothing but white space")
    if damage > MAX_DAMAGED_SHARE * len(text):
        return Drop(raw.where, "normalize", "undecodable: the bytes are no text in any known encoding")
    return None


def segment_html(html: str | bytes, *, url: str | None = None) -> Article:
    """Lay out a web page as text and label each line of it, from its text and its markup.

    The text is the whole page as a reader sees it: block elements and line breaks end lines, list items begin with
    "• ", hidden elements and scripts are left out. ``Article.body`` is the story alone. Never raises on any input.

    A page of more than ``MAX_LINES`` lines is no article, and is not judged: all of it is boilerplate.

    Args:
        html: the page. Bytes are decoded by their byte order mark, as UTF-8, by what the page declares, or by
            detection.
        url: its web address.

    >>> article = segment_html("<nav><a href='/'>Home</a></nav><h1>Storm</h1><p>A storm hit the city on Sunday.</p>")
    >>> article.text.splitlines()
    ['Home', 'Storm', '', 'A storm hit the city on Sunday.']
    """
    raw = RawArticle(source=url or "", data=html, url=url, html=True)
    return _laid_out(raw, *_markup(raw)).article


def _markup(raw: RawArticle) -> tuple[bytes, str | None]:
    """A page's markup in UTF-8, and the encoding that it was read in, if it had one."""
    if isinstance(raw.data, str):
        return utf8(raw.data), None
    decoded = decode(raw.data, raw.charset)
    return utf8(decoded.text), decoded.encoding


class _Page(NamedTuple):
    """A page as an article, its characters that are damaged beyond repair, and why it is none, if so."""

    article: Article
    damage: int
    fault: str


def _laid_out(raw: RawArticle, markup: bytes, encoding: str | None) -> _Page:
    """The page as an article, with what its markup says and its source does not."""
    fixes: dict[str, None] = {}
    damage = 0

    def clean(text: str) -> str:
        nonlocal damage
        normalized = normalize(text)
        fixes.update(dict.fromkeys(normalized.fixes))
        damage += sum(end - start for start, end in normalized.damage)
        return normalized.text

    page = label_page(markup, clean)
    facts = page_facts(page.said, raw.url)
    said = replace(
        raw,
        url=facts.url or raw.url,
        title=raw.title or headline(page.text, page.segments) or facts.title or page.head.title,
        publisher=raw.publisher or facts.publisher,
        authors=raw.authors or facts.authors,
        licence=raw.licence or facts.licence,
        published_at=raw.published_at or _said(facts.published_at),
    )
    besides = {key: fact for key, fact in raw.besides if not getattr(said, key)}
    if declared := language_code(facts.language):  # wrong on many pages: the text decides, and nothing said besides
        besides.pop("language", None)
    raw = _tidy(replace(said, **besides))
    article = _article(raw, page.text, page.segments, encoding, fixes, declared)
    return _Page(article, damage, page.fault)


def _said(date: str | None) -> datetime | None:
    """When a page says that it was published; pages of all countries have either order of day and month.

    The beginning of Unix time is what a page has where nobody said when.
    """
    found = parse_date(date, day_first=False) if date else None
    return None if found == _EPOCH else found


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=timezone.utc)


def relevance_of(article: Article, topic: Topic) -> Relevance:
    """How sure it is that an article is about a topic, told by its title and by its text but the boilerplate.

    >>> from libya_news.corpus.topics import load_topic
    >>> article = process(RawArticle("a.txt", "Libya's parliament in Tobruk has rejected a deal on a new government."))
    >>> relevance_of(article, load_topic("libya")).is_relevant
    True
    """
    own = [(segment.start, segment.end) for segment in article.segments if segment.label != "boilerplate"]
    return relevance(article.text, topic, title=article.title or "", spans=own)


def on_topic(result: Result, topic: Topic | None) -> Result:
    """The article, with its score and its mentions, where it is about the topic; or else a drop that tells them.

    >>> from libya_news.corpus.topics import load_topic
    >>> article = process(RawArticle("a.txt", "The ministers also spoke of Libya. " + "They met in Rome. " * 90))
    >>> on_topic(article, load_topic("libya")).reason
    'off topic: scores 0.38 for libya, less than 0.5: places.libya 1'
    """
    if topic is None or isinstance(result, Drop):
        return result
    found = relevance_of(result, topic)
    if found.is_relevant:
        return replace(result, topic_score=found.score, topic_mentions=found.evidence)
    names = "".join(f", {name} {count}" for name, count in Counter(m.name for m in found.evidence).most_common(NAMED))
    score = floor(found.score * 100) / 100  # rounded up, one just below would not be less
    detail = f"scores {score:.2f} for {topic.name}, less than {RELEVANT}"
    return Drop(result.id, "corpus", f"off topic: {detail}{names.replace(',', ':', 1)}")


NAMED: Final = 5
"""Names of a topic that a drop lists: the most frequent ones."""


def article_id(raw: RawArticle) -> str:
    """A stable id from content and source: the address, or else the file's own name, and the content as found.

    Moving a folder, or adding lines above an article, does not change it.

    >>> article_id(RawArticle("a/x.txt", "text")) == article_id(RawArticle("b/x.txt", "text"))
    True
    """
    return _article_id(raw, raw.sha256)


def _article_id(raw: RawArticle, sha256: str) -> str:
    where = canonical(raw.url) if raw.url else PurePosixPath(raw.source).name
    return hashlib.sha256(f"{where}\0{sha256}".encode("utf-8", "surrogatepass")).hexdigest()[:ID_DIGITS]


def _tidy(raw: RawArticle) -> RawArticle:
    """What the source says of an article is scraped text too."""
    return replace(
        raw,
        url=_one_line(raw.url),
        publisher=_often(raw.publisher),
        title=_one_line(raw.title),
        authors=tuple(filter(None, map(_one_line, raw.authors))),
        language=_language(raw.language),
        licence=_often(raw.licence),
        rights_holder=_often(raw.rights_holder),
        terms=_often(raw.terms),
    )


def _one_line(text: str | None) -> str | None:
    return " ".join(normalize(text).text.split()) or None if text else None


@lru_cache(maxsize=256)
def _often(text: str | None) -> str | None:
    """``_one_line`` of what many articles have in common."""
    return _one_line(text)


@lru_cache(maxsize=256)
def _language(said: str | None) -> str | None:
    return language_code(_one_line(said))
