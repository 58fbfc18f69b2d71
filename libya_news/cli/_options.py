"""Options that several commands have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import click

AS_JSON: Final = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")

_HOW: Final = (
    click.option("--engine", type=click.Choice(["local", "ray"]), default="local", help="What does the work."),
    click.option("--workers", type=click.IntRange(1), default=1, help="Processes of the local engine."),
    click.option("--address", default="", help="Of the Ray cluster; else this machine runs one for as long."),
    click.option("--cache", metavar="DIR", help="Folder that remembers what was done; what is new is done alone."),
)


def how(command: Callable[..., Any]) -> Callable[..., Any]:
    """Let a command be told who does its work."""
    for option in reversed(_HOW):
        command = option(command)
    return command
