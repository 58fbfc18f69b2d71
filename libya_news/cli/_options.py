"""Options that several commands have."""

from __future__ import annotations

from typing import Final

import click

AS_JSON: Final = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
