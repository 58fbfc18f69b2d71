"""Files behind URLs: which are allowed, how they are listed, how each is fetched within limits of size and time."""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import IO, Any, Final
from urllib.parse import unquote, urlsplit

from libya_news.errors import SourceNotFoundError, UsageError

from ._dataset import CARD, MAX_CARD_BYTES, beside_tables, data_files, head_of, releases_beside, which_release
from ._glob import fits
from ._servers import client_for
from ._streams import BLOCK

SCHEMES: Final = ("https", "http", "s3", "gs", "az", "abfs", "hf", "memory")
"""Stores that a source may lie in. All others that ``fsspec`` knows, and chains of them (``zip::https://``), are
refused: they reach this machine, its network or other programs."""

MAX_FETCHED_BYTES: Final = 16 << 30
"""Bytes of one file that are fetched: the largest files of public crawls have some 5 GB."""

MAX_FETCH_SECONDS: Final = 3600
"""Seconds that the fetching of one file may take: 16 GB need 5 MB/s."""

MAX_SILENT_SECONDS: Final = 60
"""Seconds that a store may keep silent."""

_MAGIC: Final = re.compile(r"[*?\[]")


def is_url(path: object) -> bool:
    """Whether a source is a URL and not a path.

    >>> is_url("s3://bucket/news"), is_url("news/2015"), is_url("C:/news")
    (True, False, False)
    """
    return isinstance(path, str) and "://" in path and len(path.partition(":")[0]) > 1


def url_name(url: str) -> str:
    """What the file or folder of a URL is called: the last part of its path, without the query and its secrets.

    >>> url_name("https://example.org/data/news.jsonl?token=x"), url_name("s3://bucket/2015/*.json")
    ('news.jsonl', '2015/*.json')
    """
    fixed, rest = _split(url)
    path = urlsplit(fixed).path if fixed.startswith("http") else fixed.partition("://")[2]
    return PurePosixPath(unquote(PurePosixPath(path).name) or "root", rest).as_posix()


def list_urls(url: str) -> Iterator[tuple[str, str]]:
    """URL and name of every file below a URL, or that fits it as a pattern, in the order of their names.

    Raises:
        SourceNotFoundError: there is nothing, or the store cannot be reached.
        UsageError: the scheme is not one of ``SCHEMES``, or its library is not installed.
    """
    fixed, pattern = _split(url)
    store, root = _store(fixed)
    name = url_name(fixed)
    try:
        if fixed.startswith("http") or store.isfile(root):
            yield url, name
            return
        inside = sorted(_below(store, root))
        if CARD in inside and not pattern:
            head = head_of(store.cat_file(f"{root}/{CARD}", 0, MAX_CARD_BYTES))
            about = beside_tables(inside)
            inside = [name for name in inside if name not in about] if head is None else data_files(head, inside)
        manifests = [] if inside or pattern else store.glob(releases_beside(root))
    except Exception as error:  # noqa: BLE001 - every store has errors of its own
        raise _unreachable(fixed, error) from None
    wanted = [path for path in inside if not pattern or fits(path, pattern)]
    if not wanted:
        remedy = which_release(fixed.rstrip("/"), manifests) or "Check the URL."
        raise SourceNotFoundError(f"There is no file at {url!r}.", remedy)
    for path in wanted:
        if not any(part.startswith(".") for part in path.split("/")):
            yield f"{fixed.rstrip('/')}/{path}", f"{name}/{path}"


def fetch(url: str) -> IO[bytes]:
    """A copy of the file in a nameless temporary file, open at its first byte.

    Raises:
        OSError: it cannot be had, or not within ``MAX_FETCHED_BYTES`` and ``MAX_FETCH_SECONDS``.
    """
    store, path = _store(url)
    copy = tempfile.TemporaryFile()  # noqa: SIM115 - whoever asked for it closes it
    try:
        with store.open(path, "rb", **_reading(url)) as stream:
            _copied(stream, copy.write)
        copy.seek(0)
    except Exception as error:
        copy.close()
        if isinstance(error, OSError) and error.strerror:
            raise
        raise OSError(_said(error)) from None  # every store has errors of its own
    except BaseException:
        copy.close()
        raise
    return copy


