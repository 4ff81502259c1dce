"""Advances and declines: rows that are no count, and when they are known."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from steward.market.history import History
from steward.market.vendors.data_folder import folder_history
from steward.terms.errors import StewardError

FILE = "breadth/sp500_breadth_derived_daily.csv"


def test_rows_without_a_count_are_left_out(
    folder: Any, counted: Callable[[History], dict[tuple[str, str], int]]
) -> None:
    folder.indices("2018-01-02", "2018-01-03")
    folder.write(
        FILE,
        "date,members,advances,declines",
        "2018-01-01,500,1,1",  # New Year
        "2018-01-02,500,300,200",
        "2018-01-02,500,1,1",
        "2018-01-03,500,0,0",
        "2018-01-04,500,,200",
        "2018-01-05,500,-1,200",
        "2018-01-08,500,0,480",
    )
    history = folder_history(folder.path)
    up, down = history.series["advances"], history.series["declines"]
    assert up.period.tolist() == [date(2018, 1, 2), date(2018, 1, 8)]
    assert up.value.tolist() == [300.0, 0.0]
    assert down.value.tolist() == [200.0, 480.0]
    assert up.known_at.astype(str).tolist() == ["2018-01-02T21:15", "2018-01-08T21:15"]
    assert counted(history) == {
        (FILE, "a day that occurs twice"): 1,
        (FILE, "not a session of the exchange"): 1,
        (FILE, "a session without a count"): 3,
    }
    assert any("survivorship" in note for note in history.notes)


def test_a_count_that_is_no_number_is_named(folder: Any) -> None:
    folder.indices("2018-01-02")
    folder.write(FILE, "date,advances,declines", "2018-01-02,many,200")
    with pytest.raises(StewardError, match=r"line 2, column advances: 'many' is not a number"):
        folder_history(folder.path)


def test_the_shared_breadth_moves_with_the_index(shared_data: Path) -> None:
    """SOURCES: net advances over their sum against SPX returns, 0.79 to 0.90 by five years."""
    history = folder_history(shared_data)
    up, down = history.series["advances"], history.series["declines"]
    days = np.array(history.sessions, dtype="datetime64[D]")
    net = dict(zip(up.period, (up.value - down.value) / (up.value + down.value), strict=True))
    returns = np.diff(np.log(history.spx.close))
    for year in (2000, 2005, 2010, 2015, 2020):
        inside = np.flatnonzero(
            (days[1:] >= np.datetime64(f"{year}-01-01"))
            & (days[1:] < np.datetime64(f"{year + 5}-01-01"))
        )
        ours = np.array([net[days[1:][i]] for i in inside])
        assert 0.785 <= np.corrcoef(ours, returns[inside])[0, 1] <= 0.905
