"""Pictures of what came back: real cameras' files are taken in, small and silent; everything else is refused."""

import io
import struct
import zlib

import pytest
from PIL import Image, PngImagePlugin

from floor.kit.errors import Invalid
from floor.kit.uow import reading
from floor.returns import queries
from floor.returns.forms import MAX_PHOTO_BYTES, MAX_PHOTO_PIXELS, PHOTO_SIDE, checked_photo
from floor.returns.models import MOST_PHOTOS
from tests.returns.conftest import FINDINGS, photo

OWNER, PLACE = "Zhang San's phone", "N 30.2741 E 120.1551"
MULTIPART = "multipart/form-data"


def from_a_camera(kind: str) -> bytes:
    """Held upright: 900 x 600 as stored, to be turned by a quarter; with owner, place, comment, XMP and a thumbnail."""
    picture = Image.new("RGB", (900, 600), "#C03030")
    picture.paste("#3030C0", (0, 0, 450, 600))
    exif = picture.getexif()
    exif[0x0112], exif[0x010F], exif[0x9C9D] = 6, OWNER, OWNER.encode("utf-16le")
    exif.get_ifd(0x8825).update({1: "N", 2: (30.0, 16.0, 27.0), 3: "E", 4: (120.0, 9.0, 18.0), 27: PLACE.encode()})
    out, more = io.BytesIO(), {}
    if kind == "JPEG":
        more = {"comment": OWNER.encode(), "xmp": f"<x>{PLACE}</x>".encode()}
    elif kind == "PNG":
        said = PngImagePlugin.PngInfo()
        said.add_text("Author", OWNER)
        said.add_itxt("XML:com.adobe.xmp", PLACE)
        more = {"pnginfo": said}
    picture.save(out, kind, exif=exif, **more)
    return out.getvalue()


def a_png_that_says_it_is(width: int, height: int) -> bytes:
    """A few bytes that would unfold to so many pixels."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    part = lambda name, body: struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))  # noqa: E731
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head) + part(b"IDAT", zlib.compress(b"\0" * 100)) + part(b"IEND", b"")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_camera_s_file_is_kept_upright_without_its_owner_and_place(kind):
    raw = from_a_camera(kind)
    assert OWNER.encode() in raw
    kept = checked_photo(raw)
    with Image.open(io.BytesIO(kept)) as seen:
        assert (seen.format, seen.size, dict(seen.getexif())) == ("JPEG", (600, 900), {})
        assert {"exif", "comment", "xmp"}.isdisjoint(seen.info)
        red, _green, blue = seen.getpixel((300, 100))
        assert blue > red, "the left half is on top now"
    for word in (OWNER, PLACE):
        assert word.encode() not in kept
        assert word.encode("utf-16le") not in kept


def test_a_large_picture_becomes_a_small_one():
    kept = checked_photo(photo((4000, 3000), "JPEG").getvalue())
    with Image.open(io.BytesIO(kept)) as seen:
        assert max(seen.size) == PHOTO_SIDE
    assert checked_photo(b"") is None


WRONG = {
    "too many bytes": photo((10, 10), "JPEG").getvalue().ljust(MAX_PHOTO_BYTES + 1, b"\0"),
    "too many pixels": a_png_that_says_it_is(MAX_PHOTO_PIXELS // 5000 + 1, 5000),
    "a bomb": a_png_that_says_it_is(60_000, 60_000),
    "torn": from_a_camera("JPEG")[:3000],
    "a GIF": photo((10, 10), "GIF").getvalue(),
    "a page": b"<!doctype html><script>alert(1)</script>",
    "a script behind the first bytes of a JPEG": b"\xff\xd8\xff\xe0<script>alert(1)</script>",
    "a drawing": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
}


@pytest.mark.parametrize("raw", WRONG.values(), ids=WRONG.keys())
def test_what_is_no_picture_or_too_much_of_one_is_refused(raw):
    with pytest.raises(Invalid) as refused:
        checked_photo(raw)
    assert (refused.value.code, refused.value.field) == ("returns.bad_photo", "photo")


def test_the_desk_alone_sees_pictures_and_every_door_counts_them(sign_in, stranger, desk_case):
    """One too many, or one that is none: nothing of the whole form is kept; then it is."""
    chen, ana, camera = sign_in("Chen"), sign_in("Ana"), from_a_camera("JPEG")
    path = f"/returns/{desk_case([1, 0])}/items/1"
    for door, form in ((f"{path}/decide", FINDINGS), ("/returns/strays", {"code": "yt-9"})):
        for wrong in ([camera] * (MOST_PHOTOS + 1), [camera, WRONG["a page"]]):
            files = [(io.BytesIO(raw), "../../etc/passwd.jpg") for raw in wrong]
            refused = chen.post(door, {**form, "photo": files}, content_type=MULTIPART)
            assert (refused.status_code, "Please correct this" in refused.text) == (422, True)
    with reading() as db:
        assert queries.photos_of(db, item_id=1) == []
        assert queries.photos_of(db, stray_id=1) == []
    for person, status in ((ana, 403), (chen, 303)):
        form = {**FINDINGS, "photo": (io.BytesIO(camera), "a.jpg")}
        assert person.post(f"{path}/decide", form, content_type=MULTIPART).status_code == status
    with reading() as db:
        (taken,) = queries.photos_of(db, item_id=1)
    shown = chen.get(f"/returns/photos/{taken}")
    assert (shown.content_type, OWNER.encode() in shown.data) == ("image/jpeg", False)
    assert "private" in shown.headers["Cache-Control"]
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert ana.get(f"/returns/photos/{taken}").status_code == 403
    assert stranger.get(f"/returns/photos/{taken}").status_code in (302, 303, 401)
    assert chen.get(f"/returns/photos/{taken + 1}").status_code == 404
