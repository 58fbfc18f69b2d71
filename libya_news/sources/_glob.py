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
    if not pattern:
        return True
    if pattern[0] == "**":
        return any(_parts_fit(parts[start:], pattern[1:]) for start in range(len(parts)))
    return bool(parts) and fnmatchcase(parts[0], pattern[0]) and _parts_fit(parts[1:], pattern[1:])
