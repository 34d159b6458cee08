"""Orders of all channels look alike: bundles, gifts and discounts in whole fen, places with codes, phones."""

import io
import zipfile
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import select

from floor.catalog.models import BundlePart
from floor.events.models import AuditEvent
from floor.intake import jobs, queries, service
from floor.intake.bundles import Part, discounted, expanded, shares
from floor.intake.channels import files
from floor.intake.channels.draft import DraftLine
from floor.intake.channels.mapping import Mapping
from floor.intake.models import Channel, GiftRule
from floor.intake.places import dialled, parsed, visible
from floor.kit import clock
from floor.kit.errors import Invalid
from floor.kit.spreadsheet import to_workbook
from floor.kit.uow import reading, unit_of_work
from floor.orders.models import Address, Order, OrderLine
from tests.factories import a_bin, a_carrier, a_planned_shipment, a_sku, a_warehouse, stock
from tests.intake.test_webhook import MESSAGE, SECRET, send

FEN = st.integers(0, 2_000_000)


@given(FEN, st.lists(st.integers(0, 10_000), min_size=1, max_size=9))
@settings(max_examples=200, deadline=None)
def test_what_is_split_adds_up(total, weights):
    found = shares(total, weights)
    assert sum(found) == total
    assert all(share >= 0 for share in found)


@given(
    st.lists(st.tuples(st.integers(1, 9), FEN, st.integers(0, 100)), min_size=1, max_size=5),
    st.lists(st.tuples(st.integers(1, 7), st.integers(1, 50)), min_size=1, max_size=4), st.integers(0, 100),
)  # fmt: skip
@settings(max_examples=200, deadline=None)
def test_bundles_and_discounts_keep_every_sum_to_the_fen(lines, parts, percent):
    drafts = [DraftLine("SET", qty, price, qty * price * off // 100) for qty, price, off in lines]
    goods = sum(line.qty * line.unit_price_fen for line in drafts)
    said = sum(line.discount_fen for line in drafts)
    wanted = said + (goods - said) * percent // 100
    bundle = [Part(f"P{n}", qty, weight) for n, (qty, weight) in enumerate(parts)]
    made = expanded(discounted(drafts, wanted), {"SET": bundle})
    assert sum(line.qty * line.unit_price_fen for line in made) == goods
    assert sum(line.discount_fen for line in made) == wanted
    for n, (qty, _weight) in enumerate(parts):
        assert sum(line.qty for line in made if line.code == f"P{n}") == qty * sum(qty for qty, *_ in lines)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (
            ("浙江", "杭州市", "西湖区", "浙江杭州市西湖区文三路 9 号"),
            ("浙江省", "杭州市", "西湖区", "文三路 9 号", "330106"),
        ),
        (("", "", "", "浙江省杭州市西湖区文三路9号"), ("浙江省", "杭州市", "西湖区", "文三路9号", "330106")),
        (("", "", "", "上海市浦东新区世纪大道1号"), ("上海市", "上海市", "浦东新区", "世纪大道1号", "310115")),
        (("上海", "上海市", "浦东新区", "上海路5号"), ("上海市", "上海市", "浦东新区", "上海路5号", "310115")),
        (("湖北省", "", "仙桃市", "大新路"), ("湖北省", "仙桃市", "仙桃市", "大新路", "429004")),
        (("广东省", "东莞市", "", "莞太路1号"), ("广东省", "东莞市", "", "莞太路1号", "441900")),
        (("内蒙古", "呼和浩特", "新城", "x"), ("内蒙古自治区", "呼和浩特市", "新城区", "x", "150102")),
        (("", "", "", "nowhere"), ("", "", "", "nowhere", "")),
    ],
)
def test_words_of_an_address_find_their_fields_and_code(words, found):
    assert parsed(*words) == found


def test_phones_are_as_they_are_dialled_and_masks_stay():
    assert {
        dialled(n) for n in ("+86 138-1234-1234", "１３８１２３４１２３４", "8613812341234", "0086 13812341234")
    } == {"13812341234"}
    assert dialled("138****1234") == "138****1234"
    assert visible("a\u202eb\u200bc\td\x07") == "abc d"


@pytest.fixture
def shop(app):
    with unit_of_work() as db:
        service.ensure_channel(db, "shop").secret = SECRET
        tee, mug, card = a_sku(db), a_sku(db, "MUG"), a_sku(db, "CARD")
        for sku, qty, weight in ((tee, 1, 3), (mug, 3, 1)):
            db.add(BundlePart(code="SET-1", sku_id=sku.id, qty=qty, weight=weight))
        db.add(GiftRule(channel="shop", from_fen=10_000, gift_sku_id=card.id, qty=2))
        db.add(GiftRule(channel="shop", from_fen=99_999_999, gift_sku_id=card.id))


