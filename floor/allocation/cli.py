"""`flask allocate`: ask for a run and do it here, in the foreground."""

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlmodel import Session

from floor.allocation import jobs, queries, service
from floor.allocation.models import Run
from floor.allocation.states import Stage, Strategy
from floor.events.relay import Relay
from floor.kit import units
from floor.kit.actor import SYSTEM
from floor.kit.uow import reading, unit_of_work


@click.command("allocate")
@click.option("--strategy", type=click.Choice([*map(str, Strategy)]), default=str(Strategy.OPTIMAL), show_default=True)
@click.option("--split", is_flag=True, help="An order may leave in two parcels.")
@click.option("--wait/--no-wait", default=True, help="Do it here and print every stage, or leave it to a worker.")
@with_appcontext
def allocate(strategy: str, split: bool, wait: bool) -> None:
    """Allocate every released order, then put its shipments on walks."""
    with unit_of_work() as db:
        run = service.ask(db, strategy, {"split": True} if split else {}, SYSTEM)
    assert run.id is not None
    click.echo(f"run {run.id}: {strategy}")
    if not wait:
        return
    jobs.work(run.id, _tell)
    # These hands then carry what the run set in motion: picking makes the walks.
    Relay(current_app.extensions["handlers"]).drain()
    with reading() as db:
        _print_outcome(db, queries.run_for(db, run.id))


def _tell(stage: Stage, done: int, total: int) -> None:
    if stage is not Stage.APPLY or done == total or done % 500 == 0:
        click.echo(f"  {stage:<6} {done:>7,} of {total:,}")


def _print_outcome(db: Session, run: Run) -> None:
    """Counts that add up: allocated + each reason = orders; totes and stops over all walks."""
    assert run.id is not None
    for stage in Stage:
        if stage in run.stages:
            click.echo(f"  {stage:<6} {run.stages[stage]['ms'] / 1000:>7.1f} s")
    click.echo(f"{run.state}: {run.orders:,} orders = {run.allocated:,} allocated + {run.unallocated:,} not")
    for row in queries.reasons(db, run.id):
        click.echo(f"  {row.orders:>7,} {row.reason}")
    carts = queries.carts(db, run.id)
    walked, alone = (sum(getattr(cart, name) or 0 for cart in carts) for name in ("length_mm", "single_mm"))
    click.echo(
        f"{len(carts):,} walks, {sum(c.totes for c in carts):,} totes, {sum(c.stops for c in carts):,} stops, "
        f"{walked / 1e6:.1f} km instead of {alone / 1e6:.1f} km order by order"
    )
    freight = run.stages.get(Stage.PLAN, {}).get("freight_fen", 0)
    click.echo(f"freight {units.yuan(freight)}{_gap(run)}")


def _gap(run: Run) -> str:
    if not run.bound_fen:
        return ""
    return f", at most {(run.cost_fen - run.bound_fen) / run.bound_fen:.2%} above the proven bound"
