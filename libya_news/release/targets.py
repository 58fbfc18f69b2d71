"""Where a release can be published: one row per target."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from libya_news.errors import UsageError
from libya_news.outputs import hub
from libya_news.records import Release

from .store import Store


class Target(NamedTuple):
    """One kind of place.

    Attributes:
        scheme: what its addresses begin with.
        public: whether strangers can read there; a bucket may be open, so it counts as public.
        send: uploads a release to an address, and returns where it lies.
    """

    scheme: str
    public: bool
    send: Callable[[Release, str], str]


def _to_store(release: Release, address: str) -> str:
    """A folder or bucket that is published to is a store, with an index of its own."""
    store = Store(address)
    return f"{store.url}/{store.add(release.path).path}"


TARGETS: Final = (
    Target("hf://datasets/", True, hub.send),
    Target("s3://", True, _to_store),
    Target("", False, _to_store),
)
"""The first row whose scheme an address begins with takes it."""


def target(address: str) -> Target:
    """The target that takes an address.

    >>> target("s3://bucket/x").scheme, target("/srv/data").public
    ('s3://', False)

    Raises:
        UsageError: its scheme is none of ours.
    """
    found = next(row for row in TARGETS if address.startswith(row.scheme))
    if not found.scheme and "://" in address:
        schemes = ", ".join(row.scheme for row in TARGETS if row.scheme)
        raise UsageError(f"{address!r} is no place to publish to.", f"Give a folder, or one of: {schemes}.")
    return found
