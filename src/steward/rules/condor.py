"""From cash to condors (D1): how much, which one and when, and when it is closed.

One pure function for backtest and plan. It reads the condor ledger alone, so every compared ledger
can take its intents unchanged.
"""

from __future__ import annotations

from types import MappingProxyType

from steward.market.quotes import Chain
from steward.market.view import MarketView
from steward.pricing.payoff import cents, wider_width
from steward.rules import allocation, choice, exits
from steward.rules.allocation import Standing, smallest_capital_cents
from steward.rules.choice import Chosen, Search
from steward.rules.exits import HeldCondor
from steward.rules.ruleset import Entry, RuleSet
from steward.rules.words import EVERY, day, dollars, percent, points, strike, whole_dollars
from steward.terms import calendar
from steward.terms.contracts import E4, Expiry
from steward.terms.trades import Book, BookFacts, Decision, Intent, Leg, Memory, Trace

__all__ = ["decide", "smallest_capital_cents"]

RULE = "condor_entry"


def decide(
    view: MarketView, facts: BookFacts, book: Book, memory: Memory, rules: RuleSet
) -> Decision:
    """What to open and what to close at the close of this session, with a trace for each rule.

    facts, book, memory  of the condor ledger; the memory keeps the step of the allocation ramp
    Traces: `condor_allocation`, `condor_entry`, `condor_exit`, every session.
    """
    held = exits.held_condors(book)
    closing, exit_trace = exits.decide(view, held, rules.exit)
    series = view.expiries("SPX")
    standing, ramp_trace = allocation.follow(
        view.session, facts, memory, rules.allocation, trading=bool(series)
    )
    opening, entry_trace = _enter(view, series, facts, book, held, standing, rules)
    return Decision(
        intents=closing + opening,
        traces=(ramp_trace, entry_trace, exit_trace),
        memory=standing.kept_in(memory),
    )


def is_due(view: MarketView, entry: Entry) -> bool:
    """Whether an entry is looked for on this session, by the calendar of the exchange."""
    if entry.every == "week":
        return calendar.is_first_of_week(view.session)
    if entry.every == "month":
        return calendar.is_first_of_month(view.session)
    return True


def _enter(
    view: MarketView,
    series: tuple[Expiry, ...],
    facts: BookFacts,
    book: Book,
    held: tuple[HeldCondor, ...],
    standing: Standing,
    rules: RuleSet,
) -> tuple[tuple[Intent, ...], Trace]:
    entry = rules.entry
    if not series:
        return _none("no quotes", "No condor: no SPX option is quoted on this day.")
    if not is_due(view, entry):
        return _none("not today", f"Entries are looked for {EVERY[entry.every]}.")
    target = allocation.target_cents(facts.nav, rules.allocation.steps_percent[standing.step])
    available = target - facts.condor_max_loss - _waiting(book)
    if available <= 0:
        return _none(
            "allocation used",
            f"No condor: of the {whole_dollars(target)} that condors may lose, "
            f"{whole_dollars(facts.condor_max_loss)} is at risk already.",
        )
    days = {one.series.day for one in held} | {
        leg.contract.expiry
        for order in book.open_orders
        if order.purpose == "condor" and order.action == "open"
        for leg in order.legs
    }
    expiry, why = choice.choose_expiry(view.session, series, entry, days)
    if expiry is None:
        return _none("no expiry", f"No condor: {why}.")
    chain = view.chain(expiry)
    if chain is None:
        return _none("no quotes", f"No condor: {_name(expiry)} is not quoted on this day.")
    found = choice.search(chain, entry, view.spx)
    inputs = {"expiry": _name(expiry), **found.shares}
    if found.chosen is None:
        sentence = _nothing(found, entry, expiry)
        return (), Trace(rule=RULE, result="no trade", sentence=sentence, inputs=inputs)
    budget = target // entry.tranches
    share = rules.allocation.steps_percent[standing.step]
    intent = _intent(
        view, chain, found.chosen, entry, budget=budget, available=available, share=share
    )
    trace = Trace(
        rule=RULE,
        result=f"credit {percent(found.chosen.share)}",
        sentence=_found(intent, found.chosen, entry, budget, available),
        inputs=inputs,
    )
    return (intent,), trace


