"""A waybill number is asked for once, against a real HTTP server that fails in every way it can."""

import json
import logging
import threading
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from sqlmodel import select

from floor import settings as house
from floor.events.models import AuditEvent
from floor.kit import clock, compute
from floor.kit.errors import Conflict, Invalid
from floor.kit.uow import reading, unit_of_work
from floor.packing.models import Parcel
from floor.settings import Settings
from floor.shipments.models import Carrier
from floor.shipping import asking, jobs, queries, relabelling, resolving, service, waybills
from floor.shipping.carriers import outside, port_for
from floor.shipping.carriers.base import Rejected
from floor.shipping.models import PaperKind, PrintState, Waybill
from floor.shipping.states import WaybillState
from floor.tracking import polling
from floor.tracking.models import CarrierEvent
from tests import factories, goods_out
from tests.furnished import Furniture
from tests.packing.worlds import a_boxed_parcel, a_world, person
from tests.shipping.carrier_server import ISSUED, UNISSUED, Gateway, answers, md5_upper, serving

KINDS = ("sf", "kuaidi100")


@pytest.fixture
def no_paper(monkeypatch):
    monkeypatch.setattr(compute, "run", lambda fn, *_args: b"%PDF-1.7 " + fn.__name__.encode())
    monkeypatch.setattr(outside, "PATIENCE", 0.25)


@pytest.fixture(params=KINDS)
def kind(request) -> str:
    return request.param


@pytest.fixture
def gate(app, kind, no_paper):
    """A carrier's gateway, and this process's settings leading to it."""
    before = house.bound()
    with serving(kind) as found:
        house.bind(replace(before, **answers(kind, found)))
        yield found
    house.bind(before)


def a_parcel_by(kind: str) -> Parcel:
    """A boxed parcel whose carrier is reached over the gateway; another carrier stands by, for who lets parcels go."""
    with unit_of_work() as db:
        world = a_world(db)
        set_up(world.carrier, kind)
        factories.a_carrier(db, "zto")
        return a_boxed_parcel(db, world)


FURNITURE = {kind: partial(a_parcel_by, kind) for kind in KINDS}


@pytest.fixture
def furniture(request) -> Furniture | None:
    return FURNITURE[request.getfixturevalue("kind")] if "parcel" in request.fixturenames else None


@pytest.fixture
def parcel(gate, furnished) -> Parcel:
    with reading() as db:
        return furnished(db)


def set_up(carrier: Carrier, kind: str, minutes: int | None = None) -> None:
    carrier.adapter, carrier.outside_code, carrier.fallback_minutes = kind, "zhongtong", minutes


def living(parcel: Parcel) -> Waybill | None:
    with reading() as db:
        return queries.waybill_of(db, parcel.id)


def happened(parcel: Parcel) -> list[str]:
    with reading() as db:
        rows = db.exec(
            select(AuditEvent.kind).where(AuditEvent.subject == "parcel", AuditEvent.subject_id == parcel.id)
        )
        return [kind.removeprefix("shipping.waybill.") for kind in rows if kind.startswith("shipping.waybill.")]


def later(rounds: int = 8, seconds: int = 130) -> None:
    """The chore's rounds, a little over two minutes apart."""
    for n in range(1, rounds + 1):
        with clock.shifted(timedelta(seconds=seconds * n)):
            jobs.ask_carriers()


def one_number(gate: Gateway, parcel: Parcel) -> bool:
    """The parcel has the number that the carrier issued, and it issued no other that lives."""
    waybill = living(parcel)
    numbers = [number for one in gate.alive.values() for number in one]
    assert waybill is not None
    assert (waybill.state, numbers) == (WaybillState.ACTIVE, [waybill.number])
    assert gate.forged == 0
    return True


def test_a_number_is_ordered_and_signed_as_the_carrier_reads_it(gate, parcel):
    jobs.send_out_papers(parcel.id)
    assert one_number(gate, parcel)
    waybill = living(parcel)
    assert (waybill.route_code, waybill.request_id, waybill.tries) == ("571-CB-012", f"{parcel.number}-1", 1)
    jobs.send_out_papers(parcel.id)
    assert len(gate.calls) == 1


