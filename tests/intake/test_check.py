"""Figures of the data, counted by hand on small histories and found again on real ones."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from steward.intake.check import Coverage, check, coverage, parity_gaps
from steward.intake.load import Market, open_market
from steward.market.history import Bars, FuturesTable, History, Quarantined, Series
from steward.market.quotes import Chain
from steward.terms.contracts import Expiry

from .chain_csv import EXPIRY, STRIKES, write

DAYS = tuple(date(2018, 1, day) for day in (2, 3, 4, 5, 8))
CLOSE = np.timedelta64(21 * 60 + 15, "m")
DAY = np.timedelta64(24 * 60, "m")
UNKNOWN = math.nan


def stamps(days: Sequence[date]) -> np.ndarray:
    return np.array(days, dtype="datetime64[D]")


def series(
    name: str, days: Sequence[date], value: Sequence[float], *, late_days: int = 0, age: int = 7
) -> Series:
    return Series(
        name=name,
        unit="points",
        period=stamps(days),
        value=np.array(value, dtype=float),
        known_at=stamps(days).astype("datetime64[m]") + CLOSE + late_days * DAY,
        max_age_days=age,
        lagged=False,
        source=f"file of {name}",
    )


def history(
    *,
    made: Mapping[str, Series] | None = None,
    futures: FuturesTable | None = None,
    spx_open: Sequence[float] = (1.0, UNKNOWN, 1.0, 1.0, 1.0),
) -> History:
    ones, nothing = np.ones(len(DAYS)), np.full(len(DAYS), np.nan)
    return History(
        label="by hand",
        sessions=DAYS,
        moments=stamps(DAYS).astype("datetime64[m]") + CLOSE,
        spx=Bars(open=np.array(spx_open), high=ones, low=ones, close=ones),
        vix=Bars(open=nothing, high=nothing, low=nothing, close=ones),
        spx_before=np.empty(0),
        spx_before_days=(),
        series=dict(made or {}),
        futures=futures,
        fomc=(),
        quarantined=(),
        notes=(),
        file_hashes={},
    )


def by_name(found: Sequence[Coverage]) -> dict[str, Coverage]:
    return {one.name: one for one in found}


def test_levels_are_counted_with_their_holes() -> None:
    found = by_name(coverage(history(), DAYS))
    assert list(found) == ["spx", "spx_open", "vix", "vix_open"]
    assert (found["spx"].rows, found["spx"].missing, found["spx"].known) == (5, 0, 1.0)
    opens = found["spx_open"]
    assert (opens.first, opens.last, opens.rows, opens.missing) == (DAYS[0], DAYS[-1], 4, 1)
    assert opens.known == 0.8
    none = found["vix_open"]
    assert (none.first, none.last, none.rows, none.missing, none.known) == (None, None, 0, 5, 0.0)


def test_a_share_is_of_the_sessions_of_the_run_and_the_counts_are_of_the_history() -> None:
    found = by_name(coverage(history(), DAYS[:2]))
    assert found["spx_open"].known == 0.5
    assert found["spx_open"].rows == 4


def test_a_value_counts_from_when_it_was_known_until_it_is_too_old() -> None:
    """Known at the close of the 3rd; of whole days it may be two old: the 3rd, 4th and 5th."""
    late = series("late", DAYS[:1], [5.0], late_days=1, age=2)
    found = by_name(coverage(history(made={"late": late}), DAYS))["late"]
    assert found.known == 3 / 5
    assert (found.first, found.last, found.rows) == (DAYS[0], DAYS[0], 1)
    assert found.source == "file of late"


def test_a_row_without_a_value_is_missing_and_the_value_before_it_stays_known() -> None:
    holed = series("holed", DAYS, [UNKNOWN, 3.0, UNKNOWN, UNKNOWN, UNKNOWN], age=1)
    found = by_name(coverage(history(made={"holed": holed}), DAYS))["holed"]
    assert (found.rows, found.missing, found.known) == (1, 4, 2 / 5)
    empty = series("empty", DAYS, [UNKNOWN] * 5)
    nothing = by_name(coverage(history(made={"empty": empty}), DAYS))["empty"]
    assert (nothing.first, nothing.rows, nothing.missing, nothing.known) == (None, 0, 5, 0.0)


def test_futures_cover_the_sessions_that_have_a_settlement() -> None:
    table = FuturesTable(
        session=stamps((DAYS[1], DAYS[1], DAYS[3])),
        expiry=stamps((date(2018, 1, 17), date(2018, 2, 14), date(2018, 1, 17))),
        settle=np.array([11.0, 12.0, 11.5]),
        final={},
        source="file of vx",
    )
    found = by_name(coverage(history(futures=table), DAYS))["vx"]
    assert (found.first, found.last, found.rows, found.known) == (DAYS[1], DAYS[3], 3, 2 / 5)


# --- rows set aside, and the model ---------------------------------------------------------------


def modelled(errors: Mapping[date, float]) -> Market:
    """A market whose model misses the published VIX by so much."""
    spx = SimpleNamespace(vix_error=lambda session: errors.get(session, math.nan))
    model: Any = SimpleNamespace(spx=spx, label="a model", flags=lambda session: ())
    return Market(
        history=history(),
        quotes=model,
        model=model,
        hashes={},
        quarantined=(
            Quarantined(source="a.csv", reason="crossed", rows=2),
            Quarantined(source="a.csv", reason="empty", rows=7),
            Quarantined(source="b.csv", reason="crossed", rows=3),
            Quarantined(source="b.csv", reason="again", rows=5),
        ),
        notes=(),
        kind="modelled",
    )


def test_rows_set_aside_add_up_by_reason() -> None:
    assert check(modelled({})).quarantined == (("empty", 7), ("again", 5), ("crossed", 5))


def test_the_models_vix_is_as_good_as_its_worst_session() -> None:
    """Sessions without enough history have no modelled VIX: unknown, not an error of 0."""
    found = check(modelled({DAYS[1]: 0.01, DAYS[2]: -0.04, DAYS[3]: 0.02})).model_vix
    assert found is not None
    assert (found.worst, found.worst_on) == (0.04, DAYS[2])
    assert (found.sessions, found.unknown) == (5, 2)
    part = check(modelled({DAYS[1]: 0.01, DAYS[2]: -0.04}), DAYS[:2]).model_vix
    assert part is not None
    assert (part.worst, part.worst_on, part.sessions, part.unknown) == (0.01, DAYS[1], 2, 1)
    nothing = check(modelled({})).model_vix
    assert nothing is not None
    assert (nothing.worst, nothing.worst_on, nothing.unknown) == (None, None, 5)


def test_a_modelled_market_has_no_real_quotes_to_report() -> None:
    assert check(modelled({})).chains == ()


# --- real quotes ---------------------------------------------------------------------------------


def test_quotes_of_a_chain_file_are_counted_by_session(tmp_path: Path) -> None:
    """A flat 15 % world around 2700 with quotes 0.40 wide, so that parity holds to a cent.

    The embedded close of that day differs, so the forward stands beside it by a known amount.
    """
    days = (date(2018, 2, 1), date(2018, 2, 2))
    market = open_market(data=None, chains=[write(tmp_path / "made_up.csv", days)])
    found = check(market)
    assert found.model_vix is None
    assert [one.session for one in found.chains] == list(days)
    first = found.chains[0]
    assert (first.series, first.quotes) == (1, 2 * len(STRIKES))
    chain = market.quotes.chain(days[0], Expiry(root="SPXW", day=EXPIRY, settlement="PM"))
    assert chain is not None
    assert first.zero_bids == np.mean(chain.bid == 0.0)
    assert 0.0 < first.zero_bids < 0.5
    assert first.parity_residual is not None
    assert first.parity_residual < 0.02
    assert first.forward_less_close is not None
    close = market.history.spx.close[market.history.index(days[0])]
    assert first.forward_less_close == pytest.approx(2700.0 - close, abs=0.02)
    assert [one.session for one in check(market, days[1:]).chains] == [days[1]]


def chain_of(
    strike: Sequence[float], call: Sequence[bool], bid: Sequence[float], ask: Sequence[float]
) -> Chain:
    """Forward 100, discount 0.5."""
    nothing = np.full(len(strike), np.nan)
    return Chain(
        session=DAYS[0],
        expiry=Expiry(root="SPXW", day=EXPIRY, settlement="PM"),
        underlying="SPX",
        quality="quoted",
        forward=100.0,
        discount=0.5,
        years=0.1,
        strike=np.array(strike),
        call=np.array(call),
        bid=np.array(bid),
        ask=np.array(ask),
        vol=nothing,
        delta=nothing,
        gamma=nothing,
        vega=nothing,
        theta=nothing,
    )


def test_parity_gaps_by_hand() -> None:
    """At 98: 4.0 - 2.0 - 0.5 (100 - 98) = 1.0. At 102: 2.0 - 3.5 - 0.5 (100 - 102) = -0.5.

    At 100 nobody bids for the put; 90 lies more than 5 % away; 103 has no call.
    """
    chain = chain_of(
        [90.0, 98.0, 100.0, 102.0, 103.0, 90.0, 98.0, 100.0, 102.0],
        [False] * 5 + [True] * 4,
        [0.5, 1.9, 0.0, 3.4, 4.0, 6.0, 3.9, 3.0, 1.9],
        [0.7, 2.1, 5.0, 3.6, 4.2, 6.2, 4.1, 3.2, 2.1],
    )
    np.testing.assert_allclose(parity_gaps(chain), [1.0, -0.5], atol=1e-12)


def test_a_series_without_a_forward_has_no_residual() -> None:
    chain = chain_of([100.0, 100.0], [False, True], [1.0, 1.0], [1.2, 1.2])
    assert parity_gaps(replace(chain, forward=math.nan)).size == 0


def test_the_real_file_is_tight_on_calm_days_and_rough_in_the_crash(shared_data: Path) -> None:
    """SOURCES-chains.md: parity within 0.03-0.3 points on quiet days; about 13 % zero bids."""
    file = shared_data / "chains" / "spxw_eod_2018-01_2018-02.csv"
    found = check(open_market(data=None, chains=[file]))
    assert len(found.chains) == 38
    by_day = {one.session: one for one in found.chains}
    residuals = [one.parity_residual for one in found.chains if one.parity_residual is not None]
    assert len(residuals) == 38
    assert all(0.01 < one < 0.4 for one in residuals)
    quotes = sum(one.quotes for one in found.chains)
    bidless = sum(one.zero_bids * one.quotes for one in found.chains)
    assert 0.08 < bidless / quotes < 0.18
    crash = by_day[date(2018, 2, 5)]
    assert crash.forward_less_close is not None
    assert round(crash.forward_less_close) == -20
