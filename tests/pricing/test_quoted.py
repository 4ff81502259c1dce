"""Real quotes as a source: what the file has and nothing else, and what its prices imply."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.intake.chain_file import read_chains
from steward.market.history import History
from steward.market.quotes import Chain, ChainFile, QuoteSource
from steward.market.vendors.arch_history import arch_history
from steward.pricing.black import black76, greeks
from steward.pricing.quoted import QuotedMarket
from steward.pricing.quoted_rows import rows_of_files
from steward.terms import calendar
from steward.terms.contracts import E4, Expiry, Right
from steward.terms.errors import StewardError

from .chain_by_hand import (
    FIRST,
    FUTURE,
    SESSIONS,
    VIX_CALL,
    VIX_SERIES,
    VX,
    WEEKLY,
    MarksOnly,
    Row,
    chain_file,
    history,
    option,
    priced,
    smile,
    zero_rate,
)

STRIKES = np.arange(2300.0, 2905.0, 5.0)
RATE = zero_rate(1.0)
SECOND = SESSIONS[1]


def real_market(known: History, files: Sequence[ChainFile]) -> QuotedMarket:
    return QuotedMarket(known, [rows_of_files(known, files)], MarksOnly())


def market(*rows: Row) -> QuotedMarket:
    return real_market(history(), [chain_file(rows)])


def only(source: QuotedMarket, session: date = FIRST, expiry: Expiry = WEEKLY) -> Chain:
    chain = source.chain(session, expiry)
    assert chain is not None
    return chain


def at(chain: Chain, strike: float, right: str) -> int:
    return int(np.flatnonzero((chain.strike == strike) & (chain.call == (right == "C")))[0])


# --- what prices imply ---------------------------------------------------------------------------


@given(
    forward=st.floats(2500.0, 2850.0),
    level=st.floats(0.0, 0.5),
    day=st.sampled_from([date(2018, 1, 12), date(2018, 1, 31), date(2018, 2, 28)]),
    half_spread=st.floats(0.01, 2.0),
)
def test_a_chain_priced_by_black_76_comes_back(
    forward: float, level: float, day: date, half_spread: float
) -> None:
    """Within 60 days: the forward, each volatility and each delta, from unrounded quotes."""
    expiry = replace(WEEKLY, day=day)

    def vol(strike: np.ndarray) -> np.ndarray:
        return level + smile(strike)

    rows = priced(
        FIRST, expiry, STRIKES, forward=forward, rate=RATE, vol=vol, half_spread=half_spread
    )
    chain = only(market(*rows), expiry=expiry)
    discount = math.exp(-RATE * calendar.years_to(FIRST, expiry))
    assert chain.years == calendar.years_to(FIRST, expiry)
    assert chain.discount == pytest.approx(discount, abs=1e-12)
    assert chain.forward == pytest.approx(forward, abs=1e-6)
    true = greeks(
        forward, chain.strike, chain.years, vol(chain.strike), discount=discount, call=chain.call
    )
    outer = black76(
        forward,
        chain.strike,
        chain.years,
        vol(chain.strike),
        discount=discount,
        call=chain.strike >= forward,
    )
    told = outer > 1e-6
    assert told.sum() > 60
    np.testing.assert_allclose(chain.vol[told], vol(chain.strike)[told], atol=1e-6)
    np.testing.assert_allclose(chain.delta, true.delta, atol=1e-6)


@given(forward=st.floats(2600.0, 2800.0), level=st.floats(0.0, 0.4))
def test_rounded_quotes_come_back_within_their_rounding(forward: float, level: float) -> None:
    """Each side is off by half a tick of 0.10 at most, so a mid by 0.05 and C - P by 0.10.

    The discounted forward is then off by 0.10 at most, an option on it by no more, and the
    volatility by (0.05 + 0.10) over the vega, which between two volatilities is least at one of
    them.
    """

    def vol(strike: np.ndarray) -> np.ndarray:
        return level + smile(strike)

    rows = priced(
        FIRST, WEEKLY, STRIKES, forward=forward, rate=RATE, vol=vol, half_spread=0.3, rounded=True
    )
    chain = only(market(*rows))
    assert abs(chain.forward - forward) * chain.discount <= 0.1 + 1e-9
    true = vol(chain.strike)
    known = np.isfinite(chain.vol) & (chain.call == (chain.strike >= chain.forward))

    def vega(volatility: np.ndarray) -> np.ndarray:
        return greeks(
            forward, chain.strike, chain.years, volatility, discount=chain.discount, call=True
        ).vega

    least = np.minimum(vega(true), vega(chain.vol))
    near = known & (least > 20.0)
    assert near.sum() > 20
    assert np.all(np.abs(chain.vol - true)[near] <= 0.15 / least[near] + 1e-9)


def test_the_volatility_gives_the_mid_back_and_both_rights_share_it() -> None:
    rows = priced(
        FIRST,
        WEEKLY,
        STRIKES,
        forward=2690.0,
        rate=RATE,
        vol=smile,
        half_spread=0.4,
        rounded=True,
    )
    chain = only(market(*rows))
    outer = chain.call == (chain.strike >= chain.forward)
    price = black76(
        chain.forward,
        chain.strike,
        chain.years,
        chain.vol,
        discount=chain.discount,
        call=chain.call,
    )
    np.testing.assert_allclose(price[outer], 0.5 * (chain.bid + chain.ask)[outer], atol=1e-9)
    np.testing.assert_array_equal(chain.vol[chain.call], chain.vol[~chain.call])
    np.testing.assert_allclose(
        chain.delta[chain.call] - chain.delta[~chain.call], chain.discount, atol=1e-12
    )


def test_the_strike_without_its_outer_side_takes_the_inner_one_only_above_exercise() -> None:
    """The forward is 2690: of the put at 2600 and the call at 2800 only the other right is left."""
    rows = priced(FIRST, WEEKLY, STRIKES, forward=2690.0, rate=RATE, vol=smile, half_spread=0.3)
    rows = [row for row in rows if row[2:4] not in ((2600.0, "P"), (2800.0, "C"))]
    exercise = 110.0 * math.exp(-RATE * calendar.years_to(FIRST, WEEKLY))
    rows = [
        (*row[:4], exercise - 0.5, exercise + 1.5) if row[2:4] == (2800.0, "P") else row
        for row in rows
    ]
    chain = only(market(*rows))
    told = at(chain, 2600.0, "C")
    assert chain.vol[told] == pytest.approx(smile(np.array([2600.0]))[0], abs=1e-6)
    silent = at(chain, 2800.0, "P")
    assert math.isnan(chain.vol[silent])
    assert math.isnan(chain.delta[silent])
    assert chain.bid[silent] > 0.0


def test_quotes_without_a_strike_bid_on_both_sides_have_no_forward_but_can_be_traded() -> None:
    source = market(
        (FIRST, WEEKLY, 2700.0, "C", 30.0, 30.4),
        (FIRST, WEEKLY, 2700.0, "P", 0.0, 31.0),
        (FIRST, WEEKLY, 2600.0, "P", 8.0, 8.2),
    )
    chain = only(source)
    assert math.isnan(chain.forward)
    assert np.isnan(chain.vol).all()
    quote = source.quote(FIRST, option(2600.0, "P"))
    assert quote is not None
    assert (quote.bid, quote.ask) == (80_000, 82_000)
    assert math.isnan(quote.delta)


LATE = Expiry(root="SPX", day=date(2018, 4, 20), settlement="AM")


@pytest.mark.parametrize(("own", "believed"), [(0.029, True), (0.005, True), (0.10, False)])
def test_from_sixty_days_on_the_series_says_its_own_discount_when_believable(
    own: float, believed: bool
) -> None:
    """The curve is at 1 %: up to two points beside it are a rate, nine are a bad quote."""
    rows = priced(FIRST, LATE, STRIKES, forward=2690.0, rate=own, vol=smile, half_spread=0.3)
    chain = only(market(*rows), expiry=LATE)
    rate = -math.log(chain.discount) / chain.years
    assert rate == pytest.approx(own if believed else RATE, abs=1e-6)


def test_below_sixty_days_the_curve_discounts_whatever_the_quotes_imply() -> None:
    rows = priced(FIRST, WEEKLY, STRIKES, forward=2690.0, rate=0.03, vol=smile, half_spread=0.3)
    chain = only(market(*rows))
    assert -math.log(chain.discount) / chain.years == pytest.approx(RATE, abs=1e-9)


def test_two_series_of_one_day_keep_their_own_forwards() -> None:
    """AM and PM of a third Friday stand at the same strikes, on different forwards."""
    friday = date(2018, 2, 16)
    morning = Expiry(root="SPX", day=friday, settlement="AM")
    evening = Expiry(root="SPXW", day=friday, settlement="PM")
    rows = [
        *priced(FIRST, evening, STRIKES, forward=2698.0, rate=RATE, vol=smile, half_spread=0.3),
        *priced(FIRST, morning, STRIKES, forward=2695.0, rate=RATE, vol=smile, half_spread=0.3),
    ]
    source = market(*rows)
    assert source.expiries(FIRST, "SPX") == (morning, evening)
    assert only(source, expiry=morning).forward == pytest.approx(2695.0, abs=1e-6)
    assert only(source, expiry=evening).forward == pytest.approx(2698.0, abs=1e-6)
    assert only(source, expiry=morning).years < only(source, expiry=evening).years


# --- what can be traded --------------------------------------------------------------------------


def test_a_quote_is_the_files_own_in_whole_ten_thousandths() -> None:
    source = market(
        (FIRST, WEEKLY, 2700.0, "C", 30.1, 30.4),
        (FIRST, WEEKLY, 2700.0, "P", 29.2, 29.4),
        (FIRST, WEEKLY, 2000.0, "P", 0.0, 0.15),
    )
    near = source.quote(FIRST, option(2700.0, "C"))
    far = source.quote(FIRST, option(2000.0, "P"))
    assert near is not None
    assert far is not None
    assert (near.bid, near.ask, near.quality) == (301_000, 304_000, "quoted")
    assert (far.bid, far.ask) == (0, 1_500)  # a market without a bid is a market
    chain = only(source)
    assert chain.strike.tolist() == [2000.0, 2700.0, 2700.0]
    assert chain.call.tolist() == [False, False, True]
    assert (chain.bid * E4).tolist() == [0.0, 292_000.0, 301_000.0]
    assert near.forward == chain.forward
    assert near.delta == chain.delta[2]
    assert near.vega == chain.vega[2]


def test_only_what_the_file_has_trades_and_the_rest_is_marked_by_the_model() -> None:
    source = market(
        (FIRST, WEEKLY, 2700.0, "C", 30.1, 30.4), (FIRST, WEEKLY, 2700.0, "P", 29.2, 29.4)
    )
    absent = option(2650.0, "P")
    assert source.quote(FIRST, absent) is None
    assert source.mark(FIRST, absent).quality == "modelled"
    assert source.mark(FIRST, option(2700.0, "P")).quality == "quoted"
    other = replace(WEEKLY, root="SPX", settlement="AM")
    assert source.quote(FIRST, option(2700.0, "C", expiry=other)) is None
    assert source.chain(FIRST, other) is None
    # a session that the file does not have: nothing of SPX, although the model has series
    assert source.expiries(SECOND, "SPX") == ()
    assert source.chain(SECOND, WEEKLY) is None
    assert source.quote(SECOND, option(2700.0, "C")) is None
    assert source.mark(SECOND, option(2700.0, "C")).quality == "modelled"
    assert source.sessions == (FIRST,)


@pytest.mark.parametrize("gone", [("P",), ("P", "C")])
@pytest.mark.parametrize("strike", [2550.0, 2700.0, 2800.0])
def test_a_missing_quote_is_marked_from_its_own_series(
    strike: float, gone: tuple[Right, ...]
) -> None:
    """By its twin's volatility, else by its neighbours': the price that the rest was made with."""
    rows = priced(FIRST, WEEKLY, STRIKES, forward=2690.0, rate=RATE, vol=smile, half_spread=0.2)
    whole = market(*rows)
    torn = market(*(row for row in rows if not (row[2] == strike and row[3] in gone)))
    for right in gone:
        lost = option(strike, right)
        assert torn.quote(FIRST, lost) is None
        mark, true = torn.mark(FIRST, lost), whole.mark(FIRST, lost)
        assert (mark.quality, true.quality) == ("modelled", "quoted")
        assert mark.mid_twice / 2 == pytest.approx(true.mid_twice / 2, abs=600)
        assert mark.delta == pytest.approx(true.delta, abs=0.01)


def test_beyond_the_quoted_strikes_the_model_marks() -> None:
    rows = priced(FIRST, WEEKLY, STRIKES, forward=2690.0, rate=RATE, vol=smile)
    source = market(*rows)
    outside = option(3000.0, "C")
    assert source.mark(FIRST, outside) == MarksOnly().mark(FIRST, outside)


def test_vix_options_and_futures_are_the_models() -> None:
    source: QuoteSource = market((FIRST, WEEKLY, 2700.0, "C", 30.1, 30.4))
    assert source.expiries(FIRST, "VIX") == (VIX_SERIES,)
    assert source.futures(FIRST) == (FUTURE,)
    chain = source.chain(FIRST, VIX_SERIES)
    assert chain is not None
    assert chain.quality == "modelled"
    for contract in (VIX_CALL, VX):
        quote = source.quote(FIRST, contract)
        assert quote is not None
        assert quote.bid == 70_000
        assert source.mark(FIRST, contract).quality == "modelled"
    assert source.label == "SPX as quoted in by_hand.csv; the rest a model"


def test_flags_are_of_what_the_model_prices() -> None:
    """Real SPX quotes need none; a session without any leaves SPX options to the model's marks."""
    spx: Row = (FIRST, WEEKLY, 2700.0, "C", 30.1, 30.4)
    vix: Row = (FIRST, VIX_SERIES, 12.0, "C", 1.10, 1.20)
    source: QuoteSource = market(spx)
    assert [flag.of for flag in source.flags(FIRST)] == ["VIX options", "VIX futures"]
    assert [flag.of for flag in source.flags(SECOND)] == [
        "SPX options",
        "VIX options",
        "VIX futures",
    ]
    assert [flag.of for flag in source.flags(SECOND, ("VIX futures",))] == ["VIX futures"]
    assert [flag.of for flag in market(spx, vix).flags(FIRST)] == ["VIX futures"]


