"""What every worker does by the clock. Each reads first and writes in short turns, so that scans need not wait for it;
done twice, or by two workers at once, it does no harm."""

from sqlmodel import col, select

from floor.inventory import facing, feeds, lots, purchasing, refilling, service
from floor.inventory.models import Reservation
from floor.kit import clock
from floor.kit.actor import SYSTEM
from floor.kit.uow import reading, unit_of_work


def expire_lots() -> int:
    """Lots that are too old to sell go on hold. Returns how many."""
    with reading() as db:
        if not lots.too_old(db):
            return 0
    with unit_of_work() as db:
        return len(lots.expire(db, SYSTEM))


def give_back_expired() -> int:
    """What was put aside until now goes back to everybody. Returns how many promises ended."""
    with reading() as db:
        pending = Reservation.qty > col(Reservation.posted) + col(Reservation.released)
        over = select(Reservation.id).where(col(Reservation.expires_at) <= clock.now(), pending)
        if db.exec(over.limit(1)).first() is None:
            return 0
    with unit_of_work() as db:
        return service.give_back_expired(db, SYSTEM)


def tell_channels() -> int:
    """Compare what channels may sell with what they were told; write and record what differs. Returns how much did."""
    with reading() as db:
        wanted = {feed.id or 0: feeds.changes(db, feed) for feed in feeds.feeds(db) if feed.is_active and feed.url}
    told = 0
    for feed_id, changed in wanted.items():
        skus = sorted(changed)
        for part in (skus[n : n + feeds.MOST] for n in range(0, len(skus), feeds.MOST)):
            with unit_of_work() as db:
                told += feeds.tell(db, feed_id, part, SYSTEM)
    return told


def look_at_faces() -> int:
    """Ask for what pick faces below their minimum lack. Returns how many tasks were made."""
    with reading() as db:
        low = [face for face in facing.low_faces(db) if refilling.can_fill(db, *face)]
    made = 0
    for bin_id, sku_id in low:
        with unit_of_work() as db:
            made += len(refilling.fill_face(db, bin_id, sku_id, SYSTEM))
    return made


def look_at_reorder_points() -> int:
    """Ask purchasing for what runs low. Returns how many requests were made."""
    with reading() as db:
        wanted = purchasing.to_ask(db)
    if not wanted:
        return 0
    with unit_of_work() as db:
        return purchasing.ask(db, wanted, SYSTEM)
