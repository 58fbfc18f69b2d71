"""Reading tables: format and version are checked, and what is wrong is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from libya_news._tables import load_table, read_table
from libya_news.errors import DataError


def test_a_missing_table() -> None:
    with pytest.raises(DataError, match=r"no table 'languages/xx'\. Reinstall"):
        load_table("languages/xx", expect="language")


def test_another_format() -> None:
    with pytest.raises(DataError, match=r"declares .*fields.* but .*language"):
        load_table("fields", expect="language")


def test_another_version(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text('format = "libya_news/topic"\nversion = 2\n', encoding="utf-8")
    with pytest.raises(DataError, match=r"declares \('libya_news/topic', 2\), but .* 1\) is needed"):
        read_table(tmp_path / "x.toml", expect="topic")


def test_a_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text('format = "libya_news/topic"\nversion = 1\na = 5\n', encoding="utf-8-sig")
    assert read_table(tmp_path / "x.toml", expect="topic") == {"a": 5}
