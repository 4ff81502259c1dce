"""What the page and the terminal say of a data check in words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import cache

from steward.doors.report import words
from steward.doors.report.words import NO_BREAK
from steward.intake.quality_tables import VERDICTS, ChainQuality, Side, StoreQuality
from steward.market.vendors import registry

SNAPSHOT_NAMES = {
    "eod": "at the close",
    "1546": "at 15:46",
    "1545": "at 15:45",
    "gth": "overnight",
}

CHAINS_SHOWN = 8
"""A file of minutes is a chain a minute: the ones with most quotes are shown, closes first."""

VENDORS_NAMED = 4


def shown(found: StoreQuality) -> tuple[ChainQuality, ...]:
    """The chains that a page has room for, in the store's order: named ones, then the largest."""
    order = {(one.symbol, one.snapshot): place for place, one in enumerate(found.chains)}
    first = sorted(found.chains, key=lambda c: (c.snapshot not in SNAPSHOT_NAMES, -c.quotes))
    return tuple(sorted(first[:CHAINS_SHOWN], key=lambda c: order[c.symbol, c.snapshot]))


def not_shown(found: StoreQuality) -> str:
    """What is said of the other chains; empty where there is none."""
    kept = {(one.symbol, one.snapshot) for one in shown(found)}
    others = [one for one in found.chains if (one.symbol, one.snapshot) not in kept]
    if not others:
        return ""
    clocks = sorted(one.snapshot for one in others)
    ends = " to ".join(
        snapshot_name(clock).removeprefix("at ") for clock in (clocks[0], clocks[-1])
    )
    quotes = sum(one.quotes for one in others)
    return (
        f"{count(len(others), 'other clock')} ({ends}) with {count(quotes, 'quote')} "
        f"{'is' if len(others) == 1 else 'are'} in the JSON only."
    )


def chain_name(chain: ChainQuality) -> str:
    """`SPX at the close`."""
    return f"{chain.symbol} {snapshot_name(chain.snapshot)}"


def snapshot_name(snapshot: str) -> str:
    if snapshot in SNAPSHOT_NAMES:
        return SNAPSHOT_NAMES[snapshot]
    return f"at {snapshot[:2]}:{snapshot[2:]}" if snapshot.isdigit() else snapshot


def count(number: int, one: str, many: str | None = None) -> str:
    """`1 session`, `1,004 sessions`."""
    return f"{number:,}{NO_BREAK}{one if number == 1 else many or one + 's'}"


def span(first: date | None, last: date | None) -> str:
    """`3 Jan 2011 to 7 Jan 2011`, or the one day."""
    if first == last:
        return words.short_day(first)
    return f"{words.short_day(first)} to {words.short_day(last)}"


def vendor(layout: str) -> str:
    """What a layout is called."""
    return _titles().get(layout, layout)


def vendors(layouts: Sequence[str]) -> str:
    """What layouts are called, the rest of many counted."""
    names = [vendor(name) for name in layouts]
    if len(names) > VENDORS_NAMED + 1:
        rest = len(names) - VENDORS_NAMED
        names = [*names[:VENDORS_NAMED], f"{rest} layouts more"]
    return words.listed(names)


@cache
def _titles() -> dict[str, str]:
    return {one.name: one.title for one in registry.layouts()}


def sentence(parts: Sequence[str]) -> str:
    text = "; ".join(parts)
    return text[:1].upper() + text[1:] + "." if text else ""


def title(found: StoreQuality) -> str:
    if not found.chains:
        return "A store without option quotes"
    chain = found.chains[0]
    told = [
        f"{chain.verdicts[name]:,}{NO_BREAK}{name}"
        for name in VERDICTS
        if name != "missing" and chain.verdicts[name]
    ]
    said = f"{count(chain.sessions, 'session')} with quotes: {', '.join(told)}"
    if chain.missing:
        have = "has" if chain.missing == 1 else "have"
        said += f"; {count(chain.missing, 'session')} between first and last {have} none"
    return f"{chain_name(chain)}, {said}"


def set_aside(found: StoreQuality) -> str:
    """How many rows and records are not in the store, as an import counts them; empty: none."""
    total = found.set_aside + found.unreadable
    if not total:
        return ""
    if not found.unreadable:
        return f"{count(total, 'row')} set aside, each with its reason"
    rows = f"{count(found.set_aside, 'row')} and " if found.set_aside else ""
    none = count(found.unreadable, "record that holds no row", "records that hold no row")
    return f"{total:,} set aside, each with its reason ({rows}{none})"


def contradiction(side: Side) -> str:
    """A file and its layout."""
    return f"{side.name} ({side.layout})"


def lead(found: StoreQuality) -> str:
    """What a trader should know first."""
    said = [
        f"The store holds {count(found.kept, 'row')} of {count(len(found.files), 'file')}"
        + (f"; {aside}" if (aside := set_aside(found)) else "")
        + "."
    ]
    for chain in found.chains[:1]:
        if chain.vix_median is not None:
            sessions = count(chain.vix_compared, "session")
            if chain.vix_compared > 1:
                most = number(abs(chain.vix_worst or 0.0), 2)
                sessions = f"median of {sessions}, {most} at the most"
            said.append(
                f"The VIX computed from its quotes is {number(chain.vix_median, 3)} points off the "
                f"published index ({sessions})."
            )
        if chain.parity_residual is not None:
            said.append(
                f"Calls and puts agree to {number(chain.parity_residual, 2)} index points (median)."
            )
    if found.contradicted:
        said.append(f"Files contradict each other on {count(found.contradicted, 'quote')}.")
    return " ".join(said)


def window(found: StoreQuality) -> str:
    if not found.chains:
        return f"Layouts: {', '.join(found.layouts) or 'none'}."
    first = min(chain.first for chain in found.chains)
    last = max(chain.last for chain in found.chains)
    layouts = sorted({name for chain in found.chains for name in chain.vendors})
    days = words.day(first) + ("" if first == last else f" to {words.day(last)}")
    return f"{days}. Quotes by {vendors(layouts)}."


def number(value: float | None, digits: int) -> str:
    return words.number(value, digits)


def vix_words(chain: ChainQuality) -> list[str]:
    """What the comparison came to, and why it could not be made on the other sessions."""
    if chain.symbol != "SPX":
        return ["VIX is computed from SPX options; this chain is of another underlying."]
    said = []
    if chain.vix_compared:
        said.append(
            f"On {count(chain.vix_compared, 'session')} the two lie "
            f"{number(chain.vix_median, 3)} points apart (median); the most is "
            f"{number(chain.vix_worst, 3)} on {words.short_day(chain.vix_worst_on)}."
        )
    if chain.snapshot != "eod" and chain.vix_compared:
        said.append("These quotes are half an hour older than the published close.")
    said += [
        f"Not comparable on {count(n, 'session')}: {why}." for why, n in chain.vix_unknown.items()
    ]
    said.append(f"Interest rates: {chain.rate_source}.")
    return said
