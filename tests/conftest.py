"""What all tests share: where the common data lies, and a clean, offline surrounding."""

from __future__ import annotations

import os
from pathlib import Path

import hypothesis
import pytest

# Before anything imports them: no test may ask the network, and no cache of the user's is read or written.
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

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


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test has its own ``datasets`` cache: what one test loads, no other sees."""
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "hf" / "datasets"))