def test_a_settled_series_has_no_quotes_at_the_decision_moment() -> None:
    """PM on its own day; AM on its own day too, but still at 16:15 of the session before."""
    day, before = date(2018, 1, 19), date(2018, 1, 18)
    evening = Expiry(root="SPXW", day=day, settlement="PM")
    morning = Expiry(root="SPX", day=day, settlement="AM")
    rows: list[Row] = [
        (session, expiry, 2700.0, "P", 10.0, 10.4)
        for session in (before, day)
        for expiry in (evening, morning)
    ]
    source = market(*rows)
    assert source.expiries(before, "SPX") == (morning, evening)
    assert source.expiries(day, "SPX") == ()
    assert source.quote(day, option(2700.0, "P", expiry=evening)) is None
    assert source.mark(day, option(2700.0, "P", expiry=evening)).quality == "modelled"
    assert [(row.reason, row.rows) for row in source.left_out] == [
        ("a series that had settled by then", 2)
    ]


def test_days_beside_the_history_are_counted_and_not_used() -> None:
    sunday = date(2018, 1, 7)
    source = market(
        (FIRST, WEEKLY, 2700.0, "P", 10.0, 10.4), (sunday, WEEKLY, 2700.0, "P", 10.0, 10.4)
    )
    assert source.sessions == (FIRST,)
    assert [(row.source, row.reason, row.rows) for row in source.left_out] == [
        ("by_hand.csv", "a day that is not a session of the history", 1)
    ]


