"""The user's own limits, held against a plan: what breaks one is refused with the reason (D10)."""

from __future__ import annotations

from collections.abc import Sequence

from steward.ledger.facts import held
from steward.rules.ruleset import Tolerances
from steward.terms.trades import BookFacts, Lot


def broken(limits: Tolerances, facts: BookFacts, planned: Sequence[Lot]) -> tuple[str, ...]:
    """A sentence for each limit that the book breaks once all orders filled at their limits."""
    said = []
    loss, _, premium = held(tuple(planned))
    share = 100.0 * loss / facts.nav if facts.nav > 0 else float("inf")
    at_risk = 100.0 * (loss + premium) / facts.nav if facts.nav > 0 else float("inf")
    fall = -100.0 * facts.drawdown
    most = limits.max_loss_percent_of_nav
    if most is not None and at_risk > most:
        said.append(
            f"the condors and the hedge could lose {at_risk:.1f} % of the account, your tolerance "
            f"max_loss_percent_of_nav is {most:g} %"
        )
    most = limits.max_allocation_percent
    if most is not None and share > most:
        said.append(
            f"the condors would put {share:.1f} % of the account at risk, your tolerance "
            f"max_allocation_percent is {most:g} %"
        )
    most = limits.max_drawdown_percent
    if most is not None and fall > most:
        said.append(
            f"the account stands {fall:.1f} % below its high, your tolerance max_drawdown_percent "
            f"is {most:g} %"
        )
    return tuple(said)
