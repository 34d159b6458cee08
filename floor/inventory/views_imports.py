"""Doors of files: upload, what would change, yes or no, how far it is, what became of it; and exports."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Blueprint, Response, flash, g, make_response, request, url_for
from flask_babel import gettext as _
from sqlmodel import Session

from floor.inventory import files, imported, imports, messages
from floor.inventory.kinds import KINDS
from floor.inventory.models import ImportKind, StockImport, StockImportRow
from floor.inventory.states import ImportState
from floor.kit import clock, compute, spreadsheet
from floor.kit.errors import Invalid, Refused, Unknown
from floor.kit.uow import reading
from floor.web import hx, locale
from floor.web.auth import actor, roles
from floor.web.commands import command
from floor.web.errors import sentence
from floor.web.forms import Form
from floor.web.page import page

bp = Blueprint("stock_files", __name__)

_PAGE = 100
#: Above so many rows a workbook is written by another process: it takes seconds, and every other page would wait.
_QUICK = 2000
_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def header_checked(view: Callable[..., Response]) -> Callable[..., Response]:
    """Read the file's header before the transaction begins: opening a workbook may take a second."""

    @wraps(view)
    def checked(*args: Any, **kwargs: Any) -> Response:
        form: Form[Any] = Form({"kind": request.form.get("kind", "")})
        try:
            g.kind = _kind(form["kind"])
            given = request.files.get("file")
            g.body = given.read() if given else b""
            g.filename = (given.filename if given else "") or "file"
            if given:
                given.seek(0)
            if not g.body:
                raise Invalid("inventory.no_file", field="file")
            files.rows(g.kind, KINDS[g.kind].required, g.body)
        except Invalid as refused:
            return show_list(form.refuse(refused, sentence(refused)), 422)
        return view(*args, **kwargs)

    return checked


def _kind(code: str) -> ImportKind:
    try:
        return ImportKind(code)
    except ValueError:
        raise Invalid("inventory.no_kind", field="kind") from None


@bp.get("/stock/imports")
@roles("supervisor")
def index() -> Response:
    """Files that came in, one more to upload, and what the house has to take away."""
    return show_list(Form({"kind": request.args.get("kind", "")}))


def show_list(form: Form[Any], status: int = 200) -> Response:
    with reading() as db:
        rows = imported.imports(db)
    columns = [(words, files.headings(kind, _is_chinese())) for kind, words in messages.IMPORT_KINDS.items()]
    return page(
        "inventory/imports.html", status=status, rows=rows, form=form, words=messages, columns=columns,
        verdict="err" if status == 422 else None,
    )  # fmt: skip


def _is_chinese() -> bool:
    return locale.chosen() == locale.CHINESE


@bp.post("/stock/imports")
@roles("supervisor")
@header_checked
@command
def upload(db: Session) -> Response:
    """Keep the file; the worker looks at every row. A file without the columns it needs is refused here."""
    it = imports.begin(db, g.kind, g.filename, g.body, actor())
    if before := imported.done_before(db, it):
        flash(_("The same file was imported before, as number %(n)s.", n=before.id), "info")
    return hx.see(url_for("stock_files.show", import_id=it.id))


@bp.get("/stock/imports/<int:import_id>")
@roles("supervisor")
def show(import_id: int) -> Response:
    """What would change, how far it is, or what became of it. While the worker is at it the page looks again."""
    with reading() as db:
        return show_import(db, imported.import_for(db, import_id))


