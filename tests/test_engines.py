"""Engines: the same bytes from each, whatever the groups; and what happens when a worker is lost."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from watching import EPOCH, awaited, building, gone, listening, outside, tree, write_corpus

from libya_news import build
from libya_news.engines import local, ray
from libya_news.errors import EnvironmentFaultError, UsageError
from libya_news.release import on_cluster
from libya_news.release.work import How
from libya_news.sources import SourceFile


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("engines") / "news"
    write_corpus(folder, 60)
    return folder


@pytest.fixture(autouse=True)
def _one_time(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in EPOCH.items():
        monkeypatch.setenv(name, value)


def test_the_same_bytes_from_any_number_of_workers(corpus: Path, tmp_path: Path) -> None:
    one, two = (build([corpus], out=tmp_path / str(n), workers=n) for n in (1, 2))
    assert one.counts["articles"] > 50
    assert {drop.reason.partition(":")[0] for drop in one.drops} >= {"empty", "duplicate", "broken JSON"}
    assert tree(one.path) == tree(two.path)


@pytest.mark.parametrize(("files", "size"), [(1, 1), (3, 7), (100, 1_000)])
def test_the_same_bytes_from_any_groups(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: int, size: int
) -> None:
    """What a cluster does, one step after the other in this process."""
    plain = build([corpus], out=tmp_path / "plain")
    monkeypatch.setattr(on_cluster, "PART_FILES", files)
    monkeypatch.setattr(on_cluster, "BATCH_ITEMS", size)
    monkeypatch.setattr(ray, "run", _in_turn)
    assert tree(build([corpus], out=tmp_path / "grouped", engine="ray").path) == tree(plain.path)


def _in_turn(parts: Iterable[Any], read: Any, process: Any, *, address: str) -> Iterator[pa.RecordBatch]:
    assert not address
    for part in pickle.loads(pickle.dumps(list(parts))):  # noqa: S301 - as they go to the nodes
        yield from map(pickle.loads(pickle.dumps(process)), read(part))  # noqa: S301 - the same


def test_a_node_must_have_the_files_and_the_same_installation(corpus: Path, tmp_path: Path) -> None:
    gone_file = SourceFile(tmp_path / "gone.txt", "gone.txt")
    with pytest.raises(EnvironmentFaultError, match="All nodes must see the sources"):
        list(on_cluster.read_part([gone_file]))
    batch = next(on_cluster.read_part([SourceFile(corpus / "0.txt", "0.txt")]))
    with pytest.raises(EnvironmentFaultError, match="Install the same everywhere"):
        on_cluster.process_batch(batch, lambda _: pytest.fail("processed"), "another")


@pytest.mark.parametrize(
    ("how", "remedy"),
    [
        (("mars",), "Known are: local, ray"),
        (("local", 0), "Give 1 or more"),
        (("local", 1, "127.0.0.1:6379"), "choose --engine ray"),
        (("ray", 2), "Leave out --workers"),
        (("ray", 1, "", "cache"), "Leave out --cache"),
    ],
)
def test_engines_that_cannot_do_what_is_asked(how: tuple[Any, ...], remedy: str) -> None:
    with pytest.raises(UsageError, match=remedy):
        How(*how).check()


def test_without_ray(corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray.data", None)
    with pytest.raises(UsageError, match="extra ray"):
        build([corpus], out=tmp_path / "out", engine="ray")
    assert not tree(tmp_path / "out")


# The local engine.


def failing(number: int, at: int) -> int:
    if number == at:
        raise ValueError(f"cannot do {at}")
    return number


def killed(some: bytes, at: int) -> bytes:
    if some[0] == at:
        os.kill(os.getpid(), signal.SIGKILL)
    return some


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_in_a_worker_is_the_error_of_the_build(workers: int) -> None:
    with pytest.raises(ValueError, match="cannot do 3"), local.spread(workers) as begin:
        for waiting in [begin(partial(failing, at=3), number) for number in range(9)]:
            waiting()


@pytest.mark.parametrize("size", [1, 500_000])
def test_a_worker_that_is_killed_is_an_error(size: int) -> None:
    """Also where more waits than fits in a pipe."""
    with pytest.raises(EnvironmentFaultError, match="A worker process was killed"), local.spread(2) as begin:
        for waiting in [begin(partial(killed, at=3), bytes([n]) * size) for n in range(60)]:
            waiting()


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What takes two processes some seconds."""
    folder = tmp_path_factory.mktemp("engines") / "large"
    write_corpus(folder, 6_000)
    return folder


def test_ctrl_c_leaves_nothing(large: Path, tmp_path: Path) -> None:
    with building(large, tmp_path / "out", "--workers", "2") as process:
        awaited(process.pid, "spawn_main")
        time.sleep(1)
        os.killpg(process.pid, signal.SIGINT)
        output = process.communicate(timeout=30)
        assert (process.returncode, output[0]) == (130, "")
        assert output[1].strip() == "error: Stopped; nothing half-written is left."
        assert gone(process.pid)
    assert not tree(tmp_path / "out")


def test_a_killed_worker_ends_the_build(large: Path, tmp_path: Path) -> None:
    with building(large, tmp_path / "out", "--workers", "2") as process:
        awaited(process.pid, "spawn_main")
        time.sleep(1)
        os.kill(awaited(process.pid, "spawn_main"), signal.SIGKILL)
        _, errors = process.communicate(timeout=30)
        assert (process.returncode, errors.count("\n")) == (3, 1)
        assert "A worker process was killed" in errors
        assert gone(process.pid)
    assert not tree(tmp_path / "out")


# Nobody outside is asked anything.


def test_it_hears_what_it_must_hear(tmp_path: Path) -> None:
    code = "import socket\ntry: socket.getaddrinfo('nobody.invalid', 80)\nexcept OSError: pass"
    subprocess.run([sys.executable, "-c", code], env={**os.environ, **listening(tmp_path / "ear")}, check=True)
    assert outside(tmp_path / "ear") == ["('nobody.invalid',)"]


def test_nobody_is_asked(corpus: Path, tmp_path: Path) -> None:
    with building(corpus, tmp_path / "out", "--workers", "2", **listening(tmp_path / "ear")) as process:
        assert process.wait(60) == 0
    assert outside(tmp_path / "ear") == []
