"""What strangers type reaches paper as letters: nothing is fetched, embedded, linked, run or laid out by it."""

from dataclasses import replace
from pathlib import Path

import pytest

from floor.paper import raster
from floor.paper.customs import CommercialInvoice, CustomsLine, Trader, commercial_invoice_pdf
from floor.paper.labels import BadgeLabel, ToteLabel, labels_pdf
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
from floor.paper.slips import PackingSlip, ReturnLine, ReturnSlip, SlipLine, packing_slips_pdf, return_slips_pdf
from floor.paper.waybills import Party, Waybill, waybills_pdf
from tests.paper.samples import CHINESE, DAY, page_count, run, words_of
from tests.paper.test_document import listener

__all__ = ["listener"]
_EN = "en"


def papers(*texts: str) -> dict[str, bytes]:
    """Every paper of the house with each of these wherever somebody may have typed it: a paper of many pages has all,
    of the others there is one for each."""
    found = {
        "waybill": waybills_pdf([_label(text) for text in texts], _EN),
        "slip": packing_slips_pdf([_slip(text) for text in texts], _EN),
        "return": return_slips_pdf([_back(text) for text in texts], _EN),
        "badge": labels_pdf(
            [one for text in texts for one in (BadgeLabel("B-1", text, text), ToteLabel("T-1", 1))], _EN
        ),
    }
    return found | {f"{name}: {text}": pdf for text in texts for name, pdf in _single_papers(text).items()}


def _label(text: str) -> Waybill:
    who = Party(text, text, text)
    return replace(
        CHINESE, carrier=text, service=text, route_code=text, hub=text, receiver=who, sender=who, contents=text,
        order_ref=text, pay_mode=text,
    )  # fmt: skip


def _slip(text: str) -> PackingSlip:
    line = SlipLine(text, text, text, 1, 100)
    return PackingSlip(text, text, DAY, text, (line,), 100, gift_message=text, notes=text, returns=text)


def _back(text: str) -> ReturnSlip:
    return ReturnSlip(text, "R-1", text, (ReturnLine(text, text, text, 1, text),), Party(text, text, text))


def _single_papers(text: str) -> dict[str, bytes]:
    stops = (PickStop("A01-01-1", text, text, text, 1, text),)
    goods = (CustomsLine(text, text, text, text, text, text, 1, 1, 100),)
    trader = Trader(text, text, text, text, text)
    customs = CommercialInvoice("CI-1", DAY, text, DAY, trader, trader, text, text, text, text, goods, 0, 0, 100, 1)
    return {
        "manifest": manifest_pdf(
            Manifest("M-1", text, text, DAY, (ManifestParcel(text, 1, text),), text, text, text), _EN
        ),
        "pick list": pick_list_pdf(PickList("W-1", text, text, text, DAY, stops), _EN),
        "purchase": purchase_pdf(PurchaseList(text, DAY, (PurchaseLine(text, text, text, text, text, 1, 1, 1),)), _EN),
        "customs": commercial_invoice_pdf(customs),
    }


def hostile(url: str, secret: Path) -> list[str]:
    file = secret.as_uri()
    return [
        f'<img src="{file}"><img src="{url}/i.png">',
        f'</div></td></table></section><link rel="attachment" href="{file}">',
        f'<style>@import "{url}/s.css";*{{background:url({url}/b.png)}}</style>',
        f'"style="background:url({file})"onload="x',
        f"url({file}) url({url}/u.png)",
        f'=HYPERLINK("{url}/h","x")',
        f'<a href="{url}/a">x</a><object data="{file}"></object>',
        f'<script>location="{url}"</script>javascript:alert(1)',
        "{{8191*8191}}{%raw%}${8191*8191}%(x)s",
        "\u202e\u200b<!--&#60;b&#62;-->]]>",
    ]


def test_no_paper_obeys_what_somebody_typed(listener, tmp_path):
    url, asked = listener
    secret = tmp_path / "secret.txt"
    secret.write_text("LEAKED")
    texts = hostile(url, secret)
    pages = {"waybill": len(texts), "badge": 2 * len(texts)}
    for name, pdf in papers(*texts).items():
        (tmp_path / "paper.pdf").write_bytes(pdf)
        inside = _inside(tmp_path / "paper.pdf")
        for sign in (b"/URI", b"/JavaScript", b"/EmbeddedFile", b"/Launch", b"/OpenAction", b"LEAKED", b"/GoToR"):
            assert sign not in inside, (name, sign)
        if name in pages:
            assert page_count(pdf) == pages[name], name
        words = words_of(pdf)
        assert str(8191 * 8191) not in words, name
        assert "LEAKED" not in words
    assert asked == [], "nothing was asked of the network"


def _inside(path: Path) -> bytes:
    """The file with its streams unpacked."""
    out = path.with_suffix(".qdf")
    run("qpdf", "--qdf", "--object-streams=disable", path, out)
    return out.read_bytes()


@pytest.mark.parametrize("text", ['<b>bold</b>&amp;"', "=1+1", "url(file:///etc/passwd)"])
def test_what_was_typed_is_printed_letter_by_letter(text):
    wanted = text.replace(" ", "")
    for name, pdf in papers(text).items():
        assert wanted in words_of(pdf), name


def test_the_picture_of_a_label_is_made_of_its_dots_alone():
    page = raster.bitmaps(waybills_pdf([CHINESE], _EN), (100, 180), 203)[0]
    png = page.png(203)
    assert b"tEXt" not in png
    assert CHINESE.waybill_number.encode() not in png
