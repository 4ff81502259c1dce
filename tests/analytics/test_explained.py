"""Where each cent came from, worked out by hand."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date
from typing import Any

import polars as pl

from steward.analytics.explained import explained

from .gains_by_hand import (
    CALL,
    CALL_JOURNAL,
    CALL_MARKS,
    FRIDAY,
    MONDAY,
    TUESDAY,
    WEDNESDAY,
    fill,
    mark,
    marks_of,
    moved,
    terms,
)

Make = Callable[[list[dict[str, Any]]], pl.DataFrame]


def test_a_call_of_vix_from_purchase_to_sale(make_journal: Make) -> None:
    """Two contracts of 100 dollars a point: 200 dollars a point, 20,000 cents."""
    gains = explained(make_journal(CALL_JOURNAL), marks_of(CALL_MARKS))
    # bought 0.03 above the middle of 1.05
    assert terms(gains, FRIDAY) == {"slippage": -600, "fees": -212}
    # The future goes from 15.0 to 17.0; along the curve it would have gone to 14.9. Three days.
    assert terms(gains, MONDAY, purpose="layer_1") == {
        "roll": -600,  # 0.30 * -0.1
        "delta": 12_600,  # 0.30 * (2.0 + 0.1)
        "gamma": 2_000,  # half of (0.40 - 0.30), * 2.0
        "vega": 6_750,  # (2.0 + 2.5) / 2 * (1.05 - 0.90)
        "surface": -2_250,  # 2.25 * (0.10 - 0.15)
        "theta": -822,  # (-4.0 - 6.0) / 2 * 3 / 365 = -0.041096
        "residual": 18_000 - (-600 + 12_600 + 2_000 + 6_750 - 2_250 - 822),
    }
    assert terms(gains, MONDAY, purpose="cash") == {"interest": 40}
    # 16.6 against 17.0, and 17.1 along the curve; one day; sold 0.03 below the middle of 1.75
    assert terms(gains, TUESDAY) == {
        "roll": 800,  # 0.40 * 0.1
        "delta": -4_000,  # 0.40 * (-0.4 - 0.1)
        "gamma": 80,  # half of (0.38 - 0.40), * -0.4
        "vega": -980,  # 2.45 * -0.02
        "surface": 490,  # 2.45 * (-0.01 + 0.02)
        "theta": -334,  # -6.1 / 365 = -0.016712
        "slippage": -600,
        "residual": -4_000 - (800 - 4_000 + 80 - 980 + 490 - 334),  # 200 * (1.75 - 1.95)
    }
    assert gains["cents"].sum() == -21_600 - 212 + 40 + 34_400
    assert gains.filter(pl.col("term") != "interest")["instrument"].unique().to_list() == [
        "VIX call"
    ]


def test_costs_name_the_rule_of_their_fill(make_journal: Make) -> None:
    gains = explained(make_journal(CALL_JOURNAL), marks_of(CALL_MARKS))
    costs = gains.filter(pl.col("rule").is_not_null()).select("session", "term", "rule", "cents")
    assert costs.rows() == [
        (FRIDAY, "fees", "target", -212),
        (FRIDAY, "slippage", "target", -600),
        (TUESDAY, "slippage", "roll_floor", -600),
    ]


def test_a_part_that_is_sold_moved_with_the_rest_until_then(make_journal: Make) -> None:
    """Three calls, one sold on Monday at 1.92: all three had Monday's move, two have Tuesday's."""
    journal = make_journal(
        [
            fill(FRIDAY, CALL, 3, 1.05, (1.00, 1.10), cash=-31_500, value=31_500),
            fill(MONDAY, CALL, -1, 1.92, (1.90, 2.00), cash=19_200, value=-10_500),
            moved(MONDAY, 18_000),  # the two that are left: 200 * (1.95 - 1.05)
            moved(TUESDAY, -4_000),
        ]
    )
    gains = explained(journal, marks_of(CALL_MARKS))
    assert terms(gains, FRIDAY) == {}
    monday, tuesday = terms(gains, MONDAY), terms(gains, TUESDAY)
    assert (monday["delta"], monday["slippage"]) == (18_900, -300)  # 300 a point; 0.03 short
    assert sum(monday.values()) == 26_700  # two at 90 dollars a piece, one at 87
    assert (tuesday["delta"], sum(tuesday.values())) == (-4_000, -4_000)
    assert "slippage" not in tuesday


# --- settlements ----------------------------------------------------------------------------------

LEGS = (
    # contract, bought or sold, mid and delta on the evening before
    ("SPXW 2018-02-07 2600 P", 1, 0.50, -0.01),
    ("SPXW 2018-02-07 2630 P", -1, 1.20, -0.03),
    ("SPXW 2018-02-07 2800 C", -1, 1.40, 0.04),
    ("SPXW 2018-02-07 2830 C", 1, 0.40, 0.01),
)


def test_a_condor_held_to_the_close(make_journal: Make) -> None:
    """SPX closes at 2620: the put of 2630 costs ten points, the rest is worth nothing.

    The forward stood at 2700 and would have slid to 2699 by itself.
    """
    rows, marks = [], []
    for name, sign, mid, delta in LEGS:
        cents = round(sign * mid * 10_000)
        own = {"lot": name, "purpose": "condor"}
        rows.append(fill(TUESDAY, name, sign, mid, (mid, mid), cash=-cents, value=cents, **own))
        rows.append(
            {
                "session": WEDNESDAY,
                "event": "settle",
                "purpose": "condor",
                "lot_id": name,
                "contract": name,
                "quantity": -sign,
                "price": 26_200_000,
                "cash": -100_000 if "2630" in name else 0,
                "value": -cents,
            }
        )
        marks.append(mark(TUESDAY, name, mid, mid, forward=2700.0, delta=delta, rolled=2699.0))
    journal = make_journal(sorted(rows, key=lambda row: row["session"]))
    gains = explained(journal, marks_of(marks))
    assert terms(gains, TUESDAY) == {}
    assert terms(gains, WEDNESDAY) == {
        "theta": 17_000,  # 1.20 + 1.40 - 0.50 - 0.40, and none was in the money
        # The condor's delta is -0.01 + 0.03 - 0.04 + 0.01 = -0.01.
        "roll": 100,  # -0.01 * -1
        "delta": 7_900,  # -0.01 * -79
        "gamma": -108_000,  # -10 points, of which -0.01 * -80 was delta and roll
    }
    assert terms(gains, WEDNESDAY, instrument="SPX put") == {
        "theta": 7_000,
        "roll": -200,  # (-0.01 + 0.03) * -1
        "delta": -15_800,  # 0.02 * -79
        "gamma": -84_000,  # -10 less 0.02 * -80
    }


def test_a_series_that_settles_in_the_morning_has_a_gap(make_journal: Make) -> None:
    """Two puts of 2650 sold, last seen at 0.80 with the forward at 2730; SET is 2645."""
    put, eve, morning = "SPX 2018-02-16 2650 P", date(2018, 2, 15), date(2018, 2, 16)
    own: dict[str, Any] = {"lot_id": "p", "contract": put, "purpose": "condor"}
    journal = make_journal(
        [
            fill(
                eve, put, -2, 0.80, (0.80, 0.80),
                cash=16_000, value=-16_000, lot="p", purpose="condor",
            ),
            {
                "session": morning,
                "event": "settle",
                "quantity": 2,
                "price": 26_450_000,
                "cash": -100_000,
                "value": 16_000,
                **own,
            },
        ]
    )  # fmt: skip
    marks = marks_of([mark(eve, put, 0.80, 0.80, forward=2730.0, delta=-0.05, rolled=2729.5)])
    assert terms(explained(journal, marks), morning) == {
        "theta": 16_000,
        "settlement_gap": -100_000,
    }


def test_what_is_in_the_money_has_only_the_rest_of_it_as_theta(make_journal: Make) -> None:
    """A call of 2600 at 105.00 with the forward at 2700: 5 points of time, 100 of exercise."""
    call = "SPXW 2018-02-07 2600 C"
    journal = make_journal(
        [
            fill(TUESDAY, call, 1, 105.0, (105.0, 105.0), cash=-1_050_000, value=1_050_000),
            {
                "session": WEDNESDAY,
                "event": "settle",
                "purpose": "layer_1",
                "lot_id": "a",
                "contract": call,
                "quantity": -1,
                "price": 27_100_000,
                "cash": 1_100_000,
                "value": -1_050_000,
            },
        ]
    )
    marks = marks_of([mark(TUESDAY, call, 105.0, 105.0, forward=2700.0, delta=0.95, rolled=2700.0)])
    assert terms(explained(journal, marks), WEDNESDAY) == {
        "theta": -50_000,
        "delta": 95_000,  # 0.95 * 10
        "gamma": 5_000,  # of the 10 points of exercise
    }


def test_a_future_from_purchase_to_its_final_settlement(make_journal: Make) -> None:
    """Two VX at 1,000 dollars a point; one is sold on the way, the other settles at 16.6389."""
    vx = "VX 2018-02-14"
    days = [date(2018, 2, 12), date(2018, 2, 13), date(2018, 2, 14)]

    def row(event: str, day: date, quantity: int, price: float, cash: int) -> dict[str, Any]:
        own = {"purpose": "layer_2", "lot_id": "f", "contract": vx, "session": day}
        more = {"quantity": quantity, "price": round(price * 10_000), "cash": cash}
        return own | more | {"event": event, "value": 0}

    journal = make_journal(
        [
            fill(
                days[0], vx, 2, 15.30, (15.25, 15.30), cash=0, value=0, lot="f", purpose="layer_2"
            ),
            row("variation", days[0], 2, 15.275, -5_000),
            fill(
                days[1], vx, -1, 14.80, (14.80, 14.85), cash=0, value=0, lot="f", purpose="layer_2"
            ),
            row("variation", days[1], 1, 14.80, -47_500),  # of the one that was sold
            row("variation", days[1], 1, 14.825, -45_000),
            row("settle", days[2], -1, 16.6389, 181_390),
        ]
    )
    marks = marks_of(
        [
            mark(days[0], vx, 15.25, 15.30, forward=15.275, delta=1.0, vega=0, theta=0, rolled=15),
            mark(days[1], vx, 14.80, 14.85, forward=14.825, delta=1.0, vega=0, theta=0, rolled=14),
        ]
    )
    gains = explained(journal, marks)
    assert terms(gains, days[0]) == {"slippage": -5_000}  # 0.025 above the middle, twice
    # from 15.275 to 14.825, of which 0.275 was the curve's; one of two sold 0.025 short
    assert terms(gains, days[1]) == {"roll": -55_000, "delta": -35_000, "slippage": -2_500}
    assert terms(gains, days[2]) == {"settlement_gap": 181_390}
    assert gains["cents"].sum() == -5_000 - 47_500 - 45_000 + 181_390


def test_a_reverse_split_is_delta(make_journal: Make) -> None:
    """Ten shares at 51.00 become two and a half; the half is paid at 200.40, two stand at 201.00.

    100.20 + 402.00 - 510.00 = -7.80 dollars.
    """
    own = {"session": TUESDAY, "purpose": "layer_1", "lot_id": "a", "contract": "VXX"}
    journal = make_journal(
        [
            fill(FRIDAY, "VXX", 10, 50.05, (49.90, 50.10), cash=-50_050, value=50_050),
            moved(FRIDAY, -50),
            moved(MONDAY, 1_000),
            own
            | {
                "event": "split",
                "quantity": -8,
                "price": 2_004_000,
                "cash": 10_020,
                "value": 2 * 20_400 - 51_000,
            },
            moved(TUESDAY, 2 * (20_100 - 20_400)),
        ]
    )
    marks = [
        mark(day, "VXX", mid - 0.1, mid + 0.1, forward=mid, delta=1.0, rolled=mid)
        for day, mid in ((FRIDAY, 50.0), (MONDAY, 51.0), (TUESDAY, 201.0))
    ]
    gains = explained(journal, marks_of(marks))
    assert terms(gains, FRIDAY) == {"slippage": -50}
    assert terms(gains, MONDAY) == {"delta": 1_000}
    assert terms(gains, TUESDAY) == {"delta": -780}
    assert gains["instrument"].unique().to_list() == ["VXX share"]


# --- what is not known ----------------------------------------------------------------------------


def test_a_mark_without_greeks_leaves_it_to_the_one_that_has_them(make_journal: Make) -> None:
    """Monday's quote carries no volatility: delta and theta are those of the other close."""
    bare = [
        mark(MONDAY, CALL, 1.90, 2.00, forward=17.0, rolled=17.1) if i == 1 else one
        for i, one in enumerate(CALL_MARKS)
    ]
    gains = explained(make_journal(CALL_JOURNAL), marks_of(bare))
    monday, tuesday = terms(gains, MONDAY, purpose="layer_1"), terms(gains, TUESDAY)
    assert monday == {
        "roll": -600,
        "delta": 12_600,
        "theta": -658,  # -4.0 * 3 / 365 * 200 = -6.575 dollars
        "residual": 18_000 - (-600 + 12_600 - 658),
    }
    assert tuesday["delta"] == -3_800  # 0.38, known on Tuesday, * -0.5
    assert tuesday["theta"] == -340  # -6.2 / 365 * 200
    assert not {"gamma", "vega", "surface"} & set(tuesday)
    assert sum(tuesday.values()) == -4_600


