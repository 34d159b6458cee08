"""Reads of runs: what is in scope, what came of it, and the identities of `flask check`."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from floor.allocation.models import Announcement, Run, RunCart, RunPrices, Unallocated
from floor.allocation.states import RunState, Why
from floor.catalog.models import Sku
from floor.inventory.models import Balance, Bin, BinKind, Warehouse
from floor.inventory.models_supply import PurchaseRequest
from floor.inventory.queries import FREE
from floor.inventory.states import PurchaseState
from floor.kit.errors import Unknown
from floor.orders.models import Address, Order, OrderLine
from floor.orders.states import OrderState
from floor.people.models import Role, User
from floor.shipments.models import Carrier, Pickup, Rate, Shipment, ShipmentLine
from floor.shipments.states import ShipmentState

#: Orders that still want something; only released ones may be planned.
_OPEN = (OrderState.RECEIVED, OrderState.HELD, OrderState.RELEASED)
#: Nobody has closed their parcels yet.
_ON_THE_WAY = (ShipmentState.PLANNED, ShipmentState.PICKING, ShipmentState.PICKED, ShipmentState.PACKING)
#: From here on one person may not lift a unit alone.
HEAVY_G = 15_000
IS_HEAVY = col(Sku.weight_g) >= HEAVY_G


def run_for(db: Session, run_id: int, *, lock: bool = False) -> Run:
    """The run, or Unknown; locked against other writers if asked, its long plan then only read when it is looked at."""
    late = [defer(Run.plan)] if lock else []  # type: ignore[arg-type]
    run = db.get(Run, run_id, options=late, with_for_update=lock or None, populate_existing=lock)
    if run is None:
        raise Unknown("allocation.unknown_run")
    return run


def runs(db: Session, limit: int, offset: int = 0) -> Sequence[tuple[Run, str | None]]:
    """Runs with who asked for them, newest first."""
    joined = select(Run, User.name).outerjoin(User, col(User.id) == Run.asked_by)
    return db.exec(joined.order_by(col(Run.id).desc()).limit(limit).offset(offset)).all()


def in_scope(scope: Mapping[str, Any]) -> list[sa.ColumnElement[bool]]:
    """The conditions on Order a run's scope stands for."""
    limits: list[sa.ColumnElement[bool]] = [col(Order.state).in_(_OPEN)]
    if scope.get("channels"):
        limits.append(col(Order.channel).in_(scope["channels"]))
    if scope.get("promised_before"):
        limits.append(col(Order.promised_at) < datetime.fromisoformat(scope["promised_before"]))
    if scope.get("orders"):
        limits.append(col(Order.id).in_(scope["orders"]))
    return limits


def wanted(db: Session, scope: Mapping[str, Any]) -> Sequence[sa.Row]:
    """(order_id, state, priority, promised_at, gift_wrap, province, sku_id, units nobody holds, 1 where all of them are
    gifts) in scope, order by order."""
    of_order = (
        col(Order.id), col(Order.state), col(Order.priority), col(Order.promised_at), col(Order.gift_wrap),
        col(Address.province), col(OrderLine.sku_id),
    )  # fmt: skip
    return db.execute(
        sa.select(
            *of_order, sa.func.sum(col(OrderLine.backordered)).label("units"),
            sa.func.min(sa.case((col(OrderLine.is_gift), 1), else_=0)).label("gift"),
        )
        .join(OrderLine, col(OrderLine.order_id) == col(Order.id))
        .join(Address, col(Address.order_id) == col(Order.id))
        .where(col(OrderLine.backordered) > 0, *in_scope(scope))
        .group_by(*of_order)
        .order_by(col(Order.id), col(OrderLine.sku_id))
    ).all()  # fmt: skip


def preview(db: Session, scope: Mapping[str, Any], moment: datetime) -> Sequence[sa.Row]:
    """(channel, deadline, released?, orders, lines, units) a run over this scope would look at now."""
    due = col(Order.promised_at)
    deadline = sa.case(
        (due < moment, "overdue"),
        (due < moment + timedelta(hours=4), "soon"),
        (due < moment + timedelta(hours=24), "day"),
        else_="later",
    )
    released = col(Order.state) == OrderState.RELEASED
    return db.execute(
        sa.select(
            col(Order.channel), deadline.label("deadline"), released.label("released"),
            sa.func.count(sa.distinct(col(Order.id))).label("orders"), sa.func.count().label("lines"),
            sa.func.sum(col(OrderLine.backordered)).label("units"),
        )
        .join(OrderLine, col(OrderLine.order_id) == col(Order.id))
        .where(col(OrderLine.backordered) > 0, *in_scope(scope))
        .group_by(col(Order.channel), deadline, released)
    ).all()  # fmt: skip


