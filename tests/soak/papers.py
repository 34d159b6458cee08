"""Every code of many random parcels, printed and read back: python -m tests.soak.papers [parcels, 200] [seed].

A parcel has a waybill (PDF, PNG and ZPL, on one of the three stocks), a packing slip and a return slip. What a 203 dpi
head would burn is read by zbarimg and by zxing-cpp; the ZPL is taken apart by the reader in tests/printer.py.
"""

import random
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree

from PIL import Image

from floor.paper import codes, raster
from floor.paper.slips import PackingSlip, ReturnLine, ReturnSlip, SlipLine, packing_slips_pdf, return_slips_pdf
from floor.paper.waybills import SIZES, Party, Waybill, size_mm, waybills_pdf
from floor.paper.zpl import label
from tests.paper.samples import CHINESE, DAY, run
from tests.printer import burnt

DPI = 203
_ZH = "zh_Hans_CN"
#: What carriers hand out: fixed letters, then so many digits, and an end.
_NUMBERS = (("SF", 13, ""), ("YT", 13, ""), ("", 14, ""), ("JT", 13, ""), ("JDV", 12, ""), ("DPK", 12, "-1-1"),
            ("", 12, ""), ("E", 9, "CN"), ("ZTO", 12, ""), ("FLR", 10, ""))  # fmt: skip
_GOODS = (
    "男款纯棉圆领短袖T恤",
    "女款防晒衣",
    "不锈钢保温杯 500ml",
    "Bluetooth 耳机",
    "有机绿茶 250g",
    "儿童积木 108 粒",
)
_PLACES = (("浙江省", "杭州市", "西湖区"), ("新疆维吾尔自治区", "伊犁哈萨克自治州", "察布查尔锡伯自治县"),
           ("上海市", "上海市", "浦东新区"), ("广东省", "深圳市", "南山区"))  # fmt: skip


@dataclass(frozen=True)
class Papers:
    """One parcel's papers."""

    waybill: Waybill
    size: str
    slip: PackingSlip
    back: ReturnSlip


def random_papers(seed: int, n: int) -> list[Papers]:
    chance = random.Random(seed)
    return [_one(chance, k) for k in range(n)]


def _one(chance: random.Random, k: int) -> Papers:
    head, digits, tail = chance.choice(_NUMBERS)
    number = head + "".join(chance.choices("0123456789", k=digits)) + tail
    place = "".join(chance.choice(_PLACES))
    lines = tuple(
        SlipLine(f"SKU-{chance.randrange(10**6):06d}", chance.choice(_GOODS), chance.choice(("", "藏青 L", "M")),
                 chance.randint(1, 9), chance.choice((None, 4900, 129_900)))
        for _ in range(chance.randint(1, 12))
    )  # fmt: skip
    token = "".join(chance.choices("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-", k=22))
    url = f"https://{'shop.' * chance.randint(0, 4)}example.cn/t/{token}"
    receiver = Party(
        "张" + "*" * chance.randint(1, 3), "138****1234", place + "文三路***号*幢*单元****室" * chance.randint(1, 4)
    )
    waybill = replace(
        CHINESE, waybill_number=number, receiver=receiver, weight_g=chance.randint(50, 30_000),
        print_no=chance.randint(1, 3),
        route_code=f"{chance.randrange(100, 1000)}-A{chance.randrange(100):02d}-{chance.randrange(1000):03d}",
        contents="；".join(f"{line.name} ×{line.qty}" for line in lines), order_ref=f"SO{k:010d} P-{k:06d}",
        qr_text=chance.choice((None, url, f"MMM={{'k1':'','k2':'{number}','k4':'T4'}}")),
        printed_at=CHINESE.printed_at + timedelta(minutes=k), cod_fen=chance.choice((0, 0, 19_900)),
    )  # fmt: skip
    slip = PackingSlip(
        "云仓小店", f"SO{k:010d}", DAY, "张**", lines, page_url=url, gift_message=chance.choice(("", "生日快乐"))
    )
    back = ReturnSlip(
        "云仓小店", f"R-{k:06d}", slip.order_no, (ReturnLine("TS", "T恤", "", 1),), CHINESE.sender, DAY, url
    )
    return Papers(waybill, chance.choice(SIZES), slip, back)


