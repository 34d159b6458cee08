"""Doors of a repair: what is wrong, what it costs, its parts, and the way back."""

from flask import Blueprint, Response, request, url_for
from sqlmodel import Session

from floor.catalog import queries as catalog
from floor.inventory import queries as stock
from floor.kit.errors import Invalid
from floor.returns import queries, repairing
from floor.returns.forms import Answer, Diagnosis, Part, RepairQuote
from floor.returns.views import DESK, show_case
from floor.web import hx
from floor.web.auth import actor, roles
from floor.web.commands import command
from floor.web.errors import sentence
from floor.web.forms import Form, read

bp = Blueprint("return_repairs", __name__, url_prefix="/returns/<int:case_id>/repair")

#: Verbs that need nothing but the press of their button.
_PLAIN = {
    "start": repairing.start, "finish": repairing.finish, "fee": repairing.pay_fee, "give-up": repairing.give_up,
    "send-back": repairing.send_back,
}  # fmt: skip


@bp.post("/diagnosis")
@roles(*DESK)
@command
def diagnose(db: Session, case_id: int) -> Response:
    """What is wrong."""
    form = read(Diagnosis, request.form)
    if form.data is None:
        return show_case(db, case_id, form, 422)
    repairing.diagnose(db, case_id, form.data.diagnosis, actor())
    return _case(case_id)


@bp.post("/quote")
@roles(*DESK)
@command
def quote(db: Session, case_id: int) -> Response:
    """What it costs; 0: nothing, and it may begin."""
    form = read(RepairQuote, request.form)
    if form.data is None:
        return show_case(db, case_id, form, 422)
    if form.data.fen:
        repairing.quote(db, case_id, form.data.fen, actor())
    else:
        repairing.start(db, case_id, actor())
    return _case(case_id)


@bp.post("/answer")
@roles(*DESK)
@command
def answer(db: Session, case_id: int) -> Response:
    """What the customer said on the phone."""
    form = read(Answer, request.form)
    if form.data is None:
        return show_case(db, case_id, form, 422)
    repairing.answer(db, case_id, form.data.accept == "yes", actor())
    return _case(case_id)


@bp.post("/parts")
@roles(*DESK)
@command
def part(db: Session, case_id: int) -> Response:
    """A part was taken off its shelf."""
    form = read(Part, request.form)
    if form.data is None:
        return show_case(db, case_id, form, 422)
    case = queries.case_for(db, case_id)
    sku, where = catalog.resolve(db, form.data.sku).sku, stock.bin_by_code(db, case.warehouse_id, form.data.bin.upper())
    try:
        if sku is None:
            raise Invalid("returns.unknown_code", field="sku")
        if where is None:
            raise Invalid("returns.unknown_bin", field="bin", bin=form.data.bin.upper())
        repairing.take_part(db, case_id, where, sku.id or 0, form.data.qty, actor())
    except Invalid as refused:
        return show_case(db, case_id, form.refuse(refused, sentence(refused)), 422)
    return _case(case_id)


@bp.post("/<any('start', 'finish', 'fee', 'give-up', 'send-back'):verb>")
@roles(*DESK)
@command
def step(db: Session, case_id: int, verb: str) -> Response:
    """The next step of the repair."""
    try:
        _PLAIN[verb](db, case_id, actor())
    except Invalid as refused:
        return show_case(db, case_id, Form().refuse(refused, sentence(refused)), 422)
    return _case(case_id)


def _case(case_id: int) -> Response:
    return hx.see(url_for("returns.case", case_id=case_id))
