"""The public allocation instances as problems of ours: weights in milligrams, money in fen."""

import numpy as np

from benchmarks.instances import FOLDER
from solver.allocation.problem import NO_RATE, Problem, problem_of

MILLIGRAMS, FEN = 1_000_000, 100


def public(name: str) -> Problem | None:
    """One instance, such as N_1000_20 (normal supply, 1,000 orders, 20 warehouses); None when it is not here.

    Every order has zones of its own there, so every order is a region. Rules and costs are taken over unchanged; costs
    are rounded to fen and weights to milligrams.
    """
    path = FOLDER / "allocation" / f"{name}.npz"
    if not path.is_file():
        print(f"no public instance here: expected ../shared/data/allocation/{name}.npz beside the repository")
        return None
    data = dict(np.load(path))
    orders, offered = int(data["n"]), np.isfinite(data["rate"])
    equipment = np.where(np.column_stack([data["hcap"], data["ccap"]]), data["eq"], 0)
    distance = {"distance": np.round(data["dist"])} if "dist" in data else {}
    return problem_of(
        group_first=data["ogp"],
        line_first=data["glp"],
        sku=data["lsku"],
        qty=data["lqty"],
        weight=np.round(data["gwt"].astype(float) * MILLIGRAMS),
        work=np.column_stack([data["gnl"], data["gh"], data["gc"]]),
        penalty=np.round(data["gpen"] * FEN),
        priority=data["tier"],
        region=np.arange(orders),
        due=data["prom"],
        late=np.round(data["latep"] * FEN),
        services=data["sok"].astype(np.int64) & 7,
        partial=data["partial"],
        parcels=np.full(orders, int(data["maxp"])),
        zone=data["zone"],
        rate=np.where(offered, np.round(np.where(offered, data["rate"], 0) * FEN), NO_RATE),
        transit=data["transit"],
        edges=np.round(data["edges"] * MILLIGRAMS),
        stock=data["stock"],
        capacity=np.column_stack([data["lab"], equipment]),
        dock=data["dock"],
        handling=round(float(data["handling"]) * FEN),
        **distance,
    )
