"""What a site's articles have in common: lines that stand on many of them are the template's, not the story's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

LONGEST: Final = 400
"""Characters of the longest line that is counted: the page templates that were read have none that is longer."""


@dataclass(frozen=True, slots=True)
class SiteProfile:
    """How many articles of one site carry each line, computed once and given to ``segment`` with each of them.

    Attributes:
        articles: how many articles were counted.
        lines: for each line that stands in at least two of them, in how many.
    """

    articles: int
    lines: Mapping[str, int]

    @classmethod
    def of(cls, texts: Iterable[str]) -> SiteProfile:
        """Count the lines of a site's articles, normalised as they will be segmented.

        >>> SiteProfile.of(["Boutique\\nUn article", "Boutique\\nUn autre"]).share("Boutique")
        1.0
        """
        counts: Counter[str] = Counter()
        articles = 0
        for text in texts:
            articles += 1
            counts.update({line.strip() for line in text.splitlines() if line.strip() and len(line) <= LONGEST})
        return cls(articles, {line: count for line, count in counts.items() if count > 1})

    def share(self, line: str) -> float:
        """The share of the site's other articles that carry a line, 0 to 1."""
        return (self.lines.get(line, 1) - 1) / max(self.articles - 1, 1)
