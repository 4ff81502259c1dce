"""From an intent with its whole contracts to an order: the limit, and the worst price accepted.

`limit` is the k-fill of the quotes at the decision, on the price grid: what a plan prints first.
`worst` is where the order lapses next session. Prices are ten-thousandths of a point (e4), of one
unit, paid above 0.
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, floor

from steward.market.quotes import Quote
from steward.pricing.execution import exact, order_price
from steward.pricing.payoff import cents, wider_width
from steward.terms.contracts import Contract, FutureContract
from steward.terms.trades import Intent, Leg, Order, Pricing

QuoteOf = Callable[[Contract], Quote | None]


def order_for(
    intent: Intent,
    quantity: int,
    quote_of: QuoteOf,
    *,
    min_credit_share: float,
    max_slippage: float,
    cap_cents: int | None = None,
    retry: int = 0,
    pricing: Pricing = "package",
) -> Order | str:
    """The order of an intent, or in words why it has no price now.

    quantity          units of the package, 1 or more
    quote_of          quotes of the decision's session (`view.quote`; for sales a mark will do)
    min_credit_share  opening a condor: the least credit, as a share of its wider width
    max_slippage      buying a hedge: how far above the limit, as a share of what is bought
    cap_cents         buying a hedge: what the whole order may cost, the tighter premium cap
    retry             sessions after the next in which what did not trade is offered again
    pricing           of two legs or more: one package, or each on its own tick
    `limit` is never worse than `worst`: nobody pays above the width for a condor, or sells one for
    less than the least credit, however wide the quotes are.
    `worst`: a condor opened gives at least the least credit; a condor closed costs at most its
    wider width, what it can cost in the end; a hedge bought costs at most the slippage and the
    cap allow; a hedge sold, and a forced order (`margin_call`), trade at any price (None).
    Raises ValueError when `quantity` is below 1 or a condor's legs are no condor.
    """
    if quantity < 1:
        raise ValueError(f"an order of {quantity} units: drop the intent instead")
    quoted: list[tuple[Leg, Quote]] = []
    for leg in intent.legs:
        quote = quote_of(leg.contract)
        if quote is None or quote.ask <= 0 or quote.bid > quote.ask:
            return f"no quote for {leg.contract.key} at the decision"
        quoted.append((leg, quote))
    limit, prices = order_price(quoted, intent.fill_share, intent.session, pricing)
    if intent.purpose == "margin_call":
        worst = None
    elif intent.purpose == "condor":
        width = wider_width(intent.legs)
        opening = intent.action == "open"
        worst = -ceil(exact(min_credit_share) * width) if opening else width
    elif any(leg.quantity > 0 for leg in intent.legs if not leg.lot_id):
        worst = _dearest(intent.legs, prices, limit, quantity, max_slippage, cap_cents)
    else:
        worst = None
    return Order(
        order_id=f"{intent.intent_id}/1",
        intent_id=intent.intent_id,
        session=intent.session,
        purpose=intent.purpose,
        action=intent.action,
        structure_id=intent.structure_id,
        legs=intent.legs,
        quantity=quantity,
        limit=limit if worst is None else min(limit, worst),
        worst=worst,
        fill_share=intent.fill_share,
        reason=intent.reason,
        rule=intent.rule,
        retry=retry,
        pricing=pricing,
    )


def _dearest(
    legs: tuple[Leg, ...],
    prices: tuple[int, ...],
    limit: int,
    quantity: int,
    max_slippage: float,
    cap_cents: int | None,
) -> int:
    """The limit plus the slippage on what is bought, but not above the cap on premium."""
    bought = sum(
        leg.quantity * price for leg, price in zip(legs, prices, strict=True) if leg.quantity > 0
    )
    worst = limit + floor(exact(max_slippage) * bought)
    premium = not any(isinstance(leg.contract, FutureContract) for leg in legs)
    if cap_cents is None or not premium:
        return worst
    return min(worst, cap_cents // cents(legs[0].contract, quantity, 1))
