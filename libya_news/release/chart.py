"""The card's chart: labels by language, as one bar of a hundred per cent for each language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final
from xml.sax.saxutils import escape

from libya_news.labels import LABELS

PATH: Final = "docs/labels.svg"
"""Where a release keeps it, so that the card shows it on the Hub and in a checkout alike."""

TITLE: Final = "Share of the labels in each language, in segments"

COLOURS: Final = ("#4878d0", "#ee854a", "#6acc64", "#956cb4")
"""One per label, in their order: seaborn's “muted” palette without its red, which many eyes take for its green."""

_WIDTH, _LEFT, _RIGHT, _ROW, _TOP = 720, 90, 110, 26, 44

_FRAME: Final = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">
<title>{title}</title>
<style>
text {{ font: 13px system-ui, sans-serif; fill: #24292f; }}
@media (prefers-color-scheme: dark) {{ text {{ fill: #e6edf3; }} }}
</style>
{body}
</svg>
"""


def svg(counts: Mapping[str, Mapping[str, int]]) -> str:
    """The chart of a release. The same counts give the same bytes, and it asks the network for nothing.

    Args:
        counts: for each language, how many segments each label has.
    """
    rows = (line for index, row in enumerate(counts.items()) for line in _bar(_TOP + index * _ROW, *row))
    body = "\n".join([*_legend(), *rows])
    return _FRAME.format(width=_WIDTH, height=_TOP + len(counts) * _ROW + 8, title=TITLE, body=body)


def _legend() -> Iterator[str]:
    for index, label in enumerate(LABELS):
        x = _LEFT + index * 130
        yield f'<rect x="{x}" y="12" width="12" height="12" fill="{COLOURS[index]}"/>'
        yield f'<text x="{x + 18}" y="23">{label}</text>'


def _bar(y: int, language: str, labels: Mapping[str, int]) -> Iterator[str]:
    total, x = sum(labels.values()), float(_LEFT)
    yield f'<text x="{_LEFT - 8}" y="{y + 14}" text-anchor="end">{escape(language)}</text>'
    for label, colour in zip(LABELS, COLOURS, strict=True):
        width = (_WIDTH - _LEFT - _RIGHT) * labels.get(label, 0) / total
        if width:
            said = f"{escape(language)}, {label}: {labels[label]:,}"
            box = f'x="{x:.1f}" y="{y}" width="{width:.1f}" height="18"'
            yield f'<rect {box} fill="{colour}"><title>{said}</title></rect>'
        x += width
    yield f'<text x="{_WIDTH - _RIGHT + 8}" y="{y + 14}">{total:,}</text>'
