"""Slips, lists and house labels: what they say, how many pages, and that their codes scan."""

import re
from dataclasses import replace

import pytest

from floor.paper import codes
from floor.paper.labels import BadgeLabel, BinLabel, Command, CommandCard, ToteLabel, labels_pdf
from floor.paper.sheets import (
    Manifest,
    ManifestParcel,
    PickList,
    PickStop,
    PurchaseLine,
    PurchaseList,
    manifest_pdf,
    pick_list_pdf,
    purchase_pdf,
)
from floor.paper.slips import PackingSlip, ReturnLine, ReturnSlip, packing_slips_pdf, return_slips_pdf
from floor.paper.waybills import Party
from tests.paper.samples import DAY, LINES, page_count, pictures, run, scanned, words_of

ZH = "zh_Hans_CN"
SLIP = PackingSlip(
    "山野户外旗舰店",
    "SO2611230042",
    DAY,
    "张**",
    LINES,
    total_fen=18_700,
    discount_fen=2_000,
    returns="签收后 7 天内可退。",
    page_url="https://example.cn/t/8f3a9c",
)
RETURN = ReturnSlip(
    "山野户外旗舰店",
    "RT2611230007",
    "SO2611230042",
    (ReturnLine("TS-NV-L", "男款纯棉圆领短袖 T 恤", "藏青 L", 1),),
    Party("退货组", "0571-****1234", "浙江省杭州市余杭区云仓 2 号库"),
    DAY,
    "https://example.cn/r/77",
)
MANIFEST = Manifest(
    "MF26112301",
    "中通快递",
    "杭州余杭仓",
    DAY,
    tuple(ManifestParcel(f"7731234567{n:04}", 1000 + n, "广州市") for n in range(90)),
    driver="王**",
    vehicle="浙A12345",
)
PICKS = PickList(
    "W2611230017",
    "A 区",
    "陈*",
    "C-04",
    DAY,
    tuple(PickStop(f"A03-{n}-4", f"SKU-{n}", "男款短袖", "藏青 L", n + 1, "2", f"69012345{n:05}") for n in range(3)),
)
HOUSE = (
    BinLabel("A03-12-4"),
    ToteLabel("T-0042", 2),
    BadgeLabel("U-1007", "陈小美", "拣货员"),
    CommandCard(Command.UNDO),
)
HOUSE_CODES = ["A03-12-4", "T-0042", "U-1007", "CMD-UNDO"]


def page_size(pdf: bytes) -> tuple[int, int]:
    width, height = re.search(r"Page size:\s+([\d.]+) x ([\d.]+)", run("pdfinfo", "-", stdin=pdf)).groups()
    return round(float(width) / 72 * 25.4), round(float(height) / 72 * 25.4)


def test_a_packing_slip_lists_the_goods_and_the_money():
    pdf = packing_slips_pdf([SLIP], ZH)
    assert page_size(pdf) == (148, 210)
    words = words_of(pdf)
    for expected in (
        "装箱单",
        "SO2611230042",
        "张**",
        "TS-NV-L",
        "¥158.00",
        "-¥20.00",
        "¥187.00",
        "签收后7天内可退。",
    ):
        assert expected in words


def test_a_gift_slip_shows_its_message_and_no_price():
    gift = replace(SLIP, lines=tuple(replace(line, price_fen=None) for line in LINES), gift_message="生日快乐")
    words = words_of(packing_slips_pdf([gift], ZH))
    assert "生日快乐" in words
    assert "¥" not in words
    assert "合计" not in words


def test_one_hidden_price_hides_them_all():
    mixed = replace(SLIP, lines=(LINES[0], replace(LINES[1], price_fen=None)))
    assert "¥" not in words_of(packing_slips_pdf([mixed], ZH))


def test_slips_start_on_pages_of_their_own_and_long_ones_run_on():
    long = replace(SLIP, lines=LINES * 20)
    pdf = packing_slips_pdf([SLIP, long, SLIP], "en")
    assert page_count(packing_slips_pdf([SLIP] * 50, "en")) == 50
    assert page_count(pdf) > 4
    heads = words_of(pdf).count("Quantity")
    assert page_count(pdf) - 1 <= heads <= page_count(pdf), "only a page of totals has no table head"


@pytest.mark.parametrize("dpi", [203, 300])
def test_the_codes_on_the_slips_scan(dpi, tmp_path):
    (packing,) = pictures(packing_slips_pdf([SLIP], ZH), dpi, tmp_path / "packing")
    (returning,) = pictures(return_slips_pdf([RETURN], ZH), dpi, tmp_path / "return")
    assert scanned(packing) == {f"QR-Code:{SLIP.page_url}"}
    assert scanned(returning) == {f"QR-Code:{RETURN.page_url}", "CODE-128:RT2611230007"}


@pytest.mark.parametrize(("lang", "title"), [(ZH, "退货单"), ("en", "Returnslip")])
def test_a_return_slip_says_where_to_send_it_and_by_when(lang, title):
    words = words_of(return_slips_pdf([RETURN], lang))
    for expected in (title, "RT2611230007", "SO2611230042", "退货组", "云仓2号库", DAY.isoformat()):
        assert expected in words


