"""A run's shipments onto walks: read -> carts -> routes -> walks, a few walks per transaction.

Resumable and idempotent without a plan of its own: a shipment on a walk is no longer read, so a worker that comes
after a dead one plans what is left. A shipment that changed while its cart was planned spoils that cart only; the
next round plans the others of it again.
"""

import logging
import time

import sqlalchemy as sa

from floor.allocation import queries as runs
from floor.allocation import service as allocation
from floor.allocation.models import RunCart
from floor.allocation.states import RunState, Stage
from floor.kit.actor import SYSTEM
from floor.kit.uow import reading, unit_of_work
from floor.picking import planning, service, walking
from floor.picking import queries as walks
from floor.picking.planning import Routed, Site
from floor.picking.states import WalkAction, WalkState

log = logging.getLogger(__name__)

#: Walks per transaction and per call of the router: the monitor shows carts as they come.
SLICE = 12
#: Rounds that may go by without a single walk while shipments wait, before somebody must look.
_ROUNDS = 5


def make_walks(run_id: int) -> None:
    """Put every shipment of an applied run on a walk; then the run is ready to publish."""
    fruitless = 0
    while fruitless < _ROUNDS:
        with reading() as db:
            if runs.run_for(db, run_id).state is not RunState.APPLIED:
                return
            sites = planning.read_sites(db, run_id)
        if not sites:
            _ready(run_id)
            return
        fruitless = 0 if _round(run_id, sites) else fruitless + 1
    raise RuntimeError(f"run {run_id}: shipments wait, but no walk could be made of them")


def carry(run_id: int) -> None:
    """For the outbox: what breaks is told on the monitor; when the database is away, it is tried again."""
    try:
        make_walks(run_id)
    except sa.exc.OperationalError:
        raise
    except Exception as error:
        log.exception("walks of run %d failed", run_id)
        with unit_of_work() as db:
            run = runs.run_for(db, run_id, lock=True)
            if run.state is RunState.APPLIED:
                allocation.fail(db, run, f"{type(error).__name__}: {error}")


def _round(run_id: int, sites: list[Site]) -> int:
    """Plan all sites, then route and write slice by slice. Returns how many walks came of it."""
    began = time.perf_counter()
    carts = [(site, cart) for site in sites for cart in planning.find_carts(site)]
    with unit_of_work() as db:
        run = runs.run_for(db, run_id, lock=True)
        before = len(runs.carts(db, run_id))
        allocation.note(db, run, Stage.CARTS, before + len(carts), before + len(carts), _since(began))
    made = 0
    for site in sites:
        mine = [cart for owner, cart in carts if owner is site]
        for start in range(0, len(mine), SLICE):
            began = time.perf_counter()
            routed = planning.find_routes(site, mine[start : start + SLICE])
            made += _write(run_id, site, routed, before + made, before + len(carts), began)
    return made


def _write(run_id: int, site: Site, routed: list[Routed], done: int, total: int, began: float) -> int:
    made = 0
    with unit_of_work() as db:
        run = runs.run_for(db, run_id, lock=True)
        if run.state is not RunState.APPLIED:
            return 0
        for cart in routed:
            new = planning.walk_of(site, run_id, cart)
            walk = service.create_walk(db, new, SYSTEM)
            if walk is None:
                continue
            made += 1
            allocation.report_cart(
                db,
                RunCart(
                    walk_number=walk.number, run_id=run_id, warehouse_id=site.warehouse_id, totes=new.totes,
                    stops=len(new.stops), units=sum(pick.qty for stop in new.stops for pick in stop.picks),
                    length_mm=new.length_mm, minutes=new.minutes, single_mm=new.single_mm,
                ),
            )  # fmt: skip
        allocation.note(db, run, Stage.ROUTES, done + made, total, _since(began))
    return made


def _ready(run_id: int) -> None:
    with unit_of_work() as db:
        run = runs.run_for(db, run_id, lock=True)
        if run.state is RunState.APPLIED:
            carts = len(runs.carts(db, run_id))
            allocation.note(db, run, Stage.CARTS, carts, carts)
            allocation.note(db, run, Stage.ROUTES, carts, carts)
            allocation.routed(db, run)


def _since(began: float) -> int:
    return int((time.perf_counter() - began) * 1000)


def walk_on(warehouse_id: int) -> int:
    """Walks, shown to pickers at once, for what a short report left to another walk or another warehouse. Returns how
    many; a run that is at work may be faster, which is as well."""
    with reading() as db:
        sites = planning.read_sites(db, None, warehouse_id)
    made = 0
    for site in sites:
        routed = planning.find_routes(site, planning.find_carts(site))
        with unit_of_work() as db:
            for cart in routed:
                walk = service.create_walk(db, planning.walk_of(site, None, cart), SYSTEM)
                if walk is not None:
                    walking.advance(db, walk, WalkAction.PUBLISH, SYSTEM)
                    made += 1
    return made


def shorten(walk_id: int) -> bool:
    """What is left of a walk under way in a shorter order, if there is one and the picker is no further meanwhile."""
    with reading() as db:
        rest = planning.read_rest(db, walk_id)
    better = planning.find_rest(rest) if rest else None
    if rest is None or better is None:
        return False
    with unit_of_work() as db:
        walk = walks.locked(db, walk_id)
        return walk.state is WalkState.PICKING and walking.reorder(db, walk, rest.stops, *better)
