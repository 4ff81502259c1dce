"""The term curve: knots, business time, missing members, and what is known when."""

from __future__ import annotations

import math
import tomllib
from dataclasses import replace
from datetime import date, timedelta
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.pricing.business_time import announcements
from steward.pricing.forward_variance import ForwardVariance
from steward.pricing.term import (
    KNOT_DAYS,
    KNOT_NAMES,
    LEAST_CLOSES,
    MOVES,
    Curve,
    TermTable,
    _Knots,
    averages,
    features,
    moves,
    pairs,
    tilt,
)
from steward.pricing.vix import WEEKLIES_FROM, index_from
from steward.pricing.vix_family import MEMBERS, choose
from steward.terms import calendar, listing

from .closes import history, real_closes, walk

DAYS = calendar.sessions(date(2016, 1, 4), date(2016, 6, 30))
MONDAY = date(2016, 6, 6)  # no holiday before 2016-07-04

LEVELS = st.floats(0.08, 0.8)
SESSIONS = st.sampled_from(calendar.sessions(date(1990, 1, 2), date(2026, 12, 31)))
SINCE_WEEKLIES = st.sampled_from(calendar.sessions(WEEKLIES_FROM, date(2026, 12, 31)))
USUAL = st.tuples(
    st.floats(0.08, 0.8), st.floats(0.75, 1.2), st.floats(0.9, 1.2), st.floats(0.95, 1.12)
)
"""VIX, then VIX9D and VIX3M over it, and VIX6M over VIX3M."""


def curve(*vols: float, session: date = MONDAY, published: bool = True) -> Curve:
    return Curve(
        session=session,
        vols=(vols[0], vols[1], vols[2], vols[3]),
        published=(published, True, published, published),
    )


def usual(session: date, members: tuple[float, float, float, float]) -> Curve:
    vix, short, longer, longest = members
    return curve(vix * short, vix, vix * longer, vix * longer * longest, session=session)


def total(of: Curve | _Knots, days: float) -> float:
    """Variance to that day, not a year."""
    return of.vol(days) ** 2 * days


def weighted(session: date, days: int) -> float:
    """Business days by counting, without the clock."""
    last = session + timedelta(days=days)
    open_days = calendar.sessions_between(session, last)
    said = sum(more for day, more in announcements() if session < day <= last)
    return 1.3 * open_days + 0.25 * (days - open_days) + said


# --- the curve -----------------------------------------------------------------------------------


@given(session=SINCE_WEEKLIES, members=USUAL)
def test_the_indices_of_the_curve_are_the_ones_asked(
    session: date, members: tuple[float, float, float, float]
) -> None:
    one = usual(session, members)
    for member, vol in enumerate(one.vols):
        assert one.index(member) == pytest.approx(vol, rel=1e-4)


@given(session=SESSIONS, members=USUAL)
def test_the_indices_in_every_era(
    session: date, members: tuple[float, float, float, float]
) -> None:
    """Where VIX itself lies beyond its expiries the search for the knots is not always over; VIX9D
    of those years, which nobody published, is not held to anything."""
    one = usual(session, members)
    for member in (1, 2, 3):
        assert one.index(member) == pytest.approx(one.vols[member], rel=0.01)


@given(session=SESSIONS, members=USUAL)
def test_an_index_is_what_the_curve_says_of_its_expiries(
    session: date, members: tuple[float, float, float, float]
) -> None:
    """The interpolation of the index, by the formula of `vix`, in minutes."""
    one = usual(session, members)
    for member, pair in enumerate(pairs(session)):
        if pair is None:
            assert one.index(member) == one.vol(float(KNOT_DAYS[member]))
            continue
        near, after = pair
        found = index_from(
            one.vol(near) ** 2,
            one.vol(after) ** 2,
            near_minutes=1440.0 * near,
            next_minutes=1440.0 * after,
            target_minutes=1440.0 * KNOT_DAYS[member],
        )
        assert 100.0 * one.index(member) == pytest.approx(found, rel=1e-9)


@given(session=SESSIONS, vols=st.tuples(LEVELS, LEVELS, LEVELS, LEVELS))
def test_total_variance_grows_whatever_the_members_say(
    session: date, vols: tuple[float, float, float, float]
) -> None:
    one = curve(*vols, session=session)
    days = np.arange(0.25, 400.0, 0.25)
    totals = [total(one, float(d)) for d in days]
    assert (np.diff(totals) > -1e-12 * totals[-1]).all()
    assert min(totals) > 0.0


