"""Indices of made-up quotes are met: quotes that are dear by a factor, that jump, that are not."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.pricing import knot
from steward.pricing.consistency import CLOSE_SIBLING, CLOSE_VIX, Target, solve
from steward.pricing.term import KNOT_DAYS, VIX_KNOT, Curve, pairs
from steward.pricing.vix import WEEKLIES_FROM
from steward.terms import calendar

SESSION = date(2018, 5, 14)
ALL = (True, True, True, True)
VIX_ALONE = (False, True, False, False)
VOLS = (0.14, 0.15, 0.17, 0.18)
Change = Callable[[float], float]


def start(
    vols: tuple[float, float, float, float] = VOLS,
    published: tuple[bool, bool, bool, bool] = ALL,
    session: date = SESSION,
) -> Curve:
    return Curve(session=session, vols=vols, published=published)


def target(member: int, published: float, change: Change, session: date = SESSION) -> Target:
    """An index of quotes whose vols are the curve's after `change`."""
    pair = pairs(session)[member]
    assert pair is not None
    near, after = pair

    def variances(curve: Curve) -> tuple[float, float]:
        return change(curve.vol(near)) ** 2, change(curve.vol(after)) ** 2

    return Target(
        member=member,
        published=published,
        variances=variances,
        minutes=(round(1440.0 * near), round(1440.0 * after)),
    )


def times(factor: float) -> Change:
    return lambda vol: factor * vol


def targets(curve: Curve, changes: dict[int, Change]) -> tuple[Target, ...]:
    return tuple(
        target(member, 100.0 * curve.vols[member], change, curve.session)
        for member, change in changes.items()
    )


def check(found_index: float, one: Target) -> None:
    close = CLOSE_VIX if one.member == VIX_KNOT else CLOSE_SIBLING
    assert found_index == pytest.approx(one.published, abs=close + 1e-9)


def test_the_index_of_a_target_is_the_formula() -> None:
    one = target(VIX_KNOT, 15.0, times(1.0))
    assert one.index(start()) == pytest.approx(100.0 * start().index(VIX_KNOT), rel=1e-9)
    gone = Target(member=1, published=15.0, variances=lambda _: None, minutes=(30_000, 45_000))
    assert math.isnan(gone.index(start()))


@given(
    session=st.sampled_from(calendar.sessions(WEEKLIES_FROM, date(2026, 12, 1))),
    vix=st.floats(0.09, 0.6),
    shape=st.tuples(st.floats(0.85, 1.15), st.floats(0.95, 1.15), st.floats(0.98, 1.1)),
    factors=st.tuples(*[st.floats(0.97, 1.04)] * 4),
)
def test_quotes_that_are_dear_by_a_factor_each(
    session: date,
    vix: float,
    shape: tuple[float, float, float],
    factors: tuple[float, float, float, float],
) -> None:
    short, longer, longest = shape
    curve = start((vix * short, vix, vix * longer, vix * longer * longest), session=session)
    every = targets(curve, {k: times(factor) for k, factor in enumerate(factors)})
    solved = solve(curve, every)
    for one in every:
        check(solved.found[one.member], one)
        assert one.index(solved.curve) == solved.found[one.member]
        assert 100.0 * solved.curve.index(one.member) == pytest.approx(
            one.published / factors[one.member], abs=CLOSE_SIBLING + 1e-3
        )


def test_what_was_inferred_goes_with_vix() -> None:
    curve = start(published=VIX_ALONE)
    solved = solve(curve, targets(curve, {1: times(1.03)}))
    assert solved.found.keys() == {1}
    ratios = [new / old for new, old in zip(solved.curve.vols, curve.vols, strict=True)]
    assert ratios == pytest.approx([1.0 / 1.03] * 4, abs=1e-3)
    # Beside a sibling that is published too, the others still go with VIX.
    curve = start(published=(False, True, True, False))
    solved = solve(curve, targets(curve, {1: times(1.03), 2: times(0.99)}))
    ratios = [new / old for new, old in zip(solved.curve.vols, curve.vols, strict=True)]
    assert ratios[0] == pytest.approx(ratios[1])
    assert ratios[3] == pytest.approx(ratios[1])
    assert ratios[1] == pytest.approx(1.0 / 1.03, abs=1e-3)
    assert ratios[2] == pytest.approx(1.0 / 0.99, abs=3e-3)


