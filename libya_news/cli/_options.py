"""Options that several commands have."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Final

import click

from ._stopping import Stopped

AS_JSON: Final = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")

FIELDS: Final = click.option(
    "--map",
    "fields",
    multiple=True,
    metavar="OURS=THEIRS,...",
    help="What the records call our fields: text=content. Can be repeated.",
)

_HOW: Final = (
    click.option("--engine", type=click.Choice(["local", "ray"]), default="local", help="What does the work."),
    click.option("--workers", type=click.IntRange(1), default=1, help="Processes of the local engine."),
    click.option("--address", default="", help="Of the Ray cluster; else this machine runs one for as long."),
    click.option("--cache", metavar="DIR", help="Folder that remembers what was done; what is new is done alone."),
)


_GOES_ON: Final = "The same command goes on from there."

_WOULD_GO_ON: Final = "With --cache DIR from the first run on, the same command would go on from there."


def how(command: Callable[..., Any]) -> Callable[..., Any]:
    """Let a command be told who does its work; where it is stopped, it tells how that goes on."""

    @wraps(command)
    def run(*arguments: Any, cache: str | None, **settings: Any) -> Any:
        try:
            return command(*arguments, cache=cache, **settings)
        except Stopped as stopped:
            stopped.advice = _GOES_ON if cache else _WOULD_GO_ON
            raise

    for option in reversed(_HOW):
        run = option(run)
    return run
