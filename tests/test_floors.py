"""Imports point down only: the floors of the house, read from the source by AST, function-level imports too."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

FLOORS = {
    "records": 0, "labels": 0, "errors": 0, "_version": 0,
    "_tables": 1, "_models": 1, "_polynomials": 1,
    "normalize": 2, "segment": 2, "corpus": 2,
    "sources": 3, "outputs": 3, "engines": 3,
    "pipeline": 4, "release": 4, "training": 4, "config": 4,
    "cli": 5, "_show": 5, "__main__": 5,
}  # fmt: skip

APART = {"normalize", "segment", "corpus"}
"""Packages of one floor that do not import each other."""

PACKAGE = Path(__file__).resolve().parent.parent / "libya_news"


def _modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def _imported(path: Path) -> Iterator[str]:
    """Dotted names of all modules that a module imports, relative ones made absolute."""
    parts = ["libya_news", *path.relative_to(PACKAGE).with_suffix("").parts]
    package = parts[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = [*base, *(node.module.split(".") if node.module else [])]
            yield from (".".join([*module, alias.name]) for alias in node.names)


def _part(module: str) -> str | None:
    """The part of the house that a dotted name belongs to; None for other people's modules; "" for the façade."""
    head, _, rest = module.partition(".")
    if head != "libya_news":
        return None
    name = rest.split(".")[0]
    return name if (PACKAGE / name).exists() or (PACKAGE / f"{name}.py").exists() else ""


@pytest.mark.parametrize("path", _modules(), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_imports_point_down(path: Path) -> None:
    own = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    assert own in FLOORS, f"{own} stands on no floor: add it to FLOORS"
    for module in _imported(path):
        other = _part(module)
        if other is None or other == own:
            continue
        assert other != "", f"{path.name} imports the façade ({module})"
        assert FLOORS[other] <= FLOORS[own], f"{path.name} imports up: {module}"
        assert not {own, other} <= APART, f"{path.name} imports sideways: {module}"


def test_no_circles_between_parts() -> None:
    arrows = {
        (path.relative_to(PACKAGE).parts[0].removesuffix(".py"), other)
        for path in _modules()
        for module in _imported(path)
        if (other := _part(module))
    }
    assert not [(a, b) for a, b in arrows if a != b and (b, a) in arrows]


def test_it_sees_what_it_must_see() -> None:
    module = PACKAGE / "release" / "rows.py"
    assert "libya_news.records.Article" in set(_imported(module))
    assert _part("libya_news.cli") == "cli"
    assert _part("libya_news.build") == ""
    assert _part("json") is None