@pytest.mark.parametrize("fate", [*ISSUED, *UNISSUED])
def test_whatever_befalls_the_first_call_there_is_one_number(gate, parcel, fate):
    gate.script = [fate]
    jobs.send_out_papers(parcel.id)
    with reading() as db:
        papers = queries.jobs_of(db, parcel.id)
        assert (papers[PaperKind.SLIP].state, papers[PaperKind.WAYBILL].state) == (PrintState.READY, PrintState.QUEUED)
    assert living(parcel).state is WaybillState.REQUESTED
    jobs.send_out_papers(parcel.id)  # too early: the carrier is left alone for some seconds
    assert living(parcel).tries == 1
    later(2)
    assert one_number(gate, parcel)
    with reading() as db:
        assert queries.jobs_of(db, parcel.id)[PaperKind.WAYBILL].state is PrintState.READY


def test_a_worker_killed_after_the_carrier_issued_finds_the_number_again(gate, parcel, monkeypatch):
    class Killed(BaseException):
        pass

    def killed(*_args):
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(service, "receive_waybill", killed)
        with pytest.raises(Killed):
            jobs.send_out_papers(parcel.id)
    later(1)
    assert one_number(gate, parcel)


def test_two_workers_at_once_and_an_answer_heard_twice_are_one_number(gate, parcel):
    threads = [threading.Thread(target=asking.ask, args=(parcel.id,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert one_number(gate, parcel)
    with unit_of_work() as db:
        waybill = queries.waybill_of(db, parcel.id)
        waybills.receive(db, waybill.id, waybill.number, "571", person(db, "Bo"))
        assert waybill.route_code == "571-CB-012"
        waybills.receive(db, waybill.id, "OTHER-NUMBER-1", "571", person(db, "Bo"))
    with reading() as db:
        stray = db.exec(select(Waybill).where(Waybill.number == "OTHER-NUMBER-1")).one()
        assert (stray.state, stray.problem) == (WaybillState.VOID, "stray")
    assert happened(parcel) == ["received", "stray"]


def test_a_second_number_goes_back_alone_or_stays_for_a_reason(gate, kind, parcel, sign_in):
    """SF cancels whole orders: there nobody asks, and the living number stays."""
    jobs.send_out_papers(parcel.id)
    good = living(parcel).number
    with unit_of_work() as db:
        for number in ("SECOND-0001", "SECOND-0002"):
            waybills.receive(db, queries.waybill_of(db, parcel.id).id, number, "571", person(db, "Bo"))
        gone, kept = (db.exec(select(Waybill).where(Waybill.number == f"SECOND-000{n}")).one().id for n in (1, 2))
    dai, calls = sign_in("Dai"), len(gate.calls)
    listed = dai.get("/waybills").text
    assert (f"/waybills/{gone}" in listed, f"/waybills/{kept}" in listed) == (True, True)
    assert sign_in("Bo").post(f"/waybills/{gone}/give-back").status_code == 403
    asked = dai.post(f"/waybills/{gone}/give-back")
    assert asked.status_code == (409 if kind == "sf" else 303)
    if kind == "sf":
        assert "by telephone" in asked.text
        assert dai.post(f"/waybills/{gone}/release").status_code == 303
    jobs.ask_carriers()
    assert len(gate.calls) == calls + (kind != "sf")
    assert good not in gate.cancelled
    assert ("SECOND-0001" in gate.cancelled) is (kind != "sf")
    assert dai.post(f"/waybills/{kept}/second", {"reason": ""}).status_code == 422
    assert dai.post(f"/waybills/{kept}/second", {"reason": "not billed"}).status_code == 303
    assert dai.post(f"/waybills/{kept}/second", {"reason": "again"}).status_code == 409
    listed = dai.get("/waybills").text
    assert (f"/waybills/{gone}" in listed, f"/waybills/{kept}" in listed) == (False, False)
    with reading() as db:
        row = db.get_one(Waybill, gone)
        assert (row.cancelled_at is not None, row.undo_at, row.problem) == (True, None, "")
    assert living(parcel).number == good


def test_an_unclear_number_stops_with_a_person_who_has_it_found(gate, kind, parcel):
    gate.script = ["issued_500"] + ["500"] * 7
    jobs.send_out_papers(parcel.id)
    later()
    assert living(parcel).state is WaybillState.UNSURE
    calls = len(gate.calls)
    later()
    assert len(gate.calls) == calls, "nobody asks any more by himself"
    gate.script = []
    with clock.shifted(timedelta(hours=1)):
        with unit_of_work() as db:
            resolving.try_again(db, queries.waybill_of(db, parcel.id), person(db, "Dai"))
        jobs.send_out_papers(parcel.id)
    assert one_number(gate, parcel)
    assert happened(parcel) == ["unclear", "asked_again", "received"]


def test_an_unclear_number_is_not_bought_elsewhere_however_long_the_carrier_is_away(gate, kind, parcel):
    with unit_of_work() as db:
        set_up(db.exec(select(Carrier).where(Carrier.code == "sf")).one(), kind, minutes=5)
    gate.script = ["issued_cut"] + ["500"] * 50
    jobs.send_out_papers(parcel.id)
    later(30)
    assert living(parcel).state is WaybillState.UNSURE
    with reading() as db:
        assert factories.count(db, Waybill) == 1


def test_a_carrier_away_for_an_hour_holds_nobody_up_and_people_are_told(gate, kind, parcel):
    with unit_of_work() as db:
        set_up(db.exec(select(Carrier).where(Carrier.code == "sf")).one(), kind, minutes=10)
    house.bind(replace(house.bound(), sf_url="http://127.0.0.1:9/", kuaidi100_label_url="http://127.0.0.1:9/"))
    jobs.send_out_papers(parcel.id)
    later(2)
    assert living(parcel).state is WaybillState.REQUESTED
    with clock.shifted(timedelta(minutes=11)):
        jobs.ask_carriers()
        waybill = living(parcel)
        with reading() as db:
            assert db.get_one(Carrier, waybill.carrier_id).code == "zto"
            next_one = db.get_one(Parcel, parcel.id)
        assert (waybill.state, waybill.number) == (WaybillState.ACTIVE, "ZTO000000001000")
        assert waybill.choice["why"] == "other"
        assert {"tried"} == {one["not"] for one in waybill.choice["offers"] if one["not"]}
        assert next_one.id == parcel.id
    assert happened(parcel) == ["fell_back", "received"]
    assert gate.calls == []


def test_while_a_carrier_is_away_one_caller_knocks(gate, parcel):
    with unit_of_work() as db:
        world_parcels = [parcel]
        house_ = db.exec(select(Carrier).where(Carrier.code == "sf")).one()
        assert house_.id is not None
    gate.script = ["500"] * 100
    jobs.send_out_papers(world_parcels[0].id)
    before = living(parcel).tries
    for _ in range(5):
        jobs.ask_carriers()
    assert living(parcel).tries == before


def test_a_refusal_goes_another_way_by_rule_and_else_to_a_person(gate, kind, parcel):
    gate.refuse = "P-"
    jobs.send_out_papers(parcel.id)
    waybill = living(parcel)
    assert (waybill.state, waybill.problem) == (WaybillState.REFUSED, "refused")
    assert waybill.problem_detail in ("8057", "400")
    with unit_of_work() as db:
        set_up(db.exec(select(Carrier).where(Carrier.code == "sf")).one(), kind, minutes=10)
    jobs.send_out_papers(parcel.id)
    assert living(parcel).number == "ZTO000000001000"
    assert gate.alive == {}


def test_another_way_is_taken_only_after_the_carrier_cancelled(gate, kind, parcel):
    jobs.send_out_papers(parcel.id)
    first = living(parcel)
    with unit_of_work() as db:
        zto = db.exec(select(Carrier).where(Carrier.code == "zto")).one()
        resolving.go_by(db, queries.waybill_of(db, parcel.id), zto.id, None, person(db, "Dai"))
        assert queries.jobs_of(db, parcel.id)[PaperKind.WAYBILL].pdf is None
    assert living(parcel).state is WaybillState.CANCELLING
    gate.script = ["500"]
    jobs.send_out_papers(parcel.id)
    assert living(parcel).state is WaybillState.CANCELLING
    assert gate.cancelled == set()
    later(1)
    assert gate.cancelled == {first.number}
    assert living(parcel).number == "ZTO000000001000"
    with reading() as db:
        assert db.get_one(Waybill, first.id).state is WaybillState.VOID
    assert happened(parcel) == ["received", "cancel_asked", "cancelled", "went_by", "received"]


def test_a_person_types_the_number_or_says_there_is_none(gate, parcel):
    gate.script = ["issued_500"] + ["500"] * 7
    jobs.send_out_papers(parcel.id)
    later()
    (number,) = next(iter(gate.alive.values()))
    with unit_of_work() as db:
        dai, waybill = person(db, "Dai"), queries.waybill_of(db, parcel.id)
        for wrong in ("", "12", "SF 12 34 56"):
            with pytest.raises(Invalid):
                resolving.enter_number(db, waybill, wrong, dai)
        resolving.enter_number(db, waybill, number.lower(), dai)
        with pytest.raises(Conflict):
            resolving.enter_number(db, waybill, "SF9999999999", dai)
    assert one_number(gate, parcel)
    assert living(parcel).is_by_hand


def test_a_person_who_asked_the_carrier_may_say_that_none_was_issued(gate, parcel):
    gate.script = ["500"] * 8
    jobs.send_out_papers(parcel.id)
    later()
    with clock.shifted(timedelta(hours=1)):
        with unit_of_work() as db:
            resolving.none_was_issued(db, queries.waybill_of(db, parcel.id), person(db, "Dai"))
        gate.script = []
        jobs.send_out_papers(parcel.id)
    assert one_number(gate, parcel)
    assert living(parcel).request_id == f"{parcel.number}-2"


def test_routes_are_read_and_nothing_personal_is_logged(gate, kind, parcel, caplog):
    caplog.set_level(logging.DEBUG)
    with reading() as db:
        carrier = db.exec(select(Carrier).where(Carrier.code == "sf")).one()
    port = port_for(carrier.adapter, lambda _id: "", house.bound())
    (step,) = port.routes("SF1", "1234", "zhongtong")
    assert (step.at.isoformat(), step.place) == ("2026-11-27T10:00:00+08:00", "上海")
    gate.script = ["issued_garbage"]
    jobs.send_out_papers(parcel.id)
    assert not any(word in caplog.text for word in ("张", "13812341234", "文三路"))


def test_news_is_subscribed_to_and_a_push_counts_once_and_only_with_our_salt(app, no_paper, kind, parcel, gate):
    if kind != "kuaidi100":
        pytest.skip("pushes are Kuaidi100's")
    jobs.send_out_papers(parcel.id)
    number = living(parcel).number
    house.bind(replace(house.bound(), kuaidi100_salt="salt-32"))
    jobs.follow([parcel.id])
    assert gate.calls[-1] == ("subscribe", number)
    step = {"time": "2026-11-27 10:00:00", "ftime": "2026-11-27 10:00:00", "context": "collected", "statusCode": "103"}
    param = json.dumps({"status": "polling", "lastResult": {"nu": number, "com": "zhongtong", "data": [step]}})
    client, before = app.test_client(), app.extensions["settings"]
    app.extensions["settings"] = house.bound()
    try:
        answers_ = [
            client.post("/hooks/kuaidi100/sf", data={"param": param, "sign": sign}).status_code
            for sign in (md5_upper(param), md5_upper(param + "salt-32"), md5_upper(param + "salt-32"))
        ]
        unreadable = client.post("/hooks/kuaidi100/sf", data={"param": "{}", "sign": md5_upper("{}salt-32")})
        assert client.post("/hooks/kuaidi100/nobody", data={}).status_code == 404
    finally:
        app.extensions["settings"] = before
    assert (answers_, unreadable.status_code) == ([401, 200, 200], 422)
    with reading() as db:
        heard = db.exec(select(CarrierEvent)).all()
        assert [(one.waybill_number, one.meaning) for one in heard] == [(number, "collected")]


def test_without_credentials_a_carrier_says_so(app, kind):
    port = port_for(kind, lambda _id: "", Settings())
    with pytest.raises(Rejected, match="not_set_up"):
        port.issue(None if kind == "none" else _request())  # type: ignore[arg-type]


def _request():
    from floor.shipping.carriers.base import Party, WaybillRequest

    return WaybillRequest("P-1-1", 1, Party("A", "1"), Party("B", "2"), 100)


def test_a_void_number_is_taken_back_by_its_carrier_however_long_that_takes(gate, kind, parcel, sign_in):
    jobs.send_out_papers(parcel.id)
    old = living(parcel)
    gate.script = ["500", "hang", "ok"]
    with unit_of_work() as db:
        relabelling.Labels().void(db, db.get_one(Parcel, parcel.id), "changed", person(db, "Bo"))
    dai = sign_in("Dai")
    assert "The number is void" in dai.get(f"/waybills/{old.id}").text
    later(4)
    assert gate.cancelled == {old.number}
    with reading() as db:
        row = db.get_one(Waybill, old.id)
        assert (row.state, row.undo_at, row.problem, row.cancelled_at is not None) == (
            WaybillState.VOID,
            None,
            "",
            True,
        )
    assert happened(parcel).count("cancelled") == 1
    assert "Taken back by the carrier" in dai.get(f"/waybills/{old.id}").text
    jobs.send_out_papers(parcel.id)
    assert (living(parcel).request_id, living(parcel).number != old.number) == (f"{parcel.number}-2", True)
    later(2)
    assert gate.cancelled == {old.number}, "once, and not the new one"


def test_a_void_number_the_carrier_keeps_is_settled_by_a_person(gate, kind, parcel, sign_in, monkeypatch):
    jobs.send_out_papers(parcel.id)
    old = living(parcel)

    def no(*_args):
        raise Rejected("refused", "8057")

    monkeypatch.setattr(type(port_for(kind, lambda _id: "", house.bound())), "cancel", no)
    with unit_of_work() as db:
        relabelling.Labels().void(db, db.get_one(Parcel, parcel.id), "changed", person(db, "Bo"))
    later(1)
    dai = sign_in("Dai")
    assert f'href="/waybills/{old.id}"' in dai.get("/waybills").text
    assert "8057" in dai.get(f"/waybills/{old.id}").text
    assert dai.post(f"/waybills/{old.id}/again").status_code == 303
    later(1)
    assert dai.post(f"/waybills/{old.id}/release").status_code == 303
    with reading() as db:
        assert (db.get_one(Waybill, old.id).problem, db.get_one(Waybill, old.id).undo_at) == ("", None)
    assert f'href="/waybills/{old.id}"' not in dai.get("/waybills").text


def test_a_carrier_that_does_not_tell_is_asked_once_an_hour_where_parcels_are(gate, kind, parcel):
    jobs.send_out_papers(parcel.id)
    assert polling.ask_routes() == 0, "it is still in the house"
    with unit_of_work() as db:
        goods_out.gone(db, db.get_one(Parcel, parcel.id))
    assert (polling.ask_routes(), polling.ask_routes()) == (1, 0)
    with clock.shifted(timedelta(minutes=59)):
        assert polling.ask_routes() == 0
    with clock.shifted(timedelta(minutes=61)):
        gate.script = ["500"]
        assert polling.ask_routes() == 0, "it did not answer"
    with clock.shifted(timedelta(minutes=122)):
        assert polling.ask_routes() == 1
    with reading() as db:
        (event,) = db.exec(select(CarrierEvent)).all()
        assert (event.meaning, event.parcel_id) == ("collected", parcel.id)
    assert gate.forged == 0
    house.bind(replace(house.bound(), kuaidi100_salt="salt"))
    with clock.shifted(timedelta(minutes=200)):
        assert polling.ask_routes() == (kind == "sf"), "what is pushed is not asked for"
