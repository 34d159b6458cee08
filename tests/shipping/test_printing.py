"""Labels on real sockets: each comes out once; a printer that is off says so; one bad order never stops a batch."""

import io
import threading
from contextlib import ExitStack

import pytest
from sqlmodel import Session, select

from floor.kit.errors import Conflict, Invalid
from floor.kit.uow import reading, unit_of_work
from floor.orders.models import Address
from floor.packing.models import Parcel, Station
from floor.paper import codes
from floor.shipping import jobs, port9100, print_jobs, printing, queries, service
from floor.shipping import queries_printing as prints
from floor.shipping.messages import PRINT_ERRORS
from floor.shipping.models import PaperKind, PrintState
from floor.shipping.models_printing import BatchPart, ItemState, PrintBatch, Printer, PrinterKind, Sending, SendState
from floor.shipping.printing import PrinterTerms
from tests.factories import count
from tests.packing.worlds import World, a_boxed_parcel, a_world, person
from tests.paper.samples import page_count, words_of
from tests.printer import burnt, free_port, label_printer


def a_printer(db: Session, world: World, port: int, name: str = "P1", size: str = "100x180") -> Printer:
    terms = PrinterTerms(name, world.house.id, PrinterKind.ZPL, "127.0.0.1", port, 203, size, True)
    return printing.keep_printer(db, None, terms, person(db, "Dai"))


def parcels_of(db: Session, world: World, n: int) -> list[int]:
    return [a_boxed_parcel(db, world).id for _ in range(n)]


def the_job(db: Session, parcel_id: int):
    return queries.jobs_of(db, parcel_id)[PaperKind.WAYBILL]


def sendings(db: Session) -> list[tuple[SendState, str]]:
    return [(one.state, one.error) for one in db.exec(select(Sending).order_by(Sending.id))]


def numbers_in(documents: list[bytes]) -> list[set[str]]:
    return [{code.text for code in codes.read_codes(_png(document))} for document in documents]


def _png(document: bytes) -> bytes:
    out = io.BytesIO()
    burnt(document).convert("L").save(out, "PNG")
    return out.getvalue()


def test_a_packed_parcels_label_comes_out_of_its_benchs_printer_once(app, relay):
    with label_printer() as machine:
        with unit_of_work() as db:
            world = a_world(db)
            a_printer(db, world, machine.port)
            parcel = a_boxed_parcel(db, world).id
        relay.drain()
        jobs.send_out_papers(parcel)  # the handler may run twice
        relay.drain()
        with reading() as db:
            number = queries.waybill_of(db, parcel).number
            assert sendings(db) == [(SendState.DONE, "")]
            assert the_job(db, parcel).state is PrintState.PRINTED
            with pytest.raises(Conflict):
                printing.retry(db, db.exec(select(Sending)).one(), person(db, "Bo"))
        (document,) = machine.wait_for(1)
        assert numbers_in([document]) == [{number}]
        with unit_of_work() as db:
            service.reprint(db, the_job(db, parcel), person(db, "Bo"))
            with pytest.raises(Conflict):
                service.reprint(db, the_job(db, parcel), person(db, "Bo"))
        relay.drain()
        assert numbers_in(machine.wait_for(2)) == [{number}, {number}]
        assert machine.labels[0] != machine.labels[1], "the second says Reprint"
        with reading() as db:
            assert [one.copy_no for one in db.exec(select(Sending).order_by(Sending.id))] == [0, 1]
            assert prints.broken_printing(db) == []


def test_a_printer_that_is_off_fails_all_that_waits_and_one_tap_prints_it_in_order(app, relay):
    port = free_port()
    with unit_of_work() as db:
        world = a_world(db)
        printer = a_printer(db, world, port)
        parcels = parcels_of(db, world, 3)
    relay.drain()
    with reading() as db:
        assert sendings(db) == [(SendState.FAILED, "shipping.printer_refused")] * 3
        assert "switched on" in str(PRINT_ERRORS["shipping.printer_refused"])
        assert prints.printer_for(db, printer.id).error == "shipping.printer_refused"
        assert prints.counts(db, "SHA")[SendState.FAILED] == 3
        assert {the_job(db, parcel).state for parcel in parcels} == {PrintState.READY}, "the browser can print it"
    with label_printer(port=port) as machine:
        with unit_of_work() as db:
            assert printing.retry_printer(db, prints.printer_for(db, printer.id), person(db, "Bo")) == 3
            assert printing.retry_printer(db, prints.printer_for(db, printer.id), person(db, "Bo")) == 0
        relay.drain()
        with reading() as db:
            expected = [{queries.waybill_of(db, parcel).number} for parcel in parcels]
            assert sendings(db) == [(SendState.DONE, "")] * 3
            assert prints.printer_for(db, printer.id).error == ""
        assert numbers_in(machine.wait_for(3)) == expected


