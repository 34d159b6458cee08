"""Which box: asks the carton solver.

`suggest` is pure and travels to a worker process; it imports the solver there, so that web processes stay small.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from floor.catalog.models import Carton, PackingClass, Sku

#: Effort of one suggestion: the solver proves the smallest box for an order of ten items in a fifth of a second.
_WORK = 100

#: Goods that never share a carton: what may leak, and what a leak spoils.
APART = frozenset({(PackingClass.LIQUID.value, PackingClass.ELECTRONICS.value)})


@dataclass(frozen=True)
class Piece:
    """Units of one SKU: mm, g."""

    sku_id: int
    size: tuple[int, int, int]
    weight_g: int
    qty: int
    fragile: bool
    upright: bool
    kind: str = ""


@dataclass(frozen=True)
class Box:
    """A carton as the solver knows it; `max_weight_g` is what it may hold, `burden` is less for greener material."""

    code: str
    size: tuple[int, int, int]
    max_weight_g: int
    tare_g: int
    burden: int = 0
    cost_fen: int = 0


def pieces_of(rows: Sequence[tuple[Sku, int]]) -> tuple[Piece, ...]:
    """Equal SKUs of different lines become one piece type."""
    units: dict[int, int] = {}
    for sku, qty in rows:
        units[sku.id or 0] = units.get(sku.id or 0, 0) + qty
    known = {sku.id or 0: sku for sku, _qty in rows}
    return tuple(_piece(known[sku_id], qty) for sku_id, qty in sorted(units.items()) if qty)


def _piece(sku: Sku, qty: int) -> Piece:
    return Piece(
        sku.id or 0,
        (sku.length_mm, sku.width_mm, sku.height_mm),
        sku.weight_g,
        qty,
        fragile=sku.packing_class is PackingClass.FRAGILE,
        upright=sku.packing_class is PackingClass.LIQUID,
        kind=sku.packing_class.value,
    )


def boxes_of(cartons: Sequence[Carton], burdens: Mapping[int, int] | None = None) -> tuple[Box, ...]:
    """`burdens`: carton id -> less for greener material."""
    known = burdens or {}
    return tuple(
        Box(
            c.code, (c.length_mm, c.width_mm, c.height_mm), c.max_weight_g, c.tare_g, known.get(c.id or 0, 2),
            c.cost_fen,
        )
        for c in cartons
    )  # fmt: skip


def suggest(pieces: tuple[Piece, ...], boxes: tuple[Box, ...]) -> dict[str, Any]:
    """The plan as JSON: `boxes` (carton, fill, placements of (sku, x, y, z, dx, dy, dz)), `unpacked`, `units`."""
    from solver.cartons.problem import Carton as Bin
    from solver.cartons.problem import Item, Problem
    from solver.cartons.solve import solve
    from solver.common import Stop

    items = tuple(
        Item(
            str(p.sku_id), *p.size, weight_g=p.weight_g, qty=p.qty, fragile=p.fragile, upright=p.upright, kind=p.kind
        )
        for p in pieces
    )  # fmt: skip
    bins = tuple(Bin(b.code, *b.size, b.max_weight_g, b.tare_g, b.burden, b.cost_fen) for b in boxes)
    plan = solve(Problem(items, bins, apart=APART), Stop(_WORK), 0)
    return {
        "units": sum(p.qty for p in pieces),
        "unpacked": {reason.item: reason.qty for reason in plan.unpacked},
        "boxes": [
            {
                "carton": box.carton,
                "fill": box.fill_permille,
                "placements": [
                    [int(at.item), at.x_mm, at.y_mm, at.z_mm, at.dx_mm, at.dy_mm, at.dz_mm] for at in box.placements
                ],
            }
            for box in plan.boxes
        ],
    }
