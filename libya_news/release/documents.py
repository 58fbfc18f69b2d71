"""The files that describe a release: made from its record, but for the table of templates and the file of drops."""

from __future__ import annotations

from pathlib import Path

from libya_news.errors import DataError
from libya_news.records import SITES, Release, sha256_hex

from . import card, chart, citation, croissant, versioning


def render(release: Release) -> dict[str, str]:
    """Path in the release's folder, and text, of every file that is made from its record, but for the manifest."""
    return {
        "README.md": card.render(release),
        chart.PATH: chart.svg(release.counts["labels_by_language"]),
        "croissant.json": croissant.render(release),
        "CITATION.cff": citation.render(release),
        "CHANGELOG.md": versioning.changelog(release),
    }


def carried(release: Release, beside: Path) -> dict[str, bytes]:
    """Path and bytes of the table of templates: every form of a release has it as it was when it was built.

    Args:
        release: its record, which names it.
        beside: the folder that has it: of the form that this one is made from, or where the build left it.

    Raises:
        DataError: it is missing or damaged.
    """
    found = {}
    for document in release.documents:
        if document.path == SITES:
            path = beside / document.path
            found[document.path] = path.read_bytes() if path.is_file() else b""
            if sha256_hex(found[document.path]) != document.sha256:
                raise DataError(f"{path} is missing or damaged.", "Get the release anew.")
    return found
