"""Write what was measured: figures as JSON, and two pictures as SVG."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

from libya_news.labels import LABELS

from .evaluate import BINS, Tally

_CELL: Final = 90
_EDGE: Final = 110
_SIDE: Final = 360
_STYLE: Final = (
    '<style>text{font:13px sans-serif;fill:#222}.s{fill:#fff}</style><rect width="100%" height="100%" fill="#fff"/>'
)


def write_report(folder: Path, tallies: Mapping[str, Tally]) -> dict[str, object]:
    """Write ``figures.json``, ``confusion.svg`` and ``reliability.svg``; the figures are also returned."""
    folder.mkdir(parents=True, exist_ok=True)
    figures: dict[str, object] = {name: tally.figures() for name, tally in sorted(tallies.items())}
    text = json.dumps(figures, indent=1, ensure_ascii=False) + "\n"
    (folder / "figures.json").write_text(text, encoding="utf-8")
    (folder / "confusion.svg").write_text(confusion_svg(tallies["all"]), encoding="utf-8")
    (folder / "reliability.svg").write_text(reliability_svg(tallies["all"]), encoding="utf-8")
    return figures


def confusion_svg(tally: Tally) -> str:
    """Gold labels in rows, predicted ones in columns; shades are shares of a row."""
    parts = []
    for row, gold in enumerate(LABELS):
        total = sum(tally.units[gold, label] for label in LABELS) or 1
        parts.append(_text(_EDGE - 8, _EDGE + row * _CELL + _CELL // 2, gold, "end"))
        parts.append(_text(_EDGE + row * _CELL + _CELL // 2, _EDGE - 12, gold, "middle"))
        for column, label in enumerate(LABELS):
            count = tally.units[gold, label]
            shade = 255 - round(200 * count / total)
            x, y = _EDGE + column * _CELL, _EDGE + row * _CELL
            fill = f"rgb({shade},{shade},255)"
            parts.append(f'<rect x="{x}" y="{y}" width="{_CELL}" height="{_CELL}" fill="{fill}" stroke="#999"/>')
            parts.append(_text(x + _CELL // 2, y + _CELL // 2 + 4, str(count), "middle"))
    return _svg(_EDGE + len(LABELS) * _CELL + 10, "".join(parts))


def reliability_svg(tally: Tally) -> str:
    """How often each step of confidence is right; on the diagonal it is as often right as it says."""
    parts = [f'<path d="M50 {_SIDE} L{_SIDE} 50" stroke="#999"/>']
    width = (_SIDE - 50) / BINS
    for number in range(BINS):
        entries = tally.bins.get(number, [])
        if entries:
            height = (_SIDE - 50) * sum(right for _, right in entries) / len(entries)
            x, y = 50 + number * width, _SIDE - height
            parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{width - 2:.1f}" height="{height:.1f}" fill="#77f"/>')
            parts.append(_text(round(x + width / 2), round(y) - 4, str(len(entries)), "middle"))
    parts.append(_text(_SIDE // 2 + 25, _SIDE + 30, "confidence 0 to 1", "middle"))
    parts.append(_text(60, 30, f"right, 0 to 1; calibration error {tally.calibration_error():.3f}", "start"))
    return _svg(_SIDE + 50, "".join(parts))


def _text(x: int, y: int, content: str, anchor: str) -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}">{escape(content)}</text>'


def _svg(side: int, content: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" width="{side}">{_STYLE}{content}</svg>\n'
    )
