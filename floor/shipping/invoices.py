"""Electronic invoices: what the tax office's platform asks for is kept here and exported; they are issued elsewhere.

Amounts are kept with tax, as the buyer paid them. The order's discount is spread over its lines to the last fen, so
that the invoice says exactly what was paid. One that lacks something waits, whatever its state; nobody has to release
what is complete.
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

from floor.catalog.models import Sku
from floor.events.service import Event, record
from floor.kit import clock
from floor.kit.actor import SYSTEM, Actor
from floor.kit.errors import Conflict, Invalid, Unknown
from floor.kit.units import yuan
from floor.orders import queries as orders
from floor.orders.models import Order
from floor.orders.states import OrderState
from floor.paper import words
from floor.settings import bound
from floor.shipping import papers
from floor.shipping import queries_invoices as queries
from floor.shipping.models_invoices import (
    USUAL_RATE_BP,
    BuyerKind,
    Invoice,
    InvoiceExport,
    InvoiceLine,
    SkuTax,
)
from floor.shipping.states import INVOICE, InvoiceAction, InvoiceState

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


#: States in which nothing left the house yet.
OPEN = (InvoiceState.RELEASED, InvoiceState.HELD)


def is_credit_code(code: str) -> bool:
    """Whether an 18-character unified social credit code has the right check sign (GB 32100-2015, modulo 31)."""
    if len(code) != 18 or any(sign not in _SIGNS for sign in code):
        return False
    total = sum(weight * _SIGNS.index(sign) for weight, sign in zip(_WEIGHTS, code, strict=False))
    return _SIGNS[-total % 31] == code[17]


def ask(db: Session, order: Order, buyer: Buyer, actor: Actor) -> Invoice:
    """Keep an invoice for what an order's buyer paid. Invalid: a wrong tax number; Conflict: a second invoice."""
    _must_be_right(buyer)
    _lock(db, order)
    if order.state is OrderState.CANCELLED:
        raise Conflict("shipping.order_cancelled")
    if queries.living(db, order.id or 0) is not None:
        raise Conflict("shipping.invoice_there")
    return _keep(db, order, buyer, actor)


def ask_for_shipped(db: Session, order: Order) -> Invoice | None:
    """The invoice a buyer asked for with the order, once all of it left; None where none is due, or one is there.

    A tax number that proves wrong is not kept: the invoice waits until somebody has the right one.
    """
    _lock(db, order)
    title, tax_id = order.invoice_title.strip(), order.invoice_tax_id.strip().upper()
    if not title or queries.living(db, order.id or 0) is not None or not queries.all_left(db, order.id or 0):
        return None
    kind = BuyerKind.COMPANY if tax_id else BuyerKind.PERSON
    email = orders.address_of(db, order.id or 0).email
    return _keep(db, order, Buyer(kind, title, tax_id if is_credit_code(tax_id) else "", email=email), SYSTEM)


def _lock(db: Session, order: Order) -> None:
    """Two who ask at once ask one after the other."""
    db.get(Order, order.id, with_for_update=True, populate_existing=True)


def _must_be_right(buyer: Buyer) -> None:
    if buyer.kind is BuyerKind.COMPANY and not is_credit_code(buyer.tax_id):
        raise Invalid("shipping.wrong_tax_id", field="tax_id")


def _keep(db: Session, order: Order, buyer: Buyer, actor: Actor) -> Invoice:
    invoice = Invoice(order_id=order.id or 0, asked_by=actor.id, **asdict(buyer))
    db.add(invoice)
    db.flush()
    db.add_all(_lines(db, order, invoice.id or 0))
    db.flush()
    _say(db, "asked", invoice, actor)
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


def change_buyer(db: Session, invoice: Invoice, buyer: Buyer, actor: Actor) -> None:
    """To whom it is made out. Invalid: a wrong tax number; Conflict: it is in a file already."""
    _must_be_right(buyer)
    if invoice.state not in OPEN:
        raise Conflict("shipping.invoice_out")
    for name, value in asdict(buyer).items():
        setattr(invoice, name, value)
    _write(db, "changed", invoice, actor)


def hold(db: Session, invoice: Invoice, reason: str, actor: Actor) -> None:
    """Keep it back. Conflict: it is in a file already, or held."""
    _step(db, invoice, InvoiceAction.HOLD, "held", actor, reason=reason)


def release(db: Session, invoice: Invoice, reason: str, actor: Actor) -> None:
    """It may go into the next file. Conflict: nobody holds it."""
    _step(db, invoice, InvoiceAction.RELEASE, "released", actor, reason=reason)


def cancel(db: Session, invoice: Invoice, actor: Actor) -> None:
    """Not wanted after all. One that is issued needs a red letter at the tax office."""
    _step(db, invoice, InvoiceAction.CANCEL, "cancelled", actor)


