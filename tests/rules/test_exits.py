"""When a condor is closed: by profit, by loss, by days; and when it is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.rules import exits
from steward.rules.ruleset import Exit
from steward.terms.contracts import vx
from steward.terms.trades import Book, Lot

from .condor_market import MARCH, MONDAY, CondorMarket, option

STRIKES = ((2570.0, "P", 1), (2625.0, "P", -1), (2910.0, "C", -1), (2965.0, "C", 1))
ENTRY_PRICES = (30_000, 70_000, 65_000, 25_000)  # e4: a credit of 7.00 + 6.50 - 3.00 - 2.50 = 8.00

RULES = Exit(
    profit_share_of_credit=0.5,
    days_to_expiry=21,
    loss_multiple_of_credit=2.0,
    fill_share=0.5,
    stop_measured_share=0.0,
    stop_fill_share=1.0,
)


def lots(quantity: int = 3, structure_id: str = "A", purpose: Any = "condor") -> tuple[Lot, ...]:
    return tuple(
        Lot(
            lot_id=f"{structure_id}.{n}",
            structure_id=structure_id,
            purpose=purpose,
            contract=option(MARCH, strike, right),
            quantity=sign * quantity,
            price=price,
            opened=date(2018, 1, 16),
            variation_price=price,
        )
        for n, ((strike, right, sign), price) in enumerate(
            zip(STRIKES, ENTRY_PRICES, strict=True), start=1
        )
    )


CONDOR = exits.held_condors(Book(cash=0, lots=lots()))[0]


def market(
    short_put: float, session: date = MONDAY, *, spread: float = 0.20, missing: bool = False
) -> CondorMarket:
    """All legs at mids 1.00 but the short put's; a spread on each, or no quote of a wing."""
    half = spread / 2
    found = CondorMarket()
    for strike, right, _ in STRIKES:
        mid = short_put if strike == 2625.0 else 1.0
        found.changed[session, option(MARCH, strike, right)] = (mid - half, mid + half)
    if missing:
        found.changed[session, option(MARCH, 2965.0, "C")] = None
    return found


def verdict(short_put: float, rules: Exit = RULES, **known: Any) -> tuple[str, float, str]:
    """Action, k and reason for the condor when its short put's mid is this."""
    session = known.get("session", MONDAY)
    view = market(short_put, **known).view(session)
    intents, trace = exits.decide(view, (CONDOR,), rules)
    if not intents:
        assert trace.result == "hold 1"
        return "hold", 0.0, trace.sentence
    (intent,) = intents
    assert trace.result == "close 1"
    assert intent.reason in trace.sentence
    return intent.action, intent.fill_share, intent.reason


def test_a_held_condor_knows_its_credit_and_its_legs_in_order() -> None:
    shuffled = lots()[::-1]
    (found,) = exits.held_condors(Book(cash=0, lots=shuffled))
    assert found.credit == 80_000
    assert found.quantity == 3
    assert [lot.quantity for lot in found.lots] == [3, -3, -3, 3]
    assert found.name == "the condor of 9 March 2018 (2,570/2,625/2,910/2,965)"


def test_hedges_are_no_condors_and_half_a_condor_is_refused() -> None:
    assert exits.held_condors(Book(cash=0, lots=lots(purpose="layer_1"))) == ()
    with pytest.raises(ValueError, match="not the four legs"):
        exits.held_condors(Book(cash=0, lots=lots()[:3]))
    uneven = (*lots()[:3], *lots(quantity=2)[3:])
    with pytest.raises(ValueError, match="not the four legs"):
        exits.held_condors(Book(cash=0, lots=uneven))
    future = Lot(
        lot_id="f", structure_id="A", purpose="condor", contract=vx(date(2018, 3, 21)),
        quantity=1, price=1, opened=MONDAY, variation_price=1,
    )  # fmt: skip
    with pytest.raises(ValueError, match="must be an option"):
        exits.held_condors(Book(cash=0, lots=(*lots()[:3], future)))


