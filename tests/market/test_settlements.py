"""The ladder of settlement values, step by step, by hand; and the error of each proxy."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.market.history import Bars, FuturesTable, History
from steward.market.settlements import VIX_PROXY_SD, SettlementValue, settlement_value
from steward.market.vendors.data_folder import folder_history
from steward.terms import calendar
from steward.terms.contracts import Contract, OptionContract, Right, Settlement, vx, vxm
from steward.terms.errors import StewardError

NONE = np.empty(0)


def bars(*rows: tuple[float, float, float, float]) -> Bars:
    opens, highs, lows, closes = (np.array(column) for column in zip(*rows, strict=True))
    return Bars(open=opens, high=highs, low=lows, close=closes)


def short_history(
    days: tuple[date, ...],
    spx: Bars,
    vix: Bars,
    *,
    final: dict[date, float] | None = None,
    before: tuple[date, float] | None = None,
) -> History:
    moments = [calendar.decision_moment(d).astimezone(UTC).replace(tzinfo=None) for d in days]
    empty = np.empty(0, dtype="datetime64[D]")
    return History(
        label="made up",
        sessions=days,
        moments=np.array(moments, dtype="datetime64[m]"),
        spx=spx,
        vix=vix,
        spx_before=np.array([before[1]]) if before else NONE,
        spx_before_days=(before[0],) if before else (),
        series={},
        futures=None
        if final is None
        else FuturesTable(session=empty, expiry=empty, settle=NONE, final=final, source="made up"),
        fomc=(),
        quarantined=(),
        notes=(),
        file_hashes={},
    )


def option(
    root: str, expiry: date, settlement: Settlement = "AM", right: Right = "C"
) -> OptionContract:
    return OptionContract(root=root, expiry=expiry, strike=20.0, right=right, settlement=settlement)


THURSDAY, FRIDAY = date(2018, 2, 15), date(2018, 2, 16)
MONTHLY = short_history(
    (THURSDAY, FRIDAY),
    bars((2710.5, 2728.75, 2690.25, 2728.2), (2724.14, 2750.42, 2722.11, 2730.22)),
    bars((19.0, 21.0, 18.0, 19.2), (18.5, 20.0, 18.0, 19.4)),
)


def test_pm_settles_on_the_close_of_the_day() -> None:
    found = settlement_value(MONTHLY, option("SPXW", FRIDAY, "PM"), FRIDAY)
    assert found == SettlementValue(value_e4=27_302_200, source="spx_close", proxy=False)


def test_am_settles_on_the_open_from_2014_with_the_day_as_bounds() -> None:
    assert settlement_value(MONTHLY, option("SPX", FRIDAY), FRIDAY) == SettlementValue(
        value_e4=27_241_400,
        source="spx_open",
        proxy=True,
        low_e4=27_221_100,
        high_e4=27_504_200,
    )


def test_am_settles_on_the_close_before_where_the_open_is_unknown() -> None:
    """2728.2 lies in the day's range 2722.11 to 2750.42."""
    spx = replace(MONTHLY.spx, open=np.array([2710.5, np.nan]))
    found = settlement_value(replace(MONTHLY, spx=spx), option("SPX", FRIDAY), FRIDAY)
    assert found == SettlementValue(
        value_e4=27_282_000,
        source="spx_prior_close",
        proxy=True,
        low_e4=27_221_100,
        high_e4=27_504_200,
    )


def test_am_before_2014_settles_on_the_close_before() -> None:
    """The day opened above it: the bounds hold the proxy, 1703.2 to 1715, not 1705 to 1715."""
    days = (date(2013, 9, 19), date(2013, 9, 20))
    quiet = bars((14.0, 14.0, 14.0, 14.0), (14.0, 14.0, 14.0, 14.0))
    spx = bars((1700.0, 1710.0, 1690.0, 1703.2), (1710.0, 1715.0, 1705.0, 1711.0))
    history = short_history(days, spx, quiet)
    assert settlement_value(history, option("SPX", days[1]), days[1]) == SettlementValue(
        value_e4=17_032_000,
        source="spx_prior_close",
        proxy=True,
        low_e4=17_032_000,
        high_e4=17_150_000,
    )
    dark = replace(spx, low=np.array([np.nan] * 2), high=np.array([np.nan] * 2))
    found = settlement_value(replace(history, spx=dark), option("SPX", days[1]), days[1])
    assert (found.low_e4, found.high_e4) == (None, None)


