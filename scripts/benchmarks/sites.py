"""What profiles of sites add: lines that are templates, labels that change, and figures on annotated texts."""

from __future__ import annotations

import gzip
import json
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from time import process_time
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

from libya_news import build
from libya_news.labels import LABELS
from libya_news.normalize import normalize
from libya_news.records import SITES, Release, sha256_hex
from libya_news.release import templates
from libya_news.release.reading import rows
from libya_news.segment import SiteProfile, segment, site_profiles
from libya_news.sources import Reading, Source
from libya_news.training.html import read_pages

from .corpora import options, table

LEAST = 20
"""Articles that a site must have to stand in the table."""
OFTEN = 0.1
"""Share of a site's articles from which a line is counted as its template's."""
FEW = 3
"""Articles of the smallest site that is looked at for comparison."""
MOST = 200
"""Articles of a site that are segmented."""

_HEAD = """# What profiles of sites add

`scripts/bench sites` writes this file. A site is a publisher of `libya/*.jsonl.gz` or a newspaper of `arabic-news/`; a
line is the template's where at least one in ten of the site's articles has it. Labels: of up to 200 articles of the
site, the share of characters whose label changes when `segment` is given the profile.

In short: these texts were extracted before they came here, and hold hardly any lines of templates, so profiles change
nothing in them, for better or worse. Of whole pages there are too few of each site to tell. So a build counts lines
where it is asked to alone.
"""

_GOLD = """
## On annotated texts
Share of the characters with the right label, and F1 of boilerplate by characters, on the texts of `gold/dev.jsonl`
whose site has a profile from the raw corpora; a line of theirs counts only where others have it too. The
shipped model was trained on these texts: the rows are for comparison with each other.
"""


_BUILDS = """
## In builds
What `build --templates mark` changes, against `keep`: in all raw corpora, and in the whole pages of
`pages/*.jsonl.gz`, as HTML. Of the segments that have another label then, how many the pages come with a label for, and
how many of these are right. The shipped model was trained on these pages, so it is surer of them than of others. Few
of their sites have as many articles as a build asks for; the last row counts the lines of smaller sites too, where what
changes are headings that three reviews of one site share ("Pros", "Cons"), most of which are no boilerplate.
"""

_BUILT = [
    "corpus",
    "articles",
    "lines in `sites.csv`",
    "segments",
    "labels changed",
    "known",
    "right before",
    "right after",
]


def main(arguments: list[str]) -> None:
    """Print the report and write it to the file."""
    chosen = options(__doc__, arguments, output="docs/benchmarks/sites.md")
    texts = {site: [normalize(text).text for text in found] for site, found in by_site(chosen.corpora).items()}
    started = process_time()
    profiles = site_profiles((site, text) for site, found in texts.items() for text in found)
    seconds = process_time() - started
    size = sum(len(text.encode()) for found in texts.values() for text in found) / 1e6
    pruned = {site: profile.pruned() for site, profile in profiles.items()}
    kept = sum(len(profile.lines) for profile in pruned.values())
    counted = sum(len(profile.lines) for profile in profiles.values())
    told = [row(site, texts[site], profile) for site, profile in pruned.items() if profile.articles >= LEAST]
    cost = f"\nCounting: {size / seconds:.0f} MB a second; {kept:,} of {counted:,} lines stand in several articles.\n"
    head = ["site", "articles", "lines of the template", "of all lines", "labels changed"]
    gold = chosen.corpora.parent / "gold" / "dev.jsonl"
    pages = chosen.corpora.parent / "pages"
    builds = table(_BUILT, [corpora_built(chosen.corpora), pages_built(pages), pages_built(pages, FEW)])
    report = "\n".join((_HEAD, table(head, told), cost, _GOLD, figures(gold, profiles), _BUILDS, builds))
    chosen.output.write_text(report, encoding="utf-8")
    print(report)


def by_site(corpora: Path) -> dict[str, list[str]]:
    """The texts of each site."""
    found: dict[str, list[str]] = {}
    for site, text in _articles(corpora):
        found.setdefault(site, []).append(text)
    return found


def _articles(corpora: Path) -> Iterator[tuple[str, str]]:
    with gzip.open(corpora / "libya" / "en.jsonl.gz", "rt", encoding="utf-8") as lines:
        for article in map(json.loads, lines):
            yield article["publisher"], article["text"]
    for path in sorted((corpora / "arabic-news").glob("*.zip")):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                yield from ((article["source"], article["content"]) for article in json.loads(archive.read(name)))


def row(site: str, texts: Sequence[str], profile: SiteProfile) -> list[str]:
    """How many lines are templates, which share of all lines these are, and how many labels change."""
    often = [count for count in profile.lines.values() if count >= OFTEN * profile.articles]
    lines = sum(bool(line.strip()) for text in texts for line in text.splitlines())
    changed = [_changed(text, profile) for text in texts[:MOST]]
    share = sum(count for count, _ in changed) / max(sum(size for _, size in changed), 1)
    return [site, str(len(texts)), str(len(often)), f"{sum(often) / lines:.1%}", f"{share:.2%}"]


