"""The errors of this package. Every message names the thing, its value, and the remedy.

``LibyaNewsError``
├── ``UsageError``       the call asks for something that cannot be done as asked (exit code 2)
│   ├── ``SourceNotFoundError``
│   ├── ``VersionError``
│   └── ``ReleaseExistsError``
├── ``DataError``        what was read or checked is not as it must be (exit code 1)
│   └── ``EmptyReleaseError``
└── ``EnvironmentFaultError``  the machine stands in the way: permissions, a full disk (exit code 3)
"""

from __future__ import annotations

from typing import ClassVar


class LibyaNewsError(Exception):
    """Base of all errors that this package raises on purpose.

    Args:
        problem: one sentence that names the thing and its value.
        remedy: one sentence that says what to do.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, problem: str, remedy: str = "") -> None:
        super().__init__(f"{problem} {remedy}".rstrip())
        self.problem = problem
        self.remedy = remedy

    def __reduce__(self) -> tuple[type[LibyaNewsError], tuple[str, str]]:
        return type(self), (self.problem, self.remedy)


class UsageError(LibyaNewsError):
    """The call asks for something that cannot be done as asked."""

    exit_code = 2


class SourceNotFoundError(UsageError):
    """A source path does not exist."""


class VersionError(UsageError):
    """A version is not three plain numbers."""


class ReleaseExistsError(UsageError):
    """A release of that name and version is already there, and a release is never touched again."""


class DataError(LibyaNewsError):
    """What was read or checked is not as it must be."""


class EmptyReleaseError(DataError):
    """No article was left to publish."""


class EnvironmentFaultError(LibyaNewsError):
    """The machine stands in the way: a permission, a full disk."""

    exit_code = 3
