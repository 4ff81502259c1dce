"""Sessions in order: every ledger of a run from its first session to its last."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

from steward.intake.load import Market
from steward.ledger import postings
from steward.ledger.fills import FillRules, Simulator
from steward.market.view import MarketView
from steward.rules import ruleset
from steward.rules.conditions import Struck
from steward.rules.condor import smallest_capital_cents
from steward.rules.ruleset import RuleSet
from steward.runs import manifest, session
from steward.runs.desk import Desk
from steward.runs.losses import LastHeld
from steward.runs.recording import Recorder
from steward.runs.result import Result
from steward.runs.settings import CONDORS, Settings, flows_by_session, ledger_rules, window
from steward.signals.compute import SignalTable, compute
from steward.terms.errors import StewardError

Progress = Callable[[int, int], None]
"""Sessions done, sessions in all."""


@dataclass(slots=True, kw_only=True)
class Course:
    """A run at its last session: the desks as they stand, and the result so far.

    A plan reads the desks; a backtest keeps the result alone.
    """

    desks: Mapping[str, Desk]
    view: MarketView
    signals: SignalTable
    struck: tuple[Struck, ...]
    result: Result


def backtest(market: Market, settings: Settings, *, progress: Progress | None = None) -> Result:
    """The whole run: cash, unhedged, static and the ledger of the rules, on the same condors.

    Raises StewardError for what the user can put right, LawBroken when a law breaks. When not one
    condor could be opened because the account is too small, that is an error too.
    """
    course = follow(market, settings, progress=progress)
    _large_enough(course, settings)
    return course.result


def follow(market: Market, settings: Settings, *, progress: Progress | None = None) -> Course:
    """Carry all ledgers through the window; the state at its end."""
    history = market.history
    days = window(settings, history)
    flows = flows_by_session(settings, days)
    signals = compute(history)
    ledgers = ledger_rules(settings.rules)
    bound, struck = _bind(ledgers, signals)
    world = session.World(
        history=history,
        quotes=market.quotes,
        signals=signals,
        venue=venue_of(settings.rules, settings.broker),
        broker=settings.broker,
    )
    desks = {name: Desk(name, rules, settings.margin) for name, rules in bound.items()}
    recorder = Recorder(quoted=market.kind == "quoted")
    held = LastHeld()
    last: date | None = None
    for number, day in enumerate(days, start=1):
        view = world.view(day)
        moved = flows.get(day, 0) + (settings.capital if last is None else 0)
        rate = session.happen(list(desks.values()), world, view, flow=moved, last=last)
        session.decide(desks, world, view)
        row = signals.row(day)
        for desk in desks.values():
            recorder.equity(desk, view, row, rate, moved)
            recorder.decisions(desk, day)
        recorder.marks(desks.values(), view)
        held.see(desks[settings.rules.name], view)
        last = day
        if progress is not None:
            progress(number, len(days))
    for desk in desks.values():
        desk.account.prove()
    journal = pl.concat([desk.account.frame() for desk in desks.values()])
    equity = recorder.equity_table()
    postings.balanced(journal, equity)
    result = Result(
        manifest=manifest.make(
            market=market,
            ledgers=ledgers,
            main=settings.rules.name,
            days=days,
            capital=settings.capital,
            flows=flows,
            broker=settings.broker,
            margin=settings.margin,
            struck=struck,
            qualities=_qualities(journal, market),
        ),
        journal=journal,
        equity=equity,
        decisions=recorder.decisions_table(),
        marks=recorder.marks_table(),
        losses=held.losses(settings.rules),
    )
    return Course(
        desks=desks, view=world.view(days[-1]), signals=signals, struck=struck, result=result
    )


def venue_of(rules: RuleSet, broker: str) -> Simulator:
    """The simulator with what these rules say that the market lets through, and a broker's fees."""
    fills = rules.fills
    return Simulator(
        FillRules(
            size_share=fills.size_share,
            volume_share=fills.volume_share,
            widest=fills.widest,
            oldest_minutes=fills.oldest_minutes,
        ),
        broker=broker,
    )


def _bind(
    ledgers: Mapping[str, RuleSet | None], signals: SignalTable
) -> tuple[dict[str, RuleSet | None], tuple[Struck, ...]]:
    """The rules as this history can run them, and what was struck, each once."""
    bound: dict[str, RuleSet | None] = {}
    struck: dict[Struck, None] = {}
    for name, rules in ledgers.items():
        if rules is None:
            bound[name] = None
            continue
        bound[name], gone = ruleset.bind(rules, signals.names, signals.absent)
        struck.update(dict.fromkeys(gone))
    return bound, tuple(struck)


def _qualities(journal: pl.DataFrame, market: Market) -> tuple[str, ...]:
    """Of all prices in the journal; of a run without one, what the market would have given."""
    seen = set(journal["quality"].drop_nulls().to_list())
    if market.history.simulated:
        return tuple(sorted(seen)) or ("simulated",)
    return tuple(sorted(seen)) or (("quoted",) if market.kind == "quoted" else ("modelled",))


def _large_enough(course: Course, settings: Settings) -> None:
    lead = course.desks[CONDORS]
    opened = course.result.journal.filter(
        (pl.col("ledger") == CONDORS) & (pl.col("event") == "fill")
    )
    if not opened.is_empty() or lead.rules is None:
        return
    least = smallest_capital_cents(
        course.result.decisions,
        lead.rules,
        both_sides=settings.margin.unequal_widths == "sum",
    )
    if least is not None:
        raise StewardError(
            f"a capital of {settings.capital / 100:,.2f} dollars is too small for one condor: by "
            f"these rules one fits from about {least / 100:,.0f} dollars on; raise --capital, or "
            "allow narrower wings in the rule file"
        )
