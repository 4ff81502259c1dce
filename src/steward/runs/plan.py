"""The plan of one session: what to open, roll, close or leave, each with its reason.

A plan is the last session of a run that ends there: the same function decides, and nothing is
decided twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Literal

import polars as pl

from steward.intake.load import Market
from steward.market.quotes import Flag
from steward.market.view import MarketView
from steward.orders.margin import DEFAULT, MarginProfile, spread_requirement
from steward.pricing.payoff import cents, entry_cost, max_loss
from steward.rules.conditions import Struck
from steward.rules.ruleset import RuleSet
from steward.rules.words import dollars
from steward.runs import result as runs_result
from steward.runs.backtest import Course, Progress, follow
from steward.runs.losses import fall_losses
from steward.runs.replay import fits_data, settings_of
from steward.runs.session import sessions_behind
from steward.runs.settings import Settings
from steward.runs.standing import Standing
from steward.runs.tolerances import broken
from steward.terms.contracts import FutureContract, OptionContract
from steward.terms.errors import StewardError
from steward.terms.trades import BookFacts, Intent, Leg, Lot, Order, Quality, State, Trace

Verb = Literal["open", "close", "roll", "buy", "sell", "leave"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing to do, or one holding to leave alone.

    legs         (contracts in all, key), bought above 0
    limit        net price of one unit, ten-thousandths, paid above 0; None for what is left alone
    worst        the price beyond which the order lapses; None: any price
    max_loss     cents, of the whole line; None where it has no meaning
    margin       cents that it adds to the requirement
    break_evens  index points, of a condor
    """

    verb: Verb
    purpose: str
    structure_id: str
    quantity: int
    legs: tuple[tuple[int, str], ...]
    limit: int | None
    worst: int | None
    max_loss: int | None
    margin: int | None
    break_evens: tuple[float, ...]
    days: int
    quality: Quality
    reason: str
    facts: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What one session decided for the ledger of the rules.

    asked, session  the day asked for, and the session whose close was read
    behind          sessions of the exchange that the data lack up to the day asked for
    carried_from    the run that was gone on from ends there, before `session`; else None
    quoted          SPX options are traded at real quotes alone
    indicative      some price in it is no market's: modelled, not quoted
    simulated       its closes are, so that every price is
    model_flags     what is to be said of the session's modelled prices beside that
    margin          the profile of the account      standing  with its margin at this close
    refused         tolerances of the user that this plan breaks, a sentence each
    dropped         intents that became no order, and why
    """

    ledger: str
    asked: date
    session: date
    behind: int
    spx: float
    vix: float
    facts: BookFacts
    lines: tuple[Line, ...]
    dropped: tuple[tuple[Intent, State, str], ...]
    traces: tuple[Trace, ...]
    notes: tuple[str, ...]
    struck: tuple[Struck, ...]
    refused: tuple[str, ...]
    losses: pl.DataFrame
    orders: tuple[Order, ...]
    label: str
    indicative: bool
    run_id: str
    carried_from: date | None = None
    quoted: bool = False
    simulated: bool = False
    model_flags: tuple[Flag, ...] = ()
    margin: MarginProfile = DEFAULT
    standing: Standing = field(default_factory=Standing)

    @property
    def to_do(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.verb != "leave")

    @property
    def why_not(self) -> tuple[str, ...]:
        """Why nothing is to be done, when nothing is."""
        if self.to_do:
            return ()
        said = [why for _, _, why in self.dropped]
        wanted = ("condor_entry", "hedge")
        said += [trace.sentence for trace in self.traces if trace.rule in wanted]
        return tuple(said) or ("no rule asks for a trade at this close",)


def plan(
    market: Market,
    settings: Settings,
    asked: date,
    *,
    run: Path | None = None,
    flat: bool = False,
    stale_ok: bool = False,
    progress: Progress | None = None,
) -> Plan:
    """The plan for the close of `asked`, or of the last session before it.

    run       go on from this run: its rules, window, capital and flows; its own decisions must
              come out again on these data, or it is an error
    flat      begin that day with cash alone
    stale_ok  accept data that end more than one session before `asked`
    Raises StewardError for a date outside of the data, stale data, a run that does not fit.
    """
    ended = was = None
    if run is not None:
        if flat:
            raise StewardError("--run brings a book, --flat begins without one: choose one of them")
        was = runs_result.read(run)
        fits_data(was.manifest, market, run)
        settings = settings_of(was.manifest)
        ended = settings.end
    history = market.history
    session = _session_of(market, asked)
    behind = sessions_behind(history.sessions[-1], asked)
    if behind > 1 and not stale_ok:
        raise StewardError(
            f"the data end on {history.sessions[-1]}, {behind} sessions before {asked}: bring "
            "newer data, or say --stale-ok to plan on what there is"
        )
    carried = ended if ended is not None and ended < session else None
    start = session if flat else settings.start
    if start is not None and start > session:
        raise StewardError(
            f"the run begins on {start}, after {session}: choose a later --as-of, or --flat"
        )
    flows = tuple(flow for flow in settings.flows if start is None or start <= flow.day <= session)
    course = follow(
        market,
        replace(settings, start=start, end=session, flows=flows),
        progress=progress,
    )
    if was is not None:
        _same_decisions(was, course.result, until=session)
    found = of_course(course, settings.rules, asked=asked, behind=behind, market=market)
    return replace(found, carried_from=carried)


def _session_of(market: Market, asked: date) -> date:
    """The last session of the data that is not after the day asked for."""
    sessions = market.history.sessions
    if asked < sessions[0]:
        raise StewardError(
            f"{asked} lies before the first session of {market.history.label} ({sessions[0]}): "
            "choose a later day, or bring older data with --data DIR"
        )
    return max(day for day in sessions if day <= asked)


def _same_decisions(was: runs_result.Result, now: runs_result.Result, *, until: date) -> None:
    """What the run decided up to that session is what these data decide."""
    keys = ["ledger", "session", "kind", "name", "result", "detail"]
    mine, theirs = (
        frame.filter((pl.col("session") <= min(until, _last(was))) & (pl.col("kind") == "order"))
        .select(keys)
        .sort(keys)
        for frame in (now.decisions, was.decisions)
    )
    if mine.equals(theirs):
        return
    odd = pl.concat(
        [mine.join(theirs, on=keys, how="anti"), theirs.join(mine, on=keys, how="anti")]
    )
    raise StewardError(
        f"the run decided otherwise than these data do, first on {odd['session'].min()!s}: it was "
        "made on other data or by another version; make the run again, then plan"
    )


def _last(result: runs_result.Result) -> date:
    return date.fromisoformat(result.manifest["window"]["end"])


# --- from a course to lines ----------------------------------------------------------------------


def of_course(course: Course, rules: RuleSet, *, asked: date, behind: int, market: Market) -> Plan:
    """The plan that a run's last session made for the ledger of its rules."""
    desk, view = course.desks[rules.name], course.view
    facts, account = desk.facts, desk.account
    if facts is None:
        raise ValueError("a plan needs a session that was decided")
    placed = [one.placed for one in desk.decided]
    orders = account.book.open_orders  # those that are tried again, then the new ones
    intents = {i.intent_id: i for one in desk.decided for i in one.decision.intents}
    touched = {leg.lot_id for order in orders for leg in order.legs if leg.lot_id}
    lines = [
        _order_line(order, intents.get(order.intent_id), view, desk.margin) for order in orders
    ]
    lines += _left_alone(account.lots, touched, view, desk.margin)
    planned = _after(account.lots, orders, view)
    return Plan(
        ledger=desk.name,
        asked=asked,
        session=view.session,
        behind=behind,
        spx=view.spx,
        vix=view.vix,
        facts=facts,
        lines=tuple(lines),
        dropped=tuple(item for one in placed for item in one.dropped),
        traces=tuple(trace for one in desk.decided for trace in one.decision.traces),
        notes=tuple(note for one in placed for note in one.notes),
        struck=course.struck,
        refused=broken(rules.tolerances, facts, planned),
        losses=fall_losses(planned, view, account.equity, rules),
        orders=orders,
        label=market.quotes.label,
        indicative=market.kind != "quoted" or any(line.quality != "quoted" for line in lines),
        run_id=course.result.run_id,
        quoted=market.kind == "quoted",
        simulated=bool(market.history.simulated),
        model_flags=market.quotes.flags(view.session),
        margin=desk.margin,
        standing=desk.standing,
    )


