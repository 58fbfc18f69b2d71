"""The label table."""

from __future__ import annotations

import re
from pathlib import Path

from libya_news import labels


def test_a_kind_has_one_label() -> None:
    assert len(set(labels.KIND_NAMES)) == len(labels.KINDS) == 24
    assert labels.LABELS == ("body", "caption", "bullet", "boilerplate")
    assert set(labels.KIND_NAMES) >= labels.STORY_KINDS


def test_it_is_the_table_of_the_guidelines(shared: Path) -> None:
    rows = re.findall(r"^\| (\w+) \| (\w+) \|", (shared / "LABELS.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert [(kind.label, kind.name) for kind in labels.KINDS] == [row for row in rows if row != ("label", "kind")]
