"""The index of a store: which versions it has, which of them are withdrawn, and which is the latest."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

import msgspec

from libya_news.errors import DataError, EnvironmentFaultError, UsageError
from libya_news.records import Release, sha256_hex

from .manifest import VERSION
from .versioning import numbers

FILE_NAME: Final = "index.json"
FORMAT: Final = "libya_news/index"
FORMAT_VERSION: Final = 1

_FOLDER: Final = re.compile(r"\w[\w.-]*")

PUBLISHED: Final = "published"
WITHDRAWN: Final = "withdrawn"


@dataclass(frozen=True, slots=True)
class Entry:
    """One version in a store.

    Attributes:
        path: its folder, as a rule ``NAME-X.Y.Z``.
        name, version: what it is called.
        created_at: when it was built, ISO 8601 in UTC.
        digest: SHA-256 of its manifest, which holds the SHA-256 of every other file.
        status: ``published`` or ``withdrawn``.
    """

    path: str
    name: str
    version: str
    created_at: str
    digest: str
    status: str = PUBLISHED


@dataclass(frozen=True, slots=True)
class Index:
    """What a store has.

    Attributes:
        entries: its versions, in their order.
        latest: the latest version of each name.
        erasures: number of the last erasure. Who publishes watches it: what was on its way when an erasure began may
            hold what that takes out.
    """

    entries: tuple[Entry, ...] = ()
    latest: Mapping[str, str] = field(default_factory=dict)
    erasures: int = 0

    def at(self, path: str) -> Entry | None:
        """The entry of a folder; None where there is none."""
        return next((entry for entry in self.entries if entry.path == path), None)

    def find(self, path: str) -> Entry:
        """The entry of a folder; of ``NAME`` alone, that of its latest version.

        Raises:
            UsageError: there is none.
        """
        for entry in self.entries:
            if entry.path == path or (entry.name == path and self.is_latest(entry)):
                return entry
        names = ", ".join(entry.path for entry in self.entries if entry.status == PUBLISHED)
        if not names:
            said = f"There is no release {path!r}, nor any other beside it."
            raise UsageError(said, "Name STORE/NAME-X.Y.Z, or STORE/NAME for the latest version.")
        raise UsageError(f"The store has no release {path!r}.", f"It has: {names}.")

    def stands_for(self, gone: Entry) -> Entry | None:
        """The folder that is published in the place of one that was withdrawn; None where there is none."""
        same = (gone.name, gone.version, PUBLISHED)
        return next((row for row in self.entries if (row.name, row.version, row.status) == same), None)

    def is_latest(self, entry: Entry) -> bool:
        """Whether an entry is what a name without a version stands for."""
        return entry.status == PUBLISHED and self.latest.get(entry.name) == entry.version

    def check(self, erasures: int, where: str) -> None:
        """That no erasure began in the store at that address since there were that many.

        Raises:
            EnvironmentFaultError: one did.
        """
        if self.erasures != erasures:
            raise began(where)

    def with_entry(self, entry: Entry) -> Index:
        """With one more folder. A version that was not there becomes the latest of its name, unless a higher one is.

        Another folder of the same version holds what was erased since: it is withdrawn.
        """
        same = (entry.name, entry.version, PUBLISHED)
        others = [
            replace(row, status=WITHDRAWN) if (row.name, row.version, entry.status) == same else row
            for row in self.entries
            if row.path != entry.path
        ]
        entries = sorted((*others, entry), key=lambda row: (row.name, numbers(row.version), row.path))
        latest = self.latest.get(entry.name, entry.version)
        if entry.version not in (row.version for row in others if row.name == entry.name):
            latest = max(latest, entry.version, key=numbers)
        return replace(self, entries=tuple(entries), latest={**self.latest, entry.name: latest})

    def pointed(self, path: str) -> Index:
        """With that version as the latest of its name.

        Raises:
            UsageError: it is not there, or withdrawn.
        """
        entry = self.find(path)
        if entry.status == WITHDRAWN:
            stands = self.stands_for(entry)
            remedy = f"Name {stands.path} instead." if stands else "Choose a version that is published."
            raise UsageError(f"{path} is withdrawn.", remedy)
        return replace(self, latest={**self.latest, entry.name: entry.version})

    def withdrawn(self, path: str) -> Index:
        """With that folder withdrawn; where it was the latest, the highest version that is published takes its place.

        Raises:
            UsageError: it is not there.
        """
        gone = self.find(path)
        entries = tuple(replace(row, status=WITHDRAWN) if row == gone else row for row in self.entries)
        left = [row.version for row in entries if (row.name, row.status) == (gone.name, PUBLISHED)]
        latest = {name: version for name, version in self.latest.items() if name != gone.name or version in left}
        return replace(
            self, entries=entries, latest={**({gone.name: max(left, key=numbers)} if left else {}), **latest}
        )


def began(where: str) -> EnvironmentFaultError:
    """The error of who was on the way to a store when an erasure began there."""
    return EnvironmentFaultError(f"An erasure began in {where} meanwhile.", "Run it again.")


def entry(release: Release, text: bytes) -> Entry:
    """The entry of a release, from its record and the bytes of its manifest."""
    return Entry(release.path.name, release.name, release.version, release.created_at, sha256_hex(text))


def to_json(index: Index) -> str:
    """The text of ``index.json``."""
    fields = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "latest": dict(index.latest),
        **({"erasures": index.erasures} if index.erasures else {}),
        "releases": [asdict(row) for row in index.entries],
    }
    return json.dumps(fields, ensure_ascii=False, indent=1) + "\n"


def from_json(text: bytes, where: str, mending: str) -> Index:
    """Read the text of ``index.json``.

    Args:
        text: what is in it.
        where: its address.
        mending: what to do where it is damaged.

    Raises:
        DataError: it is none, or of another version.
    """
    try:
        fields: dict[str, Any] = json.loads(text)
        found = (fields["format"], fields["format_version"])
        if found != (FORMAT, FORMAT_VERSION):
            raise DataError(f"{where} declares {found}, not {(FORMAT, FORMAT_VERSION)}.", "Use a matching libya-news.")
        entries = msgspec.convert(fields["releases"], tuple[Entry, ...])
        latest = msgspec.convert(fields["latest"], dict[str, str])
        erasures = msgspec.convert(fields.get("erasures", 0), int)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DataError(f"{where} is no index: {error}.", mending) from None
    if wrong := _wrong(entries, latest):
        raise DataError(f"{where} is no index: {wrong}.", mending)
    return Index(entries, latest, erasures)


def _wrong(entries: Collection[Entry], latest: Mapping[str, str]) -> str:
    """What is wrong with the versions of an index; empty where nothing is."""
    for entry in entries:
        if not _FOLDER.fullmatch(entry.path):
            return f"{entry.path!r} is no name of a folder"
        if not VERSION.fullmatch(entry.version):
            return f"{entry.version!r} is no version"
    there = {(entry.name, entry.version) for entry in entries if entry.status == PUBLISHED}
    if not latest.items() <= there or latest.keys() != {name for name, _ in there}:
        return "the latest versions are not of those that are published"
    return ""


def adopted(index: Index, folders: Iterable[Entry], there: Collection[str]) -> Index:
    """As the folders are: with what lies there complete but did not reach the index, and without what is gone.

    What is there and cannot be read is not gone: it stays as the index has it, until it is mended or removed.
    """
    known = {row.path for row in index.entries}
    for found in folders:
        if found.path not in known:
            index = index.with_entry(found)
    for path in sorted(known.difference(there)):
        index = index.withdrawn(path)
    return index
