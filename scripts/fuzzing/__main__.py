"""Feed damaged and hostile input to all that takes input: ``scripts/fuzz [--inputs N] [--target NAME ...] [--seed N]``.

One in ten of a target's inputs is Hypothesis's, the others are atheris's, which breeds inputs for the code that they
reach; where atheris is not installed all are Hypothesis's. An input fails where it raises anything but an error of the
library's own, breaks what is promised (``oracle.py``), takes two seconds of processor time at up to 1 MB, or half a GiB
of memory. What fails is kept in ``fuzz-failures/``, made small; the exit code is 1 then. Once it is mended, its row in
``tests/cases/fuzz.toml`` keeps it so.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO, NamedTuple

from .targets import targets
from .worker import AT_WORK

SILENT_SECONDS = 600
"""Seconds without an input done after which one is taken to hang."""

ONE_IN = 10
"""One input in so many is Hypothesis's, whose inputs take four times as long to make."""

KEPT = Path("fuzz-failures")

MEMORY = Path("/dev/shm")  # noqa: S108 - made into folders of its own
"""Where files lie in memory, on Linux: on a disk most of the time would go by with making and removing them."""


class Tally(NamedTuple):
    """What came of a target: inputs done, and each failure with the file that holds its input."""

    done: int
    failures: list[str]


def main() -> int:
    """Run the targets that are asked for, and print what came of each."""
    chosen = _options()
    known = targets()
    names = chosen.target or list(known)
    whole = sum(known[name].share for name in names)
    total, failed = 0, 0
    print(f"{'target':14}{'inputs':>10}{'seconds':>9}  failures")
    for name in names:
        start = time.monotonic()
        tally = fuzz(name, max(1, chosen.inputs * known[name].share // whole), chosen.seed)
        total, failed = total + tally.done, failed + len(tally.failures)
        print(f"\r{name:14}{tally.done:10,}{time.monotonic() - start:9.0f}  {len(tally.failures)}", flush=True)
        for failure in tally.failures:
            print(f"  {failure}", flush=True)
    print(f"{'together':14}{total:10,}{'':9}  {failed}")
    return 1 if failed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/fuzz", description=__doc__.split("\n\n")[0])
    parser.add_argument("--inputs", type=int, default=20_000, help="inputs, of all targets (default %(default)s)")
    parser.add_argument("--target", action="append", choices=list(targets()), help="only this one; may be repeated")
    parser.add_argument("--seed", type=int, default=1, help="another seed gives other inputs (default %(default)s)")
    return parser.parse_args()


def fuzz(name: str, inputs: int, seed: int) -> Tally:
    """Run a target, by one engine after the other, in processes that are replaced when an input kills them."""
    by_hypothesis = inputs // ONE_IN if importlib.util.find_spec("atheris") else inputs
    done, failures = 0, list[str]()
    for engine, wanted in (("hypothesis", by_hypothesis), ("atheris", inputs)):
        while done < wanted:
            tally = _process(name, engine, wanted - done, seed + done)
            done += max(tally.done, 1)
            failures += tally.failures
    return Tally(done, failures)


def _process(name: str, engine: str, inputs: int, seed: int) -> Tally:
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        command = [sys.executable, "-m", "fuzzing.worker", name, engine, str(inputs), str(seed), folder]
        surroundings = {**os.environ, "TMPDIR": folder}
        said = Path(folder, "said")
        with (
            said.open("w") as sink,
            subprocess.Popen(  # noqa: S603 - this program's own
                command, stdout=subprocess.PIPE, stderr=sink, text=True, env=surroundings
            ) as worker,
        ):
            tally = _followed(name, worker.stdout)
            if worker.poll() is None and tally.done < inputs:
                worker.kill()
            code = worker.wait()
        if code and tally.done < inputs:
            lines = said.read_text(encoding="utf-8", errors="replace").splitlines()
            last = [line for line in lines if "Error" in line or "Exception" in line][-2:] or lines[-2:]
            kept = _keep(Path(folder, AT_WORK), name)
            tally.failures.append(f"{kept}: the process ended with {code} or hung: {' / '.join(last)[-300:]}")
        return tally


def _followed(name: str, told: IO[str] | None) -> Tally:
    """What a process tells, until it ends or is silent for too long."""
    done, failures = 0, list[str]()
    while told and select.select([told], [], [], SILENT_SECONDS)[0] and (line := told.readline()):
        if not line.startswith("{"):
            continue  # libFuzzer's own words
        news = json.loads(line)
        done = news["done"]
        if "failure" in news:
            failures.append(f"{_keep(Path(news['path']), name)}: {news['failure']}")
        if sys.stdout.isatty():
            print(f"\r{name:14}{done:10,}", end="", flush=True)
    return Tally(done, failures)


def _keep(path: Path, name: str) -> Path:
    kept = KEPT / name / (path.name if path.name != AT_WORK else f"{AT_WORK}-{time.time_ns()}")
    kept.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        shutil.copyfile(path, kept)
    return kept


if __name__ == "__main__":
    sys.exit(main())
