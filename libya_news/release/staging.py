"""Folders that appear whole or not at all: written beside their place, then renamed."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from libya_news.errors import EnvironmentFaultError, ReleaseExistsError, UsageError
from libya_news.sources import StrPath, is_url

Check = Callable[[], None]
"""Raises where something must not appear; nobody else writes the store meanwhile."""


def unchecked() -> None:
    """Nothing stands in the way."""


def destination(out: StrPath) -> Path:
    """The folder that takes a release, whether it is there or not.

    Raises:
        UsageError: it is a URL or a file.
    """
    if is_url(out):
        remedy = "Name a folder, and bring the release there with `libya-news publish`."
        raise UsageError(f"{out!r} is a URL, and no folder that releases are built in.", remedy)
    if Path(out).exists() and not Path(out).is_dir():
        raise UsageError(f"{str(out)!r} is a file, and no folder that releases are built in.", "Name a folder: --out.")
    return Path(out)


@contextlib.contextmanager
def staged(target: Path, check: Check = unchecked) -> Iterator[Path]:
    """A new folder beside ``target`` that becomes it where the block ends well, and is removed where it does not.

    What killed processes left there is removed first: see ``clean``. Whoever writes the index or the ledger of the
    store holds the same lock as ``check`` and the rename; so what ``check`` found holds at the moment of the rename.

    Raises:
        ReleaseExistsError: somebody else made ``target`` meanwhile.
        EnvironmentFaultError: the folder cannot be written, or the disk is full.
    """
    with faults(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        clean(target.parent)
        with _locked_folder(target) as folder:
            yield folder
            with locked(target.parent):
                check()
                folder.rename(target)
            sync(target.parent)


@contextlib.contextmanager
def scratch(target: Path) -> Iterator[Path]:
    """A new folder beside ``target`` for what is needed to make it, unseen, and removed in the end.

    Raises:
        EnvironmentFaultError: the folder cannot be written.
    """
    with contextlib.ExitStack() as stack:
        with faults(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            clean(target.parent)
            folder = stack.enter_context(_locked_folder(target))
        yield folder


@contextlib.contextmanager
def faults(target: Path) -> Iterator[None]:
    """Errors of the machine, as people can read them."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST) and target.exists():
            raise taken(target) from None
        raise EnvironmentFaultError(
            f"Cannot write {target}: {_said(error)}.", "Check free space and permissions."
        ) from None


def taken(target: Path) -> ReleaseExistsError:
    """The error of who finds a release in the place of the one that it is making."""
    return ReleaseExistsError(f"{target} was published by somebody else meanwhile.", "Choose a new --version.")


def _said(error: OSError) -> str:
    """What the system said; of a folder that was copied, it is told for each of its files."""
    return str(error.args[0][0][-1] if isinstance(error, shutil.Error) else error.strerror)


@contextlib.contextmanager
def _locked_folder(target: Path) -> Iterator[Path]:
    """The lock is held before the folder is there, so that no other process takes it for an abandoned one."""
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".lock", dir=target.parent)
    os.close(handle)
    lock, folder = Path(name), Path(name).with_suffix("")
    try:
        with FileLock(lock):
            folder.mkdir(mode=0o755)
            try:
                yield folder
            finally:
                shutil.rmtree(folder, ignore_errors=True)
    finally:
        lock.unlink(missing_ok=True)


def clean(folder: Path) -> None:
    """Remove what killed processes left in a folder.

    Each staging folder has a lock that its process holds, and a lock that can be had is nobody's.
    """
    for lock in sorted(folder.glob(".*.*.lock")):
        with contextlib.suppress(Timeout), FileLock(lock, timeout=0):
            shutil.rmtree(lock.with_suffix(""), ignore_errors=True)
            lock.unlink(missing_ok=True)


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder for this process alone; it leaves no file, and ends with the process."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def replace_text(path: Path, text: str) -> None:
    """Put a text in the place of a file: whoever reads it sees the old one or the new one, whole.

    Whoever writes it holds a lock meanwhile, so what a killed process left is written over.

    Raises:
        OSError: the disk is full, or the folder cannot be written.
    """
    new = path.with_name(f".{path.name}.new")
    with new.open("w", encoding="utf-8", newline="\n") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    new.replace(path)
    sync(path.parent)


def sync(folder: Path) -> None:
    """Make a rename survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
