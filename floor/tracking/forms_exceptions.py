"""What people type about a parcel that needs somebody, and about the rules."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, Field, field_validator

from floor.kit import units
from floor.shipping.papers import LOCAL
from floor.tracking.states import ClaimAction

#: Fen; more is a slip of the finger, and no column takes it.
_MOST = 100_000_000


def _fen(text: object) -> int:
    try:
        amount = units.fen(str(text))
    except ValueError:
        amount = -1
    if not 0 <= amount <= _MOST:
        raise ValueError("Enter an amount in yuan")
    return amount


def _some_fen(text: object) -> int:
    if (amount := _fen(text)) == 0:
        raise ValueError("Enter an amount in yuan")
    return amount


class TakeForm(BaseModel):
    #: Who had it on the screen; None: nobody.
    seen: Annotated[int | None, Field(ge=1, le=2_000_000_000)] = None


class SnoozeForm(BaseModel):
    #: House time.
    until: datetime

    @field_validator("until")
    @classmethod
    def _in_house_time(cls, moment: datetime) -> datetime:
        return moment if moment.tzinfo else moment.replace(tzinfo=LOCAL)


class MessageForm(BaseModel):
    text: Annotated[str, Field(max_length=2000)]


class RefundForm(BaseModel):
    amount: Annotated[int, BeforeValidator(_some_fen)]


class ClaimForm(RefundForm):
    reference: Annotated[str, Field(max_length=40)] = ""


class SettleForm(BaseModel):
    action: ClaimAction
    paid: Annotated[int | None, BeforeValidator(_fen)] = None


class RuleForm(BaseModel):
    code: Annotated[str, Field(max_length=32)]
    is_active: bool = False
    hours: Annotated[int | None, Field(ge=1, le=2_000)] = None
    is_learned: bool = False
