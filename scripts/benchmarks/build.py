"""Whole builds: beside ftfy and trafilatura in as many processes, and how time and memory grow with the corpus."""

from __future__ import annotations

import argparse
import contextlib
import gzip
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from math import log
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from time import perf_counter, sleep

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # a second thread would wait for work and be counted

import ftfy
import matplotlib as mpl
import matplotlib.pyplot as plt
import psutil
import trafilatura

from libya_news import build
from libya_news.sources import read

from .corpora import DEFAULT, SEED, table

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = 3
PROCESSES = (1, 2)
SIZES = (10, 100, 500, 2_000)
"""Of made-up corpora, in MB of text."""
FILE_BYTES = 16 << 20
PIECE_WORDS = 20
LEAST_PIECES = 6
"""Words of a piece, and pieces of an article."""

MB = 1e6


def main(arguments: list[str]) -> None:
    """Print the tables, and write them and the chart."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpora", type=Path, default=DEFAULT, help="folder of raw corpora (default: %(default)s)")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="of made-up corpora, in MB of text")
    parser.add_argument("--folder", type=Path, help="where corpora and releases lie meanwhile")
    parser.add_argument("--output", type=Path, default=ROOT / "docs/benchmarks/build.md", help="report")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="libya_news.", dir=chosen.folder) as folder:
        beside = [*_arabic(Path(folder), chosen.corpora), *_pages(Path(folder), chosen.corpora)]
        grown = [measured(Path(folder), chosen.corpora, size, ("--workers", "2")) for size in chosen.sizes]
    rows = [[f"{size:,}", f"{n:,}", f"{s:.0f}", f"{size / s:.1f}", f"{peak:.0f}"] for size, n, s, peak in grown]
    (first, _, least, _), (last, _, most, _) = grown[0], grown[-1]
    report = (
        "# Whole builds\n\n`scripts/bench build` writes this file. A build reads, normalises, segments with the "
        "default model, tells languages, finds near-duplicates and writes Parquet; the others do their one thing with "
        f"the same texts or pages, in as many processes. Medians of {ROUNDS} rounds by turns, starting processes "
        "included.\n\n"
        + table(["", "processes", "of ours", "of the other", "ratio"], beside)
        + "\nCorpora of pieces of the raw corpora, recombined by chance; two workers. Peak memory is that of all "
        "processes together, looked at ten times a second (what they share is counted once).\n\n"
        + table(["text, MB", "articles", "wall s", "MB/s", "peak memory, MB"], rows)
        + f"\nFrom {first:,} to {last:,} MB, time grows with the size to the power of "
        f"{log(most / least) / log(last / first):.2f}.\n"
    )
    chosen.output.write_text(report, encoding="utf-8")
    _draw(grown, chosen.output.with_suffix(".svg"))
    print(report)


def _row(name: str, processes: int, unit: str, amount: float, ours: Job, other: Job) -> list[str]:
    """A comparison: how much of ours, and of the other, in a second."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for job, taken in zip((ours, other), times, strict=True):
            started = perf_counter()
            job()
            taken.append(perf_counter() - started)
    speeds = [amount / median(taken) for taken in times]
    told = [f"{speed:.2f} {unit}" for speed in speeds]
    row = [name, str(processes), *told, f"{speeds[0] / speeds[1]:.2f}"]
    print(" | ".join(row), flush=True)
    return row


Job = Callable[[], object]


def _arabic(folder: Path, corpora: Path) -> Iterator[list[str]]:
    source = corpora / "arabic-news"
    texts = [raw.data for raw in read(source, on_drop=lambda _: None) if isinstance(raw.data, str)]
    size = sum(len(text.encode("utf-8", "surrogatepass")) for text in texts) / MB
    for processes in PROCESSES:
        ours = _builder([source], folder, processes)
        name = f"{len(texts):,} Arabic articles, ftfy"
        yield _row(name, processes, "MB/s", size, ours, lambda n=processes: _mapped(ftfy.fix_text, texts, n))  # type: ignore[misc]


def _pages(folder: Path, corpora: Path) -> Iterator[list[str]]:
    place = folder / "pages"
    place.mkdir()
    with gzip.open(corpora.parent / "pages" / "dev.jsonl.gz", "rt", encoding="utf-8") as lines:
        pages = [json.loads(line)["html"] for line in lines]
    for number, page in enumerate(pages):
        (place / f"{number:05}.html").write_text(page, encoding="utf-8", errors="surrogatepass")
    for processes in PROCESSES:
        ours = _builder([place], folder, processes)
        name = f"{len(pages):,} web pages, trafilatura"
        yield _row(name, processes, "pages/s", len(pages), ours, lambda n=processes: _mapped(_extracted, pages, n))  # type: ignore[misc]


