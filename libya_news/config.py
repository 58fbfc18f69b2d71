"""``libya-news.toml``: a corpus described once, its sources, what is known of them, and the release made of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Final, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from ._tables import parse_toml
from .corpus.filters import Filters
from .corpus.topics import load_topic
from .errors import LibyaNewsError, SourceNotFoundError, UsageError
from .release import manifest, splits
from .release.about import About
from .sources import FACTS, MAX_DOCUMENT_BYTES, Reading, Source, is_url

FORMAT: Final = "libya_news/corpus"
FORMAT_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Corpus:
    """What a config file says, as ``build`` takes it: ``build(corpus.sources, **corpus.settings)``.

    Attributes:
        sources: what is read, and how.
        settings: the arguments of ``build`` that the file gives.
    """

    sources: tuple[Source, ...]
    settings: Mapping[str, Any]


class _Strict(msgspec.Struct, forbid_unknown_fields=True):
    """A table of the file; a key that it does not know is a slip."""


class _Release(_Strict):
    name: str | msgspec.UnsetType = msgspec.UNSET
    version: str | msgspec.UnsetType = msgspec.UNSET
    out: str | msgspec.UnsetType = msgspec.UNSET
    split: str | msgspec.UnsetType = msgspec.UNSET
    text: Literal["all", "none"] | msgspec.UnsetType = msgspec.UNSET
    format: Literal["parquet", "arrow"] | msgspec.UnsetType = msgspec.UNSET
    dedup: Literal["mark", "keep", "drop"] | msgspec.UnsetType = msgspec.UNSET
    templates: Literal["keep", "mark"] | msgspec.UnsetType = msgspec.UNSET
    topic: str | msgspec.UnsetType = msgspec.UNSET


class _About(_Strict):
    title: str = ""
    description: str = ""
    creator: str = ""
    keywords: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()


class _Facts(_Strict):
    publisher: str = ""
    language: str = ""
    licence: str = ""
    rights_holder: str = ""
    terms: str = ""

    def known(self) -> dict[str, str]:
        return {name: fact for name in FACTS if (fact := getattr(self, name))}


class _Source(_Facts, kw_only=True):
    path: Annotated[str, msgspec.Meta(min_length=1)]
    map: dict[str, str] = msgspec.field(default_factory=dict)


class _Filters(_Strict):
    languages: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    min_characters: int = 0
    max_document_bytes: Annotated[int, msgspec.Meta(ge=1)] = MAX_DOCUMENT_BYTES


class _File(_Strict):
    format: str
    version: int
    sources: list[dict[str, Any]]
    release: dict[str, Any] = msgspec.field(default_factory=dict)
    about: dict[str, Any] = msgspec.field(default_factory=dict)
    defaults: dict[str, Any] = msgspec.field(default_factory=dict)
    filters: dict[str, Any] = msgspec.field(default_factory=dict)


def load_config(path: str | Path) -> Corpus:
    """Read a config file. Relative paths in it start at its folder.

    Raises:
        SourceNotFoundError: there is no such file.
        UsageError: it is no TOML, or a key or value in it is not as it must be; the message names it.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "libya-news.toml")
    >>> _ = path.write_text('''
    ... format = "libya_news/corpus"
    ... version = 1
    ... [release]
    ... version = "1.2.0"
    ... [[sources]]
    ... path = "news"
    ... ''')
    >>> corpus = load_config(path)
    >>> [source.path.name for source in corpus.sources], corpus.settings["version"]
    (['news'], '1.2.0')
    """
    file = Path(path)
    table = _checked(_parsed(file), _File, file, "the file")
    if (table.format, table.version) != (FORMAT, FORMAT_VERSION):
        raise UsageError(f"{file} declares {table.format} {table.version}.", f'Write format = "{FORMAT}", version = 1.')
    if not table.sources:
        raise UsageError(f"{file} has no sources.", 'Name one: [[sources]] and path = "news".')
    filters = _checked(table.filters, _Filters, file, "[filters]")
    defaults = _checked(table.defaults, _Facts, file, "[defaults]").known()
    _named(f"{file}: [defaults]", Reading, {}, defaults)
    settings = _release(_checked(table.release, _Release, file, "[release]"), f"{file}: [release]")
    if "out" in settings and not is_url(settings["out"]):  # which build refuses
        settings["out"] = file.parent / settings["out"]
    if str(settings.get("topic")).endswith(".toml"):
        settings["topic"] = str(file.parent / settings["topic"])
    settings["about"] = About(**msgspec.structs.asdict(_checked(table.about, _About, file, "[about]")))
    chosen = (filters.languages, filters.since, filters.until, filters.min_characters)
    settings["filters"] = _named(f"{file}: [filters]", Filters, *chosen)
    sources = []
    for number, row in enumerate(table.sources, start=1):
        where = f"[[sources]] number {number}"
        source = _checked(row, _Source, file, where)
        place = source.path if is_url(source.path) else file.parent / source.path
        reading = (source.map, {**defaults, **source.known()}, filters.max_document_bytes)
        sources.append(Source(place, _named(f"{file}: {where}", Reading, *reading)))
    return Corpus(tuple(sources), settings)


def _parsed(file: Path) -> dict[str, Any]:
    try:
        return parse_toml(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SourceNotFoundError(f"{file} cannot be read: {error.strerror}.", "Check the path.") from None
    except ValueError as error:
        raise UsageError(f"{file} is not valid TOML: {error}.", "Mend it at the place named.") from None


_Table = TypeVar("_Table", bound=_Strict)


def _checked(table: Mapping[str, Any], kind: type[_Table], file: Path, where: str) -> _Table:
    try:
        return msgspec.convert(table, kind)
    except msgspec.ValidationError as error:
        key = re.search(r"at `\$\.(\w+)", said := str(error))
        if not key:
            raise UsageError(f"{file}: {where}: {said}.", f"It takes: {', '.join(kind.__struct_fields__)}.") from None
        if "[...]" in said:
            said = said.replace("[...]", f".{_no_text(table[key[1]])}")
        raise UsageError(f"{file}: {where}: {said}.", f"{key[1]} takes {_taken(kind, key[1])}.") from None


def _no_text(table: Mapping[str, Any]) -> str:
    """The first key whose value is no text, which is not named where a table of texts is refused."""
    return next(key for key, value in table.items() if not isinstance(value, str))


_TAKEN: Final[dict[Any, str]] = {
    str: "a text in quotation marks",
    int: "a whole number",
    date: "a day, written as 2015-07-21 without quotation marks",
    tuple[str, ...]: 'a list of texts: ["en", "ar"]',
    dict[str, str]: 'a table of texts: {text = "story"}',
    dict[str, Any]: "a table, with its name in brackets on a line of its own",
    list[dict[str, Any]]: 'one table or more: write [[sources]] and below it path = "news"',
}
"""What is written for a value of a type."""


def _taken(kind: type[_Strict], key: str) -> str:
    """What a key of a table may be.

    >>> _taken(_Release, "dedup"), _taken(_Filters, "since")
    ('one of mark, keep, drop', 'a day, written as 2015-07-21 without quotation marks')
    """
    hint = get_type_hints(kind)[key]
    if get_origin(hint) in (Union, UnionType):
        hint = get_args(hint)[0]  # besides it, that nothing is said
    return f"one of {', '.join(get_args(hint))}" if get_origin(hint) is Literal else _TAKEN[hint]


def _release(given: _Release, where: str) -> dict[str, Any]:
    """The settings that a file gives, each of which may be what it says."""
    settings = {key: value for key, value in msgspec.structs.asdict(given).items() if value is not msgspec.UNSET}
    for key, check in _CHECKS.items():
        if key in settings:
            _named(where, check, settings[key])
    return settings


def _topic(name: str) -> None:
    """Refuse a name that is no topic's; what is wrong with a file is said with its own name."""
    if name != "none" and not name.endswith(".toml"):
        load_topic(name)


_CHECKS: Final[Mapping[str, Callable[[str], object]]] = {
    "name": manifest.checked_name,
    "version": manifest.checked_version,
    "split": splits.checked,
    "topic": _topic,
}
"""What looks at the settings that may not be any text."""

_Made = TypeVar("_Made")


def _named(where: str, make: Callable[..., _Made], *arguments: Any) -> _Made:
    """What is made of values of the file; where they are refused, the message says where they stand."""
    try:
        return make(*arguments)
    except LibyaNewsError as error:
        raise UsageError(f"{where}: {error.problem}", error.remedy) from None
