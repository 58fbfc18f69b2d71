"""Releases: time and memory of a build's second half, verify, diff, rehydrate and erase, and of a rebuild."""

from __future__ import annotations

import argparse
import json
import random
import resource
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from hashlib import sha256
from itertools import accumulate, chain, islice, pairwise
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any

import pyarrow as pa

from libya_news import build
from libya_news.labels import KINDS
from libya_news.normalize import normalize
from libya_news.records import DROPS, Article, Drop, InputFile, RawArticle, Segment
from libya_news.release import build as build_
from libya_news.release import manifest
from libya_news.release.diff import diff
from libya_news.release.erase import erase
from libya_news.release.filling import fill
from libya_news.release.rows import ARTICLES_AT_ONCE, InBatches, results
from libya_news.release.standoff import rehydrate
from libya_news.release.verify import verify
from libya_news.sources import read

from .corpora import DEFAULT, SEED, table

ROOT = Path(__file__).resolve().parents[2]
ARTICLES = 1_200
ROUNDS = 5
LINES = 4_000
"""Lines that made-up articles draw from: four to six of them, so that few articles are near-duplicates."""

TENTH = 10
PLACE = "crawl-data/CC-NEWS/2020/01/CC-NEWS-20200114000000-00001.warc.gz"
EDITS = {"removed": 1_009, "text": 1_013, "labels": 1_019}
"""One article in so many is not the same in the second release: primes, so that few have two edits."""


def main(arguments: list[str]) -> None:
    """Print the tables and write them to the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpora", type=Path, default=DEFAULT, help="folder of raw corpora (default: %(default)s)")
    parser.add_argument("--articles", type=int, default=1_000_000, help="of the made-up release (default: %(default)s)")
    parser.add_argument("--folder", type=Path, help="where the releases lie meanwhile (default: a temporary folder)")
    parser.add_argument("--output", type=Path, default=ROOT / "docs/benchmarks/release.md", help="report")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="libya_news.", dir=chosen.folder) as folder:
        large = [measured(step, Path(folder), chosen.corpora, chosen.articles) for step in LARGE]
        size = sum(path.stat().st_size for path in Path(folder, "old").rglob("*") if path.is_file())
        small = once_changed(Path(folder), chosen.corpora)
    head = ["step", "wall s", "processor s", "peak memory, MB", "result"]
    report = (
        "# Releases: time and memory\n\n`scripts/bench release` writes this file. A made-up release of "
        f"{chosen.articles:,} articles of four to six lines of news ({size / 1e9:.2f} GB), and a second one in which "
        "one article in a thousand each is removed, has another text, or has another label. Each step runs in a "
        "process of its own; its peak memory is the largest resident set.\n\n"
        + table(head, large)
        + f"\n{ARTICLES:,} articles of the corpora, of which one changed since the cache was filled: `build` with "
        f"`--cache` and without, by turns, medians of {ROUNDS}. Modules are loaded before the clock starts.\n\n"
        + table(["", "with cache, s", "without, s", "ratio"], small)
    )
    chosen.output.write_text(report, encoding="utf-8")
    print(report)


def measured(step: str, *arguments: Any) -> list[str]:
    """A step in a process of its own: what it is, what it takes, and what came of it."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        wall, processor, peak, result = pool.submit(_run, step, *arguments).result()
    row = [step, f"{wall:.0f}", f"{processor:.0f}", f"{peak / 1e3:.0f}", result]
    print(" | ".join(row), flush=True)
    return row


def _run(step: str, *arguments: Any) -> tuple[float, float, float, str]:
    started = perf_counter(), process_time()
    result = LARGE[step](*arguments)
    wall, processor = perf_counter() - started[0], process_time() - started[1]
    return wall, processor, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, result


def _build_old(folder: Path, corpora: Path, count: int) -> str:
    return _published(folder / "old", InBatches(made_up(lines(corpora), count)), "")