# --- files ---------------------------------------------------------------------------------------


def test_files_may_overlap_where_they_agree() -> None:
    row: Row = (FIRST, WEEKLY, 2700.0, "P", 10.0, 10.4)
    later: Row = (SECOND, WEEKLY, 2700.0, "P", 11.0, 11.4)
    files = [chain_file([row], name="a.csv"), chain_file([row, later], name="b.csv")]
    source = real_market(history(), files)
    assert source.sessions == (FIRST, SECOND)
    assert only(source).strike.size == 1
    assert [(row.source, row.reason, row.rows) for row in source.left_out] == [
        ("b.csv", "the same quote a second time", 1)
    ]


def test_two_different_quotes_of_one_contract_are_refused() -> None:
    files = [
        chain_file([(FIRST, WEEKLY, 2700.0, "P", 10.0, 10.4)], name="a.csv"),
        chain_file([(FIRST, WEEKLY, 2700.0, "P", 10.0, 10.5)], name="b.csv"),
    ]
    with pytest.raises(StewardError) as caught:
        real_market(history(), files)
    message = str(caught.value)
    assert message.startswith("b.csv, line 2: SPXW 2018-02-09 2700 P of 2018-01-02 is 10 bid, 10.5")
    assert "a.csv, line 2" in message
    assert "\n" not in message


