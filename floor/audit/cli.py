"""`flask audit`: look at everything that waits, now."""

import click
from flask.cli import AppGroup

from floor.audit import jobs, service
from floor.kit.uow import unit_of_work

audit = AppGroup("audit", help="Checks of orders before they may be allocated.")


@audit.command("run")
def run() -> None:
    """Audit every order nobody looked at yet; the worker does the same one by one."""

    def tell(done: int, total: int) -> None:
        click.echo(f"  {done} of {total}", err=True)

    counted = jobs.audit_received(tell)
    click.echo(f"{counted.released + counted.held} orders: {counted.released} released, {counted.held} on hold")
    for rule, count in sorted(counted.flags.items(), key=lambda entry: (-entry[1], entry[0])):
        click.echo(f"  {count:>6} {rule}")


@audit.command("rules")
def rules() -> None:
    """Install the rules that are missing, with their default settings."""
    with unit_of_work() as db:
        service.install_rules(db)
    click.echo("rules installed")
