"""Free gifts by rule: which order a rule fits, and the verbs that make, change and switch rules."""

from collections.abc import Collection
from datetime import datetime

from sqlmodel import Session, select

from floor.catalog.models import Sku
from floor.events.service import Event, record
from floor.intake import queries
from floor.intake.models import Channel, GiftRule
from floor.kit.actor import Actor
from floor.kit.errors import Invalid


def missing(rule: GiftRule, channel: str, worth_fen: int, bought: Collection[int], moment: datetime) -> str:
    """Why an order gets no gift by this rule: a code of messages.NO_GIFT; "" when it gets it. `bought`: ids of SKUs."""
    if rule.channel not in ("", channel):
        return "other_channel"
    if worth_fen < rule.from_fen:
        return "worth_less"
    if rule.with_sku_id is not None and rule.with_sku_id not in bought:
        return "not_bought"
    if rule.begins_at is not None and moment < rule.begins_at:
        return "not_begun"
    return "over" if rule.ends_at is not None and moment >= rule.ends_at else ""


def sku_of(db: Session, code: str, field: str) -> Sku:
    """Goods by their code. Raises Invalid at the form's field."""
    found = db.exec(select(Sku).where(Sku.code == code.upper())).first()
    if found is None:
        raise Invalid("catalog.unknown_sku", field=field, sku=code)
    return found


def save(db: Session, rule: GiftRule, actor: Actor) -> GiftRule:
    """Write a new rule, or one that changed. Raises Invalid for a channel nobody has, or an end before its begin."""
    if rule.channel and db.exec(select(Channel.id).where(Channel.code == rule.channel)).first() is None:
        raise Invalid("intake.unknown_channel", field="channel")
    if rule.begins_at and rule.ends_at and rule.ends_at <= rule.begins_at:
        raise Invalid("intake.gift_ends_early", field="ends")
    db.add(rule)
    db.flush()
    record(db, Event("intake.gift.saved", "gift_rule", rule.id or 0), actor)
    return rule


def switch(db: Session, rule_id: int, actor: Actor, *, on: bool) -> None:
    """From now on, or no longer. Raises Unknown."""
    rule = queries.gift_for(db, rule_id)
    rule.is_active = on
    db.add(rule)
    db.flush()
    record(db, Event("intake.gift.switched", "gift_rule", rule_id, data={"on": on}), actor)
