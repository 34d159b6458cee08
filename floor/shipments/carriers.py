"""Who carries for us, and how we reach them."""

from dataclasses import dataclass

from sqlmodel import Session, select

from floor.events.service import Event, record
from floor.kit import ids
from floor.kit.actor import Actor
from floor.kit.errors import Conflict
from floor.shipments.models import Carrier


@dataclass(frozen=True)
class CarrierTerms:
    """What the settings screen says of a carrier; see the columns of Carrier."""

    name: str
    name_en: str = ""
    adapter: str = "manual"
    outside_code: str = ""
    fallback_minutes: int | None = None
    is_active: bool = True


def keep(db: Session, code: str, terms: CarrierTerms, actor: Actor, *, is_new: bool) -> Carrier:
    """Make or change a carrier; a new one gets the secret of its webhooks. Raises Conflict for a code in use."""
    carrier = db.exec(select(Carrier).where(Carrier.code == code).with_for_update()).first()
    if is_new and carrier is not None:
        raise Conflict("shipments.carrier_taken", field="code")
    carrier = carrier or Carrier(code=code, name=terms.name, secret=ids.public_token())
    for name, value in vars(terms).items():
        setattr(carrier, name, value)
    db.add(carrier)
    db.flush()
    data = {"code": code, "adapter": terms.adapter, "active": terms.is_active, "fallback": terms.fallback_minutes}
    record(db, Event("shipments.carrier.changed", "carrier", carrier.id or 0, data=data), actor)
    return carrier
