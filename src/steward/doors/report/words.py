"""How numbers and names read on a page. Minus signs are real ones; an unknown is a dash."""

from __future__ import annotations

import re
from datetime import date

from markupsafe import Markup, escape

from steward.doors import amounts
from steward.terms.amounts import whole_dollars

UNKNOWN = "–"

LEDGER_NAMES = {
    "cash": "Bills only",
    "unhedged": "No hedge",
    "static": "Constant hedge",
    "article": "Adaptive hedge",
}

LEDGER_WORDS = {
    "cash": "kept in bills",
    "unhedged": "in the condors alone",
    "static": "with a constant hedge",
    "article": "with the adaptive hedge",
}
"""How the lead sentence says where the money was."""

UNBROKEN = re.compile(r"[−+]?\$\d[\d,]*|\d{4}-\d\d-\d\d")

NO_BREAK = "\u00a0"
"""A space that does not break: between a number and its unit."""

PURPOSE_NAMES = {
    "condor": "Condor",
    "layer_1": "Layer 1",
    "layer_2": "Layer 2",
    "layer_3": "Layer 3",
    "second_engine": "Second engine",
    "margin_call": "Margin call",
    "cash": "Cash",
    "fee": "Fees",
    "interest": "Interest",
    "margin_interest": "Margin interest",
}

NO_CONDORS = "no condors open"
"""Why there is no hedge ratio."""
NO_COVER = "no stress cover: the stress costs these condors next to nothing"

MIX_NAMES = {
    "base": "base mix",
    "short_calls": "short-dated calls",
    "long_dated": "long-dated mix",
}

SOURCE_NAMES = {
    "SET": "official opening value (SET)",
    "VRO": "official opening value (VRO)",
    "spx_close": "SPX close",
    "spx_open": "SPX open",
    "spx_prior_close": "SPX close of the session before",
    "spx_last_close": "last SPX close of the data",
    "vix_open": "VIX open",
    "vix_prior_close": "VIX close of the session before",
    "vix_last_close": "last VIX close of the data",
    "vx_final": "final value of the VX future",
}

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def ledger(name: str) -> str:
    return LEDGER_NAMES.get(name, name)


def purpose(name: str) -> str:
    return PURPOSE_NAMES.get(name, name.replace("_", " "))


def source(name: str) -> str:
    return SOURCE_NAMES.get(name, name.replace("_", " "))


def signed(text: str) -> str:
    """The same text with a real minus sign."""
    return text.replace("-", "−")


def money(cents: int | None, *, sign: bool = False) -> str:
    """Whole dollars, half a one away from zero: `$250,000`, `−$1,234`; with `sign` also `+$12`."""
    if cents is None:
        return UNKNOWN
    dollars = whole_dollars(abs(cents))
    before = "−" if cents < 0 and dollars else "+" if sign and dollars else ""
    return f"{before}${dollars:,}"


def exact(cents: int) -> str:
    """Dollars with their cents: `$1,234.05`, `−$0.40`."""
    return f"{'−' if cents < 0 else ''}${amounts.dollars(abs(cents))}"


def unbroken(text: str) -> Markup:
    """Markup of a sentence in which no amount and no day breaks at its sign or its hyphens.

    The style sheet keeps them together, so that what is copied is plain text.
    """
    return Markup(UNBROKEN.sub(r'<span class="amount">\g<0></span>', str(escape(text))))


def percent(value: float | None, digits: int = 1, *, sign: bool = False) -> str:
    """A fraction as percent: `5.2 %`, the space unbreakable."""
    if value is None:
        return UNKNOWN
    shown = round(100.0 * value, digits) + 0.0
    return signed(f"{shown:{'+' if sign and shown else ''},.{digits}f}") + f"{NO_BREAK}%"


def number(value: float | None, digits: int = 2) -> str:
    if value is None:
        return UNKNOWN
    return signed(f"{round(value, digits) + 0.0:,.{digits}f}")


def day(value: date | str | None) -> str:
    """`24 August 2015`."""
    if value is None:
        return UNKNOWN
    found = date.fromisoformat(value) if isinstance(value, str) else value
    return f"{found.day} {found:%B} {found.year}"


def short_day(value: date | str | None) -> str:
    """`24 Aug 2015`."""
    if value is None:
        return UNKNOWN
    found = date.fromisoformat(value) if isinstance(value, str) else value
    return f"{found.day} {MONTHS[found.month - 1]} {found.year}"


def counted(number: int, what: str) -> str:
    """`1 time`, `2 times`."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def listed(names: list[str]) -> str:
    """`a, b and c`."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
