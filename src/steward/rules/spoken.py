"""Names of a rule file as a reader says them: signals with their units, buckets, mixes, rules.

One table of signals for conditions, layers, mixes and what was struck. Numbers of signals are given
to three digits: no rule hangs on more.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from steward.signals.rows import Reading

DIGITS = 3
"""Significant digits of a signal in a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """How a signal is said.

    name     in a reason: `RSI(14)`               note     beside the name, in brackets
    subject  at the head of a clause: `the RSI(14) of SPX`; empty: the name
    unit     after a value, with its blank        signed   a plus stands before a rise
    yes, no  what a yes-or-no signal says
    """

    name: str
    note: str = ""
    subject: str = ""
    unit: str = ""
    signed: bool = False
    yes: str = ""
    no: str = ""


def _change(name: str, subject: str = "") -> Spoken:
    return Spoken(name=name, subject=subject, unit=" %", signed=True)


SIGNALS = {
    "spx_close": Spoken(name="SPX"),
    "rsi_14": Spoken(name="RSI(14)", subject="the RSI(14) of SPX"),
    "macd_histogram": Spoken(name="MACD histogram", subject="the MACD histogram of SPX"),
    "macd_bearish_cross_age": Spoken(
        name="age of the last bearish MACD cross",
        subject="the age of the last bearish MACD cross",
        unit=" closes",
    ),
    "macd_bullish_cross_age": Spoken(
        name="age of the last bullish MACD cross",
        subject="the age of the last bullish MACD cross",
        unit=" closes",
    ),
    "spx_below_high_252_pct": Spoken(name="SPX below its 252-day high", unit=" %"),
    "spx_return_5_pct": _change("SPX 5-day change"),
    "realised_vol_21": Spoken(name="realised volatility of 21 days"),
    "hv_20": Spoken(name="historical volatility of 20 days"),
    "vix_close": Spoken(name="VIX"),
    "vix_change_1_pct": _change("VIX 1-day change"),
    "vix_change_5_pct": _change("VIX 5-day change"),
    "vix_change_10_pct": _change("VIX 10-day change"),
    "vix_over_sma_252": Spoken(
        name="VIX over its 252-day average",
        subject="the ratio of VIX to its average of 252 closes",
    ),
    "vix_sma_20_over_60": Spoken(
        name="20-day over 60-day average of VIX",
        subject="the ratio of its 20-close average to its 60-close average",
    ),
    "vix_sma_5_over_20": Spoken(name="5-day over 20-day average of VIX"),
    "vix_rank_252": Spoken(name="VIX rank of 252 days"),
    "vix_percentile_252": Spoken(name="VIX percentile of 252 days"),
    "vix_z_252": Spoken(name="VIX score", note="z of 252 days"),
    "vix_only_z_252": Spoken(name="score of VIX alone", note="z of 252 days"),
    "vrp_21": Spoken(name="implied less realised volatility", note="21 days"),
    "vix9d_over_vix": Spoken(name="VIX9D over VIX"),
    "vix_over_vix3m": Spoken(name="VIX over VIX3M"),
    "vx_slope_30d_pct": _change("slope of VIX futures over 30 days"),
    "ad_divergence": Spoken(
        name="breadth divergence",
        yes="breadth diverges from price",
        no="breadth does not diverge from price",
    ),
    "ad_divergence_age": Spoken(name="age of the last breadth divergence", unit=" closes"),
    "cap_vol": Spoken(name="cap-weighted volatility"),
    "cap_vol_z_252": Spoken(
        name="volatility score",
        note="z of 252 days",
        subject="the score of cap-weighted volatility against 252 closes",
    ),
    "cap_vol_change_5_pct": Spoken(
        name="volatility 5-day change",
        subject="its change in 5 closes",
        unit=" %",
        signed=True,
    ),
    "cpi_yoy_pct": Spoken(
        name="consumer prices in a year",
        subject="the rise of consumer prices in a year",
        unit=" %",
        signed=True,
    ),
    "cpi_3m_annualised_minus_yoy_pp": Spoken(
        name="consumer prices of three months, annualised, less those of a year",
        subject="that of the last three months, annualised, less that of the year",
        unit=" points",
        signed=True,
    ),
    "ppi_yoy_pct": Spoken(
        name="producer prices in a year",
        subject="the rise of producer prices in a year",
        unit=" %",
        signed=True,
    ),
    "gdp_yoy_pct": _change("GDP in a year"),
    "gdp_trend": Spoken(
        name="GDP trend",
        note="1 up, 0 flat, -1 contraction",
        subject="the GDP trend (1 up, 0 flat, -1 contraction)",
    ),
    "pe_percentile_30y": Spoken(
        name="P/E percentile of 30 years", subject="the percentile of the P/E in 30 years"
    ),
    "reer_12m_log_change": Spoken(
        name="real effective dollar, 12-month log change",
        subject="the 12-month log change of the real effective exchange rate",
    ),
    "reer_z_60": Spoken(
        name="real effective dollar, score",
        note="z of 60 months",
        subject="the score of its monthly change against 60 months",
    ),
    "rate_differential_pp": Spoken(name="interest-rate differential", unit=" points", signed=True),
    "rate_differential_change_63d_pp": Spoken(
        name="interest-rate differential, change in 63 sessions",
        subject="the change of the interest-rate differential in 63 sessions",
        unit=" points",
        signed=True,
    ),
    "rate_differential_slope_21d": Spoken(
        name="interest-rate differential, slope of 21 sessions",
        subject="the slope of the interest-rate differential over 21 sessions",
    ),
    "sessions_to_fomc": Spoken(
        name="next scheduled FOMC decision in",
        subject="the time to the next scheduled FOMC decision",
        unit=" sessions",
    ),
    "stress_now": Spoken(name="stress", yes="these are days of stress", no="no stress"),
    "liquidity_thin": Spoken(
        name="quick ratios of companies",
        yes="the quick ratios of companies are thin",
        no="the quick ratios of companies are not thin",
    ),
}
"""Every signal that the package computes; one that is not here goes by its own name."""


