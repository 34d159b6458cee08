"""A shop's till: goods scanned into a basket become an order like any other channel's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, select

from floor.catalog.models import Sku
from floor.events.service import Event, record
from floor.intake import service
from floor.intake.channels.draft import Draft, DraftLine
from floor.intake.channels.reading import PROMISE, new_address
from floor.intake.models import Channel, InboxMessage, TillLine
from floor.intake.places import dialled
from floor.inventory.models import Warehouse
from floor.kit import clock, ids, units
from floor.kit.actor import Actor
from floor.kit.db import upsert
from floor.kit.errors import Conflict, Invalid
from floor.orders.models import Order
from floor.orders.service import NewAddress, NewOrder
from floor.paper.words import translations

CHANNEL = "till"
#: Whoever waits at the counter has it within this time.
AT_ONCE = timedelta(minutes=30)
#: More of one article is no scanning any more.
MOST = 9999


@dataclass(frozen=True)
class Sale:
    """`to` None: the customer takes it along. Money in fen; `seen_fen` is the total the seller saw and was paid."""

    name: str
    phone: str
    to: NewAddress | None
    seen_fen: int
    discount_fen: int = 0
    note: str = ""


def basket(db: Session, user_id: int) -> Sequence[tuple[TillLine, Sku]]:
    """What was scanned, the last first."""
    joined = select(TillLine, Sku).join(Sku, col(Sku.id) == TillLine.sku_id).where(TillLine.user_id == user_id)
    return db.exec(joined.order_by(col(TillLine.at).desc(), col(TillLine.sku_id))).all()


def worth(lines: Sequence[tuple[TillLine, Sku]]) -> int:
    """What the goods cost, fen."""
    return sum(line.qty * sku.price_fen for line, sku in lines)


def put_in(db: Session, user_id: int, sku: Sku) -> None:
    """One more of it. Raises Invalid for what is not sold any more."""
    if not sku.is_active:
        raise Invalid("intake.not_sold", sku=sku.code)
    new = upsert(db, TillLine).values(user_id=user_id, sku_id=sku.id, qty=1, at=clock.now())
    one_more = sa.case((col(TillLine.qty) < MOST, col(TillLine.qty) + 1), else_=MOST)
    more = new.on_conflict_do_update(index_elements=["user_id", "sku_id"], set_={"qty": one_more, "at": clock.now()})
    db.execute(more.execution_options(synchronize_session=False))
    db.expire_all()


def take_out(db: Session, user_id: int, sku_id: int) -> None:
    """One less of it; none left is none in the basket, and taking that out again does nothing."""
    line = db.get(TillLine, (user_id, sku_id), with_for_update=True, populate_existing=True)
    if line is None:
        return
    if line.qty > 1:
        line.qty -= 1
        db.add(line)
    else:
        db.delete(line)
    db.flush()


def empty(db: Session, user_id: int) -> None:
    db.execute(sa.delete(TillLine).where(col(TillLine.user_id) == user_id))


def sell(db: Session, user_id: int, sale: Sale, site: str, actor: Actor) -> Order:
    """The basket becomes a paid order. Raises Invalid for an empty basket or a discount above its worth, Conflict when
    the total is no longer what the seller saw."""
    mine = select(TillLine).where(TillLine.user_id == user_id).order_by(col(TillLine.sku_id)).with_for_update()
    db.exec(mine.execution_options(populate_existing=True)).all()
    lines = basket(db, user_id)
    if not lines:
        raise Invalid("intake.nothing_scanned")
    goods = worth(lines)
    if sale.discount_fen > goods:
        raise Invalid("intake.discount_too_high", field="discount")
    total = goods - sale.discount_fen
    if total != sale.seen_fen:
        raise Conflict("intake.total_changed", total=units.yuan(total))
    (taken,) = service.take_in(db, [_draft(db, lines, sale, total, site)], actor)
    if isinstance(taken, list):
        raise Invalid("intake.not_sold", sku=taken[0].values["code"])
    order = db.get_one(Order, taken[0])
    empty(db, user_id)
    record(db, Event("intake.till.sold", "order", order.id or 0, order.id, {"along": sale.to is None}), actor)
    return order


def _draft(
    db: Session, lines: Sequence[tuple[TillLine, Sku]], sale: Sale, total: int, site: str
) -> Draft:  # fmt: skip
    now = clock.now()
    new = NewOrder(
        channel(db).code, f"T{now:%y%m%d}-{ids.new_id()[:12]}", now, now, now + (PROMISE if sale.to else AT_ONCE), (),
        sale.to or _counter(db, sale, site), dialled(sale.phone), sale.name, discount_fen=sale.discount_fen,
        buyer_note=sale.note,
    )  # fmt: skip
    drafts = tuple(DraftLine(sku.code, line.qty, sku.price_fen, where=sku.code) for line, sku in reversed(lines))
    return Draft(new, drafts, total, total)


def _counter(db: Session, sale: Sale, site: str) -> NewAddress:
    """The house's own door, under the customer's name: packed, it waits at the counter."""
    houses = select(Warehouse).order_by(col(Warehouse.code) != site, col(Warehouse.id))
    house = db.exec(houses).first()
    if house is None:
        raise Invalid("intake.no_house")
    name, phone = sale.name or house.contact, sale.phone or house.phone
    return new_address(name, phone, house.province, house.city, "", house.address)


def channel(db: Session) -> Channel:
    """The till's own channel, made when it is needed first."""
    found = service.ensure_channel(db, CHANNEL, translations("zh_Hans_CN").gettext("Shop till"))
    found.name_en = found.name_en or "Shop till"
    return found


def take_over(db: Session, text: str, actor: Actor) -> InboxMessage:
    """An order as another till wrote it into a code (the JSON of the webhook): kept, then applied, once."""
    channel(db)
    message = service.store(db, CHANNEL, f"code:{ids.digest(text)}", text, actor)
    return service.apply(db, message.id or 0)


def order_on(db: Session, text: str) -> Order | None:
    """The order a code names: ours by its number or its customer's page, a channel's where only one calls it so."""
    word = text.rstrip("/").rpartition("/")[2]
    ours = sa.or_(col(Order.number) == word.upper(), col(Order.public_token) == word)
    found = db.exec(select(Order).where(ours)).first()
    if found is None:
        named = (col(Order.channel).in_(sa.select(col(Channel.code))), Order.external_id == text[:64])
        theirs = db.exec(select(Order).where(*named).limit(2)).all()
        found = theirs[0] if len(theirs) == 1 else None
    return found
