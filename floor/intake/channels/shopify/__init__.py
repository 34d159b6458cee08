"""Shopify's Admin interface (GraphQL): orders, fulfilments, stock; webhooks as hints.

The account's token goes in X-Shopify-Access-Token; `app_secret` signs webhooks. The version is the option `version`.
Field names of the query were written against the published schema's names from memory: try them in a development
store before the first day; `query_orders` and `query_order` replace them.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from floor.intake.channels.draft import Draft, DraftLine
from floor.intake.channels.outside import call
from floor.intake.channels.port import Change, Down, Expired, Hint, Push, Rejected, Seen, Shipped, Standing, Throttled
from floor.intake.channels.reading import PROMISE, Unreadable, fen, iso_moment, line_text, ms, new_address, text
from floor.intake.channels.shop import Shop
from floor.intake.channels.signed import Forged
from floor.kit import ids
from floor.orders.service import NewOrder

_MONEY = "{shopMoney{amount currencyCode}}"
_ORDER = (
    "id legacyResourceId name createdAt updatedAt processedAt cancelledAt displayFinancialStatus"
    " displayFulfillmentStatus note email customer{id displayName}"
    " shippingAddress{name phone province city address1 address2 zip countryCodeV2}"
    f" totalPriceSet{_MONEY} totalShippingPriceSet{_MONEY}"
    " lineItems(first:100){nodes{id sku quantity currentQuantity title variantTitle"
    f" originalUnitPriceSet{_MONEY} discountedTotalSet{_MONEY}" + "}}"
)
_LIST = (
    "query($first:Int!,$after:String,$query:String!){orders(first:$first,after:$after,query:$query,sortKey:UPDATED_AT)"
    "{pageInfo{hasNextPage endCursor} nodes{" + _ORDER + "}}}"
)
_ONE = "query($id:ID!){order(id:$id){" + _ORDER + "}}"
_TO_FULFIL = (
    "query($id:ID!){order(id:$id){id displayFulfillmentStatus fulfillmentOrders(first:10){nodes{id status"
    " lineItems(first:100){nodes{id remainingQuantity}}}}}}"
)
_FULFIL = (
    "mutation($fulfillment:FulfillmentInput!){fulfillmentCreate(fulfillment:$fulfillment)"
    "{fulfillment{id status} userErrors{field message}}}"
)
_STOCK_FIND = "query($query:String!){productVariants(first:50,query:$query){nodes{sku inventoryItem{id}}}}"
_STOCK_SET = (
    "mutation($input:InventorySetQuantitiesInput!,$key:String!){inventorySetQuantities(input:$input)@idempotent(key:$key)"
    "{userErrors{code field message}}}"
)
_OPEN = ("OPEN", "IN_PROGRESS")
_PAGE = 50


def webhook_signature(secret: str, body: bytes) -> str:
    """Base64 HMAC-SHA256 over the raw body."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


