"""Commands of stock."""

import sys
from pathlib import Path

import click
from flask.cli import AppGroup
from sqlmodel import Session

from floor.inventory import count_days, jobs, observing, queries
from floor.inventory.messages import FAULTS
from floor.inventory.models import Warehouse
from floor.inventory.models_counting import SourceKind
from floor.kit.actor import Actor
from floor.kit.errors import Refused
from floor.kit.uow import unit_of_work

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


@stock.command("plan-counts")
@click.option("--warehouse", "site", default="", help="Code of one warehouse; all of them without.")
def plan_counts(site: str) -> None:
    """Ask for the cycle counts that are worth today. Once a day: again, it tells what was planned."""
    with unit_of_work() as db:
        for house in [_house(db, site)] if site else queries.warehouses(db):
            planned = count_days.plan_day(db, house, _CLI)
            how = "planned" if planned.is_new else "were planned before"
            click.echo(f"{house.code} {planned.plan.day}: {planned.plan.bins} bins {how}")


@stock.command("add-source")
@click.argument("code")
@click.argument("kind", type=click.Choice([kind.value for kind in SourceKind]))
@click.argument("site")
@click.option("--tolerance", default=0, show_default=True, type=click.IntRange(0, 100), help="Percent of the books.")
def add_source(code: str, kind: str, site: str, tolerance: int) -> None:
    """A reader, scale or camera in a warehouse that may tell what it sees. Prints the secret it signs with."""
    try:
        with unit_of_work() as db:
            house = _house(db, site)
            source = observing.add_source(db, code, SourceKind(kind), house.id or 0, _CLI, tolerance)
            click.echo(f"{code} posts to /hooks/observations/{code} and signs with {source.secret}")
    except Refused as refused:
        raise click.ClickException(str(refused)) from None


def _house(db: Session, site: str) -> Warehouse:
    house = queries.warehouse_by_code(db, site)
    if house is None:
        raise click.ClickException(f"there is no warehouse {site}")
    return house


def _complain(sheet: jobs.Sheet) -> None:
    for fault in sheet.faults:
        click.echo(f"row {fault.number}: {str(FAULTS[fault.reason]) % {'value': fault.value}}", err=True)
    if sheet.faults:
        sys.exit(1)