def unread(parcels: list[Papers], folder: Path) -> Iterator[str]:
    """What a decoder did not read, or read wrongly, in words; nothing when every code came back."""
    expected: dict[Path, set[str]] = {}
    for size in SIZES:
        some = [one for one in parcels if one.size == size]
        if not some:
            continue
        pages = raster.bitmaps(waybills_pdf([one.waybill for one in some], _ZH, size), size_mm(size), DPI)
        if len(pages) != len(some):
            yield f"{size}: {len(pages)} pages for {len(some)} labels"
        for one, page in zip(some, pages, strict=True):
            number, qr = one.waybill.waybill_number, one.waybill.qr_text or one.waybill.waybill_number
            png, zpl = (folder / f"{number}-{kind}.png" for kind in ("png", "zpl"))
            png.write_bytes(page.png(DPI))
            picture = burnt(label(page))
            picture.convert("L").save(zpl)
            if picture.convert("L").tobytes() != raster_of(png):
                yield f"{number}: the ZPL is not the picture"
            expected[png] = expected[zpl] = {f"CODE-128:{number}", f"QR-Code:{qr}"}
    slips, backs = [one.slip for one in parcels], [one.back for one in parcels]
    papers = (
        ("slip", packing_slips_pdf(slips, _ZH), [{f"QR-Code:{slip.page_url}"} for slip in slips]),
        (
            "back",
            return_slips_pdf(backs, _ZH),
            [{f"CODE-128:{back.return_no}", f"QR-Code:{back.page_url}"} for back in backs],
        ),
    )
    for name, pdf, wanted in papers:
        yield from _pages_with(name, pdf, wanted, folder, expected)
    yield from _compared(expected)


def _pages_with(
    name: str, pdf: bytes, wanted: list[set[str]], folder: Path, expected: dict[Path, set[str]]
) -> Iterator[str]:
    """Pages of A5 papers: a long slip's code is on its last page, and pages without one are left out."""
    pages = raster.bitmaps(pdf, (148, 210), DPI)
    found = [page for page in pages if codes.read_codes(page.png(DPI))]
    if len(found) != len(wanted):
        yield f"{name}: codes on {len(found)} pages, wanted {len(wanted)}"
        return
    for k, (page, codes_wanted) in enumerate(zip(found, wanted, strict=True)):
        path = folder / f"{name}-{k}.png"
        path.write_bytes(page.png(DPI))
        expected[path] = codes_wanted


def raster_of(png: Path) -> bytes:
    with Image.open(png) as picture:
        return picture.convert("L").tobytes()


def _compared(expected: dict[Path, set[str]]) -> Iterator[str]:
    said = _zbar(list(expected))
    names = {"Code128": "CODE-128", "QRCode": "QR-Code", "QRCodeModel2": "QR-Code"}
    for path, wanted in expected.items():
        ours = {f"{names.get(code.format, code.format)}:{code.text}" for code in codes.read_codes(path.read_bytes())}
        for decoder, got in (("zbarimg", said.get(path, set())), ("zxing-cpp", ours)):
            if got != wanted:
                yield f"{path.name}: {decoder} read {sorted(got)}, not {sorted(wanted)}"


def _zbar(paths: list[Path]) -> dict[Path, set[str]]:
    tree = ElementTree.fromstring(run("zbarimg", "-q", "--xml", *paths))  # noqa: S314 - our own tool's
    space = "{http://zbar.sourceforge.net/2008/barcode}"
    return {
        Path(source.get("href") or ""): {
            f"{symbol.get('type')}:{symbol.findtext(f'{space}data')}" for symbol in source.iter(f"{space}symbol")
        }
        for source in tree.iter(f"{space}source")
    }


def main() -> None:
    n, seed = (int(given or default) for given, default in zip_longest(sys.argv[1:3], ("200", "7")))
    started, wrong = time.monotonic(), []
    parcels = random_papers(seed, n)
    with TemporaryDirectory() as folder:
        for start in range(0, n, 50):
            wrong += unread(parcels[start : start + 50], Path(folder))
    took = time.monotonic() - started
    print(f"{n} parcels, seed {seed}: {4 * n} papers in {took:.0f} s, {len(wrong)} codes not read back")
    for line in wrong:
        print(" ", line)
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
