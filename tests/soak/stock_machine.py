"""Thousands of sequences of the verbs of stock beside their model, on one database.

    python -m tests.soak.stock_machine --sequences 3000 --database sqlite --seed 1
    python -m tests.soak.stock_machine --planted --database postgres
    python -m tests.soak.stock_machine --replay sequence.txt

A sequence that fails is made short and printed; the lines `state.…` saved in a file can be replayed. `--planted` puts
known errors into the verbs, one at a time, and each has to be found.
"""

import sys

from floor.inventory import counting, lots, refilling, service, transfers
from tests.inventory import small_house
from tests.inventory.machine import StockMachine
from tests.soak.sequences import Error, Sequences

ERRORS = (
    Error("more is promised than is free", service, "reserve", "promised=qty)", "promised=0)"),
    Error("a pick leaves its promise standing", service, "_changes", "m.qty if m.reserved else 0", "0"),
    Error("a lot on hold that moves stays held back", service, "_changes", "m.lot_id in on_hold", "False"),
    Error("a promise given back holds nothing back", service, "release", "        if tracked:", "        if False:"),
    Error("put back fails on a lot held meanwhile", service, "put_back", ", held=-qty", ""),
    Error("put back forgets what is held", service, "put_back", "lots.settle(db, [here])", "pass"),
    Error("promising again takes off", service, "promise_again", "reservation, qty)", "reservation, -qty)"),
    Error("promises never end", service, "give_back_expired", "<= clock.now()", "> clock.now()"),
    Error("goods go to another house", service, "relocate", "target.warehouse_id != where.warehouse_id", "False"),
    Error("goods go into a closed bin", service, "receive", "where.is_closed", "False"),
    Error("what is lost comes in", service, "adjust", "(other, where.id) if change > 0", "(other, where.id) if True"),
    Error("lots on hold are sold", lots, "_split", "for_sale and lot.on_hold", "False"),
    Error("last expired first out", lots, "_lying", "col(Lot.expires_on), col", "col(Lot.expires_on).desc(), col"),
    Error("lots on hold stay in their tote", lots, "name_lots", "kind is PlaceKind.BIN", "True"),
    Error("a move holds nothing back", lots, "book", "settle(db, touched)", "pass"),
    Error("a lot is in two places", lots, "book", "(m.from_place_id, -1), ", ""),
    Error("a hold holds nothing back", lots, "_switch", "settle(db, rows)", "pass"),
    Error("a serial number comes in twice", lots, "one_of_each_serial", "m.lot_id in twice or ", ""),
    Error("two units of one serial number", lots, "one_of_each_serial", " or m.qty != 1", ""),
    Error("a lot changes its date", lots, "lot_for", "found.expires_on != expires_on", "False"),
    Error("too old is sold again", lots, "release", "lot.expires_on < last_day_sold(sku.min_life_days)", "False"),
    Error("missing units of a held lot are refused", counting, "_moves", "min(max(-gap - free, 0), held)", "0"),
    Error("a refill goes into a closed bin", refilling, "_book", "face.is_closed", "False"),
    Error("a transfer counts nothing received", transfers, "receive", "line.received += qty - rest", "pass"),
)
SEQUENCES = Sequences("stock", StockMachine, small_house.build, ERRORS, patience=1000)


if __name__ == "__main__":
    sys.exit(SEQUENCES.main(__doc__.splitlines()[0]))
