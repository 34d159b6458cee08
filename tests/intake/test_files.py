"""Order files: every row ends as accepted, known or rejected, whatever was in it and whenever the import stopped."""

import gzip
import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlmodel import select

from floor.catalog.models import Sku
from floor.intake import jobs, queries, service
from floor.intake.channels import files
from floor.intake.channels.mapping import read_mapping
from floor.intake.models import ImportBatch, ImportFile, RejectedRow
from floor.kit.actor import SYSTEM
from floor.kit.errors import Conflict, Invalid
from floor.kit.uow import reading, unit_of_work
from floor.orders.models import Address, Order, OrderLine
from tests.factories import a_sku, count

MAPPINGS = Path(__file__).parents[2] / "docs" / "mappings"
SHOP = read_mapping((MAPPINGS / "shop_export.toml").read_bytes())
HEADER = ",".join(SHOP.columns[name] for name in SHOP.columns if name != "buyer_name")


def row(order="A-1", sku="TEE-NAVY-L", qty="1", price="99.00", **other):
    values = {
        "order_id": order, "placed_at": "2026-11-20 10:00:00", "paid_at": "2026-11-20 10:01:00", "buyer_id": "小明",
        "recipient": "张小明", "phone": '="13812341234"', "province": "浙江", "city": "杭州市", "district": "西湖区",
        "street": "文三路 90 号", "sku": sku, "product_name": "短袖", "qty": qty, "unit_price": price,
        "line_discount": "", "freight": "", "discount": "", "total": "", "paid": "",
        "buyer_note": "", "seller_note": "",
    }  # fmt: skip
    return ",".join(f'"{v}"' if "," in v else v for v in (values | other).values())


def packed(*rows, encoding="gb18030", head=HEADER):
    return "\r\n".join([head, *rows, ""]).encode(encoding)


def bring(body, mapping=SHOP, create_skus=False):
    return jobs.import_file("orders.csv", lambda: io.BytesIO(body), mapping, create_skus, SYSTEM)


def counts(batch):
    assert batch.rows == batch.lines + batch.known_rows + batch.rejected, "every row ends in exactly one way"
    return batch.rows, batch.orders, batch.lines, batch.known_rows, batch.rejected


def rejects(batch):
    with reading() as db:
        return [(r.row, r.column, r.reason) for r in queries.all_rejected(db, batch.id)]


@pytest.fixture
def tee(app):
    with unit_of_work() as db:
        return a_sku(db)


@pytest.mark.usefixtures("tee")
def test_a_chinese_export_in_gb18030_becomes_orders_one_line_per_sku_and_price(app):
    batch = bring(packed(row(freight="¥10.00", buyer_note="尽快，谢谢"), row("A-2"), row(qty="2")))
    assert counts(batch) == (3, 2, 3, 0, 0)
    assert batch.finished_at is not None
    with reading() as db:
        order = db.exec(select(Order).where(Order.external_id == "A-1")).one()
        (line,) = db.exec(select(OrderLine).where(OrderLine.order_id == order.id)).all()
        address = db.get(Address, order.id)
    assert (line.qty, order.goods_fen, order.total_fen, order.paid_fen) == (3, 29700, 30700, 30700)
    assert order.placed_at == datetime(2026, 11, 20, 2, 0, tzinfo=UTC), "the mapping's zone is Shanghai"
    assert (address.phone, address.province, order.buyer_note) == ("13812341234", "浙江省", "尽快，谢谢")


@pytest.mark.usefixtures("tee")
def test_the_same_file_again_brings_only_known_orders(app):
    body = packed(row(), row(qty="2"), row("A-2"), row("A-3", qty="x"))
    assert counts(bring(body)) == (4, 2, 3, 0, 1)
    assert counts(bring(body)) == (4, 0, 0, 3, 1)
    with reading() as db:
        assert count(db, Order) == 2


