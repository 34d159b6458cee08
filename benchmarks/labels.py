"""CPU milliseconds per waybill label: one alone, and in a batch of 40. Run: python -m benchmarks.labels

The peer is the same content laid out the plain way: an auto table with SVG codes. reportlab is no dependency:
it is timed when importable, else named as absent.
"""

import importlib.util
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from floor.paper import codes, document
from floor.paper.waybills import Party, Waybill, waybills_pdf

BATCH, ROUNDS = 40, 5
LABEL = Waybill(
    carrier="\u4e2d\u901a\u5feb\u9012",
    service="\u6807\u51c6\u5feb\u9012",
    waybill_number="77312345678901",
    route_code="321-A07-018",
    hub="\u676d\u5dde\u4f59\u676d\u96c6\u6563\u4e2d\u5fc3",
    receiver=Party("\u5f20**", "138****1234", "\u6d59\u6c5f\u7701\u676d\u5dde\u5e02\u4f59\u676d\u533a***\u53f7"),
    sender=Party("\u4e91**", "400****9999", "\u5e7f\u4e1c\u7701\u5e7f\u5dde\u5e02\u767d\u4e91\u533a**\u53f7"),
    weight_g=1250,
    order_ref="SO2611230042",
    contents="T-shirt navy L x2",
    pay_mode="\u6708\u7ed3",
    printed_at=datetime(2026, 11, 23, 9, 5, tzinfo=UTC),
    qr_text="https://example.cn/t/77312345678901",
)


def labels(count: int) -> list[Waybill]:
    return [replace(LABEL, waybill_number=f"7731234567{n:04}") for n in range(count)]


def ours(batch: Sequence[Waybill]) -> bytes:
    return waybills_pdf(batch, "en")


def plain_table(batch: Sequence[Waybill]) -> bytes:
    """The same words and codes in one table with a row per zone."""
    rows = "".join(
        f"<table><tr><td>{w.carrier}<td>{w.service}<tr><td colspan=2>{codes.code128_svg(w.waybill_number)}"
        f"<tr><td colspan=2>{w.waybill_number}<tr><th colspan=2>{w.route_code}<tr><td>Hub<td>{w.hub}"
        f"<tr><td>Receiver<td>{w.receiver.name} {w.receiver.phone}<tr><td colspan=2>{w.receiver.address}"
        f"<tr><td>Sender<td>{w.sender.name} {w.sender.phone} {w.sender.address}"
        f"<tr><td>Weight<td>{w.weight_g} g<tr><td>Parcel<td>{w.parcel}/{w.parcels}"
        f"<tr><td>Freight paid<td>{w.pay_mode}<tr><td>Signed by<td>"
        f"<tr><td colspan=2>{codes.code128_svg(w.waybill_number)}<tr><td colspan=2>{w.waybill_number}"
        f"<tr><td>Contents<td>{w.contents}<tr><td>Order<td>{w.order_ref}"
        f"<tr><td>{w.printed_at:%Y-%m-%d %H:%M}<td>{codes.qr_svg(w.qr_text or w.waybill_number)}</table>"
        for w in batch
    )
    style = (
        "@page{size:100mm 180mm;margin:4mm}table{width:100%;break-after:page;border-collapse:collapse}"
        "td,th{border:1px solid;font-size:9pt}th{font-size:24pt}svg{height:12mm}"
        "body{font-family:'WenQuanYi Micro Hei'}"
    )
    return document.render(f"<style>{style}</style>{rows}")


def reportlab(batch: Sequence[Waybill]) -> bytes:
    """Code 128, QR and the same lines of text in reportlab's built-in Chinese font (not embedded)."""
    from io import BytesIO

    from reportlab.graphics.barcode.code128 import Code128
    from reportlab.graphics.barcode.qr import QrCodeWidget
    from reportlab.graphics.shapes import Drawing
    from reportlab.lib.units import mm
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfgen.canvas import Canvas

    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    out = BytesIO()
    canvas = Canvas(out, pagesize=(100 * mm, 180 * mm))
    for w in batch:
        canvas.setFont("STSong-Light", 12)
        lines = (
            w.carrier,
            w.service,
            w.waybill_number,
            w.route_code,
            w.hub,
            w.receiver.name,
            w.receiver.phone,
        )
        more = (w.receiver.address, w.sender.name, w.sender.phone, w.sender.address, w.contents, w.order_ref)
        for row, line in enumerate(lines + more):
            canvas.drawString(4 * mm, (140 - row * 6) * mm, line)
        Code128(w.waybill_number, barHeight=17 * mm, barWidth=0.375 * mm).drawOn(canvas, 4 * mm, 155 * mm)
        drawing = Drawing(28 * mm, 28 * mm)
        drawing.add(QrCodeWidget(w.qr_text or w.waybill_number))
        drawing.drawOn(canvas, 68 * mm, 10 * mm)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def cpu_ms(make: Callable[[Sequence[Waybill]], bytes], count: int) -> float:
    """Best of ROUNDS, per label: the best is the least disturbed by whatever else the machine does."""
    batch = labels(count)
    times = []
    for _ in range(ROUNDS):
        start = time.process_time()
        make(batch)
        times.append(time.process_time() - start)
    return min(times) * 1000 / count


def main() -> None:
    peers = [("floor.paper", ours), ("plain table, SVG codes", plain_table)]
    if importlib.util.find_spec("reportlab"):
        peers.append(("reportlab", reportlab))
    else:
        print("reportlab is absent: not measured")
    print(f"{'CPU ms per label':26}{'single':>8}{'of ' + str(BATCH):>8}{'bytes of batch':>16}")
    for name, make in peers:
        make(labels(1))  # fonts and style sheets are loaded once per worker, not per label
        print(f"{name:26}{cpu_ms(make, 1):8.1f}{cpu_ms(make, BATCH):8.1f}{len(make(labels(BATCH))):16,}")


if __name__ == "__main__":
    main()
