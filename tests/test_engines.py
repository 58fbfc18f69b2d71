"""Engines: the same bytes from each, whatever the groups; and what happens when a worker is lost."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pickle
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from watching import EPOCH, awaited, building, gone, listening, outside, remembered, started, tree, write_corpus

from libya_news import build
from libya_news.engines import local, ray
from libya_news.errors import EnvironmentFaultError, UsageError
from libya_news.pipeline import STEPS, Progress
from libya_news.release import on_cluster, on_node
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
    monkeypatch.setattr(on_node, "BATCH_ITEMS", size)
    _in_this_process(monkeypatch)
    assert tree(build([corpus], out=tmp_path / "grouped", engine="ray").path) == tree(plain.path)


Batches = Iterable[pa.RecordBatch]


def _in_this_process(patch: pytest.MonkeyPatch, lost: Callable[[Batches], Batches] = list) -> None:
    """Let one step after the other be done in this process, the last part first, and let something be lost."""

    def run(parts: Iterable[Any], read: Any, process: Any) -> Iterator[pa.RecordBatch]:
        sent = pickle.loads(pickle.dumps(list(parts)))  # noqa: S301 - as they go to the nodes
        there = pickle.loads(pickle.dumps(process))  # noqa: S301 - the same
        yield from lost(there(batch) for part in reversed(sent) for batch in read(part))

    patch.setattr(ray, "spread", lambda _address: contextlib.nullcontext(run))


def test_what_one_engine_remembers_the_other_knows(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = tree(build([corpus], out=tmp_path / "plain").path)
    _in_this_process(monkeypatch)
    for first, second in (("ray", "local"), ("local", "ray")):
        cache = tmp_path / f"{first}-cache"
        made, again = (
            build([corpus], out=tmp_path / first / name, engine=name, cache=cache) for name in (first, second)
        )
        assert tree(made.path) == tree(again.path) == plain
        total = made.counts["articles"] + len(made.drops)
        assert remembered(cache) == (total, total)


def test_a_run_that_broke_off_goes_on(corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_node, "BATCH_ITEMS", 5)
    cache = tmp_path / "cache"

    def stopped(batches: Batches, after: int) -> Batches:
        yield from islice(batches, after)
        raise KeyboardInterrupt

    for done in (20, 40):
        _in_this_process(monkeypatch, partial(stopped, after=done // 5))
        with pytest.raises(KeyboardInterrupt):
            build([corpus], out=tmp_path / "out", engine="ray", cache=cache)
        assert not tree(tmp_path / "out")
        assert remembered(cache) == (done, done)
    _in_this_process(monkeypatch)
    plain = build([corpus], out=tmp_path / "plain")
    total = plain.counts["articles"] + len(plain.drops)
    assert tree(build([corpus], out=tmp_path / "out", engine="ray", cache=cache).path) == tree(plain.path)
    assert remembered(cache) == (total, total)


def test_one_article_more_is_one_article_to_process(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _in_this_process(monkeypatch)
    news = Path(shutil.copytree(corpus, tmp_path / "news"))
    build([news], out=tmp_path / "out", engine="ray", cache=tmp_path / "cache")
    before, _ = remembered(tmp_path / "cache")
    with (news / "0.jsonl").open("a", encoding="utf-8") as file:
        file.write('\n{"text": "Talks in Sirte have ended, officials said."}')
    build([news], out=tmp_path / "out", engine="ray", cache=tmp_path / "cache", version="1.1.0")
    assert remembered(tmp_path / "cache") == (before + 1, before + 1)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE batches SET data = substr(data, 1, 300)",
        "UPDATE articles SET batch = batch + 1",
        "DELETE FROM articles WHERE row = 1",
        "DELETE FROM files",
    ],
)
def test_damage_to_a_cache_is_noticed(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    _in_this_process(monkeypatch)
    first = build([corpus], out=tmp_path / "first", engine="ray", cache=tmp_path / "cache")
    with sqlite3.connect(tmp_path / "cache" / "results.sqlite") as base:
        assert base.execute(damage).rowcount > 0
    base.close()
    second = build([corpus], out=tmp_path / "second", engine="ray", cache=tmp_path / "cache")
    assert tree(first.path) == tree(second.path)


@pytest.mark.parametrize(
    ("lost", "problem"),
    [
        (lambda batches: list(batches)[1:], "did not give back all of 1"),
        (lambda batches: list(batches)[:-1], "did not give back all of 1"),
        (lambda batches: [batch.slice(1) for batch in batches], "did not give back all of 3"),
        (lambda _batches: [], "did not give back all of 3"),
        (lambda batches: [*(made := list(batches)), made[0]], "gave back a result twice"),
        (lambda batches: [each for batch in batches for each in (batch, batch)], "gave back a result twice"),
    ],
)
def test_what_a_cluster_loses_or_repeats_is_an_error(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lost: Any, problem: str
) -> None:
    monkeypatch.setattr(on_cluster, "PART_FILES", 6)
    _in_this_process(monkeypatch, lost)
    with pytest.raises(EnvironmentFaultError, match=problem):
        build([corpus], out=tmp_path / "out", engine="ray")
    assert not tree(tmp_path / "out")


def test_progress_tells_the_files_that_are_done(corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_cluster, "PART_FILES", 1)
    _in_this_process(monkeypatch)
    told: list[Progress] = []
    build([corpus], out=tmp_path / "out", engine="ray", on_progress=told.append)
    sizes = [path.stat().st_size for path in sorted(corpus.iterdir(), key=lambda path: path.name)]
    done = [(number, sum(sizes[len(sizes) - number :])) for number in range(len(sizes) + 1)]
    assert [(one.files, one.bytes) for one in told if one.step == STEPS[0]] == done
    assert [one.step for one in told][len(done) :] == list(STEPS[1:])
    assert {(one.files, one.bytes) for one in told[len(done) :]} == {done[-1]}
    assert {(one.total_files, one.total_bytes) for one in told} == {done[-1]}


def test_a_node_must_have_the_files_and_the_same_installation(corpus: Path, tmp_path: Path) -> None:
    gone_file = SourceFile(tmp_path / "gone.txt", "gone.txt")
    with pytest.raises(EnvironmentFaultError, match="All nodes must see the sources"):
        list(on_node.read_part(on_node.Part(0, [gone_file]), verify=False))
    batch = next(on_node.read_part(on_node.Part(0, [SourceFile(corpus / "0.txt", "0.txt")]), verify=False))
    with pytest.raises(EnvironmentFaultError, match="Install the same everywhere"):
        on_node.OnNode(lambda _: pytest.fail("processed"), "another", None, np.empty(0, "S1"))(batch)


@pytest.mark.parametrize(
    ("how", "remedy"),
    [
        (("mars",), "Known are: local, ray"),
        (("local", 0), "Give 1 or more"),
        (("local", 1, "127.0.0.1:6379"), "choose --engine ray"),
        (("ray", 2), "Leave out --workers"),
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


@pytest.mark.parametrize("pause", [0, 0.01, 0.05])
def test_workers_end_in_the_midst_of_what_they_hand_over(pause: float) -> None:
    def broken_off() -> None:
        with local.spread(2) as begin:
            waiting = [begin(bytes, 50_000_000) for _ in range(9)]
            waiting[0]()
            time.sleep(pause)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken_off()
    assert not multiprocessing.active_children()


LIBRARY = """
import time
from libya_news.engines import local
with local.spread(2) as begin:
    waiting = [begin(time.sleep, 60) for _ in range(4)]
    print("begun", flush=True)
    waiting[0]()
