"""What `steward vix` shows: every step of one index, or the family of each moment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from steward.doors.terminal import DISCLAIMER, Out, print_json
from steward.intake.vix_moments import MomentFamily
from steward.pricing.vix_family import MINUTES_A_DAY, IndexValue
from steward.pricing.vix_steps import OTHER_SIDE, LeftOut, WorkedIndex, WorkedTerm

MANY = 3
"""Moments beyond which a line each is shown."""

FAR_FORWARDS = 0.05
"""Of the near one: a month of interest and dividends moves a forward by far less."""


# --- one index from two tables -------------------------------------------------------------------


def show_index(
    found: WorkedIndex, *, names: tuple[str, str], notes: Sequence[str], as_json: bool
) -> None:
    """Every step from the quotes of two expiries to the index."""
    if as_json:
        print_json(index_record(found, notes))
        return
    out = Out()
    for note in notes:
        out.line(note if note.endswith("?") else f"{note}.", "yellow")
    for title, term, name in zip(("Near", "Next"), (found.near, found.next), names, strict=True):
        _show_term(out, title, term, name)
    days = found.target_minutes / MINUTES_A_DAY
    out.line(f"\nIndex at {found.target_minutes:,.0f} minutes ({days:g} days)", "bold")
    for title, term in (("near", found.near), ("next", found.next)):
        out.line(
            f"{title}: {term.minutes:,.0f} minutes x variance {term.strip.variance:.10f}, share "
            f"{term.share:.6f}",
            indent=2,
        )
    if not 0.0 <= found.near.share <= 1.0:
        out.line("Both expiries lie on one side of the tenor: extrapolated.", "yellow", indent=2)
    out.line(f"{found.value:.6f}, rounded {found.value:.2f}", "bold", indent=2)
    out.line(f"\n{DISCLAIMER}")


def apart(found: WorkedIndex) -> list[str]:
    """A warning where the two forwards cannot be of one underlying at one moment; else nothing."""
    share = found.next.strip.forward / found.near.strip.forward - 1.0
    if abs(share) <= FAR_FORWARDS:
        return []
    return [
        f"The forwards lie {100.0 * abs(share):.1f} % apart, {found.near.strip.forward:g} and "
        f"{found.next.strip.forward:g}: do they belong together, one underlying at one moment?"
    ]


def index_record(found: WorkedIndex, notes: Sequence[str]) -> dict[str, Any]:
    """The same as numbers; keys as docs/vix.md lists them."""
    return {
        "vix": found.value,
        "target_minutes": found.target_minutes,
        "near": _term_record(found.near),
        "next": _term_record(found.next),
        "weights": {"near": found.near.share, "next": found.next.share},
        "notes": list(notes),
    }


def _show_term(out: Out, title: str, term: WorkedTerm, name: str) -> None:
    strip = term.strip
    interest = f"interest {100.0 * term.rate:.8g} % a year"
    out.line(f"\n{title}: {name}, {term.minutes:,.0f} minutes, {interest}", "bold")
    out.line(
        f"Forward: call and put are closest at K* {strip.parity_strike:g} (mids {term.call:g} and "
        f"{term.put:g}), so F = {strip.parity_strike:g} + {term.growth:.8f} x "
        f"({term.call:g} - {term.put:g}) = {strip.forward:.6f}; K0 = {strip.k0:g}.",
        indent=2,
    )
    out.table(
        ("strike", "option", "dK", "Q", "dK/K² e^RT Q"),
        [
            (
                f"{row.strike:g}",
                row.option,
                f"{row.width:g}",
                f"{row.price:g}",
                f"{row.contribution:.10f}",
            )
            for row in term.taken
        ],
        indent=2,
    )
    out.line("Left out:", indent=2)
    for said in _left_out(term.left_out):
        out.line(said, indent=4)
    total = sum(row.contribution for row in term.taken)
    out.line(
        f"Sum {total:.10f}, times 2/T {term.options:.10f}, less (F/K0 - 1)²/T "
        f"{term.forward_term:.10f}: variance {strip.variance:.10f}.",
        indent=2,
    )


def _left_out(rows: Iterable[LeftOut]) -> list[str]:
    """A sentence a reason and right; those in the money as a range, the others by name."""
    groups: dict[tuple[str, str], list[float]] = {}
    for row in rows:
        groups.setdefault((row.why, row.option), []).append(row.strike)
    said = []
    for (why, option), strikes in sorted(groups.items()):
        if why == OTHER_SIDE:
            where = f"{strikes[0]:g} to {strikes[-1]:g} ({len(strikes)})"
        else:
            where = ", ".join(f"{strike:g}" for strike in strikes)
        said.append(f"{option}s, {why}: {where}")
    return said or ["nothing"]


def _term_record(term: WorkedTerm) -> dict[str, Any]:
    strip = term.strip
    return {
        "variance": strip.variance,
        "forward": strip.forward,
        "k0": strip.k0,
        "parity_strike": strip.parity_strike,
        "parity_call": term.call,
        "parity_put": term.put,
        "minutes": term.minutes,
        "rate": term.rate,
        "growth": term.growth,
        "options": term.options,
        "forward_term": term.forward_term,
        "strikes": [
            {
                "strike": row.strike,
                "option": row.option,
                "dk": row.width,
                "q": row.price,
                "contribution": row.contribution,
            }
            for row in term.taken
        ],
        "left_out": [
            {
                "strike": row.strike,
                "option": row.option,
                "bid": row.bid,
                "ask": row.ask,
                "why": row.why,
            }
            for row in term.left_out
        ],
    }


# --- the family of chains ------------------------------------------------------------------------


def show_families(found: Sequence[MomentFamily], *, as_json: bool) -> None:
    """A table a moment; of more than a few, a line each."""
    if as_json:
        print_json({"moments": [family_record(one) for one in found]})
        return
    out = Out()
    if len(found) <= MANY:
        for one in found:
            _show_family(out, one)
    else:
        _show_many(out, found)
    out.line(f"\n{DISCLAIMER}")


def family_record(one: MomentFamily) -> dict[str, Any]:
    """One moment as numbers; keys as docs/vix.md lists them."""
    return {
        "session": one.session.isoformat(),
        "snapshot": one.snapshot,
        "moment": one.moment.isoformat(),
        "rates": one.rates,
        "members": {
            name: {
                "value": value.value,
                "published": one.published.get(name),
                "published_less_value": one.difference(name),
                "why": value.why,
                "cut": list(value.cut),
                "near": _side_record(value, 0),
                "next": _side_record(value, 1),
            }
            for name, value in one.values.items()
        },
    }


def _side_record(value: IndexValue, place: int) -> dict[str, Any] | None:
    if value.value is None:
        return None
    term = value.terms[place]
    return {
        "root": term.expiry.root,
        "expiry": term.expiry.day.isoformat(),
        "settlement": term.expiry.settlement,
        "minutes": term.minutes,
        "rate": term.rate,
        "variance": term.strip.variance,
        "forward": term.strip.forward,
        "k0": term.strip.k0,
        "strikes": int(term.strip.strike.size),
        "weight": term.share,
    }


def _show_family(out: Out, one: MomentFamily) -> None:
    clock = f"{one.moment:%Y-%m-%d %H:%M} UTC"
    out.line(f"\n{one.session}, snapshot {one.snapshot} ({clock}); {one.rates}", "bold")
    rows, without = [], []
    for name, value in one.values.items():
        if value.value is None:
            seen = f", published {one.published[name]:.2f}" if name in one.published else ""
            without.append(f"{name}: none{seen}, for {value.why}.")
            continue
        sides = (f"{t.expiry.root} {t.expiry.day} {t.expiry.settlement}" for t in value.terms)
        minutes = " and ".join(f"{term.minutes:,}" for term in value.terms)
        rows.append((name, f"{value.value:.2f}", *_published(one, name), *sides, minutes))
    if rows:
        head = ("index", "computed", "published", "difference", "near", "next", "minutes")
        out.table(head, rows, words=("near", "next", "minutes"))
    for said in without:
        out.line(said, indent=2)
    for name, value in one.values.items():
        for said in value.cut:
            out.line(f"{name} is too low: {said}.", "yellow", indent=2)
    if rows and one.published:
        out.line("Difference: published less computed, points.", indent=2)


def _published(one: MomentFamily, name: str) -> tuple[str, str]:
    published, difference = one.published.get(name), one.difference(name)
    return (
        "-" if published is None else f"{published:.2f}",
        "-" if difference is None else f"{round(difference, 3) + 0.0:+.3f}",
    )


def _show_many(out: Out, found: Sequence[MomentFamily]) -> None:
    names = list(found[0].values)
    rows = []
    for one in found:
        cells = []
        for name in names:
            value, difference = one.values[name].value, one.difference(name)
            gap = "" if difference is None else f" ({round(difference, 2) + 0.0:+.2f})"
            mark = "*" if one.values[name].cut else ""
            cells.append("-" if value is None else f"{value:.2f}{mark}{gap}")
        rows.append((f"{one.session} {one.snapshot}", *cells))
    out.table(("session", *names), rows)
    out.line("In brackets: published less computed, points. One day, with its expiries: --session.")
    if any(value.cut for one in found for value in one.values.values()):
        out.line("* A list of strikes ends early, so that the value is too low: --session says it.")
