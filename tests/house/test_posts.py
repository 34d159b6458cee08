"""Every POST door, by one table: who may not, what is unknown, what cannot be, what works, and that it works once."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask, url_for
from flask.testing import FlaskClient
from sqlalchemy.engine import Dialect
from sqlmodel import SQLModel
from werkzeug.routing import IntegerConverter
from werkzeug.test import TestResponse

from floor.factory import work_under
from floor.intake.channels import signed
from floor.kit import clock, uow
from floor.kit.db import Database
from floor.settings import Settings, bound
from floor.web import signing
from tests.cast import CAST, PIN
from tests.conftest import SETTINGS
from tests.house.doors import DOORS, Door
from tests.house.doors.returns import frame
from tests.house.doors_world import SECRET, Ids, furnish, order_of
from tests.servers import PostgresCluster
from tests.web_client import Person, csrf_of

#: Doors that are no `@command`, and signing out, which ends the session that a repeat would need: tested at the end,
#: the readers' webhook in tests/inventory/test_observations.py.
OTHERS = {
    "people.open_session",
    "people.close_session",
    "care.frames",
    "intake.receive",
    "pushes.push",
    "order_api.add",
    "order_api.pay",
    "order_api.cancel",
    "order_api.move",
    "tracking.hook",
    "kuaidi100_push.hook",
    "count_review.hook",
}

#: One door of each slice again on PostgreSQL; what differs between the two databases is below all doors.
SAMPLE = (
    "left_out.split", "analytics.retry", "audit.pass_many", "care.cancel", "count_review.adjust", "intake.upload",
    "packing.make_parcel", "picking.report", "put_wall.scan", "putaway.put", "receiving.name_lot", "return_request.ask",
    "returns.close", "shipping.hand_over", "shipping.scan_label", "stock_files.upload", "transfers.send",
)  # fmt: skip

#: What tests.factories.a_carrier signs with.
SF = "secret of sf"

Print = dict[str, tuple[int, int]]


@dataclass
class House:
    """The furnished house; `again()` brings it back to how it was furnished."""

    app: Flask
    settings: Settings
    ids: Ids
    people: dict[str, Person]
    customer: FlaskClient
    database: Database
    template: Path | str = ""
    cluster: PostgresCluster | None = None
    is_touched: bool = False

    @property
    def url(self) -> str:
        return self.settings.database_url

    def again(self) -> None:
        if not self.is_touched:
            return
        self.database.engine.dispose()  # the lines; what the engine compiled stays
        if self.cluster:
            self.cluster.drop_database(self.url)
            self.cluster.create_database(str(self.template), self.url.rpartition("/")[2])
        else:
            path = Path(self.url.removeprefix("sqlite:///"))
            for left in path.parent.glob(f"{path.name}-*"):
                left.unlink()
            shutil.copy(self.template, path)
        self.is_touched = False

    def client(self, name: str) -> FlaskClient:
        return self.people[name].client if name else self.customer

    def send(self, door: Door, url: str, form: dict[str, Any], command_id: str, who: str | None = None) -> TestResponse:
        """As the one who may, with what every form carries."""
        name = door.who if who is None else who
        token = self.people[name].token if name else csrf_of(self.customer.get("/session").text)
        data = {"csrf_token": token, "command_id": command_id, **form}
        kind = "multipart/form-data" if any(isinstance(value, tuple) for value in form.values()) else None
        return self.client(name).post(url, data=data, content_type=kind)


@cache
def _selects(dialect: Dialect) -> dict[str, str]:
    """Table -> the statement that reads all of it, but for when a session was last seen."""
    tables = SQLModel.metadata.sorted_tables
    kept = {table.name: [column for column in table.columns if column.name != "seen_at"] for table in tables}
    return {name: str(sa.select(*columns).compile(dialect=dialect)) for name, columns in kept.items()}


def prints() -> Print:
    """Every table: how many rows, and what is in them, as the driver gives it; asked past SQLAlchemy, whose way takes
    longer than the reading of so small a house."""
    found = {}
    with uow.reading() as db:
        line = db.connection()
        driver = line.connection.cursor()
        for name, select in _selects(line.dialect).items():
            driver.execute(select)
            rows = sorted(map(repr, driver.fetchall()))
            found[name] = (len(rows), hash(tuple(rows)))
        driver.close()
    return found


def changed(before: Print, after: Print) -> set[str]:
    return {name for name in after if after[name] != before[name]}


@pytest.fixture(scope="module")
def sqlite_house(tmp_path_factory: pytest.TempPathFactory, built: Flask, sqlite_template: Path) -> Iterator[House]:
    path = tmp_path_factory.mktemp("doors") / "floor.db"
    shutil.copy(sqlite_template, path)
    house = _furnished(built, f"sqlite:///{path}")
    house.template = path.with_name("template.db")
    shutil.copy(path, house.template)
    yield house
    house.database.dispose()


@pytest.fixture(scope="module")
def postgres_house(postgres: PostgresCluster, built: Flask, postgres_template: str) -> Iterator[House]:
    house = _furnished(built, postgres.create_database(postgres_template, "doors"))
    house.template, house.cluster = "doors_template", postgres
    postgres.create_database("doors", house.template)
    yield house
    house.database.dispose()
    postgres.drop_database(house.url)
    postgres.drop_database(f"/{house.template}")


def _furnished(app: Flask, url: str) -> House:
    settings = replace(SETTINGS, database_url=url)
    work_under(settings, app)
    with uow.unit_of_work() as db:
        ids = furnish(db)
    people = {name: Person(app, name) for name in CAST}
    customer = app.test_client()
    customer.set_cookie("lang", "en")
    uow.database().dispose()
    return House(app, settings, ids, people, customer, uow.database())


@pytest.fixture
def house(request: pytest.FixtureRequest) -> House:
    """The house on the database the test asks for, as it was furnished, and this process at work in it."""
    found = request.getfixturevalue(f"{request.param}_house")
    if bound() is not found.settings:
        work_under(found.settings, found.app)
    uow.bind(found.database)
    found.again()
    return found


def only(has) -> pytest.MarkDecorator:
    """Those doors whose row in the table has what the test needs."""
    both = [("sqlite", name) for name in DOORS if has(DOORS[name])]
    both += [("postgres", name) for name in SAMPLE if has(DOORS[name])]
    return pytest.mark.parametrize(("house", "name"), both, indirect=["house"])


on_both = pytest.mark.parametrize("house", ["sqlite", "postgres"], indirect=True)
on_sqlite = pytest.mark.parametrize("house", ["sqlite"], indirect=True)


@on_sqlite
def test_no_post_door_is_forgotten(house):
    posts = {rule.endpoint for rule in house.app.url_map.iter_rules() if "POST" in rule.methods}
    assert posts == DOORS.keys() | OTHERS


@only(lambda door: True)
def test_get_is_405_but_where_the_same_address_has_a_page(house, name):
    rule = next(rule for rule in house.app.url_map.iter_rules(name))
    twins = [other for other in house.app.url_map.iter_rules() if other.rule == rule.rule and "GET" in other.methods]
    answer = house.client(DOORS[name].who).get(DOORS[name].url(house.ids))
    assert (answer.status_code == 405) == (not twins)
    assert answer.status_code < 500


@only(lambda door: door.who)
def test_who_may_not_is_403_and_nothing_changes(house, name):
    """Where every role may, it is the stranger who may not: they are led to the door."""
    door, before = DOORS[name], prints()
    form = door.filled(door.form, house.ids)
    answer = house.send(door, door.url(house.ids), form, "wrong-role-1", door.wrong)
    assert answer.status_code == (403 if door.wrong else 303)
    if not door.wrong:
        assert answer.location.startswith("/session")
    assert changed(before, prints()) == set()


@only(lambda door: door.unknown)
def test_what_nobody_knows_is_404_and_nothing_changes(house, name):
    door, before = DOORS[name], prints()
    answer = house.send(door, door.unknown, door.filled(door.form, house.ids), "unknown-id-1")
    assert answer.status_code == 404
    assert changed(before, prints()) == set()


@only(lambda door: door.bad is not None)
def test_what_cannot_be_is_422_and_what_was_typed_stays(house, name):
    """Nothing but the stored answer and the trail of events may tell of it."""
    door = DOORS[name]
    house.is_touched = True
    _happen_before(house, door)
    before = prints()
    answer = house.send(door, door.url(house.ids), door.filled(door.bad, house.ids), "bad-input-1")
    assert answer.status_code == 422
    assert door.keeps in answer.text
    assert changed(before, prints()) <= {"command", "audit_event"}


@only(lambda door: True)
def test_a_door_works_and_the_same_command_again_answers_the_same_and_changes_nothing(house, name):
    door = DOORS[name]
    house.is_touched = True
    _happen_before(house, door)
    before = prints()
    first = house.send(door, door.url(house.ids), door.filled(door.form, house.ids), "the-command-1")
    assert first.status_code in (200, 303), first.text
    after = prints()
    assert changed(before, after) - {"command"} or door.is_reading, "it changed nothing"
    again = house.send(door, door.url(house.ids), door.filled(door.form, house.ids), "the-command-1")
    assert changed(after, prints()) == set()
    if door.is_unkept:
        assert (again.status_code, "its answer is not kept" in again.text) == (422, True)
        return
    assert (again.status_code, again.data, again.location) == (first.status_code, first.data, first.location)
    assert again.headers["Idempotent-Replay"] == "true"


def _happen_before(house: House, door: Door) -> None:
    if door.before:
        with uow.unit_of_work() as db:
            door.before(db, house.ids)


# --- doors of another kind ------------------------------------------------------------------------------------------


@on_sqlite
def test_signing_in_wants_the_right_pin_and_keeps_the_badge_typed(house):
    house.is_touched = True
    token = csrf_of(house.customer.get("/session").text)
    form = {"badge": "B-1001", "csrf_token": token}
    wrong = house.customer.post("/session", data={**form, "pin": "0000"})
    assert (wrong.status_code, 'value="B-1001"' in wrong.text) == (422, True)
    assert house.customer.post("/session", data={**form, "pin": PIN}).status_code == 303
    house.customer.delete_cookie("floor_session")


@on_sqlite
def test_signing_out_twice_ends_at_the_door_both_times(house):
    house.is_touched = True
    eve = Person(house.app, "Eve")
    first, after = eve.post("/session/end", command_id="sign-out-1"), prints()
    again = eve.post("/session/end", command_id="sign-out-1")
    assert [answer.status_code for answer in (first, again)] in ([303, 303], [303, 400])
    assert eve.get("/session/end").status_code == 405
    assert changed(after, prints()) == set()
    assert eve.get("/").location.startswith("/session")


@on_sqlite
def test_a_camera_picture_changes_nothing_however_often_it_is_sent(house):
    before, ana = prints(), house.people["Ana"]
    headers = {"X-CSRFToken": ana.token, "Accept": "application/json"}
    for _time in range(2):
        answer = ana.client.post("/scan/frames", data={"frame": frame(house.ids)}, headers=headers)
        assert answer.json == {"codes": ["A01-01-1"]}
    assert ana.client.post("/scan/frames", data={"frame": "no file"}, headers=headers).status_code == 422
    assert ana.get("/scan/frames").status_code == 405
    assert changed(before, prints()) == set()


def _order(house: House, body: bytes, key: str = "m-1", channel: str = "shop", secret: str = SECRET) -> TestResponse:
    stamp = str(int(clock.now().timestamp()))
    headers = {"X-Floor-Timestamp": stamp, "X-Floor-Message-Id": key}
    headers["X-Floor-Signature"] = signed.signature(secret, stamp, key, body)
    return house.customer.post(f"/hooks/orders/{channel}", data=body, headers=headers, content_type="application/json")


@on_both
def test_a_channels_message_counts_once_and_only_with_its_signature(house):
    house.is_touched = True
    body, before = json.dumps(order_of("TEE-NAVY-L", "T-1")).encode(), prints()
    assert _order(house, body, secret="not the shop's").status_code == 401
    assert _order(house, body, channel="nobody").status_code == 404
    assert house.customer.get("/hooks/orders/shop").status_code == 405
    assert changed(before, prints()) == set()
    first = _order(house, body)
    after = prints()
    assert (first.status_code, _order(house, body).json) == (200, first.json)
    assert changed(after, prints()) == set()
    unreadable = _order(house, b"{}", key="m-2")
    assert (unreadable.status_code, bool(unreadable.json["errors"])) == (422, True)


def _carrier(house: House, events: object, carrier: str = "sf", *, secret: str = "") -> TestResponse:
    return _carried(house, json.dumps({"events": events}).encode(), carrier, secret or SF)


def _carried(house: House, body: bytes, carrier: str = "sf", secret: str = SF) -> TestResponse:
    stamp = str(int(clock.now().timestamp()))
    headers = {signing.TIMESTAMP_HEADER: stamp, signing.SIGNATURE_HEADER: signing.sign(secret, stamp, body)}
    url = f"/hooks/tracking/{carrier}"
    return house.customer.post(url, data=body, headers=headers, content_type="application/json")


@on_both
def test_a_carriers_event_counts_once_and_only_with_its_signature(house):
    house.is_touched = True
    said, before = [{"waybill": house.ids["number"], "code": "collected", "at": clock.now().isoformat()}], prints()
    assert _carrier(house, said, secret="not the carrier's").status_code == 401
    assert _carrier(house, said, carrier="nobody").status_code == 404
    assert _carrier(house, []).status_code == 422
    assert house.customer.get("/hooks/tracking/sf").status_code == 405
    assert changed(before, prints()) == set()
    assert _carrier(house, said).json == {"events": 1, "new": 1}
    after = prints()
    assert _carrier(house, said).json == {"events": 1, "new": 0}
    assert changed(after, prints()) == set()


# --- nonsense -------------------------------------------------------------------------------------------------------

#: What a broken client, a curious person or a scanner gone mad may send in any field.
NONSENSE = ("", "-1", "9" * 23, "9" * 5000, "\x00", "²", "<b>{}%s", "💥" * 300)
#: A number no database column holds.
HUGE = 10**20


@only(lambda door: True)
def test_no_nonsense_in_any_field_breaks_a_door(house, name):
    """A refusal is an answer; 500 is not. NUL and numbers too large for a column are the classics."""
    door = DOORS[name]
    house.is_touched = True
    _happen_before(house, door)
    broken = []
    for field in door.filled({**door.form, **(door.bad or {})}, house.ids):
        for n, nonsense in enumerate(NONSENSE):
            form = {**door.filled(door.form, house.ids), field: nonsense}
            answer = house.send(door, door.url(house.ids), form, f"nonsense-{n}-{field}"[:64])
            if answer.status_code >= 500:
                broken.append(f"{field}={nonsense[:30]!r}")
    assert broken == []


def _orders_of_nonsense() -> Iterator[bytes]:
    order = json.dumps(order_of("TEE-NAVY-L", "T-9"))
    yield from (b"", b"[]", b"nothing", b"\xff\xfe", b"{" * 5000, order.encode("utf-16"))
    for nonsense in ('"\\u0000"', "9" * 5000, "9" * 23, "-1", "NaN", "null", "[]", '"\\ud800"', '"' + "x" * 5000 + '"'):
        for was in ('"TEE-NAVY-L"', "1,", '"T-9"', '"2026-11-20T10:00:00+08:00"', '"b-7"'):
            yield order.replace(was, nonsense + was[-1] if was[-1] == "," else nonsense).encode()


@on_both
def test_no_nonsense_in_a_signed_message_breaks_the_webhooks(house):
    house.is_touched = True
    broken = []
    for n, body in enumerate(_orders_of_nonsense()):
        orders, tracks = _order(house, body, key=f"nonsense-{n}"), _carried(house, body)
        broken += [
            f"{one.status_code}: {body[:200]!r}" for one in (orders, tracks) if one.status_code not in (200, 422)
        ]
    events = ({"waybill": "\x00"}, {"code": "9" * 5000}, {"at": "9" * 400}, {"place": "\ud800"}, {"at": 10**300})
    for event in events:
        good = {"waybill": house.ids["number"], "code": "collected", "at": clock.now().isoformat()}
        answer = _carrier(house, [good | event])
        broken += [f"{answer.status_code}: {event}"] if answer.status_code not in (200, 422) else []
    assert broken == []


@on_both
def test_no_nonsense_in_an_address_breaks_a_page_or_a_door(house):
    """Numbers too large for a column, text where codes stand: 404 at worst."""
    house.is_touched = True
    broken = []
    for rule in house.app.url_map.iter_rules():
        for value in (HUGE, "\x00", "💥", "..", "x" * 300):
            is_number = any(isinstance(one, IntegerConverter) for one in rule._converters.values())
            if not rule.arguments or (is_number and value != HUGE):
                continue
            with house.app.test_request_context():
                fixed = {name: min(one.items) for name, one in rule._converters.items() if hasattr(one, "items")}
                url = url_for(rule.endpoint, **{**dict.fromkeys(rule.arguments, value), **fixed})
            eve = house.people["Eve"]
            answer = eve.post(url, {}) if "POST" in rule.methods else eve.get(url)
            if answer.status_code >= 500:
                broken.append(f"{answer.status_code} {rule.endpoint} {value!r:.20}")
    assert broken == []
