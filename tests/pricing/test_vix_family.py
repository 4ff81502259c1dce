"""The family of one moment: flat worlds, the expiries of each member, and what it cannot be."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.market.quotes import Chain
from steward.pricing.black import black76
from steward.pricing.vix import choose_pair
from steward.pricing.vix_family import (
    BY_NAME,
    MEMBERS,
    Member,
    Series,
    choose,
    family,
    family_from_chains,
    minutes_from,
)
from steward.terms import calendar, listing
from steward.terms.contracts import Expiry

RATE = 0.02
DAY = date(2024, 1, 5)
STRIKES = np.arange(1_000.0, 5_001.0, 5.0)


def pm(day: date) -> Expiry:
    return Expiry(root="SPXW", day=day, settlement="PM")


def am(day: date) -> Expiry:
    return Expiry(root="SPX", day=day, settlement="AM")


def series(
    session: date, expiry: Expiry, vol: float, *, strikes: np.ndarray = STRIKES, half: float = 0.0
) -> Series:
    """Black-76 quotes at one vol and a forward of 2,700."""
    years = minutes_from(calendar.decision_moment(session), expiry) / 525_600
    sides = []
    for call in (True, False):
        mid = black76(2_700.0, strikes, years, vol, discount=math.exp(-RATE * years), call=call)
        sides += [np.maximum(mid - half, 0.0), mid + half]
    return Series(
        strike=strikes,
        call_bid=sides[0],
        call_ask=sides[1],
        put_bid=sides[2],
        put_ask=sides[3],
        rate=RATE,
    )


def world(session: date, expiries: Iterable[Expiry], vol: float = 0.2) -> dict[Expiry, Series]:
    return {expiry: series(session, expiry, vol) for expiry in expiries}


def names(session: date, name: str, expiries: Iterable[Expiry] | None = None) -> list[str] | str:
    listed = listing.spx_series(session) if expiries is None else expiries
    found = choose(BY_NAME[name], session, listed)
    return found if isinstance(found, str) else [f"{e.root} {e.day}" for e in found]


# --- which expiries ------------------------------------------------------------------------------


def test_the_expiries_of_a_friday_in_2024() -> None:
    """9, 30, 93 and 184 days from Friday 2024-01-05; 2024-03-29 was Good Friday, so that Thursday
    stands for it, and 2024-06-28 is a Friday and the end of a quarter.
    """
    assert names(DAY, "VIX9D") == ["SPXW 2024-01-12", "SPX 2024-01-19"]
    assert names(DAY, "VIX") == ["SPXW 2024-02-02", "SPXW 2024-02-09"]
    assert names(DAY, "VIX3M") == ["SPXW 2024-03-28", "SPX 2024-04-19"]
    assert names(DAY, "VIX6M") == ["SPXW 2024-06-28", "SPX 2024-07-19"]


def test_other_weekdays_and_month_ends_are_not_taken() -> None:
    """Tuesday 2023-02-07: nine days on is Thursday 02-16, 184 days on 2023-08-10; the end of July
    is no end of a quarter.
    """
    session = date(2023, 2, 7)
    assert names(session, "VIX9D") == ["SPXW 2023-02-10", "SPX 2023-02-17"]
    assert names(session, "VIX3M") == ["SPXW 2023-04-28", "SPX 2023-05-19"]
    assert names(session, "VIX6M") == ["SPX 2023-07-21", "SPX 2023-08-18"]


def test_the_end_of_a_quarter_is_of_vix6m_alone() -> None:
    """2011-01-05: Thursday 2011-06-30 lies 176 days on, 2011-03-31 85."""
    session = date(2011, 1, 5)
    assert names(session, "VIX6M") == ["SPXW 2011-06-30", "SPX 2011-09-16"]
    assert names(session, "VIX3M") == ["SPX 2011-03-18", "SPX 2011-04-15"]
    assert names(session, "VIX9D") == ["SPXW 2011-01-07", "SPX 2011-01-21"]


def test_the_monthly_of_a_third_friday_settles_at_the_open() -> None:
    third = date(2024, 1, 19)
    assert names(DAY, "VIX9D", [pm(date(2024, 1, 12)), pm(third), am(third)]) == [
        "SPXW 2024-01-12",
        f"SPX {third}",
    ]
    # The weekly of that day does not stand in for it.
    assert names(DAY, "VIX9D", [pm(date(2024, 1, 12)), pm(third)]) == (
        f"there are no quotes of SPX {third}"
    )


def test_a_missing_expiry_is_missed_and_not_replaced() -> None:
    listed = [e for e in listing.spx_series(DAY) if e.day != date(2024, 2, 9)]
    assert names(DAY, "VIX", listed) == "there are no quotes of SPXW 2024-02-09"
    near = [e for e in listed if e.day < date(2024, 1, 12)]
    assert names(DAY, "VIX9D", near) == (
        "there are no quotes of SPXW 2024-01-12 and SPX 2024-01-19"
    )


def test_a_series_that_the_listing_does_not_know_counts() -> None:
    """2022-06-10: nobody lists a weekly half a year ahead; where one is quoted it is taken."""
    session, unknown = date(2022, 6, 10), pm(date(2022, 12, 9))
    assert unknown not in listing.spx_series(session)
    found = names(session, "VIX6M", [*listing.spx_series(session), unknown])
    assert found == ["SPXW 2022-12-09", "SPX 2022-12-16"]


def test_before_weeklies_there_is_no_vix9d() -> None:
    said = names(date(2004, 3, 10), "VIX9D")
    assert said == "no series lay around 9 days before 2005-10-28"
    assert names(date(2004, 3, 10), "VIX") == ["SPX 2004-03-19", "SPX 2004-04-16"]
    assert isinstance(names(date(2004, 3, 10), "VIX3M"), list)


def test_nothing_beyond_the_list_is_extrapolated() -> None:
    """A year on: the list of 2018 ends with the March, June, September and December after."""
    listed = [e for e in listing.spx_series(date(2018, 1, 30)) if e.day < date(2018, 12, 1)]
    for name in ("VIX6M", "VIX1Y"):
        assert isinstance(names(date(2018, 1, 30), name, listed), str) == (name == "VIX1Y")


@given(
    st.dates(date(1996, 1, 2), date(2026, 12, 31)).map(calendar.on_or_before),
    st.sampled_from(MEMBERS),
)
def test_near_and_next_enclose_the_tenor(session: date, one: Member) -> None:
    found = choose(one, session, listing.spx_series(session))
    if isinstance(found, str):
        return
    moment = calendar.decision_moment(session)
    near, after = (minutes_from(moment, expiry) for expiry in found)
    assert 0 < near < after
    if one.name != "VIX" or session >= date(2014, 10, 6):
        assert near <= one.days * 1_440 < after


@given(st.dates(date(1996, 1, 2), date(2026, 12, 31)).map(calendar.on_or_before))
def test_vix_has_the_pair_that_the_model_is_solved_on(session: date) -> None:
    listed = listing.spx_series(session)
    assert choose(BY_NAME["VIX"], session, listed) == choose_pair(session, listed)


# --- values --------------------------------------------------------------------------------------


def test_a_flat_world_is_worth_its_vol_at_every_tenor() -> None:
    found = family(DAY, world(DAY, listing.spx_series(DAY)))
    assert list(found) == ["VIX9D", "VIX", "VIX3M", "VIX6M", "VIX1Y"]
    for name in ("VIX9D", "VIX", "VIX3M", "VIX6M", "VIX1Y"):
        one = found[name]
        assert one.value == pytest.approx(20.0, abs=0.01), name
        assert one.why is None
        assert sum(term.share for term in one.terms) == pytest.approx(1.0)
        assert [term.rate for term in one.terms] == [RATE, RATE]
        assert one.cut == ()


def test_total_variance_is_interpolated_by_hand() -> None:
    """15 % to 2024-01-12, 25 % to 01-19: 9 days are 12,960 minutes."""
    near, after = pm(date(2024, 1, 12)), am(date(2024, 1, 19))
    quotes = {near: series(DAY, near, 0.15), after: series(DAY, after, 0.25)}
    one = family(DAY, quotes, members=[BY_NAME["VIX9D"]])["VIX9D"]
    first = 7 * 1_440 - 15  # 16:15 to 16:00, a week on
    second = 14 * 1_440 - (6 * 60 + 45)  # 16:15 to 9:30, two weeks on
    assert [term.minutes for term in one.terms] == [first, second]
    share = (12_960 - first) / (second - first)
    total = (1 - share) * 0.15**2 * first + share * 0.25**2 * second
    assert one.value == pytest.approx(100.0 * math.sqrt(total / 12_960), abs=0.01)


def test_the_moment_of_the_quotes_counts_and_its_seconds_do_not() -> None:
    """The paper's snapshot of 10:45:15 counts from 10:45."""
    session = date(2022, 9, 27)
    moment = datetime(2022, 9, 27, 10, 45, 15, tzinfo=calendar.NEW_YORK)
    assert minutes_from(moment, am(date(2022, 10, 21))) == 24 * 1_440 - 75
    quotes = world(session, listing.spx_series(session))
    close = calendar.decision_moment(session)
    at_close = family(session, quotes, moment=close)["VIX"]
    early = family(session, quotes, moment=close - timedelta(minutes=30))["VIX"]
    assert early.near is not None
    assert at_close.near is not None
    assert early.near.minutes == at_close.near.minutes + 30


