"""Which adapter speaks to which shop. A new one: a folder here with a ShopPort, and a line in `_PORTS`.

Adapters turn what a channel sends into drafts of orders. No database here.
"""

from collections.abc import Callable

from floor.intake.channels.jd import JdShop
from floor.intake.channels.port import Account, ShopPort, Token
from floor.intake.channels.shopify import ShopifyShop
from floor.intake.channels.top import TopShop
from floor.intake.channels.wechat import WechatShop
from floor.intake.channels.woocommerce import WooShop

_PORTS: dict[str, Callable[[Account, Callable[[Token], None]], ShopPort]] = {
    "top": TopShop, "jd": JdShop, "wechat": WechatShop, "woocommerce": WooShop, "shopify": ShopifyShop,
}  # fmt: skip
ADAPTERS = tuple(_PORTS)
#: Where each is reached unless the account says otherwise; "" for shops with an address of their own.
URLS = {
    "top": "https://gw.api.taobao.com/router/rest", "jd": "https://api.jd.com/routerjson",
    "wechat": "https://api.weixin.qq.com", "woocommerce": "", "shopify": "",
}  # fmt: skip


def port_for(adapter: str, account: Account, keep: Callable[[Token], None] = lambda _token: None) -> ShopPort:
    """The adapter a channel is read through. `keep` is called with every token that was renewed on the way."""
    if adapter not in _PORTS:
        raise LookupError(f"no channel adapter is called {adapter!r}")
    return _PORTS[adapter](account, keep)
