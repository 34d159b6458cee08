"""The POST doors of people."""

from tests.house.doors.door import Door

DOORS = {
    "people.save_preferences": Door(
        "/me/settings", "Ana", "", {"lang": "en", "hand": "left", "volume": "1"}, bad={"volume": "11"}
    ),
}  # fmt: skip
