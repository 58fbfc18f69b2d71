"""Ctrl-C and SIGTERM: a command ends what is under way, undisturbed, and says so."""

from __future__ import annotations

import signal
import threading
import weakref
from collections.abc import Callable
from types import FrameType
from typing import Final

from rich.console import Console

ERRORS: Final = Console(stderr=True)
"""Where progress and errors are shown; what is printed to it while a bar is shown stands above that."""

PATIENCE: Final = 1.0
"""Seconds in which a command that is stopped ends, or says that it is stopping."""


class Stopped(KeyboardInterrupt):
    """Raised in the main thread where a signal asks for an end.

    Attributes:
        code: exit code of the command: 128 and the number of the signal, as shells have it.
        advice: what whoever stopped it may want to know besides.
    """

    def __init__(self, number: int) -> None:
        """Note the number of the signal."""
        super().__init__()
        self.code, self.advice = 128 + number, ""


class Stopping:
    """What minds both signals for the whole of a command; the library itself minds none."""

    def __init__(self) -> None:
        """Take the signals over, but where whoever started the command had them ignored."""
        self._latest: Callable[[], Stopped | None] = lambda: None
        self._asked, self._ended = threading.Event(), threading.Event()
        # A thread of its own speaks, since the main one may be waiting; it is there before it is needed, since starting
        # one takes locks, which a signal could find taken.
        threading.Thread(target=self._speak, daemon=True).start()
        for number, default in ((signal.SIGINT, signal.default_int_handler), (signal.SIGTERM, signal.SIG_DFL)):
            if signal.getsignal(number) == default:
                signal.signal(number, self._take)

    def _take(self, number: int, _frame: FrameType | None) -> None:
        """The first signal ends the command, and those after it do not break off the end. Where the error of one was
        lost, as it is in code that Python calls aside, it is gone, and the next one counts as the first.
        """
        if self._latest() is None:
            raise self._stopped(number)

    def _stopped(self, number: int) -> Stopped:
        stopped = Stopped(number)
        self._latest = weakref.ref(stopped)
        self._asked.set()
        return stopped

    def _speak(self) -> None:
        self._asked.wait()
        if not self._ended.wait(PATIENCE):
            ERRORS.print("Stopping; nothing half-written will be left.", soft_wrap=True)

    def last_words(self, error: BaseException) -> tuple[str, int]:
        """What to say at the end of a command that was stopped, and its exit code; it is disturbed no more."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        self._ended.set()
        stopped = error if isinstance(error, Stopped) else error.__cause__
        code, advice = (stopped.code, stopped.advice) if isinstance(stopped, Stopped) else (128 + signal.SIGINT, "")
        return f"Stopped; nothing half-written is left. {advice}".rstrip(), code
