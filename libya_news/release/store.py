"""Where releases live: a folder or any fsspec URL, with ``NAME-X.Y.Z/`` for each version and ``index.json``.

In a folder, a release appears by one rename (see ``folders``); elsewhere by one conditional write of the index (see
``objects``). What the index does not name is not there.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import fsspec
from fsspec.implementations.local import LocalFileSystem

from libya_news.errors import DataError, EnvironmentFaultError, ReleaseExistsError, UsageError
from libya_news.outputs import hub
from libya_news.records import Release, sha256_hex
from libya_news.sources import StrPath, is_url

from . import index as index_
from . import ledger as ledger_
from . import manifest, versioning
from .diff import diff
from .folders import Folder
from .index import Entry, Index
from .ledger import Ledger
from .objects import Objects


class Store:
    """A folder or URL that holds releases."""

    def __init__(self, url: StrPath) -> None:
        """Open a store.

        Args:
            url: a path, or a URL that fsspec knows, such as ``s3://bucket/x`` or ``memory://x``. It need not exist.

        Raises:
            UsageError: the protocol is unknown, its package is not installed, or it is the Hub's.
        """
        if str(url).startswith(hub.SCHEME):
            raise UsageError(
                f"{url} is no store: the Hub keeps versions as tags, and what it holds in their history.", _ON_THE_HUB
            )
        self.url = str(url).rstrip("/")
        self._files = _files(str(url))

    def check(self) -> None:
        """See to it that a store on this machine is there; elsewhere one that is empty is not told from none.

        Raises:
            UsageError: there is no such folder.
        """
        if isinstance(self._files, Folder) and not self._files.exists():
            raise UsageError(f"There is no folder {self.url!r}.", "Name the folder or URL that holds the releases.")

    def index(self) -> Index:
        """What the store has. A folder without an index, or with a release that a crash kept from it, is read itself.

        Raises:
            DataError: the index is damaged.
            EnvironmentFaultError: the store cannot be read.
        """
        with _faults(self.url):
            return self._index(self._files.read(index_.FILE_NAME))

    def _index(self, text: bytes | None) -> Index:
        index = index_.from_json(text, f"{self.url}/{index_.FILE_NAME}", self._files.mending) if text else Index()
        if isinstance(self._files, Folder):
            return index_.adopted(index, self._files.complete(), self._files.there())
        return index

    def add(self, folder: Path) -> Entry:
        """Publish a release that lies in a folder, all of it or nothing. What a broken run left is completed.

        A form of a version from which an article was erased takes the place of the other forms, which are withdrawn.

        Raises:
            DataError: the folder holds no release, or one that holds what was erased from this store.
            UsageError: it holds a part of a release only.
            ReleaseExistsError: another release of that name and version is there.
            VersionError: its version is too small for what changed since the latest one.
            EnvironmentFaultError: the store cannot be written, or an erasure began meanwhile.
        """
        release = manifest.load(folder)
        if any(drop.stage == REHYDRATE for drop in release.drops):
            raise UsageError(f"{folder} is a part of a release.", "Give rehydrate the texts that it lacked.")
        entry = replace(index_.entry(release, manifest.data(release)), path=release.leaf)
        index = self.index()
        if (there := index.at(entry.path)) and self._same(there, entry):
            with _faults(self.url):
                self._files.settle(there)
            return there
        kept = self.ledger()
        kept.check(release, self.url)
        kept.check_drops(release, self.url)
        if not release.erased:
            self._check_version(release)
        self.place(folder, entry, index.erasures)
        return entry

    def _same(self, there: Entry, entry: Entry) -> bool:
        """Whether an entry is that of the same release.

        Raises:
            ReleaseExistsError: it is that of another one, or the release was withdrawn.
        """
        if there.digest != entry.digest:
            raise ReleaseExistsError(f"{self.url}/{entry.path} is there, and is another release.", _OTHER)
        if there.status == index_.WITHDRAWN:
            raise ReleaseExistsError(f"{self.url}/{entry.path} was there, and is withdrawn.", _OTHER)
        return True

    def place(self, folder: Path, entry: Entry, erasures: int) -> None:
        """Bring the files of a release into the store, and name it in the index; see ``add`` for what is checked first.

        Raises:
            ReleaseExistsError: another release of that name and version is there.
            EnvironmentFaultError: the store cannot be written, or an erasure began since there were that many.
        """

        def named(index: Index) -> Index:
            if (there := index.at(entry.path)) and self._same(there, entry):
                return index
            index.check(erasures, self.url)
            return index.with_entry(entry)

        def publish() -> None:
            self.update(named)

        with _faults(f"{self.url}/{entry.path}"):
            self._files.place(folder, entry, publish, erasures)

    def names(self, path: str) -> bool:
        """Whether an index lies there that names a folder; what cannot be read, as another file of its name, is none.

        Raises:
            EnvironmentFaultError: the store cannot be read.
        """
        with contextlib.suppress(DataError), _faults(self.url):
            text = self._files.read(index_.FILE_NAME)
            return bool(text and index_.from_json(text, self.url, self._files.mending).at(path))
        return False

    def rollback(self, path: str) -> Index:
        """Make an earlier version the latest again. Nothing is deleted.

        Raises:
            UsageError: there is no such version, or it is withdrawn.
        """
        return self.update(lambda index: index.pointed(path))

    def withdraw(self, path: str) -> Index:
        """Mark a version as withdrawn. Nothing is deleted.

        Raises:
            UsageError: there is no such version.
        """
        return self.update(lambda index: index.withdrawn(path))

    def bury(self, path: str, text: str) -> None:
        """Mark a version as withdrawn, empty its folder for good, and leave a tombstone with that text.

        Raises:
            EnvironmentFaultError: the store cannot be written.
        """
        if self.index().at(path):
            self.withdraw(path)
        with _faults(f"{self.url}/{path}"):
            self._files.bury(path, TOMBSTONE, text)

    def sweep(self, number: int) -> None:
        """Finish what was published, and remove what publishers left who began before the erasure of that number.

        Raises:
            EnvironmentFaultError: the store cannot be written.
        """
        with _faults(self.url):
            for entry in self.index().entries:
                if TOMBSTONE not in self._files.names(entry.path):
                    self._files.settle(entry)
            self._files.sweep(number)

    def update(self, change: Callable[[Index], Index]) -> Index:
        """Change the index, on the condition that nobody else did since it was read; else read it again.

        Raises:
            EnvironmentFaultError: the store cannot be written, or others write it all the time.
        """
        changed = Index()

        def rewritten(text: bytes | None) -> str:
            nonlocal changed
            changed = change(self._index(text))
            return index_.to_json(changed)

        with _faults(self.url):
            self._files.rewrite(index_.FILE_NAME, rewritten)
        return changed

    def ledger(self) -> Ledger:
        """What was erased from the store.

        Raises:
            DataError: it cannot be read, so nobody knows what was erased.
            EnvironmentFaultError: the store cannot be read.
        """
        with _faults(self.url):
            return ledger_.from_json(self._files.read(ledger_.FILE_NAME), f"{self.url}/{ledger_.FILE_NAME}")

    def update_ledger(self, change: Callable[[Ledger], Ledger]) -> Ledger:
        """Change the ledger as ``update`` changes the index."""
        changed = Ledger("")

        def rewritten(text: bytes | None) -> str:
            nonlocal changed
            changed = change(ledger_.from_json(text, f"{self.url}/{ledger_.FILE_NAME}"))
            return ledger_.to_json(changed)

        with _faults(self.url):
            self._files.rewrite(ledger_.FILE_NAME, rewritten)
        return changed

    @contextlib.contextmanager
    def opened(self, path: str) -> Iterator[Release]:
        """A release of the store, as a folder on this machine for as long as the context lasts.

        Raises:
            UsageError: there is no such version, or an erasure emptied it.
            DataError: it cannot be read, or its manifest is not the one that was published.
        """
        index = self.index()
        entry = index.at(path) or self._files.strays(index).get(path) or index.find(path)
        with contextlib.ExitStack() as stack:
            with _faults(f"{self.url}/{entry.path}"):
                if entry.status == index_.WITHDRAWN and TOMBSTONE in self._files.names(entry.path):
                    stands = index.stands_for(entry)
                    remedy = f"Name {stands.path} instead." if stands else "Nothing else was in it."
                    raise UsageError(f"An erasure emptied {self.url}/{entry.path}.", remedy)
                folder = stack.enter_context(self._files.fetched(entry))
            release = manifest.load(folder)
            if sha256_hex(manifest.data(release)) != entry.digest:
                raise DataError(f"The manifest of {entry.path} is not the one that was published.", "Publish it anew.")
            yield release

    def folders(self) -> Iterator[str]:
        """Every folder that holds a release, withdrawn ones too, and those that have no place in the index.

        Raises:
            EnvironmentFaultError: the store cannot be read.
        """
        index = self.index()
        with _faults(self.url):
            for entry in index.entries:
                names = self._files.names(entry.path)
                if entry.status == index_.PUBLISHED or (names and TOMBSTONE not in names):
                    yield entry.path
            yield from self._files.strays(index)

    def before(self, release: Release) -> str | None:
        """The folder of the version that a new one follows: the latest, or the last before it of the same form.

        A release without its text is another form of the data, not a change of it. None where there is no such version.
        """
        index = self.index()
        for entry in reversed(index.entries):
            if (entry.name, entry.status) != (release.name, index_.PUBLISHED):
                continue
            if versioning.numbers(entry.version) <= versioning.numbers(index.latest[release.name]):
                with self.opened(entry.path) as found:
                    if found.holds_text == release.holds_text:
                        return entry.path
        return None

    def _check_version(self, release: Release) -> None:
        path = self.before(release)
        if path:
            with self.opened(path) as old:
                versioning.check(release.version, diff(old, release), old.version)


TOMBSTONE: Final = "TOMBSTONE.md"
"""What stays in the place of an erased release; not a name that ``datasets`` takes for data."""

REHYDRATE: Final = "rehydrate"
"""Stage of the drops that tell which texts a release lacks."""

_ON_THE_HUB: Final = (
    "Name the store that you published from. What is erased there leaves the Hub in two steps: "
    "hf repos delete ORG/NAME --type dataset, then libya-news publish each version that is left. "
    "docs/rights.md tells how the page of the dataset can stay."
)

_OTHER: Final = "A release never changes: choose a new version."


def _files(url: str) -> Folder | Objects:
    """The files of a store. What is no URL is left to the system, since fsspec divides a path at ``::``, too."""
    if not is_url(url):
        return Folder(Path(url).expanduser().absolute())
    try:
        system, root = fsspec.core.url_to_fs(url)
    except (ImportError, ValueError) as error:
        raise UsageError(
            f"{url!r} cannot be opened: {error}.",
            "Install the package of its protocol; for S3: pip install 'libya-news[s3]'.",
        ) from None
    return Folder(Path(root)) if isinstance(system, LocalFileSystem) else Objects(system, root)


def _machine_faults() -> tuple[type[Exception], ...]:
    """What the clients of stores raise where the machine, the network or a permission stands in the way."""
    botocore = sys.modules.get("botocore.exceptions")
    return (OSError, *((botocore.BotoCoreError,) if botocore else ()))


@contextlib.contextmanager
def _faults(place: str) -> Iterator[None]:
    try:
        yield
    except _machine_faults() as error:
        what = (error.strerror if isinstance(error, OSError) else None) or error
        raise EnvironmentFaultError(
            f"Cannot reach {place}: {what}.", "Check the address, permissions, credentials and free space."
        ) from None


def located(url: StrPath) -> tuple[Store, str]:
    """The store and the folder in it that the address of a release names.

    >>> located("releases/libya-news-1.0.0")[1]
    'libya-news-1.0.0'
    """
    parent, _, leaf = str(url).replace("\\", "/").rstrip("/").rpartition("/")
    return Store(parent or "."), leaf


def rolled_back(url: StrPath) -> tuple[Index, str]:
    """The index of a store in which the release at an address is the latest again, and the name of its folder.

    Raises:
        UsageError: see ``Store.rollback``; where that is the address of a store, the error names its releases. Or there
            is no such folder.
    """
    store, path = located(url)
    store.check()
    try:
        index = store.rollback(path)
    except UsageError as error:
        raise _of_store(url) or error from None
    return index, index.find(path).path


@contextlib.contextmanager
def opened(url: StrPath) -> Iterator[Release]:
    """A release by its address, ``STORE/NAME-X.Y.Z`` or ``STORE/NAME`` for the latest: see ``Store.opened``.

    A folder that holds a release under any other name, as a copy does, can be named too.

    Raises:
        UsageError: there is no such release; where that is the address of a store, the error names those that it has.
        DataError: it cannot be read, or its manifest is not the one that was published.
    """
    if is_alone(url):
        yield manifest.load(Path(url))
        return
    store, path = located(url)
    with contextlib.ExitStack() as stack:
        try:
            release = stack.enter_context(store.opened(path))
        except UsageError as error:
            raise _of_store(url) or error from None
        yield release


def is_alone(url: StrPath) -> bool:
    """Whether that is the folder of a release that no index names, as a copy is: nothing tells what was published."""
    store, path = located(url)
    return (Path(url) / manifest.FILE_NAME).is_file() and not store.names(path)


def _of_store(url: StrPath) -> UsageError | None:
    """The error of who names a store where a release is wanted; None where that is the address of none."""
    there = Store(url)
    paths = [f"{there.url}/{entry.path}" for entry in there.index().entries if entry.status == index_.PUBLISHED]
    return UsageError(f"{there.url} is a store.", f"Name one of its releases: {', '.join(paths)}.") if paths else None
