"""Kills a build, a publication and a copy into a store at many points each, and says what it finds; run by a test.

It is a process without threads that has imported all there is; so each victim is forked from it within milliseconds.
Some victims kill themselves at the n-th audited event that touches the store, before it happens. Others are killed by
the system in the middle of a write: SIGXFSZ comes when a file grows beyond a size. Whatever looks at the store is
forked too, since Arrow starts threads.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import datasets

from libya_news.records import sha256_hex
from libya_news.release import index, manifest, publishing, shard_writer
from libya_news.release.build import build
from libya_news.release.store import Store
from libya_news.release.verify import verify
from libya_news.segment import segment

STORIES = ("Talks in Moscow end.", "Elections are put off.", "Troops leave Sirte.", "The port is open.", "Oil flows.")
EVENTS = ("open", "os.", "shutil.", "sqlite3.", "tempfile.", "glob.")
SIZES = (1, 100, 1_000, 2_000, 4_000, 6_000, 8_000, 10_000, 12_000, 15_000, 20_000, 40_000)
"""Bytes beyond which a file must not grow; of a release this small, the largest file has some 20,000."""

Job = Callable[[], object]


def forked(work: Job) -> int:
    """Run something in a process of its own, and return how that ended: 0, or the signal, or 256 for an error."""
    child = os.fork()
    if child:
        status = os.waitpid(child, 0)[1]
        return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 256 * bool(status)
    try:
        work()
        os._exit(0)
    except BaseException:  # noqa: BLE001 - nothing may leave a forked process
        traceback.print_exc()
        os._exit(1)


def killed_at(number: int, place: Path, work: Job) -> Job:
    """The same work, which kills itself before its n-th event that touches a place."""
    left = [number]

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event.startswith(EVENTS) and any(str(place) in str(argument) for argument in arguments):
            left[0] -= 1
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)

    def victim() -> None:
        sys.addaudithook(hook)
        work()

    return victim


def killed_beyond(size: int, work: Job) -> Job:
    """The same work, which the system kills when a file grows beyond a size."""

    def victim() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        work()

    return victim


def tree(place: Path, hidden: bool = False) -> dict[str, str]:
    """Every file of the releases in a store, with the hash of its bytes; all files, on demand, unseen ones too."""
    files = sorted(path for path in place.rglob("*") if path.is_file())
    names = {path.relative_to(place).as_posix(): path for path in files}
    seen = {name: path for name, path in names.items() if hidden or not name.startswith((".", index.FILE_NAME))}
    return {name: sha256_hex(path.read_bytes()) for name, path in seen.items()}


def check(place: Path) -> None:
    """That whatever the store lists is whole, and loads."""
    for entry in Store(place).index().entries:
        faults = verify(manifest.load(place / entry.path))
        if faults:
            raise ValueError(faults)
        datasets.load_dataset(str(place / entry.path), cache_dir=str(place.with_name("cache")))


def victims(place: Path, work: Job) -> Iterator[tuple[str, Job]]:
    """The work, killed at every point: in writes, then at one event after the other for as long as there are any."""
    for size in SIZES:
        yield f"beyond {size} bytes", killed_beyond(size, work)
    for number in count(1):
        yield f"before event {number}", killed_at(number, place, work)


def ordeal(folder: Path, work: Callable[[Path], object], tidy: bool) -> dict[str, object]:
    """Kill some work at every point, look at what it left, and let it run again.

    Args:
        folder: takes the stores.
        work: what fills a store.
        tidy: whether the work that runs again removes what the killed one left unseen.
    """
    place, reference = folder / "store", folder / "reference"
    forked(lambda: work(reference))
    wanted, checked, points, wrong = tree(reference, tidy), {}, 0, []
    for name, victim in victims(place, lambda: work(place)):
        if not forked(victim):
            if name.startswith("before"):
                break
        else:
            points += 1
            state = json.dumps(tree(place))
            if state not in checked:
                checked[state] = forked(lambda: check(place))
            again = forked(lambda: work(place))
            faults = {
                "what is seen is not whole": checked[state],
                "the next run fails": again,
                f"the next run leaves {sorted(tree(place, tidy))}": tree(place, tidy) != wanted,
            }
            wrong += [f"{name}: {fault}" for fault, there in faults.items() if there]
        shutil.rmtree(place)
    return {"points": points, "states": len(checked), "wrong": wrong}


def main(folder: Path) -> None:
    """Print what came of each ordeal, as JSON."""
    (folder / "in").mkdir()
    for number, story in enumerate(STORIES):
        (folder / "in" / f"{number}.txt").write_text(story, encoding="utf-8")
    segment(STORIES[0])
    manifest.code()
    shard_writer.ROWS_PER_SHARD.update(articles=2, segments=2)
    forked(lambda: build([folder / "in"], out=folder / "made"))
    made = folder / "made" / "libya-news-1.0.0"
    jobs: dict[str, tuple[Callable[[Path], object], bool]] = {
        "build": (lambda place: build([folder / "in"], out=place, split="cluster", keep_unchanged=True), True),
        "publish": (lambda place: publishing.publish(made, str(place)), False),
    }
    found = {}
    for name, (work, tidy) in jobs.items():
        (folder / name).mkdir()
        found[name] = ordeal(folder / name, work, tidy)
    print(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
