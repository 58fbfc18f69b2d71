"""How segments look: the colours of the labels, the table of a text, and progress."""

from __future__ import annotations

import io
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final
from xml.sax.saxutils import escape

from rich.console import Console
from rich.progress import BarColumn, Task, TextColumn, TimeRemainingColumn
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
    line = Line(console)
    with Bar(*line.columns, console=console, transient=True) as bar:
        task, started = bar.add_task(STEPS[0], total=None, what=""), time.monotonic()

        def update(now: Progress) -> None:
            what = line.fitted(now, time.monotonic() - started)
            bar.update(task, description=now.step, completed=now.bytes, total=now.total_bytes, what=what)
            if now.step != STEPS[0]:
                bar.tasks[0].total = None  # nobody knows how long it takes

        yield update


class Line:
    """The step, a bar, how far it is, and the time left, in one line of a terminal of any width.

    Attributes:
        columns: what the line is made of.
    """

    def __init__(self, console: Console) -> None:
        self._console, self._bar = console, _BarWithRoom()
        step, what = TextColumn("{task.description}"), TextColumn("{task.fields[what]}")
        self.columns = (step, self._bar, what, TimeRemainingColumn())

    def fitted(self, now: Progress, seconds: float) -> str:
        """How far it is, in as many words as there is room for; what is left of that is the bar's."""
        room = self._console.width - len(now.step) - _TIME_LEFT - len(self.columns) + 1
        words = next((words for words in _shorter(now, seconds) if len(words) <= room), "")
        self._bar.bar_width = min(_BAR, room - len(words))
        return words


_BAR: Final = 40
_SHORTEST_BAR: Final = 5

_TIME_LEFT: Final = len("00:00:00")


class _BarWithRoom(BarColumn):
    """A bar, where there is room for one."""

    def render(self, task: Task) -> Any:
        return super().render(task) if (self.bar_width or 0) >= _SHORTEST_BAR else Text()


def _shorter(now: Progress, seconds: float) -> Iterator[str]:
    """How far a build is, in ever fewer words: the least needed give way first. Once all is read, bytes say nothing.

    >>> for words in _shorter(Progress(1, 2, 500_000, 1_000_000, 7, 1), 2.0):
    ...     print(words)
    1 of 2 files, 0.5 of 1.0 MB at 0.2 MB/s, 7 articles, 1 drops
    1 of 2 files, 0.5 of 1.0 MB, 7 articles, 1 drops
    1 of 2 files, 0.5 of 1.0 MB, 7 articles
    0.5 of 1.0 MB, 7 articles
    0.5 of 1.0 MB
    >>> next(_shorter(Progress(2, 2, 1_000_000, 1_000_000, 7, 1, "Writing"), 2.0))
    '2 of 2 files, 7 articles, 1 drops'
    """
    files, size, _, articles, drops = _parts(now, seconds)
    if now.step == STEPS[0]:
        yield _words(now, seconds)
        yield f"{files}, {size}, {articles}, {drops}"
        yield f"{files}, {size}, {articles}"
        yield f"{size}, {articles}"
        yield size
    else:
        yield f"{files}, {articles}, {drops}"
        yield f"{files}, {articles}"
        yield articles


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
        with suppress(BrokenPipeError):  # whoever read it has gone, and the work goes on
            print(f"{taken:.0f} s: {told}", file=sys.stderr, flush=True)

    return update


def _words(now: Progress, seconds: float) -> str:
    """How far a build is, and how fast it was in that many seconds; the bytes are those of the files as they lie there.

    >>> _words(Progress(1, 2, 500_000, 1_000_000, 7, 1), 2.0)
    '1 of 2 files, 0.5 of 1.0 MB at 0.2 MB/s, 7 articles, 1 drops'
    """
    files, size, speed, articles, drops = _parts(now, seconds)
    return f"{files}, {size} at {speed}, {articles}, {drops}"


def _parts(now: Progress, seconds: float) -> tuple[str, str, str, str, str]:
    return (
        f"{now.files:,} of {now.total_files:,} files",
        f"{now.bytes / 1e6:,.1f} of {now.total_bytes / 1e6:,.1f} MB",
        f"{now.bytes / 1e6 / max(seconds, 1e-3):,.1f} MB/s",
        f"{now.articles:,} articles",
        f"{now.drops:,} drops",
    )


def _left(now: Progress, seconds: float) -> float:
    """Seconds that reading will take yet, if it goes on as it went.

    >>> _left(Progress(1, 2, 500_000, 1_500_000, 7, 1), 2.0)
    4.0
    """
    return seconds * (now.total_bytes - now.bytes) / now.bytes
