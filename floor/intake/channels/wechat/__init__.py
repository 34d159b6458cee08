"""WeChat shops (channels/ec): orders, shipping, encrypted callbacks; and the shipping notice of mini-programs.

Calls are not signed: a token of the app id proves them. Callbacks need the options `push_token` and `aes_key`.
With the option `mini_program` parcels are told to /wxa/sec/order/upload_shipping_info instead (orders of the program's
own shop, that came in by the signed webhook; the payer's openid is the buyer's id).
"""

import json
import re
from collections.abc import Iterator, Mapping, Set
from datetime import datetime, timedelta
from typing import Any

from floor.intake.channels.draft import Draft, DraftLine
from floor.intake.channels.outside import call
from floor.intake.channels.port import (
    Change,
    Down,
    Expired,
    Hint,
    Push,
    Rejected,
    Seen,
    Shipped,
    Standing,
    Throttled,
    Token,
)
from floor.intake.channels.reading import (
    LOCAL,
    PROMISE,
    Unreadable,
    line_text,
    needed,
    new_address,
    text,
    unix_moment,
    whole,
)
from floor.intake.channels.shop import Shop, token_of
from floor.intake.channels.signed import Forged
from floor.intake.channels.wechat import crypt
from floor.kit import clock, ids
from floor.orders.service import NewOrder

_PAGE = 100
_TOKEN_ENDED = (40001, 42001, 40014)
_PAID, _SHIPPED = (20, 21), (30, 100)
_STANDINGS = {10: Standing.UNPAID, 12: Standing.UNPAID, 13: Standing.UNPAID, 20: Standing.PAID, 21: Standing.PAID,
              30: Standing.ELSEWHERE, 100: Standing.ELSEWHERE, 190: Standing.CANCELLED, 200: Standing.CANCELLED,
              250: Standing.CANCELLED}  # fmt: skip
#: Channel -> when its products were read, what is sold as what, and the codes that were asked for in vain.
_catalogues: dict[str, tuple[datetime, dict[str, list[str]], frozenset[str]]] = {}
_CATALOGUE_LASTS = timedelta(hours=1)
_SEALED = re.compile(r"<Encrypt>\s*(?:<!\[CDATA\[)?\s*([A-Za-z0-9+/=]+)\s*(?:\]\]>)?\s*</Encrypt>")


