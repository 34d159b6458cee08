"""CPU milliseconds per waybill and per packing slip of ten Chinese lines, alone and in a batch of 200, beside reportlab
and typst: python -m benchmarks.papers [--batch 200] [--rounds 5] [--peers VENV].

The three take turns, round by round, in processes of one thread each; the best of the rounds is shown, as the least
disturbed by whatever else the machine does. The peers have a venv of their own, made at the first run; without a
network they are named as absent. They draw the same words, lines and codes at places counted out by hand, with the
same Chinese font embedded as a subset; ours is laid out by HTML and CSS, and fits its type to its boxes.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from floor.paper import codes
from floor.paper.slips import PackingSlip, SlipLine, packing_slips_pdf
from floor.paper.waybills import Waybill, waybills_pdf
from tests.paper.samples import CHINESE

HERE = Path(__file__).parent
FONT = Path("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc")
PEERS = ("reportlab~=5.1", "typst~=0.15")
LANG = "zh_Hans_CN"
LABEL = replace(CHINESE, parcels=1)
GOODS = (
    "男款纯棉圆领短袖T恤",
    "女款轻薄防晒衣外套",
    "不锈钢真空保温杯",
    "有机高山绿茶礼盒",
    "儿童大颗粒积木套装",
    "蓝牙降噪耳机入耳式",
    "加厚珊瑚绒毛毯单人",
    "手工牛皮短款钱包男",
    "陶瓷手冲咖啡滤杯",
    "竹纤维抽纸整箱装",
)
SLIP = PackingSlip(
    "云仓小店", "SO2611230042", date(2026, 11, 23), "张**",
    tuple(SlipLine(f"SKU-{n:05}", name, "藏青 L", n + 1, 7900 + n) for n, name in enumerate(GOODS)),
    total_fen=439_745, returns="不合适？七天内扫码选择退货、换货或维修。", page_url="https://example.cn/t/abcdefghijklmnop",
)  # fmt: skip


def waybills(count: int) -> list[Waybill]:
    return [replace(LABEL, waybill_number=f"7731234567{n:04}") for n in range(count)]


def slips(count: int) -> list[PackingSlip]:
    return [replace(SLIP, order_no=f"SO26112{n:05}") for n in range(count)]


OURS: dict[str, tuple[Callable[[int], list[Any]], Callable[[Sequence[Any]], bytes]]] = {
    "waybill": (waybills, lambda papers: waybills_pdf(papers, LANG)),
    "slip": (slips, lambda papers: packing_slips_pdf(papers, LANG)),
}


# --- the peers ---------------------------------------------------------------


class Peers:
    """A process of the peers' own Python."""

    def __init__(self, python: Path, folder: Path) -> None:
        self.folder = folder
        command = [python, HERE / "papers_peers.py", FONT, folder]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ms(self, peer: str, paper: str, count: int) -> float:
        """CPU milliseconds for so many papers in one PDF."""
        assert self._process.stdin
        assert self._process.stdout
        plain = [_plain(one, self.folder) for one in OURS[paper][0](count)]
        self._process.stdin.write(json.dumps({"peer": peer, "paper": paper, "papers": plain}) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise SystemExit(f"{peer} broke off at {paper}")
        return float(json.loads(answer)["ms"])

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


def _plain(paper: Waybill | PackingSlip, folder: Path) -> dict[str, Any]:
    """What the peers draw: texts with their size and place, and pictures of the codes for typst."""
    if isinstance(paper, Waybill):
        bars, qr = folder / f"{paper.waybill_number}.png", folder / "waybill-qr.png"
        if not bars.exists():
            bars.write_bytes(codes.code128_png(paper.waybill_number, module_px=3, height_px=4))
            qr.write_bytes(codes.qr_png(paper.qr_text or "", module_px=8))
        w, texts = paper, []
        for size, x, y, text in (
            (21, 4, 11, w.carrier),
            (14, 72, 11, w.service),
            (14, 25, 39, w.waybill_number),
            (36, 12, 55, w.route_code),
            (9, 5, 64, "集包地"),
            (18, 21, 65, w.hub),
            (12, 6, 75, "收件"),
            (17, 25, 75, f"{w.receiver.name}  {w.receiver.phone}"),
            (15, 4, 83, w.receiver.address[:17]),
            (15, 4, 90, w.receiver.address[17:]),
            (8, 5, 99, "寄件"),
            (9.5, 19, 99, f"{w.sender.name}  {w.sender.phone}  {w.sender.address}"),
            (6.5, 4, 104, "重量"),
            (11, 4, 108, "1.25 kg"),
            (6.5, 26, 104, "包裹"),
            (11, 26, 108, "1/1"),
            (6.5, 41, 104, "付款方式"),
            (11, 41, 108, w.pay_mode),
            (6.5, 66, 104, "签收人"),
            (9, 5, 130, w.waybill_number),
            (6.5, 5, 136, "内件"),
            (10, 5, 141, w.contents),
            (6.5, 5, 154, "订单"),
            (9, 14, 154, w.order_ref),
            (6.5, 5, 161, "外包装完好，签收人与日期"),
            (7, 76, 177, "2026-11-23 09:05"),
        ):
            texts.append((size, x, y, text))
        return {"texts": texts, "number": w.waybill_number, "qr": w.qr_text, "bars": bars.name, "qr_png": qr.name}
    qr = folder / "slip-qr.png"
    if not qr.exists():
        qr.write_bytes(codes.qr_png(paper.page_url, module_px=8))
    lines = [
        (line.name, f"{line.variant} · {line.sku}", str(line.qty), f"¥{(line.price_fen or 0) / 100:.2f}",
         f"¥{(line.price_fen or 0) * line.qty / 100:.2f}")
        for line in paper.lines
    ]  # fmt: skip
    return {
        "shop": paper.shop,
        "facts": ["订单 " + paper.order_no, "日期 2026-11-23", "买家 " + paper.buyer],
        "lines": lines,
        "total": f"合计 ¥{(paper.total_fen or 0) / 100:.2f}",
        "returns": paper.returns,
        "qr": paper.page_url,
        "qr_png": qr.name,
    }


def peers_python(folder: Path) -> Path | None:
    """The Python of the peers' venv, made when it is not there; None where it cannot be."""
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    if subprocess.run([python, "-c", "import reportlab, typst"], capture_output=True, check=False).returncode:
        command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PEERS]
        if subprocess.run(command, check=False).returncode:
            return None
    return python


