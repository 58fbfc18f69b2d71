"""Where releases live: a folder or any fsspec URL, with ``NAME-X.Y.Z/`` for each version and ``index.json``.

In a folder, a release appears by one rename. In an object store its manifest is written first and only where none is,
which settles who publishes that version; then its files; the index comes last, on the condition that nobody changed it
since it was read. What the index does not name is not there.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import fsspec
from fsspec.implementations.local import LocalFileSystem

from libya_news.errors import DataError, EnvironmentFaultError, ReleaseExistsError, UsageError
from libya_news.records import Release, sha256_hex
from libya_news.sources import StrPath

from . import index as index_
from . import manifest, versioning
from .diff import diff
from .index import Entry, Index
from .staging import locked, replace_text, staged

ATTEMPTS: Final = 20
"""How often the index is read and written anew when others write it at the same time. Each attempt that fails means
that somebody else succeeded, so more than a few need more publishers at once than a dataset has."""

_FOLDER: Final = r"{}(?:-erased-\d+)?"
"""What the folder of a version is called, of one from which an article was erased too."""

_WITHIN_PROCESS: Final = threading.Lock()


class Store:
    """A folder or URL that holds releases."""

    def __init__(self, url: StrPath) -> None:
        """Open a store.

        Args:
            url: a path, or a URL that fsspec knows, such as ``s3://bucket/x`` or ``memory://x``. It need not exist.

        Raises:
            UsageError: the protocol is unknown, or its package is not installed.
        """
        try:
            self._fs, self._root = fsspec.core.url_to_fs(str(url))
        except (ImportError, ValueError) as error:
            raise UsageError(
                f"{str(url)!r} cannot be opened: {error}.", "Install the package of its protocol."
            ) from None
        self.url = str(url)
        self.local: Path | None = Path(self._root) if isinstance(self._fs, LocalFileSystem) else None

    def index(self) -> Index:
        """What the store has. A folder without an index, or with a release that a crash kept from it, is read itself.

        Raises:
            DataError: the index is damaged.
            EnvironmentFaultError: the store cannot be read.
        """
        return self._read()[0]

    def add(self, folder: Path) -> Entry:
        """Publish a release that lies in a folder, all of it or nothing. What a broken run left is completed.

        Raises:
            DataError: the folder holds no release.
            ReleaseExistsError: another release of that name and version is there, or on its way.
            VersionError: its version is too small for what changed since the latest one.
            EnvironmentFaultError: the store cannot be written.
        """
        release, text = manifest.load(folder), (folder / manifest.FILE_NAME).read_bytes()
        entry = index_.entry(release, text)
        there = next((row for row in self.index().entries if row.path == entry.path), None)
        if there == entry:
            return entry
        if there:
            raise _exists(self._path(entry.path))
        self._check_version(release)
        if self.local:
            with staged(self.local / entry.path) as made:
                shutil.copytree(folder, made, dirs_exist_ok=True)
        else:
            self._upload(folder, entry, text)
        self.update(lambda index: index.with_entry(entry))
        return entry

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

    def update(self, change: Callable[[Index], Index]) -> Index:
        """Change the index, on the condition that nobody else did since it was read; else read it again.

        Raises:
            EnvironmentFaultError: the store cannot be written, or others write it all the time.
        """
        with _faults(self._path(index_.FILE_NAME)):
            if self.local:
                self.local.mkdir(parents=True, exist_ok=True)
                with locked(self.local):
                    changed = change(self.index())
                    replace_text(self.local / index_.FILE_NAME, index_.to_json(changed))
                    return changed
            for _ in range(ATTEMPTS):
                index, seen = self._read()
                changed = change(index)
                if self._swap(index_.to_json(changed).encode("utf-8"), seen):
                    return changed
        raise EnvironmentFaultError(f"Others keep changing {self.url}.", "Try again later.")

    @contextlib.contextmanager
    def opened(self, path: str) -> Iterator[Release]:
        """A release of the store, as a folder on this machine for as long as the context lasts.

        Raises:
            UsageError: there is no such version.
            DataError: it cannot be read, or its manifest is not the one that was published.
        """
        entry = self.index().find(path)
        with contextlib.ExitStack() as stack:
            if self.local:
                folder = self.local / entry.path
            else:
                folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="libya_news."))) / entry.path
                with _faults(self._path(entry.path)):
                    self._fs.get(self._path(entry.path), str(folder), recursive=True)
            release = manifest.load(folder)
            if sha256_hex((folder / manifest.FILE_NAME).read_bytes()) != entry.digest:
                raise DataError(f"The manifest of {entry.path} is not the one that was published.", "Publish it anew.")
            yield release

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

    def _path(self, *parts: str) -> str:
        return "/".join((self._root.rstrip("/"), *parts))

    def _read(self) -> tuple[Index, Any]:
        """The index, and what tells whether it is still the same when it is written."""
        path = self._path(index_.FILE_NAME)
        with _faults(path):
            self._fs.invalidate_cache()
            try:
                seen = self._fs.info(path).get("ETag")
                text: bytes = self._fs.cat_file(path)
                index = index_.from_json(text, path)
            except FileNotFoundError:
                text, seen, index = b"", None, Index()
        if self.local:
            index = index_.adopted(index, list(_complete(self.local)))
        return index, (seen, text)

    def _swap(self, data: bytes, seen: tuple[str | None, bytes]) -> bool:
        """Write the index where it is still as it was seen; whether that was so."""
        path, (tag, text) = self._path(index_.FILE_NAME), seen
        try:
            if not text:
                self._fs.pipe_file(path, data, mode="create")
            elif tag:
                self._fs.pipe_file(path, data, IfMatch=tag)
            else:
                with _WITHIN_PROCESS:
                    if self._fs.cat_file(path) != text:
                        return False
                    self._fs.pipe_file(path, data)
        except FileExistsError:
            return False
        except OSError as error:
            if "PreconditionFailed" in repr(error) or "ConditionalRequestConflict" in repr(error):
                return False
            raise
        return True

    def _claim(self, entry: Entry, text: bytes) -> None:
        path = self._path(entry.path, manifest.FILE_NAME)
        self._fs.makedirs(self._path(entry.path), exist_ok=True)
        try:
            self._fs.pipe_file(path, text, mode="create")
        except OSError:
            if not self._fs.exists(path):
                raise
            if self._fs.cat_file(path) != text:
                raise _exists(self._path(entry.path)) from None

    def _upload(self, folder: Path, entry: Entry, text: bytes) -> None:
        """All files of a release, those left out that an earlier attempt has brought."""
        with _faults(self._path(entry.path)):
            self._claim(entry, text)
            for path in sorted(path for path in folder.rglob("*") if path.is_file()):
                target = self._path(entry.path, path.relative_to(folder).as_posix())
                if not self._fs.exists(target) or self._fs.size(target) != path.stat().st_size:
                    self._fs.put_file(str(path), target)

    def _check_version(self, release: Release) -> None:
        path = self.before(release)
        if path:
            with self.opened(path) as old:
                versioning.check(release.version, diff(old, release), old.version)


def _complete(folder: Path) -> Iterator[Entry]:
    """The releases that lie complete in a folder: a rename put them there, so each that has a manifest is whole."""
    for path in sorted(folder.glob(f"[!.]*/{manifest.FILE_NAME}")):
        with contextlib.suppress(DataError):
            release = manifest.load(path.parent)
            if re.fullmatch(_FOLDER.format(re.escape(f"{release.name}-{release.version}")), path.parent.name):
                yield index_.entry(release, path.read_bytes())


def _exists(path: str) -> ReleaseExistsError:
    return ReleaseExistsError(
        f"Another release is published as {path}, or is being published.", "Choose a new version."
    )


@contextlib.contextmanager
def _faults(path: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise EnvironmentFaultError(
            f"Cannot reach {path}: {error.strerror or error}.", "Check the address, permissions and free space."
        ) from None


def located(url: StrPath) -> tuple[Store, str]:
    """The store and the folder in it that the address of a release names.

    >>> located("releases/libya-news-1.0.0")[1]
    'libya-news-1.0.0'
    """
    parent, _, leaf = str(url).replace("\\", "/").rstrip("/").rpartition("/")
    return Store(parent or "."), leaf


@contextlib.contextmanager
def opened(url: StrPath) -> Iterator[Release]:
    """A release by its address, ``STORE/NAME-X.Y.Z`` or ``STORE/NAME`` for the latest: see ``Store.opened``.

    A folder that holds a release under any other name, as a copy does, can be named too.
    """
    if (Path(url) / manifest.FILE_NAME).is_file():
        yield manifest.load(Path(url))
        return
    store, path = located(url)
    with store.opened(path) as release:
        yield release
