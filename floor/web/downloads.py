"""Answers that are files for a spreadsheet."""

from collections.abc import Iterable, Sequence
from typing import Any

from flask import Response, make_response

from floor.kit import spreadsheet


def csv_file(name: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Response:
    """A CSV of that name that Excel reads as UTF-8, and of which it runs no cell."""
    response = make_response(spreadsheet.to_csv(header, rows))
    response.headers["Content-Type"] = "text/csv; charset=utf-8"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
