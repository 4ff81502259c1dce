"""Figures of a rebuilt index beside a published one, worked by hand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from steward.studies.indices.comparison import (
    compare,
    correlation_interval,
    drawdown,
    growth,
    month_ends,
    monthly_returns,
    spread,
)
from steward.studies.indices.levels import Levels, read_levels
from steward.studies.indices.rebuild import INDICES, Rebuilt
from steward.terms.errors import StewardError

ENDS = (date(2009, 12, 31), date(2010, 1, 29), date(2010, 2, 26), date(2010, 3, 31))


def rebuilt(days: Sequence[date], levels: Sequence[float]) -> Rebuilt:
    return Rebuilt(
        rules=INDICES["put"],
        sessions=tuple(days),
        levels=np.array(levels),
        every="month",
        rolls=(),
    )


def published(days: Sequence[date], levels: Sequence[float]) -> Levels:
    return Levels(name="x.csv", by_day=dict(zip(days, levels, strict=True)), rows=len(days))


MINE = rebuilt(ENDS, (100.0, 102.0, 96.9, 101.745))  # +2 %, -5 %, +5 %
THEIRS = published(ENDS, (50.0, 50.5, 48.985, 50.94440))  # +1 %, -3 %, +4 %


def test_figures_by_hand() -> None:
    """Returns .02 -.05 .05 and .01 -.03 .04; means 2/3 % both; deviations in units of 1/300:
    4 -17 13 and 1 -11 10, products 4 + 187 + 130 = 321, squares 474 and 222:
    321 / sqrt(474 x 222) = 0.98955. Differences .01 -.02 .01, mean 0, variance (1 + 4 + 1) / 2
    = 3 in 1/10000: sqrt(3) % x sqrt(12) = 6 %.
    """
    found = compare(MINE, THEIRS).figures("all")
    assert found is not None
    assert found.months == 3
    assert found.correlation == pytest.approx(321.0 / math.sqrt(474.0 * 222.0), abs=1e-6)
    assert found.error == pytest.approx(0.06, abs=1e-6)
    assert found.rebuilt == pytest.approx(1.01745**4 - 1.0)
    assert found.published == pytest.approx((1.01 * 0.97 * 1.04) ** 4 - 1.0, abs=1e-6)
    assert found.difference == pytest.approx(found.rebuilt - found.published)
    assert found.worst_rebuilt == ((2010, 2), pytest.approx(-0.05))
    assert found.worst_published == ((2010, 2), pytest.approx(-0.03))
    assert found.sd_rebuilt == pytest.approx(math.sqrt(474.0 / 2.0) / 300.0 * math.sqrt(12.0))


def test_small_figures_by_hand() -> None:
    assert growth(np.array([0.01] * 24)) == pytest.approx(1.01**12 - 1.0)
    assert spread(np.array([0.01, 0.03])) == pytest.approx(math.sqrt(2.0) * 0.01 * math.sqrt(12.0))
    assert drawdown(np.array([100.0, 120.0, 90.0, 130.0, 117.0])) == pytest.approx(-0.25)
    assert drawdown(np.array([1.0, 2.0])) == 0.0


def test_an_index_beside_itself_is_the_same() -> None:
    same = compare(MINE, published(ENDS, (200.0, 204.0, 193.8, 203.49))).figures("all")
    assert same is not None
    assert same.correlation == pytest.approx(1.0)
    assert same.difference == pytest.approx(0.0, abs=1e-12)
    assert same.error == pytest.approx(0.0, abs=1e-12)


def test_only_whole_months_count() -> None:
    days = (date(2009, 12, 18), *ENDS, date(2010, 4, 16))
    found = month_ends(rebuilt(days, (99.0, 100.0, 102.0, 96.9, 101.745, 102.0)))
    assert [month for month, _, _ in found] == [(2009, 12), (2010, 1), (2010, 2), (2010, 3)]
    begun = month_ends(rebuilt((date(2010, 1, 15), ENDS[2]), (1.0, 2.0)))
    assert [month for month, _, _ in begun] == [(2010, 2)]


def test_a_history_without_the_last_session_of_a_month_has_that_month_all_the_same() -> None:
    """VIX lacks 1997-01-31: the level of 1997-01-30 stands for January."""
    days = (date(1996, 12, 31), date(1997, 1, 30), date(1997, 2, 28))
    found = month_ends(rebuilt(days, (1.0, 2.0, 3.0)))
    assert [day for _, day, _ in found] == list(days)


def test_a_gap_is_not_filled() -> None:
    """A file with some isolated days, as the free history of PUT before 2007, gives no returns."""
    returns = monthly_returns([((2010, 1), ENDS[1], 100.0), ((2010, 3), ENDS[3], 110.0)])
    assert returns == {}
    with pytest.raises(StewardError, match="2 of its months can be compared"):
        compare(MINE, published(ENDS[:3], (50.0, 50.5, 49.0)))
    with pytest.raises(StewardError, match="0 of its months can be compared"):
        compare(MINE, published((date(2010, 1, 13),), (50.0,)))


def test_periods_are_all_and_decades() -> None:
    days = [date(2009, 8, 31), date(2009, 9, 30), date(2009, 10, 30), date(2009, 11, 30), *ENDS]
    levels = (100.0, 101.0, 99.0, 103.0, 104.0, 102.0, 105.0, 107.0)
    found = compare(rebuilt(days, levels), published(days, levels)).periods()
    assert [(one.name, one.months) for one in found] == [("all", 7), ("2000s", 4), ("2010s", 3)]


def test_flat_levels_have_no_correlation() -> None:
    found = compare(MINE, published(ENDS, (5.0, 5.0, 5.0, 5.0))).figures("all")
    assert found is not None
    assert math.isnan(found.correlation)


def test_monthly_files(tmp_path: Path) -> None:
    path = tmp_path / "PUT.csv"
    path.write_text("DATE,PUT\n2009-12,50\n2010-01,50.5\n2010-02,48.985\n2010-03,50.9444\n")
    daily = compare(MINE, THEIRS)
    monthly = compare(MINE, read_levels(path, "PUT"))
    assert monthly.months == daily.months
    assert np.allclose(monthly.published, daily.published)


@pytest.mark.parametrize(
    ("correlation", "months", "low", "high"),
    [
        # artanh 0.5 = 0.5493061, 1.959964 / 5 = 0.3919928: 0.1573133 and 0.9412989, whose
        # tanh are (1.369746 - 1) / (1.369746 + 1) and (6.570551 - 1) / (6.570551 + 1).
        (0.5, 28, 0.156028, 0.735820),
        (-0.5, 28, -0.735820, -0.156028),
        # artanh 0.9 = 1.4722195, 1.959964 / 1: -0.4877445 and 3.4321835; e^0.975489 = 2.652464.
        (0.9, 4, -0.452424, 0.997913),
    ],
)
def test_the_interval_of_a_correlation_by_hand(
    correlation: float, months: int, low: float, high: float
) -> None:
    assert correlation_interval(correlation, months) == pytest.approx((low, high), abs=2e-6)


def test_where_nothing_can_be_said_there_is_no_interval() -> None:
    assert correlation_interval(0.9, 3) is None
    assert correlation_interval(math.nan, 60) is None
    assert correlation_interval(1.0, 12) == (1.0, 1.0)
    assert correlation_interval(-1.0, 12) == (-1.0, -1.0)


@pytest.mark.parametrize(("true", "months"), [(0.0, 9), (0.6, 12), (0.95, 24)])
def test_the_interval_holds_the_true_correlation_in_95_of_100_samples(
    true: float, months: int
) -> None:
    """Of 4,000 drawn samples; a share has then a standard error of 0.35 %."""
    draw = np.random.default_rng(7).standard_normal((2, 4_000, months))
    mine, theirs = draw[0], true * draw[0] + math.sqrt(1.0 - true**2) * draw[1]
    held = 0
    for one, other in zip(mine, theirs, strict=True):
        found = correlation_interval(float(np.corrcoef(one, other)[0, 1]), months)
        assert found is not None
        held += found[0] <= true <= found[1]
    assert 0.94 <= held / 4_000 <= 0.96
