"""The modelled market: two models as one source, and none of them sees the future."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from steward.market.history import FuturesTable, History
from steward.market.quotes import QuoteSource
from steward.market.view import as_of
from steward.pricing.modelled import FAMILY_LABEL, LABEL, SETTLED, ModelledMarket
from steward.terms import calendar
from steward.terms.contracts import Contract, OptionContract, vx

from .closes import history, walk

DAYS = calendar.sessions(date(2018, 1, 2), date(2018, 6, 29))
SESSION = date(2018, 4, 16)
SPX_PUT = OptionContract(
    root="SPXW", expiry=date(2018, 5, 31), strike=2_500.0, right="P", settlement="PM"
)
VIX_CALL = OptionContract(
    root="VIX", expiry=date(2018, 5, 16), strike=20.0, right="C", settlement="AM"
)
FUTURE = vx(date(2018, 5, 16))
CONTRACTS: tuple[Contract, ...] = (SPX_PUT, VIX_CALL, FUTURE)


@pytest.fixture(scope="module")
def world() -> History:
    return walk(DAYS, 2_700.0, 17.0)


@pytest.fixture(scope="module")
def market(world: History) -> ModelledMarket:
    return ModelledMarket(world)


def test_it_is_a_source_of_quotes(market: ModelledMarket, world: History) -> None:
    source: QuoteSource = market
    view = as_of(world, source, SESSION)
    assert view.expiries("SPX") == market.spx.expiries(SESSION)
    assert view.expiries("VIX") == market.vix.expiries(SESSION)
    assert view.futures() == market.vix.futures(SESSION)
    assert view.quote(SPX_PUT) == market.spx.quote(SESSION, SPX_PUT)


def test_each_underlying_is_asked_of_its_own_model(market: ModelledMarket) -> None:
    models = {"SPX": market.spx, "VIX": market.vix}
    for contract in CONTRACTS:
        own = models[contract.underlying]
        assert market.quote(SESSION, contract) == own.quote(SESSION, contract) is not None
        assert market.mark(SESSION, contract) == own.mark(SESSION, contract)
    for option in (SPX_PUT, VIX_CALL):
        chain = market.chain(SESSION, option.series)
        assert chain is not None
        assert chain.underlying == option.underlying
        assert chain.expiry == option.series


def test_everything_is_called_modelled(market: ModelledMarket) -> None:
    for contract in CONTRACTS:
        assert market.mark(SESSION, contract).quality == "modelled"
    assert market.label == LABEL


def test_prices_that_follow_more_than_spx_and_vix_say_so(world: History) -> None:
    skew = {"skew": np.full(len(DAYS), 130.0)}
    known = history(DAYS, world.spx.close, world.vix.close, series=skew)
    assert ModelledMarket(known).label == FAMILY_LABEL


def test_settlements_of_futures_are_named(world: History) -> None:
    futures = FuturesTable(
        session=np.array([SESSION], dtype="datetime64[D]"),
        expiry=np.array([FUTURE.expiry], dtype="datetime64[D]"),
        settle=np.array([18.25]),
        final={},
        source="made up",
    )
    settled = ModelledMarket(history(DAYS, world.spx.close, world.vix.close, futures=futures))
    assert settled.label == LABEL + SETTLED
    found = settled.mark(SESSION, FUTURE)
    assert found.quality == "settlement"
    assert found.bid <= 182_500 <= found.ask
    assert settled.mark(SESSION, SPX_PUT) == ModelledMarket(world).mark(SESSION, SPX_PUT)


def test_nothing_is_quoted_before_twenty_one_closes(market: ModelledMarket) -> None:
    early = DAYS[19]
    assert market.expiries(early, "SPX") == market.expiries(early, "VIX") == ()
    for contract in CONTRACTS[:2]:
        assert market.quote(early, contract) is None


@pytest.mark.parametrize("session", [DAYS[20], SESSION, DAYS[-5]])
def test_the_past_is_blind_to_the_future(
    market: ModelledMarket, world: History, session: date
) -> None:
    past = ModelledMarket(world.until(session))
    for underlying in ("SPX", "VIX"):
        series = market.expiries(session, underlying)  # type: ignore[arg-type]
        assert past.expiries(session, underlying) == series  # type: ignore[arg-type]
        for expiry in series[::4]:
            one, other = past.chain(session, expiry), market.chain(session, expiry)
            assert one is not None
            assert other is not None
            for name in ("strike", "bid", "ask", "vol", "delta"):
                np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    assert past.futures(session) == market.futures(session)
    for expiry in market.futures(session):
        assert past.mark(session, vx(expiry)) == market.mark(session, vx(expiry))


# --- what is said of the prices ------------------------------------------------------------------


def beyond(market: ModelledMarket, session: date) -> list[str]:
    return [str(flag) for flag in market.flags(session) if flag.beyond]


def test_a_state_outside_of_the_fit_is_flagged_and_a_calm_one_is_not() -> None:
    """VIX at 60 is beyond every range; at 17, with VIX futures near it, nothing is."""
    spx = walk(DAYS, 2_700.0, 17.0).spx.close
    quiet = 17.0 * np.exp(0.1 * np.sin(np.arange(len(DAYS)) / 1.5))
    after = np.concatenate((quiet[:-10], np.full(10, 60.0)))
    vvix = {"vvix": np.full(len(DAYS), 95.0)}
    calm, wild = (ModelledMarket(history(DAYS, spx, x, series=vvix)) for x in (quiet, after))
    for session in DAYS[20:]:
        assert beyond(calm, session) == []
    for session in DAYS[20:-10]:
        assert wild.flags(session) == calm.flags(session)
    for session in DAYS[-10:]:
        said = beyond(wild, session)
        assert any(text.startswith("SPX options: VIX outside of") for text in said)
        assert any(text.startswith("VIX options: a future outside of") for text in said)
        assert any(text.startswith("VIX options: VIX outside of") for text in said)
        assert wild.chain(session, wild.expiries(session, "SPX")[1]) is not None
    assert any("a jump of VIX" in text for text in beyond(wild, DAYS[-10]))
    assert calm.flags(DAYS[19]) == ()


def test_a_member_of_the_family_that_nothing_listed_carries_is_said() -> None:
    """Monthlies alone do not lie on both sides of nine days: 2005, before weeklies."""
    days = calendar.sessions(date(2005, 8, 1), date(2005, 10, 14))
    nine = np.full(len(days), 14.5)
    nine[-1] = np.nan
    market = ModelledMarket(history(days, 1_250.0, 15.0, series={"vix9d": nine}))
    said = "VIX family: VIX9D is published, the listed expiries do not carry it"
    told = [said in map(str, market.flags(session)) for session in days]
    assert told == [False] * 20 + [True] * (len(days) - 21) + [False]
    assert np.isnan(market.spx.index_errors(days[-2])["vix9d"])
    assert not any(flag.of == "VIX family" for flag in market.flags(days[-2], ("SPX options",)))


def test_flags_see_no_future() -> None:
    days = DAYS[:60]
    whole, cut = walk(DAYS, 2_700.0, 30.0), walk(DAYS, 2_700.0, 30.0).until(days[-1])
    known, less = ModelledMarket(whole), ModelledMarket(cut)
    assert [known.flags(day) for day in days] == [less.flags(day) for day in days]
