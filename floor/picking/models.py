from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from floor.kit import clock
from floor.kit.db import Versioned, enum_field, json_field
from floor.picking.states import StopState, WalkMode, WalkState


class Cart(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(max_length=16, unique=True)
    warehouse_id: int = Field(foreign_key="warehouse.id")
    #: Totes it carries; at most 8, the colours a picker can tell apart.
    slots: int = 8


class Walk(Versioned, table=True):
    """One round of one picker with one cart."""

    __table_args__ = (
        sa.Index("ix_walk_warehouse_id_state", "warehouse_id", "state"),
        sa.Index("ix_walk_finished_at", "finished_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    #: W-318
    number: str = Field(max_length=20, unique=True)
    warehouse_id: int = Field(foreign_key="warehouse.id")
    run_id: int | None = Field(default=None, foreign_key="allocation_run.id", index=True)
    state: WalkState = enum_field(WalkState, default=WalkState.READY)
    mode: WalkMode = enum_field(WalkMode, default=WalkMode.CLUSTER)
    picker_id: int | None = Field(default=None, foreign_key="user_account.id", index=True)
    #: Whom the supervisor would like to take it over: the picker is asked for that badge.
    handover_to_id: int | None = Field(default=None, foreign_key="user_account.id", index=True)
    cart_id: int | None = Field(default=None, foreign_key="cart.id")
    #: The put wall that sorts it, once one of its totes was scanned there.
    wall_id: int | None = Field(default=None, foreign_key="wall.id", index=True)
    #: Where the totes were left, e.g. a lane code.
    lane: str = Field(default="", max_length=16)
    due_at: datetime
    priority: int = 5
    length_mm: int = 0
    minutes: int = 0
    created_at: datetime = Field(default_factory=clock.now)
    started_at: datetime | None = None
    finished_at: datetime | None = None


class WalkTote(SQLModel, table=True):
    """Slot n of the cart carries one shipment, in a tote once one is bound.

    Part 0 is the tote in use, and picks point at it. When it is full and another takes its place, the full one moves
    to a row of its own (part 1, 2...): slot 2's totes are then called 2 and 2-B, and both stay with the shipment.
    """

    __tablename__ = "walk_tote"
    __table_args__ = (
        sa.UniqueConstraint("walk_id", "slot", "part"),
        # One tote, one shipment: whoever binds it second fails.
        sa.Index(
            "uq_walk_tote_busy", "tote_id", unique=True, sqlite_where=sa.text("is_busy"),
            postgresql_where=sa.text("is_busy"),
        ),
    )  # fmt: skip

    id: int | None = Field(default=None, primary_key=True)
    walk_id: int = Field(foreign_key="walk.id", index=True)
    slot: int
    part: int = 0
    shipment_id: int = Field(foreign_key="shipment.id", index=True)
    tote_id: int | None = Field(default=None, foreign_key="tote.id", index=True)
    #: True while the tote is on its way or waits for the bench: it may not be bound again.
    is_busy: bool = True
    #: What the picker was told of its order on a scan: "", "held" or "cancelled"; "changed": is to be told.
    told: str = Field(default="", max_length=16)


class Stop(SQLModel, table=True):
    """One bin of the walk and one SKU to take there."""

    __tablename__ = "walk_stop"
    __table_args__ = (
        sa.UniqueConstraint("walk_id", "position"),
        sa.CheckConstraint("in_hand >= 0", name="in_hand"),
    )

    id: int | None = Field(default=None, primary_key=True)
    walk_id: int = Field(foreign_key="walk.id", index=True)
    #: 1..n in walking order.
    position: int
    bin_id: int = Field(foreign_key="bin.id")
    sku_id: int = Field(foreign_key="sku.id")
    state: StopState = enum_field(StopState, default=StopState.OPEN)
    #: Has the bin's label been scanned on this visit?
    bin_seen: bool = False
    #: Units scanned and not yet put into a tote.
    in_hand: int = 0
    #: How often it was put aside; it may be once.
    skips: int = 0
    #: The books say the bin is empty now, and nobody has said so yet.
    ask_empty: bool = False
    #: Walking distance from the stop before, mm.
    leg_mm: int = 0


class Pick(SQLModel, table=True):
    """So many units of the stop go into one slot, for one shipment line, under one reservation."""

    __table_args__ = (
        sa.CheckConstraint("qty > 0 AND picked >= 0 AND short >= 0 AND picked + short <= qty", name="qty"),
    )

    id: int | None = Field(default=None, primary_key=True)
    stop_id: int = Field(foreign_key="walk_stop.id", index=True)
    walk_tote_id: int = Field(foreign_key="walk_tote.id", index=True)
    shipment_line_id: int = Field(foreign_key="shipment_line.id", index=True)
    reservation_id: int = Field(foreign_key="stock_reservation.id")
    qty: int
    picked: int = 0
    #: Will not come from here: missing, sent to another bin, given back at the end, or cancelled.
    short: int = 0

    @property
    def rest(self) -> int:
        return self.qty - self.picked - self.short


class StepKind(StrEnum):
    BIN = "bin"
    ITEM = "item"
    PUT = "put"
    SHORT = "short"
    SKIP = "skip"


class Step(SQLModel, table=True):
    """One thing the picker did on a walk, so that the last one can be undone."""

    __tablename__ = "walk_step"

    id: int | None = Field(default=None, primary_key=True)
    walk_id: int = Field(foreign_key="walk.id", index=True)
    stop_id: int = Field(foreign_key="walk_stop.id")
    kind: StepKind = enum_field(StepKind)
    #: What undoing needs: quantities, pick ids, new reservations and stops a short pick made.
    data: dict = json_field()
    at: datetime = Field(default_factory=clock.now)
    actor_id: int | None = None
    undone_at: datetime | None = None


class CheckWhy(StrEnum):
    """Why units on the cart and the books do not agree."""

    #: The order was cancelled: its units leave the tote by the books too.
    CANCELLED = "cancelled"
    #: Somebody else has done the stop meanwhile, on another phone.
    DONE_ELSEWHERE = "done_elsewhere"
    #: Fewer are wanted there now.
    FEWER = "fewer"
    #: The books have the units no more: counted, sent away or taken by somebody else.
    STOCK_GONE = "stock_gone"
    #: The walk is in other hands, or over.
    NOT_YOURS = "not_yours"
    #: That tote could not be taken.
    TOTE = "tote"
    #: A report or an undo came too late.
    TOO_LATE = "too_late"


class WalkEvent(SQLModel, table=True):
    """What a picker did in a dead zone, as the phone tells it; the answer it got is final."""

    __tablename__ = "walk_event"
    __table_args__ = (sa.UniqueConstraint("walk_id", "phone", "seq"),)

    id: int | None = Field(default=None, primary_key=True)
    walk_id: int = Field(foreign_key="walk.id", index=True)
    #: A name the phone made up for itself; 1..n in the order things were done there.
    phone: str = Field(max_length=40)
    seq: int
    #: The id of the command that brought it.
    event_id: str = Field(max_length=64, unique=True)
    user_id: int | None = Field(default=None, foreign_key="user_account.id")
    kind: str = Field(max_length=16)
    stop_id: int | None = Field(default=None, foreign_key="walk_stop.id")
    data: dict = json_field()
    #: By the phone's own clock; only for people.
    made_at: datetime
    #: A code of CheckWhy for what was refused, "" when all of it was taken.
    refused: str = Field(default="", max_length=16)
    #: Units of it that were refused, and the check that asks for them.
    refused_units: int = 0
    check_id: int | None = Field(default=None, foreign_key="walk_check.id")
    #: The step it made, so that an undo in the dead zone takes back what it meant.
    step_id: int | None = None


class WalkCheck(SQLModel, table=True):
    """A stop to check at the end of a walk: units in the hand or in a tote that the books want elsewhere."""

    __tablename__ = "walk_check"
    __table_args__ = (sa.CheckConstraint("units >= 0", name="units"),)

    id: int | None = Field(default=None, primary_key=True)
    walk_id: int = Field(foreign_key="walk.id", index=True)
    stop_id: int = Field(foreign_key="walk_stop.id")
    #: The slot whose tote has them; none when they are in the hand.
    walk_tote_id: int | None = Field(default=None, foreign_key="walk_tote.id")
    why: CheckWhy = enum_field(CheckWhy)
    #: They go back to the stop's bin. 0: there is only something to know.
    units: int = 0
    #: True when the books have them in the tote: settling books them back. False: the books never moved them.
    is_booked: bool = False
    made_at: datetime = Field(default_factory=clock.now)
    settled_at: datetime | None = None
    settled_by: int | None = None
