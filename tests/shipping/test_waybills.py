"""A waybill is bought once, whatever dies on the way; a paper is the parcel's own; only its own label closes it."""

import threading
from datetime import timedelta

import pytest
from sqlmodel import Session, select

from floor.kit import clock, compute
from floor.kit.errors import Conflict
from floor.kit.uow import reading, unit_of_work
from floor.orders.models import Address, OrderLine
from floor.packing.models import Parcel
from floor.packing.states import ParcelState
from floor.paper import codes, raster
from floor.paper.slips import packing_slips_pdf
from floor.paper.waybills import SIZES, size_mm, waybills_pdf
from floor.settings import Settings
from floor.shipping import jobs, papers, queries, service, waybills
from floor.shipping.carriers.manual import route_code
from floor.shipping.models import NumberRange, PaperKind, PrintJob, PrintState, Waybill, WaybillState
from floor.shipping.service import LabelVerdict
from tests.factories import count
from tests.packing.worlds import a_boxed_parcel, a_world, person
from tests.paper.samples import words_of


@pytest.fixture
def boxed(app) -> Parcel:
    """A committed parcel that waits for its waybill."""
    with unit_of_work() as db:
        return a_boxed_parcel(db, a_world(db))


@pytest.fixture
def no_paper(monkeypatch) -> list:
    """Papers without WeasyPrint: these tests are about numbers. Holds what would have been rendered."""
    made: list = []

    def fake(fn, *args):
        made.append((fn, *args))
        return b"%PDF-1.7 " + fn.__name__.encode()

    monkeypatch.setattr(compute, "run", fake)
    return made


def drawn(db: Session) -> int:
    """How many numbers the carrier's range has given."""
    return db.exec(select(NumberRange.next_number)).one() - 1000


def test_the_handler_gets_a_number_a_label_and_a_slip(boxed, relay, no_paper):
    relay.drain()
    with reading() as db:
        waybill = queries.waybill_of(db, boxed.id)
        assert (waybill.state, waybill.number) == (WaybillState.ACTIVE, "SF000000001000")
        assert waybill.cost_fen == 1000
        assert {job.kind: job.state for job in queries.jobs_of(db, boxed.id).values()} == {
            PaperKind.WAYBILL: PrintState.READY, PaperKind.SLIP: PrintState.READY,
        }  # fmt: skip
        assert queries.jobs_of(db, boxed.id)[PaperKind.WAYBILL].printer == "P1"


def test_running_the_handler_twice_buys_one_number_and_prints_once(boxed, no_paper):
    jobs.send_out_papers(boxed.id)
    jobs.send_out_papers(boxed.id)
    with reading() as db:
        assert (drawn(db), count(db, Waybill), count(db, PrintJob), len(no_paper)) == (1, 1, 2, 2)


def test_a_worker_killed_after_drawing_finds_its_number_again(boxed, no_paper, monkeypatch):
    """The number is committed with its waybill; only what comes after it is lost, and is done again."""

    class Killed(BaseException):
        pass

    def killed(*_args):
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(service, "receive_waybill", killed)
        with pytest.raises(Killed):
            jobs.send_out_papers(boxed.id)
    with reading() as db:
        number = queries.waybill_of(db, boxed.id).number
        assert (queries.waybill_of(db, boxed.id).state, drawn(db)) == (WaybillState.REQUESTED, 1)
    assert jobs.request_waybill(boxed.id) is False  # whoever called may still be at it
    with clock.shifted(waybills.LEASE * 1.1):
        with monkeypatch.context() as patched:
            patched.setattr(compute, "run", killed)
            with pytest.raises(Killed):
                jobs.send_out_papers(boxed.id)
        jobs.send_out_papers(boxed.id)
    with reading() as db:
        assert (queries.waybill_of(db, boxed.id).number, drawn(db)) == (number, 1)
        assert {job.state for job in queries.jobs_of(db, boxed.id).values()} == {PrintState.READY}


def test_two_workers_at_once_draw_one_number(boxed, no_paper):
    barrier, wrong = threading.Barrier(4), []

    def work() -> None:
        barrier.wait()
        try:
            jobs.request_waybill(boxed.id)
        except Exception as error:
            wrong.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with reading() as db:
        assert (wrong, drawn(db), count(db, Waybill)) == ([], 1, 1)


