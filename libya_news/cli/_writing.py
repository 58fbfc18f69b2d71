"""Files that a command writes beside what it prints."""

from __future__ import annotations

from pathlib import Path


def write(path: Path, text: str) -> None:
    """Write a text into a file.

    Raises:
        EnvironmentFaultError: the file cannot be written.
    """
    from libya_news.errors import EnvironmentFaultError  # noqa: PLC0415 - each command imports what it needs

    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        said = f"{str(path)!r} cannot be written: {error.strerror}."
        raise EnvironmentFaultError(said, "Name a file in a folder that is there.") from None
