"""The one clock of the house: UTC-aware, and movable in tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

_offset = timedelta()


def now() -> datetime:
    """The present moment, UTC, whole microseconds."""
    return datetime.now(UTC) + _offset


@contextmanager
def shifted(by: timedelta) -> Iterator[None]:
    """Within the block the house's clock runs `by` ahead (tests of leases, lock-outs and expiry)."""
    global _offset
    _offset += by
    try:
        yield
    finally:
        _offset -= by
