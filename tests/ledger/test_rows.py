"""Each kind of row in full, worked by hand: what it says and, as much, what it leaves open."""

from __future__ import annotations

from datetime import date
from typing import Any

from steward.ledger.accounts import Account
from steward.ledger.splits import Split
from steward.terms.contracts import ShareContract, vx
from steward.terms.trades import Leg, Refusal

from .desk import (
    FRIDAY,
    MONDAY,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    Market,
    Told,
    Value,
    condor_contracts,
    condor_legs,
    condor_market,
    intent,
    order,
    send,
    started,
    step,
    vix_call,
)

OPENING = [(8.00, 8.40), (12.00, 12.60), (4.10, 4.50), (1.20, 1.45)]
CALL = vix_call(18.0)
FUTURE = vx(WEDNESDAY)
SHARE = ShareContract(symbol="VXX")


def rows(account: Account, event: str, session: date | None = None) -> list[dict[str, Any]]:
    """Rows of one event without what every row has and without what is null."""
    own = ("sequence", "ledger", "hash", "event")
    return [
        {name: x for name, x in row.items() if x is not None and name not in own}
        for row in account.frame().iter_rows(named=True)
        if row["event"] == event and session in (None, row["session"])
    ]


def moved(session: date, equity: int, cash: int = 0, value: int = 0) -> dict[str, Any]:
    return {"session": session, "cash": cash, "value": value, "equity": equity}


def test_a_condor_is_ordered_filled_marked_and_settled() -> None:
    """Two condors at the quotes of test_accounts: 8.30, 12.14, 4.20, 1.39.

    A contract costs 0.44 + 0.05 + 0.0378 + 0.65 = 1.1778, a leg of two 2.36, all four 9.44.
    """
    account, market = started(), condor_market(FRIDAY, OPENING)
    put = condor_contracts()[0]
    market.set(FRIDAY, put, 8.00, 8.40, ask_size=7, bid_size=99, volume=512, origin="x.csv:9")
    wanted = order(
        condor_legs(), session=THURSDAY, quantity=2, worst=-45_000, limit=-66_500, rule="entry"
    )
    send(account, wanted)
    step(account, FRIDAY, market)
    (sent,) = rows(account, "order")
    assert sent.pop("detail").startswith('{"session": "2018-02-01", ')
    whose = {"intent_id": "i1", "order_id": "1", "structure_id": "A", "rule": "entry"}
    assert sent == {
        **moved(THURSDAY, 25_000_000),
        **whose,
        "purpose": "condor",
        "cause": "condor",
        "quantity": 2,
        "price": -66_500,
        "reason": "because",
    }
    lot = {"purpose": "condor", "structure_id": "A", "contract": "SPXW 2018-02-06 2600 P"}
    # Two wings at 8.30 cost 1,660.00 and are worth that; their fee is 2.36.
    assert rows(account, "fill")[0] == {
        **moved(FRIDAY, 25_000_000, cash=-166_000, value=166_000),
        **whose,
        **lot,
        "cause": "condor",
        "lot_id": "1.1",
        "quantity": 2,
        "price": 83_000,
        "bid": 80_000,
        "ask": 84_000,
        "quote": "x.csv:9",
        "displayed": 7,
        "volume": 512,
        "quality": "quoted",
        "reason": "because",
        "detail": "1 2018-02-02",
    }
    assert rows(account, "fee")[0] == {
        **moved(FRIDAY, 25_000_000 - 236, cash=-236),
        **whose,
        **lot,
        "purpose": "fee",
        "cause": "condor",
        "lot_id": "1.1",
        "quantity": 2,
    }
    # Only the first leg tells the id of the fill, only the last ends the intent.
    fills = rows(account, "fill")
    assert [x.get("detail") for x in fills] == ["1 2018-02-02", None, None, None]
    assert [x.get("state") for x in fills] == [None, None, None, "filled"]
    # In for 6.65, out for 7.075: 0.425 a condor.
    assert rows(account, "mark") == [
        {
            **moved(FRIDAY, 25_000_000 - 944 - 8_500, value=-8_500),
            "purpose": "condor",
            "cause": "condor",
            "quality": "quoted",
        }
    ]
    step(account, TUESDAY, market, {c: Value(26_155_000) for c in condor_contracts()})
    assert rows(account, "settle")[1] == {
        # The short puts were worth -2,460.00 at 12.30 and cost 2,900.00 at 2615.50; before it the
        # wings went for nothing: they were worth 1,640.00.
        **moved(
            TUESDAY,
            25_000_000 - 944 - 8_500 - 164_000 - 44_000,
            cash=-290_000,
            value=246_000,
        ),
        "purpose": "condor",
        "cause": "condor",
        "state": "settled by value",
        "structure_id": "A",
        "lot_id": "1.2",
        "contract": "SPXW 2018-02-06 2630 P",
        "quantity": 2,
        "price": 26_155_000,
        "quality": "settlement",
        "source": "spx_close",
        "reason": "SPXW 2018-02-06 2630 P settled on spx_close at 2615.5000",
    }