class ShopifyShop(Shop):
    span = timedelta(days=7)
    per_second = 4.0

    def changed(self, since: datetime, until: datetime) -> Iterator[Change]:
        """Orders by update, oldest first, page by cursor."""
        window = f"updated_at:>='{_stamp(since)}' AND updated_at:<='{_stamp(until)}'"
        after = None
        while True:
            given = {"first": _PAGE, "after": after, "query": window}
            page = self._ask(str(self.option("query_orders", _LIST)), given).get("orders")
            if not isinstance(page, dict):
                raise Down("unreadable")
            for node in page.get("nodes") or []:
                yield _change(node)
            info = page.get("pageInfo") or {}
            if not info.get("hasNextPage") or info.get("endCursor") in (None, after):
                return
            after = info["endCursor"]

    def read(self, order_id: str) -> Change:
        order = self._ask(str(self.option("query_order", _ONE)), {"id": _gid(order_id)}).get("order")
        if not isinstance(order, dict):
            raise Rejected("unknown_order")
        return _change(order)

    def ship(self, parcel: Shipped) -> None:
        """fulfillmentCreate over what is still open; nothing open and FULFILLED is success."""
        order = self._ask(_TO_FULFIL, {"id": _gid(parcel.order_id)}).get("order") or {}
        open_ones = [
            {
                "fulfillmentOrderId": one["id"],
                "fulfillmentOrderLineItems": [
                    {"id": line["id"], "quantity": line["remainingQuantity"]}
                    for line in (one.get("lineItems") or {}).get("nodes") or []
                    if line.get("remainingQuantity")
                ],
            }
            for one in (order.get("fulfillmentOrders") or {}).get("nodes") or []
            if one.get("status") in _OPEN
        ]
        if not open_ones:
            if order.get("displayFulfillmentStatus") == "FULFILLED":
                return
            raise Rejected("refused", str(order.get("displayFulfillmentStatus")))
        tracking = {"number": parcel.waybill, "company": parcel.carrier_name}
        given = {"lineItemsByFulfillmentOrder": open_ones, "trackingInfo": tracking,
                 "notifyCustomer": bool(self.option("notify", False))}  # fmt: skip
        # Not asked twice in one go: after a lost answer the next try looks first at what is open.
        self._pace.wait()
        told = self._call(_FULFIL, {"fulfillment": given}).get("fulfillmentCreate") or {}
        if told.get("userErrors"):
            raise Rejected("refused", str((told["userErrors"][0] or {}).get("field"))[:40])

    def tell_stock(self, stock: Mapping[str, int]) -> None:
        """inventorySetQuantities at the option `location`; the SKU finds its variants. Unsold SKUs are passed over."""
        place = str(self.option("location"))
        if not place:
            raise Rejected("not_set_up", "location")
        place = place if place.startswith("gid:") else f"gid://shopify/Location/{place}"
        wanted = []
        for code, qty in sorted(stock.items()):
            for item in self.stock_ids(code) or self._items(code):
                same = {"inventoryItemId": item, "locationId": place, "quantity": max(0, qty)}
                wanted.append(same | {"changeFromQuantity": None})
        for begin in range(0, len(wanted), 100):
            given = {"name": "available", "reason": "correction", "quantities": wanted[begin : begin + 100]}
            asked = {"input": given, "key": ids.new_id()}
            told = self._ask(str(self.option("stock_set", _STOCK_SET)), asked).get("inventorySetQuantities") or {}
            if told.get("userErrors"):
                raise Rejected("refused", str((told["userErrors"][0] or {}).get("code"))[:40])

    def _items(self, code: str) -> list[str]:
        """Inventory items of the variants with our code; the search finds more than was asked for."""
        quoted = code.replace("\\", "").replace('"', "")
        told = self._ask(str(self.option("stock_find", _STOCK_FIND)), {"query": f'sku:"{quoted}"'})
        nodes = (told.get("productVariants") or {}).get("nodes") or []
        return [str(one["inventoryItem"]["id"]) for one in nodes if line_text(one.get("sku"), 48).upper() == code]

    def hint(self, push: Push) -> Hint:
        if not self.account.app_secret:
            raise Forged("intake.no_pushes")
        given = push.headers.get("x-shopify-hmac-sha256", "")
        wanted = webhook_signature(self.account.app_secret, push.body)
        if not hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode()):
            raise Forged("intake.forged")
        body = push.body.decode("utf-8", "backslashreplace").replace("\x00", "")
        topic = push.headers.get("x-shopify-topic", "orders/")
        try:
            told = json.loads(body)
        except (ValueError, RecursionError):
            told = None
        number = line_text(told.get("id"), 64) if isinstance(told, dict) and topic.startswith("orders/") else ""
        key = line_text(push.headers.get("x-shopify-webhook-id"), 64) or ids.digest(push.body)[:48]
        return Hint(key, number if number.isdecimal() else "", body)

    def _ask(self, query: str, given: Mapping[str, Any]) -> dict[str, Any]:
        return self.asking(lambda: self._call(query, given))

    def _call(self, query: str, given: Mapping[str, Any]) -> dict[str, Any]:
        account = self.account
        if not (account.url and account.token):
            raise Rejected("not_set_up", "shopify")
        url = f"{account.url.rstrip('/')}/admin/api/{self.option('version', '2026-07')}/graphql.json"
        body = json.dumps({"query": query, "variables": given}, separators=(",", ":")).encode()
        answer = call("POST", url, body, {"Content-Type": "application/json", "X-Shopify-Access-Token": account.token})
        if answer.status in (401, 403):
            raise Expired(str(answer.status))
        if answer.status >= 400:
            raise Rejected("refused", str(answer.status))
        told = answer.json()
        if not isinstance(told, dict):
            raise Down("unreadable")
        for error in told.get("errors") or []:
            code = str((error.get("extensions") or {}).get("code", "")) if isinstance(error, dict) else ""
            if code == "THROTTLED":
                raise Throttled(code, _refill(told))
            raise Rejected("refused", code)
        data = told.get("data")
        if not isinstance(data, dict):
            raise Down("unreadable")
        return data

    def _read(self, body: str) -> Seen:
        order = json.loads(body)
        lines = []
        for n, item in enumerate((order.get("lineItems") or {}).get("nodes") or []):
            where = f"lineItems[{n}]"
            code = line_text(item.get("sku"), 48).upper()
            qty = int(item["currentQuantity"] if item.get("currentQuantity") is not None else item.get("quantity", 0))
            bought = int(item.get("quantity") or 0)
            if not 0 <= qty <= bought <= 100_000:
                raise Unreadable(f"{where}.quantity", "number", given=str(item.get("quantity"))[:40])
            if qty == 0:
                continue
            if not code:
                raise Unreadable(f"{where}.sku", "missing")
            price = _money(item.get("originalUnitPriceSet"), where)
            given = item.get("discountedTotalSet")
            discount = max(0, bought * price - _money(given, where)) if given else 0
            lines.append(
                DraftLine(code, qty, price, discount * qty // bought, where=f"{where}.sku",
                          name=line_text(item.get("title"), 120), spec=line_text(item.get("variantTitle"), 120),
                          channel_line=line_text(str(item.get("id", "")).rpartition("/")[2], 40))
            )  # fmt: skip
        standing = _standing(order, bool(lines))
        placed = iso_moment(order.get("createdAt"), "createdAt")
        freight, total = (
            _money(order.get("totalShippingPriceSet"), "shipping"),
            _money(order.get("totalPriceSet"), "total"),
        )
        goods = sum(line.qty * line.unit_price_fen for line in lines)
        to, buyer = order.get("shippingAddress") or {}, order.get("customer") or {}
        country = line_text(to.get("countryCodeV2") or "CN", 2).upper()
        new = NewOrder(
            self.account.channel, _number(order), placed,
            placed if standing in (Standing.PAID, Standing.ELSEWHERE) else None, placed + PROMISE, (),
            new_address(
                text(to.get("name"), 80), str(to.get("phone") or ""), text(to.get("province"), 40),
                text(to.get("city"), 40), "", text(f"{to.get('address1') or ''} {to.get('address2') or ''}", 200),
                text(to.get("zip"), 16), country, text(order.get("email"), 120),
            ),
            buyer_id=line_text(str(buyer.get("id") or order.get("email") or "").rpartition("/")[2], 64),
            buyer_name=line_text(buyer.get("displayName"), 80), freight_fen=freight,
            discount_fen=max(0, goods + freight - total),
            currency=_currency(order),
            buyer_note=text(order.get("note"), 500), lang="zh" if country == "CN" else "en",
        )  # fmt: skip
        return Seen(standing, Draft(new, tuple(lines), total, total if new.paid_at else 0))