"""


def test_ctrl_c_twice_ends_what_calls_the_library() -> None:
    """Of two at once the second can come before anything was done about the first; a command can mind that."""
    with started([sys.executable, "-c", LIBRARY]) as process:
        assert process.stdout
        process.stdout.readline()
        os.killpg(process.pid, signal.SIGINT)
        time.sleep(0.2)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=30)
        assert gone(process.pid)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What takes two processes some seconds."""
    folder = tmp_path_factory.mktemp("engines") / "large"
    write_corpus(folder, 20_000)
    return folder


STOPPED = "error: Stopped; nothing half-written is left."


@pytest.mark.parametrize(
    ("signals", "options", "code", "advice"),
    [
        ([signal.SIGINT], [], 130, "With --cache DIR from the first run on, the same command would go on from there."),
        ([signal.SIGINT] * 3, ["--cache"], 130, "The same command goes on from there."),
        ([signal.SIGTERM, signal.SIGINT], ["--cache"], 143, "The same command goes on from there."),
    ],
)
def test_a_build_that_is_stopped_leaves_nothing(
    large: Path, tmp_path: Path, signals: list[signal.Signals], options: list[str], code: int, advice: str
) -> None:
    cache = [word for option in options for word in (option, str(tmp_path / "cache"))]
    with building(large, tmp_path / "out", "--workers", "2", *cache) as process:
        awaited(process.pid, "spawn_main")
        time.sleep(1)
        for number in signals:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, number)
            time.sleep(0.02)
        output = process.communicate(timeout=30)
        assert (process.returncode, output[0], output[1].strip()) == (code, "", f"{STOPPED} {advice}")
        assert gone(process.pid)
    assert not tree(tmp_path / "out")


def test_workers_do_not_outlive_the_command(large: Path, tmp_path: Path) -> None:
    with building(large, tmp_path / "out", "--workers", "2") as process:
        awaited(process.pid, "spawn_main")
        process.kill()
        process.communicate(timeout=30)
        assert gone(process.pid)


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