@pytest.mark.usefixtures("shop")
def test_a_bundle_is_its_parts_a_gift_comes_by_rule_and_a_late_address_is_told(stranger):
    message = MESSAGE | {"lines": [{"sku": "SET-1", "qty": 1, "unit_price": "200.00", "id": "L9"}], "freight": "0"}
    assert send(stranger, message | {"total": "192.00", "paid": "192.00"}).json["outcome"] == "accepted"
    with reading() as db:
        order = db.exec(select(Order)).one()
        lines = db.exec(select(OrderLine).order_by(OrderLine.id)).all()
        assert order.goods_fen == sum(line.qty * line.unit_price_fen for line in lines) == 20_000
        assert sum(line.discount_fen for line in lines) == order.discount_fen == 800
        assert [(line.bundle, line.is_gift, line.qty) for line in lines] == [
            ("SET-1", False, 1), ("SET-1", False, 1), ("SET-1", False, 2), ("", True, 2)
        ]  # fmt: skip
    with unit_of_work() as db:
        house = a_warehouse(db)
        where, carrier, order = a_bin(db, house), a_carrier(db), db.exec(select(Order)).one()
        tee = db.get(service.Sku, queries.skus_by_code(db, ["TEE-NAVY-L"])["TEE-NAVY-L"][0])
        stock(db, where, tee, 5)
        a_planned_shipment(db, order, [(where, tee, 1)], carrier)
    moved = {"type": "address", "order_id": "T-1", "address": MESSAGE["address"] | {"street": "龙井路 1 号"}}
    assert send(stranger, moved, key="m-9").json["outcome"] == "late"
    with reading() as db:
        assert db.exec(select(Address)).one().street == "文三路 90 号"
        assert "intake.address.too_late" in set(db.exec(select(AuditEvent.kind)))


@pytest.mark.usefixtures("shop")
def test_a_silent_channel_is_told_of_and_screens_show_what_came(stranger, sign_in):
    send(stranger, MESSAGE)
    send(stranger, {"order_id": "bad"}, key="m-2")
    with unit_of_work() as db:
        channel = db.exec(select(Channel)).one()
        channel.silent_minutes = 30
        channel.last_message_at = clock.now() - timedelta(minutes=31)
    dai = sign_in("Dai")
    assert 'role="alert"' in dai.get("/intake").text
    assert "T-1" in dai.get("/intake/inbox?state=all").text
    with reading() as db:
        (dead,) = queries.dead_letters(db)
        assert [row.code for row in queries.silent_channels(db)] == ["shop"]
    assert "order_id" in dai.get(f"/intake/inbox/{dead.id}").text
    dai.post(f"/intake/inbox/{dead.id}/again")
    assert "1 message still cannot be read" in dai.get("/intake/inbox").text
    assert dai.get("/intake/channels/shop").status_code == 200
    there = dai.post("/intake/channels", {"code": "shop", "name": "Another", "is_active": "1"})
    assert (there.status_code, 'value="Another"' in there.text) == (422, True)
    with reading() as db:
        assert db.exec(select(Channel.name)).one() == channel.name, "nobody overwrites a channel unseen"
    assert dai.get("/intake/inbox/99999").status_code == 404


MAPPING = Mapping.model_validate({
    "name": "m", "channel": "till", "encoding": "gb18030",
    "columns": {"order_id": "no", "placed_at": "at", "sku": "sku", "qty": "qty", "unit_price": "price",
                "buyer_note": "note", "street": "street"},
})  # fmt: skip
HEAD = ["no", "at", "sku", "qty", "price", "note", "street"]


def orders_of(body: bytes) -> list[Order]:
    body, mapping = files.unpacked(body, MAPPING)
    jobs.import_file("f", lambda: io.BytesIO(body), mapping, True, jobs.Actor("system"))
    with reading() as db:
        return list(db.exec(select(Order).order_by(Order.external_id)))


def test_files_in_any_dress_are_read_and_hostile_ones_are_refused(app):
    row = ["A-1", "2026-11-20 10:00:00", "TEE", "2", "9.90", "=HYPERLINK(1)", "文三路\u202e\x07 9 号"]
    table = "\n".join(",".join(line) for line in (HEAD, row))
    assert len(orders_of(table.encode("utf-8-sig"))) == 1, "a mark wins over the mapping's encoding"
    assert len(orders_of(table.replace("A-1", "A-2").replace("\u202e\x07", "").encode("gb18030"))) == 2
    found = orders_of(to_workbook(HEAD, [["A-3", *row[1:]]]))
    assert [order.external_id for order in found] == ["A-1", "A-2", "A-3"]
    assert {order.buyer_note for order in found} == {"=HYPERLINK(1)"}, (
        "kept as text; what we write out is made harmless"
    )
    with reading() as db:
        assert {one.street for one in db.exec(select(Address))} == {"文三路 9 号"}
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", b"0" * (121 << 20))
    broken = to_workbook(HEAD, [row])[:-200]
    for body, code in ((bomb.getvalue(), "intake.workbook_too_big"), (broken, "intake.file_broken")):
        with pytest.raises(Invalid) as refused:
            files.unpacked(body, MAPPING)
        assert refused.value.code == code
    huge = b",".join(name.encode() for name in HEAD) + b'\nA-9,"' + b"x" * (8 << 20) + b'",TEE,1,1.00,,\n'
    assert len(orders_of(huge)) == 3, "a cell without end is a bad row, not a full memory"
