import io
import json
import re
import string
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image, ImageDraw

from floor.paper import codes
from tests.paper.samples import scanned

CARRIERS = Path(__file__).parents[3] / "shared" / "protocols" / "facts" / "carriers.json"
# One number for each shape that carriers print.
NUMBERS = (
    "SF1234567890123", "123456789012", "123456789012345", "77312345678901", "YT1234567890123",
    "E123456789012", "812345678901234567", "773123456789012", "STO1234567890", "268123456789",
    "1234567890123", "JT1234567890123", "JDVA1234567890123", "RB473124829US", "1012345678901",
    "AB12345678901", "DPK20230000001234-1-1", "ZJS123456789012",
)  # fmt: skip


def frame(png: bytes, angle: float = 0, kind: str = "JPEG") -> bytes:
    """A camera frame: the code on grey cardboard, turned."""
    code = Image.open(io.BytesIO(png)).convert("L")
    page = Image.new("L", (1200, 1200), 150)
    turned = code.rotate(angle, Image.Resampling.BICUBIC, expand=True, fillcolor=150)
    page.paste(turned, ((1200 - turned.width) // 2, (1200 - turned.height) // 2))
    out = io.BytesIO()
    page.save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize("text", NUMBERS)
def test_every_carriers_number_reads_back_from_its_barcode(text, tmp_path):
    png = codes.code128_png(text, module_px=3, height_px=80)
    assert codes.read_codes(png) == [codes.ReadCode(text, "Code128", "]C0")]
    (tmp_path / "code.png").write_bytes(png)
    assert scanned(tmp_path / "code.png") == {f"CODE-128:{text}"}


def test_the_numbers_above_cover_every_known_carrier():
    if not CARRIERS.exists():
        pytest.skip("the collected carrier facts are not beside this repository")
    carriers = {key: value for key, value in json.loads(CARRIERS.read_text()).items() if isinstance(value, dict)}
    uncovered = [key for key, value in carriers.items() if not any(re.match(value["pattern"], n) for n in NUMBERS)]
    assert carriers
    assert uncovered == []


@pytest.mark.parametrize("text", ["https://example.cn/t/8f3a9c?x=1&y=2", "收件人：张** 138****1234", "A"])
def test_a_qr_code_reads_back_even_chinese(text):
    (code,) = codes.read_codes(codes.qr_png(text, module_px=4))
    assert (code.text, code.format) == (text, "QRCode")


def test_codes_are_one_bit_pictures_with_a_quiet_zone():
    for png, quiet in ((codes.code128_png("SF1234567890123"), 10), (codes.qr_png("A"), 4)):
        picture = Image.open(io.BytesIO(png))
        assert picture.mode == "1"
        assert codes.png_modules(png) == picture.width
        middle = [picture.getpixel((x, picture.height // 2)) for x in range(quiet)]
        assert all(middle)


def test_a_data_uri_carries_the_picture():
    assert codes.data_uri(b"\x89PNG").startswith("data:image/png;base64,iVBORw")


@pytest.mark.parametrize("text", ["", "运单"])
def test_code_128_refuses_what_it_cannot_say(text):
    with pytest.raises(ValueError):  # noqa: PT011 - the decoder library words the second one
        codes.code128_png(text)


@pytest.mark.parametrize("svg", [codes.code128_svg('A<b>&"1'), codes.qr_svg('A<b>&"1', title='Track "A" <now>')])
def test_screen_codes_are_plain_scalable_named_svg(svg):
    assert svg.startswith("<svg ")
    root = ElementTree.fromstring(svg)  # noqa: S314 - our own text
    assert root.get("role") == "img"
    assert root.get("viewBox")
    assert root.get("width") is None
    assert root[0].text in {'A<b>&"1', 'Track "A" <now>'}


@pytest.mark.parametrize("make", [codes.code128_svg, codes.qr_svg])
def test_the_svg_draws_the_same_code_as_the_png(make):
    root = ElementTree.fromstring(make("SF1234567890123"))  # noqa: S314 - our own text
    _, _, width, height = map(int, root.get("viewBox").split())
    picture = Image.new("L", (width * 4, height * 4), 255)
    draw = ImageDraw.Draw(picture)
    for run in root[2].get("d").split("z")[:-1]:
        x, y, across, down, _ = map(int, re.findall(r"\d+", run))
        draw.rectangle((x * 4, y * 4, (x + across) * 4 - 1, (y + down) * 4 - 1), fill=0)
    out = io.BytesIO()
    picture.save(out, "PNG")
    assert [code.text for code in codes.read_codes(out.getvalue())] == ["SF1234567890123"]


@pytest.mark.parametrize("angle", range(0, 180, 15))
@pytest.mark.parametrize("make", [codes.code128_png, codes.qr_png])
def test_a_camera_frame_is_read_at_any_angle(make, angle):
    shape = {"height_px": 130} if make is codes.code128_png else {}
    png = make("SF1234567890123", module_px=4, **shape)
    assert [code.text for code in codes.read_codes(frame(png, angle))] == ["SF1234567890123"]


def test_a_png_frame_with_two_codes_gives_both():
    page = Image.new("1", (900, 500), 1)
    page.paste(Image.open(io.BytesIO(codes.code128_png("T-0042", module_px=3, height_px=80))), (10, 10))
    page.paste(Image.open(io.BytesIO(codes.qr_png("A03-12-4", module_px=6))), (500, 200))
    out = io.BytesIO()
    page.save(out, "PNG")
    assert {code.text for code in codes.read_codes(out.getvalue())} == {"T-0042", "A03-12-4"}


def test_a_frame_without_a_code_is_an_empty_answer():
    assert codes.read_codes(frame(codes.code128_png("A", height_px=1))) == []


@pytest.mark.parametrize("bad", [b"", b"not a picture", string.ascii_letters.encode() * 99, b"GIF89a" + bytes(64)])
def test_what_is_no_picture_is_refused(bad):
    with pytest.raises(ValueError, match="not a readable JPEG or PNG"):
        codes.read_codes(bad)


def test_a_torn_picture_is_refused():
    whole = frame(codes.code128_png("SF1234567890123", module_px=4), kind="PNG")
    with pytest.raises(ValueError, match="not a readable"):
        codes.read_codes(whole[: len(whole) // 2])


def test_a_picture_of_a_gif_kind_is_refused_though_pillow_could_read_it():
    with pytest.raises(ValueError, match="not a readable"):
        codes.read_codes(frame(codes.code128_png("A"), kind="GIF"))


@pytest.mark.parametrize("side", [6_000, 14_000])
def test_a_picture_that_would_fill_the_memory_is_refused(side):
    out = io.BytesIO()
    Image.new("1", (side, side)).save(out, "PNG")
    with pytest.raises(ValueError, match=r"pixels|not a readable"):
        codes.read_codes(out.getvalue())


def test_more_bytes_than_a_phone_sends_are_refused():
    with pytest.raises(ValueError, match="larger than"):
        codes.read_codes(bytes(codes.MAX_IMAGE_BYTES + 1))
