"""Taobao and Tmall through TOP: orders by modification, shipping, no pushes (they need a long-lived client of its own).

Signed is everything that is sent but `sign`, sorted by name, without separators. A page shifts while it is read, as
the newest change comes first: pages are read from the last one backwards, so that what moves is met twice, not missed.
Not published, and so set in the account's options: where tokens are renewed (`refresh_url`).
"""

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from floor.intake.channels.draft import Draft, DraftLine
from floor.intake.channels.outside import call
from floor.intake.channels.port import Change, Down, Expired, Rejected, Seen, Shipped, Standing, Throttled, Token
from floor.intake.channels.reading import (
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

_PAGE = 50
_FIELDS = (
    "tid,tid_str,status,type,created,modified,pay_time,payment,total_fee,post_fee,discount_fee,adjust_fee,buyer_nick,"
    "buyer_open_uid,buyer_message,seller_memo,receiver_name,receiver_state,receiver_city,receiver_district,"
    "receiver_town,receiver_address,receiver_zip,receiver_mobile,receiver_phone,oaid,delivery_time,invoice_name,"
    "orders"
)
_PAID = ("WAIT_SELLER_SEND_GOODS", "SELLER_CONSIGNED_PART")
_UNPAID = ("TRADE_NO_CREATE_PAY", "WAIT_BUYER_PAY", "PAY_PENDING", "WAIT_PRE_AUTH_CONFIRM", "PAID_FORBID_CONSIGN")
_CLOSED = ("TRADE_CLOSED", "TRADE_CLOSED_BY_TAOBAO")
_ASKED = ("WAIT_SELLER_AGREE", "WAIT_BUYER_RETURN_GOODS", "WAIT_SELLER_CONFIRM_GOODS")
_SHIPPED = ("WAIT_BUYER_CONFIRM_GOODS", "TRADE_BUYER_SIGNED", "TRADE_FINISHED", "SELLER_CONSIGNED_PART")


def signature(params: Mapping[str, str], secret: str, method: str = "md5") -> str:
    """Upper-case hex over the sorted parameters: `md5` wraps them in the secret, the hmac ways key with it."""
    joined = "".join(f"{name}{params[name]}" for name in sorted(params) if name != "sign" and name and params[name])
    if method == "md5":
        return hashlib.md5(f"{secret}{joined}{secret}".encode(), usedforsecurity=False).hexdigest().upper()
    kind = {"hmac": "md5", "hmac-sha256": "sha256"}[method]
    return hmac.new(secret.encode(), joined.encode(), kind).hexdigest().upper()


class TopShop(Shop):
    span = timedelta(minutes=30)
    per_second = 20.0

    def changed(self, since: datetime, until: datetime) -> Iterator[Change]:
        """taobao.trades.sold.increment.get, from the last page to the first."""
        asked = {
            "fields": "tid,tid_str,modified,status",
            "start_modified": local_stamp(since), "end_modified": local_stamp(until), "page_size": str(_PAGE),
            "type": str(self.option("types", "guarantee_trade,auto_delivery,ec,cod,step")),
        }  # fmt: skip
        first = self._page(asked, 1)
        last = -(-int(first.get("total_results", 0)) // _PAGE)
        for number in range(last, 0, -1):
            for trade in _listed(self._page(asked, number), "trades", "trade"):
                yield Change(_tid(trade), ms(local_moment(trade["modified"], "modified")))

    def _page(self, asked: Mapping[str, str], number: int) -> dict[str, Any]:
        return self.asking(lambda: self._call("taobao.trades.sold.increment.get", {**asked, "page_no": str(number)}))

    def read(self, order_id: str) -> Change:
        """taobao.trade.fullinfo.get."""
        fields = str(self.option("fields", _FIELDS))
        told = self.asking(lambda: self._call("taobao.trade.fullinfo.get", {"fields": fields, "tid": order_id}))
        trade = told.get("trade")
        if not isinstance(trade, dict):
            raise Rejected("unknown_order")
        body = json.dumps(trade, ensure_ascii=False, sort_keys=True)
        return Change(order_id, ms(local_moment(trade.get("modified"), "modified")), body)

    def ship(self, parcel: Shipped) -> None:
        """taobao.logistics.offline.send; after a refusal what the shop shows as shipped is shipped."""
        carriers = {"sf": "SF", "zto": "ZTO", "yto": "YTO", "sto": "STO", "yunda": "YUNDA", "ems": "EMS"}
        code = str(self.option("carriers", carriers).get(parcel.carrier, parcel.carrier.upper()))
        asked = {"tid": parcel.order_id, "out_sid": parcel.waybill, "company_code": code}
        try:
            self.asking(lambda: self._call("taobao.logistics.offline.send", asked))
        except Rejected:
            shown = json.loads(self.read(parcel.order_id).body)
            if shown.get("status") not in _SHIPPED:
                raise

    def tell_stock(self, stock: Mapping[str, int]) -> None:
        """taobao.item.quantity.update with the whole quantity, for every article that bears our code."""
        for code, qty in sorted(stock.items()):
            for article in self._articles(code):
                item, _colon, sku = article.partition(":")
                told = {"num_iid": item, "sku_id": sku, "quantity": str(max(0, qty)), "type": "1"}
                self.asking(lambda: self._call("taobao.item.quantity.update", told))  # noqa: B023

    def _articles(self, code: str) -> list[str]:
        """`num_iid:sku_id` of our code, by the option `stock_ids`, else by the outer code of SKUs, else of items. What
        the shop does not sell is none."""
        known = self.stock_ids(code)
        if known is not None:
            return known
        ways = (("taobao.skus.custom.get", "skus", "sku", "sku_id,num_iid"),
                ("taobao.items.custom.get", "items", "item", "num_iid"))  # fmt: skip
        for method, outer, inner, fields in ways:
            asked = {"outer_id": code, "fields": fields}
            try:
                told = self.asking(lambda: self._call(method, asked))  # noqa: B023
            except Rejected as no:
                if "not-exist" in no.detail or "not-found" in no.detail:
                    continue
                raise
            found = [f"{one['num_iid']}:{one.get('sku_id', '')}" for one in _listed(told, outer, inner)]
            if found:
                return found
        return []

    def renew(self, moment: datetime, force: bool) -> Token | None:
        """By the refresh token, at the option `refresh_url`; shops whose session is set by hand have none."""
        url, account = str(self.option("refresh_url")), self.account
        if not url or not account.refresh_token or not (force or self.ends_soon(moment, timedelta(hours=1))):
            return None
        form = {
            "grant_type": "refresh_token", "client_id": account.app_key, "client_secret": account.app_secret,
            "refresh_token": account.refresh_token,
        }  # fmt: skip
        told = call("POST", url, urlencode(form).encode(), FORM).json()
        return token_of(told, moment, lasts_s=3600)

    def _call(self, method: str, business: Mapping[str, str]) -> dict[str, Any]:
        account, way = self.account, str(self.option("sign_method", "md5"))
        if not (account.app_key and account.app_secret):
            raise Rejected("not_set_up", "top")
        params = {
            "method": method, "app_key": account.app_key, "session": account.token,
            "timestamp": local_stamp(clock.now()), "v": "2.0", "sign_method": way, "format": "json", **business,
        }  # fmt: skip
        params = {name: value for name, value in params.items() if value}
        params["sign"] = signature(params, account.app_secret, way)
        told = call("POST", account.url, urlencode(params).encode(), FORM).json()
        if not isinstance(told, dict):
            raise Down("unreadable")
        if "error_response" in told:
            _refuse(told["error_response"])
        inner = told.get(method.removeprefix("taobao.").replace(".", "_") + "_response")
        if not isinstance(inner, dict):
            raise Down("unreadable", method)
        return inner

    def _read(self, body: str) -> Seen:
        trade = json.loads(body)
        lines, goods, closed, asked = [], 0, 0, False
        for n, child in enumerate(_listed(trade, "orders", "order")):
            where = f"orders[{n}]"
            if child.get("status") in _CLOSED:
                closed += 1
                continue
            asked = asked or child.get("refund_status") in _ASKED
            code = line_text(child.get("outer_sku_id") or child.get("outer_iid"), 48).upper()
            if not code:
                raise Unreadable(f"{where}.outer_sku_id", "missing")
            qty, price = whole(child.get("num"), f"{where}.num"), fen(child.get("price"), f"{where}.price")
            paid = fen(child.get("divide_order_fee") or child.get("payment") or child.get("total_fee"), where)
            discount = max(0, qty * price - paid)
            lines.append(
                DraftLine(code, qty, price, discount, where=f"{where}.outer_sku_id",
                          name=line_text(child.get("title"), 120),
                          spec=line_text(child.get("sku_properties_name"), 120),
                          channel_line=line_text(child.get("oid_str") or child.get("oid"), 40))
            )  # fmt: skip
            goods += qty * price
        freight, total = fen(trade.get("post_fee"), "post_fee"), fen(trade.get("payment"), "payment")
        status = str(trade.get("status"))
        if not lines and not closed:
            raise Unreadable("orders", "missing")
        placed = local_moment(trade.get("created"), "created")
        paid_at = local_moment(trade["pay_time"], "pay_time") if trade.get("pay_time") else None
        standing = _standing(status) if lines else Standing.CANCELLED
        if closed and lines:  # a closed child's money stays in `payment` on some trades: the lines that are left count
            total = goods - sum(line.discount_fen for line in lines) + freight
        promised = trade.get("delivery_time") or trade.get("estimate_con_time")
        order = NewOrder(
            self.account.channel, _tid(trade), placed, paid_at if standing is not Standing.UNPAID else None,
            local_moment(promised, "delivery_time") if promised else placed + PROMISE, (),
            new_address(
                text(trade.get("receiver_name"), 80),
                str(trade.get("receiver_mobile") or trade.get("receiver_phone") or ""),
                text(trade.get("receiver_state"), 40), text(trade.get("receiver_city"), 40),
                text(trade.get("receiver_district"), 40),
                text(f"{trade.get('receiver_town') or ''}{trade.get('receiver_address') or ''}", 200),
                text(trade.get("receiver_zip"), 16), oaid=text(trade.get("oaid"), 200),
            ),
            buyer_id=line_text(trade.get("buyer_open_uid") or trade.get("buyer_nick"), 64),
            buyer_name=line_text(trade.get("buyer_nick"), 80),
            freight_fen=freight, discount_fen=max(0, goods + freight - total),
            buyer_note=text(trade.get("buyer_message"), 500), seller_note=text(trade.get("seller_memo"), 500),
            invoice_title=line_text(trade.get("invoice_name"), 100),
        )  # fmt: skip
        return Seen(standing, Draft(order, tuple(lines), total, total if order.paid_at else 0), asked)


def _tid(trade: Mapping[str, Any]) -> str:
    return needed({"tid": trade.get("tid_str") or trade.get("tid")}, "tid")


def _listed(told: Mapping[str, Any], outer: str, inner: str) -> list[dict[str, Any]]:
    """TOP wraps lists twice; `simplify` unwraps them once."""
    found = told.get(outer) or []
    found = found.get(inner) or [] if isinstance(found, dict) else found
    return [one for one in found if isinstance(one, dict)]


def _standing(status: str) -> Standing:
    if status in _PAID:
        return Standing.PAID
    if status in _UNPAID:
        return Standing.UNPAID
    if status in _CLOSED:
        return Standing.CANCELLED
    if status in _SHIPPED:
        return Standing.ELSEWHERE
    raise Unreadable("status", "choice", given=status[:40])


def _refuse(error: Any) -> None:
    """7: too many calls. 26, 27: the session. 15 and isp.*: the platform's own trouble, ask again."""
    code, sub = str(error.get("code", "")), str(error.get("sub_code", ""))
    if code == "7":
        raise Throttled(code)
    if code in ("26", "27"):
        raise Expired(code)
    if sub.startswith("isp.") or sub.endswith(":B150") or (code == "15" and not sub):
        raise Down("out_of_reach", sub or code)
    raise Rejected("refused", sub or code)
