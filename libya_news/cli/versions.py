"""The commands about the versions of a store."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from ._options import AS_JSON, how
from ._stopping import ERRORS
from ._writing import write

if TYPE_CHECKING:
    from libya_news.release.diff import Diff


def _print_json(value: object) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=1))


@click.command("list")
@click.argument("store", default="releases")
@AS_JSON
def list_(store: str, as_json: bool) -> None:
    """List the versions in STORE, a folder or URL."""
    from libya_news.release.store import Store  # noqa: PLC0415

    place = Store(store)
    place.check()
    index = place.index()
    if as_json:
        _print_json({"latest": dict(index.latest), "releases": [asdict(entry) for entry in index.entries]})
        return
    table = Table(Column("release", no_wrap=True), "built", "status", "digest", box=None)
    for entry in index.entries:
        latest = " (latest)" if index.is_latest(entry) else ""
        built = entry.created_at.replace("T", " ")  # so that it breaks there, where the names leave little room
        table.add_row(entry.path + latest, built, entry.status, entry.digest[:12])
    Console().print(table if index.entries else Text(f"There is no release in {store}."))


@click.command()
@click.argument("release")
@AS_JSON
def show(release: str, as_json: bool) -> None:
    """Show what is in RELEASE: STORE/NAME-X.Y.Z, or STORE/NAME for the latest version."""
    from libya_news.release import manifest, versioning  # noqa: PLC0415
    from libya_news.release.store import opened  # noqa: PLC0415

    with opened(release) as found:
        if as_json:
            click.echo(manifest.data(found).decode("utf-8"), nl=False)
            return
        console = Console(soft_wrap=True)
        console.print(Text(f"{found.name} {found.version}, built {found.created_at}", style="bold"))
        console.print(f"{found.counts['articles']:,} articles, {found.counts['segments']:,} segments")
        for file in found.files:
            console.print(Text(f"  {file.path}: {file.rows:,} rows, {file.bytes:,} bytes"))
        console.print(Text(versioning.changelog(found)))


@click.command()
@click.argument("release")
@AS_JSON
@click.pass_context
def verify(context: click.Context, release: str, as_json: bool) -> None:
    """Check every hash, row and count of RELEASE. Exit code 1 where something is wrong."""
    from libya_news.records import sha256_hex  # noqa: PLC0415
    from libya_news.release import manifest  # noqa: PLC0415
    from libya_news.release.store import is_alone, opened  # noqa: PLC0415
    from libya_news.release.verify import verify as check  # noqa: PLC0415

    with opened(release) as found:
        faults, digest = check(found), sha256_hex(manifest.data(found))
    alone = is_alone(release)
    if as_json:
        _print_json({"release": release, "digest": digest, "in_index": not alone, "faults": faults})
    else:
        for fault in faults:
            click.echo(fault)
        click.echo(f"{release}: " + (f"{len(faults)} faults" if faults else "nothing is wrong"))
        if alone:
            click.echo(_ALONE.format(digest))
    context.exit(1 if faults else 0)


_ALONE: Final = """\
No index names it here, so only its own manifest was there to check it by. Whether it is what was published, its digest
tells: {}
"list --json" shows the digests of the store that it comes from."""


@click.command()
@click.argument("release")
@AS_JSON
def rollback(release: str, as_json: bool) -> None:
    """Make RELEASE the latest version of its store again. Nothing is deleted."""
    from libya_news.release.store import rolled_back  # noqa: PLC0415

    index, path = rolled_back(release)
    if as_json:
        _print_json({"latest": dict(index.latest)})
    else:
        click.echo(f"{path} is the latest version.")


@click.command()
@click.argument("old")
@click.argument("new")
@AS_JSON
@click.option("--html", type=click.Path(dir_okay=False), help="Write the changed articles side by side to this file.")
def diff(old: str, new: str, as_json: bool, html: str | None) -> None:
    """Compare the releases OLD and NEW by article and segment."""
    from libya_news.release import sidebyside, versioning  # noqa: PLC0415
    from libya_news.release.diff import diff as compare  # noqa: PLC0415
    from libya_news.release.store import opened  # noqa: PLC0415

    with opened(old) as before, opened(new) as after:
        found = compare(before, after)
        level = versioning.level(found)
        if as_json:
            _print_json({"level": level, **asdict(found)})
        else:
            _print_diff(found, level)
        if html:
            write(Path(html), sidebyside.page(before, after, found))


def _print_diff(found: Diff, level: str) -> None:
    console = Console()
    console.print(Text(f"{found.old} → {found.new}: a {level} change", style="bold"))
    counts = Table("articles", "", "segments of the same text", "", box=None)
    rows = [(f"{key}", f"{count:,}") for key, count in found.articles.items()]
    segments = [*((key, f"{count:,}") for key, count in found.segments.items()), *[("", "")] * len(rows)]
    for left, right in zip(rows, segments, strict=False):
        counts.add_row(*left, *right)
    console.print(counts)
    if found.labels:
        names = sorted({name for row in found.labels.values() for name in row})
        matrix = Table("label before → after", *names, box=None)
        for before, row in found.labels.items():
            matrix.add_row(before, *(f"{row.get(name, 0):,}" for name in names))
        console.print(matrix)
    for name, count in found.columns.items():
        console.print(Text(f"column {name}: differs in {count:,} articles"))
    for change in found.schema:
        before, after = change.before or "none", change.after or "none"
        console.print(Text(f"schema {change.config}.{change.column}: {before} → {after}"))


@click.command()
@click.argument("release")
@click.option("--from", "sources", multiple=True, default=(".",), help="Folder that holds the inputs; can be repeated.")
@click.option("--topic", default="", metavar="FILE", help="The topic file that it was built with, unless it is ours.")
@how
@AS_JSON
@click.pass_context
def rebuild(context: click.Context, /, release: str, as_json: bool, **settings: Any) -> None:
    """Build RELEASE again from its inputs and compare. Exit code 1 where a file differs."""
    from libya_news import _show  # noqa: PLC0415
    from libya_news.release.rebuild import rebuild as again  # noqa: PLC0415
    from libya_news.release.store import opened  # noqa: PLC0415

    with opened(release) as found, _show.progress(ERRORS) as update:
        result = again(found, **settings, on_progress=update)
    if as_json:
        _print_json({"release": release, "identical": result.identical, **asdict(result)})
    else:
        for name in result.differing:
            click.echo(f"{name} differs")
        for cause in result.causes:
            click.echo(f"because: {cause}")
        click.echo(f"{release}: " + ("the same to the byte" if result.identical else "not the same"))
    context.exit(0 if result.identical else 1)
