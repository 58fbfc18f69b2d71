"""One target, in a process of its own: ``python -m fuzzing.worker TARGET ENGINE INPUTS SEED FOLDER``.

It tells on standard output how far it is, a JSON object a line. The input at work lies in a file, so that one that
kills the process is not lost.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import resource
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from .mutations import LONG_BYTES, MAX_BYTES, mutated
from .seeds import more_pages, more_texts

if TYPE_CHECKING:
    from .targets import Target

MAX_SECONDS = 2.0
"""Processor time that an input of up to 1 MB may take."""

SECONDS_A_RECORD = 2e-5
"""The same for each record that it holds: 1 MB may be half a million of them, each an article or a drop."""

MAX_GROWTH = 512 << 10
"""KiB by which one input may raise the process's memory above all that it had before."""

AT_WORK = "at-work"
TELL_SECONDS = 2.0
MINIMISING = 300
"""Smaller inputs that are tried for each new failure."""

KEPT_OF_A_KIND = 2


class Run:
    """Inputs that go through a target: how many, and which of them fail."""

    def __init__(self, name: str, target: Target, inputs: int, folder: Path) -> None:
        self.name, self.target, self.inputs, self.folder = name, target, inputs, folder
        self.done = 0
        self._told = time.monotonic()
        self._peak = _peak()
        self._kinds: dict[str, int] = {}
        self._at_work = folder / AT_WORK

    def take(self, data: bytes) -> None:
        """Run one input; the last one ends the process."""
        self._at_work.write_bytes(data)
        reason = self._failure(data)
        if reason:
            self._keep(data, reason)
        self.done += 1
        if self.done >= self.inputs:
            self._tell()
            os._exit(0)  # fuzzers of libFuzzer's kind have no other end
        if time.monotonic() - self._told > TELL_SECONDS:
            self._tell()

    def _failure(self, data: bytes) -> str:
        """Why an input fails, in words that are the same for the same fault; nothing where it does not."""
        start = time.process_time()
        try:
            allowed = MAX_SECONDS + SECONDS_A_RECORD * self.target.check(data)
        except Exception as error:  # noqa: BLE001 - to find any is what this is for
            return f"{type(error).__name__} at {_place(error)}: {error}"
        took, peak = time.process_time() - start, _peak()
        grown, self._peak = peak - self._peak, max(peak, self._peak)
        if took > allowed and len(data) <= LONG_BYTES:
            return f"slow: {took:.1f} s"
        return f"memory: {grown >> 10} MiB more" if grown > MAX_GROWTH and self.done else ""

    def _keep(self, data: bytes, reason: str) -> None:
        kind = reason.partition(":")[0]
        self._kinds[kind] = self._kinds.get(kind, 0) + 1
        if self._kinds[kind] > KEPT_OF_A_KIND:
            return
        if kind not in ("slow", "memory"):
            data = self._minimised(data, kind)
        path = self.folder / f"{self.name}-{hashlib.sha256(data).hexdigest()[:12]}"
        path.write_bytes(data)
        self._tell(failure=reason[:300], path=str(path))

    def _minimised(self, data: bytes, kind: str) -> bytes:
        """A smaller input with the same fault: parts are left out as long as it stays."""
        tries, size = 0, max(1, len(data) // 2)
        while size and tries < MINIMISING:
            at = 0
            while at < len(data) and tries < MINIMISING:
                tries += 1
                smaller = data[:at] + data[at + size :]
                if self._failure(smaller).partition(":")[0] == kind:
                    data = smaller
                else:
                    at += size
            size //= 2
        return data

    def _tell(self, **more: str) -> None:
        self._told = time.monotonic()
        print(json.dumps({"done": self.done, **more}), flush=True)


def _place(error: BaseException) -> str:
    """The innermost line of ours that an error went through."""
    frames = traceback.extract_tb(error.__traceback__)
    own = (frame for frame in frames if {"libya_news", "fuzzing"}.intersection(Path(frame.filename).parts))
    ours = [frame for frame in own if frame.name != "must"]
    last = (ours or frames)[-1]
    return f"{Path(last.filename).name} {last.lineno}"


def _peak() -> int:
    """KiB of memory that the process has had at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def by_hypothesis(run: Run, seed: int) -> None:
    """Inputs that Hypothesis draws: sound ones with changes, and any bytes and texts."""
    from hypothesis import HealthCheck, Phase, given, settings  # noqa: PLC0415 - one of two engines
    from hypothesis import seed as seeded  # noqa: PLC0415
    from hypothesis import strategies as st  # noqa: PLC0415

    pieces = run.target.pieces
    changed = st.builds(
        mutated, st.sampled_from(list(run.target.seeds)), st.randoms(use_true_random=True), st.just(pieces)
    )
    glued = st.lists(st.sampled_from(pieces) | st.binary(max_size=8), max_size=40).map(b"".join)
    texts = st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass"))
    inputs = st.one_of(changed, changed, changed, glued, texts, st.binary(max_size=200))
    quiet = settings(
        max_examples=BATCH, phases=[Phase.generate], deadline=None, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    while True:
        seeded(seed)(quiet(given(inputs)(run.take)))()
        seed += 1


NO_END = 86_400
"""Seconds after which atheris takes an input to hang: never, as the process that waits for this one sees to that."""

BATCH = 2000
"""Inputs of one test of Hypothesis's: it remembers all of a test."""


def by_atheris(run: Run, seed: int) -> None:
    """Inputs that atheris bred for the lines of Python that they reach, with changes of ours among its own."""
    import atheris  # type: ignore[import-not-found,unused-ignore] # noqa: PLC0415 - where it is installed

    corpus = run.folder / "corpus"
    corpus.mkdir()
    for number, sound in enumerate(run.target.seeds):
        (corpus / str(number)).write_bytes(sound[:MAX_BYTES])

    def change(data: bytes, max_size: int, number: int) -> bytes:
        random = Random(number)  # noqa: S311 - no secret
        if random.random() < 0.5:
            return bytes(atheris.Mutate(data, max_size))
        return mutated(data, random, run.target.pieces)[:max_size]

    atheris.Setup(
        [sys.argv[0], f"-seed={seed % (1 << 32) or 1}", f"-max_len={MAX_BYTES}", "-verbosity=0", f"-timeout={NO_END}",
         "-rss_limit_mb=0", f"-artifact_prefix={run.folder}/", str(corpus)],
        run.take,
        custom_mutator=change,
    )  # fmt: skip
    atheris.Fuzz()


def main() -> None:
    """See the module's own words."""
    name, engine, inputs, seed, folder = sys.argv[1:]
    if engine == "atheris":
        import atheris  # type: ignore[import-not-found,unused-ignore] # noqa: PLC0415 - where it is installed

        with atheris.instrument_imports(include=["libya_news"]):
            importlib.import_module("fuzzing.targets")
    from .targets import targets  # noqa: PLC0415 - atheris must watch its imports

    run = Run(name, targets(more_texts(), more_pages())[name], int(inputs), Path(folder))
    run_by: Callable[[Run, int], None] = by_atheris if engine == "atheris" else by_hypothesis
    run_by(run, int(seed))


if __name__ == "__main__":
    main()
