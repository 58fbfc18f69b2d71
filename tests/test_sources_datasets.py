"""Folders of datasets: which of their files are read, and cards that somebody made to do harm."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path
from time import process_time

import pytest
import yaml

from libya_news import Drop, read
from libya_news.sources import _dataset
from libya_news.sources._dataset import data_files, head_of

STORY = "Ports open in the east."


def card(head: str) -> bytes:
    return f"---\n{head}\n---\n# Card\n".encode()


LOL = "a: &a [x, x, x]\n" + "".join(f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n" for a, b in pairwise("abcdefghi"))
MERGED = "a: &a {x: 1}\n" + LOL.partition("\n")[2].replace("[", "{<<: [").replace("]", "]}")
ODD = {
    "a number that is none": 'a: !!int ""', "no float": 'a: !!float ""', "neither true nor false": "a: !!bool foo",
    "no time": "a: !!timestamp foo", "no zone": "a: 2001-12-14t21:59:43.1-99:99", "base": "a: 0b_",
    "in itself": "configs:\n- data_files: &a [*a]", "nine to the ninth": LOL + "configs:\n- data_files: *i",
    "merged": MERGED, "deep": "a: " + "[" * 3000, "of Python": "a: !!python/object/apply:os.system ['true']",
    "no key": "? [a]\n: b", "no end": "a: [", "patterns": "configs:\n- data_files: [" + "a*, b?, " * 3 + "c*, d*]",
}  # fmt: skip


@pytest.mark.parametrize("head", ODD.values(), ids=ODD)
def test_a_folder_with_an_odd_card_is_read_as_any_other(
    tmp_path: Path, head: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_dataset, "MAX_PATTERNS", 3)
    start = process_time()
    assert head_of(card(head)) is None
    assert process_time() - start < 1
    (tmp_path / "README.md").write_bytes(card(head))
    (tmp_path / "a.html").write_text(STORY, encoding="utf-8")
    assert [article.source.rpartition("/")[2] for article in read(tmp_path)] == ["README.md", "a.html"]


@pytest.mark.parametrize("loader", ["CSafeLoader", "SafeLoader"])
def test_a_card_without_the_fast_reader(monkeypatch: pytest.MonkeyPatch, loader: str) -> None:
    monkeypatch.setattr(_dataset, "_LOADER", getattr(yaml, loader))
    assert head_of(card("a: [1, yes]")) == {"a": [1, True]}
    assert head_of(card(LOL)) is None


def test_a_head_of_many_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It must end within what is read of a card."""
    (tmp_path / "README.md").write_bytes(card("license: mit\n" + "# none\n" * 100))
    (tmp_path / "a.html").write_text(STORY, encoding="utf-8")
    assert not list(read(tmp_path))
    monkeypatch.setattr("libya_news.sources._files.MAX_CARD_BYTES", 700)
    assert len(list(read(tmp_path))) == 2


def test_names_without_wild_cards_are_no_patterns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_dataset, "MAX_PATTERNS", 1)
    names = [f"{number}.txt" for number in range(9)]
    head = head_of(card(f"configs:\n- data_files: [{', '.join(names[:5])}, '[78].*']"))
    assert head is not None
    assert data_files(head, names) == [*names[:5], *names[7:]]


def test_what_is_hidden_is_no_data(tmp_path: Path) -> None:
    """The tools of the Hub keep what they know of a download in a folder ``.cache`` of its own."""
    for name in (".cache/x.txt", ".git/y.txt", "data/.z.txt", "data/train/a.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"{STORY} {name}", encoding="utf-8")
    (tmp_path / "provenance.toml").write_text('format = "libya_news/provenance"\nversion = 1\n', encoding="utf-8")
    (tmp_path / "data" / "again").symlink_to(tmp_path)
    for head in ("license: mit", "configs:\n- data_files: '*'"):
        (tmp_path / "README.md").write_bytes(card(head))
        found = {article.source.partition("/")[2] for article in read(tmp_path)}
        assert found - {"README.md"} == {"data/train/a.txt"}


@pytest.mark.parametrize("dataset", [False, True])
def test_folders_deeper_than_python_calls(tmp_path: Path, dataset: bool) -> None:
    if dataset:
        (tmp_path / "README.md").write_bytes(card("license: mit"))
    home, deep = Path.cwd(), tmp_path / "/".join("a" * 1200)
    os.chdir(tmp_path)
    try:
        for name in deep.relative_to(tmp_path).parts:
            Path(name).mkdir()
            os.chdir(name)
        Path("x.txt").write_text(STORY, encoding="utf-8")
        drops: list[Drop] = []
        (article,) = read(tmp_path, on_drop=drops.append)
        assert article.source == f"{tmp_path.name}/{'a/' * 1200}x.txt"
        assert not drops
    finally:
        os.chdir(home)
        (deep / "x.txt").unlink()
        os.removedirs(deep)  # what clears away after tests cannot go so deep either
