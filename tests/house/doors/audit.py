"""The POST doors of audit."""

from sqlmodel import Session

from floor.audit import service as audit
from floor.audit.models import Flag, Verdict
from tests.house.doors.door import ADDRESS, NO, Door
from tests.house.doors_world import Ids
from tests.packing.worlds import person


def _told(db: Session, ids: Ids) -> None:
    db.add(Flag(order_id=ids["held"], rule="address_late", verdict=Verdict.NOTED, values={"case": "address_late"}))
    db.flush()


def _passed(db: Session, ids: Ids) -> None:
    audit.pass_order(db, audit.locked(db, ids["held"]), person(db, "Chen"))


DOORS = {
    "audit.cancel": Door("/audit/orders/{held}/cancel", "Chen", "Ana", unknown=f"/audit/orders/{NO}/cancel"),
    "audit.correct_address": Door(
        "/audit/orders/{held}/address", "Chen", "Ana", ADDRESS, f"/audit/orders/{NO}/address",
        bad={**ADDRESS, "phone": "12"}, keeps='value="12"',
    ),
    "audit.keep": Door(
        "/audit/orders/{held}/hold", "Chen", "Ana", {"reason": "other"}, f"/audit/orders/{NO}/hold",
        bad={"reason": "none of these"},
    ),
    "audit.pass_many": Door(
        "/audit/pass", "Chen", "Ana", {"flag": "says_call", "order": "{held}"}, bad={"flag": "no such rule"}
    ),
    "audit.pass_one": Door("/audit/orders/{held}/pass", "Chen", "Ana", unknown=f"/audit/orders/{NO}/pass"),
    "audit.merge": Door(
        "/audit/orders/{held}/merge", "Chen", "Ana", {"into": "{also_held}"}, f"/audit/orders/{NO}/merge"
    ),
    "audit.seen": Door("/audit/orders/{held}/seen", "Chen", "Ana", unknown=f"/audit/orders/{NO}/seen", before=_told),
    "audit.split": Door(
        "/audit/orders/{held_two}/split", "Chen", "Ana", {"line": "{held_line}"}, f"/audit/orders/{NO}/split",
        bad={"line": "x"},
    ),
    "audit.undo_many": Door("/audit/undo", "Chen", "Ana", {"order": "{held}"}, bad={"order": "x"}, before=_passed),
    "audit_rules.block": Door(
        "/audit/blocked", "Dai", "Chen", {"kind": "phone", "value": "138 0000 0000", "why": "never pays"},
        bad={"kind": "phone", "value": "138 0000 0000", "why": ""}, keeps='value="138 0000 0000"',
    ),
    "audit_rules.save": Door(
        "/audit/rules", "Dai", "Chen", {"rule": "twin", "is_active": "1", "minutes": "20"},
        bad={"rule": "twin", "minutes": "-7"}, keeps='value="-7"',
    ),
    "audit_rules.try_rule": Door(
        "/audit/trials", "Chen", "Ana", {"rule": "twin", "is_active": "1", "minutes": "20"},
        bad={"rule": "twin", "minutes": "-7"}, keeps='value="-7"', is_reading=True,
    ),
    "audit_rules.unblock": Door(
        "/audit/blocked/{blocked}/remove", "Dai", "Chen", unknown=f"/audit/blocked/{NO}/remove"
    ),
    "audit.undo": Door("/audit/orders/{held}/undo", "Chen", "Ana", unknown=f"/audit/orders/{NO}/undo", before=_passed),
}  # fmt: skip
