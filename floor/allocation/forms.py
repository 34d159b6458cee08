"""Input of allocation's screens."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from pydantic import BaseModel, Field, create_model

from floor.allocation.states import Strategy
from floor.kit import clock


class RunForm(BaseModel):
    """What a run should look at, and how it should plan."""

    strategy: Strategy = Strategy.OPTIMAL
    channel: str | None = Field(default=None, max_length=24)
    #: Only orders promised within so many hours.
    hours: int | None = Field(default=None, ge=1, le=720)
    #: An order may leave in two parcels.
    split: bool = False

    def scope(self) -> dict[str, Any]:
        """As Run.scope keeps it."""
        scope: dict[str, Any] = {}
        if self.channel:
            scope["channels"] = [self.channel]
        if self.hours:
            scope["promised_before"] = (clock.now() + timedelta(hours=self.hours)).isoformat()
        if self.split:
            scope["split"] = True
        return scope


class CapacityForm(BaseModel):
    """What a warehouse can do today. Empty: no limit of its own."""

    cutoff: str = Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    labour_lines: int = Field(ge=0, le=1_000_000)
    heavy_lines: int | None = Field(default=None, ge=0, le=1_000_000)
    cold_lines: int | None = Field(default=None, ge=0, le=1_000_000)
    bench_parcels: int | None = Field(default=None, ge=0, le=1_000_000)


def capacity_form(carrier_ids: Iterable[int]) -> type[CapacityForm]:
    """With what each carrier collects: `parcels_3`, `kg_3`."""
    limit = (int | None, Field(default=None, ge=0, le=1_000_000))
    fields: dict[str, Any] = {f"{what}_{carrier}": limit for carrier in carrier_ids for what in ("parcels", "kg")}
    return create_model("CapacityFormWithCarriers", __base__=CapacityForm, **fields)
