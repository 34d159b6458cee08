"""Doors of the inbox: every message as it came, what it did, and another try."""

import json

from flask import Blueprint, Response, request, url_for
from flask_babel import gettext as _
from sqlmodel import Session

from floor.intake import accounts, queries
from floor.intake.messages import KINDS, OUTCOMES, REASONS, STATES
from floor.intake.models import InboxState
from floor.intake.views import problems_of, tell
from floor.kit.uow import reading
from floor.orders.models import Order
from floor.paper.mask import mask_phones
from floor.web import hx
from floor.web.auth import roles
from floor.web.commands import command
from floor.web.page import page

bp = Blueprint("inbox", __name__)

_PAGE = 50
#: Dead letters tried in one go.
_MOST = 200


@bp.get("/intake/inbox")
@roles("supervisor")
def index() -> Response:
    """Messages by state; the dead letters grouped by why they wait."""
    number = max(1, request.args.get("page", 1, type=int))
    text, channel = request.args.get("q", "").strip()[:80], request.args.get("channel", "")[:24]
    by_value = {state.value: state for state in InboxState}
    with reading() as db:
        counts = queries.states(db)
        usual = InboxState.DEAD if counts.get(InboxState.DEAD) else InboxState.APPLIED
        asked = request.args.get("state", "")
        shown = None if text or asked == "all" else by_value.get(asked, usual)
        rows, total = queries.inbox(db, channel, shown, text, number, _PAGE)
        reasons = queries.dead_reasons(db) if shown is InboxState.DEAD else []
        names = queries.channels(db)
    every = url_for("inbox.index", state="all", channel=channel or None)
    tabs = [{"href": every, "text": _("All"), "n": sum(counts.values()), "current": shown is None}]
    tabs += [
        {"href": url_for("inbox.index", state=state.value, channel=channel or None), "text": STATES[state],
         "n": counts.get(state, 0), "current": state is shown}
        for state in InboxState
    ]  # fmt: skip
    return page(
        "intake/inbox.html", "content", tab_rows=tabs, shown=shown, text=text, channel=channel, names=names,
        rows=[(message, problems_of(message)) for message in rows], total=total, page_number=number,
        pages=max(1, -(-total // _PAGE)), kinds=KINDS, outcomes=OUTCOMES, states=STATES,
        reasons=[(code, problem, _named(problem), count) for code, problem, count in reasons],
        turn=url_for("inbox.index", state=asked or None, channel=channel or None, q=text or None),
    )  # fmt: skip


def _named(problem: str) -> str:
    """A reason's sentence with its values left open."""
    blank = dict.fromkeys(("most", "given", "other", "code", "cells", "columns", "row"), "\u2026")
    return str(REASONS[problem]) % blank if problem in REASONS else problem


@bp.get("/intake/inbox/<int:message_id>")
@roles("supervisor")
def show(message_id: int) -> Response:
    """One message: what it said, what it did, and the other versions of its order."""
    with reading() as db:
        message = queries.message_for(db, message_id)
        order = db.get(Order, message.order_id) if message.order_id else None
        names = queries.channels(db)
        others = queries.inbox(db, message.channel, None, message.external_id)[0] if message.external_id else []
    return page(
        "intake/message.html", "content", message=message, problems=problems_of(message), order=order, names=names,
        others=[one for one in others if one.id != message.id], kinds=KINDS, outcomes=OUTCOMES, states=STATES,
        body=mask_phones(_readable(message.body)),
    )  # fmt: skip


def _readable(body: str) -> str:
    """JSON one value a line; anything else as it came."""
    try:
        return json.dumps(json.loads(body), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        return body


@bp.post("/intake/inbox/<int:message_id>/again")
@roles("supervisor")
@command
def again(db: Session, message_id: int) -> Response:
    """Try one again: a dead letter once its reason is gone. A message that was applied stays as it is."""
    tell([accounts.try_again(db, message_id)])
    return hx.see(url_for("inbox.show", message_id=message_id))


@bp.post("/intake/inbox/again")
@roles("supervisor")
@command
def again_all(db: Session) -> Response:
    """Try the oldest dead letters of one channel and reason again."""
    channel, problem = request.form.get("channel", "")[:24], request.form.get("problem", "")[:64]
    tell([accounts.try_again(db, message_id) for message_id in queries.dead_ids(db, channel, problem, _MOST)])
    return hx.see(url_for("inbox.index", state="dead"))