def test_a_close_that_is_not_known_is_no_close() -> None:
    """Wednesday stands in for Thursday, with the day as bounds, and it is named for what it is."""
    wednesday = date(2018, 2, 14)
    spx = bars(
        (2650.0, 2700.0, 2640.0, 2698.6),
        (2710.5, 2728.75, 2690.25, np.nan),
        (np.nan, 2750.42, 2722.11, np.nan),
    )
    vix = bars((21.0, 22.0, 19.0, 19.5), (19.0, 21.0, 18.0, np.nan), (np.nan,) * 4)
    history = short_history((wednesday, THURSDAY, FRIDAY), spx, vix)
    for contract in (option("SPX", FRIDAY), option("SPXW", FRIDAY, "PM")):
        assert settlement_value(history, contract, FRIDAY) == SettlementValue(
            value_e4=26_986_000,
            source="spx_last_close",
            proxy=True,
            low_e4=26_986_000,
            high_e4=27_504_200,
        )
    found = settlement_value(history, option("VIX", FRIDAY), FRIDAY)
    assert (found.value_e4, found.source) == (195_000, "vix_last_close")
    dark = replace(vix, close=np.array([np.nan] * 3))
    with pytest.raises(StewardError, match="no VIX close is known before 2018-02-16"):
        settlement_value(replace(history, vix=dark), option("VIX", FRIDAY), FRIDAY)


def test_am_on_the_first_session_reads_the_closes_before_it() -> None:
    quiet = bars((14.0, 14.0, 14.0, 14.0))
    spx = bars((1710.0, 1715.0, 1705.0, 1711.0))
    day = date(2013, 9, 20)
    history = short_history((day,), spx, quiet, before=(date(2013, 9, 19), 1703.2))
    found = settlement_value(history, option("SPX", day), day)
    assert (found.value_e4, found.source) == (17_032_000, "spx_prior_close")
    with pytest.raises(StewardError, match="no SPX close is known before 2013-09-20"):
        settlement_value(short_history((day,), spx, quiet), option("SPX", day), day)
    dark = replace(quiet, open=np.array([np.nan]))
    with pytest.raises(StewardError, match="no VIX close is known before 2013-09-20"):
        settlement_value(short_history((day,), spx, dark), vx(day), day)


TUESDAY, WEDNESDAY = date(2018, 2, 13), date(2018, 2, 14)
VIX_DAY = short_history(
    (TUESDAY, WEDNESDAY),
    bars((2640.0, 2660.0, 2630.0, 2650.0), (2645.0, 2690.0, 2640.0, 2680.0)),
    bars((26.0, 27.0, 24.0, 24.47), (25.25, 25.5, 19.0, 19.5)),
    final={WEDNESDAY: 23.1234},
)


@pytest.mark.parametrize(
    "contract", [option("VIX", WEDNESDAY), option("VIXW", WEDNESDAY), vx(WEDNESDAY), vxm(WEDNESDAY)]
)
def test_on_vix_the_final_settlement_comes_first(contract: Contract) -> None:
    found = settlement_value(VIX_DAY, contract, WEDNESDAY)
    assert found == SettlementValue(value_e4=231_234, source="vx_final", proxy=False)


@pytest.mark.parametrize("contract", [option("VIX", WEDNESDAY), vx(WEDNESDAY)])
def test_on_vix_the_open_comes_second_with_one_sd(contract: Contract) -> None:
    """25.25 - 0.63 = 24.62 and 25.25 + 0.63 = 25.88."""
    history = replace(VIX_DAY, futures=None)
    assert settlement_value(history, contract, WEDNESDAY) == SettlementValue(
        value_e4=252_500, source="vix_open", proxy=True, low_e4=246_200, high_e4=258_800
    )


def test_on_vix_the_close_before_comes_third_never_that_of_the_day() -> None:
    """24.47 - 1.36 = 23.11 and 24.47 + 1.36 = 25.83; the day itself closed at 19.50."""
    vix = replace(VIX_DAY.vix, open=np.array([np.nan, np.nan]))
    history = replace(VIX_DAY, futures=None, vix=vix)
    assert settlement_value(history, vx(WEDNESDAY), WEDNESDAY) == SettlementValue(
        value_e4=244_700, source="vix_prior_close", proxy=True, low_e4=231_100, high_e4=258_300
    )


def test_a_bound_on_vix_is_never_below_zero() -> None:
    low = bars((0.5, 1.0, 0.4, 0.5), (0.6, 1.0, 0.4, 0.5))
    found = settlement_value(replace(VIX_DAY, vix=low, futures=None), vx(WEDNESDAY), WEDNESDAY)
    assert (found.low_e4, found.high_e4) == (0, 12_300)


