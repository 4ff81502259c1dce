"""Defects of index files, one by one, in small files of our own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pytest

from steward.market.history import History
from steward.market.vendors.data_folder import folder_history
from steward.terms.errors import StewardError

SPX, VIX = "index/spx_daily.csv", "index/vix_daily.csv"
TAIL = "index/vol_index_closes_tail_2026-07_2026-08.csv"
TAIL_HEADER = "date,vix,vix3m,vix9d,vvix"
Counted = Callable[[History], dict[tuple[str, str], int]]


def test_rows_that_are_no_sessions_or_occur_twice(folder: Any, counted: Counted) -> None:
    folder.indices("2018-01-02", "2018-01-03")
    folder.bars(
        VIX,
        {"2018-01-02": 15.0, "2018-01-03": 16.0},
        "2018-01-01,9,9,9,9",  # New Year
        "2018-01-06,9,9,9,9",  # a Saturday
        "2018-01-02,9,9,9,9",
    )
    history = folder_history(folder.path)
    assert history.vix.close.tolist() == [15.0, 16.0]
    assert counted(history) == {
        (VIX, "not a session of the exchange"): 2,
        (VIX, "a day that occurs twice"): 1,
    }


def test_a_close_that_is_none(folder: Any, counted: Counted) -> None:
    folder.indices("2018-01-02", "2018-01-03", "2018-01-04")
    folder.bars(SPX, {"2018-01-02": 2000.0}, "2018-01-03,1,2,1,0", "2018-01-04,1,2,1,")
    history = folder_history(folder.path)
    assert history.sessions == (date(2018, 1, 2),)
    assert counted(history) == {
        (SPX, "a session without a value"): 1,
        (SPX, "a close of 0 or below"): 1,
    }


def test_vix_opens_that_cannot_be_opens(folder: Any, counted: Counted) -> None:
    """Outside high and low: the open is unknown. One number four times: all but the close are."""
    folder.indices("2018-01-02", "2018-01-03", "2018-01-04")
    folder.write(
        VIX,
        "date,open,high,low,close",
        "2018-01-02,15,16,14,15",
        "2018-01-03,17,16,14,15",
        "2018-01-04,15,15,15,15",
    )
    vix = folder_history(folder.path).vix
    np.testing.assert_array_equal(vix.open, [15.0, np.nan, np.nan])
    np.testing.assert_array_equal(vix.high, [16.0, 16.0, np.nan])
    np.testing.assert_array_equal(vix.low, [14.0, 14.0, np.nan])
    assert vix.close.tolist() == [15.0, 15.0, 15.0]
    assert counted(folder_history(folder.path)) == {
        (VIX, "an open outside high and low: unknown"): 1,
        (VIX, "a close four times over: no open, high, low"): 1,
    }


def test_spx_opens_that_repeat_the_close_before(folder: Any, counted: Counted) -> None:
    """Unknown before 2014, when the free history wrote them so; believed from then on."""
    folder.indices("2013-12-30", "2013-12-31", "2014-01-02", "2014-01-03")
    folder.write(
        SPX,
        "date,open,high,low,close",
        "2013-12-30,1799,1802,1797,1800",
        "2013-12-31,1800,1803,1798,1801",
        "2014-01-02,1801,1804,1799,1802",
        "2014-01-03,1803,1805,1800,1803",
    )
    history = folder_history(folder.path)
    np.testing.assert_array_equal(history.spx.open, [1799.0, np.nan, 1801.0, 1803.0])
    assert counted(history) == {
        (SPX, "an open before 2014 that repeats the close before: unknown"): 1
    }


def test_the_tail_stands_only_after_the_daily_file(folder: Any, counted: Counted) -> None:
    days = ("2026-07-21", "2026-07-22", "2026-07-23", "2026-07-24")
    folder.indices(*days)
    folder.bars(VIX, {"2026-07-21": 15.0, "2026-07-22": 16.0})
    folder.bars("index/vix3m_daily.csv", {"2026-07-21": 18.0})
    folder.write(
        TAIL,
        TAIL_HEADER,
        "2026-07-22,99,19.5,14,95",
        "2026-07-23,17.25,,14.5,0",
        "2026-07-25,18,20,15,96",  # a Saturday
        "2026-07-24,18.5,20.5,15.5,97",
    )
    history = folder_history(folder.path)
    assert history.vix.close.tolist() == [15.0, 16.0, 17.25, 18.5]
    np.testing.assert_array_equal(history.vix.open, [14.5, 15.5, np.nan, np.nan])
    vix3m = history.series["vix3m"]
    assert vix3m.period.tolist() == [date(2026, 7, 21), date(2026, 7, 22), date(2026, 7, 24)]
    assert vix3m.value.tolist() == [18.0, 19.5, 20.5]
    assert TAIL in vix3m.source
    assert "vix9d" not in history.series, "the tail alone is no series"
    assert counted(history) == {
        (TAIL, "not a session of the exchange"): 1,
        (TAIL, f"a day that {VIX} reaches too"): 1,
        (TAIL, "a session without a value"): 1,
        (TAIL, "a close of 0 or below"): 1,
    }
    assert any(note.startswith("Tail:") for note in history.notes)


def test_vvix_begins_in_2007(folder: Any, counted: Counted) -> None:
    folder.indices("2006-12-29", "2007-01-03")
    folder.write("index/vvix_daily.csv", "date,close", "2006-12-29,20", "2007-01-03,80")
    history = folder_history(folder.path)
    assert history.series["vvix"].value.tolist() == [80.0]
    assert counted(history) == {("index/vvix_daily.csv", "before 2007: not believed"): 1}
    assert any(note.startswith("VVIX:") for note in history.notes)


def test_a_series_without_any_value_is_absent(folder: Any) -> None:
    folder.indices("2018-01-02")
    folder.write("index/skew_daily.csv", "date,close", "2018-01-02,")
    assert "skew" not in folder_history(folder.path).series


def test_closes_are_known_at_the_decision_moment_of_their_day(folder: Any) -> None:
    """16:15 New York is 20:15 UTC in summer and 21:15 in winter; 13:15 on a half day is 17:15."""
    days = ("2018-07-02", "2018-07-03", "2018-12-03")
    folder.indices(*days)
    folder.bars("index/vix6m_daily.csv", dict.fromkeys(days, 17.0))
    known = folder_history(folder.path).series["vix6m"].known_at.astype(str).tolist()
    assert known == ["2018-07-02T20:15", "2018-07-03T17:15", "2018-12-03T21:15"]


def test_levels_are_of_two_decimals(folder: Any) -> None:
    """Some copies carry the dust of single precision."""
    folder.indices("2018-01-02")
    folder.write(SPX, "date,open,high,low,close", "2018-01-02,2500.889893,2501,2482,2500.810059")
    spx = folder_history(folder.path).spx
    assert (spx.open[0], spx.close[0]) == (2500.89, 2500.81)


def test_a_bad_cell_of_the_tail_is_named(folder: Any) -> None:
    folder.indices("2026-07-22")
    folder.write(TAIL, TAIL_HEADER, "2026-07-23,18,20,n/a,95")
    with pytest.raises(StewardError, match=r"line 2, column vix9d: 'n/a' is not a number"):
        folder_history(folder.path)
