"""The VIX by its formula: printed results, strips by hand, flat worlds, and which expiries."""

from __future__ import annotations

import math
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.pricing.black import black76
from steward.pricing.vix import (
    MINUTES_A_YEAR,
    Strip,
    choose_pair,
    index_from,
    minutes_to,
    shares,
    strip_variance,
)
from steward.terms import calendar, listing
from steward.terms.contracts import Expiry


def strip(
    strikes: np.ndarray,
    forward: float,
    vol: float,
    *,
    days: float = 30.0,
    rate: float = 0.02,
    half: float = 0.0,
) -> Strip | None:
    """Black-76 quotes at one vol, bid and ask `half` around the mid, bids at 0 or above."""
    years = days / 365.0
    sides = []
    for call in (True, False):
        mid = black76(forward, strikes, years, vol, discount=math.exp(-rate * years), call=call)
        sides += [np.maximum(mid - half, 0.0), mid + half]
    return strip_variance(strikes, *sides, minutes=years * MINUTES_A_YEAR, rate=rate)


# --- the index from two variances ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("near", "after", "near_minutes", "next_minutes", "printed"),
    [
        # Cboe, VIX White Paper, edition of 2014: 854 + 510 + 34,560 and 854 + 900 + 44,640 minutes.
        (0.01846292, 0.01882101, 35_924, 46_394, 13.69),
        # The same, edition of 2009: 930 + 510 + 11,520 and 930 + 510 + 51,840 minutes.
        (0.4727679, 0.3668180, 12_960, 53_280, 61.22),
    ],
)
def test_the_printed_index(
    near: float, after: float, near_minutes: int, next_minutes: int, printed: float
) -> None:
    found = index_from(near, after, near_minutes=near_minutes, next_minutes=next_minutes)
    assert found == pytest.approx(printed, abs=0.005)


def test_the_index_by_hand() -> None:
    # 20 and 40 days: half of 0.04 x 20 and half of 0.09 x 40, over 30 days: 2.2 / 30 = 0.07333.
    day = 1_440
    found = index_from(0.04, 0.09, near_minutes=20 * day, next_minutes=40 * day)
    assert found == pytest.approx(100.0 * math.sqrt(2.2 / 30.0))
    # Both beyond 30 days: extrapolated. 0.04 x 40 - (0.09 x 50 - 0.04 x 40) is below 0.
    assert math.isnan(index_from(0.04, 0.09, near_minutes=40 * day, next_minutes=50 * day))
    assert index_from(0.04, 0.04, near_minutes=40 * day, next_minutes=50 * day) == pytest.approx(20)


@given(vol=st.floats(0.05, 1.2), near=st.integers(8, 29), after=st.integers(31, 80))
def test_equal_vols_give_that_vol(vol: float, near: int, after: int) -> None:
    found = index_from(vol**2, vol**2, near_minutes=near * 1_440, next_minutes=after * 1_440)
    assert found == pytest.approx(100.0 * vol)


@given(near=st.integers(1, 40_000), gap=st.integers(1, 40_000), target=st.integers(1, 90_000))
def test_the_shares_add_up_to_1_and_hit_the_tenor(near: int, gap: int, target: int) -> None:
    first, second = shares(near, near + gap, target)
    assert first + second == pytest.approx(1.0)
    assert first * near + second * (near + gap) == pytest.approx(target, abs=1e-6)


# --- one strip -----------------------------------------------------------------------------------

HAND_STRIKES = np.array([80.0, 90.0, 100.0, 110.0, 120.0])


def test_a_strip_by_hand() -> None:
    """A year, no interest; mids of calls 21.5, 12.5, 5, 1.5, 0.5, of puts 1, 2, 4, 10, 19."""
    call_bid = np.array([21.0, 12.0, 4.5, 1.0, 0.25])
    call_ask = np.array([22.0, 13.0, 5.5, 2.0, 0.75])
    put_bid = np.array([0.5, 1.5, 3.5, 9.5, 18.5])
    put_ask = np.array([1.5, 2.5, 4.5, 10.5, 19.5])
    found = strip_variance(
        HAND_STRIKES, call_bid, call_ask, put_bid, put_ask, minutes=MINUTES_A_YEAR, rate=0.0
    )
    assert found is not None
    # Calls and puts are closest at 100 (5 and 4): the forward is 100 + 1, k0 is 100, its price
    # (5 + 4) / 2. Puts 80, 90; calls 110, 120; every width is 10.
    assert found.forward == pytest.approx(101.0)
    assert found.k0 == 100.0
    assert found.strike.tolist() == HAND_STRIKES.tolist()
    assert found.price.tolist() == [1.0, 2.0, 4.5, 1.5, 0.5]
    parts = [1.0 / 80**2, 2.0 / 90**2, 4.5 / 100**2, 1.5 / 110**2, 0.5 / 120**2]
    assert found.variance == pytest.approx(2.0 * 10.0 * sum(parts) - 0.01**2)
    assert found.contribution.sum() - 0.01**2 == pytest.approx(found.variance)