@given(session=SESSIONS, level=LEVELS, up=st.lists(st.floats(0.9, 1.15), min_size=3, max_size=3))
def test_knots_are_met(session: date, level: float, up: list[float]) -> None:
    one, two, three, four = (level * np.cumprod([1.0, *up])).tolist()
    knots = _Knots(session, (one, two, three, four))
    for days, vol in zip(KNOT_DAYS, (one, two, three, four), strict=True):
        assert knots.vol(float(days)) == pytest.approx(vol, rel=1e-9)


def test_business_time_by_hand() -> None:
    """From Monday 2016-06-06. A session counts 1.3, a closed day 0.25; the FOMC decides on 06-15,
    which adds 1, and consumer prices come on 06-16, which adds 0.5.

    Day 9 is Wednesday 06-15: 7 sessions, 2 closed days and the FOMC, 10.6. Day 30 is Wednesday
    07-06: 21 sessions, 9 closed days (Independence Day is one) and both, 31.05.
    """
    assert weighted(MONDAY, 9) == pytest.approx(10.6)
    assert weighted(MONDAY, 30) == pytest.approx(31.05)
    vols = (0.15, 0.20, 0.21, 0.22)
    knots = _Knots(MONDAY, vols)
    witness = ForwardVariance(
        [weighted(MONDAY, days) for days in KNOT_DAYS],
        [vol * vol * days for vol, days in zip(vols, KNOT_DAYS, strict=True)],
    )
    for days in (9, 10, 18, 21, 30, 45, 93, 120, 184, 300):
        assert total(knots, float(days)) == pytest.approx(witness.total(weighted(MONDAY, days)))
    # A Friday's close to Sunday's adds two closed days.
    friday = witness.total(weighted(MONDAY, 18))
    assert weighted(MONDAY, 20) == pytest.approx(weighted(MONDAY, 18) + 0.5)
    assert total(knots, 20.0) - friday == pytest.approx(
        witness.total(weighted(MONDAY, 18) + 0.5) - friday
    )


def test_below_nine_days_by_hand() -> None:
    """Day 1 is a session, 1.3 of 10.6; the vol of business time 0.15 x 0.75^(1.5 (1 - part))."""
    one = _Knots(MONDAY, (0.15, 0.20, 0.20, 0.20))
    part = 1.3 / 10.6
    vol = 0.15 * 0.75 ** (1.5 * (1.0 - part))
    assert one.vol(1.0) == pytest.approx(vol * math.sqrt(part * 9.0))
    # A ratio above 1.35 counts as 1.35.
    high = _Knots(MONDAY, (0.60, 0.30, 0.28, 0.27))
    vol = 0.60 * 1.35 ** (1.5 * (1.0 - part))
    assert high.vol(1.0) == pytest.approx(vol * math.sqrt(part * 9.0))


def test_beyond_the_last_knot_the_forward_variance_goes_on() -> None:
    one = curve(0.15, 0.16, 0.18, 0.20)

    def pace(first: int, last: int) -> float:
        """Variance a unit of business time."""
        passed = weighted(MONDAY, last) - weighted(MONDAY, first)
        return (total(one, float(last)) - total(one, float(first))) / passed

    assert pace(184, 464) == pytest.approx(pace(464, 700))
    assert pace(184, 464) != pytest.approx(pace(30, 93), rel=0.01)


# --- other curves from one -----------------------------------------------------------------------


@given(session=SESSIONS, members=USUAL, level=st.floats(0.7, 1.4))
def test_a_scaled_curve_is_as_one_searched_for_anew(
    session: date, members: tuple[float, float, float, float], level: float
) -> None:
    """Nothing else published: all are multiplied, and one search serves all of them."""
    start = replace(usual(session, members), published=(False, True, False, False))
    scaled = start.scaled(level).scaled(1.1)
    fresh = replace(start, vols=scaled.vols)
    assert scaled.vols == pytest.approx([v * level * 1.1 for v in start.vols])
    assert scaled.unit == start.vols
    for days in (1.0, 5.5, 9.0, 17.0, 30.0, 60.0, 150.0, 400.0):
        assert scaled.vol(days) == pytest.approx(fresh.vol(days), rel=1e-9)
    for member in range(4):
        assert scaled.index(member) == pytest.approx(fresh.index(member), rel=1e-9)


def test_a_curve_that_was_scaled_can_still_be_moved() -> None:
    start = curve(0.15, 0.20, 0.22, 0.24, published=False)
    both = start.scaled(1.2).moved((1.0, 1.0, 1.1, 1.0))
    fresh = curve(0.18, 0.24, 0.22 * 1.2 * 1.1, 0.288, published=False)
    assert both.vols == pytest.approx(fresh.vols)
    assert both.unit is None
    for days in (3.0, 30.0, 60.0, 184.0):
        assert both.vol(days) == pytest.approx(fresh.vol(days), rel=1e-6)


