"""Lines and cuts whose kinds are beyond doubt, in data files: one for each language, negatives, and glued lines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from libya_news._tables import table_names, tomllib
from libya_news.labels import KIND_NAMES
from libya_news.segment import segment

CASES = Path(__file__).resolve().parent / "cases" / "segment"
ENDS = ("\n", "\n\n", "\r\n", "\r")


def _read(path: Path, what: str) -> list[Any]:
    return [
        pytest.param(case, id=f"{path.stem}-{n}") for n, case in enumerate(tomllib.loads(path.read_text("utf-8"))[what])
    ]


def test_every_language_has_cases() -> None:
    assert {path.stem for path in CASES.iterdir()} >= set(table_names("languages"))


OTHERS = {"glued", "known-failures"}


@pytest.mark.parametrize(
    "case", [case for path in sorted(CASES.glob("*.toml")) if path.stem not in OTHERS for case in _read(path, "case")]
)
def test_kinds(case: dict[str, Any]) -> None:
    _check(case)


@pytest.mark.xfail(reason="known failures; one that comes out right fails here, and moves to its language's file")
@pytest.mark.parametrize("case", _read(CASES / "known-failures.toml", "case"))
def test_known_failures(case: dict[str, Any]) -> None:
    _check(case)


def _check(case: dict[str, Any]) -> None:
    text = case.get("end", "\n\n").join(case["lines"])
    wanted = {case["lines"][int(number) - 1]: name for number, name in case["expect"].items()}
    found = {text[one.start : one.end]: one for one in segment(text)}
    told = {
        line: found[line].kind if name in KIND_NAMES else found[line].label
        for line, name in wanted.items()
        if line in found
    }
    assert told == wanted


@pytest.mark.parametrize("cut", _read(CASES / "glued.toml", "cut"))
@pytest.mark.parametrize("end", ENDS, ids=["lf", "blank", "crlf", "cr"])
def test_cuts(cut: dict[str, Any], end: str) -> None:
    story = "The council met on Monday, and after nine hours its members agreed on a budget for the coming year."
    text = end.join([story, cut["line"], story])
    found = [[text[one.start : one.end], one.kind] for one in segment(text)]
    assert found[1:-1] == cut["pieces"]


def test_a_story_of_one_line_behind_a_caption_is_not_lost() -> None:
    story = "The council met on Monday, and after nine hours its members agreed on a budget for the coming year. "
    text = f"Image copyright EPA Image caption Fishermen wait for the ferry {story * 12}"
    assert [one.kind for one in segment(text)] == ["credit", "caption_marker", "paragraph"]
    assert [one.kind for one in segment(text[: text.index(story) + len(story)])][-1] == "caption"