def _standing(order: Mapping[str, Any], has_lines: bool) -> Standing:
    if order.get("cancelledAt") or not has_lines or order.get("displayFinancialStatus") in ("REFUNDED", "VOIDED"):
        return Standing.CANCELLED
    if order.get("displayFulfillmentStatus") in ("FULFILLED", "RESTOCKED"):
        return Standing.ELSEWHERE
    held = order.get("displayFulfillmentStatus") == "ON_HOLD"
    paid = order.get("displayFinancialStatus") in ("PAID", "PARTIALLY_REFUNDED")
    return Standing.PAID if paid and not held else Standing.UNPAID


def _money(given: Any, where: str) -> int:
    return fen(((given or {}).get("shopMoney") or {}).get("amount"), where)


def _currency(order: Mapping[str, Any]) -> str:
    money = (order.get("totalPriceSet") or {}).get("shopMoney") or {}
    return line_text(money.get("currencyCode") or "CNY", 3)


def _gid(order_id: str) -> str:
    return order_id if order_id.startswith("gid:") else f"gid://shopify/Order/{order_id}"


def _number(order: Mapping[str, Any]) -> str:
    found = line_text(order.get("legacyResourceId") or str(order.get("id", "")).rpartition("/")[2], 64)
    if not found:
        raise Unreadable("id", "missing")
    return found


def _change(order: Any) -> Change:
    if not isinstance(order, dict):
        raise Down("unreadable")
    version = ms(iso_moment(order.get("updatedAt"), "updatedAt"))
    return Change(_number(order), version, json.dumps(order, ensure_ascii=False, sort_keys=True))


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _refill(told: Mapping[str, Any]) -> float | None:
    """Seconds until the bucket holds what the query asks for."""
    cost = (told.get("extensions") or {}).get("cost") or {}
    status = cost.get("throttleStatus") or {}
    rate = status.get("restoreRate") or 0
    missing = (cost.get("requestedQueryCost") or 0) - (status.get("currentlyAvailable") or 0)
    return max(0.0, missing / rate) if rate else None
