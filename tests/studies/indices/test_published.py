"""Figures that were published of the indices, and the same of a rebuilt one."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from steward.studies.indices.levels import last_session
from steward.studies.indices.published import checked, published
from steward.studies.indices.rebuild import INDICES, Rebuilt


def grown(ticker: str, first: tuple[int, int], months: int, monthly: float) -> Rebuilt:
    days, level, levels = [], 100.0, []
    year, month = first
    for _ in range(months + 1):
        days.append(last_session(year, month))
        levels.append(level)
        level *= 1.0 + monthly
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    return Rebuilt(
        rules=INDICES[ticker],
        sessions=tuple(days),
        levels=np.array(levels),
        every="month",
        rolls=(),
    )


@pytest.mark.parametrize("name", list(INDICES))
def test_each_figure_has_a_window_and_a_source(name: str) -> None:
    figures = published(name)
    assert figures
    for one in figures:
        assert one.first < one.last
        assert len(one.source) > 5
        assert -1.0 < one.value < 2.0


def test_figures_are_measured_on_their_window() -> None:
    """1 % a month from the end of 2005 to the end of 2015: 12.6825 % a year, no fall."""
    found = {
        (one.published.kind, one.published.first): one.rebuilt
        for one in checked(grown("put", (2005, 12), 120, 0.01))
    }
    assert found["growth", (2005, 12)] == pytest.approx(1.01**12 - 1.0)
    assert found["sd", (2005, 12)] == pytest.approx(0.0, abs=1e-9)
    assert found["drawdown", (2005, 12)] == 0.0
    assert ("premium", (2006, 1)) not in found  # no roll is known


def test_a_window_that_begins_earlier_is_measured_on_what_there_is() -> None:
    """1986-06 to 2015-12 has 354 months; from 1990-02 on there are 310: more than half."""
    found = checked(grown("put", (1990, 2), 310, 0.01))
    (growth,) = [one for one in found if one.published.first == (1986, 6)][:1]
    assert growth.since == (1990, 2)
    assert growth.rebuilt == pytest.approx(1.01**12 - 1.0)
    late = checked(grown("put", (2005, 12), 120, 0.01))
    assert all(one.published.first != (1986, 6) for one in late)


def test_a_window_that_ends_later_is_not_measured() -> None:
    assert checked(grown("vxth", (2019, 1), 20, 0.01)) == ()
    assert checked(grown("vxth", (2023, 12), 2, 0.01)) == ()
    (quarter,) = checked(grown("vxth", (2023, 12), 3, 0.01))
    assert quarter.rebuilt == pytest.approx(1.01**3 - 1.0)
    assert quarter.published.last == (2024, 3)
    assert date(2024, 3, 28) == last_session(2024, 3)