def hands(db: Session) -> dict[str, int]:
    """Warehouse code -> active pickers; "" are those of the whole house."""
    rows = sa.select(col(User.site), sa.func.count()).where(col(User.is_active), col(User.role) == Role.PICKER)
    return dict(db.execute(rows.group_by(col(User.site))).all())


def lines_waiting(db: Session) -> Sequence[sa.Row]:
    """(warehouse_id, lines, heavy, cold): pick lines already promised and not yet picked; they use up the shift."""
    lines = sa.func.count(), *(sa.func.sum(sa.case((is_so, 1), else_=0)) for is_so in (IS_HEAVY, col(Sku.is_cold)))
    return db.execute(
        sa.select(col(Shipment.warehouse_id), *lines)
        .join(ShipmentLine, col(ShipmentLine.shipment_id) == col(Shipment.id))
        .join(Sku, col(Sku.id) == col(ShipmentLine.sku_id))
        .where(col(ShipmentLine.allocated) > 0)
        .where(col(Shipment.state).in_((ShipmentState.PLANNED, ShipmentState.PICKING)))
        .group_by(col(Shipment.warehouse_id))
    ).all()


def parcels_waiting(db: Session) -> Sequence[sa.Row]:
    """(warehouse_id, carrier_id, shipments not yet collected, of these not yet packed, their grams)."""
    open_ = [*_ON_THE_WAY, ShipmentState.PACKED]
    units = col(ShipmentLine.allocated) + col(ShipmentLine.picked) + col(ShipmentLine.packed)
    unpacked = sa.case((col(Shipment.state).in_(_ON_THE_WAY), col(Shipment.id)))
    return db.execute(
        sa.select(
            col(Shipment.warehouse_id), col(Shipment.carrier_id), sa.func.count(sa.distinct(col(Shipment.id))),
            sa.func.count(sa.distinct(unpacked)), sa.func.sum(units * col(Sku.weight_g)),
        )
        .join(ShipmentLine, col(ShipmentLine.shipment_id) == col(Shipment.id))
        .join(Sku, col(Sku.id) == col(ShipmentLine.sku_id))
        .where(col(Shipment.state).in_(open_))
        .group_by(col(Shipment.warehouse_id), col(Shipment.carrier_id))
    ).all()  # fmt: skip


def pickups(db: Session) -> Sequence[Pickup]:
    """What carriers collect, where that is limited."""
    return db.exec(select(Pickup).order_by(col(Pickup.id))).all()


def announced(db: Session, scope: Mapping[str, Any]) -> Sequence[Announcement]:
    """Where units of the orders in scope were said to ship from."""
    joined = select(Announcement).join(Order, col(Order.id) == col(Announcement.order_id))
    return db.exec(joined.where(*in_scope(scope)).order_by(col(Announcement.id))).all()


def announced_sites(db: Session, order_id: int, sku_id: int) -> list[str]:
    """Codes of the warehouses units of an order were announced from."""
    joined = select(Warehouse.code).join(Announcement, col(Announcement.warehouse_id) == col(Warehouse.id))
    mine = joined.where(Announcement.order_id == order_id, Announcement.sku_id == sku_id)
    return list(db.exec(mine.order_by(col(Warehouse.code))))


def all_announced(db: Session) -> Sequence[Announcement]:
    """Announcements of orders that still wait."""
    waits = sa.exists().where(col(OrderLine.order_id) == col(Announcement.order_id), col(OrderLine.backordered) > 0)
    joined = select(Announcement).join(Order, col(Order.id) == col(Announcement.order_id))
    return db.exec(joined.where(Order.state == OrderState.RELEASED, waits)).all()


