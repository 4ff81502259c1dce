"""Names as a reader says them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.market.vendors.arch_history import arch_history
from steward.rules import spoken
from steward.signals.compute import compute


def test_every_signal_that_is_computed_has_a_spoken_name() -> None:
    assert set(compute(arch_history()).names) == set(spoken.SIGNALS)
    names = [entry.name for entry in spoken.SIGNALS.values()]
    assert len(set(names)) == len(names)
    assert not any("_" in name for name in names)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (67.6847, "67.7"), (65.04, "65.0"), (65.0, "65"), (-1.45971, "-1.46"), (169.653, "170"),
        (2541.8, "2,542"), (0.00123, "0.00123"), (0.0, "0"), (-0.0, "0"),
    ],
)  # fmt: skip
def test_a_figure_has_three_digits(value: float, text: str) -> None:
    assert spoken.figure(value) == text


@given(st.floats(-1e6, 1e6).filter(lambda x: abs(x) > 1e-6))
def test_a_figure_is_within_half_a_percent_of_what_was_read(value: float) -> None:
    assert math.isclose(float(spoken.figure(value).replace(",", "")), value, rel_tol=0.005)


def test_units_and_plurals() -> None:
    assert spoken.value("cap_vol_change_5_pct", 169.653) == "+170 %"
    assert spoken.value("vix_change_5_pct", -12.0) == "-12 %"
    assert spoken.value("macd_bearish_cross_age", 1.0) == "1 close"
    assert spoken.value("macd_bearish_cross_age", 3.0) == "3 closes"
    assert spoken.value("liquidity_thin", 1.0) == "yes"
    assert spoken.count(1, "contract") == "1 contract"
    assert spoken.count(1_200, "entry", "entries") == "1,200 entries"


def test_names_of_a_rule_file() -> None:
    assert spoken.plain("vx_futures") == "VX futures"
    assert spoken.plain("macd_bearish") == "MACD bearish"
    assert spoken.rule_words("layer_2.quiet") == "the end of layer 2"
    assert spoken.rule_words("layer_1.liquidity_thin") == "the step liquidity thin of layer 1"
    assert spoken.rule_words("mix.short_calls") == "the switch to the mix short calls"
    assert spoken.rule_words("mix.long_dated.window") == "the buying window of the mix long dated"
