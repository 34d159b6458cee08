"""Who buys and what: several hundred open orders over all channels, with realistic baskets, remarks and flaws."""

import random
from bisect import bisect
from datetime import datetime, timedelta
from itertools import accumulate

from floor.catalog.models import Sku
from floor.orders.service import NewAddress, NewLine, NewOrder

#: Channel -> share of the orders.
CHANNELS = {"taobao": 0.38, "jd": 0.24, "web": 0.18, "wechat": 0.14, "shop": 0.06}

#: Province, city, districts, share of buyers.
TOWNS = (
    ("上海市", "上海市", ("浦东新区", "徐汇区", "闵行区", "杨浦区"), 12),
    ("浙江省", "杭州市", ("西湖区", "滨江区", "余杭区"), 11),
    ("江苏省", "南京市", ("鼓楼区", "建邺区", "江宁区"), 8),
    ("江苏省", "苏州市", ("姑苏区", "吴中区", "昆山市"), 7),
    ("广东省", "广州市", ("天河区", "海珠区", "番禺区"), 10),
    ("广东省", "深圳市", ("南山区", "福田区", "龙岗区"), 10),
    ("四川省", "成都市", ("锦江区", "武侯区", "双流区"), 8),
    ("重庆市", "重庆市", ("渝中区", "江北区", "沙坪坝区"), 5),
    ("北京市", "北京市", ("朝阳区", "海淀区", "丰台区"), 9),
    ("湖北省", "武汉市", ("武昌区", "洪山区"), 5),
    ("陕西省", "西安市", ("雁塔区", "碑林区"), 4),
    ("福建省", "厦门市", ("思明区", "湖里区"), 3),
    ("山东省", "青岛市", ("市南区", "崂山区"), 3),
    ("辽宁省", "沈阳市", ("和平区", "浑南区"), 2),
    ("云南省", "昆明市", ("五华区", "官渡区"), 2),
    ("新疆维吾尔自治区", "乌鲁木齐市", ("天山区",), 1),
)
STREETS = ("和平路", "建设大道", "文汇街", "学院路", "滨河东路", "光明街", "梧桐巷", "青年路", "锦绣大街", "望江路")
SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何吕张孔曹严华金魏陶姜"
SYLLABLES = "晓雨梓涵子轩若思嘉怡明哲宇航欣然一诺佳宁博文静雅浩然诗琪俊杰"

#: Remarks of ordinary buyers, who mean no harm.
REMARKS = (
    "请尽快发货，谢谢", "麻烦包装严实一点", "周末在家，工作日请放门卫", "谢谢老板", "第二次买了，质量不错", "放菜鸟驿站就好",
    "颜色别发错", "出差回来再拆，请用纸箱", "可以的话一起发", "Please leave it with the concierge",
)  # fmt: skip
#: Remarks a person has to read.
WORRIES = (
    "先不要发货，我再确认一下尺码", "地址写错了，请改地址到公司", "送人的，不要放价格单", "发货前请先打电话", "不想要了，帮我取消",
    "Please don't ship before Friday",
)  # fmt: skip
PERSON_TO_BILL = "个人"
GIFTS = ("生日快乐，天天开心", "祝新婚快乐", "妈妈节日快乐", "Happy birthday, with love")


