"""Orders that come in during the demo day through the real doors: signed messages, and a shop's export with flaws."""

import csv
import io
import json
import random
from datetime import timedelta

from flask import Flask
from sqlmodel import select

from floor.catalog.models import Sku
from floor.demo.buyers import Buyers
from floor.intake import jobs
from floor.intake.channels.mapping import read_mapping
from floor.intake.channels.signed import signature
from floor.intake.models import Channel
from floor.kit import clock, units
from floor.kit.actor import Actor
from floor.kit.uow import reading
from floor.orders.service import NewOrder

#: Headings of docs/mappings/shop_export.toml, in the order the shop writes them.
_HEADINGS = (
    "订单编号", "下单时间", "付款时间", "买家会员名", "收货人姓名", "联系手机", "省", "市", "区", "收货地址", "商家编码",
    "商品标题", "数量", "单价", "商品优惠", "运费", "订单优惠", "应付金额", "实付金额", "买家留言", "卖家备注",
)  # fmt: skip


def arrive(app: Flask, clerk: Actor) -> None:
    """Some messages per channel, one of them unreadable, and one file of which two rows are."""
    with reading() as db:
        skus = list(db.exec(select(Sku).order_by(Sku.code)))
        channels = db.exec(select(Channel).order_by(Channel.code)).all()
    codes = {sku.id: sku for sku in skus}
    drawn = Buyers(skus, clock.now(), random.Random(2222))
    client = app.test_client()
    for n in range(12):
        channel = channels[n % len(channels)]
        body = json.dumps(_message(drawn.order(), codes, n), ensure_ascii=False).encode()
        if n == 7:
            body = body.replace(b'"sku": "', b'"sku": "OLD-', 1)  # a SKU the catalogue has never heard of
        stamp, key = str(int(clock.now().timestamp())), f"demo-{n}"
        headers = {
            "X-Floor-Timestamp": stamp,
            "X-Floor-Message-Id": key,
            "X-Floor-Signature": signature(channel.secret, stamp, key, body),
        }
        client.post(f"/hooks/orders/{channel.code}", data=body, headers=headers, content_type="application/json")
    file = _export([drawn.order() for _ in range(15)], codes)
    mapping = read_mapping((app.extensions["settings"].root / "docs" / "mappings" / "shop_export.toml").read_bytes())
    jobs.import_file("门店订单.csv", lambda: io.BytesIO(file), mapping, False, clerk)


def _message(order: NewOrder, codes: dict[int | None, Sku], n: int) -> dict[str, object]:
    return {
        "type": "order", "order_id": f"MSG{n:04d}", "placed_at": order.placed_at.isoformat(),
        "paid_at": order.placed_at.isoformat(), "buyer": {"id": order.buyer_id, "name": order.buyer_name},
        "address": vars(order.address),
        "lines": [
            {"sku": codes[line.sku_id].code, "qty": line.qty, "unit_price": units.yuan(line.unit_price_fen).replace(",", "")}
            for line in order.lines
        ],
        "notes": {"buyer": order.buyer_note},
    }  # fmt: skip


def _export(orders: list[NewOrder], codes: dict[int | None, Sku]) -> bytes:
    """As spreadsheets write it: GB18030, long numbers behind an apostrophe; one quantity is a word, one phone is gone."""
    text = io.StringIO()
    sheet = csv.writer(text)
    sheet.writerow(_HEADINGS)
    for n, order in enumerate(orders):
        placed = (order.placed_at + timedelta(hours=8)).strftime("%Y-%m-%d %H:%M:%S")
        where = order.address
        for line in order.lines:
            sku = codes[line.sku_id]
            price = units.yuan(line.unit_price_fen).replace(",", "")
            sheet.writerow(
                (f"'SHOP{n:06d}", placed, placed, order.buyer_id, where.recipient, "" if n == 4 else f"'{where.phone}",
                 where.province, where.city, where.district, where.street, sku.code, sku.name,
                 "两件" if n == 9 else line.qty, price, "", "", "", "", "", order.buyer_note, "")
            )  # fmt: skip
    return text.getvalue().encode("gb18030")
