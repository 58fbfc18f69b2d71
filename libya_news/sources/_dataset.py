"""Folders that are datasets, ours or others of the Hub: their card says which files hold the rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any, Final

import yaml

from ._glob import fits

CARD: Final = "README.md"
MAX_CARD_BYTES: Final = 1 << 20
"""Bytes of a card that are read; its head, which is all that counts, has some thousands."""

_DATA: Final = (".parquet", ".arrow", ".jsonl", ".json", ".ndjson", ".csv", ".tsv", ".txt")
_TEXT: Final = ".txt"
_BESIDE: Final = (CARD, "LICENSE", "LICENSE.md", "LICENSE.txt")
"""What lies beside tables and tells about them; beside texts it may be a text."""

_ABOUT: Final = ("dataset_info.json", "dataset_infos.json", "state.json", "croissant.json", "manifest.json")


def head_of(card: bytes) -> dict[str, Any] | None:
    """What the card of a dataset says to machines; None where a README is no such card.

    >>> head_of(b"---\\nlicense: mit\\n---\\n# News")
    {'license': 'mit'}
    >>> head_of(b"# News")
    """
    opening, _, rest = card.decode("utf-8", "replace").replace("\r\n", "\n").partition("\n")
    head, closing, _ = rest.partition("\n---")
    if opening.rstrip() != "---" or not closing:
        return None
    try:
        found = yaml.safe_load(head)
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def data_files(head: dict[str, Any], names: Sequence[str]) -> list[str]:
    """Which files of a dataset hold the rows of its default config, or of its first; all data, where it has none.

    Args:
        head: what the card says.
        names: files below the folder of the dataset, relative to it, POSIX style.

    >>> data_files({"configs": [{"data_files": "data/*"}]}, ["README.md", "data/a.parquet", "extra.parquet"])
    ['data/a.parquet']
    """
    listed = head.get("configs")
    configs = [row for row in listed if isinstance(row, dict)] if isinstance(listed, list) else []
    for config in (*(row for row in configs if row.get("default")), *configs):
        if patterns := list(_patterns(config.get("data_files"))):
            return [name for name in names if any(fits(name, pattern) for pattern in patterns)]
    return [name for name in names if _is_data(PurePosixPath(name))]


def beside_tables(names: Sequence[str]) -> list[str]:
    """The files of a folder that are about its tables: a README without a head, and the licence.

    >>> beside_tables(["README.md", "LICENSE", "data/a.csv"]), beside_tables(["README.md", "a.txt"])
    (['README.md', 'LICENSE'], [])
    """
    tables = any(_is_data(path) and path.suffix.lower() != _TEXT for path in map(PurePosixPath, names))
    return [name for name in names if name in _BESIDE] if tables else []


def _patterns(data_files: Any) -> Iterator[str]:
    if isinstance(data_files, str):
        yield data_files.removeprefix("./")
    elif isinstance(data_files, list):
        for each in data_files:
            yield from _patterns(each.get("path") if isinstance(each, dict) else each)


def _is_data(path: PurePosixPath) -> bool:
    return path.name not in _ABOUT and any(suffix.lower() in _DATA for suffix in path.suffixes)
