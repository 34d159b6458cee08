"""What a scanned code is: goods by EAN, SKU code or GS1 code; command cards; or nothing we know."""

import pytest

from floor.catalog.queries import barcode_of, resolve
from tests.factories import a_sku, ean


def test_goods_are_known_by_their_ean_and_by_their_sku_code(db):
    tee = a_sku(db)
    assert resolve(db, ean(tee)).sku.id == tee.id
    assert resolve(db, " tee-navy-l ").sku.id == tee.id
    assert barcode_of(db, tee.id) == ean(tee)


@pytest.mark.parametrize("shape", ["]C101{gtin}10LOT7", "]d201{gtin}17271231", "https://id.gs1.org/01/{gtin}/10/LOT7"])
def test_goods_are_known_by_the_gtin_inside_a_gs1_code(db, shape):
    tee = a_sku(db)
    assert resolve(db, shape.format(gtin=f"0{ean(tee)}")).sku.id == tee.id


def test_a_gtin_with_a_wrong_check_digit_names_nothing(db):
    tee = a_sku(db)
    wrong = ean(tee)[:-1] + str((int(ean(tee)[-1]) + 1) % 10)
    assert resolve(db, f"]C1010{wrong}").sku is None


def test_a_command_card_is_a_command_whatever_its_case(db):
    assert resolve(db, "cmd-undo").command == "UNDO"
    assert resolve(db, "CMD-DANCE").command == ""


def test_an_unknown_code_is_nothing(db):
    found = resolve(db, "0000000000")
    assert (found.sku, found.command) == (None, "")
