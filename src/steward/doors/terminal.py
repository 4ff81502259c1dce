"""What the terminal shows: tables, the plan in words, progress; or one JSON document."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from steward.doors.notebook import BacktestResult
from steward.doors.report import words
from steward.doors.report.figures import HEADLINE
from steward.doors.report.tables import figure_rows
from steward.ledger.fills import in_words as price
from steward.runs.backtest import Progress as Report
from steward.runs.plan import Line, Plan
from steward.runs.replay import Replay
from steward.terms.contracts import E4

INDICATIVE = "Modelled quotes: indicative, not a market."
DISCLAIMER = (
    "For learning; no advice. Selling options can lose many times the premium, and a hedge "
    "can fail."
)


def _console() -> Console:
    """Wide enough for tables when the output goes to a file."""
    return Console(width=None if sys.stdout.isatty() else 110, highlight=False, soft_wrap=False)


@contextmanager
def progress(name: str, *, quiet: bool) -> Iterator[Report | None]:
    """A bar on standard error while sessions pass; nothing where nobody looks."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("sessions"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task(name, total=None)

        def report(done: int, total: int) -> None:
            bars.update(task, completed=done, total=total)

        yield report


def _print_json(content: Any) -> None:
    print(json.dumps(content, indent=1, ensure_ascii=False, sort_keys=True))


# --- backtest ------------------------------------------------------------------------------------


def show_backtest(result: BacktestResult, folder: Path, *, as_json: bool) -> None:
    """The headline figures by ledger and where the run lies."""
    if as_json:
        _print_json(
            {
                "run_id": result.run_id,
                "folder": str(folder),
                "report": str(folder / "report.html"),
                "modelled": result.modelled,
                "quality": result.manifest["quality"],
                "window": result.manifest["window"],
                "absent": result.manifest["absent"],
                "summary": result.summary,
            }
        )
        return
    console = _console()
    window, figures = result.manifest["window"], result.summary
    label = "  [modelled quotes]" if result.modelled else ""
    console.print(
        Text(f"Condors and their VIX hedge, {window['start']} to {window['end']}{label}", "bold")
    )
    console.print(f"Data: {result.manifest['data']['label']}.", markup=False)
    table = Table(show_edge=False, pad_edge=False)
    table.add_column("")
    for name in figures:
        table.add_column(name, justify="right")
    for row in figure_rows(figures, HEADLINE):
        table.add_row(row.name, *(cell.text for cell in row.cells))
    console.print(table)
    main = figures[result.manifest["main"]]
    if not main["condors_opened"]:
        console.print(Text(no_trade(result), "yellow"))
    for item in _struck(result.manifest["absent"]):
        console.print(f"Absent: {item}", markup=False)
    if result.modelled:
        console.print(Text(INDICATIVE, "yellow"))
    console.print(f"Report: {folder / 'report.html'}", markup=False, soft_wrap=True)


def no_trade(result: BacktestResult) -> str:
    """Why a run without a single condor has none: the commonest reasons of its entries."""
    said = result.entry_refusals()
    if not said:
        return "No condor was opened: no session of the window asked for one."
    return "No condor was opened. " + " ".join(
        f"On {count:,} session{'s' if count > 1 else ''}, last: {_sentence(why)}"
        for why, count in said
    )


def _struck(absent: list[dict[str, str]]) -> list[str]:
    """Consequences with the signals that caused them, each once."""
    by_consequence: dict[str, list[str]] = {}
    for item in absent:
        names = by_consequence.setdefault(item["consequence"], [])
        if item["name"] not in names:
            names.append(item["name"])
    return [f"{words.listed(names)}: {what}." for what, names in by_consequence.items()]


# --- plan ----------------------------------------------------------------------------------------


def show_plan(plan: Plan, *, as_json: bool) -> None:
    """What to do, each with its reason, or why nothing is to be done."""
    if as_json:
        _print_json(plan_record(plan))
        return
    console = _console()
    console.print(
        Text(f"Plan for the close of {plan.session:%A}, {words.day(plan.session)}", "bold")
    )
    if plan.behind:
        console.print(
            f"Asked for {plan.asked}; the data end on {plan.session}, {plan.behind} "
            f"session{'s' if plan.behind != 1 else ''} before."
        )
    elif plan.session != plan.asked:
        console.print(f"{plan.asked} is no session; the last one before it is {plan.session}.")
    facts = plan.facts
    console.print(
        f"SPX {plan.spx:,.2f}, VIX {plan.vix:.2f}. Ledger {plan.ledger}: account "
        f"{words.money(facts.nav)}, cash {words.money(facts.cash)}, drawdown "
        f"{words.percent(facts.drawdown)}, margin {words.money(facts.margin_requirement)}."
    )
    if plan.indicative:
        console.print(Text(f"{INDICATIVE} Prices below are {plan.label}.", "yellow"))
    for refusal in plan.refused:
        console.print(Text(f"Refused by your own tolerances: {refusal}.", "bold red"))
    if not plan.to_do:
        console.print(Text("\nNo trade, because:", "bold"))
        for why in plan.why_not:
            console.print(Padding(Text(f"- {_sentence(why)}"), (0, 0, 0, 2)))
    for line in plan.lines:
        _print_line(console, line)
    for intent, state, why in plan.dropped if plan.to_do else ():
        console.print(Text(f"\nNOT SENT ({state}): {intent.reason}", "bold"))
        console.print(Padding(Text(_sentence(why)), (0, 0, 0, 2)))
    _print_why(console, plan)
    console.print(f"\n{DISCLAIMER}")