@pytest.mark.usefixtures("tee")
@pytest.mark.parametrize(
    ("bad", "column", "reason"),
    [
        ({"qty": "0"}, "数量", "not_positive"),
        ({"qty": "-3"}, "数量", "not_positive"),
        ({"qty": "two"}, "数量", "number"),
        ({"qty": "999999"}, "数量", "number"),
        ({"qty": ""}, "数量", "missing"),
        ({"price": "9.999"}, "单价", "money"),
        ({"price": "1e9"}, "单价", "money"),
        ({"price": "-1"}, "单价", "negative"),
        ({"price": "20000001"}, "单价", "too_much"),
        ({"placed_at": "20/11/2026"}, "下单时间", "date"),
        ({"paid_at": "soon"}, "付款时间", "date"),
        ({"recipient": ""}, "收货人姓名", "missing"),
        ({"sku": "NO-SUCH"}, "", "unknown_sku"),
        ({"sku": ""}, "商家编码", "missing"),
        ({"street": "路" * 201}, "收货地址", "too_long"),
        ({"freight": "free"}, "运费", "money"),
    ],
)
def test_a_bad_row_is_rejected_with_its_column_and_its_whole_order_waits(app, bad, column, reason):
    batch = bring(packed(row("A-1"), row("A-1", **bad), row("A-2")))
    assert counts(batch) == (3, 1, 1, 0, 2)
    found = rejects(batch)
    assert {r for _n, _c, r in found} == {reason, "order_incomplete"}
    assert column in {c for _n, c, r in found if r == reason}


@pytest.mark.usefixtures("tee")
def test_rows_of_one_order_that_contradict_each_other_are_rejected(app):
    batch = bring(packed(row(), row(street="别的路 1 号")))
    assert rejects(batch)[0] == (1, "收货地址", "differs")
    assert counts(batch) == (2, 0, 0, 0, 2)


@pytest.mark.usefixtures("tee")
def test_what_is_not_goods_is_left_out_and_the_order_is_taken(app):
    batch = bring(packed(row(), row(sku="FW-YANBAO")))
    assert counts(batch) == (2, 1, 1, 0, 1)
    assert rejects(batch) == [(2, "商家编码", "not_goods")]


@pytest.mark.usefixtures("tee")
def test_rows_too_short_too_long_without_number_or_unreadable_are_each_told(app):
    body = (
        packed(row(), "A-2,2026", row("A-3") + ",more", row(""), "")
        + b'A-5,"'
        + b"\xff\xff"
        + b'"'
        + b"," * 18
        + b"\r\n"
    )
    batch = bring(body)
    assert rejects(batch) == [
        (2, "", "row_short"),
        (3, "", "row_long"),
        (4, "订单编号", "missing"),
        (5, "", "row_short"),
    ]
    assert counts(batch) == (5, 1, 1, 0, 4)


@pytest.mark.usefixtures("tee")
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_file_in_the_other_encoding_shows_by_its_header_and_is_read_the_same(app, encoding):
    batch = bring(packed(row("A-1"), encoding=encoding))
    assert (batch.orders, batch.rejected) == (1, 0)
    with reading() as db:
        assert db.exec(select(Address.recipient)).one() == "张小明"


@pytest.mark.usefixtures("tee")
def test_characters_of_the_wrong_encoding_are_rejected_not_guessed(app):
    body = packed(row("A-1")) + packed(row("A-2"), head="").strip().replace("张".encode("gb18030"), b"\xff")
    assert ("encoding") in {reason for _n, _c, reason in rejects(bring(body))}


@pytest.mark.usefixtures("tee")
def test_exports_protect_numbers_and_we_take_it_off(app):
    assert [files.clean(x) for x in ('="123"', "'0012", "\t42 ", "\ufeffx", '=""', "a'b")] == [
        "123", "0012", "42", "x", "", "a'b",
    ]  # fmt: skip


@pytest.mark.usefixtures("tee")
def test_a_packed_file_is_read_and_a_damaged_one_refused_before_anything_is_written(app):
    body = gzip.compress(packed(row()))
    assert counts(bring(body)) == (1, 1, 1, 0, 0)
    with pytest.raises(Invalid) as refused:
        bring(gzip.compress(packed(*(row(f"B-{n}") for n in range(500))))[:-40])
    assert refused.value.code == "intake.file_broken"
    with reading() as db:
        assert (count(db, Order), count(db, ImportBatch)) == (1, 1)


