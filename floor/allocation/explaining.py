"""Why orders were left out, in words: groups with the one thing that helps, and what stands in its way."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlmodel import Session

from floor.allocation import fixing, messages, queries
from floor.allocation.models import Run
from floor.allocation.states import RunState, Thing, Why
from floor.inventory import queries as stock
from floor.inventory.models import BinKind
from floor.kit import clock
from floor.web.context import at_clock, named

#: Orders promised within so long are called out.
PRESSING = timedelta(hours=3)

#: [(text, "" | "fix" | "bad")]
Steps = list[tuple[str, str]]


def groups(db: Session, run: Run) -> list[dict[str, Any]]:
    """The reasons that sum to what was left out, most frequent first, each with the one thing that helps."""
    assert run.id is not None
    rows = queries.reasons(db, run.id)
    pressing = queries.pressing(db, run.id, clock.now() + PRESSING)
    overdue = queries.pressing(db, run.id, clock.now())
    most = max((row.orders for row in rows), default=1)
    found = []
    for row in rows:
        why = Why(row.reason)
        group = {
            "why": why, "title": messages.REASONS[why], "count": row.orders, "share": 100 * row.orders // most,
            "risk": pressing.get(why, 0), "due": row.due, "overdue": overdue.get(why, 0), "steps": None,
            "fix": "see", "n": 0,
        }  # fmt: skip
        found.append(group | _fix(db, run, why, row))
    return found


#: Codes of templates/allocation/_fix.html where nothing has to be counted first.
_PLAIN = {
    Why.SAFETY_STOCK: "unsafe",
    Why.LABOUR_FULL: "capacity",
    Why.BENCH_FULL: "capacity",
    Why.CARRIER_FULL: "capacity",
    Why.OTHER_ORDERS_FIRST: "transfer",
    Why.UNCHECKED: "audit",
    Why.HELD: "audit",
    Why.CHANGED: "again",
}


def _fix(db: Session, run: Run, why: Why, row: Any) -> dict[str, Any]:
    match why:
        case Why.NO_STOCK:
            n = len(fixing.missing(db, run))
            hint = ngettext("%(num)s SKU is missing", "%(num)s SKUs are missing", row.skus)
            return {"fix": "purchase" if n else "purchasing", "n": n, "hint": hint}
        case Why.PICK_FACE_EMPTY:
            n = len(fixing.lacking(db, run))
            hint = ngettext(
                "Reserve storage has enough: %(num)s pick face to fill",
                "Reserve storage has enough: %(num)s pick faces to fill", n,
            ) if n else _("Replenishment is under way")  # fmt: skip
            first = queries.left_out(db, run.id or 0, why, limit=1)
            return {"fix": "replenish" if n else "moves", "n": n, "hint": hint, "steps": chains(db, first)[0]}
        case Why.PARTIAL_ONLY if not run.scope.get("split"):
            return {"fix": "split", "hint": _("Together they have it: two parcels would do")}
        case Why.PARTIAL_ONLY:
            return {"hint": _("Not even two warehouses together have it")}
        case Why.STOPPED if run.state is RunState.STOPPED or run.state is RunState.FAILED:
            return {"fix": "retry", "hint": messages.HINTS[why]}
        case _:
            return {"fix": _PLAIN.get(why, "see"), "hint": messages.HINTS[why]}


class _Names:
    """What lacks name by id: SKUs, carriers, warehouses."""

    def __init__(self, db: Session, rows: Sequence[Any]) -> None:
        lacks = [lack for left, *_rest in rows for lack in left.lacks]
        self._skus = queries.sku_codes(db, {of for thing, of, *_more in lacks if thing == Thing.UNITS and of})
        self._carriers = {carrier.id: named(carrier) for carrier in queries.carriers(db)} if lacks else {}
        self._houses = {house.id: named(house) for house in stock.warehouses(db)} if lacks else {}

    def lack(self, thing: str, of: int | None, house: int | None, missing: int) -> str:
        """One thing of which there was too little: "3 more pick lines at Shanghai would do"."""
        site = self._houses.get(house or 0) or _("any warehouse")
        match thing:
            case Thing.UNITS:
                text = _("%(n)s more of %(sku)s at %(site)s", n=missing, sku=self._skus.get(of or 0, ""), site=site)
            case Thing.DOCK:
                name = self._carriers.get(of or 0) or _("A carrier")
                text = _("%(carrier)s collects %(n)s more at %(site)s", carrier=name, n=missing, site=site)
            case Thing.LORRY:
                name, kilos = self._carriers.get(of or 0) or _("A carrier"), -(-missing // 1000)
                text = _("%(carrier)s takes %(n)s kg more at %(site)s", carrier=name, n=kilos, site=site)
            case _:
                what = messages.THINGS[Thing(thing)]
                text = _("%(what)s: %(n)s more at %(site)s", what=what, n=missing, site=site)
        return str(text)


def chains(db: Session, rows: Any) -> list[Steps | None]:
    """Order by order what stands in its way: wants 3 -> pick face 1 -> reserve 24 -> after replenishment."""
    bins = queries.shelves(db, {left.sku_id for left, *_rest in rows if left.sku_id})
    names = _Names(db, rows)
    ready: dict[int, datetime] = {}
    found: list[Steps | None] = []
    for left, order, sku, house in rows:
        steps = _on_shelves(left, order, sku, house, bins) if sku else [(_wants(left, order), "")] if left.lacks else []
        if left.reason == Why.PICK_FACE_EMPTY and house and steps and steps[-1][1] == "fix":
            at = ready.get(house.id) or ready.setdefault(house.id, fixing.ready_at(db, house.id))
            steps[-1] = (_("can be picked from %(time)s", time=at_clock(at)), "fix")
        steps += [(names.lack(*lack), "fix") for lack in left.lacks]
        found.append(steps or None)
    return found


def _wants(left: Any, order: Any) -> str:
    if left.reason in (Why.TOO_BIG, Why.CARRIER_FULL, Why.BENCH_FULL) or not left.wanted:
        return str(order.number)
    return str(_("%(order)s wants %(n)s", order=order.number, n=left.wanted))


def _on_shelves(left: Any, order: Any, sku: Any, house: Any, bins: Any) -> Steps:
    every = [row for row in bins if row.sku_id == sku.id]
    here = [row for row in every if house is not None and row.warehouse_id == house.id]
    if sum(row.free for row in here) < left.wanted:
        here = every
    faces = [row for row in here if row.kind is BinKind.PICK]
    stored = [row for row in here if row.kind is BinKind.RESERVE]
    steps = [
        (_wants(left, order), ""),
        (_on_faces(faces), "" if faces else "bad"),
        (_in_reserve(stored), "" if stored else "bad"),
    ]
    enough = sum(row.free for row in here) >= left.wanted
    if left.reason == Why.PICK_FACE_EMPTY and enough:
        steps.append((_("can be picked after replenishment"), "fix"))
    return steps


def _on_faces(rows: Any) -> str:
    units = sum(row.free for row in rows)
    if len(rows) == 1:
        return str(_("pick face %(bin)s has %(n)s", bin=rows[0].code, n=units))
    return str(_("pick faces have %(n)s", n=units))


def _in_reserve(rows: Any) -> str:
    units = sum(row.free for row in rows)
    if len(rows) == 1:
        return str(_("reserve bin %(bin)s has %(n)s", bin=rows[0].code, n=units))
    return str(_("reserve storage has %(n)s", n=units))
