"""The commands that show one text, and the schema."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Final

import click
from rich.console import Console
from rich.text import Text

from libya_news.records import Normalized, RawArticle, Segment

from ._options import AS_JSON
from ._writing import write


@click.command()
@click.argument("file")
@AS_JSON
@click.option("--svg", type=click.Path(dir_okay=False), help="Draw the coloured text into this file instead.")
def inspect(file: str, as_json: bool, svg: str | None) -> None:
    """Print one text with its segments, coloured by label.

    FILE is any file that ``build`` takes, and its first article is shown; - reads a text from standard input.
    """
    from libya_news import _show  # noqa: PLC0415
    from libya_news.normalize import normalize  # noqa: PLC0415
    from libya_news.segment import segment  # noqa: PLC0415

    raw = RawArticle("standard input", sys.stdin.buffer.read()) if file == "-" else _first_article(file)
    title = normalize(raw.title).text if raw.title else None
    normalized, segments = _page(raw) if raw.html else ((made := normalize(raw.data)), segment(made.text, title=title))
    if as_json:
        click.echo(json.dumps(_inspected(raw, normalized, segments), ensure_ascii=False, indent=1))
    elif svg:
        picture = _show.svg(normalized.text, segments, f"{raw.source}, segments coloured by label")
        write(Path(svg), picture)
    else:
        Console().print(_show.segment_table(normalized.text, segments))


def _page(raw: RawArticle) -> tuple[Normalized, list[Segment]]:
    from libya_news.pipeline import segment_html  # noqa: PLC0415

    page = segment_html(raw.data, url=raw.url)
    return Normalized(page.text, page.encoding, counts=dict.fromkeys(page.fixes, 1)), list(page.segments)


def _first_article(file: str) -> RawArticle:
    from libya_news.errors import DataError  # noqa: PLC0415
    from libya_news.records import Drop  # noqa: PLC0415
    from libya_news.sources import read  # noqa: PLC0415

    drops: list[Drop] = []
    article = next(read(file, on_drop=drops.append), None)
    if article is None:
        reasons = list(dict.fromkeys(drop.reason for drop in drops))[:3] or ["there is no file in it"]
        remedy = _USUAL if reasons[0].startswith("no text:") else _OTHER
        raise DataError(f"{file!r} holds no article: {'; '.join(reasons)}.", remedy)
    return article


_OTHER: Final = "Name a file in one of the formats that `libya-news sources` lists."
_USUAL: Final = "inspect knows the usual names of fields alone: build with --map, and inspect the release."


def _inspected(raw: RawArticle, normalized: Normalized, segments: list[Segment]) -> dict[str, Any]:
    text = normalized.text
    rows = [{"text": text[s.start : s.end], **s._asdict()} for s in segments]
    known = {"source": raw.source, "encoding": normalized.encoding, "fixes": list(normalized.fixes)}
    return {**known, "text": text, "segments": rows}


@click.command()
@AS_JSON
def schema(as_json: bool) -> None:
    """Print the documented schema of a release."""
    from rich.table import Table  # noqa: PLC0415

    from libya_news.release import schema as schema_  # noqa: PLC0415

    if as_json:
        configs = {config: list(schema_.rows(config)) for config in schema_.CONFIGS}
        click.echo(
            json.dumps({"schema_version": schema_.SCHEMA_VERSION, "configs": configs}, ensure_ascii=False, indent=1)
        )
        return
    console = Console()
    for config, title in schema_.CONFIG_TITLES.items():
        table = Table(
            "column", "type", "null", "meaning", "unit or range", title=f"{config}: {title}", title_justify="left"
        )
        for row in schema_.rows(config):
            null = "yes" if row["nullable"] else "no"
            table.add_row(
                *(Text(str(cell)) for cell in (row["name"], row["type"], null, row["description"], row["unit"]))
            )
        console.print(table)