def test_a_proxy_has_bounds_and_no_quality() -> None:
    account, market = started(), Market()
    market.set(FRIDAY, CALL, 1.00, 1.10)
    send(account, order([Leg(contract=CALL, quantity=1)], session=THURSDAY, purpose="layer_1"))
    step(account, FRIDAY, market)
    proxy = Value(192_500, "vix_prior_close", True, 178_900, 206_100)
    step(account, WEDNESDAY, market, {CALL: proxy})
    # Bought at 1.10; a fee of 0.45 + 0.05 + 0.0378 + 0.65 = 1.1878; worth 1.05, settled for 1.25.
    assert rows(account, "settle") == [
        {
            **moved(WEDNESDAY, 25_000_000 - 11_119 + 12_500, cash=12_500, value=-10_500),
            "purpose": "layer_1",
            "cause": "layer_1",
            "state": "settled by proxy",
            "structure_id": "A",
            "lot_id": "1.1",
            "contract": "VIX 2018-02-07 18 C",
            "quantity": -1,
            "price": 192_500,
            "source": "vix_prior_close",
            "low": 0,
            "high": 26_100,
            "reason": "VIX 2018-02-07 18 C settled on vix_prior_close at 19.2500",
        }
    ]


def test_variation_of_a_future_that_is_held_and_of_one_that_is_sold() -> None:
    account, market = started(), Market()
    market.set(FRIDAY, FUTURE, 15.00, 15.10)
    legs = [Leg(contract=FUTURE, quantity=1)]
    send(account, order(legs, session=THURSDAY, quantity=3, purpose="layer_2"))
    step(account, FRIDAY, market)
    lot = {
        "purpose": "layer_2",
        "structure_id": "A",
        "lot_id": "1.1",
        "contract": "VX 2018-02-07",
    }
    # Bought at 15.10 (15.075 up to 0.05), fees 3 * (1.40 + 0.07 + 0.02 + 0.85) = 7.02; the mark
    # is 15.05.
    assert rows(account, "variation") == [
        {
            **moved(FRIDAY, 25_000_000 - 702 - 15_000, cash=-15_000),
            **lot,
            "cause": "layer_2",
            "quantity": 3,
            "price": 150_500,
            "quality": "quoted",
        }
    ]
    (bought,) = rows(account, "fill")
    assert (bought["cash"], bought["value"], bought["equity"]) == (0, 0, 25_000_000)
    market.set(MONDAY, FUTURE, 18.00, 18.10)
    sale = [Leg(contract=FUTURE, quantity=-1, lot_id="1.1")]
    call = order(sale, session=FRIDAY, order_id="2", purpose="margin_call", action="close")
    send(account, call)
    step(account, MONDAY, market)
    sold, held = rows(account, "variation", MONDAY)
    # One is sold at 18.00 (18.025 down to 0.05): 2,950.00 above 15.05. Two stay: 3.00 each.
    before = 25_000_000 - 702 - 15_000
    assert sold == {
        **moved(MONDAY, before + 295_000, cash=295_000),
        **lot,
        "cause": "margin_call",
        "order_id": "2",
        "quantity": 1,
        "price": 180_000,
        "quality": "quoted",
    }
    assert held == {
        **moved(MONDAY, before + 295_000 - 234 + 600_000, cash=600_000),
        **lot,
        "cause": "layer_2",
        "quantity": 2,
        "price": 180_500,
        "quality": "quoted",
    }
    assert rows(account, "fee", MONDAY) == [
        {
            **moved(MONDAY, before + 295_000 - 234, cash=-234),
            **lot,
            "purpose": "fee",
            "cause": "margin_call",
            "intent_id": "i2",
            "order_id": "2",
            "quantity": -1,
        }
    ]


def test_money_of_the_owner() -> None:
    account = started()
    account.flow(5)
    account.flow(-3)
    account.flow(0)
    account.flow(-7, "rent")
    said = [(x["cash"], x["reason"]) for x in rows(account, "flow")]
    assert said == [
        (25_000_000, "capital"),
        (5, "deposit"),
        (-3, "withdrawal"),
        (0, "deposit"),
        (-7, "rent"),
    ]
    assert rows(account, "flow")[1] == {
        **moved(THURSDAY, 25_000_005, cash=5),
        "purpose": "flow",
        "cause": "flow",
        "reason": "deposit",
    }
    assert account.day.flow == 25_000_000 + 5 - 3 - 7