def unplaced(db: Session, limit: int, only: int | None = None) -> list[int]:
    """Released orders with backordered units that no announcement, shipment or run speaks of, the most urgent first;
    `only`: this order, if it is one."""
    waits = sa.exists().where(col(OrderLine.order_id) == col(Order.id), col(OrderLine.backordered) > 0)
    said = sa.exists().where(col(Announcement.order_id) == col(Order.id))
    shipped = sa.exists().where(col(Shipment.order_id) == col(Order.id))
    refused = sa.exists().where(col(Unallocated.order_id) == col(Order.id))
    found = select(Order.id).where(Order.state == OrderState.RELEASED, waits, ~said, ~shipped, ~refused)
    if only is not None:
        found = found.where(Order.id == only)
    return [order or 0 for order in db.exec(found.order_by(col(Order.priority), col(Order.id)).limit(limit))]


def open_units(db: Session, order_ids: Iterable[int]) -> dict[int, dict[int, int]]:
    """Order -> SKU -> units no shipment holds yet."""
    rows = sa.select(col(OrderLine.order_id), col(OrderLine.sku_id), sa.func.sum(col(OrderLine.backordered)))
    some = rows.where(col(OrderLine.order_id).in_(list(order_ids)), col(OrderLine.backordered) > 0)
    found: dict[int, dict[int, int]] = {}
    for order, sku, units in db.execute(some.group_by(col(OrderLine.order_id), col(OrderLine.sku_id))):
        found.setdefault(order, {})[sku] = int(units)
    return found


def waiting_mark(db: Session) -> tuple[Any, ...]:
    """Changes when orders begin or cease to wait, or what may be promised changes."""
    waiting = (
        sa.select(sa.func.count(), sa.func.sum(col(OrderLine.backordered)), sa.func.max(col(Order.id)))
        .join(Order, col(Order.id) == col(OrderLine.order_id))
        .where(col(Order.state) == OrderState.RELEASED, col(OrderLine.backordered) > 0)
    )
    free = sa.select(sa.func.sum(FREE)).join(Bin, col(Bin.id) == col(Balance.place_id))
    there = db.execute(free.where(col(Bin.kind) == BinKind.PICK)).scalar_one()
    return (*db.execute(waiting).one(), there)


def at_work(db: Session) -> bool:
    """Does a run plan or apply right now?"""
    busy = select(Run.id).where(col(Run.state).in_((RunState.QUEUED, RunState.RUNNING))).limit(1)
    return db.exec(busy).first() is not None


def kept_prices(db: Session, run_id: int) -> RunPrices:
    return db.get_one(RunPrices, run_id, with_for_update=True)


def newest_prices(db: Session) -> tuple[Run, bytes] | None:
    """The last optimal run whose prices are kept."""
    joined = select(Run, RunPrices.data).join(RunPrices, col(RunPrices.run_id) == col(Run.id))
    return db.exec(joined.order_by(col(Run.id).desc()).limit(1)).first()


def rates(db: Session, provinces: Sequence[str] | None = None) -> Sequence[Rate]:
    """What the active carriers ask, to some provinces or to all."""
    joined = select(Rate).join(Carrier, col(Carrier.id) == Rate.carrier_id)
    if provinces is not None:
        joined = joined.where(col(Rate.province).in_(provinces))
    return db.exec(joined.where(col(Carrier.is_active)).order_by(col(Rate.id))).all()


def carriers(db: Session) -> Sequence[Carrier]:
    """Active ones, by name."""
    return db.exec(select(Carrier).where(col(Carrier.is_active)).order_by(col(Carrier.code))).all()


def every_carrier(db: Session) -> Sequence[Carrier]:
    return db.exec(select(Carrier).order_by(col(Carrier.code))).all()


def order_numbers(db: Session, order_ids: Iterable[int]) -> dict[int, str]:
    rows = sa.select(col(Order.id), col(Order.number)).where(col(Order.id).in_(list(order_ids)))
    return dict(db.execute(rows).all())


def sku_codes(db: Session, sku_ids: Iterable[int]) -> dict[int, str]:
    rows = sa.select(col(Sku.id), col(Sku.code)).where(col(Sku.id).in_(list(sku_ids)))
    return dict(db.execute(rows).all())


def goods(db: Session, sku_ids: Iterable[int]) -> Sequence[sa.Row]:
    """(id, weight_g of a unit, heavy?, cold?) of SKUs, by id."""
    return db.execute(
        sa.select(col(Sku.id), col(Sku.weight_g), IS_HEAVY.label("heavy"), col(Sku.is_cold).label("cold"))
        .where(col(Sku.id).in_(list(sku_ids)))
        .order_by(col(Sku.id))
    ).all()


