"""What the audit's screens show, in words: flags with their evidence, the rank, what was told, what happened last."""

from collections.abc import Mapping
from typing import Any

from flask import current_app
from sqlmodel import Session

from floor.audit import queries, ranking
from floor.audit.checks import Finding
from floor.audit.facts import TEXTS
from floor.audit.messages import FEN, FIELDS, FLAGS, LEFT, RULES, WHY
from floor.audit.models import Flag, Rank
from floor.events.messages import sentence as event_sentence
from floor.events.queries import story_of
from floor.kit import units
from floor.orders.models import Address, Order
from floor.shipments.messages import STAGES
from floor.shipments.queries import Stage, stages_of


def sentence_of(case: str, values: Mapping[str, Any]) -> str:
    """A finding in words, its sums in yuan."""
    shown = {name: units.yuan(v) if name in FEN.get(case, ()) else v for name, v in values.items()}
    return str(FLAGS[case]) % shown


def flag_sentence(flag: Flag) -> str:
    return sentence_of(flag.values["case"], flag.values)


def evidence(where: Flag | Finding, text: str) -> tuple[str, str, str] | None:
    """The text around what the flag points at: before, marked, after. None when the text was changed meanwhile."""
    if not where.field or where.end <= where.start or where.end > len(text):
        return None
    return text[max(0, where.start - 40) : where.start], text[where.start : where.end], text[where.end : where.end + 40]


def evidence_in(where: Flag | Finding, order: Order, address: Address | None) -> tuple[str, str, str] | None:
    owner = order if where.field in TEXTS else address
    return evidence(where, str(getattr(owner, where.field, "") or "") if where.field else "")


def with_evidence(flags: list[Flag], order: Order, address: Address | None) -> list[dict[str, Any]]:
    return [
        {
            "flag": flag,
            "text": flag_sentence(flag),
            "rule": RULES[flag.rule],
            "where": FIELDS.get(flag.field, ""),
            "evidence": evidence_in(flag, order, address),
        }
        for flag in flags
    ]


def told(db: Session) -> list[dict[str, Any]]:
    """What was only told, each order with how far it is: of goods that left, nobody is asked to stop them."""
    found = queries.told(db)
    stages = stages_of(db, [order.id or 0 for order, _flags in found])
    rows = []
    for order, flags in found:
        stage = stages[order.id or 0]
        texts = [_of_left(flag) if stage in (Stage.SHIPPED, Stage.DELIVERED) else flag_sentence(flag) for flag in flags]
        rows.append({"order": order, "stage": STAGES[stage], "texts": texts})
    return rows


def _of_left(flag: Flag) -> str:
    case = flag.values["case"]
    return str(LEFT[case]) % flag.values if case in LEFT else flag_sentence(flag)


def rank_of(db: Session, order_id: int) -> tuple[Rank, list[tuple[str, int]]] | None:
    """How urgent it is, and each reason in words with the steps it is worth; None before it was ever released."""
    found = ranking.rank_of(db, order_id)
    if found is None:
        return None
    shown = ((code, steps, units.yuan(int(n)) if code == "value" else n) for code, steps, n in found.why)
    return found, [(str(WHY[code]) % {"n": n}, steps) for code, steps, n in shown]


def notes_of(order: Order, flags: list[Flag]) -> list[tuple[Any, list[tuple[str, bool]]]]:
    """Every note somebody wrote, cut into pieces, the flagged ones marked."""
    notes = []
    for name in TEXTS:
        text = getattr(order, name)
        if text:
            spans = sorted((flag.start, flag.end) for flag in flags if flag.field == name)
            notes.append((FIELDS[name], _pieces(text, spans)))
    return notes


def _pieces(text: str, spans: list[tuple[int, int]]) -> list[tuple[str, bool]]:
    pieces, at = [], 0
    for start, end in spans:
        if start >= at:
            pieces += [(text[at:start], False), (text[start:end], True)]
            at = end
    return [piece for piece in [*pieces, (text[at:], False)] if piece[0]]


def last_of(db: Session, order_id: int) -> str:
    """What happened to the order last, who did it and when: in the page of whoever came too late."""
    (event,) = story_of(db, "order", order_id, limit=1) or (None,)
    if event is None:
        return ""
    who = event.actor_name if event.actor_kind == "user" else ""
    at = current_app.jinja_env.filters["clock"](event.at)
    return " · ".join(part for part in (event_sentence(event), who, at) if part)
