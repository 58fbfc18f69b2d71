"""What a site's articles have in common: lines that stand on many of them are the template's, not the story's."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

LONGEST: Final = 400
"""Characters of the longest line that is counted: the page templates that were read have none that is longer."""

DIGEST: Final = 8
"""Bytes of a line's hash: among the hundred million lines of a large site, two collide with a chance of 1 in 3,700."""


@dataclass(frozen=True, slots=True)
class SiteProfile:
    """How many articles of one site carry each line, counted once and given to ``segment`` with each of them.

    Profiles of parts of a site add up to that of the whole, in any order and grouping.

    Attributes:
        articles: how many articles were counted.
        lines: for the hash of each line, in how many of them it stands; of a ``pruned`` one, of lines in at least two.
    """

    articles: int
    lines: Mapping[int, int]

    @classmethod
    def of(cls, texts: Iterable[str]) -> SiteProfile:
        """Count the lines of a site's articles, normalised as they will be segmented.

        >>> SiteProfile.of(["Boutique\\nUn article", "Boutique\\nUn autre"]).share("Boutique")
        1.0
        """
        return site_profiles(("", text) for text in texts).get("", cls(0, {}))

    def __add__(self, other: SiteProfile) -> SiteProfile:
        """The profile of the articles of both.

        >>> (SiteProfile.of(["Boutique", "Un"]) + SiteProfile.of(["Boutique", "Deux"])).articles
        4
        """
        lines = Counter(self.lines)
        lines.update(other.lines)
        return SiteProfile(self.articles + other.articles, lines)

    def pruned(self) -> SiteProfile:
        """The profile without the lines that only one article carries: they say nothing, and are most of all lines.

        To be done once all parts are added up.
        """
        return SiteProfile(self.articles, {line: count for line, count in self.lines.items() if count > 1})

    def share(self, line: str) -> float:
        """The share of the site's other articles that carry a line, 0 to 1."""
        return (self.lines.get(_hash(line), 1) - 1) / max(self.articles - 1, 1)


def site_profiles(articles: Iterable[tuple[str, str]]) -> dict[str, SiteProfile]:
    """The profiles of many sites, in one pass that holds hashes and counts, and no text.

    Args:
        articles: each with the name of its site, and its text.

    >>> sorted(site_profiles([("a", "Home"), ("b", "Home"), ("a", "Home")]).items())[0][1].articles
    2
    """
    number: Counter[str] = Counter()
    lines: dict[str, Counter[int]] = {}
    for site, text in articles:
        number[site] += 1
        lines.setdefault(site, Counter()).update(line_hashes(text))
    return {site: SiteProfile(number[site], counts) for site, counts in lines.items()}


def line_hashes(text: str) -> set[int]:
    """The hashes, 64 bits each, of the lines of a text that are counted: each once, without white space around it.

    >>> len(line_hashes("Home\\n\\n Home \\nWorld"))
    2
    """
    return {_hash(line.strip()) for line in text.splitlines() if line.strip() and len(line) <= LONGEST}


def _hash(line: str) -> int:
    return int.from_bytes(hashlib.blake2b(line.encode("utf-8", "surrogatepass"), digest_size=DIGEST).digest(), "big")
