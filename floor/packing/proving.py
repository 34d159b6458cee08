"""What `flask check` proves of the benches."""

import sqlalchemy as sa
from sqlmodel import Session, col

from floor.inventory.models import Balance
from floor.packing.models import Pack, Parcel, ParcelLine
from floor.packing.states import PackState, ParcelState
from floor.shipments.models import ShipmentLine


def broken_parcels(db: Session) -> list[str]:
    """Check: what parcels hold is what their shipment lines call packed, and shipped once they left."""
    gone = col(Parcel.state) == ParcelState.SHIPPED
    held = (
        sa.select(
            col(ParcelLine.shipment_line_id).label("line"),
            sa.func.sum(sa.case((gone, 0), else_=col(ParcelLine.qty))).label("packed"),
            sa.func.sum(sa.case((gone, col(ParcelLine.qty)), else_=0)).label("shipped"),
        )
        .join(Parcel, col(Parcel.id) == col(ParcelLine.parcel_id))
        .group_by(col(ParcelLine.shipment_line_id))
        .subquery()
    )
    packed, shipped = sa.func.coalesce(held.c.packed, 0), sa.func.coalesce(held.c.shipped, 0)
    line = ShipmentLine
    off = (
        sa.select(col(line.id), col(line.packed), col(line.shipped), packed.label("inside"), shipped.label("left"))
        .outerjoin(held, held.c.line == col(line.id))
        .where(sa.or_(col(line.packed) != packed, col(line.shipped) != shipped))
    )
    wrong = [
        f"shipment_line {row.id}: {row.packed} packed + {row.shipped} shipped, but its parcels hold {row.inside}"
        f" and {row.left} left in them"
        for row in db.execute(off)
    ]
    return wrong + _broken_contents(db)


def _broken_contents(db: Session) -> list[str]:
    """The stock booked into a parcel is its list, and nothing once it left."""
    listed = sa.select(
        col(ParcelLine.parcel_id).label("place"),
        col(ParcelLine.sku_id).label("sku"),
        sa.case((col(Parcel.state) == ParcelState.SHIPPED, 0), else_=col(ParcelLine.qty)).label("qty"),
    ).join(Parcel, col(Parcel.id) == col(ParcelLine.parcel_id))
    lying = sa.select(col(Balance.place_id), col(Balance.sku_id), -col(Balance.qty)).join(
        Parcel, col(Parcel.id) == col(Balance.place_id)
    )
    every = sa.union_all(listed, lying).subquery()
    off = (
        sa.select(every.c.place, every.c.sku, sa.func.sum(every.c.qty).label("off"))
        .group_by(every.c.place, every.c.sku)
        .having(sa.func.sum(every.c.qty) != 0)
    )
    return [
        f"parcel {row.place} sku {row.sku}: its list says {row.off:+d} more than lies in it" for row in db.execute(off)
    ]


def broken_heaps(db: Session) -> list[str]:
    """Check: goods lie on a bench's heap, and a parcel stands open, only while its pack is worked on."""
    live = (PackState.OPEN, PackState.VERIFIED)
    heaps = (
        sa.select(col(Pack.id), col(Balance.sku_id), col(Balance.qty))
        .join(Balance, col(Balance.place_id) == col(Pack.heap_id))
        .where(col(Balance.qty) != 0, col(Pack.state).notin_(live))
    )
    opened = (
        sa.select(col(Parcel.number), col(Pack.id))
        .join(Pack, col(Pack.id) == col(Parcel.pack_id))
        .where(col(Parcel.state) == ParcelState.OPENED, col(Pack.state).notin_(live))
    )
    return [f"pack {row.id}: {row.qty} of sku {row.sku_id} left on its heap" for row in db.execute(heaps)] + [
        f"parcel {row.number} stands open, but pack {row.id} is over" for row in db.execute(opened)
    ]
