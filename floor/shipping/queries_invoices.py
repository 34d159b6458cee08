"""Reads of electronic invoices: what waits, what is missing, what is in which file."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from floor.catalog.models import Sku
from floor.kit.errors import Unknown
from floor.orders.models import Order, OrderLine
from floor.orders.states import OrderState
from floor.packing.models import Parcel
from floor.people.models import User
from floor.shipments.models import Shipment, ShipmentLine
from floor.shipping.models_invoices import BuyerKind, Invoice, InvoiceExport, InvoiceLine, SkuTax
from floor.shipping.states import InvoiceState

#: What the list shows at once.
PAGE = 100

_NO_CODE = (
    sa.select(col(InvoiceLine.invoice_id))
    .where(col(InvoiceLine.invoice_id) == col(Invoice.id), col(InvoiceLine.tax_code) == "")
    .exists()
)
_CANCELLED = (
    sa.select(col(Order.id))
    .where(col(Order.id) == col(Invoice.order_id), col(Order.state) == OrderState.CANCELLED)
    .correlate(Invoice)
    .exists()
)
_NO_NUMBER = sa.and_(col(Invoice.kind) == BuyerKind.COMPANY, col(Invoice.tax_id) == "")


def invoice_for(db: Session, invoice_id: int, *, lock: bool = False) -> Invoice:
    """The invoice, or Unknown; locked and fresh if asked."""
    invoice = db.get(Invoice, invoice_id, with_for_update=lock or None, populate_existing=lock)
    if invoice is None:
        raise Unknown("shipping.unknown_invoice")
    return invoice


def living(db: Session, order_id: int) -> Invoice | None:
    """The one invoice of an order that was not cancelled."""
    mine = (Invoice.order_id == order_id, Invoice.state != InvoiceState.CANCELLED)
    return db.exec(select(Invoice).where(*mine)).first()


def orders_in(db: Session, parcels: Sequence[int]) -> list[int]:
    """Orders of these parcels that ask for an invoice, by id."""
    query = (
        sa.select(col(Order.id))
        .join(Shipment, col(Shipment.order_id) == col(Order.id))
        .join(Parcel, col(Parcel.shipment_id) == col(Shipment.id))
        .where(col(Parcel.id).in_(parcels), col(Order.invoice_title) != "")
    )
    return sorted(set(db.scalars(query)))


def all_left(db: Session, order_id: int) -> bool:
    """Whether something of an order was shipped and nothing of it is still to be."""
    waits = db.scalar(sa.select(func.sum(OrderLine.backordered)).where(col(OrderLine.order_id) == order_id))
    inside = func.sum(ShipmentLine.allocated + ShipmentLine.picked + ShipmentLine.packed)
    here, gone = db.execute(
        sa.select(inside, func.sum(ShipmentLine.shipped))
        .join(Shipment, col(Shipment.id) == col(ShipmentLine.shipment_id))
        .where(col(Shipment.order_id) == order_id)
    ).one()
    return not waits and not here and bool(gone)


def lines_of(db: Session, invoice_id: int) -> Sequence[InvoiceLine]:
    mine = select(InvoiceLine).where(InvoiceLine.invoice_id == invoice_id)
    return db.exec(mine.order_by(col(InvoiceLine.position))).all()


def codes(db: Session, lines: Sequence[InvoiceLine]) -> dict[int, str]:
    """SKU id -> its code, of some lines."""
    ids = {line.sku_id for line in lines if line.sku_id is not None}
    return {number or 0: code for number, code in db.exec(select(Sku.id, Sku.code).where(col(Sku.id).in_(ids)))}


def ready(db: Session, *, lock: bool = False) -> Sequence[Invoice]:
    """Released invoices that lack nothing, by id."""
    query = select(Invoice).where(Invoice.state == InvoiceState.RELEASED, ~_NO_CODE, ~_NO_NUMBER, ~_CANCELLED)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return db.exec(query.order_by(col(Invoice.id))).all()


def open_lines(db: Session, sku_id: int) -> Sequence[InvoiceLine]:
    """A SKU's lines of invoices that are in no file yet, locked by invoice."""
    return db.exec(
        select(InvoiceLine)
        .join(Invoice, col(Invoice.id) == InvoiceLine.invoice_id)
        .where(InvoiceLine.sku_id == sku_id, col(Invoice.state).in_((InvoiceState.RELEASED, InvoiceState.HELD)))
        .order_by(col(Invoice.id), col(InvoiceLine.position))
        .with_for_update()
    ).all()


def lines_in(db: Session, export_id: int) -> Sequence[tuple[Invoice, Order, InvoiceLine]]:
    """What a file holds, in its order; not what was cancelled since."""
    return db.exec(
        select(Invoice, Order, InvoiceLine)
        .join(Order, col(Order.id) == Invoice.order_id)
        .join(InvoiceLine, col(InvoiceLine.invoice_id) == Invoice.id)
        .where(Invoice.export_id == export_id, Invoice.state != InvoiceState.CANCELLED)
        .order_by(col(Invoice.id), col(InvoiceLine.position))
    ).all()


@dataclass(frozen=True)
class Row:
    invoice: Invoice
    order: Order
    #: With tax.
    amount_fen: int
    #: Codes of messages.INVOICE_PROBLEMS; empty when it is complete.
    problems: tuple[str, ...]


