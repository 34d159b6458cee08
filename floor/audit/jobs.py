"""Work that spans transactions: look at every order that waits."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from floor.audit import queries, service
from floor.kit.actor import SYSTEM
from floor.kit.uow import reading, unit_of_work
from floor.orders.states import OrderState

#: Orders per transaction, so that others on SQLite wait a moment only.
CHUNK = 20


@dataclass
class Counted:
    released: int = 0
    held: int = 0
    #: Rule -> flags raised.
    flags: Counter[str] = field(default_factory=Counter)


def audit_received(tell: Callable[[int, int], None] = lambda _done, _total: None) -> Counted:
    """Look at every order in state received, most urgent first; `tell` hears how far it is."""
    with reading() as db:
        waiting = queries.received(db)
    counted = Counted()
    for begin in range(0, len(waiting), CHUNK):
        chunk = waiting[begin : begin + CHUNK]
        with unit_of_work() as db:
            for order_id in sorted(chunk):
                order = service.locked(db, order_id)
                if order.state is not OrderState.RECEIVED:
                    continue  # the worker was faster
                flags = service.audit_order(db, order, SYSTEM)
                counted.released += not flags
                counted.held += bool(flags)
                counted.flags.update(flag.rule for flag in flags)
        if begin % (CHUNK * 10) == 0:
            tell(min(begin + CHUNK, len(waiting)), len(waiting))
    return counted
