"""Which articles a corpus leaves out for what they are: their language, their date, their length."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import date

from libya_news.errors import UsageError
from libya_news.records import Article, Drop

from .language import language_code


@dataclass(frozen=True, slots=True)
class Filters:
    """What an article must be to stay.

    Attributes:
        languages: codes of ISO 639-1; empty for all.
        since, until: first and last day of publication, in UTC; None for any. An article without a date is left out
            where either is given.
        min_characters: of its text.
    """

    languages: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    min_characters: int = 0

    def __post_init__(self) -> None:
        """Refuse what could only be a slip.

        Raises:
            UsageError: a language is no code, the days are in the wrong order, or the length is below 0.

        >>> Filters(languages=("english",))
        Traceback (most recent call last):
        ...
        libya_news.errors.UsageError: languages has 'english', which is no code that articles have. Write 'en'.
        """
        for said in self.languages:
            if (code := language_code(said)) != said:
                remedy = f"Write {code!r}." if code else "Write codes of ISO 639-1: en, ar, fr."
                raise UsageError(f"languages has {said!r}, which is no code that articles have.", remedy)
        if self.since and self.until and self.since > self.until:
            raise UsageError(f"since {self.since} is after until {self.until}.", "Give the earlier day as since.")
        if self.min_characters < 0:
            raise UsageError(f"min_characters is {self.min_characters}.", "Give 0 or more.")

    def applied(self, results: Iterable[Article | Drop]) -> Iterator[Article | Drop]:
        """The same results, with a drop in the place of every article that does not stay."""
        for result in results:
            reason = self.reason(result) if isinstance(result, Article) else ""
            yield Drop(result.id, "release", f"filtered: {reason}") if reason else result

    def reason(self, article: Article) -> str:
        """Why an article is left out; empty where it stays.

        >>> Filters(min_characters=9).reason(Article("1", "a.txt", "Talks", (), ""))
        'its 5 characters are fewer than 9'
        """
        if len(article.text) < self.min_characters:
            return f"its {len(article.text):,} characters are fewer than {self.min_characters:,}"
        if self.languages and article.language not in self.languages:
            return f"its language is {article.language or 'unknown'}"
        if not (self.since or self.until):
            return ""
        day = article.published_at.date() if article.published_at else None
        if day is None:
            return "it has no date"
        return f"it is of {day}" if day < (self.since or day) or day > (self.until or day) else ""

    def to_json(self) -> str:
        """The filters as canonical JSON; empty where all articles stay."""
        return "" if self == Filters() else json.dumps(asdict(self), default=date.isoformat, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Filters:
        """The filters that ``to_json`` gave.

        >>> some = Filters(("ar",), since=date(2015, 1, 1))
        >>> Filters.from_json(some.to_json()) == some
        True
        """
        found = json.loads(text) if text else {}
        days = {key: date.fromisoformat(found[key]) for key in ("since", "until") if found.get(key)}
        return cls(**{**found, **days, "languages": tuple(found.get("languages", ()))})
