"""Files on their way in: examined, confirmed, applied; killed anywhere, twice or by two at once."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlmodel import func, select

from floor.catalog.models import Sku
from floor.events.models import AuditEvent
from floor.inventory import books, imported, imports, jobs, service
from floor.inventory.models import (
    Bin,
    LedgerRow,
    StockImportFile,
    StockImportKey,
    StockImportRow,
    Warehouse,
)
from floor.inventory.service import Wish
from floor.inventory.states import ImportState
from floor.kit.errors import Conflict, Invalid
from floor.kit.uow import reading, unit_of_work
from tests.factories import a_bin, stock
from tests.inventory.importing import (
    DAI,
    Killed,
    applied,
    begun,
    examined,
    faults,
    held,
    killed_after,
    now,
    sheet,
    tables,
)

# --- stock -------------------------------------------------------------------------------------------------------


def test_a_dry_run_says_what_would_change_and_changes_nothing(shelves):
    it = now(examined(sheet("tee-navy-l,sha,a01-01-1,25", "TEE-NAVY-L,SHA,A01-02-1,4", "MUG-RED,SHA,A01-02-1,0")))
    assert (it.state, it.rows, it.to_make, it.to_change, it.same, it.bad) == (ImportState.READY, 3, 1, 1, 1, 0)
    assert (it.units_in, it.units_out) == (19, 0)
    with reading() as db:
        told = [(row.number, row.label, row.changes) for row in imported.changes(db, it.id, 10)]
    assert told == [
        (2, "SHA A01-01-1 TEE-NAVY-L", [["qty", "10", "25"]]), (3, "SHA A01-02-1 TEE-NAVY-L", [["qty", "0", "4"]])
    ]  # fmt: skip
    assert (held(shelves), held(shelves, 1)) == (10, 0)


def test_confirmed_it_sets_what_the_file_says_and_again_changes_nothing(shelves):
    body = sheet("TEE-NAVY-L,SHA,A01-01-1,25", "TEE-NAVY-L,SHA,A01-02-1,4")
    it = applied(examined(body))
    assert (it.state, it.made, it.changed, it.kept, it.refused) == (ImportState.DONE, 1, 1, 0, 0)
    assert (held(shelves), held(shelves, 1)) == (25, 4)
    again = now(examined(body))
    assert again.id != it.id
    assert (again.state, again.to_make, again.to_change, again.same) == (ImportState.READY, 0, 0, 2)
    with reading() as db:
        assert imported.done_before(db, again).id == it.id
        assert books.broken_balances(db) == imported.broken_imports(db) == []
    with pytest.raises(Invalid):
        applied(again.id)


def test_every_bad_row_is_named_once_and_the_good_ones_count(shelves):
    body = sheet(
        "NOPE,SHA,A01-01-1,1", "TEE-NAVY-L,XXX,A01-01-1,1", "TEE-NAVY-L,SHA,Z9,1", "TEE-NAVY-L,SHA,A01-02-1,many", "",
        "TEE-NAVY-L,SHA,A01-02-1,6", "TEE-NAVY-L,SHA,A01-02-1,7", "TEE-NAVY-L,SHA,A01-01-1,3", "TEE-NAVY-L,,A01-01-1,3",
        "TEE-NAVY-L,SHA,A01-03-1,-1", "6.90123E+12,SHA,A01-03-1,1",
    )  # fmt: skip
    it = applied(examined(body))
    assert faults(it.id) == [
        (2, "sku", "sku"), (3, "warehouse", "warehouse"), (4, "bin", "bin"), (5, "qty", "number"),
        (8, "sku", "twice"), (9, "qty", "promised"), (10, "warehouse", "missing"), (11, "qty", "number"),
        (12, "sku", "spoiled"),
    ]  # fmt: skip
    assert (it.made, held(shelves, 1), held(shelves)) == (1, 6, 10)


def test_a_bin_that_changed_meanwhile_is_computed_again(shelves):
    """Six units more came, and were all promised: the row that would take them is refused, and says so."""
    import_id = examined(sheet("TEE-NAVY-L,SHA,A01-01-1,5", "TEE-NAVY-L,SHA,A01-02-1,8"))
    with unit_of_work() as db:
        tee, where = db.get(Sku, shelves["tee"]), db.get(Bin, shelves["bins"][1])
        stock(db, where, tee, 3)
        service.reserve(db, [Wish(shelves["bins"][0], tee.id, 6, shipment_line_id=2)])
    it = applied(import_id)
    assert (it.made, it.changed, it.refused) == (0, 1, 1)
    assert faults(import_id) == [(2, "qty", "promised")]
    assert (held(shelves), held(shelves, 1)) == (10, 8)
    with reading() as db:
        assert books.broken_balances(db) == books.broken_reservations(db) == imported.broken_imports(db) == []


def test_the_same_row_twice_is_found_across_slices(shelves, monkeypatch):
    monkeypatch.setattr(jobs, "SLICE", 2)
    rows = [f"{sku},SHA,A01-0{n}-1,7" for n in (2, 3) for sku in ("TEE-NAVY-L", "MUG-RED")]
    assert faults(examined(sheet(*rows, rows[0], rows[3]))) == [(6, "sku", "twice"), (7, "sku", "twice")]


# --- stopped, doubled, at once -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kill_at", [1, 2, 3])
def test_killed_anywhere_and_run_again_nothing_is_doubled_or_skipped(slices, kill_at):
    import_id = begun(slices)
    for step in range(2):
        with pytest.raises(Killed):
            jobs.carry(import_id, tell=killed_after(kill_at))
        jobs.carry(import_id)
        if not step:
            assert now(import_id).state is ImportState.READY
            with unit_of_work() as db:
                imports.confirm(db, imported.import_for(db, import_id, lock=True), DAI)
    it = now(import_id)
    assert (it.state, it.rows, it.made, it.bad) == (ImportState.DONE, 7, 6, 1)
    with reading() as db:
        booked = db.exec(select(func.count(), func.sum(LedgerRow.qty)).where(LedgerRow.subject == "import")).one()
        assert books.broken_balances(db) == imported.broken_imports(db) == []
    assert tuple(booked) == (6, 2 * (2 + 3 + 4))


def test_a_slice_that_breaks_leaves_its_mark_where_it_was(slices, monkeypatch):
    """The process dies inside the transaction: neither the units nor the mark are there."""
    import_id = examined(slices)
    with unit_of_work() as db:
        imports.confirm(db, imported.import_for(db, import_id, lock=True), DAI)
    real = service.move
    monkeypatch.setattr(service, "move", lambda *given: (real(*given), (_ for _ in ()).throw(Killed))[0])
    with pytest.raises(Killed):
        jobs.carry(import_id)
    assert (now(import_id).applied_to, now(import_id).settled) == (0, 0)
    monkeypatch.setattr(service, "move", real)
    jobs.carry(import_id)
    assert (now(import_id).state, now(import_id).made) == (ImportState.DONE, 6)


def test_a_shift_ends_after_a_slice_and_the_outbox_goes_on(slices, relay, monkeypatch):
    monkeypatch.setattr(jobs, "SHIFT_S", 0.0)
    import_id = begun(slices)
    relay.drain()
    assert now(import_id).state is ImportState.READY
    with unit_of_work() as db:
        imports.confirm(db, imported.import_for(db, import_id, lock=True), DAI)
    relay.drain()
    assert (now(import_id).state, now(import_id).made) == (ImportState.DONE, 6)
    with reading() as db:
        kinds = Counter(db.exec(select(AuditEvent.kind).where(AuditEvent.subject == "import")))
    assert kinds["inventory.import.went_on"] == 8, "four slices looked at, four applied"


def test_the_message_again_after_the_end_changes_nothing(slices):
    it = applied(examined(slices))
    jobs.carry(it.id)
    jobs.carry(it.id)
    assert now(it.id) == it


def test_two_workers_at_one_file_share_it(shelves, monkeypatch):
    monkeypatch.setattr(jobs, "SLICE", 3)
    with unit_of_work() as db:
        house = db.get_one(Warehouse, db.get_one(Bin, shelves["bins"][0]).warehouse_id)
        for n in range(40):
            a_bin(db, house, f"A02-{n + 1:02d}-1")
    body = sheet(*(f"TEE-NAVY-L,SHA,A02-{n + 1:02d}-1,{n + 1}" for n in range(40)), "NOPE,SHA,A01-01-1,1")
    import_id = begun(body)
    with ThreadPoolExecutor(3) as crew:
        list(crew.map(lambda _n: jobs.carry(import_id), range(3)))
    assert now(import_id).state is ImportState.READY
    with unit_of_work() as db:
        imports.confirm(db, imported.import_for(db, import_id, lock=True), DAI)
    with ThreadPoolExecutor(3) as crew:
        list(crew.map(lambda _n: jobs.carry(import_id), range(3)))
    it = now(import_id)
    assert (it.state, it.rows, it.made, it.bad) == (ImportState.DONE, 41, 40, 1)
    with reading() as db:
        booked = select(func.count(), func.sum(LedgerRow.qty)).where(LedgerRow.subject == "import")
        assert tuple(db.exec(booked).one()) == (40, 820)
        assert books.broken_balances(db) == imported.broken_imports(db) == []


def test_two_files_that_fill_the_same_bin_at_once_do_not_add_up(shelves):
    """Each says 7 in a bin nothing ever lay in: the second finds what the first put there."""
    ids = [examined(sheet("TEE-NAVY-L,SHA,A01-03-1,7", head=head)) for head in
           ("sku,warehouse,bin,qty", "SKU,Warehouse,Bin,Qty")]  # fmt: skip
    with ThreadPoolExecutor(2) as crew:
        list(crew.map(applied, ids))
    assert held(shelves, 2) == 7
    assert sorted((now(one).made, now(one).kept) for one in ids) in ([(0, 1), (1, 0)], [(0, 0), (1, 0)])


def test_when_it_is_over_only_what_is_shown_stays(slices, monkeypatch, relay):
    monkeypatch.setattr(imports, "SHOWN", 2)
    it = applied(examined(slices))
    relay.drain()
    assert tables(StockImportFile, StockImportKey, StockImportRow) == [0, 0, 3]
    with reading() as db:
        assert [row.label for row in imported.changes(db, it.id, 10)] == [
            "SHA A01-02-1 TEE-NAVY-L", "SHA A01-02-1 MUG-RED"
        ]  # fmt: skip


def test_the_same_file_at_work_is_that_one_and_one_that_waits_makes_way(slices):
    first = begun(slices)
    assert begun(slices) == first
    jobs.carry(first)
    second = begun(slices)
    assert second != first
    assert now(first).state is ImportState.CANCELLED
    with pytest.raises(Conflict), unit_of_work() as db:
        imports.confirm(db, imported.import_for(db, first, lock=True), DAI)
