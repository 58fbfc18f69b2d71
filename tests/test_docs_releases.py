"""What docs/releases.md shows works, in its order."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path


def test_the_worked_example(root: Path, tmp_path: Path) -> None:
    (tmp_path / "seeds").symlink_to(root / "seeds")
    text = (root / "docs" / "releases.md").read_text(encoding="utf-8")
    lines = re.findall(r"^libya-news .*$", text, re.MULTILINE)
    assert len(lines) >= 8
    for line in lines:
        words = shlex.split(line.replace("/tmp/", f"{tmp_path}/"))  # noqa: S108
        result = subprocess.run(
            [sys.executable, "-m", "libya_news", *words[1:]], cwd=tmp_path, capture_output=True, check=False
        )
        assert result.returncode == 0, result.stderr.decode()
        assert result.stdout
    assert (tmp_path / "diff.html").exists()
