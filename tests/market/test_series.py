"""Rows of the tables beside quotes: what is the same for all of them."""

from __future__ import annotations

from datetime import date, datetime

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.market.records import digest
from steward.market.series import finished
from steward.market.tables import SERIES
from steward.terms import calendar
from steward.terms.errors import StewardError

from .vendors.chains.reading import sample_text

SOURCE = "0" * 16
DAYS = calendar.sessions(date(2017, 1, 3), date(2018, 12, 28))


@pytest.mark.parametrize("table", sorted(SERIES))
def test_keys_names_and_days_are_columns(table: str) -> None:
    contract = SERIES[table]
    assert {*contract.key, contract.name, contract.day} <= set(contract.columns)
    assert {"source", "line"} <= set(contract.columns)


closes = st.lists(
    st.tuples(st.sampled_from(DAYS), st.integers(100, 9_000).map(lambda n: n / 100)),
    min_size=1,
    max_size=40,
    unique_by=lambda row: row[0],
)


@given(rows=closes, turned=st.booleans())
def test_an_index_written_as_cboe_does_comes_back_as_it_was(
    rows: list[tuple[date, float]], turned: bool
) -> None:
    """R2, R8: American days, one row a day, whatever order they stand in."""
    lines = [f"{day:%m/%d/%Y},{value}" for day, value in rows]
    text = "\n".join(["DATE,VVIX", *(reversed(lines) if turned else lines)]) + "\n"
    done = finished("index", sample_text(text, "VVIX_History.csv").rows, source=SOURCE)
    assert done.rows.select("session", "close").rows() == sorted(rows)
    assert done.set_aside.is_empty()
    straight = "\n".join(["DATE,VVIX", *lines]) + "\n"
    same = finished("index", sample_text(straight, "VVIX_History.csv").rows, source=SOURCE)
    assert digest(same.rows) == digest(done.rows)


@given(rows=closes)
def test_no_row_is_known_before_the_close_of_its_session(rows: list[tuple[date, float]]) -> None:
    text = "\n".join(["date,close", *(f"{day},{value}" for day, value in rows)]) + "\n"
    done = finished("index", sample_text(text, "vix_daily.csv").rows, source=SOURCE)
    for day, known_at in done.rows.select("session", "known_at").iter_rows():
        assert isinstance(known_at, datetime)
        assert known_at == calendar.decision_moment(day)


def test_days_before_the_calendar_are_known_in_the_evening() -> None:
    rows = sample_text("date,close\n1987-10-19,150\n", "vxo_daily.csv").rows
    known = finished("index", rows, source=SOURCE).rows["known_at"]
    assert known.dt.strftime("%Y-%m-%d %H:%M").to_list() == ["1987-10-19 21:15"]


@pytest.mark.parametrize("day", ["-2018-02-05", "0001-01-01", "9999-12-31", "20268-03-18"])
def test_a_day_of_no_year_is_set_aside(day: str) -> None:
    sample = sample_text(f"date,close\n2018-02-05,20\n{day},20\n", "vix_daily.csv")
    done = finished("index", sample.rows, source=SOURCE)
    assert done.rows["session"].to_list() == [date(2018, 2, 5)]
    assert sample.set_aside.height + done.set_aside.height == 1


def test_a_row_from_tomorrow_is_not_believed() -> None:
    rows = sample_text("date,close\n2018-02-05,20\n2018-02-06,21\n", "vix_daily.csv").rows
    done = finished("index", rows, source=SOURCE, today=date(2018, 2, 5))
    assert done.rows["session"].to_list() == [date(2018, 2, 5)]
    assert done.set_aside.height == 1


@pytest.mark.parametrize(
    ("name", "symbol"), [("VX_2018-02-14.csv", "VX"), ("VXM_2018-02-14.csv", "VXM")]
)
def test_the_small_future_is_another_symbol(name: str, symbol: str) -> None:
    rows = sample_text(VX, name).rows  # written
    assert rows["symbol"].to_list() == [symbol]


def test_a_future_on_something_else_is_refused() -> None:
    with pytest.raises(StewardError, match="its name says that it is of VA; only futures on VIX"):
        sample_text(VX, "CFE_G18_VA.csv")


VX = (
    "Trade Date,Futures,Open,High,Low,Close,Settle,Change,Total Volume,EFP,Open Interest\n"
    "2018-02-05,G (Feb 2018),20,21,19,20,20,0,5,0,5\n"
)


def test_a_record_broken_within_is_refused() -> None:
    with pytest.raises(StewardError, match="line 2: no record of CSV"):
        sample_text("date,close\n2018-02-05\r,20\n", "vix_daily.csv")


def test_what_a_file_lacks_is_unknown() -> None:
    rows = pl.DataFrame(
        {"line": [2], "symbol": ["VX"], "session": [DAYS[0]], "expiry": [date(2017, 1, 18)]}
    )
    done = finished("vx", rows, source=SOURCE)
    assert done.rows.select("settle", "volume", "open_interest", "final").row(0) == (None,) * 4
