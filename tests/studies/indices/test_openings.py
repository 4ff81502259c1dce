"""On what AM-settled options settle: SET where it is known, else an estimate of it."""

from __future__ import annotations

from datetime import date

import pytest

from steward.market.history import History
from steward.studies.indices.openings import ESTIMATE, estimate, settled
from steward.terms.contracts import OptionContract

from . import by_hand


def contract(day: date, root: str = "SPX", settlement: str = "AM") -> OptionContract:
    return OptionContract(
        root=root,
        expiry=day,
        strike=1000.0,
        right="C",
        settlement=settlement,  # type: ignore[arg-type]
    )


def around(day: date, opened: float | None, *, said: float | None = None) -> History:
    """1000 on the session before, 1010 at the close of the day."""
    return by_hand.history(
        date(day.year, day.month, 1),
        day,
        spx={day: 1010.0},
        opens={} if opened is None else {day: opened},
        set_values={} if said is None else {day: said},
    )


@pytest.mark.parametrize(
    ("day", "opened", "level"),
    [
        (date(1995, 1, 20), 1002.0, 1000.0),  # before 2007 an open says nothing, and no drift
        (date(2005, 1, 21), None, 1001.0),  # the drift alone
        (date(2012, 1, 20), 1002.0, 1000.0 * (1.0 + 4 * 0.002 + 0.001)),
        (date(2018, 1, 19), 1002.0, 1000.0 * (1.0 + 1.15 * 0.002 + 0.001)),
        (date(2024, 1, 19), 998.0, 1000.0 * (1.0 - 1.15 * 0.002)),  # no drift any more
    ],
)
def test_an_estimate_by_hand(day: date, opened: float | None, level: float) -> None:
    history = around(day, opened)
    assert estimate(history, day) == pytest.approx(level)
    found = settled(history, contract(day), day)
    assert (found.source, found.proxy) == (ESTIMATE, True)
    assert found.value_e4 == round(level * 10_000)


def test_set_stands_where_it_is_known() -> None:
    day = date(2012, 1, 20)
    found = settled(around(day, 1002.0, said=1005.5), contract(day), day)
    assert (found.source, found.value_e4, found.proxy) == ("SET", 10_055_000, False)


def test_pm_series_and_vix_are_the_engines() -> None:
    day = date(2018, 1, 19)
    history = around(day, 1002.0)
    assert settled(history, contract(day, "SPXW", "PM"), day).source == "spx_close"
    assert settled(history, contract(day, "VIX"), day).source == "vix_prior_close"


def test_a_day_that_is_no_session_of_the_history_is_the_engines() -> None:
    day = date(2012, 1, 20)
    history = by_hand.history(date(2012, 1, 3), date(2012, 1, 19))
    assert estimate(history, day) is None
    assert settled(history, contract(day), day).source == "spx_prior_close"


def test_the_first_session_has_no_night_before_it() -> None:
    day = date(2012, 1, 20)
    history = by_hand.history(day, date(2012, 1, 31))
    assert estimate(history, day) is None


def test_the_close_of_the_day_is_never_read() -> None:
    day = date(2012, 1, 20)
    one, other = around(day, 1002.0), around(day, 1002.0)
    other.spx.close[-1] = 500.0
    assert settled(one, contract(day), day) == settled(other, contract(day), day)
