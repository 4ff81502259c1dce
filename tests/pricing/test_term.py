"""The term curve: knots, business time, missing members, and what is known when."""

from __future__ import annotations

import math
import tomllib
from datetime import date, timedelta
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.pricing.term import (
    KNOT_DAYS,
    LEAST_CLOSES,
    Curve,
    TermTable,
    averages,
    features,
)
from steward.terms import calendar

from .closes import history, real_closes, walk

DAYS = calendar.sessions(date(2016, 1, 4), date(2016, 6, 30))
MONDAY = date(2016, 6, 6)  # no holiday before 2016-07-04

LEVELS = st.floats(0.08, 0.8)
SESSIONS = st.sampled_from(calendar.sessions(date(1990, 1, 2), date(2026, 12, 31)))


def curve(*vols: float, session: date = MONDAY, published: bool = True) -> Curve:
    return Curve(
        session=session,
        vols=(vols[0], vols[1], vols[2], vols[3]),
        published=(published, True, published, published),
    )


def total(of: Curve, days: float) -> float:
    """Variance to that day, not a year."""
    return of.vol(days) ** 2 * days


@given(session=SESSIONS, level=LEVELS, up=st.lists(st.floats(0.9, 1.15), min_size=3, max_size=3))
def test_the_curve_passes_through_its_knots(session: date, level: float, up: list[float]) -> None:
    vols = level * np.cumprod([1.0, *up])
    one = curve(*vols.tolist(), session=session)
    for days, vol in zip(KNOT_DAYS, vols, strict=True):
        assert one.vol(float(days)) == pytest.approx(vol, rel=1e-12)


@given(session=SESSIONS, vols=st.tuples(LEVELS, LEVELS, LEVELS, LEVELS))
def test_total_variance_grows_whatever_the_members_say(
    session: date, vols: tuple[float, float, float, float]
) -> None:
    one = curve(*vols, session=session)
    days = np.arange(0.25, 400.0, 0.25)
    totals = [total(one, float(d)) for d in days]
    assert (np.diff(totals) > 0.0).all()


def test_business_time_by_hand() -> None:
    """A session counts (7 - 2 x 0.3) / 5 = 1.28, a closed day 0.3; between 9 and 30 days linear.

    From Monday 2016-06-06: day 9 is Wednesday 06-15, after 7 sessions and 2 closed days 9.56; day
    30 is Wednesday 07-06, after 21 sessions and 9 closed days (Independence Day is one) 29.58. Day
    18 is Friday 06-24, 14 sessions and 4 closed days: 19.12.
    """
    one = curve(0.15, 0.20, 0.20, 0.20)
    near, far = 0.15**2 * 9.0, 0.20**2 * 30.0
    part = (19.12 - 9.56) / (29.58 - 9.56)
    assert total(one, 18.0) == pytest.approx(near + part * (far - near))
    # Saturday and Sunday add 0.6 of a day together, the Monday after them 1.28.
    weekend = total(one, 20.0) - total(one, 18.0)
    monday = total(one, 21.0) - total(one, 20.0)
    assert weekend / monday == pytest.approx(0.6 / 1.28)


def test_below_nine_days_by_hand() -> None:
    """Day 1 is a session, 1.28 of 9.56; the vol of business time 0.15 x 0.75^(1.5 (1 - part))."""
    one = curve(0.15, 0.20, 0.20, 0.20)
    part = 1.28 / 9.56
    vol = 0.15 * 0.75 ** (1.5 * (1.0 - part))
    assert one.vol(1.0) == pytest.approx(vol * math.sqrt(part * 9.0))
    # A ratio above 1.35 counts as 1.35.
    high = curve(0.60, 0.30, 0.28, 0.27)
    vol = 0.60 * 1.35 ** (1.5 * (1.0 - part))
    assert high.vol(1.0) == pytest.approx(vol * math.sqrt(part * 9.0))


def test_beyond_the_last_knot_the_forward_variance_goes_on() -> None:
    one = curve(0.15, 0.16, 0.18, 0.20)

    def pace(first: int, last: int) -> float:
        """Variance a unit of business time."""
        ends = [MONDAY + timedelta(days=days) for days in (first, last)]
        sessions = calendar.sessions_between(*ends)
        passed = 1.28 * sessions + 0.3 * (last - first - sessions)
        return (total(one, float(last)) - total(one, float(first))) / passed

    assert pace(184, 464) == pytest.approx(pace(93, 184))
    assert pace(184, 464) != pytest.approx(pace(30, 93), rel=0.01)


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
    # VIX at 15 and at its own averages: the constant and the logarithm's coefficient alone.
    text = (resources.files("steward.pricing") / "files" / "term.toml").read_text("utf-8")
    member = next(
        m for m in tomllib.loads(text)["member"] if (m["name"], m["given"]) == ("vix3m", "")
    )
    constant, slope = member["coefficients"][:2]
    expected = 0.15 * math.exp(constant + slope * math.log(15.0))
    assert gone.vols[2] == pytest.approx(expected)


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
    """Median error of VIX3M and VIX9D from VIX alone, VIX below 20: 0.56 and 0.71 points, each year
    predicted from the others; the coefficients of the package are fitted on all of them."""
    real = real_closes(shared_data, ("vix3m", "vix9d"))
    alone = TermTable(real_closes(shared_data))
    for place, name, bound in ((2, "vix3m", 0.56), (0, "vix9d", 0.71)):
        published = real.series[name].value
        missed = []
        for row in np.flatnonzero(np.isfinite(published) & (real.vix.close < 20.0)).tolist():
            found = alone.curve(row)
            if found is not None:
                missed.append(abs(100.0 * found.vols[place] - published[row]))
        assert len(missed) > 2_000
        assert float(np.median(missed)) <= bound
