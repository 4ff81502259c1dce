"""The fit of the VIX smile: which quotes it believes, and a smile that it was made from."""

from __future__ import annotations

import sys
import tomllib
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from steward.intake.fit.sources import Sources
from steward.intake.fit.vix_quotes import VixQuotes, monthly_quotes, single_days, with_state
from steward.intake.fit.vix_smile import fit_vix_smile, fitted
from steward.intake.fit.vix_smile_tables import Case, smile_tables
from steward.pricing.vix_smile import COEFFICIENTS
from steward.pricing.vix_smile import fit as packaged
from steward.terms import listing
from steward.terms.errors import StewardError

from ...pricing.vix_by_hand import SESSIONS, model, walk, world

VIX = np.clip(walk(len(SESSIONS), level=17.0), 11.0, 32.0)
SETTLED = [
    (day, expiry, float(VIX[i] ** 0.6 * 17.5**0.4))
    for i, day in enumerate(SESSIONS)
    if i % 25 == 0
    for expiry in listing.vx_series(day)[:5]
]
HISTORY = world(VIX, series={"vvix": 70.0 + 1.5 * VIX}, settled=SETTLED)


def quotes() -> VixQuotes:
    """Calls of the packaged model itself, unrounded, on the days that have settlements."""
    source = model(HISTORY)
    parts = []
    for day in SESSIONS[25::25]:
        for series in source.expiries(day)[:4]:
            chain = source.chain(day, series)
            assert chain is not None
            parts.append(
                pl.DataFrame({"strike": np.unique(chain.strike)}).select(
                    session=pl.lit(day),
                    expiry=pl.lit(series.day),
                    strike="strike",
                    call=pl.lit(value=True),
                    mid=pl.lit(5.0),
                    bid=pl.lit(5.0),
                )
            )
    # Any price at first, for the state; then the model's own.
    table = with_state(HISTORY, pl.concat(parts)).table
    exact = VixQuotes(table)
    vol = exact.vols(np.array(packaged()))
    again = table.with_columns(mid=pl.Series(exact.priced(vol)), bid=pl.lit(1.0))
    columns = ("session", "expiry", "strike", "call", "mid", "bid")
    return with_state(HISTORY, again.select(columns))


QUOTES = quotes()


def test_state_of_quotes_is_that_of_their_session() -> None:
    """Prices that come from vols give those vols back, on the future and VVIX of the day."""
    assert QUOTES.table.height > 200
    row = QUOTES.table.row(7, named=True)
    place = HISTORY.index(row["session"])
    assert row["vix"] == VIX[place]
    assert row["vvix"] == 70.0 + 1.5 * VIX[place]
    assert (row["session"], row["expiry"], row["future"]) in SETTLED
    np.testing.assert_allclose(QUOTES.vols(np.array(packaged())), QUOTES["vol"], rtol=1e-9)
    np.testing.assert_allclose(QUOTES.priced(QUOTES["vol"]), QUOTES["mid"], rtol=1e-9)
    assert QUOTES["delta"].min() >= 0.04
    assert QUOTES["days"].min() >= 5


def test_a_smile_is_found_again_from_its_own_prices() -> None:
    """From the starting numbers alone: vols within a percent of the ones that made the prices."""
    pytest.importorskip("scipy")
    start = np.zeros(len(COEFFICIENTS))
    start[[COEFFICIENTS.index(n) for n in ("long_run", "reversion", "tilt", "bend")]] = (
        -0.8,
        1.0,
        0.8,
        2.0,
    )
    found = fitted([QUOTES], start, 20)
    assert np.median(np.abs(QUOTES.vols(found) / QUOTES["vol"] - 1.0)) < 0.01
    np.testing.assert_array_equal(fitted([QUOTES], start, 2), fitted([QUOTES], start, 2))


def test_without_scipy_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy.optimize", None)
    with pytest.raises(StewardError, match=r"steward\[fit\]"):
        fitted([QUOTES], np.array(packaged()), 3)


def test_doubtful_quotes_are_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too wide, crossed, without a bid, on a holiday, on the expiry day: all left out.

    2017-08-16 is the expiry of the file; 2017-07-04 is a holiday.
    """
    day, strikes = date(2017, 7, 5), range(10, 36)
    history = world(settled=[(day, date(2017, 8, 16), 14.0)], series={"vvix": np.full(461, 90.0)})
    wide = {f"C{k}_{side}": [0.0] * 4 for k in strikes for side in ("Bid", "Ask")}
    wide |= {"Date": [day, date(2017, 7, 4), date(2017, 8, 16), date(2017, 7, 6)]}
    for k, (bid, ask) in {
        14: (1.00, 1.10),  # believed
        15: (0.80, 1.50),  # wider than 0.5 + 0.1 mid
        16: (0.90, 0.80),  # crossed
        17: (0.00, 0.40),  # nobody bids
        18: (0.40, 0.45),  # believed
    }.items():
        wide[f"C{k}_Bid"], wide[f"C{k}_Ask"] = [bid] * 4, [ask] * 4
    folder = tmp_path / "vix_chains"
    folder.mkdir()
    pl.DataFrame(wide).write_parquet(folder / "vix_options_2017_08.parquet")
    sources = Sources(tmp_path)
    monkeypatch.setitem(sources.__dict__, "history", history)
    found = monthly_quotes(sources).table
    assert found.select("session", "strike").rows() == [(day, 14.0), (day, 18.0)]
    assert found["mid"].to_list() == pytest.approx([1.05, 0.425])
    assert list(sources.used) == ["vix_chains/vix_options_2017_08.parquet"]


def test_tables_tell_a_price_that_is_a_tenth_too_high() -> None:
    case = Case("all of it", "all", QUOTES["mid"] * 1.1)
    tables = {table.key: table for table in smile_tables(QUOTES, [case])}
    for row in tables["vix_smile.tenor"].rows:
        assert row[1:3] == ("10.0 / 10.0", "+10.0")
    assert all(row[1] == "+10.0" for row in tables["vix_smile.expiry"].rows)
    assert tables["vix_smile.hedge"].rows[0][3] == "+10.0"


# --- real quotes ---------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_packaged_file_is_what_the_quotes_say(shared_data: Path) -> None:
    pytest.importorskip("scipy")
    found = fit_vix_smile(Sources(shared_data))
    fresh = tomllib.loads(found.text)
    path = Path(__file__).parents[3] / "src" / "steward" / "pricing" / "files" / "vix_smile.toml"
    old = tomllib.loads(path.read_text("utf-8"))
    assert tuple(fresh["smile"]) == COEFFICIENTS
    np.testing.assert_allclose(
        [fresh["smile"][n] for n in COEFFICIENTS],
        [old["smile"][n] for n in COEFFICIENTS],
        atol=0.02,
    )
    for case, errors in old["errors"].items():
        for key, values in errors.items():
            np.testing.assert_allclose(fresh["errors"][case][key], values, atol=0.6)
    assert all(len(row) == len(table.columns) for table in found.tables for row in table.rows)


def test_single_days_have_what_their_sources_say(shared_data: Path) -> None:
    """Nine tenors to 257 days on two days; puts on one of the three."""
    early, trades, late = single_days(Sources(shared_data))
    assert not early.table["call"].all()
    assert late.table["call"].all()
    assert trades.table["expiry"].n_unique() >= 5
    assert max(trades["days"].max(), late["days"].max()) > 250
