"""The command ``libya-news``: parse, call, print. One module per group of commands, one row per command below."""

from __future__ import annotations

import logging
import os
import sys
from typing import Final, NoReturn

import click
from rich.text import Text

from libya_news._version import __version__
from libya_news.errors import LibyaNewsError

from . import build, look, models, publish, rights, sources, versions
from ._stopping import ERRORS, Stopping

_EXIT_CODES: Final = (
    "Exit codes: 0 done, 1 the data is at fault, 2 the call is, 3 the machine is, "
    "130 stopped by Ctrl-C, 143 by SIGTERM."
)


@click.group(epilog=_EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.version_option(__version__, prog_name="libya-news", message="%(prog)s %(version)s")
def cli() -> None:
    """Turn scraped news into a dataset worth citing."""


for _command in (
    build.build,
    sources.sources,
    look.inspect,
    look.schema,
    rights.rehydrate,
    rights.erase,
    publish.publish,
    versions.list_,
    versions.show,
    versions.verify,
    versions.rollback,
    versions.diff,
    versions.rebuild,
    models.train,
    models.evaluate,
):
    cli.add_command(_command)


def main() -> NoReturn:
    """Run the command. What goes wrong is one line on standard error, with the exit code that it stands for."""
    stopping = Stopping()
    logging.getLogger("libya_news").addHandler(_Warnings())
    try:
        code = cli.main(standalone_mode=False)
    except LibyaNewsError as error:
        _fail(str(error), error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort) as error:
        _fail(*stopping.last_words(error))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    sys.exit(code or 0)


class _Warnings(logging.Handler):
    """What the library warns of is a line on standard error, above the bar where one is shown."""

    def emit(self, record: logging.LogRecord) -> None:
        _tell("warning: ", "bold yellow", record.getMessage())


def _fail(message: str, code: int) -> NoReturn:
    _tell("error: ", "bold red", message)
    sys.exit(code)


def _tell(what: str, style: str, message: str) -> None:
    from libya_news._show import printable  # noqa: PLC0415

    ERRORS.print(Text(what, style=style) + Text(printable(message)), soft_wrap=True)
