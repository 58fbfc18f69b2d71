"""The public surface: what it offers is pinned here, and it stays light to import."""

from __future__ import annotations

import subprocess
import sys

import libya_news


def test_public_names() -> None:
    assert libya_news.__all__ == [
        "KIND_NAMES",
        "LABELS",
        "Article",
        "Drop",
        "LibyaNewsError",
        "Normalized",
        "RawArticle",
        "Release",
        "Segment",
        "__version__",
        "build",
        "normalize",
        "read",
        "segment",
        "segment_html",
    ]
    assert all(getattr(libya_news, name) is not None for name in libya_news.__all__)
    assert dir(libya_news) == sorted(libya_news.__all__)


def test_unknown_names_are_attribute_errors() -> None:
    assert not hasattr(libya_news, "rebuild")


def test_import_is_light() -> None:
    """Arrow, ``datasets``, drawing and training libraries wait until they are needed."""
    code = "import sys, libya_news; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"datasets", "pyarrow", "pandas", "rich", "click", "sklearn", "scipy", "huggingface_hub"}
    assert not heavy & set(result.stdout.split())


def test_segment_fields() -> None:
    assert libya_news.Segment._fields == ("start", "end", "label", "kind", "confidence", "by")
