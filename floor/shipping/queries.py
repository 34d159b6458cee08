"""Reads of shipping: waybills, print jobs, what a lorry should carry, and checks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from floor.inventory.models import Warehouse
from floor.kit.errors import Unknown
from floor.orders.models import Address, Customer, Order
from floor.packing.models import Pack, Parcel, Station
from floor.packing.states import ParcelState
from floor.shipments.models import Carrier, Rate, Shipment
from floor.shipments.states import ShipmentState
from floor.shipping.models import (
    Manifest,
    ManifestParcel,
    ManifestState,
    PaperKind,
    PrintJob,
    Waybill,
)
from floor.shipping.states import DEAD, WaybillState


def waybill_of(db: Session, parcel_id: int, *, lock: bool = False) -> Waybill | None:
    """The living waybill of a parcel; locked and fresh if asked."""
    query = select(Waybill).where(Waybill.parcel_id == parcel_id, Waybill.state != WaybillState.VOID)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return db.exec(query).first()


def jobs_of(db: Session, parcel_id: int) -> dict[PaperKind, PrintJob]:
    return {job.kind: job for job in db.exec(select(PrintJob).where(PrintJob.parcel_id == parcel_id))}


def job_for(db: Session, job_id: int, *, lock: bool = False) -> PrintJob:
    """The print job, or Unknown; locked if asked."""
    job = db.get(PrintJob, job_id, with_for_update=lock or None)
    if job is None:
        raise Unknown("shipping.unknown_job")
    return job


def rate_for(db: Session, shipment: Shipment, province: str) -> Rate | None:
    mine = (Rate.carrier_id == shipment.carrier_id, Rate.warehouse_id == shipment.warehouse_id)
    return db.exec(select(Rate).where(*mine, Rate.province == province)).first()


def cost_fen(rate: Rate | None, weight_g: int) -> int:
    """First weight, then steps begun; 0 where the carrier gave no rate."""
    if rate is None:
        return 0
    steps = max(0, -(-(weight_g - rate.first_g) // rate.step_g))
    return rate.first_fen + steps * rate.step_fen


@dataclass(frozen=True)
class Labelled:
    """A parcel with all that its label screen shows. No name, no address."""

    parcel: Parcel
    shipment: Shipment
    order: Order
    carrier: Carrier
    station: Station
    waybill: Waybill | None
    jobs: dict[PaperKind, PrintJob]
    #: 1-based place among the shipment's parcels, and how many there are.
    n: int
    of: int

    @property
    def tail(self) -> str:
        return self.order.number[-4:]

    @property
    def place(self) -> str:
        """As its label says: "1/2"."""
        return f"{self.n}/{self.of}"

    @property
    def old_slip(self) -> str:
        """What the slip in the box says, where there are more or fewer parcels by now; else ""."""
        slip = self.jobs.get(PaperKind.SLIP)
        says = slip.says if slip and self.parcel.state in (ParcelState.BOXED, ParcelState.LABELLED) else ""
        return says if says != self.place else ""


def labelled(db: Session, parcel: Parcel) -> Labelled:
    shipment = db.get_one(Shipment, parcel.shipment_id)
    pack = db.get_one(Pack, parcel.pack_id)
    brothers = brothers_of(db, parcel)
    waybill = waybill_of(db, parcel.id)
    return Labelled(
        parcel=parcel,
        shipment=shipment,
        order=db.get_one(Order, shipment.order_id),
        carrier=db.get_one(Carrier, waybill.carrier_id if waybill else shipment.carrier_id),
        station=db.get_one(Station, pack.station_id),
        waybill=waybill,
        jobs=jobs_of(db, parcel.id),
        n=[brother.id for brother in (*brothers, parcel)].index(parcel.id) + 1,
        of=len(brothers),
    )


def why_no_number(seen: Labelled) -> str:
    """ "" while all is well, else a code of messages.WAYBILL_PROBLEMS; "person" once a person must act."""
    waybill = seen.waybill
    if waybill is None or waybill.state is WaybillState.ACTIVE:
        return ""
    if waybill.state in (WaybillState.UNSURE, WaybillState.REFUSED) or waybill.next_try_at is None:
        return "person"
    return waybill.problem


def brothers_of(db: Session, parcel: Parcel) -> Sequence[Parcel]:
    """All parcels of the same shipment, the parcel itself among them."""
    mine = select(Parcel).where(Parcel.shipment_id == parcel.shipment_id)
    return db.exec(mine.where(Parcel.state != ParcelState.VOID).order_by(col(Parcel.id))).all()


def place_of(db: Session, parcel: Parcel) -> str:
    """Which of how many parcels of its shipment it is, as its label says: "1/2"."""
    ids = [brother.id for brother in brothers_of(db, parcel)]
    return f"{ids.index(parcel.id) + 1}/{len(ids)}"


def parcel_by_label(db: Session, code: str) -> Parcel | None:
    """Whose label was scanned: by waybill number, or by our own parcel number."""
    code = code.strip().upper()
    living = (Waybill.number == code, Waybill.state == WaybillState.ACTIVE)
    found = db.exec(select(Parcel).join(Waybill, col(Waybill.parcel_id) == Parcel.id).where(*living)).first()
    return found or db.exec(select(Parcel).where(Parcel.number == code)).first()


def is_dead_label(db: Session, code: str) -> bool:
    """Whether a label's number was cancelled, or is being cancelled."""
    mine = select(Waybill.id).where(Waybill.number == code.strip().upper(), col(Waybill.state).in_(DEAD))
    return db.exec(mine).first() is not None


