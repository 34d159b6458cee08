"""Commands of the service desk."""

import click
from flask import current_app
from flask.cli import AppGroup

from floor.care import jobs

care = AppGroup("care", help="The service desk.")


@care.command("retain")
@click.option("--days", type=click.IntRange(min=30), help="How old; without it, FLOOR_RETENTION_DAYS.")
def retain(days: int | None) -> None:
    """Mask names, phones, streets, mail and words of orders that are over and older than so many DAYS."""
    days = days or current_app.extensions["settings"].retention_days
    if not days:
        raise click.UsageError("say --days, or set FLOOR_RETENTION_DAYS")

    def tell(done: int) -> None:
        click.echo(f"{done} orders")

    click.echo(f"{jobs.retain(days, tell)} orders masked; figures stay.")
