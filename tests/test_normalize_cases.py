"""Cases in ``cases/normalize/``: sound text, damage that is undone, damage that is left, tidy-ups, known failures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from libya_news._tables import tomllib
from libya_news.errors import UsageError
from libya_news.normalize import FIX_NAMES, NormalizeOptions, normalize

CASES = Path(__file__).parent / "cases" / "normalize"
TWELVE = {"en", "fr", "es", "it", "ar", "tr", "de", "fa", "ru", "el", "zh", "ja"}


def cases(name: str) -> list[dict[str, Any]]:
    table = tomllib.loads((CASES / f"{name}.toml").read_text(encoding="utf-8"))
    assert (table["format"], table["version"]) == ("libya_news/normalize-cases", 1)
    found: list[dict[str, Any]] = table["case"]
    return found


@pytest.mark.parametrize("case", cases("sound"))
def test_sound_text_comes_back_as_the_same_object(case: dict[str, Any]) -> None:
    found = normalize(case["text"])
    assert found.text is case["text"]
    assert (found.fixes, found.damage) == ((), ())


@pytest.mark.parametrize("case", cases("damaged"))
def test_damage_is_undone(case: dict[str, Any]) -> None:
    found = normalize(case["text"])
    assert found.text == case["expected"]
    assert "mojibake" in found.fixes
    assert found.damage == ()


@pytest.mark.parametrize(
    "case", [pytest.param(c, marks=pytest.mark.xfail(reason=c["reason"])) for c in cases("known_failures")]
)
def test_known_failures(case: dict[str, Any]) -> None:
    assert normalize(case["text"]).text == case["expected"]


@pytest.mark.parametrize("case", cases("lossy"))
def test_lossy_damage_is_left_and_reported(case: dict[str, Any]) -> None:
    found = normalize(case["text"])
    assert found.text == case["text"]
    assert found.damage


@pytest.mark.parametrize("case", cases("lossy_restored"))
def test_what_lossy_damage_left_is_restored_and_the_rest_reported(case: dict[str, Any]) -> None:
    found = normalize(case["text"])
    assert found.text == case["expected"]
    assert "lossy_mojibake" in found.fixes
    damaged = [at for start, end in found.damage for at in range(start, end)]
    assert damaged == [at for at, sign in enumerate(found.text) if sign == "\ufffd"] != []
    off = normalize(case["text"], NormalizeOptions(off=["lossy_mojibake"]))
    assert "lossy_mojibake" not in off.fixes


@pytest.mark.parametrize("case", cases("tidy"))
def test_tidy_ups_are_named_and_can_be_switched_off(case: dict[str, Any]) -> None:
    found = normalize(case["text"])
    assert found.text == case["expected"]
    assert case["fix"] in found.fixes
    off = normalize(case["text"], NormalizeOptions(off=[case["fix"]]))
    assert case["fix"] not in off.fixes


def test_there_are_negatives_in_twelve_languages_and_150_cases_in_all() -> None:
    names = ("sound", "damaged", "known_failures", "lossy", "lossy_restored", "tidy")
    assert {case["language"] for case in cases("sound")} >= TWELVE
    assert sum(len(cases(name)) for name in names) >= 150


def test_an_unknown_fix_is_refused_with_the_valid_names() -> None:
    with pytest.raises(UsageError, match=r"tatwil.*tatweel"):
        NormalizeOptions(off=["tatwil"])


def test_every_fix_has_a_case_or_is_of_bytes() -> None:
    bytewise = {"lossy_mojibake", "mojibake", "other_encoding", "surrogates", "undecodable"}
    shown = {case["fix"] for case in cases("tidy")} | bytewise
    assert shown == set(FIX_NAMES)
