"""Parcels that need somebody: looked for by `look`, which the events and the timers call, and settled by people.

One is open per parcel at most. Whoever acts on one that nobody has, has it from then on; one that somebody has is that
person's until another takes it over, knowing from whom. Locks: the track, then its exception.
"""

from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from floor.events.service import Event, record
from floor.kit import clock
from floor.kit.actor import SYSTEM, Actor
from floor.kit.errors import Conflict, Invalid, Unknown
from floor.people.models import User
from floor.shipments.models import Shipment
from floor.tracking import codes, learned, letters, queries, rules
from floor.tracking.kinds import GRAVITY, Kind, Seen, Topic, Trouble, next_look, trouble
from floor.tracking.learned import Arrival
from floor.tracking.models import CarrierEvent, Track
from floor.tracking.models_exceptions import CarrierClaim, Closed, ParcelException
from floor.tracking.states import CLAIM, ENDED, ClaimAction, ClaimState, ExceptionState, TrackState

#: What ends an exception by a person; the machine's ends may be opened again by the same trouble.
_BY_PEOPLE = (Closed.HAND, Closed.RESENT, Closed.REFUND)
#: What a scan proves wrong.
_MISSING = (Kind.LOST, Kind.STUCK)


def look(db: Session, track: Track, shipment: Shipment) -> None:
    """Open, change or close the exception of a parcel by what is known now; say when to look again.

    The caller holds the track.
    """
    if shipment.shipped_at is None:
        return
    now, way = clock.now(), learned.way_of(db, shipment)
    last = queries.last_word(db, track.parcel_id)
    seen = _seen(track, last, shipment.shipped_at)
    limits = rules.limits(db, way, seen.state)
    found = None if track.given_up_at else trouble(seen, limits, now)
    current = open_of(db, track.parcel_id)
    if queries.turned_up(track, last):
        _turned_up(db, track.parcel_id)
    if current is not None and found is None:
        _close(db, current, _why_closed(seen, current), SYSTEM)
    elif current is not None and found is not None and current.kind != found.kind:
        _change(db, current, found)
    elif current is None and found is not None and not _is_settled(db, track.parcel_id, found):
        _open(db, track.parcel_id, found, now)
    looks = []
    if track.given_up_at is None:
        looks = [next_look(seen, limits, now), _tell_of_delay(db, track, now)]
    track.look_at = min((moment for moment in looks if moment), default=None)
    db.add(track)
    db.flush()


def _tell_of_delay(db: Session, track: Track, now: datetime) -> datetime | None:
    """Once what was told is over the customer hears it. When that will be, if it is to come."""
    if track.eta is None or track.state in ENDED:
        return None
    late_at = Arrival(track.eta, track.eta_from, track.eta_to).until
    if late_at <= now < late_at + letters.STALE:
        letters.tell(db, track.parcel_id, Topic.DELAYED, SYSTEM)
    return late_at if late_at > now else None


def _seen(track: Track, last: CarrierEvent | None, shipped_at: datetime) -> Seen:
    track.last_scan_at = last.happened_at if last else None
    told = codes.problem(last.code) if last and last.meaning == track.state else None
    return Seen(TrackState(track.state), track.changed_at, told, track.last_scan_at, shipped_at)


def _why_closed(seen: Seen, current: ParcelException) -> Closed:
    if seen.state == TrackState.RETURNED:
        return Closed.CAME_BACK
    return Closed.SCAN if max(seen.silent_since, seen.changed_at) > current.since else Closed.RULE


def _turned_up(db: Session, parcel_id: int) -> None:
    """A carrier has what was given up, after all: nothing is claimed for it any more."""
    row = of_parcel(db, parcel_id)
    asked = claim_of(db, row.id or 0, lock=True) if row and row.kind in _MISSING else None
    if row is not None and asked is not None and asked.state == ClaimState.ASKED:
        _settle_claim(db, row, asked, ClaimAction.WITHDRAW, None, SYSTEM)


def _is_settled(db: Session, parcel_id: int, found: Trouble) -> bool:
    """Did a person close this very trouble, or a graver one of the same silence?"""
    row = of_parcel(db, parcel_id)
    if row is None or row.closed_how not in _BY_PEOPLE:
        return False
    return row.since >= found.since and GRAVITY[Kind(row.kind)] >= GRAVITY[found.kind]


