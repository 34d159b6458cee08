"""The doors of files: the screens and the commands."""

import io

import pytest
import sqlalchemy as sa
from sqlmodel import select

from floor.inventory import imported, jobs
from floor.inventory.models import (
    ImportKind,
    LedgerRow,
    StockImport,
)
from floor.inventory.states import ImportState
from floor.kit.uow import reading
from tests.inventory.importing import (
    Killed,
    begun,
    held,
    killed_after,
    sheet,
    tables,
)

# --- the screens -----------------------------------------------------------------------------------------------------


def upload(person, body, kind="stock", name="stock.csv"):
    form = {"kind": kind, "file": (io.BytesIO(body), name)}
    return person.post("/stock/imports", form, content_type="multipart/form-data")


def test_from_upload_to_result_on_the_screen(shelves, sign_in, relay):
    dai = sign_in("Dai")
    body = sheet("TEE-NAVY-L,SHA,A01-02-1,8", "NOPE,SHA,A01-02-1,=1+1")
    answer = upload(dai, body)
    assert answer.status_code == 303
    where = answer.location
    assert "every 1s" in dai.get(where).text
    relay.drain()
    page = dai.get(where).text
    assert "every 1s" not in page
    assert "There is no SKU NOPE." in page
    assert "Apply 1 row" in page
    assert held(shelves, 1) == 0
    assert dai.post(f"{where}/confirm", {}).status_code == 303
    relay.drain()
    assert held(shelves, 1) == 8
    assert "confirmed by Dai" in dai.get(where).text
    sheet_of_faults = dai.get(f"{where}/faults.csv")
    assert sheet_of_faults.data.decode("utf-8-sig").splitlines()[1] == (
        "NOPE,SHA,A01-02-1,'=1+1,3,sku,There is no SKU NOPE."
    )
    again = upload(dai, body)
    relay.drain()
    assert "The same file was imported before" in dai.get(again.location).text
    assert dai.post(f"{again.location}/confirm", {}).status_code == 422
    assert dai.post(f"{again.location}/cancel", {}).status_code == 303
    assert dai.post(f"{again.location}/confirm", {}).status_code == 409
    assert "stock.csv" in dai.get("/stock/imports").text


def test_a_wrong_file_is_refused_at_once_and_what_was_chosen_stays(shelves, sign_in):
    dai = sign_in("Dai")
    answer = upload(dai, b"a,b\n1,2\n", "bins")
    assert answer.status_code == 422
    assert "These columns are missing: warehouse, code." in answer.text
    assert '<option value="bins" selected>' in answer.text
    assert upload(dai, b"", "stock").status_code == upload(dai, sheet(), "cellar").status_code == 422
    assert tables(StockImport) == [0]


def test_exports_are_downloads_for_the_supervisor(shelves, sign_in):
    dai, ana = sign_in("Dai"), sign_in("Ana")
    for kind in ImportKind:
        for suffix in ("csv", "xlsx"):
            answer = dai.get(f"/stock/exports/{kind}.{suffix}")
            assert (answer.status_code, "attachment" in answer.headers["Content-Disposition"]) == (200, True)
    assert dai.get("/stock/exports/people.csv").status_code == dai.get("/stock/exports/stock.exe").status_code == 404
    assert ana.get("/stock/exports/stock.csv").status_code == ana.get("/stock/imports").status_code == 403
    assert upload(ana, sheet()).status_code == 403


# --- the command -------------------------------------------------------------------------------------------------


def test_the_command_says_what_would_change_and_goes_on_where_it_was_stopped(slices, app, tmp_path):
    path = tmp_path / "stock.csv"
    path.write_bytes(slices)

    def run(*words):
        return app.test_cli_runner().invoke(args=["stock", "import", str(path), *words])

    dry = run("--dry-run")
    assert dry.exit_code == 1, dry.output
    assert "SHA A01-02-1 TEE-NAVY-L: qty 0 -> 2" in dry.output
    assert "7 rows: 6 would be new, 0 would be changed, 0 the same, 1 bad; +18 -0 units" in dry.output
    assert tables(LedgerRow) == [1]
    with pytest.raises(Killed):
        jobs.carry(begun(slices, name="stock.csv"), tell=killed_after(2))
    done = run()
    assert "6 new" in done.output
    assert "row 5, sku: " in done.output
    with reading() as db:
        assert db.exec(select(sa.func.count()).where(LedgerRow.subject == "import")).one() == 6
    assert "6 the same" in run().output


def test_the_command_exports_and_reads_its_own_export(shelves, app, tmp_path):
    path = tmp_path / "skus.xlsx"
    runner = app.test_cli_runner()
    assert runner.invoke(args=["stock", "export", "--kind", "skus", str(path), "--chinese"]).exit_code == 0
    answer = runner.invoke(args=["stock", "import", "--kind", "skus", str(path)])
    assert (answer.exit_code, "2 the same" in answer.output) == (0, True), answer.output
    path.write_bytes(b"nothing")
    assert "warehouse, bin, qty" in runner.invoke(args=["stock", "import", str(path)]).output
    with reading() as db:
        assert [it.state for it in imported.imports(db)] == [ImportState.FAILED, ImportState.CANCELLED]