# Closing costs, at mids 1.00 each but the short put's at m: m + 1 - 1 - 1 = m - 1. A spread of 0.20
# adds k * 0.40: at k = 0.5 it costs m - 0.80. Half of the credit of 8.00 is 4.00.


def test_a_profit_is_taken_at_half_of_the_credit() -> None:
    assert verdict(4.85)[0] == "hold"  # 4.05
    action, k, reason = verdict(4.80)  # 4.00
    assert (action, k) == ("close", 0.5)
    assert reason == (
        "Close the condor of 9 March 2018 (2,570/2,625/2,910/2,965): 4.00 buys back what brought "
        "8.00, so 50.0 % of the credit is earned (50.0 % asked for)."
    )


def test_a_loss_is_measured_at_mid_and_closed_at_the_touch() -> None:
    # At mid it stands at m - 1: twice the credit is lost at 24.00, m = 25.00; the touch adds 0.40.
    assert verdict(24.95)[0] == "hold"
    action, k, reason = verdict(25.00)
    assert (action, k) == ("close", 1.0)
    assert reason.endswith(
        "it stands at 24.00 at mid on a credit of 8.00, a loss of 2 times the credit or more; "
        "buying it back costs 24.40."
    )


def test_a_wide_market_alone_is_no_loss() -> None:
    # At mid 21.80 - 1 = 20.80, at the touch of four spreads of 1.60: 20.80 + 4 * 0.80 = 24.00.
    assert verdict(21.80, spread=1.60)[0] == "hold"
    touch = RULES.model_copy(update={"stop_measured_share": 1.0})
    action, k, reason = verdict(21.80, touch, spread=1.60)
    assert (action, k) == ("close", 1.0)
    assert "it stands at 24.00 on a credit of 8.00" in reason


def test_a_price_beyond_the_width_still_stops() -> None:
    # On 2018-02-05 a condor was offered above its width; the order's worst price deals with that.
    action, _, reason = verdict(80.0, spread=10.0)
    assert action == "close"
    # Nobody bids for the others: the short call costs its ask of 6.00, the wings bring nothing.
    # 80 + 6 at mid, 85 + 6 at the touch; the wider width is 55.
    assert reason.endswith(
        "it stands at 86.00 at mid on a credit of 8.00, a loss of 2 times the credit or more. "
        "Buying it back would cost 91.00, more than the width: the order pays 55.00 at most."
    )


def test_days_close_whatever_the_price() -> None:
    at_22, at_21 = date(2018, 2, 15), date(2018, 2, 16)
    assert verdict(9.0, session=at_22)[0] == "hold"
    action, k, reason = verdict(9.0, session=at_21)
    assert (action, k) == ("close", 0.5)
    assert reason.endswith("21 days are left (21 asked for).")


def test_a_stop_comes_before_a_profit_and_a_profit_before_the_days() -> None:
    late = date(2018, 2, 20)
    assert "buying it back costs" in verdict(25.00, session=late)[2]
    assert "of the credit is earned" in verdict(4.80, session=late)[2]
    assert "days are left" in verdict(9.0, session=late)[2]


def test_without_quotes_of_all_four_legs_no_price_is_assumed() -> None:
    action, _, sentence = verdict(1.0, missing=True)
    assert action == "hold"
    assert "1 condor without quotes of all four legs: no price assumed." in sentence


@pytest.mark.parametrize("faulty", [(0.0, 0.0), (2.0, 1.0)])
def test_a_leg_that_nobody_offers_or_a_crossed_market_is_no_quote(
    faulty: tuple[float, float],
) -> None:
    found = market(1.0)
    found.changed[MONDAY, option(MARCH, 2965.0, "C")] = faulty
    intents, trace = exits.decide(found.view(MONDAY), (CONDOR,), RULES)
    assert intents == ()
    assert trace.inputs == {"A": "no quotes of all four legs, 46 days left"}


