"""Whether an article is about a topic, told by the names it uses, with the evidence; a topic is a table of names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from math import sqrt
from typing import Final, NamedTuple

from libya_news.records import Mention

from ._folding import fold
from ._names import Hit, Topic, load_topic

__all__ = ["RELEVANT", "Mention", "Relevance", "Topic", "load_topic", "relevance"]

RELEVANT: Final = 0.5
"""Score from which an article is about the topic."""

TITLE: Final = 8
LEAD: Final = 1.5
"""Mentions that a title with a name stands for, and a mention in the lead besides itself."""

LEAD_CHARS: Final = 200
"""Characters of the lead, the first thirty words or so; of a short text it is the first half."""

PASSING_CHARS: Final = 100
"""Characters in which one mention is in passing; two are in four times as many, three in nine times.

For the longer a text, the rarer the names of its subject: they grow with the root of its length. These four numbers
were searched for on the 1289 articles of the set ``tune`` in ``scripts/annotations/topic-libya.jsonl``: near them the
logistic loss is least, and about as many articles are wrongly found as missed, 15 and 12. ``docs/benchmarks/topics.md``
shows what other numbers would give, and the figures on other articles."""

LIST_GAP: Final = 6
LIST_COMPANY: Final = 2
"""Characters between the names of a list, for example " and "; and names of the topic's company that make it one."""


class Relevance(NamedTuple):
    """How sure it is that an article is about a topic, and why.

    Attributes:
        score: 0 where the topic is not named, ``RELEVANT`` where it is named as often as a passing mention allows,
            towards 1 the oftener and the earlier it is named.
        evidence: the names that were counted, those of the title first.
    """

    score: float
    evidence: tuple[Mention, ...]

    @property
    def is_relevant(self) -> bool:
        """Whether the article is about the topic."""
        return self.score >= RELEVANT


def relevance(text: str, topic: Topic, *, title: str = "", spans: Sequence[tuple[int, int]] | None = None) -> Relevance:
    """Tell whether an article is about a topic. Time is linear in its length; any ``str`` will do.

    Args:
        text: the article.
        topic: see ``load_topic``.
        title: its title, where it is known.
        spans: the parts of the text that are the article's own, in order, as code points; without them, all of it. So
            what a page says around its story does not count.

    >>> found = relevance("وقال حفتر إن الجيش الليبي يتقدم.", load_topic("libya"))
    >>> found.is_relevant, [mention.name for mention in found.evidence]
    (True, ['people.haftar', 'places.libya'])
    >>> relevance("Tripoli is the second city of Lebanon.", load_topic("libya"))
    Relevance(score=0.0, evidence=())
    """
    own = [(0, len(text))] if spans is None else spans
    found = (*_places(title, 0, topic, "title"), *_in_spans(text, own, topic))
    counted = _counted(list(_unlisted(found)))
    told = [mention for mention in counted if mention.field == "text"]
    size = sum(end - start for start, end in own)
    lead_end = own[0][0] + min(LEAD_CHARS, size // 2) if own else 0
    points = len(told) + LEAD * sum(mention.start < lead_end for mention in told) + TITLE * (len(told) < len(counted))
    allowed = sqrt(max(size, 1) / PASSING_CHARS)
    return Relevance(points / (points + allowed), tuple(counted))


class _Place(NamedTuple):
    """Where a name stands, and all that it says."""

    start: int
    end: int
    field: str
    hit: Hit


def _in_spans(text: str, spans: Iterable[tuple[int, int]], topic: Topic) -> Iterator[_Place]:
    for start, end in spans:
        yield from _places(text[start:end], start, topic, "text")


def _places(text: str, offset: int, topic: Topic, field: str) -> Iterator[_Place]:
    folded = fold(text)
    for hit in topic.find(folded.text):
        start, end = folded.span(hit.start, hit.end)
        yield _Place(offset + start, offset + end, field, hit)


def _unlisted(found: Iterable[_Place]) -> Iterator[_Place]:
    """The places but those of the topic's names in lists, such as "Syria, Libya and Yemen"."""
    run: list[_Place] = []
    for place in found:
        if run and not (place.field == run[-1].field and place.start - run[-1].end <= LIST_GAP):
            yield from _unless_list(run)
            run = []
        run.append(place)
    yield from _unless_list(run)


def _unless_list(run: Sequence[_Place]) -> Sequence[_Place]:
    company = [place for place in run if any(use.role == "company" for use in place.hit.uses)]
    return company if len(company) >= LIST_COMPANY else run


def _counted(found: Sequence[_Place]) -> list[Mention]:
    """The mentions that count: sure ones, and no more unsure ones than these, each outnumbering what speaks against it.

    So "Tripoli" counts where Libya is named oftener than Lebanon.
    """
    told = Counter(use for place in found for use in place.hit.uses)
    sure = sum(count for use, count in told.items() if use.role == "sure")
    rivals = {use.key: count for use, count in told.items() if use.role == "rivals"}
    left = sure
    counted = []
    for place in found:
        use = next((use for use in place.hit.uses if use.role in ("sure", "unsure")), None)
        if use is None or (use.role == "unsure" and (not left or sure <= rivals.get(use.key, 0))):
            continue
        left -= use.role == "unsure"
        counted.append(Mention(use.key, place.start, place.end, place.field))
    return counted