def test_scaling_moves_the_month_and_what_was_inferred_from_it() -> None:
    published = curve(0.15, 0.20, 0.22, 0.24).scaled(1.1)
    assert published.vols == pytest.approx((0.15, 0.22, 0.22, 0.24))
    inferred = curve(0.15, 0.20, 0.22, 0.24, published=False).scaled(1.1)
    assert inferred.vols == pytest.approx((0.165, 0.22, 0.242, 0.264))


def test_averages_by_hand() -> None:
    # n = 21 keeps 1 - 2/22 = 10/11 of the weight of each older close.
    found = averages(np.array([10.0, 20.0, 40.0]))
    keep = 10.0 / 11.0
    assert found[0].tolist() == [10.0, 10.0, 10.0]
    assert found[1, 0] == pytest.approx((10.0 * keep + 20.0) / (keep + 1.0))
    assert found[2, 0] == pytest.approx(
        (10.0 * keep**2 + 20.0 * keep + 40.0) / (keep**2 + keep + 1.0)
    )
    assert features(np.array([20.0]), found[1:2], None).tolist() == [
        pytest.approx([1.0, math.log(20.0), *(math.log(20.0 / mean) for mean in found[1])])
    ]


def test_twenty_one_closes_must_be_known() -> None:
    table = TermTable(history(DAYS, 2000.0, 15.0))
    assert table.curve(LEAST_CLOSES - 2) is None
    found = table.curve(LEAST_CLOSES - 1)
    assert found is not None
    assert found.session == DAYS[20]
    assert found.vols[1] == 0.15


def test_published_members_are_taken_and_missing_ones_inferred() -> None:
    with_hole = np.full(len(DAYS), 18.0)
    with_hole[60] = math.nan
    found = TermTable(history(DAYS, 2000.0, 15.0, series={"vix3m": with_hole}))
    there, gone = found.curve(59), found.curve(60)
    assert there is not None
    assert gone is not None
    assert there.published == (False, True, True, False)
    assert gone.published == (False, True, False, False)
    assert there.vols[2] == pytest.approx(0.18)
    # VIX stands at its own averages, and SPX stands still: the least of moves that counts, 0.2.
    constant, slope, _, _, _, *moved = coefficients("vix3m", "")
    even = constant + slope * math.log(15.0) + sum(moved) * math.log(0.2)
    assert gone.vols[2] == pytest.approx(0.15 * math.exp(even + tilt(DAYS[60], "vix3m")))
    # VIX6M by VIX3M where it is there, the tilt of both taken out.
    constant, slope, _, _, _, *moved, longer = coefficients("vix6m", "vix3m")
    even = constant + slope * math.log(15.0) + sum(moved) * math.log(0.2)
    even += longer * (math.log(18.0 / 15.0) - tilt(DAYS[59], "vix3m"))
    assert there.vols[3] == pytest.approx(0.15 * math.exp(even + tilt(DAYS[59], "vix6m")))


def coefficients(name: str, with_other: str) -> list[float]:
    text = (resources.files("steward.pricing") / "files" / "term.toml").read_text("utf-8")
    found = [
        m["coefficients"]
        for m in tomllib.loads(text)["member"]
        if (m["name"], m["given"]) == (name, with_other)
    ]
    return [float(number) for number in found[0]]


def test_what_is_inferred_from_vix_and_spx_alone() -> None:
    """`inferred` does not look at what is published; `curve` does."""
    plain = history(DAYS, 2000.0, 15.0)
    member = np.full(len(DAYS), 18.0)
    with_member = TermTable(history(DAYS, 2000.0, 15.0, series={"vix3m": member}))
    alone = TermTable(plain)
    for row in (30, 60):
        found = alone.curve(row)
        assert found is not None
        assert found.vols == pytest.approx([0.15 * ratio for ratio in alone.inferred(row)])
        assert with_member.inferred(row) == alone.inferred(row)
        assert alone.inferred(row)[1] == 1.0


def test_moves_by_hand() -> None:
    """The root of 252 times the average of squared returns, over VIX as a fraction."""
    days = DAYS[:3]
    world = history(days, np.array([2000.0, 2020.0, 1980.0]), 15.0)
    squares = [0.0, math.log(1.01) ** 2, math.log(1980.0 / 2020.0) ** 2]
    for column, sessions in enumerate(MOVES):
        keep = 1.0 - 2.0 / (sessions + 1.0)
        mean = (squares[0] * keep**2 + squares[1] * keep + squares[2]) / (keep**2 + keep + 1.0)
        share = math.sqrt(252.0 * mean) / 0.15
        assert moves(world)[2, column] == pytest.approx(math.log(share))
    assert moves(world)[0].tolist() == pytest.approx([math.log(0.2)] * 2)  # it stood still
    # The close before the history makes the first move: here by a tenth, which counts as 3.
    fallen = history(days, 2000.0, 15.0, before=np.array([2100.0, 2222.0]))
    assert moves(fallen)[0].tolist() == pytest.approx([math.log(3.0)] * 2)


