"""The files of a store without renames, as object stores are: what its index names is there, and nothing else is.

A release goes up under a name made from its digest, ``.staged/ERASURES/DIGEST/``, where nobody writes anything else.
Then one conditional write of the index publishes it: of two publishers of one version, the second finds the first in
the index. Nothing is claimed before, so a publisher that dies leaves nothing that stands in anyone's way; what it
brought is used where the same release is published again. At last the files move to ``NAME-X.Y.Z/``, the manifest last;
until it is there, ``Store`` takes them from where they went up, and anybody may finish the move.

An erasure raises the number of erasures in the index before it looks at anything. Who published with the number before
fails, since the index changed; and what lies staged under a lower number may be removed.
"""

from __future__ import annotations

import contextlib
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

from libya_news.errors import DataError, EnvironmentFaultError, LibyaNewsError
from libya_news.records import sha256_hex

from . import manifest
from .index import Entry, Index

ATTEMPTS: Final = 20
"""How often a file is read and written anew when others write it at the same time. Each attempt that fails means that
somebody else succeeded, so more than a few need more publishers at once than a dataset has."""

STAGED: Final = ".staged"

_CONFLICTS: Final = ("PreconditionFailed", "ConditionalRequestConflict")
"""How S3 says that a file is not as it was seen, or is being written by somebody else."""

_WITHIN_PROCESS: Final = threading.Lock()


