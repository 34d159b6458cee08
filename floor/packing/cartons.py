"""How the goods lie in a box: steps in the order of loading, and a drawing of them seen from above its front corner."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from floor.catalog.models import Carton, Sku

Point3 = tuple[float, float, float]

#: Isometric axes: right-down, left-down, up.
_COS, _SIN = 0.866, 0.5


@dataclass(frozen=True)
class Face:
    """One visible side of a piece, for <polygon>: points, the goods' colour, and its shade 0..2."""

    points: str
    colour: str
    shade: int


@dataclass(frozen=True)
class Step:
    """One piece to put in. `rests_on`: numbers of the steps it stands on, () for the floor of the box. `mm`: along the
    long side, the short side and up. `at`: the middle of a side of it that can be seen, for its number."""

    number: int
    sku: Sku | None
    mm: tuple[int, int, int]
    rests_on: tuple[int, ...]
    at: tuple[int, int] | None


@dataclass(frozen=True)
class How:
    """A drawing and its steps. `mark` is the radius of a number's disc, in the drawing's units (mm)."""

    view_box: str
    #: Edges of the carton behind the goods.
    edges: str
    faces: tuple[Face, ...]
    steps: tuple[Step, ...]
    mark: int


def how_it_fits(box: Mapping[str, Any], carton: Carton, skus: Mapping[int, Sku]) -> How:
    """A box of Pack.suggestion as the packer needs it: its placements are in loading order."""
    placed: list[Sequence[int]] = box["placements"]
    size = carton.length_mm, carton.width_mm, carton.height_mm
    corners = [_flat((x, y, z)) for x in (0, size[0]) for y in (0, size[1]) for z in (0, size[2])]
    left, top = min(x for x, _ in corners), min(y for _, y in corners)
    wide, high = max(x for x, _ in corners) - left, max(y for _, y in corners) - top
    margin = wide * 0.02
    view = left - margin, top - margin, wide + 2 * margin, high + 2 * margin
    faces = [face for n in _from_behind(placed) for face in _faces(placed[n], _colour(skus.get(placed[n][0])))]
    steps = [
        Step(n + 1, skus.get(at[0]), (at[4], at[5], at[6]), _under(placed, n), _seen_at(placed, n))
        for n, at in enumerate(placed)
    ]
    return How(
        " ".join(f"{v:.0f}" for v in view), _edges(size), tuple(faces), tuple(steps), max(8, round(wide * 0.035))
    )


def _colour(sku: Sku | None) -> str:
    return sku.colour_hex if sku else "#8a94a0"


def _edges(size: tuple[int, int, int]) -> str:
    length, width, height = size
    frame: list[list[Point3]] = [
        [(0, 0, 0), (length, 0, 0), (length, width, 0), (0, width, 0), (0, 0, 0), (0, 0, height)],
        [(length, 0, 0), (length, 0, height), (0, 0, height), (0, width, height), (0, width, 0)],
    ]
    return " ".join("M" + "L".join(_point(corner) for corner in path) for path in frame)


def _under(placed: Sequence[Sequence[int]], n: int) -> tuple[int, ...]:
    """Numbers of the steps whose tops piece n touches from above."""
    _sku, x, y, z, dx, dy, _dz = placed[n]
    return tuple(
        k + 1
        for k, (_s, ox, oy, oz, odx, ody, odz) in enumerate(placed)
        if z and oz + odz == z and ox < x + dx and x < ox + odx and oy < y + dy and y < oy + ody
    )


def _from_behind(placed: Sequence[Sequence[int]]) -> list[int]:
    """An order to draw in: a piece comes after those it may hide. Where pieces hide each other in a ring, the lowest
    and farthest goes first."""
    left = sorted(range(len(placed)), key=lambda n: (placed[n][3], placed[n][1] + placed[n][2], n))
    order: list[int] = []
    while left:
        free = (n for n in left if not any(_hides(placed[n], placed[m]) for m in left if m != n))
        order.append(next(free, left[0]))
        left.remove(order[-1])
    return order


def _hides(one: Sequence[int], other: Sequence[int]) -> bool:
    """Can a part of one stand between the eye and the other, and nothing of the other before the one?"""
    return _reaches_before(one, other) and not _reaches_before(other, one)


def _reaches_before(one: Sequence[int], other: Sequence[int]) -> bool:
    """The eye looks along (-1, -1, -1): a point hides those with less of every coordinate."""
    return all(one[d] + one[d + 3] > other[d] for d in (1, 2, 3))


def _seen_at(placed: Sequence[Sequence[int]], n: int) -> tuple[int, int] | None:
    """The middle of the first of its visible sides that no other piece covers."""
    _sku, x, y, z, dx, dy, dz = placed[n]
    top, front = (x + dx / 2, y + dy / 2, z + dz), (x + dx / 2, y + dy, z + dz / 2)
    middles: Iterable[Point3] = (top, front, (x + dx, y + dy / 2, z + dz / 2))
    for middle in middles:
        if not any(_covers(other, middle) for k, other in enumerate(placed) if k != n):
            right, down = _flat(middle)
            return round(right), round(down)
    return None


def _covers(piece: Sequence[int], point: Point3) -> bool:
    """Does the ray from the point to the eye go through the piece?"""
    enter = max(piece[d + 1] - point[d] for d in range(3))
    leave = min(piece[d + 1] + piece[d + 4] - point[d] for d in range(3))
    return leave > max(enter, 0)


def _flat(corner: Point3) -> tuple[float, float]:
    x, y, z = corner
    return (x - y) * _COS, (x + y) * _SIN - z


def _point(corner: Point3) -> str:
    return "{:.0f},{:.0f}".format(*_flat(corner))


def _faces(at: Sequence[int], colour: str) -> tuple[Face, ...]:
    _sku, x, y, z, dx, dy, dz = at
    top: list[Point3] = [(x, y, z + dz), (x + dx, y, z + dz), (x + dx, y + dy, z + dz), (x, y + dy, z + dz)]
    front: list[Point3] = [(x, y + dy, z), (x + dx, y + dy, z), (x + dx, y + dy, z + dz), (x, y + dy, z + dz)]
    side: list[Point3] = [(x + dx, y, z), (x + dx, y + dy, z), (x + dx, y + dy, z + dz), (x + dx, y, z + dz)]
    sides = (top, front, side)
    return tuple(Face(" ".join(_point(p) for p in points), colour, n) for n, points in enumerate(sides))
