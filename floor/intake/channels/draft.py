"""A channel's order before the catalogue is asked: everything but the ids of its SKUs."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from floor.orders.service import NewLine, NewOrder

#: Sums must fit the database's 32-bit integers: 20 million yuan.
MOST_FEN = 2_000_000_000


@dataclass(frozen=True)
class Problem:
    """Why something could not be taken: where (path or column), a reason of messages.REASONS, and its values."""

    where: str
    reason: str
    values: dict[str, Any] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        return {"path": self.where, "reason": self.reason, "values": self.values}


@dataclass(frozen=True)
class DraftLine:
    """`code` is a SKU code or a barcode; `where` finds the line again in what the channel sent."""

    code: str
    qty: int
    unit_price_fen: int
    discount_fen: int = 0
    is_gift: bool = False
    name: str = ""
    where: str = ""
    #: What the channel calls the article's kind, its own number of the line, and the bundle it was sold in.
    spec: str = ""
    channel_line: str = ""
    bundle: str = ""


@dataclass(frozen=True)
class Draft:
    """`order` has no lines yet; its goods sum is counted when they are known. None = as the rest adds up."""

    order: NewOrder
    lines: tuple[DraftLine, ...]
    total_fen: int | None = None
    paid_fen: int | None = None

    def goods_fen(self) -> int:
        return sum(line.qty * line.unit_price_fen for line in self.lines)

    def complete(self, sku_ids: dict[str, int]) -> NewOrder:
        """The order to accept. Sums the channel left out are counted; those it gave stay, for the audit to prove."""
        goods = self.goods_fen()
        total = self.total_fen
        if total is None:
            total = goods + self.order.freight_fen - self.order.discount_fen
        paid = self.paid_fen
        if paid is None:
            paid = total if self.order.paid_at else 0
        lines = _merged(self.lines, sku_ids)
        sums = {"goods_fen": goods, "total_fen": total, "paid_fen": paid}
        return NewOrder(**{**vars(self.order), **sums, "lines": lines})


def _merged(lines: Iterable[DraftLine], sku_ids: dict[str, int]) -> list[NewLine]:
    """Lines of one SKU at one price are one line: the picker should see the SKU once."""
    found: dict[tuple[int, int, bool, str], NewLine] = {}
    for line in lines:
        key = (sku_ids[line.code], line.unit_price_fen, line.is_gift, line.bundle)
        qty, discount, spec, ids = line.qty, line.discount_fen, line.spec, line.channel_line
        if before := found.get(key):
            qty, discount, spec = before.qty + qty, before.discount_fen + discount, before.spec
            ids = _together(before.channel_line, line.channel_line)
        found[key] = NewLine(key[0], qty, line.unit_price_fen, discount, line.is_gift, spec, ids, line.bundle)
    return list(found.values())


def _together(ids: str, more: str) -> str:
    """The channel's numbers of lines that became one; what does not fit is left out."""
    every = ",".join(dict.fromkeys(one for one in (*ids.split(","), more) if one))
    return every if len(every) <= 64 else ids
