"""The only reader of ``libya_news/tables/``: facts about languages, sites and templates, as data.

Every table is a TOML file that begins with ``format = "libya_news/NAME"`` and ``version = N``. Both are checked on
reading, so that a file of another format, or of a later version than this code knows, is refused with a clear error.
"""

from __future__ import annotations

import sys
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from .errors import DataError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["load_table", "load_text", "table_names", "tomllib"]


def table_names(folder: str = "") -> tuple[str, ...]:
    """Names of all tables in a folder of ``tables/``, sorted, without ``.toml``.

    >>> "en" in table_names("languages")
    True
    """
    root = files(__package__) / "tables" / folder
    return tuple(sorted(entry.name[: -len(".toml")] for entry in root.iterdir() if entry.name.endswith(".toml")))


@cache
def load_table(name: str, *, expect: str, version: int = 1) -> MappingProxyType[str, Any]:
    """Read one table, for example ``load_table("languages/en", expect="language")``.

    Args:
        name: path below ``tables/``, without ``.toml``.
        expect: the format that the file must declare, without the ``libya_news/`` in front.
        version: the only format version that the caller understands.

    Raises:
        DataError: the file is missing, is no TOML, or declares another format or version.
    """
    resource = files(__package__) / "tables" / f"{name}.toml"
    try:
        table = tomllib.loads(resource.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(
            f"There is no table {name!r}.", "Reinstall libya-news: its data files are incomplete."
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise DataError(f"Table {name!r} is not valid TOML: {error}.", "Mend the file at the place named.") from None
    found = (table.pop("format", None), table.pop("version", None))
    wanted = (f"libya_news/{expect}", version)
    if found != wanted:
        raise DataError(f"Table {name!r} declares {found}, but {wanted} is needed.", "Use a table of that format.")
    return MappingProxyType(table)


def load_text(name: str) -> str:
    """A text template of ``tables/``, by its file name."""
    return (files(__package__) / "tables" / name).read_text(encoding="utf-8")
