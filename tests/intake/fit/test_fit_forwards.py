"""Errors of forwards and dividends on chains made by hand, and on the real closes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from steward.intake.fit.forwards import carried, forward_tables
from steward.intake.fit.snapshots import Snapshot, snapshots
from steward.intake.fit.sources import Sources
from steward.market.history import History
from steward.market.quotes import Chain
from steward.market.vendors.arch_history import arch_history
from steward.pricing.rates import RateTable, dividend_yield
from steward.terms.contracts import Expiry

SESSION = date(2018, 6, 1)
DAYS = (3, 20, 45, 90, 200, 300)


@pytest.fixture(scope="module")
def world() -> History:
    return arch_history()


def chain(days: float, forward: float, discount: float) -> Chain:
    """A series of which nothing but the forward and the discount is asked."""
    none = np.empty(0)
    return Chain(
        session=SESSION,
        expiry=Expiry(root="SPXW", day=SESSION + timedelta(days=round(days)), settlement="PM"),
        underlying="SPX",
        quality="quoted",
        forward=forward,
        discount=discount,
        years=days / 365.0,
        strike=none,
        call=np.empty(0, dtype=bool),
        **dict.fromkeys(("bid", "ask", "vol", "delta", "gamma", "vega", "theta"), none),
    )


def close_of(world: History, paid: float, financing: float, moved: float) -> Snapshot:
    """Forwards that lose `paid` a year, financed above the curve, off an index that moved."""
    row, rates = world.index(SESSION), RateTable(world)
    spot = float(world.spx.close[row]) * math.exp(moved)
    chains = []
    for days in (*reversed(DAYS), 0.5):
        years = days / 365.0
        interest = (rates.zero_rate(row, years) + financing) * years
        forward = spot * math.exp(interest - paid * years)
        chains.append(chain(days, forward, math.exp(-interest)))
    chains.append(chain(30, math.nan, 1.0))
    return Snapshot(
        session=SESSION, kind="close", hours=0.0, cluster="2018-06", chains=tuple(chains)
    )


def cells(found: Sequence[Snapshot], world: History) -> tuple[dict[str, tuple[str, ...]], ...]:
    return tuple({row[0]: row[1:] for row in one.rows} for one in forward_tables(found, world))


def test_the_model_s_own_forwards_have_no_error(world: History) -> None:
    assumed = dividend_yield(SESSION)
    (found,) = carried([close_of(world, assumed, 0.0, 0.0)], world)
    assert [round(365.0 * one) for one in found.years] == list(DAYS)
    np.testing.assert_allclose(found.errors(assumed), 0.0, atol=1e-9)
    assert found.known == assumed
    assert found.implied(found.own) == pytest.approx(assumed, abs=1e-12)


def test_errors_by_hand(world: History) -> None:
    """0.73 % a year over 20 days are 4 basis points of the forward; the index fell by 10."""
    paid = dividend_yield(SESSION) - 0.0073
    by_days, by_session = cells([close_of(world, paid, 0.0, -0.001)], world)
    assert by_days["7-30"][:2] == ("1", "1")
    assert by_days["7-30"][2:4] == ("+6.0; 6.0 / 6.0",) * 2
    # Beside the nearest series: 0.73 % over 17 days.
    assert by_days["7-30"][4:] == ("-3.4; 3.4 / 3.4",) * 2
    assert by_days["1-7"][4:] == ("", "")
    assert by_session[str(SESSION)] == ("+0.73",) * 4


def test_financing_above_the_curve_is_told_from_dividends(world: History) -> None:
    close = close_of(world, dividend_yield(SESSION), 0.002, 0.0)
    _, by_session = cells([close], world)
    assert by_session[str(SESSION)] == ("+0.00", "+0.00", "+0.20", "+0.20")


def test_closes_of_the_history_alone_are_asked(world: History) -> None:
    close = close_of(world, 0.019, 0.0, 0.0)
    early = replace(close, kind="intraday")
    other = replace(close, session=date(2026, 7, 23))
    short = replace(close, chains=close.chains[-1:])
    assert carried([early, other, short], world) == ()
    by_days, by_session = cells([early], world)
    assert by_days["7-30"] == ("0", "0", "", "", "", "")
    assert by_session == {}


@pytest.mark.slow
def test_forwards_of_the_real_closes(shared_data: Path) -> None:
    """Beside their nearest series: half of them within these basis points, to 60 days."""
    sources = Sources(shared_data)
    found = carried(snapshots(sources), sources.history)
    assert len({one.session for one in found}) >= 45
    for low, high, most in ((7.0, 30.0, 5.0), (30.0, 60.0, 8.0)):
        errors = []
        for one in found:
            days = 365.0 * one.years
            asked = (days >= low) & (days < high) & (np.arange(days.size) > 0)
            error = one.errors(one.known)
            errors.append((error - error[0])[asked])
        assert float(np.median(np.abs(np.concatenate(errors)))) < most
    gaps = [one.known - one.implied(one.own) for one in found]
    gaps = [gap for gap in gaps if math.isfinite(gap)]
    assert len(gaps) >= 8
    assert max(abs(gap) for gap in gaps) < 0.004
