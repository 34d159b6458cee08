"""Tables in files, as Excel writes them and as it must not run them."""

import io
import zipfile
from datetime import date, datetime, time

import openpyxl
import pytest

from floor.kit import spreadsheet
from floor.kit.spreadsheet import Line, Unreadable

TEXTS = ["=1+1", "'quoted", "+86 21", "-5", "0012", "@x", "＝1", 'a "b", c;d', "two\nlines", '="12"', "69\t1", "普通"]


def read(body):
    return [(line.number, line.cells) for line in spreadsheet.lines(body)]


@pytest.mark.parametrize("write", [spreadsheet.to_csv, spreadsheet.to_workbook])
def test_what_was_written_is_read_again_and_nothing_runs(write):
    body = write(["a", "b"], [[text, n] for n, text in enumerate(TEXTS)])
    assert read(body)[1:] == [(n + 2, (spreadsheet.as_read(text), str(n))) for n, text in enumerate(TEXTS)]
    for cell in ("=1+1", "+86 21", "@x", "＝1"):
        assert spreadsheet.harmless(cell) == f"'{cell}"
        assert spreadsheet.as_read(cell) == cell
    assert spreadsheet.harmless("-5") == "-5", "a number is no formula"


def test_blank_lines_count_and_are_left_out():
    assert read(b"\n\na,b\n\n1,2\n,\n3\n") == [(3, ("a", "b")), (5, ("1", "2")), (7, ("3",))]


@pytest.mark.parametrize(
    "body",
    [b"sep=;\na;b\n1;2\n", b"a\tb\n1\t2\n", 'a,b\n"1",2\n'.encode("utf-16"), b'"a,x";b\n1;2'],
    ids=["sep", "tab", "utf-16", "quoted comma"],
)
def test_whatever_separates_the_cells_is_found(body):
    assert read(body)[-1][1] == ("1", "2")


def test_a_row_that_cannot_be_trusted_says_so():
    found = list(spreadsheet.lines(b"a,b\n1,\xff\n" + b'"' + b"x" * 200_000 + b'",2\n3,4\n'))
    assert [(line.number, line.fault) for line in found] == [(1, ""), (2, "encoding"), (3, "broken"), (4, "")]


def test_cells_of_a_workbook_read_as_a_person_would_type_them():
    book = openpyxl.Workbook()
    book.active.append([12.0, 79.9, True, time(15), date(2027, 5, 31), datetime(2027, 5, 31), 6901234567892, None, "x"])  # noqa: DTZ001
    book.active.append([])
    book.active.append(["end"])
    out = io.BytesIO()
    book.save(out)
    first, last = list(spreadsheet.lines(out.getvalue()))
    assert first.cells == ("12", "79.9", "1", "15:00", "2027-05-31", "2027-05-31", "6901234567892", "", "x")
    assert last == Line(3, ("end", "", "", "", "", "", "", "", "")[: len(last.cells)])
    assert list(spreadsheet.lines(spreadsheet.unpacked(out.getvalue(), 10))) == [first, last]
    with pytest.raises(Unreadable):
        spreadsheet.unpacked(out.getvalue(), 1)


def test_a_workbook_that_would_unpack_to_a_house_full_is_refused():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", b"0" * (spreadsheet.MOST_TEXTS + 1))
    with pytest.raises(Unreadable) as refused:
        list(spreadsheet.lines(out.getvalue()))
    assert refused.value.reason == "too_big"


@pytest.mark.parametrize("body", [b"PK\x03\x04", b"\xd0\xcf\x11\xe0"])
def test_what_is_no_table_is_unreadable(body):
    with pytest.raises(Unreadable):
        list(spreadsheet.lines(body))