def _found(intent: Intent, chosen: Chosen, entry: Entry, budget: int, available: int) -> str:
    """The condor, and what of the allocation it may use; the orders say how many it comes to."""
    if chosen.max_loss > available:
        return (
            f"No condor fits: one of {day(chosen.condor.expiry)} with a credit of "
            f"{points(chosen.credit)} can lose {dollars(chosen.max_loss)}, and "
            f"{dollars(available)} of the allocation is free."
        )
    free = whole_dollars(available)
    if chosen.max_loss > budget:
        part = {1: "the whole", 2: "a half", 3: "a third", 4: "a quarter"}.get(
            entry.tranches, f"one part in {entry.tranches}"
        )
        return (
            f"{intent.reason} One condor is more than {part} of the allocation: one is "
            f"taken if it fits; {free} is free."
        )
    most = whole_dollars(min(budget, available))
    return f"{intent.reason} Up to {most} of maximum loss may be added, of {free} that is free."


def _waiting(book: Book) -> int:
    """What condors may lose that are ordered and still tried, cents, at their limits."""
    return sum(
        cents(order.legs[0].contract, order.quantity, wider_width(order.legs) + order.limit)
        for order in book.open_orders
        if order.purpose == "condor" and order.action == "open"
    )


def _none(result: str, sentence: str) -> tuple[tuple[Intent, ...], Trace]:
    return (), Trace(rule=RULE, result=result, sentence=sentence)


def _nothing(found: Search, entry: Entry, expiry: Expiry) -> str:
    """Why no combination will do."""
    asked = f"{percent(entry.credit_share_min)} to {percent(entry.credit_share_max)}"
    if found.nearest is None:
        return (
            f"No condor: no combination of short delta and width on {_name(expiry)} has usable "
            f"quotes on all four legs ({found.tried} tried)."
        )
    share, words = found.nearest
    return (
        f"No condor: no combination of short delta and width on {_name(expiry)} pays {asked} of "
        f"its wider width ({found.tried} tried); the nearest pays {percent(share)} ({words})."
    )


def _name(expiry: Expiry) -> str:
    """`SPXW of 16 March 2018`."""
    return f"{expiry.root} of {day(expiry.day)}"


def _intent(
    view: MarketView,
    chain: Chain,
    chosen: Chosen,
    entry: Entry,
    *,
    budget: int,
    available: int,
    share: float,
) -> Intent:
    condor = chosen.condor
    low, high = choice.break_evens(chosen)
    detail = {
        "credit": chosen.credit / E4,
        "width": chosen.width / E4,
        "narrow_width": min(condor.put_width, condor.call_width),
        "credit_share": chosen.share,
        "max_loss_cents": float(chosen.max_loss),
        "put_delta": chosen.put_delta,
        "call_delta": chosen.call_delta,
        "days": float(calendar.days_to(view.session, chain.expiry)),
        "available_cents": float(available),
        "allocation_percent": share,
        "break_even_low": low / E4,
        "break_even_high": high / E4,
    }
    vol = choice.vol_at_money(chain)
    if vol is not None:
        detail["moves_to_low"] = choice.expected_moves(low, chain, vol)
        detail["moves_to_high"] = choice.expected_moves(high, chain, vol)
    strikes = "/".join(f"{contract.strike:g}" for contract in condor.contracts)
    structure_id = f"{view.session} condor {condor.expiry} {strikes}"
    return Intent(
        intent_id=f"{structure_id} open",
        session=view.session,
        purpose="condor",
        action="open",
        structure_id=structure_id,
        legs=tuple(
            Leg(contract=contract, quantity=sign)
            for contract, sign in zip(condor.contracts, (1, -1, -1, 1), strict=True)
        ),
        size=float(budget),
        fill_share=entry.fill_share,
        reason=_reason(chosen, chain, low, high),
        rule="condor_entry",
        detail=MappingProxyType(detail),
    )


def _reason(chosen: Chosen, chain: Chain, low: int, high: int) -> str:
    condor = chosen.condor
    left = calendar.days_to(chain.session, chain.expiry)
    opening = ", settled on the opening print" if chain.expiry.settlement == "AM" else ""
    return (
        f"Sell the {strike(condor.short_put.strike)} put and the "
        f"{strike(condor.short_call.strike)} call of {day(condor.expiry)} ({left} days away"
        f"{opening}), buy the {strike(condor.long_put.strike)} put and the "
        f"{strike(condor.long_call.strike)} call, for a credit of {points(chosen.credit)}: "
        f"{percent(chosen.share)} of the wider width of {points(chosen.width)}. One condor can "
        f"lose {dollars(chosen.max_loss)}; it loses nothing while SPX settles between "
        f"{points(low)} and {points(high)}."
    )
