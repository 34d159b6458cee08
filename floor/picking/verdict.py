"""What the house says to a scan or a tap on a walk."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from floor.picking.queries import Goods


class Kind(StrEnum):
    OK = "ok"
    #: Amber: nothing is wrong with the goods, but it is not the next thing to do. Nothing was counted.
    WARN = "warn"
    #: Red: what was scanned does not belong here. Nothing was counted.
    ERR = "err"


@dataclass(frozen=True)
class Verdict:
    """`code` finds its sentences in messages.py, `values` fill them. `stop_id` is the stop to show next, None the
    one that follows in the walk. `sound` is step, done or walk for a right scan, else the kind itself."""

    kind: Kind
    code: str
    stop_id: int | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    tone: str = "step"
    #: For the red screen: what was scanned, what tells it from the right one, and where it goes back.
    scanned: Goods | None = None
    differs: tuple[str, ...] = ()
    home: str = ""
    #: Another screen to go to instead: "problem".
    goto: str = ""

    @property
    def sound(self) -> str:
        return self.tone if self.kind is Kind.OK else self.kind.value


def ok(code: str, stop_id: int | None, tone: str = "step", /, **values: Any) -> Verdict:
    return Verdict(Kind.OK, code, stop_id, values, tone)


def warn(code: str, stop_id: int | None, /, **values: Any) -> Verdict:
    return Verdict(Kind.WARN, code, stop_id, values)


def err(code: str, stop_id: int | None, /, **values: Any) -> Verdict:
    return Verdict(Kind.ERR, code, stop_id, values)
