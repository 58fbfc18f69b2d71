"""Publishing into a folder: a copy that is complete or not there."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from libya_news.errors import EnvironmentFaultError, ReleaseExistsError
from libya_news.records import MANIFEST, Release


def send(release: Release, address: str) -> str:
    """Copy a release into a folder, and return where it lies.

    Raises:
        ReleaseExistsError: another release lies there under its name.
        EnvironmentFaultError: the folder cannot be written, or the disk is full.
    """
    target = Path(address) / release.leaf
    if target.exists():
        if _manifest(target) == _manifest(release.path):
            return str(target)
        raise ReleaseExistsError(f"{target} is there, and is another release.", "Choose another folder or version.")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as staging:
            shutil.copytree(release.path, Path(staging) / "release").rename(target)
    except OSError as error:
        raise EnvironmentFaultError(f"Cannot write {target}: {error}.", "Check free space and permissions.") from None
    return str(target)


def _manifest(folder: Path) -> bytes | None:
    path = folder / MANIFEST
    return path.read_bytes() if path.exists() else None