def test_interest_says_its_rate_and_its_days() -> None:
    account = started()
    account.begin(FRIDAY)
    account.accrue(0.0365, debit_spread=0.02)
    account.begin(MONDAY)
    account.accrue(0.0365, debit_spread=0.02)
    earned = {"purpose": "interest", "cause": "cash"}
    # 25.00 a day; on 250,025.00 in three days 75.0075, to 75.01.
    assert rows(account, "interest") == [
        {
            **moved(FRIDAY, 25_002_500, cash=2_500),
            **earned,
            "reason": "3.650% a year for 1 day",
        },
        {
            **moved(MONDAY, 25_010_001, cash=7_501),
            **earned,
            "reason": "3.650% a year for 3 days",
        },
    ]


def test_a_debt_pays_its_spread() -> None:
    account = started(capital=-10_000_000)
    account.begin(FRIDAY)
    account.accrue(0.0265, debit_spread=0.01)
    # 100,000.00 at 3.65 %: 10.00 a day.
    assert rows(account, "interest") == [
        {
            **moved(FRIDAY, -10_001_000, cash=-1_000),
            "purpose": "margin_interest",
            "cause": "cash",
            "reason": "3.650% a year for 1 day",
        }
    ]
    account.begin(MONDAY)
    # Without a spread 2.65 %: 100,010.00 * 0.0265 * 3 / 365 = 21.7835, to 21.78.
    assert account.accrue(0.0265) == -2_178
    assert rows(account, "interest")[1]["reason"] == "2.650% a year for 3 days"


def test_an_end_without_an_order_and_one_with_it() -> None:
    account = started()
    dropped = order(condor_legs(), session=THURSDAY, structure_id="B", rule="entry")
    plain = order(condor_legs(), session=THURSDAY, order_id="2", rule="")
    refused = order(condor_legs(), session=THURSDAY, order_id="3", rule="exit")
    account.intend([intent(dropped, rule="entry"), intent(plain), intent(refused)])
    account.drop(intent(dropped, rule="entry"), "lapsed", "too small")
    account.drop(intent(plain), "refused", "no room")
    account.send([refused])
    account.begin(FRIDAY)
    account.receive(Refusal(order=refused, session=FRIDAY, state="refused", reason="too dear"))
    nothing = {**moved(THURSDAY, 25_000_000), "purpose": "condor", "cause": "condor"}
    assert rows(account, "end") == [
        {
            **nothing,
            "state": "lapsed",
            "intent_id": "i1",
            "structure_id": "B",
            "rule": "entry",
            "reason": "too small",
        },
        {
            **nothing,
            "state": "refused",
            "intent_id": "i2",
            "structure_id": "A",
            "reason": "no room",
        },
        {
            **nothing,
            "session": FRIDAY,
            "state": "refused",
            "intent_id": "i3",
            "order_id": "3",
            "structure_id": "A",
            "rule": "exit",
            "reason": "too dear",
        },
    ]


def test_a_fill_told_twice_and_a_split() -> None:
    account, market = started(), Market()
    market.set(FRIDAY, SHARE, 9.99, 10.01)
    share = [Leg(contract=SHARE, quantity=1)]
    wanted = order(share, session=THURSDAY, quantity=103, purpose="second_engine", rule="engine")
    send(account, wanted)
    venue = Told({SHARE: 10.0})
    (fill,) = step(account, FRIDAY, market, venue=venue)
    account.receive(fill)
    assert rows(account, "ignored") == [
        {
            **moved(FRIDAY, 25_000_000),
            "purpose": "second_engine",
            "cause": "second_engine",
            "intent_id": "i1",
            "order_id": "1",
            "structure_id": "A",
            "rule": "engine",
            "reason": "the fill told 1 2018-02-02 was booked before",
        }
    ]
    account.begin(MONDAY)
    account.split(Split(symbol="VXX", new=1, old=5, price=481_100))
    # 20 shares at 50.00 and three fifths of 48.11, 28.86: 1,028.86 instead of 1,030.00.
    assert rows(account, "split") == [
        {
            **moved(MONDAY, 25_000_000 - 114, cash=2_886, value=-3_000),
            "purpose": "second_engine",
            "cause": "second_engine",
            "structure_id": "A",
            "lot_id": "1.1",
            "contract": "VXX",
            "quantity": -83,
            "price": 481_100,
            "reason": "1 for 5, fractions at 48.11",
            "detail": '{"price": 500000}',
        }
    ]
