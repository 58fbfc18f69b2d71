"""What does the work of a build: the processes of this machine, or a Ray cluster. One module per engine.

An engine knows nothing of news: it carries what it is given to workers, and what they make of it back.
"""

from __future__ import annotations

from typing import Final

from libya_news.errors import UsageError

ENGINES: Final = {"local": "processes of this machine", "ray": "a Ray cluster"}
"""The engines and what they are, in a line."""


def check(name: str, workers: int = 1, address: str = "") -> None:
    """See that there is such an engine, and that it can do what is asked of it.

    Raises:
        UsageError: it is not so.

    >>> check("local", workers=2)
    """
    if name not in ENGINES:
        raise UsageError(f"{name!r} is no engine.", f"Known are: {', '.join(ENGINES)}.")
    if workers < 1:
        raise UsageError(f"{workers} workers can do nothing.", "Give 1 or more.")
    if name == "local" and address:
        raise UsageError("The engine local has no address.", "Leave out --address, or choose --engine ray.")
    if name == "ray" and workers > 1:
        raise UsageError("The engine ray uses all the processors of its cluster.", "Leave out --workers.")
