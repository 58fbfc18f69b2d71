"""The command that makes a release."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from libya_news.records import Release

from ._options import AS_JSON


@click.command()
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@click.option("--out", default="releases", help="Folder that holds the releases.")
@click.option("--version", default="1.0.0", help="Three plain numbers.")
@click.option("--name", default="libya-news", help="Lower-case words joined by hyphens.")
@click.option("--keep-unchanged", is_flag=True, help="Succeed where the version is there and would come out the same.")
@click.option(
    "--split", default="", metavar="RULE", help="cluster, publisher, site or time:YYYY-MM-DD; else all is train."
)
@click.option("--topic", default="none", help="Keep what is about it: libya, or a FILE.toml; none keeps everything.")
@click.option(
    "--dedup", type=click.Choice(["mark", "keep", "drop"]), default="mark", help="What becomes of near-duplicates."
)
@click.option("--text", type=click.Choice(["all", "none"]), default="all", help="none makes a stand-off release.")
@click.option("--format", type=click.Choice(["parquet", "arrow"]), default="parquet", help="Format of the data files.")
@click.option("--workers", type=click.IntRange(1), default=1, help="Processes that share the work.")
@click.option("--cache", metavar="DIR", help="Folder that remembers what was done; what is new is done alone.")
@AS_JSON
def build(sources: tuple[str, ...], as_json: bool, **settings: Any) -> None:
    """Build a release from files and folders and publish it as OUT/NAME-VERSION.

    Sources hold text in any encoding, JSON lines, or TREC SGML; each plain or gzip.
    """
    from libya_news import _show  # noqa: PLC0415 - each command imports what it needs, so that --help is quick
    from libya_news.release import manifest  # noqa: PLC0415
    from libya_news.release.build import build as build_release  # noqa: PLC0415

    there = Path(settings["out"], f"{settings['name']}-{settings['version']}").exists()
    with _show.progress(Console(stderr=True)) as update:
        release = build_release(sources, on_progress=update, **settings)
    if as_json:
        click.echo(manifest.to_json(release), nl=False)
    else:
        _summarise(release, "Unchanged" if there else "Built")


def _summarise(release: Release, what: str) -> None:
    counts = release.counts
    console = Console(soft_wrap=True)
    console.print(Text(f"{what}: {release.path}", style="bold"))
    console.print(f"{counts['articles']:,} articles, {counts['segments']:,} segments, {len(release.drops):,} dropped")
    for title, key in (
        ("articles by language", "languages"),
        ("segments by label", "labels"),
        ("drops by reason", "drops"),
    ):
        if counts[key]:
            console.print(Text(f"  {title}: " + ", ".join(f"{name} {count:,}" for name, count in counts[key].items())))
    console.print("Load it in Python with:")
    console.print(Text(f"  from datasets import load_dataset; articles = load_dataset({str(release.path)!r})"))
