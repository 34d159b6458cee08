"""What readers and scales see: signed, once, tag by tag; beside the books of that moment; asking for counts."""

import json
from datetime import timedelta

import pytest
from sqlmodel import select

from floor.inventory import books, count_days, counting, epc, observing, queries, service
from floor.inventory.models import CountReason, CountTask, LedgerRow, MoveReason, PlaceKind
from floor.inventory.models_counting import Finding, Observation, ObservationMessage, ObservedTag, SourceKind
from floor.inventory.observing import Heard, Reading
from floor.inventory.service import Move
from floor.inventory.states import CountState
from floor.kit import clock, ids
from floor.kit.actor import SYSTEM, Actor
from floor.kit.uow import reading, unit_of_work
from floor.web import signing
from tests.factories import a_bin, a_sku, a_warehouse, count, ean, stock

ANA, GATE = Actor("user", 1, "Ana"), Actor("device", 1, "R-1")


def tags(sku, n, first=1):
    """`n` tags of a SKU: its EAN-13 is a GTIN-14 with a zero in front, company prefix of seven digits."""
    code = ean(sku)
    return [epc.encoded(code[:7], "0" + code[7:12], first + k) for k in range(n)]


@pytest.fixture
def shelf(db):
    """Ten tees and five mugs in a bin, and a reader over it."""
    house = a_warehouse(db)
    here, tee, mug = a_bin(db, house), a_sku(db, "TEE"), a_sku(db, "MUG")
    stock(db, here, tee, 10)
    stock(db, here, mug, 5)
    return here, tee, mug, observing.add_source(db, "R-1", SourceKind.RFID, house.id, SYSTEM)


def hear(db, source, readings, *, message="", session="", place="A01-01-1", at=None, complete=True):
    seen = [Reading(epc=one) if isinstance(one, str) else one for one in readings]
    return observing.hear(
        db, source, message or ids.new_id(), session, place, at or clock.now(), seen, {}, GATE, is_complete=complete
    )


def found(db, sku, session=None):
    rows = select(Observation).where(Observation.sku_id == sku.id).order_by(Observation.id.desc())
    return db.exec(rows.where(Observation.session == session) if session else rows).first()


def test_a_tag_leads_to_the_goods_by_the_barcode_printed_on_them(db, shelf):
    _here, tee, _mug, source = shelf
    assert epc.decoded(tags(tee, 1)[0]).gtin == "0" + ean(tee)
    hear(db, source, tags(tee, 10))
    assert (found(db, tee).qty, found(db, tee).books_qty, found(db, tee).finding) == (10, 10, Finding.AGREES)


def test_fifty_tags_twice_in_a_message_are_fifty(db, shelf):
    here, tee, _mug, source = shelf
    stock(db, here, tee, 40)
    fifty = tags(tee, 50)
    assert hear(db, source, fifty + fifty[::-1] + [one.lower() for one in fifty]) == Heard(True, 50, 1, 0)
    assert (found(db, tee).qty, count(db, ObservedTag)) == (50, 50)


def test_a_tag_read_in_two_messages_of_one_reading_counts_once_and_only_the_whole_is_compared(db, shelf):
    _here, tee, _mug, source = shelf
    ten = tags(tee, 10)
    first = hear(db, source, ten[:6], session="s-1", complete=False)
    assert (first, found(db, tee).finding) == (Heard(True, 6, 1, 0), Finding.PENDING)
    assert count(db, CountTask) == 0, "half a reading disagrees with nothing"
    assert hear(db, source, ten[3:], session="s-1") == Heard(True, 4, 1, 0)
    assert (found(db, tee).qty, found(db, tee).finding) == (10, Finding.AGREES)
    assert hear(db, source, ten, session="s-2").tags == 10, "another reading begins anew"


def test_the_same_message_again_is_heard_once(db, shelf):
    _here, tee, _mug, source = shelf
    assert hear(db, source, tags(tee, 7), message="m-1").is_new is True
    assert hear(db, source, tags(tee, 9), message="m-1") == Heard(is_new=False)
    assert (count(db, ObservationMessage), found(db, tee).qty) == (1, 7)


def test_a_disagreement_asks_for_one_count_while_one_waits_and_never_touches_the_books(db, shelf):
    here, tee, _mug, source = shelf
    before = count(db, LedgerRow)
    assert hear(db, source, tags(tee, 8)).counts == 1
    assert hear(db, source, tags(tee, 7)).counts == 0
    (task,) = db.exec(select(CountTask)).all()
    assert (task.reason, task.sku_id, found(db, tee).task_id) == (CountReason.OBSERVED, tee.id, task.id)
    assert (count(db, LedgerRow), queries.balance_of(db, here.id, tee.id)) == (before, 10)
    task.state = CountState.VARIANCE
    db.flush()
    assert hear(db, source, tags(tee, 6)).counts == 0, "a variance under review is a count that waits"


