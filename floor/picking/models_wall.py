"""Tables of the put wall: what a batch walk brings, and which slot each unit goes into."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from floor.kit import clock
from floor.kit.db import enum_field


class Wall(SQLModel, table=True):
    """A rack of slots where units of many shipments, picked together, are sorted: one shipment a slot."""

    id: int | None = Field(default=None, primary_key=True)
    #: "W1"; its slots are called W1-01, W1-02...
    code: str = Field(max_length=8, unique=True)
    warehouse_id: int = Field(foreign_key="warehouse.id", index=True)
    #: Slots side by side in one row; each row has a colour of its own.
    columns: int = 4
    #: A unit counts when its slot's label was scanned; False: when the unit was.
    is_confirmed: bool = True
    #: Carts on which no shipment has more lines than this are picked for the wall; 0: none are.
    plan_lines: int = 0


class WallSlot(SQLModel, table=True):
    """A tote that stands still. Packing scans it as any other tote, and stock lies in it as in any other."""

    __tablename__ = "wall_slot"
    __table_args__ = (sa.UniqueConstraint("wall_id", "number"),)

    id: int = Field(primary_key=True, foreign_key="tote.id")
    wall_id: int = Field(foreign_key="wall.id")
    #: 1..n, row by row from the top left.
    number: int


class BatchTote(SQLModel, table=True):
    """A tote into which a batch walk's units go unsorted. The one with the highest number is being filled."""

    __tablename__ = "batch_tote"
    __table_args__ = (
        sa.UniqueConstraint("walk_id", "number"),
        sa.Index(
            "uq_batch_tote_busy", "tote_id", unique=True, sqlite_where=sa.text("is_busy"),
            postgresql_where=sa.text("is_busy"),
        ),
    )  # fmt: skip

    id: int | None = Field(default=None, primary_key=True)
    walk_id: int = Field(foreign_key="walk.id", index=True)
    number: int
    tote_id: int = Field(foreign_key="tote.id", index=True)
    #: True until the wall has emptied it.
    is_busy: bool = True


class WallLine(SQLModel, table=True):
    """Units of one shipment line that a batch brought to the wall, by where they are.

    Still in the batch's totes: qty - in_slot - gone, of which `in_hand` are on their way to the slot.
    """

    __tablename__ = "wall_line"
    __table_args__ = (
        sa.CheckConstraint(
            "qty > 0 AND in_slot >= 0 AND in_hand >= 0 AND gone >= 0 AND in_slot + in_hand + gone <= qty", name="parts"
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    walk_id: int = Field(foreign_key="walk.id", index=True)
    shipment_id: int = Field(foreign_key="shipment.id", index=True)
    shipment_line_id: int = Field(foreign_key="shipment_line.id", unique=True)
    sku_id: int = Field(foreign_key="sku.id")
    qty: int
    in_slot: int = 0
    #: Scanned by a sorter, the slot not yet.
    in_hand: int = 0
    #: Will not come: not found in the totes, or back on the shelf because the order was cancelled.
    gone: int = 0

    @property
    def rest(self) -> int:
        """Units nobody has in hand yet."""
        return self.qty - self.in_slot - self.in_hand - self.gone


class PutState(StrEnum):
    #: In a sorter's hand.
    HELD = "held"
    #: In the slot.
    PUT = "put"
    UNDONE = "undone"


class WallPut(SQLModel, table=True):
    """One unit on its way from a batch's tote into a slot: who, when, and whether it arrived."""

    __tablename__ = "wall_put"
    __table_args__ = (
        # A sorter has one unit in hand at a time.
        sa.Index(
            "uq_wall_put_held", "actor_id", unique=True, sqlite_where=sa.text("state = 'held'"),
            postgresql_where=sa.text("state = 'held'"),
        ),
    )  # fmt: skip

    id: int | None = Field(default=None, primary_key=True)
    walk_id: int = Field(foreign_key="walk.id", index=True)
    line_id: int = Field(foreign_key="wall_line.id", index=True)
    from_tote_id: int = Field(foreign_key="tote.id")
    slot_id: int = Field(foreign_key="wall_slot.id")
    state: PutState = enum_field(PutState, default=PutState.HELD)
    actor_id: int | None = None
    at: datetime = Field(default_factory=clock.now)
