"""The POST doors of picking."""

from sqlmodel import Session

from floor.picking import putwall, reassigning
from floor.picking import service as walks
from floor.picking.models import Stop, Walk
from floor.picking.models_wall import Wall
from tests.house.doors.door import NO, Door
from tests.house.doors_world import Ids
from tests.packing.worlds import person


def _at_the_shelf(db: Session, ids: Ids) -> None:
    """Ana scanned the bin and one unit: from six on she may type the number."""
    for code in (ids["stop_bin"], ids["tee"]):
        walks.scan(db, ids["walk"], ids["stop"], code, person(db, "Ana"))


def _maybe_empty(db: Session, ids: Ids) -> None:
    db.get_one(Stop, ids["stop"]).ask_empty = True


def _sorted(db: Session, ids: Ids) -> None:
    putwall.scan(db, db.get_one(Wall, ids["wall"]), ids["batch"], None, ids["tee"], person(db, "Ana"))


def _not_begun(db: Session, ids: Ids) -> None:
    db.get_one(Walk, ids["batch"]).wall_id = None


def _asked(db: Session, ids: Ids) -> None:
    reassigning.ask_to_hand_over(db, ids["walk"], ids["ben_id"], person(db, "Dai"))


DOORS = {
    "picking.claim": Door("/walks/{next}/claim", "Dai", "Bo", unknown=f"/walks/{NO}/claim"),
    "picking.claim_next": Door("/walks/next", "Dai", "Bo"),
    "picking.empty": Door(
        "/walks/{walk}/stops/1/empty", "Ana", "Bo", {"stop": "{stop}", "empty": "0"}, f"/walks/{NO}/stops/1/empty",
        bad={"stop": "x"}, before=_maybe_empty,
    ),
    "picking.let_go": Door("/walks/{his}/release", "Ben", "Bo", unknown=f"/walks/{NO}/release"),
    "picking.quantity": Door(
        "/walks/{walk}/stops/1/quantity", "Ana", "Bo", {"stop": "{stop}", "qty": "9"}, f"/walks/{NO}/stops/1/quantity",
        bad={"stop": "{stop}", "qty": "77"}, keeps='value="77"', before=_at_the_shelf,
    ),
    "picking.report": Door(
        "/walks/{walk}/stops/1/exception", "Ana", "Bo", {"stop": "{stop}", "got": "5", "why": "short"},
        f"/walks/{NO}/stops/1/exception", bad={"stop": "{stop}", "got": "999", "why": "short"},
    ),
    "picking.report_code": Door(
        "/walks/{walk}/reports", "Ana", "Bo", {"stop": "{stop}", "code": "6900000000000"}, f"/walks/{NO}/reports",
        bad={"stop": "{stop}"},
    ),
    "picking.scan": Door(
        "/walks/{walk}/scans", "Ana", "Bo", {"stop": "{stop}", "code": "{stop_bin}"}, f"/walks/{NO}/scans",
        bad={"stop": "{stop}", "code": "NOBODY"}, keeps="NOBODY",
    ),
    "picking.skip": Door(
        "/walks/{walk}/stops/1/skip", "Ana", "Bo", {"stop": "{stop}"}, f"/walks/{NO}/stops/1/skip", bad={"stop": "x"}
    ),
    "picking.unbind_tote": Door("/walks/{his}/totes/undo", "Ben", "Bo", unknown=f"/walks/{NO}/totes/undo"),
    "picking.undo": Door("/walks/{walk}/undo", "Ana", "Bo", unknown=f"/walks/{NO}/undo", before=_at_the_shelf),
    "floor_board.ask": Door(
        "/walks/board/{walk}/ask", "Dai", "Ana", {"person": "{ben_id}"}, f"/walks/board/{NO}/ask", bad={"person": "x"}
    ),
    "floor_board.assign": Door(
        "/walks/board/{next}/assign", "Dai", "Ana", {"person": "{dai_id}"}, f"/walks/board/{NO}/assign",
        bad={"person": "x"},
    ),
    "floor_board.batch": Door("/walks/board/wall", "Dai", "Ana", {"walk": "{next}"}, bad={"walk": "x"}),
    "short_rules.substitute": Door(
        "/walks/rules/substitutes", "Dai", "Ana", {"sku": "TEE-NAVY-L", "other": ""},
        bad={"sku": "NO-SUCH", "other": ""}, keeps='value="NO-SUCH"',
    ),
    "short_rules.save": Door(
        "/walks/rules/{house}", "Dai", "Ana", {"detour": "1", "detour_m": "80"}, f"/walks/rules/{NO}",
        bad={"detour": "1", "detour_m": "-7"}, keeps='value="-7"',
    ),
    "floor_board.join": Door(
        "/walks/board/urgent/{urgent}", "Dai", "Ana", {"walk": "{walk}"}, f"/walks/board/urgent/{NO}",
        bad={"walk": "x"},
    ),
    "floor_board.withdraw": Door(
        "/walks/board/{walk}/withdraw", "Dai", "Ana", unknown=f"/walks/board/{NO}/withdraw", before=_asked
    ),
    "put_wall.change": Door(
        "/walls/{wall}/terms", "Dai", "Ana", {"columns": "4", "plan_lines": "3"}, f"/walls/{NO}/terms",
        bad={"columns": "-7", "plan_lines": "3"}, keeps='value="-7"',
    ),
    "put_wall.put_up": Door(
        "/walls/setup", "Dai", "Ana", {"warehouse": "SHA", "code": "W9", "slots": "4", "columns": "2"},
        bad={"warehouse": "SHA", "code": "W9", "slots": "-7", "columns": "2"}, keeps='value="-7"',
    ),
    "put_wall.report_missing": Door(
        "/walls/{wall}/batches/{batch}/missing", "Ana", "Chen", {"units": "2"}, f"/walls/{NO}/batches/1/missing",
        bad={"units": "x"},
    ),
    "put_wall.scan": Door(
        "/walls/{wall}/batches/{batch}/scans", "Ana", "Chen", {"code": "{tee}"}, f"/walls/{NO}/batches/1/scans",
        bad={"code": "NOBODY"}, keeps="NOBODY",
    ),
    "put_wall.scan_at_home": Door(
        "/walls/{wall}/scans", "Ana", "Chen", {"code": "{batch_tote}"}, f"/walls/{NO}/scans",
        bad={"code": "NOBODY"}, keeps="NOBODY", before=_not_begun,
    ),
    "put_wall.shelve": Door(
        "/walls/{wall}/batches/{batch}/back", "Bo", "Chen", {"code": "{back_bin}"}, f"/walls/{NO}/batches/1/back",
        bad={"code": "NOBODY"}, keeps="NOBODY",
    ),
    "put_wall.undo": Door(
        "/walls/{wall}/batches/{batch}/undo", "Ana", "Chen", unknown=f"/walls/{NO}/batches/1/undo", before=_sorted
    ),
    "zones.settle": Door(
        "/walks/{walk}/checks/{check}/settle", "Ana", "Bo", unknown="/walks/{walk}/checks/999999/settle",
    ),
    "zones.tell": Door(
        "/walks/{walk}/events", "Ana", "Bo",
        {"phone": "of Ana's", "seq": "1", "by": "{ana}", "kind": "bin", "at": "2026-11-26T10:00:00Z", "stop": "{stop}"},
        f"/walks/{NO}/events", bad={"phone": "x"},
    ),
}  # fmt: skip
