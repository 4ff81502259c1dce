"""Release days of CPI that come with the package."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path

import polars as pl

from steward.market.vendors.release_days import cpi_releases
from steward.terms import calendar

RELEASES, SOURCE = cpi_releases()


def test_one_release_a_month_but_the_one_that_never_came() -> None:
    """October 2025 was not collected (shutdown): SOURCES-series.md, "Defects" of macro/."""
    months = [one.month for one in RELEASES]
    span = [date(*m, 1) for m in calendar.months_from(date(2004, 1, 1), 272)]
    assert len(RELEASES) == 271  # SOURCES-series.md, table of calendars/
    assert sorted(set(span) - set(months)) == [date(2025, 10, 1)]
    assert months == sorted(months)
    assert all(one.day < other.day for one, other in pairwise(RELEASES))


def test_a_release_comes_five_to_nine_weeks_after_its_month_begins() -> None:
    """Two were late: September 2013 (shutdown), and January 2015."""
    late = {one.day for one in RELEASES if (one.day - one.month).days > 55}
    assert late == {date(2013, 10, 30), date(2015, 2, 26)}
    assert min((one.day - one.month).days for one in RELEASES) >= 35


def test_half_past_eight_in_new_york_is_another_moment_in_winter() -> None:
    by_day = {one.day: one.moment for one in RELEASES}
    assert by_day[date(2026, 1, 13)].astimezone(UTC) == datetime(2026, 1, 13, 13, 30, tzinfo=UTC)
    assert by_day[date(2026, 6, 10)].astimezone(UTC) == datetime(2026, 6, 10, 12, 30, tzinfo=UTC)


def test_the_same_days_as_the_shared_list(shared_data: Path) -> None:
    shared = pl.read_csv(
        shared_data / "calendars" / "cpi_release_dates_2004_2026.csv", try_parse_dates=True
    )
    assert [one.day for one in RELEASES] == shared["release_date"].to_list()
    assert [f"{one.month:%Y-%m}" for one in RELEASES] == shared["reference_month"].to_list()