def test_a_failed_label_goes_to_another_printer_with_another_stock(app, relay):
    with label_printer() as machine:
        with unit_of_work() as db:
            world = a_world(db)
            a_printer(db, world, free_port())
            other = a_printer(db, world, machine.port, "P2", "76x130")
            parcel = a_boxed_parcel(db, world).id
        relay.drain()
        with unit_of_work() as db:
            sending = db.exec(select(Sending)).one()
            printing.retry(db, sending, person(db, "Bo"), prints.printer_for(db, other.id))
        relay.drain()
        assert burnt(machine.wait_for(1)[0]).size == (608, 1040)
        with unit_of_work() as db:
            assert sendings(db) == [(SendState.DONE, "")]
            with pytest.raises(Invalid):
                printing.choose(db, queries.jobs_of(db, parcel)[PaperKind.SLIP], prints.printer_for(db, other.id))


@pytest.mark.parametrize("habit", ["slow", "half_closed", "keeps_open"])
def test_printers_with_odd_manners_get_the_whole_label(habit):
    document = b"^XA" + b"0" * 120_000 + b"^XZ"
    with label_printer(habit) as machine:
        port9100.deliver("127.0.0.1", machine.port, document)
        assert machine.wait_for(1) == [document]


@pytest.mark.parametrize(("habit", "code"), [("breaks", "broke_off"), ("stuck", "stuck")])
def test_a_label_that_may_have_come_out_is_said_to_be_in_doubt(habit, code, monkeypatch):
    monkeypatch.setattr(port9100, "STALL_SECONDS", 0.5)
    with label_printer(habit) as machine, pytest.raises(port9100.NotSent) as no:
        port9100.deliver("127.0.0.1", machine.port, b"0" * 8_000_000)
    assert (no.value.code, no.value.in_doubt) == (f"shipping.printer_{code}", True)


def test_a_port_nobody_listens_on_and_a_name_nobody_has_are_no_doubt():
    for host, port, code in (("127.0.0.1", free_port(), "refused"), ("no-such-printer.invalid", 9100, "unknown")):
        with pytest.raises(port9100.NotSent) as no:
            port9100.deliver(host, port, b"^XA^XZ")
        assert (no.value.code, no.value.in_doubt) == (f"shipping.printer_{code}", False)


def test_what_is_in_doubt_is_printed_again_as_a_reprint_only(app, relay):
    with ExitStack() as stack:
        broken = stack.enter_context(label_printer("breaks"))
        with unit_of_work() as db:
            world = a_world(db)
            printer = a_printer(db, world, broken.port)
            parcel = a_boxed_parcel(db, world).id
        relay.drain()
        good = stack.enter_context(label_printer())
        with unit_of_work() as db:
            assert sendings(db) == [(SendState.FAILED, "shipping.printer_broke_off")]
            found = prints.printer_for(db, printer.id)
            assert printing.retry_printer(db, found, person(db, "Bo")) == 0, "not by the dozen"
            found.port = good.port
            printing.retry(db, db.exec(select(Sending)).one(), person(db, "Bo"))
        relay.drain()
        good.wait_for(1)
        with reading() as db:
            assert [(one.state, one.copy_no) for one in db.exec(select(Sending).order_by(Sending.id))] == [
                (SendState.FAILED, 0), (SendState.DONE, 1),
            ]  # fmt: skip
            assert the_job(db, parcel).copies == 1


def test_a_worker_killed_while_sending_leaves_a_doubt_and_no_second_label(app, relay, monkeypatch):
    class Killed(BaseException):
        pass

    def killed(*_args):
        raise Killed

    with label_printer() as machine:
        with unit_of_work() as db:
            world = a_world(db)
            a_printer(db, world, machine.port)
            parcel = a_boxed_parcel(db, world).id
        jobs.send_out_papers(parcel)
        with reading() as db:
            ids = [one.id for one in db.exec(select(Sending))]
        with monkeypatch.context() as patched:
            patched.setattr(printing, "finish", killed)
            with pytest.raises(Killed):
                print_jobs.send_out(ids)
        machine.wait_for(1)
        with pytest.raises(print_jobs.StillSending):
            print_jobs.send_out(ids)
        monkeypatch.setattr(print_jobs, "CUT_OFF", print_jobs.CUT_OFF * 0)
        print_jobs.send_out(ids)
        with reading() as db:
            assert sendings(db) == [(SendState.FAILED, "shipping.print_in_doubt")]
        assert len(machine.labels) == 1


def test_workers_and_taps_at_once_send_one_label(app):
    with label_printer() as machine:
        with unit_of_work() as db:
            world = a_world(db)
            printer = a_printer(db, world, machine.port)
            parcel = a_boxed_parcel(db, world).id
        jobs.send_out_papers(parcel)
        with unit_of_work() as db:
            ids = [one.id for one in db.exec(select(Sending))]
            with pytest.raises(Conflict):
                printing.send(db, the_job(db, parcel), prints.printer_for(db, printer.id), person(db, "Bo"))
        barrier, wrong = threading.Barrier(3), []

        def work() -> None:
            barrier.wait()
            try:
                print_jobs.send_out(ids)
            except print_jobs.StillSending:
                pass
            except Exception as error:
                wrong.append(error)

        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with reading() as db:
            assert (wrong, sendings(db), len(machine.labels)) == ([], [(SendState.DONE, "")], 1)


