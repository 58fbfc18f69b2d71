"""Version numbers of data: which part of the number a change asks for, after Croissant 1.1.

PATCH: the same records, written again. MINOR: only additions: articles, or columns whose values may be absent.
MAJOR: anything edited, relabelled, removed, or moved to another split.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Final

from libya_news.errors import VersionError
from libya_news.records import Release

from .diff import Diff

LEVELS: Final = ("MAJOR", "MINOR", "PATCH")
"""In the order of the numbers of a version."""


def numbers(version: str) -> tuple[int, ...]:
    """The numbers of a version, which order versions as people do.

    >>> numbers("1.10.0") > numbers("1.9.3")
    True
    """
    return tuple(map(int, version.split(".")))


def level(diff: Diff) -> str:
    """The part of the version number that must go up, at least."""
    if diff.articles["removed"] or diff.articles["changed"] or not all(change.additive for change in diff.schema):
        return "MAJOR"
    return "MINOR" if diff.articles["added"] or diff.schema else "PATCH"


def smallest(version: str, part: str) -> str:
    """The smallest version above one in which that part goes up.

    >>> [smallest("1.2.3", part) for part in LEVELS]
    ['2.0.0', '1.3.0', '1.2.4']
    """
    index = LEVELS.index(part)
    kept = numbers(version)[: index + 1]
    return ".".join(map(str, (*kept[:-1], kept[-1] + 1, *[0] * (2 - index))))


def check(version: str, diff: Diff, latest: str) -> dict[str, Any]:
    """What the manifest tells of the changes since the version before, where the new version is large enough for them.

    Raises:
        VersionError: it is too small; the smallest that is allowed is named.
    """
    part = level(diff)
    least = smallest(latest, part)
    if numbers(version) < numbers(least):
        raise VersionError(
            f"Version {version} is too small: since {latest}, {summary(diff)}, which is a {part} change.",
            f"Give --version {least} or a larger one.",
        )
    counts = {"articles": diff.articles, "segments": diff.segments, "labels": diff.labels}
    return {"since": latest, "level": part, **counts, "schema": [asdict(change) for change in diff.schema]}


def summary(diff: Diff) -> str:
    """The counts of a diff in a line.

    >>> summary(Diff("a", "b", {"added": 2, "removed": 0, "changed": 0}))
    '2 articles added'
    """
    counts = [f"{diff.articles[key]:,} articles {key}" for key in ("added", "removed", "changed") if diff.articles[key]]
    columns = [f"{len(diff.schema)} columns differ"] if diff.schema else []
    return ", ".join((*counts, *columns)) or "the rows are the same"


def changelog(release: Release) -> str:
    """The release's entry in a changelog, from what its manifest tells of the changes."""
    told = release.changes
    if not told:
        return f"## {release.version}\n\nFirst version.\n"
    lines = [
        *(f"Articles, {_WORDS[key]}: {count:,}." for key, count in told["articles"].items() if count and key in _WORDS),
        *(f"Segments {key}: {count:,}." for key, count in told["segments"].items() if count),
        *(
            f"Label {before} → {after}: {count:,} segments."
            for before, row in told["labels"].items()
            for after, count in row.items()
        ),
        *(f"Column `{row['config']}.{row['column']}`: {_became(row)}." for row in told["schema"]),
    ]
    body = "\n".join(f"- {line}" for line in lines) or "- The same records, written again."
    return f"## {release.version}\n\n{told['level']} change since {told['since']}.\n\n{body}\n"


_WORDS: Final = {
    "added": "added",
    "removed": "removed",
    "text": "text changed",
    "labels": "relabelled",
    "segments": "cut otherwise",
    "moved": "moved to another split",
    "other": "other fields changed",
}


def _became(row: dict[str, Any]) -> str:
    if row["before"] is None:
        return "added"
    return "removed" if row["after"] is None else f"was {row['before']}, is {row['after']}"