@pytest.mark.usefixtures("tee")
@pytest.mark.parametrize(("body", "code"), [(b"", "intake.no_columns"), (b"a,b\r\n1,2\r\n", "intake.no_columns")])
def test_a_file_without_the_mapped_columns_is_refused(app, body, code):
    with pytest.raises(Invalid) as refused:
        bring(body)
    assert refused.value.code == code


def test_a_file_with_a_header_only_is_refused(app):
    with pytest.raises(Invalid) as refused:
        bring(packed())
    assert refused.value.code == "intake.file_empty"


def test_unknown_skus_join_the_catalogue_only_when_asked_with_a_size_said_to_be_assumed(app):
    body = packed(row(sku="new-1"), row("A-2", sku="NEW-1"))
    assert counts(bring(body)) == (2, 0, 0, 0, 2)
    batch = bring(body, create_skus=True)
    assert (counts(batch), batch.created_skus) == ((2, 2, 2, 0, 0), 1)
    with reading() as db:
        sku = db.exec(select(Sku)).one()
    assert (sku.code, sku.name, sku.length_mm, sku.weight_g) == ("NEW-1", "短袖", 200, 500)


@pytest.mark.usefixtures("tee")
def test_an_import_killed_between_chunks_is_finished_by_running_it_again(app, monkeypatch):
    body = packed(*(row(f"A-{n}") for n in range(50)))
    monkeypatch.setattr(jobs, "FILE_CHUNK", 20)

    def dies(batch):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        jobs.import_file("orders.csv", lambda: io.BytesIO(body), SHOP, False, SYSTEM, dies)
    with reading() as db:
        assert count(db, Order) == jobs.FILE_CHUNK
        assert queries.broken_batches(db) == [], "even a stopped import adds up"
    assert counts(bring(body)) == (50, 30, 30, 20, 0)


@pytest.mark.usefixtures("tee")
def test_an_upload_goes_on_where_its_worker_was_killed_and_only_one_worker_moves_it(app, relay):
    body = packed(*(row(f"A-{n}") for n in range(50)))
    with unit_of_work() as db:
        batch = service.begin_batch(db, "orders.csv", SHOP, False, body, SYSTEM)
        first = list(files.groups(lambda: io.BytesIO(body), SHOP, batch.imported_at))[:20]
    with unit_of_work() as db:
        service.settle(db, batch.id, 0, first, SYSTEM)
    with pytest.raises(Conflict), unit_of_work() as db:
        service.settle(db, batch.id, 0, first, SYSTEM)
    relay.drain()
    with reading() as db:
        batch = db.get(ImportBatch, batch.id)
        assert counts(batch) == (50, 50, 50, 0, 0)
        assert batch.finished_at is not None
        assert count(db, ImportFile) == 0, "the copy of the file goes"
    jobs.continue_upload(batch.id)
    with reading() as db:
        assert count(db, Order) == 50


@pytest.mark.usefixtures("tee")
def test_a_supervisor_uploads_a_file_and_reads_why_rows_were_rejected(app, sign_in, relay):
    dai = sign_in("Dai")
    form = {"mapping": "shop_export", "file": (io.BytesIO(packed(row(), row("A-2", qty="=2+3"))), "订单.csv")}
    answer = dai.post("/intake/files", form, content_type="multipart/form-data")
    assert answer.status_code == 303
    url = answer.location
    assert "Not finished" in dai.get(url).text
    relay.drain()
    shown = dai.get(url).text
    assert "订单.csv" in shown
    assert "This is not a number in the range allowed." in shown
    assert "1 + 0 + 1 = 2" in shown
    assert "138****1234" in shown, "the screen masks, the sheet to correct and send again does not"
    sheet = dai.get(f"{url}/rejects.csv")
    text = sheet.data.decode("utf-8-sig")
    assert "'=2+3" in text, "a spreadsheet must not run it"
    assert text.splitlines()[0].endswith("_row,_column,_reason")
    assert "订单.csv" in dai.get("/intake").text