def chain(expiry: Expiry, vol: float, *, session: date = DAY) -> Chain:
    one = series(session, expiry, vol)
    years = calendar.years_to(session, expiry)
    unknown = np.full(2 * STRIKES.size, np.nan)
    return Chain(
        session=session,
        expiry=expiry,
        underlying="SPX",
        quality="quoted",
        forward=2_700.0,
        discount=math.exp(-RATE * years),
        years=years,
        strike=np.concatenate((STRIKES, STRIKES)),
        call=np.repeat([False, True], STRIKES.size),
        bid=np.concatenate((one.put_bid, one.call_bid)),
        ask=np.concatenate((one.put_ask, one.call_ask)),
        vol=unknown,
        delta=unknown,
        gamma=unknown,
        vega=unknown,
        theta=unknown,
    )


def test_chains_give_what_their_columns_give() -> None:
    pair = [pm(date(2024, 2, 2)), pm(date(2024, 2, 9))]
    found = family_from_chains(DAY, [chain(expiry, 0.18) for expiry in pair])["VIX"]
    plain = family(DAY, world(DAY, pair, 0.18))["VIX"]
    assert found.value == plain.value
    assert [term.rate for term in found.terms] == pytest.approx([RATE, RATE])
    # Another rate is taken where one is given.
    other = family_from_chains(DAY, [chain(e, 0.18) for e in pair], rate=lambda years: 0.05)["VIX"]
    assert [term.rate for term in other.terms] == [0.05, 0.05]
    assert family_from_chains(DAY, [])["VIX"].value is None
    with pytest.raises(ValueError, match="two chains"):
        family_from_chains(DAY, [chain(pair[0], 0.18), chain(pair[0], 0.19)])


