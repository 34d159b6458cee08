from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from floor.kit import clock
from floor.kit.db import enum_field
from floor.tracking.states import TrackState


class CarrierEvent(SQLModel, table=True):
    """What a carrier said, kept raw. The same event twice is one row, in whatever order they come."""

    __tablename__ = "carrier_event"
    __table_args__ = (sa.UniqueConstraint("event_key"),)

    id: int | None = Field(default=None, primary_key=True)
    #: Hash of waybill, time and code or text.
    event_key: str = Field(max_length=64)
    carrier: str = Field(max_length=24)
    waybill_number: str = Field(max_length=40, index=True)
    #: None while no waybill of ours has this number.
    parcel_id: int | None = Field(default=None, foreign_key="parcel.id", index=True)
    #: The carrier's own code and words.
    code: str = Field(default="", max_length=32)
    text: str = Field(default="", max_length=300)
    place: str = Field(default="", max_length=80)
    #: None when the code is unknown: kept, shown, and changes nothing.
    meaning: TrackState | None = Field(default=None, sa_type=sa.String(24))
    happened_at: datetime
    received_at: datetime = Field(default_factory=clock.now)


class Track(SQLModel, table=True):
    """Where a parcel stands, computed from its events."""

    parcel_id: int = Field(primary_key=True, foreign_key="parcel.id")
    state: TrackState = enum_field(TrackState, default=TrackState.LABEL_MADE, index=True)
    changed_at: datetime = Field(default_factory=clock.now)
    #: When it should arrive; with what was learned, the moment before which half of such parcels do.
    eta: datetime | None = None
    #: Eight of ten such parcels arrive between these two; None where nothing is learned.
    eta_from: datetime | None = None
    eta_to: datetime | None = None
    delivered_at: datetime | None = None
    #: The newest event that meant something.
    last_scan_at: datetime | None = None
    #: When a timer rings next; None while nothing is waited for.
    look_at: datetime | None = Field(default=None, index=True)
    #: Since when we no longer count on it: it was sent again or paid back.
    given_up_at: datetime | None = None
