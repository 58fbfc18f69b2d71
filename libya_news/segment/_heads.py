"""What a page says about itself in its head: title, description, time, and the story as data for search engines."""

from __future__ import annotations

import json
import re
from typing import Any, Final, NamedTuple

from selectolax.lexbor import LexborHTMLParser, LexborNode

_MARKS = re.compile(r"<[^<>]*>")
_NO_WORD = re.compile(r"\W+")
SHORTEST_STORY = 300
"""Letters from which a story given as data is taken for the whole story: shorter ones are teasers of it."""

LONGEST_STORY = 100_000
"""Letters of it that lines are looked for in, so that time stays linear; a long report has 30,000."""


class Head(NamedTuple):
    """What a page says about itself.

    Attributes:
        title: its title, or None.
        titles: all its titles together, for comparison.
        description: its summary, or an empty string.
        published: when it was published, as written, or None.
        language: the language that it declares, as written, or None.
        story: the letters of its story, as ``letters`` gives them; empty where it does not give the story as data.
    """

    title: str | None
    titles: str
    description: str
    published: str | None
    language: str | None
    story: str


Attributes = dict[str, str | None]

_SAYING: Final = 'meta, script[type="application/ld+json"], [rel~="canonical"][href], [rel~="license"][href]'


class Said(NamedTuple):
    """The elements in which a page speaks of itself.

    Attributes:
        tree: the page.
        meta: the attributes of its ``<meta>``.
        data: its linked data (JSON-LD), one text for each script.
        links: the attributes of its links to what is canonical or a licence, those in its head first.
    """

    tree: LexborHTMLParser
    meta: list[Attributes]
    data: list[str]
    links: list[Attributes]


def said(tree: LexborHTMLParser) -> Said:
    """Find them, in one search: each goes through the whole tree."""
    found: dict[str, list[LexborNode]] = {"meta": [], "script": [], "link": [], "a": []}
    for node in tree.css(_SAYING):
        found.get(node.tag or "", []).append(node)
    return Said(
        tree,
        [node.attributes for node in found["meta"]],
        [node.text() or "" for node in found["script"]],
        [node.attributes for node in (*found["link"], *found["a"])],
    )


def read_head(page: Said) -> Head:
    """Collect what the page says about itself. Never raises."""
    element = page.tree.css_first("title")
    title = " ".join((element.text() or "").split()) if element is not None else ""
    meta = _meta(page.meta)
    shared = meta.get("og:title", "")
    root = page.tree.root
    return Head(
        title=shared or title or None,
        titles=f"{title} {shared}",
        description=meta.get("og:description") or meta.get("description", ""),
        published=meta.get("article:published_time") or None,
        language=(root.attributes.get("lang") if root is not None else None) or None,
        story=_story(page.data),
    )


def letters(text: str) -> str:
    """Letters and digits alone, case folded: what stays the same however a text is laid out.

    >>> letters("It’s 5 o'clock.")
    'its5oclock'
    """
    return _NO_WORD.sub("", text).casefold()


def _meta(elements: list[Attributes]) -> dict[str, str]:
    """The first content of each name or property."""
    found: dict[str, str] = {}
    for attributes in elements:
        content = " ".join((attributes.get("content") or "").split())
        for key in (attributes.get("property"), attributes.get("name")):
            if key:
                found.setdefault(key, content)
    return found


def _story(scripts: list[str]) -> str:
    """All ``articleBody`` of the page's linked data (schema.org), where they are long enough to be the story."""
    bodies: list[str] = []
    for content in scripts:
        if "articleBody" in content:
            try:
                bodies.extend(_bodies(json.loads(content, strict=False)))
            except (ValueError, RecursionError):
                continue
    story = letters(_MARKS.sub("", " ".join(bodies)))
    return story[:LONGEST_STORY] if len(story) > SHORTEST_STORY else ""


def _bodies(data: Any) -> list[str]:
    found: list[str] = []
    waiting = [data]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            body = item.get("articleBody")
            if isinstance(body, str):
                found.append(body)
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
    return found
