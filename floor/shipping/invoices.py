"""Electronic invoices: what the tax office's platform asks for is held and exported; they are issued elsewhere.

Amounts are held with tax, as the buyer paid them. The order's discount is spread over its lines to the last fen, so
that the invoice says exactly what was paid.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from floor.events.service import Event, record
from floor.kit import clock
from floor.kit.actor import Actor
from floor.kit.errors import Conflict, Invalid, Unknown
from floor.kit.units import yuan
from floor.orders import queries as orders
from floor.orders.models import Order
from floor.orders.states import OrderState
from floor.settings import bound
from floor.shipping.models_invoices import BuyerKind, Invoice, InvoiceLine, InvoiceState, SkuTax

#: Rate where nobody wrote one down for the SKU: what most goods bear.
USUAL_RATE_BP = 1300
_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_COLUMNS = Path(__file__).with_name("tax_columns.json")


@dataclass(frozen=True)
class Buyer:
    kind: BuyerKind
    title: str
    tax_id: str = ""
    address: str = ""
    phone: str = ""
    bank: str = ""
    account: str = ""
    email: str = ""
    note: str = ""


def is_credit_code(code: str) -> bool:
    """Whether an 18-character unified social credit code has the right check sign (GB 32100-2015, modulo 31)."""
    if len(code) != 18 or any(sign not in _SIGNS for sign in code):
        return False
    total = sum(weight * _SIGNS.index(sign) for weight, sign in zip(_WEIGHTS, code, strict=False))
    return _SIGNS[-total % 31] == code[17]


def ask(db: Session, order: Order, buyer: Buyer, actor: Actor) -> Invoice:
    """Hold an invoice for what an order's buyer paid. Invalid: a wrong tax number; Conflict: a second invoice."""
    if buyer.kind is BuyerKind.COMPANY and not is_credit_code(buyer.tax_id):
        raise Invalid("shipping.wrong_tax_id", field="tax_id")
    if order.state is OrderState.CANCELLED:
        raise Conflict("shipping.order_cancelled")
    living = (Invoice.order_id == order.id, Invoice.state != InvoiceState.CANCELLED)
    if db.exec(select(Invoice.id).where(*living)).first() is not None:
        raise Conflict("shipping.invoice_there")
    invoice = Invoice(order_id=order.id or 0, asked_by=actor.id, **asdict(buyer))
    db.add(invoice)
    db.flush()
    db.add_all(_lines(db, order, invoice.id or 0))
    db.flush()
    record(db, Event("shipping.invoice.asked", "invoice", invoice.id or 0, order.id), actor)
    return invoice


def _lines(db: Session, order: Order, invoice_id: int) -> list[InvoiceLine]:
    wanted = [(line, sku, line.qty - line.cancelled) for line, sku in orders.lines_of(db, order.id or 0)]
    wanted = [(line, sku, qty) for line, sku, qty in wanted if qty and line.unit_price_fen]
    taxes = {tax.sku_id: tax for tax in db.exec(select(SkuTax)) if tax.sku_id in {sku.id for _l, sku, _q in wanted}}
    gross = [line.unit_price_fen * qty for line, _sku, qty in wanted]
    off = spread(order.discount_fen - order.freight_fen, gross)
    made = []
    for position, ((_line, sku, qty), amount, less) in enumerate(zip(wanted, gross, off, strict=True), start=1):
        tax = taxes.get(sku.id or 0)
        rate = tax.rate_bp if tax else USUAL_RATE_BP
        spec = " ".join(part for part in (sku.colour, sku.size) if part)[:60]
        made.append(
            InvoiceLine(
                invoice_id=invoice_id, position=position, sku_id=sku.id, name=sku.name[:120], spec=spec, qty=qty,
                tax_code=tax.tax_code if tax else "", rate_bp=rate, amount_fen=amount - less,
                tax_fen=tax_inside(amount - less, rate),
            )
        )  # fmt: skip
    return made


def spread(fen: int, over: Sequence[int]) -> list[int]:
    """`fen` in proportion to `over`, whole fen, adding up exactly."""
    total, left, shares = sum(over), fen, []
    for amount in over:
        share = round(left * amount / total) if total else 0
        shares.append(share)
        left, total = left - share, total - amount
    return shares


