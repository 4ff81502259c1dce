"""Which quote fills an order, how much of it, and at what price: the venue that simulates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import floor
from typing import Protocol

from steward.market.quotes import Quote
from steward.market.view import MarketView
from steward.pricing import execution, fees
from steward.pricing.execution import exact
from steward.terms.contracts import E4, Contract
from steward.terms.trades import Fill, Leg, LegFill, Order, Refusal, State

Taken = Mapping[tuple[Contract, bool], int]
"""Contracts that an account has traded in a session, by contract and whether they were bought."""

NOTHING_TAKEN: Taken = {}


class Venue(Protocol):
    """Order in, fill out: the simulator here, a broker behind a door later."""

    def fill(self, order: Order, view: MarketView, taken: Taken) -> Fill | Refusal:
        """All of the order, a part of its units, or nothing, on the quotes of the view's session.

        taken  what the account has traded before in this session: that size is gone
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class FillRules:
    """What the market lets through. A size, a volume or an age that is not known sets no limit.

    size_share      of the contracts displayed on the side that is taken; None: size is no limit
    volume_share    of the contracts that traded that session; None: volume is no limit
    widest          spread over mid beyond which nothing trades, where somebody bids; None: any
    oldest_minutes  of a quote at the decision moment; None: any
    """

    size_share: float | None = None
    volume_share: float | None = None
    widest: float | None = None
    oldest_minutes: int | None = None


@dataclass(frozen=True, slots=True)
class Simulator:
    """Fills at the k-fill of the session's quotes, as many units as they show, or says why not.

    Two legs or more are one package, priced on its net, unless the order says `legs`: then each
    trades on its own tick. Units are whole packages either way, so that no leg stands alone. An
    order without a usable quote for each leg, or dearer than its `worst`, does not trade. The fee
    of each leg is that of the order as a whole, with the prices of `broker`; a leg that closes a
    lot closes, whatever the order is called.
    """

    rules: FillRules = FillRules()
    broker: str = fees.DEFAULT_BROKER

    def fill(self, order: Order, view: MarketView, taken: Taken = NOTHING_TAKEN) -> Fill | Refusal:
        session = view.session
        quoted: list[tuple[Leg, Quote]] = []
        for leg in order.legs:
            quote = view.quote(leg.contract)
            fault = unusable(leg.contract, quote, session)
            if fault or quote is None:
                return _refusal(order, session, "no quote", fault)
            state, fault = self._objection(leg.contract, quote)
            if state is not None:
                return _refusal(order, session, state, fault)
            quoted.append((leg, quote))
        net, prices = execution.order_price(quoted, order.fill_share, session, order.pricing)
        if order.worst is not None and net > order.worst:
            reason = (
                f"refused: price: {in_words(net)} a unit is worse than the worst allowed, "
                f"{in_words(order.worst)} (limit {in_words(order.limit)})"
            )
            return _refusal(order, session, "refused", reason)
        units, limited = self._units(order, quoted, taken)
        if units < 1:
            return _refusal(order, session, "refused", f"refused: size: {limited}")
        charged = self._fees(order, quoted, prices, units, session)
        fills = [
            LegFill(
                leg=leg,
                quantity=units * leg.quantity,
                price=price,
                fee=fee,
                quality=quote.quality,
                bid=quote.bid,
                ask=quote.ask,
                origin=quote.origin,
                displayed=_displayed(leg, quote),
                volume=quote.volume,
            )
            for (leg, quote), price, fee in zip(quoted, prices, charged, strict=True)
        ]
        return Fill(
            order=order,
            session=session,
            legs=tuple(fills),
            net=net,
            limited=limited,
            fill_id=f"{order.order_id} {session}",
        )

    def _fees(
        self,
        order: Order,
        quoted: Sequence[tuple[Leg, Quote]],
        prices: Sequence[int],
        units: int,
        session: date,
    ) -> list[int]:
        """Cents of each leg: of one order, or of an order each where legs trade alone."""
        traded = [
            fees.leg(
                leg.contract, units * leg.quantity, price, "close" if leg.lot_id else order.action
            )
            for (leg, _), price in zip(quoted, prices, strict=True)
        ]
        orders = [traded] if order.pricing == "package" else [[leg] for leg in traded]
        return [
            fee.cents
            for legs in orders
            for fee in fees.order_fees(legs, session, broker=self.broker)
        ]

    def _objection(self, contract: Contract, quote: Quote) -> tuple[State | None, str]:
        """Why a quote that is there does not count: it is old, or too wide."""
        oldest, widest = self.rules.oldest_minutes, self.rules.widest
        if oldest is not None and quote.minutes_old is not None and quote.minutes_old > oldest:
            said = f"the quote of {contract.key} is {quote.minutes_old} minutes old"
            return "stale", f"stale: {said}, allowed are {oldest}"
        spread_twice = 2 * (quote.ask - quote.bid)
        if widest is not None and quote.bid > 0 and spread_twice > exact(widest) * quote.mid_twice:
            return "refused", (
                f"refused: wide market in {contract.key}: {quote.bid / E4:g} bid, "
                f"{quote.ask / E4:g} asked, wider than {widest:.0%} of the mid"
            )
        return None, ""

    def _units(
        self, order: Order, quoted: Sequence[tuple[Leg, Quote]], taken: Taken
    ) -> tuple[int, str]:
        """Units that every leg has size for, at most those of the order; which leg says so.

        What was bought leaves the displayed bids as they are, but each trade is a part of the
        session's volume, whichever way it went.
        """
        units, limited = order.quantity, ""
        needed = Counter[tuple[Contract, bool]]()
        for leg, _ in quoted:
            needed[leg.contract, leg.quantity > 0] += abs(leg.quantity)
        for leg, quote in quoted:
            if leg.quantity < 0 and quote.bid <= 0:
                continue  # given away at 0: there is no size to hit
            here, there = (leg.contract, leg.quantity > 0), (leg.contract, leg.quantity <= 0)
            same = taken.get(here, 0)
            both = same + taken.get(there, 0)
            one, all_of = needed[here], needed[here] + needed[there]
            for share, shown, before, unit, what in (
                (self.rules.size_share, _displayed(leg, quote), same, one, "displayed"),
                (self.rules.volume_share, quote.volume, both, all_of, "traded that session"),
            ):
                if share is None or shown is None:
                    continue
                fits = max(floor(exact(share) * shown) - before, 0) // unit
                if fits < units:
                    units = fits
                    limited = (
                        f"{fits} of {order.quantity} units: {shown} {what} in {leg.contract.key}"
                    )
        return units, limited


def _displayed(leg: Leg, quote: Quote) -> int | None:
    """Contracts on the side of the quote that the leg takes."""
    return quote.ask_size if leg.quantity > 0 else quote.bid_size


def _refusal(order: Order, session: date, state: State, reason: str) -> Refusal:
    return Refusal(order=order, session=session, state=state, reason=reason)


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