def _bids(bids: dict[float, float]) -> Strip | None:
    """Out-of-the-money options at 0.5 around a forward of 100, those in `bids` at that bid."""
    strikes = np.arange(60.0, 141.0, 5.0)
    mid = np.where(strikes == 100.0, 3.0, 0.5)
    twin = mid + np.abs(strikes - 100.0)
    call = strikes >= 100.0
    bid = np.array([bids.get(float(k), 0.4) for k in strikes])
    ask = 2.0 * mid - bid
    return strip_variance(
        strikes,
        np.where(call, bid, twin - 0.1),
        np.where(call, ask, twin + 0.1),
        np.where(call & (strikes > 100.0), twin - 0.1, bid),
        np.where(call & (strikes > 100.0), twin + 0.1, ask),
        minutes=MINUTES_A_YEAR / 12,
        rate=0.0,
    )


def test_one_zero_bid_is_skipped_and_two_in_a_row_end_the_strip() -> None:
    whole, one, two = _bids({}), _bids({80.0: 0.0}), _bids({75.0: 0.0, 80.0: 0.0})
    assert whole is not None
    assert one is not None
    assert two is not None
    assert whole.strike.min() == 60.0
    assert set(whole.strike) - set(one.strike) == {80.0}
    assert two.strike.min() == 85.0
    assert two.strike.max() == whole.strike.max() == 140.0
    # The widths are taken over what is selected: 75 and 85 are 10 apart, each has 7.5.
    factor = 2.0 * 12.0 * 0.5
    at = one.strike.tolist().index(85.0)
    assert one.contribution[at] == pytest.approx(factor * 7.5 / 85.0**2)
    # The last one of a side counts with the distance to its only neighbour.
    assert two.contribution[0] == pytest.approx(factor * 5.0 / 85.0**2)
    calls = _bids({115.0: 0.0, 120.0: 0.0})
    assert calls is not None
    assert calls.strike.max() == 110.0


@given(vol=st.floats(0.08, 0.8), forward=st.floats(500.0, 5_000.0), days=st.floats(10.0, 90.0))
def test_a_flat_world_is_worth_its_vol(vol: float, forward: float, days: float) -> None:
    """With Black-76 at one vol and a fine, wide list the strip is worth that vol."""
    deviation = vol * math.sqrt(days / 365.0)
    strikes = forward * np.exp(np.linspace(-9.0, 9.0, 1801) * deviation)
    found = strip(strikes, forward, vol, days=days)
    assert found is not None
    assert math.sqrt(found.variance) == pytest.approx(vol, rel=1e-4)
    assert found.forward == pytest.approx(forward, rel=1e-9)


def test_a_higher_vol_is_a_higher_variance() -> None:
    strikes = np.arange(1_000.0, 5_001.0, 5.0)
    found = [strip(strikes, 2_700.0, vol, half=0.05) for vol in (0.1, 0.15, 0.2, 0.4)]
    variances = [one.variance for one in found if one is not None]
    assert len(variances) == 4
    assert variances == sorted(variances)


def test_the_forward_is_read_between_the_strikes() -> None:
    strikes = np.arange(2_000.0, 3_401.0, 25.0)
    for forward in (2_700.0, 2_712.4, 2_724.9):
        found = strip(strikes, forward, 0.2, half=0.1)
        assert found is not None
        assert found.forward == pytest.approx(forward)
        assert found.k0 == 2_700.0


def test_what_cannot_be_a_strip_is_none() -> None:
    sides = [np.full(5, 1.0)] * 4
    short = [side[:2] for side in sides]
    assert strip_variance(HAND_STRIKES[:2], *short, minutes=40_000, rate=0.0) is None
    unbid = [np.zeros(5), np.full(5, 1.0), np.full(5, 0.5), np.full(5, 1.0)]
    assert strip_variance(HAND_STRIKES, *unbid, minutes=40_000, rate=0.0) is None
    unknown = [np.full(5, math.nan)] * 4
    assert strip_variance(HAND_STRIKES, *unknown, minutes=40_000, rate=0.0) is None


