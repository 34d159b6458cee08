"""What a plan is made of, in words and numbers: its cost, how full the day is and what more is worth, who ships where.

`figures` is Run.figures: solver's numbers by our ids, money in fen.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlmodel import Session

from floor.allocation import messages, queries
from floor.allocation.models import Run
from floor.allocation.states import Thing, Why
from floor.inventory import queries as stock
from floor.kit import units
from floor.web.context import named

#: Lines a picker does in a day where nobody knows it of a warehouse, and fen below which a price is noise.
_LINES_A_DAY, _NOISE = 250, 1.0
#: Provinces named on the map of flows; the rest is one.
_PROVINCES = 12


def cost(figures: Mapping[str, Any]) -> int:
    """Fen of what ships: everything but the weight of orders left out."""
    bill = figures.get("bill") or {}
    return int(bill.get("total", 0) - bill.get("unserved", 0))


def parts(figures: Mapping[str, Any]) -> list[tuple[str, int, int]]:
    """(part, fen in the plan, fen by the rule of the nearest warehouse), the weight of orders left out last."""
    mine, nearest = figures.get("bill") or {}, figures.get("nearest") or {}
    return (
        [(str(text), mine.get(name, 0), nearest.get(name, 0)) for name, text in messages.PARTS.items()] if mine else []
    )


def against_nearest(figures: Mapping[str, Any]) -> dict[str, Any] | None:
    """The rule of the nearest warehouse beside the plan, per order that ships: fen, and percent that the plan saves."""
    nearest = figures.get("nearest")
    if not nearest or not figures.get("shipped"):
        return None
    theirs = nearest["total"] - nearest["unserved"]
    each, mine = theirs / max(1, nearest["shipped"]), cost(figures) / figures["shipped"]
    return {
        "fen": theirs, "orders": nearest["shipped"], "more": figures["shipped"] - nearest["shipped"],
        "saves": 100 * (each - mine) / each if each else 0.0,
    }  # fmt: skip


def resources(db: Session, figures: Mapping[str, Any]) -> list[dict[str, Any]]:
    """How full each limited thing is, the fullest first, and in words what more of it would be worth."""
    rows = [row for row in figures.get("resources", ()) if row["used"] or row["price"] > _NOISE]
    if not rows:
        return []
    houses = {house.id: house for house in stock.warehouses(db)}
    names = {carrier.id: named(carrier) for carrier in queries.every_carrier(db)}
    hands = queries.hands(db)
    found = []
    for row in rows:
        house = houses.get(row["house"])
        if house is None:
            continue
        thing, carrier = Thing(row["what"]), names.get(row["carrier"], "")
        scale = 1000 if thing is Thing.LORRY else 1
        what = messages.THINGS[thing]
        found.append({
            "site": named(house), "what": f"{what} · {carrier}" if carrier else str(what),
            "used": row["used"] // scale, "there": row["there"] // scale,
            "percent": round(100 * row["used"] / max(1, row["there"])),
            "worth": _worth(row, thing, house, carrier, hands.get(house.code, 0)) if row["price"] > _NOISE else "",
        })  # fmt: skip
    return sorted(found, key=lambda row: (-row["percent"], row["site"], row["what"]))


def _worth(row: Mapping[str, Any], thing: Thing, house: Any, carrier: str, pickers: int) -> str:
    site, price = named(house), row["price"]
    match thing:
        case Thing.LINES:
            lines = round(house.labour_lines / pickers) if pickers else _LINES_A_DAY
            text = _("One more picker in %(site)s today is worth ¥%(yuan)s", site=site, yuan=_yuan(price * lines))
        case Thing.HEAVY:
            text = _("Ten more lifts in %(site)s today are worth ¥%(yuan)s", site=site, yuan=_yuan(price * 10))
        case Thing.COLD:
            text = _("Ten more cold lines in %(site)s today are worth ¥%(yuan)s", site=site, yuan=_yuan(price * 10))
        case Thing.BENCH:
            text = _("Ten more parcels packed in %(site)s are worth ¥%(yuan)s", site=site, yuan=_yuan(price * 10))
        case Thing.DOCK:
            text = _("Ten more parcels for %(carrier)s in %(site)s are worth ¥%(yuan)s", carrier=carrier, site=site,
                     yuan=_yuan(price * 10))  # fmt: skip
        case _:
            text = _("100 kg more for %(carrier)s in %(site)s are worth ¥%(yuan)s", carrier=carrier, site=site,
                     yuan=_yuan(price * 100_000))  # fmt: skip
    return str(text)


def _yuan(fen: float) -> str:
    return units.yuan(round(fen))


def flows(db: Session, figures: Mapping[str, Any]) -> dict[str, Any] | None:
    """Parcels from warehouses (left) to provinces (right): y of each in a box 100 high, and the bands between them."""
    rows = figures.get("flows") or []
    if not rows:
        return None
    names = {house.id: named(house) for house in stock.warehouses(db)}
    by_province = _sums((province, n) for _house, province, n in rows)
    kept = sorted(by_province, key=lambda province: -by_province[province])[:_PROVINCES]
    other = str(_("Elsewhere"))
    table: dict[tuple[str, str], int] = {}
    for house, province, n in rows:
        key = names.get(house, "?"), province if province in kept else other
        table[key] = table.get(key, 0) + n
    left = _column(_sums((site, n) for (site, _to), n in table.items()))
    right = _column(_sums((to, n) for (_site, to), n in table.items()))
    total = sum(by_province.values())
    bands = [
        {"from": left[site]["y"], "to": right[to]["y"], "wide": max(0.4, 14 * n / total), "parcels": n,
         "site": site, "province": to}
        for (site, to), n in sorted(table.items(), key=lambda item: -item[1])
    ]  # fmt: skip
    return {"sites": left, "provinces": right, "bands": bands, "total": total, "height": 100}


def _column(parcels: Mapping[str, int]) -> dict[str, dict[str, Any]]:
    """Evenly from top to bottom, the busiest first."""
    names = sorted(parcels, key=lambda name: -parcels[name])
    step = 100 / len(names)
    return {name: {"y": round(step * (n + 0.5), 1), "parcels": parcels[name]} for n, name in enumerate(names)}


def _sums(pairs: Any) -> dict[str, int]:
    found: dict[str, int] = {}
    for key, n in pairs:
        found[key] = found.get(key, 0) + n
    return found


def counted(missed: Sequence[Any]) -> list[tuple[str, int]]:
    """(reason in words, orders), most frequent first."""
    found = _sums((one.reason, 1) for one in missed)
    return [(str(messages.REASONS[why]), n) for why, n in sorted(found.items(), key=lambda item: -item[1])]  # type: ignore[index]


#: Percent of a limited thing that is used when the day counts as full.
_FULL = 95


def alerts(run: Run, groups: Sequence[Mapping[str, Any]], full: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """(kind, what somebody should look at now), the worst first."""
    found = []
    late = sum(group["overdue"] for group in groups)
    if late:
        found.append(("err", ngettext("%(num)s order left out is past its promise",
                                      "%(num)s orders left out are past their promise", late)))  # fmt: skip
    if any(group["why"] == Why.CHANGED for group in groups):
        found.append(("warn", _("Some orders changed while the run worked: plan them again")))
    found += [
        ("warn", _("%(site)s: %(what)s is used up", site=row["site"], what=row["what"]))
        for row in full if row["percent"] >= _FULL
    ]  # fmt: skip
    if run.figures.get("status") == "out_of_time":
        found.append(("info", _("The planner ran out of time: running again may find better")))
    return found
