"""A bad contract cannot be made, and a condor is what its name says."""

from __future__ import annotations

import dataclasses
import math
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.terms.contracts import (
    UNDERLYING_OF_ROOT,
    Condor,
    Expiry,
    OptionContract,
    vx,
    vxm,
)

EXPIRY = date(2018, 2, 28)


def option(strike: float, right: str = "P", **changed: object) -> OptionContract:
    fields: dict[str, object] = {
        "root": "SPXW",
        "expiry": EXPIRY,
        "strike": strike,
        "right": right,
        "settlement": "PM",
    }
    return OptionContract(**{**fields, **changed})  # type: ignore[arg-type]


def condor(a: float, b: float, c: float, d: float) -> Condor:
    return Condor(
        long_put=option(a),
        short_put=option(b),
        short_call=option(c, "C"),
        long_call=option(d, "C"),
    )


def test_a_contract_says_what_it_is() -> None:
    contract = option(2715.0)
    assert contract.key == "SPXW 2018-02-28 2715 P"
    assert option(12.5, "C", root="VIX", settlement="AM").key == "VIX 2018-02-28 12.5 C"
    assert contract.underlying == "SPX"
    assert contract.series == Expiry(root="SPXW", day=EXPIRY, settlement="PM")
    assert contract.multiplier == 100
    # Both roots of one day differ, whatever else they share.
    assert option(2715.0, root="SPX") != contract
    assert len({contract, option(2715.0)}) == 1


@pytest.mark.parametrize("strike", [0.0, -5.0, math.nan])
def test_a_strike_is_above_zero(strike: float) -> None:
    with pytest.raises(ValueError, match="strike must be above 0"):
        option(strike)


def test_a_root_is_one_that_is_known() -> None:
    with pytest.raises(ValueError, match="XSP: not a root"):
        option(2715.0, root="XSP")
    assert {option(1.0, root=root).underlying for root in UNDERLYING_OF_ROOT} == {"SPX", "VIX"}


def test_a_contract_is_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        option(2715.0).strike = 2720.0  # type: ignore[misc]


def test_futures_know_their_multiplier() -> None:
    day = date(2018, 2, 14)
    assert (vx(day).multiplier, vxm(day).multiplier) == (1000, 100)
    assert (vx(day).key, vxm(day).key) == ("VX 2018-02-14", "VXM 2018-02-14")
    assert vx(day).underlying == vxm(day).underlying == "VIX"


def test_widths_of_a_condor() -> None:
    # 2630 - 2600 = 30 points below, 2850 - 2800 = 50 points above; the wider one counts.
    made = condor(2600.0, 2630.0, 2800.0, 2850.0)
    assert (made.put_width, made.call_width, made.width) == (30.0, 50.0, 50.0)
    assert made.expiry == EXPIRY
    assert [leg.strike for leg in made.contracts] == [2600.0, 2630.0, 2800.0, 2850.0]


def test_no_condor_of_other_legs() -> None:
    put, call = option(2630.0), option(2800.0, "C")
    with pytest.raises(ValueError, match="two puts and two calls of one series"):
        Condor(
            long_put=option(2600.0),
            short_put=put,
            short_call=option(2700.0),
            long_call=option(2850.0, "C"),
        )
    with pytest.raises(ValueError, match="two puts and two calls of one series"):
        Condor(
            long_put=option(2600.0),
            short_put=put,
            short_call=call,
            long_call=option(2850.0, "C", root="SPX", settlement="AM"),
        )


strikes = st.lists(st.integers(1, 2000).map(lambda n: 5.0 * n), min_size=4, max_size=4)


@given(strikes)
def test_the_strikes_of_a_condor_rise(four: list[float]) -> None:
    if four == sorted(set(four)):
        assert condor(*four).width > 0.0
    else:
        with pytest.raises(ValueError, match="must rise"):
            condor(*four)
