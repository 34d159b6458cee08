"""Doors: the start page of everybody."""

from flask import Blueprint, Response

from floor.web.auth import roles
from floor.web.page import page

bp = Blueprint("analytics", __name__)


@bp.get("/")
@roles()
def home() -> Response:
    """Screen 3: my next task, and the pages my role works with."""
    return page("analytics/home.html", "screen")
