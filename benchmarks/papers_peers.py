"""The peers of benchmarks.papers: reportlab and typst. Run by the Python of their own venv, never by ours.

    python papers_peers.py FONT FOLDER

Reads one JSON task a line and answers each with one: {"peer", "paper": "waybill" | "slip", "papers": [...]} draws all
of them in one PDF with the font embedded as a subset, and says {"ms": CPU milliseconds for all, "bytes"}. Code 128 and
QR are reportlab's own; typst has none, so it places pictures made before the clock starts.
"""

import io
import json
import sys
import time
from pathlib import Path
from typing import Any

import typst
from reportlab.graphics.barcode.code128 import Code128
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.renderPDF import draw
from reportlab.graphics.shapes import Drawing
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

FONT, FOLDER = Path(sys.argv[1]), Path(sys.argv[2])
pdfmetrics.registerFont(TTFont("Hei", FONT, subfontIndex=0))


def _canvas(width: float, height: float) -> tuple[Canvas, io.BytesIO]:
    out = io.BytesIO()
    return Canvas(out, pagesize=(width * mm, height * mm)), out


def _qr(canvas: Canvas, text: str, x: float, y: float, side: float) -> None:
    drawing = Drawing(side * mm, side * mm)
    drawing.add(QrCodeWidget(text, barWidth=side * mm, barHeight=side * mm))
    draw(drawing, canvas, x * mm, y * mm)


def reportlab_waybill(papers: list[dict[str, Any]]) -> bytes:
    canvas, out = _canvas(100, 180)
    for w in papers:
        for size, x, y, text in w["texts"]:
            canvas.setFont("Hei", size)
            canvas.drawString(x * mm, (180 - y) * mm, text)
        for y in (42, 67, 94, 110):
            canvas.line(0, (180 - y) * mm, 100 * mm, (180 - y) * mm)
        canvas.rect(65 * mm, 70 * mm, 31 * mm, 8 * mm)
        for height, y in ((17, 147.5), (11, 55)):
            Code128(w["number"], barHeight=height * mm, barWidth=0.375 * mm, quiet=1).drawOn(canvas, 5 * mm, y * mm)
        _qr(canvas, w["qr"], 69, 40, 28)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def reportlab_slip(papers: list[dict[str, Any]]) -> bytes:
    canvas, out = _canvas(148, 210)
    for slip in papers:
        canvas.setFont("Hei", 22)
        canvas.drawString(11 * mm, 190 * mm, slip["shop"])
        canvas.setFont("Hei", 12)
        canvas.drawString(11 * mm, 180 * mm, "  ".join(slip["facts"]))
        y = 170.0
        for name, more, *cells in slip["lines"]:
            canvas.setFont("Hei", 11)
            canvas.drawString(11 * mm, y * mm, name)
            for x, cell in zip((88, 112, 137), cells, strict=True):
                canvas.drawRightString(x * mm, y * mm, cell)
            canvas.setFont("Hei", 8.5)
            canvas.drawString(11 * mm, (y - 4) * mm, more)
            canvas.line(11 * mm, (y - 6) * mm, 137 * mm, (y - 6) * mm)
            y -= 10
        canvas.setFont("Hei", 14)
        canvas.drawRightString(137 * mm, (y - 5) * mm, slip["total"])
        canvas.setFont("Hei", 10)
        canvas.drawString(11 * mm, (y - 20) * mm, slip["returns"])
        _qr(canvas, slip["qr"], 107, 10, 30)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


_HEAD = '#set page(width: {w}mm, height: {h}mm, margin: 0mm)\n#set text(font: "WenQuanYi Micro Hei", size: 10pt)\n'


def _at(x: float, y: float, what: str) -> str:
    return f"#place(top + left, dx: {x}mm, dy: {y}mm, {what})\n"


def _text(text: str, size: float) -> str:
    return f"text(size: {size}pt)[#{json.dumps(text, ensure_ascii=False)}]"


def _compiled(name: str, source: list[str]) -> bytes:
    path = FOLDER / f"{name}.typ"
    path.write_text("".join(source), encoding="utf-8")
    return typst.compile(path, font_paths=[FONT.parent])


def typst_waybill(papers: list[dict[str, Any]]) -> bytes:
    source = [_HEAD.format(w=100, h=180)]
    for n, w in enumerate(papers):
        source += [_at(x, y - size * 0.35, _text(text, size)) for size, x, y, text in w["texts"]]
        source += [_at(0, y, "line(length: 100mm)") for y in (42, 67, 94, 110)]
        source += [_at(65, 102, "rect(width: 31mm, height: 8mm)")]
        for height, y in ((17, 15.5), (11, 114)):
            source.append(_at(5, y, f'image("{w["bars"]}", width: 90mm, height: {height}mm, fit: "stretch")'))
        source.append(_at(69, 113, f'image("{w["qr_png"]}", width: 28mm)'))
        source.append("#pagebreak()\n" if n + 1 < len(papers) else "")
    return _compiled("waybills", source)


def typst_slip(papers: list[dict[str, Any]]) -> bytes:
    source = [_HEAD.format(w=148, h=210)]
    for n, slip in enumerate(papers):
        source += [_at(11, 12, _text(slip["shop"], 22)), _at(11, 26, _text("  ".join(slip["facts"]), 12))]
        for row, (name, more, *cells) in enumerate(slip["lines"]):
            y = 36 + 10 * row
            source += [_at(11, y, _text(name, 11)), _at(11, y + 4.5, _text(more, 8.5))]
            source += [_at(x - 20, y, f"box(width: 20mm, align(right, {_text(cell, 11)}))")
                       for x, cell in zip((88, 112, 137), cells, strict=True)]  # fmt: skip
            source.append(_at(11, y + 8.5, "line(length: 126mm)"))
        source += [_at(80, 145, _text(slip["total"], 14)), _at(11, 160, _text(slip["returns"], 10))]
        source.append(_at(107, 170, f'image("{slip["qr_png"]}", width: 30mm)'))
        source.append("#pagebreak()\n" if n + 1 < len(papers) else "")
    return _compiled("slips", source)


WAYS = {("reportlab", "waybill"): reportlab_waybill, ("reportlab", "slip"): reportlab_slip,
        ("typst", "waybill"): typst_waybill, ("typst", "slip"): typst_slip}  # fmt: skip


def main() -> None:
    for line in sys.stdin:
        task = json.loads(line)
        start = time.process_time()
        pdf = WAYS[task["peer"], task["paper"]](task["papers"])
        print(json.dumps({"ms": (time.process_time() - start) * 1000, "bytes": len(pdf)}), flush=True)
        (FOLDER / f"{task['peer']}-{task['paper']}.pdf").write_bytes(pdf)


if __name__ == "__main__":
    main()