def _order_line(
    order: Order, intent: Intent | None, view: MarketView, margin: MarginProfile
) -> Line:
    """`intent`: of this session; None where an order of before is tried again."""
    new = [leg for leg in order.legs if not leg.lot_id]
    old = [leg for leg in order.legs if leg.lot_id]
    verb: Verb
    if order.purpose == "condor" or len(old) == 4:
        verb = "open" if order.action == "open" else "close"
    elif new and old:
        verb = "roll"
    else:
        verb = "buy" if new else "sell"
    opened = _as_lots(order, new, view)
    condor = order.purpose == "condor" and verb == "open"
    detail: Mapping[str, float] = {} if intent is None else intent.detail
    evens = ("break_even_low", "break_even_high")
    return Line(
        verb=verb,
        purpose=order.purpose,
        structure_id=order.structure_id,
        quantity=order.quantity,
        legs=tuple((order.quantity * leg.quantity, leg.contract.key) for leg in order.legs),
        limit=order.limit,
        worst=order.worst,
        max_loss=max_loss(opened) if condor else (_premium(opened) if verb == "buy" else None),
        margin=spread_requirement(opened, view, margin) if condor else None,
        break_evens=tuple(detail[name] for name in evens if name in detail),
        days=min((leg.contract.expiry - view.session).days for leg in (new or old)),
        quality=_quality(order.legs, view),
        reason=order.reason,
        facts=detail,
    )


