import pytest

from floor.paper.mask import mask_address, mask_name, mask_phone, mask_phones


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("张小明", "张**"),
        ("李雷", "李*"),
        ("欧阳娜娜", "欧***"),
        ("张", "张*"),
        ("John Smith", "J*** S****"),
        ("Ana", "A**"),
        ("  张小明 ", "张**"),
        ("", ""),
    ],
)
def test_a_name_keeps_its_first_letter(name, shown):
    assert mask_name(name) == shown


@pytest.mark.parametrize(
    ("phone", "shown"),
    [
        ("13812341234", "138****1234"),
        (" 138 1234 1234 ", "138 **** 1234"),
        ("+8613812341234", "+86138****1234"),
        ("13812341234-5678", "138****1234-5678"),
        ("13812341234转5678", "138****1234转5678"),
        ("13812341234 ext. 12", "138****1234 ext. 12"),
        ("0571-88881234", "0571-****1234"),
        ("010-62345678", "010-****5678"),
        ("400-810-1234", "40*-***-1234"),
        ("+1 415 555 2671", "+1 41* *** 2671"),
        ("95338", "***38"),
        ("", ""),
    ],
)
def test_a_phone_hides_four_digits_and_keeps_a_virtual_numbers_extension(phone, shown):
    assert mask_phone(phone) == shown


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("浙江省杭州市余杭区文一西路969号3幢5单元1203室", "浙江省杭州市余杭区文一西路***号*幢*单元****室"),
        ("北京市朝阳区三里屯街道工体北路五号楼二单元十二层", "北京市朝阳区三里屯街道工体北路*号楼*单元**层"),
        ("四川省成都市武侯区一环路南一段24号附12B", "四川省成都市武侯区一环路南一段**号附***"),
        ("12 Main Street, Apt 4B, San Francisco", "** Main Street, Apt **, San Francisco"),
        ("上海市浦东新区", "上海市浦东新区"),
    ],
)
def test_an_address_keeps_region_and_street_and_hides_house_and_room(address, shown):
    assert mask_address(address) == shown


def test_mobile_numbers_among_words_are_masked_and_other_digits_stay():
    said = "联系不上13812345678，已电话 138-1234-5678；运单 SF1381234567800，单号138123456789"
    assert mask_phones(said) == "联系不上138****5678，已电话 138-****-5678；运单 SF1381234567800，单号138123456789"
