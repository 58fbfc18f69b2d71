"""The command that tells what can be read."""

from __future__ import annotations

import json

import click
from rich.console import Console
from rich.table import Table

from ._options import AS_JSON


@click.command()
@AS_JSON
def sources(as_json: bool) -> None:
    """List the formats, compressions, archives and places that build reads."""
    from libya_news.sources import ARCHIVE_SUFFIXES, COMPRESSED_SUFFIXES, FORMATS, SCHEMES  # noqa: PLC0415

    formats = [
        {"name": form.name, "suffixes": [*filter(None, form.suffixes)], "article": form.holds} for form in FORMATS
    ]
    rest = {"compressions": list(COMPRESSED_SUFFIXES), "archives": list(ARCHIVE_SUFFIXES), "urls": list(SCHEMES)}
    if as_json:
        click.echo(json.dumps({"formats": formats, **rest}, ensure_ascii=False, indent=1))
        return
    table = Table("format", "files", "one article is", box=None)
    for form in FORMATS:
        table.add_row(form.name, " ".join(filter(None, form.suffixes)), form.holds)
    console = Console(soft_wrap=True)
    console.print(table)
    for name, values in rest.items():
        console.print(f"{name}: {' '.join(values)}", highlight=False)