def _premium(lots: Sequence[Lot]) -> int | None:
    """What bought options can lose, cents: all that they cost; unknown for a future."""
    if any(isinstance(lot.contract, FutureContract) for lot in lots):
        return None
    return entry_cost(lots)


def _quality(legs: Sequence[Leg], view: MarketView) -> Quality:
    found = [view.mark(leg.contract).quality for leg in legs]
    return next((quality for quality in found if quality != "quoted"), found[0])


def _left_alone(
    lots: Sequence[Lot], touched: set[str], view: MarketView, margin: MarginProfile
) -> list[Line]:
    """Holdings that no order trades, by structure, with what they are worth now."""
    structures: dict[str, list[Lot]] = {}
    for lot in lots:
        if lot.lot_id not in touched:
            structures.setdefault(lot.structure_id, []).append(lot)
    return [_held_line(name, held, view, margin) for name, held in structures.items()]


def _held_line(
    structure_id: str, held: Sequence[Lot], view: MarketView, margin: MarginProfile
) -> Line:
    first = held[0]
    options = [lot for lot in held if isinstance(lot.contract, OptionContract)]
    value = sum(
        cents(lot.contract, lot.quantity, view.mark(lot.contract).mid_twice) // 2 for lot in options
    )
    paid = entry_cost(options)
    days = (first.contract.expiry - view.session).days
    condor = first.purpose == "condor"
    if condor:
        words = (
            f"{days} days left; it took in {dollars(-paid)}, closing at mid would cost "
            f"{dollars(-value)}; none of its exits is met"
        )
    elif options:
        words = f"{days} days left; it cost {dollars(paid)}, at mid it is worth {dollars(value)}"
    else:
        words = f"{days} days left; its gain is paid daily"
    return Line(
        verb="leave",
        purpose=first.purpose,
        structure_id=structure_id,
        quantity=abs(first.quantity),
        legs=tuple((lot.quantity, lot.contract.key) for lot in held),
        limit=None,
        worst=None,
        max_loss=max_loss(held) if condor else None,
        margin=spread_requirement(held, view, margin) if condor else None,
        break_evens=(),
        days=days,
        quality=_quality([Leg(contract=lot.contract, quantity=1) for lot in held], view),
        reason=words,
    )


def _as_lots(order: Order, legs: Sequence[Leg], view: MarketView) -> list[Lot]:
    """The lots that an order would open at its limit; the net stands on the first leg.

    What a roll buys stands at its own mid: the net of a roll is not the price of its new leg.
    """
    roll = any(leg.lot_id for leg in order.legs)
    made = []
    for place, leg in enumerate(legs):
        price = order.limit // leg.quantity if place == 0 else 0
        if roll:
            price = view.mark(leg.contract).mid_twice // 2
        made.append(
            Lot(
                lot_id=f"{order.order_id}.{place + 1}",
                structure_id=order.structure_id,
                purpose=order.purpose,
                contract=leg.contract,
                quantity=order.quantity * leg.quantity,
                price=price,
                opened=view.session,
                variation_price=price,
            )
        )
    return made


def _after(lots: Sequence[Lot], orders: Sequence[Order], view: MarketView) -> tuple[Lot, ...]:
    """The book as it would stand when every order filled at its limit."""
    left = {lot.lot_id: lot for lot in lots}
    for order in orders:
        for leg in order.legs:
            if leg.lot_id in left:
                lot = left[leg.lot_id]
                quantity = lot.quantity + order.quantity * leg.quantity
                left[leg.lot_id] = replace(lot, quantity=quantity)
        for lot in _as_lots(order, [leg for leg in order.legs if not leg.lot_id], view):
            left[lot.lot_id] = lot
    return tuple(lot for lot in left.values() if lot.quantity)
