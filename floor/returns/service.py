"""Verbs of returns: announce, receive, inspect, decide, pay back, put away.

Money and quantities of an order are settled under the lock of its row: whoever comes second sees what the first did.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from sqlmodel import Session, func, select

from floor.catalog.models import Sku
from floor.events.service import Event, record
from floor.inventory import queries as inventory_queries
from floor.inventory import service as inventory
from floor.inventory.models import Bin, BinKind, MoveReason, PlaceKind
from floor.inventory.service import Move
from floor.kit import clock, ids
from floor.kit.actor import Actor
from floor.kit.errors import Conflict, Invalid, Unknown
from floor.people.models import User
from floor.returns import cases, exchanging, finding, money, queries, repairing, ruleset
from floor.returns.cases import advance
from floor.returns.models import (
    CHOICES,
    MOST_PHOTOS,
    CaseKind,
    Disposition,
    Grade,
    RefundWhy,
    ReturnCase,
    ReturnItem,
    ReturnPhoto,
    ReturnReason,
)
from floor.returns.rules import Timing
from floor.returns.states import CaseAction, CaseState
from floor.tracking import exceptions
from floor.tracking.queries import contents

#: How long a decision may be taken back.
UNDO_WITHIN = timedelta(seconds=30)


def request(
    db: Session,
    order_id: int,
    wants: Mapping[int, int],
    reason: ReturnReason,
    note: str,
    waybill: str,
    actor: Actor,
    *,
    kind: CaseKind = CaseKind.REFUND,
    instead: Mapping[int, int] | None = None,
) -> ReturnCase:
    """Announce a return: order_line_id -> units; `instead`: order_line_id -> SKU wanted in exchange, the same again by
    default. An exchange whose reason allows it is sent at once.

    Raises Invalid when nothing or more than is out was chosen, or what is no variant of the article.
    """
    cases.lock_order(db, order_id)
    open_lines = {one.line.id: one for one in queries.returnable(db, order_id)}
    chosen = {line_id: qty for line_id, qty in sorted(wants.items()) if qty}
    if not chosen:
        raise Invalid("returns.nothing_chosen")
    for line_id, qty in chosen.items():
        left = open_lines[line_id].left if line_id in open_lines else 0
        if not 0 < qty <= left:
            raise Invalid("returns.too_many", field=f"qty_{line_id}", left=left)
    other = {}
    if kind is CaseKind.EXCHANGE:
        other = {line_id: _wanted(db, open_lines[line_id].sku, (instead or {}).get(line_id)) for line_id in chosen}
    case = ReturnCase(
        number=ids.public_token()[:20],  # unique until the id is known
        order_id=order_id,
        warehouse_id=queries.home_of(db, chosen),
        kind=kind,
        reason=reason,
        note=note,
        waybill_number=waybill.upper(),
    )
    db.add(case)
    db.flush()
    assert case.id is not None
    case.number = f"R-{case.id:04d}"
    for position, (line_id, qty) in enumerate(chosen.items(), start=1):
        sku_id = open_lines[line_id].line.sku_id
        db.add(
            ReturnItem(
                case_id=case.id, position=position, order_line_id=line_id, sku_id=sku_id, qty=qty,
                wants_sku_id=other.get(line_id),
            )
        )  # fmt: skip
    db.flush()
    data = {"kind": kind, "reason": reason, "units": sum(chosen.values())}
    record(db, Event("returns.case.requested", "return", case.id, order_id, data), actor)
    if kind is CaseKind.EXCHANGE and exchanging.goes_at_once(db, case):
        exchanging.send(db, case, actor)
    return case


def _wanted(db: Session, sku: Sku, wanted: int | None) -> int:
    if wanted not in (None, *(other.id for other in queries.variants(db, sku))):
        raise Invalid("returns.no_variant")
    return wanted or sku.id or 0


def arrive(db: Session, case_id: int, site: int | None, actor: Actor) -> ReturnCase:
    """The parcel is on our desk: its announced units stand on the returns shelf of this site from now on.

    `site` is the warehouse of the clerk; None keeps the one the goods came from.
    """
    case = cases.locked(db, case_id)
    if site is not None:
        case.warehouse_id = site
    advance(db, case, CaseAction.ARRIVE, actor)
    shelf = queries.bin_of_kind(db, case.warehouse_id, BinKind.RETURNS).id
    outside = inventory.beyond(db, PlaceKind.CUSTOMER, case.warehouse_id)
    units = [Move(i.sku_id, i.qty, outside, shelf, MoveReason.RETURN) for i in cases.items(db, case_id)]
    inventory.move(db, units, "return", case_id, actor)
    if case.kind is CaseKind.REPAIR:
        repairing.begin(db, case)
    elif case.kind is CaseKind.EXCHANGE and exchanging.timing(db, case) is not Timing.INSPECTED:
        exchanging.send(db, case, actor)
    return case


def unclaimed(db: Session, parcel_id: int) -> tuple[int, dict[int, int]]:
    """(order, now locked; order line -> units) of what a parcel carried and no return holds yet."""
    order_id, inside = finding.inside(db, parcel_id)
    cases.lock_order(db, order_id)
    left = {one.line.id: one.left for one in queries.returnable(db, order_id)}
    return order_id, {line_id: min(qty, left.get(line_id, 0)) for line_id, qty in inside.items()}


def take_home(db: Session, parcel_id: int, site: int | None, actor: Actor) -> ReturnCase:
    """A parcel nobody took is back: a return of everything in it that no return holds yet, here already.

    What went out again in its place brings no money. Raises Conflict when nothing of it is left to return.
    """
    exceptions.came_back(db, parcel_id, actor)
    order_id, wants = unclaimed(db, parcel_id)
    if not any(wants.values()):
        raise Conflict("returns.all_back")
    waybill = finding.waybill_on(db, parcel_id)
    case = request(db, order_id, wants, ReturnReason.REFUSED, "", waybill, actor)
    _owe_nothing(db, case, {part.line.id or 0: part.qty - part.left for part in contents(db, parcel_id)})
    return arrive(db, case.id or 0, site, actor)


def _owe_nothing(db: Session, case: ReturnCase, again: Mapping[int, int]) -> None:
    """Settle these units of a case (order line -> units) at no money: the customer gets them another time."""
    found = cases.items(db, case.id or 0)
    for item in found:
        free = min(item.qty, again.get(item.order_line_id, 0))
        if 0 < free < item.qty:
            rest = ReturnItem(
                case_id=item.case_id, position=len(found) + item.position, order_line_id=item.order_line_id,
                sku_id=item.sku_id, qty=item.qty - free,
            )  # fmt: skip
            item.qty = free
            db.add(rest)
        if free:
            item.settled_at = clock.now()
            db.add(item)
    db.flush()


def cancel(db: Session, case_id: int, actor: Actor) -> None:
    """The goods will not come after all. Raises Conflict when money or other goods are on their way for them."""
    case = cases.locked(db, case_id)
    if any(item.settled_at is not None for item in cases.items(db, case_id)):
        raise Conflict("returns.settled_already")
    advance(db, case, CaseAction.CANCEL, actor)


# --- one item at the desk ----------------------------------------------------------------------------------------


def matched(db: Session, case_id: int, position: int, sku_id: int) -> ReturnItem:
    """The goods in hand were scanned. Raises Invalid unless they are what this line sold."""
    _case, item = cases.open_item(db, case_id, position)
    if item.sku_id != sku_id:
        raise Invalid("returns.not_this_item")
    item.scanned_at = item.scanned_at or clock.now()
    db.add(item)
    db.flush()
    return item


def split(db: Session, case_id: int, position: int, actor: Actor) -> ReturnItem:
    """One unit differs from the others: keep one here, the rest becomes an item of its own. Returns the rest."""
    case, item = cases.open_item(db, case_id, position)
    if item.qty < 2:
        raise Invalid("returns.nothing_to_split")
    last = db.exec(select(func.max(ReturnItem.position)).where(ReturnItem.case_id == case_id)).one()
    rest = ReturnItem(
        case_id=case_id, position=last + 1, order_line_id=item.order_line_id, sku_id=item.sku_id, qty=item.qty - 1,
        wants_sku_id=item.wants_sku_id, settled_at=item.settled_at,
    )  # fmt: skip
    if item.settled_at is not None:  # one unit keeps its share and the freight
        mine = (item.refund_fen - item.freight_fen) // item.qty + item.freight_fen
        rest.refund_fen, item.refund_fen = item.refund_fen - mine, mine
        mine = item.credit_fen // item.qty
        rest.credit_fen, item.credit_fen = item.credit_fen - mine, mine
    item.qty = 1
    db.add_all([item, rest])
    db.flush()
    data = {"position": position, "rest": rest.position}
    record(db, Event("returns.item.split", "return", case_id, case.order_id, data), actor)
    return rest


def missing(db: Session, case_id: int, position: int, actor: Actor) -> None:
    """Announced but not in the parcel: the units are still with the customer, and bring no money.

    What was paid or sent for already stays in the case as never come.
    """
    case, item = cases.open_item(db, case_id, position)
    shelf = queries.bin_of_kind(db, case.warehouse_id, BinKind.RETURNS).id
    outside = inventory.beyond(db, PlaceKind.CUSTOMER, case.warehouse_id)
    inventory.move(db, [Move(item.sku_id, item.qty, shelf, outside, MoveReason.CORRECTION)], "return", case_id, actor)
    if item.settled_at is None:
        db.delete(item)
    else:
        cases.never_came(db, case, item, actor)
    db.flush()
    data = {"position": position, "units": item.qty}
    record(db, Event("returns.item.missing", "return", case_id, case.order_id, data), actor)


@dataclass(frozen=True)
class Decision:
    """What the clerk found. `disposition` None follows the rule; `photos` are checked JPEGs."""

    grade: Grade
    checks: Mapping[str, bool] = field(default_factory=dict)
    disposition: Disposition | None = None
    override_reason: str = ""
    photos: Sequence[bytes] = ()


def decide(
    db: Session, case_id: int, position: int, found: Decision, second: User | None, limit_fen: int, actor: Actor
) -> ReturnItem:
    """Settle one item: what becomes of it and what goes back for it.

    Raises Conflict when a colleague was faster; Invalid when the goods were not scanned, when an override has no
    reason, and when a refund above `limit_fen` has no second person.
    """
    case, item = cases.open_item(db, case_id, position)
    if item.scanned_at is None:
        raise Invalid("returns.not_scanned")
    if case.kind is CaseKind.REPAIR:
        raise Conflict("returns.in_repair")
    rule = ruleset.now(db).suggest(found.grade, case.reason, found.checks)
    disposition = found.disposition or rule.disposition
    if disposition not in CHOICES:
        raise Invalid("returns.no_choice", field="disposition")
    if disposition != rule.disposition and not found.override_reason:
        raise Invalid("returns.reason_needed", field="override_reason")
    owed = money.quote(db, case, item)
    if owed.total_fen > limit_fen and item.settled_at is None:
        cases.second_person(second, actor)
    add_photos(db, found.photos, actor, item_id=item.id)
    item.checks, item.grade = dict(found.checks), found.grade
    item.suggested, item.disposition = rule.disposition, disposition
    item.override_reason = found.override_reason if disposition != rule.disposition else ""
    item.refund_fen, item.freight_fen = owed.total_fen, owed.freight_fen
    item.inspected_at, item.inspected_by = clock.now(), actor.id
    db.add(item)
    db.flush()
    data = {
        "position": position, "grade": found.grade, "suggested": rule.disposition, "disposition": disposition,
        "refund_fen": item.refund_fen, "second": second.id if second else None,
    }  # fmt: skip
    record(db, Event("returns.item.decided", "return", case_id, case.order_id, data), actor)
    return item


def add_photos(
    db: Session, photos: Sequence[bytes], actor: Actor, *, item_id: int | None = None, stray_id: int | None = None
) -> None:  # fmt: skip
    """Keep checked JPEGs (forms.checked_photo) of an item or a parcel. Raises Invalid above MOST_PHOTOS."""
    if len(queries.photos_of(db, item_id=item_id, stray_id=stray_id)) + len(photos) > MOST_PHOTOS:
        raise Invalid("returns.too_many_photos", field="photo", most=MOST_PHOTOS)
    db.add_all(ReturnPhoto(item_id=item_id, stray_id=stray_id, jpeg=jpeg, taken_by=actor.id) for jpeg in photos)
    db.flush()


def take_back(db: Session, case_id: int, position: int, actor: Actor) -> None:
    """Undo a decision of the last 30 seconds, while the case is open."""
    case, item = cases.locked_item(db, case_id, position)
    recent = item.inspected_at is not None and clock.now() - item.inspected_at <= UNDO_WITHIN
    if case.state != CaseState.ARRIVED or not recent or item.disposition == Disposition.NEVER_CAME:
        raise Conflict("returns.too_late")
    item.grade = item.suggested = item.disposition = item.inspected_at = item.inspected_by = None
    item.override_reason = ""
    if item.settled_at is None:
        item.refund_fen = item.freight_fen = 0
    db.add(item)
    db.flush()
    record(db, Event("returns.item.taken_back", "return", case_id, case.order_id, {"position": position}), actor)


def close(db: Session, case_id: int, actor: Actor) -> int:
    """Every item is decided: record what is still to pay back, and send the goods where they were decided to go.

    An exchange that waited for the inspection is sent now. Restocked goods stay on the returns shelf until somebody
    puts them away. Returns what is paid with it, fen.
    """
    case = cases.locked(db, case_id)
    if case.kind is CaseKind.REPAIR:
        raise Conflict("returns.in_repair")
    found = cases.items(db, case_id)
    if case.state == CaseState.ARRIVED and any(item.inspected_at is None for item in found):
        raise Invalid("returns.not_all_inspected")
    advance(db, case, CaseAction.CLOSE, actor, refund_fen=sum(item.refund_fen for item in found))
    if case.kind is CaseKind.EXCHANGE and found:
        exchanging.send(db, case, actor)
    paid = money.pay_rest(db, case, found, RefundWhy.INSPECTED, actor)
    _send_on(db, case, found, actor)
    return paid


def _send_on(db: Session, case: ReturnCase, found: Sequence[ReturnItem], actor: Actor) -> None:
    house = case.warehouse_id
    shelf = queries.bin_of_kind(db, house, BinKind.RETURNS).id
    moves = []
    for item in found:
        match item.disposition:
            case Disposition.SECOND_CHOICE:
                target, why = queries.bin_of_kind(db, house, BinKind.QUARANTINE).id, MoveReason.PUT_AWAY
            case Disposition.SCRAP:
                target, why = inventory.beyond(db, PlaceKind.SCRAP, house), MoveReason.DAMAGE
            case Disposition.SUPPLIER:
                target, why = inventory.beyond(db, PlaceKind.SUPPLIER, house), MoveReason.RETURN
            case _:
                continue
        moves.append(Move(item.sku_id, item.qty, shelf, target, why))
    inventory.move(db, moves, "return", case.id or 0, actor)


# --- back to the shelf ------------------------------------------------------------------------------------------


def rework(db: Session, item_id: int, is_good: bool, actor: Actor) -> ReturnItem:
    """An item of a closed case is as good as new and waits to be put away; or it is not, and goes to second choice.

    Raises Conflict when a colleague was faster, or the case is still on the desk.
    """
    item, case = _locked_item(db, item_id)
    is_waiting = case.state == CaseState.CLOSED and item.disposition == Disposition.REWORK and item.reworked_at is None
    if not is_waiting:
        raise Conflict("returns.reworked_already")
    if is_good:
        item.reworked_at = clock.now()
    else:
        item.disposition = Disposition.SECOND_CHOICE
        _send_on(db, case, [item], actor)
    db.add(item)
    db.flush()
    data = {"position": item.position, "good": is_good}
    record(db, Event("returns.item.reworked", "return", item.case_id, case.order_id, data), actor)
    return item


def _locked_item(db: Session, item_id: int) -> tuple[ReturnItem, ReturnCase]:
    """An item, locked, and its case."""
    wanted = select(ReturnItem).where(ReturnItem.id == item_id).with_for_update()
    item = db.exec(wanted.execution_options(populate_existing=True)).first()
    if item is None:
        raise Unknown("returns.unknown")
    return item, queries.case_for(db, item.case_id)


def put_away(db: Session, item_id: int, bin_code: str, actor: Actor) -> Bin:
    """Bring an item that is good again from the returns shelf to a pick face of its warehouse.

    Raises Conflict when a colleague already did, Invalid for a code that is no open pick face here.
    """
    item, case = _locked_item(db, item_id)
    is_good = item.disposition == Disposition.RESTOCK or item.reworked_at is not None
    if case.state != CaseState.CLOSED or not is_good or item.put_away_at is not None:
        raise Conflict("returns.put_away_already")
    target = inventory_queries.bin_by_code(db, case.warehouse_id, bin_code.strip().upper())
    if target is None or target.kind != BinKind.PICK or target.is_closed:
        raise Invalid("returns.no_pick_face", scanned=bin_code.strip()[:20])
    shelf = queries.bin_of_kind(db, case.warehouse_id, BinKind.RETURNS).id
    step = Move(item.sku_id, item.qty, shelf, target.id, MoveReason.PUT_AWAY)
    inventory.move(db, [step], "return", item.case_id, actor)
    item.put_away_at = clock.now()
    db.add(item)
    db.flush()
    data = {"position": item.position, "bin": target.code, "units": item.qty}
    record(db, Event("returns.item.put_away", "return", item.case_id, case.order_id, data), actor)
    return target
