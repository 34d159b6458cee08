"""The benchmark of the stock ledger runs, keeps the books sound and shows nobody an error. It measures nothing here."""

import pytest

from benchmarks import stock


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_a_handful_of_orders_goes_through_every_stage(database, capsys):
    stock.main(["--no-tryton", "--database", database, "--orders", "4", "--rounds", "1", "--clients", "2"])
    said = capsys.readouterr().out
    assert "the books are sound" in said
    assert said.count(" 0 errors shown") == 4, "ours and SQL, one client and two"
