"""Which adapter speaks to which carrier. A new one: a folder here with a CarrierPort, and a line in `port_for`."""

from collections.abc import Callable

from floor.shipping.carriers.base import CarrierPort
from floor.shipping.carriers.manual import ManualCarrier


def port_for(adapter: str, next_number: Callable[[int], str]) -> CarrierPort:
    """The adapter a carrier is set up with. `next_number(waybill_id)` draws from the carrier's own range, once."""
    if adapter == "manual":
        return ManualCarrier(next_number)
    raise LookupError(f"no carrier adapter is called {adapter!r}")
