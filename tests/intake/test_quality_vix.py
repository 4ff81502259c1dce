"""The VIX of a chain: a flat world, what it lacks, and minutes on the wall clock."""

from __future__ import annotations

import math
from datetime import date, timedelta

import numpy as np
import pytest

from steward.intake.quality_measures import PUT, SERIES_SHIFT, Slice
from steward.intake.quality_verdict import verdict
from steward.intake.quality_vix import minutes_from, own_vix
from steward.pricing.black import black76
from steward.terms import calendar
from steward.terms.contracts import Expiry

DAY = date(2018, 1, 2)
# The Fridays 24 and 31 days out (tests/pricing/test_vix.py has the rule by hand).
NEAR = Expiry(root="SPXW", day=date(2018, 1, 26), settlement="PM")
AFTER = Expiry(root="SPXW", day=date(2018, 2, 2), settlement="PM")
CLOSE = calendar.decision_moment(DAY)
RATE = 0.02
STRIKES = np.arange(1500.0, 3601.0, 5.0)


def world(*expiries: Expiry, strikes: np.ndarray = STRIKES, drop: float = math.nan) -> Slice:
    """Black-76 at a vol of 20 % and a forward of 2,700; without the put at strike `drop`."""
    key, strike, mid = [], [], []
    for number, expiry in enumerate(expiries, start=1):
        years = minutes_from(CLOSE, expiry) / 525_600
        for call in (True, False):
            own = strikes if call else strikes[strikes != drop]
            price = black76(2700.0, own, years, 0.20, discount=math.exp(-RATE * years), call=call)
            key.append((number << SERIES_SHIFT) + (0 if call else PUT) + np.rint(own * 1000))
            strike.append(own)
            mid.append(price)
    prices = np.concatenate(mid)
    return Slice(
        session=DAY,
        key=np.concatenate(key).astype(np.int64),
        strike=np.concatenate(strike),
        bid=prices,
        ask=prices,
        underlying=np.full(prices.size, 2700.0),
        of_index=np.ones(prices.size, dtype=np.bool_),
        years=dict.fromkeys(range(1, len(expiries) + 1), 0.1),
    )


def discount(years: float) -> float:
    return math.exp(-RATE * years)


def test_a_flat_world_has_the_vix_of_its_vol() -> None:
    found = own_vix(world(NEAR, AFTER), {1: NEAR, 2: AFTER}, moment=CLOSE, discount=discount)
    assert found.value == pytest.approx(20.0, abs=0.01)
    assert found.expiries == (NEAR.day, AFTER.day)
    assert (found.why, found.flawed) == (None, False)


def test_another_expiry_does_not_stand_in() -> None:
    march = Expiry(root="SPX", day=date(2018, 3, 16), settlement="AM")
    found = own_vix(world(NEAR, march), {1: NEAR, 2: march}, moment=CLOSE, discount=discount)
    assert found.value is None
    assert found.why == "no quotes of SPXW 2018-02-02, which the formula asks for"
    assert not found.flawed
    am = Expiry(root="SPXW", day=AFTER.day, settlement="AM")  # a wrong label is another series
    mixed = own_vix(world(NEAR, am), {1: NEAR, 2: am}, moment=CLOSE, discount=discount)
    assert mixed.value is None


def test_quotes_that_make_no_vix() -> None:
    few = own_vix(
        world(NEAR, AFTER, strikes=np.arange(2650.0, 2751.0, 10.0)),
        {1: NEAR, 2: AFTER},
        moment=CLOSE,
        discount=discount,
    )
    assert (few.value, few.flawed) == (None, True)
    assert few.why == "SPXW 2018-01-26 has 11 usable strikes"
    hole = own_vix(
        world(NEAR, AFTER, strikes=STRIKES + 0.5, drop=2695.5),
        {1: NEAR, 2: AFTER},
        moment=CLOSE,
        discount=discount,
    )
    assert (hole.value, hole.flawed) == (None, True)
    assert hole.why == "SPXW 2018-01-26 lacks call or put at the strike below its forward"


def test_minutes_on_the_wall_clock() -> None:
    # 16:15 to 16:00, 24 days on; 15:45 is half an hour earlier.
    assert minutes_from(CLOSE, NEAR) == 24 * 1_440 - 15
    assert minutes_from(CLOSE - timedelta(minutes=30), NEAR) == 24 * 1_440 + 15


# --- verdicts ------------------------------------------------------------------------------------

GOOD = {
    "quotes": 1000,
    "rows": 1000,
    "expiries": 12,
    "contradicted": 0,
    "labels_against_rule": 0,
    "zero_bids": 0.1,
    "wide": 0.05,
    "stale": 0.0,
    "repeated": 0,
    "parity_strikes": 200,
    "parity_beyond": 0.0,
    "apart": 0.002,
    "vix_difference": 0.03,
    "vix_flaw": None,
}


@pytest.mark.parametrize(
    ("change", "said", "reason"),
    [
        ({}, "good", None),
        ({"stale": None, "apart": None, "vix_difference": None}, "good", None),
        ({"stale": 0.03}, "usable", "3.0 % of its quotes are stale"),
        (
            {"stale": 0.4, "repeated": 2},
            "doubtful",
            "40.0 % of its quotes are stale (2 whole series)",
        ),
        ({"parity_beyond": 0.06}, "usable", "put-call parity fails on 6.0 % of 200 strikes"),
        ({"parity_beyond": 0.3}, "doubtful", "put-call parity fails on 30.0 % of 200 strikes"),
        ({"vix_difference": -0.3}, "usable", "its VIX is 0.30 points below the published one"),
        ({"vix_difference": 1.2}, "doubtful", "its VIX is 1.20 points above the published one"),
        ({"apart": -0.015}, "usable", "its forward is 1.5 % below the underlying beside it"),
        ({"apart": 0.03}, "doubtful", "its forward is 3.0 % above the underlying beside it"),
        ({"wide": 0.3}, "usable", "30.0 % of its quotes are wide"),
        ({"zero_bids": 0.5}, "usable", "50.0 % of its quotes have no bid"),
        ({"expiries": 1}, "usable", "one expiry"),
        ({"vix_flaw": "a hole"}, "usable", "its VIX cannot be computed: a hole"),
        ({"quotes": 1}, "doubtful", "only 1 quote of series that had not settled, of 1,000"),
        ({"quotes": 1, "rows": 1}, "doubtful", "only 1 quote"),
        (
            {"contradicted": 1},
            "usable",
            "files of the store contradict each other on 1 of its 1,000 quotes",
        ),
        (
            {"contradicted": 101},
            "doubtful",
            "files of the store contradict each other on 101 of its 1,000 quotes",
        ),
    ],
)
def test_a_verdict_and_its_reason(change: dict[str, object], said: str, reason: str | None) -> None:
    found = verdict(**(GOOD | change))  # type: ignore[arg-type]
    assert found == (said, () if reason is None else (reason,))


def test_the_worst_reason_comes_first() -> None:
    found = verdict(**(GOOD | {"expiries": 1, "stale": 0.5, "wide": 0.5}))  # type: ignore[arg-type]
    assert found[0] == "doubtful"
    assert [why.split()[-1] for why in found[1]] == ["stale", "wide", "expiry"]
