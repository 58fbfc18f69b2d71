"""Which articles are about Libya: precision and recall on articles labelled by reading, and speed."""

from __future__ import annotations

import gzip
import json
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any, NamedTuple
from unittest.mock import patch

from libya_news.corpus import topics
from libya_news.corpus.topics import RELEVANT, Topic, load_topic, relevance
from libya_news.pipeline import process, relevance_of
from libya_news.records import Article, Drop, RawArticle, sha256_hex

from .corpora import articles, clean, options, table

LABELS = Path(__file__).resolve().parents[1] / "annotations" / "topic-libya.jsonl"
ROUNDS = 3
WEIGHTS = ("TITLE", "LEAD", "LEAD_CHARS", "PASSING_CHARS")
_SGML = re.compile(r"<TITLE>(.*?)</TITLE>.*?<TEXT>(.*?)</TEXT>", re.DOTALL)


class Labelled(NamedTuple):
    """An article with its label."""

    document: str
    title: str
    text: str
    about: bool
    set: str


def main(arguments: list[str]) -> None:
    """Print the report and write it to the file."""
    chosen = options(__doc__, arguments, output="docs/benchmarks/topics.md")
    topic = load_topic("libya")
    found = list(labelled(chosen.corpora))
    parts = (_HEAD, quality(found, topic), kinds(found, topic), errors(found, topic), weights(found, topic))
    report = "\n".join((*parts, _SPEED, speed(chosen.corpora, topic)))
    chosen.output.write_text(report, encoding="utf-8")
    print(report)


_HEAD = """# Which articles are about Libya

`scripts/bench topics` writes this file. The articles, how they were chosen, what the label means and how far the
figures can be trusted: `scripts/annotations/topic-libya.md`. Weights were chosen on the set `tune`. "Text" scores an
article's text and title as found, "build" what `build --topic libya` scores: the normalised text without boilerplate.
Brackets: Wilson's interval of 95 %.
"""

_SPEED = """
## Speed
Megabytes (of UTF-8) a second of processor time in one process, medians of three turns.
"""


def labelled(corpora: Path) -> Iterator[Labelled]:
    """The labelled articles that are found below ``corpora`` and have not changed."""
    for row in map(json.loads, LABELS.read_text(encoding="utf-8").splitlines()):
        name, _, number = row["document"].partition(":")
        title, text = _document(corpora / name, int(number or 1))
        if sha256_hex(text) != row["sha256"]:
            raise SystemExit(f"{row['document']} is not the text that was labelled.")
        if match := _SGML.search(text):
            title, text = match[1], match[2]
        yield Labelled(row["document"], title, text, row["about"], row["set"])


def _document(path: Path, number: int) -> tuple[str, str]:
    if path.suffix == ".txt":
        return "", path.read_bytes().decode("utf-8")
    row = _rows(path)[number - 1]
    return row.get("title") or "", row["text"] if "text" in row else row["content"]


@lru_cache(maxsize=4)
def _rows(path: Path) -> list[Mapping[str, Any]]:
    if path.suffix == ".gz":
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            return [json.loads(line) for line in lines]
    with zipfile.ZipFile(path) as archive:
        return [row for name in archive.namelist() for row in json.loads(archive.read(name))]


def _plain(item: Labelled, topic: Topic) -> float:
    return relevance(item.text, topic, title=item.title).score


def _built(item: Labelled, topic: Topic) -> float:
    article = _article(item)
    return relevance_of(article, topic).score if isinstance(article, Article) else 0.0


@cache
def _article(item: Labelled) -> Article | Drop:
    return process(RawArticle(item.document, item.text, title=item.title or None))


Score = Callable[[Labelled, Topic], float]


def quality(found: Sequence[Labelled], topic: Topic) -> str:
    """A table of both sets, scored both ways."""
    rows = []
    for kept in ("tune", "report"):
        for name, score in (("text", _plain), ("build", _built)):
            told = _told((item for item in found if item.set == kept), topic, score)
            rows.append([kept, name, str(len(told)), *_figures(told)])
    return table(["set", "scored", "articles", "about Libya", "found", "precision", "recall"], rows)


