"""Canonical JSON lines: to the byte what ``json.dumps`` makes of each row, of whatever types and in whatever slices."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from libya_news.release import canonical

SPAN = pa.struct([("start", pa.int64()), ("confidence", pa.float32()), ("by", pa.string())])
SCHEMA = pa.schema(
    [
        ("title", pa.string()),
        ("authors", pa.list_(pa.string())),
        ("when", pa.timestamp("us", tz="UTC")),
        ("index", pa.int64()),
        ("confidence", pa.float32()),
        ("segments", pa.list_(SPAN)),
    ]
)

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.sampled_from(['\\"', "\0\x1f\x7f", "\t\n"])
_FLOAT = st.floats(width=32, allow_nan=False, allow_infinity=False)
_TIME = st.datetimes(min_value=datetime(1678, 1, 1), max_value=datetime(2261, 1, 1), timezones=st.just(timezone.utc))  # noqa: DTZ001 - hypothesis wants bounds without a zone
_SPAN = st.fixed_dictionaries({"start": st.integers(0, 2**40), "confidence": _FLOAT, "by": _TEXT | st.none()})
_ROW = st.fixed_dictionaries(
    {
        "title": _TEXT | st.none(),
        "authors": st.lists(_TEXT, max_size=3),
        "when": _TIME | st.none(),
        "index": st.integers(-(2**63), 2**63 - 1),
        "confidence": _FLOAT | st.none(),
        "segments": st.lists(_SPAN, max_size=3) | st.none(),
    }
)


def _dumped(rows: list[dict[str, Any]]) -> bytes:
    options: dict[str, Any] = {"ensure_ascii": False, "sort_keys": True, "separators": (",", ":")}
    lines = (json.dumps(row, default=datetime.isoformat, **options) for row in rows)
    return "".join(f"{line}\n" for line in lines).encode("utf-8")


@given(st.lists(_ROW, max_size=8), st.integers(0, 8), st.integers(0, 8))
def test_it_is_what_json_writes(rows: list[dict[str, Any]], start: int, count: int) -> None:
    batch = pa.RecordBatch.from_pylist(rows, schema=SCHEMA)
    assert canonical.lines(batch) == _dumped(batch.to_pylist())
    some = batch.slice(min(start, len(rows)), count)
    assert canonical.lines(some) == _dumped(some.to_pylist())


@pytest.mark.parametrize("character", [chr(code) for code in range(0x20)] + ['"', "\\", "\x7f", "\u2028", "\U0001f600"])
def test_every_character_that_json_escapes(character: str) -> None:
    batch = pa.RecordBatch.from_pylist([{"a": character}, {"a": f"x{character}y"}])
    assert canonical.lines(batch) == _dumped(batch.to_pylist())
