"""JD's open platform (routerjson): orders by modification, shipping.

The business JSON is written once: what is signed is what is sent. Two things are not settled in public and so are the
account's options: `wrap`, the name under which the fields of order.search stand (newer descriptions say
paramOrderJSFQuery, clients send them flat), and `timestamp`, `ms` for milliseconds with the offset, as in JD's own
example, or `plain`.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from floor.intake.channels.draft import Draft, DraftLine
from floor.intake.channels.outside import call
from floor.intake.channels.port import Change, Down, Expired, Rejected, Seen, Shipped, Standing, Throttled, Token
from floor.intake.channels.reading import (
    LOCAL,
    PROMISE,
    Unreadable,
    fen,
    line_text,
    local_moment,
    local_stamp,
    ms,
    needed,
    new_address,
    text,
    whole,
)
from floor.intake.channels.shop import FORM, Shop, token_of
from floor.kit import clock
from floor.orders.service import NewOrder

_PAGE = 100
_STATES = (
    "NOT_PAY,WAIT_SELLER_STOCK_OUT,WAIT_GOODS_RECEIVE_CONFIRM,PAUSE,POP_ORDER_PAUSE,LOCKED,FINISHED_L,TRADE_CANCELED"
)
_FIELDS = (
    "orderId,venderId,orderType,payType,orderTotalPrice,orderSellerPrice,orderPayment,freightPrice,sellerDiscount,"
    "orderState,orderRemark,venderRemark,orderStartTime,paymentConfirmTime,consigneeInfo,itemInfoList,modified,pin,"
    "openIdBuyer,invoiceEasyInfo"
)
_STANDINGS = {
    "NOT_PAY": Standing.UNPAID, "WAIT_SELLER_STOCK_OUT": Standing.PAID, "WAIT_SELLER_DELIVERY": Standing.PAID,
    # Paid, but JD says not yet: believed when it says WAIT_SELLER_STOCK_OUT.
    "PAUSE": Standing.UNPAID, "POP_ORDER_PAUSE": Standing.UNPAID, "LOCKED": Standing.UNPAID,
    "WAIT_GOODS_RECEIVE_CONFIRM": Standing.ELSEWHERE, "FINISHED_L": Standing.ELSEWHERE,
    "TRADE_CANCELED": Standing.CANCELLED, "DELIVERY_RETURN": Standing.ELSEWHERE,
}  # fmt: skip
_STOCK_SET, _STOCK_FIND = "jingdong.stock.write.updateSkuStock", "jingdong.sku.read.searchSkuList"
#: JD's numbers of carriers, as public clients have them: compare with the account's own list.
_CARRIERS = {"sf": "467", "zto": "1499", "yto": "463", "sto": "470", "yunda": "1327", "ems": "465", "deppon": "3046",
             "jd": "2087"}  # fmt: skip


def signature(params: Mapping[str, str], secret: str) -> str:
    """Upper-case MD5 of the sorted parameters between two secrets."""
    joined = "".join(f"{name}{params[name]}" for name in sorted(params) if name != "sign")
    return hashlib.md5(f"{secret}{joined}{secret}".encode(), usedforsecurity=False).hexdigest().upper()


class JdShop(Shop):
    span = timedelta(days=7)
    per_second = 10.0

    def changed(self, since: datetime, until: datetime) -> Iterator[Change]:
        """jingdong.pop.order.search by modification, oldest first: what changes meanwhile moves to the end."""
        asked = {
            "start_date": local_stamp(since), "end_date": local_stamp(until),
            "order_state": self.option("states", _STATES), "optional_fields": self.option("fields", _FIELDS),
            "page_size": str(_PAGE), "sortType": "0", "dateType": "0",
        }  # fmt: skip
        number, met = 1, 0
        while True:
            told = self._found("jingdong.pop.order.search", asked | {"page": str(number)}, "searchorderinfo_result")
            orders = [one for one in told.get("orderInfoList") or [] if isinstance(one, dict)]
            for one in orders:
                yield _change(one)
            met += len(orders)
            if not orders or met >= int(told.get("orderTotal", 0)):
                return
            number += 1

    def read(self, order_id: str) -> Change:
        """jingdong.pop.order.get."""
        asked = {"order_id": order_id, "optional_fields": self.option("fields", _FIELDS)}
        told = self._found("jingdong.pop.order.get", asked, "orderDetailInfo")
        if not isinstance(told.get("orderInfo"), dict):
            raise Rejected("unknown_order")
        return _change(told["orderInfo"])

    def ship(self, parcel: Shipped) -> None:
        """jingdong.pop.order.shipment; after a refusal what JD shows as shipped is shipped."""
        carrier = str(self.option("carriers", _CARRIERS).get(parcel.carrier, parcel.carrier))
        asked = {"orderId": parcel.order_id, "logiCoprId": carrier, "logiNo": parcel.waybill}
        try:
            self._found("jingdong.pop.order.shipment", asked, "sopjosshipment_result")
        except Rejected:
            shown = json.loads(self.read(parcel.order_id).body)
            if _STANDINGS.get(str(shown.get("orderState"))) is not Standing.ELSEWHERE:
                raise

    def tell_stock(self, stock: Mapping[str, int]) -> None:
        """jingdong.stock.write.updateSkuStock with the whole quantity; JD's numbers of SKUs come from the option
        `stock_ids`, else from jingdong.sku.read.searchSkuList by our code. What JD does not sell is passed over."""
        for code, qty in sorted(stock.items()):
            for sku in self.stock_ids(code) or self._skus(code):
                told = {"skuId": sku, "stockNum": max(0, qty), "storeId": str(self.option("store", "0"))}
                self.asking(lambda: self._outer(str(self.option("stock_set", _STOCK_SET)), told))  # noqa: B023

    def _skus(self, code: str) -> list[str]:
        asked = {"outerId": code, "field": "skuId,outerId", "pageNo": 1, "page_size": 50}
        told = self.asking(lambda: self._outer(str(self.option("stock_find", _STOCK_FIND)), asked))
        page = told.get("page") or {}
        found = [one for one in page.get("data") or [] if isinstance(one, dict)] if isinstance(page, dict) else []
        return [str(one["skuId"]) for one in found if str(one.get("outerId", code)).upper() == code]

    def renew(self, moment: datetime, force: bool) -> Token | None:
        """/oauth2/refresh_token within the last day of the token."""
        account = self.account
        if not account.refresh_token or not (force or self.ends_soon(moment, timedelta(hours=24))):
            return None
        base = str(self.option("oauth_url", "https://open-oauth.jd.com"))
        query = urlencode({"app_key": account.app_key, "app_secret": account.app_secret, "grant_type": "refresh_token",
                           "refresh_token": account.refresh_token})  # fmt: skip
        told = call("GET", f"{base}/oauth2/refresh_token?{query}").json()
        return token_of(told, moment, lasts_s=86400)

    def _found(self, method: str, asked: Mapping[str, Any], result: str) -> dict[str, Any]:
        return self.asking(lambda: self._call(method, asked, result))

    def _call(self, method: str, asked: Mapping[str, Any], result: str) -> dict[str, Any]:
        inner = self._outer(method, asked).get(result) or {}
        said = inner.get("apiResult", inner) if isinstance(inner, dict) else {}
        if not said.get("success", False):
            raise Rejected("refused", str(said.get("numberCode") or said.get("errorCode") or ""))
        return inner if isinstance(inner, dict) else {}

    def _outer(self, method: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        account = self.account
        if not (account.app_key and account.app_secret):
            raise Rejected("not_set_up", "jd")
        wrap = str(self.option("wrap")) if method == "jingdong.pop.order.search" else ""
        business = {wrap: asked} if wrap else asked
        now = clock.now()
        params = {
            "method": method, "access_token": account.token, "app_key": account.app_key, "v": "2.0",
            "timestamp": local_stamp(now) if self.option("timestamp", "ms") == "plain" else _stamp(now),
            "360buy_param_json": json.dumps(business, ensure_ascii=False, separators=(",", ":"), sort_keys=True),
        }  # fmt: skip
        params["sign"] = signature(params, account.app_secret)
        told = call("POST", account.url, urlencode(params).encode(), FORM).json()
        if not isinstance(told, dict):
            raise Down("unreadable")
        if "error_response" in told:
            self._refuse(str(told["error_response"].get("code", "")))
        outer = told.get(method.replace(".", "_") + "_responce") or told.get(method.replace(".", "_") + "_response")
        if not isinstance(outer, dict):
            raise Down("unreadable", method)
        if str(outer.get("code", "0")) != "0":
            raise Rejected("refused", str(outer["code"]))
        return outer

    def _refuse(self, code: str) -> None:
        """Not all of JD's codes are published; the lists are options."""
        if code in self.option("expired_codes", ["19", "1004"]):
            raise Expired(code)
        if code in self.option("busy_codes", ["21", "22"]):
            raise Throttled(code)
        if code in self.option("down_codes", ["65", "66", "67"]):
            raise Down("out_of_reach", code)
        raise Rejected("refused", code)

    def _read(self, body: str) -> Seen:
        info = json.loads(body)
        state = str(info.get("orderState"))
        if state not in _STANDINGS:
            raise Unreadable("orderState", "choice", given=state[:40])
        standing = _STANDINGS[state]
        lines = []
        for n, item in enumerate(info.get("itemInfoList") or []):
            where = f"itemInfoList[{n}]"
            code = line_text(item.get("outerSkuId") or item.get("productNo"), 48).upper()
            if not code:
                raise Unreadable(f"{where}.outerSkuId", "missing")
            lines.append(
                DraftLine(code, whole(item.get("itemTotal"), f"{where}.itemTotal"), fen(item.get("jdPrice"), where),
                          where=f"{where}.outerSkuId", name=line_text(item.get("skuName"), 120),
                          channel_line=line_text(item.get("skuId"), 40))
            )  # fmt: skip
        if not lines:
            raise Unreadable("itemInfoList", "missing")
        who = info.get("consigneeInfo") or {}
        placed = local_moment(info.get("orderStartTime"), "orderStartTime")
        paid_at = local_moment(info["paymentConfirmTime"], "paymentConfirmTime") if _given(info) else None
        freight, total = fen(info.get("freightPrice"), "freightPrice"), fen(info.get("orderPayment"), "orderPayment")
        goods = sum(line.qty * line.unit_price_fen for line in lines)
        invoice = info.get("invoiceEasyInfo") or {}
        town, full = text(who.get("town"), 40), text(who.get("fullAddress"), 200)
        order = NewOrder(
            self.account.channel, needed(info, "orderId"), placed,
            (paid_at or placed) if standing in (Standing.PAID, Standing.ELSEWHERE) else None, placed + PROMISE, (),
            new_address(
                text(who.get("fullname"), 80), str(who.get("mobile") or who.get("telephone") or ""),
                text(who.get("province"), 40), text(who.get("city"), 40), text(who.get("county"), 40),
                full if town in full else f"{town}{full}", oaid=text(who.get("oaid"), 200),
            ),
            buyer_id=line_text(info.get("openIdBuyer") or info.get("pin"), 64),
            buyer_name=line_text(info.get("pin"), 80),
            freight_fen=freight, discount_fen=max(0, goods + freight - total),
            buyer_note=text(info.get("orderRemark"), 500), seller_note=text(info.get("venderRemark"), 500),
            invoice_title=line_text(invoice.get("invoiceTitle"), 100) if isinstance(invoice, dict) else "",
            invoice_tax_id=line_text(invoice.get("invoiceCode"), 32) if isinstance(invoice, dict) else "",
        )  # fmt: skip
        return Seen(standing, Draft(order, tuple(lines), total, total if order.paid_at else 0))


def _given(info: Mapping[str, Any]) -> bool:
    return bool(info.get("paymentConfirmTime")) and not str(info["paymentConfirmTime"]).startswith("0001")


def _stamp(moment: datetime) -> str:
    local = moment.astimezone(LOCAL)
    return f"{local:%Y-%m-%d %H:%M:%S}.{local.microsecond // 1000:03d}{local:%z}"


def _change(info: Mapping[str, Any]) -> Change:
    body = json.dumps(info, ensure_ascii=False, sort_keys=True)
    return Change(needed(info, "orderId"), ms(local_moment(info.get("modified"), "modified")), body)
