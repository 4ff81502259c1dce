"""Dividends by session, from monthly sums as they were known and from a user's file."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from steward.studies.indices.dividends import from_file, spread_dividends, words
from steward.terms.errors import StewardError

from . import by_hand

JANUARY = (date(2012, 1, 3), date(2012, 1, 31))


def test_a_constant_sum_is_spread_over_the_calendar() -> None:
    """36.5 a year is 0.1 a day: 0.3 over a weekend, 0.4 over one with a holiday."""
    rows = [(date(2010 + i // 12, 1 + i % 12, 1), date(2011, 1, 1), 36.5) for i in range(20)]
    history = by_hand.history(
        *JANUARY, series={"dividend_12m": by_hand.known("dividend_12m", rows)}
    )
    paid = dict(zip(history.sessions, spread_dividends(history), strict=True))
    assert paid[date(2012, 1, 3)] == 0.0
    assert paid[date(2012, 1, 4)] == pytest.approx(0.1)
    assert paid[date(2012, 1, 9)] == pytest.approx(0.3)
    assert paid[date(2012, 1, 17)] == pytest.approx(0.4)  # after Martin Luther King's day
    assert words(history).startswith("sums of twelve months")


def test_a_sum_is_grown_from_the_middle_of_its_months() -> None:
    """30 a year ago, 33 last: 1.1 a year. The last period begins on 2011-07-18; on 2012-01-31,
    197 days later, 197 / 365 + 5.5 / 12 = 0.99806 years have passed since its middle:
    33 x 1.1 ^ 0.99806 = 36.2933 a year.
    """
    rows = [
        (date(2010, 7, 18), date(2010, 12, 1), 30.0),
        (date(2011, 7, 18), date(2011, 12, 1), 33.0),
    ]
    history = by_hand.history(
        *JANUARY, series={"dividend_12m": by_hand.known("dividend_12m", rows)}
    )
    assert spread_dividends(history)[-1] == pytest.approx(36.2933 / 365.0, rel=1e-5)


def test_what_was_not_known_yet_is_not_read() -> None:
    early = [(date(2010, 7, 18), date(2010, 12, 1), 30.0)]
    late = [*early, (date(2011, 7, 18), date(2012, 1, 20), 99.0)]
    one, other = (
        spread_dividends(
            by_hand.history(*JANUARY, series={"dividend_12m": by_hand.known("dividend_12m", rows)})
        )
        for rows in (early, late)
    )
    before = [day < date(2012, 1, 20) for day in by_hand.history(*JANUARY).sessions]
    assert np.array_equal(one[before], other[before])
    assert not np.array_equal(one, other)


def test_without_a_series_the_assumed_yield_of_the_forwards_stands() -> None:
    """Interest and dividends of the package's table: between 1 and 4 % a year on 1000."""
    history = by_hand.history(*JANUARY)
    paid = spread_dividends(history)
    assert 10.0 < paid.sum() * 365.0 / 28.0 < 40.0
    assert words(history) == "a yield assumed by spans of years"


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_days_and_months_of_a_file(tmp_path: Path) -> None:
    """A Saturday counts on Monday; 2 over the 20 sessions of January 2012, of which 20 are ours."""
    path = written(tmp_path / "d.csv", "date,amount\n2012-01-07,1.5\n2012-01,2.0\n")
    history = by_hand.history(*JANUARY)
    paid = dict(zip(history.sessions, from_file(path, history), strict=True))
    assert len(history.sessions) == 20
    assert paid[date(2012, 1, 9)] == pytest.approx(1.5 + 0.1)
    assert paid[date(2012, 1, 10)] == pytest.approx(0.1)
    assert sum(paid.values()) == pytest.approx(3.5)


def test_a_month_that_the_history_has_in_part_counts_in_part(tmp_path: Path) -> None:
    path = written(tmp_path / "d.csv", "date,amount\n2012-01,2.0\n")
    history = by_hand.history(date(2012, 1, 18), date(2012, 1, 31))
    assert from_file(path, history).sum() == pytest.approx(2.0 * 10 / 20)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("date,amount\nsoon,1\n", "line 2, column date: 'soon' is no day"),
        ("date,amount\n2012-01-07,-1\n", "line 2, column amount: -1.0 is no dividend"),
        ("date,amount\n2012-01-07,900\n", "line 2, column amount: 900.0 is no dividend"),
        ("date,amount\n2012-01-07,\n", "line 2, column amount"),
        ("day,amount\n2012-01-07,1\n", "lacks date"),
        ("date,amount\n2010-01-07,1\n", "has 2010-01 to 2010-01, the index runs from 2012-01-03"),
    ],
)
def test_a_bad_file_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(StewardError, match=said):
        from_file(written(tmp_path / "d.csv", text), by_hand.history(*JANUARY))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StewardError, match="no such file"):
        from_file(tmp_path / "none.csv", by_hand.history(*JANUARY))
