"""From files to results: read, process and describe, in this process or in several, and only once with a cache."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Final, NamedTuple, Protocol

import pyarrow as pa

from libya_news.corpus.filters import Filters
from libya_news.corpus.topics import Topic
from libya_news.engines import check, local, ray
from libya_news.pipeline import OnProgress, Progress, on_topic, process_all
from libya_news.records import Article, Drop, RawArticle
from libya_news.sources import Meter, SourceFile, StrPath, read_file

from .cache import Cache, Known
from .on_cluster import OnCluster
from .rows import results

BATCH: Final = 256
BATCH_BYTES: Final = 1 << 20
"""Articles that are processed at once, by one worker: until either is reached. Some 0.2 s of work, so that handing them
over takes little of it, and the segmenter has enough lines to look at together."""

AHEAD: Final = 2
"""Batches for each worker that are in the making while one is taken: as one is read and another is put on the shelf,
workers go on."""

Item = RawArticle | Drop | Known
"""What is in a file: an article as found, what is none, or what is known of it already."""

Pending = Callable[[], pa.RecordBatch]
"""Gives a batch of ``RESULTS`` that is in the making, or is made when it is asked for."""

Process = Callable[[Sequence[RawArticle]], Pending]
"""Makes of articles one batch of ``RESULTS``, a row for each in their order."""


@dataclass(frozen=True, slots=True)
class Stages:
    """All that is done with an article by itself.

    Attributes:
        topic: what it must be about; None for anything.
        filters: what else it must be.
    """

    topic: Topic | None
    filters: Filters

    def __call__(self, raws: Sequence[RawArticle]) -> pa.RecordBatch:
        """What is made of some articles: one batch of ``RESULTS``."""
        found = (on_topic(result, self.topic) for result in process_all(raws))
        return results(list(map(_placed, self.filters.applied(found), raws)))


def _placed(result: Article | Drop, raw: RawArticle) -> Article | Drop:
    """What was left out for what it is says where it stood, since its id is found nowhere else."""
    if isinstance(result, Article) or result.id == raw.where:
        return result
    return replace(result, reason=f"{result.reason} ({raw.where})")


class Work(Protocol):
    """How files become results."""

    def made(self, files: Iterable[tuple[SourceFile, int]]) -> Iterator[tuple[pa.RecordBatch, int, int]]:
        """What becomes of files, each with its size in bytes: batches of ``RESULTS``, each with the number of files
        that were read before, and of bytes that were read.
        """


class _Reader(Protocol):
    def read(self, file: SourceFile, meter: Meter) -> Iterable[Item]:
        """What is in a file, in its order; the meter is to tell how far it was read."""

    def run(self, items: Sequence[Item]) -> list[Pending]:
        """What becomes of it: batches of ``RESULTS``, in any order."""


@dataclass(frozen=True, slots=True)
class _Plain:
    process: Process

    def read(self, file: SourceFile, meter: Meter) -> Iterable[Item]:
        return read_file(file, meter)

    def run(self, items: Sequence[Item]) -> list[Pending]:
        raws = [item for item in items if isinstance(item, RawArticle)]
        drops = [item for item in items if isinstance(item, Drop)]
        return [*([self.process(raws)] if raws else []), *([partial(results, drops)] if drops else [])]


class How(NamedTuple):
    """Who does the work of a build; what comes of it is the same for any.

    Attributes:
        engine: one of ``engines.ENGINES``.
        workers: number of processes of the local engine, 1 and up.
        address: of the Ray cluster; empty for one of this machine.
        cache: folder that keeps results from run to run, whoever made them; None for none. It can be deleted at any
            time.
    """

    engine: str = "local"
    workers: int = 1
    address: str = ""
    cache: StrPath | None = None

    def check(self) -> None:
        """See that it can be done so.

        Raises:
            UsageError: it cannot.
        """
        check(self.engine, self.workers, self.address)


@contextlib.contextmanager
def worker(stages: Stages, how: How, provenance: str) -> Iterator[Work]:
    """What takes files through the stages.

    Args:
        stages: what is done with each article.
        how: who does it.
        provenance: hash of what the files beside the inputs say of them.

    Raises:
        UsageError: it cannot be done so.
        EnvironmentFaultError: the cache cannot be written, or a worker was killed.
    """
    how.check()
    with contextlib.ExitStack() as stack:
        process: Process = partial(stack.enter_context(local.spread(how.workers)), stages)
        cache = None
        if how.cache is not None:
            identity = (stages.topic.identity if stages.topic else "", stages.filters, provenance)
            cache = stack.enter_context(contextlib.closing(Cache(Path(how.cache), process, identity)))
        if how.engine == "ray":
            yield OnCluster(stages, stack.enter_context(ray.spread(how.address)), cache)
        else:
            yield _Here(cache or _Plain(process), AHEAD * how.workers if how.workers > 1 else 0)


def process_files(
    files: Iterable[tuple[SourceFile, int]],
    work: Work,
    total: tuple[int, int],
    on_progress: OnProgress | None,
) -> Iterator[pa.RecordBatch]:
    """Take files, each with its size in bytes, through all stages.

    Args:
        files: the files with their sizes.
        work: does it.
        total: number of files and of bytes, for the progress.
        on_progress: called after every batch, and at the end; or None.

    Yields:
        Batches of ``RESULTS``.
    """
    drops = articles = 0
    for batch, number, done in work.made(files):
        dropped = batch.num_rows - batch["drop"].null_count
        drops, articles = drops + dropped, articles + batch.num_rows - dropped
        yield batch
        if on_progress:
            on_progress(Progress(number, total[0], done, total[1], articles, drops))
    if on_progress:
        on_progress(Progress(total[0], total[0], total[1], total[1], articles, drops))


@dataclass(frozen=True, slots=True)
class _Here:
    """Files are read in this process."""

    reader: _Reader
    ahead: int

    def made(self, files: Iterable[tuple[SourceFile, int]]) -> Iterator[tuple[pa.RecordBatch, int, int]]:
        waiting: deque[tuple[list[Pending], int, int]] = deque()
        for some in chain(_batches(_read(files, self.reader)), [[]] * self.ahead):
            if some:
                waiting.append((self.reader.run([item for item, _, _ in some]), *some[-1][1:]))
            if len(waiting) > self.ahead or (waiting and not some):
                pending, number, done = waiting.popleft()
                yield from ((batch(), number, done) for batch in pending)


Found = tuple[Item, int, int]
"""An item, the number of files before its own, and that of bytes that were read when it was found."""


def _batches(found: Iterable[Found]) -> Iterator[list[Found]]:
    batch: list[Found] = []
    size = 0
    for one in found:
        batch.append(one)
        size += len(one[0].data) if isinstance(one[0], RawArticle) else 0
        if len(batch) == BATCH or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _read(files: Iterable[tuple[SourceFile, int]], work: _Reader) -> Iterator[Found]:
    done = 0
    for number, (file, size) in enumerate(files):
        meter = Meter(size)
        yield from ((found, number, done + meter.bytes()) for found in work.read(file, meter))
        done += size
