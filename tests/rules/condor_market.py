"""A market of SPX options made by hand: one smile, one spread, whole quotes on the tick grid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from types import SimpleNamespace

import numpy as np

from steward.market.quotes import Chain, Quote
from steward.market.view import MarketView
from steward.pricing import black
from steward.rules import ruleset
from steward.rules.ruleset import RuleSet
from steward.terms import calendar
from steward.terms.contracts import Contract, Expiry, OptionContract, Underlying
from steward.terms.trades import NOTHING, Book, BookFacts, Fill, Lot, Memory, Order

MONDAY, TUESDAY = date(2018, 1, 22), date(2018, 1, 23)
"""The first session of a week, and one that is none."""

FEBRUARY = Expiry(root="SPXW", day=date(2018, 2, 28), settlement="PM")  # 37 days from MONDAY
MARCH = Expiry(root="SPXW", day=date(2018, 3, 9), settlement="PM")  # 46 days
MARCH_AM = Expiry(root="SPX", day=date(2018, 3, 16), settlement="AM")  # 53 days


@dataclass
class CondorMarket:
    """Black-76 on a forward at the index, with a skew; bid and ask `spread` apart.

    vol_slope  added to `vol` for each 10 % that the strike lies below the forward
    changed    quotes that differ from the model, in points, by session and contract; None: none
    """

    series: Sequence[Expiry] = (MARCH,)
    spot: float = 2800.0
    vol: float = 0.14
    vol_slope: float = 0.08
    spread: float = 0.20
    step: float = 5.0
    changed: dict[tuple[date, Contract], tuple[float, float] | None] = field(default_factory=dict)
    spots: Mapping[date, float] = field(default_factory=dict)
    label: str = "made by hand"

    def at(self, session: date) -> float:
        return self.spots.get(session, self.spot)

    def expiries(self, session: date, underlying: Underlying) -> tuple[Expiry, ...]:
        if underlying != "SPX":
            return ()
        return tuple(one for one in self.series if one.day > session)

    def futures(self, session: date) -> tuple[date, ...]:
        return ()

    def chain(self, session: date, expiry: Expiry) -> Chain | None:
        if expiry not in self.expiries(session, "SPX"):
            return None
        one_side = np.arange(0.7 * self.spot // self.step, 1.3 * self.spot // self.step) * self.step
        strike = np.concatenate([one_side, one_side])
        call = np.arange(len(strike)) >= len(one_side)
        forward, years = self.at(session), calendar.years_to(session, expiry)
        vol = np.maximum(self.vol + self.vol_slope * (forward - strike) / (0.1 * forward), 0.05)
        found = black.greeks(forward, strike, years, vol, discount=1.0, call=call)
        grid = 0.05
        bid = np.maximum(np.floor((found.price - self.spread / 2) / grid) * grid, 0.0)
        ask = np.maximum(np.ceil((found.price + self.spread / 2) / grid) * grid, grid)
        for i in range(len(strike)):
            contract = option(expiry, float(strike[i]), "C" if call[i] else "P")
            if (session, contract) in self.changed:
                changed = self.changed[session, contract]
                bid[i], ask[i] = changed if changed is not None else (0.0, 0.0)
        return Chain(
            session=session,
            expiry=expiry,
            underlying="SPX",
            quality="modelled",
            forward=forward,
            discount=1.0,
            years=years,
            strike=strike,
            call=call,
            bid=np.round(bid, 4),
            ask=np.round(ask, 4),
            vol=vol,
            delta=found.delta,
            gamma=found.gamma,
            vega=found.vega,
            theta=found.theta,
        )

    def quote(self, session: date, contract: Contract) -> Quote | None:
        assert isinstance(contract, OptionContract)
        if self.changed.get((session, contract), ()) is None:
            return None
        chain = self.chain(session, contract.series)
        if chain is None:
            return None
        here = (chain.strike == contract.strike) & (chain.call == (contract.right == "C"))
        if not here.any():
            return None
        row = int(np.flatnonzero(here)[0])
        return Quote(
            bid=round(chain.bid[row] * 10_000),
            ask=round(chain.ask[row] * 10_000),
            quality="modelled",
            forward=chain.forward,
            vol=float(chain.vol[row]),
            delta=float(chain.delta[row]),
            gamma=0.0,
            vega=0.0,
            theta=0.0,
        )

    def mark(self, session: date, contract: Contract) -> Quote:
        found = self.quote(session, contract)
        assert found is not None
        return found

    def view(self, session: date) -> MarketView:
        moment = datetime(session.year, session.month, session.day, 21, 15, tzinfo=UTC)
        history = SimpleNamespace(spx=SimpleNamespace(close=np.array([self.at(session)])))
        return MarketView(session, moment, 0, history, self)  # type: ignore[arg-type]


def option(expiry: Expiry, strike: float, right: str) -> OptionContract:
    return OptionContract(
        root=expiry.root,
        expiry=expiry.day,
        strike=strike,
        right=right,  # type: ignore[arg-type]
        settlement=expiry.settlement,
    )


def facts(session: date = MONDAY, **changed: object) -> BookFacts:
    """An account of 250,000 dollars without holdings."""
    plain = BookFacts(
        session=session,
        nav=25_000_000,
        cash=25_000_000,
        peak_nav=25_000_000,
        drawdown=0.0,
        worst_month=None,
        condor_max_loss=0,
        condor_credit=0,
        closed_condors=0,
        sessions_since_start=0,
        hedge_premium_open=0,
        hedge_premium_year=0,
        hedge_gain_realised=0,
        margin_requirement=0,
    )
    return replace(plain, **changed)  # type: ignore[arg-type]


def article(**tables: Mapping[str, object]) -> RuleSet:
    """The packaged rules with some keys changed, by table: `article(entry={"every": "day"})`."""
    rules = ruleset.load("article").model_dump(mode="json")
    for name, changes in tables.items():
        rules[name] = {**rules[name], **changes}
    return ruleset.from_mapping(rules, source="test")


EMPTY = Book(cash=25_000_000)


def bought(order: Order, fill: Fill) -> tuple[Lot, ...]:
    """The lots that an opening order leaves."""
    return tuple(
        Lot(
            lot_id=f"{order.order_id}.{n}",
            structure_id=order.structure_id,
            purpose=order.purpose,
            contract=part.leg.contract,
            quantity=part.quantity,
            price=part.price,
            opened=fill.session,
            variation_price=part.price,
        )
        for n, part in enumerate(fill.legs, start=1)
    )


__all__ = [
    "EMPTY",
    "FEBRUARY",
    "MARCH",
    "MARCH_AM",
    "MONDAY",
    "NOTHING",
    "TUESDAY",
    "CondorMarket",
    "Memory",
    "article",
    "bought",
    "facts",
    "option",
]
