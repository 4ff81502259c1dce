"""Hand-worked books in cents, and that no cent is ever lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.ledger.accounts import Account, Day
from steward.ledger.fills import Simulator
from steward.terms.contracts import Contract, vx
from steward.terms.errors import LawBroken
from steward.terms.trades import Book, Fill, Leg, Order, Refusal

from .desk import (
    FRIDAY,
    LIMITS,
    MONDAY,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    Market,
    Value,
    closing,
    condor_contracts,
    condor_legs,
    condor_market,
    intent,
    mids_twice,
    option,
    order,
    send,
    started,
    step,
    vix_call,
)

OPENING = [(8.00, 8.40), (12.00, 12.60), (4.10, 4.50), (1.20, 1.45)]
"""At k = 0.5 a credit of 6.65: legs 8.30, 12.14, 4.20, 1.39 (worked in pricing)."""


def with_condor(quantity: int = 2) -> tuple[Account, Market]:
    account, market = started(), condor_market(FRIDAY, OPENING)
    send(account, order(condor_legs(), session=THURSDAY, quantity=quantity, worst=-45_000))
    step(account, FRIDAY, market)
    return account, market


def rows(account: Account, event: str) -> list[dict[str, object]]:
    return [row for row in account.frame().rows(named=True) if row["event"] == event]


def test_two_condors_from_entry_to_settlement() -> None:
    account, market = with_condor()
    # Two condors for a credit of 6.65 bring 1,330.00. A contract costs 0.44 + 0.05 + 0.0378 + 0.65
    # (fees.toml, ibkr); two of them 2.3556, so 2.36 a leg and 9.44 for the four.
    assert account.cash == 25_000_000 + 133_000 - 944
    # At the mids 8.20, 12.30, 4.30, 1.325 it costs 7.075 to be rid of one: 1,415.00 for both.
    assert account.equity == 25_000_000 + 133_000 - 944 - 141_500
    assert [lot.quantity for lot in account.lots] == [2, -2, -2, 2]

    condor_market(MONDAY, [(14.0, 15.0), (27.0, 29.0), (1.0, 1.2), (0.2, 0.3)], market)
    step(account, MONDAY, market)
    # 14.50 - 28.00 - 1.10 + 0.25 = -14.35 a condor.
    assert account.equity == account.cash - 287_000

    # The index settles at 2615.50: the 2630 put is worth 14.50, the rest nothing.
    values: dict[Contract, Value] = {c: Value(26_155_000) for c in condor_contracts()}
    step(account, TUESDAY, market, values)
    # Paid 2 * 1,450.00 against a credit of 1,330.00.
    assert account.cash == account.equity == 25_000_000 + 133_000 - 944 - 290_000
    assert account.lots == ()
    done = account.day.closed
    assert [(x.result, x.fees, x.max_loss) for x in done] == [(-157_000, 944, 467_000)]
    settled = rows(account, "settle")
    assert [row["cash"] for row in settled] == [0, -290_000, 0, 0]
    assert {row["state"] for row in settled} == {"settled by value"}
    assert {row["source"] for row in settled} == {"spx_close"}
    assert account.gains == {"condor": -157_000, "fee": -944}


def test_a_condor_closed_by_a_package() -> None:
    account, market = with_condor()
    condor_market(MONDAY, [(1.0, 1.2), (2.0, 2.4), (0.9, 1.1), (0.0, 0.1)], market)
    exit_order = order(
        closing(account),
        session=FRIDAY,
        order_id="2",
        quantity=2,
        action="close",
        worst=300_000,
    )
    send(account, exit_order)
    step(account, MONDAY, market)
    # Sold 1.05 and 0 (no bid), bought 2.30 and 1.05: 2.30, on the grid. Fees of two contracts: 2.36
    # at 1.05, 2.30 and 1.05; at nothing 2 * (0.35 + 0.05 + 0.0378 + 0.25) = 1.3756, so 1.38.
    # Two condors: credit 13.30, debit 4.60, fees 9.44 and 8.46.
    assert account.cash == 25_000_000 + 133_000 - 46_000 - 944 - 846
    assert account.lots == ()
    assert account.day.closed[0].result == 87_000
    assert account.day.closed[0].fees == 944 + 846
    last = rows(account, "fill")[-4:]
    assert [row["state"] for row in last] == [None, None, None, "filled"]
    assert [row["price"] for row in last] == [10_500, 23_000, 10_500, 0]


def test_part_of_a_hedge_is_sold() -> None:
    account, market, call = started(), Market(), vix_call(18.0)
    market.set(FRIDAY, call, 1.00, 1.10)
    send(
        account,
        order([Leg(contract=call, quantity=1)], session=THURSDAY, quantity=4, purpose="layer_1"),
    )
    step(account, FRIDAY, market)
    # 4 calls at 1.05 + 0.025 -> 1.10, in all 440.00. The mid is 1.05. Fees: four times
    # 0.45 + 0.05 + 0.0378 + 0.65 are 4.7512.
    assert account.cash == 25_000_000 - 44_000 - 475
    assert account.equity == account.cash + 42_000
    assert account.day.hedge_premium == 44_000

    market.set(MONDAY, call, 4.00, 4.40)
    send(
        account,
        order(
            [Leg(contract=call, quantity=-1, lot_id="1.1")],
            session=FRIDAY,
            order_id="2",
            quantity=3,
            purpose="layer_1",
            action="close",
        ),
    )
    step(account, MONDAY, market)
    # 3 sold at 4.10 bring 1,230.00 less 3.5634; they cost 330.00, a gain of 900.00. One is left.
    assert account.cash == 25_000_000 - 44_475 + 123_000 - 356
    assert account.equity == account.cash + 42_000
    assert account.day.hedge_gain == 90_000
    assert account.day.hedge_premium == -123_000
    assert account.lots[0].quantity == 1


def test_a_hedge_sold_at_a_loss_realises_no_gain() -> None:
    account, market, call = started(), Market(), vix_call(18.0)
    market.set(FRIDAY, call, 1.00, 1.10)
    legs = [Leg(contract=call, quantity=1)]
    send(account, order(legs, session=THURSDAY, quantity=2, purpose="layer_3"))
    step(account, FRIDAY, market)
    market.set(MONDAY, call, 0.50, 0.60)
    sale = [Leg(contract=call, quantity=-1, lot_id="1.1")]
    send(
        account,
        order(sale, session=FRIDAY, order_id="2", quantity=2, purpose="layer_3", action="close"),
    )
    step(account, MONDAY, market)
    # 110.00 paid, 50.00 received: a loss takes nothing off the gains, but it is premium received.
    assert account.day.hedge_gain == 0
    assert account.day.hedge_premium == -2 * 5_000


def test_an_order_for_what_has_long_settled_only_lapses() -> None:
    account, market = with_condor()
    values: dict[Contract, Value] = {c: Value(27_000_000) for c in condor_contracts()}
    legs = closing(account)
    step(account, TUESDAY, market, values)
    send(account, order(legs, session=TUESDAY, order_id="2", action="close", worst=0))
    step(account, WEDNESDAY, market)
    # It was gone before it was decided: that is not how the lot ended, but that there is none.
    assert account.intents.ended["i2"] == "lapsed"
    assert rows(account, "end")[-1]["reason"] == "no lot 1.1 is held"


def test_a_future_from_purchase_to_final_settlement() -> None:
    account, market, future = started(), Market(), vx(TUESDAY)
    market.set(FRIDAY, future, 15.00, 15.05)
    send(
        account,
        order([Leg(contract=future, quantity=1)], session=THURSDAY, quantity=2, purpose="layer_1"),
    )
    step(account, FRIDAY, market)
    # Bought at 15.05 (15.0375 rounded up), paid nothing but 2 * 2.34; the mark 15.025 costs
    # 2 * 25.00.
    assert account.equity == account.cash == 25_000_000 - 468 - 5_000
    market.set(MONDAY, future, 20.00, 20.10)
    step(account, MONDAY, market)
    # From 15.025 to 20.05: 2 * 5,025.00.
    assert account.cash == 25_000_000 - 468 - 5_000 + 1_005_000
    step(account, TUESDAY, market, {future: Value(226_389, "vx_final")})
    # The final settlement 22.6389: 2 * 2,588.90 more.
    assert account.cash == 25_000_000 - 468 + 2 * (226_389 - 150_500) * 10
    assert account.lots == ()
    assert account.day.hedge_premium == 0
    assert [row["cash"] for row in rows(account, "settle")] == [517_780]
    assert all(row["value"] == 0 for row in rows(account, "variation"))


def test_a_future_sold_pays_its_difference_as_variation() -> None:
    account, market, future = started(), Market(), vx(WEDNESDAY)
    market.set(FRIDAY, future, 15.00, 15.10)
    buying = order([Leg(contract=future, quantity=1)], session=THURSDAY, purpose="layer_2")
    send(account, order(buying.legs, session=THURSDAY, purpose="layer_2", quantity=2))
    step(account, FRIDAY, market)
    market.set(MONDAY, future, 18.00, 18.10)
    selling = [Leg(contract=future, quantity=-1, lot_id="1.1")]
    send(account, order(selling, session=FRIDAY, order_id="2", purpose="layer_2", action="close"))
    step(account, MONDAY, market)
    # Bought two at 15.10, one sold at 18.00, the other marked at 18.05. Fees of a side:
    # 1.40 + 0.07 + 0.02 + 0.85 = 2.34.
    assert account.equity == 25_000_000 + 290_000 + 295_000 - 3 * 234
    assert account.day.hedge_gain == 290_000
    assert [lot.quantity for lot in account.lots] == [1]


def test_vix_options_settle_by_a_proxy_with_bounds_before_the_fills() -> None:
    account, market, call = started(), Market(), vix_call(18.0)
    market.set(FRIDAY, call, 1.00, 1.10)
    legs = [Leg(contract=call, quantity=1)]
    send(account, order(legs, session=THURSDAY, quantity=3, purpose="layer_1"))
    step(account, FRIDAY, market)
    market.set(TUESDAY, call, 2.0, 2.2)
    account.begin(TUESDAY)
    send(
        account,
        order(
            [Leg(contract=call, quantity=-1, lot_id="1.1")],
            session=TUESDAY,
            order_id="2",
            purpose="layer_1",
            action="close",
            quantity=3,
        ),
    )
    proxy = Value(192_500, "vix_prior_close", True, 178_900, 206_100)
    step(account, WEDNESDAY, market, {call: proxy})
    # 1.25 over the strike; one deviation of 1.36 either way: nothing, or 2.61.
    row = rows(account, "settle")[0]
    assert (row["cash"], row["low"], row["high"]) == (37_500, 0, 78_300)
    assert row["state"] == "settled by proxy"
    assert row["quality"] is None
    assert account.intents.ended["i2"] == "settled by proxy"
    account.prove()  # the rows alone say so too: the order works no more
    assert rows(account, "end")[0]["reason"] == (
        "VIX 2018-02-07 18 C settled on vix_prior_close at 19.2500"
    )


def test_interest_on_cash_and_on_a_debt() -> None:
    account, market = started(), Market()
    step(account, FRIDAY, market, rate=0.0365)
    # 250,000.00 for one day at 3.65 %: 25.00.
    assert account.cash == 25_002_500
    account.begin(MONDAY)
    account.flow(-30_002_500, "withdrawal")
    # Three days on what was there before the withdrawal: 75.0075, to the even cent below.
    assert account.accrue(0.0365) == 7_501
    assert account.cash == -4_992_499
    assert account.day.flow == -30_002_500
    account.begin(TUESDAY)
    assert account.accrue(0.0265, debit_spread=0.01) == -499
    assert rows(account, "interest")[-1]["purpose"] == "margin_interest"
    account.check()
    assert account.gains == {"interest": 10_001, "margin_interest": -499}


def test_interest_of_nothing_leaves_no_row() -> None:
    account = started()
    assert account.accrue(0.05) == 0  # no night has passed
    account.begin(FRIDAY)
    assert account.accrue(0.0) == 0
    account.flow(-25_000_000)
    account.begin(MONDAY)
    assert account.accrue(0.05) == 0  # there is no cash
    account.check()
    assert rows(account, "interest") == []
    assert account.gains == {}


def test_an_unknown_rate_is_not_zero() -> None:
    account = started()
    account.begin(FRIDAY)
    with pytest.raises(ValueError, match="nan"):
        account.accrue(float("nan"))


def test_each_order_that_does_not_trade_says_why() -> None:
    account, market = started(), condor_market(FRIDAY, OPENING)
    far = order(condor_legs(), session=THURSDAY, order_id="1", worst=-67_000)
    unknown = order(
        [Leg(contract=option(2500.0, "P"), quantity=1)],
        session=THURSDAY,
        order_id="2",
        purpose="layer_1",
    )
    lost = order(
        [Leg(contract=vix_call(18.0), quantity=-1, lot_id="9.1")],
        session=THURSDAY,
        order_id="3",
        purpose="layer_1",
        action="close",
    )
    send(account, far, unknown, lost)
    step(account, FRIDAY, market)
    ends = {row["intent_id"]: (row["state"], row["reason"]) for row in rows(account, "end")}
    assert ends == {
        "i1": (
            "refused",
            "refused: price: a credit of 6.65 a unit is worse than the worst allowed, "
            "a credit of 6.70 (limit a debit of 0.00)",
        ),
        "i2": ("no quote", "no quote for SPXW 2018-02-06 2500 P"),
        "i3": ("lapsed", "no lot 9.1 is held"),
    }
    assert account.book.open_orders == ()
    assert account.cash == 25_000_000


def test_two_orders_for_one_lot() -> None:
    account, market, call = started(), Market(), vix_call(18.0)
    for day in (FRIDAY, MONDAY):
        market.set(day, call, 1.00, 1.10)
    send(account, order([Leg(contract=call, quantity=1)], session=THURSDAY, quantity=4))
    # A lone call is no condor: the law says so at its fill.
    account.begin(FRIDAY)
    with pytest.raises(LawBroken, match="condor A holds"):
        account.trade(Simulator(LIMITS), market.view(FRIDAY))

    account = started()
    send(
        account,
        order([Leg(contract=call, quantity=1)], session=THURSDAY, quantity=4, purpose="layer_1"),
    )
    step(account, FRIDAY, market)
    leg = Leg(contract=call, quantity=-1, lot_id="1.1")
    send(
        account,
        *(
            order([leg], session=FRIDAY, order_id=n, quantity=q, purpose="layer_1", action="close")
            for n, q in (("2", 3), ("3", 2), ("4", 1), ("5", 1))
        ),
    )
    step(account, MONDAY, market)
    ended = account.intents.ended
    assert [ended[f"i{n}"] for n in "2345"] == ["filled", "lapsed", "filled", "lapsed"]
    reasons = [row["reason"] for row in rows(account, "end")]
    assert reasons == [
        "lot 1.1 holds +1, the order trades -2",
        "lot 1.1: already closed by order 4"[9:],
    ]
    assert account.lots == ()


def test_a_margin_call_closes_at_any_price_and_names_itself_as_the_cause() -> None:
    account, market = with_condor()
    # The condor is offered beyond its width of 30 on both days: 34.45 to be rid of it.
    condor_market(MONDAY, [(20.0, 30.0), (50.0, 60.0), (1.0, 1.2), (0.1, 0.3)], market)
    forced = order(
        closing(account),
        session=FRIDAY,
        order_id="2",
        quantity=2,
        purpose="margin_call",
        action="close",
    )
    send(account, forced)
    step(account, MONDAY, market)
    done = account.day.closed[0]
    assert done.forced
    assert done.result < -done.max_loss
    fills = rows(account, "fill")[-4:]
    assert {row["purpose"] for row in fills} == {"condor"}
    assert {row["cause"] for row in fills} == {"margin_call"}


def test_what_befell_a_ledger_is_a_row_without_money() -> None:
    account = started()
    before = account.equity
    account.note("margin_call", "Margin call: so much is lacking.")
    (row,) = rows(account, "margin_call")
    assert (row["purpose"], row["cause"], row["reason"]) == (
        "margin_call", "margin_call", "Margin call: so much is lacking.",
    )  # fmt: skip
    assert (row["cash"], row["value"], row["equity"]) == (0, 0, before)
    assert (row["state"], row["intent_id"], row["lot_id"]) == (None, None, None)
    account.check()
    assert account.gains.get("margin_call", 0) == 0
    with pytest.raises(ValueError, match="not an event of the journal"):
        account.note("margin", "misspelt")


def test_an_intent_that_becomes_no_order_is_dropped_with_its_reason() -> None:
    account = started()
    wanted = order(condor_legs(), session=THURSDAY)
    account.intend([intent(wanted)])
    account.drop(intent(wanted), "refused", "capital too small for one condor")
    account.send(())
    assert account.intents.ended == {"i1": "refused"}
    assert rows(account, "end")[0]["order_id"] is None


def test_sessions_rise_and_orders_belong_to_theirs() -> None:
    account = Account("test")
    with pytest.raises(ValueError, match="no session has begun"):
        account.flow(1)
    account.begin(FRIDAY)
    with pytest.raises(ValueError, match="does not come after"):
        account.begin(FRIDAY)
    old = order(condor_legs(), session=THURSDAY)
    account.intend([intent(old)])
    with pytest.raises(ValueError, match="was decided on"):
        account.send([old])


def test_the_book_is_a_value() -> None:
    account, market = with_condor()
    before = account.book
    condor_market(MONDAY, OPENING, market)
    send(
        account,
        order(closing(account), session=FRIDAY, order_id="2", quantity=2, action="close", worst=1),
    )
    waiting = account.book
    step(account, MONDAY, market)
    assert before.open_orders == ()
    assert [x.order_id for x in waiting.open_orders] == ["2"]
    assert len(before.lots) == 4
    assert account.book.open_orders == ()


def test_marks_by_purpose_and_by_quality() -> None:
    account, market = with_condor()
    account.begin(MONDAY)
    marked = account.mark(market.view(MONDAY).mark)
    assert marked.qualities == {"modelled": 4}
    assert marked.values == {"condor": -141_500}
    # Nothing moved, so nothing is written.
    assert [row["session"] for row in rows(account, "mark")] == [FRIDAY]


def test_a_mark_takes_the_least_trusted_quality() -> None:
    account, market = with_condor()
    market.set(MONDAY, condor_contracts()[0], 9.0, 9.4)
    step(account, MONDAY, market)
    assert rows(account, "mark")[-1]["quality"] == "modelled"
    assert rows(account, "mark")[-1]["value"] == 20_000


# --- parts, retries and what a venue says ---------------------------------------------------------

CALL = vix_call(18.0)


def calls_wanted(quantity: int, *, retry: int = 0, order_id: str = "1/1") -> Order:
    return order(
        [Leg(contract=CALL, quantity=1)],
        session=THURSDAY,
        order_id=order_id,
        quantity=quantity,
        purpose="layer_1",
        retry=retry,
    )


def calls_shown(*sizes: int | None) -> Market:
    """1.00 bid, 1.10 asked on Friday, Monday, ... for so many; None: for nobody knows how many."""
    market = Market()
    for day, size in zip((FRIDAY, MONDAY, TUESDAY), sizes, strict=False):
        market.set(day, CALL, 1.00, 1.10, ask_size=size, bid_size=size)
    return market


def test_a_part_without_a_retry_ends_the_intent_as_partly_filled() -> None:
    account, market = started(), calls_shown(3)
    send(account, calls_wanted(5))
    step(account, FRIDAY, market)
    account.send([])
    # Three at 1.10; the fees are 3 * (0.45 + 0.05 + 0.0378 + 0.65) = 3.5634.
    assert account.cash == 25_000_000 - 33_000 - 356
    assert account.intents.ended == {"i1/1": "partly filled"}
    assert account.book.open_orders == ()
    (end,) = rows(account, "end")
    assert (end["state"], end["order_id"], end["cash"]) == ("partly filled", "1/1", 0)
    assert end["reason"] == "3 of 5 units: 3 displayed in VIX 2018-02-07 18 C"
    # The fill itself ends nothing; it carries what the quote showed.
    (fill,) = rows(account, "fill")
    assert (fill["state"], fill["quantity"], fill["displayed"]) == (None, 3, 3)
    assert (fill["volume"], fill["quote"], fill["bid"], fill["ask"]) == (
        None,
        "model",
        10_000,
        11_000,
    )
    account.prove()


def test_the_rest_of_a_part_is_tried_until_it_is_filled() -> None:
    account, market = started(), calls_shown(3, 1, 9)
    send(account, calls_wanted(5, retry=4))
    step(account, FRIDAY, market)
    account.send([])
    (rest,) = account.book.open_orders
    assert (rest.order_id, rest.quantity, rest.retry) == ("1/2", 2, 3)
    step(account, MONDAY, market)
    account.send([])
    (last,) = account.book.open_orders
    assert (last.order_id, last.quantity, last.retry) == ("1/3", 1, 2)
    step(account, TUESDAY, market)
    account.send([])
    assert account.intents.ended == {"i1/1": "filled"}
    # Each part is a lot and a structure of its own: it has a price and a maximum loss of its own.
    assert [(x.lot_id, x.quantity, x.structure_id) for x in account.lots] == [
        ("1/1.1", 3, "A"),
        ("1/2.1", 1, "A +"),
        ("1/3.1", 1, "A + +"),
    ]
    assert [row["order_id"] for row in rows(account, "order")] == ["1/1", "1/2", "1/3"]
    # Fees of an order each: three calls 3 * 1.1878 = 3.5634, one 1.1878.
    assert account.cash == 25_000_000 - 5 * 11_000 - 356 - 119 - 119
    assert [row["state"] for row in rows(account, "fill")] == [None, None, "filled"]
    account.prove()


def test_a_rest_that_never_trades_ends_as_partly_filled() -> None:
    account, market = started(), calls_shown(3, 0, 0)
    send(account, calls_wanted(5, retry=2))
    for day in (FRIDAY, MONDAY):
        step(account, day, market)
        account.send([])
        assert account.intents.ended == {}
    step(account, TUESDAY, market)
    # Tried on Monday and on Tuesday: those were the two tries.
    assert account.intents.ended == {"i1/1": "partly filled"}
    (end,) = rows(account, "end")
    assert (end["order_id"], end["state"]) == ("1/3", "partly filled")
    assert end["reason"] == ("refused: size: 0 of 2 units: 0 displayed in VIX 2018-02-07 18 C")
    account.prove()


def test_an_order_is_tried_again_after_each_kind_of_no() -> None:
    """No quote on Friday, an old one on Monday, too dear on Tuesday; no tries are left then."""
    account, market = started(), Market()
    market.set(MONDAY, CALL, 1.00, 1.10, minutes_old=61)
    market.set(TUESDAY, CALL, 1.20, 1.30)
    send(
        account,
        order(
            calls_wanted(2).legs,
            session=THURSDAY,
            order_id="1/1",
            worst=11_000,
            purpose="layer_1",
            retry=2,
        ),
    )
    seen = []
    for day in (FRIDAY, MONDAY, TUESDAY):
        (found,) = step(account, day, market)
        account.send([])
        assert isinstance(found, Refusal)
        seen.append((found.state, [x.order_id for x in account.book.open_orders]))
    assert seen == [("no quote", ["1/2"]), ("stale", ["1/3"]), ("refused", [])]
    assert account.intents.ended == {"i1/1": "refused"}
    reasons = [row["reason"] for row in rows(account, "order")]
    assert reasons == [
        "because",
        "because (tried again: no quote for VIX 2018-02-07 18 C)",
        "because (tried again: no quote for VIX 2018-02-07 18 C) (tried again: stale: the quote of "
        "VIX 2018-02-07 18 C is 61 minutes old, allowed are 60)",
    ]
    assert account.cash == 25_000_000
    account.prove()


def test_what_lapsed_is_not_tried_again() -> None:
    account = started()
    gone = [Leg(contract=CALL, quantity=-1, lot_id="9.1")]
    send(account, order(gone, session=THURSDAY, purpose="layer_1", action="close", retry=3))
    step(account, FRIDAY, calls_shown(9))
    assert account.intents.ended == {"i1": "lapsed"}


def test_two_orders_share_what_is_displayed() -> None:
    account, market = started(), calls_shown(5, 5)
    one, two = calls_wanted(3), calls_wanted(4, order_id="2/1", retry=1)
    send(account, one, two)
    step(account, FRIDAY, market)
    account.send([])
    assert [x.quantity for x in account.lots] == [3, 2]
    # Tomorrow all five are there anew.
    step(account, MONDAY, market)
    account.send([])
    assert [x.quantity for x in account.lots] == [3, 2, 2]
    assert account.intents.ended == {"i1/1": "filled", "i2/1": "filled"}


def test_a_close_in_parts_takes_from_its_lot() -> None:
    account, market = started(), calls_shown(9, 2, 9)
    send(account, calls_wanted(5))
    step(account, FRIDAY, market)
    sale = [Leg(contract=CALL, quantity=-1, lot_id="1/1.1")]
    send(
        account,
        order(
            sale,
            session=FRIDAY,
            order_id="2/1",
            quantity=4,
            purpose="layer_1",
            action="close",
            retry=1,
        ),
    )
    step(account, MONDAY, market)
    account.send([])
    (rest,) = account.book.open_orders
    assert (rest.quantity, rest.structure_id) == (2, "A")
    assert [x.quantity for x in account.lots] == [3]
    step(account, TUESDAY, market)
    assert [x.quantity for x in account.lots] == [1]
    # Five bought at 1.10, twice two sold at 1.00; fees 5 * 1.1878 = 5.939, 2 * 1.1878 = 2.3756.
    assert account.cash == 25_000_000 - 5 * 11_000 - 594 + 4 * 10_000 - 2 * 238
    assert account.intents.ended["i2/1"] == "filled"


def test_part_of_a_condor_opens_a_condor() -> None:
    account, market = started(), condor_market(FRIDAY, OPENING)
    condor_market(MONDAY, OPENING, market)
    wing = condor_contracts()[3]
    market.set(FRIDAY, wing, 1.20, 1.45, ask_size=1)
    send(account, order(condor_legs(), session=THURSDAY, order_id="1/1", quantity=3, retry=1))
    step(account, FRIDAY, market)
    account.send([])
    assert [x.quantity for x in account.lots] == [1, -1, -1, 1]
    step(account, MONDAY, market)
    account.send([])
    # The same quotes and the same 6.65: one condor, then two, each with its own maximum loss.
    assert [x.quantity for x in account.lots] == [1, -1, -1, 1, 2, -2, -2, 2]
    values: dict[Contract, Value] = {c: Value(26_155_000) for c in condor_contracts()}
    step(account, TUESDAY, market, values)
    done = [(x.structure_id, x.result, x.fees, x.max_loss) for x in account.day.closed]
    # 14.50 paid against 6.65: -7.85 a condor, of 30 - 6.65 = 23.35 possible. Fees of four legs
    # of one contract, 1.18 each, and of two, 2 * 1.1778 = 2.3556 each.
    assert done == [("A", -78_500, 4 * 118, 233_500), ("A +", -157_000, 4 * 236, 467_000)]


def test_an_order_is_taken_back() -> None:
    account, market = started(), calls_shown(9)
    send(account, calls_wanted(5), calls_wanted(1, order_id="2"))
    account.begin(FRIDAY)
    account.cancel("i1/1", "the owner said so")
    assert [x.order_id for x in account.book.open_orders] == ["2"]
    assert account.intents.ended == {"i1/1": "cancelled"}
    (end,) = rows(account, "end")
    assert (end["state"], end["reason"], end["intent_id"], end["order_id"]) == (
        "cancelled",
        "the owner said so",
        "i1/1",
        "1/1",
    )
    with pytest.raises(ValueError, match="ledger test: no working order for intent i1/1"):
        account.cancel("i1/1", "twice")
    with pytest.raises(ValueError, match="no working order for intent i9"):
        account.cancel("i9", "never wanted")
    account.trade(Simulator(LIMITS), market.view(FRIDAY))
    account.send([])
    assert account.intents.ended == {"i1/1": "cancelled", "i2": "filled"}
    account.prove()


def test_a_rest_that_is_taken_back_was_partly_filled() -> None:
    account, market = started(), calls_shown(3)
    send(account, calls_wanted(5, retry=1))
    step(account, FRIDAY, market)
    account.cancel("i1/1", "enough")
    account.send([])
    assert account.intents.ended == {"i1/1": "partly filled"}
    assert rows(account, "end")[0]["reason"] == "enough"
    account.prove()


def test_a_fill_that_is_told_twice_is_booked_once() -> None:
    account, market = started(), calls_shown(9)
    wanted = calls_wanted(5)
    send(account, wanted)
    account.begin(FRIDAY)
    fill = Simulator(LIMITS).fill(wanted, market.view(FRIDAY))
    account.receive(fill)
    cash, lots = account.cash, account.lots
    account.receive(fill)
    assert (account.cash, account.lots) == (cash, lots)
    (ignored,) = rows(account, "ignored")
    assert (ignored["order_id"], ignored["cash"], ignored["value"]) == ("1/1", 0, 0)
    assert ignored["reason"] == "the fill 1/1 2018-02-02 was booked before"
    assert ignored["state"] is None
    account.send([])
    account.begin(MONDAY)
    account.receive(fill)  # and a day later
    assert len(rows(account, "ignored")) == 2
    assert account.intents.ended == {"i1/1": "filled"}
    account.prove()


def test_a_roll_sells_one_lot_and_buys_another_in_one_package() -> None:
    account, market, far = started(), calls_shown(9, 9), vix_call(18.0, date(2018, 2, 14))
    market.set(FRIDAY, far, 1.50, 1.60)
    market.set(MONDAY, far, 1.50, 1.60, ask_size=2)
    send(account, calls_wanted(5))
    step(account, FRIDAY, market)
    legs = [Leg(contract=CALL, quantity=-1, lot_id="1/1.1"), Leg(contract=far, quantity=1)]
    send(
        account,
        order(legs, session=FRIDAY, order_id="2/1", quantity=3, purpose="layer_1", retry=1),
    )
    step(account, MONDAY, market)
    account.send([])
    # Sold at 1.025, bought at 1.575: a net of 0.55, however its legs are rounded to 0.01.
    net = sum(-row["cash"] for row in rows(account, "fill")[1:])  # type: ignore[misc,operator]
    assert net == 2 * 5_500
    assert [(x.lot_id, x.quantity) for x in account.lots] == [("1/1.1", 3), ("2/1.2", 2)]
    assert {x.structure_id for x in account.lots} == {"A"}
    (rest,) = account.book.open_orders
    assert (rest.quantity, rest.structure_id, rest.legs) == (1, "A", tuple(legs))
    account.prove()


# --- whatever happens, no cent is lost -----------------------------------------------------------

prices = st.tuples(st.integers(0, 600), st.integers(1, 60)).map(
    lambda pair: (pair[0] * 0.05, (pair[0] + pair[1]) * 0.05)
)
contracts = (*condor_contracts(), vix_call(18.0), vx(WEDNESDAY))


@st.composite
def weeks(draw: st.DrawFn) -> tuple[Market, list[list[Order]], dict[Contract, Value], float]:
    """Quotes of a week, some missing; random orders of each session; settlement values."""
    market = Market()
    for day in (FRIDAY, MONDAY, TUESDAY, WEDNESDAY):
        for contract in contracts:
            if day == FRIDAY or draw(st.booleans()):
                market.set(day, contract, *draw(prices))
    sent: list[list[Order]] = []
    number = 0
    for day in (THURSDAY, FRIDAY, MONDAY):
        orders = []
        for _ in range(draw(st.integers(0, 3))):
            number += 1
            kind = draw(st.sampled_from(["condor", "call", "future"]))
            legs = condor_legs()
            if kind != "condor":
                contract = vix_call(18.0) if kind == "call" else vx(WEDNESDAY)
                legs = (Leg(contract=contract, quantity=1),)
            orders.append(
                order(
                    legs,
                    session=day,
                    order_id=str(number),
                    structure_id=f"s{number}",
                    quantity=draw(st.integers(1, 9)),
                    purpose="condor" if kind == "condor" else "layer_2",
                    worst=draw(st.one_of(st.none(), st.integers(-300_000, 300_000))),
                    fill_share=draw(st.sampled_from([0.0, 0.1, 0.5, 1.0])),
                )
            )
        sent.append(orders)
    spx, vix = draw(st.integers(24_000_000, 30_000_000)), draw(st.integers(90_000, 800_000))
    values: dict[Contract, Value] = {c: Value(spx) for c in condor_contracts()}
    values[vix_call(18.0)] = Value(vix, "vix_open", True, vix - 6_300, vix + 6_300)
    values[vx(WEDNESDAY)] = Value(vix, "vx_final")
    return market, sent, values, draw(st.floats(0.0, 0.2))


@given(weeks(), st.lists(st.booleans(), min_size=40, max_size=40))
def test_money_is_conserved_over_random_weeks(
    week: tuple[Market, list[list[Order]], dict[Contract, Value], float], picks: list[bool]
) -> None:
    """The account checks after each event; here its journal is added up once more from outside."""
    market, sent, values, rate = week
    account = started()
    wanted = 0
    pick = iter(picks)
    for day, following, orders in zip(
        (THURSDAY, FRIDAY, MONDAY, TUESDAY),
        (FRIDAY, MONDAY, TUESDAY, WEDNESDAY),
        [*sent, []],
        strict=True,
    ):
        for lot in account.lots:
            if lot.purpose != "condor" and next(pick, False):
                leg = Leg(
                    contract=lot.contract,
                    quantity=-1 if lot.quantity > 0 else 1,
                    lot_id=lot.lot_id,
                )
                number = f"c{day.day}{lot.lot_id}"
                orders = [
                    *orders,
                    order([leg], session=day, order_id=number, purpose="layer_2", action="close"),
                ]
        send(account, *orders)
        wanted += len(orders)
        step(account, following, market, values, rate)
    assert account.lots == ()
    frame = account.frame()
    assert frame["sequence"].to_list() == list(range(frame.height))
    running = (frame["cash"] + frame["value"]).cum_sum()
    assert running.to_list() == frame["equity"].to_list()
    assert frame["cash"].sum() == account.cash == account.equity
    assert frame["value"].sum() == 0
    assert sum(account.gains.values()) == account.equity - 25_000_000
    assert len(account.intents.ended) == wanted
    ended = frame.filter(frame["state"].is_not_null() & frame["intent_id"].is_not_null())
    assert ended["intent_id"].n_unique() == ended.height == wanted


@given(
    st.tuples(st.integers(1, 40), st.integers(1, 40)),
    st.integers(1, 20),
    st.integers(20_000_000, 34_000_000),
    st.lists(prices, min_size=4, max_size=4),
)
def test_a_condor_held_to_settlement_never_loses_more_than_its_maximum(
    widths: tuple[int, int],
    quantity: int,
    level: int,
    market_prices: list[tuple[float, float]],
) -> None:
    strikes = (2630.0 - 5 * widths[0], 2630.0, 2800.0, 2800.0 + 5 * widths[1])
    account, market = started(), Market()
    held = condor_contracts(strikes)
    for contract, (bid, ask) in zip(held, market_prices, strict=True):
        market.set(FRIDAY, contract, bid, ask)
    send(account, order(condor_legs(strikes), session=THURSDAY, quantity=quantity))
    step(account, FRIDAY, market)
    assert len(account.lots) == 4
    step(account, TUESDAY, market, {c: Value(level) for c in held})
    done = account.day.closed[0]
    paid = account.frame().filter(account.frame()["event"] == "fill")["cash"].sum()
    most = 100 * 100 * 5 * max(widths) * quantity - paid
    assert done.max_loss == most
    assert -most <= done.result <= paid
    assert account.equity - 25_000_000 == done.result - done.fees


def test_outcomes_of_a_session_are_handed_back() -> None:
    account, market = started(), condor_market(FRIDAY, OPENING)
    good = order(condor_legs(), session=THURSDAY, order_id="1")
    bad = order(condor_legs(), session=THURSDAY, order_id="2", structure_id="B", worst=-999_999)
    send(account, good, bad)
    account.begin(FRIDAY)
    found = account.trade(Simulator(LIMITS), market.view(FRIDAY))
    assert [type(x) for x in found] == [Fill, Refusal]
    assert found[0].session == date(2018, 2, 2)


def refusal(act: Callable[[], object]) -> str:
    """The whole of what it says, not a part that fits."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the text is asked for below
        act()
    return str(caught.value)


