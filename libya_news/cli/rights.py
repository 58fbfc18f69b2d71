"""The commands about whose the texts are: put them back, take one out."""

from __future__ import annotations

import json
from dataclasses import asdict

import click
from rich.console import Console
from rich.text import Text

from ._options import AS_JSON


@click.command()
@click.argument("standoff")
@click.option("--texts", multiple=True, required=True, help="File or folder with copies of the texts; can be repeated.")
@click.option("--out", required=True, help="Folder that takes the result.")
@AS_JSON
@click.pass_context
def rehydrate(context: click.Context, standoff: str, texts: tuple[str, ...], out: str, as_json: bool) -> None:
    """Put the texts back into the stand-off release STANDOFF, from copies of your own.

    Where all are found, OUT/NAME-VERSION is the full release, byte for byte. Else OUT/NAME-VERSION-partial holds those
    that were found, the others are listed, and the exit code is 1.
    """
    from libya_news.release.standoff import rehydrate as put_back  # noqa: PLC0415

    result = put_back(standoff, texts, out=out)
    lacking = [asdict(drop) for drop in result.lacking]
    if as_json:
        said = {"path": str(result.release.path), "identical": result.identical, "lacking": lacking}
        click.echo(json.dumps(said, ensure_ascii=False, indent=1))
    else:
        console = Console(soft_wrap=True)
        console.print(Text(f"Rehydrated: {result.release.path}", style="bold"))
        for drop in result.lacking:
            console.print(Text(f"  {drop.id} {drop.reason}"))
        console.print(_verdict(result.identical, len(lacking), result.release.counts["articles"]))
    context.exit(1 if lacking else 0)


def _verdict(identical: bool, lacking: int, articles: int) -> str:
    if lacking:
        return f"{articles:,} articles found, {lacking:,} not"
    same = "the same bytes as the full release" if identical else "the same rows; another pyarrow wrote other bytes"
    return f"{articles:,} articles, all found: {same}"
