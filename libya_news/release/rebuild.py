"""Building a release again from what its manifest records, and telling what came out otherwise, and why."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from libya_news.corpus.topics import Topic
from libya_news.errors import DataError, UsageError
from libya_news.pipeline import OnProgress
from libya_news.records import Drop, InputFile, Release
from libya_news.sources import Reading, Readings, SourceFile, StrPath, is_url

from .build import carried_out, chosen_topic, planned, provenance
from .losses import input_named
from .work import How


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What came of building a release again.

    Attributes:
        differing: files that are not the same to the byte, or are there once only.
        causes: what is not as it was: an input, a library, the code, what was erased from the store.
    """

    differing: tuple[str, ...]
    causes: tuple[str, ...]

    @property
    def identical(self) -> bool:
        """Whether every file came out the same to the byte."""
        return not self.differing


def rebuild(  # noqa: PLR0913 - each is an option of the command
    release: Release,
    *,
    sources: Sequence[StrPath] = (".",),
    topic: str = "",
    engine: str = "local",
    workers: int = 1,
    address: str = "",
    cache: StrPath | None = None,
    on_progress: OnProgress | None = None,
) -> Rebuilt:
    """Build a release again, in a folder of its own, and compare it to what there is.

    The inputs are found by the names in the manifest, below the given folders. The time of the build, and what changed
    since the version before, are taken from the manifest.

    Args:
        release: the release to build again; it is not touched.
        sources: folders, or URLs of folders, that hold the inputs: those that held the files and folders given to the
            first build.
        topic: the topic file that it was built with, where it was built with one that is not ours.
        engine, workers, address, cache: who does the work, as ``build`` takes them.
        on_progress: called as ``build`` calls it.

    Raises:
        UsageError: the topic file is another one, or missing.
        DataError: an input is missing.
    """
    about = _topic(release, topic)
    files = list(_found(release, sources))
    with tempfile.TemporaryDirectory(prefix="libya_news.") as folder:
        settings = {**release.settings, "provenance": provenance(files)}
        plan = planned(Path(folder), release.name, release.version, tuple(row for _, row in files), settings)
        plan = replace(plan, created_at=release.created_at, changes=release.changes)
        how, dropped = How(engine, workers, address, cache), list(_never_opened(release))
        new = carried_out(plan, files, about, how, dropped, store=release.path.parent, on_progress=on_progress)
        differing = tuple(_differing(release.path, new.path))
        return Rebuilt(differing, tuple(_causes(release, new)) if differing else ())


def _topic(release: Release, given: str) -> Topic | None:
    """The topic that the release was built with."""
    identity = release.settings.get("topic", "none")
    found = None if "@" in identity and not given else chosen_topic(given or identity)
    if (found.identity if found else "none") != identity:
        raise UsageError(f"{release.leaf} was built with the topic {identity}.", "Name its file: --topic FILE.toml.")
    return found


def _found(release: Release, sources: Sequence[StrPath]) -> Iterator[tuple[SourceFile, InputFile]]:
    """Each input as it is now: the copy that is the same, where there are several of its name."""
    readings = Readings.from_json(release.settings.get("reading", ""))
    missing = []
    for row in release.inputs:
        copies = list(_copies(row.path, readings.of_file(row.path), sources))
        if copies:
            yield next((copy for copy in copies if copy[1] == row), copies[0])
        else:
            missing.append(row.path)
    if missing:
        top = missing[0].partition("/")[0]
        remedy = f"Give the folder that holds {top!r}: --from FOLDER. The names of inputs begin there."
        raise DataError(f"{len(missing)} inputs are missing, the first is {missing[0]}.", remedy)


def _copies(name: str, reading: Reading, sources: Iterable[StrPath]) -> Iterator[tuple[SourceFile, InputFile]]:
    """Each file of a name below the sources, with what is in it."""
    for source in sources:
        path = f"{str(source).removesuffix('/')}/{name}" if is_url(source) else Path(source, name)
        with contextlib.suppress(FileNotFoundError, IsADirectoryError):
            digest, size = SourceFile(path, name).digest()
            yield SourceFile(path, name, reading, digest), InputFile(name, size, digest)


def _never_opened(release: Release) -> Iterator[Drop]:
    """Drops of what could not even be listed as an input, such as a link that leads in circles."""
    file_of = input_named(row.path for row in release.inputs)
    return (drop for drop in release.drops if drop.stage == "read" and not file_of(drop.id))


def _differing(old: Path, new: Path) -> Iterator[str]:
    files = [{path.relative_to(side): path for path in side.rglob("*") if path.is_file()} for side in (old, new)]
    for name in sorted({**files[0], **files[1]}):
        a, b = (side.get(name) for side in files)
        if a is None or b is None or a.read_bytes() != b.read_bytes():
            yield name.as_posix()


def _causes(old: Release, new: Release) -> Iterator[str]:
    was = {row.path: row.sha256 for row in old.inputs}
    yield from (f"input {row.path} changed" for row in new.inputs if was[row.path] != row.sha256)
    if old.settings.get("provenance") != new.settings.get("provenance"):
        yield "provenance files beside the inputs changed"
    for name in sorted({**old.environment, **new.environment}):
        a, b = (side.environment.get(name, "none") for side in (old, new))
        if a != b:
            yield f"library version: {name} was {a}, is {b}"
    if old.schema_version != new.schema_version:
        yield f"schema version: was {old.schema_version}, is {new.schema_version}"
    if old.code != new.code:
        yield f"code: libya_news was {old.code['libya_news']}, is {new.code['libya_news']}, and its files differ"
    left_out = [side.counts["drops"].get("erased", 0) for side in (old, new)]
    if left_out[0] != left_out[1]:
        yield f"erasures from the store: {left_out[0]:,} articles were left out for them, now {left_out[1]:,}"
    if old.erased:
        yield "an article was erased from it"
