"""Building a release: all of it, or nothing that anybody can see."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Final

from libya_news.corpus.filters import Filters
from libya_news.corpus.topics import Topic, load_topic
from libya_news.errors import LibyaNewsError, ReleaseExistsError
from libya_news.pipeline import STEPS, OnProgress, Progress
from libya_news.records import Drop, InputFile, Release, sha256_hex
from libya_news.sources import Readings, Source, SourceFile, StrPath, list_files
from libya_news.sources.provenance import FILE_NAME, content

from . import clusters, drops, ledger, losses, manifest, splits, staging, standoff
from . import templates as site_templates
from .about import About
from .filling import distinct, fill
from .mapping import warn_of_texts, watched
from .rows import tables
from .schema import SCHEMA_VERSION
from .shelf import Selection, Shelf
from .work import How, Stages, process_files, worker
from .writing import complete, publish

Listed = list[tuple[SourceFile, InputFile]]
"""Files with their hashes."""

DEFAULT_NAME: Final = "libya-news"


def build(  # noqa: PLR0913 - each is an option of the command
    sources: StrPath | Source | Iterable[StrPath | Source],
    *,
    out: StrPath = "releases",
    version: str = "1.0.0",
    name: str = DEFAULT_NAME,
    keep_unchanged: bool = False,
    text: str = "all",
    split: str = "",
    topic: str = "none",
    dedup: str = "mark",
    templates: str = "keep",
    format: str = "parquet",  # noqa: A002 - as the option of the command is called
    engine: str = "local",
    workers: int = 1,
    address: str = "",
    cache: StrPath | None = None,
    filters: Filters | None = None,
    about: About | None = None,
    on_progress: OnProgress | None = None,
) -> Release:
    """Build a release from files and folders and publish it as ``OUT/NAME-VERSION``.

    Logged as warnings are: a field that a mapping names and no article gets anything from; a source that holds no file;
    a section of a provenance file that fits none; files that were lost, none of whose records became an article; splits
    that are empty; and, where they are divided by time, articles without a date.

    Args:
        sources: files, folders, patterns and URLs, as ``read`` takes them; or one of these.
        out: folder that holds the releases; made where it is missing. Where it lies in a source, it is not read.
        version: three plain numbers, ``MAJOR.MINOR.PATCH``.
        name: lower-case words joined by hyphens.
        keep_unchanged: where the version is there and a build would give the same, return it instead of an error.
        text: ``all``, or ``none`` for a stand-off release: the same rows without the texts (see ``standoff``).
        split: how to divide into train, validation and test (see ``splits.split``); empty for ``train`` alone.
        topic: what the articles must be about: ``libya``, or the path of a topic file (see ``load_topic``); the others
            are dropped, with their scores. ``none`` for anything.
        dedup: what becomes of near-duplicates: ``mark`` names in ``cluster`` the article that stands for them, ``drop``
            leaves that one alone, ``keep`` does not look for them.
        templates: what becomes of lines that many articles of one site have: ``mark`` counts them, raises their odds of
            boilerplate, and publishes hashes and counts in ``sites.csv``; ``keep`` does not look for them.
        format: of the data files: ``parquet``, or ``arrow`` (Arrow IPC, uncompressed, read without a copy).
        engine: what does the work: ``local``, the processes of this machine, or ``ray``, a Ray cluster. The release is
            the same for any.
        workers: processes of the local engine. Beyond 1, a script that calls this needs
            ``if __name__ == "__main__":``.
        address: of the Ray cluster; empty for one that this machine runs for the time of the build.
        cache: folder that remembers what was done with each article, so that the next build does only what is new. It
            can be deleted at any time.
        filters: which articles are left out, each with a drop.
        about: what the dataset is, in words for its card and for citing it; general words where that is not said.
        on_progress: called with a ``Progress`` as files are read, and as the steps after that begin.

    Returns:
        The record of the release.

    Raises:
        SourceNotFoundError: a source does not exist.
        VersionError: the version is not three plain numbers.
        UsageError: ``out`` is a URL or a file, or the name, ``text``, ``split``, ``topic``, ``dedup`` or ``templates``
            is none of those described.
        DataError: the topic file is not as it must be.
        ReleaseExistsError: the version is there already; it is never touched.
        EmptyReleaseError: no article was left to publish.
        EnvironmentFaultError: the folder cannot be written, or the disk is full.

    Examples:
        >>> import tempfile, pathlib
        >>> here = pathlib.Path(tempfile.mkdtemp())
        >>> _ = (here / "talks.txt").write_text("Talks in Moscow end without a deal.")
        >>> build([here / "talks.txt"], out=here / "releases").counts["articles"]
        1
    """
    subject = chosen_topic(topic)
    store = staging.destination(out)
    asked = {
        "text": text,
        "split": split,
        "format": format,
        "dedup": dedup,
        "templates": templates,
        "topic": subject.identity if subject else "none",
    }
    several = [sources] if isinstance(sources, (str, PathLike, Source)) else sources
    given = [source if isinstance(source, Source) else Source(source) for source in several]
    losses.warn_of_nothing(given)
    files, dropped = _listed(given, Path(out))
    losses.warn_of_sections(_provenance_files(files).values())
    settings = {**_settings(files, asked), **_choices(given, files, filters or Filters(), about or About())}
    plan = planned(store, name, version, tuple(row for _, row in files), settings)
    if plan.path.exists():
        release = _existing(plan, keep_unchanged)
    else:
        how = How(engine, workers, address, cache)
        try:
            release = carried_out(plan, files, subject, how, dropped, on_progress=on_progress)
        except ReleaseExistsError:  # somebody else was quicker
            if not keep_unchanged:
                raise
            release = _existing(plan, keep_unchanged)
    warn_of_texts(file for file, _ in files)
    losses.warn(release)
    splits.warn(release)
    return release


def carried_out(
    plan: Release,
    files: Listed,
    topic: Topic | None,
    how: How,
    dropped: Iterable[Drop],
    *,
    store: Path | None = None,
    on_progress: OnProgress | None = None,
) -> Release:
    """Take files through all stages, and publish what comes of them.

    Args:
        plan: the release that is asked for. If it does not say when it was made, that is now.
        files: the files, as they were listed.
        topic: what articles must be about; None for anything.
        how: who does the work.
        dropped: what could not be listed.
        store: folder whose ledger of erased articles counts; that of the release, if it is not given.
        on_progress: as ``build`` takes it.

    Raises:
        UsageError, EmptyReleaseError, ReleaseExistsError, EnvironmentFaultError: see ``build``.
    """
    with shelf(plan.path) as articles:
        with worker(stages(topic, plan.settings), how, plan.settings["provenance"]) as work:
            made = process_files(sized(files), work, _total(plan), on_progress)
            found, told = fill(articles, watched(made, Readings.from_json(plan.settings.get("reading", ""))), dropped)
        plan = replace(plan, created_at=plan.created_at or manifest.created_at())
        tell = partial(_tell, on_progress, _read(plan, len(found), len(told)))
        return publish_articles(plan, found, told, store or plan.path.parent, tell)


def _read(plan: Release, articles: int, drops: int) -> Progress:
    files, size = _total(plan)
    return Progress(files, files, size, size, articles, drops)


def _tell(on_progress: OnProgress | None, now: Progress, step: str) -> None:
    if on_progress:
        on_progress(replace(now, step=step))


@contextlib.contextmanager
def shelf(target: Path) -> Iterator[Shelf]:
    """An empty shelf for the articles of the release that ``target`` will be, beside it and unseen.

    Raises:
        EnvironmentFaultError: the folder cannot be written.
    """
    with staging.scratch(target) as folder, contextlib.closing(Shelf(folder)) as made:
        yield made


def sized(files: Listed) -> Iterator[tuple[SourceFile, int]]:
    """Files with their sizes in bytes."""
    return ((file, row.bytes) for file, row in files)


def publish_articles(
    plan: Release,
    articles: Selection,
    dropped: Collection[Drop],
    store: Path,
    on_step: Callable[[str], None] = lambda _: None,
) -> Release:
    """Publish articles as the release that was asked for, but those that were erased from a store.

    Where an erasure begins there meanwhile, the articles are sifted and written again.

    Args:
        plan: the release, and where it will lie.
        articles: in the order of their ids.
        dropped: what else went in, in the order of ids and reasons.
        store: folder whose ledger counts.
        on_step: called with the name of each step of ``STEPS`` as it begins.

    Raises:
        EmptyReleaseError: no article is left.
        ReleaseExistsError: somebody else published it meanwhile.
        EnvironmentFaultError: the folder cannot be written, or the disk is full.
    """
    while True:
        kept = ledger.load(store)
        try:
            return _sifted(plan, articles, dropped, (store, kept), on_step)
        except LibyaNewsError:
            if ledger.load(store).names == kept.names:
                raise


def _sifted(
    plan: Release,
    articles: Selection,
    dropped: Collection[Drop],
    place: tuple[Path, ledger.Ledger],
    on_step: Callable[[str], None],
) -> Release:
    check = partial(ledger.check_same, *place)
    articles, erased = place[1].sift(articles)
    articles, twins = distinct(articles)
    on_step(STEPS[1])
    with staging.faults(plan.path):
        articles, near, found = clusters.deduplicated(articles, plan.settings.get("dedup", "keep"))
        others = drops.on_disk(articles.shelf.folder, (erased, *twins, near))
    dropped = drops.merged(drops.silenced(dropped, place[1].article_ids), others)
    if not len(articles):
        raise losses.empty(len(plan.inputs), dropped)
    on_step(STEPS[2])
    folder = articles.shelf.folder
    with staging.faults(plan.path):
        articles, table = site_templates.marked(articles, plan.settings.get("templates", "keep"))
        parts, leakage = splits.split(articles, plan.settings["split"], found)
    release = replace(plan, drops=dropped, leakage=leakage, documents=table)
    if not plan.holds_text:
        return standoff.publish(release, parts, folder, check)
    rows = {name: tables(part, version=release.schema_version) for name, part in parts.items()}
    return publish(release, rows, folder, check)


def _total(plan: Release) -> tuple[int, int]:
    return len(plan.inputs), sum(row.bytes for row in plan.inputs)


def planned(out: Path, name: str, version: str, inputs: tuple[InputFile, ...], settings: dict[str, str]) -> Release:
    """The release that is asked for: all that is known before an article was read."""
    plan = Release(
        path=_target(out, name, version),
        name=name,
        version=version,
        schema_version=SCHEMA_VERSION,
        created_at="",
        inputs=inputs,
        files=(),
        drops=(),
        counts={},
        code=manifest.code(),
        environment=manifest.environment(),
        fingerprint="",
        settings=settings,
    )
    return replace(plan, fingerprint=manifest.fingerprint(plan))


def _settings(files: Listed, asked: dict[str, str]) -> dict[str, str]:
    manifest.check_choices(asked)
    return {**asked, "provenance": provenance(files)}


def chosen_topic(topic: str) -> Topic | None:
    """The topic of that name or file; None for ``none``.

    Raises:
        UsageError: there is no topic of that name.
        DataError: the file is not as it must be.
    """
    return None if topic == "none" else load_topic(topic)


def _choices(sources: Sequence[Source], files: Listed, filters: Filters, about: About) -> dict[str, str]:
    """How the sources are read, which articles are left out and what the dataset is, where anything is said of it."""
    readings = Readings.of(sources)
    readings.check(file for file, _ in files)
    chosen = {"reading": readings.to_json(), "filters": filters.to_json(), "about": about.to_json()}
    return {key: value for key, value in chosen.items() if value}


def stages(topic: Topic | None, settings: Mapping[str, str]) -> Stages:
    """What is done with each article, for a topic and the filters among the settings."""
    return Stages(topic, Filters.from_json(settings.get("filters", "")))


def provenance(files: Listed) -> str:
    """One SHA-256 over the provenance files beside some files, since they decide too what is built; empty for none."""
    contents = ((name, content(path)) for name, path in sorted(_provenance_files(files).items()))
    found = {name: sha256_hex(data) for name, data in contents if data is not None}
    return sha256_hex(json.dumps(found)) if found else ""


def _provenance_files(files: Listed) -> dict[str, Path]:
    """Where the provenance file beside each of some files lies, whether it is there or not, by the names of folders."""
    beside: dict[str, Path] = {}
    for file, row in files:
        folder = row.path.rpartition("/")[0] or "."
        if folder not in beside and isinstance(file.path, Path):
            beside[folder] = file.path.with_name(FILE_NAME)
    return beside


def _target(out: Path, name: str, version: str) -> Path:
    manifest.checked_version(version)
    return out / f"{manifest.checked_name(name)}-{version}"


def _existing(plan: Release, keep_unchanged: bool) -> Release:
    if keep_unchanged and (plan.path / manifest.FILE_NAME).exists():
        release = manifest.load(plan.path)
        if release.fingerprint == plan.fingerprint:
            complete(release)
            return release
        why = "is already there, built from other inputs or by another version of the code"
    else:
        why = "is already there, and a release is never touched again"
    raise ReleaseExistsError(f"{plan.path} {why}.", "Choose a new --version, or another --out.")


def _listed(sources: Iterable[Source], out: Path) -> tuple[Listed, list[Drop]]:
    """Every file with its hash, and a drop for what cannot even be listed or read; the order given does not matter."""
    files, dropped = [], []
    for entry in list_files(sources, besides=out):
        if isinstance(entry, Drop):
            dropped.append(entry)
            continue
        try:
            digest, size = entry.digest()
            files.append((replace(entry, sha256=digest), InputFile(entry.name, size, digest)))
        except OSError as error:
            dropped.append(Drop(entry.name, "read", f"unreadable: {error.strerror or error}"))
    return sorted(files, key=lambda pair: (pair[1].path, pair[1].sha256)), dropped
