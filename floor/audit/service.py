"""Verbs of the audit: look at an order, let it pass, take that back, refuse it, tune the rules."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from floor.audit import queries, ranking, reading
from floor.audit.checks import CHECKS, SAYS, Facts, Finding, Place, Said, findings, place_faults
from floor.audit.facts import facts_of
from floor.audit.models import Flag, Hold, Rule, Severity, Verdict
from floor.events.service import Event, record
from floor.kit import clock
from floor.kit.actor import Actor
from floor.kit.errors import Conflict
from floor.orders import service as orders
from floor.orders.models import Order, OrderLine
from floor.orders.queries import order_for
from floor.orders.service import NewAddress
from floor.orders.states import OrderAction, OrderState
from floor.people.models import Role, User
from floor.shipments import queries as shipments
from floor.shipments.states import ShipmentState


def install_rules(db: Session) -> None:
    """Write the rules that have no row yet; those already there keep their switches and settings."""
    db.add_all(queries.rules(db).values())
    db.flush()


def set_rule(
    db: Session, code: str, is_active: bool, settings: Mapping[str, Any], actor: Actor, severity: str = ""
) -> Rule:
    """Switch and tune a rule; orders already flagged stay flagged. `severity` "" leaves it as it is."""
    rule = queries.rule_for(db, code)  # added below: it may be a default without a row yet
    rule.is_active = is_active
    rule.severity = Severity(severity) if severity else rule.severity
    rule.settings = {**rule.settings, **settings}
    db.add(rule)
    db.flush()
    data = {"rule": code, "active": is_active, "severity": str(rule.severity)}
    record(db, Event("audit.rule.changed", "audit_rule", 0, data=data), actor)
    return rule


def locked(db: Session, order_id: int) -> Order:
    """The order, held against other writers until this transaction ends."""
    order_for(db, order_id)
    return db.get_one(Order, order_id, with_for_update=True, populate_existing=True)


def audit_order(
    db: Session, order: Order, actor: Actor, over: str = "", ranker: ranking.Ranker | None = None
) -> list[Flag]:
    """Look at an order: clean -> released with its priority; else on hold with a flag per finding.

    A held order is looked at again (its address changed, it was paid): flags whose cause went away are closed, new ones
    are added, and it goes free when none is left. What a person let pass is not raised again. An order held by a
    person, with no flag at all, stays held. `over`: the rule of what happened outside and is no more; `ranker`: of
    whoever looks at many. Returns the open flags.
    """
    assert order.id is not None
    if order.state not in (OrderState.RECEIVED, OrderState.HELD):
        return []
    rules = queries.active_rules(db)
    found = {_finding_key(one): one for one in look(db, order, rules)}
    before = [flag for flag in queries.flags_of(db, order.id) if flag.verdict is Verdict.OPEN]
    gone = [flag for flag in before if flag.rule == over or (flag.rule in CHECKS and _flag_key(flag) not in found)]
    for flag in gone:
        flag.verdict, flag.decided_at = Verdict.GONE, clock.now()
        db.add(flag)
    new = raise_flags(db, order, found.values(), rules)
    still_open = [flag for flag in before if flag not in gone] + new
    if still_open:
        hold(db, order, new, actor)
    elif order.state is OrderState.RECEIVED or before:
        _release(db, order, actor, ranker)
    return still_open


def raise_flags(
    db: Session, order: Order, found: Iterable[Finding], rules: Mapping[str, Rule], *, can_hold: bool = True
) -> list[Flag]:
    """Write down findings that were not judged before; those somebody must decide are returned.

    What a rule of severity "note" finds, and all that comes when nothing `can_hold` the goods any more, is told only.
    """
    assert order.id is not None
    settled = {_flag_key(flag) for flag in queries.flags_of(db, order.id) if flag.verdict in _SETTLED}
    new = [_flag(order.id, finding) for finding in found if _finding_key(finding) not in settled]
    for flag in new:
        if not can_hold or (flag.rule in rules and rules[flag.rule].severity is Severity.NOTE):
            flag.verdict = Verdict.NOTED
    if any(flag.rule == f"{SAYS}price" for flag in new):
        order.hide_price = True
    db.add_all(new)
    db.flush()
    return [flag for flag in new if flag.verdict is Verdict.OPEN]


#: What was said of a finding once holds: it is not raised again.
_SETTLED = (Verdict.OPEN, Verdict.PASSED, Verdict.NOTED)


def look(db: Session, order: Order, rules: Mapping[str, Rule]) -> list[Finding]:
    """What these rules find in an order now; nothing is written."""
    settings = {code: rule.settings for code, rule in rules.items()}
    facts = facts_of(db, order, settings)
    sure = [rule.settings.get("sure", 50) for code, rule in rules.items() if code.startswith(SAYS)]
    if sure:
        facts = _read(db, facts, min(sure))
    return findings(facts, settings)


def _read(db: Session, facts: Facts, least: int) -> Facts:
    """The facts with what its texts say, down to `least` percent sure."""
    texts = {field: text for field, text in facts.texts.items() if text.strip()}
    if not texts:
        return facts
    reader = reading.reader_of(db)
    said = [
        Said(one.intent, field, one.sure, one.start, one.end)
        for field, text in texts.items()
        for one in reader.read(text, least / 100)
    ]
    return replace(facts, said=tuple(said))


def _key(rule: str, case: str, field: str, values: Mapping[str, Any]) -> tuple[str, str, str, str]:
    """Two findings with the same key are the same thing found twice."""
    told = (str(values[name]) for name in ("word", "other", "sku", "event") if values.get(name))
    return rule, case, field, next(told, "").lower()


def _finding_key(one: Finding) -> tuple[str, str, str, str]:
    return _key(one.rule, one.case, one.field, one.values)


def _flag_key(flag: Flag) -> tuple[str, str, str, str]:
    return _key(flag.rule, flag.values.get("case", ""), flag.field, flag.values)


def _flag(order_id: int, finding: Finding) -> Flag:
    return Flag(
        order_id=order_id,
        rule=finding.rule,
        field=finding.field,
        start=finding.start,
        end=finding.end,
        values={"case": finding.case, **finding.values},
    )


def hold(db: Session, order: Order, new: Sequence[Flag], actor: Actor) -> None:
    """On hold for these flags, wherever it was."""
    rules = sorted({flag.rule for flag in new})
    if order.state is not OrderState.HELD:
        orders.advance(db, order, OrderAction.HOLD, actor, rules=rules)
    if new:
        record(db, Event("audit.order.flagged", "order", order.id or 0, order.id, {"rules": rules}), actor)


def _release(db: Session, order: Order, actor: Actor, ranker: ranking.Ranker | None = None) -> None:
    order.priority = (ranker or ranking.Ranker(db)).rank(db, order).priority
    _no_more_for_later(db, order)
    orders.advance(db, order, OrderAction.RELEASE, actor, priority=order.priority)


def _no_more_for_later(db: Session, order: Order) -> None:
    db.execute(sa.delete(Hold).where(col(Hold.order_id) == order.id))


def pass_order(db: Session, order: Order, actor: Actor, rule: str = "") -> bool:
    """A person looked and lets it pass: its open flags, or those of one rule. True when the order went free.

    `order` is locked by the caller. Raises Conflict when it is not on hold any more, and when a rule of severity
    "stop" flagged it and this is no supervisor.
    """
    assert order.id is not None
    if order.state is not OrderState.HELD:
        raise Conflict("audit.not_held")
    open_ones = [flag for flag in queries.flags_of(db, order.id) if flag.verdict is Verdict.OPEN]
    passed = [flag for flag in open_ones if not rule or flag.rule == rule]
    if rule and not passed:
        raise Conflict("audit.not_held")
    if not _may_pass(db, passed, actor):
        raise Conflict("audit.needs_supervisor")
    for flag in passed:
        flag.verdict, flag.decided_at, flag.decided_by = Verdict.PASSED, clock.now(), actor.id
        db.add(flag)
    is_free = len(passed) == len(open_ones)
    if is_free:
        _release(db, order, actor)
    data = {"flags": [flag.id for flag in passed], "released": is_free}
    record(db, Event("audit.order.passed", "order", order.id, order.id, data), actor)
    return is_free


def nothing_new(db: Session, order_id: int, last: int) -> None:
    """Raises Conflict when a flag was raised after the `last` one a person saw: nobody lets pass what nobody read."""
    if any(flag.verdict is Verdict.OPEN and (flag.id or 0) > last for flag in queries.flags_of(db, order_id)):
        raise Conflict("audit.flagged_meanwhile")


def _may_pass(db: Session, flags: Sequence[Flag], actor: Actor) -> bool:
    rules = queries.rules(db)
    if all(flag.rule not in rules or rules[flag.rule].severity is not Severity.STOP for flag in flags):
        return True
    person = db.get(User, actor.id) if actor.kind == "user" else None
    return actor.kind == "system" or (person is not None and person.role in (Role.SUPERVISOR, Role.ADMIN))


def pass_flag(db: Session, rule: str, order_ids: Iterable[int], actor: Actor) -> tuple[int, int]:
    """Let one flag pass on many orders; what somebody else decided meanwhile is left alone.

    Returns how many orders went free, and how many stay for another flag.
    """
    free = stay = 0
    for order_id in sorted(set(order_ids)):
        try:
            went = pass_order(db, locked(db, order_id), actor, rule)
        except Conflict:
            continue
        free, stay = free + went, stay + (not went)
    return free, stay


def has_goods(db: Session, order_id: int) -> bool:
    """A shipment of this order is under way: goods are set aside for it."""
    return any(s.state is not ShipmentState.CANCELLED for s in shipments.of_order(db, order_id))


def keep(db: Session, order: Order, reason: str, actor: Actor, until: datetime | None = None) -> None:
    """Leave it on hold and say why. Until the time given it is out of the queue; with none it stays in it.

    Raises Conflict when it is not on hold any more.
    """
    assert order.id is not None
    if order.state is not OrderState.HELD:
        raise Conflict("audit.not_held")
    old = queries.hold_of(db, order.id)
    before = {"reason": old.reason, "until": old.until.isoformat() if old.until else None} if old else None
    db.merge(Hold(order_id=order.id, reason=reason, until=until, by=actor.id))
    data = {"reason": reason, "until": until.isoformat() if until else None, "before": before}
    record(db, Event("audit.order.kept", "order", order.id, order.id, data), actor)


def refuse(db: Session, order: Order, actor: Actor) -> None:
    """The flags were right: cancel the whole order. Raises Conflict when goods are already set aside for it."""
    assert order.id is not None
    if order.state is not OrderState.HELD:
        raise Conflict("audit.not_held")
    if has_goods(db, order.id):
        raise Conflict("audit.has_shipments")
    flags = uphold(db, order.id, actor)
    wanted = select(OrderLine.id, OrderLine.backordered).where(OrderLine.order_id == order.id)
    units = [[line, qty] for line, qty in db.exec(wanted.order_by(col(OrderLine.id))) if qty]
    orders.cancel_backorder(db, order)
    _no_more_for_later(db, order)
    orders.advance(db, order, OrderAction.CANCEL, actor, by="audit")
    record(db, Event("audit.order.refused", "order", order.id, order.id, {"flags": flags, "units": units}), actor)


def uphold(db: Session, order_id: int, actor: Actor) -> list[int]:
    """A person says that the open flags of this order are right. Returns them."""
    upheld = [flag for flag in queries.flags_of(db, order_id) if flag.verdict is Verdict.OPEN]
    for flag in upheld:
        flag.verdict, flag.decided_at, flag.decided_by = Verdict.UPHELD, clock.now(), actor.id
        db.add(flag)
    return [flag.id or 0 for flag in upheld]


def faults_of(address: NewAddress) -> list[Finding]:
    """Why no courier could use this address; empty when one can."""
    place = Place(address.recipient, address.phone, address.province, address.city, address.street, address.country)
    return list(place_faults(place))


def correct_address(db: Session, order: Order, address: NewAddress, actor: Actor, seen: str = "") -> list[Flag]:
    """Correct where a held order goes, and look at it again. Returns the flags still open.

    Raises what `orders.change_address` raises, and Conflict when it is not held.
    """
    if order.state is not OrderState.HELD:
        raise Conflict("audit.not_held")
    orders.change_address(db, order, address, actor, seen)
    return audit_order(db, order, actor, over="address_late")
