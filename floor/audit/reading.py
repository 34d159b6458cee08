"""The house's own reader of remarks: ours, and what its people decided since, version by version."""

from collections.abc import Sequence
from functools import lru_cache
from threading import Lock

from sqlmodel import Session, col, select

from floor.audit import language, learning
from floor.audit.checks import SAYS
from floor.audit.facts import TEXTS
from floor.audit.language import Reader, Remark
from floor.audit.models import Flag, Learned, Verdict
from floor.orders.models import Order
from floor.orders.states import OrderState

#: Texts of orders that went out, the newest first, for the model of characters.
_ACCEPTED = 2000
_turn = Lock()


def reader_of(db: Session) -> Reader:
    """The newest version in use; learned once per process, which takes about a second: see `jobs.warm`."""
    row = learning.newest(db, "language")
    with _turn:
        return _reader(row.id, *_stored(row)) if row and row.id else language.taught()


def _stored(row: Learned) -> tuple[tuple[tuple[str, str, bool], ...], tuple[str, ...]]:
    return tuple((text, intent, yes) for text, intent, yes in row.weights["remarks"]), tuple(row.weights["accepted"])


@lru_cache(maxsize=4)
def _reader(_version: int, remarks: tuple[tuple[str, str, bool], ...], accepted: tuple[str, ...]) -> Reader:
    return learned_from(remarks, accepted)


def learned_from(remarks: Sequence[tuple[str, str, bool]], accepted: Sequence[str]) -> Reader:
    """Our remarks and the house's, which know one intent each."""
    own = [Remark(text, frozenset({intent} if yes else ()), frozenset({intent})) for text, intent, yes in remarks]
    return language.learn([*language.remarks("learn"), *own], accepted)


def decided(db: Session) -> list[tuple[str, str, bool]]:
    """(text, intent, was it right) of every flag of the language rules that a person decided, oldest first."""
    said = select(Flag, Order).join(Order, col(Order.id) == Flag.order_id)
    mine = said.where(col(Flag.rule).startswith(SAYS), col(Flag.verdict).in_((Verdict.PASSED, Verdict.UPHELD)))
    found = []
    for flag, order in db.exec(mine.order_by(col(Flag.decided_at), col(Flag.id))):
        if flag.field in TEXTS and (text := getattr(order, flag.field)):
            found.append((text, flag.rule.removeprefix(SAYS), flag.verdict is Verdict.UPHELD))
    return found


def accepted(db: Session) -> list[str]:
    """What buyers of orders that went their way wrote."""
    went = select(Order.buyer_note).where(Order.state == OrderState.RELEASED, Order.buyer_note != "")
    return list(db.exec(went.order_by(col(Order.id).desc()).limit(_ACCEPTED)))
