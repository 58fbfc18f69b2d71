"""The manifest: a release's record as JSON, and where its parts come from."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from dataclasses import fields
from datetime import datetime, timezone
from functools import lru_cache
from importlib.metadata import version as installed
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec

from libya_news._version import __version__
from libya_news.errors import DataError, UsageError
from libya_news.records import MANIFEST, Document, Drop, InputFile, OutputFile, Release, Tombstone

from . import drops

FILE_NAME: Final = MANIFEST
FORMAT: Final = "libya_news/manifest"
FORMAT_VERSION: Final = 2
"""The first had the drops in the manifest."""

_SHAPING: Final = ("datasets", "ftfy", "pyarrow", "resiliparse")
"""Libraries whose version can change what a build writes."""


_Count = Annotated[int, msgspec.Meta(ge=0, lt=1 << 48)]

_ELSEWHERE: Final = ("path", "drops")


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
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        form = found.pop("format"), found.pop("format_version")
        if form[0] != FORMAT or form[1] not in range(1, FORMAT_VERSION + 1):
            raise DataError(f"{path} declares {form}, not {(FORMAT, FORMAT_VERSION)}.", "Use a matching libya-news.")
        for name, record in (
            ("inputs", InputFile),
            ("files", OutputFile),
            ("documents", Document),
            ("full", OutputFile),
            ("erased", Tombstone),
        ):
            found[name] = tuple(record(**row) for row in found.get(name, ()))
        counts = msgspec.convert(found["counts"]["drops"], dict[str, _Count])
        told = msgspec.convert(found.get("drops", []), tuple[Drop, ...])
        found["drops"] = told if form[1] == 1 else drops.published(folder, sum(counts.values()))
        return Release(path=folder, **found)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{folder} holds no readable {FILE_NAME}: {error}.", "Name the folder of a release.") from None


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