def _changed(text: str, profile: SiteProfile) -> tuple[int, int]:
    before, after = (_labels(text, ((s.start, s.end, s.label) for s in segment(text, site=p))) for p in (None, profile))
    return sum(a != b for a, b in zip(before, after, strict=True)), sum(label is not None for label in before)


def _labels(text: str, spans: Iterable[tuple[int, int, str]]) -> list[str | None]:
    """The label of each character; None of white space."""
    labels: list[str | None] = [None] * len(text)
    for start, end, label in spans:
        labels[start:end] = [None if text[i].isspace() else label for i in range(start, end)]
    return labels


def figures(gold: Path, profiles: Mapping[str, SiteProfile]) -> str:
    """Accuracy without and with profiles."""
    known = [(item, profile) for item in _gold(gold) if (profile := _profile(item, profiles))]
    made = []
    for name in ("without", "with"):
        pairs: list[tuple[str | None, str | None]] = []
        for item, profile in known:
            found = segment(item["text"], site=profile if name == "with" else None)
            told = _labels(item["text"], ((s.start, s.end, s.label) for s in found))
            right = _labels(item["text"], ((s["start"], s["end"], s["label"]) for s in item["segments"]))
            pairs += [pair for pair in zip(right, told, strict=True) if pair[0]]
        accuracy = sum(a == b for a, b in pairs) / len(pairs)
        made.append([name, str(len(known)), f"{accuracy:.4f}", f"{_f1(pairs, LABELS[-1]):.4f}"])
    return table(["profile", "texts", "characters right", "F1 of boilerplate"], made)


def _f1(pairs: Sequence[tuple[str | None, str | None]], label: str) -> float:
    both = sum(a == b == label for a, b in pairs)
    return 2 * both / max(sum((a == label) + (b == label) for a, b in pairs), 1)


def _gold(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


NAMES = {"BBC": "BBC News"}
"""Publishers that the annotated texts call otherwise."""


def _profile(item: Mapping[str, Any], profiles: Mapping[str, SiteProfile]) -> SiteProfile | None:
    """The profile of the site of an annotated text, without the text itself: it is counted as one of the others."""
    host = (urlsplit(item["source"]).hostname or "").removeprefix("www.").partition(".")[0].replace("-", "")
    profile = profiles.get(NAMES.get(item["source"], item["source"])) or profiles.get(host)
    return profile if profile and profile.articles >= LEAST else None


def corpora_built(corpora: Path) -> list[str]:
    """What marking templates changes in the raw corpora."""
    reading = Reading({"text": "content", "publisher": "source"})
    return _built("raw corpora", [Source(corpora / "libya"), Source(corpora / "arabic-news", reading)], {})


def pages_built(folder: Path, smallest: int = templates.SMALLEST) -> list[str]:
    """What marking templates changes in whole pages of sites of some size, and how often it is right to."""
    labels: dict[str, dict[str, str | None]] = {}
    with tempfile.TemporaryDirectory(prefix="libya_news.") as place:
        for path in sorted(folder.glob("*.jsonl.gz")):
            with gzip.open(path, "rt", encoding="utf-8") as lines, Path(place, path.stem).open("w") as made:
                for page in map(json.loads, lines):
                    known = {"html": page["html"], "url": page["url"], "publisher": page["publisher"] or page["site"]}
                    made.write(json.dumps(known) + "\n")
            for page in read_pages([path]):
                of_page = labels.setdefault(sha256_hex(page.html), {})
                for line, label in zip(page.lines, page.labels, strict=True):
                    of_page[line] = label if of_page.get(line, label) == label else None
        with mock.patch.object(templates, "SMALLEST", smallest):
            return _built(f"pages, sites from {smallest} on", [Source(place)], labels)


def _built(name: str, sources: list[Source], labels: Mapping[str, Mapping[str, str | None]]) -> list[str]:
    with tempfile.TemporaryDirectory(prefix="libya_news.") as place:
        keep, mark = (
            build(sources, out=Path(place, way), templates=way, cache=Path(place, "cache"), workers=2)
            for way in ("keep", "mark")
        )
        pages = {row["article_id"]: row["raw_sha256"] for row in rows(keep, "articles", ("article_id", "raw_sha256"))}
        changed = list(_relabelled(keep, mark))
        lines = len((mark.path / SITES).read_text(encoding="utf-8").splitlines()) - 1
    known = [(labels.get(pages[id_], {}).get(text), *both) for id_, text, *both in changed]
    right = [sum(label == after[at] for label, *after in known if label) for at in range(2)]
    counts = (mark.counts["articles"], lines, mark.counts["segments"], len(changed), sum(bool(row[0]) for row in known))
    return [name, *(f"{count:,}" for count in (*counts, *right))]


def _relabelled(keep: Release, mark: Release) -> Iterator[tuple[str, str, str, str]]:
    """Article, text and both labels of each segment whose label is not the same."""
    names = ("article_id", "text", "label")
    for before, after in zip(*(rows(release, "segments", names) for release in (keep, mark)), strict=True):
        if before["label"] != after["label"]:
            yield before["article_id"], before["text"], LABELS[before["label"]], LABELS[after["label"]]