def test_the_search_starts_where_quotes_usually_are() -> None:
    """Quotes that are worth what they usually are: one look at each index, and it is over."""
    usual = knot.usual_ratio(SESSION)
    curve, asked = start(), list[int]()

    def looked(vol: float) -> float:
        asked.append(1)
        return usual * vol

    solved = solve(curve, targets(curve, dict.fromkeys(range(4), looked)))
    assert len(asked) == 2 * 4
    assert solved.curve.vols == pytest.approx([v / usual for v in VOLS])


def test_the_nearer_side_of_a_jump() -> None:
    """Rounding takes a bid away: VIX jumps by 0.3 over what is wanted, its siblings do not."""

    def jump(vol: float) -> float:
        return vol + (0.003 if vol > 0.1499 else 0.0)

    curve = start((0.15, 0.15, 0.15, 0.15))
    every = targets(curve, {0: times(1.01), 1: jump, 2: times(1.02), 3: times(0.99)})
    solved = solve(curve, every)
    for one in every:
        if one.member != VIX_KNOT:
            check(solved.found[one.member], one)
    assert abs(solved.found[VIX_KNOT] - 15.0) <= 0.15
    alone = solve(start((0.15,) * 4, VIX_ALONE), (every[1],))
    assert abs(alone.found[VIX_KNOT] - 15.0) <= 0.15


def missing(member: int, published: float) -> Target:
    near, after = KNOT_DAYS[member] - 3, KNOT_DAYS[member] + 4
    return Target(
        member=member,
        published=published,
        variances=lambda _: None,
        minutes=(1440 * near, 1440 * after),
    )


@pytest.mark.parametrize("gone", [0, 2, 3])
def test_a_sibling_without_quotes_does_not_stop_the_others(gone: int) -> None:
    curve = start()
    changes = {k: times(1.02) for k in range(4) if k != gone}
    every = (*targets(curve, changes), missing(gone, 100.0 * VOLS[gone]))
    solved = solve(curve, every)
    assert math.isnan(solved.found[gone])
    for one in every[:-1]:
        check(solved.found[one.member], one)
    # Its own knot stays where it was published, but for what quotes are usually worth more.
    assert solved.curve.vols[gone] == pytest.approx(VOLS[gone], rel=0.005)


def test_vix_without_quotes() -> None:
    curve = start()
    solved = solve(curve, (missing(1, 15.0), *targets(curve, {0: times(1.02), 3: times(1.01)})))
    assert math.isnan(solved.found[VIX_KNOT])
    assert all(math.isfinite(vol) and vol > 0.0 for vol in solved.curve.vols)
    assert solved.curve.vols == pytest.approx(curve.vols, rel=0.03)
    alone = solve(start(published=VIX_ALONE), (missing(1, 15.0),))
    assert math.isnan(alone.found[VIX_KNOT])
    assert alone.curve.vols == pytest.approx(VOLS, rel=0.02)


@pytest.mark.parametrize("gone", [0, 2, 3])
def test_a_member_without_a_pair_is_no_target(gone: int) -> None:
    """It is published, but no listed expiries carry it: it is not found, and no others suffer."""
    curve = start()
    every = targets(curve, {k: times(0.985) for k in range(4) if k != gone})
    solved = solve(curve, every)
    assert gone not in solved.found
    for one in every:
        check(solved.found[one.member], one)
    assert solved.curve.vols[gone] == pytest.approx(VOLS[gone], rel=0.005)


def test_without_targets_nothing_moves() -> None:
    solved = solve(start(), ())
    assert solved.curve == start()
    assert solved.found == {}


def test_an_index_that_cannot_be_reached_is_told() -> None:
    """Quotes that do not move with the curve: their index is handed on as it is."""
    curve = start(published=VIX_ALONE)
    solved = solve(curve, (target(1, 15.0, lambda _: 0.17),))
    assert solved.found[VIX_KNOT] == pytest.approx(17.0)
    both = start(published=(False, True, True, False))
    solved = solve(both, (target(1, 15.0, times(1.01)), target(2, 17.0, lambda _: 0.2)))
    assert solved.found[2] == pytest.approx(20.0)
    assert solved.found[VIX_KNOT] == pytest.approx(15.0, abs=CLOSE_VIX)


def test_few_rounds_of_quotes() -> None:
    """Each look at the quotes of an index prices two whole lists of strikes."""
    asked = []

    def counted(one: Target) -> Target:
        def variances(curve: Curve) -> tuple[float, float] | None:
            asked.append(one.member)
            return one.variances(curve)

        return Target(
            member=one.member, published=one.published, variances=variances, minutes=one.minutes
        )

    curve = start()
    every = targets(curve, {0: times(1.01), 1: times(1.006), 2: times(1.004), 3: times(1.002)})
    solve(curve, tuple(counted(one) for one in every))
    assert len(asked) <= 16
