"""When a condor is closed before it settles (D1), at prices that one could trade on now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from math import ceil, floor
from types import MappingProxyType

from steward.market.view import MarketView
from steward.pricing.execution import exact, net_price, package_grid
from steward.pricing.payoff import strike_e4
from steward.rules.ruleset import Exit
from steward.rules.words import count, day, percent, points, strike
from steward.terms import calendar
from steward.terms.contracts import E4, Expiry, OptionContract
from steward.terms.trades import Book, Intent, Leg, Lot, Trace

RULE = "condor_exit"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldCondor:
    """An open condor of a book, one unit of it.

    lots      long put, short put, short call, long call
    quantity  units       credit  taken in at the opening, e4
    """

    structure_id: str
    lots: tuple[Lot, ...]
    quantity: int
    credit: int
    series: Expiry

    @property
    def name(self) -> str:
        """`the condor of 16 March 2018 (2,500/2,550/2,850/2,900)`."""
        strikes = "/".join(strike(_option(lot).strike) for lot in self.lots)
        return f"the condor of {day(self.series.day)} ({strikes})"


def _option(lot: Lot) -> OptionContract:
    contract = lot.contract
    if not isinstance(contract, OptionContract):
        raise ValueError(f"{lot.lot_id}: a leg of a condor must be an option, is {contract.key}")
    return contract


def held_condors(book: Book) -> tuple[HeldCondor, ...]:
    """The open condors of a book, in the order in which they were opened.

    Raises ValueError when a structure is not whole: four options, each of one size.
    """
    return held_condors_of(book.lots)


def held_condors_of(lots: Iterable[Lot]) -> tuple[HeldCondor, ...]:
    """The same of some lots of a book."""
    structures: dict[str, list[Lot]] = {}
    for lot in lots:
        if lot.purpose == "condor":
            structures.setdefault(lot.structure_id, []).append(lot)
    return tuple(_held(name, held) for name, held in structures.items())


def _held(structure_id: str, lots: list[Lot]) -> HeldCondor:
    ordered = sorted(lots, key=lambda lot: (_option(lot).right == "C", _option(lot).strike))
    units = {abs(lot.quantity) for lot in lots}
    if len(lots) != 4 or len(units) != 1:
        raise ValueError(f"{structure_id}: not the four legs of a condor, of one size")
    return HeldCondor(
        structure_id=structure_id,
        lots=tuple(ordered),
        quantity=units.pop(),
        credit=sum(lot.price if lot.quantity < 0 else -lot.price for lot in lots),
        series=_option(ordered[0]).series,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Verdict:
    """reason "" keeps the condor; `state` is what a reader wants to know of it either way."""

    state: str
    reason: str = ""
    fill_share: float = 0.0
    detail: Mapping[str, float] | None = None
    quoted: bool = True
    rule: str = "exit_days"


def decide(
    view: MarketView, condors: Sequence[HeldCondor], rules: Exit
) -> tuple[tuple[Intent, ...], Trace]:
    """Which condors to close now, and one record of them all.

    A stop comes before a profit, a profit before the days: a stop trades at a worse price, so its
    reason must not be lost to another. A gain is measured on what closing would cost at the
    executable price; a loss at the price that the rules name for it, by default the middle of the
    quotes: a wide market is a cost of closing, not a move of the index. Without quotes of all four
    legs no exit at a price is taken, and nothing is assumed; the exit by days needs no price. A
    condor that settles before an order of today can be filled is left to its settlement.
    """
    if not condors:
        return (), Trace(rule=RULE, result="none open", sentence="No condor is open.")
    if not _words(rules):
        words = f"{_count(len(condors))} held to settlement: these rules have no exit."
        return (), Trace(rule=RULE, result=f"hold {len(condors)}", sentence=words)
    tomorrow = calendar.next_session(view.session)
    found = [(condor, _verdict(view, condor, rules, tomorrow)) for condor in condors]
    intents = tuple(_intent(view, c, verdict) for c, verdict in found if verdict.reason)
    return intents, _trace(found, intents, rules)


def _verdict(view: MarketView, condor: HeldCondor, rules: Exit, tomorrow: date) -> _Verdict:
    if condor.series.day <= tomorrow:
        return _Verdict(state=f"settles on {day(condor.series.day)}, before an order could trade")
    left = calendar.days_to(view.session, condor.series)
    due = rules.days_to_expiry is not None and left <= rules.days_to_expiry
    by_days = f"{_days(left)} left ({rules.days_to_expiry} asked for)" if due else ""
    legs = _legs(view, condor)
    if legs is None:
        return _Verdict(
            state=f"no quotes of all four legs, {count(left, 'day')} left",
            reason=by_days,
            fill_share=rules.fill_share,
            detail={"credit": condor.credit / E4, "days": float(left)},
            quoted=False,
        )
    grid = package_grid(condor.lots[0].contract, view.session)
    profit, loss = limits(condor.credit, rules)
    cost, share, reason = net_price(legs, rules.fill_share, grid), rules.fill_share, by_days
    width = _width(condor)
    state = (
        f"costs {points(cost)} to close, credit {points(condor.credit)}, {count(left, 'day')} left"
    )
    seen = net_price(legs, rules.stop_measured_share, grid) if loss is not None else 0
    rule = "exit_days"
    if loss is not None and seen >= loss:
        cost, share = net_price(legs, rules.stop_fill_share, grid), rules.stop_fill_share
        reason, rule = _stopped(seen, cost, condor, rules), "exit_loss"
    elif profit is not None and cost <= profit:
        reason, rule = _earned(cost, condor, rules), "exit_profit"
    if reason and cost > width:
        reason += (
            f". Buying it back would cost {points(cost)}, more than the width: the order pays "
            f"{points(width)} at most"
        )
    detail = {
        "cost": cost / E4,
        "credit": condor.credit / E4,
        "days": float(left),
        "gain_cents": float((condor.credit - cost) * condor.quantity),
    }
    return _Verdict(state=state, reason=reason, fill_share=share, detail=detail, rule=rule)


def _width(condor: HeldCondor) -> int:
    """The wider of its two widths, e4: what it can cost in the end."""
    strikes = [strike_e4(_option(lot)) for lot in condor.lots]
    return max(strikes[1] - strikes[0], strikes[3] - strikes[2])


def limits(credit: int, rules: Exit) -> tuple[int | None, int | None]:
    """Prices of closing one unit, e4: a profit is taken at the first or below, a loss from the
    second on; None where that exit is off, or where nothing was taken in to measure by.
    """
    return _limits(credit, rules.profit_share_of_credit, rules.loss_multiple_of_credit)


@lru_cache(maxsize=1024)
def _limits(
    credit: int, profit_share: float | None, loss_multiple: float | None
) -> tuple[int | None, int | None]:
    profit = loss = None
    if profit_share is not None and credit > 0:
        profit = floor((1 - exact(profit_share)) * credit)
    if loss_multiple is not None and credit > 0:
        loss = credit + ceil(exact(loss_multiple) * credit)
    return profit, loss


def _legs(view: MarketView, condor: HeldCondor) -> list[tuple[int, int, int]] | None:
    """Closing legs with the quotes of now, as `net_price` takes them; None without all four."""
    legs = []
    for lot in condor.lots:
        quote = view.quote(lot.contract)
        if quote is None or quote.ask <= 0 or quote.bid > quote.ask:
            return None
        legs.append((-1 if lot.quantity > 0 else 1, quote.bid, quote.ask))
    return legs


def _stopped(seen: int, cost: int, condor: HeldCondor, rules: Exit) -> str:
    at = "at mid " if rules.stop_measured_share == 0.0 else ""
    return (
        f"it stands at {points(seen)} {at}on a credit of {points(condor.credit)}, a loss of "
        f"{rules.loss_multiple_of_credit:g} times the credit or more"
        + (f"; buying it back costs {points(cost)}" if cost <= _width(condor) else "")
    )


def _earned(cost: int, condor: HeldCondor, rules: Exit) -> str:
    return (
        f"{points(cost)} buys back what brought {points(condor.credit)}, so "
        f"{percent((condor.credit - cost) / condor.credit)} of the credit is earned "
        f"({percent(rules.profit_share_of_credit or 0.0)} asked for)"
    )


def _intent(view: MarketView, condor: HeldCondor, verdict: _Verdict) -> Intent:
    return Intent(
        intent_id=f"{condor.structure_id} close {view.session}",
        session=view.session,
        purpose="condor",
        action="close",
        structure_id=condor.structure_id,
        legs=tuple(
            Leg(contract=x.contract, quantity=-1 if x.quantity > 0 else 1, lot_id=x.lot_id)
            for x in condor.lots
        ),
        size=float(condor.quantity),
        fill_share=verdict.fill_share,
        reason=f"Close {condor.name}: {verdict.reason}.",
        detail=MappingProxyType(dict(verdict.detail or {})),
        rule=verdict.rule,
    )


def _trace(
    found: Sequence[tuple[HeldCondor, _Verdict]], intents: Sequence[Intent], rules: Exit
) -> Trace:
    inputs = {condor.structure_id: verdict.state for condor, verdict in found}
    blind = sum(1 for _, verdict in found if not verdict.quoted)
    unseen = f" {_count(blind)} without quotes of all four legs: no price assumed." if blind else ""
    if intents:
        sentence = " ".join(intent.reason for intent in intents) + unseen
        return Trace(rule=RULE, result=f"close {len(intents)}", sentence=sentence, inputs=inputs)
    sentence = f"{_count(len(found))} held: none has {_words(rules)}.{unseen}"
    return Trace(rule=RULE, result=f"hold {len(found)}", sentence=sentence, inputs=inputs)


def _words(rules: Exit) -> str:
    """The exits that are on: `earned 50.0 % of its credit, ... or 21 days or less left`."""
    parts = []
    if rules.profit_share_of_credit is not None:
        parts.append(f"earned {percent(rules.profit_share_of_credit)} of its credit")
    if rules.loss_multiple_of_credit is not None:
        parts.append(f"lost {rules.loss_multiple_of_credit:g} times its credit")
    if rules.days_to_expiry is not None:
        parts.append(f"{count(rules.days_to_expiry, 'day')} or less left")
    return ", or ".join(parts)


def _days(left: int) -> str:
    return f"{count(left, 'day')} {'is' if left == 1 else 'are'}"


def _count(number: int) -> str:
    return count(number, "condor")
