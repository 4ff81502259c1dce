"""What is believed of a row, and of whole sessions; the same for every vendor (R3 to R10)."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from steward.market import believe
from steward.market.aside import AGAIN, CONTRADICTED
from steward.market.tables import QUOTE_KEY
from steward.terms import calendar

from .judged_rows import completed, reasons, rows_of


def judged(**change: Any) -> dict[str, Any]:
    """One row, judged."""
    return believe.judge(rows_of(change)).row(0, named=True)


# --- judge ---------------------------------------------------------------------------------------


def test_a_good_row_has_no_reason() -> None:
    assert judged()["reason"] is None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"symbol": "XSP"}, believe.NOT_OURS),
        ({"symbol": None}, believe.NOT_OURS),
        ({"session": None}, "no session"),
        ({"session": date(2018, 1, 6)}, "not a session of the exchange"),  # a Saturday
        ({"session": date(2018, 1, 15)}, "not a session of the exchange"),  # a holiday
        ({"session": date(1980, 1, 2)}, "not a session of the exchange"),
        ({"session": date(2040, 1, 3)}, "not a session of the exchange"),
        ({"expiry": None}, "no expiry"),
        ({"right": None}, "neither call nor put"),
        ({"strike": None}, "no strike above 0"),
        ({"strike": 0.0}, "no strike above 0"),
        ({"strike": -5.0}, "no strike above 0"),
        ({"strike": math.nan}, "no strike above 0"),
        ({"strike": math.inf}, "no strike above 0"),
        ({"bid": None}, "no bid or no ask"),
        ({"ask": None}, "no bid or no ask"),
        ({"bid": math.nan}, "no bid or no ask"),
        ({"ask": math.nan}, "no bid or no ask"),
        ({"ask": math.inf}, "no bid or no ask"),
        ({"bid": -1.0}, "a price below 0"),
        ({"bid": -3.0, "ask": -2.0}, "a price below 0"),
        ({"bid": 0.0, "ask": 0.0}, "an ask of 0: no quote"),
        ({"bid": 5.0, "ask": 0.0}, "an ask of 0: no quote"),
        ({"bid": 5.5}, "crossed: the ask below the bid"),
        ({"root": "NDX"}, "a root Steward does not trade"),
    ],
)
def test_why_a_row_is_set_aside(change: dict[str, Any], reason: str) -> None:
    assert judged(**change)["reason"] == reason


@pytest.mark.parametrize("change", [{"bid": 0.0}, {"bid": 5.4}, {"root": None}, {"root": "SPXPM"}])
def test_a_bid_of_0_and_a_locked_market_are_quotes(change: dict[str, Any]) -> None:
    assert judged(**change)["reason"] is None


GREEKS = {"delta": -0.3, "gamma": 0.001, "theta": -0.5, "vega": 2.0, "rho": 1.0}


@pytest.mark.parametrize("iv", [None, 0.0, -1.0, -99.99, math.nan, math.inf])
def test_without_a_volatility_there_are_no_greeks_but_the_quote_stays(iv: float | None) -> None:
    row = judged(iv=iv, **GREEKS)
    assert [row[name] for name in ("iv", *GREEKS)] == [None] * 6
    assert row["reason"] is None


def test_with_a_volatility_each_greek_stands_for_itself() -> None:
    row = judged(iv=0.2, **{**GREEKS, "theta": None, "vega": math.nan})
    assert (row["iv"], row["delta"], row["theta"], row["vega"]) == (0.2, -0.3, None, None)


@pytest.mark.parametrize("name", ["bid_size", "ask_size", "volume", "open_interest"])
def test_a_count_below_0_is_unknown_and_unknown_is_not_0(name: str) -> None:
    assert judged(**{name: -1})[name] is None
    assert judged(**{name: None})[name] is None
    assert judged(**{name: 0})[name] == 0


@pytest.mark.parametrize("level", [0.0, -1.0, math.nan, None])
def test_an_underlying_not_above_0_is_unknown_and_so_is_its_kind(level: float | None) -> None:
    row = judged(underlying=level, underlying_kind="index")
    assert (row["underlying"], row["underlying_kind"]) == (None, None)


def test_one_reason_a_row_the_first_of_them() -> None:
    assert judged(symbol="AAPL", session=None, ask=0.0)["reason"] == believe.NOT_OURS


# --- strays --------------------------------------------------------------------------------------


def test_a_single_row_a_year_from_all_others_is_stray() -> None:
    days = {date(1990, 1, 3): 1, date(2018, 1, 2): 90, date(2018, 1, 3): 1}
    assert believe.stray(days) == {date(1990, 1, 3)}


def test_a_day_with_two_rows_a_file_of_one_day_and_a_file_of_lone_rows_have_none() -> None:
    assert believe.stray({date(1990, 1, 3): 2, date(2018, 1, 2): 90}) == set()
    assert believe.stray({date(1990, 1, 3): 1}) == set()
    assert believe.stray({date(1990, 1, 3): 1, date(2018, 1, 2): 1}) == set()
    assert believe.stray({}) == set()


# --- the last day (R10) --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("label", "last"),
    [
        ("2014-03-21", "2014-03-21"),
        ("2014-03-22", "2014-03-21"),  # the Saturday of a third Friday
        ("2014-04-18", "2014-04-17"),  # Good Friday
        ("2014-04-19", "2014-04-17"),
        ("2018-01-15", None),  # a closed Monday
        ("2018-01-14", None),  # a Sunday
        ("2030-01-18", None),
        ("1989-12-15", None),
    ],
)
def test_the_last_day_of_a_label(label: str, last: str | None) -> None:
    found = believe.last_day(date.fromisoformat(label))
    assert found == (date.fromisoformat(last) if last else None)


def test_the_day_of_the_vendor_is_kept_beside_the_last_day() -> None:
    at = {"session": date(2014, 3, 3), "expiry": date(2014, 3, 22), "root": "SPX"}
    done = completed(rows_of(at))
    row = done.quotes.row(0, named=True)
    assert (row["expiry"], row["expiry_given"]) == (date(2014, 3, 21), date(2014, 3, 22))
    assert any("Saturday" in sentence for sentence in done.inferred)


def test_expiries_that_are_none() -> None:
    done = completed(
        rows_of(
            {"expiry": date(2018, 1, 15)},
            {"expiry": date(2031, 1, 17)},
            {"expiry": date(2017, 12, 29)},
            {"expiry": date(2018, 1, 2)},  # expires today, in the afternoon
        )
    )
    assert reasons(done) == {
        "expires on a day that is not a session": 1,
        "expires after 2029, where the calendar ends": 1,
        "already expired": 1,
    }
    assert done.quotes.height == 1


# --- AM and PM (R9) ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("root", "last", "settles"),
    [
        ("SPX", "2018-01-19", "AM"),
        ("SPX", "2014-04-17", "AM"),  # its third Friday is Good Friday
        ("SPX", "2018-01-26", None),
        ("SPXW", "2018-01-26", "PM"),
        ("SPXW", "2018-01-19", "PM"),
        ("SPXW", "2010-11-26", "AM"),  # Friday weeklies before 2010-12
        ("SPXW", "2010-12-03", "PM"),
        ("SPXW", "2010-09-30", "PM"),  # quarter-ends never were AM
        ("SPXW", "2029-12-31", "PM"),  # the calendar's last day
        ("SPXPM", "2013-03-15", "PM"),
        ("SPXQ", "2009-03-31", "PM"),
        ("VIX", "2018-01-17", "AM"),
        ("VIX", "2024-06-18", "AM"),
        ("VIX", "2018-01-24", None),
        ("VIXW", "2018-01-24", "AM"),
        ("VIXW", "2018-01-17", None),
        ("VIX", "2029-12-19", None),  # asks for a Friday beyond the calendar
    ],
)
def test_root_and_day_say_the_settlement(root: str, last: str, settles: str | None) -> None:
    assert believe.settlement(root, date.fromisoformat(last)) == settles


@pytest.mark.parametrize(
    ("root", "day", "given", "kept"),
    [
        ("SPX", "2018-01-19", "AM", True),
        ("SPX", "2018-01-19", "PM", False),
        ("SPXW", "2018-01-31", "PM", True),
        ("SPXW", "2018-01-31", "AM", False),
        ("VIX", "2018-01-17", "PM", False),
    ],
)
def test_a_settlement_that_is_given_must_agree(root: str, day: str, given: str, kept: bool) -> None:
    at = {"root": root, "symbol": root[:3], "expiry": date.fromisoformat(day), "settlement": given}
    done = completed(rows_of(at))
    assert done.quotes["settlement_source"].to_list() == (["given"] if kept else [])
    assert reasons(done) == ({} if kept else {believe.AGAINST: 1})


def test_spxpm_is_a_series_of_spxw() -> None:
    at = {"root": "SPXPM", "session": date(2013, 2, 5), "expiry": date(2013, 3, 15)}
    row = completed(rows_of(at)).quotes.row(0, named=True)
    assert (row["root"], row["settlement"], row["settlement_source"]) == ("SPXW", "PM", "inferred")


@pytest.mark.parametrize("root", ["SPX", "VIX"])
def test_an_am_series_has_no_quote_on_its_own_day(root: str) -> None:
    day = {"SPX": date(2018, 1, 19), "VIX": date(2018, 1, 17)}[root]
    before = calendar.previous_session(day)
    base = {"root": root, "symbol": root, "expiry": day}
    done = completed(rows_of({**base, "session": day}, {**base, "session": before}))
    assert done.quotes["session"].to_list() == [before]
    assert reasons(done) == {believe.SETTLED: 1}


# --- moments -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("session", "snapshot", "moment"),
    [
        ("2018-01-02", "eod", "2018-01-02T21:15"),
        ("2018-07-02", "eod", "2018-07-02T20:15"),
        ("2018-07-03", "eod", "2018-07-03T17:15"),  # a half day
        ("2018-01-02", "1545", "2018-01-02T20:45"),
        ("2020-11-27", "1545", "2020-11-27T17:45"),  # 12:45, as DataShop has it
        ("2018-01-02", "0935", "2018-01-02T14:35"),
        ("2018-01-02", "noon", None),
        ("2018-01-02", "2460", None),
        ("2018-01-02", "gth", None),
    ],
)
def test_the_moment_of_a_snapshot(session: str, snapshot: str, moment: str | None) -> None:
    found = believe.snapshot_moment(date.fromisoformat(session), snapshot)
    wanted = datetime.fromisoformat(moment).replace(tzinfo=UTC) if moment else None
    assert found == wanted


def test_a_moment_that_is_given_stands_and_none_is_set_aside() -> None:
    at = datetime(2018, 1, 2, 15, 0, tzinfo=UTC)
    done = completed(rows_of({"snapshot": "gth", "moment": at}, {"snapshot": "gth", "strike": 1.0}))
    assert done.quotes["moment"].to_list() == done.quotes["known_at"].to_list() == [at]
    assert reasons(done) == {"no moment": 1}


# --- once (R8) -----------------------------------------------------------------------------------


def test_a_quote_that_is_there_twice_is_kept_once() -> None:
    done = completed(rows_of({}, {}, {}))
    assert done.quotes["line"].to_list() == [2]
    assert reasons(done) == {AGAIN: 2}


def test_two_quotes_of_one_contract_at_one_moment_are_both_set_aside() -> None:
    done = completed(rows_of({}, {"bid": 4.9}, {}, {"strike": 2500.0}))
    assert done.quotes["strike"].to_list() == [2500.0]
    assert reasons(done) == {AGAIN: 1, CONTRADICTED: 2}


def test_two_snapshots_are_two_quotes() -> None:
    done = completed(rows_of({}, {"snapshot": "1545", "bid": 4.9}))
    assert done.quotes.height == 2


def test_one_root_by_two_names_is_one_series() -> None:
    at = {"session": date(2013, 2, 5), "expiry": date(2013, 3, 15)}
    done = completed(rows_of({"root": "SPXPM", **at}, {"root": "SPXW", **at}))
    assert reasons(done) == {AGAIN: 1}


CHANGES = st.fixed_dictionaries(
    {
        "strike": st.sampled_from([2500.0, 2600.0]),
        "right": st.sampled_from(["C", "P"]),
        "bid": st.sampled_from([5.0, 5.1]),
        "volume": st.sampled_from([None, 0, 3]),
        "iv": st.sampled_from([None, 0.2, 0.3]),
        "root": st.sampled_from(["SPXW", None]),
        "expiry": st.sampled_from([date(2018, 1, 31), date(2018, 1, 17), date(2018, 2, 16)]),
    }
)


@settings(max_examples=30, deadline=None)
@given(data=st.data(), changes=st.lists(CHANGES, min_size=1, max_size=12))
def test_the_order_of_the_rows_changes_nothing(
    data: st.DataObject, changes: list[dict[str, Any]]
) -> None:
    rows = rows_of(*changes)
    order = data.draw(st.permutations(range(rows.height)))
    shuffled = rows[order].with_columns(line=rows["line"])
    one, other = completed(rows), completed(shuffled)
    assert_frame_equal(one.quotes.drop("line"), other.quotes.drop("line"), check_row_order=True)
    assert reasons(one) == reasons(other)
    assert one.inferred == other.inferred


@settings(max_examples=30, deadline=None)
@given(changes=st.lists(CHANGES, min_size=1, max_size=12))
def test_no_row_vanishes_and_keys_are_unique(changes: list[dict[str, Any]]) -> None:
    rows = rows_of(*changes)
    done = completed(rows)
    lines = [*done.quotes["line"], *done.set_aside["line"]]
    assert sorted(lines) == rows["line"].to_list()
    assert not done.quotes.select(pl.struct(QUOTE_KEY).is_duplicated().any()).item()
    assert done.quotes.select(QUOTE_KEY).equals(done.quotes.select(QUOTE_KEY).sort(QUOTE_KEY))
    assert done.quotes.select("root", "settlement", "moment").null_count().row(0) == (0, 0, 0)
