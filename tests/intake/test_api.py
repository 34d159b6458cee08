"""The JSON interface of our own shops: with a key, once, and never an answer its description does not name."""

import copy
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import select

from floor.intake import accounts, openapi, queries, service
from floor.intake.models import InboxMessage, InboxState
from floor.kit.actor import SYSTEM
from floor.kit.uow import reading, unit_of_work
from floor.orders.models import Address, Order
from floor.orders.states import OrderState
from tests.factories import a_sku

#: The one the description shows, as a person types its address.
ORDER = openapi.EXAMPLES["OrderMessage"] | {
    "address": {"recipient": "张\u202e小明", "phone": "+86 138-1234-1234", "province": "浙江", "city": "杭州",
                "street": "浙江省杭州市西湖区文三路 90 号\u200b"},
}  # fmt: skip


@pytest.fixture
def key(app):
    with unit_of_work() as db:
        service.ensure_channel(db, "web")
        a_sku(db)
        return accounts.new_key(db, "web", "shop", SYSTEM)


def call(client, key, path, body=None, **headers):
    headers["Authorization"] = f"Bearer {key}"
    if body is None:
        return client.get(f"/api/v1/orders{path}", headers=headers)
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.post(f"/api/v1/orders{path}", data=raw, content_type="application/json", headers=headers)


def test_an_order_is_taken_paid_moved_shown_and_cancelled_as_the_description_shows(stranger, key):
    told = openapi.EXAMPLES
    assert call(stranger, key, "", told["OrderMessage"]).json == {"order": "SO-000001", "outcome": "accepted"}
    again = call(stranger, key, "", told["OrderMessage"])
    assert again.json == {"order": "SO-000001", "outcome": "accepted"}, "the same message"
    assert call(stranger, key, "/W-1/payment", told["PaidMessage"]).json["outcome"] == "paid"
    assert call(stranger, key, "/W-1/address", told["AddressMessage"]).json["outcome"] == "changed"
    shown = call(stranger, key, "/W-1").json
    assert (shown["number"], shown["lines"][0]["qty"]) == ("SO-000001", 2)
    assert call(stranger, key, "/W-1/cancellation", told["CancelMessage"]).json["outcome"] == "cancelled"
    with reading() as db:
        order = db.exec(select(Order)).one()
        where = db.get_one(Address, order.id)
    assert order.state is OrderState.CANCELLED
    assert (order.invoice_title, order.invoice_tax_id) == ("某公司", "91330100MA0000000X")
    assert (where.province, where.city, where.district, where.division) == ("上海市", "上海市", "浦东新区", "310115")


def test_what_nobody_sees_is_taken_out_and_words_go_where_they_belong(stranger, key):
    call(stranger, key, "", ORDER)
    with reading() as db:
        where = db.exec(select(Address)).one()
    assert (where.recipient, where.phone) == ("张小明", "13812341234")
    assert (where.city, where.district, where.street) == ("杭州市", "西湖区", "文三路 90 号")


def test_without_a_good_key_nothing_is_kept(stranger, key):
    with unit_of_work() as db:
        accounts.revoke_key(db, queries.keys_of(db, queries.channel_by_code(db, "web"))[0].id, SYSTEM)
    assert call(stranger, key, "", ORDER).status_code == 401
    assert call(stranger, "flk_wrong", "/W-1").status_code == 401
    assert stranger.post("/api/v1/orders", data=b"{}").headers["WWW-Authenticate"] == "Bearer"
    with reading() as db:
        assert db.exec(select(InboxMessage)).all() == []


def test_refusals_say_why(stranger, key):
    bad = call(stranger, key, "", ORDER | {"lines": [{"sku": "NOPE", "qty": 1, "unit_price": "1.00"}]})
    assert (bad.status_code, bad.json["errors"][0]["path"]) == (422, "lines[0].sku")
    assert (
        call(stranger, key, "/NOPE/payment", {"paid_at": "2026-11-20T11:00:00+08:00", "paid": "1.00"}).status_code
        == 404
    )
    assert call(stranger, key, "/NOPE").status_code == 404
    assert call(stranger, key, "", ORDER, **{"Idempotency-Key": "a" * 65}).status_code == 400
    assert call(stranger, key, "", b"x" * 2_000_001).status_code == 413
    assert call(stranger, key, "", ORDER, **{"Idempotency-Key": "k-1"}).status_code == 200
    assert call(stranger, key, "", ORDER | {"freight": "1.00"}, **{"Idempotency-Key": "k-1"}).status_code == 422
    with reading() as db:
        assert all(message.state is not InboxState.WAITING for message in db.exec(select(InboxMessage)))


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
PATHS = ("", "/W-9/payment", "/W-9/cancellation", "/W-9/address")


@given(path=st.sampled_from(PATHS), field=st.sampled_from([*ORDER, "paid", "paid_at", "reason", "notes", "buyer"]),
       value=ANYTHING, raw=st.none() | st.binary(max_size=60))  # fmt: skip
@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_input_leads_to_an_answer_the_description_does_not_name(stranger, key, path, field, value, raw):
    described = openapi.described()["paths"][f"/api/v1/orders{path.replace('W-9', '{order_id}')}"]["post"]["responses"]
    body = raw if raw is not None else copy.deepcopy(ORDER) | {field: value}
    answer = call(stranger, key, path, body)
    assert str(answer.status_code) in described
    assert answer.is_json
    wanted = {"order", "outcome"} if answer.status_code == 200 else {"error"}
    assert wanted <= set(answer.json)
