"""What the licences of the articles allow: a table of licences, and the questions that a release asks it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from libya_news._tables import load_table

UNKNOWN: Final = "unknown"
"""The Hub's word, and ours, for a licence of which nothing is known."""

OTHER: Final = "other"
"""The Hub's word for a licence that it has no name for."""


class Licence(NamedTuple):
    """A licence that allows passing on a changed copy of a text.

    Attributes:
        spdx: its SPDX id.
        hub: the Hub's word for it.
        url: where its text stands.
    """

    spdx: str
    hub: str
    url: str


def licence(name: str) -> Licence | None:
    """The licence of that SPDX id or address, in any case; None where the table has none.

    >>> licence("cc-by-4.0").spdx, licence("http://creativecommons.org/licenses/by/4.0").hub
    ('CC-BY-4.0', 'cc-by-4.0')
    >>> licence("unknown") is None
    True
    """
    rows = load_table("licences", expect="licences")
    known = (Licence(spdx, **facts) for spdx, facts in rows.items())
    return next((row for row in known if _plain(name) in (_plain(row.spdx), _plain(row.url))), None)


def _plain(name: str) -> str:
    return name.casefold().removeprefix("http://").removeprefix("https://").rstrip("/").removesuffix("/deed.en")


def hub_words(licences: Mapping[str, int]) -> list[str]:
    """The Hub's words for the licences of a release, each once, most frequent first.

    >>> hub_words({"CC-BY-4.0": 2, "unknown": 1, "see the site's terms": 1})
    ['cc-by-4.0', 'unknown', 'other']
    """
    words = (UNKNOWN if name == UNKNOWN else found.hub if (found := licence(name)) else OTHER for name in licences)
    return list(dict.fromkeys(words))


def forbidding(licences: Mapping[str, int]) -> dict[str, int]:
    """Those licences, with their numbers of articles, that do not allow passing on the text.

    >>> forbidding({"CC-BY-4.0": 2, "unknown": 1})
    {'unknown': 1}
    """
    return {name: count for name, count in licences.items() if licence(name) is None}
