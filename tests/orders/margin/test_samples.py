"""Printed examples: the exchange's margin manual and calculator, brokers' help pages.

The page of each stands in `tests/golden/margin_samples.csv`. `percent` is the share of the spot
that a naked option needs: 15 for broad indices, as for SPX; 20 for others, as for VIX, so that
options on shares are read as options on VIX here: the rule is the same one.
`requirement` is what a broker holds. The manual prints it with the price of bought options in it,
which are paid for: that is taken out. `cash_call` is what is to be brought for the trade:
requirement and premium paid, less premium taken in.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from steward.orders.margin import need_to_open, profile, requirement
from steward.pricing.payoff import cents
from steward.terms.trades import Lot

from .holding import Marks, legs, lot, option, vix

SAMPLES = Path(__file__).resolve().parents[2] / "golden" / "margin_samples.csv"
ROWS = list(csv.DictReader(SAMPLES.read_text(encoding="utf-8").splitlines()))


def book(row: dict[str, str]) -> tuple[list[Lot], Marks]:
    held, prices = [], {}
    for text in row["legs"].split(";"):
        quantity, strike, right, price = text.split()
        make = option if row["percent"] == "15" else vix
        contract = make(float(strike), right)
        held.append(lot(contract, int(quantity), price=float(price)))
        prices[contract] = float(price)
    spot = float(row["spot"])
    return held, Marks(prices=prices, spx=spot, vix=spot)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['profile']}: {row['name']}")
def test_a_printed_requirement(row: dict[str, str]) -> None:
    held, marks = book(row)
    found = requirement(held, marks, profile(row["profile"])).total
    printed = row["requirement"]
    if "." in printed:
        assert found == round(float(printed) * 100)
    else:
        assert abs(found / 100 - float(printed)) <= 0.5


@pytest.mark.parametrize(
    "row", [row for row in ROWS if row["cash_call"]], ids=lambda row: str(row["name"])
)
def test_a_printed_cash_call(row: dict[str, str]) -> None:
    held, marks = book(row)
    paid = sum(cents(one.contract, one.quantity, one.price) for one in held)
    assert requirement(held, marks).total + paid == round(float(row["cash_call"]) * 100)
    # And so says the function that orders ask before they open it, of one unit at that price.
    net = sum(one.quantity * one.price for one in held)
    assert need_to_open(legs(held), net, marks) == round(float(row["cash_call"]) * 100)


def test_every_sample_has_its_source() -> None:
    assert len(ROWS) >= 25
    assert all(row["source"] for row in ROWS)
    assert {row["profile"] for row in ROWS} == {"cboe", "ibkr", "tastytrade"}


def test_the_sides_of_the_printed_strangle() -> None:
    """tastytrade: the call alone needs 910, the put alone 820; together 910 and the put's 120."""
    (row,) = (row for row in ROWS if row["name"] == "short strangle")
    held, marks = book(row)
    call, put = (requirement([one], marks, profile("tastytrade")).total for one in held)
    assert (call, put) == (91_000, 82_000)


def test_the_printed_calendar() -> None:
    """A 430 call sold thirty days behind a bought 425 call is naked (Cboe Margin Manual).

    By the tests of tastyware/margin-estimator: 9,030 dollars, the bought call's 1,310 among them.
    1,220 + 15 % of 43,335 = 7,720.25.
    """
    from datetime import timedelta

    near, far = option(425.0, "C"), option(430.0, "C")
    far = option(430.0, "C", expiry=near.expiry + timedelta(days=30))
    held = [lot(near, 1), lot(far, -1)]
    found = requirement(held, Marks(prices={near: 13.10, far: 12.20}, spx=433.35)).total
    assert found == 772_025
    assert abs(found / 100 + 1_310 - 9_030) <= 0.5
