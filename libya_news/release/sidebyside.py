"""A diff as a page: its figures, and changed articles side by side."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import HtmlDiff
from html import escape
from itertools import islice
from typing import Final

from libya_news.labels import KIND_NAMES
from libya_news.records import Release

from .changes import Change, changes
from .diff import Diff
from .lone import Row

SHOWN: Final = 200
"""Changed articles on the page: some 5 MB of it, which browsers still open at once."""

WIDTH: Final = 70
"""Characters of a line on either side, so that both fit a screen."""

_PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<style>body{{font-family:sans-serif;margin:2em}}table.diff{{font-family:monospace;border-collapse:collapse}}
td{{padding:0 .5em;vertical-align:top}}.diff_header,.diff_next{{color:#777}}
.diff_add{{background:#bfb}}.diff_chg{{background:#ffb}}.diff_sub{{background:#fbb}}</style></head><body>
<h1>{title}</h1>
<p>{figures}</p>
{articles}
</body></html>
"""


def page(old: Release, new: Release, diff: Diff) -> str:
    """The page of a diff. It fetches nothing, and the same releases give the same page."""
    edited = (change for _, found in changes(old, new) for change in found if change.before and change.after)
    title = escape(f"{diff.old} → {diff.new}")
    figures = ", ".join(f"{key} {count:,}" for key, count in diff.articles.items() if count)
    return _PAGE.format(
        title=title, figures=escape(figures), articles="\n".join(_articles(islice(edited, SHOWN), diff))
    )


def _articles(edited: Iterable[Change], diff: Diff) -> Iterable[str]:
    for change in edited:
        before, after = _lines(change.before or {}), _lines(change.after or {})
        table = HtmlDiff(wrapcolumn=WIDTH).make_table(before, after, escape(diff.old), escape(diff.new), context=True)
        yield f"<h2>{escape(change.article_id)}</h2>\n{table}"


def _lines(row: Row) -> list[str]:
    """A row as lines: its fields, then its text, one segment a line with its kind in front."""
    known = [f"{name}: {value}" for name, value in row.items() if name not in ("text", "body", "segments")]
    text = row.get("text")
    spans = [
        f"[{KIND_NAMES[s['kind']]}] {text[s['start'] : s['end']] if text else (s['start'], s['end'])}"
        for s in row.get("segments", ())
    ]
    return [*known, *(line for span in spans for line in span.splitlines())]
