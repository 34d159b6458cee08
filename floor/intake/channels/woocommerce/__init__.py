"""WooCommerce (REST v3): orders, notes, stock; webhooks as hints.

Over HTTPS the keys go by Basic authentication, over plain HTTP by OAuth 1.0a, one-legged. WooCommerce itself has no
field for a waybill: the order becomes `completed`, with a note for the customer and the meta key of the option
`tracking_key`. Not in the published texts, and so options: the names of the filters by modification
(`modified_after`, `modified_before`).
"""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from floor.intake.channels.draft import Draft, DraftLine
from floor.intake.channels.outside import Answer, call
from floor.intake.channels.port import Change, Down, Expired, Hint, Push, Rejected, Seen, Shipped, Standing
from floor.intake.channels.reading import (
    PROMISE,
    Unreadable,
    fen,
    iso_moment,
    line_text,
    ms,
    needed,
    new_address,
    text,
    whole,
)
from floor.intake.channels.shop import Shop
from floor.intake.channels.signed import Forged
from floor.kit import clock, ids
from floor.orders.service import NewOrder

_PAGE = 100
_STANDINGS = {
    "pending": Standing.UNPAID, "on-hold": Standing.UNPAID, "failed": Standing.UNPAID, "processing": Standing.PAID,
    "completed": Standing.ELSEWHERE, "cancelled": Standing.CANCELLED, "refunded": Standing.CANCELLED,
    "trash": Standing.CANCELLED, "checkout-draft": Standing.UNPAID,
}  # fmt: skip


