"""The POST doors of tracking."""

from tests.house.doors.door import NO, Door

DOORS = {
    "parcel_exceptions.claim": Door(
        "/tracking/exceptions/{refused}/claim", "Chen", "Ana", {"amount": "12.50", "reference": "C-2"},
        f"/tracking/exceptions/{NO}/claim", bad={"amount": "dear", "reference": "C-77"}, keeps='value="C-77"',
    ),
    "parcel_exceptions.close": Door(
        "/tracking/exceptions/{refused}/close", "Chen", "Ana", unknown=f"/tracking/exceptions/{NO}/close"
    ),
    "parcel_exceptions.message": Door(
        "/tracking/exceptions/{refused}/message", "Chen", "Ana", {"text": "Shall we send it again?"},
        f"/tracking/exceptions/{NO}/message", bad={"text": "n" * 2001}, keeps="n" * 2001,
    ),
    "parcel_exceptions.refund": Door(
        "/tracking/exceptions/{refused}/refund", "Chen", "Ana", {"amount": "12.50"},
        f"/tracking/exceptions/{NO}/refund", bad={"amount": "777777"}, keeps='value="777777"',
    ),
    "parcel_exceptions.resend": Door(
        "/tracking/exceptions/{refused}/resend", "Chen", "Ana", unknown=f"/tracking/exceptions/{NO}/resend"
    ),
    "parcel_exceptions.save_rule": Door(
        "/tracking/rules", "Dai", "Chen", {"code": "stuck", "is_active": "1", "hours": "36"},
        bad={"code": "stuck", "is_active": "1", "hours": "7777"}, keeps='value="7777"',
    ),
    "parcel_exceptions.settle": Door(
        "/tracking/claims/{claim}/settle", "Chen", "Ana", {"action": "pay", "paid": "40"},
        f"/tracking/claims/{NO}/settle", bad={"action": "pay", "paid": "dear"}, keeps='value="dear"',
    ),
    "parcel_exceptions.snooze": Door(
        "/tracking/exceptions/{refused}/snooze", "Chen", "Ana", {"until": "2031-01-01T10:00"},
        f"/tracking/exceptions/{NO}/snooze", bad={"until": "2020-01-01T10:00"}, keeps='value="2020-01-01T10:00"',
    ),
    "parcel_exceptions.take": Door(
        "/tracking/exceptions/{refused}/take", "Chen", "Ana", unknown=f"/tracking/exceptions/{NO}/take"
    ),
}  # fmt: skip
