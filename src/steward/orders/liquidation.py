"""Which positions a margin call closes, in which order, and the orders for it.

The order, until what is needed fits into what counts with the profile's buffer left free:

    1. nothing is opened: whatever the rules want to open this session is refused (by `runs`)
    2. what the rules close anyway, and what settles before an order could trade, is counted first
    3. VIX futures: they need margin of their own, and cost a tick to sell
    4. condors, whole: all four legs, all units of the structure
    5. options of the hedge: they need no margin by strategy, so they are sold to pay back a debt

Within 3, 4 and 5 first what relieves most for each dollar that it costs against the middle of the
quotes, fees included; what relieves nothing stays. So the protection stays as long as there is
something to protect. An account below zero is closed as a whole, whatever that relieves.

Prices are the natural ones: the whole half spread, and no worst price. The relief is counted at the
quotes of the decision; the orders trade on those of the next session.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from types import MappingProxyType

from steward.market.view import MarketView
from steward.orders.build import order_for
from steward.orders.margin import Compiled, MarginProfile, holdings
from steward.orders.place import Placed
from steward.pricing import fees
from steward.pricing.execution import order_price
from steward.pricing.payoff import cents
from steward.rules.words import dollars
from steward.terms import calendar
from steward.terms.contracts import FutureContract
from steward.terms.trades import (
    HEDGE_PURPOSES,
    NOTHING,
    Decision,
    Intent,
    Leg,
    Lot,
    Order,
    State,
    Trace,
)

NATURAL = 1.0
"""The whole half spread: what a forced order pays."""

RULE = "margin_call"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What a call is reckoned on, cents. `closing`: lots that orders of the rules close already."""

    lots: tuple[Lot, ...]
    cash: int
    equity: int
    closing: Collection[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Forced:
    """Forced orders of one session, as a decision and what became of it.

    enough  whether they are expected to meet the call
    """

    decision: Decision
    placed: Placed
    enough: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unit:
    """What is closed with one order: a structure whole, or one lot.

    cash  gained by closing it at the natural price, fees taken off, cents
    cost  of that against the middle, fees included, cents
    """

    name: str
    rank: int
    lots: tuple[Lot, ...]
    cash: int
    cost: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _State:
    """The account as it would stand, cents."""

    lots: tuple[Lot, ...]
    cash: int
    equity: int

    def without(self, unit: _Unit) -> _State:
        gone = {lot.lot_id for lot in unit.lots}
        return _State(
            lots=tuple(lot for lot in self.lots if lot.lot_id not in gone),
            cash=self.cash + unit.cash,
            equity=self.equity - unit.cost,
        )


def liquidate(
    account: Account,
    view: MarketView,
    profile: MarginProfile,
    *,
    everything: bool = False,
    broker: str = fees.DEFAULT_BROKER,
) -> Forced:
    """The forced orders of an account that is short of margin at the view's marks.

    everything  it is worth less than nothing: all of it is closed
    broker      whose fees it pays
    """
    tomorrow = calendar.next_session(view.session)
    state = _State(lots=account.lots, cash=account.cash, equity=account.equity)
    left: list[_Unit] = []
    for unit in _units(account.lots, view, broker):
        settles = all(lot.contract.expiry <= tomorrow for lot in unit.lots)
        if settles or any(lot.lot_id in account.closing for lot in unit.lots):
            state = state.without(unit)
        else:
            left.append(unit)
    short = _short(state, view, profile)
    chosen: list[_Unit] = []
    reliefs: list[int] = []
    while left and (everything or not _fits(state, view, profile)):
        best = _best(left, state, view, profile, everything=everything)
        if best is None:
            break
        unit, relief = best
        left.remove(unit)
        state = state.without(unit)
        chosen.append(unit)
        reliefs.append(relief)
    return _sent(
        view,
        chosen,
        reliefs,
        why=_why(account, short, view, profile, everything),
        enough=_short(state, view, profile) <= 0,
    )


def _best(
    left: Sequence[_Unit],
    state: _State,
    view: MarketView,
    profile: MarginProfile,
    *,
    everything: bool,
) -> tuple[_Unit, int] | None:
    """The next to close and what it relieves, cents; None: nothing that is left would help."""
    short = _short(state, view, profile)
    found: list[tuple[int, Fraction, str, _Unit, int]] = []
    for unit in left:
        relief = short - _short(state.without(unit), view, profile)
        if everything or relief > 0:
            worth = Fraction(relief, max(unit.cost, 1))
            found.append((unit.rank, -worth, unit.name, unit, relief))
    if not found:
        return None
    *_, unit, relief = min(found, key=lambda one: one[:3])
    return unit, relief


def _needed(state: _State, view: MarketView, profile: MarginProfile) -> int:
    return Compiled(holdings(state.lots), profile).total(view)


def _short(state: _State, view: MarketView, profile: MarginProfile) -> int:
    """What is lacking, cents; below 0: what is free."""
    funds = profile.funds(cash=state.cash, equity=state.equity)
    return _needed(state, view, profile) - funds


def _fits(state: _State, view: MarketView, profile: MarginProfile) -> bool:
    """Whether it fits with the buffer: the share of what counts that stays free."""
    funds = profile.funds(cash=state.cash, equity=state.equity)
    return 100 * _needed(state, view, profile) <= funds * (100 - profile.buffer_percent)


# --- units and their orders ----------------------------------------------------------------------


def _units(lots: Sequence[Lot], view: MarketView, broker: str) -> list[_Unit]:
    structures: dict[str, list[Lot]] = {}
    for lot in lots:
        structures.setdefault(lot.structure_id, []).append(lot)
    found = []
    for name, held in structures.items():
        if len(held) > 1 and len({abs(lot.quantity) for lot in held}) == 1:
            found.append(_unit(name, held, view, broker))
        else:
            found += [_unit(lot.lot_id, [lot], view, broker) for lot in held]
    return found


def _unit(name: str, lots: Sequence[Lot], view: MarketView, broker: str) -> _Unit:
    units = abs(lots[0].quantity)
    quoted = [(leg, view.mark(leg.contract)) for leg in _legs(lots)]
    _, prices = order_price(quoted, NATURAL, view.session)
    traded = [
        fees.leg(leg.contract, units * leg.quantity, price, "close")
        for (leg, _), price in zip(quoted, prices, strict=True)
    ]
    fee = fees.order_cents(traded, view.session, broker=broker)
    cash, cost = -fee, fee
    for lot, (leg, quote), price in zip(lots, quoted, prices, strict=True):
        contracts = units * leg.quantity
        paid = cents(lot.contract, contracts, price)
        if isinstance(lot.contract, FutureContract):
            cash += cents(lot.contract, -contracts, price - lot.variation_price)
        else:
            cash -= paid
        cost += paid - cents(lot.contract, contracts, quote.mid_twice) // 2
    return _Unit(name=name, rank=_rank(lots[0]), lots=tuple(lots), cash=cash, cost=cost)


def _rank(lot: Lot) -> int:
    if isinstance(lot.contract, FutureContract):
        return 0
    return 2 if lot.purpose in HEDGE_PURPOSES else 1


def _legs(lots: Sequence[Lot]) -> tuple[Leg, ...]:
    return tuple(
        Leg(contract=lot.contract, quantity=-1 if lot.quantity > 0 else 1, lot_id=lot.lot_id)
        for lot in lots
    )


def _sent(
    view: MarketView,
    chosen: Sequence[_Unit],
    reliefs: Sequence[int],
    *,
    why: str,
    enough: bool,
) -> Forced:
    orders: list[Order] = []
    intents: list[Intent] = []
    dropped: list[tuple[Intent, State, str]] = []
    for unit, relief in zip(chosen, reliefs, strict=True):
        intent = _intent(unit, relief, view.session, why)
        intents.append(intent)
        order = order_for(
            intent,
            abs(unit.lots[0].quantity),
            view.mark,
            min_credit_share=0.0,
            max_slippage=0.0,
        )
        if isinstance(order, str):
            dropped.append((intent, "no quote", f"There is {order}."))
        else:
            orders.append(order)
    what = f"closes {len(orders)}" if orders else "closes nothing"
    tail = "" if enough else " That is not expected to be enough."
    trace = Trace(rule=RULE, result=what, sentence=f"{why}{tail}")
    return Forced(
        decision=Decision(intents=tuple(intents), traces=(trace,), memory=NOTHING),
        placed=Placed(orders=tuple(orders), dropped=tuple(dropped)),
        enough=enough,
    )


def _intent(unit: _Unit, relief: int, session: date, why: str) -> Intent:
    detail = {"relief_cents": float(relief), "cost_cents": float(unit.cost)}
    return Intent(
        intent_id=f"{unit.name} {RULE} {session}",
        session=session,
        purpose="margin_call",
        action="close",
        structure_id=unit.lots[0].structure_id,
        legs=_legs(unit.lots),
        size=float(abs(unit.lots[0].quantity)),
        fill_share=NATURAL,
        reason=(
            f"{why} Closing this relieves {dollars(relief)} and costs "
            f"{dollars(unit.cost)} against the middle of the quotes."
        ),
        detail=MappingProxyType(detail),
    )


def _why(
    account: Account, short: int, view: MarketView, profile: MarginProfile, everything: bool
) -> str:
    if everything:
        return (
            f"The account is worth {dollars(account.equity)}: everything is closed, and "
            "nothing is opened any more."
        )
    funds = profile.funds(cash=account.cash, equity=account.equity)
    needed = Compiled(holdings(account.lots), profile).total(view)
    kind = "in cash" if profile.held_against == "cash" else "of account value"
    counted = (
        f" After what is closed anyway {dollars(max(short, 0))} is lacking."
        if short != needed - funds
        else ""
    )
    return (
        f"Margin call: {dollars(needed)} is required ({profile.label}), "
        f"{dollars(funds)} {kind} is there.{counted}"
    )