def webhook_signature(secret: str, body: bytes) -> str:
    """Base64 HMAC-SHA256 over the raw body."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def oauth_signature(
    method: str, url: str, query: Mapping[str, str], key: str, secret: str, nonce: str, stamp: str
) -> dict[str, str]:
    """The OAuth 1.0a parameters of a request, with its signature: HMAC-SHA256 keyed with `<secret>&`."""
    oauth = {
        "oauth_consumer_key": key, "oauth_nonce": nonce, "oauth_signature_method": "HMAC-SHA256",
        "oauth_timestamp": stamp,
    }  # fmt: skip
    pairs = sorted((quote(name, safe="~"), quote(value, safe="~")) for name, value in {**query, **oauth}.items())
    joined = "&".join(f"{name}={value}" for name, value in pairs)
    base = "&".join((method.upper(), quote(url, safe="~"), quote(joined, safe="~")))
    signed = hmac.new(f"{secret}&".encode(), base.encode(), hashlib.sha256).digest()
    return {**oauth, "oauth_signature": base64.b64encode(signed).decode()}


class WooShop(Shop):
    span = timedelta(days=7)
    per_second = 10.0

    def changed(self, since: datetime, until: datetime) -> Iterator[Change]:
        """/orders by modification, oldest change first; pages until one is not full."""
        query = {
            str(self.option("modified_after", "modified_after")): _stamp(since),
            str(self.option("modified_before", "modified_before")): _stamp(until + timedelta(seconds=1)),
            "dates_are_gmt": "true", "per_page": str(_PAGE), "orderby": "modified", "order": "asc", "status": "any",
        }  # fmt: skip
        number = 1
        while True:
            answer = self.asking(lambda: self._call("GET", "/orders", {**query, "page": str(number)}))  # noqa: B023
            orders = answer.json()
            if not isinstance(orders, list):
                raise Down("unreadable")
            for order in orders:
                yield _change(order)
            if number >= int(answer.headers.get("x-wp-totalpages") or (number if len(orders) < _PAGE else number + 1)):
                return
            number += 1

    def read(self, order_id: str) -> Change:
        return _change(self.asking(lambda: self._call("GET", f"/orders/{quote(order_id, safe='')}")).json())

    def ship(self, parcel: Shipped) -> None:
        """Completed, with the waybill in the meta data; a note tells the customer. Done twice it says the same."""
        path = f"/orders/{quote(parcel.order_id, safe='')}"
        key = str(self.option("tracking_key", "_tracking_number"))
        meta = [{"key": key, "value": parcel.waybill}, {"key": "_tracking_provider", "value": parcel.carrier_name}]
        shown = json.loads(self.read(parcel.order_id).body)
        told = {one.get("key"): one.get("value") for one in shown.get("meta_data") or [] if isinstance(one, dict)}
        if shown.get("status") == "completed" and told.get(key):
            return
        if _STANDINGS.get(str(shown.get("status"))) not in (Standing.PAID, Standing.ELSEWHERE):
            raise Rejected("refused", str(shown.get("status")))
        self.asking(lambda: self._call("PUT", path, body={"status": "completed", "meta_data": meta}))
        note = {"note": f"{parcel.carrier_name} {parcel.waybill}", "customer_note": True}
        self.asking(lambda: self._call("POST", f"{path}/notes", body=note))

    def tell_stock(self, stock: Mapping[str, int]) -> None:
        """The SKU finds its product, and that one's quantity is set. SKUs the shop does not sell are passed over."""
        for code, qty in sorted(stock.items()):
            found = self.asking(lambda: self._call("GET", "/products", {"sku": code})).json()  # noqa: B023
            for product in found if isinstance(found, list) else []:
                parent = product.get("parent_id")
                path = f"/products/{parent}/variations/{product['id']}" if parent else f"/products/{product['id']}"
                told = {"manage_stock": True, "stock_quantity": qty}
                self.asking(lambda: self._call("PUT", path, body=told))  # noqa: B023

    def hint(self, push: Push) -> Hint:
        secret = str(self.option("webhook_secret"))
        if not secret:
            raise Forged("intake.no_pushes")
        given = push.headers.get("x-wc-webhook-signature", "")
        wanted = webhook_signature(secret, push.body)
        if not hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode()):
            raise Forged("intake.forged")
        body = push.body.decode("utf-8", "backslashreplace").replace("\x00", "")
        topic = push.headers.get("x-wc-webhook-topic", "")
        return Hint(ids.digest(push.body)[:48], _id_in(body) if topic.startswith("order.") else "", body)

    def _call(self, method: str, path: str, query: Mapping[str, str] | None = None, body: object = None) -> Answer:
        account, query = self.account, dict(query or {})
        if not (account.app_key and account.app_secret and account.url):
            raise Rejected("not_set_up", "woocommerce")
        url = f"{account.url.rstrip('/')}/wp-json/wc/v3{path}"
        headers = {"Accept": "application/json"}
        if urlsplit(url).scheme == "https":
            both = base64.b64encode(f"{account.app_key}:{account.app_secret}".encode()).decode()
            headers["Authorization"] = f"Basic {both}"
        else:
            stamp = str(int(clock.now().timestamp()))
            query |= oauth_signature(
                method, url, query, account.app_key, account.app_secret, secrets.token_hex(8), stamp
            )
        raw = None
        if body is not None:
            raw = json.dumps(body, ensure_ascii=False).encode()
            headers["Content-Type"] = "application/json"
        answer = call(method, f"{url}?{urlencode(query, quote_via=quote)}" if query else url, raw, headers)
        if answer.status == 401:
            raise Expired("401")
        if answer.status == 404:
            raise Rejected("unknown_order", "404")
        if answer.status >= 400:
            raise Rejected("refused", str(answer.status))
        answer.json()  # what cannot be read is asked for again, here where that is done
        return answer

    def _read(self, body: str) -> Seen:
        order = json.loads(body)
        status = str(order.get("status"))
        if status not in _STANDINGS:
            raise Unreadable("status", "choice", given=status[:40])
        standing, lines = _STANDINGS[status], []
        for n, item in enumerate(order.get("line_items") or []):
            where = f"line_items[{n}]"
            code = line_text(item.get("sku"), 48).upper()
            if not code:
                raise Unreadable(f"{where}.sku", "missing")
            qty = whole(item.get("quantity"), f"{where}.quantity")
            full = fen(item.get("subtotal"), f"{where}.subtotal") + fen(item.get("subtotal_tax"), where)
            paid = fen(item.get("total"), f"{where}.total") + fen(item.get("total_tax"), where)
            price = -(-full // qty)  # whole fen a unit; what that is too much is discount
            spec = ", ".join(str(m.get("value", "")) for m in item.get("meta_data") or [] if isinstance(m, dict)
                             and not str(m.get("key", "")).startswith("_"))  # fmt: skip
            lines.append(
                DraftLine(code, qty, price, max(0, qty * price - paid), where=f"{where}.sku",
                          name=line_text(item.get("name"), 120), spec=line_text(spec, 120),
                          channel_line=line_text(item.get("id"), 40))
            )  # fmt: skip
        if not lines:
            raise Unreadable("line_items", "missing")
        placed = iso_moment(order.get("date_created_gmt"), "date_created_gmt")
        paid_at = iso_moment(order["date_paid_gmt"], "date_paid_gmt") if order.get("date_paid_gmt") else None
        freight = fen(order.get("shipping_total"), "shipping_total") + fen(order.get("shipping_tax"), "shipping_tax")
        total = fen(order.get("total"), "total")
        goods = sum(line.qty * line.unit_price_fen for line in lines)
        to, bill = order.get("shipping") or {}, order.get("billing") or {}
        to = to if to.get("address_1") else bill
        name = f"{to.get('last_name') or ''}{to.get('first_name') or ''}" if _is_chinese(to) else (
            f"{to.get('first_name') or ''} {to.get('last_name') or ''}"
        )  # fmt: skip
        country = line_text(to.get("country") or "CN", 2).upper()
        new = NewOrder(
            self.account.channel, needed(order, "id"), placed,
            (paid_at or placed) if standing in (Standing.PAID, Standing.ELSEWHERE) else None, placed + PROMISE, (),
            new_address(
                text(name, 80), str(to.get("phone") or bill.get("phone") or ""),
                self._province(text(to.get("state"), 40)), text(to.get("city"), 40), "",
                text(f"{to.get('address_1') or ''} {to.get('address_2') or ''}", 200), text(to.get("postcode"), 16),
                country, text(bill.get("email"), 120),
            ),
            buyer_id=line_text(order.get("customer_id") or bill.get("email"), 64), buyer_name=text(name, 80),
            freight_fen=freight, discount_fen=max(0, goods + freight - total), total_fen=total,
            currency=line_text(order.get("currency") or "CNY", 3), buyer_note=text(order.get("customer_note"), 500),
            lang="zh" if country == "CN" else "en",
        )  # fmt: skip
        return Seen(standing, Draft(new, tuple(lines), total, total if new.paid_at else 0))

    def _province(self, state: str) -> str:
        """WooCommerce names Chinese provinces CN1 to CN32; the option `states` tells which, else it stays."""
        return str(self.option("states", {}).get(state, state))


def _is_chinese(to: Mapping[str, Any]) -> bool:
    return str(to.get("country") or "CN").upper() == "CN"


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _change(order: Any) -> Change:
    if not isinstance(order, dict):
        raise Down("unreadable")
    order.pop("_links", None)
    version = ms(iso_moment(order.get("date_modified_gmt"), "date_modified_gmt"))
    return Change(needed(order, "id"), version, json.dumps(order, ensure_ascii=False, sort_keys=True))


def _id_in(body: str) -> str:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    return line_text(told.get("id"), 64) if isinstance(told, dict) else ""
