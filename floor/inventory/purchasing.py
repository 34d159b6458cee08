"""Alerts to purchasing: what runs low is asked for, and what another warehouse could spare is said beside it.

A warehouse runs low on a SKU when its free units and those on their way are fewer than the reorder point. Free units
count in full: the reorder point has the safety stock in it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from floor.catalog.models import Sku
from floor.events.service import Event, record
from floor.inventory import availability, safety, transfers
from floor.inventory.models import (
    Balance,
    Bin,
    BinKind,
    Delivery,
    DeliveryLine,
    LedgerRow,
    MoveReason,
    Place,
    PlaceKind,
    SafetyStock,
    Transfer,
    TransferLine,
    Warehouse,
)
from floor.inventory.models_supply import PurchaseRequest, SupplyTerms
from floor.inventory.states import PURCHASE, DeliveryState, PurchaseAction, PurchaseState, TransferState
from floor.kit import clock
from floor.kit.actor import Actor
from floor.kit.db import upsert
from floor.kit.errors import Conflict, Unknown

#: An order should last so many days beyond the reorder point.
ORDER_DAYS = 14
#: Requests on one page or paper.
MOST = 1000

Key = tuple[int, int]


# --- pure ----------------------------------------------------------------------------------------------------------


def order_qty(short: int, per_day: float, pack_qty: int = 1, min_order: int = 0) -> int:
    """Units to order, in whole packs: what lacks and ORDER_DAYS of demand, at least the minimum."""
    wanted = max(short + round(per_day * ORDER_DAYS), min_order, 1)
    return -(-wanted // pack_qty) * pack_qty


def outstanding(ordered: Iterable[tuple[datetime, int]], received: Iterable[tuple[datetime, int]]) -> int:
    """Units ordered and not received yet: what comes in counts for the oldest order made before it came."""
    open_: list[list[int]] = []
    moments = sorted([(at, 0, qty) for at, qty in ordered] + [(at, 1, qty) for at, qty in received])
    for _at, is_receipt, units in moments:
        if not is_receipt:
            open_.append([units])
            continue
        left = units
        for order in open_:
            taken = min(order[0], left)
            order[0] -= taken
            left -= taken
    return sum(order[0] for order in open_)


@dataclass(frozen=True)
class Need:
    """A SKU in a warehouse: free units, those on their way, and the level they should not fall below."""

    warehouse_id: int
    sku_id: int
    free: int
    coming: int
    reorder_point: int

    @property
    def short(self) -> int:
        """Units that lack to the reorder point; negative: units above it."""
        return self.reorder_point - self.free - self.coming


@dataclass(frozen=True)
class Spare:
    """So many units of a SKU could go from one warehouse to another and leave the first what it needs itself."""

    sku_id: int
    from_id: int
    to_id: int
    qty: int


def spares(needs: Iterable[Need]) -> list[Spare]:
    """Transfers that end shortages: the largest shortage is served first, by who has most to spare.

    What is only on its way cannot be sent: a warehouse spares what is free above its own reorder point.
    """
    by_sku: dict[int, list[Need]] = defaultdict(list)
    for need in needs:
        by_sku[need.sku_id].append(need)
    found = []
    for sku_id, rows in sorted(by_sku.items()):
        left = {row.warehouse_id: row.free - row.reorder_point for row in rows if row.free > row.reorder_point}
        for row in sorted((row for row in rows if row.short > 0), key=lambda r: (-r.short, r.warehouse_id)):
            short = row.short
            for giver in sorted(left, key=lambda house: (-left[house], house)):
                qty = min(short, left[giver]) if giver != row.warehouse_id else 0
                if qty > 0:
                    found.append(Spare(sku_id, giver, row.warehouse_id, qty))
                    left[giver] -= qty
                    short -= qty
    return found


@dataclass(frozen=True)
class SpareRow:
    """A transfer that would help, as people call its parts."""

    sku: Sku
    giver: Warehouse
    taker: Warehouse
    qty: int


# --- reads -------------------------------------------------------------------------------------------------------


def needs(db: Session) -> list[Need]:
    """Every SKU in every warehouse that has a level to keep, or something to spare of a SKU that has one somewhere."""
    points = {
        (row.warehouse_id, row.sku_id): row.qty if row.reorder_point is None else row.reorder_point
        for row in db.exec(select(SafetyStock))
    }
    points = {key: point for key, point in points.items() if point}
    free = {
        (row.warehouse_id, row.sku_id): int(row.on_hand - row.reserved - row.held)
        for row in availability.available(db, {sku for _house, sku in points})
    }
    coming = _coming(db)
    for (giver, taker, sku), units in _planned(db).items():
        free[giver, sku] = free.get((giver, sku), 0) - units
        coming[taker, sku] += units
    return [
        Need(house, sku, free.get((house, sku), 0), coming.get((house, sku), 0), points.get((house, sku), 0))
        for house, sku in sorted({*points, *free})
    ]


def _coming(db: Session) -> dict[Key, int]:
    """(warehouse_id, sku_id) -> units ordered or announced, on the road from another warehouse, or on our dock."""
    coming: dict[Key, int] = defaultdict(int)
    near = (
        sa.select(col(Place.warehouse_id), col(Balance.sku_id), sa.func.sum(col(Balance.qty)))
        .join(Place, col(Place.id) == col(Balance.place_id))
        .outerjoin(Bin, col(Bin.id) == col(Place.id))
        .where((col(Place.kind) == PlaceKind.TRANSIT) | col(Bin.kind).in_((BinKind.DOCK, BinKind.QC)))
        .group_by(col(Place.warehouse_id), col(Balance.sku_id))
    )
    for house, sku, units in db.execute(near):
        coming[house, sku] += units
    ordered: dict[Key, list[tuple[datetime, int]]] = defaultdict(list)
    for request in db.exec(select(PurchaseRequest).where(PurchaseRequest.state == PurchaseState.ORDERED)):
        ordered[request.warehouse_id, request.sku_id].append((request.decided_at or request.asked_at, request.qty))
    owed = {key: outstanding(ordered[key], receipts) for key, receipts in _receipts(db, ordered).items()}
    announced = _announced(db)
    for key in {*owed, *announced}:
        # A supplier announces what was ordered: the same units, told twice.
        coming[key] += max(owed.get(key, 0), announced.get(key, 0))
    return coming


def _announced(db: Session) -> dict[Key, int]:
    """Units suppliers announced and have not brought yet."""
    line = DeliveryLine
    rest = col(line.expected) - col(line.received)
    due = (
        sa.select(col(Delivery.warehouse_id), col(line.sku_id), sa.func.sum(rest))
        .join(Delivery, col(Delivery.id) == col(line.delivery_id))
        .where(col(Delivery.state).in_((DeliveryState.EXPECTED, DeliveryState.RECEIVING)), rest > 0)
        .group_by(col(Delivery.warehouse_id), col(line.sku_id))
    )
    return {(house, sku): int(units) for house, sku, units in db.execute(due)}


def _planned(db: Session) -> dict[tuple[int, int, int], int]:
    """(from, to, SKU) -> units of planned transfers that are not on the road yet."""
    line = TransferLine
    rest = col(line.wanted) - col(line.sent)
    due = (
        sa.select(col(Transfer.from_warehouse_id), col(Transfer.to_warehouse_id), col(line.sku_id), sa.func.sum(rest))
        .join(Transfer, col(Transfer.id) == col(line.transfer_id))
        .where(col(Transfer.state) == TransferState.DRAFT, rest > 0)
        .group_by(col(Transfer.from_warehouse_id), col(Transfer.to_warehouse_id), col(line.sku_id))
    )
    return {(giver, taker, sku): int(units) for giver, taker, sku, units in db.execute(due)}


def _receipts(
    db: Session, ordered: Mapping[Key, Sequence[tuple[datetime, int]]]
) -> dict[Key, list[tuple[datetime, int]]]:
    """What suppliers brought of the ordered SKUs since the first of these orders."""
    found: dict[Key, list[tuple[datetime, int]]] = {key: [] for key in ordered}
    if not ordered:
        return found
    since = min(at for orders in ordered.values() for at, _qty in orders)
    row = LedgerRow
    came = (
        sa.select(col(Place.warehouse_id), col(row.sku_id), col(row.at), col(row.qty))
        .join(Place, col(Place.id) == col(row.to_place_id))
        .where(col(row.at) >= since, col(row.reason) == MoveReason.RECEIVE)
        .where(col(row.sku_id).in_({sku for _house, sku in ordered}))
    )
    for house, sku, at, qty in db.execute(came):
        if (house, sku) in found:
            found[house, sku].append((at, qty))
    return found


def named_spares(db: Session, found: Sequence[Spare]) -> list[SpareRow]:
    """The transfers with the names of their goods and houses."""
    houses = {house.id: house for house in db.exec(select(Warehouse))}
    skus = {sku.id: sku for sku in db.exec(select(Sku).where(col(Sku.id).in_({spare.sku_id for spare in found})))}
    rows = [SpareRow(skus[one.sku_id], houses[one.from_id], houses[one.to_id], one.qty) for one in found]
    return sorted(rows, key=lambda row: (row.giver.code, row.taker.code, row.sku.code))


@dataclass(frozen=True)
class RequestRow:
    """A request with what its screen and paper show; `need` as it is now, None when nobody keeps a level any more."""

    request: PurchaseRequest
    sku: Sku
    house: Warehouse
    terms: SupplyTerms | None
    need: Need | None = None

    @property
    def cost_fen(self) -> int | None:
        return self.request.qty * self.terms.price_fen if self.terms and self.terms.price_fen else None


def requests(
    db: Session, state: PurchaseState = PurchaseState.OPEN, site: str = "", present: Iterable[Need] = ()
) -> list[RequestRow]:
    """Requests in a state: open ones by supplier and SKU, decided ones the newest first."""
    where = [col(PurchaseRequest.state) == state, *([col(Warehouse.code) == site] if site else [])]
    first = [] if state is PurchaseState.OPEN else [col(PurchaseRequest.decided_at).desc()]
    return _rows(db, where, first, present)


def rows_of(db: Session, request_ids: Sequence[int]) -> list[RequestRow]:
    """These requests, by supplier and SKU, whatever became of them."""
    return _rows(db, [col(PurchaseRequest.id).in_(request_ids)], [], ())


def _rows(
    db: Session, where: Sequence[sa.ColumnElement[bool]], first: Sequence[sa.ColumnElement], present: Iterable[Need]
) -> list[RequestRow]:
    query = (
        select(PurchaseRequest, Sku, Warehouse)
        .join(Sku, col(Sku.id) == PurchaseRequest.sku_id)
        .join(Warehouse, col(Warehouse.id) == PurchaseRequest.warehouse_id)
        .where(*where)
        .order_by(*first, PurchaseRequest.supplier, Sku.code, Warehouse.code)
        .limit(MOST)
    )
    terms = safety.preferred_terms(db)
    now = {(need.warehouse_id, need.sku_id): need for need in present}
    return [
        RequestRow(request, sku, house, terms.get(request.sku_id), now.get((request.warehouse_id, request.sku_id)))
        for request, sku, house in db.exec(query)
    ]


def request_for(db: Session, request_id: int) -> PurchaseRequest:
    """The request, locked and fresh, or Unknown."""
    found = db.get(PurchaseRequest, request_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise Unknown("inventory.unknown_request")
    return found


def to_ask(db: Session) -> list[PurchaseRequest]:
    """Requests that should be made now, not written yet: what is short and not asked for."""
    short = [need for need in needs(db) if need.short > 0]
    asked = select(PurchaseRequest.warehouse_id, PurchaseRequest.sku_id)
    known = set(db.exec(asked.where(PurchaseRequest.state == PurchaseState.OPEN)))
    missing = [need for need in short if (need.warehouse_id, need.sku_id) not in known]
    if not missing:
        return []
    demands, terms = safety.demands(db), safety.preferred_terms(db)
    return [_request(need, demands.get((need.warehouse_id, need.sku_id)), terms.get(need.sku_id)) for need in missing]


def _request(need: Need, demand: safety.Demand | None, terms: SupplyTerms | None) -> PurchaseRequest:
    pack, least = (terms.pack_qty, terms.min_order) if terms else (1, 0)
    return PurchaseRequest(
        warehouse_id=need.warehouse_id, sku_id=need.sku_id, free=need.free, coming=need.coming,
        qty=order_qty(need.short, demand.mean if demand else 0.0, pack, least), reorder_point=need.reorder_point,
        supplier=terms.supplier if terms else "",
    )  # fmt: skip


# --- verbs -------------------------------------------------------------------------------------------------------


def ask(db: Session, wanted: Sequence[PurchaseRequest], actor: Actor) -> int:
    """Write requests down and tell purchasing of them, once. What somebody else asked for meanwhile is left out."""
    if not wanted:
        return 0
    columns = ("warehouse_id", "sku_id", "qty", "free", "coming", "reorder_point", "supplier")
    moment = clock.now()
    made: list[int] = []
    for some in (wanted[n : n + 500] for n in range(0, len(wanted), 500)):
        rows = [
            {name: getattr(request, name) for name in columns} | {"state": PurchaseState.OPEN, "asked_at": moment}
            for request in some
        ]
        new = upsert(db, PurchaseRequest).values(rows).on_conflict_do_nothing()
        made += db.execute(new.returning(col(PurchaseRequest.id))).scalars().all()
    if made:
        record(db, Event("inventory.purchase.asked", "purchasing", 0, data={"requests": sorted(made)}), actor)
    return len(made)


def advance(db: Session, request: PurchaseRequest, action: PurchaseAction, actor: Actor, qty: int = 0) -> None:
    """The only door to a request's state; `qty` > 0: so many were ordered in the end."""
    request.state = PURCHASE.after(request.state, action)
    request.decided_at, request.decided_by = clock.now(), actor.id
    if qty:
        request.qty = qty
    db.add(request)
    db.flush()
    assert request.id is not None
    data = {"sku": request.sku_id, "warehouse": request.warehouse_id, "qty": request.qty}
    record(db, Event(f"inventory.purchase.{action}", "purchase", request.id, data=data), actor)


def plan_transfer(db: Session, from_id: int, to_id: int, actor: Actor) -> Transfer:
    """Plan what one warehouse can spare of what another lacks, as it is now. Raises Conflict when that is nothing."""
    helps = {one.sku_id: one.qty for one in spares(needs(db)) if (one.from_id, one.to_id) == (from_id, to_id)}
    if not helps:
        raise Conflict("inventory.nothing_to_spare")
    return transfers.plan(db, transfers.NewTransfer(from_id, to_id, helps), actor)