def to_follow(db: Session, parcel_ids: Sequence[int]) -> list[tuple[str, str, str, str]]:
    """(waybill number, company there, our carrier code, receiver's phone) of parcels with numbers by Kuaidi100."""
    rows = db.execute(
        sa.select(col(Waybill.number), col(Carrier.outside_code), col(Carrier.code), col(Address.phone))
        .join(Carrier, col(Carrier.id) == col(Waybill.carrier_id))
        .join(Parcel, col(Parcel.id) == col(Waybill.parcel_id))
        .join(Shipment, col(Shipment.id) == col(Parcel.shipment_id))
        .join(Address, col(Address.order_id) == col(Shipment.order_id))
        .where(col(Waybill.parcel_id).in_(list(parcel_ids)), col(Waybill.state) == WaybillState.ACTIVE)
        .where(col(Carrier.adapter) == "kuaidi100")
        .order_by(col(Waybill.id))
    )
    return [(number, company or code, code, phone) for number, company, code, phone in rows]


def order_of(db: Session, parcel: Parcel) -> Order:
    return db.get_one(Order, db.get_one(Shipment, parcel.shipment_id).order_id)


def carrier_by_code(db: Session, code: str) -> Carrier | None:
    return db.exec(select(Carrier).where(Carrier.code == code)).first()


# --- manifests ---------------------------------------------------------------


@dataclass(frozen=True)
class Lane:
    """One carrier at one warehouse: its open manifest, and parcels that wait for a lorry."""

    warehouse: Warehouse
    carrier: Carrier
    manifest: Manifest | None
    waiting: int
    loaded: int


def _on_board() -> Any:
    return sa.select(col(ManifestParcel.parcel_id))


def lanes(db: Session, site: str, carrier: str = "") -> list[Lane]:
    """Every active carrier of a site's warehouses ("" = all), busiest first."""
    houses = select(Warehouse).order_by(Warehouse.code)
    firms = select(Carrier).where(col(Carrier.is_active)).order_by(Carrier.code)
    if site:
        houses = houses.where(Warehouse.code == site)
    if carrier:
        firms = firms.where(Carrier.code == carrier)
    open_ones = {
        (m.warehouse_id, m.carrier_id): m for m in db.exec(select(Manifest).where(Manifest.state == ManifestState.OPEN))
    }
    waiting = _ready_by_lane(db)
    firms_now = db.exec(firms).all()
    found = []
    for house in db.exec(houses).all():
        for firm in firms_now:
            manifest = open_ones.get((house.id or 0, firm.id or 0))
            aboard = loaded_count(db, manifest.id or 0) if manifest else 0
            found.append(Lane(house, firm, manifest, waiting.get((house.id or 0, firm.id or 0), 0), aboard))
    return sorted(found, key=lambda lane: (-(lane.waiting + lane.loaded), lane.warehouse.code, lane.carrier.code))