def test_vix_options_trade_at_real_quotes_where_a_session_has_some() -> None:
    """Calls alone imply no forward: it is that of the future of their day, never spot VIX (R13)."""
    vix = Expiry(root="VIX", day=FUTURE, settlement="AM")
    weekly = Expiry(root="VIXW", day=FUTURE, settlement="AM")
    source = market(
        (FIRST, WEEKLY, 2700.0, "P", 1.0, 1.1),
        (FIRST, vix, 8.0, "C", 1.0, 1.1),
        (FIRST, weekly, 8.0, "C", 1.0, 1.1),
    )
    future = MarksOnly().quote(FIRST, VX)
    assert future is not None
    assert only(source, FIRST, vix).forward == future.forward
    assert (source.sessions, source.vix_sessions) == ((FIRST,), (FIRST,))
    assert source.expiries(FIRST, "VIX") == (vix,)
    quote = source.quote(FIRST, option(8.0, "C", expiry=vix))
    assert quote is not None
    assert (quote.bid, quote.ask, quote.quality) == (10_000, 11_000, "quoted")
    assert source.quote(FIRST, option(9.0, "C", expiry=vix)) is None, "what is not quoted, is not"
    modelled = source.quote(SECOND, option(8.0, "C", expiry=vix))
    assert modelled is not None
    assert modelled.quality == "modelled", "a session without real ones has the model's"
    assert [(row.reason, row.rows) for row in source.left_out] == [
        ("a weekly on VIX: no run trades it yet", 1)
    ]


