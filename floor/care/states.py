"""Codes of the service desk."""

from enum import StrEnum


class Why(StrEnum):
    """What a phone number is looked at for."""

    CALL_BACK = "call_back"
    WRONG_NUMBER = "wrong_number"
    CARRIER_ASKS = "carrier_asks"
    OTHER = "other"
