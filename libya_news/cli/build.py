"""The command that makes a release."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from click.core import ParameterSource
from rich.console import Console
from rich.text import Text

from libya_news.records import Release

from ._options import AS_JSON, FIELDS, how
from ._stopping import ERRORS

if TYPE_CHECKING:
    from libya_news.sources import Source

CONFIG: Final = "libya-news.toml"
"""What a config file is called, as a rule."""

MAX_DOCUMENT_BYTES: Final = 64 * 1024 * 1024
"""As ``libya_news.sources`` has it, which is too slow to import for --help; a test holds them together."""


@click.command()
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@click.option("--config", type=click.Path(dir_okay=False), help="A libya-news.toml instead of sources.")
@FIELDS
@click.option(
    "--max-document-bytes", type=click.IntRange(1), default=MAX_DOCUMENT_BYTES, help="Larger articles are dropped."
)
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
@click.option(
    "--templates",
    type=click.Choice(["keep", "mark"]),
    default="keep",
    help="mark counts the lines of each site: what many of its articles have is boilerplate.",
)
@click.option("--text", type=click.Choice(["all", "none"]), default="all", help="none makes a stand-off release.")
@click.option("--format", type=click.Choice(["parquet", "arrow"]), default="parquet", help="Format of the data files.")
@how
@AS_JSON
@click.pass_context
def build(context: click.Context, /, sources: tuple[str, ...], as_json: bool, **settings: Any) -> None:
    """Build a release from files and folders and publish it as OUT/NAME-VERSION.

    A SOURCE is a file, a folder, a pattern or a URL, in any format that "libya-news sources" lists. With --config, the
    file says what is read and how, and options given beside it count more than what it says. Filters by language, date
    and length are given there alone, under [filters].
    """
    from libya_news import _show  # noqa: PLC0415 - each command imports what it needs, so that --help is quick
    from libya_news.release import manifest  # noqa: PLC0415
    from libya_news.release.build import build as build_release  # noqa: PLC0415

    given, settings = _asked(context, sources, settings)
    there = Path(settings["out"], f"{settings['name']}-{settings['version']}").exists()
    with _show.progress(ERRORS) as update:
        release = build_release(given, on_progress=update, **settings)
    if as_json:
        click.echo(manifest.to_json(release), nl=False)
    else:
        _summarise(release, "Unchanged" if there else "Built")


def _asked(
    context: click.Context, paths: tuple[str, ...], options: dict[str, Any]
) -> tuple[tuple[Source, ...], dict[str, Any]]:
    """The sources and settings of the command line, or those of a config file with the options given beside it."""
    from libya_news.sources import Reading, Source, parse_map  # noqa: PLC0415

    config, fields, limit = (options.pop(key) for key in ("config", "fields", "max_document_bytes"))
    if bool(paths) == bool(config):
        there = not paths and Path(CONFIG).is_file()
        remedy = f"--config {CONFIG}" if there else "--config with a file that names them"
        raise click.UsageError(f"Give sources, or {remedy}.", context)
    if not config:
        reading = Reading(parse_map(",".join(fields)), max_document_bytes=limit)
        return tuple(Source(path, reading) for path in paths), options
    from libya_news.config import load_config  # noqa: PLC0415

    given = {key for key in context.params if context.get_parameter_source(key) is ParameterSource.COMMANDLINE}
    if alone := given & {"fields", "max_document_bytes"}:
        names = {"fields": "--map", "max_document_bytes": "--max-document-bytes"}
        raise click.UsageError(f"{names[alone.pop()]} stands in the config file, where there is one.", context)
    corpus = load_config(config)
    unsaid = {key: value for key, value in options.items() if key in given or key not in corpus.settings}
    return corpus.sources, {**corpus.settings, **unsaid}


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
