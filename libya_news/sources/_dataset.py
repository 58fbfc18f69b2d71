"""Folders that are datasets, ours or others of the Hub: their card says which files hold the rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from glob import escape, has_magic
from pathlib import PurePosixPath
from typing import Any, Final

import yaml

from libya_news.records import MANIFEST

from ._glob import fits

CARD: Final = "README.md"
MAX_CARD_BYTES: Final = 1 << 18
"""Bytes of a card that are read; its head, which is all that counts, must end there. Those of most datasets have some
thousands; that of Wikipedia in its 300 languages has half of this."""

MAX_DEPTH: Final = 32
"""Lists and tables within each other in a head: the files of a split are at the fifth."""

MAX_PATTERNS: Final = 300
"""Patterns with wild cards that say where the rows of one config are; each is held against the name of every file. One
for each language of a large corpus makes a hundred."""

_LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Ten times as fast, where PyYAML was built with it."""

_DATA: Final = (".parquet", ".arrow", ".jsonl", ".json", ".ndjson", ".csv", ".tsv", ".txt")
_TEXT: Final = ".txt"
_BESIDE: Final = (CARD, "LICENSE", "LICENSE.md", "LICENSE.txt")
"""What lies beside tables and tells about them; beside texts it may be a text."""

_RELEASE: Final = re.compile(r"-(\d+)\.(\d+)\.(\d+)(?:-erased-(\d+))?")
"""What stands behind a dataset's name in that of the folder of a release."""

_ABOUT: Final = ("dataset_info.json", "dataset_infos.json", "state.json", "croissant.json", "manifest.json")


def head_of(card: bytes) -> dict[str, Any] | None:
    """What the card of a dataset says to machines; None where a README is no such card, or has a head
    that nobody writes by hand or with the tools of the Hub.

    >>> head_of(b"---\\nlicense: mit\\n---\\n# News")
    {'license': 'mit'}
    >>> head_of(b"# News")
    """
    opening, _, rest = card.decode("utf-8", "replace").replace("\r\n", "\n").partition("\n")
    head, closing, _ = rest.partition("\n---")
    if opening.rstrip() != "---" or not closing:
        return None
    try:
        found = yaml.load(head, Loader=_LOADER) if _is_plain(head) else None  # noqa: S506 - a safe one
    except Exception:  # noqa: BLE001 - PyYAML lets through whatever a value raises, as int("_") or a day of the year 0
        return None
    return found if isinstance(found, dict) and len(_wild(_chosen(found))) <= MAX_PATTERNS else None


def _is_plain(head: str) -> bool:
    """Whether YAML is what people write into a card: no values by reference, which let a few lines hold billions of
    them or themselves, no types of its own, and no more than ``MAX_DEPTH``.

    >>> _is_plain("a: [1, b]"), _is_plain("a: &b []\\nc: *b"), _is_plain("a: !!int 1"), _is_plain("[" * 9999)
    (True, False, False, False)
    """
    depth = 0
    for event in yaml.parse(head, Loader=_LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH or isinstance(event, yaml.AliasEvent) or getattr(event, "tag", None):
            return False
    return True


def data_files(head: dict[str, Any], names: Sequence[str]) -> list[str]:
    """Which files of a dataset hold the rows of its default config, or of its first; all data, where it has none.

    Args:
        head: what the card says.
        names: files below the folder of the dataset, relative to it, POSIX style.

    >>> data_files({"configs": [{"data_files": "data/*"}]}, ["README.md", "data/a.parquet", "extra.parquet"])
    ['data/a.parquet']
    """
    patterns = _chosen(head)
    if not patterns:
        return [name for name in names if _is_data(PurePosixPath(name))]
    found = {name for name in names if not patterns.isdisjoint(map(str, (name, *PurePosixPath(name).parents[:-1])))}
    for pattern in _wild(patterns):
        found.update(name for name in names if name not in found and fits(name, pattern))
    return [name for name in names if name in found]


def _chosen(head: dict[str, Any]) -> set[str]:
    """The names and patterns of the files of the default config, or of the first that has any."""
    listed = head.get("configs")
    configs = [row for row in listed if isinstance(row, dict)] if isinstance(listed, list) else []
    for config in (*(row for row in configs if row.get("default")), *configs):
        if patterns := set(_patterns(config.get("data_files"))):
            return patterns
    return set()


def _wild(patterns: set[str]) -> list[str]:
    return [pattern for pattern in patterns if has_magic(pattern)]


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


def releases_beside(path: str) -> str:
    """The pattern of the manifests of a dataset's releases, for the path that has its name without a version."""
    return f"{escape(path)}-*/{MANIFEST}"


def which_release(place: str, manifests: Iterable[str]) -> str:
    """What to do where there is nothing but releases of a dataset of that name; empty where there are none either.

    Args:
        place: path or URL that has the dataset's name without a version.
        manifests: paths that fit ``releases_beside``.

    >>> which_release("st/news", [f"st/news-{rest}/manifest.json" for rest in ("1.10.0", "1.9.0", "of-libya-1.0.0")])
    'Name one of its releases: st/news-1.9.0, st/news-1.10.0.'
    """
    behind = [PurePosixPath(path).parent.name.removeprefix(PurePosixPath(place).name) for path in manifests]
    versions = [(tuple(map(int, found.groups("0"))), found[0]) for found in map(_RELEASE.fullmatch, behind) if found]
    return f"Name one of its releases: {', '.join(place + rest for _, rest in sorted(versions))}." if versions else ""
