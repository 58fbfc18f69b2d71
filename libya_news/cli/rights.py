"""The commands about whose the texts are: put them back, take one out."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Final

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

    STANDOFF is STORE/NAME-X.Y.Z, or STORE/NAME for the latest version; the store may be a URL.
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


@click.command()
@click.argument("article", metavar="ARTICLE_ID|URL")
@click.option("--store", default="releases", help="Folder or URL that holds the releases.")
@click.option("--reason", required=True, help="Why; it is kept in the receipt.")
@click.option("--dry-run", is_flag=True, help="Show what would be done, and change nothing.")
@AS_JSON
def erase(article: str, store: str, reason: str, dry_run: bool, as_json: bool) -> None:
    """Erase an article from every release in a store, for good.

    Each affected release is rewritten as NAME-X.Y.Z-erased-N, or withdrawn where nothing is left of it; later builds
    into the store leave the article out. What is similar to it is listed for you to decide.
    """
    from libya_news.release.erase import erase as take_out  # noqa: PLC0415

    receipt = take_out(article, store=store, reason=reason, dry_run=dry_run)
    if as_json:
        click.echo(json.dumps(asdict(receipt), ensure_ascii=False, indent=1))
        return
    console = Console(soft_wrap=True)
    ids = ", ".join(row.article_id for row in receipt.articles)
    console.print(Text(f"{'Would erase' if dry_run else 'Erased'}: {ids}", style="bold"))
    for row in receipt.releases:
        console.print(Text(f"  {row.before} → {row.after or 'withdrawn'}"))
    for near in receipt.near_duplicates:
        console.print(
            Text(f"  similar, left for you to decide: {near.article_id} in {near.release}, {near.similarity:.0%}")
        )
    console.print(_BEYOND, highlight=False)


_BEYOND: Final = """\
Beyond this store, and not touched:
  a --cache of builds, which holds texts: delete its folder
  other stores that releases were published to: erase there too, with --store
  the Hugging Face Hub: delete the dataset there and publish what is left; docs/rights.md tells the steps"""


def _verdict(identical: bool, lacking: int, articles: int) -> str:
    if lacking:
        return f"{articles:,} articles found, {lacking:,} not"
    same = "the same bytes as the full release" if identical else "other bytes (another pyarrow, or an erasure since)"
    return f"{articles:,} articles, all found: {same}"
