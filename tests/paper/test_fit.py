import pytest
from hypothesis import given
from hypothesis import strategies as st

from floor.paper import fit


def test_short_text_gets_the_largest_size():
    assert fit.text("张** 138****1234", 70, 8, 17, 6, lines=1) == fit.Text("张** 138****1234", 17)


def test_a_longer_text_is_set_smaller_before_it_is_cut():
    middling = fit.text("杭州余杭仓前街道集散分拨中心", 50, 8, 18, 6, lines=1)
    assert middling.text == "杭州余杭仓前街道集散分拨中心"
    assert 6 < middling.pt < 18
    endless = fit.text("杭州" * 200, 50, 8, 18, 6, lines=1)
    assert endless.pt == 6
    assert endless.text.endswith("…")


@given(st.text(max_size=300), st.floats(10, 100), st.floats(3, 30))
def test_fitting_always_ends_within_its_bounds(content, width, height):
    fitted = fit.text(content, width, height, 20, 6)
    assert 6 <= fitted.pt <= 20
    assert len(fitted.text) <= len(content) + 1


def test_bars_are_whole_dots_of_a_thermal_head():
    for width in (45.0, 60.0, 90.0):
        code = fit.bars("SF1234567890123", width)
        assert code.width <= width
        assert code.width / fit.DOT_MM == int(code.width / fit.DOT_MM)


@pytest.mark.parametrize("make", [fit.bars, fit.qr])
def test_a_code_too_fine_to_be_read_is_refused(make):
    with pytest.raises(ValueError, match="does not fit in 10 mm"):
        make("A" * 80, 10)