def _build_new(folder: Path, corpora: Path, count: int) -> str:
    return _published(folder / "new", InBatches(map_edited(made_up(lines(corpora), count))), "")


def _build_split(folder: Path, corpora: Path, count: int) -> str:
    return _published(folder / "split", InBatches(made_up(lines(corpora), count // TENTH)), "cluster")


def _build_bare(folder: Path, corpora: Path, count: int) -> str:
    """A stand-off release, and beside it the texts."""
    with (folder / "texts.jsonl").open("w", encoding="utf-8") as file:
        file.writelines(json.dumps({"text": each.text}) + "\n" for each in _as_processed(corpora, count))
    return _published(folder / "bare", InBatches(_as_processed(corpora, count)), "", "none")


def _rehydrate(folder: Path, *_: Any) -> str:
    found = rehydrate(folder / "bare" / "made-up", [folder / "texts.jsonl"], out=folder / "full")
    return f"{found.release.counts['articles']:,} articles, the same bytes: {found.identical}"


def _erase(folder: Path, corpora: Path, _: int) -> str:
    id_ = next(made_up(lines(corpora), 1)).id
    receipt = erase(id_, store=folder / "split", reason="a benchmark")
    return f"{len(receipt.articles)} article from {len(receipt.releases)} release"


def _as_processed(corpora: Path, count: int) -> Iterator[Article]:
    """A tenth of the articles, with texts and titles as normalisation and segmentation would leave them."""
    for made in made_up([normalize(line).text.strip() for line in lines(corpora)], count // TENTH):
        headline = next((made.text[s.start : s.end] for s in made.segments if s.kind == "headline"), None)
        yield replace(made, title=headline)


def _build_dropped(folder: Path, corpora: Path, count: int) -> str:
    """One article, and the drops of the others, as a topic leaves them of a crawl."""
    digests = (sha256(b"%d" % number).hexdigest() for number in range(count))
    dropped = (Drop(digest[:20], "corpus", f"off topic: scores 0.12 ({PLACE}:{digest[:6]})") for digest in digests)
    some = iter(lambda: list(islice(dropped, ARTICLES_AT_ONCE)), [])
    _published(folder / "dropped", chain(InBatches(made_up(lines(corpora), 1)), map(results, some)), "")
    size = (folder / "dropped/made-up-1.0.0" / DROPS).stat().st_size
    return f"{count:,} drops of {size / count:.0f} bytes"


def _published(out: Path, made: Iterable[pa.RecordBatch], split: str, text: str = "all") -> str:
    """All that a build does with articles once they are processed: sort, split, count, write."""
    settings = {"text": text, "split": split, "format": "parquet"}
    plan = build_.planned(out, "made-up", "1.0.0", (InputFile("made-up.jsonl", 0, "0" * 64),), settings)
    with build_.shelf(plan.path) as shelf:
        found, drops = fill(shelf, made)
        release = build_.publish_articles(replace(plan, created_at="2020-01-14"), found, drops, plan.path.parent)
    return f"{release.counts['articles']:,} articles, {release.counts['segments']:,} segments"


def _verify(folder: Path, *_: Any) -> str:
    faults = verify(manifest.load(folder / "old" / "made-up-1.0.0"))
    return "; ".join(faults) or "nothing is wrong"


def _diff(folder: Path, *_: Any) -> str:
    found = diff(*(manifest.load(folder / side / "made-up-1.0.0") for side in ("old", "new")))
    return ", ".join(f"{count:,} {name}" for name, count in found.articles.items() if count)


LARGE: dict[str, Callable[..., str]] = {
    "build, once articles are processed": _build_old,
    "the same with edits": _build_new,
    "verify": _verify,
    "diff": _diff,
    "build with `--split cluster`, a tenth of the articles": _build_split,
    "erase an article from that": _erase,
    "build with `--text none`, a tenth of the articles": _build_bare,
    "rehydrate that": _rehydrate,
    "build in which as many articles are dropped": _build_dropped,
}


def lines(corpora: Path) -> list[str]:
    """Lines of the raw corpora, chosen by chance from a fixed seed."""
    texts = (raw.data if isinstance(raw.data, str) else raw.data.decode("utf-8", "replace") for raw in _raws(corpora))
    found = sorted({line.strip() for text in texts for line in text.split("\n") if 40 <= len(line.strip()) <= 200})
    return random.Random(SEED).sample(found, LINES)  # noqa: S311 - a fixed choice, not a secret


def _raws(corpora: Path) -> Iterator[RawArticle]:
    return read(corpora / "libya")


def made_up(parts: Sequence[str], count: int) -> Iterator[Article]:
    """Articles of lines drawn by chance, each line a segment; the same for the same lines and count."""
    draw = random.Random(SEED)  # noqa: S311 - the same
    for number in range(count):
        text = [parts[draw.randrange(len(parts))] for _ in range(4 + number % 3)]
        yield article(sha256(b"%d" % number).hexdigest(), text, draw)


def article(digest: str, parts: list[str], draw: random.Random) -> Article:
    """One article of lines."""
    bounds = pairwise(accumulate((len(part) + 1 for part in parts), initial=0))
    segments = []
    for start, after in bounds:
        kind = KINDS[draw.randrange(len(KINDS))]
        segments.append(Segment(start, after - 1, kind.label, kind.name, draw.random(), "rule:made-up"))
    return Article(
        id=digest[:20],
        source="made-up.jsonl",
        text="\n".join(parts),
        segments=tuple(segments),
        raw_sha256=digest,
        language="en",
        url=f"https://example.org/{digest[:20]}",
        publisher=f"Publisher {int(digest[:4], 16) % 50}",
        licence="unknown",
        rights_holder="unknown",
        terms="unknown",
    )


def map_edited(articles: Iterator[Article]) -> Iterator[Article]:
    """The articles with the edits of the second release."""
    for number, old in enumerate(articles, 1):
        text = old.text.replace("e", "E", 1) if number % EDITS["text"] == 0 else old.text
        segments = old.segments
        if number % EDITS["labels"] == 0:
            kind = next(kind for kind in KINDS if kind.label != segments[0].label)
            segments = (segments[0]._replace(label=kind.label, kind=kind.name), *segments[1:])
        if number % EDITS["removed"]:
            yield replace(old, text=text, segments=segments)


def once_changed(folder: Path, corpora: Path) -> list[list[str]]:
    """Seconds of builds of articles of which one changed, with the cache of what they were before and without."""
    source, cache = folder / "in", folder / "cache"
    source.mkdir()
    for number, raw in enumerate(islice(_raws(corpora), ARTICLES)):
        data = raw.data if isinstance(raw.data, bytes) else raw.data.encode("utf-8", "surrogatepass")
        (source / f"{number:04}.txt").write_bytes(data)
    build([source], out=folder / "before", cache=cache)
    times: dict[bool, list[tuple[float, float]]] = {True: [], False: []}
    for turn in range(ROUNDS):
        with (source / "0007.txt").open("ab") as file:
            file.write(b"\nThe talks went on for another day.\n")
        made = {
            cached: _timed(source, folder / f"{turn}{cached}", cache if cached else None, times) for cached in times
        }
        if made[True] != made[False]:
            raise SystemExit("The bytes differ.")
    return [
        [name, *(f"{value:.2f}" for value in medians), f"{medians[0] / medians[1]:.1%}"]
        for index, name in enumerate(("wall", "processor"))
        for medians in [[median(pair[index] for pair in times[cached]) for cached in (True, False)]]
    ]


def _timed(source: Path, out: Path, cache: Path | None, times: dict[bool, list[tuple[float, float]]]) -> dict[str, str]:
    started = perf_counter(), process_time()
    release = build([source], out=out, cache=cache)
    times[cache is not None].append((perf_counter() - started[0], process_time() - started[1]))
    hashes = {row.path: row.sha256 for row in release.files}
    shutil.rmtree(out)
    return hashes
