"""What README says works: its code runs, its commands run, its links lead somewhere."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from libya_news import __version__, build


@pytest.fixture(scope="module")
def readme(root: Path) -> str:
    return (root / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def workplace(tmp_path: Path, root: Path) -> Path:
    """A folder with the seeds and their release, as after ``./scripts/rebuild``."""
    (tmp_path / "seeds").symlink_to(root / "seeds")
    build([tmp_path / "seeds"], out=tmp_path / "releases")
    return tmp_path


def _blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def test_the_two_commands_come_first(readme: str) -> None:
    lines = _blocks(readme, "sh")[0].splitlines()
    assert [line.split()[0] for line in lines] == ["./scripts/rebuild", "./scripts/test"]
    assert readme.index("```sh") < 40


def test_python_examples(readme: str, workplace: Path) -> None:
    code = "\n".join(_blocks(readme, "python"))
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=workplace, capture_output=True, check=False, env={**os.environ}
    )
    assert result.returncode == 0, result.stderr.decode()
    shown = result.stdout.decode()
    assert "Tripoli : l’armée avance" in shown
    assert "caption caption_marker Image caption" in shown
    assert "caption caption Rebels in Brega" in shown
    assert "BBC News" in shown


def test_command_examples(readme: str, workplace: Path) -> None:
    lines = [line for block in _blocks(readme, "sh") for line in block.splitlines() if line.startswith("libya-news")]
    assert len(lines) >= 4
    for line in lines:
        words = shlex.split(line.replace("/tmp/", f"{workplace}/"), comments=True)  # noqa: S108
        result = subprocess.run(
            [sys.executable, "-m", "libya_news", *words[1:]], cwd=workplace, capture_output=True, check=False
        )
        assert result.returncode == 0, result.stderr.decode()
        assert result.stdout


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_links_lead_somewhere(root: Path, name: str) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", (root / name).read_text(encoding="utf-8")):
        assert (root / target).exists(), target


def test_figures_are_those_of_the_reports(root: Path, readme: str) -> None:
    rows = re.findall(r"^\| \[[^]]+\]\(([^)]+)\)(.*)$", readme, re.MULTILINE)
    assert len(rows) == 5
    for path, row in rows:
        figures = re.findall(r"\d+\.\d+%?", row)
        report = (root / path).read_text(encoding="utf-8")
        assert len(figures) >= 2
        assert not [figure for figure in figures if figure not in report], path


def test_changelog_and_version_agree(root: Path) -> None:
    versions = re.findall(r"^## (\S+)$", (root / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert versions[0] == __version__


def test_every_dependency_is_explained(root: Path) -> None:
    explained = (root / "CONTRIBUTING.md").read_text(encoding="utf-8")
    names = re.findall(
        r'^ {4}"([A-Za-z0-9_-]+)[><=;]', (root / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert len(names) > 10
    assert not [name for name in names if f"`{name}`" not in explained]