def test_once_somebody_counted_the_machine_errs_until_goods_move_again(db, shelf):
    here, tee, _mug, source = shelf
    hear(db, source, tags(tee, 8))
    (task,) = db.exec(select(CountTask)).all()
    counting.scan(db, task, here.code, ANA)
    counting.scan(db, task, ean(tee), ANA)
    counting.count(db, task, 10, ANA)
    assert (hear(db, source, tags(tee, 8)).counts, found(db, tee).finding) == (0, Finding.DISAGREES)
    service.receive(db, here, tee.id, 1, SYSTEM)
    assert hear(db, source, tags(tee, 8)).counts == 1


@pytest.mark.parametrize(("seen", "finding"), [(95, "agrees"), (105, "agrees"), (94, "disagrees"), (106, "disagrees")])
def test_the_tolerance_is_a_share_of_the_books(db, shelf, seen, finding):
    here, tee, _mug, source = shelf
    source.tolerance_percent = 5
    stock(db, here, tee, 90)
    hear(db, source, tags(tee, seen))
    assert found(db, tee).finding == finding


def test_compared_is_with_the_books_of_that_moment(db, shelf):
    """The reading of yesterday comes after today's picks."""
    here, tee, _mug, source = shelf
    seen_at = clock.now()
    with clock.shifted(timedelta(hours=3)):
        tote = service.new_place(db, PlaceKind.TOTE, here.warehouse_id)
        service.move(db, [Move(tee.id, 4, here.id, tote, MoveReason.PICK)], "walk", 1, SYSTEM)
        service.receive(db, here, tee.id, 1, SYSTEM)
        db.expire_all()
        assert hear(db, source, tags(tee, 10), at=seen_at).counts == 0
        assert (found(db, tee).books_qty, found(db, tee).finding) == (10, Finding.AGREES)
        assert observing.books_at(db, here.id, tee.id, clock.now()) == 7


def test_tagged_goods_of_which_no_tag_answers_are_seen_as_none(db, shelf):
    _here, tee, mug, source = shelf
    hear(db, source, tags(tee, 10))
    assert found(db, mug) is None, "mugs wear no tags as far as anybody knows"
    assert hear(db, source, []).counts == 1
    assert (found(db, tee).qty, found(db, tee).books_qty, found(db, tee).finding) == (0, 10, Finding.DISAGREES)


def test_what_the_house_does_not_know_is_kept_and_asks_for_nothing(db, shelf):
    _here, tee, _mug, source = shelf
    strange = epc.encoded("0614141", "812345", 1)
    heard = hear(db, source, [strange, "317A7202CC164BA20B000000"])
    assert (heard.tags, heard.counts) == (2, 0)
    rows = db.exec(select(Observation.code, Observation.finding).order_by(Observation.id)).all()
    assert rows == [("80614141123458", Finding.UNKNOWN), ("317A7202CC164BA20B000000", Finding.UNKNOWN)]
    assert hear(db, source, tags(tee, 3, first=50), place="Z99-99-9").counts == 0
    assert found(db, tee).finding is Finding.UNKNOWN


def test_a_scale_counts_by_weight_and_a_camera_by_number(db, shelf):
    here, tee, mug, _source = shelf
    scale = observing.add_source(db, "W-1", SourceKind.WEIGHT, here.warehouse_id, SYSTEM)
    hear(db, scale, [Reading(code="TEE", weight_g=2_010), Reading(code=ean(mug), qty=5)])
    assert (found(db, tee).qty, found(db, tee).finding) == (10, Finding.AGREES)
    assert (found(db, mug).qty, found(db, mug).finding) == (5, Finding.AGREES)


def test_agreement_makes_the_books_young_and_disagreement_casts_doubt(db, shelf):
    here, tee, mug, source = shelf
    with clock.shifted(timedelta(days=50)):
        hear(db, source, tags(tee, 10))
        hear(db, source, tags(mug, 5) + tags(tee, 10))
        (one,) = count_days.candidates(db, here.warehouse_id)
        assert (one.age_days, one.doubts) == (0, 0)
        with clock.shifted(timedelta(hours=1)):
            hear(db, source, tags(mug, 4) + tags(tee, 10))
            (one,) = count_days.candidates(db, here.warehouse_id)
            assert (one.age_days, one.doubts) == (0, 1)
    assert books.broken_counts(db) == []


# --- the door ----------------------------------------------------------------------------------------------------


