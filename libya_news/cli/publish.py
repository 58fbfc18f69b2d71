"""The command that publishes a release somewhere else."""

from __future__ import annotations

import json

import click

from ._options import AS_JSON


@click.command()
@click.argument("release")
@click.argument("target")
@click.option("--text", type=click.Choice(["all", "none"]), default="all", help="none publishes the stand-off form.")
@click.option("--override", default="", metavar="REASON", help="Publish text against its licence; the card says why.")
@AS_JSON
def publish(release: str, target: str, text: str, override: str, as_json: bool) -> None:
    """Publish RELEASE, STORE/NAME-X.Y.Z or STORE/NAME for the latest version, to TARGET.

    TARGET is a folder, s3://BUCKET/PREFIX or hf://datasets/ORG/NAME. Credentials are those of the AWS and Hub clients.
    A folder or prefix becomes a store, which list, show, verify, diff, rollback and erase take.
    Text goes to s3:// and hf:// only where the licence of every article allows it.
    """
    from libya_news.release.publishing import publish as send  # noqa: PLC0415

    place = send(release, target, text=text, override=override)
    click.echo(json.dumps({"published": place}, ensure_ascii=False) if as_json else f"Published: {place}")
