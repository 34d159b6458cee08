"""What the demo company packs with: fourteen cartons and mailers, filler, tape and more, and which parcels need them."""

from sqlmodel import Session, col, select

from floor.catalog.models import Carton
from floor.packing.models_materials import Goods, Material, MaterialKind, MaterialRule, Per
from floor.shipments.models import Carrier

#: code, Chinese, English, inner mm, own weight g, most g, fen, reused.
CARTONS = (
    ("K1", "1 号纸箱", "Carton 1", (180, 120, 80), 60, 3_000, 55, False),
    ("K1F", "1 号扁盒", "Flat box 1", (230, 170, 40), 55, 3_000, 60, False),
    ("K2", "2 号纸箱", "Carton 2", (240, 170, 110), 95, 5_000, 80, False),
    ("K2F", "2 号扁盒", "Flat box 2", (320, 240, 50), 100, 5_000, 85, False),
    ("K2L", "长盒", "Long box", (330, 120, 120), 105, 5_000, 90, False),
    ("K3", "3 号纸箱", "Carton 3", (300, 200, 150), 150, 8_000, 120, False),
    ("K3F", "3 号扁盒", "Flat box 3", (380, 300, 80), 170, 8_000, 130, False),
    ("K3L", "鞋盒箱", "Shoe carton", (340, 230, 140), 165, 8_000, 125, False),
    ("K4", "4 号纸箱", "Carton 4", (380, 280, 180), 240, 12_000, 185, False),
    ("K4F", "4 号扁箱", "Flat carton 4", (460, 330, 130), 260, 12_000, 195, False),
    ("K4R", "循环箱", "Returnable crate", (400, 300, 220), 900, 15_000, 40, True),
    ("K5", "5 号纸箱", "Carton 5", (450, 350, 250), 380, 18_000, 270, False),
    ("K5F", "5 号长箱", "Long carton 5", (620, 400, 160), 430, 18_000, 300, False),
    ("K6", "6 号纸箱", "Carton 6", (620, 420, 380), 620, 25_000, 430, False),
)
#: code, Chinese, English, kind, fen and g of one, recyclable, degradable, reused.
OTHERS = (
    ("TAPE-P", "牛皮纸胶带（米）", "Paper tape, metre", MaterialKind.TAPE, 12, 4, True, True, False),
    ("FILL-P", "蜂窝纸填充（升）", "Paper filler, litre", MaterialKind.FILLER, 9, 11, True, True, False),
    ("BUBBLE", "气泡膜（片）", "Bubble wrap, sheet", MaterialKind.BUBBLE, 14, 9, False, False, False),
    ("BAG-L", "防漏袋", "Leak-proof bag", MaterialKind.WRAP, 18, 7, False, False, False),
    ("BAG-E", "防静电袋", "Anti-static bag", MaterialKind.WRAP, 25, 6, False, False, False),
    ("ICE", "干冰（块）", "Dry ice, block", MaterialKind.ICE, 320, 500, False, False, False),
    ("BOX-I", "保温内胆", "Insulating liner", MaterialKind.OTHER, 650, 180, False, False, True),
    ("CORNER", "护角（套）", "Corner guards, set", MaterialKind.OTHER, 35, 20, True, False, False),
    ("MAIL-P", "牛皮纸信封袋", "Paper mailer", MaterialKind.MAILER, 45, 22, True, True, False),
)
#: Goods, carrier or "", material, how much, for what.
RULES = (
    (Goods.ALL, "", "TAPE-P", 2, Per.PARCEL),
    (Goods.ALL, "", "FILL-P", 1, Per.LITRE),
    (Goods.FRAGILE, "", "BUBBLE", 2, Per.UNIT),
    (Goods.FRAGILE, "ems", "CORNER", 1, Per.PARCEL),
    (Goods.LIQUID, "", "BAG-L", 1, Per.UNIT),
    (Goods.ELECTRONICS, "", "BAG-E", 1, Per.UNIT),
    (Goods.COLD, "", "BOX-I", 1, Per.PARCEL),
    (Goods.COLD, "", "ICE", 2, Per.PARCEL),
)


def make_cartons(db: Session) -> None:
    """Cartons, each with what it is as a material."""
    for code, name, english, mm, tare, most, fen, reused in CARTONS:
        carton = Carton(
            code=code, name=name, length_mm=mm[0], width_mm=mm[1], height_mm=mm[2], tare_g=tare, max_weight_g=most,
            cost_fen=fen,
        )  # fmt: skip
        db.add(carton)
        db.flush()
        db.add(
            Material(
                code=code, name=name, name_en=english, kind=MaterialKind.CARTON, carton_id=carton.id, cost_fen=fen,
                mass_g=tare, is_recyclable=not reused, is_degradable=not reused, is_reused=reused,
            )
        )  # fmt: skip
    db.flush()


def make_rules(db: Session) -> None:
    """Materials that are no cartons, and which parcels need them. The carriers are there."""
    lines = {carrier.code: carrier.id for carrier in db.exec(select(Carrier))}
    for code, name, english, kind, fen, grams, recyclable, degradable, reused in OTHERS:
        db.add(
            Material(
                code=code, name=name, name_en=english, kind=kind, cost_fen=fen, mass_g=grams,
                is_recyclable=recyclable, is_degradable=degradable, is_reused=reused,
            )
        )  # fmt: skip
    db.flush()
    ids = {row.code: row.id for row in db.exec(select(Material).where(col(Material.carton_id).is_(None)))}
    db.add_all(
        MaterialRule(goods=goods, carrier_id=lines.get(carrier), material_id=ids[code] or 0, amount=amount, per=per)
        for goods, carrier, code, amount, per in RULES
    )
    db.flush()