def show_import(db: Session, it: StockImport, status: int = 200, problem: str = "") -> Response:
    assert it.id is not None
    number = max(1, request.args.get("page", 1, type=int))
    faults = imported.faults(db, it.id, _PAGE, (number - 1) * _PAGE)
    return page(
        "inventory/import.html", "content", status=status, it=it, words=messages, problem=problem,
        changes=[_told(it, row) for row in imported.changes(db, it.id, imports.SHOWN)],
        faults=[(row, _heading(it, row.column), why(row)) for row in faults],
        reasons=[(_heading(it, column), _reason(code), rows) for column, code, rows in imported.reasons(db, it.id)],
        before=imported.done_before(db, it), page_number=number, pages=-(-(it.bad + it.refused) // _PAGE),
        percent=_percent(it), failure=sentence(Refused(it.problem, **it.problem_values)) if it.problem else "",
    )  # fmt: skip


def _percent(it: StockImport) -> int | None:
    """How far the present step is; None when nobody knows."""
    done, whole = (it.rows, it.expected) if it.state is ImportState.EXAMINING else (it.settled, it.rows - it.bad)
    return min(99, 100 * done // whole) if whole else None


def _heading(it: StockImport, column: str) -> str:
    return files.heading(it.kind, column, _is_chinese()) if column else ""


def _told(it: StockImport, row: StockImportRow) -> tuple[StockImportRow, list[tuple[str, str, str]]]:
    """A change with its fields as the reader calls them."""
    return row, [(_heading(it, name), _value(name, old), _value(name, new)) for name, old, new in row.changes]


def _value(name: str, text: str) -> str:
    return {"0": _("No"), "1": _("Yes")}.get(text, text) if name in ("closed", "active") else text


def why(row: StockImportRow) -> str:
    return str(messages.FAULTS[row.reason]) % row.values


def _reason(code: str) -> str:
    """The sentence with its values left open."""
    return str(messages.FAULTS[code]) % dict.fromkeys(("value", "least", "most", "known", "sku"), "…")


@bp.post("/stock/imports/<int:import_id>/confirm")
@roles("supervisor")
@command
def confirm(db: Session, import_id: int) -> Response:
    """Yes: the worker applies it, slice by slice."""
    it = imported.import_for(db, import_id, lock=True)
    try:
        imports.confirm(db, it, actor())
    except Invalid as refused:
        return show_import(db, it, 422, sentence(refused))
    return hx.see(url_for("stock_files.show", import_id=import_id))


@bp.post("/stock/imports/<int:import_id>/cancel")
@roles("supervisor")
@command
def cancel(db: Session, import_id: int) -> Response:
    """No: nothing of it is applied."""
    imports.cancel(db, imported.import_for(db, import_id, lock=True), actor())
    flash(_("The file was put aside. Nothing was changed."), "ok")
    return hx.see(url_for("stock_files.index"))


@bp.get("/stock/imports/<int:import_id>/faults.csv")
@roles("supervisor")
def faults(import_id: int) -> Response:
    """The rows that were left out, each with its reason: correct them and upload this file."""
    with reading() as db:
        it = imported.import_for(db, import_id)
        rows = imported.faults(db, import_id)
    names = [name for name in files.fields(it.kind) if any(name in row.cells for row in rows)]
    header = [*(_heading(it, name) for name in names), "_row", "_column", "_reason"]
    table = [
        [*(row.cells.get(name, "") for name in names), row.number, _heading(it, row.column), why(row)] for row in rows
    ]
    return download(spreadsheet.to_csv(header, table), f"faults-{import_id}", "csv")


@bp.get("/stock/exports/<kind>.<suffix>")
@roles("supervisor")
def export(kind: str, suffix: str) -> Response:
    """What the house has, in the columns an import reads: take it away, change it, bring it back."""
    if kind not in list(ImportKind) or suffix not in _TYPES:
        raise Unknown("web.unfit")
    which = ImportKind(kind)
    header = files.headings(which, _is_chinese())
    with reading() as db:
        rows = [tuple(row) for row in KINDS[which].export(db)]
    if suffix == "csv":
        body = spreadsheet.to_csv(header, rows)
    elif len(rows) <= _QUICK:
        body = spreadsheet.to_workbook(header, rows)
    else:
        body = compute.run(spreadsheet.to_workbook, header, rows)
    day = clock.now().strftime("%Y%m%d")
    return download(body, f"{kind}-{day}", suffix)


def download(body: bytes, name: str, suffix: str) -> Response:
    response = make_response(body)
    response.headers["Content-Type"] = _TYPES[suffix]
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.{suffix}"'
    return response
