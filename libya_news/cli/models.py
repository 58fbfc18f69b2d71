"""Commands that train and measure segmenters."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import click

from ._options import AS_JSON

_PLACE = click.Path(exists=True, path_type=Path)


@click.command()
@click.argument("data", nargs=-1, required=True, type=_PLACE, metavar="DATA...")
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder of the model.")
@click.option("--seed", default=0, help="Fixes everything that is drawn.")
@click.option("--steps", default=400, help="Steps of the training.")
def train(data: tuple[Path, ...], out: Path, seed: int, steps: int) -> None:
    """Train a segmenter on DATA: annotated texts, labelled pages, folders of releases (their split train).

    The model is used by its folder: segment(text, model=OUT). Needs the extra "train".
    """
    from libya_news.training import train_model  # noqa: PLC0415 - each command imports what it needs

    card = train_model(data, out, seed=seed, steps=steps, told=lambda line: click.echo(line, err=True))
    click.echo(f"Trained: {card.parent}")


@click.command()
@click.argument("model")
@click.argument("gold", type=_PLACE)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Folder for figures and pictures.")
@AS_JSON
def evaluate(model: str, gold: Path, out: Path | None, as_json: bool) -> None:
    """Measure MODEL ("default", or a folder that train made) on GOLD.

    GOLD is a file of annotated texts or labelled pages, or the folder of a release, of which the split test is taken
    where there is one. The figures are honest only for texts that the model was not trained on, and, of a release, tell
    how far the model agrees with the one that labelled it.
    """
    from libya_news.training import evaluate_model  # noqa: PLC0415

    figures = evaluate_model(model, gold, out=out)
    if as_json:
        click.echo(json.dumps(figures, ensure_ascii=False, indent=1))
        return
    for group in ("all", *sorted(name for name in figures if name != "all")):
        click.echo(_line(group, figures[group]))
    click.echo(f"\n{'':18}{'P':>7}{'R':>7}{'F1':>7}{'gold':>8}")
    for name, part in (*figures["all"]["labels"].items(), *figures["all"]["kinds"].items()):
        click.echo(f"{name:18}{part['precision']:7.3f}{part['recall']:7.3f}{part['f1']:7.3f}{part['gold']:8,}")


def _line(group: str, figures: dict[str, Any]) -> str:
    labels = "  ".join(f"{name} {part['f1']:.3f}" for name, part in figures["labels"].items())
    known = [f"{words} {figures[key]:.3f}" for words, key in _NAMED if figures.get(key) is not None]
    return f"{group}: {'  '.join(known)}  {labels}"


_NAMED: Final = (
    ("macro F1", "unit_macro_f1"),
    ("by characters", "char_macro_f1"),
    ("exact span F1", "exact_f1"),
    ("kind accuracy", "kind_accuracy"),
)