def by_the_book(
    strike: list[float],
    call: list[tuple[float, float]],
    put: list[tuple[float, float]],
    years: float,
) -> float | None:
    """The paper's steps, one after the other, without interest; a witness in plain Python."""

    def mid(quote: tuple[float, float]) -> float:
        return (quote[0] + quote[1]) / 2

    both = [i for i in range(len(strike)) if call[i][0] > 0 and put[i][0] > 0]
    if not both:
        return None
    star = min(both, key=lambda i: abs(mid(call[i]) - mid(put[i])))
    forward = strike[star] + mid(call[star]) - mid(put[star])
    below = [i for i in range(len(strike)) if strike[i] <= forward]
    if not below:
        return None
    zero = below[-1]
    chosen = {zero: (mid(call[zero]) + mid(put[zero])) / 2}
    for quotes, way in ((put, range(zero - 1, -1, -1)), (call, range(zero + 1, len(strike)))):
        without = 0
        for i in way:
            if quotes[i][0] > 0:
                chosen[i] = mid(quotes[i])
                without = 0
            else:
                without += 1
                if without == 2:
                    break
    kept = sorted(chosen)
    if len(kept) < 3:
        return None
    total = 0.0
    for n, i in enumerate(kept):
        low, high = kept[max(n - 1, 0)], kept[min(n + 1, len(kept) - 1)]
        width = (strike[high] - strike[low]) / (1 if n in (0, len(kept) - 1) else 2)
        total += width / strike[i] ** 2 * chosen[i]
    return 2 / years * total - (forward / strike[zero] - 1) ** 2 / years


quote = st.tuples(st.sampled_from([0.0, 0.0, 0.05, 0.1, 1.0, 4.0, 9.0]), st.floats(0.01, 2.0)).map(
    lambda pair: (pair[0], pair[0] + pair[1])
)


@given(st.lists(st.tuples(quote, quote), min_size=3, max_size=14))
def test_any_list_of_quotes_is_worth_what_the_paper_s_steps_say(
    rows: list[tuple[tuple[float, float], tuple[float, float]]],
) -> None:
    strike = [100.0 + 5.0 * i + i % 3 for i in range(len(rows))]
    call, put = [row[0] for row in rows], [row[1] for row in rows]
    found = strip_variance(
        np.array(strike),
        *(np.array(side) for side in (*zip(*call, strict=True), *zip(*put, strict=True))),
        minutes=MINUTES_A_YEAR / 12,
        rate=0.0,
    )
    wanted = by_the_book(strike, call, put, 1.0 / 12)
    assert (found is None) == (wanted is None)
    if found is not None and wanted is not None:
        assert found.variance == pytest.approx(wanted, rel=1e-9, abs=1e-12)


def _sides(strikes: np.ndarray, *, forward: float = 2_700.0, vol: float = 0.2) -> list[np.ndarray]:
    """Call bid, call ask, put bid, put ask at one vol, 30 days on, no interest."""
    sides = []
    for call in (True, False):
        mid = black76(forward, strikes, 30 / 365, vol, discount=1.0, call=call)
        sides += [np.maximum(np.floor(20 * mid - 1) / 20, 0.0), np.ceil(20 * mid + 1) / 20]
    return sides


LISTED = np.arange(1_800.0, 3_301.0, 25.0)


@given(
    below=st.integers(0, 6),
    above=st.integers(0, 6),
    ask=st.floats(0.05, 5.0),
    is_bid=st.booleans(),
)
def test_far_strikes_beyond_two_without_a_bid_change_nothing(
    below: int, above: int, ask: float, is_bid: bool
) -> None:
    """Not even with a bid of their own: the paper's 1350 and 1355 puts."""
    sides = _sides(LISTED)
    plain = strip_variance(LISTED, *sides, minutes=43_200, rate=0.0)
    assert plain is not None
    assert sides[0][-2:].tolist() == sides[2][:2].tolist() == [0.0, 0.0]
    lower = LISTED[0] - 25.0 * np.arange(below, 0, -1)
    upper = LISTED[-1] + 25.0 * np.arange(1, above + 1)
    bid, deep = ask if is_bid else 0.0, 900.0
    fill = [(deep, bid), (deep, ask), (bid, deep), (ask, deep)]
    wider = [
        np.concatenate((np.full(below, low), side, np.full(above, high)))
        for side, (low, high) in zip(sides, fill, strict=True)
    ]
    strikes = np.concatenate((lower, LISTED, upper))
    found = strip_variance(strikes, *wider, minutes=43_200, rate=0.0)
    assert found is not None
    assert found.variance == plain.variance
    assert found.strike.tolist() == plain.strike.tolist()


