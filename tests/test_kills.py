"""Killed at any moment, nothing partial is seen and the next run completes; a full disk leaves the store as it was."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from killing import tree

MEMORY = Path("/dev/shm")  # noqa: S108 - where folders of Linux lie in memory


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder in memory where there is one: each victim waits for the disk some twenty times."""
    with tempfile.TemporaryDirectory(dir=MEMORY if os.access(MEMORY, os.W_OK) else None) as folder:
        yield Path(folder)


def _run(place: Path, *command: str) -> subprocess.CompletedProcess[str]:
    # A library for matrices that starts threads when it is imported is told not to: a process with threads cannot fork.
    known = {"SOURCE_DATE_EPOCH": "1579000000", "OPENBLAS_NUM_THREADS": "1", "TMPDIR": str(place)}
    return subprocess.run(
        [sys.executable, *command],
        cwd=place,
        env={**os.environ, **known},
        capture_output=True,
        text=True,
        check=False,
    )


def test_killed_at_any_moment(place: Path) -> None:
    result = _run(place, str(Path(__file__).with_name("killing.py")), str(place))
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert {name: job["wrong"] for name, job in found.items()} == {"build": [], "publish": []}
    assert sum(job["points"] for job in found.values()) >= 100
    assert all(job["states"] >= 2 for job in found.values())


LIMITED = """
import resource, sys
from libya_news.cli import main
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv.pop(1)),) * 2)
sys.exit(main())
"""
"""A file that grows beyond the limit is refused by the system, as on a full disk; Python ignores the signal."""


COMMANDS = {
    "build": ("build", "seeds", "--version", "1.0.1", "--out", "made"),
    "publish": ("publish", "made/libya-news-1.0.0", "store"),
}


@pytest.mark.parametrize("size", [100, 5_000, 12_000], ids="up to {} bytes".format)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_full_disk_leaves_the_store_as_it_was(root: Path, place: Path, command: str, size: int) -> None:
    """Next to nothing fits, or the first files, or all but the largest."""
    (place / "seeds").symlink_to(root / "seeds")
    _run(place, "-m", "libya_news", "build", "seeds", "--out", "made")
    before = tree(place, hidden=True)
    result = _run(place, "-c", LIMITED, str(size), *COMMANDS[command])
    assert result.returncode == 3, result.stderr
    assert "Check free space and permissions" in result.stderr
    assert tree(place, hidden=True) == before
    assert _run(place, "-m", "libya_news", *COMMANDS[command]).returncode == 0