# --- expiries of the indices ---------------------------------------------------------------------


def chosen(name: str, session: date) -> tuple[float, float] | None:
    """The pair of `vix_family`, in days."""
    member = next(one for one in MEMBERS if one.series == name)
    found = choose(member, session, listing.spx_series(session))
    if isinstance(found, str):
        return None
    near, after = (365.0 * calendar.years_to(session, expiry) for expiry in found)
    return near, after


def test_pairs_are_those_of_the_family() -> None:
    """VIX9D from 2011 on, since when it is published, and where a weekly lies beyond nine days:
    else its next expiry is a monthly's, and the pair says more of VIX."""
    for session in calendar.sessions(date(1990, 1, 2), date(2026, 12, 31))[::9]:
        found = dict(zip(KNOT_NAMES, pairs(session), strict=True))
        for name in ("vix", "vix3m", "vix6m"):
            assert found[name] == chosen(name, session)
        short = chosen("vix9d", session)
        if session.year >= 2011 and short is not None:
            assert found["vix9d"] == short or (found["vix9d"] is None and short[1] > 20.0)


def test_what_even_variance_says_by_hand() -> None:
    """2018-05-14, a Monday. VIX has the Fridays 25 and 32 days on, at the open and at the close,
    VIX9D those of 4 and 11 days: 06-08 (PM, 24.99 days), 06-15 (AM, 31.72) and 05-18 (AM, 3.72),
    05-25 (PM, 10.99)."""
    session = date(2018, 5, 14)
    short, month = pairs(session)[:2]
    assert short == pytest.approx((3.71875, 10.98958), abs=1e-4)
    assert month == pytest.approx((24.98958, 31.71875), abs=1e-4)

    def passed(days: float) -> float:
        whole = math.floor(days)
        left = days - whole
        there = weighted(session, whole)
        return there + left * (weighted(session, whole + 1) - there)

    def even(pair: tuple[float, float], days: float) -> float:
        near, after = pair
        part = (days - near) / (after - near)
        return (passed(near) * (1.0 - part) + passed(after) * part) / days

    assert short is not None
    assert month is not None
    wanted = 0.5 * math.log(even(short, 9.0) / even(month, 30.0))
    assert tilt(session, "vix9d") == pytest.approx(wanted, rel=1e-9)
    assert tilt(session, "vix") == 0.0


@given(session=SESSIONS)
def test_tilts_are_small(session: date) -> None:
    """A calendar moves an index by its announcements and closed days, not by its level."""
    assert abs(tilt(session, "vix9d")) < 0.2
    assert abs(tilt(session, "vix3m")) < 0.1
    assert abs(tilt(session, "vix6m")) < 0.1


def test_a_member_of_another_day_is_not_taken() -> None:
    world = history(DAYS, 2000.0, 15.0, series={"vix3m": np.full(len(DAYS), 18.0)})
    late = world.series["vix3m"]
    late.known_at[:] += np.timedelta64(1, "m")  # a minute after the decision
    found = TermTable(world).curve(59)
    assert found is not None
    assert found.published == (False, True, False, False)


@pytest.mark.parametrize("row", [20, 47, 90])
def test_curves_do_not_see_the_future(row: int) -> None:
    world = walk(DAYS, 2000.0, 18.0)
    assert TermTable(world.until(DAYS[row])).curve(row) == TermTable(world).curve(row)


def test_inferred_members_are_as_far_off_as_the_file_says(shared_data: Path) -> None:
    """The file's errors are of years left out, its coefficients of all years: those miss less, or
    by a hair more."""
    real = real_closes(shared_data, ("vix3m", "vix9d", "vix6m"))
    alone = TermTable(real_closes(shared_data))
    text = (resources.files("steward.pricing") / "files" / "term.toml").read_text("utf-8")
    stated = {m["name"]: m for m in tomllib.loads(text)["member"] if m["given"] == ""}
    for name, place in (("vix9d", 0), ("vix3m", 2), ("vix6m", 3)):
        published = real.series[name].value
        missed = []
        for row in np.flatnonzero(np.isfinite(published) & (real.vix.close < 20.0))[::3].tolist():
            if real.sessions[row].year < 2007 or row + 1 < LEAST_CLOSES:
                continue
            missed.append(abs(real.vix.close[row] * alone.inferred(row)[place] - published[row]))
        assert len(missed) > 800
        half, most = stated[name]["median_and_90th_percentile_below_20"]
        assert float(np.median(missed)) <= half + 0.05
        assert float(np.quantile(missed, 0.9)) <= most + 0.15