# --- the clock ---------------------------------------------------------------


def ours_ms(paper: str, count: int) -> float:
    make, draw = OURS[paper]
    papers = make(count)
    start = time.process_time()
    draw(papers)
    return (time.process_time() - start) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peers", type=Path, default=HERE.parent / ".run" / "papers-peers", help="their venv")
    options = parser.parse_args()
    python = peers_python(options.peers)
    with tempfile.TemporaryDirectory() as folder:
        peers = Peers(python, Path(folder)) if python and FONT.exists() else None
        if peers is None:
            print("reportlab and typst are absent: not measured")
        print(f"{'CPU ms a paper':22}{'floor':>9}{'reportlab':>11}{'typst':>8}{'/ reportlab':>13}{'/ typst':>9}")
        for paper in OURS:
            for count in (1, options.batch):
                _line(paper, count, options.rounds, peers)
        if peers:
            peers.close()


def _line(paper: str, count: int, rounds: int, peers: Peers | None) -> None:
    best: dict[str, float] = {}
    for turn in range(rounds + 1):  # the first turn loads fonts and style sheets: once a worker, not once a paper
        ways: dict[str, Callable[[], float]] = {"floor": lambda: ours_ms(paper, count)}
        if peers is not None:
            ways |= {peer: lambda peer=peer: peers.ms(peer, paper, count) for peer in ("reportlab", "typst")}
        for name, measure in ways.items():
            ms = measure() / count
            if turn:
                best[name] = min(ms, best.get(name, ms))
    shown = [f"{best[name]:{width}.1f}" if name in best else " " * (width - 1) + "-"
             for name, width in (("floor", 9), ("reportlab", 11), ("typst", 8))]  # fmt: skip
    ratios = [f"{best['floor'] / best[name]:{width}.2f}" if name in best else ""
              for name, width in (("reportlab", 13), ("typst", 9))]  # fmt: skip
    print(f"{paper + (' of ' + str(count) if count > 1 else ' alone'):22}" + "".join(shown + ratios), flush=True)


if __name__ == "__main__":
    main()
