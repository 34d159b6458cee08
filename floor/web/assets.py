"""Static files with a version in their address, and htmx from the installed package that carries it."""

import hashlib
import importlib.util
from functools import cache
from pathlib import Path

from flask import Blueprint, Response, abort, current_app, send_from_directory, url_for

from floor.web.auth import public

bp = Blueprint("assets", __name__)

_YEAR = 365 * 24 * 3600


@cache
def htmx_folder() -> Path:
    """django-htmx is installed for its scripts alone; Django is not."""
    spec = importlib.util.find_spec("django_htmx")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("django-htmx is not installed")
    return Path(spec.submodule_search_locations[0]) / "static" / "django_htmx"


@cache
def _version(path: Path, _changed: float) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:10]


def version_of(path: Path) -> str:
    return _version(path, path.stat().st_mtime)


def asset(name: str) -> str:
    """URL of one of our static files; changes when the file does."""
    return url_for("static", filename=name, v=version_of(Path(str(current_app.static_folder)) / name))


def htmx_asset(name: str) -> str:
    return url_for("assets.htmx", name=name, v=version_of(htmx_folder() / name))


@bp.get("/htmx/<path:name>")
@public
def htmx(name: str) -> Response:
    if not name.endswith(".js"):
        abort(404)
    return send_from_directory(htmx_folder(), name, max_age=_YEAR)


@bp.get("/sw.js")
@public
def service_worker() -> Response:
    """At the root, to answer for the addresses of walks; asked for anew each time, so that it is never old."""
    return send_from_directory(str(current_app.static_folder), "js/sw.js", max_age=0, mimetype="text/javascript")
