"""Tags of goods, by the examples of the GS1 EPC Tag Data Standard."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from floor.inventory import epc
from floor.inventory.epc import Sgtin


def test_the_standards_own_example():
    """Tag Data Standard, annex E.3: urn:epc:tag:sgtin-96:3.0614141.812345.6789, (01)80614141123458 (21)6789."""
    assert epc.decoded("3074257BF7194E4000001A85") == Sgtin("80614141123458", "6789", 3)
    assert epc.decoded("3074257bf7194e4000001a85") == epc.decoded(" 3074257BF7194E4000001A85 ")
    assert epc.decoded("urn:epc:tag:sgtin-96:3.0614141.812345.6789") == Sgtin("80614141123458", "6789", 3)
    assert epc.decoded("urn:epc:id:sgtin:0614141.812345.6789") == Sgtin("80614141123458", "6789", 0)
    assert epc.encoded("0614141", "812345", 6789, 3) == "3074257BF7194E4000001A85"


@pytest.mark.parametrize(
    "tag",
    [
        "", "3074257BF7194E4000001A8", "3074257BF7194E4000001A8500", "not a tag at all, though 24",
        "317A7202CC164BA20B000000",  # a pallet (SSCC-96)
        "307C257BF7194E4000001A85",  # partition 7 does not exist
        "3003FFFFFFFFFFC000000001",  # a company prefix of thirteen digits
        "urn:epc:id:sgtin:0614141.81234.6789", "urn:epc:id:sscc:0614141.1234567890",
    ],
)  # fmt: skip
def test_what_is_no_tag_of_goods_is_none(tag):
    assert epc.decoded(tag) is None


@given(st.integers(6, 12), st.data())
def test_every_partition_reads_back_what_was_written(digits, data):
    company = data.draw(st.from_regex(rf"[0-9]{{{digits}}}", fullmatch=True).filter(str.isascii))
    item = data.draw(st.from_regex(rf"[0-9]{{{13 - digits}}}", fullmatch=True).filter(str.isascii))
    serial, filter_ = data.draw(st.integers(0, 2**38 - 1)), data.draw(st.integers(0, 7))
    found = epc.decoded(epc.encoded(company, item, serial, filter_))
    assert found is not None
    assert (found.serial, found.filter) == (str(serial), filter_)
    assert found.gtin[:13] == item[0] + company + item[1:]
    weighed = sum(int(digit) * (1 if n % 2 else 3) for n, digit in enumerate(found.gtin))
    assert weighed % 10 == 0, "the check digit is right"
