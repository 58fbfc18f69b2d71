"""A topic's table of names, checked, and its names found in a folded text."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from libya_news._tables import load_table, read_table, table_names
from libya_news.errors import DataError, UsageError
from libya_news.records import sha256_hex

from ._folding import fold

if TYPE_CHECKING:
    from ahocorasick_rs import AhoCorasick

GROUPS: Final = ("places", "people", "organisations")

_LISTS: Final = ("rivals", "never")
"""Keys of a section that hold a plain list; every other key but ``unsure`` is a language."""


_SHARED: Final = frozenset({"rivals", "company"})
"""Roles that a name may have besides others."""


class Use(NamedTuple):
    """What a name says.

    Attributes:
        key: ``GROUP.SECTION`` of the table, or ``company``.
        role: ``sure``, ``unsure``, ``rivals``, ``never`` or ``company``.
    """

    key: str
    role: str


class Hit(NamedTuple):
    """A name found in a folded text, half-open, and all that it says."""

    start: int
    end: int
    uses: tuple[Use, ...]


SUFFIX: Final = ".toml"


class Topic:
    """The names of a topic, ready to be looked for.

    Attributes:
        name: what it is called: the name of its file without the suffix.
        identity: what tells it from others: its name where it is one of ours, and for other files a hash behind it.

    Args:
        source: its name, or the path of its file.
        table: groups (``places``, ``people``, ``organisations``) of sections of names; see ``docs/corpus.md``.

    Raises:
        DataError: the table is not as it must be; the message names the section.
    """

    def __init__(self, source: str, table: Mapping[str, Any]) -> None:
        self.name = Path(source).stem
        self.identity = f"{self.name}@{_digest(table)}" if source.endswith(SUFFIX) else self.name
        self._source = source
        self._uses: dict[str, list[Use]] = {}
        for use, names in _uses(source, table):
            for entry in names:
                self._add(use, entry)
        if not any(use.role == "sure" for uses in self._uses.values() for use in uses):
            raise DataError(f"Topic {source!r} has no sure name.", 'Add one, for example [places.x] with en = ["X"].')
        self._patterns = list(self._uses)
        self._automaton: AhoCorasick | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Without the automaton, which no other process can take over, and which each makes for itself."""
        return {**self.__dict__, "_automaton": None}

    def _add(self, use: Use, entry: str) -> None:
        folded = fold(entry).text
        words = " ".join(folded.split())
        if folded != words or not words:
            problem = f"Topic {self._source!r}, {use.key}: {entry!r} is no name."
            raise DataError(problem, "Write words with single blanks, hyphens or apostrophes between them.")
        for form in _forms(words):
            uses = self._uses.setdefault(form, [])
            other = next((told for told in uses if told != use), None)
            if other and not {other.role, use.role} & _SHARED:
                problem = (
                    f"Topic {self._source!r}: {entry!r} is in {other.key} ({other.role}) and {use.key} ({use.role})."
                )
                raise DataError(problem, "Keep one of them.")
            if use not in uses:
                uses.append(use)

    def find(self, folded: str) -> Iterator[Hit]:
        """All whole names in a folded text, in order; of names that overlap, the first, and of those the longest."""
        if self._automaton is None:
            from ahocorasick_rs import AhoCorasick  # noqa: PLC0415 - a compiled library that only a topic needs

            self._automaton = AhoCorasick(self._patterns)
        found = self._automaton.find_matches_as_indexes(folded, overlapping=True)
        whole = ((start, -end, index) for index, start, end in found if _is_whole(folded, start, end))
        last = 0
        for start, end, index in sorted(whole):
            if start >= last:
                last = -end
                yield Hit(start, last, tuple(self._uses[self._patterns[index]]))


