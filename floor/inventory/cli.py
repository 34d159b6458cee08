"""Commands of stock."""

import sys
import time
from collections.abc import Iterable
from pathlib import Path

import click
from flask.cli import AppGroup
from sqlmodel import Session

from floor.inventory import books, count_days, files, imported, imports, jobs, observing, queries
from floor.inventory.files import Fault
from floor.inventory.kinds import KINDS
from floor.inventory.messages import FAULTS, REFUSALS
from floor.inventory.models import ImportKind, StockImport, Warehouse
from floor.inventory.models_counting import SourceKind
from floor.inventory.states import ImportState
from floor.kit import spreadsheet
from floor.kit.actor import Actor
from floor.kit.errors import Refused
from floor.kit.uow import reading, unit_of_work

stock = AppGroup("stock", help="What lies on the shelves; master data from and to files.")

_IMPORT = Actor("system", None, "flask stock import")
_RECEIVE = Actor("system", None, "flask stock receive")
_PLAN = Actor("system", None, "flask stock")
_file = click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
_dry = click.option("--dry-run", is_flag=True, help="Say what would change, change nothing.")
_kind = click.option(
    "--kind", type=click.Choice([kind.value for kind in ImportKind]), default=ImportKind.STOCK.value, show_default=True
)


@stock.command("import")
@_file
@_kind
@_dry
def import_file(path: Path, kind: str, dry_run: bool) -> None:
    """Make the house what a CSV or .xlsx says (docs/spreadsheets.md tells the columns).

    Stopped anywhere, the same command goes on where it was. Bad rows are listed and left out; exits 1 if there are any.
    """
    began = time.perf_counter()
    try:
        with unit_of_work() as db:
            it = imports.begin(db, ImportKind(kind), path.name, path.read_bytes(), _IMPORT)
        assert it.id is not None
        jobs.carry(it.id, tell=_progress)
        _say_what_would_change(it.id)
        it = _now(it.id)
        if it.state is ImportState.READY:
            _decide(it, dry_run)
    except Refused as refused:
        raise click.ClickException(str(REFUSALS[refused.code]) % refused.values) from None
    it = _now(it.id or 0)
    click.echo(_sum(it, dry_run) + f" ({time.perf_counter() - began:.1f} s)")
    with reading() as db:
        bad = [(row.number, Fault(row.column, row.reason, row.values)) for row in imported.faults(db, it.id or 0)]
    _complain(bad)
    if it.state is ImportState.FAILED:
        raise click.ClickException(str(REFUSALS[it.problem]) % it.problem_values)


def _decide(it: StockImport, dry_run: bool) -> None:
    """Apply it, or leave everything as it is."""
    is_wanted = not dry_run and it.to_make + it.to_change
    with unit_of_work() as db:
        held = imported.import_for(db, it.id or 0, lock=True)
        (imports.confirm if is_wanted else imports.cancel)(db, held, _IMPORT)
    if is_wanted:
        jobs.carry(it.id or 0, tell=_progress)


def _now(import_id: int) -> StockImport:
    with reading() as db:
        return imported.import_for(db, import_id)


def _progress(it: StockImport) -> None:
    done, word = (it.rows, "examined") if it.state is ImportState.EXAMINING else (it.settled, "applied")
    if done % 10_000 < jobs.SLICE:
        click.echo(f"  {done} rows {word}", err=True)


def _say_what_would_change(import_id: int) -> None:
    with reading() as db:
        rows = imported.changes(db, import_id, imports.SHOWN)
    for row in rows:
        told = "; ".join(f"{name} {before or '-'} -> {after or '-'}" for name, before, after in row.changes)
        if told:
            click.echo(f"{row.label}: {told}")


def _sum(it: StockImport, dry_run: bool) -> str:
    if dry_run or it.state is not ImportState.DONE:
        new, other, same = it.to_make, it.to_change, it.same
    else:
        new, other, same = it.made, it.changed, it.kept
    units = f"; +{it.units_in} -{it.units_out} units" if it.kind is ImportKind.STOCK else ""
    verb = "would be " if dry_run else ""
    return f"{it.rows} rows: {new} {verb}new, {other} {verb}changed, {same} the same, {it.bad + it.refused} bad{units}"


@stock.command("export")
@_kind
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--chinese", is_flag=True, help="Chinese column names.")
def export_file(kind: str, path: Path, chinese: bool) -> None:
    """Write what the house has to PATH, a .csv or .xlsx; `import` reads it again."""
    which = ImportKind(kind)
    write = spreadsheet.to_workbook if path.suffix.lower() == ".xlsx" else spreadsheet.to_csv
    with reading() as db:
        path.write_bytes(write(files.headings(which, chinese), KINDS[which].export(db)))
    click.echo(str(path))


@stock.command("receive")
@_file
@_dry
def receive_stock(path: Path, dry_run: bool) -> None:
    """Add a supplier's delivery from a file (sku,warehouse,bin,qty): all rows or none, and each file only once."""
    try:
        delivery = jobs.receive(path.read_bytes(), dry_run, _RECEIVE)
    except Refused as refused:
        raise click.ClickException(str(REFUSALS[refused.code]) % refused.values) from None
    if delivery.is_known:
        click.echo("This file was booked before: nothing was changed.")
        sys.exit(1)
    _complain((line.row.number, line.fault) for line in delivery.faults if line.fault)
    verb = "would receive" if dry_run else "received"
    click.echo(f"{verb} {delivery.units} units on {len(delivery.lines)} rows")


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


@stock.command("plan-counts")
@click.option("--warehouse", "site", default="", help="Code of one warehouse; all of them without.")
def plan_counts(site: str) -> None:
    """Ask for the cycle counts that are worth today. Once a day: again, it tells what was planned."""
    with unit_of_work() as db:
        for house in [_house(db, site)] if site else queries.warehouses(db):
            planned = count_days.plan_day(db, house, _PLAN)
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
            source = observing.add_source(db, code, SourceKind(kind), house.id or 0, _PLAN, tolerance)
            click.echo(f"{code} posts to /hooks/observations/{code} and signs with {source.secret}")
    except Refused as refused:
        raise click.ClickException(str(refused)) from None


def _house(db: Session, site: str) -> Warehouse:
    house = queries.warehouse_by_code(db, site)
    if house is None:
        raise click.ClickException(f"there is no warehouse {site}")
    return house


def _complain(faults: Iterable[tuple[int, Fault]]) -> None:
    is_bad = False
    for number, fault in faults:
        is_bad = True
        column = f", {fault.column}" if fault.column else ""
        click.echo(f"row {number}{column}: {str(FAULTS[fault.reason]) % fault.values}", err=True)
    if is_bad:
        sys.exit(1)
