"""What every planner shares: how good an answer is, when to stop, and the seed that makes it repeatable."""

import time
from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """How good an answer is. Infeasible is an answer, not an exception."""

    OPTIMAL = "optimal"  # proven: cost equals the bound
    FEASIBLE = "feasible"  # every rule holds; perhaps something cheaper exists
    INFEASIBLE = "infeasible"  # nothing of what was asked can be planned
    OUT_OF_TIME = "out_of_time"  # stopped by the clock: rules hold, the seed alone does not repeat it


@dataclass(frozen=True, slots=True)
class Stop:
    """When to stop. `work` is a deterministic effort (100 = the planner's usual effort, 0 = the quick
    plan only);
    `seconds` is an optional wall-clock limit on top, for people who wait: with it two runs may differ."""

    work: int = 100
    seconds: float | None = None

    def __post_init__(self) -> None:
        if self.work < 0 or (self.seconds is not None and self.seconds < 0):
            raise ValueError("a stop rule cannot be negative")

    def watch(self) -> "Watch":
        """Start counting the seconds of this rule now."""
        return Watch(None if self.seconds is None else time.monotonic() + self.seconds)


class Watch:
    """The clock of one run; without a limit in seconds it never reads the time."""

    def __init__(self, until: float | None) -> None:
        self._until = until
        self.was_late = False

    def is_over(self) -> bool:
        """True once the seconds are used up; remembered in `was_late` for the status of the answer."""
        if self._until is not None and time.monotonic() >= self._until:
            self.was_late = True
        return self.was_late

    def left(self) -> float | None:
        """Seconds that are left, None without a limit."""
        return None if self._until is None else max(0.0, self._until - time.monotonic())


Seed = int


def gap_between(cost: int, bound: int | None) -> float | None:
    """Relative gap of a cost to its proven lower bound (0.0 = optimal), None when there is no bound."""
    if bound is None:
        return None
    return 0.0 if cost <= bound else (cost - bound) / max(1, bound)
