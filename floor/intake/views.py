"""Doors of the intake: the signed webhook, the health of channels, order files."""

import csv
import io
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, current_app, flash, jsonify, make_response, request, url_for
from flask_babel import ngettext
from sqlmodel import Session
from werkzeug.datastructures import FileStorage

from floor.intake import accounts, jobs, queries, service
from floor.intake.channels import files, signed
from floor.intake.channels.mapping import Mapping, read_mapping
from floor.intake.forms import read_delivery
from floor.intake.messages import REASONS, SHOP_TROUBLES, channel_name
from floor.intake.models import InboxMessage, InboxState
from floor.intake.queries import Became
from floor.kit import clock
from floor.kit.errors import Invalid, Refused
from floor.kit.spreadsheet import harmless
from floor.kit.uow import reading
from floor.paper.mask import mask_phones
from floor.web import hx
from floor.web.auth import actor, public, roles
from floor.web.commands import command
from floor.web.errors import sentence
from floor.web.forms import Form
from floor.web.limits import limiter
from floor.web.page import page

bp = Blueprint("intake", __name__)

_PAGE = 100

bp.add_app_template_filter(channel_name, "shop")
bp.add_app_template_filter(mask_phones, "phones_masked")


@bp.post("/hooks/orders/<code>")
@public
@limiter.limit("1200/minute")
def receive(code: str) -> Response:
    """A channel brings an order, a payment, a cancellation, or up to `jobs.MANY` of them (README.md tells the format).

    Not a `@command`: the message's own id makes it idempotent. 200 applied, now or before; 401 forged, nothing stored;
    404 no such channel; 422 stored but unreadable, with every reason; 207 the same for some of many.
    """
    message_id = request.headers.get("X-Floor-Message-Id", "")[:80]
    try:
        with reading() as db:
            secret = queries.channel_for(db, code).secret
        body = request.get_data(cache=False)
        given, sent = request.headers.get("X-Floor-Signature", ""), request.headers.get("X-Floor-Timestamp", "")
        signed.verify(secret, given, sent, message_id, body, clock.now())
        many = read_delivery(jobs.text_of(body))
        if many is not None:
            return _answer_many(many, jobs.receive_many(code, many))
        message = jobs.receive(code, message_id, body)
    except Refused as refused:
        return make_response(jsonify(error=sentence(refused)), refused.status)
    if message.state is InboxState.DEAD:
        return make_response(jsonify(errors=[_told(problem) for problem in problems_of(message)]), 422)
    with reading() as db:
        return make_response(jsonify(order=queries.order_number(db, message), outcome=message.outcome), 200)


def _answer_many(told: Sequence[tuple[str, str]], ended: Sequence[Became | None]) -> Response:
    """What became of each message, in the order they were sent."""
    answers: list[dict[str, Any]] = []
    for (name, _text), one in zip(told, ended, strict=True):
        if one is None:
            reused = Invalid("intake.key_reused")
            became: dict[str, Any] = {"errors": [{"path": "message_id", "reason": "reused", "text": sentence(reused)}]}
        elif one.state is InboxState.DEAD:
            became = {"errors": [_told(problem) for problem in problems_of(one)]}
        else:
            became = {"order": one.number, "outcome": one.outcome}
        answers.append({"message_id": name} | became)
    has_errors = any("errors" in answer for answer in answers)
    return make_response(jsonify(messages=answers), 207 if has_errors else 200)


def problems_of(message: InboxMessage | Became) -> list[dict[str, Any]]:
    """The reasons a message was not applied, each with its sentence."""
    errors: list[dict[str, Any]] = message.problem_values.get("errors", [])
    return [error | {"text": str(REASONS[error["reason"]]) % error["values"]} for error in errors]


def _told(problem: dict[str, Any]) -> dict[str, str]:
    return {"path": problem["path"], "reason": problem["reason"], "text": problem["text"]}


@bp.get("/intake")
@roles("supervisor")
def health() -> Response:
    """Screen 11: how every channel does, what nobody could read, order files."""
    return show_health(Form())


def show_health(form: Form[Any], status: int = 200) -> Response:
    with reading() as db:
        channels, batches, names = queries.health(db), queries.batches(db), queries.channels(db)
        feeds = queries.feeds(db)
        dead = [(message, problems_of(message)) for message in queries.dead_letters(db)]
    mappings = [(path.stem, mapping.name) for path, mapping in shipped_mappings()]
    return page(
        "intake/health.html", status=status, channels=channels, names=names, feeds=feeds, dead=dead,
        by_code={row.channel.code: row for row in feeds}, troubles=SHOP_TROUBLES, batches=batches,
        mappings=mappings, form=form, verdict="err" if status == 422 else None,
    )  # fmt: skip


