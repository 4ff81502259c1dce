"""Listed strikes: bands by hand, kinds of series, grids inside each other, strikes that stay."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.pricing.strikes import (
    LISTS,
    REMEMBERED,
    kind_of,
    series_strikes,
)
from steward.terms import calendar, listing
from steward.terms.contracts import Expiry

MODERN, OLD, OLDEST = date(2018, 1, 2), date(2005, 1, 3), date(1990, 2, 1)
NEW = date(2023, 3, 1)
closes_around = st.lists(st.floats(0.7, 1.3), min_size=1, max_size=90)


def pm(day: date) -> Expiry:
    return Expiry(root="SPXW", day=day, settlement="PM")


def am(day: date) -> Expiry:
    return Expiry(root="SPX", day=day, settlement="AM")


MONTHLY = am(date(2018, 1, 19))


def test_the_bands_of_a_monthly_of_2023_by_hand() -> None:
    # 2023-04-21, 51 days ahead, one close of 4,000: by 5 from 90 % to 106 % and from 86 % to
    # 108 %, by 10 from 78 % to 112 %, by 25 from 68 % to 117 %, then 50 and 100.
    strikes = series_strikes(NEW, am(date(2023, 4, 21)), np.array([4000.0]))
    expected = {
        *range(3440, 4321, 5),
        *range(3120, 4481, 10),
        *range(2725, 4676, 25),
        *range(2300, 4951, 50),
        *range(1400, 5801, 100),
    }
    assert strikes.tolist() == sorted(expected)


def test_a_weekday_of_2023_has_few_strikes_until_it_is_near() -> None:
    # A Thursday, 29 days ahead: by 5 within 1 %, by 10 from 95.5 % to 103.5 %.
    day = date(2023, 3, 30)
    far = series_strikes(NEW, pm(day), np.array([4000.0]))
    near = far[(far > 3700.0) & (far < 4200.0)]
    expected = {*range(3960, 4041, 5), *range(3820, 4141, 10), *range(3725, 4181, 25)}
    expected |= {*range(3750, 4200, 50), *range(3800, 4200, 100)}
    assert near.tolist() == sorted(expected)
    later = series_strikes(date(2023, 3, 24), pm(day), np.array([4000.0]))
    assert set(far) < set(later)


def test_lists_before_1996_are_by_five_points() -> None:
    # 340: by 5 from 170 to 425, by 25 up to 140 %, 476, so that 475 is the last.
    strikes = series_strikes(OLDEST, am(date(1990, 3, 16)), np.array([340.0]))
    assert strikes.tolist() == [*np.arange(170.0, 426.0, 5.0), 450.0, 475.0]


@pytest.mark.parametrize(
    ("expiry", "kind"),
    [
        (am(date(2023, 3, 17)), "month"),
        (pm(date(2023, 3, 17)), "month"),
        (pm(date(2023, 3, 31)), "month"),  # a Friday, and the end of the month and the quarter
        (pm(date(2023, 2, 28)), "month"),  # a Tuesday, and the end of the month
        (pm(date(2023, 3, 10)), "friday"),
        (pm(date(2023, 4, 6)), "friday"),  # a Thursday, before Good Friday
        (pm(date(2023, 3, 9)), "day"),
        (pm(date(2023, 3, 13)), "day"),
        (am(date(2014, 4, 17)), "month"),  # the day before Good Friday
        (pm(date(2019, 4, 18)), "month"),  # the third Friday's PM series, a day early
    ],
)
def test_kinds_of_series(expiry: Expiry, kind: str) -> None:
    assert kind_of(expiry) == kind


def test_bands_of_every_period_are_sound() -> None:
    assert [first for first, _ in LISTS] == sorted((first for first, _ in LISTS), reverse=True)
    for _, kinds in LISTS:
        for bands in kinds.values():
            assert bands
            for band in bands:
                assert 0.0 < band.low < 1.0 < band.high
            # Finer steps do not reach beyond the coarsest of those that are always listed.
            widest = min(b.low for b in bands if not b.days)
            assert all(b.low >= widest for b in bands)


@pytest.mark.parametrize("session", [OLDEST, OLD, date(2011, 1, 3), MODERN, NEW, date(2025, 9, 3)])
def test_every_listed_series_has_strikes_around_the_money(session: date) -> None:
    for expiry in listing.spx_series(session):
        strikes = series_strikes(session, expiry, np.array([3000.0]))
        assert strikes[0] < 0.9 * 3000.0
        assert strikes[-1] > 1.05 * 3000.0
        assert np.abs(strikes - 3000.0).min() <= 25.0
        assert (np.diff(strikes) > 0.0).all()
        assert set(np.mod(strikes, 5.0)) == {0.0}


@given(shares=closes_around, ahead=st.integers(1, 380), session=st.sampled_from([NEW, MODERN, OLD]))
def test_a_series_that_comes_nearer_loses_no_strike_at_the_same_closes(
    shares: list[float], ahead: int, session: date
) -> None:
    closes = 2700.0 * np.array(shares)
    day = calendar.on_or_after(session + timedelta(days=ahead))
    earlier = calendar.on_or_before(session - timedelta(days=3))
    for expiry in (am(day), pm(day)):
        far = series_strikes(earlier, expiry, closes)
        near = series_strikes(session, expiry, closes)
        assert set(far) <= set(near)


def test_only_closes_since_a_band_was_opened_count_in_it() -> None:
    # Bands of 5 points open 100 and, wider, 65 days before a monthly of 2023 settles. 42 days
    # before, a close of 3,800 of 30 sessions ago is in the first, from 90 % on; one of ten sessions
    # ago in the second too, from 86 % on.
    expiry = am(date(2023, 4, 21))
    session = date(2023, 3, 10)
    calm = np.full(REMEMBERED, 4000.0)
    long_ago, lately = calm.copy(), calm.copy()
    long_ago[-30], lately[-10] = 3800.0, 3800.0
    fives = [
        {x for x in series_strikes(session, expiry, c) if x % 10.0 == 5.0 and x % 25.0}
        for c in (calm, long_ago, lately)
    ]
    assert min(fives[0]) == 3445.0
    assert min(fives[1]) == 3435.0
    assert min(fives[2]) == 3285.0
    assert fives[0] < fives[2]


@given(shares=closes_around, later=st.lists(st.floats(0.7, 1.3), min_size=1, max_size=62))
def test_a_strike_once_listed_stays_for_a_quarter(shares: list[float], later: list[float]) -> None:
    then = 2700.0 * np.array(shares)
    now = np.concatenate((then, 2700.0 * np.array(later)))
    coarse = [x for x in series_strikes(MODERN, MONTHLY, then[-1:]) if x % 25.0 == 0.0]
    assert set(coarse) <= set(series_strikes(MODERN, MONTHLY, now))


def test_older_closes_are_forgotten() -> None:
    closes = np.array([1000.0, *([2700.0] * REMEMBERED)])
    whole, cut, last = (
        series_strikes(MODERN, MONTHLY, c).tolist() for c in (closes, closes[1:], closes[:-1])
    )
    assert whole == cut
    assert len(last) > len(whole)


def test_the_shared_array_cannot_be_written_to() -> None:
    with pytest.raises(ValueError, match="read-only"):
        series_strikes(MODERN, MONTHLY, np.array([2700.0]))[0] = 1.0


def test_wild_months_have_wider_bands() -> None:
    calm = 3000.0 * np.ones(REMEMBERED)
    swing = np.where(np.arange(REMEMBERED) % 2 == 0, 1.0, 1.04)  # 4 % a day: 62 % a year
    wild = calm * swing
    expiry, session = am(date(2008, 11, 21)), date(2008, 10, 15)
    few, many = (series_strikes(session, expiry, closes) for closes in (calm, wild))
    # By 5 up to 109 % of 3,000; twice as far, and of 3,120, when wild.
    fives = [max(x for x in s if x % 10.0 == 5.0 and x % 25.0) for s in (few, many)]
    assert fives[0] == 3265.0
    assert fives[1] > 1.15 * 3120.0
    assert set(few) <= set(many)
    # A month later the moves are small, and the strikes still there.
    later = np.concatenate((wild[30:], np.full(30, 3000.0)))
    again = series_strikes(session, expiry, later)
    assert max(x for x in again if x % 10.0 == 5.0 and x % 25.0) >= 1.15 * 3000.0
