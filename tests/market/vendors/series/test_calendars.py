"""Calendars: moments in UTC, decisions with the day from which they were public."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from steward.market.series import finished
from steward.market.vendors.fomc import fomc
from steward.terms import calendar

from ..chains.reading import sample_file, sample_text


def real(path: Path) -> pl.DataFrame:
    return finished("calendar", sample_file(path).rows, source="0" * 16).rows


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("cpi_release_dates_2004_2026.csv", 271),
        ("fomc_announcements_1990_2003.csv", 145),
        ("nyse_sessions_1990_2027.csv", 9_526),
        ("us_econ_calendar_2014_2022.csv", 1_536),
    ],
)
def test_every_file_of_days_is_read_whole(shared_data: Path, name: str, rows: int) -> None:
    """Rows as in SOURCES-series.md."""
    assert real(shared_data / "calendars" / name).height == rows


def test_releases_are_at_half_past_eight_in_new_york() -> None:
    text = "release_date,reference_month,release_time_et\n"  # written
    rows = sample_text(f"{text}2018-02-14,2018-01,08:30\n2018-07-12,2018-06,08:30\n").rows
    assert rows["moment"].dt.strftime("%H:%M").to_list() == ["13:30", "12:30"]
    assert rows["period"].to_list() == [date(2018, 1, 1), date(2018, 6, 1)]


def test_the_october_of_the_shutdown_has_no_release(shared_data: Path) -> None:
    rows = real(shared_data / "calendars" / "cpi_release_dates_2004_2026.csv")
    assert date(2025, 10, 1) not in rows["period"].to_list()
    assert date(2025, 9, 1) in rows["period"].to_list()


def test_cpi_days_before_2004_are_absent(shared_data: Path) -> None:
    rows = real(shared_data / "calendars" / "cpi_release_dates_2004_2026.csv")
    assert rows["day"].min() == date(2004, 2, 20)


def test_the_cancelled_meeting_is_no_decision(shared_data: Path) -> None:
    rows = real(shared_data / "calendars" / "fomc.csv")
    cancelled = rows.filter(pl.col("event") == "fomc_cancelled")
    assert cancelled["day"].to_list() == [date(2020, 3, 18)]
    ours = {one.day for one in fomc()[0] if one.scheduled and one.day.year >= 2004}
    theirs = rows.filter("scheduled")
    assert set(theirs["day"]) == ours
    ahead = theirs.select((pl.col("day") - pl.col("known_from")).dt.total_days()).to_series()
    assert set(ahead) <= {365, 366}


def test_before_1994_days_are_days_of_market_action(shared_data: Path) -> None:
    """Neither scheduled nor unscheduled in the file: unknown, never `false`."""
    rows = real(shared_data / "calendars" / "fomc_announcements_1990_2003.csv")
    unknown = rows.filter(pl.col("scheduled").is_null())
    assert unknown.height == 16
    assert unknown["known_from"].null_count() == 16


def test_sessions_are_those_of_the_calendar(shared_data: Path) -> None:
    rows = real(shared_data / "calendars" / "nyse_sessions_1990_2027.csv")
    first, last = rows["day"].min(), rows["day"].max()
    assert isinstance(first, date)
    assert isinstance(last, date)
    assert rows["day"].to_list() == list(calendar.sessions(first, last))
    early = rows.filter(pl.col("detail") == "early close")
    local = early["moment"].dt.convert_time_zone("America/New_York")
    assert set(local.filter(early["day"] > date(1993, 1, 1)).dt.hour()) == {13}


def test_a_clock_that_is_none_is_set_aside() -> None:
    text = "timestamp_utc,event\n2018-02-14T13:30:00Z,CPI\nsoon,CPI\n"  # written
    done = finished("calendar", sample_text(text).rows, source="0" * 16)
    assert done.rows["day"].to_list() == [date(2018, 2, 14)]
    assert done.set_aside["reason"].to_list() == ["no day"]


def test_two_lists_of_events_agree(shared_data: Path) -> None:
    """SOURCES: all CPI days of the list of news are release days, its Fed days are decisions."""
    folder = shared_data / "calendars"
    news = real(folder / "us_econ_calendar_2014_2022.csv")
    released = set(real(folder / "cpi_release_dates_2004_2026.csv")["day"])
    prints = news.filter(pl.col("event").str.starts_with("Consumer Price Index"))
    assert prints["day"].n_unique() == 100
    assert set(prints["day"]) <= released
    decided = set(real(folder / "fomc.csv")["day"])
    assert set(news.filter(pl.col("event") == "Fed Interest Rate Decision")["day"]) <= decided
