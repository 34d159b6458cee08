import base64
import http.server
import multiprocessing
import subprocess
import sys
import threading
from concurrent.futures import ProcessPoolExecutor

import pytest
from jinja2.ext import babel_extract
from PIL import Image

from floor.paper import codes, document, words
from floor.paper.waybills import waybills_pdf
from tests.paper.samples import CHINESE, page_count, pictures, run, words_of


@pytest.fixture
def listener():
    """A web server that remembers what was asked of it."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *_):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()
    thread.join()


def test_nothing_is_fetched_from_the_disk_or_the_network(listener, tmp_path):
    url, asked = listener
    secret = tmp_path / "secret.css"
    secret.write_text('p::after { content: "LEAKED" }')
    picture = tmp_path / "secret.png"
    picture.write_bytes(codes.qr_png("LEAKED", module_px=6))
    css, png = secret.as_uri(), picture.as_uri()
    html = f"""
      <link rel="stylesheet" href="{css}"><link rel="stylesheet" href="{url}/style.css">
      <link rel="attachment" href="{css}"><style>@import url("{css}"); @import "{url}/more.css";
      @font-face {{ font-family: x; src: url("{url}/font.ttf"), url("{png}") }}
      p {{ font-family: x; background: url("{png}"), url("{url}/back.png") }}</style>
      <p>kept<img src="{png}" alt=""><img src="{picture}" alt=""><img src="{url}/a.png" alt="">
      <object data="{png}"></object>
      <svg width="9" height="9"><image href="{png}" width="9" height="9"/><use href="{url}/u.svg#x"/></svg>"""
    pdf = document.render(html, "waybill.css")
    assert asked == []
    assert "kept" in words_of(pdf)
    assert "LEAKED" not in words_of(pdf)
    assert secret.read_bytes() not in pdf
    (tmp_path / "out.pdf").write_bytes(pdf)
    assert "has no embedded files" in run("qpdf", "--list-attachments", tmp_path / "out.pdf")
    assert run("pdfimages", "-list", "-", stdin=pdf).count("image") <= 1, "only the table head speaks of images"
    (page,) = pictures(pdf, 150, tmp_path / "pages")
    assert codes.read_codes(page.read_bytes()) == []


def test_a_data_uri_is_drawn(tmp_path):
    uri = "data:image/png;base64," + base64.b64encode(codes.qr_png("drawn", module_px=6)).decode()
    (page,) = pictures(document.render(f'<img src="{uri}" alt="">'), 150, tmp_path)
    assert [code.text for code in codes.read_codes(page.read_bytes())] == ["drawn"]


def test_bold_chinese_has_more_ink_than_plain_and_white_on_black_stays_white(tmp_path):
    def ink(weight: int, colours: str) -> int:
        html = f'<p style="font:{weight} 40pt WenQuanYi Micro Hei;{colours}">杭州'
        (page,) = pictures(document.render(html), 72, tmp_path / f"{weight}{colours[-4:]}")
        return Image.open(page).convert("L").histogram()[0]

    assert ink(700, "color:#000") > ink(400, "color:#000") * 1.15
    assert ink(700, "background:#000;color:#fff") < ink(400, "background:#000;color:#fff")


def test_the_two_languages_of_paper():
    assert words.translations("zh_Hans_CN").gettext("Receiver") == "收件"
    assert words.translations("en").gettext("Receiver") == "Receiver"
    with pytest.raises(ValueError, match="no paper in language"):
        words.translations("zh_CN")


def test_every_word_on_paper_has_its_chinese():
    missing = []
    for template in sorted(document.STYLES.glob("*.html")):
        with template.open("rb") as lines:
            for _, _, message, _ in babel_extract(lines, ["_", "gettext", "ngettext"], [], {"trimmed": "true"}):
                single = message[0] if isinstance(message, tuple) else message
                if words.translations("zh_Hans_CN").gettext(single) == single and not isinstance(message, tuple):
                    missing.append((template.name, single))
    assert missing == []


def test_importing_the_papers_does_not_load_the_pdf_engine():
    code = (
        "import sys, floor.paper.waybills, floor.paper.slips, floor.paper.sheets, floor.paper.labels;"
        "sys.exit('weasyprint' in sys.modules or 'flask' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_labels_are_made_in_a_worker_process():
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        assert page_count(pool.submit(waybills_pdf, [CHINESE], "zh_Hans_CN").result()) == 1


def test_inline_styles_become_classes_shared_by_all_that_say_the_same():
    html = '<head></head><b class="big" style="width:1mm">a</b><img src="x" style="width:1mm"><i style="top:0">b</i>'
    assert document.with_classes(html) == (
        "<head><style>.s0{width:1mm}.s1{top:0}</style></head>"
        '<b class="s0 big">a</b><img class="s0" src="x"><i class="s1">b</i>'
    )


def test_a_customer_who_writes_attributes_gets_no_class():
    said = '<head></head><p>&lt;b style=&#34;top:0&#34;&gt; style="top:0" </p>'
    assert document.with_classes(said) == said.replace("</head>", "<style></style></head>")
    assert document.with_classes('<p style="top:0">no head') == '<p style="top:0">no head'
