"""Listed strikes: bands by hand, grids inside each other, and strikes that stay."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.pricing.strikes import REMEMBERED, listed_strikes

MODERN, OLD, OLDEST = date(2018, 1, 2), date(2005, 1, 3), date(1990, 2, 1)
closes_around = st.lists(st.floats(0.7, 1.3), min_size=1, max_size=90)


def test_the_bands_of_2018_by_hand() -> None:
    # One close of 2,000: by 5 from 80 % to 108 %, 25 from 65 % to 125 %, 50 from 45 % to 135 %,
    # 100 from 35 % to 160 %.
    strikes = listed_strikes(MODERN, np.array([2000.0]))
    fine = np.arange(1600.0, 2161.0, 5.0)
    expected = {*fine, *range(1300, 2501, 25), *range(900, 2701, 50), *range(700, 3201, 100)}
    assert strikes.tolist() == sorted(expected)


def test_lists_before_1996_are_by_five_points() -> None:
    # 340: by 5 from 170 to 425, by 25 up to 140 %, 476, so that 475 is the last.
    strikes = listed_strikes(OLDEST, np.array([340.0]))
    assert strikes.tolist() == [*np.arange(170.0, 426.0, 5.0), 450.0, 475.0]


def test_far_series_have_no_five_point_strikes() -> None:
    for session, close in ((MODERN, 2700.0), (OLD, 1200.0), (OLDEST, 340.0)):
        far = listed_strikes(session, np.array([close]), far=True)
        assert set(np.mod(far, 25.0)) == {0.0}
        assert set(far) <= set(listed_strikes(session, np.array([close])))


@pytest.mark.parametrize(("session", "close"), [(MODERN, 2700.0), (OLD, 1200.0), (OLDEST, 340.0)])
@given(shares=closes_around)
def test_strikes_rise_and_surround_the_close(
    session: date, close: float, shares: list[float]
) -> None:
    closes = close * np.array(shares)
    strikes = listed_strikes(session, closes)
    assert (np.diff(strikes) > 0.0).all()
    assert set(np.mod(strikes, 5.0)) == {0.0}
    near = strikes[np.abs(strikes / closes[-1] - 1.0) < 0.08]
    assert np.diff(near) == pytest.approx(5.0)


@given(shares=closes_around, later=st.lists(st.floats(0.7, 1.3), min_size=1, max_size=62))
def test_a_strike_once_listed_stays_for_a_quarter(shares: list[float], later: list[float]) -> None:
    then = 2700.0 * np.array(shares)
    now = np.concatenate((then, 2700.0 * np.array(later)))
    first = listed_strikes(MODERN, then[-1:])
    assert set(first) <= set(listed_strikes(MODERN, now))


def test_older_closes_are_forgotten() -> None:
    closes = np.array([1000.0, *([2700.0] * REMEMBERED)])
    assert listed_strikes(MODERN, closes).tolist() == listed_strikes(MODERN, closes[1:]).tolist()
    assert len(listed_strikes(MODERN, closes[:-1])) > len(listed_strikes(MODERN, closes))


def test_the_shared_array_cannot_be_written_to() -> None:
    with pytest.raises(ValueError, match="read-only"):
        listed_strikes(MODERN, np.array([2700.0]))[0] = 1.0
