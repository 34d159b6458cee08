"""What the demo company sells: some 500 SKUs in families that differ by colour and size."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from sqlmodel import Session

from floor.catalog.models import Barcode, PackingClass, Sku, Tracking
from floor.shipping.models_invoices import SkuTax

N, F, L, E = PackingClass.NORMAL, PackingClass.FRAGILE, PackingClass.LIQUID, PackingClass.ELECTRONICS

#: Colour: Chinese, English, code letters, hex.
COLOURS = {
    "navy": ("藏青", "Navy", "#1C2F57"),
    "white": ("本白", "White", "#F4F1EA"),
    "black": ("黑", "Black", "#22252A"),
    "grey": ("麻灰", "Grey", "#8F969E"),
    "green": ("墨绿", "Green", "#2F6B57"),
    "brick": ("砖红", "Brick", "#B5432A"),
    "sand": ("燕麦", "Oat", "#D8C4A0"),
    "blue": ("雾蓝", "Blue", "#5E86B8"),
    "pink": ("藕粉", "Pink", "#DDA6A4"),
    "mustard": ("姜黄", "Mustard", "#C9942B"),
}

#: Families that are made in lots and expire.
IN_LOTS = {"TEA", "COFF", "SNACK", "SHAM", "CREAM", "LIP"}

#: The tax office's and customs' words for some of the goods; somebody has to fill in the others.
TAX_CODES = {"服装": "1040201990000000000"}
HS_CODES = {"tee": "6109100000", "hoodie": "6110200090"}

CLOTHES = ("S", "M", "L", "XL", "XXL")
SHOES = ("37", "38", "39", "40", "41", "42", "43")
PLAIN = ("",)


@dataclass(frozen=True)
class Family:
    """mm, g and fen of one unit; `colours` are keys of COLOURS."""

    code: str
    name: str
    name_en: str
    drawing: str
    category: str
    size_mm: tuple[int, int, int]
    weight_g: int
    price_fen: int
    colours: tuple[str, ...]
    sizes: tuple[str, ...] = PLAIN
    packing: PackingClass = N


FAMILIES = (
    Family("TEE", "男款纯棉圆领短袖 T 恤", "Men's cotton crew-neck tee", "tee", "服装", (300, 220, 25), 190, 7900,
           ("navy", "white", "black", "grey", "green", "mustard", "pink"), CLOTHES),
    Family("WTEE", "女款修身 V 领 T 恤", "Women's fitted V-neck tee", "tee", "服装", (280, 210, 22), 160, 6900,
           ("white", "black", "pink", "blue", "grey", "green"), CLOTHES[:4]),
    Family("SHIRT", "亚麻长袖衬衫", "Linen long-sleeve shirt", "shirt", "服装", (320, 240, 35), 260, 16900,
           ("white", "blue", "sand", "green", "navy"), CLOTHES),
    Family("HOOD", "连帽抓绒卫衣", "Fleece hoodie", "hoodie", "服装", (360, 280, 70), 580, 19900,
           ("grey", "black", "brick", "green", "navy", "sand"), CLOTHES),
    Family("JKT", "轻薄防风外套", "Light windbreaker", "jacket", "服装", (350, 260, 60), 420, 29900,
           ("navy", "black", "mustard", "green"), CLOTHES),
    Family("SKIRT", "百褶半身裙", "Pleated skirt", "skirt", "服装", (300, 220, 40), 280, 13900,
           ("black", "sand", "grey", "navy"), CLOTHES[:4]),
    Family("DRESS", "收腰连衣裙", "Waisted dress", "dress", "服装", (330, 240, 45), 340, 23900,
           ("navy", "brick", "green", "black", "blue"), CLOTHES[:4]),
    Family("SOCK", "精梳棉中筒袜", "Combed cotton crew socks", "sock", "配饰", (200, 90, 25), 60, 1990,
           ("green", "white", "black", "grey", "brick", "navy", "pink"), ("35-38", "39-42", "43-46")),
    Family("CAP", "水洗棒球帽", "Washed baseball cap", "cap", "配饰", (260, 180, 120), 110, 5900,
           ("navy", "black", "sand", "mustard", "pink"), PLAIN),
    Family("SCARF", "羊毛混纺围巾", "Wool-blend scarf", "scarf", "配饰", (280, 220, 50), 240, 12900,
           ("grey", "brick", "navy", "mustard"), PLAIN),
    Family("GLOVE", "触屏针织手套", "Touchscreen knit gloves", "glove", "配饰", (230, 110, 25), 70, 3900,
           ("black", "grey", "navy"), ("S", "M", "L")),
    Family("BELT", "头层牛皮腰带", "Full-grain leather belt", "belt", "配饰", (130, 130, 45), 220, 12900,
           ("black", "brick"), ("105", "115", "125")),
    Family("SHOE", "轻量慢跑鞋", "Light running shoes", "shoe", "鞋", (320, 210, 120), 720, 34900,
           ("white", "black", "blue", "green", "pink", "grey"), SHOES),
    Family("SLIP", "居家软底拖鞋", "Soft home slippers", "slipper", "鞋", (290, 220, 90), 300, 3900,
           ("sand", "grey", "pink", "navy"), ("36-37", "38-39", "40-41", "42-43")),
    Family("BAG", "帆布托特包", "Canvas tote bag", "bag", "箱包", (380, 320, 30), 260, 6900,
           ("sand", "black", "green", "navy"), PLAIN),
    Family("PACK", "通勤双肩包", "Commuter backpack", "backpack", "箱包", (450, 310, 120), 820, 25900,
           ("black", "grey", "navy", "mustard"), PLAIN),
    Family("MUG", "手作陶瓷马克杯 350 ml", "Hand-made ceramic mug 350 ml", "mug", "家居", (130, 110, 110), 380, 5900,
           ("brick", "white", "blue", "green", "sand"), PLAIN, F),
    Family("BOWL", "釉下彩饭碗", "Glazed rice bowl", "bowl", "家居", (130, 130, 80), 320, 3900,
           ("white", "blue", "green", "pink"), ("4.5 in", "6 in"), F),
    Family("PLATE", "哑光平盘", "Matt plate", "plate", "家居", (270, 270, 35), 620, 4900,
           ("white", "black", "sand", "blue"), ("8 in", "10 in"), F),
    Family("BOTTLE", "不锈钢保温杯", "Steel vacuum bottle", "bottle", "家居", (240, 75, 75), 340, 9900,
           ("black", "white", "green", "pink", "blue", "brick", "navy"), ("350 ml", "500 ml", "750 ml")),
    Family("LUNCH", "分格保温饭盒", "Insulated lunch box", "lunch_box", "家居", (230, 160, 80), 460, 8900,
           ("white", "green", "pink"), ("2 格", "3 格")),
    Family("PAN", "铸铁煎锅", "Cast-iron pan", "pan", "家居", (430, 270, 60), 2100, 18900, ("black",),
           ("24 cm", "26 cm", "28 cm")),
    Family("KETTLE", "细口手冲壶", "Gooseneck kettle", "kettle", "家居", (300, 180, 200), 780, 15900,
           ("black", "white"), PLAIN),
    Family("CHOP", "鸡翅木筷子十双", "Wenge chopsticks, ten pairs", "chopsticks", "家居", (260, 60, 30), 210, 3900,
           ("brick", "black"), PLAIN),
    Family("TOWEL", "长绒棉毛巾", "Long-staple cotton towel", "towel", "家居", (280, 200, 60), 180, 3900,
           ("white", "grey", "blue", "pink", "green", "sand", "mustard"), ("34x76", "70x140")),
    Family("PILLOW", "乳胶枕", "Latex pillow", "pillow", "家居", (600, 380, 130), 1250, 19900, ("white", "grey"),
           ("10 cm", "12 cm")),
    Family("BLANK", "珊瑚绒毯", "Coral-fleece blanket", "blanket", "家居", (350, 300, 150), 1100, 12900,
           ("grey", "sand", "blue", "brick"), ("150x200", "180x200")),
    Family("CANDLE", "大豆香薰蜡烛", "Soy scented candle", "candle", "家居", (90, 90, 100), 330, 8900,
           ("white", "sand", "pink", "green"), ("180 g", "320 g"), F),
    Family("LAMP", "可调光台灯", "Dimmable desk lamp", "lamp", "家居", (420, 180, 160), 980, 19900,
           ("white", "black", "brick"), PLAIN, E),
    Family("CLOCK", "静音挂钟", "Silent wall clock", "clock", "家居", (320, 320, 60), 780, 8900,
           ("white", "black", "sand"), PLAIN, F),
    Family("PLANT", "仿真绿植盆栽", "Artificial potted plant", "plant", "家居", (180, 180, 320), 520, 5900,
           ("green",), ("S", "M", "L")),
    Family("BOX", "折叠收纳箱", "Folding storage box", "storage_box", "家居", (420, 300, 60), 890, 4900,
           ("white", "grey", "sand"), ("30 L", "50 L")),
    Family("EAR", "蓝牙耳机", "Bluetooth earphones", "earphones", "数码", (100, 90, 40), 120, 29900,
           ("white", "black", "blue"), PLAIN, E),
    Family("SPK", "桌面小音箱", "Desktop speaker", "speaker", "数码", (150, 110, 110), 540, 19900,
           ("black", "white", "green"), PLAIN, E),
    Family("CHG", "氮化镓充电器", "GaN charger", "charger", "数码", (80, 60, 35), 130, 9900, ("white", "black"),
           ("30 W", "65 W", "100 W"), E),
    Family("CABLE", "编织快充线", "Braided cable", "cable", "数码", (120, 100, 20), 45, 2990,
           ("black", "white", "green"), ("1 m", "2 m")),
    Family("PWR", "移动电源", "Power bank", "power_bank", "数码", (150, 75, 25), 260, 12900,
           ("black", "white", "pink"), ("10000", "20000"), E),
    Family("KEY", "无线机械键盘", "Wireless mechanical keyboard", "keyboard", "数码", (370, 140, 45), 880, 39900,
           ("black", "white", "blue"), ("75%", "87"), E),
    Family("MOUSE", "静音无线鼠标", "Silent wireless mouse", "mouse", "数码", (130, 80, 50), 110, 6900,
           ("black", "white", "pink", "green"), PLAIN, E),
    Family("CASE", "磁吸手机壳", "Magnetic phone case", "phone_case", "数码", (170, 90, 15), 45, 4900,
           ("navy", "black", "pink", "green", "sand", "white", "mustard", "blue"), ("6.1", "6.7")),
    Family("NOTE", "点阵笔记本 A5", "Dot-grid notebook A5", "notebook", "文具", (215, 150, 18), 310, 2990,
           ("navy", "brick", "black", "green", "sand", "blue", "mustard"), PLAIN),
    Family("PEN", "中性笔十支装", "Gel pens, ten", "pen", "文具", (160, 80, 15), 110, 1990,
           ("black", "blue", "brick"), ("0.38", "0.5")),
    Family("BLOCK", "榉木积木", "Beech building blocks", "blocks", "玩具", (280, 220, 70), 1150, 12900, ("sand",),
           ("50 块", "100 块")),
    Family("PUZZ", "拼图 1000 片", "Jigsaw, 1000 pieces", "puzzle", "玩具", (300, 220, 50), 720, 6900,
           ("blue", "green", "brick", "mustard"), PLAIN),
    Family("BALL", "软质训练球", "Soft training ball", "ball", "玩具", (200, 200, 200), 320, 4900,
           ("brick", "blue", "mustard"), PLAIN),
    Family("TEA", "明前龙井茶罐", "Longjing green tea tin", "tea_tin", "食品", (110, 80, 80), 190, 16800,
           ("green", "sand"), ("50 g", "100 g")),
    Family("COFF", "中烘咖啡豆", "Medium-roast coffee beans", "coffee", "食品", (240, 130, 80), 480, 8800,
           ("brick", "black"), ("227 g", "454 g")),
    Family("SNACK", "混合坚果礼盒", "Mixed nuts gift box", "snack_box", "食品", (280, 220, 80), 980, 11800,
           ("brick", "mustard"), ("7 天", "30 天")),
    Family("SHAM", "氨基酸洗发水", "Amino-acid shampoo", "shampoo", "个护", (200, 80, 60), 560, 6900,
           ("white", "green", "pink"), ("300 ml", "500 ml"), L),
    Family("SOAP", "手工冷制皂", "Cold-process soap", "soap", "个护", (90, 60, 35), 115, 2900,
           ("sand", "green", "pink", "white"), PLAIN),
    Family("CREAM", "保湿面霜", "Moisturising cream", "cream", "个护", (80, 80, 60), 160, 12900,
           ("white", "pink"), ("50 ml",), F),
    Family("LIP", "丝绒唇膏", "Velvet lipstick", "lipstick", "个护", (85, 25, 25), 35, 9900,
           ("brick", "pink"), ("01", "02", "03", "04")),
    Family("BRUSH", "软毛牙刷四支装", "Soft toothbrushes, four", "toothbrush", "个护", (220, 110, 30), 90, 2490,
           ("white", "blue", "green", "black"), PLAIN),
)  # fmt: skip


def make_goods(db: Session) -> list[Sku]:
    """Write SKUs with EAN-13 codes; returns them, the most popular first."""
    skus = list(_skus())
    # Popularity follows Zipf over a shuffled assortment: neighbours in the catalogue are not neighbours in fame.
    random.Random(11).shuffle(skus)
    db.add_all(skus)
    db.flush()
    db.add_all(Barcode(code=ean13(sku.id or 0), sku_id=sku.id or 0) for sku in skus)
    db.add_all(
        SkuTax(sku_id=sku.id or 0, tax_code=TAX_CODES[sku.category], hs_code=HS_CODES.get(sku.drawing, ""))
        for sku in skus
        if sku.category in TAX_CODES
    )
    db.flush()
    return skus


def _skus() -> Iterator[Sku]:
    for family in FAMILIES:
        for colour, size in product(family.colours, family.sizes):
            chinese, english, shade = COLOURS[colour]
            parts = [family.code, colour.upper(), "".join(c for c in size if c.isascii() and c.isalnum()).upper()]
            length, width, height = sorted(family.size_mm, reverse=True)
            yield Sku(
                code="-".join(part for part in parts if part), name=family.name, name_en=family.name_en,
                colour=chinese, colour_en=english, size=size, colour_hex=shade, drawing=family.drawing,
                category=family.category, length_mm=length, width_mm=width, height_mm=height,
                weight_g=family.weight_g, price_fen=family.price_fen, packing_class=family.packing,
                tracking=Tracking.LOT if family.code in IN_LOTS else Tracking.NONE, min_life_days=30,
            )  # fmt: skip


def ean13(number: int) -> str:
    """A valid EAN-13 from the block 690-0000 for one of our ids."""
    body = f"6900{number * 7919 % 100_000_000:08d}"
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(body))
    return body + str(-total % 10)