def _told(found: Iterable[Labelled], topic: Topic, score: Score = _built) -> list[tuple[bool, bool]]:
    return [(item.about, score(item, topic) >= RELEVANT) for item in found]


def kinds(found: Sequence[Labelled], topic: Topic) -> str:
    """A table of the corpora in the set that is reported, as built."""
    kept: dict[str, list[Labelled]] = {}
    for item in found:
        if item.set == "report":
            folder, _, name = item.document.partition("/")
            kept.setdefault(folder if folder != "libya" else f"libya/{re.split('[/.]', name)[0]}", []).append(item)
    rows = []
    for kind, items in sorted(kept.items()):
        told = _told(items, topic)
        rows.append([kind, *(str(count) for count in (len(told), sum(about for about, _ in told), *_wrong(told)))])
    head = ["corpus", "articles", "about Libya", "wrongly found", "missed"]
    return "The set `report` by corpus, as built:\n\n" + table(head, rows)


def _wrong(told: Sequence[tuple[bool, bool]]) -> tuple[int, int]:
    """How many were wrongly found, and how many missed."""
    return sum(named and not about for about, named in told), sum(about and not named for about, named in told)


def weights(found: Sequence[Labelled], topic: Topic) -> str:
    """What half of each weight and its double would give on the set that they were chosen on."""
    tune = [item for item in found if item.set == "tune"]
    rows = [["all as they are", *map(str, _wrong(_told(tune, topic)))]]
    for name in WEIGHTS:
        for value in (getattr(topics, name) / 2, getattr(topics, name) * 2):
            with patch.object(topics, name, value):
                rows.append([f"`{name}` {value:g}", *map(str, _wrong(_told(tune, topic)))])
    return "Other weights on the set `tune`, as built:\n\n" + table(["weight", "wrongly found", "missed"], rows)


def _figures(told: Sequence[tuple[bool, bool]]) -> list[str]:
    about, named = sum(a for a, _ in told), sum(n for _, n in told)
    right = sum(a and n for a, n in told)
    return [str(about), str(named), _share(right, named), _share(right, about)]


def _share(count: int, total: int) -> str:
    """A share with Wilson's score interval."""
    z, share = 1.96, count / total
    middle, reach = share + z * z / (2 * total), z * (share * (1 - share) / total + (z / (2 * total)) ** 2) ** 0.5
    low, high = ((middle + sign * reach) / (1 + z * z / total) for sign in (-1, 1))
    return f"{share:.3f} ({low:.2f} to {high:.2f})"


def errors(found: Sequence[Labelled], topic: Topic) -> str:
    """The articles of the set that is reported that are told wrong, as built."""
    rows = [
        [item.document, "yes" if item.about else "no", f"{score:.2f}"]
        for item in found
        if item.set == "report" and ((score := _built(item, topic)) >= RELEVANT) != item.about
    ]
    return "Wrong in the set `report`, as built:\n\n" + table(["document", "about Libya", "score"], rows)


def speed(corpora: Path, topic: Topic) -> str:
    """Megabytes a second, by language."""
    found = {language: clean(texts[:2000]) for language, texts in articles(corpora).items()}
    return table(["texts", "MB", "MB/s"], ([name, *_turns(texts, topic)] for name, texts in found.items()))


def _turns(texts: Sequence[str], topic: Topic) -> list[str]:
    size = sum(len(text.encode()) for text in texts) / 1e6
    return [f"{size:.2f}", f"{size / median(_turn(texts, topic) for _ in range(ROUNDS)):.1f}"]


def _turn(texts: Sequence[str], topic: Topic) -> float:
    started = process_time()
    for text in texts:
        relevance(text, topic)
    return process_time() - started
