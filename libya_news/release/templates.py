"""Templates of a whole release: lines that many articles of one site have, counted once, to label its segments by."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from libya_news.errors import UsageError
from libya_news.labels import KIND_NAMES, LABELS
from libya_news.records import SITES, Document, sha256_hex
from libya_news.segment import SiteProfile
from libya_news.segment._learned import raised
from libya_news.segment._site import line_hashes

from .rows import RESULTS, cells, segments_of
from .shelf import Selection
from .splits import site_of

WAYS: Final = ("keep", "mark")

LEAST: Final = 3
"""Articles that must have a line: what two have may be one story told twice, and a hash must not name one article."""

SMALLEST: Final = 10
"""Articles that a site must have: what three pages share may be how they are laid out ("Pros", "Cons"), and no more can
be told from so few (docs/benchmarks/sites.md)."""

ONE_IN: Final = 10
"""A line counts where at least one in so many of the site's articles has it. A rarer one raises the odds by less than
half (``TEMPLATE_ODDS`` to the tenth); and so at most ten times the lines of a usual article are kept for a site."""

BUCKETS: Final = 64
"""Files among which counts are divided, to be summed one file at a time: for a million articles of 30 lines each, none
of which comes twice, some 11 MB each."""

BY: Final = "rule:template"

Counts = npt.NDArray[np.uint64]
"""Rows of three numbers: a site's, a line's hash, and how many articles of the site have the line."""

Profiles = Mapping[str, SiteProfile]
"""By site, with the lines of its template alone."""

_BOILERPLATE: Final = LABELS.index("boilerplate")
_KIND: Final = KIND_NAMES.index("boilerplate_other")
_MARKER: Final = KIND_NAMES.index("caption_marker")


def checked(templates: str) -> str:
    """What to do with lines of templates, where it is one of ``WAYS``.

    Raises:
        UsageError: it is none.
    """
    if templates not in WAYS:
        raise UsageError(f"{templates!r} does not say what to do with templates.", f"Give one of: {', '.join(WAYS)}.")
    return templates


def marked(articles: Selection, templates: str) -> tuple[Selection, tuple[Document, ...]]:
    """The articles, labelled with what their sites' articles share, and the table of it, in the folder of their shelf.

    Args:
        articles: in the order of their ids.
        templates: ``mark``; with ``keep`` nothing is looked for.
    """
    if templates == "keep":
        return articles, ()
    found = find(articles)
    table = to_csv(found).encode("utf-8")
    (articles.shelf.folder / SITES).write_bytes(table)
    document = Document(SITES, len(table), sha256_hex(table))
    return replace(articles, relabelled=partial(relabelled, sites=found)), (document,)


def find(articles: Selection) -> Profiles:
    """The templates of all sites. Counts are exact; in memory are a batch of articles or a bucket of counts at a time,
    the names of the sites, and what is returned.
    """
    number: dict[str, int] = {}
    sizes: list[int] = []
    with tempfile.TemporaryDirectory(dir=articles.shelf.folder) as name, ExitStack() as stack:
        paths = [Path(name, str(bucket)) for bucket in range(BUCKETS)]
        files = [stack.enter_context(path.open("wb")) for path in paths]
        for batch in articles.select("url", "publisher", "text"):
            counts = _counted(batch, number, sizes)
            bucket = (counts[:, 0] + counts[:, 1]) % BUCKETS
            for at in np.unique(bucket).tolist():
                files[at].write(counts[bucket == at].tobytes())
        stack.close()
        kept = [_often(path, np.array(sizes, np.uint64)) for path in paths]
    lines: dict[int, dict[int, int]] = {}
    for site, line, count in np.concatenate(kept).tolist():
        lines.setdefault(site, {})[line] = count
    return {site: SiteProfile(sizes[at], lines[at]) for site, at in number.items() if at in lines}


def _counted(batch: pa.RecordBatch, number: dict[str, int], sizes: list[int]) -> Counts:
    """The counts of some articles; new sites are numbered, and the articles of all are added up."""
    rows: list[Counts] = []
    for site, text in zip(_sites(batch), cells(batch, "text").to_pylist(), strict=True):
        if site:
            at = number.setdefault(site, len(number))
            sizes += [0] * (len(number) - len(sizes))
            sizes[at] += 1
            lines = np.fromiter(line_hashes(text), np.uint64)
            rows.append(np.column_stack([np.full_like(lines, at), lines, np.ones_like(lines)]))
    return _summed(np.concatenate([np.empty((0, 3), np.uint64), *rows]))


def _sites(batch: pa.RecordBatch) -> Iterator[str]:
    return map(site_of, cells(batch, "url").to_pylist(), cells(batch, "publisher").to_pylist())


def _summed(counts: Counts) -> Counts:
    """One row for each line of a site, in order."""
    if not len(counts):
        return counts
    counts = counts[np.lexsort((counts[:, 1], counts[:, 0]))]
    first = np.flatnonzero(np.append(True, (counts[1:, :2] != counts[:-1, :2]).any(axis=1)))
    return np.column_stack([counts[first, :2], np.add.reduceat(counts[:, 2], first)])


def _often(path: Path, sizes: npt.NDArray[np.uint64]) -> Counts:
    """Of a bucket, the lines of templates."""
    counts = _summed(np.fromfile(path, np.uint64).reshape(-1, 3))
    of_site = sizes[counts[:, 0].astype(np.int64)]
    often = (counts[:, 2] >= LEAST) & (counts[:, 2] * np.uint64(ONE_IN) >= of_site)
    return counts[often & (of_site >= SMALLEST)]


def to_csv(sites: Profiles) -> str:
    """The table that is published: no text, since few licences allow it.

    >>> print(to_csv({"a.example": SiteProfile(15, {255: 3})}), end="")
    site,articles,line,count
    a.example,15,00000000000000ff,3
    """
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(("site", "articles", "line", "count"))
    for site, profile in sorted(sites.items()):
        rows.writerows((site, profile.articles, f"{line:016x}", n) for line, n in sorted(profile.lines.items()))
    return out.getvalue()


def relabelled(batch: pa.RecordBatch, sites: Profiles) -> pa.RecordBatch:
    """A batch of ``RESULTS`` with what the sites of its articles share; itself where that changes nothing.

    Of a segment, only its label is known, and the probability of that. What speaks against another label than
    boilerplate is taken to speak for boilerplate, which is an approximation: it is not more than that, and less likely
    than the label. What a rule decided stays, as in ``segment``; so does the mark of a caption, which is a template's
    word by definition.
    """
    spans = segments_of(batch, "segments")
    share = _shares(batch, spans, [sites.get(site) for site in _sites(batch)])
    share[pc.starts_with(spans["by"], "rule:").to_numpy(zero_copy_only=False)] = 0
    share[spans["kind"].to_numpy() == _MARKER] = 0
    if not share.any():
        return batch
    was = spans["label"].to_numpy() == _BOILERPLATE
    sure = spans["confidence"].to_numpy().astype(np.float64)
    own, chance = np.where(was, 0, sure), np.where(was, sure, np.minimum(sure, 1 - sure))
    after = raised(np.column_stack([own, chance, 1 - own - chance]), [False, True, False], share)
    new = (share > 0) & ~was & (after[:, 1] > after[:, 0])
    surer = np.where(was | new, after[:, 1], after[:, 0])
    made = {
        "label": pc.if_else(pa.array(new), pa.scalar(_BOILERPLATE, pa.int64()), spans["label"]),
        "kind": pc.if_else(pa.array(new), pa.scalar(_KIND, pa.int64()), spans["kind"]),
        "by": pc.if_else(pa.array(new), BY, spans["by"]),
        "confidence": pa.array(np.where(share > 0, surer, sure), pa.float32()),
    }
    where = RESULTS.get_field_index("segments")
    return batch.set_column(where, RESULTS.field(where), _with_cells(cells(batch, "segments"), made))


def _shares(
    batch: pa.RecordBatch, spans: pa.RecordBatch, profiles: Sequence[SiteProfile | None]
) -> npt.NDArray[np.float64]:
    """For each segment, the share of its site's other articles that carry it as a line; 0 where it has no profile."""
    share = np.zeros(spans.num_rows)
    owner = np.asarray(cells(batch, "segments").value_parent_indices(), np.int64)
    starts, ends = (np.asarray(spans[name]) for name in ("start", "end"))
    for row, profile in enumerate(profiles):
        if profile:
            text = str(batch["text"][row])
            low, high = np.searchsorted(owner, [row, row + 1])
            places = zip(starts[low:high].tolist(), ends[low:high].tolist(), strict=True)
            share[low:high] = [profile.share(text[start:end]) for start, end in places]
    return share


def _with_cells(lists: Any, made: Mapping[str, Any]) -> Any:
    """A column that lists segments, with other cells in some of their fields."""
    segments, fields = lists.flatten(), list(lists.type.value_type)
    own = [made.get(field.name, cells) for field, cells in zip(fields, segments.flatten(), strict=True)]
    ends = np.append(0, np.cumsum(pc.list_value_length(lists).to_numpy()))
    structs = pa.StructArray.from_arrays(own, fields=fields)
    return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), structs, type=lists.type)
