"""Tables of how parcels may go (services, zones, rules), how carriers do, and who was told that a parcel left."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from floor.kit import clock
from floor.kit.db import enum_field, json_field


class ServiceKind(StrEnum):
    EXPRESS = "express"
    POST = "post"
    FREIGHT = "freight"


class CarrierService(SQLModel, table=True):
    """One way a carrier takes parcels: its limits, its cut-off, and how it reckons weight."""

    __tablename__ = "carrier_service"
    __table_args__ = (sa.UniqueConstraint("carrier_id", "code"),)

    id: int | None = Field(default=None, primary_key=True)
    carrier_id: int = Field(foreign_key="carrier.id", index=True)
    code: str = Field(max_length=24)
    name: str = Field(max_length=60)
    name_en: str = Field(default="", max_length=60)
    kind: ServiceKind = enum_field(ServiceKind, default=ServiceKind.EXPRESS)
    #: What the carrier's interface calls it: SF's expressTypeId, Kuaidi100's expType.
    product: str = Field(default="", max_length=40)
    #: Minutes after midnight, house time: a parcel closed later leaves the next day.
    cutoff: int = 18 * 60
    #: Cubic centimetres that count as one kilogram; 0: only the scale counts.
    dim_divisor: int = 0
    #: What it takes at most; None: anything.
    max_g: int | None = None
    max_side_mm: int | None = None
    is_active: bool = True


class ServiceZone(SQLModel, table=True):
    """Where a service goes from one warehouse, for how much and how long. Fen, grams, days."""

    __tablename__ = "service_zone"

    id: int | None = Field(default=None, primary_key=True)
    service_id: int = Field(foreign_key="carrier_service.id", index=True)
    warehouse_id: int = Field(foreign_key="warehouse.id")
    name: str = Field(max_length=40)
    #: Provinces it covers; a province stands in one zone of a service and warehouse.
    provinces: list = json_field(list)
    #: Cities and districts inside them where it does not go.
    excluded: list = json_field(list)
    transit_days: int
    first_g: int = 1000
    first_fen: int
    step_g: int = 1000
    step_fen: int


class RuleVerdict(StrEnum):
    USE = "use"
    AVOID = "avoid"


class ServiceRule(SQLModel, table=True):
    """A parcel it fits goes by this service, or never does. What is None or "" is not asked."""

    __tablename__ = "service_rule"

    id: int | None = Field(default=None, primary_key=True)
    service_id: int = Field(foreign_key="carrier_service.id", index=True)
    verdict: RuleVerdict = enum_field(RuleVerdict)
    channel: str = Field(default="", max_length=24)
    province: str = Field(default="", max_length=40)
    #: Buyers of this tier and above.
    tier: int | None = None
    over_g: int | None = None
    up_to_g: int | None = None
    made_by: str = Field(default="", max_length=64)
    made_at: datetime = Field(default_factory=clock.now)


class CarrierHealth(SQLModel, table=True):
    """A carrier that did not answer. While it is down one caller at a time may knock, at `retry_at`."""

    __tablename__ = "carrier_health"

    carrier_id: int = Field(primary_key=True, foreign_key="carrier.id")
    #: None when it answered last.
    down_since: datetime | None = None
    retry_at: datetime | None = None
    fails: int = 0
    error: str = Field(default="", max_length=40)


class NoticeKind(StrEnum):
    #: An e-mail to the customer.
    MAIL = "mail"
    #: WeCom, DingTalk, SMS: the addresses of FLOOR_SHIPPING_NOTIFY.
    PUSH = "push"
    #: The shop the order came from.
    CHANNEL = "channel"


class NoticeState(StrEnum):
    WAITING = "waiting"
    SENT = "sent"
    #: Tried often enough; a person may try again.
    FAILED = "failed"
    #: There is nobody to tell.
    NOBODY = "nobody"


class Notice(SQLModel, table=True):
    """Somebody is told, once, that a parcel left. Where to is read when it is sent: no address is kept here."""

    __table_args__ = (sa.UniqueConstraint("parcel_id", "kind"),)

    id: int | None = Field(default=None, primary_key=True)
    parcel_id: int = Field(foreign_key="parcel.id")
    kind: NoticeKind = enum_field(NoticeKind)
    state: NoticeState = enum_field(NoticeState, default=NoticeState.WAITING, index=True)
    made_at: datetime = Field(default_factory=clock.now)
    tries: int = 0
    #: Until when the worker that sends it may take.
    sending_until: datetime | None = None
    #: Code with its sentence in messages.NOTICE_ERRORS.
    error: str = Field(default="", max_length=40)
    sent_at: datetime | None = None
