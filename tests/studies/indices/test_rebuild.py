"""Rebuilt indices on modelled quotes: when they roll, what they know, where they begin."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import pairwise

import numpy as np
import pytest

from steward.market.history import History
from steward.market.vendors.arch_history import arch_history
from steward.pricing.modelled import ModelledMarket
from steward.studies.indices.dividends import spread_dividends
from steward.studies.indices.packages import width
from steward.studies.indices.rebuild import INDICES, Rebuilt, rebuild
from steward.studies.indices.world import World
from steward.terms import calendar
from steward.terms.errors import StewardError

from . import by_hand

NAMES = tuple(INDICES)
CUT = date(2015, 9, 9)


def world(history: History, name: str) -> World:
    return World(
        history=history,
        quotes=ModelledMarket(history),
        dividends=spread_dividends(history),
        crossed=INDICES[name].crossed,
    )


@pytest.fixture(scope="module")
def embedded() -> History:
    return arch_history().until(date(2015, 12, 31))


@pytest.fixture(scope="module")
def found(embedded: History) -> dict[str, Rebuilt]:
    return {name: rebuild(INDICES[name], world(embedded, name)) for name in NAMES}


def of(history: History, name: str, **options: object) -> Rebuilt:
    return rebuild(INDICES[name], world(history, name), **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", NAMES)
def test_it_rolls_when_its_options_expire(found: dict[str, Rebuilt], name: str) -> None:
    expiry = calendar.monthly_expiry if name != "vxth" else calendar.vix_expiry
    sessions = [roll.session for roll in found[name].rolls]
    assert sessions == [
        expiry(year, month)
        for year in (2014, 2015)
        for month in range(1, 13)
        if expiry(year, month) >= sessions[0]
    ]
    for roll in found[name].rolls:
        for leg in roll.legs:
            after = roll.session.month % 12 + 1
            year = roll.session.year + (roll.session.month == 12)
            assert leg.contract.expiry == expiry(year, after)


@pytest.mark.parametrize("name", NAMES)
def test_the_past_stays_when_the_future_is_cut_off(
    embedded: History, found: dict[str, Rebuilt], name: str
) -> None:
    cut = of(embedded.until(CUT), name)
    whole = dict(zip(found[name].sessions, found[name].levels.tolist(), strict=True))
    known = [day for day in cut.sessions if day in whole]
    assert len(known) > 30
    levels = dict(zip(cut.sessions, cut.levels.tolist(), strict=True))
    assert [levels[day] for day in known] == [whole[day] for day in known]
    assert cut.rolls == found[name].rolls[: len(cut.rolls)]


@pytest.mark.parametrize("name", ["cndr", "bxm"])
def test_twice_the_same(embedded: History, found: dict[str, Rebuilt], name: str) -> None:
    again = of(embedded, name)
    assert np.array_equal(again.levels, found[name].levels)
    assert again.rolls == found[name].rolls


def test_ends_of_months_are_those_of_every_session(embedded: History) -> None:
    history = embedded.until(date(2014, 6, 30))
    for name in ("bfly", "put", "vxth"):
        few, all_ = of(history, name), of(history, name, every="session")
        assert len(all_.sessions) == 1 + calendar.sessions_between(
            all_.sessions[0], all_.sessions[-1]
        )
        daily = dict(zip(all_.sessions, all_.levels.tolist(), strict=True))
        for day, level in zip(few.sessions, few.levels.tolist(), strict=True):
            assert daily[day] == pytest.approx(level, rel=1e-12)


def test_it_begins_with_what_the_roll_before_it_bought(embedded: History) -> None:
    part = of(embedded, "cndr", start=date(2014, 6, 2), end=date(2014, 9, 30))
    whole = of(embedded, "cndr", every="session", end=date(2014, 9, 30))
    assert part.sessions[0] == date(2014, 6, 2)
    assert part.levels[0] == 100.0
    assert part.rolls[0].session == date(2014, 5, 16)
    daily = dict(zip(whole.sessions, whole.levels.tolist(), strict=True))
    expected = daily[date(2014, 9, 30)] / daily[date(2014, 6, 2)]
    assert part.levels[-1] / 100.0 == pytest.approx(expected)


def test_windows_without_sessions_are_refused(embedded: History) -> None:
    with pytest.raises(StewardError, match="no session on or after 2030-01-01"):
        of(embedded, "put", start=date(2030, 1, 1))
    with pytest.raises(StewardError, match="no session in the window"):
        of(embedded, "put", end=date(1999, 1, 1))
    with pytest.raises(StewardError, match="a share of the half spread"):
        replace(world(embedded, "put"), crossed=1.5)


def test_what_is_sold_is_what_the_rules_ask_for(
    embedded: History, found: dict[str, Rebuilt]
) -> None:
    condors = [roll for roll in found["cndr"].rolls if roll.legs]
    deltas = np.array([[abs(leg.delta) for leg in roll.legs] for roll in condors])
    assert np.abs(np.median(deltas, axis=0) - (0.05, 0.20, 0.20, 0.05)).max() < 0.01
    for roll in condors:
        loss = width(roll.legs) + roll.cost
        assert 0.0 < loss < width(roll.legs)
    for roll in (roll for roll in found["bfly"].rolls if roll.legs):
        put, body, other, call = (leg.contract.strike for leg in roll.legs)
        spot = float(embedded.spx.close[embedded.index(roll.session)])
        assert body == other
        assert 0.0 < body - spot <= 5.0  # strikes lie 5 points apart at the money
        assert put < 0.95 * spot < 1.05 * spot < call
    calls = [leg.delta for roll in found["vxth"].rolls for leg in roll.legs]
    assert 0.2 < min(calls) < max(calls) < 0.4


def test_no_month_of_a_covered_spread_loses_more_than_its_cover(
    found: dict[str, Rebuilt],
) -> None:
    """From one roll to the next at most (w - c) / (10 w) of it, so never a tenth."""
    for name in ("cndr", "bfly"):
        levels = dict(zip(found[name].sessions, found[name].levels.tolist(), strict=True))
        at_rolls = [levels[roll.session] for roll in found[name].rolls]
        for before, after in pairwise(at_rolls):
            assert after / before > 0.90


def test_a_roll_day_that_the_history_lacks_is_made_up_for_on_the_next_session() -> None:
    """2012-02-17 is missing: the options settle on the close before it, on the Tuesday after."""
    whole = by_hand.history(date(2012, 1, 3), date(2012, 3, 30), spx={date(2012, 2, 21): 1100.0})
    keep = np.array([day != date(2012, 2, 17) for day in whole.sessions])
    history = replace(
        whole,
        sessions=tuple(day for day in whole.sessions if day != date(2012, 2, 17)),
        moments=whole.moments[keep],
        spx=replace(whole.spx, close=whole.spx.close[keep], open=whole.spx.open[keep]),
        vix=replace(whole.vix, close=whole.vix.close[keep], open=whole.vix.open[keep]),
    )
    rows = ((1000.0, "P", 20.0, 20.4, -0.5),)
    chain = by_hand.chain(date(2012, 1, 20), by_hand.spx(date(2012, 2, 17)), rows)
    made = rebuild(INDICES["put"], by_hand.world(history, [chain]))
    assert [roll.session for roll in made.rolls] == [
        date(2012, 1, 20),
        date(2012, 2, 21),
        date(2012, 3, 16),
    ]
    assert made.rolls[1].settled is not None
    assert made.rolls[1].settled.source == "spx_prior_close"
    assert made.rolls[1].payoff == 0.0


def test_bxm_reinvests_dividends_when_it_is_looked_at(embedded: History) -> None:
    """A month of dividends is 0.2 %, what is held moves by some percent: parts in 100,000."""
    history = embedded.until(date(2014, 6, 30))
    few, all_ = of(history, "bxm"), of(history, "bxm", every="session")
    daily = dict(zip(all_.sessions, all_.levels.tolist(), strict=True))
    for day, level in zip(few.sessions, few.levels.tolist(), strict=True):
        assert daily[day] == pytest.approx(level, rel=5e-5)
