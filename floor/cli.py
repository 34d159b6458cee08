"""House-wide commands: database, worker, check. Slices bring their own in <slice>/cli.py."""

import signal
import sys
import threading
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path

import click
from alembic import command as alembic
from alembic.config import Config
from flask import Flask, current_app
from flask.cli import AppGroup
from sqlmodel import Session

from floor.events.relay import Chore, Chores, Handler, Relay
from floor.kit.uow import database, snapshot, unit_of_work
from floor.web.commands import forget_answers

Check = Callable[[Session], list[str]]

db_group = AppGroup("db", help="The database: migrate it to the newest shape.")


def install(
    app: Flask, checks: Mapping[str, Check], handlers: Mapping[str, Handler], chores: Mapping[str, Chore]
) -> None:
    app.extensions["checks"] = checks
    app.extensions["handlers"] = handlers
    app.extensions["chores"] = chores
    app.cli.add_command(db_group)
    app.cli.add_command(check)
    app.cli.add_command(worker)


def alembic_config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["url"] = url
    return config


@db_group.command("upgrade")
def upgrade() -> None:
    """Bring the database to the newest shape; safe to run again."""
    migrate()


def migrate() -> None:
    alembic.upgrade(alembic_config(database().url.render_as_string(hide_password=False)), "head")


@db_group.command("revision")
@click.argument("message")
def revision(message: str) -> None:
    """Write a new migration from the difference between models and database (developers)."""
    url = database().url.render_as_string(hide_password=False)
    alembic.revision(alembic_config(url), message, autogenerate=True)


@click.command("check")
def check() -> None:
    """Prove the identities of stock and orders; names every row that breaks one and exits 1."""
    broken = run_checks(current_app.extensions["checks"])
    for name, rows in broken.items():
        click.echo(f"{'ok  ' if not rows else 'BAD '} {name}")
        for row in rows:
            click.echo(f"       {row}")
    if any(broken.values()):
        sys.exit(1)


def run_checks(checks: Mapping[str, Check]) -> dict[str, list[str]]:
    """Every check over one snapshot: name -> broken rows."""
    with snapshot() as db:
        return {name: find(db) for name, find in checks.items()}


@click.command("worker")
@click.option("--drain", is_flag=True, help="Carry what is due, then stop.")
def worker(drain: bool) -> None:
    """Carry the outbox (allocation runs, labels, notices) and do the chores of the hour.

    Any number may run; a killed one loses nothing.
    """
    lease = timedelta(seconds=current_app.extensions["settings"].lease_seconds)
    relay = Relay(current_app.extensions["handlers"], lease)
    if drain:
        click.echo(f"{relay.drain()} messages carried")
        return
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    relay.run_forever(stop, Chores(current_app.extensions["chores"]))


def forget_old_answers() -> int:
    """Stored answers of commands show names and addresses: a week is long enough for any phone to have asked again."""
    with unit_of_work() as db:
        return forget_answers(db, timedelta(days=7))