class Objects:
    """The files of a store.

    Attributes:
        mending: what to do where the index is damaged.
    """

    mending: Final = "Restore it as it was: what it does not name is not there."

    def __init__(self, system: Any, root: str) -> None:
        self._fs, self._root = system, root.rstrip("/")

    def read(self, name: str) -> bytes | None:
        """A file at the top of the store; None where it is not there."""
        return self._seen(name)[0]

    def rewrite(self, name: str, change: Callable[[bytes | None], str]) -> None:
        """Put a text in the place of a file, where nobody else did since it was read; else read it again.

        Raises:
            EnvironmentFaultError: others write it all the time.
        """
        for _ in range(ATTEMPTS):
            text, tag = self._seen(name)
            if self._swapped(name, change(text).encode("utf-8"), text, tag):
                return
        raise EnvironmentFaultError(f"Others keep changing {self._path(name)}.", "Try again later.")

    def place(self, folder: Path, entry: Entry, publish: Callable[[], None], number: int) -> None:
        """Bring a release into the store, then have the index name it; where the index refuses, it is gone again.

        What has arrived before is not sent again.

        Args:
            folder: the release.
            entry: its entry in the index.
            publish: writes the index, or raises.
            number: of erasures, as the index had it.
        """
        self._fs.invalidate_cache()
        staged = self._path(STAGED, str(number), entry.digest)
        there = self._sizes(staged)
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            target = f"{staged}/{path.relative_to(folder).as_posix()}"
            if there.get(target) != path.stat().st_size:
                self._made(target, partial(self._fs.put_file, str(path), target))
        try:
            publish()
        except LibyaNewsError:
            self._remove(staged)
            raise
        self.settle(entry)

    def settle(self, entry: Entry) -> None:
        """Move a release that the index names to its place, where that was not done."""
        for staged in self._staged(entry):
            if not self._settled(entry):
                for path in _manifest_last(self._sizes(staged)):
                    target = self._path(entry.path, path.removeprefix(f"{staged}/"))
                    self._made(target, partial(self._fs.cp_file, path, target))
            self._remove(staged)

    @contextlib.contextmanager
    def fetched(self, entry: Entry) -> Iterator[Path]:
        """A copy of a release on this machine, for as long as the context lasts.

        Raises:
            DataError: the release is not there.
        """
        with tempfile.TemporaryDirectory(prefix="libya_news.") as made:
            folder = Path(made) / entry.path
            try:
                self._fetch(entry, folder)
            except FileNotFoundError:  # it was moved to its place meanwhile
                self._fetch(entry, folder)
            yield folder

    def _fetch(self, entry: Entry, folder: Path) -> None:
        source = self._path(entry.path) if self._settled(entry) else next(self._staged(entry), None)
        if source is None:
            raise DataError(f"{self._path(entry.path)} is not what was published.", "Publish it anew.")
        for path in self._sizes(source):
            target = folder / path.removeprefix(f"{source}/")
            target.parent.mkdir(parents=True, exist_ok=True)
            self._fs.get_file(path, str(target))

    def bury(self, path: str, name: str, text: str) -> None:
        """Empty a release's folder, its manifest first, so that it is none from that moment on, and leave one file."""
        folder = self._path(path)
        with contextlib.suppress(FileNotFoundError):
            self._fs.rm_file(f"{folder}/{manifest.FILE_NAME}")
        self._remove(folder)
        stone = f"{folder}/{name}"
        self._made(stone, partial(self._fs.pipe_file, stone, text.encode("utf-8")))

    def sweep(self, number: int) -> None:
        """Remove what publishers left who began before the erasure of that number."""
        for folder in self._numbers():
            if int(folder.rpartition("/")[2]) < number:
                self._remove(folder)

    def names(self, path: str) -> set[str]:
        """The files in a folder, without what lies deeper; of one that was not moved to its place, none."""
        found = (name.removeprefix(f"{self._path(path)}/") for name in self._sizes(self._path(path)))
        return {name for name in found if "/" not in name}

    def strays(self, index: Index) -> dict[str, Entry]:  # noqa: ARG002 - as folders
        """None: what the index does not name is not there."""
        return {}

    def _path(self, *parts: str) -> str:
        return "/".join((self._root, *parts))

    def _seen(self, name: str) -> tuple[bytes | None, str | None]:
        """A file, and what tells whether it is still the same when it is written."""
        self._fs.invalidate_cache()
        try:
            tag = self._fs.info(self._path(name)).get("ETag")
            return self._fs.cat_file(self._path(name)), tag
        except FileNotFoundError:
            return None, None

    def _swapped(self, name: str, data: bytes, text: bytes | None, tag: str | None) -> bool:
        """Write a file where it is still as it was seen; whether that was so."""
        path = self._path(name)
        try:
            with contextlib.nullcontext() if tag else _WITHIN_PROCESS:
                if not tag and text is not None and self._fs.cat_file(path) != text:
                    return False
                condition = {"IfMatch": tag} if tag else {"mode": "create"} if text is None else {}
                self._made(path, partial(self._fs.pipe_file, path, data, **condition))
        except OSError as error:
            if _is_conflict(error) or (tag and isinstance(error, FileNotFoundError)):
                return False
            raise
        return True

    def _made(self, target: str, write: Callable[[], object]) -> None:
        """Write a file, and its folder first where the file system wants one. A bucket is nobody's to make."""
        try:
            write()
        except FileNotFoundError:
            top = self._root.partition("/")[0]
            if top and not self._fs.exists(top):
                raise
            self._fs.makedirs(target.rpartition("/")[0], exist_ok=True)
            write()

    def _sizes(self, folder: str) -> dict[str, int]:
        """The files below a folder, with their sizes in bytes."""
        self._fs.invalidate_cache()
        return {path: int(row["size"]) for path, row in self._fs.find(folder, detail=True).items()}

    def _remove(self, folder: str) -> None:
        for path in _manifest_last(self._sizes(folder)):
            with contextlib.suppress(FileNotFoundError):
                self._fs.rm_file(path)

    def _settled(self, entry: Entry) -> bool:
        return self._is_manifest(f"{self._path(entry.path)}/{manifest.FILE_NAME}", entry)

    def _staged(self, entry: Entry) -> Iterator[str]:
        """Where a release lies that was not yet moved to its place."""
        for folder in self._numbers():
            if self._is_manifest(f"{folder}/{entry.digest}/{manifest.FILE_NAME}", entry):
                yield f"{folder}/{entry.digest}"

    def _is_manifest(self, path: str, entry: Entry) -> bool:
        try:
            return sha256_hex(self._fs.cat_file(path)) == entry.digest
        except FileNotFoundError:
            return False

    def _numbers(self) -> list[str]:
        self._fs.invalidate_cache()
        try:
            return sorted(str(path).rstrip("/") for path in self._fs.ls(self._path(STAGED), detail=False))
        except FileNotFoundError:
            return []


def _manifest_last(paths: Iterable[str]) -> list[str]:
    return sorted(paths, key=lambda path: (path.endswith(f"/{manifest.FILE_NAME}"), path))


def _is_conflict(error: OSError) -> bool:
    response: dict[str, Any] = getattr(error.__cause__, "response", {})
    return isinstance(error, FileExistsError) or response.get("Error", {}).get("Code") in _CONFLICTS
