"""The VX curve of settlements: constant maturity, slopes, rolls, and what holding earned."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.market.history import FuturesTable, History
from steward.market.vendors.data_folder import folder_history
from steward.pricing.futures import (
    Curve,
    Holding,
    Settlements,
    at_constant_maturity,
    constant_maturity,
    in_rank,
    roll_day,
    rolled,
)
from steward.pricing.parity import forward_from_quotes
from steward.terms import calendar
from steward.terms.errors import StewardError

Row = tuple[date, date, float]

MARCH, APRIL, MAY = date(2018, 3, 21), date(2018, 4, 18), date(2018, 5, 16)
DAY = date(2018, 3, 1)


def table(rows: Sequence[Row], final: Mapping[date, float] | None = None) -> FuturesTable:
    ordered = sorted(rows)
    return FuturesTable(
        session=np.array([row[0] for row in ordered], dtype="datetime64[D]"),
        expiry=np.array([row[1] for row in ordered], dtype="datetime64[D]"),
        settle=np.array([row[2] for row in ordered]),
        final=final or {},
        source="made up",
    )


def curve(prices: Mapping[date, float], session: date = DAY) -> Curve:
    return Settlements(table([(session, day, price) for day, price in prices.items()])).curve(
        session
    )


# --- one curve -----------------------------------------------------------------------------------


def test_thirty_days_by_hand() -> None:
    """20 and 48 days to go: 10 of 28 days lie behind the first one."""
    found = curve({MARCH: 16.0, APRIL: 17.4, MAY: 18.0}).at()
    assert found.value == pytest.approx(16.0 + 10 / 28 * 1.4)
    assert (found.near, found.next) == (MARCH, APRIL)
    assert found.share == pytest.approx(10 / 28)
    assert found.contracts == pytest.approx({MARCH: 18 / 28, APRIL: 10 / 28})
    assert found.why is None


@given(st.floats(20.0, 76.0), st.floats(9.0, 90.0), st.floats(9.0, 90.0), st.floats(9.0, 90.0))
def test_a_tenor_lies_between_its_neighbours_and_hits_the_contracts(
    days: float, first: float, second: float, third: float
) -> None:
    one = curve({MARCH: first, APRIL: second, MAY: third})
    found = one.at(days)
    assert found.value is not None
    prices = {MARCH: first, APRIL: second, MAY: third}
    held = [prices[day] for day in found.contracts]
    assert min(held) - 1e-9 <= found.value <= max(held) + 1e-9
    assert sum(found.contracts.values()) == pytest.approx(1.0)
    left = sum(weight * (day - DAY).days for day, weight in found.contracts.items())
    assert left == pytest.approx(days)
    assert [one.at(float(d)).value for d in (20, 48, 76)] == [first, second, third]


def test_nothing_is_extrapolated() -> None:
    one = curve({MARCH: 16.0, APRIL: 17.4})
    assert one.at(19.0).value is None
    assert one.at(19.0).why == "2018-03-01: no future is shorter than 19 days"
    assert one.at(49.0).why == "2018-03-01: no future is longer than 49 days"
    assert one.at(19.0).contracts == {}


def test_a_month_without_a_price_is_no_neighbourhood() -> None:
    found = curve({MARCH: 16.0, MAY: 18.0}).at(30.0)
    assert found.value is None
    assert found.why == "2018-03-01: the future of 2018-04-18 has no price"
    # In May 2005 nobody listed the month between: there the two neighbours are the curve.
    session = date(2005, 4, 1)
    may, june, august = date(2005, 5, 18), date(2005, 6, 15), date(2005, 8, 17)
    assert curve({may: 14.0, june: 14.5, august: 15.0}, session).at(100.0).value is not None


def test_slopes_by_hand() -> None:
    one = curve({MARCH: 16.0, APRIL: 17.4, MAY: 18.0})
    assert one.slope() == pytest.approx(17.4 / 16.0 - 1.0)
    assert one.slope_per_month() == pytest.approx(1.4 * 30 / 28)
    assert one.roll_yield() == pytest.approx(math.log(16.0 / 17.4) * 365 / 28)
    assert one.roll_yield(60.0) == pytest.approx(math.log(17.4 / 18.0) * 365 / 28)
    alone = curve({MARCH: 16.0})
    assert (alone.slope(), alone.slope_per_month(), alone.roll_yield()) == (None, None, None)


def test_what_settles_that_day_is_not_in_the_curve() -> None:
    one = curve({MARCH: 16.0, APRIL: 17.4}, MARCH)
    assert one.expiry == (APRIL,)
    assert one.days.tolist() == [28.0]


def test_a_session_without_settlements_is_refused() -> None:
    with pytest.raises(StewardError, match="2018-03-02: no VX settlement"):
        Settlements(table([(DAY, MARCH, 16.0)])).curve(date(2018, 3, 2))


# --- what is held --------------------------------------------------------------------------------


def months(count: int, first: date = DAY) -> tuple[list[date], list[date]]:
    """Sessions from `first` on, and the settlement days of the months around them."""
    days = list(calendar.sessions(first, first + timedelta(days=30 * count)))
    expiries = [calendar.vix_expiry(2018 + m // 12, m % 12 + 1) for m in range(2, 6 + count)]
    return days, expiries


def still(count: int, prices: Mapping[date, float] | None = None) -> FuturesTable:
    """Each future keeps its own price for ever: a steep curve on which nobody earns anything."""
    days, expiries = months(count)
    steep = prices or {expiry: 12.0 + 2.0 * i for i, expiry in enumerate(expiries)}
    rows = [(day, e, steep[e]) for day in days for e in expiries if e > day]
    return table(rows, {e: steep[e] for e in expiries})


@pytest.mark.parametrize(
    "holding", [at_constant_maturity(), at_constant_maturity(75.0), in_rank(1)]
)
def test_nothing_is_earned_where_no_contract_moves(holding: Holding) -> None:
    """The level jumps at a roll. Differenced, that jump would be a gain; here it is none."""
    found = rolled(Settlements(still(4)), holding)
    known = found.gain[np.isfinite(found.gain)]
    assert known.size > 70
    np.testing.assert_allclose(known, 0.0, atol=1e-13)
    moved = np.abs(np.diff(found.level[np.isfinite(found.level)]))
    assert moved.max() > 0.01
    # What the level did is the roll's, to the last bit of rounding.
    levels = np.concatenate(([np.nan], found.level))
    change = levels[1:] / levels[:-1] - 1.0
    both = np.isfinite(found.roll) & np.isfinite(change)
    np.testing.assert_allclose(found.roll[both], -change[both], atol=1e-13)


@given(st.floats(1.0, 40.0), st.floats(1.0, 40.0))
def test_a_cliff_between_two_contracts_never_shows_in_a_gain(first: float, other: float) -> None:
    days, expiries = months(2)
    prices = {e: first if i % 2 else other for i, e in enumerate(expiries)}
    found = rolled(Settlements(still(2, prices)), in_rank(1))
    np.testing.assert_allclose(found.gain, 0.0, atol=1e-12)
    assert len(found.gain) == len(days) - 1


def test_two_contracts_over_one_day_by_hand() -> None:
    """18/28 of the first and 10/28 of the second, from 16 and 17.4 to 15 and 17."""
    after = date(2018, 3, 2)
    rows = [(DAY, MARCH, 16.0), (DAY, APRIL, 17.4), (after, MARCH, 15.0), (after, APRIL, 17.0)]
    found = rolled(Settlements(table(rows)), at_constant_maturity())
    held, worth = 18 / 28 * 16.0 + 10 / 28 * 17.4, 18 / 28 * 15.0 + 10 / 28 * 17.0
    assert found.session == (after,)
    assert found.gain.tolist() == pytest.approx([worth / held - 1.0])
    level = 17 / 28 * 15.0 + 11 / 28 * 17.0
    assert found.level.tolist() == pytest.approx([level])
    assert found.roll.tolist() == pytest.approx([worth / held - level / held])


def test_what_settles_overnight_is_paid_its_final_value() -> None:
    before = date(2018, 3, 20)
    rows = [(before, MARCH, 16.0), (before, APRIL, 17.0), (MARCH, APRIL, 18.0)]
    holding = in_rank(1, sessions_before=0)
    paid = rolled(Settlements(table(rows, {MARCH: 17.6})), holding)
    assert paid.gain.tolist() == pytest.approx([0.1])
    # Without that value nobody knows; the settlement of another contract does not stand in.
    unknown = rolled(Settlements(table(rows)), holding)
    assert np.isnan(unknown.gain).all()


def test_roll_days() -> None:
    assert roll_day(MARCH) == date(2018, 3, 20)
    assert roll_day(MARCH, 5) == date(2018, 3, 14)
    assert roll_day(date(2018, 5, 16), 0) == date(2018, 5, 16)
    # Monday 2018-01-15 was closed.
    assert roll_day(date(2018, 1, 17), 2) == date(2018, 1, 12)
    settlements = Settlements(still(2))
    hold = in_rank(1)
    assert hold(settlements.curve(date(2018, 3, 19))) == {MARCH: 1.0}
    assert hold(settlements.curve(date(2018, 3, 20))) == {APRIL: 1.0}
    assert in_rank(2)(settlements.curve(date(2018, 3, 20))) == {MAY: 1.0}
    with pytest.raises(ValueError, match="rank 0"):
        in_rank(0)


def test_in_a_long_month_the_nearest_future_stands_alone() -> None:
    """2018-05-16: June settles on 06-20, 35 days on, and nothing is shorter."""
    settlements = Settlements(still(4))
    one = settlements.curve(date(2018, 5, 16))
    assert one.at().value is None
    assert at_constant_maturity()(one) == {date(2018, 6, 20): 1.0}


@given(st.integers(3, 40), st.integers(0, 10_000))
def test_a_gain_does_not_see_what_comes_after_it(cut: int, seed: int) -> None:
    draw = np.random.default_rng(seed)
    plain = still(2)
    noisy = replace(plain, settle=plain.settle * np.exp(draw.normal(0.0, 0.05, plain.settle.size)))
    whole = rolled(Settlements(noisy), at_constant_maturity())
    last = whole.session[cut - 1]
    known = noisy.session <= np.datetime64(last)
    cut_off = replace(
        noisy,
        session=noisy.session[known],
        expiry=noisy.expiry[known],
        settle=noisy.settle[known],
        final={day: v for day, v in noisy.final.items() if day <= last},
    )
    early = rolled(Settlements(cut_off), at_constant_maturity())
    for name in ("gain", "level", "roll"):
        np.testing.assert_array_equal(getattr(early, name), getattr(whole, name)[:cut])


# --- real settlements ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real(shared_data: Path) -> History:
    return folder_history(shared_data)


@pytest.fixture(scope="module")
def settlements(real: History) -> Settlements:
    assert real.futures is not None
    return Settlements(real.futures)


def test_a_traded_note_earned_what_its_futures_did(
    settlements: Settlements, shared_data: Path
) -> None:
    """VXX holds the first two VX at about 30 days. In 2023 its closes and the settlements were of
    one hour; its fee and the interest it earns are small beside its moves.
    """
    found = rolled(settlements, at_constant_maturity())
    gains = dict(zip(found.session, found.gain.tolist(), strict=True))
    frame = pl.read_csv(
        shared_data / "etps" / "vxx_adj_close_2009_2026.csv", infer_schema_length=0
    ).filter(pl.col("date").str.starts_with("2023"))
    days = [date.fromisoformat(day) for day in frame["date"]]
    closes = frame["vxx_adj_close"].cast(pl.Float64).to_numpy()
    ours = np.array([gains[day] for day in days[1:]])
    theirs = closes[1:] / closes[:-1] - 1.0
    known = np.isfinite(ours)
    assert known.sum() > 240
    assert np.corrcoef(ours[known], theirs[known])[0, 1] > 0.99
    assert np.median(np.abs(ours - theirs)[known]) < 0.003
    assert ours[known].sum() == pytest.approx(theirs[known].sum(), abs=0.12)
    # The pitfall: changes of the price at 30 days are another thing by far, a loss of half.
    prices = constant_maturity(settlements, sessions=days)
    changes = prices[1:] / prices[:-1] - 1.0
    assert np.nansum(changes) > ours[known].sum() + 0.3


def test_the_curve_turned_over_on_2018_02_05(settlements: Settlements) -> None:
    calm, after = (settlements.curve(date(2018, 2, day)) for day in (1, 6))
    assert calm.expiry[:2] == (date(2018, 2, 14), MARCH)
    before, crash = calm.slope(), after.slope()
    assert before is not None
    assert crash is not None
    assert before > 0.0 > crash
    backwardation = after.roll_yield()
    assert backwardation is not None
    assert backwardation > 0.0


def test_vix_options_stand_on_the_future_of_their_own_day(
    settlements: Settlements, shared_data: Path, real: History
) -> None:
    """2013-06-25, calls and puts of August: parity says the August future, far from VIX itself."""
    session, expiry = date(2013, 6, 25), date(2013, 8, 21)
    rows = pl.read_csv(shared_data / "vix_chains" / "vix_eod_2013-06-25_rnd.csv")
    names = {name.lower(): name for name in rows.columns}
    sides = [
        rows[names[name]].to_numpy().astype(float)
        for name in ("strike", "bid.c", "ask.c", "bid.p", "ask.p")
    ]
    forward = forward_from_quotes(*sides, discount=1.0)
    future = settlements.price(session, expiry)
    assert future is not None
    assert forward == pytest.approx(future, abs=0.15)
    spot = float(real.vix.close[real.index(session)])
    assert abs(forward - spot) > 1.0
