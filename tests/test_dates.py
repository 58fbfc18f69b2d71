"""Dates as people write them: each form, and what is none."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libya_news import Article, RawArticle
from libya_news._tables import load_table
from libya_news.pipeline import process
from libya_news.sources.dates import parse_date

DAY = [
    "2021-11-11", "2021/11/11", "2021.11.11", "2021. 11. 11.", "11.11.2021", "11/11/2021", "11-11-2021", "20211111",
    "٢٠٢١/١١/١١", "۱۱/۱۱/۲۰۲۱", "2021年11月11日", "2021년 11월 11일", "11 November 2021", "November 11, 2021",
    "Nov. 11th, 2021", "Thursday, November 11, 2021", "11-Nov-2021", "2021 Nov 11", "11 novembre 2021",
    "jeudi 11 novembre 2021", "11 de noviembre de 2021", "11. November 2021", "11 Kasım 2021", "11 ноября 2021",
    "11 listopada 2021", "١١ نوفمبر ٢٠٢١", "الخميس، 11 نوفمبر 2021", "11 تشرين الثاني 2021", '"2021-11-11"',
    "11 Kasım 2021 Perşembe", "1636588800", "1636588800000", "1636588800.0", "20211111000000",
    "1636588800000000", "1636588800000000000", "11 ноября 2021 г.", "четверг, 11 ноября 2021 года",
    "le 11 novembre 2021",
    "Πέμπτη, 11 Νοεμβρίου 2021", "11 листопада 2021 р.", "11 בנובמבר 2021", "११ नवंबर २०२१", "১১ নভেম্বর ২০২১",
    "۱۱ نوامبر ۲۰۲۱", "11 نومبر 2021", "11 ta' Novembru 2021", "11 ኖቬምበር 2021",
]  # fmt: skip
"""The eleventh of November 2021, which has one reading in any order."""

TIMES = {
    "2021-11-11T10:30:00+02:00": "08:30", "2021-11-11 10:30 UTC": "10:30", "11.11.2021, 10:30": "10:30",
    "Nov. 11, 2021, 3:15 PM": "15:15", "11 novembre 2021 à 10h30": "10:30", "11 نوفمبر 2021 - 3:15 مساء": "15:15",
    "Thu, 11 Nov 2021 10:30:00 EST": "15:30", "2021-11-11 10:30:00 +0200 UTC": "08:30", "11/11/2021 12:05 am": "00:05",
    "November 11, 2021 3:15 pm EST": "20:15", "11 Nov 2021 11:30 PDT": "18:30", "1636626600": "10:30",
    "1636626600000": "10:30", "20211111103000": "10:30", "11 ноября 2021 г., 10:30": "10:30",
    "11 ноября 2021 в 10:30": "10:30", "11 Kasım 2021 saat 10:30": "10:30", "le 11 novembre 2021 à 10h30": "10:30",
}  # fmt: skip

NONE = [
    "", "0000-00-00", "+275760-09-13T00:00:00Z", "soon", "3 days ago", "2021", "November 2021", "11 November", "12:30",
    "31.02.2021", "13/13/2015", "11-11/2021", "11.11.2021 25:00", "11.11.2021 13:00 pm", "0001-01-01T00:00:00+14:00",
    "1443/05/06", "11 رمضان 1443", "11.11.21", "Talks ended on 11 November 2021", "9" * 400, "11 November 2021 " * 50,
    "11/11/2021 10:30 +99:99", "١١/٢٢/٣٣", "²/²/2021",
    "163662660", "16366266000", "20211311000000", "1636626600e3", "١٦٣٦٦٢٦٦٠٠", "November 11, 2021 3:15 pm IST",
]  # fmt: skip


@pytest.mark.parametrize("text", DAY)
@pytest.mark.parametrize("day_first", [True, False])
def test_a_day(text: str, day_first: bool) -> None:
    assert parse_date(text, day_first=day_first) == datetime(2021, 11, 11, tzinfo=timezone.utc)


@pytest.mark.parametrize(("text", "time"), TIMES.items())
def test_a_time_of_it(text: str, time: str) -> None:
    when = parse_date(text)
    assert when is not None
    assert when.isoformat() == f"2021-11-11T{time}:00+00:00"


@pytest.mark.parametrize("text", NONE)
def test_what_is_no_date(text: str) -> None:
    assert parse_date(text) is None
    assert parse_date(text, day_first=False) is None


@pytest.mark.parametrize(
    ("text", "in_records", "in_pages"),
    [
        ("03/04/2021", "2021-04-03", None), ("03-04-2021", "2021-04-03", None),
        ("03.04.2021", "2021-04-03", "2021-04-03"), ("28/10/2015", "2015-10-28", "2015-10-28"),
        ("10/28/2015", None, "2015-10-28"), ("05/05/2021", "2021-05-05", "2021-05-05"),
    ],
)  # fmt: skip
def test_the_order_of_day_and_month(text: str, in_records: str | None, in_pages: str | None) -> None:
    for day_first, wanted in ((True, in_records), (False, in_pages)):
        when = parse_date(text, day_first=day_first)
        assert (when and when.date().isoformat()) == wanted
    page = f'<meta name="date" content="{text}"><p>Talks in Moscow have ended without a deal.'
    made = process(RawArticle("a.html", page, html=True))
    assert isinstance(made, Article)
    assert (made.published_at and made.published_at.date().isoformat()) == in_pages


def test_milliseconds_are_no_year_of_a_calendar() -> None:
    assert parse_date("1700010112345") == datetime(2023, 11, 15, 1, 1, 52, 345000, tzinfo=timezone.utc)


def test_every_month_by_each_of_its_names() -> None:
    for number, names in enumerate(load_table("dates", expect="dates")["months"], start=1):
        for name in names:
            for text in (f"7 {name} 2021", f"7 {name.upper()}. 2021"):
                when = parse_date(text)
                assert when == datetime(2021, number, 7, tzinfo=timezone.utc), text


@given(st.text(st.sampled_from("0123456789٣/-.: TZ+,مnovNovember年") | st.characters(codec=None), max_size=40))
def test_any_text(text: str) -> None:
    for day_first in (True, False):
        when = parse_date(text, day_first=day_first)
        assert when is None or when.tzinfo is timezone.utc