def settled(db: Session, run_id: int, only: Collection[int] | None = None) -> set[int]:
    """Orders of which this run has already said what they get; `only`: of these."""
    served = sa.select(col(Shipment.order_id)).where(col(Shipment.run_id) == run_id)
    refused = sa.select(col(Unallocated.order_id)).where(col(Unallocated.run_id) == run_id)
    if only is not None:
        served = served.where(col(Shipment.order_id).in_(only))
        refused = refused.where(col(Unallocated.order_id).in_(only))
    return set(db.execute(served.union(refused)).scalars())


def allocated(db: Session, run_id: int) -> int:
    """Orders this run gave a shipment."""
    orders = sa.func.count(sa.distinct(col(Shipment.order_id)))
    return int(db.execute(sa.select(orders).where(col(Shipment.run_id) == run_id)).scalar_one())


def refused(db: Session, run_id: int) -> int:
    """Orders this run left out."""
    return int(
        db.execute(
            sa.select(sa.func.count()).select_from(Unallocated).where(col(Unallocated.run_id) == run_id)
        ).scalar_one()
    )


def reasons(db: Session, run_id: int) -> Sequence[sa.Row]:
    """(reason, orders, different SKUs, the earliest promise), most frequent first."""
    return db.execute(
        sa.select(
            col(Unallocated.reason), sa.func.count().label("orders"),
            sa.func.count(sa.distinct(col(Unallocated.sku_id))).label("skus"),
            sa.func.min(col(Order.promised_at)).label("due"),
        )
        .join(Order, col(Order.id) == col(Unallocated.order_id))
        .where(col(Unallocated.run_id) == run_id)
        .group_by(col(Unallocated.reason))
        .order_by(sa.func.count().desc(), col(Unallocated.reason))
    ).all()  # fmt: skip


def ages(db: Session, run_id: int, moment: datetime) -> dict[str, dict[str, int]]:
    """Reason -> how long its orders have been with us -> orders; the keys of messages.AGES."""
    since = col(Order.received_at)
    age = sa.case(
        (since > moment - timedelta(hours=4), "hours"), (since > moment - timedelta(days=1), "day"),
        (since > moment - timedelta(days=3), "days"), else_="longer",
    )  # fmt: skip
    rows = (
        sa.select(col(Unallocated.reason), age, sa.func.count())
        .join(Order, col(Order.id) == col(Unallocated.order_id))
        .where(col(Unallocated.run_id) == run_id)
        .group_by(col(Unallocated.reason), age)
    )
    found: dict[str, dict[str, int]] = {}
    for reason, key, n in db.execute(rows):
        found.setdefault(reason, {})[key] = n
    return found


def pressing(db: Session, run_id: int, before: datetime) -> dict[str, int]:
    """Reason -> its orders promised before a moment."""
    rows = (
        sa.select(col(Unallocated.reason), sa.func.count())
        .join(Order, col(Order.id) == col(Unallocated.order_id))
        .where(col(Unallocated.run_id) == run_id, col(Order.promised_at) < before)
        .group_by(col(Unallocated.reason))
    )
    return dict(db.execute(rows).all())


def left_out(
    db: Session, run_id: int, reason: str | None = None, limit: int | None = None, offset: int = 0
) -> Sequence[tuple[Unallocated, Order, Sku | None, Warehouse | None]]:
    """Orders a run left out, the most pressing first."""
    found = (
        select(Unallocated, Order, Sku, Warehouse)
        .join(Order, col(Order.id) == Unallocated.order_id)
        .outerjoin(Sku, col(Sku.id) == Unallocated.sku_id)
        .outerjoin(Warehouse, col(Warehouse.id) == Unallocated.warehouse_id)
        .where(Unallocated.run_id == run_id)
        .order_by(col(Order.promised_at), col(Order.id))
        .limit(limit)
        .offset(offset)
    )
    return db.exec(found if reason is None else found.where(Unallocated.reason == reason)).all()


