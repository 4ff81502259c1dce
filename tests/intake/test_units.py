"""The unit of a vendor's volatility and greeks, measured on its own rows (R14)."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steward.intake import units
from steward.intake.units import Units, measured, scaled
from steward.market import believe
from steward.market.vendors.columns import as_rows
from steward.pricing import black

from ..market.vendors.chains.reading import sample_file

SESSION, EXPIRY = date(2019, 6, 3), date(2019, 7, 19)
DAYS = 46
FACTORS = {"iv": 1.0, "delta": 1.0, "gamma": 1.0, "theta": 1 / 365, "vega": 1 / 100}
"""From the kernel's units to the store's."""


def rows(
    *,
    rate: float = 0.0,
    vol: float = 0.18,
    forward: float = 2900.0,
    rights: str = "CP",
    noise: float = 0.0,
    **vendor: float,
) -> pl.DataFrame:
    """One series with volatility and greeks, each times a number of the vendor's.

    rate  a year, continuous: the greeks are then those of the spot model, dividends left out
    """
    strike = np.repeat(np.arange(2600.0, 3200.0, 5.0), 2)
    call = np.tile([True, False], len(strike) // 2)
    years = DAYS / 365.0
    discount = np.exp(-rate * years)
    made = black.greeks(forward, strike, years, vol, discount=discount, call=call)
    spot = forward * discount
    slope = made.delta / discount
    theta = made.theta - rate * spot * slope  # the forward moves with time where spot is held
    columns = {
        "iv": np.full(len(strike), vol),
        "delta": slope,
        "gamma": made.gamma / discount * (forward / spot),
        "theta": theta,
        "vega": made.vega,
    }
    scatter = np.random.default_rng(7).normal(1.0, noise, len(strike)) if noise else 1.0
    frame = pl.DataFrame(
        {
            "line": np.arange(len(strike)),
            "strike": strike,
            "right": np.where(call, "C", "P"),
            "bid": made.price - 0.1,
            "ask": made.price + 0.1,
            **{c: value * vendor.get(c, 1.0) * scatter for c, value in columns.items()},
        }
    )
    base = frame.with_columns(
        session=pl.lit(SESSION),
        snapshot=pl.lit("eod"),
        symbol=pl.lit("SPX"),
        root=pl.lit("SPXW"),
        expiry=pl.lit(EXPIRY),
    )
    return as_rows(base.filter(pl.col("right").is_in(list(rights)), pl.col("bid") > 0.0))


UNITS = [
    ("iv", 1.0, "a fraction"),
    ("iv", 100.0, "in percent, divided by 100"),
    ("delta", 1.0, "per 1.00"),
    ("delta", 100.0, "in percent, divided by 100"),
    ("gamma", 1.0, "per 1.00"),
    ("theta", 1.0, "per year, divided by 365"),
    ("theta", 1 / 365, "per calendar day"),
    ("theta", 1 / 36_500, "per calendar day and hundredth"),
    ("vega", 1.0, "per 1.00 of volatility, divided by 100"),
    ("vega", 1 / 100, "per point of volatility"),
]


@pytest.mark.parametrize(("column", "times", "words"), UNITS)
@pytest.mark.parametrize("rate", [0.0, 0.06])
def test_every_unit_is_found_and_undone(column: str, times: float, words: str, rate: float) -> None:
    plain, theirs = rows(rate=rate), rows(rate=rate, **{column: times})
    found = measured([theirs])
    assert found.said()[column].startswith(words)
    assert set(found.factors) == set(FACTORS)
    stored = scaled(theirs, found)
    for name, factor in FACTORS.items():
        ratio = (stored[name] / (plain[name] * factor)).to_numpy()
        np.testing.assert_allclose(ratio, 1.0, rtol=1e-9)


@settings(max_examples=15, deadline=None)
@given(
    vol=st.floats(0.10, 0.9),
    rate=st.floats(0.0, 0.055),
    noise=st.floats(0.0, 0.05),
    iv=st.sampled_from([1.0, 100.0]),
    delta=st.sampled_from([1.0, 100.0]),
    theta=st.sampled_from([1.0, 1 / 365]),
    vega=st.sampled_from([1.0, 1 / 100]),
)
def test_units_are_found_at_any_volatility_and_rate(
    vol: float, rate: float, noise: float, iv: float, delta: float, theta: float, vega: float
) -> None:
    times = {"iv": iv, "delta": delta, "theta": theta, "vega": vega}
    found = measured([rows(vol=vol, rate=rate, noise=noise, **times)])
    for column, factor in FACTORS.items():
        assert found.factors[column] * times.get(column, 1.0) == pytest.approx(factor)


@pytest.mark.parametrize(
    ("column", "times"),
    [
        ("theta", 1 / 252),  # per session: not one of the units
        ("theta", -1 / 365),  # the other sign
        ("theta", 0.0),
        ("vega", 1 / 10),
        ("vega", 0.0),
        ("gamma", 29.0),  # for a move of 1 %
        ("delta", 0.5),
    ],
)
def test_what_fits_no_unit_is_void_and_the_rest_stays(column: str, times: float) -> None:
    theirs = rows(**{column: times})
    found = measured([theirs])
    assert found.said()[column].startswith("not believed: ratio ")
    stored = scaled(theirs, found)
    assert stored[column].null_count() == stored.height
    for other in FACTORS.keys() - {column}:
        assert stored[other].null_count() == 0
    assert stored["bid"].equals(theirs["bid"])


def test_what_scatters_is_void() -> None:
    said = measured([rows(noise=0.5)]).said()
    assert said["theta"].startswith("not believed")


def test_a_volatility_that_is_not_of_the_quotes_voids_all_greeks() -> None:
    theirs = rows(iv=3.0).with_columns(rho=pl.lit(1.0))
    found = measured([theirs])
    assert found.said()["iv"] == "not believed: ratio 0.333 on " + str(_count(found)) + (
        " rows, near none of 1, 0.01"
    )
    assert found.said()["vega"] == "not believed: no volatility to measure it by"
    stored = scaled(theirs, found)
    assert stored.select("iv", "delta", "gamma", "theta", "vega", "rho").null_count().row(0) == (
        stored.height,
    ) * len(("iv", "delta", "gamma", "theta", "vega", "rho"))


def _count(found: Units) -> int:
    return int(found.said()["iv"].split(" on ")[1].split(" ")[0])


def test_puts_with_deltas_above_0_are_turned() -> None:
    theirs = rows().with_columns(pl.col("delta").abs())
    found = measured([theirs])
    assert found.said()["delta"].endswith("above 0 for puts, turned")
    stored = scaled(theirs, found)
    assert (stored.filter(pl.col("right") == "P")["delta"] < 0.0).all()
    assert (stored.filter(pl.col("right") == "C")["delta"] > 0.0).all()


def test_the_call_delta_on_both_sides_is_not_believed() -> None:
    """ORATS has one delta a strike, the call's; a module that copies it is found out."""
    calls = rows().filter(pl.col("right") == "C").select("strike", call="delta")
    theirs = rows().join(calls, on="strike").filter(pl.col("strike") < 2880)
    theirs = theirs.with_columns(delta="call").drop("call")
    assert measured([theirs]).said()["delta"].startswith("not believed")


