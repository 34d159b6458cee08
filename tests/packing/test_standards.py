"""Packing standards: what the supervisor writes down, the next pack asks for."""

from sqlmodel import select

from floor.catalog import standards
from floor.catalog.models import CareKind, CareRule, CheckBy, Sku
from floor.kit.uow import reading, unit_of_work
from tests.packing.worlds import a_world


def test_a_standard_written_down_is_asked_for_and_one_removed_is_not(app, sign_in):
    with unit_of_work() as db:
        world = a_world(db)
        tee = world.tee.code
    dai = sign_in("Dai")
    leaflet = {"kind": "leaflet", "sku": tee, "code": "LEAFLET-1"}
    assert dai.post("/standards", leaflet).status_code == 303
    twice = dai.post("/standards", leaflet)
    assert (twice.status_code, "There is such a standard already" in twice.text) == (422, True)
    assert "There is no SKU NONE" in dai.post("/standards", {"kind": "leaflet", "sku": "NONE"}).text
    with reading() as db:
        sku = db.exec(select(Sku).where(Sku.code == tee)).one()
        cares = standards.cares_of(db, [sku])
        assert [(care.kind, care.sku_id, care.code) for care in cares] == [(CareKind.LEAFLET, sku.id, "LEAFLET-1")]
        rule = db.exec(select(CareRule)).one()
    page = dai.get("/standards").text
    assert "LEAFLET-1" in page
    assert dai.post(f"/standards/{rule.id}/remove").status_code == 303
    with reading() as db:
        assert standards.cares_of(db, [sku]) == []


def test_how_a_sku_is_checked_is_changed_and_numbers_need_goods_that_have_them(app, sign_in):
    with unit_of_work() as db:
        tee = a_world(db).tee.code
    dai = sign_in("Dai")
    assert dai.post("/standards/check", {"sku": tee, "check_by": "line"}).status_code == 303
    assert "One scan for the line" in dai.get("/standards").text
    refused = dai.post("/standards/check", {"sku": tee, "check_by": "serial"})
    assert (refused.status_code, "has no serial numbers" in refused.text) == (422, True)
    with reading() as db:
        assert db.exec(select(Sku).where(Sku.code == tee)).one().check_by is CheckBy.LINE
    assert sign_in("Bo").get("/standards").status_code == 403
