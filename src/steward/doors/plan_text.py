"""A plan in the terminal: what to do, each with its reason, or why nothing is to be done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import Any

from steward.doors.report import flags, words
from steward.doors.report.story import INDICATIVE, MADE, SIMULATED
from steward.doors.terminal import DISCLAIMER, Out, print_json, sentence, struck
from steward.ledger.fills import in_words as price
from steward.rules.words import dollars
from steward.runs.plan import Line, Plan
from steward.terms.contracts import E4


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
        f"{words.percent(facts.drawdown)}."
    )
    for said in _about_margin(plan):
        out.line(said, "bold red" if plan.standing.refusal else "")
    out.line(f"{_priced(plan)} Prices: {plan.label}.", "yellow" if plan.indicative else "")
    for said in flags.of_day(plan.model_flags):
        out.line(said, "yellow")
    for refusal in plan.refused:
        out.line(f"Refused by your own tolerances: {refusal}.", "bold red")
    if not plan.to_do:
        out.line("\nNo trade, because:", "bold")
        for why in plan.why_not:
            out.line(f"- {sentence(why)}", indent=2)
    for count, line in _alike(plan.lines):
        _print_line(out, line, count)
    for intent, state, why in plan.dropped if plan.to_do else ():
        out.line(f"\nNOT SENT ({state}): {intent.reason}", "bold")
        out.line(sentence(why), indent=2)
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


def _about_margin(plan: Plan) -> list[str]:
    """What is required of what counts, by which profile, and whether a call stands."""
    standing = plan.standing
    kind = "cash" if plan.margin.held_against == "cash" else "account value"
    share = f" ({words.percent(standing.utilisation)})" if standing.utilisation is not None else ""
    said = [
        f"Margin ({plan.margin.label}): {words.money(standing.required)} required of "
        f"{words.money(standing.funds)} of {kind}{share}."
    ]
    if standing.insolvent is not None:
        said.append(f"Insolvent since {standing.insolvent}: everything is closed.")
    elif standing.since is not None:
        said.append(
            f"A margin call stands since {standing.since}: {dollars(standing.deficit)} is "
            "lacking; nothing is opened, and what is closed for it takes any price."
        )
    return said


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
    body.append(sentence(line.reason))
    for text in body:
        out.line(text, indent=2)


def _print_why(out: Out, plan: Plan) -> None:
    out.line("\nWhat the rules saw", "bold")
    for trace in plan.traces:
        out.line(f"{trace.rule}: {sentence(trace.sentence)}", indent=2)
    for note in plan.notes:
        out.line(f"size: {sentence(note)}", indent=2)
    for item in struck([{"name": s.signal, "consequence": s.consequence} for s in plan.struck]):
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


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


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
            "margin_cents": plan.standing.required,
            "margin_funds_cents": plan.standing.funds,
            "margin_used": plan.standing.utilisation,
            "margin_profile": plan.margin.label,
            "margin_call_since": _iso(plan.standing.since),
            "margin_deficit_cents": plan.standing.deficit,
            "insolvent_since": _iso(plan.standing.insolvent),
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