def _said(error: BaseException) -> str:
    """What went wrong, without what may be a secret in a URL: it becomes the reason of a drop, which is published.

    >>> _said(FileNotFoundError("https://me:pass@example.org/a.json?token=x"))
    'https://example.org/a.json'
    >>> _said(ValueError("400, message:\\n  Not enough data"))
    'ValueError: 400, message: Not enough data'
    """
    cause = error.__cause__ or error  # fsspec tells of nothing behind a URL but the URL
    if status := getattr(cause, "status", None):
        return f"HTTP status {status}"
    what = _SECRETS.sub("", " ".join(str(cause).split()))
    return what if isinstance(cause, OSError) and what else f"{type(cause).__name__}: {what}"


_SECRETS: Final = re.compile(r"(?<=://)[^/\s@]*@|(?<=\S)[?#][^\s'\"]*")
"""Of URLs the name and password of a user, and what stands behind the path."""


def _copied(stream: Any, write: Callable[[bytes], int]) -> None:
    size, latest = 0, time.monotonic() + MAX_FETCH_SECONDS
    while block := stream.read(BLOCK):
        size += len(block)
        if size > MAX_FETCHED_BYTES:
            raise OSError(f"more than {MAX_FETCHED_BYTES:,} bytes")
        if time.monotonic() > latest:
            raise OSError(f"not fetched within {MAX_FETCH_SECONDS:,} seconds")
        write(block)


def _split(url: str) -> tuple[str, str]:
    """A URL as the folder that it spells out, and the pattern below; web servers list nothing, so theirs have none."""
    parts = url.split("/")
    at = next((at for at, part in enumerate(parts) if at > 2 and _MAGIC.search(part)), len(parts))
    return (url, "") if url.startswith("http") else ("/".join(parts[:at]), "/".join(parts[at:]))


def _below(store: Any, root: str) -> Iterator[str]:
    yield from (PurePosixPath(path).relative_to(root).as_posix() for path in store.find(root))


def _store(url: str) -> tuple[Any, str]:
    """The file system of a URL, and the path in it.

    Raises:
        UsageError: the scheme is not one of ``SCHEMES``, or its library is not installed.
    """
    import fsspec  # noqa: PLC0415 - asked for by URLs alone

    scheme = url.partition("://")[0]
    if scheme == "file":
        raise UsageError(f"{url!r} is no URL to read from.", f"Give the path: {unquote(urlsplit(url).path) or '.'}")
    if scheme not in SCHEMES or "::" in url:
        raise UsageError(f"{url!r} is no URL to read from.", f"Known are: {', '.join(SCHEMES)}; others as plain paths.")
    try:
        store, path = fsspec.url_to_fs(url, **_options(url))
    except ImportError as error:
        raise UsageError(f"{scheme}:// needs a library: {error}.", "Install it beside libya-news.") from None
    except Exception as error:  # noqa: BLE001 - every store has errors of its own
        raise _unreachable(url, error) from None
    return store, path.rstrip("/")


def _options(url: str) -> dict[str, Any]:
    scheme = url.partition("://")[0]
    fresh: dict[str, Any] = {"skip_instance_cache": True, "use_listings_cache": False}
    if scheme in ("http", "https"):
        import aiohttp  # noqa: PLC0415 - asked for by URLs alone

        timeout = aiohttp.ClientTimeout(total=MAX_FETCH_SECONDS, sock_connect=60, sock_read=MAX_SILENT_SECONDS)
        return {**fresh, "client_kwargs": {"timeout": timeout}, "get_client": client_for(urlsplit(url).hostname or "")}
    if scheme == "s3":
        return {**fresh, "config_kwargs": {"connect_timeout": MAX_SILENT_SECONDS, "read_timeout": MAX_SILENT_SECONDS}}
    return {} if scheme == "memory" else fresh


def _reading(url: str) -> dict[str, Any]:
    """How a file is opened: web servers are read in one go, since not all of them know parts."""
    return {"block_size": 0} if url.startswith("http") else {}


def _unreachable(url: str, error: Exception) -> SourceNotFoundError:
    what = str(error) or type(error).__name__
    return SourceNotFoundError(f"{url!r} cannot be listed: {what}.", "Check the URL, and your credentials for it.")
