"""Publishing to S3 and what speaks its protocol. Keys and endpoint are the AWS client's own: environment or profile."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from libya_news.errors import EnvironmentFaultError, ReleaseExistsError, UsageError
from libya_news.records import MANIFEST, Release


def send(release: Release, address: str) -> str:
    """Upload a release to ``s3://BUCKET/PREFIX``, and return where it lies.

    The manifest goes last, and only where there is none: until then nothing counts as published, and of two publishers
    one wins. Data files carry the hash of their content in their names: those that have arrived are not sent again.

    Raises:
        UsageError: the library for S3 is not installed.
        ReleaseExistsError: another release lies there under its name.
        EnvironmentFaultError: the store cannot be reached or written; running it again goes on where it broke off.
    """
    place = f"{address.rstrip('/')}/{release.leaf}"
    store = _filesystem()
    try:
        store.invalidate_cache()
        for path in sorted(path for path in release.path.rglob("*") if path.is_file()):
            name = path.relative_to(release.path).as_posix()
            if name != MANIFEST and not _arrived(store, f"{place}/{name}", path):
                store.put_file(str(path), f"{place}/{name}")
        _finish(store, f"{place}/{MANIFEST}", (release.path / MANIFEST).read_bytes())
    except OSError as error:
        remedy = "Check the bucket and your AWS credentials, and run it again: what has arrived is not sent again."
        raise EnvironmentFaultError(f"Cannot write {place}: {error}.", remedy) from None
    return place


def _filesystem() -> Any:
    try:
        import s3fs  # noqa: PLC0415 - an extra that only some users need
    except ImportError:
        raise UsageError("The library for S3 is not installed.", "Run: pip install 'libya-news[s3]'.") from None
    return s3fs.S3FileSystem(use_listings_cache=False, skip_instance_cache=True)


def _arrived(store: Any, key: str, path: Path) -> bool:
    """Whether a data file is there. Its name holds the hash of its content; a document's does not."""
    return path.suffix == ".parquet" and store.exists(key) and store.size(key) == path.stat().st_size


def _finish(store: Any, key: str, manifest: bytes) -> None:
    try:
        store.pipe_file(key, manifest, mode="create")
    except FileExistsError:
        if store.cat_file(key) != manifest:
            raise ReleaseExistsError(f"{key} is there, and is another release.", "Choose a new --version.") from None