def test_without_any_forward_all_but_costs_is_residual(make_journal: Make) -> None:
    marks = [
        mark(day, CALL, bid, ask)
        for day, bid, ask in (
            (FRIDAY, 1.00, 1.10),
            (MONDAY, 1.90, 2.00),
            (TUESDAY, 1.70, 1.80),
        )
    ]
    gains = explained(make_journal(CALL_JOURNAL), marks_of(marks))
    assert terms(gains, MONDAY, purpose="layer_1") == {"residual": 18_000}
    assert terms(gains, TUESDAY) == {"residual": -4_000, "slippage": -600}


def test_without_a_volatility_at_the_forward_its_move_is_the_surface(make_journal: Make) -> None:
    marks = [one | {"vol_at_forward": math.nan} for one in CALL_MARKS]
    monday = terms(explained(make_journal(CALL_JOURNAL), marks_of(marks)), MONDAY)
    assert "vega" not in monday
    assert monday["surface"] == 4_500  # 2.25 * 0.10 * 200 dollars


def test_a_fill_whose_quote_nobody_kept_has_its_slippage_in_the_residual(
    make_journal: Make,
) -> None:
    journal = [one | {"bid": None, "ask": None} for one in CALL_JOURNAL]
    gains = explained(make_journal(journal), marks_of(CALL_MARKS))
    assert terms(gains, FRIDAY) == {"residual": -600, "fees": -212}