@given(scale=st.floats(0.01, 50.0))
def test_strikes_and_prices_in_another_unit_are_worth_the_same(scale: float) -> None:
    sides = _sides(LISTED)
    plain = strip_variance(LISTED, *sides, minutes=43_200, rate=0.03)
    found = strip_variance(
        scale * LISTED, *(scale * side for side in sides), minutes=43_200, rate=0.03
    )
    assert plain is not None
    assert found is not None
    assert found.variance == pytest.approx(plain.variance, rel=1e-10)
    assert found.forward == pytest.approx(scale * plain.forward, rel=1e-12)


@given(st.lists(st.floats(5.0, 400.0), min_size=LISTED.size, max_size=LISTED.size))
def test_quotes_in_the_money_count_for_nothing(extra: list[float]) -> None:
    """Calls below and puts above the forward, dearer than parity by anything: not read."""
    sides = _sides(LISTED)
    plain = strip_variance(LISTED, *sides, minutes=43_200, rate=0.0)
    assert plain is not None
    moved = [side.copy() for side in sides]
    low, high = plain.k0 > LISTED, plain.k0 < LISTED
    for side in (0, 1):
        moved[side][low] += np.array(extra)[low]
    for side in (2, 3):
        moved[side][high] += np.array(extra)[high]
    found = strip_variance(LISTED, *moved, minutes=43_200, rate=0.0)
    assert found is not None
    assert found.variance == plain.variance
    assert found.forward == plain.forward


@given(st.integers(0, LISTED.size - 1), st.floats(0.05, 3.0))
def test_a_dearer_option_is_a_higher_variance(place: int, more: float) -> None:
    sides = _sides(LISTED)
    plain = strip_variance(LISTED, *sides, minutes=43_200, rate=0.0)
    assert plain is not None
    if LISTED[place] == plain.k0 or LISTED[place] not in plain.strike:
        return
    moved = [side.copy() for side in sides]
    for side in (2, 3) if LISTED[place] < plain.k0 else (0, 1):
        moved[side][place] += more
    found = strip_variance(LISTED, *moved, minutes=43_200, rate=0.0)
    assert found is not None
    assert found.variance > plain.variance


def test_half_a_quote_is_no_quote() -> None:
    sides = _sides(LISTED)
    place = 20
    unbid, halved = ([side.copy() for side in sides] for _ in range(2))
    unbid[2][place] = 0.0
    halved[3][place] = math.nan  # a bid without an ask
    found = [strip_variance(LISTED, *one, minutes=43_200, rate=0.0) for one in (unbid, halved)]
    assert found[0] is not None
    assert found[1] is not None
    assert LISTED[place] not in found[1].strike
    assert found[1].variance == found[0].variance
    # Nor does it hide the forward, where it stands at the very strike that says it.
    star = int(np.searchsorted(LISTED, found[0].parity_strike))
    halved = [side.copy() for side in sides]
    halved[1][star] = math.nan
    beside = strip_variance(LISTED, *halved, minutes=43_200, rate=0.0)
    assert beside is not None
    assert beside.parity_strike != found[0].parity_strike
    assert beside.forward == pytest.approx(2_700.0, abs=0.2)


# --- which expiries, and how long ----------------------------------------------------------------


def pair(session: date) -> list[tuple[str, date]]:
    found = choose_pair(session, listing.spx_series(session))
    assert found is not None
    return [(expiry.root, expiry.day) for expiry in found]


def test_the_two_fridays_since_october_2014() -> None:
    # Tuesday 2018-01-02: the Fridays 24 and 31 days out; neither is a third Friday.
    assert pair(date(2018, 1, 2)) == [("SPXW", date(2018, 1, 26)), ("SPXW", date(2018, 2, 2))]
    # 2018-01-23: 24 and 31 days are 02-16, a third Friday and so the AM monthly, and 02-23.
    assert pair(date(2018, 1, 23)) == [("SPX", date(2018, 2, 16)), ("SPXW", date(2018, 2, 23))]
    # Wednesday 2018-01-03, at the close: 23 dates are less than 23 days, 37 dates less than 37.
    assert pair(date(2018, 1, 3)) == [("SPXW", date(2018, 2, 2)), ("SPXW", date(2018, 2, 9))]
    # Friday 2018-01-05: 28 and 35 days; 21 is not more than 23.
    assert pair(date(2018, 1, 5)) == [("SPXW", date(2018, 2, 2)), ("SPXW", date(2018, 2, 9))]


