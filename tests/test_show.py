"""Progress fits into a line of any terminal."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console
from rich.progress import Progress as Bar

from libya_news import _show
from libya_news.pipeline import STEPS, Progress


def shown(width: int, *told: Progress) -> str:
    """The line as it stands after some progress."""
    console = Console(width=width, file=io.StringIO(), force_terminal=True, color_system=None)
    line = _show.Line(console)
    with Bar(*line.columns, console=console, auto_refresh=False) as bar:
        task = bar.add_task("", total=None, what="")
        for now in told:
            what = line.fitted(now, 100.0)
            bar.update(task, description=now.step, completed=now.bytes, total=now.total_bytes, what=what)
        bar.refresh()
    assert isinstance(console.file, io.StringIO)
    written = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", console.file.getvalue())
    return written.replace("\r", "\n").strip("\n").split("\n")[-1].rstrip()


@pytest.mark.parametrize("width", [40, 60, 80, 100, 120, 200])
@pytest.mark.parametrize("step", STEPS)
def test_it_fits_and_nothing_is_cut(width: int, step: str) -> None:
    line = shown(width, Progress(12_345, 23_456, 123_400_000_000, 234_500_000_000, 12_345_678, 1_234_567, step))
    assert len(line) <= width
    assert line.startswith(f"{step} ")
    assert line.endswith("-:--:--")
    assert "…" not in line


@pytest.mark.parametrize(
    ("width", "line"),
    [
        (92, "Reading ━ 1 of 2 files, 0.5 of 1.0 MB at 0.0 MB/s, 7 articles, 1 drops -:--:--"),
        (80, "Reading  1 of 2 files, 0.5 of 1.0 MB at 0.0 MB/s, 7 articles, 1 drops -:--:--"),
        (70, "Reading  1 of 2 files, 0.5 of 1.0 MB, 7 articles, 1 drops -:--:--"),
        (60, "Reading  1 of 2 files, 0.5 of 1.0 MB, 7 articles -:--:--"),
        (45, "Reading  0.5 of 1.0 MB, 7 articles -:--:--"),
        (30, "Reading ━ -:--:--"),
        (22, "Reading   -:--:--"),
    ],
)
def test_what_gives_way_first(width: int, line: str) -> None:
    said = shown(width, Progress(1, 2, 500_000, 1_000_000, 7, 1))
    assert re.sub("━[━╸╺ ]* ", "━ ", said) == line
