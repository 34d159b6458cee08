"""What tests of imports share: shelves, files, and the way from one to the other."""

from floor.inventory import imported, imports, jobs, queries
from floor.inventory.models import (
    ImportKind,
)
from floor.kit.actor import Actor
from floor.kit.uow import reading, unit_of_work
from tests.factories import count

DAI = Actor("system", None, "Dai")


def sheet(*rows, head="sku,warehouse,bin,qty"):
    return "\n".join([head, *rows]).encode("utf-8-sig")


def begun(body, kind=ImportKind.STOCK, name="stock.csv"):
    with unit_of_work() as db:
        return imports.begin(db, kind, name, body, DAI).id


def examined(body, kind=ImportKind.STOCK):
    import_id = begun(body, kind)
    jobs.carry(import_id)
    return import_id


def applied(import_id):
    with unit_of_work() as db:
        imports.confirm(db, imported.import_for(db, import_id, lock=True), DAI)
    jobs.carry(import_id)
    return now(import_id)


def now(import_id):
    with reading() as db:
        return imported.import_for(db, import_id)


def faults(import_id):
    with reading() as db:
        return [(row.number, row.column, row.reason) for row in imported.faults(db, import_id)]


def held(shelves, n=0):
    with reading() as db:
        return queries.balance_of(db, shelves["bins"][n], shelves["tee"])


def tables(*models):
    with reading() as db:
        return [count(db, model) for model in models]


class Killed(Exception):
    pass


def killed_after(slices_done):
    """A `tell` that dies after so many slices, like a process would between two transactions."""
    left = [slices_done]

    def tell(_it):
        left[0] -= 1
        if not left[0]:
            raise Killed

    return tell
