"""How a box is drawn and told: numbered steps in loading order, each naming what it stands on."""

from floor.catalog.models import Carton, PackingClass, Sku
from floor.packing import cartons, planning

CARTON = Carton(code="K", name="", length_mm=200, width_mm=100, height_mm=100, tare_g=1, max_weight_g=9_000, cost_fen=1)


def _sku(
    sku_id: int, kind: PackingClass = PackingClass.NORMAL, size: tuple[int, int, int] = (100, 100, 50), **more
) -> Sku:
    length, width, height = size
    return Sku(id=sku_id, code=f"S{sku_id}", name="goods", length_mm=length, width_mm=width, height_mm=height,
               weight_g=10, packing_class=kind, **more)  # fmt: skip


def test_steps_name_what_they_stand_on_and_what_is_hidden_has_no_number_in_the_drawing():
    placements = [[1, 0, 0, 0, 100, 100, 50], [2, 100, 0, 0, 100, 100, 50], [3, 50, 0, 50, 100, 100, 50]]
    how = cartons.how_it_fits({"placements": placements}, CARTON, {1: _sku(1), 2: _sku(2)})
    assert [step.rests_on for step in how.steps] == [(), (), (1, 2)]
    assert [step.number for step in how.steps] == [1, 2, 3]
    assert how.steps[2].sku is None, "goods the catalogue lost are drawn all the same"
    assert all(step.at for step in how.steps)
    walled = [
        [1, 0, 0, 0, 50, 50, 50],
        [2, 50, 0, 0, 50, 100, 100],
        [2, 0, 50, 0, 50, 50, 100],
        [3, 0, 0, 50, 50, 50, 50],
    ]
    hidden = cartons.how_it_fits({"placements": walled}, CARTON, {})
    assert [step.at is None for step in hidden.steps] == [True, False, False, False]


def test_the_nearer_piece_is_drawn_later_whatever_the_loading_order():
    near_first = [[1, 100, 0, 0, 100, 100, 100], [2, 0, 0, 0, 100, 100, 50]]
    colours = {1: _sku(1, colour_hex="#111111"), 2: _sku(2, colour_hex="#222222")}
    faces = cartons.how_it_fits({"placements": near_first}, CARTON, colours).faces
    assert [face.colour for face in faces] == ["#222222"] * 3 + ["#111111"] * 3


def test_liquids_travel_apart_from_electronics_and_the_greener_of_two_cartons_is_taken():
    goods = [(_sku(1, PackingClass.LIQUID), 1), (_sku(2, PackingClass.ELECTRONICS), 1), (_sku(3), 1)]
    boxes = planning.boxes_of([CARTON])
    plan = planning.suggest(planning.pieces_of(goods), boxes)
    together = [{at[0] for at in box["placements"]} for box in plan["boxes"]]
    assert len(together) == 2
    assert not any({1, 2} <= inside for inside in together)
    twin = Carton(id=2, code="GREEN", name="", length_mm=200, width_mm=100, height_mm=100, tare_g=1, max_weight_g=9_000,
                  cost_fen=9)  # fmt: skip
    grey = Carton(id=1, code="GREY", name="", length_mm=200, width_mm=100, height_mm=100, tare_g=1, max_weight_g=9_000,
                  cost_fen=1)  # fmt: skip
    one = planning.suggest(planning.pieces_of(goods[:1]), planning.boxes_of([grey, twin], {1: 2, 2: 0}))
    assert one["boxes"][0]["carton"] == "GREEN"
