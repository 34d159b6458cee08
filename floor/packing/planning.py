"""Which box: asks the carton solver, and draws how the items lie.

`suggest` is pure and travels to a worker process; it imports the solver there, so that web processes stay small.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from floor.catalog.models import Carton, PackingClass, Sku

#: Effort of one suggestion: the solver proves the smallest box for an order of 15 items well within a second.
_WORK = 100


@dataclass(frozen=True)
class Piece:
    """Units of one SKU: mm, g."""

    sku_id: int
    size: tuple[int, int, int]
    weight_g: int
    qty: int
    fragile: bool
    upright: bool


@dataclass(frozen=True)
class Box:
    """A carton as the solver knows it; `max_weight_g` is what it may hold."""

    code: str
    size: tuple[int, int, int]
    max_weight_g: int
    tare_g: int


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
    )


def boxes_of(cartons: Sequence[Carton]) -> tuple[Box, ...]:
    return tuple(Box(c.code, (c.length_mm, c.width_mm, c.height_mm), c.max_weight_g, c.tare_g) for c in cartons)


def suggest(pieces: tuple[Piece, ...], boxes: tuple[Box, ...]) -> dict[str, Any]:
    """The plan as JSON: `boxes` (carton, fill, placements of (sku, x, y, z, dx, dy, dz)), `unpacked`, `units`."""
    from solver.cartons.problem import Carton as Bin
    from solver.cartons.problem import Item, Problem
    from solver.cartons.solve import solve
    from solver.common import Stop

    items = tuple(
        Item(str(p.sku_id), *p.size, weight_g=p.weight_g, qty=p.qty, fragile=p.fragile, upright=p.upright)
        for p in pieces
    )
    plan = solve(Problem(items, tuple(Bin(b.code, *b.size, b.max_weight_g, b.tare_g) for b in boxes)), Stop(_WORK), 0)
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


# --- the drawing ---------------------------------------------------------------

#: Isometric axes: right-down, left-down, up.
_COS, _SIN = 0.866, 0.5


@dataclass(frozen=True)
class Face:
    """One visible side of a piece, for <polygon>: points, the goods' colour, and its shade 0..2."""

    points: str
    colour: str
    shade: int


@dataclass(frozen=True)
class Drawing:
    view_box: str
    #: Edges of the carton behind the goods.
    edges: str
    faces: tuple[Face, ...]


def drawing_of(box: Mapping[str, Any], carton: Carton, colours: Mapping[int, str]) -> Drawing:
    """How the items lie in a carton, seen from above its front corner. Pieces far from the eye are drawn first."""
    length, width, height = carton.length_mm, carton.width_mm, carton.height_mm
    corners = [_flat(x, y, z) for x in (0, length) for y in (0, width) for z in (0, height)]
    left, top = min(x for x, _ in corners), min(y for _, y in corners)
    right, bottom = max(x for x, _ in corners), max(y for _, y in corners)
    margin = (right - left) * 0.02
    placed = sorted(box["placements"], key=lambda at: (at[3], at[1] + at[2], at[1]))
    faces = tuple(face for at in placed for face in _faces(at, colours.get(at[0], "#8a94a0")))
    frame = [
        [(0, 0, 0), (length, 0, 0), (length, width, 0), (0, width, 0), (0, 0, 0), (0, 0, height)],
        [(length, 0, 0), (length, 0, height), (0, 0, height), (0, width, height), (0, width, 0)],
    ]
    edges = " ".join("M" + "L".join(_point(*corner) for corner in path) for path in frame)
    view = (left - margin, top - margin, right - left + 2 * margin, bottom - top + 2 * margin)
    return Drawing(" ".join(f"{value:.0f}" for value in view), edges, faces)


def _flat(x: float, y: float, z: float) -> tuple[float, float]:
    return (x - y) * _COS, (x + y) * _SIN - z


def _point(x: float, y: float, z: float) -> str:
    return "{:.0f},{:.0f}".format(*_flat(x, y, z))


def _faces(at: Sequence[int], colour: str) -> tuple[Face, ...]:
    _sku, x, y, z, dx, dy, dz = at
    top = [(x, y, z + dz), (x + dx, y, z + dz), (x + dx, y + dy, z + dz), (x, y + dy, z + dz)]
    front = [(x, y + dy, z), (x + dx, y + dy, z), (x + dx, y + dy, z + dz), (x, y + dy, z + dz)]
    side = [(x + dx, y, z), (x + dx, y + dy, z), (x + dx, y + dy, z + dz), (x + dx, y, z + dz)]
    sides = (top, front, side)
    return tuple(Face(" ".join(_point(*p) for p in points), colour, n) for n, points in enumerate(sides))
