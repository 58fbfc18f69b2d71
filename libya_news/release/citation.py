"""How to cite a release: ``CITATION.cff`` for tools, BibTeX for papers."""

from __future__ import annotations

from typing import Any

import yaml

from libya_news.records import Release

from .about import words
from .rights import hub_words, licence


def render(release: Release) -> str:
    """``CITATION.cff`` of a release, in the Citation File Format 1.2.0.

    Source: Druskat et al. (2021), Citation File Format, version 1.2.0, doi:10.5281/zenodo.5171937.
    """
    facts = words(release)
    fields: dict[str, Any] = {
        "cff-version": "1.2.0",
        "message": "If you use this dataset, please cite it as below.",
        "type": "dataset",
        "title": facts["title"],
        "abstract": facts["description"],
        "authors": [{"name": facts["creator"]}],
        "version": release.version,
        "date-released": release.created_at[:10],
        "keywords": facts["keywords"],
        "identifiers": [{"type": "other", "value": release.leaf, "description": "release"}],
        **_licence(release),
    }
    text: str = yaml.safe_dump(fields, sort_keys=False, allow_unicode=True, width=1_000)
    return text


def _licence(release: Release) -> dict[str, str]:
    """A licence is named only where all articles are under that one, and it is known."""
    names = list(release.counts["licences"])
    found = licence(names[0]) if len(names) == 1 else None
    return {"license": found.spdx} if found else {}


def bibtex(release: Release) -> str:
    """The release as a BibTeX entry. It names no time, so that the same data gives the same card."""
    facts = words(release)
    return (
        f"@misc{{{release.name.replace('-', '_')}_{release.version.replace('.', '_')},\n"
        f"  title = {{{facts['title']}}},\n"
        f"  author = {{{{{facts['creator']}}}}},\n"
        f"  version = {{{release.version}}},\n"
        f"  note = {{Dataset {release.leaf}, licence of the texts: "
        f"{', '.join(hub_words(release.counts['licences']))}}}\n"
        "}"
    )
