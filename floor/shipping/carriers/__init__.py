"""Which adapter speaks to which carrier. A new one: a folder here with a CarrierPort, and a line in `port_for`."""

from collections.abc import Callable

from floor.settings import Settings
from floor.shipping.carriers.base import CarrierPort
from floor.shipping.carriers.kuaidi100 import Kuaidi100Carrier, partners
from floor.shipping.carriers.manual import ManualCarrier
from floor.shipping.carriers.sf import SfCarrier

ADAPTERS = ("manual", "sf", "kuaidi100")


def port_for(adapter: str, next_number: Callable[[int], str], settings: Settings) -> CarrierPort:
    """The adapter a carrier is set up with. `next_number(waybill_id)` draws from the carrier's own range, once."""
    if adapter == "manual":
        return ManualCarrier(next_number)
    if adapter == "sf":
        codes = tuple(code.strip() for code in settings.sf_unknown_order.split(",") if code.strip())
        return SfCarrier(settings.sf_url, settings.sf_partner, settings.sf_checkword, settings.sf_monthly_card, codes)
    if adapter == "kuaidi100":
        return aggregator(settings)
    raise LookupError(f"no carrier adapter is called {adapter!r}")


def aggregator(settings: Settings) -> Kuaidi100Carrier:
    return Kuaidi100Carrier(
        settings.kuaidi100_label_url, settings.kuaidi100_query_url, settings.kuaidi100_poll_url,
        settings.kuaidi100_key, settings.kuaidi100_secret, settings.kuaidi100_customer,
        partners(settings.kuaidi100_partners),
    )  # fmt: skip
