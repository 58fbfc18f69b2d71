"""The files of a store that is a folder on this machine: what appears there appears by a rename."""

from __future__ import annotations

import contextlib
import logging
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from libya_news.errors import DataError, EnvironmentFaultError, LibyaNewsError

from . import index as index_
from . import manifest
from .index import Entry, Index
from .staging import clean, locked, replace_text, staged

_LOGGER: Final = logging.getLogger(__name__)

_FOLDER: Final = r"{}(?:-erased-\d+)?"
"""What the folder of a version is called, of one from which an article was erased too."""


_PATTERN: Final = re.compile(r"[*?\[]|::")
"""What ``load_dataset`` takes for a pattern, or for a place in another file, wherever in a path it stands."""


def warn_of_pattern(path: Path) -> None:
    """Log where a release lies that ``load_dataset`` does not find, or not alone; it knows no other way to write it."""
    if found := _PATTERN.search(str(path.resolve())):
        _LOGGER.warning(
            "load_dataset takes %r in %s for a pattern: it will not find the release, or take others for parts of it. "
            "Keep releases in a folder without *, ?, [ and :: in its path.",
            found[0],
            path,
        )


class Folder:
    """The files of a store.

    Attributes:
        mending: what to do where the index is damaged.
    """

    mending: Final = "Remove it: it is made anew from the releases."

    def __init__(self, root: Path) -> None:
        self._root = root

    def exists(self) -> bool:
        """Whether the folder is there."""
        return self._root.is_dir()

    def read(self, name: str) -> bytes | None:
        """A file at the top of the store; None where it is not there."""
        try:
            return (self._root / name).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def rewrite(self, name: str, change: Callable[[bytes | None], str]) -> None:
        """Put a text in the place of a file, made from what it holds; nobody else writes it meanwhile."""
        self._root.mkdir(parents=True, exist_ok=True)
        with locked(self._root):
            replace_text(self._root / name, change(self.read(name)))

    def place(self, folder: Path, entry: Entry, publish: Callable[[], None], number: int) -> None:
        """Bring a release into the store, then have the index name it; where the index refuses, it is gone again.

        Args:
            folder: the release.
            entry: its entry in the index.
            publish: writes the index, or raises.
            number: of erasures, as the index had it; where it has another, the release does not appear.
        """

        def check() -> None:
            text = self.read(index_.FILE_NAME)
            index = index_.from_json(text, str(self._root / index_.FILE_NAME), self.mending) if text else Index()
            index.check(number, str(self._root))

        target = self._root / entry.path
        with staged(target, check) as made:
            shutil.copytree(folder, made, dirs_exist_ok=True)
        try:
            publish()
        except LibyaNewsError:
            shutil.rmtree(target)
            raise
        warn_of_pattern(target)

    def settle(self, entry: Entry) -> None:
        """Nothing: a rename leaves nothing to do."""

    @contextlib.contextmanager
    def fetched(self, entry: Entry) -> Iterator[Path]:
        """The folder of a release."""
        yield self._root / entry.path

    def bury(self, path: str, name: str, text: str) -> None:
        """Empty a release's folder, its manifest first, so that it is none from that moment on, and leave one file.

        Raises:
            EnvironmentFaultError: a link is in it; what lies elsewhere is not for us to remove, nor to leave unsaid.
        """
        folder = self._root / path
        folder.mkdir(exist_ok=True)
        (folder / manifest.FILE_NAME).unlink(missing_ok=True)
        if links := sorted(inner for inner in folder.rglob("*") if inner.is_symlink()):
            raise EnvironmentFaultError(
                f"{links[0]} is a link, and what it leads to may hold the article.",
                "Remove that and the link yourself, and run it again.",
            )
        for inner in folder.iterdir():
            shutil.rmtree(inner) if inner.is_dir() else inner.unlink()
        replace_text(folder / name, text)

    def sweep(self, number: int) -> None:  # noqa: ARG002 - as objects
        """Remove what killed processes left."""
        clean(self._root)

    def names(self, path: str) -> set[str]:
        """The files in a folder, without what lies deeper."""
        return {file.name for file in (self._root / path).glob("*") if file.is_file()}

    def strays(self, index: Index) -> dict[str, Entry]:
        """Releases that lie there and have no place in the index, such as one that lacks a part; by their folders.

        Raises:
            DataError: one cannot be read. What is clearly something else is passed over.
        """
        folders = [self._root / name for name in self.there() if not index.at(name)]
        unknown = [manifest.load(folder) for folder in folders if not manifest.is_foreign(folder)]
        return {found.path.name: index_.entry(found, manifest.data(found)) for found in unknown}

    def there(self) -> list[str]:
        """The folders that have a manifest, whether it can be read or not."""
        return sorted(path.parent.name for path in self._root.glob(f"[!.]*/{manifest.FILE_NAME}"))

    def complete(self) -> Iterator[Entry]:
        """The releases that lie complete: a rename put them there, so each that has a manifest is whole."""
        for name in self.there():
            with contextlib.suppress(DataError):
                release = manifest.load(self._root / name)
                if re.fullmatch(_FOLDER.format(re.escape(f"{release.name}-{release.version}")), name):
                    yield index_.entry(release, manifest.data(release))
