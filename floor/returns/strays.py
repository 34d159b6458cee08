"""Parcels nobody announced and no code explains: kept with a number and pictures until their order is found."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from floor.events.service import Event, record
from floor.inventory.models import Warehouse
from floor.kit import clock, ids
from floor.kit.actor import Actor
from floor.kit.errors import Conflict, Unknown
from floor.returns.models import ReturnCase, StrayEnding, StrayParcel


def waiting(db: Session) -> Sequence[StrayParcel]:
    """Those whose order nobody found yet, oldest first."""
    return db.exec(select(StrayParcel).where(col(StrayParcel.ended_at).is_(None)).order_by(col(StrayParcel.id))).all()


def stray_for(db: Session, stray_id: int, *, lock: bool = False) -> StrayParcel:
    """The parcel, or Unknown; locked and fresh if asked."""
    stray = db.get(StrayParcel, stray_id, with_for_update=lock or None, populate_existing=lock)
    if stray is None:
        raise Unknown("returns.unknown_stray")
    return stray


def keep(db: Session, code: str, note: str, site: int | None, actor: Actor) -> StrayParcel:
    """It stands on the desk under a number of its own. `site` None: the house's first warehouse."""
    house = site or db.exec(select(Warehouse.id).order_by(col(Warehouse.id))).first()
    number = ids.public_token()[:20]  # unique until the id is known
    stray = StrayParcel(
        number=number, code=code.strip().upper()[:200], note=note, warehouse_id=house or 0, arrived_by=actor.id
    )
    db.add(stray)
    db.flush()
    stray.number = f"U-{stray.id:04d}"
    db.flush()
    record(db, Event("returns.stray.kept", "stray", stray.id or 0, data={"number": stray.number}), actor)
    return stray


def end(
    db: Session, stray_id: int, ending: StrayEnding, note: str, actor: Actor, case: ReturnCase | None = None
) -> StrayParcel:  # fmt: skip
    """It has an order now, or leaves the desk. Raises Conflict when somebody was faster."""
    stray = stray_for(db, stray_id, lock=True)
    if stray.ended_at is not None:
        raise Conflict("returns.stray_ended")
    stray.ending, stray.ended_at, stray.case_id = ending, clock.now(), case.id if case else None
    stray.note = note or stray.note
    db.add(stray)
    db.flush()
    order_id = case.order_id if case else None
    data = {"number": stray.number, "ending": ending, "case": stray.case_id}
    record(db, Event("returns.stray.ended", "stray", stray_id, order_id, data), actor)
    return stray
