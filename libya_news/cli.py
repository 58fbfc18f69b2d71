"""The command ``libya-news``: parse, call, print."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any, Final, NoReturn

import click
from rich.console import Console
from rich.text import Text

from ._version import __version__
from .errors import LibyaNewsError
from .records import Normalized, RawArticle, Release, Segment

_AS_JSON: Final = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
_EXIT_CODES: Final = (
    "Exit codes: 0 done, 1 the data is at fault, 2 the call is, 3 the machine is, 130 stopped by Ctrl-C."
)


@click.group(epilog=_EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.version_option(__version__, prog_name="libya-news", message="%(prog)s %(version)s")
def cli() -> None:
    """Turn scraped news into a dataset worth citing."""


@cli.command()
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@click.option("--out", default="releases", help="Folder that holds the releases.")
@click.option("--version", default="1.0.0", help="Three plain numbers.")
@click.option("--name", default="libya-news", help="Lower-case words joined by hyphens.")
@click.option("--keep-unchanged", is_flag=True, help="Succeed where the version is there and would come out the same.")
@_AS_JSON
def build(sources: tuple[str, ...], out: str, version: str, name: str, keep_unchanged: bool, as_json: bool) -> None:
    """Build a release from files and folders and publish it as OUT/NAME-VERSION.

    Sources hold text in any encoding, JSON lines, or TREC SGML; each plain or gzip.
    """
    from . import _show  # noqa: PLC0415 - each command imports what it needs, so that --help is quick
    from .release import manifest  # noqa: PLC0415
    from .release.build import build as build_release  # noqa: PLC0415

    there = Path(out, f"{name}-{version}").exists()
    with _show.progress(Console(stderr=True)) as update:
        release = build_release(
            sources, out=out, version=version, name=name, keep_unchanged=keep_unchanged, on_progress=update
        )
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


@cli.command()
@click.argument("file")
@_AS_JSON
@click.option("--svg", type=click.Path(dir_okay=False), help="Draw the coloured text into this file instead.")
def inspect(file: str, as_json: bool, svg: str | None) -> None:
    """Print one text with its segments, coloured by label.

    FILE is any file that ``build`` takes, and its first article is shown; - reads standard input.
    """
    from . import _show  # noqa: PLC0415
    from .normalize import normalize  # noqa: PLC0415
    from .segment import segment  # noqa: PLC0415

    raw = RawArticle("standard input", sys.stdin.buffer.read()) if file == "-" else _first_article(file)
    normalized = normalize(raw.data)
    segments = segment(normalized.text)
    if as_json:
        click.echo(json.dumps(_inspected(raw, normalized, segments), ensure_ascii=False, indent=1))
    elif svg:
        picture = _show.svg(normalized.text, segments, f"{raw.source}, segments coloured by label")
        Path(svg).write_text(picture, encoding="utf-8")
    else:
        Console().print(_show.segment_table(normalized.text, segments))


def _first_article(file: str) -> RawArticle:
    from .errors import DataError  # noqa: PLC0415
    from .records import Drop  # noqa: PLC0415
    from .sources import read  # noqa: PLC0415

    drops: list[Drop] = []
    article = next(read(file, on_drop=drops.append), None)
    if article is None:
        why = "; ".join(drop.reason for drop in drops[:3]) or "there is no file in it"
        raise DataError(f"{file!r} holds no article: {why}.", "Name a file with text, JSON lines or TREC SGML.")
    return article


def _inspected(raw: RawArticle, normalized: Normalized, segments: list[Segment]) -> dict[str, Any]:
    text = normalized.text
    rows = [{"text": text[s.start : s.end], **s._asdict()} for s in segments]
    known = {"source": raw.source, "encoding": normalized.encoding, "fixes": list(normalized.fixes)}
    return {**known, "text": text, "segments": rows}


@cli.command()
@_AS_JSON
def schema(as_json: bool) -> None:
    """Print the documented schema of a release."""
    from rich.table import Table  # noqa: PLC0415

    from .release import schema as schema_  # noqa: PLC0415

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


def main() -> NoReturn:
    """Run the command. What goes wrong is one line on standard error, with the exit code that it stands for."""
    try:
        code = cli.main(standalone_mode=False)
    except LibyaNewsError as error:
        _fail(str(error), error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        _fail("Stopped; nothing half-written is left.", 130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    sys.exit(code or 0)


def _fail(message: str, code: int) -> NoReturn:
    from ._show import printable  # noqa: PLC0415

    Console(stderr=True, soft_wrap=True).print(Text("error: ", style="bold red") + Text(printable(message)))
    sys.exit(code)
