"""py3dbp, the package people find first: the peer of benchmarks/cartons.py. It knows nothing of upright, fragile or
held pieces. It is no part of the house: `pip install py3dbp==1.1.2` into .venv before measuring beside it.
"""

from collections.abc import Sequence
from importlib.util import find_spec

from solver.cartons.problem import Carton, Item

IS_HERE = find_spec("py3dbp") is not None


def all_in(pieces: Sequence[Item], carton: Carton) -> bool:
    """Does py3dbp find room for every piece in one carton?"""
    from py3dbp import Bin, Packer
    from py3dbp import Item as Thing

    packer = Packer()
    packer.add_bin(Bin(carton.id, carton.length_mm, carton.height_mm, carton.width_mm, carton.max_weight_g))
    for i, p in enumerate(pieces):
        packer.add_item(Thing(f"{i}", p.length_mm, p.height_mm, p.width_mm, p.weight_g))
    packer.pack(bigger_first=True, number_of_decimals=0)
    return not packer.bins[0].unfitted_items


def smallest(pieces: Sequence[Item], cartons: Sequence[Carton]) -> Carton | None:
    """The first carton, by volume, it packs all pieces into."""
    volume = sum(piece.volume_mm3 for piece in pieces)
    able = [carton for carton in sorted(cartons, key=lambda c: c.volume_mm3) if carton.volume_mm3 >= volume]
    return next((carton for carton in able if all_in(pieces, carton)), None)
