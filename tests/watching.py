"""A corpus, the command at work on it, and the processes that it starts: what the tests of engines look at."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

import pyarrow as pa

LOOPBACK = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
"""What keeps a Ray cluster, and who talks to it, to the loopback address."""

EPOCH = {"SOURCE_DATE_EPOCH": "1579000000"}


def write_corpus(folder: Path, count: int) -> None:
    """Stories in files of every kind, among them some that are the same, and what is dropped."""
    folder.mkdir()
    random = Random(1)  # noqa: S311 - the same stories every time
    made = (" ".join(f"talks{random.randrange(1_000)}" for _ in range(60)) for _ in range(count - 3))
    stories = [f"{words}.\n\nShare this story\n" for words in made]
    stories += stories[:3]
    for file in range(4):
        lines = [json.dumps({"text": text, "title": f"Talks {n}"}) for n, text in enumerate(stories[file::4])]
        lines += ["{", '{"text": "Half a character: \\ud800, but a story nevertheless, officials said."}']
        (folder / f"{file}.jsonl").write_text("\n".join(lines), encoding="utf-8")
    for n, text in enumerate(stories[:9]):
        (folder / f"{n}.txt").write_text(f"{text} {n}", encoding="utf-8")
    (folder / "page.html").write_text(f"<h1>Talks end</h1><p>{stories[0]}</p><nav>Home</nav>", encoding="utf-8")
    (folder / "empty.txt").touch()


def tree(folder: Path) -> dict[str, bytes]:
    """The files of a folder by their names."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def processes() -> dict[int, tuple[int, str]]:
    """Of each process its parent and its command."""
    command = ["/bin/ps", "-A", "-ww", "-o", "pid=", "-o", "ppid=", "-o", "args="]
    listed = subprocess.run(command, capture_output=True, text=True, check=True)
    words = (line.split(None, 2) for line in listed.stdout.splitlines())
    return {int(pid): (int(parent), "".join(args)) for pid, parent, *args in words}


def below(ancestor: int, what: str) -> list[int]:
    """The processes that some process started, itself or through others, and whose command says something."""
    there = processes()
    found = {ancestor}
    while more := {pid for pid, (parent, _) in there.items() if parent in found} - found:
        found |= more
    return [pid for pid in found - {ancestor} if what in there[pid][1]]


def awaited(ancestor: int, what: str, seconds: float = 40) -> int:
    """The first such process, as soon as there is one."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := below(ancestor, what):
            return found[0]
        time.sleep(0.02)
    raise TimeoutError(what)


@contextlib.contextmanager
def building(corpus: Path, out: Path, *options: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """The command at work, in a group of processes of its own, as a terminal starts it."""
    command = [sys.executable, "-m", "libya_news", "build", str(corpus), "--out", str(out), *options]
    with started(command, **environment) as process:
        yield process


@contextlib.contextmanager
def started(command: Sequence[str], **environment: str) -> Iterator[subprocess.Popen[str]]:
    """A process in a group of its own; what is left of that ends with the block."""
    with subprocess.Popen(
        command,
        env={**os.environ, **EPOCH, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def gone(group: int) -> bool:
    """Whether a group of processes ends within some time."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


def ended(pids: list[int], seconds: float = 10) -> bool:
    """Whether processes end within some time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        there = processes()
        if not any(pid in there and "<defunct>" not in there[pid][1] for pid in pids):
            return True
        time.sleep(0.1)
    return False


def remembered(cache: Path) -> tuple[int, int]:
    """How many results were put into a cache so far, and of how many articles and drops."""
    path = cache / "results.sqlite"
    if not path.exists():
        return 0, 0
    with contextlib.closing(sqlite3.connect(path)) as base:
        try:
            batches = [pa.ipc.open_stream(data).read_all() for (data,) in base.execute("SELECT data FROM batches")]
            (known,) = base.execute("SELECT count(*) FROM articles").fetchone()
        except sqlite3.OperationalError:  # it is being made
            return 0, 0
    return sum(batch.num_rows for batch in batches), known


LISTENER = """
import os, sys
def hook(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
        with open(os.environ["LOOKED_UP"], "a") as file:
            file.write(repr(arguments[1:] if event in ("socket.connect", "socket.sendto") else arguments[:1]) + chr(10))
sys.addaudithook(hook)
"""


def listening(folder: Path) -> dict[str, str]:
    """An environment in which every Python process writes down whom it looks up and talks to."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(LISTENER, encoding="utf-8")
    return {"PYTHONPATH": str(folder), "LOOKED_UP": str(folder / "looked-up")}


def outside(folder: Path) -> list[str]:
    """Whom they asked that is not this machine."""
    path = folder / "looked-up"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    here = ("'127.0.0.1'", "'localhost'", "'::1'", "'/", "b'/", "'\\x00", "b'\\x00")
    return [line for line in lines if not line.lstrip("(").startswith(here)]
