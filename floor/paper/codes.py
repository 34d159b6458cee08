"""Barcodes both ways: Code 128 and QR as 1-bit PNG (paper) or SVG (screens), and back from camera frames.

Every code carries its quiet zone (10 modules beside Code 128, 4 around QR): scanners do not decode without.
"""

import base64
import io
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import zxingcpp
from markupsafe import Markup
from PIL import Image, ImageOps

MAX_IMAGE_BYTES = 8_000_000
MAX_IMAGE_PIXELS = 25_000_000
# Longest side given to the decoder: a label across a third of the frame still shows 3 px a module.
READ_SIDE_PX = 1600
# A scan line must cross the whole code: linear ones are found up to 12 degrees off either axis, QR codes at
# any angle. So three more turns cover the circle.
LINEAR_TURNS_DEGREES = (45.0, 22.5, 67.5)


@dataclass(frozen=True, slots=True)
class ReadCode:
    """A code seen in a picture; `symbology` is the AIM prefix (`]C1`: GS1-128) that GS1 parsers ask for."""

    text: str
    format: str
    symbology: str


def code128_png(text: str, *, module_px: int = 1, height_px: int = 50) -> bytes:
    """1-bit PNG, `module_px` pixels a module. ValueError when `text` is empty or not Latin-1."""
    row = _modules(text, zxingcpp.BarcodeFormat.Code128)[:1]
    return _png(np.repeat(row, height_px, axis=0), (module_px, 1))


def qr_png(text: str, *, module_px: int = 1, level: str = "M") -> bytes:
    """1-bit PNG. `level` is the share that may be damaged: L 7 %, M 15 %, Q 25 %, H 30 %."""
    return _png(_modules(text, zxingcpp.BarcodeFormat.QRCode, ec_level=level), (module_px, module_px))


def png_modules(png: bytes) -> int:
    """Pixels across, read from the PNG header: with `module_px=1` that is the code's width in modules."""
    return int.from_bytes(png[16:20], "big")


def data_uri(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")


def code128_svg(text: str, *, title: str | None = None, height: int = 40) -> Markup:
    """Scalable Code 128 for screens, `height` in modules; a screen reader says `title`, else the text."""
    row = _modules(text, zxingcpp.BarcodeFormat.Code128)[:1]
    return _svg(row, height, title or text)


def qr_svg(text: str, *, title: str | None = None, level: str = "M") -> Markup:
    """Scalable QR code for screens."""
    return _svg(_modules(text, zxingcpp.BarcodeFormat.QRCode, ec_level=level), 1, title or text)


def read_codes(image: bytes) -> list[ReadCode]:
    """All codes in a JPEG or PNG frame, at any angle; empty when there are none.

    ValueError when the bytes are no JPEG or PNG, are damaged, or are larger than the limits above.
    """
    frame = _open_frame(image)
    found = zxingcpp.read_barcodes(np.asarray(frame), text_mode=zxingcpp.TextMode.Plain)
    for degrees in () if found else LINEAR_TURNS_DEGREES:
        turned = frame.rotate(degrees, Image.Resampling.BILINEAR, expand=True, fillcolor=255)
        if found := _read_linear(turned):
            break
    return [ReadCode(code.text, code.format.name, code.symbology_identifier) for code in found]


def _read_linear(picture: Image.Image) -> list[zxingcpp.Barcode]:
    return zxingcpp.read_barcodes(
        np.asarray(picture),
        formats=zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.AllLinear]),
        try_downscale=False,
        try_invert=False,
        text_mode=zxingcpp.TextMode.Plain,
    )


def _open_frame(image: bytes) -> Image.Image:
    if len(image) > MAX_IMAGE_BYTES:
        raise ValueError(f"image is larger than {MAX_IMAGE_BYTES} bytes")
    try:
        with Image.open(io.BytesIO(image), formats=("JPEG", "PNG")) as opened:
            if opened.width * opened.height > MAX_IMAGE_PIXELS:
                raise ValueError(f"image has more than {MAX_IMAGE_PIXELS} pixels")
            # Lets the JPEG decoder skip detail we would throw away below; PNG ignores it.
            opened.draft("L", (READ_SIDE_PX, READ_SIDE_PX))
            frame = ImageOps.exif_transpose(opened).convert("L")
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError("image is not a readable JPEG or PNG") from error
    frame.thumbnail((READ_SIDE_PX, READ_SIDE_PX))
    return frame


def _modules(text: str, kind: zxingcpp.BarcodeFormat, **options: str) -> np.ndarray:
    """The code as rows of pixels, one per module: True is paper, False is ink."""
    if not text:
        raise ValueError("a barcode needs a text")
    code = zxingcpp.create_barcode(text, kind, **options)
    return np.array(code.to_image(scale=1, add_quiet_zones=True)) > 127


def _png(paper: np.ndarray, scale: tuple[int, int]) -> bytes:
    across, down = scale
    picture = Image.fromarray(np.repeat(np.repeat(paper, across, axis=1), down, axis=0))
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def _svg(paper: np.ndarray, row_height: int, title: str) -> Markup:
    height, width = paper.shape
    path = "".join(
        f"M{start} {y * row_height}h{end - start}v{row_height}H{start}z" for y, start, end in _ink_runs(paper)
    )
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" role="img"'
        ' shape-rendering="crispEdges"><title>{title}</title><path fill="#fff" d="M0 0h{w}v{h}H0z"/>'
        '<path fill="#000" d="{path}"/></svg>'
    ).format(w=width, h=height * row_height, title=title, path=path)


def _ink_runs(paper: np.ndarray) -> Iterator[tuple[int, int, int]]:
    """(row, first column, column after the last) of each run of ink; the quiet zone bounds every row."""
    for y, row in enumerate(paper):
        edges = np.flatnonzero(np.diff(row.astype(np.int8))) + 1
        yield from ((y, int(start), int(end)) for start, end in edges.reshape(-1, 2))
