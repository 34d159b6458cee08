from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from floor.allocation.states import RunState
from floor.kit import clock
from floor.kit.db import Versioned, enum_field, json_field


class Run(Versioned, table=True):
    """One allocation over all open orders in scope: read -> check -> plan -> apply -> carts -> routes -> publish."""

    __tablename__ = "allocation_run"

    id: int | None = Field(default=None, primary_key=True)
    state: RunState = enum_field(RunState, default=RunState.QUEUED, index=True)
    strategy: str = Field(default="optimal", max_length=16)
    #: {"channels": [...], "promised_before": iso, "orders": [ids], "split": bool}; a missing key limits nothing.
    #: `split`: an order may leave in two parcels.
    scope: dict = json_field()
    seed: int = 0
    asked_at: datetime = Field(default_factory=clock.now)
    asked_by: int | None = Field(default=None, foreign_key="user_account.id")
    started_at: datetime | None = None
    finished_at: datetime | None = None
    #: The stage now at work: read, check, plan, apply, carts, routes, publish.
    stage: str = Field(default="", max_length=16)
    #: stage -> {"done": n, "total": n, "ms": n, ...figures}.
    stages: dict = json_field()
    #: The solver's plan as plain data: saved so that a killed worker resumes from it and anyone can look at it again.
    plan: dict | None = Field(default=None, sa_type=sa.JSON)
    #: Orders in scope; allocated + unallocated = orders once the run has come to an end.
    orders: int = 0
    allocated: int = 0
    unallocated: int = 0
    cost_fen: int = 0
    bound_fen: int | None = None
    error: str = Field(default="", max_length=500)
    #: What the plan is made of: see planning.Outcome.
    figures: dict = json_field()


class RunPrices(SQLModel, table=True):
    """What scarce things were worth in an optimal run's plan: new orders are placed by them. See allocation.worth."""

    __tablename__ = "run_prices"

    run_id: int = Field(primary_key=True, foreign_key="allocation_run.id")
    #: numpy's compressed archive: prices, and the ids of their SKUs, warehouses and carriers.
    data: bytes


class Announcement(SQLModel, table=True):
    """Where units of an order that waits are to ship from, as told to people; nothing is reserved by it."""

    __table_args__ = (sa.UniqueConstraint("order_id", "sku_id", "warehouse_id"),)

    id: int | None = Field(default=None, primary_key=True)
    order_id: int = Field(foreign_key="customer_order.id")
    sku_id: int = Field(foreign_key="sku.id")
    warehouse_id: int = Field(foreign_key="warehouse.id", index=True)
    carrier_id: int = Field(foreign_key="carrier.id")
    units: int
    #: The run by whose prices it was placed.
    run_id: int | None = Field(default=None, foreign_key="allocation_run.id")
    announced_at: datetime = Field(default_factory=clock.now)


class Unallocated(SQLModel, table=True):
    """Why one order of a run got nothing: one plain reason with its values."""

    __tablename__ = "unallocated_order"
    __table_args__ = (sa.UniqueConstraint("run_id", "order_id"),)

    id: int | None = Field(default=None, primary_key=True)
    run_id: int = Field(foreign_key="allocation_run.id")
    order_id: int = Field(foreign_key="customer_order.id", index=True)
    #: A code of floor.allocation.states.Why.
    reason: str = Field(max_length=32, index=True)
    sku_id: int | None = Field(default=None, foreign_key="sku.id")
    warehouse_id: int | None = Field(default=None, foreign_key="warehouse.id")
    wanted: int = 0
    available: int = 0
    #: What would free it, all of it together: [what, sku or carrier, warehouse, how much more]; see states.Lack.
    lacks: list = json_field(list)


class RunCart(SQLModel, table=True):
    """What picking made of a run, for the monitor: one walk with its figures. Written by picking's job."""

    __tablename__ = "run_cart"

    walk_number: str = Field(primary_key=True, max_length=20)
    run_id: int = Field(foreign_key="allocation_run.id", index=True)
    warehouse_id: int = Field(foreign_key="warehouse.id")
    totes: int
    stops: int
    units: int = 0
    length_mm: int | None = None
    minutes: int | None = None
    #: Order by order it would have been this far.
    single_mm: int | None = None
    #: The walk's state as picking last told it, and who has it.
    state: str = Field(default="ready", max_length=16)
    picker: str = Field(default="", max_length=64)