@pytest.mark.parametrize("rights", ["C", "P"])
def test_one_right_alone_is_measured_by_the_index_of_spx_and_never_of_vix(rights: str) -> None:
    theirs = rows(rights=rights).with_columns(
        underlying=pl.lit(2900.0), underlying_kind=pl.lit("index")
    )
    assert measured([theirs]).said()["vega"].startswith("per 1.00 of volatility")
    of_vix = theirs.with_columns(symbol=pl.lit("VIX"))
    assert measured([of_vix]).said()["iv"].startswith("not measured: 0 rows")
    of_future = of_vix.with_columns(underlying_kind=pl.lit("future"))
    assert "iv" in measured([of_future]).factors


def test_too_few_rows_near_the_money_measure_nothing() -> None:
    theirs = rows().filter(pl.col("strike").is_between(2890, 2905))
    found = measured([theirs])
    assert found.said()["iv"] == "not measured: 8 rows near the money; not believed"
    assert scaled(theirs, found)["delta"].null_count() == theirs.height


def test_a_file_without_volatility_and_greeks_is_spoken_of_with_no_word() -> None:
    nothing = {c: pl.lit(None, dtype=pl.Float64) for c in units.PROBED}
    assert measured([rows().with_columns(**nothing)]).said() == {}
    assert measured([]).said() == {}


