"""Every POST door of the house: who may, what to send, what is wrong to send, and whose mistake an unknown id is."""

from tests.house.doors import (
    allocation,
    analytics,
    audit,
    care,
    intake,
    inventory,
    packing,
    people,
    picking,
    returns,
    shipping,
    tracking,
)
from tests.house.doors.door import Door

_SLICES = (
    allocation, analytics, audit, care, intake, inventory, packing, people, picking, returns, shipping, tracking,
)  # fmt: skip
#: By endpoint.
DOORS: dict[str, Door] = {name: door for part in _SLICES for name, door in part.DOORS.items()}
