"""Which positions a margin call closes, in which order, and the orders for it; by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from types import SimpleNamespace

import numpy as np
import pytest

from steward.market.quotes import Quote
from steward.market.view import MarketView
from steward.orders.liquidation import Account, Forced, liquidate
from steward.orders.margin import profile
from steward.terms.contracts import E4, Contract, vx, vxm
from steward.terms.trades import Lot, Purpose

from .margin.holding import condor, lot, option, vix

FRIDAY, MONDAY = date(2018, 2, 2), date(2018, 2, 5)
FUTURE, MINI = vx(date(2018, 3, 21)), vxm(date(2018, 3, 21))
CALL = vix(20.0, "C")
LOW = (2600.0, 2630.0, 2800.0, 2830.0)
HIGH = (2550.0, 2600.0, 2850.0, 2900.0)


class Quotes:
    """Bid and ask in points by contract."""

    label = "made by hand"

    def __init__(self, pairs: Mapping[Contract, tuple[float, float]]) -> None:
        self.pairs = pairs

    def mark(self, session: date, contract: Contract) -> Quote:
        bid, ask = self.pairs[contract]
        return Quote(
            bid=round(bid * E4), ask=round(ask * E4), quality="quoted", forward=2700.0,
            vol=float("nan"), delta=0.0, gamma=0.0, vega=0.0, theta=0.0,
        )  # fmt: skip


def view(pairs: Mapping[Contract, tuple[float, float]], session: date = FRIDAY) -> MarketView:
    moment = datetime(session.year, session.month, session.day, 21, 15, tzinfo=UTC)
    history = SimpleNamespace(
        spx=SimpleNamespace(close=np.array([2700.0])), vix=SimpleNamespace(close=np.array([15.0]))
    )
    return MarketView(session, moment, 0, history, Quotes(pairs))  # type: ignore[arg-type]


PRICES: dict[Contract, tuple[float, float]] = {
    # LOW costs 12.00 + 9.00 - 6.00 - 4.00 = 11.00 to buy back at the natural price, 9.00 at mid.
    option(2600.0, "P"): (6.0, 7.0),
    option(2630.0, "P"): (11.0, 12.0),
    option(2800.0, "C"): (8.0, 9.0),
    option(2830.0, "C"): (4.0, 5.0),
    # HIGH: 7.00 + 4.00 - 3.00 - 1.00 = 7.00 at the natural price, 5.00 at mid.
    option(2550.0, "P"): (3.0, 4.0),
    option(2850.0, "C"): (3.0, 4.0),
    option(2900.0, "C"): (1.0, 2.0),
    FUTURE: (19.95, 20.05),
    MINI: (19.95, 20.05),
    CALL: (1.90, 2.10),
}
FEE = 118 * 4  # a condor of which every leg costs 1.00 or more: 1.1778 dollars each in 2018


def hedge(contract: Contract, quantity: int, name: str, purpose: Purpose = "layer_1") -> Lot:
    return lot(contract, quantity, name, purpose, price=20.0)


def call_on(
    *lots: Lot,
    cash: int,
    closing: tuple[str, ...] = (),
    everything: bool = False,
    equity: int = 10_000_000,
    name: str = "cboe",
    session: date = FRIDAY,
    pairs: Mapping[Contract, tuple[float, float]] = PRICES,
    broker: str = "ibkr",
) -> Forced:
    return liquidate(
        Account(lots=lots, cash=cash, equity=equity, closing=closing),
        view(pairs, session),
        profile(name),
        everything=everything,
        broker=broker,
    )


def closed(forced: Forced) -> list[str]:
    return [order.structure_id for order in forced.placed.orders]


# --- one condor ----------------------------------------------------------------------------------


def test_a_condor_is_closed_whole_at_any_price() -> None:
    """Two condors of 3,000 each need 6,000; 5,000 are there. Closing costs 2 * 1,100 and fees."""
    forced = call_on(*condor(LOW, 2), cash=500_000)
    (order,) = forced.placed.orders
    assert (order.purpose, order.action, order.quantity) == ("margin_call", "close", 2)
    assert (order.worst, order.fill_share, order.limit) == (None, 1.0, 110_000)
    assert [leg.quantity for leg in order.legs] == [-1, 1, 1, -1]
    assert [leg.lot_id for leg in order.legs] == [x.lot_id for x in condor(LOW)]
    (intent,) = forced.decision.intents
    assert (intent.purpose, intent.intent_id) == ("margin_call", "A margin_call 2018-02-02")
    # 6,000 less are needed, 2,200 and the fees of 9.44 are paid: 3,790.56; 400 and fees beside mid.
    assert intent.detail == {
        "relief_cents": 600_000 - 220_000 - 2 * FEE,
        "cost_cents": 40_000 + 2 * FEE,
    }
    assert intent.reason == (
        "Margin call: $6,000 is required (cboe), $5,000 in cash is there. Closing this relieves "
        "$3,790.56 and costs $409.44 against the middle of the quotes."
    )
    (trace,) = forced.decision.traces
    assert (trace.rule, trace.result) == ("margin_call", "closes 1")
    assert trace.sentence == "Margin call: $6,000 is required (cboe), $5,000 in cash is there."
    assert forced.enough


def test_only_as_many_as_are_needed() -> None:
    """LOW needs 3,000, HIGH 5,000; 7,500 are there. A tenth is to stay free.

    LOW: 3,000 - 1,100 - 4.72 = 1,895.28 for 204.72 beside mid, 9.26 a dollar. HIGH: 5,000 - 700 -
    4.72 = 4,295.28 for 204.72: it goes first, and 3,000 of the 6,795.28 that are left fit.
    """
    both = [*condor(LOW, 1, "low"), *condor(HIGH, 1, "high")]
    assert closed(call_on(*both, cash=750_000)) == ["high"]


def test_the_buffer_stays_free() -> None:
    """After HIGH is closed LOW needs 3,000: nine tenths of 3,333.34 dollars, not of 3,333.32."""
    both = [*condor(LOW, 1, "low"), *condor(HIGH, 1, "high")]
    paid = 70_000 + FEE
    assert closed(call_on(*both, cash=333_334 + paid)) == ["high"]
    assert closed(call_on(*both, cash=333_332 + paid)) == ["high", "low"]


def test_what_cannot_be_met_says_so() -> None:
    """1,000 dollars pay for no condor that costs 1,100: closing leaves a debt of 104.60."""
    forced = call_on(*condor(LOW), cash=100_000)
    assert closed(forced) == ["A"]  # the lack of 2,000 shrinks to 104.60
    assert not forced.enough
    assert forced.decision.traces[0].sentence.endswith("That is not expected to be enough.")


def test_exactly_enough_is_enough() -> None:
    """1,104.60 are there: closing the condor leaves nothing, and nothing is required."""
    assert call_on(*condor(LOW), cash=110_000 + FEE).enough
    assert not call_on(*condor(LOW), cash=110_000 + FEE - 1).enough


def test_it_is_weighed_with_the_fees_of_the_broker() -> None:
    """tastytrade takes nothing to close and 0.65 in the exchange's place: with 0.10 for clearing
    and 0.0378 of regulation 0.7878 a leg, so four times 0.79.
    """
    assert call_on(*condor(LOW), cash=110_000 + 4 * 79, broker="tastytrade").enough
    assert not call_on(*condor(LOW), cash=110_000 + 4 * 79 - 1, broker="tastytrade").enough


def test_the_buffer_may_be_met_exactly() -> None:
    """3,000 are nine tenths of 3,333 1/3: with a buffer of a quarter of 4,000, to the cent."""
    both = [*condor(LOW, 1, "low"), *condor(HIGH, 1, "high")]
    quarter = replace(profile("cboe"), buffer_percent=25)
    paid = 70_000 + FEE
    for cash, gone in ((400_000 + paid, ["high"]), (400_000 + paid - 1, ["high", "low"])):
        account = Account(lots=tuple(both), cash=cash, equity=10_000_000)
        assert closed(liquidate(account, view(PRICES), quarter)) == gone


def test_what_relieves_nothing_stays() -> None:
    """On 2018-02-05 condors 30 wide were offered at 35: closing one costs more than it frees."""
    dear = {**PRICES, option(2630.0, "P"): (20.0, 36.0)}
    forced = call_on(*condor(LOW), cash=250_000, pairs=dear)
    assert forced.placed.orders == ()
    assert forced.decision.traces[0].result == "closes nothing"
    assert not forced.enough


# --- the order -----------------------------------------------------------------------------------


def test_futures_then_condors_then_options_of_the_hedge() -> None:
    """A VX needs 8,181.82, a condor 3,000; cash 2,000. Each group only while it does not fit."""
    book = [
        hedge(CALL, 10, "call"),
        *condor(LOW, 1, "low"),
        hedge(FUTURE, 1, "future"),
    ]
    # 11,181.82 needed of 10,000: without the future 3,000 of 9,947.66 fit. Bought at 20.00, it is
    # sold at 19.95: a loss of 50, and fees of 2.34.
    forced = call_on(*book, cash=1_000_000)
    assert closed(forced) == ["future"]
    assert forced.decision.intents[0].detail["cost_cents"] == 5_000 + 234
    # 2,000: the condor must go too; 842.94 stay, and nothing is needed any more.
    assert closed(call_on(*book, cash=200_000)) == ["future", "low"]
    # 500: after both 657.06 are owed. The calls bring 10 * 1.90: 1,900 less fees.
    assert closed(call_on(*book, cash=50_000)) == ["future", "low", "call"]


def test_within_a_group_the_most_relief_for_a_dollar_comes_first() -> None:
    """A VXM frees 818.19 for 5 and 1.14 of fees beside mid, a VX 8,181.82 for 50 and 2.34: the VX
    first, 155 a dollar to 133.
    """
    book = [hedge(MINI, 1, "mini"), hedge(FUTURE, 1, "future")]
    forced = call_on(*book, cash=10_000)
    assert closed(forced) == ["future", "mini"]
    reliefs = [intent.detail["relief_cents"] for intent in forced.decision.intents]
    costs = [intent.detail["cost_cents"] for intent in forced.decision.intents]
    assert costs == [5_234, 614]
    assert reliefs == [818_182 - 5_000 - 234, 81_819 - 500 - 114]


def test_a_structure_of_several_lots_of_different_size_is_closed_lot_by_lot() -> None:
    """Calls of one purchase, sold in parts: two lots, two orders."""
    other = vix(25.0, "C")
    pairs = {**PRICES, other: (0.90, 1.10)}
    book = [hedge(CALL, 3, "h"), hedge(other, 2, "h")]
    forced = call_on(*book, cash=-10_000, pairs=pairs)
    assert [order.quantity for order in forced.placed.orders] == [3]
    assert forced.decision.intents[0].intent_id == f"{book[0].lot_id} margin_call 2018-02-02"


def test_a_debt_is_paid_back_by_what_is_left_of_the_hedge() -> None:
    """No condor is open, 100 dollars are owed: nothing is required, and less is there."""
    forced = call_on(hedge(CALL, 10, "call"), cash=-10_000)
    assert closed(forced) == ["call"]
    assert forced.decision.traces[0].sentence.startswith(
        "Margin call: $0 is required (cboe), -$100"
    )
    assert forced.enough


# --- what is counted first -----------------------------------------------------------------------


def test_what_the_rules_close_anyway_is_counted_first() -> None:
    both = [*condor(LOW, 1, "low"), *condor(HIGH, 1, "high")]
    high = tuple(x.lot_id for x in both if x.structure_id == "high")
    forced = call_on(*both, cash=750_000, closing=high)
    assert forced.placed.orders == ()
    assert forced.enough
    assert forced.decision.traces[0].sentence == (
        "Margin call: $8,000 is required (cboe), $7,500 in cash is there. After what is closed "
        "anyway $0 is lacking."
    )
    # The order of the rules takes the one that is cheaper to close; the call then needs nothing.
    low = tuple(x.lot_id for x in both if x.structure_id == "low")
    forced = call_on(*both, cash=500_000, closing=low)
    assert closed(forced) == ["high"]
    assert "$1,104.72 is lacking" in forced.decision.traces[0].sentence


def test_what_settles_before_an_order_could_trade_is_left_to_it() -> None:
    """The condor of 2018-02-05 settles on the next session: no order, and its margin is gone."""
    legs = [
        lot(option(k, right, expiry=MONDAY), sign, "soon")
        for k, right, sign in (
            (2600.0, "P", 1), (2630.0, "P", -1), (2800.0, "C", -1), (2830.0, "C", 1),
        )
    ]  # fmt: skip
    pairs = {
        **PRICES,
        **{x.contract: PRICES[option(x.contract.strike, x.contract.right)] for x in legs},
    }  # type: ignore[union-attr]
    forced = call_on(*legs, *condor(HIGH, 1, "high"), cash=700_000, pairs=pairs)
    assert forced.placed.orders == ()
    assert forced.enough


# --- insolvency, other accounts, quotes ----------------------------------------------------------


def test_below_zero_everything_is_closed() -> None:
    """Whatever it relieves: a condor dearer than its width, and calls that need nothing."""
    dear = {**PRICES, option(2630.0, "P"): (20.0, 36.0)}
    book = [hedge(CALL, 10, "call"), *condor(LOW, 1, "low"), hedge(FUTURE, 1, "future")]
    forced = call_on(*book, cash=100_000, equity=-50_050, everything=True, pairs=dear)
    assert closed(forced) == ["future", "low", "call"]
    assert forced.decision.traces[0].sentence.startswith(
        "The account is worth -$500.50: everything is closed, and nothing is opened any more."
    )


def test_on_a_grid_the_value_of_the_account_counts() -> None:
    """LOW, worth its intrinsic value, can lose 30 points at -8 % of 2,700; 2,500 are there."""
    forced = call_on(*condor(LOW), cash=0, equity=250_000, name="portfolio")
    assert closed(forced) == ["A"]
    assert "$3,000 is required (portfolio), $2,500 of account value is there" in (
        forced.decision.traces[0].sentence
    )
    # What it is worth falls by what is paid beside the middle: 204.72.
    assert forced.decision.intents[0].detail["relief_cents"] == 300_000 - 20_000 - FEE


def test_without_a_price_the_intent_ends_and_says_so() -> None:
    """Nobody offers the short put at all."""
    pairs = {**PRICES, option(2630.0, "P"): (0.0, 0.0)}
    forced = call_on(*condor(LOW), cash=200_000, pairs=pairs)
    assert forced.placed.orders == ()
    ((intent, state, why),) = forced.placed.dropped
    assert (intent.purpose, state) == ("margin_call", "no quote")
    assert why == "There is no quote for SPXW 2018-03-16 2630 P at the decision."


def test_nothing_held_is_nothing_closed() -> None:
    forced = call_on(cash=-1)
    assert forced.placed.orders == ()
    assert not forced.enough


@pytest.mark.parametrize("cash", [0, 200_000, 500_000, 1_000_000, 2_000_000])
def test_the_same_call_is_met_in_the_same_way(cash: int) -> None:
    """The order of the lots in the book does not matter where sizes differ."""
    book = [*condor(LOW, 1, "low"), *condor(HIGH, 1, "high"), hedge(FUTURE, 1, "future")]
    turned = [*book[4:], *book[:4]]
    assert closed(call_on(*book, cash=cash)) == closed(call_on(*turned, cash=cash))