MISSING = short_history(
    (date(2018, 2, 12), TUESDAY, date(2018, 2, 20)),
    bars((2600.0,) * 4, (2601.0,) * 4, (2602.0,) * 4),
    bars((25.0,) * 4, (24.0,) * 4, (20.0,) * 4),
)
"""Without 2018-02-14, 15 and 16."""


@pytest.mark.parametrize(
    ("contract", "value", "source", "bounded"),
    [
        (option("SPXW", WEDNESDAY, "PM"), 2601.0, "spx_last_close", False),
        (option("SPX", WEDNESDAY), 2601.0, "spx_prior_close", False),
        (option("SPX", FRIDAY), 2601.0, "spx_last_close", False),
        (option("VIX", WEDNESDAY), 24.0, "vix_prior_close", True),
        (option("VIX", FRIDAY), 24.0, "vix_last_close", False),
        (vx(FRIDAY), 24.0, "vix_last_close", False),
    ],
)
def test_a_settlement_day_without_a_session_takes_the_last_close(
    contract: Contract, value: float, source: str, bounded: bool
) -> None:
    found = settlement_value(MISSING, contract, date(2018, 2, 20))
    assert (found.value_e4, found.source, found.proxy) == (round(value * 10_000), source, True)
    assert (found.low_e4 is not None) is bounded
    assert (found.high_e4 is not None) is bounded


def test_a_final_settlement_counts_though_its_day_is_no_session() -> None:
    history = replace(MISSING, futures=VIX_DAY.futures)
    found = settlement_value(history, option("VIX", WEDNESDAY), date(2018, 2, 20))
    assert (found.value_e4, found.source) == (231_234, "vx_final")


def test_a_contract_that_settles_later_is_a_bug() -> None:
    with pytest.raises(ValueError, match="VX 2018-02-14 settles after 2018-02-13"):
        settlement_value(VIX_DAY, vx(WEDNESDAY), TUESDAY)


DAYS = calendar.sessions(date(2012, 11, 1), date(2014, 3, 28))


@given(
    day=st.sampled_from(DAYS),
    later=st.integers(0, 3),
    kind=st.sampled_from(["SPX AM", "SPX PM", "VIX", "VX"]),
)
def test_nothing_known_after_the_session_is_read(
    world: History, day: date, later: int, kind: str
) -> None:
    """Cut the history at the session that settles: the value is the same."""
    at = DAYS[min(DAYS.index(day) + later, len(DAYS) - 1)]
    contract: Contract
    if kind == "VX":
        contract = vx(day)
    elif kind == "VIX":
        contract = option("VIX", day)
    else:
        contract = option("SPX", day, "AM" if kind.endswith("AM") else "PM")
    found = settlement_value(world, contract, at)
    assert found == settlement_value(world.until(at), contract, at)
    assert found == settlement_value(world.until(day), contract, day)
    if found.low_e4 is not None and found.high_e4 is not None:
        assert found.low_e4 <= found.value_e4 <= found.high_e4


def test_the_proxies_are_as_wrong_as_the_facts_say(shared_data: Path) -> None:
    """final settlement minus proxy, 2004-2021: open +0.05, sd 0.63; close
    before sd 1.36."""
    history = folder_history(shared_data)
    futures = history.futures
    assert futures is not None
    days = [d for d in futures.final if d < date(2021, 7, 22)]
    assert len(days) == pytest.approx(202, abs=1)
    without = replace(history, futures=replace(futures, final={}))
    closed = replace(without.vix, open=np.full(len(history.sessions), np.nan))
    for name, one in (("vix_open", without), ("vix_prior_close", replace(without, vix=closed))):
        values = [settlement_value(one, vx(d), d) for d in days]
        assert {v.source for v in values} == {name}
        errors = np.array([futures.final[d] for d in days]) - [v.value_e4 / 1e4 for v in values]
        assert np.std(errors, ddof=1) == pytest.approx(VIX_PROXY_SD[name], abs=0.005)
        assert np.mean(errors) == pytest.approx(0.04, abs=0.015)


def test_moments_are_those_of_the_calendar(world: History) -> None:
    """The made-up history agrees with the calendar on when a session's marks are known."""
    for row in (0, 40, len(world.sessions) - 1):
        known = world.moments[row].astype("datetime64[s]").item().replace(tzinfo=UTC)
        assert isinstance(known, datetime)
        assert known == calendar.decision_moment(world.sessions[row])
