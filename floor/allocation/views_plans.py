"""Doors of plans as such: one that is only looked at, and two side by side."""

from typing import Any

from flask import Blueprint, Response, request
from flask_babel import gettext as _
from sqlmodel import Session

from floor.allocation import figures, messages, planning, queries, service
from floor.allocation.forms import RunForm
from floor.allocation.models import Run
from floor.allocation.states import Stage, Why
from floor.allocation.views import show_new
from floor.inventory import queries as stock
from floor.kit.uow import reading
from floor.web.auth import roles
from floor.web.context import named
from floor.web.forms import read
from floor.web.page import page

bp = Blueprint("plans", __name__)

#: Orders that differ, shown.
ROWS = 50


@bp.get("/runs/preview")
@roles("supervisor")
def preview() -> Response:
    """What a run over this scope would do now. Plans with less effort than a run, and writes nothing."""
    form = read(RunForm, request.args)
    if form.data is None:
        with reading() as db:
            return show_new(db, form, 422)
    with reading() as db:
        facts = planning.read_facts(db, form.data.scope())
    planned = planning.find_plan(facts, form.data.strategy, 0, effort=planning.QUICK)
    with reading() as db:
        return page(
            "allocation/preview.html", "content", form=form, words=messages, shipped=len(planned.shares),
            missed=figures.counted(planned.missed), left_out=len(planned.missed), figures=planned.figures,
            cost=figures.cost(planned.figures), parts=figures.parts(planned.figures),
            nearest=figures.against_nearest(planned.figures), resources=figures.resources(db, planned.figures),
            parcels=sum(len(shares) for shares in planned.shares.values()),
        )  # fmt: skip


# --- two runs --------------------------------------------------------------------------------------------------------


@bp.get("/runs/compare")
@roles("supervisor")
def compare() -> Response:
    """Two runs side by side: cost by part, parcels, reasons, how full the day is, and the orders that differ."""
    chosen = [request.args.get(name, 0, type=int) for name in ("a", "b")]
    with reading() as db:
        runs = [queries.run_for(db, run_id) for run_id in chosen]
        plans = [service.shares_of(run) for run in runs]
        differing = _differing(*plans)
        return page(
            "allocation/compare.html", "content", runs=runs, words=messages, table=_table(db, runs, plans),
            differing=_named(db, differing[:ROWS], plans), differ=len(differing), rows=ROWS,
        )  # fmt: skip


Plan = dict[int, tuple[service.Share, ...]]
Line = tuple[str, list[str]]


def _differing(a: Plan, b: Plan) -> list[int]:
    """Orders of which the two say something else: other warehouses, another carrier, or nothing at all."""
    return sorted(order for order in a.keys() | b.keys() if a.get(order, ()) != b.get(order, ()))


def _table(db: Session, runs: list[Run], plans: list[Plan]) -> list[tuple[str, list[Line]]]:
    """(heading, [(label, one text for each run)])."""
    return [
        (_("Outcome"), _outcome(runs, plans)),
        (_("Cost"), _costs(runs)),
        (_("Left out, by reason"), _reasons(db, runs)),
        (_("Capacity used"), _capacity(db, runs)),
    ]


def _outcome(runs: list[Run], plans: list[Plan]) -> list[Line]:
    def line(label: str, value: Any) -> Line:
        return label, [value(run, plan) for run, plan in zip(runs, plans, strict=True)]

    return [
        line(_("Plan"), lambda run, _plan: str(messages.STRATEGIES[run.strategy])),
        line(_("Orders"), lambda run, _plan: f"{run.orders:,}"),
        line(_("Would ship"), lambda _run, plan: f"{len(plan):,}"),
        line(_("Allocated"), lambda run, _plan: f"{run.allocated:,}"),
        line(_("Parcels"), lambda _run, plan: f"{sum(map(len, plan.values())):,}"),
        line(_("Orders in two parcels"), lambda _run, plan: f"{sum(len(s) > 1 for s in plan.values()):,}"),
        line(_("Above the proven bound"), lambda run, _plan: _percent(run)),
        line(_("Planning took"), lambda run, _plan: f"{run.stages.get(Stage.PLAN, {}).get('ms', 0) / 1000:.1f} s"),
    ]


def _percent(run: Run) -> str:
    gap = run.figures.get("gap")
    return "–" if gap is None else f"{100 * gap:.2f}%"


def _costs(runs: list[Run]) -> list[Line]:
    both = [{text: fen for text, fen, _nearest in figures.parts(run.figures)} for run in runs]
    lines = [(str(text), [_yuan(bill.get(str(text))) for bill in both]) for text in messages.PARTS.values()]
    return [(_("Cost of what ships"), [_yuan(figures.cost(run.figures)) for run in runs]), *lines]


def _yuan(fen: int | None) -> str:
    return "–" if fen is None else f"¥{fen / 100:,.2f}"


def _reasons(db: Session, runs: list[Run]) -> list[Line]:
    both = [{row.reason: row.orders for row in queries.reasons(db, run.id or 0)} for run in runs]
    every = [why for why in Why if any(why in counts for counts in both)]
    return [(str(messages.REASONS[why]), [f"{counts.get(why, 0):,}" for counts in both]) for why in every]


def _capacity(db: Session, runs: list[Run]) -> list[Line]:
    both = [
        {
            (row["site"], row["what"]): f"{row['used']:,} / {row['there']:,}"
            for row in figures.resources(db, run.figures)
        }
        for run in runs
    ]
    every = sorted(both[0].keys() | both[1].keys())
    return [(f"{site} · {what}", [rows.get((site, what), "–") for rows in both]) for site, what in every]


def _named(db: Session, orders: list[int], plans: list[Plan]) -> list[tuple[int, str, list[str]]]:
    """(order id, its number, where each run ships it from)."""
    houses = {house.id: named(house) for house in stock.warehouses(db)}
    numbers = queries.order_numbers(db, orders)
    left_out = _("left out")

    def ways(plan: Plan, order: int) -> str:
        return " + ".join(houses.get(share.warehouse_id, "?") for share in plan.get(order, ())) or str(left_out)

    return [(order, numbers[order], [ways(plan, order) for plan in plans]) for order in orders]