class Buyers:
    """Draws orders from one seed; the same seed draws the same orders relative to `now`."""

    def __init__(self, skus: list[Sku], now: datetime, dice: random.Random) -> None:
        self.skus, self.now, self.dice = skus, now, dice
        self._fame = list(accumulate(1 / (rank + 6) for rank in range(len(skus))))
        self._serial = 0

    def order(self) -> NewOrder:
        """One order: mostly sound, about one in eight with something a person must look at."""
        dice = self.dice
        self._serial += 1
        channel = dice.choices(list(CHANNELS), list(CHANNELS.values()))[0]
        placed = self.now - timedelta(minutes=dice.randint(5, 60 * 20))
        lines = self._basket()
        goods = sum(line.qty * line.unit_price_fen for line in lines)
        discount = sum(line.discount_fen for line in lines)
        freight = 0 if goods >= 9900 else 800
        total = goods - discount + freight
        flaw = dice.random()
        gift = dice.random() < 0.05
        name_to_bill, tax_id = self._bill()
        return NewOrder(
            channel=channel,
            external_id=f"{channel[:2].upper()}{self.now:%y%m%d}{self._serial:06d}",
            placed_at=placed,
            paid_at=None if flaw < 0.02 else placed + timedelta(minutes=dice.randint(0, 4)),
            promised_at=self._promise(channel),
            lines=lines,
            address=self._address(flaw),
            buyer_id=f"{channel}-{dice.randint(1, 9999):04d}",
            buyer_name=self._name(),
            goods_fen=goods,
            freight_fen=freight,
            discount_fen=discount,
            total_fen=total + (100 if 0.02 <= flaw < 0.03 else 0),
            paid_fen=0 if flaw < 0.02 else total - (500 if 0.03 <= flaw < 0.04 else 0),
            buyer_note=self._remark(flaw),
            gift_wrap=gift,
            gift_message=dice.choice(GIFTS) if gift else "",
            hide_price=gift,
            invoice_title=name_to_bill,
            invoice_tax_id=tax_id,
            tier=dice.choices((0, 1, 2), (6, 3, 1))[0],
        )

    def _bill(self) -> tuple[str, str]:
        """Every sixth buyer wants an invoice; of those every third is a company, whose tax number proves itself."""
        if self._serial % 6:
            return "", ""
        return ("福州青禾贸易有限公司", "91350100M000100Y43") if self._serial % 18 == 0 else (PERSON_TO_BILL, "")

    def _basket(self) -> list[NewLine]:
        dice = self.dice
        wanted = {}
        for _ in range(dice.choices((1, 2, 3, 4, 5, 7), (46, 25, 14, 8, 5, 2))[0]):
            sku = self.skus[bisect(self._fame, dice.random() * self._fame[-1])]
            wanted[sku.id] = (sku, dice.choices((1, 2, 3, 6), (80, 14, 4, 2))[0])
        lines = []
        for sku, qty in wanted.values():
            off = sku.price_fen * qty // 10 if dice.random() < 0.2 else 0
            lines.append(NewLine(sku.id or 0, qty, sku.price_fen, off))
        return lines

    def _address(self, flaw: float) -> NewAddress:
        dice = self.dice
        province, city, districts, _share = dice.choices(TOWNS, [town[3] for town in TOWNS])[0]
        number = f"{dice.randint(1, 400)} 号 {dice.randint(1, 30)} 幢 {dice.randint(101, 2804)} 室"
        street = f"{dice.choice(STREETS)}" + ("" if 0.04 <= flaw < 0.06 else f" {number}")
        phone = f"13{dice.randint(0, 9)}0000{dice.randint(0, 9999):04d}"
        return NewAddress(
            self._name(), phone[:-3] if 0.06 <= flaw < 0.07 else phone, province, city, dice.choice(districts), street
        )

    def _name(self) -> str:
        return self.dice.choice(SURNAMES) + "".join(self.dice.sample(SYLLABLES, self.dice.choice((1, 2))))

    def _remark(self, flaw: float) -> str:
        if 0.07 <= flaw < 0.12:
            return self.dice.choice(WORRIES)
        return self.dice.choice(REMARKS) if self.dice.random() < 0.15 else ""

    def _promise(self, channel: str) -> datetime:
        """Today's or tomorrow's cut-off, 15:00 in China (07:00 UTC); shops want it the same day."""
        cutoff = self.now.replace(hour=7, minute=0, second=0, microsecond=0)
        if cutoff < self.now + timedelta(minutes=90):
            cutoff += timedelta(days=1)
        later = 0 if channel == "shop" else self.dice.choices((0, 1, 2), (55, 35, 10))[0]
        return cutoff + timedelta(days=later)