def _open(db: Session, parcel_id: int, found: Trouble, now: datetime) -> None:
    row = ParcelException(parcel_id=parcel_id, kind=found.kind, since=found.since, opened_at=now)
    db.add(row)
    db.flush()
    _tell(db, "opened", row, SYSTEM)


def _change(db: Session, row: ParcelException, found: Trouble) -> None:
    """Another trouble of the same parcel: whoever has it keeps it, and it is off nobody's board."""
    was, row.kind, row.since, row.snoozed_until = row.kind, found.kind, found.since, None
    _tell(db, "changed", row, SYSTEM, was=was)


def _close(db: Session, row: ParcelException, how: Closed, actor: Actor, **data: Any) -> None:
    row.state, row.closed_at, row.closed_how = ExceptionState.CLOSED, clock.now(), how
    asked = claim_of(db, row.id or 0, lock=True)
    if (
        asked is not None
        and asked.state == ClaimState.ASKED
        and how in (Closed.SCAN, Closed.CAME_BACK)
        and row.kind in _MISSING
    ):
        _settle_claim(db, row, asked, ClaimAction.WITHDRAW, None, actor)
    _tell(db, "closed", row, actor, how=how, **data)


def _tell(db: Session, what: str, row: ParcelException, actor: Actor, **data: Any) -> None:
    db.add(row)
    db.flush()
    order_id = queries.order_of_parcel(db, row.parcel_id)
    event = Event(f"tracking.exception.{what}", "parcel", row.parcel_id, order_id, {"kind": row.kind, **data})
    record(db, event, actor)


# --- reads -------------------------------------------------------------------------------------------------------


def open_of(db: Session, parcel_id: int) -> ParcelException | None:
    return db.exec(
        select(ParcelException)
        .where(ParcelException.parcel_id == parcel_id, ParcelException.state == ExceptionState.OPEN)
        .execution_options(populate_existing=True)
    ).first()


def claim_of(db: Session, exception_id: int, *, lock: bool = False) -> CarrierClaim | None:
    mine = select(CarrierClaim).where(CarrierClaim.exception_id == exception_id)
    return db.exec(mine.with_for_update(of=CarrierClaim) if lock else mine).first()


def held(db: Session, exception_id: int, actor: Actor) -> ParcelException:
    """An open exception to act on, with its track locked; it is the actor's from now on.

    Raises Unknown; Conflict when it is closed, or somebody else has it.
    """
    row = _locked(db, exception_id)
    if row.owner_id not in (None, actor.id):
        raise Conflict("tracking.someone_has_it", who=name_of(db, row.owner_id))
    if row.owner_id is None:
        row.owner_id = actor.id
        _tell(db, "taken", row, actor)
    return row


def _locked(db: Session, exception_id: int) -> ParcelException:
    row = row_of(db, exception_id)
    db.get_one(Track, row.parcel_id, with_for_update=True, populate_existing=True)
    db.refresh(row)
    if row.state == ExceptionState.CLOSED:
        raise Conflict("tracking.exception_closed")
    return row


def name_of(db: Session, user_id: int | None) -> str:
    user = db.get(User, user_id) if user_id else None
    return user.name if user else ""


# --- what people do ----------------------------------------------------------------------------------------------


def take(db: Session, exception_id: int, seen_owner: int | None, actor: Actor) -> ParcelException:
    """Take it, or take it over from whom the screen showed. Raises Conflict when it is another's by now."""
    row = _locked(db, exception_id)
    if row.owner_id not in (seen_owner, actor.id):
        raise Conflict("tracking.someone_has_it", who=name_of(db, row.owner_id))
    row.owner_id = actor.id
    _tell(db, "taken", row, actor)
    return row


def snooze(db: Session, exception_id: int, until: datetime, actor: Actor) -> ParcelException:
    """Off the board until then; it comes back by itself, or sooner when something else happens to it."""
    if until <= clock.now():
        raise Invalid("tracking.moment_past", field="until")
    row = held(db, exception_id, actor)
    row.snoozed_until = until
    _tell(db, "snoozed", row, actor, until=until.isoformat())
    return row


def write(db: Session, exception_id: int, text: str, command: str, actor: Actor) -> ParcelException:
    """Send the customer what was written."""
    row = held(db, exception_id, actor)
    letters.write(db, row.parcel_id, text, command, actor)
    _tell(db, "customer_written", row, actor)
    return row


def close(db: Session, exception_id: int, actor: Actor) -> ParcelException:
    """Settled otherwise. The same silence opens it again only when it becomes graver."""
    row = held(db, exception_id, actor)
    _close(db, row, Closed.HAND, actor)
    return row


