"""Publishing a release somewhere else, with or without its text, as the licences of its articles allow."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from libya_news.errors import DataError, UsageError
from libya_news.records import Release
from libya_news.sources import SourceFile, StrPath

from . import standoff, writing
from .rights import forbidding
from .store import opened
from .targets import target


def publish(release: StrPath, address: str, *, text: str = "all", override: str = "") -> str:
    """Publish a release to a folder, ``s3://BUCKET/PREFIX`` or ``hf://datasets/ORG/NAME``, and return where it lies.

    A folder or prefix is a store, like the one that the release comes from: it can be listed, verified and rolled back,
    and articles can be erased from it.

    Args:
        release: a release by its address, as ``store.opened`` takes it.
        address: where to.
        text: ``all``, or ``none`` to publish its stand-off form.
        override: why texts are published whose licence does not allow it, or is not known; manifest and card tell it.

    Raises:
        UsageError: the licences do not allow it, the address is none, or the target refuses who is asking.
        DataError: the release is damaged, or holds what was erased from the target.
        ReleaseExistsError: another release is there under its name.
        VersionError: its version is too small for what changed since the latest one there.
        EnvironmentFaultError: the target cannot be reached or written; running it again goes on where it broke off.
    """
    place = target(address)
    with opened(release) as found, tempfile.TemporaryDirectory(prefix="libya_news.") as folder:
        _check_whole(found)
        bare = text == "none" or not found.holds_text
        forbidden = {} if bare else forbidding(found.counts["licences"])
        if place.public and forbidden and not override:
            said = ", ".join(f"{count:,} under {name!r}" for name, count in forbidden.items())
            remedy = "Publish with --text none, or give --override with the reason why you may."
            raise UsageError(f"The licences do not allow the text on {address}: {said}.", remedy)
        return place.send(_form(found, Path(folder), bare, override if forbidden else ""), address)


def _check_whole(release: Release) -> None:
    """That every file has the hash that the manifest says."""
    listed = {row.path: row.sha256 for row in release.files} | {row.path: row.sha256 for row in release.documents}
    for path, digest in listed.items():
        file = release.path / path
        if not file.is_file() or SourceFile(file, path).digest()[0] != digest:
            raise DataError(f"{file} is missing or damaged.", "Build the release again, or get it anew.")


def _form(release: Release, folder: Path, bare: bool, override: str) -> Release:
    """The release as it is published: itself, without its text, or with the override told in manifest and card."""
    path = folder / release.leaf
    if bare and release.holds_text:
        return writing.publish(*standoff.withheld(release, path), release.path)
    if override == release.override:
        return release
    for file in release.files:
        (path / file.path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(release.path / file.path, path / file.path)
    return writing.describe(path, replace(release, path=path, override=override), release.path)
