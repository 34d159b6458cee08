"""Thousands of sequences of the verbs of return, exchange and repair, on one database.

    python -m tests.soak.returns_machine --sequences 3000 --database sqlite --seed 1
    python -m tests.soak.returns_machine --planted --database postgres

A sequence that fails is made short and printed. `--planted` puts known errors into the verbs, one at a time, and each
has to be found.
"""

import sys

from floor.kit import uow
from floor.returns import cases, early, exchanging, money, repairing, service
from tests.cast import hire_cast
from tests.returns import machine
from tests.returns.machine import Bought, ReturnsMachine
from tests.soak.sequences import Error, Sequences

#: (words, where, function, what is right, what is planted instead)
_PLANTS = (
    ("more comes back than is out", service, "request", "0 < qty <= left", "0 < qty"),
    ("a share forgets what was given", money, "quotes", "given, item.qty)", "0, item.qty)"),
    ("freight goes back each time", money, "quotes", "- sum(one.freight_fen for one in claims)", "- 0"),
    ("an order's own rebate is paid out", money, "quotes", "goods = min(goods, left)", "pass"),
    ("an inspection pays again what was paid early", money, "_is_fixed", " or item.settled_at is not None", ""),
    ("closing pays the credit out, too", money, "pay_rest", "rest[row.order_line_id] -= row.amount_fen", "pass"),
    ("paid early and cancelled", service, "cancel", "item.settled_at is not None", "False"),
    ("a split doubles the money", service, "split", "item.refund_fen - mine, mine", "item.refund_fen, mine"),
    ("never came is paid all the same", cases, "never_came", "item.refund_fen = item.credit_fen", "pass"),
    ("taken back, it keeps its money", service, "take_back", "item.refund_fen = item.freight_fen = 0", "pass"),
    ("missing units stay on the shelf", service, "missing", "inventory.move(", "(lambda *_: None)("),
    ("an exchange credits the list price", exchanging, "send", "worth(share.goods_fen,", "worth(13000,"),
    ("a repair goes home without its credit", repairing, "send_back", "item.credit_fen = share", "pass"),
    ("a write-off is a cancellation", early, "write_off", "CaseAction.WRITE_OFF", "CaseAction.CANCEL"),
    ("put away twice", service, "put_away", " or item.put_away_at is not None", ""),
)


def _built() -> Bought:
    with uow.unit_of_work() as db:
        hire_cast(db)
    return machine.build()


SEQUENCES = Sequences("returns", ReturnsMachine, _built, tuple(Error(*plant) for plant in _PLANTS), patience=600)


if __name__ == "__main__":
    sys.exit(SEQUENCES.main(__doc__.splitlines()[0]))