def test_a_ledger_without_a_trade_has_its_interest(make_journal: Make) -> None:
    journal = make_journal(
        [
            {"session": FRIDAY, "event": "flow", "purpose": "flow", "cash": 1_000_000},
            {"session": MONDAY, "event": "interest", "purpose": "interest", "cash": 40},
            {"session": TUESDAY, "event": "interest", "purpose": "margin_interest", "cash": -7},
        ]
    )
    gains = explained(journal, marks_of([]))
    assert gains.select("session", "purpose", "instrument", "term", "cents").rows() == [
        (MONDAY, "cash", None, "interest", 40),
        (TUESDAY, "cash", None, "interest", -7),
    ]


def test_a_fee_of_a_forced_sale_is_of_the_layer_that_was_sold(make_journal: Make) -> None:
    forced = CALL_JOURNAL[-1] | {"cause": "margin_call", "rule": "margin_call"}
    fee = CALL_JOURNAL[1] | {"session": TUESDAY, "cause": "margin_call", "rule": "margin_call"}
    gains = explained(make_journal([*CALL_JOURNAL[:-1], forced, fee]), marks_of(CALL_MARKS))
    tuesday = gains.filter(pl.col("session") == TUESDAY, pl.col("term") == "fees")
    assert tuesday.select("purpose", "instrument", "rule", "cents").rows() == [
        ("layer_1", "VIX call", "margin_call", -212)
    ]
