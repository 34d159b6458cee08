"""The benchmark of insight runs and tells every page beside the bare query. It measures nothing here."""

from benchmarks import insight


def test_a_handful_of_parcels_is_asked_for_by_every_page(capsys):
    insight.main(["--parcels", "60", "--days", "3", "--rounds", "1"])
    said = capsys.readouterr().out
    assert all(f"\n{page} " in said for page in ("delivery", "promise", "cost", "floor", "returns", "material"))