def test_a_column_that_is_not_there_is_not_spoken_of() -> None:
    theirs = rows().with_columns(theta=pl.lit(None, dtype=pl.Float64))
    assert set(measured([theirs]).said()) == {"iv", "delta", "gamma", "vega"}


def test_what_is_not_believed_is_a_warning_one_a_reason() -> None:
    found = Units(
        sentences={
            "iv": "not believed: ratio 3",
            "delta": "per 1.00",
            "vega": "not believed: ratio 3",
        }
    )
    assert found.warnings() == ("iv, vega: not believed: ratio 3",)


def test_a_row_without_a_volatility_has_no_greeks() -> None:
    theirs = rows().with_columns(iv=pl.when(pl.col("strike") != 2900.0).then("iv"), rho=1.0)
    theirs = believe.judge(as_rows(theirs)).drop("reason")
    stored = scaled(theirs, measured([theirs])).filter(pl.col("strike") == 2900.0)
    assert stored.select("delta", "vega", "rho").null_count().row(0) == (2, 2, 2)


def test_the_band_holds_the_rates_and_not_the_sessions_of_a_year() -> None:
    assert units.BAND[1] / units.BAND[0] < 365 / 252


# --- real files ----------------------------------------------------------------------------------


def said(path: Path) -> dict[str, str]:
    judged = believe.judge(sample_file(path).rows)
    kept = judged.filter(pl.col("reason").is_null()).drop("reason")
    return {column: words.split(";")[0] for column, words in measured([kept]).said().items()}


DAILY = {
    "delta": "per 1.00",
    "gamma": "per 1.00",
    "theta": "per calendar day",
    "vega": "per point of volatility",
}
CHAINS = [
    ("spx_eod_2011-01-03_07_ivolatility.csv.gz", {"iv": "a fraction", **DAILY}),
    ("spx_snapshot_2026-07-23_schwab.csv.gz", {"iv": "in percent, divided by 100", **DAILY}),
    ("spx_snapshot_2026-07-24_schwab.csv.gz", {"iv": "in percent, divided by 100", **DAILY}),
    ("spx_snapshot_2025-08-22_yahoo.csv.gz", {"iv": "a fraction"}),
    (
        "cboe_quotedata/spx_quotedata_2022-06-10.csv.gz",
        {"iv": "a fraction", "delta": "per 1.00", "gamma": "per 1.00"},
    ),
    (
        "cboe_quotedata/spx_quotedata_2024-11-11.csv",
        {"iv": "a fraction", "delta": "per 1.00", "gamma": "per 1.00"},
    ),
]


@pytest.mark.parametrize(("name", "found"), CHAINS)
def test_the_units_of_real_files(shared_data: Path, name: str, found: dict[str, str]) -> None:
    assert said(shared_data / "chains" / name) == found


@pytest.mark.parametrize("span", ["2014-12_2015-03", "2017-01_2017-05"])
def test_the_oddly_scaled_greeks_of_deltaneutral_are_not_believed(
    shared_data: Path, span: str
) -> None:
    """A few strikes far from the money: nothing to measure by (SOURCES: use prices only)."""
    found = said(shared_data / "chains" / f"spx_eod_{span}_deltaneutral.csv")
    assert found["iv"] == "not measured: 0 rows near the money"
    assert set(found) == {"iv", "delta", "gamma", "theta", "vega"}
    assert all(words.startswith("not ") for words in found.values())