@pytest.mark.usefixtures("tee")
def test_an_upload_is_one_import_however_often_it_is_sent(app, sign_in):
    dai = sign_in("Dai")

    def post():
        form = {"mapping": "shop_export", "file": (io.BytesIO(packed(row())), "a.csv")}
        return dai.post("/intake/files", form, "upload-number-1", content_type="multipart/form-data")

    assert post().location == post().location
    with reading() as db:
        assert count(db, ImportBatch) == 1


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"mapping": "shop_export"}, "Choose a file."),
        ({"mapping": "", "file": b"x"}, "Choose which mapping reads this file."),
        ({"mapping": "shop_export", "file": b"x,y\n1,2\n"}, "The file has no column"),
        ({"mapping_file": b"name = 3", "file": b"x"}, "The mapping cannot be read at"),
    ],
)
def test_an_upload_that_cannot_be_read_is_refused_with_the_reason_and_the_choice_kept(app, sign_in, form, words):
    sent = {k: (io.BytesIO(v), f"{k}.csv") if isinstance(v, bytes) else v for k, v in form.items()}
    answer = sign_in("Dai").post("/intake/files", sent | {"create_skus": "1"}, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert words in answer.text
    assert 'value="1" checked' in answer.text
    with reading() as db:
        assert count(db, ImportBatch) == 0


def test_files_are_for_supervisors(app, sign_in):
    ana, dai = sign_in("Ana"), sign_in("Dai")
    assert ana.post("/intake/files").status_code == 403
    assert ana.get("/intake/batches/1").status_code == 403
    assert dai.get("/intake/files").status_code == 405
    assert dai.get("/intake/batches/999").status_code == dai.get("/intake/batches/999/rejects.csv").status_code == 404


@pytest.mark.parametrize(
    "change",
    [
        'delimiter = ";;"', 'encoding = "latin-1"', 'timezone = "Mars/Base"', 'surprise = 1', 'required = ["colour"]',
        '[[reject]]\ncolumn = "a"\npattern = "("\nreason = "not_goods"', '[columns]\nsku = "a"', "= broken",
    ],
)  # fmt: skip
def test_a_mapping_that_cannot_work_is_refused_when_it_is_read(change):
    whole = 'name = "x"\nchannel = "x"\n' + change
    if "[columns]" not in change:
        whole += '\n[columns]\norder_id="a"\nplaced_at="b"\nqty="c"\nunit_price="d"\nsku="e"\n'
    with pytest.raises(Invalid) as refused:
        read_mapping(whole.encode())
    assert refused.value.code == "intake.bad_mapping"


def test_what_a_mapping_supplies_depends_on_the_order_alone():
    uci = read_mapping((MAPPINGS / "uci_online_retail.toml").read_bytes())
    assert uci.fixed("536365") == uci.fixed("536365")
    assert len({uci.fixed(str(n))["province"] for n in range(100)}) == len(uci.rotate)


@pytest.mark.usefixtures("tee")
def test_the_command_says_how_every_row_ended(app, tmp_path):
    path = tmp_path / "orders.csv.gz"
    path.write_bytes(gzip.compress(packed(row(), row("A-2", qty="-1"))))
    result = app.test_cli_runner().invoke(args=["intake", "csv", str(path), "--mapping", "shop_export"])
    assert result.exit_code == 0, result.output
    assert "1 accepted, as 1 orders" in result.output
    assert "1 not_positive" in result.output
    assert "1 + 0 + 1 = 2" in result.output
    missing = app.test_cli_runner().invoke(args=["intake", "csv", str(path), "--mapping", "nobody"])
    assert missing.exit_code == 1


@pytest.mark.usefixtures("tee")
def test_the_checks_see_a_batch_that_does_not_add_up(app):
    batch = bring(packed(row()))
    with unit_of_work() as db:
        assert queries.broken_batches(db) == []
        db.add(RejectedRow(batch_id=batch.id, row=9, reason="number"))
        db.flush()
        assert len(queries.broken_batches(db)) == 1
