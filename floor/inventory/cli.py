"""Commands of stock."""

import sys
from pathlib import Path

import click
from flask.cli import AppGroup

from floor.inventory import books, jobs
from floor.inventory.messages import FAULTS
from floor.kit.actor import Actor
from floor.kit.uow import reading, unit_of_work

stock = AppGroup("stock", help="What lies on the shelves.")

_CLI = Actor("system", None, "flask stock")
_file = click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
_dry = click.option("--dry-run", is_flag=True, help="Say what would change, change nothing.")


@stock.command("import")
@_file
@_dry
def import_stock(path: Path, dry_run: bool) -> None:
    """Set bins to what a CSV says (sku,warehouse,bin,qty). Bad rows are listed and left out; exits 1 if any."""
    sheet = jobs.set_stock(path.read_bytes(), dry_run, _CLI)
    for line in sheet.lines:
        click.echo(f"{line.site} {line.where.code} {line.sku}: {line.before} -> {line.qty} ({line.change:+d})")
    come, go = jobs.totals(sheet.lines)
    click.echo(f"{'would change' if dry_run else 'changed'} {len(sheet.lines)} bins: +{come} -{go} units")
    _complain(sheet)


@stock.command("receive")
@_file
@_dry
def receive_stock(path: Path, dry_run: bool) -> None:
    """Add a supplier's delivery from a CSV (sku,warehouse,bin,qty): all rows or none, and each file only once."""
    sheet = jobs.receive(path.read_bytes(), dry_run, _CLI)
    if sheet.is_known:
        click.echo("This file was booked before: nothing was changed.")
        sys.exit(1)
    _complain(sheet)
    units = sum(line.qty for line in sheet.lines)
    click.echo(f"{'would receive' if dry_run else 'received'} {units} units on {len(sheet.lines)} rows")


@stock.command("rebuild")
@click.option("--dry-run", is_flag=True, help="List the wrong rows, change nothing; exits 1 if any.")
def rebuild(dry_run: bool) -> None:
    """Make the balances anew from the ledger, the promises and the lots on hold. Right rows stay as they are."""
    if not dry_run:
        with unit_of_work() as db:
            click.echo(f"{books.rebuild(db)} rows written")
        return
    with reading() as db:
        wrong = books.stale(db)
    for row in wrong:
        click.echo(f"{row.table} {row.key}: {row.have} -> {row.due}")
    click.echo(f"would write {len(wrong)} rows")
    if wrong:
        sys.exit(1)


def _complain(sheet: jobs.Sheet) -> None:
    for fault in sheet.faults:
        click.echo(f"row {fault.number}: {str(FAULTS[fault.reason]) % {'value': fault.value}}", err=True)
    if sheet.faults:
        sys.exit(1)