def test_unusable_quotes_are_no_index_and_no_crash() -> None:
    pair = [pm(date(2024, 2, 2)), pm(date(2024, 2, 9))]
    quotes = world(DAY, pair)
    dead = np.zeros_like(STRIKES)
    one = quotes[pair[0]]
    quotes[pair[0]] = Series(
        strike=STRIKES,
        call_bid=dead,
        call_ask=one.call_ask,
        put_bid=dead,
        put_ask=one.put_ask,
        rate=RATE,
    )
    found = family(DAY, quotes)["VIX"]
    assert found.value is None
    assert found.why == "SPXW 2024-02-02 has too few quotes"
    assert found.terms == ()
    with pytest.raises(ValueError, match="no rate"):
        family(
            DAY,
            {
                expiry: Series(
                    strike=own.strike,
                    call_bid=own.call_bid,
                    call_ask=own.call_ask,
                    put_bid=own.put_bid,
                    put_ask=own.put_ask,
                )
                for expiry, own in world(DAY, pair).items()
            },
        )


def test_a_list_that_ends_early_is_said_to_be_cut() -> None:
    """Strikes within a tenth of the forward alone: the far options are missing, so variance is."""
    pair = [pm(date(2024, 2, 2)), pm(date(2024, 2, 9))]
    short = np.arange(2_600.0, 2_801.0, 5.0)
    quotes = {expiry: series(DAY, expiry, 0.2, strikes=short) for expiry in pair}
    found = family(DAY, quotes)["VIX"]
    assert found.value is not None
    assert found.value < 19.9
    assert len(found.cut) == 4
    assert found.cut[0].startswith("the list of SPXW 2024-02-02 ends with a put worth")


def test_the_order_of_the_series_does_not_matter() -> None:
    """Same quotes, same numbers, to the last bit."""
    listed = list(listing.spx_series(DAY))
    whole = family(DAY, world(DAY, listed))
    turned = family(DAY, world(DAY, reversed(listed)))
    assert {name: one.value for name, one in whole.items()} == {
        name: one.value for name, one in turned.items()
    }
