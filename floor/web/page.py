"""`page()` renders a whole screen or, when htmx asks, only the named block of the same file."""

from typing import Any

from flask import Response, current_app, make_response, render_template
from jinja2_fragments.flask import render_block

from floor.web import hx


def page(template: str, fragment: str | None = None, status: int = 200, **context: Any) -> Response:
    """Answer with `template`; with its block `fragment` alone when htmx asked for a part.

    `verdict` in the context becomes the client event that plays the sound (DESIGN: step, done, walk, warn, err).
    """
    if fragment and hx.wants_fragment():
        # A block alone never sees the layout's context processors: Flask-Login and ours must run for it too.
        current_app.update_template_context(context)
        response = make_response(render_block(template, fragment, **context), status)
        if context.get("verdict"):
            hx.trigger(response, "verdict", context["verdict"])
        return response
    return make_response(render_template(template, **context), status)