class WechatShop(Shop):
    span = timedelta(days=6)
    per_second = 50.0

    def changed(self, since: datetime, until: datetime) -> Iterator[Change]:
        """/channels/ec/order/list/get by update time; numbers only, each is read."""
        window = {"start_time": int(since.timestamp()), "end_time": int(until.timestamp()) + 1}
        key = ""
        while True:
            asked: dict[str, Any] = {"update_time_range": window, "page_size": _PAGE}
            told = self._post("/channels/ec/order/list/get", asked | ({"next_key": key} if key else {}))
            for order_id in told.get("order_id_list") or []:
                yield Change(line_text(order_id, 64))
            before, key = key, str(told.get("next_key") or "")
            if not told.get("has_more") or not key or key == before:
                return

    def read(self, order_id: str) -> Change:
        """/channels/ec/order/get."""
        order = self._post("/channels/ec/order/get", {"order_id": order_id}).get("order")
        if not isinstance(order, dict):
            raise Rejected("unknown_order")
        version = int(unix_moment(order.get("update_time"), "update_time").timestamp()) * 1000
        return Change(order_id, version, json.dumps(order, ensure_ascii=False, sort_keys=True))

    def ship(self, parcel: Shipped) -> None:
        """/channels/ec/order/delivery/send with all lines; after a refusal what WeChat shows as shipped is shipped."""
        if self.option("mini_program", False):
            self._tell_mini_program(parcel)
            return
        carrier = str(self.option("carriers", {}).get(parcel.carrier, parcel.carrier.upper()))
        products = [
            {"product_id": product, "sku_id": sku, "product_cnt": qty}
            for (product, _colon, sku), qty in ((line.partition(":"), qty) for line, qty in parcel.lines)
        ]
        sent = {"delivery_id": carrier, "waybill_id": parcel.waybill, "deliver_type": 1, "product_infos": products}
        try:
            asked = {"order_id": parcel.order_id, "delivery_list": [sent]}
            self._post("/channels/ec/order/delivery/send", asked)
        except Rejected:
            shown = json.loads(self.read(parcel.order_id).body)
            if shown.get("status") not in _SHIPPED:
                raise

    def _tell_mini_program(self, parcel: Shipped) -> None:
        key: dict[str, Any] = {
            "order_number_type": 1,
            "mchid": str(self.option("mchid")),
            "out_trade_no": parcel.order_id,
        }
        if not key["mchid"]:
            raise Rejected("not_set_up", "mchid")
        carrier = str(self.option("carriers", {}).get(parcel.carrier, parcel.carrier.upper()))
        shipping = {
            "tracking_no": parcel.waybill, "express_company": carrier,
            "item_desc": str(self.option("item_desc", parcel.order_id))[:120],
        }  # fmt: skip
        stamp = parcel.shipped_at.astimezone(LOCAL).isoformat(timespec="milliseconds")
        self._post(
            "/wxa/sec/order/upload_shipping_info",
            {
                "order_key": key, "logistics_type": 1, "delivery_mode": 1, "shipping_list": [shipping],
                "upload_time": stamp, "payer": {"openid": str(self.option("payer_openid"))},
            },
        )  # fmt: skip

    def tell_stock(self, stock: Mapping[str, int]) -> None:
        """/channels/ec/product/stock/update, set to the quantity. What the shop does not sell is passed over."""
        known = {code: ids_ for code in stock if (ids_ := self.stock_ids(code)) is not None}
        missing = {code for code in stock if code not in known}
        known |= {code: found for code, found in self._sold(missing).items() if code in missing} if missing else {}
        for code, qty in sorted(stock.items()):
            for product, _colon, sku in (one.partition(":") for one in known.get(code, [])):
                told = {
                    "product_id": product,
                    "sku_id": sku,
                    "diff_type": self.option("stock_set", 3),
                    "num": max(0, qty),
                }
                self._post("/channels/ec/product/stock/update", told)

    def _sold(self, wanted: Set[str]) -> dict[str, list[str]]:
        """`product_id:sku_id` by our code. WeChat finds no product by it, so all on sale are read, once an hour and
        again for a code nobody has seen: a shop with many names them in the option `stock_ids` instead."""
        seen = _catalogues.get(self.account.channel)
        moment = clock.now()
        if seen and moment - seen[0] < _CATALOGUE_LASTS and wanted <= seen[2] | seen[1].keys():
            return seen[1]
        found: dict[str, list[str]] = {}
        key = ""
        while True:
            asked: dict[str, Any] = {"status": 5, "page_size": 30} | ({"next_key": key} if key else {})
            page = self._post("/channels/ec/product/list/get", asked)
            for product in page.get("product_ids") or []:
                told = (
                    self._post("/channels/ec/product/get", {"product_id": product, "data_type": 1}).get("product") or {}
                )
                for sku in told.get("skus") or []:
                    code = line_text(sku.get("sku_code") or sku.get("out_sku_id"), 48).upper()
                    found.setdefault(code, []).append(f"{product}:{sku.get('sku_id', '')}")
            before, key = key, str(page.get("next_key") or "")
            if not page.get("product_ids") or not key or key == before:
                break
        _catalogues[self.account.channel] = (moment, found, frozenset(wanted))
        return found

    def hint(self, push: Push) -> Hint:
        """A GET proves the address; a POST brings an encrypted event, which must be ours to the last letter."""
        token, aes_key = str(self.option("push_token")), str(self.option("aes_key"))
        if not token:
            raise Forged("intake.no_pushes")
        query = push.query
        stamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
        if push.method == "GET":
            crypt.verify(query.get("signature", ""), token, stamp, nonce)
            return Hint("", answer=line_text(query.get("echostr"), 200))
        if not aes_key:
            raise Forged("intake.no_pushes")
        sealed = _sealed(push.body)
        crypt.verify(query.get("msg_signature", ""), token, stamp, nonce, sealed)
        message = crypt.decrypt(aes_key, sealed, self.account.app_key)
        body = message.decode("utf-8", "backslashreplace").replace("\x00", "")
        found = re.search(r'"order_id"\s*:\s*"?(\d{1,24})|<order_id>(?:<!\[CDATA\[)?\s*(\d{1,24})', body)
        order_id = (found.group(1) or found.group(2)) if found else ""
        return Hint(ids.digest(message)[:48], order_id, body, "success")

    def renew(self, moment: datetime, force: bool) -> Token | None:
        """/cgi-bin/stable_token. It says itself how long it is good, which may be less than two hours."""
        if not (force or self.ends_soon(moment, timedelta(minutes=5))):
            return None
        if not (self.account.app_key and self.account.app_secret):
            raise Rejected("not_set_up", "wechat")
        asked = {"grant_type": "client_credential", "appid": self.account.app_key, "secret": self.account.app_secret,
                 "force_refresh": force}  # fmt: skip
        told = self._send("/cgi-bin/stable_token", asked)
        return token_of(told, moment, lasts_s=7200)

    def _post(self, path: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        return self.asking(lambda: self._send(f"{path}?access_token={self.account.token}", asked))

    def _send(self, path: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        body = json.dumps(asked, ensure_ascii=False, separators=(",", ":")).encode()
        answer = call("POST", self.account.url + path, body, {"Content-Type": "application/json"})
        if answer.status == 403:
            raise Rejected("not_listed", "403")  # our address is not on the platform's list
        told = answer.json()
        if not isinstance(told, dict):
            raise Down("unreadable")
        code = told.get("errcode", 0)
        if code in _TOKEN_ENDED:
            raise Expired(str(code))
        if code in (45009, 45011):
            raise Throttled(str(code))
        if code == -1:
            raise Down("out_of_reach", "-1")
        if code:
            raise Rejected("refused", str(code))
        return told

    def _read(self, body: str) -> Seen:
        order = json.loads(body)
        detail = order["order_detail"]
        status = order.get("status")
        if status not in _STANDINGS:
            raise Unreadable("status", "choice", given=str(status)[:40])
        lines, asked = [], False
        for n, item in enumerate(detail.get("product_infos") or []):
            where = f"product_infos[{n}]"
            code = line_text(item.get("sku_code") or item.get("out_sku_id"), 48).upper()
            if not code:
                raise Unreadable(f"{where}.sku_code", "missing")
            back = int(item.get("finish_aftersale_sku_cnt") or 0)
            bought = whole(item.get("sku_cnt"), f"{where}.sku_cnt")
            if back >= bought and status in _PAID:
                continue
            qty = bought - min(back, bought - 1)
            asked = asked or int(item.get("on_aftersale_sku_cnt") or 0) > 0
            price = _fen(item.get("sale_price"), where)
            real = item.get("real_price")
            discount = max(0, bought * price - _fen(real, where)) if real is not None else 0
            spec = " ".join(str(a.get("attr_value", "")) for a in item.get("sku_attrs") or [] if isinstance(a, dict))
            lines.append(
                DraftLine(code, qty, price, discount * qty // bought, bool(item.get("is_free_gift")),
                          line_text(item.get("title"), 120), f"{where}.sku_code", line_text(spec, 120),
                          line_text(f"{item.get('product_id', '')}:{item.get('sku_id', '')}", 60))
            )  # fmt: skip
        standing = _STANDINGS[status] if lines else Standing.CANCELLED
        prices, pay = detail.get("price_info") or {}, detail.get("pay_info") or {}
        where_to = (detail.get("delivery_info") or {}).get("address_info") or {}
        extra = detail.get("ext_info") or {}
        placed = unix_moment(order.get("create_time"), "create_time")
        paid_at = unix_moment(pay["pay_time"], "pay_time") if pay.get("pay_time") else None
        freight, total = _fen(prices.get("freight"), "freight"), _fen(prices.get("order_price"), "order_price")
        goods = sum(line.qty * line.unit_price_fen for line in lines)
        limits = [int(i["delivery_deadline"]) for i in detail.get("product_infos") or [] if i.get("delivery_deadline")]
        new = NewOrder(
            self.account.channel, needed(order, "order_id"), placed,
            (paid_at or placed) if standing in (Standing.PAID, Standing.ELSEWHERE) else None,
            unix_moment(min(limits), "delivery_deadline") if limits else placed + PROMISE, (),
            new_address(
                text(where_to.get("user_name"), 80), str(where_to.get("tel_number") or ""),
                text(where_to.get("province_name"), 40), text(where_to.get("city_name"), 40),
                text(where_to.get("county_name"), 40),
                text(f"{where_to.get('detail_info') or ''}{where_to.get('house_number') or ''}", 200),
                text(where_to.get("postal_code"), 16), oaid=text(where_to.get("hash_code"), 200),
            ),
            buyer_id=line_text(order.get("openid"), 64), freight_fen=freight,
            discount_fen=max(0, goods + freight - total), buyer_note=text(extra.get("customer_notes"), 500),
            seller_note=text(extra.get("merchant_notes"), 500),
        )  # fmt: skip
        return Seen(standing, Draft(new, tuple(lines), total, total if new.paid_at else 0), asked)


def _fen(value: Any, where: str) -> int:
    """WeChat counts in fen."""
    if value is None:
        return 0
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 2_000_000_000:
        raise Unreadable(where, "money", given=str(value)[:40])
    return value


def _sealed(body: bytes) -> str:
    """The Encrypt field of a JSON or XML body. XML is searched, not parsed: entities are nobody's business here."""
    text_ = body[:1_000_000].decode("utf-8", "replace")
    if text_.lstrip().startswith("<"):
        found = _SEALED.search(text_)
        sealed = found.group(1) if found else ""
    else:
        try:
            told = json.loads(text_)
        except (ValueError, RecursionError):
            raise Forged("intake.forged") from None
        sealed = told.get("Encrypt", "") if isinstance(told, dict) else ""
    if not isinstance(sealed, str) or not sealed:
        raise Forged("intake.forged")
    return sealed
