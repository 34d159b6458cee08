"""After the last kill: is everything that was promised there, and once?"""

from collections import Counter, defaultdict
from collections.abc import Iterable

from sqlmodel import Session, col, func, select

from floor.events.models import AuditEvent
from floor.intake.models import InboxMessage, InboxState
from floor.inventory.models import LedgerRow, MoveReason
from floor.kit.uow import reading
from floor.orders.models import Order
from floor.packing.models import PackScan, Parcel, ParcelLine
from floor.returns.models import Refund
from floor.tracking.models import CarrierEvent
from tests.soak.phone import Book, Promise

#: Promise -> the event that proves it. Each acknowledged command wrote it once, and no other command wrote it.
EVENTS = {
    "asked": "allocation.run.asked",
    "published": "allocation.run.published",
    "passed": "audit.order.passed",
    "cart": "picking.walk.cart_bound",
    "bin_checked": "picking.walk.bin_checked",
    "put": "picking.walk.units_picked",
    "short": "picking.walk.short_reported",
    "undone": "picking.walk.step_undone",
    "finished": "picking.walk.finish",
    "opened": "packing.pack.opened",
    "boxed": "packing.parcel.boxed",
    "labelled": "packing.parcel.label",
    "lorry": "shipping.manifest.opened",
    "loaded": "shipping.parcel.loaded",
    "handed_over": "shipping.manifest.closed",
    "announced": "returns.case.requested",
    "decided": "returns.item.decided",
    "refunded": "returns.case.closed",
    "put_away": "returns.item.put_away",
}
#: A report writes one event per slot it leaves short, a put one per order: these count as one effect.
_SEVERAL = ("put", "short")


class Verdict:
    """What was lost and what happened twice, in words."""

    def __init__(self) -> None:
        self.lost: list[str] = []
        self.doubled: list[str] = []
        self.broken: list[str] = []

    def compare(self, what: str, promised: int, found: int) -> None:
        if found < promised:
            self.lost.append(f"{what}: promised {promised}, found {found}")
        elif found > promised:
            self.doubled.append(f"{what}: promised {promised}, found {found}")


def prove(book: Book, checked: str) -> Verdict:
    """`checked` is what `flask check` printed."""
    verdict = Verdict()
    by_kind: dict[str, list[Promise]] = defaultdict(list)
    for promise in book.promises:
        by_kind[promise.kind].append(promise)
    with reading() as db:
        for kind, event in EVENTS.items():
            _events(db, verdict, kind, event, by_kind[kind])
        _puts(db, verdict, by_kind["put"])
        _messages(db, verdict, by_kind["message"])
        _scans(db, verdict, by_kind["checked"])
        _boxes(db, verdict, by_kind["boxed"])
        _tracks(db, verdict, by_kind["tracked"])
        verdict.compare("refunds, fen", _sum(by_kind["refunded"]), db.exec(_total(Refund.amount_fen)).one())
        verdict.compare("refunds", len(by_kind["refunded"]), db.exec(select(func.count(col(Refund.id)))).one())
    verdict.broken += [f"flask check: {line}" for line in checked.splitlines() if not line.startswith("ok ")]
    return verdict


def _sum(promises: Iterable[Promise]) -> int:
    return sum(promise.amount for promise in promises)


def _total(column):
    return select(func.coalesce(func.sum(column), 0))


def _events(db: Session, verdict: Verdict, kind: str, event: str, promises: list[Promise]) -> None:
    found = Counter(db.exec(select(AuditEvent.command_id).where(AuditEvent.kind == event)))
    # "asked" is written by no one but the supervisor; system events carry no command.
    found.pop("", None)
    promised = {promise.command_id for promise in promises}
    verdict.lost += [f"{kind}: command {one} was acknowledged and left no {event}" for one in promised - found.keys()]
    verdict.doubled += [f"{kind}: command {one} was never acknowledged, but {event} is there"
                        for one in found.keys() - promised]  # fmt: skip
    if kind not in _SEVERAL:
        verdict.doubled += [f"{kind}: command {one} wrote {event} {n} times" for one, n in found.items() if n > 1]


def _puts(db: Session, verdict: Verdict, promises: list[Promise]) -> None:
    """Units put, command by command, and all of them against the ledger."""
    told = db.exec(select(AuditEvent).where(AuditEvent.kind == EVENTS["put"])).all()
    units: Counter[str] = Counter()
    for event in told:
        units[event.command_id] += event.data["qty"]
    for promise in promises:
        verdict.compare(f"units put by command {promise.command_id}", promise.amount, units[promise.command_id])
    picked = db.exec(_total(LedgerRow.qty).where(LedgerRow.reason == MoveReason.PICK)).one()
    verdict.compare("units picked in the ledger", _sum(promises), picked)


def _messages(db: Session, verdict: Verdict, promises: list[Promise]) -> None:
    rows = db.exec(
        select(InboxMessage.message_key, Order.number)
        .join(Order, col(Order.id) == InboxMessage.order_id)
        .where(InboxMessage.state == InboxState.APPLIED)
    ).all()
    found = Counter(f"{key} -> {number}" for key, number in rows)
    for promise in promises:
        verdict.compare(f"message {promise.command_id}", 1, found[f"{promise.command_id} -> {promise.key}"])
    verdict.compare("messages", len(promises), len(rows))
    orders = db.exec(select(func.count(col(Order.id)))).one()
    verdict.compare("orders", len({promise.key for promise in promises}), orders)


def _scans(db: Session, verdict: Verdict, promises: list[Promise]) -> None:
    """Units checked at the bench, pack by pack."""
    found = dict(db.exec(select(PackScan.pack_id, func.count(col(PackScan.id))).group_by(col(PackScan.pack_id))).all())
    promised = Counter(int(promise.key) for promise in promises)
    for pack in promised.keys() | found.keys():
        verdict.compare(f"units checked in pack {pack}", promised[pack], found.get(pack, 0))


def _boxes(db: Session, verdict: Verdict, promises: list[Promise]) -> None:
    verdict.compare("parcels", len(promises), db.exec(select(func.count(col(Parcel.id)))).one())
    verdict.compare("units in parcels", _sum(promises), db.exec(_total(ParcelLine.qty)).one())


def _tracks(db: Session, verdict: Verdict, promises: list[Promise]) -> None:
    found = Counter(
        f"{number} {code}" for number, code in db.exec(select(CarrierEvent.waybill_number, CarrierEvent.code))
    )
    for what in {promise.key for promise in promises} | found.keys():
        verdict.compare(f"carrier's event {what}", 1, found[what])
