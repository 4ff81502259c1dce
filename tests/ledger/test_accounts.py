"""Hand-worked books in cents, and that no cent is ever lost."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.ledger.accounts import Account
from steward.ledger.fills import Simulator
from steward.terms.contracts import Contract, vx
from steward.terms.errors import LawBroken
from steward.terms.trades import Fill, Leg, Order, Refusal

from .desk import (
    FRIDAY,
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
        account.trade(Simulator(), market.view(FRIDAY))

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
    found = account.trade(Simulator(), market.view(FRIDAY))
    assert [type(x) for x in found] == [Fill, Refusal]
    assert found[0].session == date(2018, 2, 2)
