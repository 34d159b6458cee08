"""`flask intake`: channels, files, and messages that wait."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

from floor.intake import jobs, queries, service
from floor.intake.channels.mapping import Mapping, read_mapping
from floor.intake.messages import REFUSALS
from floor.intake.models import ImportBatch, InboxState
from floor.kit.actor import Actor
from floor.kit.errors import Refused
from floor.kit.uow import reading, unit_of_work

intake = AppGroup("intake", help="Orders from channels: files, webhooks, and messages that wait.")


@intake.command("csv")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--mapping", "mapping_path", required=True, help="A TOML file, or the name of one in docs/mappings.")
@click.option("--channel", default="", help="Book the orders under this channel instead of the mapping's.")
@click.option("--create-skus", is_flag=True, help="Add unknown SKUs to the catalogue. Their sizes are assumed.")
def import_csv(file: Path, mapping_path: str, channel: str, create_skus: bool) -> None:
    """Import an order FILE (CSV, also .gz). Safe to run again: orders the house has are counted as known."""
    began = time.perf_counter()
    try:
        mapping = _mapping(mapping_path, channel)
        actor = Actor("system", None, "flask intake csv")
        batch = jobs.import_file(file.name, lambda: file.open("rb"), mapping, create_skus, actor, _progress())
    except Refused as refused:
        raise click.ClickException(str(REFUSALS[refused.code]) % refused.values) from None
    _report(batch, time.perf_counter() - began)


def _mapping(given: str, channel: str) -> Mapping:
    path = Path(given)
    if not path.exists():
        path = current_app.extensions["settings"].root / "docs" / "mappings" / f"{given}.toml"
    if not path.exists():
        raise click.ClickException(f"no mapping {given}")
    mapping = read_mapping(path.read_bytes())
    return mapping.model_copy(update={"channel": channel}) if channel else mapping


def _progress() -> Callable[[ImportBatch], None]:
    """Says how far the import is, at most twice a second."""
    spoke = 0.0

    def tell(batch: ImportBatch) -> None:
        nonlocal spoke
        if time.monotonic() - spoke > 0.5:
            spoke = time.monotonic()
            click.echo(f"  {batch.rows} rows, {batch.orders} orders, {batch.rejected} rejected", err=True)

    return tell


def _report(batch: ImportBatch, seconds: float) -> None:
    with reading() as db:
        reasons = queries.reasons(db, batch.id or 0)
    click.echo(f"{batch.filename}: batch {batch.id}, {seconds:.1f} s")
    click.echo(f"  {batch.rows:>7} rows")
    click.echo(f"  {batch.lines:>7} accepted, as {batch.orders} orders")
    click.echo(f"  {batch.known_rows:>7} known, of {batch.known_orders} orders the house already had")
    click.echo(f"  {batch.rejected:>7} rejected")
    for reason, count in reasons:
        click.echo(f"  {count:>16} {reason}")
    if batch.created_skus:
        length, width, height, weight = service.ASSUMED_SIZE
        click.echo(
            f"  {batch.created_skus} new SKUs. Their size is assumed, not measured: {length} x {width} x {height} mm,"
        )
        click.echo(f"  {weight} g. Measure them before trusting carton plans and freight.")
    adds_up = batch.lines + batch.known_rows + batch.rejected == batch.rows
    sign = "=" if adds_up else "IS NOT"
    click.echo(f"  {batch.lines} + {batch.known_rows} + {batch.rejected} {sign} {batch.rows}")
    if not adds_up:
        sys.exit(1)


@intake.command("apply")
def apply() -> None:
    """Apply every message that was stored but not applied; the worker does the same."""
    ended = jobs.apply_waiting()
    click.echo(f"{ended[InboxState.APPLIED]} applied, {ended[InboxState.DEAD]} cannot be read")


@intake.command("channel")
@click.argument("code")
@click.option("--name", default="", help="What people call it.")
def channel(code: str, name: str) -> None:
    """Make a channel CODE if it is new, give it a fresh secret, and print that once."""
    with unit_of_work() as db:
        secret = service.new_secret(db, service.ensure_channel(db, code, name))
    click.echo(f"POST /hooks/orders/{code}\nsecret {secret}")
