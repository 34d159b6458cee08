"""Tables of supply: how goods come (terms, requests), where they are picked (faces), and what channels are told."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from floor.inventory.states import PurchaseState
from floor.kit import clock
from floor.kit.db import enum_field, json_field


class PickFace(SQLModel, table=True):
    """A SKU is picked from this bin, which should hold at least `min_qty` free units and has room for `max_qty`."""

    __tablename__ = "pick_face"
    __table_args__ = (sa.CheckConstraint("min_qty >= 0 AND max_qty >= min_qty AND max_qty > 0", name="levels"),)

    bin_id: int = Field(primary_key=True, foreign_key="bin.id")
    sku_id: int = Field(primary_key=True, foreign_key="sku.id", index=True)
    min_qty: int
    max_qty: int


class SupplyTerms(SQLModel, table=True):
    """How one supplier delivers one SKU."""

    __tablename__ = "supply_terms"
    __table_args__ = (
        sa.UniqueConstraint("sku_id", "supplier"),
        sa.CheckConstraint("lead_days >= 0 AND lead_sd_days >= 0", name="lead"),
        sa.CheckConstraint("pack_qty > 0 AND min_order >= 0 AND price_fen >= 0", name="order"),
        sa.Index(
            "ix_supply_terms_preferred", "sku_id", unique=True,
            sqlite_where=sa.text("is_preferred"), postgresql_where=sa.text("is_preferred"),
        ),
    )  # fmt: skip

    id: int | None = Field(default=None, primary_key=True)
    sku_id: int = Field(foreign_key="sku.id")
    supplier: str = Field(max_length=60)
    #: Days from the order to the shelf: their mean and standard deviation.
    lead_days: float
    lead_sd_days: float = 0
    #: Units come in packs of so many; no order below `min_order` units; fen per unit.
    pack_qty: int = 1
    min_order: int = 0
    price_fen: int = 0
    #: The supplier purchasing asks first: one per SKU.
    is_preferred: bool = True


class SupplyDefaults(SQLModel, table=True):
    """What a warehouse assumes where a SKU has no terms, and how sure it wants to be, per class of SKU."""

    __tablename__ = "supply_defaults"

    warehouse_id: int = Field(primary_key=True, foreign_key="warehouse.id")
    lead_days: float = 7
    lead_sd_days: float = 2
    #: Chance that a delivery arrives before the shelf is empty, per mille.
    level_a: int = 980
    level_b: int = 950
    level_c: int = 900


class PurchaseRequest(SQLModel, table=True):
    """A warehouse runs low on a SKU: somebody should order it. One open request per warehouse and SKU."""

    __tablename__ = "purchase_request"
    __table_args__ = (
        sa.CheckConstraint("qty > 0", name="qty"),
        sa.Index(
            "ix_purchase_request_open", "warehouse_id", "sku_id", unique=True,
            sqlite_where=sa.text("state = 'open'"), postgresql_where=sa.text("state = 'open'"),
        ),
    )  # fmt: skip

    id: int | None = Field(default=None, primary_key=True)
    warehouse_id: int = Field(foreign_key="warehouse.id")
    sku_id: int = Field(foreign_key="sku.id", index=True)
    #: Suggested units; what was ordered in the end.
    qty: int
    #: What was there when it was asked for: free units, units expected or on the road, and the reorder point.
    free: int
    coming: int = 0
    reorder_point: int
    supplier: str = Field(default="", max_length=60)
    state: PurchaseState = enum_field(PurchaseState, default=PurchaseState.OPEN, index=True)
    asked_at: datetime = Field(default_factory=clock.now)
    decided_at: datetime | None = None
    decided_by: int | None = Field(default=None, foreign_key="user_account.id")


class StockFeed(SQLModel, table=True):
    """What one channel is told it may sell: a share of what is available. Channels are known by their code here."""

    __tablename__ = "stock_feed"
    __table_args__ = (
        sa.CheckConstraint("percent BETWEEN 0 AND 100", name="percent"),
        sa.CheckConstraint("floor_qty >= 0 AND (ceiling_qty IS NULL OR ceiling_qty >= floor_qty)", name="clamp"),
    )

    id: int | None = Field(default=None, primary_key=True)
    channel: str = Field(max_length=24, unique=True)
    percent: int = 100
    #: At least so many of what is available, and at most so many (None: no limit), per SKU.
    floor_qty: int = 0
    ceiling_qty: int | None = None
    #: Codes of the warehouses whose stock counts; empty = all.
    warehouses: list = json_field(list)
    #: Somebody said that all channels together may be told more than there is.
    may_oversell: bool = False
    #: Where changes are pushed to, signed with `secret`; "" = the channel only asks, with `key`.
    url: str = Field(default="", max_length=300)
    secret: str = Field(max_length=80)
    key: str = Field(max_length=80)
    is_active: bool = True
    #: Grows with every push; a channel ignores what is older than what it has.
    sequence: int = 0
    #: When the channel last took a push.
    delivered_at: datetime | None = None


class StockShare(SQLModel, table=True):
    """Another share for one SKU on one channel."""

    __tablename__ = "stock_share"
    __table_args__ = (
        sa.CheckConstraint("percent BETWEEN 0 AND 100", name="percent"),
        sa.CheckConstraint("floor_qty >= 0 AND (ceiling_qty IS NULL OR ceiling_qty >= floor_qty)", name="clamp"),
    )

    feed_id: int = Field(primary_key=True, foreign_key="stock_feed.id")
    sku_id: int = Field(primary_key=True, foreign_key="sku.id", index=True)
    percent: int
    floor_qty: int = 0
    ceiling_qty: int | None = None


class FeedRow(SQLModel, table=True):
    """What a channel was last told about a SKU."""

    __tablename__ = "stock_feed_row"

    feed_id: int = Field(primary_key=True, foreign_key="stock_feed.id")
    sku_id: int = Field(primary_key=True, foreign_key="sku.id", index=True)
    qty: int
    #: Of the push that carried it: an older push does not carry it any more.
    sequence: int