def issued(db: Session, invoice_id: int, number: str, issued_on: date, url: str, actor: Actor) -> Invoice:
    """The tax office's answer: 20 digits. Heard twice it changes nothing; another number is a Conflict."""
    invoice = queries.invoice_for(db, invoice_id, lock=True)
    if not re.fullmatch(r"[0-9]{20}", number):
        raise Invalid("shipping.wrong_invoice_number", field="number")
    if invoice.state is InvoiceState.ISSUED and invoice.number == number:
        return invoice
    taken = db.scalar(sa.select(col(Invoice.id)).where(col(Invoice.number) == number))
    if InvoiceAction.ISSUE not in INVOICE.available(invoice.state) or taken is not None:
        raise Conflict("shipping.invoice_settled", field="number")
    invoice.number, invoice.issued_on, invoice.file_url = number, issued_on, url
    _step(db, invoice, InvoiceAction.ISSUE, "issued", actor, number=number)
    return invoice


def _step(db: Session, invoice: Invoice, action: InvoiceAction, word: str, actor: Actor, **data: str) -> None:
    if action not in INVOICE.available(invoice.state):
        raise Conflict("shipping.invoice_moved_on")
    invoice.state = INVOICE.after(invoice.state, action)
    invoice.reason = data.get("reason", "")
    _write(db, word, invoice, actor, **data)


def _write(db: Session, word: str, invoice: Invoice, actor: Actor, **data: str) -> None:
    db.add(invoice)
    db.flush()
    _say(db, word, invoice, actor, **data)


def _say(db: Session, word: str, invoice: Invoice, actor: Actor, **data: str) -> None:
    record(db, Event(f"shipping.invoice.{word}", "invoice", invoice.id or 0, invoice.order_id, data), actor)


# --- goods ---------------------------------------------------------------------------------------------------------


def tax(db: Session, sku: Sku, new: SkuTax, actor: Actor) -> None:
    """How a SKU is taxed and what customs calls it. Invoices that are in no file yet follow."""
    kept = db.get(SkuTax, sku.id, with_for_update=True) or SkuTax(sku_id=sku.id or 0)
    kept.tax_code, kept.rate_bp, kept.hs_code, kept.origin = new.tax_code, new.rate_bp, new.hs_code, new.origin
    db.add(kept)
    for line in queries.open_lines(db, sku.id or 0):
        line.tax_code, line.rate_bp = new.tax_code, new.rate_bp
        line.tax_fen = tax_inside(line.amount_fen, new.rate_bp)
        db.add(line)
    db.flush()
    data = {"sku": sku.code, "tax_code": new.tax_code, "rate_bp": new.rate_bp, "hs_code": new.hs_code,
            "origin": new.origin}  # fmt: skip
    record(db, Event("shipping.tax.changed", "sku", sku.id or 0, data=data), actor)


# --- files ---------------------------------------------------------------------------------------------------------


def export(db: Session, actor: Actor, seen: Sequence[int] | None = None) -> InvoiceExport | None:
    """A file of every released invoice that is complete; None where there is none.

    `seen`: only those somebody saw on the list. Conflict when one of them was exported or held meanwhile: of two
    clerks who export at once, one does. Locks the invoices by id.
    """
    ready = queries.ready(db, lock=True)
    if seen is not None:
        ready = [invoice for invoice in ready if invoice.id in set(seen)]
        if len(ready) != len(set(seen)):
            raise Conflict("shipping.invoices_changed")
    if not ready:
        return None
    file = InvoiceExport(made_by=actor.id)
    db.add(file)
    db.flush()
    for invoice in ready:
        invoice.export_id, invoice.exported_at = file.id, clock.now()
        _step(db, invoice, InvoiceAction.EXPORT, "exported", actor, file=file.number)
    return file


def again(db: Session, export_id: int, actor: Actor) -> InvoiceExport:
    """Give a file out once more: the same rows, each of which says so."""
    file = db.get(InvoiceExport, export_id, with_for_update=True)
    if file is None:
        raise Unknown("shipping.unknown_file")
    file.copies += 1
    db.add(file)
    db.flush()
    data = {"number": file.number, "copies": file.copies}
    record(db, Event("shipping.invoices.given_again", "invoice_export", export_id, data=data), actor)
    return file


def table(db: Session, file: InvoiceExport | None) -> tuple[list[str], list[list[Any]]]:
    """Header and rows of a file, a row a line; those of an invoice cancelled since are left out. None: no rows."""
    header, rows = json.loads(_COLUMNS.read_text(encoding="utf-8")), list[list[Any]]()
    if file is None:
        return header, rows
    _ = words.translations(papers.CARRIER_LANG).gettext
    mark = _("%(file)s, given out again: do not issue twice") % {"file": file.number} if file.copies else file.number
    for invoice, order, line in queries.lines_in(db, file.id or 0):
        rows.append([len(rows) + 1, order.number, *_buyer(invoice), *_goods(line), bound().tax_id, bound().company,
                     invoice.note, mark])  # fmt: skip
    return header, rows


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