def test_what_is_refused_says_why_and_no_more() -> None:
    account = Account("test")
    assert refusal(lambda: account.session) == "ledger test: no session has begun"
    account.begin(FRIDAY)
    assert refusal(lambda: account.begin(FRIDAY)) == "2018-02-02 does not come after 2018-02-02"
    assert refusal(lambda: account.begin(THURSDAY)) == "2018-02-01 does not come after 2018-02-02"
    old = order(condor_legs(), session=THURSDAY)
    assert refusal(lambda: account.send([old])) == "order 1 was decided on 2018-02-01"
    said = "ledger test: no working order for intent i7"
    assert refusal(lambda: account.cancel("i7", "none")) == said


def test_a_restart_is_refused_in_words() -> None:
    account, market = with_condor()
    frame, marks = account.frame(), mids_twice(account, FRIDAY, market)
    of_one = "an account goes on from the rows of one ledger, these are of "
    resume = Account.resume
    two = pl.concat([frame, started("static").frame()])
    assert refusal(lambda: resume(two, marks, session=FRIDAY)) == f"{of_one}test, static"
    assert refusal(lambda: resume(frame.clear(), marks, session=FRIDAY)) == f"{of_one}none"
    assert refusal(lambda: resume(frame, marks, session=THURSDAY)) == (
        "ledger test: 2018-02-01 is before its last row, 2018-02-02"
    )
    assert refusal(lambda: resume(frame, {}, session=FRIDAY)) == (
        "ledger test: no mark of SPXW 2018-02-06 2600 P, which it holds"
    )
    # Every mid a point too high: two wings bought less two sold is nothing, so all is as it was.
    higher = {contract: mid + 20_000 for contract, mid in marks.items()}
    assert resume(frame, higher, session=FRIDAY).equity == account.equity
    higher[condor_contracts()[0]] += 20_000
    assert refusal(lambda: resume(frame, higher, session=FRIDAY)) == (
        "ledger test: by these marks the lots are worth -121500 cents, the journal says -141500"
    )


