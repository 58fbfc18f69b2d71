"""What a segment can be: four labels, and the kinds that refine them.

The table below is the single source of the label set. It feeds the ``ClassLabel`` features of a release,
the card's label guide, ``libya-news schema`` and the colours of ``libya-news inspect``. The order matters:
it is the order of the class ids in every published file, and the tie-break of the annotation guidelines
(where two kinds fit, the one that stands higher wins). New kinds are appended to their label's block only
together with a new major version of the dataset schema.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final, NamedTuple


class Kind(NamedTuple):
    """One row of the label table: a kind, the label that it implies, and what it means."""

    label: str
    name: str
    description: str
    example: str


KINDS: Final[tuple[Kind, ...]] = (
    Kind("body", "headline", "the article's own title, or a repeat of it", "Haftar leaves Moscow talks without deal"),
    Kind("body", "standfirst", "summary under the headline, kicker, key points", "Analysts fear a wider war."),
    Kind("body", "crosshead", "a heading inside the story", "What’s happening in Libya?"),
    Kind("body", "paragraph", "running text of the story, however short", "Meetings began on Monday."),
    Kind("body", "list_text", "a list item that is part of the story itself", "- 2014: the country splits"),
    Kind("caption", "caption", "text that describes a picture, video, map or chart", "Haftar (R) in Moscow this month"),
    Kind("caption", "credit", "who made or owns the picture", "Photo: AFP/Getty Images"),
    Kind("caption", "caption_marker", "the template word that announces a caption or credit", "Image caption"),
    Kind("bullet", "related_link", "a bulleted link to another page", "• Why is Libya so lawless?"),
    Kind("bullet", "bullet_other", "any other bulleted item that is not the story's own text", "• Population: 6.8 million"),
    Kind("boilerplate", "byline", "author line, agency line, place-and-agency line", "By Jane Doe, Tunis"),
    Kind("boilerplate", "timestamp", "date, time, “updated” or reading-time line", "14 January 2020, 10:32 GMT"),
    Kind("boilerplate", "navigation", "menus, breadcrumbs, section names, pagination", "Home > World > Africa"),
    Kind("boilerplate", "promo", "unbulleted teasers and headlines of other articles", "READ MORE: Turkey sends troops"),
    Kind("boilerplate", "share", "page tools and sharing widgets", "Share on Facebook"),
    Kind("boilerplate", "subscribe", "newsletter, paywall, registration and app prompts", "Sign up for our newsletter"),
    Kind("boilerplate", "comment_form", "forms, rules and counters of reader comments", "Please enter your comment!"),
    Kind("boilerplate", "comment", "readers' comments and their meta lines", "John, 3 hours ago: I disagree"),
    Kind("boilerplate", "media_fallback", "player, script and ad-blocker notices", "Media playback is unsupported on your device"),
    Kind("boilerplate", "advertisement", "advertisement labels and copy, link spam", "Advertisement"),
    Kind("boilerplate", "legal", "copyright, terms, cookies, disclaimers", "© 2020 BBC. All rights reserved."),
    Kind("boilerplate", "tags", "topic tags and keyword lists", "Tags: Libya, Haftar, GNA"),
    Kind("boilerplate", "code", "leaked CSS, JavaScript, HTML, JSON or shortcodes", ".logo{display:block}"),
    Kind("boilerplate", "boilerplate_other", "whatever else is not the story", "Unable to load stock data"),
)  # fmt: skip

LABELS: Final[tuple[str, ...]] = tuple(dict.fromkeys(kind.label for kind in KINDS))
"""The four labels, in the order of their class ids."""

KIND_NAMES: Final[tuple[str, ...]] = tuple(kind.name for kind in KINDS)
"""All kinds, in the order of their class ids."""

LABEL_OF: Final = MappingProxyType({kind.name: kind.label for kind in KINDS})
"""The label that a kind implies: ``LABEL_OF["credit"] == "caption"``."""

STORY_KINDS: Final = frozenset({"standfirst", "crosshead", "paragraph", "list_text"})
"""The kinds that make up an article's ``body`` text: the story alone, its headline left out."""
