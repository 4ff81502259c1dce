"""When things were known: sessions, the Fed's business days, lags, and rising moments."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.market.history import Series
from steward.market.vendors.clock import after_period, clock, series, whole_clock
from steward.terms import calendar


def days(*iso: str) -> np.ndarray:
    return np.array(iso, dtype="datetime64[D]")


def test_the_clock_holds_the_sessions_between_two_days() -> None:
    ours = clock(date(2018, 6, 30), date(2018, 7, 6))
    assert ours.sessions.astype(str).tolist() == [
        "2018-07-02",
        "2018-07-03",
        "2018-07-05",
        "2018-07-06",
    ]
    assert ours.moments.astype(str).tolist() == [
        "2018-07-02T20:15",
        "2018-07-03T17:15",  # a half day
        "2018-07-05T20:15",
        "2018-07-06T20:15",
    ]
    assert ours.is_session(days("2018-07-03", "2018-07-04", "2018-12-03")).tolist() == [
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("day", "known"),
    [
        ("2018-07-03", "2018-07-05T20:15"),  # over Independence Day
        ("2018-07-07", "2018-07-09T20:15"),  # a Saturday
        ("2018-10-05", "2018-10-09T20:15"),  # over Columbus Day, a session
        ("2018-11-09", "2018-11-13T21:15"),  # Veterans Day, a Sunday, is kept on Monday
        ("2014-11-10", "2014-11-12T21:15"),  # Veterans Day on a Tuesday
        ("1995-01-13", "1995-01-17T21:15"),  # the third Monday of January, a session until 1997
        ("1989-12-29", "1990-01-01T21:15"),  # before the calendar: the next weekday
        ("1985-06-07", "1985-06-10T21:15"),
    ],
)
def test_a_rate_is_known_on_the_next_business_day_of_the_fed(day: str, known: str) -> None:
    assert whole_clock().next_bank_session(days(day)).astype(str).tolist() == [known]


def test_a_rate_after_the_calendar_is_never_known() -> None:
    assert np.isnat(whole_clock().next_bank_session(days("2029-12-31"))).all()


def test_lags_count_from_the_last_day_of_the_period() -> None:
    """January's CPI 20 days after the 31st; the first quarter 35 days after 31 March: 5 May."""
    month = after_period(days("2018-01-01", "2018-02-01"), months=1, lag_days=20)
    assert month.astype(str).tolist() == ["2018-02-20T13:30", "2018-03-20T13:30"]
    quarter = after_period(days("2018-01-01"), months=3, lag_days=35)
    assert quarter.astype(str).tolist() == ["2018-05-05T13:30"]


def make(value: list[float], known: list[str], period: np.ndarray | None = None) -> Series | None:
    n = len(value)
    return series(
        name="made",
        unit="points",
        period=days("2018-01-01") + np.arange(n) if period is None else period,
        value=np.array(value, dtype=float),
        known_at=np.array(known, dtype="datetime64[m]"),
        max_age_days=7,
        lagged=False,
        source="made up",
    )


def test_a_series_runs_from_its_first_value_to_its_last() -> None:
    nan = float("nan")
    known = [f"2018-01-0{i}T10:00" for i in range(1, 6)]
    made = make([nan, 1.0, nan, 2.0, nan], known)
    assert made is not None
    np.testing.assert_array_equal(made.value, [1.0, nan, 2.0])
    assert made.period.astype(str).tolist() == ["2018-01-02", "2018-01-03", "2018-01-04"]
    assert make([nan, nan], known[:2]) is None
    assert make([1.0], ["NaT"]) is None


@given(
    st.permutations(range(6)),
    st.lists(st.integers(0, 400), min_size=6, max_size=6),
)
def test_moments_rise_with_the_periods(order: list[int], lags: list[int]) -> None:
    """A period that was published before an earlier one counts with that one; never earlier."""
    period = days("2018-01-01") + np.array(order)
    known = period.astype("datetime64[m]") + np.array(lags) * np.timedelta64(60, "m")
    made = make([float(i) for i in order], known.astype(str).tolist(), period)
    assert made is not None
    assert made.value.tolist() == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    assert (np.diff(made.known_at) >= np.timedelta64(0, "m")).all()
    assert (made.known_at >= known[np.argsort(order)]).all()


def test_every_session_of_the_calendar_has_a_rising_moment() -> None:
    ours = whole_clock()
    assert len(ours.sessions) == len(calendar.sessions(calendar.FIRST_DAY, calendar.LAST_DAY))
    assert (np.diff(ours.moments) > np.timedelta64(0, "m")).all()
    minutes = (ours.moments - ours.sessions.astype("datetime64[m]")).astype(int)
    assert set(np.unique(minutes)) <= {60 * h + 15 for h in (17, 18, 19, 20, 21)}
