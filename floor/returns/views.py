"""Doors of the returns desk: its lists, what a scan opens, and one case."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, request, url_for
from flask_login import current_user
from sqlmodel import Session

from floor.kit import clock
from floor.kit.errors import Unknown
from floor.kit.uow import reading
from floor.orders import queries as orders
from floor.orders.models import Order
from floor.returns import exchanging, finding, messages, money, queries, repairing, ruleset, second, service, strays
from floor.returns.forms import Scan
from floor.returns.models import CaseKind, ReturnCase
from floor.returns.states import REPAIR, CaseState
from floor.web import hx
from floor.web.auth import actor, roles
from floor.web.commands import command
from floor.web.forms import Form, read
from floor.web.page import page

bp = Blueprint("returns", __name__)

DESK = ("service", "supervisor")

#: Lists of cases; beside them stand the lists of what is to rework, under repair and unknown.
_TABS = {"expected": (CaseState.REQUESTED,), "arrived": (CaseState.ARRIVED,), "closed": (CaseState.CLOSED,)}
_OTHER_TABS = ("rework", "repairs", "strays")


@bp.get("/returns")
@roles(*DESK)
def desk() -> Response:
    """Screen 42: what is expected, what is on the desk, what is done."""
    tab = request.args.get("tab", "arrived")
    if tab not in (*_TABS, *_OTHER_TABS):
        raise Unknown("returns.unknown")
    with reading() as db:
        return show_desk(db, tab)


def show_desk(db: Session, tab: str) -> Response:
    rows = queries.desk(db, _TABS[tab]) if tab in _TABS else []
    lists: dict[str, Any] = {
        "rework": queries.to_rework(db),
        "repairs": repairing.under_way(db),
        "strays": strays.waiting(db),
    }
    n = queries.counts(db, clock.now() - timedelta(days=1)) | {name: len(some) for name, some in lists.items()}
    return page(
        "returns/desk.html",
        "content",
        rows=rows,
        tab=tab,
        n=n,
        words=messages,
        scan_url=url_for("returns.receive"),
        **lists,
    )


@bp.get("/returns/intake")
@roles(*DESK)
def intake() -> Response:
    """Screen 43: scan what came; `?q=` looks for the order of a parcel nobody announced."""
    with reading() as db:
        return show_intake(db, Form(dict(request.args)))


@bp.post("/returns/intake")
@roles(*DESK)
@command
def receive(db: Session) -> Response:
    """A parcel, slip or item was scanned.

    -> the case's first item, when the code stands on the parcel: it has arrived with that
    -> the same, when it is a parcel of ours that its carrier brings back: a return of all in it is opened
    -> the parcel nobody announced, when it was kept under this code
    -> the list to choose from, when it may be several, or only the order is known
    -> the same page, saying that nobody knows the code, with the search and a place to keep the parcel
    """
    form = read(Scan, request.form)
    if form.data is None:
        return show_intake(db, form, 422)
    found, site = finding.find(db, form.data.code), queries.site_of(db, current_user.site)
    if found.sure and len(found.cases) == 1:
        (case,) = found.cases
        if case.state == CaseState.REQUESTED:
            service.arrive(db, case.id or 0, site, actor())
        return hx.see(next_step(db, case))
    if found.stray is not None:
        return hx.see(url_for("strays.show", stray_id=found.stray.id))
    if found.is_going_back and not found.cases and found.left:
        return hx.see(next_step(db, service.take_home(db, found.parcel_id or 0, site, actor())))
    status = 200 if found.cases or found.order else 422
    return show_intake(db, form, status, found)


def show_intake(db: Session, form: Form[Any], status: int = 200, found: finding.Found | None = None) -> Response:
    cases = [_with_items(db, case) for case in found.cases] if found else []
    hits = finding.search_orders(db, form["q"])
    verdict = "err" if status != 200 else ("step" if found else None)
    return page(
        "returns/intake.html", "content", status=status,
        form=form, found=found, cases=cases, hits=hits, words=messages, verdict=verdict,
        scan_url=url_for("returns.receive"),
    )  # fmt: skip


def _with_items(db: Session, case: ReturnCase) -> tuple[ReturnCase, Order, Any]:
    return case, orders.order_for(db, case.order_id), queries.items_of(db, case.id or 0)


def next_step(db: Session, case: ReturnCase) -> str:
    """The first item still to inspect, else the case."""
    position = queries.next_position(db, case)
    if position is None:
        return url_for("returns.case", case_id=case.id)
    return url_for("return_items.item", case_id=case.id, position=position)


# --- one case ----------------------------------------------------------------------------------------------------


@bp.get("/returns/<int:case_id>")
@roles(*DESK)
def case(case_id: int) -> Response:
    """A case with its items, what was decided, what it sends, its repair, and the refunds."""
    with reading() as db:
        return show_case(db, case_id, Form())


def show_case(db: Session, case_id: int, form: Form[Any], status: int = 200) -> Response:
    found = queries.case_for(db, case_id)
    order, items = orders.order_for(db, found.order_id), queries.items_of(db, case_id)
    owed = money.owed(db, found, [item for item, _sku in items])
    repair = repairing.repair_of(db, case_id)
    terms = ruleset.now(db).terms[found.reason]
    return page(
        "returns/case.html", "content", status=status, form=form, verdict="err" if status != 200 else None,
        case=found, order=order, items=items, address=orders.address_of(db, found.order_id), words=messages,
        total_fen=sum(item.refund_fen for item, _sku in items),
        freight_fen=sum(item.freight_fen for item, _sku in items),
        credit_fen=sum(item.credit_fen for item, _sku in items),
        refunds=money.rows_of(db, case_id), skus={sku.id: sku for _item, sku in items},
        wanted=queries.skus(db, [item.wants_sku_id for item, _sku in items if item.wants_sku_id]),
        sends=orders.order_for(db, found.sends_id) if found.sends_id else None, to_pay=exchanging.to_pay(db, found),
        timing=terms.exchange if found.kind is CaseKind.EXCHANGE else None,
        settled=any(item.settled_at for item, _sku in items), owed=owed,
        early_needs_second=owed > min(second.limit(), terms.early_fen), early_fen=min(second.limit(), terms.early_fen),
        ready=all(item.inspected_at for item, _sku in items),
        all_scanned=all(item.scanned_at for item, _sku in items),
        scan_url=url_for("returns.receive"), repair=repair,
        may=[str(action) for action in REPAIR.available(repair.state)] if repair else [],
        parts=repairing.parts_of(db, case_id) if repair else [],
    )  # fmt: skip


@bp.post("/returns/<int:case_id>/arrive")
@roles(*DESK)
@command
def arrive(db: Session, case_id: int) -> Response:
    """The parcel is here."""
    return hx.see(next_step(db, service.arrive(db, case_id, queries.site_of(db, current_user.site), actor())))


@bp.post("/returns/<int:case_id>/cancel")
@roles(*DESK)
@command
def cancel(db: Session, case_id: int) -> Response:
    """It will not come."""
    service.cancel(db, case_id, actor())
    return hx.see(url_for("returns.case", case_id=case_id))


@bp.post("/returns/<int:case_id>/close")
@roles(*DESK)
@command
def close(db: Session, case_id: int) -> Response:
    """Everything is decided: record the refund and send the goods on."""
    service.close(db, case_id, actor())
    return hx.see(url_for("returns.case", case_id=case_id))
