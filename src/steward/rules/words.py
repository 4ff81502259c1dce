"""How rules and their reasons read: numbers as a trader writes them, a rule set as sentences."""

from __future__ import annotations

from datetime import date

from steward.rules import spoken
from steward.rules.conditions import Condition, Group
from steward.rules.schema import Allocation, Bucket, Entry, Exit, Hedge, LayerOne, Mix, RuleSet
from steward.rules.spoken import count, joined
from steward.terms import amounts
from steward.terms.contracts import E4

__all__ = [
    "EVERY",
    "bucket_words",
    "condition",
    "count",
    "day",
    "describe",
    "dollars",
    "group",
    "joined",
    "percent",
    "points",
    "strike",
    "whole_dollars",
]

# --- numbers and days ----------------------------------------------------------------------------


def dollars(cents: int) -> str:
    """`$4,180`, `$4,180.50`, `-$12`."""
    sign = "-" if cents < 0 else ""
    whole, part = divmod(abs(cents), 100)
    return f"{sign}${whole:,}" + (f".{part:02d}" if part else "")


def whole_dollars(cents: int) -> str:
    """`$60,274` of 60,273.96 dollars: for amounts that nobody pays, rounded as pages round them."""
    return dollars(100 * amounts.whole_dollars(cents))


def points(price: int) -> str:
    """Ten-thousandths as index points, two decimals: `8.20`, `2,541.80`."""
    return f"{price / E4:,.2f}"


def percent(share: float) -> str:
    """A fraction with one decimal: `16.4 %`."""
    return f"{round(100.0 * share, 1) + 0.0:.1f} %"


def day(value: date) -> str:
    """`16 March 2018`."""
    return f"{value.day} {value:%B} {value.year}"


def strike(value: float) -> str:
    """`2,550`, `17.5`."""
    return f"{value:,.10g}"


# --- conditions ----------------------------------------------------------------------------------


def condition(rule: Condition) -> str:
    """`the RSI(14) of SPX is above 65`."""
    entry = spoken.signal(rule.signal)
    return rule.answered or f"{entry.subject or entry.name} is {rule.bounds}"


def group(rule: Group) -> str:
    """All conditions in one line: `a and b`, `a or b`; inner groups stand in brackets."""
    parts = [
        condition(part) if isinstance(part, Condition) else f"({group(part)})"
        for part in rule.parts
    ]
    text = joined(parts, "and" if rule.all_of else "or")
    if rule.minimum_known > 1:
        text += f" (known when {rule.minimum_known} of {len(parts)} are)"
    return text


# --- a rule set ----------------------------------------------------------------------------------


def describe(rules: RuleSet) -> tuple[tuple[str, str], ...]:
    """What the rules do, in order: pairs of a heading and a sentence or two."""
    found = [
        ("Allocation", _allocation(rules.allocation)),
        ("Entry", _entry(rules.entry)),
        ("Which condor", _choice(rules.entry)),
        ("Exit", _exit(rules.exit)),
    ]
    if rules.hedge is None:
        return (*found, ("Hedge", "There is no hedge."))
    return (*found, *_hedge(rules.hedge))


WEALTH = {"condor_ledger": "the condor ledger's wealth"}
"""Whose wealth the condors are sized by (`sizing_nav`)."""


def _allocation(rules: Allocation) -> str:
    first, *later = [f"{step:g} %" for step in rules.steps_percent]
    whose = WEALTH[rules.sizing_nav]
    if not later:
        return f"All open condors together may lose {first} of {whose}."
    return (
        f"All open condors together may lose {first} of {whose} at first, then "
        f"{', then '.join(later)}. A step up needs {rules.months_per_step} months on the step, no "
        f"month worse than -{rules.step_up_worst_month_percent:g} %, and "
        f"{rules.step_up_closed_condors} condors closed; a drawdown of more than "
        f"{rules.step_down_drawdown_percent:g} % takes one step down."
    )


EVERY = {
    "week": "on the first session of each week",
    "month": "on the first session of each month",
    "day": "on every session",
}


def _entry(rules: Entry) -> str:
    part = "all" if rules.tranches == 1 else f"at most one part in {rules.tranches}"
    held = ", never one that is held already" if rules.avoid_held_expiry else ""
    return (
        f"Condors are looked for {EVERY[rules.every]}, for {part} of the allocation at once, in "
        f"the expiry nearest {rules.days_target} days, {rules.days_min} to {rules.days_max} away"
        f"{held}; series settled at the close come before those settled on the opening print."
    )


def _choice(rules: Entry) -> str:
    if rules.widths_points:
        widths = joined([f"{width:g}" for width in rules.widths_points], "or") + " points"
    else:
        widths = joined([f"{w:g}" for w in rules.widths_percent_of_spot], "or") + " % of SPX"
    deltas = rules.short_deltas
    outwards = f", then on to {min(deltas):.2f} and {max(deltas):.2f}" if len(deltas) > 1 else ""
    return (
        f"The first in the band is taken: short legs of delta {deltas[0]:.2f} with wings {widths} "
        f"away{outwards}. The credit at the executable price ({_fill(rules.fill_share)}) must be "
        f"{100 * rules.credit_share_min:g} to {100 * rules.credit_share_max:g} % of the wider "
        "width; else there is no trade."
    )