def test_the_parity_of_vix_options_comes_before_their_future() -> None:
    vix = Expiry(root="VIX", day=FUTURE, settlement="AM")
    rows = priced(
        FIRST, vix, np.arange(10.0, 30.0), forward=14.0, rate=RATE, vol=lambda k: 0.8 + 0.0 * k
    )
    assert only(market(*rows), FIRST, vix).forward == pytest.approx(14.0, abs=0.01)


def same(one: Chain, other: Chain) -> None:
    assert (one.session, one.expiry, one.quality) == (other.session, other.expiry, other.quality)
    assert (one.forward, one.discount, one.years) == (other.forward, other.discount, other.years)
    for name in ("strike", "call", "bid", "ask", "vol", "delta", "gamma", "vega", "theta"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


@given(order=st.permutations(range(24)))
def test_the_order_of_rows_does_not_matter(order: list[int]) -> None:
    rows = priced(
        FIRST, WEEKLY, STRIKES[:96:8], forward=2600.0, rate=RATE, vol=smile, half_spread=0.2
    )
    assert len(rows) == len(order)
    same(only(market(*rows)), only(market(*[rows[i] for i in order])))


@given(cut=st.integers(0, 3))
def test_a_session_does_not_see_what_comes_after_it(cut: int) -> None:
    days = SESSIONS[:4]
    rows = [
        row
        for i, day in enumerate(days)
        for row in priced(
            day, WEEKLY, STRIKES, forward=2690.0 + i, rate=RATE, vol=smile, half_spread=0.2
        )
    ]
    file = chain_file(rows)
    whole = real_market(history(), [file])
    now = days[cut]
    known = replace(file, quotes=file.quotes.filter(pl.col("session") <= now))
    past = real_market(history().until(now), [known])
    for day in days[: cut + 1]:
        same(only(whole, day), only(past, day))
    assert past.sessions == days[: cut + 1]


# --- real quotes ---------------------------------------------------------------------------------

CRASH, CALM = date(2018, 2, 5), date(2018, 1, 9)


@pytest.fixture(scope="module")
def real(shared_data: Path) -> QuotedMarket:
    (file,) = read_chains(shared_data / "chains" / "spxw_eod_2018-01_2018-02.csv")
    return real_market(arch_history(), [file])


def test_real_quotes_of_40_days_leave_38_to_trade_on(real: QuotedMarket) -> None:
    """Two of the days are the settlement days of their only series."""
    assert len(real.sessions) == 38
    assert date(2018, 1, 31) not in real.sessions
    assert date(2018, 2, 28) not in real.sessions
    assert all(len(real.expiries(day, "SPX")) == 1 for day in real.sessions)


def test_on_the_day_of_the_crash_the_options_saw_20_points_less_than_the_close(
    real: QuotedMarket,
) -> None:
    """SOURCES-chains.md: the forward that 16:15 quotes imply, against the close of 16:00."""
    (expiry,) = real.expiries(CRASH, "SPX")
    history = arch_history()
    close = history.spx.close[history.index(CRASH)]
    assert round(only(real, CRASH, expiry).forward - close) == -20


@pytest.mark.parametrize(("session", "off"), [(CRASH, 0.005), (CALM, 0.01)])
def test_strikes_near_16_delta_are_there(real: QuotedMarket, session: date, off: float) -> None:
    """Strikes lie 5 to 10 points apart there: 0.02 of delta on a calm day, 0.01 in the crash."""
    (expiry,) = real.expiries(session, "SPX")
    chain = only(real, session, expiry)
    found = {}
    for call in (False, True):
        delta = np.where(chain.call == call, np.abs(chain.delta), np.nan)
        row = int(np.nanargmin(np.abs(delta - 0.16)))
        assert abs(delta[row] - 0.16) < off
        assert chain.bid[row] > 0.0
        found[call] = math.log(chain.strike[row] / chain.forward)
    assert found[False] < 0.0 < found[True]
    assert -found[False] > found[True]  # puts are dearer, so they lie farther out


def test_real_volatilities_fall_in_the_strike_below_the_forward(real: QuotedMarket) -> None:
    """Of both calm days and the crash; nearly all strikes carry a volatility."""
    for session in (CALM, CRASH):
        (expiry,) = real.expiries(session, "SPX")
        chain = only(real, session, expiry)
        assert np.isfinite(chain.vol).mean() > 0.99
        puts = ~chain.call & (np.abs(chain.delta) > 0.1) & (np.abs(chain.delta) < 0.5)
        slope = np.polyfit(np.log(chain.strike[puts] / chain.forward), chain.vol[puts], 1)[0]
        assert -3.0 < slope < -0.5
