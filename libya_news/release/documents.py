"""The files that describe a release, all of them made from its record."""

from __future__ import annotations

from libya_news.records import Release

from . import card, chart, citation, croissant, versioning


def render(release: Release) -> dict[str, str]:
    """Path in the release's folder, and text, of every file that describes its data; the manifest is not among them."""
    return {
        "README.md": card.render(release),
        chart.PATH: chart.svg(release.counts["labels_by_language"]),
        "croissant.json": croissant.render(release),
        "CITATION.cff": citation.render(release),
        "CHANGELOG.md": versioning.changelog(release),
    }