def _ready_by_lane(db: Session) -> dict[tuple[int, int], int]:
    """(warehouse, carrier) -> labelled parcels on no manifest."""
    rows = db.execute(
        sa.select(col(Shipment.warehouse_id), col(Waybill.carrier_id), sa.func.count())
        .join(Parcel, col(Parcel.shipment_id) == col(Shipment.id))
        .join(Waybill, (col(Waybill.parcel_id) == col(Parcel.id)) & (col(Waybill.state) != WaybillState.VOID))
        .where(col(Parcel.state) == ParcelState.LABELLED, col(Parcel.id).notin_(_on_board()))
        .group_by(col(Shipment.warehouse_id), col(Waybill.carrier_id))
    )
    return {(house, firm): int(n) for house, firm, n in rows}


def manifest_for(db: Session, manifest_id: int, *, lock: bool = False) -> Manifest:
    """The manifest, or Unknown; locked if asked."""
    manifest = db.get(Manifest, manifest_id, with_for_update=lock or None)
    if manifest is None:
        raise Unknown("shipping.unknown_manifest")
    return manifest


def lane_of(db: Session, manifest: Manifest) -> tuple[Warehouse, Carrier]:
    return db.get_one(Warehouse, manifest.warehouse_id), db.get_one(Carrier, manifest.carrier_id)


def open_manifest(db: Session, warehouse_id: int, carrier_id: int) -> Manifest | None:
    mine = (Manifest.warehouse_id == warehouse_id, Manifest.carrier_id == carrier_id)
    return db.exec(select(Manifest).where(*mine, Manifest.state == ManifestState.OPEN)).first()


def closed_manifests(db: Session, site: str, limit: int = 20) -> Sequence[tuple[Manifest, Carrier, Warehouse, int]]:
    """The lorries that left, newest first, with how many parcels they took."""
    parcels = (
        sa.select(sa.func.count())
        .where(col(ManifestParcel.manifest_id) == col(Manifest.id))
        .correlate(Manifest)
        .scalar_subquery()
    )
    query = (
        select(Manifest, Carrier, Warehouse, parcels)
        .join(Carrier, col(Carrier.id) == Manifest.carrier_id)
        .join(Warehouse, col(Warehouse.id) == Manifest.warehouse_id)
        .where(Manifest.state == ManifestState.CLOSED)
        .order_by(col(Manifest.closed_at).desc())
        .limit(limit)
    )
    return db.exec(query.where(Warehouse.code == site) if site else query).all()


def loaded_count(db: Session, manifest_id: int) -> int:
    query = select(func.count()).select_from(ManifestParcel).where(ManifestParcel.manifest_id == manifest_id)
    return db.exec(query).one()


@dataclass(frozen=True)
class Aboard:
    """A parcel on, or meant for, a lorry."""

    parcel: Parcel
    waybill: str
    order_number: str
    city: str


def loaded(db: Session, manifest_id: int) -> list[Aboard]:
    """What is on the lorry, newest first."""
    query = _aboard().join(ManifestParcel, col(ManifestParcel.parcel_id) == col(Parcel.id))
    query = query.where(col(ManifestParcel.manifest_id) == manifest_id)
    rows = db.execute(query.order_by(col(ManifestParcel.loaded_at).desc(), col(Parcel.id).desc()))
    return [Aboard(parcel, number or "", order, city or "") for parcel, number, order, city in rows]


def missing(db: Session, manifest: Manifest) -> list[Aboard]:
    """Labelled parcels of the same carrier and house that are on no lorry."""
    query = _aboard().where(
        col(Shipment.warehouse_id) == manifest.warehouse_id,
        col(Waybill.carrier_id) == manifest.carrier_id,
        col(Parcel.state) == ParcelState.LABELLED,
        col(Parcel.id).notin_(_on_board()),
    )
    rows = db.execute(query.order_by(col(Shipment.promised_at), col(Parcel.id)))
    return [Aboard(parcel, number or "", order, city or "") for parcel, number, order, city in rows]


