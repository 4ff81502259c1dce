"""Which quote fills an order, and at what price: the venue, and the one that simulates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Protocol

from steward.market.quotes import Quote
from steward.market.view import MarketView
from steward.pricing import execution, fees
from steward.terms.contracts import E4, Contract
from steward.terms.trades import Fill, Leg, LegFill, Order, Refusal


class Venue(Protocol):
    """Order in, fill out: the simulator here, a broker behind a door later."""

    def fill(self, order: Order, view: MarketView) -> Fill | Refusal:
        """The whole order or nothing, on the quotes of the view's session."""


@dataclass(frozen=True, slots=True)
class Simulator:
    """Fills the whole order at the k-fill of the session's quotes, or says why not.

    Two legs or more are one package, priced on its net; one leg is priced on its own tick. An
    order without a quote for each leg, or dearer than its `worst`, does not trade. The fee of each
    leg is that of the order as a whole, with the prices of `broker`; a leg that closes a lot
    closes, whatever the order is called.
    """

    broker: str = fees.DEFAULT_BROKER

    def fill(self, order: Order, view: MarketView) -> Fill | Refusal:
        quoted: list[tuple[Leg, Quote]] = []
        for leg in order.legs:
            quote = view.quote(leg.contract)
            fault = unusable(leg.contract, quote, view.session)
            if fault or quote is None:
                return Refusal(order=order, session=view.session, state="no quote", reason=fault)
            quoted.append((leg, quote))
        net, prices = execution.order_price(quoted, order.fill_share, view.session)
        if order.worst is not None and net > order.worst:
            reason = (
                f"refused: price: {in_words(net)} a unit is worse than the worst allowed, "
                f"{in_words(order.worst)} (limit {in_words(order.limit)})"
            )
            return Refusal(order=order, session=view.session, state="refused", reason=reason)
        contracts = [order.quantity * leg.quantity for leg, _ in quoted]
        charged = fees.order_fees(
            [
                fees.leg(leg.contract, many, price, "close" if leg.lot_id else order.action)
                for (leg, _), many, price in zip(quoted, contracts, prices, strict=True)
            ],
            view.session,
            broker=self.broker,
        )
        fills = [
            LegFill(leg=leg, quantity=many, price=price, fee=fee.cents, quality=quote.quality)
            for (leg, quote), many, price, fee in zip(
                quoted, contracts, prices, charged, strict=True
            )
        ]
        return Fill(order=order, session=view.session, legs=tuple(fills), net=net)


def unusable(contract: Contract, quote: Quote | None, session: date) -> str:
    """Why nobody could trade on this quote of the session; empty when one could.

    A contract settles before the fills of its last day, so whatever is still quoted then is dead.
    """
    if contract.expiry <= session:
        return f"{contract.key} has settled"
    if quote is None:
        return f"no quote for {contract.key}"
    if quote.ask <= 0:
        return f"nobody offers {contract.key}"
    if quote.bid > quote.ask:
        return (
            f"crossed market in {contract.key}: bid {quote.bid / E4:g} above ask {quote.ask / E4:g}"
        )
    return ""


def in_words(net: int) -> str:
    """A net price as a trader says it: `a debit of 2.35`, `a credit of 12.40`."""
    return f"a {'debit' if net >= 0 else 'credit'} of {abs(net) / E4:.2f}"
