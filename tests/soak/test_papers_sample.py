"""Five random parcels: every code on their papers is read back by two decoders. `tests.soak.papers` reads 200."""

from tests.soak.papers import random_papers, unread


def test_every_code_of_five_parcels_is_read_back_from_paper_and_from_zpl(tmp_path):
    assert list(unread(random_papers(11, 5), tmp_path)) == []
