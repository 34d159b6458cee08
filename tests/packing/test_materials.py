"""Packing material: what a parcel takes by the rules, written down once; the list, the rules and the report."""

from datetime import timedelta

import pytest

from floor.inventory.count_days import today
from floor.kit.errors import Invalid, Unknown
from floor.kit.uow import reading, unit_of_work
from floor.packing import material_report, materials
from floor.packing.materials import MaterialDraft, RuleDraft
from floor.packing.models_materials import Goods, Material, MaterialKind, ParcelFill, ParcelMaterial, Per
from tests.factories import count
from tests.packing.worlds import World, a_boxed_parcel, a_world, person


def _stocked(db) -> tuple[World, dict[str, Material]]:
    """A bench, and tape, filler and bubble wrap with their rules."""
    world, dai = a_world(db), person(db, "Dai")
    drafts = (
        MaterialDraft("TAPE", "胶带", "Tape", MaterialKind.TAPE, 12, 4, is_recyclable=True),
        MaterialDraft("FILL", "填充", "Filler", MaterialKind.FILLER, 9, 11, is_degradable=True),
        MaterialDraft("BUBBLE", "气泡膜", "Bubble", MaterialKind.BUBBLE, 14, 9),
    )
    made = {draft.code: materials.add(db, draft, dai) for draft in drafts}
    materials.add_rule(db, RuleDraft(Goods.ALL, None, made["TAPE"].id or 0, 2, Per.PARCEL), dai)
    materials.add_rule(db, RuleDraft(Goods.ALL, None, made["FILL"].id or 0, 1, Per.LITRE), dai)
    materials.add_rule(db, RuleDraft(Goods.FRAGILE, world.carrier.id, made["BUBBLE"].id or 0, 3, Per.UNIT), dai)
    return world, made


def test_a_parcel_takes_its_carton_and_what_the_rules_ask_for_and_it_is_written_down_once(db):
    world, made = _stocked(db)
    parcel = a_boxed_parcel(db, world, [(world.tee, 2), (world.mug, 2)])
    goods = sum(s.length_mm * s.width_mm * s.height_mm * 2 for s in (world.tee, world.mug))
    for _twice in range(2):
        materials.write_down(db, parcel.id)
    fill = db.get_one(ParcelFill, parcel.id)
    assert (fill.inner_mm3, fill.goods_mm3) == (400 * 300 * 250, goods)
    took = {material.code: row for row, material in materials.taken_by(db, parcel.id)}
    litres = -(-(fill.inner_mm3 - goods) // 1_000_000)
    assert {code: row.qty for code, row in took.items()} == {"K3": 1, "TAPE": 2, "FILL": litres, "BUBBLE": 6}
    assert (took["BUBBLE"].mass_g, took["BUBBLE"].cost_fen) == (54, 84)
    assert (took["K3"].mass_g, took["K3"].cost_fen) == (world.carton.tare_g, world.carton.cost_fen)
    plain = a_boxed_parcel(db, world, [(world.tee, 1)])
    materials.write_down(db, plain.id)
    assert "BUBBLE" not in {material.code for _row, material in materials.taken_by(db, plain.id)}
    draft = MaterialDraft("TAPE", "胶带", "Tape", MaterialKind.TAPE, 99, 99)
    materials.change(db, made["TAPE"], draft, person(db, "Dai"))
    assert db.get_one(ParcelMaterial, (parcel.id, made["TAPE"].id)).mass_g == 8, "history stays as it was"


def test_the_report_adds_up_what_parcels_took_day_by_day_and_week_by_week(db):
    world, _made = _stocked(db)
    parcels = [a_boxed_parcel(db, world, [(world.tee, n)]) for n in (1, 2)]
    parcels[1].packed_at -= timedelta(days=8)
    db.flush()
    for parcel in parcels:
        materials.write_down(db, parcel.id)
    days = material_report.steps_of(today() - timedelta(days=9), today(), by_week=False)
    steps = material_report.report(db, days, False)
    assert len(steps) == 10
    assert [step.parcels for step in steps] == [0, 1, 0, 0, 0, 0, 0, 0, 0, 1]
    filler = [row.qty for p in reversed(parcels) for row, m in materials.taken_by(db, p.id) if m.code == "FILL"]
    masses = [world.carton.tare_g + 8 + 11 * qty for qty in filler]
    assert [step.grams for step in steps if step.parcels] == masses
    assert all(step.green_percent is not None and 0 < step.green_percent < 100 for step in steps if step.parcels)
    weeks = material_report.report(db, material_report.steps_of(today() - timedelta(days=9), today(), True), True)
    assert sum(step.parcels for step in weeks) == 2
    assert material_report.total(weeks).mass_g == sum(masses)
    assert {line.material.code: line.qty for line in material_report.used(db, days, False)}["FILL"] == sum(filler)
    assert not any(s.parcels for s in material_report.report(db, days, False, "NOWHERE"))
    assert [dot is None for _bar, dot, _step in material_report.bars_of(steps)] == [not step.parcels for step in steps]


def test_what_cannot_be_is_refused_with_its_field(db):
    world, made = _stocked(db)
    dai, tape = person(db, "Dai"), made["TAPE"]
    with pytest.raises(Invalid) as taken:
        materials.add(db, MaterialDraft("TAPE", "x", "", MaterialKind.TAPE, 1, 1), dai)
    with pytest.raises(Invalid) as no_carton:
        materials.add(db, MaterialDraft("K99", "x", "", MaterialKind.CARTON, 1, 1), dai)
    with pytest.raises(Invalid) as twice:
        materials.add_rule(db, RuleDraft(Goods.ALL, None, tape.id or 0, 7, Per.PARCEL), dai)
    with pytest.raises(Invalid) as nobody:
        materials.add_rule(db, RuleDraft(Goods.ALL, 999, tape.id or 0, 7, Per.PARCEL), dai)
    assert [no.value.field for no in (taken, no_carton, twice, nobody)] == ["code", "code", "material", "carrier"]
    assert materials.add(db, MaterialDraft("K3", "x", "", MaterialKind.CARTON, 1, 1, is_reused=True), dai).carton_id
    assert materials.burdens(db) == {world.carton.id: 0}
    (rule, *_others) = materials.rules(db)
    materials.remove_rule(db, rule[0].id or 0, dai)
    with pytest.raises(Unknown):
        materials.remove_rule(db, rule[0].id or 0, dai)


def test_boxing_tells_the_handler_and_the_supervisor_sees_it_in_the_report(app, sign_in, relay):
    with unit_of_work() as db:
        world, _made = _stocked(db)
        a_boxed_parcel(db, world, [(world.mug, 1)])
    relay.drain()
    with reading() as db:
        assert (count(db, ParcelFill), count(db, ParcelMaterial)) == (1, 4)
    assert sign_in("Bo").get("/materials").status_code == 403
    dai = sign_in("Dai")
    seen = dai.get("/materials/report?by=week&first=nonsense").text
    assert '<svg class="trend"' in seen
    assert seen.count("<circle") == 2  # the one of the key, and one week
    assert "气泡膜" in seen or "Bubble" in seen
    lines = dai.get("/materials/report.csv").data.decode("utf-8-sig").splitlines()
    assert len(lines) == 15
    assert lines[-1].split(",")[1] == "1"
    assert "K3" in dai.get("/materials").text
