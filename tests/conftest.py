"""What all tests share: where the common data lies, and a clean, offline surrounding."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import fsspec
import hypothesis
import pytest
import s3_server

# Before anything imports them: no test may ask the network, and no cache of the user's is read or written.
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in the background of a shell; commands would inherit that
    signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"

hypothesis.settings.register_profile("suite", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.load_profile("suite")


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's top folder."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of common data beside the project, or a skip."""
    if not SHARED.is_dir():
        pytest.skip("the common data (../shared) is absent, so what it would check is not checked here")
    return SHARED


@pytest.fixture(scope="session")
def seed(root: Path) -> str:
    """The seed article, as text."""
    return (root / "seeds" / "000_ecd0a0faa3e49d1e.txt").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def s3_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """An S3 server on loopback: the environment that leads there."""
    with s3_server.serve(tmp_path_factory.mktemp("aws")) as environment:
        yield environment


_BUCKETS = count()


@pytest.fixture
def s3(s3_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of a new place on the S3 server, in this process too."""
    for name, value in s3_environment.items():
        monkeypatch.setenv(name, value)
    bucket = f"news-{next(_BUCKETS)}"
    fsspec.filesystem("s3").mkdir(bucket)
    return f"s3://{bucket}/store"


@pytest.fixture
def memory() -> Iterator[str]:
    """The address of a store in memory, which is empty."""
    yield "memory://releases"
    system = fsspec.filesystem("memory")
    if system.exists("/releases"):
        system.rm("/releases", recursive=True)


@pytest.fixture(params=["memory", "s3"])
def objects(request: pytest.FixtureRequest) -> str:
    """The address of a new store without renames, of either kind."""
    address: str = request.getfixturevalue(request.param)
    return address


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test has its own ``datasets`` cache: what one test loads, no other sees."""
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "hf" / "datasets"))
