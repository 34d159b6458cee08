"""The POST doors of analytics."""

from tests.house.doors.door import NO, Door

DOORS = {
    "analytics.retry": Door("/board/messages/{lost}/retry", "Dai", "Ana", unknown=f"/board/messages/{NO}/retry"),
}  # fmt: skip
