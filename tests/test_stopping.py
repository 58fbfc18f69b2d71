"""What a command does when a signal asks it to end."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

SLOW = """
import time
from libya_news.cli import _stopping

_stopping.PATIENCE = 0.1
stopping = _stopping.Stopping()
{before}
try:
    print("ready", flush=True)
    time.sleep(60)
except KeyboardInterrupt as stopped:
    print("stopped", flush=True)
    time.sleep(1)
    print(*stopping.last_words(stopped))
"""

LOSING = """
import signal, weakref
class Some: pass
some = Some()
def lose(_):
    signal.raise_signal(signal.SIGINT)
    time.sleep(0)
note = weakref.ref(some, lose)
del some
"""
"""The first Ctrl-C comes where Python drops the error that it raises."""


def ended(before: str, *signals: signal.Signals) -> tuple[str, str]:
    """What a command says in the end that takes a moment to stop."""
    command = [sys.executable, "-c", SLOW.format(before=before)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        process.stdout.readline()
        for number in signals:
            process.send_signal(number)
            process.stdout.readline()
        output, errors = process.communicate(timeout=30)
    return output.strip(), errors.strip().splitlines()[-1]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_it_says_so_where_it_takes_a_moment(number: signal.Signals, code: int) -> None:
    said = ended("", number)
    assert said == (f"Stopped; nothing half-written is left. {code}", "Stopping; nothing half-written will be left.")


def test_a_signal_whose_error_was_lost_does_not_count() -> None:
    assert ended(LOSING, signal.SIGINT)[0].endswith(" 130")


def test_what_is_ignored_stays_ignored() -> None:
    before = "import signal; assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN"
    script = SLOW.replace("stopping =", "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\nstopping =")
    code = script.format(before=before).replace("time.sleep(60)", "pass")
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout == "ready\n"