def test_a_used_up_range_is_said_on_the_screen_and_cured_by_a_new_one(boxed, no_paper):
    with unit_of_work() as db:
        db.exec(select(NumberRange)).one().last_number = 999
    with pytest.raises(Conflict):
        jobs.send_out_papers(boxed.id)
    with reading() as db:
        assert {(job.state, job.error) for job in queries.jobs_of(db, boxed.id).values()} == {
            (PrintState.FAILED, "shipping.no_numbers")
        }
    with unit_of_work() as db:
        db.exec(select(NumberRange)).one().last_number = 5000
    with clock.shifted(timedelta(seconds=10)):
        jobs.send_out_papers(boxed.id)
    with reading() as db:
        assert {(job.state, job.error) for job in queries.jobs_of(db, boxed.id).values()} == {(PrintState.READY, "")}


def test_a_reprint_keeps_the_number_and_says_which_copy_it_is(boxed, no_paper):
    jobs.send_out_papers(boxed.id)
    with unit_of_work() as db:
        job = queries.jobs_of(db, boxed.id)[PaperKind.WAYBILL]
        service.reprint(db, job, person(db, "Bo"))
        with pytest.raises(Conflict):
            service.reprint(db, job, person(db, "Bo"))
    jobs.send_out_papers(boxed.id)
    fn, labels, *_rest = no_paper[-1]
    assert (fn, labels[0].print_no, labels[0].waybill_number) == (waybills_pdf, 2, "SF000000001000")
    with reading() as db:
        assert drawn(db) == 1


def test_a_paper_rendered_before_the_reprint_was_asked_is_not_kept(boxed, no_paper):
    jobs.send_out_papers(boxed.id)
    with unit_of_work() as db:
        job = queries.jobs_of(db, boxed.id)[PaperKind.WAYBILL]
        service.reprint(db, job, person(db, "Bo"))
        assert not service.keep_paper(db, job.id, 0, b"old")
        assert service.keep_paper(db, job.id, 1, b"new")


def test_only_its_own_waybill_number_closes_a_parcel(db):
    world = a_world(db)
    mine, other = a_boxed_parcel(db, world), a_boxed_parcel(db, world)
    bo = person(db, "Bo")
    for parcel in (mine, other):
        waybill = service.ask_waybill(db, parcel.id)
        service.receive_waybill(db, waybill.id, service.draw_number(db, waybill.id), "571-A01-001", bo)
    others = service.prove_label(db, mine, queries.waybill_of(db, other.id).number, bo)
    assert (others.verdict, others.other.id) == (LabelVerdict.OTHERS, other.id)
    assert service.prove_label(db, mine, mine.number, bo).verdict is LabelVerdict.UNKNOWN
    assert service.prove_label(db, mine, "6901234567892", bo).verdict is LabelVerdict.UNKNOWN
    assert mine.state is ParcelState.BOXED
    assert service.prove_label(db, mine, queries.waybill_of(db, mine.id).number, bo).verdict is LabelVerdict.CLOSED
    assert (mine.state, other.state) == (ParcelState.LABELLED, ParcelState.BOXED)
    with pytest.raises(Conflict):
        service.prove_label(db, mine, queries.waybill_of(db, mine.id).number, bo)
    assert queries.broken_waybills(db) == []


def test_nothing_closes_a_parcel_before_the_carrier_answered(db):
    parcel = a_boxed_parcel(db, a_world(db))
    waybill = service.ask_waybill(db, parcel.id)
    number = service.draw_number(db, waybill.id)
    assert service.prove_label(db, parcel, number, person(db, "Bo")).verdict is LabelVerdict.UNKNOWN


def test_check_names_a_parcel_closed_without_a_waybill(db):
    parcel = a_boxed_parcel(db, a_world(db))
    parcel.state = ParcelState.LABELLED
    db.flush()
    assert queries.broken_waybills(db) == [f"parcel {parcel.number} is labelled with 0 living waybills, number None"]


def test_papers_mask_the_buyer_and_carry_the_public_link(db):
    world = a_world(db)
    parcel = a_boxed_parcel(db, world)
    waybill = service.ask_waybill(db, parcel.id)
    service.receive_waybill(db, waybill.id, "SF1", "571-A01-001", person(db, "Bo"))
    label, slip = papers.waybill(db, parcel, 1), papers.slip(db, parcel)
    address = db.exec(select(Address)).one()
    assert (label.receiver.name, label.receiver.phone) == ("张**", "138****1234")
    assert address.phone not in repr(label) + repr(slip)
    assert "302" not in label.receiver.address
    assert label.qr_text is None
    assert slip.page_url == f"http://127.0.0.1:8000/t/{world.orders[0].public_token}"
    assert (slip.buyer, slip.total_fen, slip.lines[0].price_fen) == ("张**", 19800, 9900)