@pytest.fixture
def world(app):
    with unit_of_work() as db:
        house = a_warehouse(db)
        here, tee = a_bin(db, house), a_sku(db, "TEE")
        stock(db, here, tee, 10)
        source = observing.add_source(db, "R-1", SourceKind.RFID, house.id, SYSTEM)
        return {"secret": source.secret, "tags": tags(tee, 10)}


def post(client, world, message, *, source="R-1", secret=None, age=0):
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    stamp = str(int(clock.now().timestamp()) - age)
    headers = {signing.TIMESTAMP_HEADER: stamp}
    headers[signing.SIGNATURE_HEADER] = signing.sign(secret or world["secret"], stamp, body)
    return client.post(f"/hooks/observations/{source}", data=body, headers=headers, content_type="application/json")


def message(world, n, key="m-1", **more):
    seen = [{"epc": tag} for tag in world["tags"][:n]]
    return {"message_id": key, "place": "A01-01-1", "at": clock.now().isoformat(), "readings": seen} | more


def test_a_signed_message_is_heard_once_and_a_forged_or_old_one_never(world, stranger):
    good = message(world, 8)
    assert post(stranger, world, good, secret="another").status_code == 401
    assert post(stranger, world, good, age=601).status_code == 401
    assert post(stranger, world, good, source="R-9").status_code == 404
    assert stranger.get("/hooks/observations/R-1").status_code == 405
    first, again = post(stranger, world, good), post(stranger, world, good)
    assert (first.status_code, first.json) == (200, {"is_new": True, "tags": 8, "observations": 1, "counts": 1})
    assert (again.status_code, again.json) == (200, {"is_new": False, "tags": 0, "observations": 0, "counts": 0})


@pytest.mark.parametrize(
    "off",
    [
        {"readings": [{"epc": "X", "code": "Y"}]}, {"readings": [{"code": "Y"}]},
        {"readings": [{"code": "Y", "qty": -1}]},
        {"readings": [{"code": "Y", "qty": 1, "weight_g": 2}]}, {"readings": None}, {"at": "yesterday"},
        {"at": "2026-11-26T10:00:00"}, {"place": ""}, {"message_id": "\x00"}, {"surprise": 1},
        {"readings": [{"epc": "X"}] * 501}, {"at": 10**300},
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_422_and_nothing_is_kept(world, stranger, off):
    answer = post(stranger, world, message(world, 1) | off)
    assert (answer.status_code, bool(answer.json["reasons"])) == (422, True)
    with reading() as db:
        assert count(db, ObservationMessage) == 0


def test_no_nonsense_in_a_signed_message_breaks_the_door(world, stranger):
    broken = []
    for n, nonsense in enumerate(("\ud800", "\x00", "9" * 5000, "💥" * 20, "-1", None, [], {}, 10**40, -1, 2.5, "")):
        for field in ("message_id", "session", "place", "at", "complete", "readings"):
            broken += [post(stranger, world, message(world, 1, f"m-{n}-{field}") | {field: nonsense})]
        for field in ("epc", "code", "qty", "weight_g"):
            one = {"code": "TEE", "qty": 1} if field in ("code", "qty") else {"epc": "X"}
            broken += [
                post(stranger, world, message(world, 0, f"r-{n}-{field}") | {"readings": [one | {field: nonsense}]})
            ]
    for body in (b"", b"[]", b"\xff", b"{" * 5000, b'{"message_id": "\\u0000"}'):
        broken += [post(stranger, world, body)]
    assert {answer.status_code for answer in broken} <= {200, 422}


def test_the_screen_shows_what_was_seen_newest_first_with_its_count(world, stranger, sign_in):
    dai = sign_in("Dai")
    assert "Nothing was seen" in dai.get("/observations").text
    post(stranger, world, message(world, 10))
    post(stranger, world, message(world, 8, "m-2"))
    page = dai.get("/observations").text
    assert page.index("Disagrees</span>") < page.index("Agrees</span>")
    assert '/bins/SHA/A01-01-1"' in page
    assert '/counts/1"' in page
    assert "Disagrees</span>" not in dai.get("/observations?finding=agrees").text
    assert dai.get("/observations?finding=none&page=99999999999").status_code == 200
    assert sign_in("Ana").get("/observations").status_code == 403


def test_a_source_is_made_known_by_command_with_a_secret_of_its_own(world, app, stranger):
    run = app.test_cli_runner()
    told = run.invoke(args=["stock", "add-source", "R-2", "rfid", "SHA", "--tolerance", "5"])
    secret = told.output.split()[-1]
    assert post(stranger, world, message(world, 10), source="R-2", secret=secret).status_code == 200
    assert run.invoke(args=["stock", "add-source", "R-2", "rfid", "SHA"]).exit_code == 1
    assert run.invoke(args=["stock", "add-source", "R-3", "rfid", "NOWHERE"]).exit_code == 1