def _extracted(page: str) -> str | None:
    found: str | None = trafilatura.extract(page)
    return found


def _builder(sources: list[Path], folder: Path, processes: int) -> Job:
    def job() -> None:
        build(sources, out=folder / "out", workers=processes)
        shutil.rmtree(folder / "out")

    return job


def _mapped(work: Callable[[str], object], texts: list[str], processes: int) -> None:
    if processes == 1:
        for text in texts:
            work(text)
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        for _ in pool.map(work, texts, chunksize=64):
            pass


Measured = tuple[int, int, float, float]
"""Size in MB, number of articles, seconds, and peak memory in MB."""


def measured(folder: Path, corpora: Path, size: int, how: Sequence[str], pause: float = 0.1) -> Measured:
    """Build a made-up corpus, with options that say how, and look at its memory with a pause of so many seconds."""
    place = folder / "made-up"
    _made_up(place, corpora, int(size * MB))
    arguments = ["build", str(place), "--out", str(folder / "out"), *how, "--json"]
    command = [sys.executable, "-m", "libya_news", *arguments]
    started = perf_counter()
    with (folder / "told").open("wb") as told, subprocess.Popen(command, stdout=told, stderr=told) as process:  # noqa: S603 - our own command
        peak = _peak(process.pid, pause)
    taken = perf_counter() - started
    if process.returncode:
        raise SystemExit((folder / "told").read_text(encoding="utf-8"))
    manifest = json.loads(next((folder / "out").glob("*/manifest.json")).read_text(encoding="utf-8"))
    for path in (place, folder / "out"):
        shutil.rmtree(path)
    print(size, taken, peak, flush=True)
    return size, manifest["counts"]["articles"], taken, peak


def _peak(pid: int, pause: float) -> float:
    peak, root = 0.0, psutil.Process(pid)
    while root.is_running() and root.status() != psutil.STATUS_ZOMBIE:
        peak = max(peak, sum(map(_held, (root, *root.children(recursive=True)))) / MB)
        sleep(pause)
    return peak


def _held(process: psutil.Process) -> int:
    """Memory of a process, of which it has its share of what it shares with others."""
    with contextlib.suppress(psutil.NoSuchProcess):
        held: int = process.memory_full_info().pss
        return held
    return 0


def _made_up(place: Path, corpora: Path, size: int) -> None:
    """Articles with the lines of real ones, of which each is put together of pieces drawn by chance.

    The same for the same size. An article has so many pieces that hardly any two are near-duplicates by chance.
    """
    place.mkdir()
    draw = random.Random(SEED)  # noqa: S311 - a fixed choice, not a secret
    cut = [list(filter(None, map(_cut, text.split("\n")))) for text in _texts(corpora)]
    pool = [piece for lines in cut for line in lines for piece in line]
    shapes = [shape for lines in cut if sum(shape := [len(line) for line in lines]) >= LEAST_PIECES]
    done = number = 0
    while done < size:
        with (place / f"{number:05}.jsonl").open("w", encoding="utf-8") as file:
            number, written = number + 1, 0
            while written < FILE_BYTES and done < size:
                text = "\n".join(" ".join(draw.choices(pool, k=count)) for count in draw.choice(shapes))
                row = json.dumps({"text": text, "url": f"https://example.org/{number}/{written}"}, ensure_ascii=False)
                file.write(row + "\n")
                bytes_ = len(text.encode("utf-8", "surrogatepass"))
                written, done = written + bytes_, done + bytes_


def _cut(line: str) -> list[str]:
    """The words of a line, some at a time."""
    words = iter(line.split())
    return list(iter(lambda: " ".join(islice(words, PIECE_WORDS)), ""))


def _texts(corpora: Path) -> Iterator[str]:
    for folder in ("libya", "arabic-news"):
        for raw in islice(read(corpora / folder, on_drop=lambda _: None), 4_000):
            if isinstance(raw.data, str):
                yield raw.data


def _draw(grown: list[Measured], path: Path) -> None:
    """Time and memory by size of the corpus."""
    plt.switch_backend("svg")
    mpl.rcParams["svg.hashsalt"] = "libya_news"
    sizes, _, seconds, peaks = zip(*grown, strict=True)
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
    left.loglog(sizes, seconds, "o-")
    left.set(xlabel="text, MB", ylabel="wall time, s", title="Time")
    right.semilogx(sizes, peaks, "o-")
    right.set(xlabel="text, MB", ylabel="peak memory, MB", title="Memory of all processes", ylim=(0, 1_300))
    right.axhline(1_200, linestyle=":", color="grey")
    figure.savefig(path, metadata={"Date": None})