def without_address(db: Session, parcel_id: int) -> None:
    order = queries.order_of(db, db.get_one(Parcel, parcel_id))
    db.delete(db.get_one(Address, order.id))


def test_a_wave_comes_out_in_order_and_a_bad_order_is_listed_not_obeyed(app, relay, monkeypatch):
    monkeypatch.setattr(print_jobs, "CHUNK", 3)
    with label_printer() as machine:
        with unit_of_work() as db:
            world = a_world(db)
            db.exec(select(Station)).one().printer = ""  # nothing prints by itself
            parcels = parcels_of(db, world, 5)
        relay.drain()
        with unit_of_work() as db:
            without_address(db, parcels[1])
            printer = a_printer(db, world, machine.port)
            bo = person(db, "Bo")
            batch = printing.ask_batch(db, PaperKind.WAYBILL, world.house.id, None, printer, bo)
        relay.drain()
        with unit_of_work() as db:
            assert prints.progress(db, batch.id) == {
                ItemState.WAITING: 0, ItemState.QUEUED: 0, ItemState.DONE: 4, ItemState.FAILED: 1,
            }  # fmt: skip
            ((item, _shipment, parcel),) = prints.failed_items(db, batch.id)
            assert (item.error, parcel.id) == ("shipping.incomplete", parcels[1])
            assert db.get_one(PrintBatch, batch.id).finished_at is not None
            expected = [{queries.waybill_of(db, one).number} for one in parcels if one != parcels[1]]
            with pytest.raises(Invalid, match="nothing_to_print"):
                printing.ask_batch(db, PaperKind.WAYBILL, world.house.id, 77, printer, bo)
            again = printing.ask_batch(db, PaperKind.WAYBILL, world.house.id, None, printer, bo)
            assert again.skipped == 4, "what came out is not printed twice"
        assert numbers_in(machine.wait_for(4)) == expected


def test_a_batch_for_the_browser_is_pdfs_by_language_and_goes_on_where_it_was(app, relay, monkeypatch):
    monkeypatch.setattr(print_jobs, "CHUNK", 2)
    with unit_of_work() as db:
        world = a_world(db)
        parcels = [a_boxed_parcel(db, world, None, lang=lang, buyer_id=lang + str(n)).id
                   for n, lang in enumerate(("zh", "en", "zh"))]  # fmt: skip
    relay.drain()
    with unit_of_work() as db:
        dai = person(db, "Dai")
        labels = printing.ask_batch(db, PaperKind.WAYBILL, world.house.id, None, None, dai)
        without_address(db, parcels[2])
        slips = printing.ask_batch(db, PaperKind.SLIP, world.house.id, None, None, dai)
    print_jobs.carry_batch(labels.id)
    relay.drain()
    with unit_of_work() as db:
        made = db.exec(select(BatchPart).where(BatchPart.batch_id == labels.id)).all()
        assert [(part.number, part.pages, page_count(part.pdf)) for part in made] == [(1, 2, 2)]
        slip_parts = db.exec(select(BatchPart).where(BatchPart.batch_id == slips.id).order_by(BatchPart.number)).all()
        assert [part.pages for part in slip_parts] == [1, 1]
        assert "Packingslip" in words_of(slip_parts[1].pdf)
        assert [prints.failed_items(db, one.id)[0][0].error for one in (labels, slips)] == ["shipping.incomplete"] * 2
        order = queries.order_of(db, db.get_one(Parcel, parcels[2]))
        db.add(Address(order_id=order.id, recipient="张三", phone="13812341234", province="浙江省", city="杭州市",
                       district="西湖区", street="文三路 90 号"))  # fmt: skip
        printing.retry_batch(db, db.get_one(PrintBatch, labels.id), dai)
        with pytest.raises(Conflict):
            printing.retry_batch(db, db.get_one(PrintBatch, labels.id), dai)
    relay.drain()
    with reading() as db:
        assert prints.parts(db, labels.id) == [(1, 2), (2, 1)]
        assert prints.progress(db, labels.id)[ItemState.DONE] == 3
        assert count(db, Sending) == 3, "the log knows of them"


def test_two_workers_on_one_batch_keep_each_part_once(app, relay):
    with unit_of_work() as db:
        world = a_world(db)
        parcels_of(db, world, 2)
    relay.drain()
    with unit_of_work() as db:
        batch = printing.ask_batch(db, PaperKind.WAYBILL, world.house.id, None, None, person(db, "Dai"))
        taken = prints.waiting_items(db, batch.id, 25)
    with unit_of_work() as db:
        assert printing.keep_chunk(db, batch.id, taken, {}, [(b"%PDF", 2)])
    with unit_of_work() as db:
        assert not printing.keep_chunk(db, batch.id, taken, {}, [(b"%PDF", 2)])
        assert prints.parts(db, batch.id) == [(1, 2)]


def test_every_reason_has_its_sentence():
    wrong = (FileNotFoundError(), ValueError(), AssertionError(), KeyError(), Conflict("shipping.no_numbers"))
    assert {print_jobs.why(error) for error in wrong} | printing.IN_DOUBT <= set(PRINT_ERRORS)
