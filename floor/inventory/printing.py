"""Labels as PDF answers, in the reader's language, rendered in a process of its own."""

from collections.abc import Sequence

from flask import Response, make_response
from flask_babel import get_locale

from floor.kit import compute
from floor.paper.labels import Label, ToteLabel, labels_pdf

_TOTE_SLOTS = 8


def labels(wanted: Sequence[Label], name: str, sheet: str = "roll") -> Response:
    """A page per label on a roll, or ten to an A4 sheet."""
    response = make_response(compute.run(labels_pdf, list(wanted), str(get_locale()), sheet))
    response.headers["Content-Type"] = "application/pdf"
    response.headers["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    return response


def tote_label(code: str) -> ToteLabel:
    """Totes come in sets of eight, numbered through: the ninth is a cart's number 1 again."""
    digits = "".join(c for c in code.rsplit("-", 1)[-1] if c.isdigit()) or "1"
    return ToteLabel(code, (int(digits) - 1) % _TOTE_SLOTS + 1)
