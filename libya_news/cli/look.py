"""The commands that show one text, and the schema."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Final

import click
from rich.console import Console
from rich.text import Text

from libya_news.records import Article, Drop, RawArticle

from ._options import AS_JSON, FIELDS
from ._writing import write


@click.command()
@click.argument("file")
@FIELDS
@AS_JSON
@click.option("--svg", type=click.Path(dir_okay=False), help="Draw the coloured text into this file instead.")
def inspect(file: str, fields: tuple[str, ...], as_json: bool, svg: str | None) -> None:
    """Print one text with its segments, coloured by label.

    FILE is any file that ``build`` takes, and its first article is shown; - reads a text from standard input. Where
    --map names the text or page, it is the first that has it under that name.
    """
    from libya_news import _show  # noqa: PLC0415

    article = _made(file, fields)
    if as_json:
        click.echo(json.dumps(_inspected(article), ensure_ascii=False, indent=1))
    elif svg:
        picture = _show.svg(article.text, article.segments, f"{article.source}, segments coloured by label")
        write(Path(svg), picture)
    else:
        Console().print(_show.segment_table(article.text, article.segments))


def _made(file: str, fields: tuple[str, ...]) -> Article:
    """What a build makes of the first article, or of standard input."""
    from libya_news.errors import DataError  # noqa: PLC0415
    from libya_news.pipeline import process  # noqa: PLC0415

    if file == "-" and fields:
        raise click.UsageError("--map is for records; standard input is read as one text.")
    raw = RawArticle("standard input", sys.stdin.buffer.read()) if file == "-" else _first_article(file, fields)
    made = process(raw)
    if isinstance(made, Drop):
        raise DataError(f"{made.id} is no article: {made.reason}.", "A build drops it; name another file.")
    return made


def _first_article(file: str, fields: tuple[str, ...]) -> RawArticle:
    from libya_news.errors import DataError  # noqa: PLC0415
    from libya_news.sources import Source, Strict, parse_map, read  # noqa: PLC0415

    drops: list[Drop] = []
    source = Source(file, Strict(parse_map(",".join(fields))))
    article = next(read(source, on_drop=drops.append), None)
    if article is None:
        reasons = list(dict.fromkeys(drop.reason for drop in drops))[:3] or ["there is no file in it"]
        remedy = _TEXT if reasons[0].startswith(("no text:", "wrong schema:")) else _OTHER
        raise DataError(f"{file!r} holds no article: {'; '.join(reasons)}.", remedy)
    return article


_OTHER: Final = "Name a file in one of the formats that `libya-news sources` lists."
_TEXT: Final = "Name the field that holds the text: --map text=NAME."


def _inspected(article: Article) -> dict[str, Any]:
    text, when = article.text, article.published_at
    rows = [{"text": text[s.start : s.end], **s._asdict()} for s in article.segments]
    known = {name: getattr(article, name) for name in _SHOWN}
    return {**known, "published_at": when and when.isoformat(), "text": text, "segments": rows}


_SHOWN: Final = (
    "source", "encoding", "fixes", "url", "publisher", "title", "authors", "language", "licence", "rights_holder",
    "terms", "published_at",
)  # fmt: skip
"""Attributes of an article that are shown as they are, but for the last."""


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
