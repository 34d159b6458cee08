"""What the figures suggest, in sentences, for the screen and for the week's paper."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _

from floor.analytics.suggesting import OftenBack, Slower
from floor.kit.units import yuan
from floor.returns.messages import REASONS
from floor.returns.models import ReturnReason
from floor.web import provinces
from floor.web.context import in_words


def slower_lane(one: Slower, houses: Mapping[Any, Any], carriers: Mapping[Any, Any], lang: str = "") -> str:
    """ "From A to B, X takes 1.2 days longer than Y (0.8 to 1.6), n = 340 and 512..." """
    name = in_words("name")
    said = _(
        "From %(house)s to %(province)s %(slow)s takes %(days)s days longer than %(quick)s (%(low)s to %(high)s; "
        "%(n)s and %(m)s parcels on %(k)s days).",
        house=name(houses[one.warehouse_id]) if one.warehouse_id in houses else "?",
        province=provinces.in_words(one.province, lang) or _("unknown"),
        slow=name(carriers[one.slow]), quick=name(carriers[one.quick]), days=f"{one.hours / 24:.1f}",
        low=f"{one.low / 24:.1f}", high=f"{one.high / 24:.1f}", n=one.n_slow, m=one.n_quick, k=one.days,
    )  # fmt: skip
    cost = abs(one.dearer_fen)
    if one.dearer_fen > 0:
        return (
            said + " " + _("%(quick)s asks ¥%(yuan)s more a parcel.", quick=name(carriers[one.quick]), yuan=yuan(cost))
        )
    return said + " " + _("%(quick)s asks ¥%(yuan)s less a parcel.", quick=name(carriers[one.quick]), yuan=yuan(cost))


def often_back(one: OftenBack) -> str:
    return _(
        "%(sku)s comes back more often than the rest: %(share)s of 100 against %(rest)s (%(low)s to %(high)s more, "
        "%(n)s sent). Most say: %(reason)s.",
        sku=one.back.sku.code, share=f"{one.share * 100:.1f}", rest=f"{one.rest * 100:.1f}", low=f"{one.low * 100:.1f}",
        high=f"{one.high * 100:.1f}", n=one.back.sent, reason=REASONS[ReturnReason(one.reason)],
    )  # fmt: skip
