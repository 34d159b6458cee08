"""The rules of returns as the house has them now, and their change at a desk."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlmodel import Session, col, select

from floor.events.service import Event, record
from floor.inventory.models import Warehouse
from floor.kit.actor import Actor
from floor.kit.errors import Conflict, Invalid
from floor.returns.models import Disposition, Grade, ReturnReason, ReturnRules
from floor.returns.rules import TERMS, Rule, Rules, Terms, Timing, silent_grades


def now(db: Session) -> Rules:
    """A house nobody has decided for goes by rules.DISPOSITIONS and rules.TERMS."""
    row = db.get(ReturnRules, 1, populate_existing=True)
    if row is None:
        return Rules()
    terms = {ReturnReason(reason): _terms(kept) for reason, kept in row.terms.items()}
    return Rules(tuple(_rule(kept) for kept in row.dispositions), {**TERMS, **terms}, row.version)


def same(rules: Rules, seen: int) -> None:
    """Raises Conflict when these rules are not those of the version somebody saw: numbers on a form mean others now."""
    if rules.version != seen:
        raise Conflict("returns.rules_changed")


def change(db: Session, rules: Sequence[Rule], terms: Mapping[ReturnReason, Terms], seen: int, actor: Actor) -> bool:
    """Other rules from the next decision on; `seen`: the version they were made from. False when they are the same.

    Raises Invalid when a grade has no general rule, Conflict when somebody changed them meanwhile.
    """
    db.exec(
        select(Warehouse.id).order_by(col(Warehouse.id)).limit(1).with_for_update()
    ).all()  # two firsts make one row
    row = db.get(ReturnRules, 1, with_for_update=True, populate_existing=True)
    before = now(db)
    same(before, seen)
    silent = silent_grades(rules)
    if silent:
        raise Invalid("returns.silent_grade", grades=", ".join(grade.upper() for grade in silent))
    if (before.dispositions, dict(before.terms)) == (tuple(rules), dict(terms)):
        return False
    row = row or ReturnRules()
    row.dispositions = [_kept_rule(rule) for rule in rules]
    row.terms = {reason.value: _kept_terms(one) for reason, one in terms.items()}
    db.add(row)
    db.flush()
    data = {
        "from": {"rules": [_kept_rule(rule) for rule in before.dispositions],
                 "terms": {reason.value: _kept_terms(one) for reason, one in before.terms.items()}},
        "to": {"rules": row.dispositions, "terms": row.terms},
    }  # fmt: skip
    record(db, Event("returns.rules.changed", "return_rules", 1, data=data), actor)
    return True


def _rule(kept: Mapping[str, Any]) -> Rule:
    reason = ReturnReason(kept["reason"]) if kept["reason"] else None
    return Rule(tuple(Grade(one) for one in kept["grades"]), Disposition(kept["disposition"]), reason, kept["failed"])


def _kept_rule(rule: Rule) -> dict[str, str]:
    return {"grades": "".join(rule.grades), "reason": rule.reason or "", "failed": rule.failed,
            "disposition": rule.disposition.value}  # fmt: skip


def _terms(kept: Mapping[str, Any]) -> Terms:
    return Terms(kept["pays_freight"], Timing(kept["exchange"]), kept["early_fen"])


def _kept_terms(terms: Terms) -> dict[str, Any]:
    return {"pays_freight": terms.pays_freight, "exchange": terms.exchange.value, "early_fen": terms.early_fen}
