"""The only reader of ``libya_news/tables/``: facts about languages, sites and templates, as data.

Every table is a TOML file that begins with ``format = "libya_news/NAME"`` and ``version = N``. Both are checked on
reading, so that a file of another format, or of a later version than this code knows, is refused with a clear error.
"""

from __future__ import annotations

import sys
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from .errors import DataError, SourceNotFoundError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["load_table", "load_text", "parse_toml", "read_table", "table_names", "tomllib"]


_VERSION: Final = 1


def parse_toml(text: str) -> dict[str, Any]:
    """The table that a TOML text holds, maybe behind a byte order mark, as some editors put it there.

    Raises:
        ValueError: it is no TOML, or is nested deeper than it can be read.

    >>> parse_toml("\\ufeffa = 1")
    {'a': 1}
    """
    try:
        return tomllib.loads(text.removeprefix("\ufeff"))
    except RecursionError:
        raise ValueError("arrays or tables within each other go too deep") from None


def table_names(folder: str) -> tuple[str, ...]:
    """Names of all tables in a folder of ``tables/``, sorted, without ``.toml``.

    >>> "en" in table_names("languages")
    True
    """
    root = files(__package__) / "tables" / folder
    return tuple(sorted(entry.name[: -len(".toml")] for entry in root.iterdir() if entry.name.endswith(".toml")))


@cache
def load_table(name: str, *, expect: str) -> MappingProxyType[str, Any]:
    """Read one table, for example ``load_table("languages/en", expect="language")``.

    Args:
        name: path below ``tables/``, without ``.toml``.
        expect: the format that the file must declare, without the ``libya_news/`` in front.

    Raises:
        DataError: the file is missing, is no TOML, or declares another format or version.
    """
    resource = files(__package__) / "tables" / f"{name}.toml"
    try:
        text = resource.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise DataError(
            f"There is no table {name!r}.", "Reinstall libya-news: its data files are incomplete."
        ) from None
    return _parsed(name, text, expect)


def read_table(path: Path, *, expect: str) -> MappingProxyType[str, Any]:
    """Read a table of the user's own, from any place.

    Args:
        path: the file.
        expect: the format that the file must declare, without the ``libya_news/`` in front.

    Raises:
        SourceNotFoundError: the file cannot be read.
        DataError: it is no TOML in UTF-8, or declares another format or version.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise SourceNotFoundError(f"{str(path)!r} cannot be read: {error.strerror}.", "Check the path.") from None
    except UnicodeDecodeError as error:
        raise DataError(f"Table {str(path)!r} cannot be read: {error}.", "Give a TOML file in UTF-8.") from None
    return _parsed(str(path), text, expect)


def _parsed(name: str, text: str, expect: str) -> MappingProxyType[str, Any]:
    try:
        table = parse_toml(text)
    except ValueError as error:
        raise DataError(f"Table {name!r} is not valid TOML: {error}.", "Mend the file at the place named.") from None
    found, wanted = (table.pop("format", None), table.pop("version", None)), (f"libya_news/{expect}", _VERSION)
    if found != wanted:
        raise DataError(f"Table {name!r} declares {found}, but {wanted} is needed.", "Use a table of that format.")
    return MappingProxyType(table)


def load_text(name: str) -> str:
    """A text template of ``tables/``, by its file name."""
    return (files(__package__) / "tables" / name).read_text(encoding="utf-8")