def tax_inside(amount_fen: int, rate_bp: int) -> int:
    """The tax in an amount that includes it, rounded half up."""
    return (2 * amount_fen * rate_bp + 10_000 + rate_bp) // (2 * (10_000 + rate_bp))


def missing(db: Session, invoice: Invoice) -> list[str]:
    """What keeps an invoice from being issued: SKU names without a tax code."""
    lines = db.exec(select(InvoiceLine).where(InvoiceLine.invoice_id == invoice.id))
    return [line.name for line in lines if not line.tax_code]


def export(db: Session, actor: Actor) -> tuple[list[str], list[list[Any]]]:
    """Header and rows of every held invoice that is complete, a row a line; they are marked as exported."""
    rows: list[list[Any]] = []
    held = select(Invoice).where(Invoice.state == InvoiceState.HELD).order_by(col(Invoice.id)).with_for_update()
    for invoice in db.exec(held).all():
        if missing(db, invoice):
            continue
        order = orders.order_for(db, invoice.order_id)
        lines = db.exec(
            select(InvoiceLine).where(InvoiceLine.invoice_id == invoice.id).order_by(col(InvoiceLine.position))
        )
        for line in lines:
            rows.append([len(rows) + 1, order.number, *_buyer(invoice), *_goods(line), bound().tax_id, bound().company,
                         invoice.note])  # fmt: skip
        invoice.state, invoice.exported_at = InvoiceState.EXPORTED, clock.now()
        db.add(invoice)
        record(db, Event("shipping.invoice.exported", "invoice", invoice.id or 0, invoice.order_id), actor)
    db.flush()
    return json.loads(_COLUMNS.read_text(encoding="utf-8")), rows


def _buyer(invoice: Invoice) -> list[str]:
    return [invoice.kind.value, invoice.title, invoice.tax_id, invoice.address, invoice.phone, invoice.bank,
            invoice.account, invoice.email]  # fmt: skip


def _goods(line: InvoiceLine) -> list[Any]:
    net = line.amount_fen - line.tax_fen
    price = f"{net / 100 / line.qty:.8f}".rstrip("0").rstrip(".")
    return [line.name, line.spec, "", line.qty, price, _plain(net), line.tax_code, f"{line.rate_bp / 10_000:g}",
            _plain(line.tax_fen), _plain(line.amount_fen)]  # fmt: skip


def _plain(fen: int) -> str:
    return yuan(fen).replace(",", "")


def issued(db: Session, invoice_id: int, number: str, issued_on: date, url: str, actor: Actor) -> Invoice:
    """The tax office's answer: 20 digits. Heard twice it changes nothing; another number is a Conflict."""
    invoice = db.get(Invoice, invoice_id, with_for_update=True)
    if invoice is None:
        raise Unknown("shipping.unknown_invoice")
    if not re.fullmatch(r"[0-9]{20}", number):
        raise Invalid("shipping.wrong_invoice_number", field="number")
    if invoice.state is InvoiceState.ISSUED and invoice.number == number:
        return invoice
    taken = db.scalar(sa.select(col(Invoice.id)).where(col(Invoice.number) == number))
    if invoice.state in (InvoiceState.ISSUED, InvoiceState.CANCELLED) or taken is not None:
        raise Conflict("shipping.invoice_settled")
    invoice.state, invoice.number, invoice.issued_on, invoice.file_url = InvoiceState.ISSUED, number, issued_on, url
    db.add(invoice)
    db.flush()
    record(db, Event("shipping.invoice.issued", "invoice", invoice_id, invoice.order_id, {"number": number}), actor)
    return invoice


def cancel(db: Session, invoice: Invoice, actor: Actor) -> None:
    """Not wanted after all. One that is issued needs a red letter at the tax office."""
    if invoice.state is InvoiceState.ISSUED:
        raise Conflict("shipping.invoice_settled")
    invoice.state = InvoiceState.CANCELLED
    db.add(invoice)
    db.flush()
    record(db, Event("shipping.invoice.cancelled", "invoice", invoice.id or 0, invoice.order_id), actor)
