"""What the pages in docs/ say works: their examples run, in order, in one folder."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import hub_standin
import pytest

from libya_news import build
from libya_news._tables import load_table
from libya_news.normalize import FIX_NAMES


def _links(text: str) -> list[str]:
    return [target for target in re.findall(r"\]\(([^)]+)\)", text) if "://" not in target]


TRAINS = pytest.mark.skipif(find_spec("jax") is None, reason="the extra 'train' is not installed")


@pytest.mark.parametrize(
    "page",
    [
        "normalization.md",
        "publishing.md",
        "rights.md",
        "corpus.md",
        "sources.md",
        "scaling.md",
        pytest.param("segmentation.md", marks=TRAINS),
    ],
)
def test_examples_run(root: Path, tmp_path: Path, page: str) -> None:
    (tmp_path / "seeds").symlink_to(root / "seeds")
    text = (root / "docs" / page).read_text(encoding="utf-8")
    blocks = re.findall(r"^```(sh|python)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert blocks
    for config in re.findall(r"^```toml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        (tmp_path / "libya-news.toml").write_text(config, encoding="utf-8")
    for language, code in blocks:
        for command in _commands(language, code):
            result = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False, env={**os.environ})
            assert result.returncode == 0, result.stderr.decode()
            assert result.stdout


def test_the_page_on_normalisation_tells_every_fix_in_order(root: Path) -> None:
    page = (root / "docs" / "normalization.md").read_text(encoding="utf-8")
    told = re.findall(r"^\| `(\w+)` \| (.+) \|$", page, re.MULTILINE)
    meanings = load_table("dataset", expect="dataset")["fixes"]
    assert told == [(name, meanings[name]) for name in FIX_NAMES]
    assert set(meanings) == set(FIX_NAMES)


def _commands(language: str, code: str) -> list[list[str]]:
    if language == "python":
        return [[sys.executable, "-W", "error", "-c", code]]
    lines = [shlex.split(line, comments=True) for line in code.splitlines()]
    assert all(words[0] == "libya-news" for words in lines)
    return [[sys.executable, "-m", "libya_news", *words[1:]] for words in lines]


def test_examples_with_servers_run(root: Path, tmp_path: Path, s3_environment: dict[str, str]) -> None:
    """What ``publishing.md`` shows of S3 and the Hub: each command, and what it prints."""
    text = (root / "docs" / "publishing.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```console\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    shown = re.findall(r"^\$ libya-news (.*)\n([^$].*)$", "".join(blocks), re.MULTILINE)
    assert len(shown) == 4
    build([root / "seeds"], out=tmp_path / "releases")
    with hub_standin.serve() as hub:
        environment = {**os.environ, **s3_environment, **hub_standin.environment(hub, tmp_path)}
        make = "import s3fs; s3fs.S3FileSystem().mkdir('bucket')"
        subprocess.run([sys.executable, "-c", make], check=True, env=environment)
        for words, printed in shown:
            command = [sys.executable, "-m", "libya_news", *shlex.split(words)]
            done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False, text=True, env=environment)
            assert (done.stdout, done.returncode) == (f"{printed}\n", 0), done.stderr
        assert hub.repositories["ORG/NAME"].tags == ["v1.0.0"]


def test_every_page_is_linked_from_readme(root: Path) -> None:
    readme = (root / "README.md").read_text(encoding="utf-8")
    assert all(f"docs/{page.name}" in _links(readme) for page in (root / "docs").glob("*.md"))


def test_links_lead_somewhere(root: Path) -> None:
    for page in (root / "docs").glob("*.md"):
        for target in _links(page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), target
