"""The POST doors of returns."""

import io

from PIL import Image
from sqlmodel import Session

from floor.paper.codes import code128_png
from floor.returns import repairing
from floor.returns.rules import DISPOSITIONS, TERMS
from tests import goods_out
from tests.cast import PIN
from tests.house.doors.door import NO, Door
from tests.house.doors_world import Ids
from tests.packing.worlds import person


def frame(_ids: Ids) -> tuple[io.BytesIO, str]:
    picture = Image.new("RGB", (640, 480), "white")
    picture.paste(Image.open(io.BytesIO(code128_png("A01-01-1", module_px=2, height_px=120))).convert("RGB"), (60, 160))
    out = io.BytesIO()
    picture.save(out, "JPEG")
    out.seek(0)
    return out, "frame.jpg"


def _not_a_picture(_ids: Ids) -> tuple[io.BytesIO, str]:
    return io.BytesIO(b"<svg onload=alert(1)>"), "frame.jpg"


def _decided(db: Session, ids: Ids) -> None:
    goods_out.decided(db, ids["to_decide"])


def _diagnosed(db: Session, ids: Ids) -> None:
    repairing.diagnose(db, ids["repair"], "torn", person(db, "Chen"))


def _quoted(db: Session, ids: Ids) -> None:
    _diagnosed(db, ids)
    repairing.quote(db, ids["repair"], 900, person(db, "Chen"))


def _repairing(db: Session, ids: Ids) -> None:
    _diagnosed(db, ids)
    repairing.start(db, ids["repair"], person(db, "Chen"))


#: The rules of returns as their form sends them, one of them other than it was.
RETURN_RULES = {
    "version": "0",
    **{f"place_{n}": str(n + 1) for n in range(len(DISPOSITIONS))},
    **{f"disposition_{n}": rule.disposition.value for n, rule in enumerate(DISPOSITIONS)},
    **{f"exchange_{reason.value}": terms.exchange.value for reason, terms in TERMS.items()},
    **{f"early_{reason.value}": "90.00" for reason in TERMS},
}


FINDINGS = {"complete": "yes", "packaging": "yes", "clean": "yes", "works": "yes", "grade": "a"}

DOORS = {
    "return_request.ask": Door(
        "/t/{token}/return", "", "", {"reason": "wrong_size", "qty_{line}": "1"}, "/t/nobody-has-this/return",
        bad={"reason": "wrong_size", "qty_{line}": "9", "note": "too small"}, keeps="too small",
    ),
    "return_request.open_case": Door(
        "/returns/new?order={order}", "Chen", "Ana", {"reason": "wrong_size", "qty_{line}": "1"},
        "/returns/new?order=SO-NONE", bad={"reason": "wrong_size", "qty_{line}": "9", "note": "too small"},
        keeps="too small",
    ),
    "return_request.answer": Door(
        "/t/{repair_token}/return/{repair_number}/answer", "", "", {"accept": "yes"},
        "/t/nobody-has-this/return/R-0001/answer", bad={"accept": "perhaps"}, before=_quoted,
    ),
    "return_cases.back": Door("/returns/parcels/{back}/back", "Chen", "Ana", unknown=f"/returns/parcels/{NO}/back"),
    "return_cases.difference": Door(
        "/returns/{dearer}/difference", "Chen", "Ana", unknown=f"/returns/{NO}/difference"
    ),
    "return_cases.pay_early": Door(
        "/returns/{case}/early", "Chen", "Ana", {"badge": "B-4001", "pin": PIN}, f"/returns/{NO}/early",
        bad={"badge": ""},
    ),
    "return_cases.reworked": Door(
        "/returns/rework/{rework}/good", "Chen", "Ana", unknown=f"/returns/rework/{NO}/good"
    ),
    "return_cases.write_off": Door(
        "/returns/{paid_early}/never-came", "Dai", "Chen", {"why": "lost"}, f"/returns/{NO}/never-came",
        bad={"why": ""},
    ),
    "return_repairs.answer": Door(
        "/returns/{repair}/repair/answer", "Chen", "Ana", {"accept": "no"}, f"/returns/{NO}/repair/answer",
        bad={"accept": "perhaps"}, before=_quoted,
    ),
    "return_repairs.diagnose": Door(
        "/returns/{repair}/repair/diagnosis", "Chen", "Ana", {"diagnosis": "torn"},
        f"/returns/{NO}/repair/diagnosis", bad={"diagnosis": ""},
    ),
    "return_repairs.part": Door(
        "/returns/{repair}/repair/parts", "Chen", "Ana", {"sku": "{mug}", "bin": "a02-03-2", "qty": "1"},
        f"/returns/{NO}/repair/parts", bad={"sku": "{mug}", "bin": "NOWHERE"}, keeps="NOWHERE", before=_repairing,
    ),
    "return_repairs.quote": Door(
        "/returns/{repair}/repair/quote", "Chen", "Ana", {"price": "12.50"}, f"/returns/{NO}/repair/quote",
        bad={"price": "much"}, keeps="much", before=_diagnosed,
    ),
    "return_repairs.step": Door(
        "/returns/{repair}/repair/start", "Chen", "Ana", unknown=f"/returns/{NO}/repair/start", before=_diagnosed
    ),
    "return_rules.save": Door(
        "/returns/rules", "Dai", "Chen", RETURN_RULES, bad={**RETURN_RULES, "early_damaged": "much"}, keeps="much",
    ),
    "strays.end": Door(
        "/returns/strays/{stray}/end", "Chen", "Ana", {"ending": "given_up", "note": "nobody's"},
        f"/returns/strays/{NO}/end", bad={"ending": "eaten", "note": "kept"}, keeps="kept",
    ),
    "strays.keep": Door(
        "/returns/strays", "Chen", "Ana", {"code": "YT-9", "note": "a box", "photo": frame},
        bad={"code": "YT-8", "photo": _not_a_picture}, keeps="YT-8",
    ),
    "returns.arrive": Door("/returns/{case}/arrive", "Chen", "Ana", unknown=f"/returns/{NO}/arrive"),
    "returns.cancel": Door("/returns/{case}/cancel", "Chen", "Ana", unknown=f"/returns/{NO}/cancel"),
    "returns.close": Door(
        "/returns/{to_decide}/close", "Chen", "Ana", unknown=f"/returns/{NO}/close", before=_decided
    ),
    "return_items.decide": Door(
        "/returns/{scanned}/items/1/decide", "Chen", "Ana", FINDINGS, f"/returns/{NO}/items/1/decide",
        bad={**FINDINGS, "disposition": "scrap", "grade": "a"},
    ),
    "return_items.missing": Door(
        "/returns/{on_desk}/items/1/missing", "Chen", "Ana", unknown=f"/returns/{NO}/items/1/missing"
    ),
    "returns.receive": Door(
        "/returns/intake", "Chen", "Ana", {"code": "{case_number}"}, bad={"code": "NOBODY"}, keeps="NOBODY"
    ),
    "return_items.scan": Door(
        "/returns/{on_desk}/items/1/scan", "Chen", "Ana", {"code": "{tee}"}, f"/returns/{NO}/items/1/scan",
        bad={"code": "{mug}"},
    ),
    "return_items.split": Door(
        "/returns/{on_desk}/items/1/split", "Chen", "Ana", unknown=f"/returns/{NO}/items/1/split"
    ),
    "return_items.undo": Door(
        "/returns/{to_decide}/items/1/undo", "Chen", "Ana", unknown=f"/returns/{NO}/items/1/undo", before=_decided
    ),
}  # fmt: skip
