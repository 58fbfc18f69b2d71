"""The manifest: a release's record as JSON, and where its parts come from."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import datetime, timezone
from functools import lru_cache
from importlib.metadata import version as installed
from pathlib import Path
from typing import Annotated, Any, Final, TypedDict

import msgspec

from libya_news._version import __version__
from libya_news.errors import DataError, UsageError, VersionError
from libya_news.records import MANIFEST, Drop, Release

from . import clusters, drops, schema, shards, splits, templates

FILE_NAME: Final = MANIFEST
FORMAT: Final = "libya_news/manifest"
FORMAT_VERSION: Final = 2
"""The first had the drops in the manifest."""

_SHAPING: Final = ("datasets", "ftfy", "pyarrow", "resiliparse")
"""Libraries whose version can change what a build writes."""

NAME: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
VERSION: Final = re.compile(r"(?:0|[1-9]\d*)(?:\.(?:0|[1-9]\d*)){2}")
"""What a release and its version are called: parts of the name of its folder."""


def checked_name(name: str) -> str:
    """The name, where a dataset may be called so.

    Raises:
        UsageError: it may not.
    """
    if not NAME.fullmatch(name):
        raise UsageError(f"{name!r} is no name for a dataset.", "Use lower-case words joined by hyphens.")
    return name


def checked_version(version: str) -> str:
    """The version, where it is one.

    Raises:
        VersionError: it is none.
    """
    if not VERSION.fullmatch(version):
        raise VersionError(f"{version!r} is no version.", "Give three plain numbers, for example 1.0.0.")
    return version


_INSIDE: Final = re.compile(r"\w[\w.-]*(?:/\w[\w.-]*)*")
"""The path of a file in the folder of a release: none that leads out of it."""

_ELSEWHERE: Final = ("path", "drops")

_AS_JSON: Final = ("about", "filters", "reading")
"""Settings that are JSON within a text."""

_Count = Annotated[int, msgspec.Meta(ge=0, lt=1 << 48)]
_Group = dict[str, _Count]


class _Code(TypedDict):
    libya_news: str


class _Settings(TypedDict):
    text: str
    split: str
    provenance: str


class _Later(TypedDict, total=False):
    fixes: _Group


class _Counts(_Later):
    articles: _Count
    segments: _Count
    languages: _Group
    publishers: _Group
    labels: _Group
    kinds: _Group
    licences: _Group
    rights_holders: _Group
    labelled_by: _Group
    labels_by_language: dict[str, _Group]
    drops: _Group


class _Column(TypedDict):
    config: str
    column: str
    before: str | None
    after: str | None


class _Changes(TypedDict):
    since: str
    level: str
    articles: _Group
    segments: _Group
    labels: dict[str, _Group]
    schema: list[_Column]


class _Shared(TypedDict):
    shared: _Count
    of: _Count


class _Leakage(TypedDict):
    clusters: _Count
    near_duplicates_within: _Count
    near_duplicates_across: _Count
    overlap: dict[str, _Shared]
    publishers_across: list[str]


class _Always(TypedDict):
    code: _Code
    settings: _Settings
    counts: _Counts


class _Parts(_Always, total=False):
    """What is at least in those parts of a manifest of which ``Release`` does not say it; the last two may be empty."""

    changes: _Changes
    leakage: _Leakage


def to_json(release: Release) -> str:
    """The manifest of a release: its fields, its format first, in a fixed order."""
    own = {field.name: getattr(release, field.name) for field in fields(release) if field.name not in _ELSEWHERE}
    text = msgspec.json.encode({"format": FORMAT, "format_version": FORMAT_VERSION, **own})
    return msgspec.json.format(text, indent=1).decode("utf-8") + "\n"


def load(folder: Path) -> Release:
    """Read the release that lies in a folder.

    Raises:
        DataError: there is no manifest, or none that this version understands.
    """
    path = folder / FILE_NAME
    try:
        found: dict[str, Any] = msgspec.convert(json.loads(path.read_text(encoding="utf-8")), dict[str, Any])
        form = found.pop("format", None), found.pop("format_version", None)
        if form[0] != FORMAT or form[1] not in range(1, FORMAT_VERSION + 1):
            raise DataError(f"{path} declares {form}, not {(FORMAT, FORMAT_VERSION)}.", "Use a matching libya-news.")
        told = msgspec.convert(found.pop("drops", []), tuple[Drop, ...])
        release = _checked(found, folder)
        count = sum(release.counts["drops"].values())
        return replace(release, drops=told if form[1] == 1 else drops.published(folder, count))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DataError(f"{folder} holds no readable {FILE_NAME}: {error}.", _REMEDY) from None


def is_foreign(folder: Path) -> bool:
    """Whether the manifest in a folder is that of something else, as apps have one: JSON, and not of our format."""
    try:
        found = json.loads((folder / FILE_NAME).read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    return not (isinstance(found, dict) and found.get("format") == FORMAT)


_REMEDY: Final = "Name the folder of a release or, where its manifest was changed, get it anew."


def _checked(found: dict[str, Any], folder: Path) -> Release:
    """The release that the fields of a manifest describe, without its drops.

    Raises:
        ValueError: one is unknown or not as it must be.
    """
    if unknown := found.keys() - {field.name for field in fields(Release)}:
        raise ValueError(f"nothing is known of {', '.join(sorted(unknown))}")
    msgspec.convert({name: value for name, value in found.items() if value}, _Parts)
    for name in _AS_JSON:
        json.loads(found["settings"].get(name, "{}"))
    made = msgspec.convert({**found, "path": folder, "drops": ()}, Release, dec_hook=lambda _, value: value)
    try:
        check_choices(made.settings)
    except UsageError as error:
        raise ValueError(error.problem.removesuffix(".")) from None
    if not (NAME.fullmatch(made.name) and VERSION.fullmatch(made.version)):
        raise ValueError(f"{made.name!r} {made.version!r} is no name with a version")
    if made.schema_version < 1:
        raise ValueError(f"{made.schema_version} is no version of a schema")
    if {file.config for file in made.files} != set(schema.CONFIGS):
        raise ValueError(f"its files are not those of {' and '.join(schema.CONFIGS)}")
    paths = (*(file.path for file in (*made.files, *made.full)), *(document.path for document in made.documents))
    if outside := next((path for path in paths if not _INSIDE.fullmatch(path)), None):
        raise ValueError(f"{outside!r} is no file of a release")
    return made


def check_choices(settings: Mapping[str, str]) -> None:
    """See to it that those settings that are a choice, as far as they are there, choose what there is.

    Raises:
        UsageError: one does not.
    """
    for name, check in _CHOICES.items():
        if name in settings:
            check(settings[name])


def _text(asked: str) -> str:
    if asked not in ("all", "none"):
        raise UsageError(f"{asked!r} does not say which text to keep.", "Give all or none.")
    return asked


_CHOICES: Final = {
    "text": _text,
    "split": splits.checked,
    "format": shards.checked,
    "dedup": clusters.checked,
    "templates": templates.checked,
}


def data(release: Release) -> bytes:
    """The bytes of a release's manifest, as they lie in its folder.

    Raises:
        DataError: they cannot be read.
    """
    try:
        return (release.path / FILE_NAME).read_bytes()
    except OSError as error:
        raise DataError(f"{release.path} holds no readable {FILE_NAME}: {error}.", "Get the release anew.") from None


def created_at() -> str:
    """Now, or the time in ``SOURCE_DATE_EPOCH`` (seconds since 1970), as ISO 8601 in UTC.

    Source: reproducible-builds.org, SOURCE_DATE_EPOCH specification.

    Raises:
        UsageError: it is no such number.
    """
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    try:
        now = datetime.fromtimestamp(int(epoch), timezone.utc) if epoch else datetime.now(timezone.utc)
    except (OSError, OverflowError, ValueError):
        raise UsageError(f"SOURCE_DATE_EPOCH is {epoch!r}, and no time.", "Set it to seconds since 1970.") from None
    return now.isoformat(timespec="seconds")


def environment() -> dict[str, str]:
    """Versions of Python and of the libraries that shape the result."""
    return {"python": platform.python_version(), **{name: installed(name) for name in _SHAPING}}


@lru_cache(maxsize=1)
def code() -> dict[str, str]:
    """Version of the library, and one SHA-256 over its modules, tables and models."""
    package = Path(__file__).resolve().parents[1]
    hashed = hashlib.sha256()
    for path in sorted(package.rglob("*"), key=lambda path: path.relative_to(package).as_posix()):
        if path.is_file() and path.suffix != ".pyc":
            hashed.update(f"{path.relative_to(package).as_posix()}\0{path.stat().st_size}\0".encode())
            hashed.update(path.read_bytes())
    return {"libya_news": __version__, "sha256": hashed.hexdigest()}


_DECIDING: Final = ("name", "version", "inputs", "schema_version", "code", "environment", "settings")


def fingerprint(release: Release) -> str:
    """One SHA-256 over all that decides what a build writes, but for the time."""
    parts = {name: getattr(release, name) for name in _DECIDING}
    return hashlib.sha256(msgspec.json.encode(parts, order="deterministic")).hexdigest()
