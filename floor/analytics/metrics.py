"""What each page of insight shows: figures made of sums, the one its chart draws first."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from floor.analytics.insight import Floor, Goods, Lane, ratio


@dataclass(frozen=True)
class Metric:
    """`code` finds its name in messages.METRICS; None where there is nothing to say. `shows`: how many decimals."""

    code: str
    value: Callable[[Any], float | None]
    decimals: int = 0

    def cell(self, sums: Any) -> str:
        """The figure as people read it; a dash where there is nothing to say."""
        value = self.value(sums)
        return "–" if value is None else f"{value:,.{self.decimals}f}"


@dataclass(frozen=True)
class Page:
    """`drawn`: the metric of the chart; `kind`: what its sums are."""

    name: str
    kind: type[Any]
    drawn: str
    metrics: tuple[Metric, ...]

    def metric(self, code: str) -> Metric:
        return next(metric for metric in self.metrics if metric.code == code)


_PARCELS = Metric("parcels", lambda s: s.parcels)

PAGES = {
    page.name: page
    for page in (
        Page("delivery", Lane, "hours", (
            _PARCELS,
            Metric("delivered", lambda s: s.delivered),
            Metric("hours", lambda s: ratio(s.minutes, s.delivered, 1 / 60), 1),
            Metric("troubled", lambda s: s.troubled),
            Metric("troubled_percent", lambda s: ratio(s.troubled, s.parcels, 100), 1),
        )),
        Page("promise", Lane, "kept_percent", (
            _PARCELS,
            Metric("kept", lambda s: s.kept),
            Metric("late", lambda s: s.parcels - s.kept),
            Metric("kept_percent", lambda s: ratio(s.kept, s.parcels, 100), 1),
        )),
        Page("cost", Lane, "yuan_each", (
            _PARCELS,
            Metric("yuan", lambda s: s.cost_fen / 100, 2),
            Metric("yuan_each", lambda s: ratio(s.cost_fen, s.parcels, 1 / 100), 2),
            Metric("further", lambda s: s.further),
            Metric("further_percent", lambda s: ratio(s.further, s.parcels, 100), 1),
        )),
        Page("floor", Floor, "units_hour", (
            Metric("walks", lambda s: s.walks),
            Metric("units", lambda s: s.units),
            Metric("units_hour", lambda s: ratio(s.units, s.minutes, 60), 1),
            Metric("metres_unit", lambda s: ratio(s.metres, s.units), 1),
            Metric("shorts_thousand", lambda s: ratio(s.shorts, s.stops, 1000), 1),
            Metric("mispicks_thousand", lambda s: ratio(s.mispicks, s.units, 1000), 1),
            Metric("mispacks", lambda s: s.mispacks),
        )),
        Page("returns", Goods, "returned", (
            Metric("sent", lambda s: s.sent),
            Metric("returned", lambda s: s.returned),
            Metric("returned_percent", lambda s: ratio(s.returned, s.sent, 100), 1),
        )),
        Page("material", Lane, "air_percent", (
            Metric("measured", lambda s: s.measured),
            Metric("grams", lambda s: ratio(s.mass_g, s.measured), 0),
            Metric("air_percent", lambda s: ratio(s.inner_mm3 - s.goods_mm3, s.inner_mm3, 100), 1),
            Metric("air_litres", lambda s: ratio(s.inner_mm3 - s.goods_mm3, s.measured, 1e-6), 1),
            Metric("material_each", lambda s: ratio(s.material_fen, s.measured, 1 / 100), 2),
        )),
    )
}  # fmt: skip
