"""What others do with the lines of a plain text: each rule says which lines of it are the story."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

import justext.core
import justext.utils

LONG: Final = 80
"""Characters of a long line, as in the floor that comes with the annotated texts."""

LANGUAGES: Final = {
    "ar": "Arabic", "da": "Danish", "de": "German", "en": "English", "es": "Spanish", "fr": "French", "it": "Italian",
    "no": "Norwegian_Bokmal", "pl": "Polish", "pt": "Portuguese", "ru": "Russian", "sv": "Swedish", "tr": "Turkish",
}  # fmt: skip
"""The word lists of jusText by language code."""

_NEVER: Final = re.compile("javascript|lorem ipsum|{", re.IGNORECASE)
_C4_END: Final = re.compile(r"""[.!?"”»’]$""")


def everything(lines: list[str], language: str) -> list[bool]:  # noqa: ARG001 - rules are called alike
    """Every line is kept."""
    return [True] * len(lines)


def long_lines(lines: list[str], language: str) -> list[bool]:  # noqa: ARG001 - rules are called alike
    """From the first long line to the last."""
    at = [number for number, line in enumerate(lines) if len(line) >= LONG] or [-1]
    return [at[0] <= number <= at[-1] for number in range(len(lines))]


def densest_run(lines: list[str], language: str) -> list[bool]:  # noqa: ARG001 - rules are called alike
    """The run of lines with the most characters, where each short line costs half a long one."""
    best = total = start = 0
    kept = (0, 0)
    for number, line in enumerate(lines):
        total += min(len(line), 400) if len(line) >= LONG else -LONG // 2
        if total <= 0:
            total, start = 0, number + 1
        elif total > best:
            best, kept = total, (start, number + 1)
    return [kept[0] <= number < kept[1] for number in range(len(lines))]


def c4(lines: list[str], language: str) -> list[bool]:  # noqa: ARG001 - rules are called alike
    """The rules for lines of C4 (Raffel et al. 2020): an end mark, three words, no "javascript", no "lorem ipsum"."""
    return [bool(_C4_END.search(line)) and len(line.split()) >= 3 and not _NEVER.search(line) for line in lines]


class _Paragraph(justext.core.Paragraph):  # type: ignore[misc]
    """A line as jusText sees a paragraph: no markup, no links."""

    dom_path = "body.p"
    chars_count_in_links = 0
    tags_count = 0
    class_type = ""

    def __init__(self, line: str) -> None:
        self.text_nodes = [line]


def justext_classes(lines: list[str], language: str) -> list[bool]:
    """The classes of jusText (Pomikálek 2011), each line taken for a paragraph without markup."""
    stoplist = justext.utils.get_stoplist(LANGUAGES[language]) if language in LANGUAGES else frozenset()
    paragraphs = [_Paragraph(line) for line in lines]
    justext.core.classify_paragraphs(paragraphs, stoplist)
    justext.core.revise_paragraph_classification(paragraphs)
    return [paragraph.class_type == "good" for paragraph in paragraphs]


RULES: Final[dict[str, Callable[[list[str], str], list[bool]]]] = {
    "everything kept": everything,
    "first to last long line": long_lines,
    "densest run of long lines": densest_run,
    "C4's rules for lines": c4,
    "jusText on lines": justext_classes,
}