def _print_line(console: Console, line: Line) -> None:
    head = f"\n{line.verb.upper()} {words.purpose(line.purpose).lower()}, {line.days} days left"
    console.print(Text(head, "bold" if line.verb != "leave" else ""))
    body = [", ".join(f"{quantity:+d} {key}" for quantity, key in line.legs)]
    if line.limit is not None:
        worst = "any price" if line.worst is None else price(line.worst)
        body.append(
            f"{line.quantity} at a limit of {price(line.limit)} each, lapses beyond {worst} "
            f"({line.quality} quotes)"
        )
    sizes = []
    if line.max_loss is not None:
        sizes.append(f"maximum loss {words.money(line.max_loss)}")
    if line.margin is not None:
        sizes.append(f"margin {words.money(line.margin)}")
    if line.break_evens:
        sizes.append("break-evens " + " and ".join(f"{level:,.2f}" for level in line.break_evens))
    if sizes:
        body.append(", ".join(sizes))
    body.append(_sentence(line.reason))
    for text in body:
        console.print(Padding(Text(text), (0, 0, 0, 2)))


def _print_why(console: Console, plan: Plan) -> None:
    console.print(Text("\nWhat the rules saw", "bold"))
    for trace in plan.traces:
        console.print(Padding(Text(f"{trace.rule}: {_sentence(trace.sentence)}"), (0, 0, 0, 2)))
    for note in plan.notes:
        console.print(Padding(Text(f"size: {_sentence(note)}"), (0, 0, 0, 2)))
    for item in _struck([{"name": s.signal, "consequence": s.consequence} for s in plan.struck]):
        console.print(Padding(Text(f"absent: {item}"), (0, 0, 0, 2)))
    if any(plan.losses["unhedged_cents"]):
        console.print(Text("\nIf SPX fell within a week, the account with these orders", "bold"))
        table = Table(show_edge=False, pad_edge=False)
        for title in ("fall", "without the hedge", "with the hedge", "of the account"):
            table.add_column(title, justify="right")
        for row in plan.losses.iter_rows(named=True):
            table.add_row(
                words.percent(row["fall"], 0),
                words.money(row["unhedged_cents"], sign=True),
                words.money(row["hedged_cents"], sign=True),
                words.percent(row["hedged_cents"] / row["nav_cents"], sign=True),
            )
        console.print(Padding(table, (0, 0, 0, 2)))


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:].rstrip(".") + "."


def plan_record(plan: Plan) -> dict[str, Any]:
    """The plan as plain values: prices in index points, money in cents."""
    return {
        "session": plan.session.isoformat(),
        "asked": plan.asked.isoformat(),
        "sessions_behind": plan.behind,
        "ledger": plan.ledger,
        "indicative": plan.indicative,
        "quotes": plan.label,
        "disclaimer": DISCLAIMER,
        "account": {
            "nav_cents": plan.facts.nav,
            "cash_cents": plan.facts.cash,
            "drawdown": plan.facts.drawdown,
            "margin_cents": plan.facts.margin_requirement,
            "condor_max_loss_cents": plan.facts.condor_max_loss,
        },
        "refused_by_tolerances": list(plan.refused),
        "lines": [
            {
                "verb": line.verb,
                "purpose": line.purpose,
                "structure": line.structure_id,
                "quantity": line.quantity,
                "legs": [{"quantity": q, "contract": key} for q, key in line.legs],
                "limit_points": None if line.limit is None else line.limit / E4,
                "worst_points": None if line.worst is None else line.worst / E4,
                "max_loss_cents": line.max_loss,
                "margin_cents": line.margin,
                "break_evens": list(line.break_evens),
                "days": line.days,
                "quality": line.quality,
                "reason": line.reason,
                "facts": dict(line.facts),
            }
            for line in plan.lines
        ],
        "no_trade_because": list(plan.why_not),
        "not_sent": [
            {"intent": intent.intent_id, "state": state, "why": why}
            for intent, state, why in plan.dropped
        ],
        "traces": [
            {
                "rule": trace.rule,
                "result": trace.result,
                "sentence": trace.sentence,
                "inputs": dict(trace.inputs),
            }
            for trace in plan.traces
        ],
        "notes": list(plan.notes),
        "absent": [
            {"name": s.signal, "rule": s.rule, "why": s.why, "consequence": s.consequence}
            for s in plan.struck
        ],
        "losses": plan.losses.to_dicts(),
    }


# --- replay --------------------------------------------------------------------------------------


def show_replay(found: Replay, *, as_json: bool) -> None:
    """Whether the run came out again, or what differs."""
    if as_json:
        _print_json(
            {
                "run_id": found.run_id,
                "same": found.same,
                "inputs_differ": list(found.inputs),
                "files_differ": list(found.files),
                "compared": list(found.compared),
            }
        )
        return
    console = _console()
    if found.same:
        console.print(
            f"Reproduced byte for byte, run {found.run_id[:12]}: "
            f"{words.listed(list(found.compared))}."
        )
        return
    for item in found.inputs:
        console.print(f"Differs: {item}.", markup=False)
    for name in found.files:
        console.print(
            f"Differs: {name}, although data, version and rules are those of the run.", markup=False
        )
