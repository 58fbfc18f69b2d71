"""Web addresses that name the same page, written the same way."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote, urlsplit

from w3lib.url import canonicalize_url, url_query_cleaner

from libya_news._tables import load_table

PLAIN: Final = re.compile(
    r"https?://[a-z][a-z0-9]*(?:[.-][a-z0-9]+)*(?:/[\w~«»؟،\u064b-\u065f-]+(?:\.[\w~«»؟،\u064b-\u065f-]+)*)+/?"
)
"""Addresses that are a name and a path without dots to resolve, as most are: nothing but what is not ASCII has to be
escaped in them, for which they need not be taken to pieces and put together again."""


def canonical(url: str) -> str:
    """The address without what changes no page: fragment, tracking parameters, order of parameters, kind of escapes.

    Host and path stay as they are but for the case of the host: whether ``www`` or a slash at the end matter, only the
    server knows. What is no address of the web stays as it is.

    >>> canonical("HTTP://Example.ORG/a?b=2&utm_source=x&a=1#top")
    'http://example.org/a?a=1&b=2'
    >>> canonical("JA-1")
    'JA-1'
    """
    try:
        if PLAIN.fullmatch(url):
            return quote(url, safe="/:")
        if urlsplit(url).scheme not in ("http", "https"):
            return url
        tracking = load_table("urls", expect="urls")["tracking"]
        return str(canonicalize_url(url_query_cleaner(url, tracking, remove=True) if "?" in url else url))
    except ValueError:
        return url
