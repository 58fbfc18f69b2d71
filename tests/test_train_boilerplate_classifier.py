"""The researcher's example runs on a release, and reports."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from libya_news import build

STORY = "The ferry between Tripoli and port {} will sail again from next week, the operator said on Tuesday."


def _done(root: Path, release: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(root / "scripts" / "train_boilerplate_classifier.py"), str(release)]
    return subprocess.run(command, capture_output=True, check=False, text=True)


def _run(root: Path, release: Path) -> str:
    done = _done(root, release)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_what_has_no_text_is_told(root: Path, tmp_path: Path) -> None:
    for release, said in (
        (build([root / "seeds"], out=tmp_path, text="none").path, "put it back first, with libya-news rehydrate."),
        (tmp_path / "nowhere", "cannot be loaded: "),
    ):
        done = _done(root, release)
        assert (done.returncode, f"error: {release} " in done.stderr, said in done.stderr) == (2, True, True)


def test_on_the_seed(root: Path, tmp_path: Path) -> None:
    release = build([root / "seeds"], out=tmp_path)
    shown = _run(root, release.path)
    assert shown.startswith("One article only")
    assert f"{release.counts['segments']} segments to train on" in shown


def test_articles_stay_on_one_side(root: Path, tmp_path: Path) -> None:
    (tmp_path / "texts").mkdir()
    for number in range(8):
        text = f"Share on Facebook\n\n{STORY.format(number)}\n\nAll rights reserved"
        (tmp_path / "texts" / f"{number}.txt").write_text(text, encoding="utf-8")
    shown = _run(root, build([tmp_path / "texts"], out=tmp_path).path)
    assert "18 segments to train on, 6 to test on" in shown
    assert float(next(line for line in shown.splitlines() if "accuracy" in line).split()[1]) == pytest.approx(1.0)