def test_a_manifest_repeats_its_head_numbers_its_pages_and_adds_up():
    pdf = manifest_pdf(MANIFEST, ZH)
    pages = page_count(pdf)
    words = words_of(pdf)
    assert page_size(pdf) == (210, 297)
    assert pages >= 3
    assert words.count("运单号") == pages
    assert all(f"{n}/{pages}" in words for n in range(1, pages + 1))
    assert all(parcel.waybill_number in words for parcel in MANIFEST.parcels)
    assert "94.00kg" in words or "94.01kg" in words
    assert "共90件包裹" in words
    assert "王**" in words
    assert words.count("快递接收") == 1


def test_purchase_requests_stand_by_supplier_with_sums_and_numbered_pages():
    lines = [PurchaseLine("织造厂", f"SKU-{n}", "圆领短袖", "藏青 L", "上海仓", 24, 12, 30_000) for n in range(60)]
    lines.append(PurchaseLine("", "SKU-X", "马克杯", "", "广州仓", 5, 1, None))
    pdf = purchase_pdf(PurchaseList("山野", DAY, tuple(lines)), ZH)
    words, pages = words_of(pdf), page_count(pdf)
    assert page_size(pdf) == (210, 297)
    assert pages >= 2
    assert f"{pages}/{pages}" in words
    for expected in ("采购申请", "织造厂", "供应商未知", "SKU-59", "18,000.00", DAY.isoformat()):
        assert expected in words
    assert "Nothingrunslow" in words_of(purchase_pdf(PurchaseList("Floor", DAY, ()), "en"))


def test_a_manifest_of_one_parcel_speaks_english():
    words = words_of(manifest_pdf(replace(MANIFEST, parcels=MANIFEST.parcels[:1]), "en"))
    assert "1parcelinall" in words


def test_a_pick_list_scans_stop_by_stop(tmp_path):
    pdf = pick_list_pdf(PICKS, ZH)
    (page,) = pictures(pdf, 300, tmp_path)
    assert scanned(page) == {"CODE-128:W2611230017"} | {f"CODE-128:{stop.barcode}" for stop in PICKS.stops}
    words = words_of(pdf)
    assert "A03-2-4" in words
    assert "SKU-2" in words


def test_a_stop_without_a_barcode_still_prints():
    bare = replace(PICKS, stops=(replace(PICKS.stops[0], barcode="", tote="", variant=""),))
    assert "SKU-0" in words_of(pick_list_pdf(bare, "en"))


@pytest.mark.parametrize("dpi", [203, 300])
def test_house_labels_scan_one_to_a_page(dpi, tmp_path):
    pdf = labels_pdf(HOUSE, ZH)
    assert page_size(pdf) == (100, 50)
    pages = pictures(pdf, dpi, tmp_path)
    assert [scanned(page) for page in pages] == [{f"CODE-128:{code}"} for code in HOUSE_CODES]
    assert [codes.read_codes(page.read_bytes())[0].text for page in pages] == HOUSE_CODES


def test_an_a4_sheet_holds_ten_labels():
    assert page_count(labels_pdf(HOUSE * 5, ZH, "a4")) == 2
    assert page_count(labels_pdf((HOUSE * 3)[:10], "en", "a4")) == 1
    assert page_size(labels_pdf(HOUSE, "en", "a4")) == (210, 297)


@pytest.mark.parametrize(("lang", "word"), [(ZH, "撤销"), ("en", "Undo")])
def test_a_command_card_says_its_word_and_scans_as_its_command(lang, word, tmp_path):
    pdf = labels_pdf([CommandCard(command) for command in Command], lang)
    assert word in words_of(pdf)
    pages = pictures(pdf, 203, tmp_path)
    assert [scanned(page) for page in pages] == [{f"CODE-128:{command.scan}"} for command in Command]


def test_a_bin_label_shows_its_blocks_apart():
    assert run("pdftotext", "-layout", "-", "-", stdin=labels_pdf([BinLabel("A03-12-4")], ZH)).split() == [
        "A03",
        "12",
        "4",
    ]


@pytest.mark.parametrize(
    ("label", "message"), [(ToteLabel("T-1", 9), "no tote slot 9"), (BinLabel("A" * 90), "does not fit")]
)
def test_a_label_that_cannot_be_is_refused(label, message):
    with pytest.raises(ValueError, match=message):
        labels_pdf([label], ZH)


def test_an_unknown_sheet_is_refused():
    with pytest.raises(ValueError, match="no label sheet"):
        labels_pdf(HOUSE, ZH, "a5")


@pytest.mark.parametrize("lang", [ZH, "en"])
def test_every_paper_is_a_clean_pdf(lang, tmp_path):
    papers = (
        packing_slips_pdf([SLIP], lang),
        return_slips_pdf([RETURN], lang),
        manifest_pdf(MANIFEST, lang),
        pick_list_pdf(PICKS, lang),
        labels_pdf(HOUSE, lang),
    )
    for number, pdf in enumerate(papers):
        path = tmp_path / f"{number}.pdf"
        path.write_bytes(pdf)
        assert "No syntax or stream encoding errors" in run("qpdf", "--check", path)