def test_before_the_first_session_nothing_has_happened() -> None:
    account = Account("test")
    assert account.day == Day()
    assert (account.cash, account.equity, account.lots, account.gains) == (0, 0, (), {})
    assert account.book == Book(cash=0)
    assert account.holdings_version == 0


def test_without_cash_no_rate_is_asked_for() -> None:
    """Unknown is not zero, but of nothing every rate gives nothing."""
    account = Account("test")
    account.begin(THURSDAY)
    assert account.accrue(float("nan")) == 0
    account.begin(FRIDAY)
    assert account.accrue(float("nan")) == 0
    account.flow(1)
    assert account.accrue(float("nan")) == 0  # it came in today
    account.begin(MONDAY)
    with pytest.raises(ValueError, match="nan"):
        account.accrue(float("nan"))


def test_two_flows_of_a_day_add_up_and_the_next_day_begins_anew() -> None:
    account = started()
    account.begin(FRIDAY)
    account.flow(500)
    account.flow(-200)
    assert account.day.flow == 300
    account.begin(MONDAY)
    assert account.day.flow == 0


def test_two_hedges_sold_at_a_gain_in_one_session() -> None:
    account, market = started(), calls_shown(9, 9)
    send(account, calls_wanted(2), calls_wanted(3, order_id="2/1"))
    step(account, FRIDAY, market)
    market.set(MONDAY, CALL, 2.00, 2.10)
    sales = [
        order(
            [Leg(contract=CALL, quantity=-1, lot_id=lot_id)],
            session=FRIDAY,
            order_id=f"9{n}",
            quantity=n,
            purpose="layer_1",
            action="close",
        )
        for n, lot_id in ((2, "1/1.1"), (3, "2/1.1"))
    ]
    send(account, *sales)
    step(account, MONDAY, market)
    # Bought at 1.10, sold at 2.00: 0.90 on each of five. Received 1,000.00 for them.
    assert account.day.hedge_gain == 5 * 9_000
    assert account.day.hedge_premium == -5 * 20_000


def test_settlements_are_handed_back() -> None:
    account, market = with_condor()
    account.begin(TUESDAY)
    values: dict[Contract, Value] = {c: Value(26_155_000) for c in condor_contracts()}
    assert account.settle(values.__getitem__, "AM") == ()
    done = account.settle(values.__getitem__, "PM")
    assert [(x.lot.lot_id, x.cash, x.state) for x in done] == [
        ("1.1", 0, "settled by value"),
        ("1.2", -290_000, "settled by value"),
        ("1.3", 0, "settled by value"),
        ("1.4", 0, "settled by value"),
    ]
    assert account.settle(values.__getitem__, "PM") == ()
    assert account.mark(market.view(TUESDAY).mark).values == {}
