"""The peer of benchmarks.stock: Tryton's customer shipments. Run by the Python of Tryton's own venv, never by ours.

    python stock_tryton.py CONFIG DATABASE SKUS

Reads one JSON task per line and answers each with one line. {"do": "furnish"} makes company, products and stock;
{"do": "draft", "orders": [[sku, sku, sku], ...]} makes draft shipments of three lines, outside the clock;
{"do": "run", "threads": 4} takes them through four stages, one committed transaction each:

    reserve   wait + assign_try    inventory moves made and assigned
    pick      pick                 inventory moves done
    pack      pack                 outgoing moves assigned
    ship      do                   outgoing moves done

Model methods in process, without RPC, session or access checks: the fastest way Tryton has. An operational error of
the database is tried again as trytond's dispatcher does it; what is left after its five retries is shown to a user.
"""

import json
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal

import trytond.config as config

config.update_etc(sys.argv[1])

from trytond import backend  # noqa: E402 -- the configuration comes first
from trytond.pool import Pool  # noqa: E402
from trytond.transaction import Transaction, TransactionError  # noqa: E402

DATABASE, SKUS = sys.argv[2], int(sys.argv[3])
ROOT = 0
STAGES = (("wait", "assign_try"), ("pick",), ("pack",), ("do",))


class Shown(Exception):
    """What a user would have seen."""


class Client:
    """One user's work; counts tries beyond the first."""

    def __init__(self) -> None:
        self.retries = 0
        self.shown = 0

    def call(self, work: Callable[[], object], again: bool = False) -> object:
        """One transaction, with the retries of trytond.protocols.dispatcher."""
        extras: dict[str, object] = {}
        count = 0
        while True:
            if count:
                time.sleep(0.02 * count)
            try:
                with Transaction().start(DATABASE, CONTEXT["user"], context=CONTEXT, **extras) as transaction:
                    try:
                        result = work()
                        transaction.commit()
                        return result
                    except TransactionError as error:
                        transaction.rollback()
                        error.fix(extras)
                        self.retries += 1
                    except backend.DatabaseOperationalError:
                        transaction.rollback()
                        raise
            except backend.DatabaseOperationalError:
                self.retries += 1
                count += 1
                if count > config.getint("database", "retry"):
                    self.shown += 1
                    count = 0  # the user reads the error and taps again

    def ship(self, shipment_id: int) -> None:
        for stage in STAGES:
            self.call(lambda stage=stage: advance(shipment_id, stage))


#: Of the signed-in user, as his client would send it; his id is "user".
CONTEXT: dict[str, int] = {}


def advance(shipment_id: int, buttons: tuple[str, ...]) -> None:
    shipment_model = Pool().get("stock.shipment.out")
    for button in buttons:
        # As in an RPC of its own: what the button before changed is read afresh.
        getattr(shipment_model, button)([shipment_model(shipment_id)])


def furnish() -> None:
    """A company, a customer, SKUS products with a million units each in the storage zone."""
    with Transaction().start(DATABASE, ROOT):
        pool = Pool()
        get = pool.get
        currency = get("currency.currency")(name="Yuan", code="CNY", symbol="¥", rounding=Decimal("0.01"))
        currency.save()
        ours, customer = get("party.party")(name="House"), get("party.party")(name="Customer")
        get("party.party").save([ours, customer])
        get("party.address").save([get("party.address")(party=party) for party in (ours, customer)])
        company = get("company.company")(party=ours, currency=currency)
        company.save()
        (user,) = get("res.user").search([("login", "=", "admin")])
        user.companies = [company]
        user.company = company
        user.save()
    with Transaction().start(DATABASE, ROOT, context={"company": company.id}):
        (unit,) = get("product.uom").search([("symbol", "=", "u")])
        templates = [
            get("product.template")(
                name=f"SKU-{n:03d}", default_uom=unit, type="goods", list_price=Decimal("9.9"), products=[{}]
            )
            for n in range(SKUS)
        ]
        get("product.template").save(templates)
        moves = [
            get("stock.move")(
                product=template.products[0],
                unit=unit,
                quantity=1_000_000,
                from_location=place("SUP"),
                to_location=place("STO"),
                planned_date=today(),
                effective_date=today(),
                unit_price=Decimal(1),
                currency=currency,
                company=company,
            )
            for template in templates
        ]
        get("stock.move").save(moves)
        get("stock.move").do(moves)


def today() -> date:
    return Pool().get("ir.date").today()


def place(code: str) -> object:
    (found,) = Pool().get("stock.location").search([("code", "=", code)])
    return found


def know() -> list[int]:
    """Product ids in the order of our SKUs; and the context a user's session would send."""
    with Transaction().start(DATABASE, ROOT, readonly=True):
        (company,) = Pool().get("company.company").search([])
        (user,) = Pool().get("res.user").search([("login", "=", "admin")])
        CONTEXT.update(company=company.id, user=user.id)
        return [p.id for p in Pool().get("product.product").search([], order=[("id", "ASC")])]


def draft(orders: list[list[list[int]]], products: list[int]) -> list[int]:
    """Draft shipments; each line is [sku, qty]."""
    with Transaction().start(DATABASE, CONTEXT["user"], context=CONTEXT):
        get = Pool().get
        (customer,) = get("party.party").search([("name", "=", "Customer")])
        (warehouse,) = get("stock.location").search([("type", "=", "warehouse")])
        (currency,) = get("currency.currency").search([])
        (unit,) = get("product.uom").search([("symbol", "=", "u")])
        out, to = place("OUT"), place("CUS")
        shipments = [
            get("stock.shipment.out")(
                customer=customer,
                delivery_address=customer.addresses[0],
                warehouse=warehouse,
                planned_date=today(),
                company=CONTEXT["company"],
                outgoing_moves=[
                    get("stock.move")(
                        product=products[sku],
                        unit=unit,
                        quantity=qty,
                        from_location=out,
                        to_location=to,
                        unit_price=Decimal(1),
                        currency=currency,
                        company=CONTEXT["company"],
                    )
                    for sku, qty in lines
                ],
            )
            for lines in orders
        ]
        for shipment in shipments:
            shipment.on_change_warehouse()
        get("stock.shipment.out").save(shipments)
        return [shipment.id for shipment in shipments]


def run(waiting: list[int], threads: int) -> dict[str, float]:
    clients = [Client() for _ in range(threads)]

    def work(n: int) -> None:
        for shipment_id in waiting[n::threads]:
            clients[n].ship(shipment_id)

    began = time.monotonic()
    with ThreadPoolExecutor(threads) as threads_:
        list(threads_.map(work, range(threads)))
    ended = time.monotonic()
    with Transaction().start(DATABASE, ROOT, readonly=True):
        found = Pool().get("stock.shipment.out").browse(waiting)
        assert all(shipment.state == "done" for shipment in found), "every shipment is done"
    return {
        "began": began,
        "ended": ended,
        "retries": sum(c.retries for c in clients),
        "shown": sum(c.shown for c in clients),
    }


def main() -> None:
    Pool.start()
    Pool(DATABASE).init()
    products: list[int] = []
    waiting: list[int] = []
    for line in sys.stdin:
        task = json.loads(line)
        if task["do"] == "furnish":
            furnish()
            answer: object = "furnished"
        elif task["do"] == "draft":
            products = products or know()
            waiting = draft(task["orders"], products)
            answer = len(waiting)
        else:
            answer = run(waiting, task["threads"])
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
