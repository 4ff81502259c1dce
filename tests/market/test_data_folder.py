"""The data folder as a whole: what it needs, what it gives, and that no row of it looks ahead."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steward.market.history import History
from steward.market.vendors.data_folder import folder_history
from steward.terms import calendar
from steward.terms.errors import StewardError

SPX, VIX = "index/spx_daily.csv", "index/vix_daily.csv"


def test_spx_and_vix_are_enough(folder: Any) -> None:
    folder.indices("2018-01-02", "2018-01-03", "2018-01-05")
    history = folder_history(folder.path)
    assert history.sessions == (date(2018, 1, 2), date(2018, 1, 3), date(2018, 1, 5))
    assert history.spx.close.tolist() == [2000.0, 2001.0, 2002.0]
    assert history.spx.open.tolist() == [1999.5, 2000.5, 2001.5]
    assert history.vix.low.tolist() == [12.0, 13.0, 14.0]
    assert dict(history.series) == {}
    assert history.futures is None
    assert len(history.fomc) > 200
    assert history.quarantined == ()
    assert set(history.file_hashes) == {SPX, VIX, "fomc.csv"}
    assert history.label == "data folder: SPX, VIX"
    assert not any("VX futures" in note or "Breadth" in note for note in history.notes)
    assert "2018-01-04 (1)" in history.notes[-1], "the session that lacks both is named"


def test_the_run_ends_with_the_last_session_of_both(folder: Any) -> None:
    folder.bars(SPX, {"2017-12-28": 1.0, "2017-12-29": 2.0, "2018-01-02": 3.0, "2018-01-04": 5.0})
    folder.bars(VIX, {"2018-01-02": 15.0, "2018-01-03": 16.0})
    history = folder_history(folder.path)
    assert history.sessions == (date(2018, 1, 2),)
    assert history.spx_before.tolist() == [1.0, 2.0]
    assert history.spx_before_days == (date(2017, 12, 28), date(2017, 12, 29))


@pytest.mark.parametrize("lost", [SPX, VIX])
def test_without_spx_or_vix_it_is_refused_in_one_line(folder: Any, lost: str) -> None:
    folder.indices("2018-01-02")
    (folder.path / lost).unlink()
    with pytest.raises(StewardError, match=f"has no {lost}; a data folder needs") as error:
        folder_history(folder.path)
    assert "date,open,high,low,close" in str(error.value)
    assert "\n" not in str(error.value)


def test_what_is_not_a_folder_is_refused(folder: Any) -> None:
    with pytest.raises(StewardError, match="nowhere: does not exist; --data takes a folder"):
        folder_history(folder.path / "nowhere")
    folder.write("file.csv", "a")
    with pytest.raises(StewardError, match=r"file\.csv: is not a folder"):
        folder_history(folder.path / "file.csv")


def test_spx_and_vix_of_different_days_are_refused(folder: Any) -> None:
    folder.bars(SPX, {"2018-01-02": 2000.0})
    folder.bars(VIX, {"2018-01-03": 15.0})
    with pytest.raises(StewardError, match="no session with both SPX and VIX"):
        folder_history(folder.path)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("2018-01-03,x,2,1,2", r"line 3, column open: 'x' is not a number"),
        ("03.01.2018,1,2,1,2", r"line 3, column date: '03\.01\.2018' is not a day like"),
        ("2018-01-03,1,2,1", r"line 3: '2018-01-03,1,2,1' has 4 fields, the header has 5"),
        (",1,2,1,2", r"line 3, column date: '' is not a day"),
    ],
)
def test_a_malformed_row_is_named(folder: Any, row: str, expected: str) -> None:
    folder.bars(SPX, {"2018-01-02": 2000.0}, row)
    folder.bars(VIX, {"2018-01-02": 15.0})
    with pytest.raises(StewardError, match=rf"index/spx_daily\.csv, {expected}") as error:
        folder_history(folder.path)
    assert "\n" not in str(error.value)


def test_another_header_is_named(folder: Any) -> None:
    folder.indices("2018-01-02")
    folder.write(VIX, "date,value", "2018-01-02,15")
    with pytest.raises(StewardError, match=r"vix_daily\.csv, line 1: the header date,value lacks"):
        folder_history(folder.path)


def test_every_value_of_the_made_up_folder_is_there(world: History) -> None:
    assert sorted(world.series) == [
        "advances",
        "cpi_nsa",
        "cpi_sa",
        "declines",
        "dtb3",
        "vvix",
    ]
    assert world.futures is not None
    assert "breadth, rates and macro, VX futures" in world.label
    days = np.array(world.sessions, dtype="datetime64[D]")
    for name in ("vvix", "advances", "declines"):
        series = world.series[name]
        assert series.period.tolist() == list(world.sessions)
        assert (series.known_at == world.moments).all(), "at the decision moment of its day"
        assert series.max_age_days == 7
    assert (world.series["dtb3"].known_at[:-1] >= world.moments[1:]).all(), "a day later"
    half = np.flatnonzero(days == np.datetime64("2013-11-29"))[0]
    assert str(world.moments[half]) == "2013-11-29T18:15", "13:15 New York is 18:15 UTC in winter"


CUTS = calendar.sessions(date(2012, 11, 1), date(2014, 3, 28))


def assert_same(a: History, b: History) -> None:
    """All that a run can read is equal."""
    assert a.sessions == b.sessions
    assert (a.moments == b.moments).all()
    for one, other in ((a.spx, b.spx), (a.vix, b.vix)):
        for level in ("open", "high", "low", "close"):
            np.testing.assert_array_equal(getattr(one, level), getattr(other, level))
    assert a.series.keys() == b.series.keys()
    for name, series in a.series.items():
        other_series = b.series[name]
        np.testing.assert_array_equal(series.period, other_series.period)
        np.testing.assert_array_equal(series.value, other_series.value)
        np.testing.assert_array_equal(series.known_at, other_series.known_at)
    assert (a.futures is None) == (b.futures is None)
    if a.futures is not None and b.futures is not None:
        np.testing.assert_array_equal(a.futures.session, b.futures.session)
        np.testing.assert_array_equal(a.futures.expiry, b.futures.expiry)
        np.testing.assert_array_equal(a.futures.settle, b.futures.settle)
        assert a.futures.final == b.futures.final
    assert a.fomc == b.fomc


@settings(max_examples=12)
@given(cut=st.sampled_from(CUTS))
def test_a_folder_whose_files_end_earlier_tells_the_same_past(
    world: History, world_folder: Callable[[date], Path], cut: date
) -> None:
    """No row of a file changes what the reader says of an earlier session."""
    shorter = folder_history(world_folder(cut))
    assert shorter.sessions[-1] == cut
    assert_same(shorter.until(cut), world.until(cut))


def test_two_readings_are_equal(world: History, world_folder: Callable[[], Path]) -> None:
    again = folder_history(world_folder())
    assert_same(again, world)
    assert again.data_hash == world.data_hash
    assert again.quarantined == world.quarantined


# --- the real folder -----------------------------------------------------------------------------

NAMES = (
    *("vix9d", "vix3m", "vix6m", "vvix", "skew", "cor1m", "dspx", "advances", "declines"),
    *("dtb3", "dff", "dgs1mo", "dgs3mo", "dgs6mo", "dgs1", "dgs2"),
    *("cpi_nsa", "cpi_sa", "ppi_final", "ppi_all", "gdp_real", "reer_broad", "reer_narrow"),
    *("cape", "pe_trailing", "dividend_12m", "rate_3m_eur", "rate_3m_jpy", "rate_3m_gbp"),
)
"""All that `History` names."""


@pytest.fixture(scope="module")
def real(shared_data: Path) -> History:
    return folder_history(shared_data)


def test_the_shared_folder_runs_from_1990_to_2026(real: History) -> None:
    first, last = date(1990, 1, 2), date(2026, 8, 20)
    assert (real.sessions[0], real.sessions[-1]) == (first, last)
    lost = {date(1991, 3, 1), date(1997, 1, 31), date(1997, 11, 26), date(1999, 12, 31)}
    assert set(calendar.sessions(first, last)) - set(real.sessions) == lost
    assert real.spx_before_days[0] == date(1950, 1, 3)
    assert sorted(real.series) == sorted(NAMES)
    assert np.isfinite(real.spx.close).all()
    assert np.isfinite(real.vix.close).all()


def test_the_defects_of_the_shared_folder_are_counted(
    real: History, counted: Callable[[History], dict[tuple[str, str], int]]
) -> None:
    """The figures of the notes that come with the files; where those give none: counted apart."""
    found = counted(real)
    by_contract = "vix_futures/cfe_vx_by_contract_2013_2026.csv.gz"
    assert found["index/vix_daily.csv", "not a session of the exchange"] == 33
    assert found["index/vix_daily.csv", "an open outside high and low: unknown"] == 47
    assert found["index/dspx_daily.csv", "a close of 0 or below"] == 1
    zero = found[by_contract, "no settlement: its close"]
    nothing = found[by_contract, "no settlement and no close"]
    unpriced_expiries = 4  # of the 852 rows with a settlement of 0, these are on an expiry day
    assert zero + nothing + unpriced_expiries == 852
    assert found[by_contract, "a label of the contract before: moved to the next month"] == 907
    front = "vix_futures/bbg_front_month/vx_front_month_2004_2021.csv.gz"
    assert found[front, "a settlement day that is none: the day of that month"] == 1
    tail = [rows for (source, _), rows in found.items() if "tail" in source]
    assert sum(tail) == 5


def test_the_shared_folder_in_february_2018(real: History) -> None:
    futures = real.futures
    assert futures is not None
    on = futures.session == np.datetime64("2018-02-05")
    months = calendar.months_from(date(2018, 2, 1), 9)
    assert futures.expiry[on].tolist() == [calendar.vix_expiry(*m) for m in months]
    first, last = futures.settle[on][0], futures.settle[on][-1]
    assert first > last, "backwardation on the day of the largest rise of VIX"
    rises = np.diff(np.log(real.vix.close))
    assert real.sessions[int(np.argmax(rises)) + 1] == date(2018, 2, 5)


def test_the_tail_goes_on_where_the_files_end(real: History) -> None:
    for name in ("vix3m", "vix9d", "vvix"):
        period = real.series[name].period
        assert period[-1] == np.datetime64("2026-08-20")
        assert (np.diff(period) > np.timedelta64(0, "D")).all()
        assert (np.diff(period[-40:]) <= np.timedelta64(4, "D")).all()
    assert np.isnan(real.vix.open[-1])
    assert np.isfinite(real.vix.open[-25])
    assert real.series["vvix"].period[0] == np.datetime64("2007-01-03")


def test_no_series_of_the_shared_folder_is_known_before_its_period(real: History) -> None:
    for name, series in real.series.items():
        assert (np.diff(series.known_at) >= np.timedelta64(0, "m")).all(), name
        assert (series.known_at.astype("datetime64[D]") >= series.period).all(), name