def test_a_thursday_stands_for_a_closed_friday() -> None:
    # Good Friday 2019-04-19 was closed. On Tuesday 2019-03-26 it would have been 24 days out.
    for session in (date(2019, 3, 25), date(2019, 3, 26)):
        assert pair(session) == [("SPX", date(2019, 4, 18)), ("SPXW", date(2019, 4, 26))]
    assert pair(date(2019, 3, 27))[0] == ("SPXW", date(2019, 4, 26))


def test_two_monthlies_before() -> None:
    # Monday 2011-01-10: the January monthly has 11 days, above 8. A week later it has 4.
    assert pair(date(2011, 1, 10)) == [("SPX", date(2011, 1, 21)), ("SPX", date(2011, 2, 18))]
    assert pair(date(2011, 1, 14)) == [("SPX", date(2011, 2, 18)), ("SPX", date(2011, 3, 18))]
    assert pair(date(2014, 10, 3))[0][0] == "SPX"


@given(st.dates(date(1990, 1, 2), date(2026, 12, 31)).map(calendar.on_or_before))
def test_every_session_has_a_pair_around_a_month(session: date) -> None:
    near, after = pair(session)
    days = [(day - session).days for _, day in (near, after)]
    if session >= date(2014, 10, 6):
        assert [(day - near[1]).days for day in (near[1], after[1])] in ([0, 7], [0, 6], [0, 8])
        assert 23 <= days[0] <= 30
    else:
        assert near[0] == after[0] == "SPX"
        assert 8 <= days[0] < days[1]
        assert 25 < days[1] - days[0] < 38


def test_nothing_stands_in_the_place_of_a_friday() -> None:
    session = date(2018, 1, 2)
    wednesdays = [
        Expiry(root="SPXW", day=date(2018, 1, d), settlement="PM") for d in (10, 17, 31)
    ] + [Expiry(root="SPXW", day=date(2018, 2, 7), settlement="PM")]
    friday = Expiry(root="SPXW", day=date(2018, 1, 26), settlement="PM")
    assert choose_pair(session, wednesdays) is None
    assert choose_pair(session, [*wednesdays, friday]) is None
    assert choose_pair(date(2011, 1, 10), wednesdays) is None


def test_minutes_by_hand() -> None:
    # 16:15 to 16:00, 24 days on: 24 x 1,440 - 15. To 9:30: 6 h 45 min less than whole days.
    session = date(2018, 1, 2)
    weekly = Expiry(root="SPXW", day=date(2018, 1, 26), settlement="PM")
    monthly = Expiry(root="SPX", day=date(2018, 2, 16), settlement="AM")
    assert minutes_to(session, weekly) == 24 * 1_440 - 15
    assert minutes_to(session, monthly) == 45 * 1_440 - 405
    # Clocks went forward on 2018-03-11; the formula counts whole days as 1,440 minutes anyway.
    april = Expiry(root="SPXW", day=date(2018, 4, 6), settlement="PM")
    assert minutes_to(date(2018, 3, 9), april) == 28 * 1_440 - 15


def test_the_published_index_from_a_real_chain(shared_data: Path) -> None:
    """2019-06-26, a Wednesday, quotes of 15:45: the index of the day was published as 16.21."""
    session, half_an_hour = date(2019, 6, 26), 30
    file = shared_data / "chains" / "spxw_1545_2019-06-26_cboe_datashop.csv.gz"
    rows = pl.read_csv(file).with_columns(pl.col("expiration").str.to_date())
    yields = pl.read_csv(shared_data / "macro" / "treasury_cmt_yields_daily.csv")
    month = yields.filter(pl.col("date") == "2019-06-26")["DGS1MO"].cast(pl.Float64)[0] / 100.0
    listed = [Expiry(root="SPXW", day=day, settlement="PM") for day in rows["expiration"].unique()]
    found = choose_pair(session, listed)
    assert found is not None
    variances, minutes = [], []
    for expiry in found:
        series = rows.filter(pl.col("expiration") == expiry.day).sort("strike")
        calls, puts = (series.filter(pl.col("option_type") == right) for right in ("C", "P"))
        sides = [
            side[name].to_numpy().astype(float)
            for side in (calls, puts)
            for name in ("bid_1545", "ask_1545")
        ]
        minutes.append(minutes_to(session, expiry) + half_an_hour)
        one = strip_variance(
            calls["strike"].to_numpy().astype(float), *sides, minutes=minutes[-1], rate=month
        )
        assert one is not None
        variances.append(one.variance)
    index = index_from(*variances, near_minutes=minutes[0], next_minutes=minutes[1])
    assert index == pytest.approx(16.21, abs=0.02)
