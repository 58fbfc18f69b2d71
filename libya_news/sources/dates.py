"""Points in time as records and pages write them."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from functools import lru_cache, partial
from typing import Final, NamedTuple

from libya_news._tables import load_table
from libya_news.corpus._folding import fold

if sys.version_info >= (3, 11):
    fromisoformat = datetime.fromisoformat
else:
    from backports.datetime_fromisoformat import datetime_fromisoformat as fromisoformat

LONGEST: Final = 100
"""Characters of a date with all that belongs to it; a longer text is none, and costs nothing."""

EARLIEST: Final = 1605
"""The year of the first newspaper. A date before it is of another calendar, or says that there is none."""

_COUNTED: Final = re.compile(r"([1-9]\d{9})(\d{3})?(\d{3})?(?:\d{3})?(?:\.\d*)?", re.ASCII)
"""Seconds since 1970, or thousandths, millionths or billionths of them: from 2001 to 2286 these have 10, 13, 16 and 19
digits."""

_UNPARTED: Final = re.compile(r"(\d{8})(\d{6})", re.ASCII)
_YEAR_FIRST: Final = re.compile(r"(\d{4})\s*[-/.年년]\s*(\d{1,2})\s*[-/.月월]\s*(\d{1,2})[.日일]?")
_YEAR_LAST: Final = re.compile(r"(\d{1,2})\s*([-/.])\s*(\d{1,2})\s*\2\s*(\d{4})")
_DAY_MONTH: Final = re.compile(r"(\D*?) ?(\d{1,2}) (\D+) (\d{4})")
_MONTH_DAY: Final = re.compile(r"(\D+) (\d{1,2}) (\d{4})")
_YEAR_MONTH: Final = re.compile(r"(\d{4}) (\D+) (\d{1,2})")
_TIME: Final = re.compile(
    r"(?<!\d)(\d{1,2})[:h](\d{2})(?::(\d{2})(?:\.\d+)?)?(?!\d)"
    r"\s*((?:[ap]\.?m\b\.?|صباحا|مساء|[صم](?!\w))?)\s*(?:utc|gmt|z)?\s*([+-]\d{2}:?\d{2}|[pmce][sd]t\b)?\s*(?:utc|gmt)?",
    re.IGNORECASE,
)
_EVENING: Final = ("p", "م")
"""What the word behind a time of the second half of the day begins with, in English and Arabic."""


def parse_date(text: str, *, day_first: bool = True) -> datetime | None:
    """A point in time in UTC from a date as people and machines write it; None where it is none, or not a whole one.

    Read are ISO 8601, dates of e-mails, seconds since 1970 or thousandths, millionths and billionths of them, and day,
    month and year in numbers of any script (``2021/11/11``, ``11.11.2021``) or with the month's name in the languages
    of ``tables/dates.toml``, each with or without a time. A time without a zone is taken as UTC.

    Args:
        text: the date, and nothing else.
        day_first: whether the day is known to stand first in numbers that end with the year. ``03/04/2021`` is the
            third of April then, and ``10/28/2015`` no date. Where it is not known, a date that has two readings is
            none; numbers with dots between them have only one.

    >>> parse_date("2017-02-27T12:14:00+01:00").isoformat()
    '2017-02-27T11:14:00+00:00'
    >>> [parse_date(text).date().isoformat() for text in ("28/10/2015", "11 novembre 2021", "١١ نوفمبر ٢٠٢١")]
    ['2015-10-28', '2021-11-11', '2021-11-11']
    >>> parse_date("0000-00-00"), parse_date("10/28/2015"), parse_date("03/04/2021", day_first=False)
    (None, None, None)
    """
    text = text.strip().strip("\"'")
    if len(text) > LONGEST:
        return None
    attempts = (_attempt(parse, text) for parse in (_counted, _iso, partial(_written, day_first), _mailed))
    return next((when for when in attempts if when and when.year >= EARLIEST), None)


def _attempt(parse: Callable[[str], datetime], text: str) -> datetime | None:
    try:
        when = parse(text)
        return (when if when.tzinfo else when.replace(tzinfo=timezone.utc)).astimezone(timezone.utc)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _counted(text: str) -> datetime:
    """Raises ValueError where a text is no number of seconds or parts: ISO 8601 has years in thirteen digits."""
    if not (found := _COUNTED.fullmatch(text)):
        raise ValueError("it is no such number")
    parts = timedelta(milliseconds=int(found[2] or 0), microseconds=int(found[3] or 0))
    return datetime.fromtimestamp(int(found[1]), timezone.utc) + parts


def _iso(text: str) -> datetime:
    text = _UNPARTED.sub(r"\1T\2", text) if _UNPARTED.fullmatch(text) else text
    return fromisoformat(text[:-1] + "+00:00" if text.endswith(("Z", "z")) else text)


def _mailed(text: str) -> datetime:
    """Raises ValueError where a text is no date of an e-mail; the reader of these passes over the halves of days."""
    if (clock := _TIME.search(text)) and clock[4]:
        raise ValueError("e-mails have whole days")
    return parsedate_to_datetime(text)


def _written(day_first: bool, text: str) -> datetime:
    """Raises ValueError where a text is no date with at most a time beside it."""
    text = "".join(str(unicodedata.decimal(char, char)) for char in text)
    clock = _TIME.search(text)
    date = text if clock is None else f"{text[: clock.start()]} {text[clock.end() :]}"
    day = _day(re.sub(r"(?<=\d)T\s*$", "", date).strip(" ,،;|–-"), day_first)
    return day if clock is None else _at(day, clock)


def _day(text: str, day_first: bool) -> datetime:
    if found := _YEAR_FIRST.fullmatch(text):
        return _date(*found.groups())
    if found := _YEAR_LAST.fullmatch(text):
        day, sign, month, year = found.groups()
        if sign != "." and not day_first and int(day) != int(month):
            if int(day) <= MONTHS and int(month) <= MONTHS:
                raise ValueError("it may be two days")
            day, month = sorted((day, month), key=int, reverse=True)
        return _date(year, month, day)
    return _date(*_named(text))


MONTHS: Final = 12


def _named(text: str) -> tuple[str, int, str]:
    """Year, month and day of a date that has the name of its month."""
    words = _words()
    parts = [word for word in re.findall(r"\d+|[^\W\d_]+", fold(text).text) if word not in words.between]
    plain = " ".join(parts[:-1] if words.weekdays.intersection(parts[-1:]) else parts)
    if found := _DAY_MONTH.fullmatch(plain):
        before, day, month, year = found.groups()
        if before and before not in words.weekdays:
            raise ValueError("there is something before the date")
    elif found := _MONTH_DAY.fullmatch(plain):
        month, day, year = found.groups()
        first, _, rest = month.partition(" ")
        month = rest if month not in words.months and first in words.weekdays else month
    elif found := _YEAR_MONTH.fullmatch(plain):
        year, month, day = found.groups()
    else:
        raise ValueError("it is no date")
    return year, words.months.get(month, 0), day


def _date(year: str, month: str | int, day: str) -> datetime:
    return datetime(int(year), int(month), int(day), tzinfo=timezone.utc)


def _at(day: datetime, clock: re.Match[str]) -> datetime:
    """The day with a time; with its offset from UTC, where the time has one."""
    hour, minute, second, half, offset = clock.groups()
    hours = int(hour)
    if half:
        if not 1 <= hours <= 12:
            raise ValueError("there is no such hour in half a day")
        hours = hours % 12 + 12 * half.lower().startswith(_EVENING)
    zone = timezone.utc
    if offset:
        zone = timezone(_offset(offset.lower()))
    return day.replace(hour=hours, minute=int(minute), second=int(second or 0), tzinfo=zone)


def _offset(text: str) -> timedelta:
    """What a zone is ahead of UTC, by its number, or by the names that North America has and e-mails write.

    >>> _offset("-02:30").total_seconds() / 3600, _offset("est").total_seconds() / 3600
    (-2.5, -5.0)
    """
    if text.endswith("t"):
        return timedelta(hours="pmce".index(text[0]) - 8 + (text[1] == "d"))
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    return timedelta(minutes=minutes if text[0] == "+" else -minutes)


class _Words(NamedTuple):
    """The words of dates, folded: the number of each month, names of weekdays, and what else may stand in a date."""

    months: dict[str, int]
    weekdays: frozenset[str]
    between: frozenset[str]


@lru_cache(maxsize=1)
def _words() -> _Words:
    table = load_table("dates", expect="dates")
    months = {_plain(name): number for number, names in enumerate(table["months"], start=1) for name in names}
    return _Words(months, frozenset(map(_plain, table["weekdays"])), frozenset(map(_plain, table["between"])))


def _plain(name: str) -> str:
    return " ".join(fold(name).text.split())
