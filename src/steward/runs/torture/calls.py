"""A scenario's margin on Steward's own rooms: the profile, the calls, and the forced orders.

A desk of `runs` keeps account and standing; `runs.session` takes orders back and forces them. What
a scenario orders stands where the decisions of rules stand in a backtest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from steward.market.view import MarketView
from steward.orders.margin import MarginProfile, need_to_open, profile
from steward.orders.place import Placed as PlacedOrders
from steward.runs import after_call, session
from steward.runs.desk import Decided, Desk
from steward.runs.torture.placing import Placed
from steward.runs.torture.records import Event, Margin, Scenario
from steward.terms.errors import StewardError
from steward.terms.trades import NOTHING, Decision, Leg

VXM_IN_VX = 10


def profile_of(given: Margin, scenario: str) -> MarginProfile:
    """Steward's profile of it; where none is asked for, the one of the exchange's minimum.

    Raises StewardError for portfolio margin, which needs volatilities, and where VX and VXM are not
    as ten to one, as Steward holds them.
    """
    if given.profile == "portfolio":
        raise StewardError(
            f"{scenario}/scenario.toml, key margin.profile: 'portfolio' prices options anew on a "
            "grid, and quotes of the kit have no volatility: choose a profile by strategy"
        )
    name = "cboe" if given.profile == "none" else given.profile
    found = profile(f"{name}:{given.unequal_widths}" if given.unequal_widths else name)
    of_vx = {
        cents * (VXM_IN_VX if root == "VXM" else 1) for root, cents in given.future_cents.items()
    }
    if len(of_vx) > 1:
        raise StewardError(
            f"{scenario}/scenario.toml, key margin.future_cents: Steward holds a VXM as a tenth of "
            f"a VX, and {dict(given.future_cents)} are not ten to one: correct them"
        )
    return replace(found, future_floor=of_vx.pop(), future_share=0.0) if of_vx else found


@dataclass(slots=True)
class Room:
    """Margin that is free for what a budget opens at one close, cents."""

    free: int
    profile: MarginProfile
    view: MarketView

    def fits(self, legs: Sequence[Leg], net: int) -> tuple[int | None, int]:
        """Units that there is room for (None: any number), and what one needs at this net, e4."""
        need = need_to_open(legs, net, self.view, self.profile)
        return (max(self.free, 0) // need if need > 0 else None), need

    def take(self, cents: int) -> None:
        self.free -= cents


class Calls:
    """The account of a scenario with its margin, from close to close.

    Without a profile nothing is required, without a way to meet a call none is made.
    """

    def __init__(self, scenario: Scenario) -> None:
        self._asked = scenario.margin.profile != "none"
        self._called = self._asked and bool(scenario.margin.liquidation)
        fees = scenario.fees
        self._broker = fees.profile if fees.by_schedule else "none"
        self.desk = Desk("torture", None, profile_of(scenario.margin, scenario.name))

    def room(self, view: MarketView) -> Room | None:
        """What is free at this close; None: no requirement limits anything."""
        if not self._asked:
            return None
        account, margin = self.desk.account, self.desk.margin
        funds = margin.funds(cash=account.cash, equity=account.equity)
        return Room(funds - self.desk.requirement(view), margin, view)

    def close(self, view: MarketView) -> Iterator[Event]:
        """At the marks: the requirement, and a call that is found or stands."""
        self.desk.decided = []
        if not self._asked:
            return
        needed = self.desk.requirement(view)
        yield Event(session=view.session, event="margin", cents=needed)
        if not self._called:
            return
        self.desk.take_facts(view)
        standing = self.desk.standing
        if standing.called:
            yield Event(session=view.session, event="margin call", cents=-standing.deficit)

    def send(self, placed: Sequence[Placed], view: MarketView | None) -> None:
        """What the scenario orders, as far as no call forbids it, and what a call forces.

        view  of the close at which it is decided; None: before the first session
        """
        desk, standing = self.desk, self.desk.standing
        decided = _decided(placed)
        if standing.refusal:
            decided = after_call.refused(decided, standing.refusal)
            session.take_back(desk, desk)
        desk.adopt(decided)
        insolvent = standing.insolvent is not None
        if view is not None and (standing.called or (insolvent and desk.account.lots)):
            session.force(desk, view, self._broker)
        desk.send()


def _decided(placed: Sequence[Placed]) -> Decided:
    return Decided(
        decision=Decision(intents=tuple(x.intent for x in placed), traces=(), memory=NOTHING),
        placed=PlacedOrders(
            orders=tuple(x.order for x in placed if x.order is not None),
            dropped=tuple((x.intent, *x.dropped) for x in placed if x.dropped is not None),
        ),
    )
