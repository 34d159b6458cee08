"""The POST doors of intake."""

import io

from sqlmodel import Session

from floor.catalog.models import Sku
from floor.intake import till
from tests.factories import a_sku
from tests.house.doors.door import NO, Door
from tests.house.doors_world import Ids
from tests.packing.worlds import person


def _orders_file(_ids: Ids) -> tuple[io.BytesIO, str]:
    header = (
        "订单编号,下单时间,付款时间,买家会员名,收货人姓名,联系手机,省,市,区,收货地址,"
        "商家编码,商品标题,数量,单价,商品优惠,运费,订单优惠,应付金额,实付金额,买家留言,卖家备注"
    )
    row = (
        "A-1,2026-11-20 10:00:00,2026-11-20 10:01:00,b,张小明,13812341234,浙江省,杭州市,西湖区,文三路 90 号,"
        "TEE-NAVY-L,T,1,99.00,0,0,0,99.00,99.00,,"
    )
    return io.BytesIO(f"{header}\n{row}\n".encode("gb18030")), "orders.csv"


def _scanned_at_the_till(db: Session, ids: Ids) -> None:
    till.put_in(db, person(db, "Chen").id or 0, db.get_one(Sku, ids["tee_id"]))


GIFT = {"gift": "TEE-NAVY-L", "qty": "1", "worth_from": "50"}


BUNDLE = {"code": "SET-9", "parts": "TEE-NAVY-L 2 1", "price": "100.00"}


def _catalogue_learned(db: Session, _ids: Ids) -> None:
    a_sku(db, "NEW-SKU")


DOORS = {
    "intake.retry": Door(
        "/intake/messages/{dead}/retry", "Dai", "Ana", unknown=f"/intake/messages/{NO}/retry", before=_catalogue_learned
    ),
    "inbox.again": Door(
        "/intake/inbox/{dead}/again", "Dai", "Ana", unknown=f"/intake/inbox/{NO}/again", before=_catalogue_learned
    ),
    "inbox.again_all": Door(
        "/intake/inbox/again", "Dai", "Ana", {"channel": "shop", "problem": "unknown_sku"}, before=_catalogue_learned
    ),
    "shops.add": Door(
        "/intake/channels", "Dai", "Ana", {"code": "tmall", "name": "天猫", "adapter": "top", "is_active": "1"},
        bad={"code": "tmall", "name": "天猫", "adapter": "woocommerce", "url": "ftp://nowhere"}, keeps="ftp://nowhere",
    ),
    "shops.keep": Door(
        "/intake/channels/woo", "Dai", "Ana",
        {"name": "W", "adapter": "woocommerce", "url": "https://woo.example",
         "options": lambda _ids: '{"per_second": 2}'},
        "/intake/channels/nobody",
        bad={"name": "W", "adapter": "woocommerce", "url": "https://woo.example", "options": "[77]"}, keeps="[77]",
    ),
    "shops.new_key": Door(
        "/intake/channels/woo/keys", "Dai", "Ana", {"label": "till"}, "/intake/channels/nobody/keys", bad={"label": ""},
        is_unkept=True,
    ),
    "shops.read_now": Door(
        "/intake/channels/woo/read", "Dai", "Ana", unknown="/intake/channels/nobody/read"
    ),
    "shops.revoke": Door("/intake/keys/{api_key}/revoke", "Dai", "Ana", unknown=f"/intake/keys/{NO}/revoke"),
    "offers.add_gift": Door(
        "/intake/gifts", "Dai", "Ana", GIFT, bad={**GIFT, "qty": "many"}, keeps='value="many"'
    ),
    "offers.keep_gift": Door(
        "/intake/gifts/{gift_rule}", "Dai", "Ana", GIFT, f"/intake/gifts/{NO}", bad={**GIFT, "gift": "NOBODY"},
        keeps="NOBODY",
    ),
    "offers.save_bundle": Door(
        "/intake/bundles", "Dai", "Ana", BUNDLE, bad={**BUNDLE, "parts": "NOBODY 1"}, keeps="NOBODY 1"
    ),
    "offers.switch_bundle": Door(
        "/intake/bundles/SET-0/switch", "Dai", "Ana", {"on": "0"}, "/intake/bundles/NOBODY/switch"
    ),
    "offers.switch_gift": Door(
        "/intake/gifts/{gift_rule}/switch", "Dai", "Ana", {"on": "0"}, f"/intake/gifts/{NO}/switch"
    ),
    "offers.try_bundle": Door(
        "/intake/bundle-trials", "Dai", "Ana", BUNDLE, bad={**BUNDLE, "price": "much"}, keeps='value="much"',
        is_reading=True,
    ),
    "offers.try_gift": Door(
        "/intake/gift-trials", "Dai", "Ana", GIFT, bad={**GIFT, "try_worth": "much"}, keeps='value="much"',
        is_reading=True,
    ),
    "till.empty": Door("/till/empty", "Chen", "Ana", before=_scanned_at_the_till),
    "till.fewer": Door("/till/lines/{tee_id}/fewer", "Chen", "Ana", before=_scanned_at_the_till),
    "till.scan": Door("/till/scans", "Chen", "Ana", {"code": "{tee}"}, bad={"code": "NOBODY"}, keeps="NOBODY"),
    "till.sell": Door(
        "/till/customer", "Chen", "Ana", {"way": "along", "total": "{tee_price}"},
        bad={"way": "sent", "name": "Wang", "total": "{tee_price}"}, keeps='value="Wang"', before=_scanned_at_the_till,
    ),
    "intake.upload": Door(
        "/intake/files", "Dai", "Ana", {"mapping": "shop_export", "file": _orders_file},
        bad={"mapping": "shop_export", "create_skus": "1"}, keeps='value="1" checked',
    ),
}  # fmt: skip
