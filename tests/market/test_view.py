"""`as_of`: what was known at the close of a session, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.market.history import History, Series
from steward.market.quotes import Chain, Quote
from steward.market.view import MarketView, as_of
from steward.terms import calendar
from steward.terms.contracts import Contract, Expiry, Underlying, vx
from steward.terms.errors import StewardError

DAYS = calendar.sessions(date(2012, 10, 1), date(2014, 3, 31))
QUOTE = Quote(
    bid=160_000,
    ask=160_500,
    quality="quoted",
    forward=16.0,
    vol=float("nan"),
    delta=1.0,
    gamma=0.0,
    vega=0.0,
    theta=0.0,
)
SERIES = Expiry(root="SPXW", day=date(2013, 3, 28), settlement="PM")


@dataclass
class Asked:
    """A source of quotes that remembers for which session it was asked."""

    label: str = "made up"
    sessions: list[date] = field(default_factory=list)

    def expiries(self, session: date, underlying: Underlying) -> tuple[Expiry, ...]:
        self.sessions.append(session)
        return (SERIES,) if underlying == "SPX" else ()

    def futures(self, session: date) -> tuple[date, ...]:
        self.sessions.append(session)
        return (date(2013, 2, 13),)

    def chain(self, session: date, expiry: Expiry) -> Chain | None:
        self.sessions.append(session)
        return None

    def quote(self, session: date, contract: Contract) -> Quote | None:
        self.sessions.append(session)
        return None

    def mark(self, session: date, contract: Contract) -> Quote:
        self.sessions.append(session)
        return QUOTE


def view(history: History, session: date) -> MarketView:
    return as_of(history, Asked(), session)


def test_the_closes_are_those_of_the_session(world: History) -> None:
    seen = view(world, DAYS[10])
    assert seen.row == 10
    assert (seen.spx, seen.vix) == (world.spx.close[10], world.vix.close[10])
    assert seen.sessions == DAYS[:11]
    assert seen.spx_closes(3).tolist() == world.spx.close[8:11].tolist()
    assert seen.vix_closes(11).tolist() == world.vix.close[:11].tolist()
    assert seen.vix_closes(500).tolist() == world.vix.close[:11].tolist(), "fewer at the start"


def test_the_moment_is_the_close_of_options_in_utc(world: History) -> None:
    assert view(world, date(2013, 1, 2)).moment == datetime(2013, 1, 2, 21, 15, tzinfo=UTC)
    assert view(world, date(2013, 7, 3)).moment == datetime(2013, 7, 3, 17, 15, tzinfo=UTC)
    assert view(world, date(2013, 7, 5)).moment == datetime(2013, 7, 5, 20, 15, tzinfo=UTC)


def test_quotes_are_asked_for_this_session_only(world: History) -> None:
    source = Asked()
    seen = as_of(world, source, DAYS[40])
    assert seen.expiries("SPX") == (SERIES,)
    assert seen.futures() == (date(2013, 2, 13),)
    assert seen.chain(SERIES) is None
    assert seen.quote(vx(date(2013, 2, 13))) is None
    assert seen.mark(vx(date(2013, 2, 13))) == QUOTE
    assert source.sessions == [DAYS[40]] * 5


@pytest.mark.parametrize("day", [date(2012, 9, 28), date(2012, 12, 25), date(2014, 4, 1)])
def test_a_day_that_is_no_session_is_refused(world: History, day: date) -> None:
    with pytest.raises(StewardError, match=f"{day} is not a session of this history") as error:
        view(world, day)
    assert "2012-10-01 to 2014-03-31" in str(error.value)
    assert "\n" not in str(error.value)


def test_the_newest_value_that_was_known(world: History) -> None:
    """A bill of Friday is known on Monday; advances of Friday at Friday's close."""
    friday, monday = date(2013, 1, 4), date(2013, 1, 7)
    bill = view(world, friday).latest("dtb3")
    assert bill is not None
    assert (bill.period, bill.age_days, bill.fresh) == (date(2013, 1, 3), 0, True)
    after = view(world, monday).latest("dtb3")
    assert after is not None
    assert after.period == friday
    up = view(world, friday).latest("advances")
    assert up is not None
    row = world.index(friday)
    assert (up.period, up.value) == (friday, world.series["advances"].value[row])
    assert up.known_at == datetime(2013, 1, 4, 21, 15, tzinfo=UTC)


def made(*values: float, max_age_days: int = 7) -> Series:
    """A value a session from the first on, known at its decision moment."""
    period = np.array(DAYS[: len(values)], dtype="datetime64[D]")
    known = [calendar.decision_moment(d).astimezone(UTC).replace(tzinfo=None) for d in DAYS]
    return Series(
        name="made",
        unit="points",
        period=period,
        value=np.array(values),
        known_at=np.array(known[: len(values)], dtype="datetime64[m]"),
        max_age_days=max_age_days,
        lagged=False,
        source="made up",
    )


def with_series(history: History, series: Series) -> History:
    return replace(history, series={"made": series})


def test_a_hole_is_not_a_value_and_age_counts_from_known_at(world: History) -> None:
    """Sessions of 1, 2 and 3 October; seen on the 8th, the value of the 1st is 7 days old."""
    history = with_series(world, made(5.0, float("nan"), float("nan")))
    for day, age, fresh in ((DAYS[0], 0, True), (date(2012, 10, 8), 7, True), (DAYS[6], 8, False)):
        found = view(history, day).latest("made")
        assert found is not None
        assert (found.value, found.period, found.age_days) == (5.0, DAYS[0], age)
        assert found.fresh is fresh


def test_what_was_never_known_is_none(world: History) -> None:
    assert view(world, DAYS[3]).latest("no such series") is None
    history = with_series(world, made(float("nan"), 6.0))
    assert view(history, DAYS[0]).latest("made") is None
    found = view(history, DAYS[1]).latest("made")
    assert found is not None
    assert found.value == 6.0


@given(session=st.sampled_from(DAYS[:-1]), ahead=st.integers(0, 200), n=st.integers(1, 60))
def test_a_view_is_the_same_wherever_the_history_ends(
    world: History, session: date, ahead: int, n: int
) -> None:
    """Law 1: cut the world at any session from this one on; its view does not change."""
    at = DAYS.index(session)
    cut = DAYS[min(at + ahead, len(DAYS) - 1)]
    whole, part = view(world, session), view(world.until(cut), session)
    assert (part.spx, part.vix, part.moment) == (whole.spx, whole.vix, whole.moment)
    assert part.sessions == whole.sessions
    assert part.spx_closes(n).tolist() == whole.spx_closes(n).tolist()
    assert part.vix_closes(n).tolist() == whole.vix_closes(n).tolist()
    for name in world.series:
        assert part.latest(name) == whole.latest(name)


@given(session=st.sampled_from(DAYS))
def test_nothing_in_a_view_is_younger_than_its_moment(world: History, session: date) -> None:
    seen = view(world, session)
    for name in world.series:
        found = seen.latest(name)
        if found is not None:
            assert found.known_at <= seen.moment
            assert timedelta(0) <= seen.moment - found.known_at
            assert found.age_days == (seen.moment - found.known_at).days


def test_a_view_cannot_be_changed(world: History) -> None:
    seen: Any = view(world, DAYS[0])
    with pytest.raises(AttributeError):
        seen.session = DAYS[1]