def _exit(rules: Exit) -> str:
    parts = []
    if rules.loss_multiple_of_credit is not None:
        parts.append(
            f"it stands at a loss of {rules.loss_multiple_of_credit:g} times its credit (seen at "
            f"{_fill(rules.stop_measured_share)}, closed at {_fill(rules.stop_fill_share)})"
        )
    if rules.profit_share_of_credit is not None:
        parts.append(
            f"{100 * rules.profit_share_of_credit:g} % of its credit is earned "
            f"({_fill(rules.fill_share)})"
        )
    if rules.days_to_expiry is not None:
        parts.append(f"{rules.days_to_expiry} days are left")
    if not parts:
        return "Condors are held to their settlement."
    return f"A condor is closed when {joined(parts, 'or')}."


def _fill(share: float) -> str:
    words = {0.0: "the mid", 1.0: "the touch"}
    return words.get(share, f"the mid and {100 * share:g} % of the half spread")


def _hedge(rules: Hedge) -> list[tuple[str, str]]:
    one, two, three = rules.layer_1, rules.layer_2, rules.layer_3
    found = [
        (
            "Hedge",
            f"The hedge ratio is the notional in {rules.delta:.2f}-delta VIX calls over what the "
            f"open condors can lose. It moves when the target is more than {rules.band_points:g} "
            f"points or {rules.band_contracts:g} of a contract away.",
        ),
        (
            "Limits of the hedge",
            f"Premium of at most {rules.premium_cap_nav_per_year_percent:g} % of the account in a "
            f"year, and of at most {rules.premium_cap_open_percent:g} % of the condors' credit "
            "open at once. Nothing is sold because the ratio rose, and nothing is bought above "
            "100 %.",
        ),
        ("Layer 1", _layer_1(one)),
    ]
    if two is not None:
        entry = spoken.signal(two.ramp_signal)
        ramp = entry.subject or entry.name
        how = "at once"
        if two.mode == "ramp":
            how = f"growing with {ramp} from {two.ramp_from:g} to {two.ramp_to:g}"
        found.append(
            (
                "Layer 2",
                f"Up to {two.most_percent:g} %, {how}, when {group(two.on)}. Off after "
                f"{two.quiet_closes} closes on which {group(two.quiet)}.",
            )
        )
    if three is not None:
        found.append(
            (
                "Layer 3",
                f"{three.target_percent:g} %, as far as the limits allow, when {group(three.on)}. "
                f"Off after {three.quiet_closes} closes on which {group(three.quiet)}.",
            )
        )
    found += [(f"Mix {spoken.plain(mix.name)}", _mix(mix, rules)) for mix in rules.mixes]
    found.append(("Rolls", _rolls(rules)))
    return found


def _mix(mix: Mix, rules: Hedge) -> str:
    shares = [f"{100 * s:g} % {_bucket(rules.buckets[name])}" for name, s in mix.shares.items()]
    parts = [f"{joined(shares)}."]
    if mix.name == rules.base_mix and len(rules.mixes) > 1:
        parts.append("In force when no other mix is, or more than one would be.")
    if mix.when is not None:
        parts.append(f"In force while {group(mix.when)}.")
    if mix.window is not None:
        parts.append(f"For what is bought or rolled while {group(mix.window)}.")
    return " ".join(parts)


def _layer_1(rules: LayerOne) -> str:
    if rules.stable is None and not rules.adds:
        return f"{rules.neutral_percent:g} %, always."
    text = f"{rules.neutral_percent:g} %"
    if rules.stable is not None:
        text = (
            f"{rules.stable_percent:g} % while {group(rules.stable)}; {rules.unstable_percent:g} % "
            f"while not; {rules.neutral_percent:g} % until that is known"
        )
    for add in rules.adds:
        text += f"; {add.points:g} points more while {group(add.when)}"
    return f"{text}; always {rules.least_percent:g} to {rules.most_percent:g} %."


def _bucket(rules: Bucket) -> str:
    if rules.kind == "vx_future":
        return f"VIX futures of the monthly series {rules.months[0]} to {rules.months[1]}"
    tenor = f"{rules.days_min} to {rules.days_max} days"
    if rules.kind == "vix_call":
        return f"VIX calls of {tenor}"
    return f"SPX puts {rules.out_of_the_money_percent:g} % out of the money, of {tenor}"


def bucket_words(name: str, rules: Bucket) -> str:
    """A bucket in a reason: `front calls (30-60 days)`, `VX futures (months 3-6)`."""
    if rules.kind == "vx_future":
        return f"{spoken.plain(name)} (months {rules.months[0]}-{rules.months[1]})"
    return f"{spoken.plain(name)} ({rules.days_min}-{rules.days_max} days)"


def _rolls(rules: Hedge) -> str:
    roll = rules.roll
    used = {name for mix in rules.mixes for name in mix.shares}
    options = [b for name, b in rules.buckets.items() if name in used and b.kind != "vx_future"]
    floors = sorted({bucket.floor_days for bucket in options})
    parts = []
    if floors:
        parts.append(f"{joined([str(floor) for floor in floors], 'or')} days are left")
    if roll.extrinsic_share is not None:
        parts.append(
            f"{100 * roll.extrinsic_share:g} % of the time value at purchase, or less, is left"
        )
    text = f"A hedge option is rolled forward when {joined(parts, 'or')}." if parts else ""
    if roll.monetise_gain is not None:
        text += (
            f" After a gain of {100 * roll.monetise_gain:g} % of its cost, "
            f"{100 * roll.monetise_sell_share:g} % of it is sold and "
            f"{100 * roll.monetise_reinvest_share:g} % of the proceeds go to the next tenor."
        )
    if len(options) < len(used):
        text += (
            f" Futures move on in equal parts over {roll.futures_roll_sessions} sessions before "
            f"their last {roll.futures_last_sessions}."
        )
    return text.strip()