@pytest.mark.parametrize("values", [{"hide_price": True}, {"gift_wrap": True}, {"gift_message": "Happy birthday"}])
def test_a_gift_carries_no_price(db, values):
    parcel = a_boxed_parcel(db, a_world(db), None, **values)
    slip = papers.slip(db, parcel)
    assert (slip.total_fen, [line.price_fen for line in slip.lines]) == (None, [None])


def test_a_part_of_an_order_shows_no_total(db):
    parcel = a_boxed_parcel(db, a_world(db))
    line = db.exec(select(OrderLine)).one()
    line.qty, line.backordered = 3, 1
    db.flush()
    slip = papers.slip(db, parcel)
    assert (slip.total_fen, slip.lines[0].price_fen) == (None, 9900)


def test_an_english_buyer_reads_english(db):
    slip = papers.slip(db, a_boxed_parcel(db, a_world(db), None, lang="en"))
    assert slip.lines[0].name == "Tee TEE-NAVY-L"
    assert slip.lines[0].variant == "navy L"


def test_a_place_always_sorts_together():
    assert route_code("浙江省", "杭州市", "西湖区") == route_code("浙江省", "杭州市", "西湖区")
    assert (
        route_code("浙江省", "杭州市", "西湖区").split("-")[0] == route_code("浙江省", "杭州市", "余杭区").split("-")[0]
    )
    assert route_code("浙江省", "杭州市", "西湖区") != route_code("上海市", "上海市", "青浦区")


@pytest.mark.parametrize(("weight", "fen"), [(300, 1000), (1000, 1000), (1001, 1200), (2500, 1600)])
def test_the_cost_is_the_first_weight_and_the_steps_begun(db, weight, fen):
    world = a_world(db)
    parcel = a_boxed_parcel(db, world)
    shipment = db.get_one(queries.Shipment, parcel.shipment_id)
    assert queries.cost_fen(queries.rate_for(db, shipment, "浙江省"), weight) == fen
    assert queries.cost_fen(queries.rate_for(db, shipment, "西藏自治区"), weight) == 0


def nosy_parcel(db: Session) -> Parcel:
    """A buyer who wrote the phone number everywhere, and a product with a name of its own mind."""
    world = a_world(db)
    world.tee.name = '<img src="file:///etc/passwd">=1+1'
    parcel = a_boxed_parcel(db, world)
    address = db.get_one(Address, queries.order_of(db, parcel).id)
    address.recipient, address.phone = "欧阳小明 13812345678", "13812345678"
    address.district, address.street = "西湖区 13812345678", "文三路 90 号 2 幢 3 单元 1204 室 转 13812345678"
    waybill = service.ask_waybill(db, parcel.id)
    service.receive_waybill(db, waybill.id, service.draw_number(db, waybill.id), "571-A01-001", person(db, "Bo"))
    return parcel


def test_a_masked_label_tells_no_name_number_or_room_in_words_or_codes(db, monkeypatch):
    parcel = nosy_parcel(db)
    label = papers.waybill(db, parcel, 1)
    for size in SIZES:
        words = words_of(waybills_pdf([label], papers.CARRIER_LANG, size))
        for secret in ("13812345678", "2345678", "1204", "90号", "阳小明", "小明"):
            assert secret not in words, (size, secret)
        for kept in ("138****5678", "文三路"):
            assert kept in words
        page = raster.bitmaps(waybills_pdf([label], papers.CARRIER_LANG, size), size_mm(size), 203)[0]
        assert {code.text for code in codes.read_codes(page.png(203))} == {label.waybill_number}
    assert "<img" in label.contents
    slip = papers.slip(db, parcel)
    assert "小明" not in words_of(packing_slips_pdf([slip], papers.CARRIER_LANG))
    monkeypatch.setattr(papers, "bound", lambda: Settings(label_mask="room"))
    shown = papers.waybill(db, parcel, 1).receiver
    assert (shown.name, shown.phone) == ("欧阳小明 13812345678", "13812345678")
    assert "1204" not in shown.address
    with pytest.raises(ValueError, match="FLOOR_LABEL_MASK"):
        Settings.from_environment({"FLOOR_LABEL_MASK": "name street"})
