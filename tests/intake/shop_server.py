"""Five platforms as they look from outside: a real HTTP server on this machine, written from their published rules.

It shares nothing with our adapters. It checks every signature and token by its own reading of the rules, pages as each
platform pages, and does what its script says: too many calls, 5xx, nonsense, hangs up after it did what it was asked,
lets the token end. Orders change while they are listed.
"""

import base64
import hashlib
import hmac
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

KEY, SECRET = "app-key-1", "app-secret-1"
CHINA = timezone(timedelta(hours=8))
KINDS = ("top", "jd", "wechat", "woocommerce", "shopify")


@dataclass
class Bought:
    """An order in no platform's words. `status`: unpaid, paid, shipped, cancelled."""

    number: int
    created: datetime
    modified: datetime
    status: str = "paid"
    lines: list[tuple[str, int, int]] = field(default_factory=lambda: [("TEE-NAVY-L", 2, 9900), ("MUG", 1, 2500)])
    discount: int = 700
    freight: int = 1000
    street: str = "文三路 90 号"
    note: str = ""
    waybill: str = ""
    #: The buyer asked for a refund; each platform says so in its own way.
    refund: bool = False

    @property
    def goods(self) -> int:
        return sum(qty * price for _sku, qty, price in self.lines)

    @property
    def total(self) -> int:
        return self.goods - self.discount + self.freight

    def shares(self) -> list[int]:
        """The discount by line: all that is odd on the first."""
        rest = [self.discount * qty * price // self.goods for _sku, qty, price in self.lines[1:]]
        return [self.discount - sum(rest), *rest]


@dataclass
class Platform:
    kind: str
    url: str = ""
    orders: dict[int, Bought] = field(default_factory=dict)
    #: What befalls the next calls, one word each: 500, busy, cut, garbage, expired, lost (done, then hung up).
    script: list[str] = field(default_factory=list)
    token: str = "token-0"
    renewed: int = 0
    forged: int = 0
    calls: list[str] = field(default_factory=list)
    #: Every page begins with the last order of the one before.
    doubles: bool = False
    #: Orders that change at once, one with every page that is listed.
    restless: list[int] = field(default_factory=list)
    stock: dict[str, int] = field(default_factory=dict)
    #: Waybills told, each call that did something.
    shipped: list[tuple[int, str]] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def changed(self, since: datetime, until: datetime, *, newest_first: bool) -> list[Bought]:
        inside = [one for one in self.orders.values() if since <= one.modified <= until]
        return sorted(inside, key=lambda one: (one.modified, one.number), reverse=newest_first)

    def page(self, found: list[Bought], number: int, size: int) -> list[Bought]:
        begin = (number - 1) * size
        page = found[begin : begin + size]
        if self.doubles and begin:
            page = [found[begin - 1], *page]
        if self.restless:
            one = self.orders[self.restless.pop()]
            one.modified += timedelta(seconds=1)
        return page

    def ship(self, number: int, waybill: str) -> bool:
        """False when it went already."""
        one = self.orders[number]
        if one.status != "paid":
            return False
        one.status, one.waybill = "shipped", waybill
        one.modified += timedelta(seconds=1)
        self.shipped.append((number, waybill))
        return True


class Bad(Exception):
    """Refused by the platform's rules."""


Reply = tuple[int, dict[str, str], Any]


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


def _china(moment: datetime) -> str:
    return moment.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")


def _from_china(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=CHINA)


# --- TOP ----------------------------------------------------------------------------------------------------------


def _top(shop: Platform, method: str, path: str, query: dict[str, str], headers: Any, body: bytes) -> Reply:
    form = dict(parse_qsl(body.decode(), keep_blank_values=True))
    if path == "/token":
        if form["refresh_token"] != "refresh-me" or form["client_secret"] != SECRET:
            raise Bad
        shop.renewed += 1
        shop.token = f"token-{shop.renewed}"
        return 200, {}, {"access_token": shop.token, "refresh_token": "refresh-me", "expires_in": 86400}
    given = form.pop("sign")
    text = SECRET
    for name in sorted(form):
        text += name + form[name]
    if hashlib.md5((text + SECRET).encode(), usedforsecurity=False).hexdigest().upper() != given:
        raise Bad
    assert form["v"] == "2.0"
    assert form["format"] == "json"
    assert form["app_key"] == KEY

    def error(code: int, sub: str = "") -> Reply:
        return 200, {}, {"error_response": {"code": code, "msg": "no", "sub_code": sub, "sub_msg": "no"}}

    if form["session"] != shop.token:
        return error(27)
    if method == "POST" and abs((datetime.now(UTC) - _from_china(form["timestamp"])).total_seconds()) > 600:
        return error(31)
    match form["method"]:
        case "taobao.trades.sold.increment.get":
            since, until = _from_china(form["start_modified"]), _from_china(form["end_modified"])
            if until - since > timedelta(days=1):
                return error(41, "isv.invalid-parameter")
            found = shop.changed(since, until + timedelta(seconds=1), newest_first=True)
            size = int(form["page_size"])
            page = shop.page(found, int(form["page_no"]), size)
            trades = [{"tid": one.number, "tid_str": str(one.number), "modified": _china(one.modified)} for one in page]
            told = {"total_results": len(found), "trades": {"trade": trades}} if found else {"total_results": 0}
            return 200, {}, {"trades_sold_increment_get_response": told}
        case "taobao.trade.fullinfo.get":
            one = shop.orders.get(int(form["tid"]))
            if one is None:
                return error(15, "isv.trade-not-exist")
            return 200, {}, {"trade_fullinfo_get_response": {"trade": _trade(one)}}
        case "taobao.logistics.offline.send":
            assert form["company_code"] == "SF"
            if not shop.ship(int(form["tid"]), form["out_sid"]):
                return error(15, "isv.logistics-offline-service-error:B04")
            return 200, {}, {"logistics_offline_send_response": {"shipping": {"is_success": True}}}
        case "taobao.skus.custom.get":
            if form["outer_id"] != "MUG":
                return error(15, "isv.sku-not-exist")
            return 200, {}, {"skus_custom_get_response": {"skus": {"sku": [{"sku_id": 71, "num_iid": 7}]}}}
        case "taobao.items.custom.get":
            items = [{"num_iid": 8}] if form["outer_id"] == "TEE-NAVY-L" else []
            return 200, {}, {"items_custom_get_response": {"items": {"item": items}} if items else {}}
        case "taobao.item.quantity.update":
            assert form["type"] == "1"
            assert int(form["quantity"]) >= 0
            code = {("7", "71"): "MUG", ("8", None): "TEE-NAVY-L"}[form["num_iid"], form.get("sku_id")]
            shop.stock[code] = int(form["quantity"])
            return 200, {}, {"item_quantity_update_response": {"item": {"num_iid": int(form["num_iid"])}}}
    return error(22)


def _trade(one: Bought) -> dict[str, Any]:
    status = {"unpaid": "WAIT_BUYER_PAY", "paid": "WAIT_SELLER_SEND_GOODS", "shipped": "WAIT_BUYER_CONFIRM_GOODS",
              "cancelled": "TRADE_CLOSED"}[one.status]  # fmt: skip
    paid = one.status in ("paid", "shipped")
    orders = [
        {"oid": one.number * 10 + n, "title": sku, "num": qty, "price": _yuan(price), "outer_sku_id": sku,
         "status": status, "divide_order_fee": _yuan(qty * price - share), "sku_properties_name": "颜色:藏青",
         "refund_status": "WAIT_SELLER_AGREE" if one.refund else "NO_REFUND"}
        for n, ((sku, qty, price), share) in enumerate(zip(one.lines, one.shares(), strict=True))
    ]  # fmt: skip
    return {
        "tid": one.number, "tid_str": str(one.number), "status": status, "created": _china(one.created),
        "modified": _china(one.modified), "payment": _yuan(one.total), "post_fee": _yuan(one.freight),
        "buyer_nick": "t**", "buyer_open_uid": f"uid{one.number % 7}", "buyer_message": one.note,
        "receiver_name": "张**", "receiver_state": "浙江省", "receiver_city": "杭州市", "receiver_district": "西湖区",
        "receiver_address": one.street, "receiver_mobile": "138****1234", "oaid": f"oaid-{one.number}",
        "orders": {"order": orders},
    } | ({"pay_time": _china(one.created)} if paid else {})  # fmt: skip


# --- JD -----------------------------------------------------------------------------------------------------------


def _jd(shop: Platform, _method: str, path: str, query: dict[str, str], _headers: Any, body: bytes) -> Reply:
    if path.endswith("/oauth2/refresh_token"):
        if query["refresh_token"] != "refresh-me" or query["app_secret"] != SECRET:
            raise Bad
        shop.renewed += 1
        shop.token = f"token-{shop.renewed}"
        return 200, {}, {"access_token": shop.token, "refresh_token": "refresh-me", "expires_in": 86400 * 30}
    form = dict(parse_qsl(body.decode(), keep_blank_values=True))
    given = form.pop("sign")
    text = "".join(name + form[name] for name in sorted(form))
    if hashlib.md5(f"{SECRET}{text}{SECRET}".encode(), usedforsecurity=False).hexdigest().upper() != given:
        raise Bad
    if form["access_token"] != shop.token:
        return 200, {}, {"error_response": {"code": "19", "zh_desc": "-", "en_desc": "token"}}
    asked = json.loads(form["360buy_param_json"])
    name = form["method"].replace(".", "_") + "_responce"
    good = {"success": True, "numberCode": "0"}
    match form["method"]:
        case "jingdong.pop.order.search":
            asked = asked["paramOrderJSFQuery"]  # this account has the newer shape
            assert asked["order_state"]
            assert asked["optional_fields"]
            assert asked["dateType"] == "0"
            found = shop.changed(
                _from_china(asked["start_date"]), _from_china(asked["end_date"]) + timedelta(seconds=1),
                newest_first=asked["sortType"] == "1",
            )  # fmt: skip
            page = shop.page(found, int(asked["page"]), int(asked["page_size"]))
            told = {"apiResult": good, "orderTotal": len(found), "orderInfoList": [_info(one) for one in page]}
            return 200, {}, {name: {"code": "0", "searchorderinfo_result": told}}
        case "jingdong.pop.order.get":
            one = shop.orders.get(int(asked["order_id"]))
            if one is None:
                told = {"apiResult": {"success": False, "numberCode": "1000"}}
            else:
                told = {"apiResult": good, "orderInfo": _info(one)}
            return 200, {}, {name: {"code": "0", "orderDetailInfo": told}}
        case "jingdong.pop.order.shipment":
            assert asked["logiCoprId"] == "467"
            done = shop.ship(int(asked["orderId"]), asked["logiNo"])
            told = {"success": done, "errorCode": "0" if done else "10400001"}
            return 200, {}, {name: {"code": "0", "sopjosshipment_result": told}}
        case "jingdong.sku.read.searchSkuList":
            skus = {"MUG": 71, "TEE-NAVY-L": 81}
            found = [{"skuId": skus[code], "outerId": code} for code in skus if code == asked["outerId"]]
            return 200, {}, {name: {"code": "0", "page": {"data": found, "totalItem": len(found)}}}
        case "jingdong.stock.write.updateSkuStock":
            assert asked["storeId"] == "0"
            shop.stock[{"71": "MUG", "81": "TEE-NAVY-L"}[str(asked["skuId"])]] = int(asked["stockNum"])
            return 200, {}, {name: {"code": "0"}}
    raise Bad


def _info(one: Bought) -> dict[str, Any]:
    state = {"unpaid": "NOT_PAY", "paid": "WAIT_SELLER_STOCK_OUT", "shipped": "WAIT_GOODS_RECEIVE_CONFIRM",
             "cancelled": "TRADE_CANCELED"}[one.status]  # fmt: skip
    state = "LOCKED" if one.refund else state
    items = [
        {"skuId": str(one.number * 10 + n), "outerSkuId": sku, "skuName": sku, "jdPrice": _yuan(price),
         "itemTotal": str(qty)}
        for n, (sku, qty, price) in enumerate(one.lines)
    ]  # fmt: skip
    return {
        "orderId": str(one.number), "orderState": state, "orderStartTime": _china(one.created),
        "modified": _china(one.modified), "orderPayment": _yuan(one.total), "freightPrice": _yuan(one.freight),
        "paymentConfirmTime": _china(one.created) if one.status != "unpaid" else "0001-01-01 00:00:00",
        "orderRemark": one.note, "pin": f"jd_{one.number % 7}", "itemInfoList": items,
        "consigneeInfo": {"fullname": "张小明", "mobile": "13812341234", "province": "浙江", "city": "杭州市",
                          "county": "西湖区", "town": "", "fullAddress": f"浙江杭州市西湖区{one.street}"},
    }  # fmt: skip


# --- WeChat -------------------------------------------------------------------------------------------------------


def _wechat(shop: Platform, method: str, path: str, query: dict[str, str], _headers: Any, body: bytes) -> Reply:
    asked = json.loads(body)
    if path == "/cgi-bin/stable_token":
        if (asked["appid"], asked["secret"]) != (KEY, SECRET):
            raise Bad
        shop.renewed += 1
        shop.token = f"token-{shop.renewed}"
        return 200, {}, {"access_token": shop.token, "expires_in": 7200}
    if query.get("access_token") != shop.token:
        return 200, {}, {"errcode": 42001, "errmsg": "access_token expired"}
    good = {"errcode": 0, "errmsg": "ok"}
    match path:
        case "/channels/ec/order/list/get":
            window = asked["update_time_range"]
            assert window["end_time"] - window["start_time"] <= 7 * 86400
            since, until = (datetime.fromtimestamp(window[name], UTC) for name in ("start_time", "end_time"))
            found = shop.changed(since, until, newest_first=False)
            size, number = asked["page_size"], int(asked.get("next_key") or 1)
            page = shop.page(found, number, size)
            more = number * size < len(found)
            told = {"order_id_list": [str(one.number) for one in page], "has_more": more, "next_key": str(number + 1)}
            return 200, {}, good | told
        case "/channels/ec/order/get":
            one = shop.orders.get(int(asked["order_id"]))
            return 200, {}, good | {"order": _ec(one)} if one else {"errcode": 10020052, "errmsg": "no such order"}
        case "/channels/ec/order/delivery/send":
            (sent,) = asked["delivery_list"]
            assert sent["deliver_type"] == 1
            assert sent["delivery_id"] == "SF"
            assert sum(p["product_cnt"] for p in sent["product_infos"]) == 3
            done = shop.ship(int(asked["order_id"]), sent["waybill_id"])
            return 200, {}, good if done else {"errcode": 10020060, "errmsg": "state"}
        case "/channels/ec/product/list/get":
            assert asked["page_size"] <= 30
            first = not asked.get("next_key")
            return 200, {}, good | {"product_ids": ["P0"] if first else ["P1"], "next_key": "k", "total_num": 2}
        case "/channels/ec/product/get":
            code, sku = {"P0": ("TEE-NAVY-L", "S0"), "P1": ("MUG", "S1")}[asked["product_id"]]
            return (
                200,
                {},
                good | {"product": {"product_id": asked["product_id"], "skus": [{"sku_id": sku, "sku_code": code}]}},
            )
        case "/channels/ec/product/stock/update":
            assert asked["diff_type"] == 3
            sold = {("P0", "S0"): "TEE-NAVY-L", ("P1", "S1"): "MUG"}
            shop.stock[sold[asked["product_id"], asked["sku_id"]]] = asked["num"]
            return 200, {}, good
    raise Bad


def _ec(one: Bought) -> dict[str, Any]:
    status = {"unpaid": 10, "paid": 20, "shipped": 30, "cancelled": 250}[one.status]
    products = [
        {"product_id": f"P{n}", "sku_id": f"S{n}", "sku_code": sku, "title": sku, "sku_cnt": qty, "sale_price": price,
         "on_aftersale_sku_cnt": int(one.refund), "real_price": qty * price - share,
         "sku_attrs": [{"attr_key": "颜色", "attr_value": "藏青"}]}
        for n, ((sku, qty, price), share) in enumerate(zip(one.lines, one.shares(), strict=True))
    ]  # fmt: skip
    pay = {"pay_time": int(one.created.timestamp())} if one.status in ("paid", "shipped") else {}
    return {
        "order_id": str(one.number), "status": status, "openid": f"o{one.number % 7}",
        "create_time": int(one.created.timestamp()), "update_time": int(one.modified.timestamp()),
        "order_detail": {
            "product_infos": products, "pay_info": pay,
            "price_info": {"product_price": one.goods, "order_price": one.total, "freight": one.freight},
            "delivery_info": {"address_info": {
                "user_name": "张小明", "tel_number": "13812341234", "province_name": "浙江省", "city_name": "杭州市",
                "county_name": "西湖区", "detail_info": one.street,
            }},
            "ext_info": {"customer_notes": one.note},
        },
    }  # fmt: skip


# --- WooCommerce --------------------------------------------------------------------------------------------------


def _percent(text: str) -> str:
    return quote(text, safe="-._~")


def _woo(shop: Platform, method: str, path: str, query: dict[str, str], _headers: Any, body: bytes) -> Reply:
    given = query.pop("oauth_signature", "")
    pairs = sorted((_percent(name), _percent(value)) for name, value in query.items())
    base = f"{method}&{_percent(shop.url + path)}&{_percent('&'.join(f'{a}={b}' for a, b in pairs))}"
    wanted = base64.b64encode(hmac.new(f"{SECRET}&".encode(), base.encode(), hashlib.sha256).digest()).decode()
    if given != wanted or query["oauth_consumer_key"] != KEY:
        raise Bad
    path = path.removeprefix("/wp-json/wc/v3")
    if path == "/orders":
        since, until = (
            datetime.fromisoformat(query[name]).replace(tzinfo=UTC) for name in ("modified_after", "modified_before")
        )
        assert int(query["per_page"]) <= 100
        assert query["dates_are_gmt"] == "true"
        found = shop.changed(since, until, newest_first=query["order"] == "desc")
        page = shop.page(found, int(query["page"]), int(query["per_page"]))
        pages = -(-len(found) // int(query["per_page"]))
        return 200, {"X-WP-TotalPages": str(pages)}, [_wc(one) for one in page]
    if path == "/products":
        sold = {"MUG": {"id": 7, "parent_id": 0}, "TEE-NAVY-L": {"id": 81, "parent_id": 8}}
        return 200, {}, [sold[query["sku"]] | {"sku": query["sku"]}] if query["sku"] in sold else []
    if code := {"/products/7": "MUG", "/products/8/variations/81": "TEE-NAVY-L"}.get(path):
        shop.stock[code] = json.loads(body)["stock_quantity"]
        return 200, {}, {"id": 7}
    found_id = re.fullmatch(r"/orders/(\d+)(/notes)?", path)
    one = shop.orders.get(int(found_id.group(1))) if found_id else None
    if one is None:
        return 404, {}, {"code": "woocommerce_rest_shop_order_invalid_id", "message": "no", "data": {"status": 404}}
    if found_id and found_id.group(2):
        return 201, {}, {"id": 1}
    if method == "PUT":
        said = json.loads(body)
        meta = {one["key"]: one["value"] for one in said["meta_data"]}
        assert said["status"] == "completed"
        shop.ship(one.number, meta["_tracking_number"])
    return 200, {}, _wc(one)


def _wc(one: Bought) -> dict[str, Any]:
    def gmt(moment: datetime) -> str:
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")

    status = {"unpaid": "pending", "paid": "processing", "shipped": "completed", "cancelled": "cancelled"}[one.status]
    status = "on-hold" if one.refund else status
    items = [
        {"id": one.number * 10 + n, "name": sku, "sku": sku, "quantity": qty, "subtotal": _yuan(qty * price),
         "subtotal_tax": "0.00", "total": _yuan(qty * price - share), "total_tax": "0.00", "meta_data": []}
        for n, ((sku, qty, price), share) in enumerate(zip(one.lines, one.shares(), strict=True))
    ]  # fmt: skip
    meta = [{"id": 1, "key": "_tracking_number", "value": one.waybill}] if one.waybill else []
    return {
        "id": one.number, "status": status, "currency": "CNY", "date_created_gmt": gmt(one.created),
        "date_modified_gmt": gmt(one.modified), "date_paid_gmt": gmt(one.created) if status != "pending" else None,
        "shipping_total": _yuan(one.freight), "shipping_tax": "0.00", "total": _yuan(one.total),
        "customer_id": one.number % 7, "customer_note": one.note, "line_items": items, "meta_data": meta,
        "billing": {"email": "a@example.com", "phone": "138 1234 1234"},
        "shipping": {"first_name": "小明", "last_name": "张", "address_1": one.street, "address_2": "",
                     "city": "杭州市", "state": "CN6", "postcode": "310012", "country": "CN"},
    }  # fmt: skip


# --- Shopify ------------------------------------------------------------------------------------------------------


def _shopify(shop: Platform, _method: str, path: str, query: dict[str, str], headers: Any, body: bytes) -> Reply:
    if headers.get("X-Shopify-Access-Token") != shop.token:
        return 401, {}, {"errors": "[API] Invalid API key or access token"}
    assert re.fullmatch(r"/admin/api/\d{4}-\d\d/graphql\.json", path)
    asked = json.loads(body)
    text, given = asked["query"], asked["variables"]
    assert text.count("{") == text.count("}")
    if "fulfillmentCreate" in text:
        (wanted,) = given["fulfillment"]["lineItemsByFulfillmentOrder"]
        number = int(wanted["fulfillmentOrderId"].rpartition("/")[2])
        assert sum(line["quantity"] for line in wanted["fulfillmentOrderLineItems"]) == 3
        done = shop.ship(number, given["fulfillment"]["trackingInfo"]["number"])
        errors = [] if done else [{"field": ["fulfillment"], "message": "closed"}]
        return 200, {}, {"data": {"fulfillmentCreate": {"fulfillment": {"id": "gid://f/1"}, "userErrors": errors}}}
    if "productVariants(" in text:
        code = re.fullmatch(r'sku:"([^"]+)"', given["query"]).group(1)  # type: ignore[union-attr]
        items = {"MUG": 71, "TEE-NAVY-L": 81}
        nodes = [
            {"sku": one, "inventoryItem": {"id": f"gid://i/{n}"}} for one, n in items.items() if one.startswith(code)
        ]
        return 200, {}, {"data": {"productVariants": {"nodes": nodes}}}
    if "inventorySetQuantities" in text:
        assert given["key"]
        assert given["input"]["name"] == "available"
        for one in given["input"]["quantities"]:
            assert one["locationId"] == "gid://shopify/Location/5"
            assert one["changeFromQuantity"] is None
            shop.stock[{"gid://i/71": "MUG", "gid://i/81": "TEE-NAVY-L"}[one["inventoryItemId"]]] = one["quantity"]
        return 200, {}, {"data": {"inventorySetQuantities": {"userErrors": []}}}
    if "orders(first" in text:
        since, until = (datetime.fromisoformat(found) for found in re.findall(r"'([^']+)'", given["query"]))
        found = shop.changed(since, until + timedelta(seconds=1), newest_first=False)
        number = int(given["after"] or 1)
        page = shop.page(found, number, given["first"])
        info = {"hasNextPage": number * given["first"] < len(found), "endCursor": str(number + 1)}
        return 200, {}, {"data": {"orders": {"pageInfo": info, "nodes": [_node(one) for one in page]}}}
    one = shop.orders.get(int(given["id"].rpartition("/")[2]))
    if one is None:
        return 200, {}, {"data": {"order": None}}
    if "fulfillmentOrders" not in text:
        return 200, {}, {"data": {"order": _node(one)}}
    open_ = one.status == "paid"
    lines = [{"id": f"gid://l/{n}", "remainingQuantity": qty} for n, (_sku, qty, _price) in enumerate(one.lines)]
    order = {"id": given["id"], "displayFulfillmentStatus": "FULFILLED" if one.status == "shipped" else "UNFULFILLED",
             "fulfillmentOrders": {"nodes": [{"id": f"gid://fo/{one.number}", "status": "OPEN" if open_ else "CLOSED",
                                              "lineItems": {"nodes": lines}}]}}  # fmt: skip
    return 200, {}, {"data": {"order": order}}


def _node(one: Bought) -> dict[str, Any]:
    def iso(moment: datetime) -> str:
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def money(fen: int) -> dict[str, Any]:
        return {"shopMoney": {"amount": _yuan(fen), "currencyCode": "CNY"}}

    standing = "ON_HOLD" if one.refund else "FULFILLED" if one.status == "shipped" else "UNFULFILLED"
    lines = [
        {"id": f"gid://shopify/LineItem/{one.number * 10 + n}", "sku": sku, "quantity": qty, "currentQuantity": qty,
         "title": sku, "variantTitle": "navy", "originalUnitPriceSet": money(price),
         "discountedTotalSet": money(qty * price - share)}
        for n, ((sku, qty, price), share) in enumerate(zip(one.lines, one.shares(), strict=True))
    ]  # fmt: skip
    return {
        "id": f"gid://shopify/Order/{one.number}", "legacyResourceId": str(one.number), "createdAt": iso(one.created),
        "updatedAt": iso(one.modified), "cancelledAt": iso(one.modified) if one.status == "cancelled" else None,
        "displayFinancialStatus": "PENDING" if one.status == "unpaid" else "PAID",
        "displayFulfillmentStatus": standing, "note": one.note,
        "email": "a@example.com", "customer": {"id": f"gid://shopify/Customer/{one.number % 7}", "displayName": "张"},
        "shippingAddress": {"name": "张小明", "phone": "+86 138-1234-1234", "province": "浙江省", "city": "杭州市",
                            "address1": one.street, "address2": "", "zip": "310012", "countryCodeV2": "CN"},
        "totalPriceSet": money(one.total), "totalShippingPriceSet": money(one.freight), "lineItems": {"nodes": lines},
    }  # fmt: skip


_SPEAK = {"top": _top, "jd": _jd, "wechat": _wechat, "woocommerce": _woo, "shopify": _shopify}


def _busy(kind: str) -> Reply:
    return {
        "top": (200, {}, {"error_response": {"code": 7, "msg": "App Call Limited"}}),
        "jd": (200, {}, {"error_response": {"code": "21", "zh_desc": "-"}}),
        "wechat": (200, {}, {"errcode": 45009, "errmsg": "reach max api daily quota limit"}),
        "woocommerce": (429, {"Retry-After": "0"}, {"code": "too_many"}),
        "shopify": (200, {}, {"errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}],
                              "extensions": {"cost": {"requestedQueryCost": 10, "throttleStatus": {
                                  "currentlyAvailable": 10, "restoreRate": 50}}}}),
    }[kind]  # fmt: skip


@contextmanager
def serving(kind: str) -> Iterator[Platform]:
    """A platform on a port of its own."""
    shop = Platform(kind)

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            where = urlsplit(self.path)
            query = dict(parse_qsl(where.query, keep_blank_values=True))
            with shop.lock:
                renewing = "token" in where.path
                befalls = shop.script.pop(0) if shop.script and not renewing else "ok"
                shop.calls.append(f"{self.command} {unquote(where.path)}")
                if befalls == "cut":
                    self.close_connection = True
                    return
                if befalls == "expired" and kind != "woocommerce" and kind != "shopify":
                    shop.token = "another"
                try:
                    status, extra, told = _SPEAK[kind](shop, self.command, where.path, query, self.headers, body)
                except Bad:
                    shop.forged += 1
                    status, extra, told = 401, {}, {"errcode": 40001, "code": "forged"}
                if befalls == "500":
                    status, told = 502, {"bad": "gateway"}
                elif befalls == "busy":
                    status, extra, told = _busy(kind)
                elif befalls == "lost":
                    self.close_connection = True
                    return
            raw = b"<html>maintenance" if befalls == "garbage" else json.dumps(told).encode()
            self.send_response(status)
            for name, value in extra.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        do_GET = do_POST = do_PUT = _answer  # noqa: N815 -- http.server's names

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    shop.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield shop
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def account(shop: Platform) -> dict[str, Any]:
    """What Floor is told about this shop."""
    options: dict[str, Any] = {"per_second": 0, "carriers": {"sf": {"top": "SF", "jd": "467"}.get(shop.kind, "SF")}}
    if shop.kind == "top":
        options["refresh_url"] = f"{shop.url}/token"
    if shop.kind == "jd":
        options |= {"oauth_url": shop.url, "wrap": "paramOrderJSFQuery"}
    if shop.kind == "shopify":
        options["location"] = "5"
    if shop.kind == "woocommerce":
        options |= {"states": {"CN6": "浙江省"}, "webhook_secret": "hook"}
    return {
        "name": shop.kind, "adapter": shop.kind, "url": shop.url, "app_key": KEY, "app_secret": SECRET,
        "token": "" if shop.kind == "wechat" else shop.token, "refresh_token": "refresh-me", "options": options,
        "is_active": True,
    }  # fmt: skip
