"""Units: money in fen, lengths in mm, weights in g. Integers only; a float never holds money."""

import re
from decimal import Decimal, InvalidOperation

_YUAN = re.compile(r"[¥￥,\s]")


def yuan(fen: int) -> str:
    """`12345` fen -> `"123.45"`; the sign stays in front."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100:,}.{abs(fen) % 100:02d}"


def fen(text: str) -> int:
    """`"¥1,234.50"` -> 123450. Raises ValueError for anything but a decimal with at most two places."""
    try:
        value = Decimal(_YUAN.sub("", text)) * 100
    except InvalidOperation:
        raise ValueError(f"not an amount: {text!r}") from None
    if not value.is_finite() or value != value.to_integral_value():
        raise ValueError(f"not an amount in whole fen: {text!r}")
    return int(value)


def kilograms(grams: int) -> str:
    """`1250` g -> `"1.25"`."""
    return f"{Decimal(grams) / 1000:.2f}"


def metres(mm: int) -> int:
    """Whole metres, rounded up: what a picker still has to walk."""
    return -(-mm // 1000)
