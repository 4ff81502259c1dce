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
    Contract,
    Expiry,
    OptionContract,
    ShareContract,
    from_key,
    settlement_of_root,
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


def test_a_key_says_the_settlement_where_its_root_does_not() -> None:
    """SPX and VIX settle in the morning, SPXW at the close, but before 2010-12 as they do."""
    assert option(2715.0, settlement="AM").key == "SPXW 2018-02-28 2715 P AM"
    assert option(2715.0, root="SPX", settlement="AM").key == "SPX 2018-02-28 2715 P"
    assert option(2715.0, root="SPX", settlement="PM").key == "SPX 2018-02-28 2715 P PM"
    assert option(12.5, root="VIXW", settlement="AM").key == "VIXW 2018-02-28 12.5 P"
    assert settlement_of_root("SPXW") == "PM"
    assert {settlement_of_root(root) for root in ("SPX", "VIX", "VIXW", "VX")} == {"AM"}


def test_a_contract_from_its_key() -> None:
    assert from_key("SPXW 2018-02-28 2715 P") == option(2715.0)
    assert from_key("SPXW 2018-02-28 2715 P AM") == option(2715.0, settlement="AM")
    assert from_key("SPXW 2018-02-28 2715 P PM") == option(2715.0)
    assert from_key("SPX 2018-02-28 2715.5 C") == option(2715.5, "C", root="SPX", settlement="AM")
    assert from_key("VX 2018-02-14") == vx(date(2018, 2, 14))
    assert from_key("VXM 2018-02-14") == vxm(date(2018, 2, 14))
    assert from_key("VXX") == ShareContract(symbol="VXX")


days = st.dates(date(1990, 1, 2), date(2099, 12, 31))


@given(
    st.one_of(
        st.builds(
            OptionContract,
            root=st.sampled_from(["SPX", "SPXW", "VIX", "VIXW"]),
            expiry=days,
            strike=st.integers(1, 199_999).map(lambda n: n / 2),
            right=st.sampled_from(["C", "P"]),
            settlement=st.sampled_from(["AM", "PM"]),
        ),
        days.map(vx),
        days.map(vxm),
        st.text("ABCXYZ", min_size=1, max_size=5).map(lambda s: ShareContract(symbol=s)),
    )
)
def test_every_key_gives_its_contract(contract: Contract) -> None:
    assert from_key(contract.key) == contract


@pytest.mark.parametrize(
    "key",
    [
        "",
        "vxx",
        "VX1",
        "SPXW 2018-02-28 2715 P XX",
        "SPXW 2018-02-28 2715 P AM AM",
        "SPXW 2018-02-28 2715 X",
        "SPXW 2018-02-28 2715",
        "SPXW 2018-02-28 x P",
        "SPXW 2018-02-28 -5 P",
        "SPXW 2018-02-30 2715 P",
        "XSP 2018-02-28 271 P",
        "SPX 2018-02-28",
        "VX 20180214x",
        "SPXW  2018-02-28 2715 P",
    ],
)
def test_what_is_no_key(key: str) -> None:
    with pytest.raises(ValueError, match="not the key of a contract"):
        from_key(key)


@pytest.mark.parametrize("symbol", ["", "vxx", "VX1", "VXX "])
def test_what_is_no_symbol(symbol: str) -> None:
    with pytest.raises(ValueError, match="not the symbol of a share"):
        ShareContract(symbol=symbol)


def test_a_share_has_no_expiry_and_one_dollar_a_point() -> None:
    share = ShareContract(symbol="UVXY")
    assert (share.root, share.key, share.multiplier) == ("UVXY", "UVXY", 1)
    assert (share.underlying, share.expiry) == ("VIX", date.max)


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
