import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from PIL import Image

from floor.paper import codes
from floor.paper.waybills import SIZES, waybills_pdf
from tests.paper.samples import CHINESE, ENGLISH, LONG, page_count, pictures, run, scanned, words_of
from tests.paper.test_codes import NUMBERS

ZH = "zh_Hans_CN"


@pytest.mark.parametrize("dpi", [203, 300])
@pytest.mark.parametrize("size", SIZES)
def test_a_printed_label_scans_with_two_different_decoders(size, dpi, tmp_path):
    (page,) = pictures(waybills_pdf([CHINESE], ZH, size), dpi, tmp_path)
    expected = {f"CODE-128:{CHINESE.waybill_number}", f"QR-Code:{CHINESE.qr_text}"}
    assert scanned(page) == expected
    found = codes.read_codes(page.read_bytes())
    assert {code.text for code in found} == {CHINESE.waybill_number, CHINESE.qr_text}
    assert [code.format for code in found].count("Code128") == 2, "the number is repeated on the lower part"


@pytest.mark.parametrize("size", SIZES)
def test_every_carriers_number_prints_and_scans(size, tmp_path):
    labels = [replace(CHINESE, waybill_number=number, qr_text=None) for number in NUMBERS]
    pages = pictures(waybills_pdf(labels, ZH, size), 203, tmp_path)
    assert [scanned(page) for page in pages] == [{f"CODE-128:{n}", f"QR-Code:{n}"} for n in NUMBERS]


@pytest.mark.parametrize("size", SIZES)
def test_the_label_says_where_to_and_who(size):
    words = words_of(waybills_pdf([CHINESE], ZH, size))
    for expected in (
        CHINESE.carrier, CHINESE.service, CHINESE.route_code, CHINESE.hub, CHINESE.waybill_number, "1.25kg",
        CHINESE.receiver.name, CHINESE.receiver.phone, CHINESE.order_ref, CHINESE.pay_mode, "1/2",
        "2026-11-2309:05",
        "收件", "寄件", "集包地", "男款纯棉圆领短袖T恤",
    ):  # fmt: skip
        assert expected in words
    assert CHINESE.receiver.address in words
    assert CHINESE.sender.phone in words


def test_an_english_label_has_english_words_only():
    words = words_of(waybills_pdf([replace(ENGLISH, hub="Hangzhou", sender=ENGLISH.receiver)], "en"))
    assert "Receiver" in words
    assert not re.search(r"[\u4e00-\u9fff]", words)


def test_cash_to_collect_and_a_reprint_are_marked():
    plain = words_of(waybills_pdf([CHINESE], "en"))
    marked = words_of(waybills_pdf([replace(CHINESE, cod_fen=19_900, print_no=3)], "en"))
    assert "Collectcash" not in plain
    assert "Reprint" not in plain
    assert "¥199.00" in marked
    assert "Reprint2" in marked


@pytest.mark.parametrize("lang", [ZH, "en"])
@pytest.mark.parametrize("size", SIZES)
def test_the_longest_texts_stay_inside_their_boxes(size, lang):
    pdf = waybills_pdf([LONG, CHINESE, LONG], lang, size)
    assert page_count(pdf) == 3
    words = words_of(pdf)
    assert words.count(LONG.waybill_number) == 4, "upper and lower part of two labels"
    assert LONG.receiver.address[:60] in words
    assert LONG.route_code in words
    document = ElementTree.fromstring(run("pdftotext", "-bbox", "-", "-", stdin=pdf))  # noqa: S314 - our own PDF
    for page in document.iter("{http://www.w3.org/1999/xhtml}page"):
        width, height = float(page.get("width")), float(page.get("height"))
        for word in page.iter("{http://www.w3.org/1999/xhtml}word"):
            assert float(word.get("xMin")) >= 0
            assert float(word.get("xMax")) <= width, word.text
            assert float(word.get("yMax")) <= height, word.text


@pytest.mark.parametrize("size", SIZES)
def test_an_edge_of_two_millimetres_stays_free_of_ink_but_for_the_rules(size, tmp_path):
    (page,) = pictures(waybills_pdf([LONG], ZH, size), 203, tmp_path)
    picture = Image.open(page).convert("L")
    edge = picture.crop((picture.width - 12, 0, picture.width, picture.height))
    rows_with_ink = sum(min(edge.crop((0, y, 12, y + 1)).tobytes()) < 128 for y in range(picture.height))
    assert rows_with_ink < 25, "only the horizontal rules run to the edge"


def test_fifty_labels_are_fifty_pages_of_clean_pdf(tmp_path):
    labels = [replace(CHINESE, waybill_number=f"7731234567{n:04}") for n in range(50)]
    pdf = waybills_pdf(labels, ZH)
    assert page_count(pdf) == 50
    (tmp_path / "labels.pdf").write_bytes(pdf)
    assert "No syntax or stream encoding errors" in run("qpdf", "--check", tmp_path / "labels.pdf")
    assert len(pdf) < 400_000, "fonts are embedded as subsets, once"
    words = words_of(pdf)
    assert all(label.waybill_number in words for label in labels)


def test_pages_have_the_size_of_the_stock():
    for size, points in (
        ("100x180", "283.465 x 510.236"),
        ("100x150", "283.465 x 425.197"),
        ("76x130", "215.433 x 368.504"),
    ):
        assert points in run("pdfinfo", "-", stdin=waybills_pdf([CHINESE], "en", size))


def test_an_unknown_stock_or_language_is_refused():
    with pytest.raises(ValueError, match="no waybill stock"):
        waybills_pdf([CHINESE], ZH, "1x1")
    with pytest.raises(ValueError, match="no paper in language"):
        waybills_pdf([CHINESE], "fr")


def test_markup_in_a_name_is_printed_not_obeyed():
    nasty = replace(CHINESE, contents='<img src="file:///etc/passwd"><b>x</b>')
    assert '<imgsrc="file:///etc/passwd"><b>x</b>' in words_of(waybills_pdf([nasty], ZH))
