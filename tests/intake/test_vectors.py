"""The platforms' own examples, as published or reproduced with an independent implementation: TOP's and JD's manuals,
wechatpy and wechat-crypto, the Shopify library for Node, WooCommerce's client for Python."""

import json
from urllib.parse import parse_qsl, urlsplit

import pytest

from floor.intake.channels import jd, shopify, top, woocommerce
from floor.intake.channels.signed import Forged
from floor.intake.channels.wechat import crypt

TOP = {
    "method": "taobao.item.seller.get", "app_key": "12345678", "session": "test", "timestamp": "2016-01-01 12:00:00",
    "format": "json", "v": "2.0", "sign_method": "md5", "fields": "num_iid,title,nick,price,num",
    "num_iid": "11223344",
}  # fmt: skip


def test_top_signs_its_manuals_example_in_three_ways():
    wanted = {
        "md5": "66987CB115214E59E6EC978214934FB8",
        "hmac": "D56D7858309C31B6251083A874D48273",
        "hmac-sha256": "04DB15AD0774D5CFCE2C837DE43E3FCEA9011ED74F3038FB6AB5F3C4CEA119E8",
    }
    # The computed ones are of the same parameters with their own sign_method.
    made = {way: top.signature(TOP | {"sign_method": way}, "helloworld", way) for way in wanted}
    assert made == wanted
    assert top.signature(TOP | {"sign": "x", "empty": ""}, "helloworld") == wanted["md5"]


def test_jd_signs_its_manuals_example():
    business = {
        "end_date": None, "optional_fields": None, "order_state": "WAIT_SELLER_STOCK_OUT", "page": "1",
        "page_size": "200", "start_date": None,
    }  # fmt: skip
    params = {
        "360buy_param_json": json.dumps(business, separators=(",", ":")), "access_token": "yourtoken",
        "app_key": "yourappkey", "method": "jingdong.pop.order.search", "timestamp": "2021-05-07 09:20:39.683+0800",
        "v": "2.0",
    }  # fmt: skip
    assert jd.signature(params, "yourappSecret") == "D70825340F4084360B9362B60DFD7930"


SEALED = (
    "pxDvIKtJjb6ivztGO70jStaGF5MfnuY4BtGeeoG9Ba1419Lx3OwyOyvxU8V9I5I/YMDIlaYh4bnK+phliO/gvCjULYCufk4iKotZ56deDrsmhupVvp9gXOUt"
    "/wnEoKfDdj8wzMlF2Bd30DIycyap1GkRmmQTtV3u5sKERvsonvZlphGp3BoqZT/v2WUQBVqmCfcs8b6o+3lD+rLNkgYJUY17hVz1HpTtFB1rwGcKN+SBX5qB"
    "2DJD4HOWb1I/FR+K"
)
AES_KEY, APP = "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR", "wx49f0ab532d5d035a"
SAID = (
    '{"ToUserName":"gh_abc","Event":"channels_ec_order_pay","order_info":{"order_id":3705115058471208928,'
    '"pay_time":1662480000}}'
)


def test_wechat_callbacks_are_verified_opened_and_sealed():
    words = ("spamtest", "1411525903", "461056294")
    crypt.verify("c93daea9752fad87c0921f5b26b50bea7a0d39f8", *words)
    crypt.verify("8758f386601d868ec53239f54f3a9604a6f45f2d", *words, SEALED)
    assert crypt.decrypt(AES_KEY, SEALED, APP) == SAID.encode()
    assert crypt.encrypt(AES_KEY, SAID.encode(), APP, b"0123456789abcdef") == SEALED
    with pytest.raises(Forged):
        crypt.verify("c93daea9752fad87c0921f5b26b50bea7a0d39f8", *words, SEALED)


@pytest.mark.parametrize("sealed", ["", "AAAA", "not base64", SEALED[:-4], SEALED[4:], "A" * 64, "\u4e2d"])
def test_wechat_opens_nothing_that_was_not_sealed_for_us(sealed):
    with pytest.raises(Forged):
        crypt.decrypt(AES_KEY, sealed, APP)


def test_wechat_messages_of_another_app_are_not_ours():
    with pytest.raises(Forged):
        crypt.decrypt(AES_KEY, SEALED, "wx0000000000000000")


def test_shopify_and_woocommerce_sign_the_raw_body():
    body = '{"id":820982911946154508,"email":"jon@example.com","note":"请尽快发货"}'.encode()
    wanted = "UXDnUCcXH6gKR4xBGQTO9enUCesCIIR0dMG95yIHtXk="
    assert shopify.webhook_signature("hush", body) == wanted
    assert woocommerce.webhook_signature("hush", body) == wanted


def test_woocommerce_signs_plain_http_by_oauth():
    url = urlsplit("http://127.0.0.1:8080/wp-json/wc/v3/orders?page=2&per_page=100&status=processing")
    bare = f"{url.scheme}://{url.netloc}{url.path}"
    query = dict(parse_qsl(url.query))
    made = woocommerce.oauth_signature("GET", bare, query, "ck_test", "cs_test", "6fa459eaee8a3ca4", "1700000000")
    assert made["oauth_signature"] == "kIN85Ug0TT+Kh0XC9Js4H62Y1ITWuxWq/3JqAiDVQGc="
