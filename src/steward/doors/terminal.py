"""What the terminal shows: tables, the plan in words, progress; or one JSON document."""

from __future__ import annotations

import json
import re
import sys
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from steward.doors.bars import said_when_stopped
from steward.doors.notebook import BacktestResult
from steward.doors.report import flags, words
from steward.doors.report.figures import HEADLINE
from steward.doors.report.story import INDICATIVE, MADE, SIMULATED
from steward.doors.report.tables import figure_rows
from steward.ledger.fills import in_words as price
from steward.rules import spoken
from steward.runs.backtest import Progress as Report
from steward.runs.plan import Line, Plan
from steward.runs.replay import Replay
from steward.terms.contracts import E4

DISCLAIMER = (
    "For learning; no advice. Selling options can lose many times the premium, and a hedge "
    "can fail."
)


TYPED = str.maketrans({"\u2212": "-", "\u2013": "-", "\u00a0": " ", "\u2060": None})
"""Signs of a page as a keyboard has them: a terminal's text is copied and read by programs."""


class Out:
    """The terminal, or a file in its place: wide enough for tables."""

    def __init__(self) -> None:
        width = None if sys.stdout.isatty() else 110
        self._console = Console(width=width, highlight=False, markup=False)

    @property
    def width(self) -> int:
        """In characters."""
        return self._console.width

    def line(self, text: str, style: str = "", *, indent: int = 0) -> None:
        """One paragraph, wrapped; a break in front of it is an empty line."""
        body = text.translate(TYPED)
        while body.startswith("\n"):
            self._console.print()
            body = body[1:]
        blank = " " * indent
        for part in textwrap.wrap(
            body, self._console.width, initial_indent=blank, subsequent_indent=blank
        ):
            self._console.print(Text(part, style))

    def path(self, words: str) -> None:
        """A line that is never wrapped, so that it can be copied."""
        self._console.print(words, soft_wrap=True)

    def table(
        self,
        head: Sequence[str],
        rows: Iterable[Sequence[str]],
        *,
        indent: int = 0,
        words: Sequence[str] = (),
    ) -> None:
        """The first column to the left, the others to the right and never broken.

        words  titles of columns of text: to the left, broken between words where they are too wide
        A name that is too wide is broken behind a separator, else at the edge; where the other
        columns leave no room for it, each row is a paragraph.
        """
        cells = [[cell.translate(TYPED) for cell in row] for row in rows]
        room = self.width - indent - taken(head[1:], [row[1:] for row in cells])
        if room < NARROWEST and not words:
            for first, *others in cells:
                told = [f"{title} {cell}" for title, cell in zip(head[1:], others, strict=True)]
                self.line(f"{first}: {', '.join(told)}", indent=indent)
            return
        found = Table(show_edge=False, pad_edge=False, box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
        for place, title in enumerate(head):
            text = title in words
            found.add_column(
                title,
                justify="left" if text or not place else "right",
                no_wrap=bool(place) and not text,
                overflow="fold",
                min_width=1,  # else a column without text is measured as 0 and drawn as 1
            )
        for first, *others in cells:
            found.add_row(first if words else folded(first, room), *others)
        self._console.print(Padding(found, (0, 0, 0, indent), expand=False))


NARROWEST = 10
"""Characters of a first column."""

BETWEEN = 2
"""Characters between two columns."""


def taken(head: Sequence[str], rows: Sequence[Sequence[str]]) -> int:
    """Characters that these columns take behind a first one, if none of them is broken.

    A column without any text still takes one.
    """
    columns = [(title, *(row[place] for row in rows)) for place, title in enumerate(head)]
    return sum(max(1, *map(cell_len, column)) + BETWEEN for column in columns)


def folded(name: str, width: int) -> str:
    """A name in lines of at most `width`, broken behind a blank or a separator where it can be."""
    lines = [""]
    for piece in re.findall(r"[^\s_./,-]*[\s_./,-]*", name):
        if lines[-1] and cell_len((lines[-1] + piece).rstrip()) > width:
            lines.append("")
        lines[-1] += piece
        while cell_len(lines[-1].rstrip()) > width:
            lines[-1:] = [lines[-1][:width], lines[-1][width:]]
    return "\n".join(line.rstrip() for line in lines)


@contextmanager
def progress(name: str, *, quiet: bool) -> Iterator[Report | None]:
    """A bar on standard error while sessions pass; nothing where nobody looks."""
    with said_when_stopped("nothing was written"):
        if quiet or not sys.stderr.isatty():
            yield None
            return
        with _shown(name) as report:
            yield report


@contextmanager
def _shown(name: str) -> Iterator[Report]:
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


def print_json(content: Any) -> None:
    print(json.dumps(content, indent=1, ensure_ascii=False, sort_keys=True))


# --- backtest ------------------------------------------------------------------------------------


def show_backtest(result: BacktestResult, folder: Path, *, as_json: bool) -> None:
    """The headline figures by ledger and where the run lies."""
    if as_json:
        print_json(
            {
                "run_id": result.run_id,
                "folder": str(folder),
                "report": str(folder / "report.html"),
                "modelled": result.modelled,
                "model_flags": result.model_flags,
                "quality": result.manifest["quality"],
                "window": result.manifest["window"],
                "absent": result.manifest["absent"],
                "summary": result.summary,
            }
        )
        return
    out = Out()
    data, window, figures = result.manifest["data"], result.manifest["window"], result.summary
    out.line(f"Condors and their VIX hedge, {window['start']} to {window['end']}", "bold")
    out.line(f"Data: {data['label']}. Prices: {data['quotes']}.")
    if result.priced:
        out.line(result.priced, "yellow")
    if (beyond := flags.beyond_the_fit(result.model_flags)) and result.priced:
        out.line(f"{beyond} The report says which.", "yellow")
    out.table(
        ("", *figures),
        ((row.name, *(cell.text for cell in row.cells)) for row in figure_rows(figures, HEADLINE)),
    )
    main = figures[result.manifest["main"]]
    if not main["condors_opened"]:
        out.line(no_trade(result), "yellow")
    if any(figures[name]["max_drawdown"] <= -1.0 for name in figures):
        out.line("A ledger fell to zero or below: its later figures mean nothing.", "bold red")
    for name, own in figures.items():
        if own["sessions_short_of_margin"]:
            out.line(
                f"{name} was short of margin on {own['sessions_short_of_margin']:,} sessions: a "
                "broker would have closed positions; this run did not.",
                "bold red",
            )
    for item in _struck(result.manifest["absent"]):
        out.line(f"Absent: {item}")
    out.path(f"Report: {folder / 'report.html'}")


def no_trade(result: BacktestResult) -> str:
    """Why a run without a single condor has none: the commonest reasons of its entries."""
    said = result.entry_refusals()
    if not said:
        return "No condor was opened: no session of the window asked for one."
    return "No condor was opened. " + " ".join(
        f"On {count:,} session{'s' if count > 1 else ''}, last: {_sentence(why)}"
        for why, count in said
    )


def _struck(absent: Sequence[Mapping[str, str]]) -> list[str]:
    """Consequences with the signals that caused them, each once."""
    by_consequence: dict[str, list[str]] = {}
    for item in absent:
        names = by_consequence.setdefault(item["consequence"], [])
        name = spoken.signal(item["name"]).name
        if name not in names:
            names.append(name)
    return [f"{'; '.join(names)}: {what}." for what, names in by_consequence.items()]


# --- plan ----------------------------------------------------------------------------------------


def show_plan(plan: Plan, *, as_json: bool) -> None:
    """What to do, each with its reason, or why nothing is to be done."""
    if as_json:
        print_json(plan_record(plan))
        return
    out = Out()
    facts = plan.facts
    out.line(f"Plan for the close of {plan.session:%A}, {words.day(plan.session)}", "bold")
    for said in _about_days(plan):
        out.line(said)
    out.line(
        f"SPX {plan.spx:,.2f}, VIX {plan.vix:.2f}. Ledger {plan.ledger}: account "
        f"{words.money(facts.nav)}, cash {words.money(facts.cash)}, drawdown "
        f"{words.percent(facts.drawdown)}, margin {words.money(facts.margin_requirement)}."
    )
    out.line(f"{_priced(plan)} Prices: {plan.label}.", "yellow" if plan.indicative else "")
    for said in flags.of_day(plan.model_flags):
        out.line(said, "yellow")
    for refusal in plan.refused:
        out.line(f"Refused by your own tolerances: {refusal}.", "bold red")
    if not plan.to_do:
        out.line("\nNo trade, because:", "bold")
        for why in plan.why_not:
            out.line(f"- {_sentence(why)}", indent=2)
    for count, line in _alike(plan.lines):
        _print_line(out, line, count)
    for intent, state, why in plan.dropped if plan.to_do else ():
        out.line(f"\nNOT SENT ({state}): {intent.reason}", "bold")
        out.line(_sentence(why), indent=2)
    _print_why(out, plan)
    out.line(f"\n{DISCLAIMER}")


def _priced(plan: Plan) -> str:
    """What the prices of the orders are: as for a run, of what is to be done."""
    if plan.simulated:
        return SIMULATED.title
    if not plan.quoted:
        return INDICATIVE
    if any(line.quality in MADE for line in plan.to_do):
        return "Condors at real quotes; hedge prices modelled: indicative."
    return "Real quotes."


def _about_days(plan: Plan) -> list[str]:
    """What the day asked for, the data and the run have to do with each other."""
    said = []
    if plan.behind:
        sessions = f"{plan.behind} session{'s' if plan.behind != 1 else ''}"
        said.append(f"Asked for {plan.asked}; the data end on {plan.session}, {sessions} before.")
    elif plan.session != plan.asked:
        said.append(f"{plan.asked} is no session; the last one before it is {plan.session}.")
    if plan.carried_from is not None:
        said.append(
            f"The run ends on {plan.carried_from}; it was carried on from there by its own rules, "
            "as if every order had been sent."
        )
    return said


def _alike(lines: Sequence[Line]) -> list[tuple[int, Line]]:
    """Lines that differ in nothing but the lot they stand for, as one with its count."""
    found: dict[object, tuple[int, Line]] = {}
    for line in lines:
        key = replace(line, structure_id="", facts=MappingProxyType({}))
        count, first = found.get(repr(key), (0, line))
        found[repr(key)] = (count + 1, first)
    return list(found.values())


def _print_line(out: Out, line: Line, count: int) -> None:
    """One thing to do; of `count` alike the amounts are those of all of them."""
    times = f"{count} times, each: " if count > 1 else ""
    head = f"\n{line.verb.upper()} {words.purpose(line.purpose).lower()}, {line.days} days left"
    out.line(head, "bold" if line.verb != "leave" else "")
    legs = ", ".join(f"{quantity:+d} {key}" for quantity, key in line.legs)
    body = [times + legs]
    if line.limit is not None:
        worst = "any price is taken" if line.worst is None else f"lapses beyond {price(line.worst)}"
        quotes = {"quoted": "real quotes", "modelled": "modelled: indicative"}
        body.append(
            f"{line.quantity} at a limit of {price(line.limit)} each; {worst} "
            f"({quotes.get(line.quality, line.quality)})"
        )
    sizes = []
    if line.max_loss is not None:
        sizes.append(f"maximum loss {words.money(count * line.max_loss)}")
    if line.margin is not None:
        sizes.append(f"margin {words.money(count * line.margin)}")
    if line.break_evens:
        sizes.append("break-evens " + " and ".join(f"{level:,.2f}" for level in line.break_evens))
    if sizes:
        body.append(", ".join(sizes))
    body.append(_sentence(line.reason))
    for text in body:
        out.line(text, indent=2)


def _print_why(out: Out, plan: Plan) -> None:
    out.line("\nWhat the rules saw", "bold")
    for trace in plan.traces:
        out.line(f"{trace.rule}: {_sentence(trace.sentence)}", indent=2)
    for note in plan.notes:
        out.line(f"size: {_sentence(note)}", indent=2)
    for item in _struck([{"name": s.signal, "consequence": s.consequence} for s in plan.struck]):
        out.line(f"absent: {item}", indent=2)
    if any(plan.losses["unhedged_cents"]):
        out.line("\nIf SPX fell within a week, the account with these orders filled", "bold")
        rows = [
            (
                words.percent(row["fall"], 0),
                words.money(row["unhedged_cents"], sign=True),
                words.money(row["hedged_cents"], sign=True),
                words.percent(row["hedged_cents"] / row["nav_cents"], sign=True),
            )
            for row in plan.losses.iter_rows(named=True)
        ]
        head = ("fall", "without the hedge", "with the hedge", "of the account")
        out.table(head, rows, indent=2)


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
        "model_flags": [
            {"of": flag.of, "beyond_fit": flag.beyond, "text": flag.text}
            for flag in plan.model_flags
        ],
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
        print_json(
            {
                "run_id": found.run_id,
                "same": found.same,
                "inputs_differ": list(found.inputs),
                "files_differ": list(found.files),
                "compared": list(found.compared),
            }
        )
        return
    out = Out()
    if found.same:
        out.line(
            f"Reproduced byte for byte, run {found.run_id[:12]}: "
            f"{words.listed(list(found.compared))}."
        )
        return
    for item in found.inputs:
        out.line(f"Differs: {item}.")
    for name in found.files:
        out.line(
            f"Differs: {name}, although data, version and rules are those of the run. Unless "
            "somebody changed the file, the same inputs did not give the same bytes."
        )
