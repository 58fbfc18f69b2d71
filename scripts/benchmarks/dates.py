"""When web pages were published, beside htmldate: how many have a date, and how often both name the same day."""

from __future__ import annotations

import argparse
import gzip
import json
from datetime import date
from pathlib import Path

from htmldate import find_date

from libya_news import segment_html

from .corpora import DEFAULT, table

PAGES = DEFAULT.parent / "pages" / "dev.jsonl.gz"


def main(arguments: list[str]) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=Path, default=PAGES, help="labelled web pages (default: %(default)s)")
    with gzip.open(parser.parse_args(arguments).pages, "rt", encoding="utf-8") as lines:
        pages = [(row["html"], row["url"]) for row in map(json.loads, lines)]
    found = [(_ours(*page), _theirs(*page)) for page in pages]
    both = [(ours, theirs) for ours, theirs in found if ours and theirs]
    alone = [theirs for ours, theirs in found if theirs and not ours]
    rows: list[tuple[str, int]] = [
        ("pages", len(found)),
        ("with a date of ours", sum(ours is not None for ours, _ in found)),
        ("with a date of htmldate's", sum(theirs is not None for _, theirs in found)),
        ("with both", len(both)),
        ("of these the same day", sum(ours == theirs for ours, theirs in both)),
        ("with htmldate's alone", len(alone)),
        ("of these the first day of a year", sum((day.month, day.day) == (1, 1) for day in alone)),
    ]
    print(table(["", "number"], [[name, f"{number:,}"] for name, number in rows]))


def _ours(html: str, url: str | None) -> date | None:
    when = segment_html(html, url=url).published_at
    return when.date() if when else None


def _theirs(html: str, url: str | None) -> date | None:
    found = find_date(html, original_date=True, url=url)
    return date.fromisoformat(found) if found else None
