"""Returns over HTTP: the customer's page and the desk."""

import io
import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from PIL import Image
from sqlmodel import select

from floor.kit.uow import unit_of_work
from floor.orders.models import Order
from floor.returns.models import ReturnItem
from floor.returns.queries import returnable
from tests.factories import a_sku, ean
from tests.returns.worlds import a_case, on_the_desk, world_again
from tests.tracking.worlds import a_world
from tests.web_client import csrf_of

#: What a clerk answers when all is well.
FINDINGS = {"complete": "yes", "packaging": "yes", "clean": "yes", "works": "yes", "grade": "a"}


@dataclass
class Out:
    """An order of two tees and a sock that went out; ids and codes only."""

    order_id: int
    number: str
    token: str
    tee_line: int
    tee: str
    sock: str
    stray: str


@pytest.fixture
def out(app) -> Out:
    with unit_of_work() as db:
        world = a_world(db)
        order = world.shipped([(world.tee, 2), (world.sock, 1)], freight_fen=800, total_fen=28590, paid_fen=28590)
        world.shipped([(world.sock, 1)])  # another order, so that there is more than one
        line = returnable(db, order.id)[0].line.id
        other = a_sku(db, "CAP-RED")
        return Out(order.id, order.number, order.public_token, line, ean(world.tee), ean(world.sock), ean(other))


@pytest.fixture
def desk_case(out, app) -> Callable[..., int]:
    """`desk_case(units, scanned=True)` -> id of a case of that order which lies on the desk."""

    def make(units: list[int] | None = None, *, scanned: bool = True, arrived: bool = True, **values) -> int:
        with unit_of_work() as db:
            world, order = world_again(db), db.get(Order, out.order_id)
            if not arrived:
                return a_case(world, order, units, **values).id
            case = on_the_desk(world, order, units, **values)
            if not scanned:
                for item in db.exec(select(ReturnItem).where(ReturnItem.case_id == case.id)):
                    item.scanned_at = None
            return case.id

    return make


def photo(size: tuple[int, int] = (2000, 1500), kind: str = "PNG") -> io.BytesIO:
    raw = io.BytesIO()
    Image.new("RGB", size, "#1C2F57").save(raw, kind)
    raw.seek(0)
    return raw


def stranger_post(client, path: str, form: dict, command_id: str = "a-customer-1"):
    """A form sent without signing in, with the page's token."""
    token = csrf_of(client.get(path).text)
    return client.post(path, data={"csrf_token": token, "command_id": command_id, **form})


def number_in(text: str) -> str:
    found = re.search(r"R-\d{4}", text)
    assert found
    return found[0]