def shipped_mappings() -> list[tuple[Path, Mapping]]:
    """The mappings this house was given, by file name."""
    folder = current_app.extensions["settings"].root / "docs" / "mappings"
    return [(path, read_mapping(path.read_bytes())) for path in sorted(folder.glob("*.toml"))]


@bp.post("/intake/messages/<int:message_id>/retry")
@roles("supervisor")
@command
def retry(db: Session, message_id: int) -> Response:
    """Try a dead letter again, e.g. after the catalogue learned its SKU."""
    tell([accounts.try_again(db, message_id)])
    return hx.see(url_for("intake.health"))


def tell(tried: Sequence[InboxMessage]) -> None:
    """Say what became of messages that were tried again."""
    ended = Counter(message.state for message in tried)
    if done := ended[InboxState.APPLIED]:
        flash(ngettext("%(num)s message applied", "%(num)s messages applied", done), "ok")
    if waiting := ended[InboxState.WAITING]:
        flash(ngettext("%(num)s message is tried soon", "%(num)s messages are tried soon", waiting), "info")
    if dead := ended[InboxState.DEAD]:
        flash(ngettext("%(num)s message still cannot be read", "%(num)s messages still cannot be read", dead), "warn")


@bp.post("/intake/files")
@roles("supervisor")
@command
def upload(db: Session) -> Response:
    """Keep an order file and let the worker import it. A file that cannot be read is refused here, with the reason."""
    form: Form[Any] = Form(dict(request.form.items()))
    try:
        mapping = _chosen_mapping(form["mapping"], request.files.get("mapping_file"))
        given = request.files.get("file")
        body = given.read() if given else b""
        if given is None or not body:
            raise Invalid("intake.no_file", field="file")
        body, mapping = files.unpacked(body, mapping)
        files.survey(lambda: io.BytesIO(body), mapping)
    except Invalid as refused:
        return show_health(form.refuse(refused, sentence(refused)), 422)
    create_skus = bool(form["create_skus"])
    batch = service.begin_batch(db, given.filename or "orders.csv", mapping, create_skus, body, actor())
    return hx.see(url_for("intake.batch", batch_id=batch.id))


def _chosen_mapping(name: str, own: FileStorage | None) -> Mapping:
    """The mapping uploaded beside the file, else the shipped one of this name."""
    if own is not None and own.filename:
        return read_mapping(own.read())
    for path, mapping in shipped_mappings():
        if path.stem == name:
            return mapping
    raise Invalid("intake.no_mapping", field="mapping")


@bp.get("/intake/batches/<int:batch_id>")
@roles("supervisor")
def batch(batch_id: int) -> Response:
    """Screen 12: what became of every row. While the import runs, the page looks again by itself."""
    number = max(1, request.args.get("page", 1, type=int))
    with reading() as db:
        found = queries.batch_for(db, batch_id)
        rows = queries.rejected(db, batch_id, number, _PAGE)
        reasons, channels = queries.reasons_by_column(db, batch_id), queries.channels(db)
    return page(
        "intake/batch.html", "content", batch=found, rows=[(row, _why(row.reason, row.values)) for row in rows],
        reasons=[(_reason_name(code), column, count) for code, column, count in reasons], page_number=number,
        pages=-(-found.rejected // _PAGE), size=service.ASSUMED_SIZE, channels=channels,
    )  # fmt: skip


def _why(reason: str, values: dict[str, Any]) -> str:
    return str(REASONS[reason]) % values


def _reason_name(reason: str) -> str:
    """The sentence with its values left open."""
    blank = dict.fromkeys(("most", "given", "other", "code", "cells", "columns", "row"), "…")
    return str(REASONS[reason]) % blank


@bp.get("/intake/batches/<int:batch_id>/rejects.csv")
@roles("supervisor")
def rejects(batch_id: int) -> Response:
    """The rejected rows as they came, each with its reason behind: correct them and upload the file again."""
    with reading() as db:
        queries.batch_for(db, batch_id)
        rows = queries.all_rejected(db, batch_id)
    columns = list(dict.fromkeys(name for row in rows for name in row.raw))
    out = io.StringIO()
    sheet = csv.writer(out)
    sheet.writerow([*columns, "_row", "_column", "_reason"])
    for row in rows:
        told: Sequence[str] = [str(row.row), row.column, _why(row.reason, row.values)]
        sheet.writerow([harmless(cell) for cell in [*(row.raw.get(name, "") for name in columns), *told]])
    response = make_response(out.getvalue().encode("utf-8-sig"))
    response.headers["Content-Type"] = "text/csv; charset=utf-8"
    response.headers["Content-Disposition"] = f'attachment; filename="rejects-{batch_id}.csv"'
    return response
