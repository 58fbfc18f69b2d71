"""The same bytes from a Ray cluster, also where it loses a worker on the way or is stopped; it asks nobody outside."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from watching import (
    EPOCH,
    LOOPBACK,
    awaited,
    below,
    building,
    ended,
    listening,
    outside,
    remembered,
    tree,
    write_corpus,
)

from libya_news import build
from libya_news.engines import ray
from libya_news.errors import EnvironmentFaultError

pytest.importorskip("ray", reason="the extra 'ray' is not installed")

BUSY = "ray::MapBatches(_process)"
"""How Ray calls a process that processes a batch."""

NOBODY = "127.0.0.1:9"
"""Where no cluster is."""


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ray") / "news"
    write_corpus(folder, 10_000)
    return folder


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int, Path]]:
    """A cluster of two nodes: its address, the process that keeps it, and where it is written down whom it asks."""
    ear = tmp_path_factory.mktemp("ray") / "ear"
    command = [sys.executable, str(Path(__file__).with_name("ray_nodes.py"))]
    pipe = subprocess.PIPE
    environment = {**os.environ, **LOOPBACK, **listening(ear)}
    environment["PYTHONPATH"] += os.pathsep + str(Path(__file__).parent)  # the nodes find the functions of these tests
    with subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL) as process:
        assert process.stdout
        yield json.loads(process.stdout.readline()), process.pid, ear
        process.communicate(timeout=30)


@pytest.fixture(scope="module")
def plain(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The release as this process makes it."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in EPOCH.items():
            patch.setenv(name, value)
        return tree(build([corpus], out=tmp_path_factory.mktemp("plain")).path)


def test_two_nodes_one_of_which_loses_its_worker(
    corpus: Path, plain: dict[str, bytes], nodes: tuple[str, int, Path], tmp_path: Path
) -> None:
    address, keeper, ear = nodes
    cache = ("--engine", "ray", "--cache", str(tmp_path / "cache"), "--address")
    with building(corpus, tmp_path / "out", *cache, address, **LOOPBACK, **listening(tmp_path / "ear")) as process:
        victim = awaited(keeper, BUSY, 90)
        os.kill(victim, signal.SIGKILL)
        _, errors = process.communicate(timeout=100)
        assert process.returncode == 0, errors
    assert tree(tmp_path / "out" / "libya-news-1.0.0") == plain
    assert outside(tmp_path / "ear") == outside(ear) == []
    with building(corpus, tmp_path / "again", *cache, NOBODY) as process:  # where all is known, nobody is asked
        assert process.wait(100) == 0
    assert tree(tmp_path / "again" / "libya-news-1.0.0") == plain


def test_an_error_on_a_node_is_the_error_of_the_build(nodes: tuple[str, int, Path]) -> None:
    code = "import sys; from test_engines_ray import fail; fail(sys.argv[1])"
    environment = {**os.environ, **LOOPBACK, "PYTHONPATH": str(Path(__file__).parent)}
    command = [sys.executable, "-c", code, nodes[0]]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=100)
    assert "ValueError: cannot do 3" in result.stderr.splitlines()
    assert result.returncode == 1


def fail(address: str) -> None:
    """Run what fails on the cluster; Ray starts threads, so this has a process of its own."""
    with ray.spread(address) as run:
        list(run(range(9), one_batch, failing))


def one_batch(number: int) -> list[pa.RecordBatch]:
    return [pa.record_batch([pa.array([number])], names=["number"])]


def failing(batch: pa.RecordBatch) -> pa.RecordBatch:
    if batch.column(0)[0].as_py() == 3:
        raise ValueError("cannot do 3")
    return batch


@pytest.mark.parametrize(
    ("signals", "code"), [([signal.SIGINT, signal.SIGINT], 130), ([signal.SIGTERM], 143)], ids=["ctrl-c", "sigterm"]
)
def test_a_cluster_of_its_own_that_is_stopped_goes_on(
    corpus: Path, plain: dict[str, bytes], tmp_path: Path, signals: list[signal.Signals], code: int
) -> None:
    options = ("--engine", "ray", "--cache", str(tmp_path / "cache"))
    with building(corpus, tmp_path / "out", *options, **listening(tmp_path / "ear")) as process:
        while not remembered(tmp_path / "cache")[1]:
            time.sleep(0.1)
        started = below(process.pid, "")
        for number in signals:
            os.kill(process.pid, number)
            time.sleep(0.1)
        output = process.communicate(timeout=100)
        assert (process.returncode, output[0]) == (code, "")
        stopped = "error: Stopped; nothing half-written is left. The same command goes on from there."
        assert output[1].splitlines()[-1] == stopped
    assert ended(started)
    assert not tree(tmp_path / "out")
    before, _ = remembered(tmp_path / "cache")
    with building(corpus, tmp_path / "out", *options, **listening(tmp_path / "other-ear")) as process:
        awaited(process.pid, BUSY, 90)
        started = below(process.pid, "")
        _, errors = process.communicate(timeout=100)
        assert process.returncode == 0, errors
    assert ended(started)
    assert tree(tmp_path / "out" / "libya-news-1.0.0") == plain
    made, known = remembered(tmp_path / "cache")
    assert 0 < before < made == known
    assert (tmp_path / "other-ear" / "looked-up").exists()
    assert outside(tmp_path / "ear") == outside(tmp_path / "other-ear") == []


def test_no_cluster_where_one_is_named(corpus: Path, tmp_path: Path) -> None:
    with building(corpus, tmp_path / "out", "--engine", "ray", "--address", NOBODY) as process:
        _, errors = process.communicate(timeout=100)
        assert process.returncode == 3, errors
        assert f"No Ray cluster at {NOBODY}" in errors


def test_a_cluster_of_our_own_that_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody who gave no address is told to check it."""

    def start(_: object) -> None:
        raise RuntimeError("The current node timed out during startup.")

    monkeypatch.setattr(ray, "_start", start)
    with pytest.raises(EnvironmentFaultError, match=r"at 127\.0\.0\.1: .* during startup\. Try again when"):
        ray._connect(None, "")  # noqa: SLF001 - whole builds run in processes of their own, since Ray warns