def signal(name: str) -> Spoken:
    """The entry of a signal; its own name where the table has none."""
    found = SIGNALS.get(name)
    return found if found is not None else Spoken(name=name)


def figure(value: float) -> str:
    """Three significant digits, no exponent: `67.7`, `-1.46`, `170`, `2,541`; 65.04 is `65.0`."""
    if value == 0.0 or not math.isfinite(value):
        return f"{value + 0.0:g}"
    digits = max(DIGITS - 1 - math.floor(math.log10(abs(value))), 0)
    text = f"{value:,.{digits}f}"
    exact = value == round(value, digits)
    return text.rstrip("0").rstrip(".") if exact and "." in text else text


def with_unit(name: str, text: str) -> str:
    """A number of a signal with its unit; `1 close`, `3 closes`."""
    unit = signal(name).unit
    one = text.lstrip("+-") == "1" and unit.endswith("s")
    return text + (unit[:-1] if one else unit)


def value(name: str, number: float) -> str:
    """`67.7`, `+37 %`, `yes`."""
    entry = signal(name)
    if entry.yes:
        return "yes" if number >= 0.5 else "no"
    plus = "+" if entry.signed and number > 0.0 else ""
    return with_unit(name, plus + figure(number))


def clause(name: str, reading: Reading, text: str) -> str:
    """A signal and what was read: `volatility score (VIX, z of 252 days) -1.46`."""
    entry = signal(name)
    if entry.yes and reading.state == "known":
        return entry.yes if reading.value >= 0.5 else entry.no
    note = ", ".join(part for part in (reading.source, entry.note) if part)
    return f"{entry.name} ({note}) {text}" if note else f"{entry.name} {text}"


# --- other names of a rule file ------------------------------------------------------------------

_CAPITALS = frozenset({"vx", "vxm", "vix", "spx", "macd", "rsi", "fomc", "cpi", "ppi", "gdp"})


def plain(name: str) -> str:
    """A name of a rule file: `front calls` of `front_calls`, `VX futures` of `vx_futures`."""
    return " ".join(w.upper() if w in _CAPITALS else w for w in name.split("_"))


def rule_words(rule: str) -> str:
    """A rule's name as a sentence says it: `layer_2.quiet` is the end of layer 2."""
    room, *rest = rule.split(".")
    if room == "mix":
        what = "the buying window of" if rest[1:] else "the switch to"
        return f"{what} the mix {plain(rest[0])}"
    layer = room.replace("_", " ")
    if not rest:
        return layer
    part = {"quiet": "end", "stable": "stable-growth flag"}.get(rest[0], f"step {plain(rest[0])}")
    return f"the {part} of {layer}"


def count(number: int, thing: str, things: str = "") -> str:
    """`1 contract`, `3 contracts`; `things` where the plural is irregular."""
    return f"{number:,} {thing if number == 1 else things or thing + 's'}"


def joined(words: list[str] | tuple[str, ...], last: str = "and") -> str:
    """`a, b and c`."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"