def give_up(db: Session, row: ParcelException, how: Closed, actor: Actor, **data: Any) -> None:
    """The parcel is counted on no more: `how` says what the customer gets instead."""
    count_off(db, db.get_one(Track, row.parcel_id))
    _close(db, row, how, actor, **data)


def count_off(db: Session, track: Track) -> None:
    """Nobody looks for this parcel any more."""
    track.given_up_at, track.look_at = clock.now(), None
    db.add(track)
    db.flush()


def came_back(db: Session, parcel_id: int, actor: Actor) -> None:
    """The returns desk has it, whatever its carrier says: nobody looks for it, and nothing more is sent for it."""
    track = db.get(Track, parcel_id, with_for_update=True, populate_existing=True)
    row = open_of(db, parcel_id)
    if row is not None:
        give_up(db, row, Closed.CAME_BACK, actor)
    elif track is not None and track.delivered_at is None and track.given_up_at is None:
        count_off(db, track)


def refund(db: Session, exception_id: int, amount_fen: int, actor: Actor) -> ParcelException:
    """The customer is to get money back for it; whoever pays out hears the event. Raises Invalid for too much, Conflict
    as `held`."""
    inside = queries.contents(db, _locked(db, exception_id).parcel_id)
    worth = sum(part.paid_fen for part in inside)
    if amount_fen > worth:
        raise Invalid("tracking.refund_too_high", field="amount", most=worth)
    row = held(db, exception_id, actor)
    row.refund_fen = amount_fen
    lines = [[part.line.id, part.left] for part in inside if part.left]
    _tell(db, "refund_asked", row, actor, amount_fen=amount_fen, exception=row.id, lines=lines)
    give_up(db, row, Closed.REFUND, actor)
    return row


# --- the claim at the carrier ------------------------------------------------------------------------------------


def claim(db: Session, exception_id: int, amount_fen: int, reference: str, actor: Actor) -> CarrierClaim:
    """Ask the carrier for money. Raises Conflict when it was asked already."""
    row = held(db, exception_id, actor)
    if claim_of(db, exception_id) is not None:
        raise Conflict("tracking.claimed_already")
    made = CarrierClaim(exception_id=exception_id, amount_fen=amount_fen, reference=reference)
    db.add(made)
    db.flush()
    _tell(db, "claimed", row, actor, amount_fen=amount_fen)
    return made


def settle_claim(db: Session, claim_id: int, action: ClaimAction, paid_fen: int | None, actor: Actor) -> CarrierClaim:
    """What came of it. Raises Unknown; Conflict when somebody was faster; Invalid without a sum that was paid."""
    made = db.get(CarrierClaim, claim_id, with_for_update=True, populate_existing=True)
    if made is None:
        raise Unknown("tracking.unknown_claim")
    if action == ClaimAction.PAY and paid_fen is None:
        raise Invalid("tracking.no_sum", field="paid")
    _settle_claim(db, db.get_one(ParcelException, made.exception_id), made, action, paid_fen, actor)
    return made


def _settle_claim(
    db: Session, row: ParcelException, made: CarrierClaim, action: ClaimAction, paid_fen: int | None, actor: Actor
) -> None:
    made.state = CLAIM.after(made.state, action)
    made.settled_at = None if action == ClaimAction.ASK_AGAIN else clock.now()
    made.paid_fen = paid_fen if action == ClaimAction.PAY else None
    db.add(made)
    db.flush()
    _tell(db, "claim_settled", row, actor, state=made.state, paid_fen=made.paid_fen)


def row_of(db: Session, exception_id: int) -> ParcelException:
    """Raises Unknown."""
    row = db.get(ParcelException, exception_id)
    if row is None:
        raise Unknown("tracking.unknown_exception")
    return row


def exception_of_claim(db: Session, claim_id: int) -> ParcelException:
    """Raises Unknown."""
    made = db.get(CarrierClaim, claim_id)
    if made is None:
        raise Unknown("tracking.unknown_claim")
    return db.get_one(ParcelException, made.exception_id)


def of_parcel(db: Session, parcel_id: int) -> ParcelException | None:
    """The newest of a parcel: the open one, or how the last one ended."""
    mine = select(ParcelException).where(ParcelException.parcel_id == parcel_id)
    return db.exec(mine.order_by(col(ParcelException.id).desc()).limit(1)).first()
