"""A house without a warehouse: the real layouts, macros, styles and scripts, served with sample data to a browser."""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask, Response, render_template, render_template_string, request, url_for
from flask_babel import Babel
from jinja2 import StrictUndefined
from playwright.sync_api import Page
from werkzeug.serving import make_server

from floor.factory import create_app
from floor.settings import Settings
from floor.web.assets import htmx_folder
from floor.web.context import command_input
from tests.house.samples import ChineseWords, FormWithErrors, rail
from tests.servers import free_port

ROOT = Path(__file__).parents[2]

TOY = """
{% extends "layouts/phone.html" %}
{% block screen %}{% import "_ui/ui.html" as ui %}
<div id="screen" class="hand">
<input type="hidden" form="scan" name="stop" value="{{ toy.seen|length }}">{{ command_input("scan") }}
<header>{{ ui.bar("Toy", menu="#") }}</header>
<main class="main"><h2 id="count">{{ toy.seen|length }}</h2>
<form id="tap" method="post" action="/tap" hx-post="/tap" hx-target="#count">
{{ command_fields() }}<button>Tap</button></form>
<a href="#link" data-key="G">G</a></main>
<nav class="dock" aria-label="Actions">{{ ui.scan_button("Scan") }}</nav></div>{% endblock %}
"""


@dataclass
class Toy:
    """What the browser sent, and how the next answers shall go wrong."""

    url: str = ""
    seen: list[dict[str, str]] = field(default_factory=list)
    taps: list[str] = field(default_factory=list)
    slow: float = 0.0
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)


def _app(toy: Toy) -> Flask:
    app = Flask("house", static_folder=str(ROOT / "static"), template_folder=str(ROOT / "templates"))
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(ROOT / "floor" / "translations")
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    Babel(app, locale_selector=lambda: "en" if request.args.get("lang", "en") == "en" else "zh_Hans_CN")
    app.jinja_env.globals.update(
        csrf_token=lambda: "token",
        command_input=command_input,
        command_fields=command_input,
        asset=lambda name: url_for("static", filename=name),
        htmx_asset=lambda name: f"/htmx/{name}",
        flashes=list,
        toy=toy,
    )
    app.context_processor(_context)
    app.add_url_rule("/htmx/<path:name>", "htmx", _htmx)
    app.add_url_rule("/guide", "guide", lambda: render_template("_ui/guide.html"))
    app.add_url_rule("/toy", "toy", lambda: render_template_string(TOY, scan_url="/scans"))
    app.add_url_rule("/scans", "scans", lambda: _scanned(toy), methods=["POST"])
    app.add_url_rule("/tap", "tap", lambda: _tapped(toy), methods=["POST"])
    return app


def _htmx(name: str) -> Response:
    return Response((htmx_folder() / name).read_text(), mimetype="text/javascript")


def _scanned(toy: Toy) -> Response:
    time.sleep(toy.slow)
    toy.seen.append({**request.form.to_dict(), "token": request.headers.get("X-CSRFToken", "")})
    status, headers = toy.answers.pop(0) if toy.answers else (200, {})
    if headers.get("HX-Retarget"):
        return Response('<p class="strip err">Not here</p>', status, headers)
    return Response(render_template_string(TOY, scan_url="/scans"), status, {**headers, "HX-Reselect": "#screen"})


def _tapped(toy: Toy) -> Response:
    time.sleep(toy.slow)
    toy.taps.append(request.form["command_id"])
    return Response(str(len(toy.taps)))


def _context() -> dict[str, Any]:
    chinese = request.args.get("lang") == "zh"
    return {
        "html_lang": "zh-CN" if chinese else "en",
        "prefs": SimpleNamespace(
            theme=request.args.get("theme", "light"),
            hand=request.args.get("hand", "right"),
            text=request.args.get("text", "normal"),
            volume=2,
            vibrate=True,
            shortcuts=True,
        ),
        "nav": rail(chinese),
        "current_user": SimpleNamespace(id=1, name="Ana", badge="S2001", is_authenticated=True),
        "t": ChineseWords() if chinese else str,
        "form": FormWithErrors(),
    }


@pytest.fixture
def toy() -> Iterator[Toy]:
    toy = Toy()
    port = free_port()
    server = make_server("127.0.0.1", port, _app(toy), threaded=True)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    toy.url = f"http://127.0.0.1:{port}"
    yield toy
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def app_of_house(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The whole application, for reading its routes and templates; its database is never opened."""
    path = tmp_path_factory.mktemp("house") / "unused.db"
    return create_app(Settings(database_url=f"sqlite:///{path}", secret_key="a key for tests"))


@pytest.fixture
def at_the_toy(toy: Toy, page: Page) -> Page:
    page.goto(f"{toy.url}/toy")
    page.wait_for_function("Boolean(window.Floor?.scan)")
    # The browser's first key takes a busy machine longer than a scanner's pause: let it be one that means nothing.
    page.keyboard.press("Shift")
    return page
