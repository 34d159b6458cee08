"""The world beyond our walls: a shop and a carrier that sign their messages, a shop that sends a file, a printed page.

Signatures are worked out here from the formats the README files promise, not with the house's own functions.
"""

import csv
import hashlib
import hmac
import io
import json
import subprocess
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import zxingcpp
from PIL import Image

from floor.kit import clock
from tests.journeys.world import CARRIER, CARRIER_SECRET, CHANNEL, CHANNEL_SECRET

#: What most thermal printers print at.
DPI = 203


def _mac(secret: str, message: bytes) -> str:
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def _post(url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, Any]:
    asked = urllib.request.Request(url, body, {"Content-Type": "application/json", **headers})  # noqa: S310
    try:
        with urllib.request.urlopen(asked, timeout=30) as answer:  # noqa: S310 -- our own server
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, json.load(refused)


def shop_sends(house_url: str, order: Mapping[str, Any], secret: str = CHANNEL_SECRET) -> tuple[int, Any]:
    """The web shop's signed webhook: HMAC over `<time>.<message id>.<body>`."""
    body, stamp = json.dumps(order, ensure_ascii=False).encode(), str(int(clock.now().timestamp()))
    message_id = f"m-{order['order_id']}"
    headers = {
        "X-Floor-Message-Id": message_id,
        "X-Floor-Timestamp": stamp,
        "X-Floor-Signature": _mac(secret, f"{stamp}.{message_id}.".encode() + body),
    }
    return _post(f"{house_url}/hooks/orders/{CHANNEL}", headers, body)


def calls(url: str, key: str, message: Mapping[str, Any]) -> tuple[int, Any]:
    """Our own shop at the JSON interface, with its key."""
    headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": f"m-{message['order_id']}"}
    return _post(url, headers, json.dumps(message, ensure_ascii=False).encode())


def an_order(number: str, lines: Mapping[str, int], note: str = "") -> dict[str, Any]:
    """A paid order of 99 yuan per unit, in the words of our webhook."""
    now = clock.now()
    total = f"{99 * sum(lines.values())}.00"
    return {
        "order_id": number,
        "placed_at": now.isoformat(),
        "paid_at": now.isoformat(),
        "promised_at": (now + timedelta(hours=6)).isoformat(),
        "buyer": {"id": f"buyer of {number}", "name": "王芳", "lang": "en"},
        "address": {
            "recipient": "王芳", "phone": "13800001111", "province": "浙江省", "city": "杭州市", "district": "西湖区",
            "street": "文三路 90 号 5 幢 302 室",
        },
        "lines": [{"sku": sku, "qty": qty, "unit_price": "99.00"} for sku, qty in lines.items()],
        "total": total,
        "paid": total,
        "notes": {"buyer": note},
    }  # fmt: skip


def a_shop_file(folder: Path, orders: Mapping[str, Mapping[str, int]]) -> Path:
    """The same as a shop's spreadsheet: GB18030, Chinese columns, one row per line (docs/mappings/shop_export.toml)."""
    columns = "订单编号 下单时间 付款时间 买家会员名 收货人姓名 联系手机 省 市 区 收货地址 商家编码 商品标题"
    columns += " 数量 单价 商品优惠 运费 订单优惠 应付金额 实付金额 买家留言 卖家备注"
    now = clock.now().astimezone(ZoneInfo("Asia/Shanghai")).strftime("%Y-%m-%d %H:%M:%S")
    out = io.StringIO()
    sheet = csv.writer(out)
    sheet.writerow(columns.split())
    for number, lines in orders.items():
        total = f"{99 * sum(lines.values())}.00"
        who = [f"买家 {number}", "李雷", "13900002222", "上海市", "上海市", "浦东新区", "张江路 7 号 2 单元 101 室"]
        for sku, qty in lines.items():
            money = [str(qty), "99.00", "0", "0", "0", total, total]
            sheet.writerow([f'="{number}"', now, now, *who, sku, sku, *money, "", ""])
    path = folder / "orders.csv"
    path.write_bytes(out.getvalue().encode("gb18030"))
    return path


def carrier_tells(
    house_url: str, waybill: str, codes: Sequence[str], since: datetime, secret: str = CARRIER_SECRET
) -> tuple[int, Any]:
    """The carrier's signed webhook: HMAC over `<time>.<body>`. One event per code, in this order, all after `since`."""
    events = [
        {"waybill": waybill, "code": code, "text": f"said {code}", "place": "杭州市",
         "at": (since + timedelta(milliseconds=n)).isoformat()}
        for n, code in enumerate(codes, start=1)
    ]  # fmt: skip
    body, stamp = json.dumps({"events": events}).encode(), str(int(clock.now().timestamp()))
    headers = {"X-Floor-Timestamp": stamp, "X-Floor-Signature": _mac(secret, f"{stamp}.".encode() + body)}
    return _post(f"{house_url}/hooks/tracking/{CARRIER}", headers, body)


def barcodes_on(pdf: bytes, folder: Path) -> set[str]:
    """The Code 128 of a PDF's pages, read from what a printer would print."""
    assert pdf.startswith(b"%PDF"), pdf[:60]
    pages = folder / hashlib.sha256(pdf).hexdigest()[:12]
    subprocess.run(["pdftoppm", "-r", str(DPI), "-mono", "-png", "-", str(pages)], input=pdf, check=True)
    found = set()
    for page in sorted(folder.glob(f"{pages.name}*.png")):
        with Image.open(page) as picture:
            found |= {c.text for c in zxingcpp.read_barcodes(picture.convert("L")) if "128" in c.format.name}
    return found
