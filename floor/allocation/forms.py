"""Input of allocation's screens."""

from datetime import timedelta
from typing import Any

from pydantic import BaseModel, Field

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
