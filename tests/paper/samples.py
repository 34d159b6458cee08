"""Papers as a busy warehouse prints them, and the tools that read paper back."""

import re
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

from floor.paper.slips import SlipLine
from floor.paper.waybills import Party, Waybill

CHINESE = Waybill(
    carrier="中通快递",
    service="标准快递",
    waybill_number="77312345678901",
    route_code="321-A07-018",
    hub="杭州余杭集散中心",
    receiver=Party("张**", "138****1234", "浙江省杭州市余杭区仓前街道文一西路***号*幢*单元****室"),
    sender=Party("云**", "400****9999", "广东省广州市白云区太和镇大源南路**号"),
    weight_g=1250,
    order_ref="SO2611230042",
    contents="男款纯棉圆领短袖T恤 藏青 L ×2；女款防晒衣 米白 M ×1",
    pay_mode="寄付月结",
    printed_at=datetime(2026, 11, 23, 9, 5, tzinfo=UTC),
    parcels=2,
    qr_text="https://example.cn/t/77312345678901",
)
ENGLISH = replace(
    CHINESE,
    carrier="SF Express",
    service="Standard",
    waybill_number="SF1234567890123",
    receiver=Party("J*** S****", "+86 138****1234", "Room ****, Building *, *** West Wenyi Road, Hangzhou"),
    pay_mode="Prepaid",
    contents="Men cotton crew-neck T-shirt navy L x2",
)
#: Everything as long as it comes, and then some.
LONG = replace(
    CHINESE,
    carrier="名字特别长的国际快递有限责任公司",
    service="次日达特快专递服务",
    waybill_number="DPK20230000001234-1-1",
    route_code="广州白云-A07-018-特别长的大头笔",
    hub="杭州余杭仓前街道集散分拨中心二号场地东侧三号门",
    receiver=Party(
        "W" * 40,
        "13812341234-5678",
        "新疆维吾尔自治区伊犁哈萨克自治州察布查尔锡伯自治县" + "孙扎齐牛录镇" * 60,
    ),
    sender=Party("超长寄件人名称有限责任公司", "0571-****1234", "MWMW@" * 60),
    contents="超长品名 WWWW" * 60,
    order_ref="SO-" + "9" * 60,
    pay_mode="第三方月结到付",
)
LINES = (
    SlipLine("TS-NV-L", "男款纯棉圆领短袖 T 恤", "藏青 L", 2, 7900),
    SlipLine("CP-01", "运动水杯 750 ml", "", 1, 4900),
)
DAY = date(2026, 11, 23)


@cache
def tool(name: str) -> str:
    found = shutil.which(name)
    assert found, f"{name} is missing: ./test installs it"
    return found


def run(*command: str | Path, stdin: bytes | None = None) -> str:
    name, *arguments = map(str, command)
    done = subprocess.run([tool(name), *arguments], input=stdin, capture_output=True, check=True)
    return done.stdout.decode()


def words_of(pdf: bytes) -> str:
    """The text of a PDF without white space: where a line breaks is the layout's business."""
    return re.sub(r"\s+", "", run("pdftotext", "-layout", "-", "-", stdin=pdf))


def page_count(pdf: bytes) -> int:
    found = re.search(r"^Pages:\s+(\d+)$", run("pdfinfo", "-", stdin=pdf), re.MULTILINE)
    assert found
    return int(found[1])


def pictures(pdf: bytes, dpi: int, folder: Path) -> list[Path]:
    """Pages as a thermal printer's driver makes them: black and white, at its resolution."""
    folder.mkdir(exist_ok=True)
    run("pdftoppm", "-r", str(dpi), "-mono", "-png", "-", folder / "page", stdin=pdf)
    return sorted(folder.glob("page*.png"))


def scanned(picture: Path) -> set[str]:
    """What zbarimg reads, as `CODE-128:text` or `QR-Code:text`."""
    return set(run("zbarimg", "-q", picture).split())
