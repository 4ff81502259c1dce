"""The packaged calendar of FOMC decisions."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from steward.market.vendors import fomc as module
from steward.market.vendors.fomc import fomc
from steward.terms.errors import StewardError


def test_decisions_rise_and_each_day_occurs_once() -> None:
    decisions, source = fomc()
    days = [one.day for one in decisions]
    assert days == sorted(set(days))
    assert (days[0].year, days[-1].year) == (1990, 2027)
    assert source.name == "fomc.csv"
    assert len(source.sha256) == 64


def test_eight_scheduled_meetings_a_year_known_a_year_ahead() -> None:
    decisions, _ = fomc()
    for year in range(1994, 2027):
        scheduled = [one for one in decisions if one.scheduled and one.day.year == year]
        assert len(scheduled) == 8, year
        ahead = {(one.day - one.known_from) // timedelta(days=1) for one in scheduled}
        assert ahead <= {365, 366}
    unscheduled = [one for one in decisions if not one.scheduled]
    assert all(one.known_from == one.day for one in unscheduled)


def test_the_meeting_of_march_2020_was_cancelled_three_days_before() -> None:
    cancelled = [one for one in fomc()[0] if one.cancelled_from]
    assert [(one.day, one.cancelled_from) for one in cancelled] == [
        (date(2020, 3, 18), date(2020, 3, 15))
    ]


def test_the_days_are_those_of_the_shared_calendar(shared_data: Path) -> None:
    """Every scheduled decision since 2004, in both: a file that cites its source for each row."""
    frame = pl.read_csv(shared_data / "calendars" / "fomc.csv", infer_schema=False)
    planned = pl.col("scheduled").is_in(["true", "cancelled"])
    theirs = set(frame.filter(planned)["date_end"])
    ours = {str(one.day) for one in fomc()[0] if one.scheduled and one.day.year >= 2004}
    assert ours == theirs


def test_a_cell_that_is_neither_true_nor_false_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "fomc.csv").write_text(
        "day,scheduled,known_from,cancelled_from\n2018-01-31,perhaps,2017-01-31,\n"
    )
    (tmp_path / "vendors").mkdir()
    monkeypatch.setattr(module, "__file__", str(tmp_path / "vendors" / "fomc.py"))
    with pytest.raises(StewardError, match="line 2, column scheduled: 'perhaps' is neither true"):
        fomc()
    (tmp_path / "files" / "fomc.csv").unlink()
    with pytest.raises(StewardError, match="is missing: install the package again"):
        fomc()