def test_the_days_need_no_quote() -> None:
    session = date(2018, 2, 20)
    view = market(1.0, session, missing=True).view(session)
    intents, _ = exits.decide(view, (CONDOR,), RULES)
    assert [intent.reason.rpartition(": ")[2] for intent in intents] == [
        "17 days are left (21 asked for)."
    ]
    assert intents[0].detail == {"credit": 8.0, "days": 17.0}


def test_what_settles_before_an_order_can_trade_is_left_alone() -> None:
    # The condor settles on Friday 9 March: an order of Thursday would meet an empty book.
    for session, action in ((date(2018, 3, 7), "close"), (date(2018, 3, 8), "hold")):
        assert verdict(1.0, session=session)[0] == action


def test_exits_that_are_off_hold_to_settlement() -> None:
    off = Exit(fill_share=0.5, stop_measured_share=0.0, stop_fill_share=1.0)
    for price in (1.0, 9.0, 50.0):
        assert verdict(price, off, session=date(2018, 3, 7)) == (
            "hold", 0.0, "1 condor held to settlement: these rules have no exit.",
        )  # fmt: skip


@pytest.mark.parametrize(
    ("key", "price", "session"),
    [
        ("profit_share_of_credit", 1.0, MONDAY),
        ("loss_multiple_of_credit", 30.0, MONDAY),
        ("days_to_expiry", 9.0, date(2018, 2, 20)),
    ],
)
def test_each_exit_can_be_switched_off_alone(key: str, price: float, session: date) -> None:
    assert verdict(price, session=session)[0] == "close"
    off = RULES.model_copy(update={key: None})
    assert verdict(price, off, session=session)[0] == "hold"


def test_no_condor_is_open() -> None:
    assert exits.decide(CondorMarket().view(MONDAY), (), RULES)[1].result == "none open"


def test_the_intent_closes_whole_lots_the_other_way_round() -> None:
    intents, _ = exits.decide(market(1.0).view(MONDAY), (CONDOR,), RULES)
    (intent,) = intents
    assert intent.intent_id == "A close 2018-01-22"
    assert (intent.purpose, intent.action, intent.structure_id) == ("condor", "close", "A")
    assert intent.size == 3.0
    assert [(leg.lot_id, leg.quantity) for leg in intent.legs] == [
        ("A.1", -1), ("A.2", 1), ("A.3", 1), ("A.4", -1),
    ]  # fmt: skip
    # Costs 1.00 - 0.80 = 0.20: three condors have gained 3 * 7.80 * 100 dollars.
    assert intent.detail["cost"] == 0.2
    assert intent.detail["gain_cents"] == 234_000


def test_two_condors_are_judged_apart() -> None:
    long_put, short_put, *calls = lots(structure_id="B")
    dear = (long_put, replace(short_put, price=200_000), *calls)  # its short put brought 20.00
    both = exits.held_condors(Book(cash=0, lots=(*lots(), *dear)))
    assert [c.credit for c in both] == [80_000, 210_000]
    # At a cost of 8.20 the first has lost a little, the second has earned 61 %.
    intents, trace = exits.decide(market(9.0).view(MONDAY), both, RULES)
    assert [intent.structure_id for intent in intents] == ["B"]
    assert set(trace.inputs) == {"A", "B"}


@given(st.integers(1, 400_000), st.floats(0.01, 1.0), st.floats(0.1, 5.0))
def test_the_price_limits_are_what_their_words_say(
    credit: int, profit_share: float, multiple: float
) -> None:
    rules = RULES.model_copy(
        update={"profit_share_of_credit": profit_share, "loss_multiple_of_credit": multiple}
    )
    profit, loss = exits.limits(credit, rules)
    assert profit is not None
    assert loss is not None
    noise = 1e-6
    assert credit - profit >= profit_share * credit - noise
    assert credit - (profit + 1) < profit_share * credit + noise
    assert loss - credit >= multiple * credit - noise
    assert (loss - 1) - credit < multiple * credit + noise


def test_a_condor_without_a_credit_has_no_exit_by_price() -> None:
    assert exits.limits(0, RULES) == (None, None)
