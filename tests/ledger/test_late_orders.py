"""An order to close what settles before the trades: how it ends is in the rows."""

from __future__ import annotations

from steward.terms.trades import Leg

from .desk import FRIDAY, THURSDAY, WEDNESDAY, Market, Value, order, send, started, step, vix_call


def test_the_rows_alone_know_that_it_has_ended() -> None:
    account, market, call = started(), Market(), vix_call(18.0)
    market.set(FRIDAY, call, 1.00, 1.10)
    wanted = order(
        [Leg(contract=call, quantity=1)], session=THURSDAY, quantity=3, purpose="layer_1"
    )
    send(account, wanted)
    step(account, FRIDAY, market)
    before = account.cash
    selling = order(
        [Leg(contract=call, quantity=-1, lot_id="1.1")],
        session=FRIDAY,
        order_id="2",
        purpose="layer_1",
        action="close",
        quantity=3,
    )
    send(account, selling)
    market.set(WEDNESDAY, call, 2.00, 2.20)
    step(account, WEDNESDAY, market, {call: Value(192_500, "vx_final")})
    # 1.25 over the strike, three calls: 375.00; sold at 2.00 it would be 600.00.
    assert account.cash == before + 37_500
    assert account.intents.ended == {"i1": "filled", "i2": "settled by value"}
    account.prove()
    assert account.book.open_orders == ()
