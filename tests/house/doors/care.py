"""The POST doors of care."""

from tests.house.doors.door import ADDRESS, NO, Door

#: The version of the enquiry on the page.
_SEEN = {"seen": "{enquiry_seen}"}

DOORS = {
    "care.cancel": Door("/orders/{planned}/cancel", "Chen", "Ana", unknown=f"/orders/{NO}/cancel"),
    "care.change_address": Door(
        "/orders/{planned}/address", "Chen", "Ana", ADDRESS, f"/orders/{NO}/address",
        bad={**ADDRESS, "phone": "12"}, keeps='value="12"',
    ),
    "care.lower": Door(
        "/orders/{planned}/lines/{planned_line}", "Chen", "Ana", {"qty": "1"}, f"/orders/{NO}/lines/1",
        bad={"qty": "-7"}, keeps='value="-7"',
    ),
    "care.hold": Door("/orders/{planned}/hold", "Chen", "Ana", unknown=f"/orders/{NO}/hold"),
    "care.release": Door("/orders/{held}/release", "Chen", "Ana", unknown=f"/orders/{NO}/release"),
    "care.reveal": Door(
        "/orders/{planned}/reveal", "Chen", "Ana", {"why": "call_back"}, f"/orders/{NO}/reveal",
        bad={"why": "other", "note": ""},
    ),
    "enquiries.ask": Door(
        "/enquiries/new", "Chen", "Ana", {"kind": "other", "text": "Where is it"},
        bad={"kind": "other", "order": "SO-9"}, keeps='value="SO-9"',
    ),
    "enquiries.close": Door("/enquiries/{enquiry}/close", "Chen", "Ana", _SEEN, f"/enquiries/{NO}/close"),
    "enquiries.take": Door("/enquiries/{enquiry}/take", "Chen", "Ana", _SEEN, f"/enquiries/{NO}/take"),
    "enquiries.say": Door(
        "/enquiries/{enquiry}/say", "Chen", "Ana", {"what": "answer", "text": "Soon", **_SEEN},
        f"/enquiries/{NO}/say", bad={"what": "answer", "text": "By {{waybill}}", **_SEEN}, keeps="By {waybill}",
    ),
    "enquiries.keep_template": Door(
        "/enquiries/templates", "Chen", "Ana", {"kind": "other", "name": "Later", "text": "a", "text_en": "b"},
        bad={"kind": "other", "name": "Later", "text": "a"}, keeps='value="Later"',
    ),
    "enquiries.drop_template": Door(
        "/enquiries/templates/{template}/drop", "Chen", "Ana", unknown=f"/enquiries/templates/{NO}/drop"
    ),
    "feedback.give": Door(
        "/t/{gone_token}/feedback/{gone_parcel}", "", "", {"stars": "4", "reasons": "late"},
        "/t/nobody-has-this/feedback/P-000001", bad={"stars": "9", "words": "so so"}, keeps="so so",
    ),
    "resending.send": Door(
        "/orders/{gone}/again", "Chen", "Ana", {"parcel": "{gone_box}", "qty_{gone_line}": "1"}, f"/orders/{NO}/again",
        bad={"parcel": "{gone_box}", "qty_{gone_line}": "99"}, keeps='value="99"',
    ),
    "care.scan_anything": Door(
        "/scan", "Ana", "", {"code": "{count_bin}"}, bad={"code": "NOBODY"}, keeps="NOBODY", is_reading=True
    ),
}  # fmt: skip