def _aboard() -> Any:
    living = (col(Waybill.parcel_id) == col(Parcel.id)) & (col(Waybill.state) != WaybillState.VOID)
    return (
        sa.select(Parcel, col(Waybill.number), col(Order.number), col(Address.city))
        .join(Shipment, col(Shipment.id) == col(Parcel.shipment_id))
        .join(Order, col(Order.id) == col(Shipment.order_id))
        .outerjoin(Address, col(Address.order_id) == col(Order.id))
        .outerjoin(Waybill, living)
    )


def parcels_on(db: Session, manifest_id: int) -> Sequence[Parcel]:
    """The loaded parcels, locked in one order."""
    query = select(Parcel).join(ManifestParcel, col(ManifestParcel.parcel_id) == Parcel.id)
    return db.exec(
        query.where(ManifestParcel.manifest_id == manifest_id).order_by(col(Parcel.id)).with_for_update(of=Parcel)
    ).all()


def waybills_if_all_left(db: Session, shipment_id: int) -> list[str] | None:
    """The waybill numbers of a shipment whose every parcel has left; None while one is still here."""
    living = (col(Waybill.parcel_id) == Parcel.id) & (col(Waybill.state) != WaybillState.VOID)
    # Outer: a parcel that has no waybill yet is certainly still here.
    every = select(Parcel.state, Waybill.number).outerjoin(Waybill, living)
    mine = (Parcel.shipment_id == shipment_id, Parcel.state != ParcelState.VOID)
    rows = db.exec(every.where(*mine).order_by(col(Parcel.id))).all()
    if any(state is not ParcelState.SHIPPED for state, _number in rows):
        return None
    return [number or "" for _state, number in rows]


def shipments_to_slip(db: Session, run_id: int | None) -> list[tuple[int, str]]:
    """(shipment, its buyer's language) of one run, or of all runs for None; cancelled ones need no slip."""
    query = (
        select(Shipment.id, func.coalesce(Customer.lang, ""))
        .join(Order, col(Order.id) == Shipment.order_id)
        .outerjoin(Customer, col(Customer.id) == Order.customer_id)
        .where(Shipment.state != ShipmentState.CANCELLED)
        .order_by(col(Shipment.id))
    )
    if run_id is not None:
        query = query.where(Shipment.run_id == run_id)
    return [(shipment_id or 0, lang) for shipment_id, lang in db.exec(query)]


# --- checks ---------------------------------------------------------------


#: A parcel past the bench.
_LEFT = (ParcelState.LABELLED, ParcelState.SHIPPED)


def broken_waybills(db: Session) -> list[str]:
    """Check: a parcel has at most one living waybill, and none leaves the bench without an active one."""
    living = sa.func.count(col(Waybill.id))
    rows = db.execute(
        sa.select(
            col(Parcel.number), col(Parcel.state), living.label("living"), sa.func.max(col(Waybill.number)).label("no")
        )
        .outerjoin(Waybill, (col(Waybill.parcel_id) == col(Parcel.id)) & (col(Waybill.state) != WaybillState.VOID))
        .group_by(col(Parcel.number), col(Parcel.state))
        .having(sa.or_(living > 1, sa.and_(col(Parcel.state).in_(_LEFT), sa.func.max(col(Waybill.number)).is_(None))))
    )
    return [f"parcel {row.number} is {row.state} with {row.living} living waybills, number {row.no}" for row in rows]


def broken_manifests(db: Session) -> list[str]:
    """Check: a parcel has left exactly when the manifest it is on is closed."""
    rows = db.execute(
        sa.select(
            col(Parcel.number),
            col(Parcel.state),
            col(Manifest.number).label("manifest"),
            col(Manifest.state).label("stands"),
        )
        .outerjoin(ManifestParcel, col(ManifestParcel.parcel_id) == col(Parcel.id))
        .outerjoin(Manifest, col(Manifest.id) == col(ManifestParcel.manifest_id))
        .where(
            sa.or_(
                sa.and_(
                    col(Parcel.state) == ParcelState.SHIPPED,
                    sa.func.coalesce(col(Manifest.state), ManifestState.OPEN) != ManifestState.CLOSED,
                ),
                sa.and_(col(Parcel.state) != ParcelState.SHIPPED, col(Manifest.state) == ManifestState.CLOSED),
            )
        )
    )
    return [f"parcel {row.number} is {row.state}, but manifest {row.manifest} is {row.stands}" for row in rows]
