"""Deeds: single stock verbs, each with everything it needs and what it will have changed if it is accepted.

They come in by the door every user action has: POST, `@command`, one unit of work. So a deed sent again under its
command id is answered from the store, and a refused one says so with 409 and the sentence people read.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, Flask, Response, jsonify, make_response, request
from flask.testing import FlaskClient
from sqlmodel import Session, select

from floor.catalog.models import Sku
from floor.events.models import AuditEvent
from floor.inventory import count_review, counting, lots, refilling, service, tasks
from floor.inventory.count_review import Why
from floor.inventory.lots import Held
from floor.inventory.models import Balance, Bin, CountReason, Lot, MoveReason, Reservation
from floor.inventory.service import Move, Wish
from floor.kit import clock, ids
from floor.kit.actor import Actor
from floor.web.commands import command

HAND = Actor("device", None, "soak")
#: The subject of ledger rows that carry a deed's number.
SUBJECT = "soak"
URL = "/soak/deeds"

#: Kinds whose ledger rows carry the deed's number.
NUMBERED = ("move", "take", "put_back", "short")

#: SKU, units, from where, to where.
Step = tuple[int, int, int, int]
#: Bin, SKU, units promised (more) or no longer promised (less).
Promise = tuple[int, int, int]


@dataclass(frozen=True)
class Deed:
    """`moves` are what the ledger will say and `promises` what bins will have promised, if it is accepted."""

    n: int
    command_id: str
    kind: str
    moves: tuple[Step, ...] = ()
    promises: tuple[Promise, ...] = ()
    #: What else the verb must know: a reservation's id, a reason, codes to scan.
    args: dict[str, Any] = field(default_factory=dict)

    @property
    def units(self) -> int:
        """Units it moves, or else promises or gives back."""
        return sum(qty for _sku, qty, _from, _to in self.moves) or sum(abs(qty) for _bin, _sku, qty in self.promises)

    def as_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Deed":
        return cls(**json.loads(text)).with_rows(json.loads(text))

    def with_rows(self, found: dict[str, Any]) -> "Deed":
        """The same with moves and promises read from JSON."""
        rows = {name: tuple(tuple(row) for row in found[name]) for name in ("moves", "promises")}
        return replace(self, **rows)


# --- how each is done -----------------------------------------------------------------------------------------------


def _move(db: Session, deed: Deed) -> None:
    reason = MoveReason(deed.args["reason"])
    steps = [Move(sku, qty, here, there, reason) for sku, qty, here, there in deed.moves]
    service.move(db, steps, SUBJECT, deed.n, HAND)


def _receive(db: Session, deed: Deed) -> None:
    ((sku, qty, _supplier, where),) = deed.moves
    lot_id = None
    if code := deed.args.get("lot"):
        expires = deed.args.get("expires")
        day = date.fromisoformat(expires) if expires else None
        lot_id = lots.lot_for(db, db.get_one(Sku, sku), code, day).id
    service.receive(db, db.get_one(Bin, where), sku, qty, HAND, lot_id=lot_id)


def _reserve(db: Session, deed: Deed) -> None:
    service.reserve(db, [Wish(where, sku, qty, deed.n) for where, sku, qty in deed.promises])


def _take(db: Session, deed: Deed) -> None:
    ((_sku, qty, _bin, tote),) = deed.moves
    service.take(db, _reservation(db, deed), qty, tote, SUBJECT, deed.n, HAND)


def _put_back(db: Session, deed: Deed) -> None:
    ((_sku, qty, tote, _bin),) = deed.moves
    service.put_back(db, _reservation(db, deed), qty, tote, SUBJECT, deed.n, HAND)


def _release(db: Session, deed: Deed) -> None:
    ((_bin, _sku, qty),) = deed.promises
    service.release(db, _reservation(db, deed), -qty)


def _promise_again(db: Session, deed: Deed) -> None:
    ((_bin, _sku, qty),) = deed.promises
    service.promise_again(db, _reservation(db, deed), qty)


def _short(db: Session, deed: Deed) -> None:
    """Promised units are not there: the promise ends, and they are lost."""
    ((sku, qty, here, lost),) = deed.moves
    service.hold_still(db, [(here, sku)])
    service.release(db, _reservation(db, deed), qty)
    service.move(db, [Move(sku, qty, here, lost, MoveReason.SHORT)], SUBJECT, deed.n, HAND)


def _count(db: Session, deed: Deed) -> None:
    """Counted twice with the same difference, and adjusted by a supervisor."""
    ((sku, _qty, _from, _to),) = deed.moves
    who = Actor("user", deed.args["who"], "soak")
    where = db.get_one(Bin, deed.args["bin"])
    service.hold_still(db, [(where.id, sku)])
    here = (Balance.place_id == where.id, Balance.sku_id == sku)
    books = db.exec(select(Balance.qty).where(*here)).first() or 0
    task = counting.ask_count(db, where, sku, CountReason.ASKED, who)
    for _time in range(2):
        for code in deed.args["codes"]:
            counting.scan(db, task, code, who)
        counting.count(db, task, max(books + deed.args["gap"], 0), who)
    count_review.adjust(db, task, Why.UNKNOWN, HAND)


def _ask_refill(db: Session, deed: Deed) -> None:
    refilling.ask_replenishment(db, deed.args["house"], deed.args["sku"], deed.args["qty"], HAND)


def _refill(db: Session, deed: Deed) -> Deed:
    """Bin, goods, bin; the task may have grown meanwhile."""
    task = tasks.refill_for(db, deed.args["task"], lock=True)
    for code in deed.args["codes"]:
        assert refilling.scan_refill(db, task, code, HAND), f"not what is due: {code}"
    return replace(deed, moves=((task.sku_id, task.taken or 0, task.from_bin_id, task.to_bin_id),))


def _relocate(db: Session, deed: Deed) -> None:
    ((sku, qty, here, there),) = deed.moves
    service.relocate(db, db.get_one(Bin, here), db.get_one(Bin, there), sku, qty, HAND)


def _damage(db: Session, deed: Deed) -> None:
    ((sku, qty, here, _quarantine),) = deed.moves
    service.damage(db, db.get_one(Bin, here), sku, qty, HAND)


def _adjust(db: Session, deed: Deed) -> None:
    ((sku, qty, here, there),) = deed.moves
    reason = MoveReason(deed.args["reason"])
    where, change = (there, qty) if reason is MoveReason.FOUND else (here, -qty)
    service.adjust(db, db.get_one(Bin, where), sku, change, reason, "soak", HAND)


def _put_aside(db: Session, deed: Deed) -> None:
    ((where, sku, qty),) = deed.promises
    until = clock.now() + timedelta(seconds=deed.args["seconds"])
    service.put_aside(db, db.get_one(Bin, where), sku, qty, until, "soak", HAND)


def _give_back(db: Session, deed: Deed) -> Deed:
    """Before its time; how many units are left of it is seen now."""
    promise = db.get_one(Reservation, deed.args["reservation"])
    given = service.give_back(db, promise, HAND)
    return replace(deed, promises=((promise.bin_id, promise.sku_id, -given),))


def _give_back_expired(db: Session, deed: Deed) -> Deed:
    """Which ones, the events of this very command tell."""
    service.give_back_expired(db, HAND)
    mine = (AuditEvent.kind == "inventory.stock.given_back", AuditEvent.command_id == ids.current_command.get())
    told = db.exec(select(AuditEvent).where(*mine)).all()
    return replace(deed, promises=tuple((event.subject_id, event.data["sku"], -event.data["qty"]) for event in told))


def _hold(db: Session, deed: Deed) -> None:
    lots.hold(db, db.get_one(Lot, deed.args["lot_id"]), Held.QUALITY, HAND)


def _sell_again(db: Session, deed: Deed) -> None:
    lots.release(db, db.get_one(Lot, deed.args["lot_id"]), HAND)


def _expire(db: Session, _deed: Deed) -> None:
    lots.expire(db, HAND)


def _reservation(db: Session, deed: Deed) -> Reservation:
    return db.get_one(Reservation, deed.args["reservation"])


KINDS: dict[str, Callable[[Session, Deed], Deed | None]] = {
    "move": _move,
    "receive": _receive,
    "reserve": _reserve,
    "take": _take,
    "put_back": _put_back,
    "release": _release,
    "promise_again": _promise_again,
    "short": _short,
    "count": _count,
    "ask_refill": _ask_refill,
    "refill": _refill,
    "relocate": _relocate,
    "damage": _damage,
    "adjust": _adjust,
    "put_aside": _put_aside,
    "give_back": _give_back,
    "give_back_expired": _give_back_expired,
    "hold": _hold,
    "sell_again": _sell_again,
    "expire": _expire,
}


def perform(db: Session, deed: Deed) -> Deed:
    """Inside an open unit of work. Returns the deed as it was done. Raises Refused."""
    return KINDS[deed.kind](db, deed) or deed


# --- the door -------------------------------------------------------------------------------------------------------


@command
def _do(db: Session) -> Response:
    deed = Deed.from_json(request.form["deed"])
    done = perform(db, deed)
    return make_response(jsonify(moves=done.moves, promises=done.promises))


def install(app: Flask) -> None:
    """Give the application the soak's door; machines need no form token there."""
    door = Blueprint("soak", __name__)
    door.post(URL)(_do)
    app.register_blueprint(door)
    app.extensions["csrf"].exempt(door)


@dataclass(frozen=True)
class Answer:
    status: int
    words: str
    is_replay: bool
    #: The deed as it was done, if it was.
    done: Deed | None = None


def send(client: FlaskClient, deed: Deed) -> Answer:
    """Post it once. Raises what breaks in the house."""
    form = {"command_id": deed.command_id, "deed": deed.as_json()}
    got = client.post(URL, data=form, headers={"Accept": "application/json"})
    body = got.get_json(silent=True) or {}
    done = deed.with_rows(body) if got.status_code == 200 else None
    return Answer(got.status_code, str(body.get("error", "")), "Idempotent-Replay" in got.headers, done)
