"""How segments look: the colours of the labels, the table of a text, and progress."""

from __future__ import annotations

import io
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final
from xml.sax.saxutils import escape

from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.table import Table
from rich.text import Text

from .pipeline import STEPS, Progress
from .records import Segment

STYLE: Final = {"body": "default", "caption": "cyan", "bullet": "yellow", "boilerplate": "magenta"}

SECONDS_BETWEEN_LINES: Final = 5.0
"""Pause between two progress lines in a log."""

_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def printable(text: str) -> str:
    """A text that cannot steer the terminal: control and direction characters show as ``\\ufffd``."""
    return _CONTROL.sub("\ufffd", text)


def segment_table(text: str, segments: Sequence[Segment]) -> Table:
    """One row per segment: its label and kind, and its text in the label's colour."""
    table = Table.grid(padding=(0, 2), expand=True)
    table.add_column(no_wrap=True)
    table.add_column(ratio=1, overflow="fold")
    for segment in segments:
        style = STYLE[segment.label]
        name = Text(f"{segment.label}/{segment.kind}", style=f"bold {style}" if style != "default" else "bold")
        table.add_row(name, Text(printable(text[segment.start : segment.end]), style=style))
    return table


SVG_COLUMNS: Final = 118

_SVG: Final = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" aria-label="{title}">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, Menlo, Consolas, monospace; font-size: {char_height}px;
  line-height: {line_height}px; }}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal"><rect width="{terminal_width}" height="{terminal_height}"/></clipPath>
{lines}</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g></g>
</svg>
"""
"""The drawing library's own frame fetches fonts from the network; this one uses what the reader has."""


def svg(text: str, segments: Sequence[Segment], title: str) -> str:
    """The table of a text as a picture. The same text gives the same bytes."""
    console = Console(record=True, width=SVG_COLUMNS, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(segment_table(text, segments))
    frame = _SVG.replace("{title}", escape(title, {'"': "&quot;", "{": "{{", "}": "}}"}))
    return console.export_svg(title=title, code_format=frame, unique_id="libya-news")


@contextmanager
def progress(console: Console) -> Iterator[Callable[[Progress], None]]:
    """A bar on a terminal, a line now and then in a log."""
    if not console.is_terminal:
        yield _log_lines()
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[what]}"), TimeRemainingColumn())
    with Bar(*columns, console=console, transient=True) as bar:
        task, started = bar.add_task("Reading", total=None, what=""), time.monotonic()

        def update(now: Progress) -> None:
            what = _words(now, time.monotonic() - started)
            bar.update(task, description=now.step, completed=now.bytes, total=now.total_bytes, what=what)

        yield update


def _log_lines() -> Callable[[Progress], None]:
    started = last = time.monotonic()

    def update(now: Progress) -> None:
        nonlocal last
        if time.monotonic() - (last if now.step == STEPS[0] else started) < SECONDS_BETWEEN_LINES:
            return
        last = time.monotonic()
        taken = last - started
        left = f", {_left(now, taken):,.0f} s left" if now.bytes else ""
        told = f"{_words(now, taken)}{left}" if now.step == STEPS[0] else f"{now.step}, {now.articles:,} articles"
        print(f"{taken:.0f} s: {told}", file=sys.stderr, flush=True)

    return update


def _words(now: Progress, seconds: float) -> str:
    """How far a build is, and how fast it was in that many seconds; the bytes are those of the files as they lie there.

    >>> _words(Progress(1, 2, 500_000, 1_000_000, 7, 1), 2.0)
    '1 of 2 files, 0.5 of 1.0 MB at 0.2 MB/s, 7 articles, 1 drops'
    """
    return (
        f"{now.files:,} of {now.total_files:,} files, {now.bytes / 1e6:,.1f} of {now.total_bytes / 1e6:,.1f} MB "
        f"at {now.bytes / 1e6 / max(seconds, 1e-3):,.1f} MB/s, {now.articles:,} articles, {now.drops:,} drops"
    )


def _left(now: Progress, seconds: float) -> float:
    """Seconds that reading will take yet, if it goes on as it went.

    >>> _left(Progress(1, 2, 500_000, 1_500_000, 7, 1), 2.0)
    4.0
    """
    return seconds * (now.total_bytes - now.bytes) / now.bytes
