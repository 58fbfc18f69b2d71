"""What a dataset says that it is: in the words of its maker, or in general ones."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from libya_news._tables import load_table
from libya_news.corpus.filters import Filters
from libya_news.records import Release


@dataclass(frozen=True, slots=True)
class About:
    """A dataset in the words of its maker: what is left empty is said in general words.

    Attributes:
        title: its name for people.
        description: what it holds, in whole sentences.
        creator: who made it.
        keywords: what it is found by, beside ``news`` and what it can be used for.
        uses: what it is good for, a sentence each.
    """

    title: str = ""
    description: str = ""
    creator: str = ""
    keywords: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()

    def to_json(self) -> str:
        """The words that are given as canonical JSON; empty where none is."""
        given = {key: value for key, value in asdict(self).items() if value}
        return json.dumps(given, ensure_ascii=False, sort_keys=True) if given else ""

    @classmethod
    def from_json(cls, text: str) -> About:
        """What ``to_json`` gave.

        >>> some = About("Syria news", keywords=("syria",))
        >>> About.from_json(some.to_json()) == some
        True
        """
        given = json.loads(text or "{}").items()
        values: dict[str, Any] = {key: value if isinstance(value, str) else tuple(value) for key, value in given}
        return cls(**values)


def words(release: Release) -> Mapping[str, Any]:
    """All that card, ``croissant.json`` and ``CITATION.cff`` say in words, as ``tables/dataset.toml`` has it.

    What a release is about is known where its maker says it, or where it was built for a topic; of any other, only that
    it holds news.
    """
    facts: Mapping[str, Any] = load_table("dataset", expect="dataset")
    own = About.from_json(release.settings.get("about", ""))
    subject = _subject(release)
    said = own.description or facts["description"].format(about=f" about {subject}" if subject else "")
    named = own.keywords or ((subject.lower(),) if subject else ())
    uses = own.uses or ((facts["use_of_topic"].format(subject=subject),) if subject else ())
    return {
        **facts,
        "title": own.title or (f"{subject} news" if subject else release.name),
        "description": f"{said} {facts['form']}",
        "creator": own.creator or facts["creator"],
        "keywords": [*dict.fromkeys(("news", *named, *facts["keywords"]))],
        "uses": [*uses, *facts["uses"]],
    }


def _subject(release: Release) -> str:
    """The name of the topic that a release was built for; empty where it was built for none."""
    name = release.settings.get("topic", "none").partition("@")[0]
    return "" if name == "none" else name.replace("-", " ").replace("_", " ").title()


def chosen(release: Release) -> str:
    """By what topic and filters articles were chosen, in a sentence; empty where all were taken."""
    facts = load_table("dataset", expect="dataset")["chosen"]
    topic = release.settings.get("topic", "none")
    filters = Filters.from_json(release.settings.get("filters", ""))
    said = {
        "topic": "" if topic == "none" else topic,
        "languages": ", ".join(filters.languages),
        "since": filters.since,
        "until": filters.until,
        "min_characters": filters.min_characters,
    }
    parts = [facts[key].format(value) for key, value in said.items() if value]
    return facts["sentence"].format("; ".join(parts)) if parts else ""