def still_waiting(db: Session, run_id: int, reason: Why) -> Sequence[sa.Row]:
    """(order_id, warehouse_id, sku_id, units) of a reason's orders that are still released and backordered."""
    return db.execute(
        sa.select(
            col(Order.id), col(Unallocated.warehouse_id), col(OrderLine.sku_id),
            sa.func.sum(col(OrderLine.backordered)).label("units"),
        )
        .join(Unallocated, col(Unallocated.order_id) == col(Order.id))
        .join(OrderLine, col(OrderLine.order_id) == col(Order.id))
        .where(col(Unallocated.run_id) == run_id, col(Unallocated.reason) == reason)
        .where(col(Order.state) == OrderState.RELEASED, col(OrderLine.backordered) > 0)
        .group_by(col(Order.id), col(Unallocated.warehouse_id), col(OrderLine.sku_id))
        .order_by(col(Order.id), col(OrderLine.sku_id))
    ).all()  # fmt: skip


def still_lacking(db: Session, run_id: int) -> Sequence[sa.Row]:
    """(province, sku_id, units) of lines still backordered of the run's `no_stock` orders."""
    return db.execute(
        sa.select(col(Address.province), col(OrderLine.sku_id), sa.func.sum(col(OrderLine.backordered)).label("units"))
        .join(Unallocated, col(Unallocated.order_id) == col(OrderLine.order_id))
        .join(Order, col(Order.id) == col(OrderLine.order_id))
        .join(Address, col(Address.order_id) == col(Order.id))
        .where(col(Unallocated.run_id) == run_id, col(Unallocated.reason) == Why.NO_STOCK)
        .where(col(Order.state) == OrderState.RELEASED, col(OrderLine.backordered) > 0)
        .group_by(col(Address.province), col(OrderLine.sku_id))
    ).all()


def cheapest_houses(db: Session) -> dict[str, int]:
    """Province -> the warehouse with the cheapest first weight to it."""
    found: dict[str, Rate] = {}
    for rate in rates(db):
        if rate.province not in found or rate.first_fen < found[rate.province].first_fen:
            found[rate.province] = rate
    return {province: rate.warehouse_id for province, rate in found.items()}


def requested(db: Session) -> set[tuple[int, int]]:
    """(warehouse_id, sku_id) purchasing was asked for, or has ordered."""
    open_ = col(PurchaseRequest.state).in_((PurchaseState.OPEN, PurchaseState.ORDERED))
    return set(db.exec(select(PurchaseRequest.warehouse_id, PurchaseRequest.sku_id).where(open_)).all())


def shelves(db: Session, sku_ids: Iterable[int]) -> Sequence[sa.Row]:
    """(sku_id, warehouse_id, warehouse code, bin code, kind, free units) of open pick and reserve bins."""
    return db.execute(
        sa.select(
            col(Balance.sku_id), col(Bin.warehouse_id), col(Warehouse.code).label("site"), col(Bin.code),
            col(Bin.kind), FREE.label("free"),
        )
        .join(Bin, col(Bin.id) == col(Balance.place_id))
        .join(Warehouse, col(Warehouse.id) == col(Bin.warehouse_id))
        .where(col(Balance.sku_id).in_(list(sku_ids)), col(Bin.is_closed).is_(False))
        .where(col(Bin.kind).in_((BinKind.PICK, BinKind.RESERVE)))
        .order_by(FREE.desc(), col(Bin.code))
    ).all()  # fmt: skip


def carts(db: Session, run_id: int) -> Sequence[RunCart]:
    return db.exec(select(RunCart).where(RunCart.run_id == run_id).order_by(RunCart.walk_number)).all()


def broken_runs(db: Session) -> list[str]:
    """Check: a run that came to an end explains every order of its scope: allocated + unallocated = orders."""
    wrong = []
    ended = (RunState.APPLIED, RunState.READY, RunState.PUBLISHED, RunState.STOPPED, RunState.FAILED)
    for run in db.exec(select(Run).where(col(Run.state).in_(ended)).order_by(col(Run.id))):
        served, without = allocated(db, run.id or 0), refused(db, run.id or 0)
        if (served, without) != (run.allocated, run.unallocated) or run.orders != served + without:
            wrong.append(
                f"allocation_run {run.id}: {run.orders} orders, says {run.allocated} allocated + {run.unallocated}"
                f" unallocated, has {served} + {without}"
            )
    return wrong
