"""libya_news: scraped news about Libya, turned into a dataset worth citing.

>>> from libya_news import normalize, segment
>>> text = normalize("Talks in Moscow end without a deal.".encode("utf-8")).text
>>> [(s.label, text[s.start : s.end]) for s in segment(text)]
[('body', 'Talks in Moscow end without a deal.')]
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._version import __version__
from .errors import LibyaNewsError
from .labels import KIND_NAMES, LABELS
from .normalize import normalize
from .records import Article, Drop, Normalized, RawArticle, Release, Segment
from .segment import segment

if TYPE_CHECKING:
    from .pipeline import segment_html
    from .release.build import build
    from .sources import read

__all__ = [
    "KIND_NAMES",
    "LABELS",
    "Article",
    "Drop",
    "LibyaNewsError",
    "Normalized",
    "RawArticle",
    "Release",
    "Segment",
    "__version__",
    "build",
    "normalize",
    "read",
    "segment",
    "segment_html",
]

_LAZY = {"build": ".release.build", "read": ".sources", "segment_html": ".pipeline"}
"""Names whose modules pull in Arrow or a parser, and so wait until somebody asks for them."""


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 - paid for only when a lazy name is asked for

    return getattr(import_module(_LAZY[name], __name__), name)


def __dir__() -> list[str]:
    return __all__
