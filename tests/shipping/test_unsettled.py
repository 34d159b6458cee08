"""What a packer and a supervisor see of a number that does not come, and what the buttons do."""

from floor.kit.uow import reading, unit_of_work
from floor.shipping import queries, service, waybills
from floor.shipping.states import WaybillState
from tests import factories
from tests.packing.worlds import a_boxed_parcel, a_world


def test_an_unclear_number_is_shown_and_another_carrier_is_taken_after_the_cancellation(app, sign_in):
    with unit_of_work() as db:
        world = a_world(db)
        other = factories.a_carrier(db, "zto").id
        parcel = a_boxed_parcel(db, world)
        lost = service.ask_waybill(db, parcel.id)
        lost.problem = "no_answer"
        lost.is_sure = False
        waybills.doubt(db, lost, factories.SYSTEM)
    bo, url = sign_in("Bo"), f"/waybills/{lost.id}"
    assert "The number needs a person" in bo.get(f"/parcels/{parcel.id}/label").text
    listed = bo.get("/waybills").text
    assert (parcel.number in listed, "It may have issued a number" in listed) == (True, True)
    shown = bo.get(url).text
    assert (lost.request_id in shown, f'value="{other}"' in shown) == (True, True)
    assert bo.post(f"{url}/way", {"way": str(other)}).status_code == 303
    with reading() as db:
        assert queries.waybill_of(db, parcel.id).state is WaybillState.CANCELLING
    assert bo.post(f"{url}/number", {"number": "SF1234567890"}).status_code == 409
    assert sign_in("Ana").get("/waybills").status_code == 403