def counted(db: Session) -> dict[InvoiceState, int]:
    rows = db.exec(select(Invoice.state, func.count()).group_by(col(Invoice.state)))
    return {InvoiceState(state): n for state, n in rows}


def listed(db: Session, state: InvoiceState) -> list[Row]:
    """The newest invoices of a state; those that wait for something first."""
    amount = (
        sa.select(func.coalesce(func.sum(InvoiceLine.amount_fen), 0))
        .where(col(InvoiceLine.invoice_id) == col(Invoice.id))
        .scalar_subquery()
    )
    rows = db.execute(
        sa.select(Invoice, Order, amount, _NO_CODE.label("no_code"))
        .join(Order, col(Order.id) == col(Invoice.order_id))
        .where(col(Invoice.state) == state)
        .order_by(sa.desc(sa.or_(_NO_CODE, _NO_NUMBER, _CANCELLED)), col(Invoice.id).desc())
        .limit(PAGE)
    )
    return [Row(invoice, order, fen, _problems(invoice, order, no_code)) for invoice, order, fen, no_code in rows]


def _problems(invoice: Invoice, order: Order, no_code: bool) -> tuple[str, ...]:
    found = {
        "cancelled": order.state is OrderState.CANCELLED,
        "no_tax_id": invoice.kind is BuyerKind.COMPANY and not invoice.tax_id,
        "no_tax_code": no_code,
    }
    return tuple(code for code, holds in found.items() if holds)


def problems(db: Session, invoice: Invoice) -> tuple[str, ...]:
    """What keeps one invoice from being exported."""
    order = db.get_one(Order, invoice.order_id)
    return _problems(invoice, order, any(not line.tax_code for line in lines_of(db, invoice.id or 0)))


def files(db: Session) -> Sequence[tuple[InvoiceExport, str | None, int]]:
    """The newest files: who made them, and how many invoices they hold now."""
    inside = (
        sa.select(func.count())
        .where(col(Invoice.export_id) == col(InvoiceExport.id), col(Invoice.state) != InvoiceState.CANCELLED)
        .scalar_subquery()
    )
    query = (
        sa.select(InvoiceExport, col(User.name), inside)
        .outerjoin(User, col(User.id) == col(InvoiceExport.made_by))
        .order_by(col(InvoiceExport.id).desc())
        .limit(20)
    )
    return [(file, name, n) for file, name, n in db.execute(query)]


def file_for(db: Session, export_id: int) -> InvoiceExport:
    """The file, or Unknown."""
    file = db.get(InvoiceExport, export_id)
    if file is None:
        raise Unknown("shipping.unknown_file")
    return file


@dataclass(frozen=True)
class Goods:
    """A SKU with how it is taxed; `waiting`: invoices that wait for its tax code."""

    sku: Sku
    tax: SkuTax
    waiting: int


def goods(db: Session, asked: str = "") -> list[Goods]:
    """SKUs whose code or name holds `asked`: those invoices wait for first, then those without a tax code."""
    waiting = (
        sa.select(func.count(sa.distinct(col(InvoiceLine.invoice_id))))
        .join(Invoice, col(Invoice.id) == col(InvoiceLine.invoice_id))
        .where(
            col(InvoiceLine.sku_id) == col(Sku.id), col(InvoiceLine.tax_code) == "",
            col(Invoice.state).in_((InvoiceState.RELEASED, InvoiceState.HELD)),
        )
        .scalar_subquery()
    )  # fmt: skip
    query = sa.select(Sku, SkuTax, waiting).outerjoin(SkuTax, col(SkuTax.sku_id) == col(Sku.id))
    if asked:
        like = (col(name).icontains(asked, autoescape=True) for name in (Sku.code, Sku.name, Sku.name_en))
        query = query.where(sa.or_(*like))
    has_none = sa.or_(col(SkuTax.tax_code).is_(None), col(SkuTax.tax_code) == "")
    rows = db.execute(query.order_by(waiting.desc(), sa.desc(has_none), col(Sku.code)).limit(PAGE))
    return [Goods(sku, kept or SkuTax(sku_id=sku.id or 0), n) for sku, kept, n in rows]


def uncoded(db: Session) -> int:
    """SKUs that invoices wait for."""
    query = (
        sa.select(func.count(sa.distinct(col(InvoiceLine.sku_id))))
        .join(Invoice, col(Invoice.id) == col(InvoiceLine.invoice_id))
        .where(col(Invoice.state) == InvoiceState.RELEASED, col(InvoiceLine.tax_code) == "")
    )
    return int(db.execute(query).scalar_one())


def broken_invoices(db: Session) -> list[str]:
    """Invoices whose state disagrees with their file or their number."""
    wrong = sa.or_(
        sa.and_(col(Invoice.state) == InvoiceState.EXPORTED, col(Invoice.exported_at).is_(None)),
        sa.and_(col(Invoice.state) == InvoiceState.RELEASED, col(Invoice.export_id).is_not(None)),
        sa.and_(col(Invoice.state) == InvoiceState.ISSUED, col(Invoice.number).is_(None)),
    )
    bad = db.scalars(sa.select(col(Invoice.id)).where(wrong).order_by(col(Invoice.id)))
    return [f"invoice {number}: state, file and number disagree" for number in bad]
