"""Inputs that the fuzzer found to go wrong, once and for all; and that the fuzzer finds what does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from time import process_time
from typing import Any

import pytest
from fuzzing.oracle import check_drop, check_normalized, check_segments
from fuzzing.targets import Target, targets
from fuzzing.worker import Run

from libya_news import Drop
from libya_news._tables import tomllib
from libya_news.records import Normalized, Segment

CASES = Path(__file__).parent / "cases" / "fuzz.toml"
TARGETS = targets()


def cases() -> list[Any]:
    """Each of the rows: a text whose characters are bytes, and what stands behind it so many times."""
    rows = tomllib.loads(CASES.read_text(encoding="utf-8"))["case"]
    return [pytest.param(row, id=f"{row['target']}: {row['was']}") for row in rows]


@pytest.mark.parametrize("case", cases())
def test_what_went_wrong(case: dict[str, Any]) -> None:
    data = (case["data"] + case.get("unit", "") * case.get("times", 0)).encode("latin-1")
    start = process_time()
    TARGETS[case["target"]].check(data)
    assert process_time() - start < 4


@pytest.mark.parametrize("name", TARGETS)
def test_every_target_takes_its_seeds(name: str) -> None:
    for seed in TARGETS[name].seeds:
        assert TARGETS[name].check(seed) >= 0


def _segment(start: int, end: int, kind: str = "paragraph") -> Segment:
    return Segment(start, end, "body", kind, 1.0, "rule:x")


@pytest.mark.parametrize(
    ("segments", "what"),
    [
        ([], "in no segment"), ([_segment(0, 2)], "in no segment"), ([_segment(0, 2), _segment(1, 5)], "overlaps"),
        ([_segment(0, 9)], "lies outside"), ([_segment(0, 3), _segment(3, 5)], "not trimmed"),
        ([_segment(0, 5, "caption")], "label of another"),
    ],
)  # fmt: skip
def test_the_oracle_sees_segments_that_are_wrong(segments: list[Segment], what: str) -> None:
    with pytest.raises(AssertionError, match=what):
        check_segments("ab cd", segments)


def test_the_oracle_sees_a_drop_without_a_reason_and_offsets_that_are_wrong() -> None:
    with pytest.raises(AssertionError, match="no reason"):
        check_drop(Drop("a", "read", ""))
    with pytest.raises(AssertionError, match="end of the input"):
        check_normalized("abc", Normalized("ab"))
    with pytest.raises(AssertionError, match="changes the text"):
        check_normalized("a\xa0", Normalized("a\xa0"))


def test_an_input_that_fails_is_kept_and_made_small(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def check(data: bytes) -> int:
        return 1 // (b"<!" not in data)

    run = Run("x", Target(check, [b"a"], [b"<"], 1), 10, tmp_path)
    for data in (b"sound", b"a" * 500 + b"<!" + b"b" * 77):
        run.take(data)
    (told,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert told["failure"].startswith("ZeroDivisionError")
    assert Path(told["path"]).read_bytes() == b"<!"


def test_the_command(tmp_path: Path, root: Path) -> None:
    """A short run of one target, with whatever engine there is."""
    done = subprocess.run(
        [sys.executable, "-m", "fuzzing", "--inputs", "200", "--target", "dates"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(root / "scripts")},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.split()[-3:] == ["together", "200", "0"]
