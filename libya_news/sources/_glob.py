"""Whether a path fits a pattern, as ``glob`` has it: the same for files of this machine, of stores and of datasets."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase


def fits(path: str, pattern: str) -> bool:
    """Whether a file, or a folder that it lies in, fits a pattern. Only ``**`` stands for several folders, or for none.

    >>> fits("news/en.csv", "news/**/*.csv"), fits("news/2015/07/en.csv", "news/**/*.csv")
    (True, True)
    >>> fits("news/2015/en.csv", "news/*.csv"), fits("news/2015/en.csv", "news/2*")
    (False, True)
    """
    return _parts_fit(path.split("/"), pattern.split("/"))


def _parts_fit(parts: Sequence[str], pattern: Sequence[str]) -> bool:
    """In time of the product of both: for each beginning of the pattern, which beginnings of the path fit it."""
    reached = {0}
    for part in pattern:
        if part == "**":
            reached = set(range(min(reached, default=len(parts)), len(parts)))
        else:
            reached = {at + 1 for at in reached if at < len(parts) and fnmatchcase(parts[at], part)}
    return bool(reached)