def load_topic(name: str) -> Topic:
    """A topic of ``tables/topics/``, by its name, or of any other file, by a path that ends in ``.toml``.

    Raises:
        UsageError: there is no topic of that name, or no such file.
        DataError: the file is not as it must be.

    >>> load_topic("libya").name
    'libya'
    """
    if name.endswith(SUFFIX):
        return Topic(name, read_table(Path(name), expect="topic"))
    known = table_names("topics")
    if name not in known:
        remedy = f"Give {', '.join(known)}, or a file of your own that ends in {SUFFIX}."
        raise UsageError(f"There is no topic {name!r}.", remedy)
    return _ours(name)


@lru_cache(maxsize=16)
def _ours(name: str) -> Topic:
    return Topic(name, load_table(f"topics/{name}", expect="topic"))


def _digest(table: Mapping[str, Any]) -> str:
    return sha256_hex(json.dumps(dict(table), sort_keys=True))[:DIGITS]


DIGITS: Final = 16
"""Hexadecimal digits of the hash of a table: 64 bits."""


def _uses(name: str, table: Mapping[str, Any]) -> Iterator[tuple[Use, list[str]]]:
    """Each list of names of a table with what it says."""
    for group, sections in table.items():
        if group == "company" and isinstance(sections, dict):
            yield from _section(name, group, sections, group)
            continue
        if group not in GROUPS or not isinstance(sections, dict):
            raise DataError(
                f"Topic {name!r} has the key {group!r}.", f"Its tables are called {', '.join((*GROUPS, 'company'))}."
            )
        for section, lists in sections.items():
            key = f"{group}.{section}"
            if not isinstance(lists, dict):
                raise DataError(f"Topic {name!r}: {key} is no table.", f"Write [{key}] and its names by language.")
            yield from _section(name, key, lists)


def _section(name: str, key: str, lists: Mapping[str, Any], role: str = "sure") -> Iterator[tuple[Use, list[str]]]:
    for entry, names in lists.items():
        known = _keys(role)
        if entry not in known and not (len(entry) == 2 and entry.isascii() and entry.islower()):
            remedy = f"Use {', '.join(('a language of two letters', *known))}."
            raise DataError(f"Topic {name!r}: {key} has the key {entry!r}.", remedy)
        if entry == "unsure" and isinstance(names, dict):
            yield from _section(name, key, names, entry)
        elif entry == "unsure":
            raise DataError(
                f"Topic {name!r}: {key}.unsure is no table.", f"Write [{key}.unsure] and its names by language."
            )
        elif not isinstance(names, list) or not all(isinstance(text, str) for text in names):
            raise DataError(f"Topic {name!r}: {key}.{entry} is no list of names.", f'Write {entry} = ["a name"].')
        else:
            yield Use(key, entry if entry in known else role), names


def _keys(role: str) -> tuple[str, ...]:
    """What may stand in a section besides languages.

    >>> _keys("sure"), _keys("company")
    (('unsure', 'rivals', 'never'), ())
    """
    return ("unsure", *_LISTS) if role == "sure" else ()


@lru_cache(maxsize=1)
def _clitics() -> tuple[frozenset[str], str, str]:
    table = load_table("clitics", expect="clitics")["arab"]
    return frozenset(table["before"]), table["article"], table["contracted"]


def _forms(words: str) -> tuple[str, ...]:
    """A name, and how it looks where the article that it begins with is contracted with a preposition.

    >>> _forms("الزاويه")
    ('الزاويه', 'للزاويه')
    """
    _, article, contracted = _clitics()
    return (words, contracted + words.removeprefix(article)) if words.startswith(article) else (words,)


def _is_whole(text: str, start: int, end: int) -> bool:
    """Whether a word ends at ``end``, and begins at ``start`` or with nothing but clitics before it."""
    before = _clitics()[0]
    ahead = text[max(0, start - _LONGEST - 1) : start].rpartition(" ")[2]
    return (not ahead or ahead in before) and not text[end : end + 1].strip()


_LONGEST: Final = 3
"""Characters of the longest run of clitics."""
