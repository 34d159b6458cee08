"""Days summed up from parcels, walks and returns: the sums of a day are replaced as a whole, as often as one likes."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, SQLModel, col, select

from floor.analytics.models import FloorDay, LaneDay, ReturnDay, SkuDay, SummedTo
from floor.events.models import AuditEvent
from floor.inventory.count_days import LOCAL, start_of
from floor.kit import clock
from floor.orders.models import Address
from floor.packing.models import Pack, Parcel, ParcelLine, Station
from floor.packing.models_materials import ParcelFill, ParcelMaterial
from floor.packing.states import ParcelState
from floor.picking.models import Pick, Stop, Walk
from floor.picking.states import StopState, WalkState
from floor.returns.models import ReturnCase, ReturnItem, ReturnReason
from floor.shipments.models import Shipment
from floor.shipping.models import Waybill, WaybillState
from floor.tracking.models import CarrierEvent, Track
from floor.tracking.states import TrackState

#: Said of a parcel once, it had trouble.
TROUBLE = (TrackState.ATTEMPT_FAILED, TrackState.EXCEPTION, TrackState.RETURNING, TrackState.RETURNED)
MISPICKS = ("packing.units.missing", "packing.units.surplus")


def day_of(moment: datetime) -> date:
    return moment.astimezone(LOCAL).date()


def summed_to(db: Session) -> datetime | None:
    """Up to when the sums know everything; None before the first time."""
    return db.exec(select(SummedTo.at)).first()


def days_to_sum(db: Session, since: datetime | None) -> list[date]:
    """Days whose sums may be others than they were then; every day there is, for None."""
    if since is None:
        moments = (Shipment.shipped_at, Walk.finished_at, ReturnCase.arrived_at)
        first, last = ([db.exec(select(of(moment))).one() for moment in moments] for of in (sa.func.min, sa.func.max))
        days = {day_of(moment) for moment in (*first, *last) if moment}
        return _days(min(days), max(days)) if days else []
    touched = (
        sa.select(col(Shipment.shipped_at))
        .join(AuditEvent, col(AuditEvent.order_id) == col(Shipment.order_id))
        .where(col(AuditEvent.at) >= since, col(Shipment.shipped_at).is_not(None))
        .distinct()
    )
    mine = {day_of(moment) for moment in db.scalars(touched) if moment}
    return sorted(mine | set(_days(day_of(since), day_of(clock.now()))))


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def keep_mark(db: Session, at: datetime) -> None:
    db.merge(SummedTo(id=1, at=at))
    db.flush()


def sum_day(db: Session, day: date) -> None:
    """Sum up one day anew."""
    bounds = (start_of(day), start_of(day + timedelta(days=1)))
    _replace(db, LaneDay, day, _lanes(db, *bounds))
    _replace(db, FloorDay, day, _floor(db, *bounds))
    _replace(db, SkuDay, day, _skus(db, *bounds))
    _replace(db, ReturnDay, day, _returns(db, *bounds))


def _replace(db: Session, table: type[SQLModel], day: date, rows: Iterable[dict[str, Any]]) -> None:
    db.execute(sa.delete(table).where(table.day == day))  # type: ignore[attr-defined]
    if fresh := [{"day": day, **row} for row in rows]:
        db.execute(sa.insert(table), fresh)


def _lanes(db: Session, start: datetime, end: datetime) -> Iterable[dict[str, Any]]:
    """Parcels by lane. Minutes are taken here, because the two databases subtract moments each in its own way."""
    sums: dict[tuple[int, int, str], Counter[str]] = defaultdict(Counter)
    for row in db.execute(parcels(start, end)):
        lane = sums[row.warehouse_id, row.carrier_id, row.province or ""]
        lane.update(
            parcels=1, further=int(row.further), kept=int(row.shipped_at <= row.promised_at),
            troubled=int(row.troubled), cost_fen=row.cost_fen or 0, weight_g=row.weight_g, mass_g=int(row.mass_g or 0),
            material_fen=int(row.material_fen or 0),
        )  # fmt: skip
        if row.delivered_at is not None:
            lane.update(delivered=1, minutes=max(0, int((row.delivered_at - row.shipped_at).total_seconds()) // 60))
        if row.inner_mm3:
            lane.update(measured=1, inner_mm3=row.inner_mm3, goods_mm3=row.goods_mm3)
    names = set().union(*sums.values()) if sums else set()
    for (house, carrier, province), sum_ in sums.items():
        key = {"warehouse_id": house, "carrier_id": carrier, "province": province}
        yield key | {name: sum_[name] for name in names}


def parcels(start: datetime, end: datetime) -> sa.Select[Any]:
    """Every parcel that left in this time, with what the sums take of it."""
    elder, sent = aliased(Parcel), aliased(Shipment)
    carrier = sa.func.coalesce(col(Waybill.carrier_id), col(Shipment.carrier_id))
    further = sa.exists().where(
        col(sent.order_id) == col(Shipment.order_id), col(elder.shipment_id) == col(sent.id),
        col(elder.id) < col(Parcel.id), col(elder.state) == ParcelState.SHIPPED,
    )  # fmt: skip
    troubled = sa.exists().where(
        col(CarrierEvent.parcel_id) == col(Parcel.id), col(CarrierEvent.meaning).in_(TROUBLE)
    )  # fmt: skip
    took = [
        sa.select(sa.func.sum(col(getattr(ParcelMaterial, name))))
        .where(col(ParcelMaterial.parcel_id) == col(Parcel.id))
        .scalar_subquery()
        .label(label)
        for name, label in (("mass_g", "mass_g"), ("cost_fen", "material_fen"))
    ]
    query: Any = (
        sa.select(
            col(Shipment.warehouse_id), carrier.label("carrier_id"),
            col(Address.province), col(Shipment.shipped_at), col(Shipment.promised_at), col(Track.delivered_at),
            col(Waybill.cost_fen), col(Parcel.weight_g), col(ParcelFill.inner_mm3), col(ParcelFill.goods_mm3),
            further.label("further"), troubled.label("troubled"), *took,
        )
        .select_from(Shipment)
        .join(Parcel, col(Parcel.shipment_id) == col(Shipment.id))
        .outerjoin(Address, col(Address.order_id) == col(Shipment.order_id))
        .outerjoin(Waybill, (col(Waybill.parcel_id) == col(Parcel.id)) & (col(Waybill.state) != WaybillState.VOID))
        .outerjoin(Track, col(Track.parcel_id) == col(Parcel.id))
        .outerjoin(ParcelFill, col(ParcelFill.parcel_id) == col(Parcel.id))
        .where(col(Shipment.shipped_at) >= start, col(Shipment.shipped_at) < end)
        .where(col(Parcel.state) == ParcelState.SHIPPED)
    )  # fmt: skip
    return query


def _floor(db: Session, start: datetime, end: datetime) -> Iterable[dict[str, Any]]:
    sums: dict[int, Counter[str]] = defaultdict(Counter)
    ended = (col(Walk.finished_at) >= start, col(Walk.finished_at) < end, col(Walk.state) == WalkState.DONE)
    for walk in db.exec(select(Walk).where(*ended)):
        lasted = (walk.finished_at - walk.started_at).total_seconds() if walk.finished_at and walk.started_at else 0
        sums[walk.warehouse_id].update(walks=1, minutes=int(lasted) // 60, metres=walk.length_mm // 1000)
    short = sa.func.sum(sa.case((col(Stop.state) == StopState.SHORT, 1), else_=0))
    stops = sa.select(col(Walk.warehouse_id), sa.func.count(), short).join(Stop, col(Stop.walk_id) == col(Walk.id))
    for house, n, shorts in db.execute(stops.where(*ended).group_by(col(Walk.warehouse_id))):
        sums[house].update(stops=n, shorts=int(shorts))
    picked = (
        sa.select(col(Walk.warehouse_id), sa.func.sum(col(Pick.picked)))
        .join(Stop, col(Stop.walk_id) == col(Walk.id))
        .join(Pick, col(Pick.stop_id) == col(Stop.id))
    )
    for house, units in db.execute(picked.where(*ended).group_by(col(Walk.warehouse_id))):
        sums[house].update(units=int(units))
    off = (
        sa.select(col(Station.warehouse_id), col(AuditEvent.data))
        .join(Pack, col(Pack.station_id) == col(Station.id))
        .join(AuditEvent, col(AuditEvent.subject_id) == col(Pack.id))
        .where(col(AuditEvent.kind).in_(MISPICKS), col(AuditEvent.at) >= start, col(AuditEvent.at) < end)
    )
    for house, data in db.execute(off):
        sums[house].update(mispicks=int(data.get("qty", 1)))
    for row in _returns(db, start, end):
        if row["reason"] == ReturnReason.WRONG_ITEM:
            sums[row["warehouse_id"]].update(mispacks=row["units"])
    names = set().union(*sums.values()) if sums else set()
    for house, sum_ in sums.items():
        yield {"warehouse_id": house} | {name: sum_[name] for name in names}


def _skus(db: Session, start: datetime, end: datetime) -> Iterable[dict[str, Any]]:
    key = (col(Shipment.warehouse_id), col(ParcelLine.sku_id))
    rows = db.execute(
        sa.select(*key, sa.func.sum(col(ParcelLine.qty)))
        .select_from(Shipment)
        .join(Parcel, col(Parcel.shipment_id) == col(Shipment.id))
        .join(ParcelLine, col(ParcelLine.parcel_id) == col(Parcel.id))
        .where(col(Shipment.shipped_at) >= start, col(Shipment.shipped_at) < end)
        .where(col(Parcel.state) == ParcelState.SHIPPED)
        .group_by(*key)
    )
    return [{"warehouse_id": house, "sku_id": sku, "units": int(units)} for house, sku, units in rows]


def _returns(db: Session, start: datetime, end: datetime) -> list[dict[str, Any]]:
    key = (col(ReturnCase.warehouse_id), col(ReturnItem.sku_id), col(ReturnCase.reason))
    rows = db.execute(
        sa.select(*key, sa.func.sum(col(ReturnItem.qty)))
        .join(ReturnItem, col(ReturnItem.case_id) == col(ReturnCase.id))
        .where(col(ReturnCase.arrived_at) >= start, col(ReturnCase.arrived_at) < end)
        .group_by(*key)
    )
    return [
        {"warehouse_id": house, "sku_id": sku, "reason": str(ReturnReason(reason).value), "units": int(units)}
        for house, sku, reason, units in rows
    ]
