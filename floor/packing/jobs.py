"""Work that spans transactions: read the pack, compute the box elsewhere, remember it."""

from typing import Any

from floor.catalog import queries as catalog
from floor.kit import compute
from floor.kit.uow import reading, unit_of_work
from floor.packing import materials, planning, queries, service
from floor.packing.states import PackState


def suggest_carton(pack_id: int) -> dict[str, Any]:
    """The box for what a pack still has to send; kept with the pack, so asking again costs nothing.

    Returns {} when there is nothing to box, or no carton to box it in.
    """
    with reading() as db:
        pack = queries.pack_for(db, pack_id)
        rows = [(sku, line.qty - line.missing) for line, sku in queries.lines_of(db, pack_id)]
        cartons = {carton.code: carton for carton in catalog.cartons(db)}
        burdens = materials.burdens(db)
    pieces, boxes = planning.pieces_of(rows), planning.boxes_of(list(cartons.values()), burdens)
    if pack.suggestion.get("units") == sum(piece.qty for piece in pieces):
        return pack.suggestion
    if not pieces or not boxes or pack.state not in (PackState.OPEN, PackState.VERIFIED):
        return {}
    suggestion = compute.run(planning.suggest, pieces, boxes)
    carton = cartons[suggestion["boxes"][0]["carton"]] if suggestion["boxes"] else None
    with unit_of_work() as db:
        service.keep_suggestion(db, pack_id, suggestion, carton.id if carton else None)
    return suggestion
