"""The search for the knot: a smooth index, one that jumps, one that cannot be reached."""

from __future__ import annotations

import math
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.pricing.knot import ENOUGH, USUAL_RATIOS, search, usual_ratio


def test_the_search_ends_at_the_root_of_a_smooth_index() -> None:
    level, found = search(lambda x: 19.3 * x**0.8, lambda x: 20.0 * x, 20.0)
    assert found == pytest.approx(20.0, abs=ENOUGH)
    assert level == pytest.approx((20.0 / 19.3) ** 1.25, rel=1e-3)


def test_the_search_takes_the_nearer_side_of_a_jump() -> None:
    def of_quotes(level: float) -> float:
        return 20.0 * level + (0.3 if level > 0.9987 else 0.0)  # 19.974, and from there 20.274

    level, found = search(of_quotes, lambda x: 20.0 * x, 20.0)
    assert found == pytest.approx(19.974, abs=0.01)
    assert level <= 0.9987


def test_the_search_says_what_it_cannot_reach() -> None:
    level, found = search(lambda _: math.nan, lambda x: 20.0 * x, 20.0)
    assert math.isnan(found)
    assert level == pytest.approx(1.0, abs=0.01)
    level, found = search(lambda _: math.nan, lambda _: math.nan, 20.0)
    assert (level, math.isnan(found)) == (1.0, True)
    level, found = search(lambda _: 17.0, lambda _: 20.0, 20.0)  # a knot without effect
    assert found == 17.0
    assert level > 0.0


@given(
    published=st.floats(9.0, 90.0),
    ratio=st.floats(0.9, 1.1),
    power=st.floats(0.4, 1.3),
    offset=st.floats(0.85, 1.2),
)
def test_any_smooth_index_is_found(
    published: float, ratio: float, power: float, offset: float
) -> None:
    """The curve's index is a power of the level, that of the quotes a steady multiple of it."""

    def of_curve(level: float) -> float:
        return published * offset * level**power

    _, found = search(lambda level: ratio * of_curve(level), of_curve, published)
    assert found == pytest.approx(published, abs=ENOUGH)


def test_few_quotes_are_priced() -> None:
    asked = []

    def of_quotes(level: float) -> float:
        asked.append(level)
        return 1.006 * 20.0 * level

    search(of_quotes, lambda level: 20.0 * level, 15.0)
    assert len(asked) <= 2


def test_the_search_starts_at_the_usual_ratio() -> None:
    asked = []

    def of_quotes(level: float) -> float:
        asked.append(level)
        return 0.99 * 20.0 * level

    level, found = search(of_quotes, lambda level: 20.0 * level, 15.0, 0.99)
    assert asked == [level]
    assert found == pytest.approx(15.0)
    assert level == pytest.approx(15.0 / 20.0 / 0.99)


def test_a_session_has_the_ratio_of_its_years() -> None:
    assert [first for first, _ in USUAL_RATIOS] == sorted(
        (first for first, _ in USUAL_RATIOS), reverse=True
    )
    for first, ratio in USUAL_RATIOS:
        assert usual_ratio(first) == ratio
        assert 0.97 < ratio < 1.02
    newer, older = USUAL_RATIOS[0], USUAL_RATIOS[1]
    assert usual_ratio(newer[0] - timedelta(days=1)) == older[1]
    assert usual_ratio(date(1990, 1, 2)) == USUAL_RATIOS[-1][1]
