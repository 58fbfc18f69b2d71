"""What a web page says about itself: JSON-LD, OpenGraph and other ``<meta>``, links, and the markup of times."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser

from libya_news._tables import load_table

from ._heads import Attributes, Said

MAX_LINKED_CHARACTERS: Final = 1 << 22
"""Characters of one JSON-LD script that are parsed; those of news have up to 100,000, mostly for the story itself."""

MAX_FACT_CHARACTERS: Final = 2000
"""Characters that a title, a name or an address may have; browsers and servers take no longer addresses."""

_DATE_IN_URL: Final = re.compile(r"/((?:19|20)\d\d)[/-]?(0[1-9]|1[0-2])[/-]?(0[1-9]|[12]\d|3[01])(?=[/_.-])")
_WEB: Final = ("http", "https")


class PageFacts(NamedTuple):
    """What a page says; None, or nothing, where it does not say it. Dates are as written."""

    title: str | None = None
    authors: tuple[str, ...] = ()
    published_at: str | None = None
    language: str | None = None
    publisher: str | None = None
    url: str | None = None
    licence: str | None = None


def page_facts(page: Said, address: str | None = None) -> PageFacts:
    """Collect what a page says about itself. Never raises.

    Args:
        page: its elements in which it does.
        address: the web address that it was fetched from. A canonical address on another host is not believed.

    >>> from libya_news.segment._heads import said
    >>> page = '<html lang="fr"><meta property="og:site_name" content="Le Monde"><meta name="author" content="A">'
    >>> page_facts(said(LexborHTMLParser(page)))  # doctest: +ELLIPSIS
    PageFacts(title=None, authors=('A',), published_at=None, language='fr', publisher='Le Monde', url=None, ...)
    """
    meta, linked = _meta(page.meta), _linked(page.data)

    def first(field: str) -> str | None:
        return next(iter((*linked.get(field, ()), *meta.get(field, ()))), None)

    return PageFacts(
        title=first("title"),
        authors=_people((*linked.get("authors", ()), *(() if "authors" in linked else meta.get("authors", ())))),
        published_at=first("published_at") or _marked_time(page.tree) or _date_in(address),
        language=_language(page.tree, first("language")),
        publisher=first("publisher"),
        url=_address(page, (*meta.get("url", ()), *linked.get("url", ())), address),
        licence=first("licence") or _link(page, "license"),
    )


def _meta(elements: list[Attributes]) -> dict[str, list[str]]:
    """What the ``<meta>`` of a page say, by field, in the order of the table."""
    named: dict[str, list[str]] = {}
    for attributes in elements:
        if content := _line(attributes.get("content")):
            for name in filter(None, map(attributes.get, ("property", "name", "itemprop", "http-equiv"))):
                named.setdefault(name.strip().lower(), []).append(content)
    table = load_table("page_facts", expect="page-facts")["meta"]
    found = {field: [value for name in names for value in named.get(name, ())] for field, names in table.items()}
    return {field: values for field, values in found.items() if values}


def _linked(scripts: list[str]) -> dict[str, list[str]]:
    """What the first article in the page's JSON-LD says, by field."""
    table = load_table("page_facts", expect="page-facts")
    items = list(_items(scripts))
    called = {item["@id"]: item["name"] for item in items if _is_text(item, "@id") and _is_text(item, "name")}
    for item in items:
        types = item.get("@type")
        names = types if isinstance(types, list) else [types]
        if any(isinstance(name, str) and name.endswith(tuple(table["types"]["articles"])) for name in names):
            found = {
                field: [text for key in keys for text in _texts(item.get(key), field, called)]
                for field, keys in table["linked"].items()
            }
            return {field: values for field, values in found.items() if values}
    return {}


def _items(scripts: list[str]) -> Iterator[dict[str, Any]]:
    """All objects of the page's JSON-LD, outer ones first."""
    for script in scripts:
        try:
            waiting = [json.loads(script[:MAX_LINKED_CHARACTERS], strict=False)]
        except (ValueError, RecursionError):
            continue
        for item in waiting:
            if isinstance(item, dict):
                yield item
                waiting.extend(item.values())
            elif isinstance(item, list):
                waiting.extend(item)


def _is_text(item: dict[str, Any], key: str) -> bool:
    return isinstance(item.get(key), str)


def _texts(value: Any, field: str, names: dict[str, str]) -> Iterator[str]:
    """Texts in a value: itself, or the name or address of the thing that it describes or refers to by its ``@id``."""
    if isinstance(value, str) and (text := _line(value)):
        yield text
    elif isinstance(value, list):
        for each in value[:100]:
            if not isinstance(each, list):
                yield from _texts(each, field, names)
    elif isinstance(value, dict):
        key = "@id" if field == "url" else "alternateName" if field == "language" else "name"
        name = value.get(key) or value.get("url" if field == "licence" else "name")
        if name is None and _is_text(value, "@id"):
            name = names.get(value["@id"])
        yield from _texts(name, field, names) if isinstance(name, str) else ()


def _people(names: tuple[str, ...]) -> tuple[str, ...]:
    """Names, each once; addresses of their profiles are none."""
    return tuple(dict.fromkeys(name for name in names if "://" not in name and not name.startswith("@")))


def _marked_time(tree: LexborHTMLParser) -> str | None:
    """The time that the markup says is that of publication, or else the first one in an article."""
    for place in ('[itemprop="datePublished"]', "time[pubdate]", "article time[datetime]", "main time[datetime]"):
        node = tree.css_first(place)
        if node is not None:
            attributes = node.attributes
            said = attributes.get("datetime") or attributes.get("content") or (node.text() or "")[:100]
            if said.strip():
                return _line(said)
    return None


def _date_in(address: str | None) -> str | None:
    found = _DATE_IN_URL.search(address or "")
    return "-".join(found.groups()) if found else None


def _language(tree: LexborHTMLParser, said: str | None) -> str | None:
    """The language as its short code: ``fr`` of ``fr_FR``."""
    root = tree.root
    code = re.split(r"[-_]", (root.attributes.get("lang") if root is not None else None) or said or "")[0].strip()
    return code.lower() if code.isalpha() and 2 <= len(code) <= 3 else None


def _link(page: Said, rel: str) -> str | None:
    link = next((link for link in page.links if rel in (link["rel"] or "").lower().split()), None)
    return _line(link["href"]) if link is not None else None


def _address(page: Said, named: tuple[str, ...], address: str | None) -> str | None:
    """The canonical address: one of the web, and of the host that the page came from, where that is known."""
    for candidate in (_link(page, "canonical"), *named):
        try:
            whole = urljoin(address or "", candidate or "")
            parts = urlsplit(whole)
            same_host = not address or _site(parts.hostname) == _site(urlsplit(address).hostname)
            is_page = parts.path not in ("", "/") or not address or urlsplit(address).path in ("", "/")
        except ValueError:
            continue
        if candidate and parts.scheme in _WEB and parts.hostname and same_host and is_page:
            return whole
    return None


def _site(host: str | None) -> str:
    return (host or "").removeprefix("www.").removeprefix("m.")


def _line(text: str | None) -> str:
    """A text as one line; nothing, where it is no fact but a text of its own."""
    return " ".join(text.split()) if text and len(text) <= MAX_FACT_CHARACTERS else ""
