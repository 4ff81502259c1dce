"""The sentences of the page: what happened, in words, made of figures that are already there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from steward.analytics import audit
from steward.analytics.audit import entry_refusals
from steward.analytics.crises import missing_crises
from steward.doors.report import words
from steward.orders.margin import profiles
from steward.runs.losses import Losses
from steward.runs.replay import margin_of

Plain = Mapping[str, Any]


def lead(figures: Mapping[str, Plain], main: str) -> list[str]:
    """Two or three sentences that answer the reader's first question: was it worth it?"""
    own = figures[main]
    said = []
    paid = words.money(own["contributed_cents"])
    ends = [
        f"{words.money(figure['final_wealth_cents'])} "
        f"{words.LEDGER_WORDS.get(name, f'in {words.ledger(name)}')}"
        for name, figure in figures.items()
    ]
    said.append(f"{paid} was paid in. At the end it stood at {', '.join(ends)}.")
    bare = figures.get("unhedged")
    if bare is None or main == "unhedged":
        return said
    hedge = own["hedge_gain_cents"]
    calm, stress = own["hedge_gain_calm_cents"], own["hedge_gain_stress_cents"]
    if hedge or calm or stress:
        said.append(
            f"The hedge {'brought' if hedge >= 0 else 'cost'} {words.money(abs(hedge))} in all: "
            f"{words.money(calm, sign=True)} in calm sessions, "
            f"{words.money(stress, sign=True)} in the {own['stress_sessions']:,} stress sessions."
        )
    else:
        said.append(f"In {words.ledger(main)} no hedge was ever bought in this window.")
    called = [
        f"{words.ledger(name)} {words.counted(figure['margin_calls'], 'time')}"
        for name, figure in figures.items()
        if figure["margin_calls"]
    ]
    if called:
        said.append(f"Positions were closed by margin calls: {words.listed(called)}.")
    said.append(
        f"The deepest fall was {words.percent(own['max_drawdown'])} with the hedge and "
        f"{words.percent(bare['max_drawdown'])} without it."
    )
    return said


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """What the prices of a run are: the badge, the label of the charts, and two sentences."""

    badge: str
    label: str
    title: str
    text: str


MODELLED = "modelled"
INDICATIVE = "Modelled quotes: indicative, not a market."
MARKS = "filled at real quotes; some marks modelled"


SIMULATED = Prices(
    badge="simulated market",
    label="simulated market",
    title="Simulated market: no exchange ever showed these closes or these prices.",
    text="Closes of SPX and VIX were drawn by a generator, prices of options and futures computed "
    "from them. It says what the rules would have done in a market that could be, not in one that "
    "was.",
)


def prices(manifest: Plain, journal: pl.DataFrame, equity: pl.DataFrame) -> Prices | None:
    """What a page says about the prices of a run; None where every one was quoted or settled."""
    qualities = [str(quality) for quality in manifest.get("quality", [])]
    if not audit.modelled(journal, equity, qualities):
        return None
    if "simulated" in qualities:
        return SIMULATED
    data = manifest["data"]
    filled = audit.filled_at(journal)
    if data.get("kind") != "quoted":
        return _of_a_model(filled["futures"])
    return _of_quotes(filled, str(data.get("quotes", "")).split(";")[0])


def _of_a_model(futures: frozenset[str]) -> Prices:
    text = "Prices of options and futures were computed from index closes where no quotes were at "
    text += "hand."
    if "settlement" in futures:
        text = f"Prices of options were computed from index closes. {_futures(futures)}"
    return Prices(badge=MODELLED, label="modelled quotes", title=INDICATIVE, text=text)


def _of_quotes(filled: Mapping[str, frozenset[str]], chain: str) -> Prices:
    """filled  as `audit.filled_at` has it    chain  where the quotes come from; "" not known"""
    source = f" ({chain})" if chain else ""
    options, futures = filled["options"], filled["futures"]
    hedge = options | futures
    if not hedge & MADE:
        others = " or at the exchange's settlement prices" if "settlement" in hedge else ""
        text = f"Every fill is at recorded quotes{source}{others}. Holdings without a quote at a "
        text += "close were valued by model."
        return Prices(badge=MARKS, label=MARKS, title=_capital(MARKS), text=text)
    some = "some " if hedge - MADE else ""
    badge = f"condors at real quotes; {some}hedge prices modelled"
    said = [f"Every condor was filled at recorded quotes{source}.", _options(options)]
    said += [_futures(futures), "All that rests on computed prices is indicative."]
    text = " ".join(sentence for sentence in said if sentence)
    return Prices(badge=badge, label=badge, title=_capital(badge), text=text)


MADE = frozenset({"modelled", "modelled, hypothetical listing", "simulated"})
"""Kinds of price that no exchange showed."""


def _options(kinds: frozenset[str]) -> str:
    """Of the options of a hedge; empty where none was filled."""
    if not kinds:
        return ""
    if not kinds & MADE:
        return "VIX options were filled at recorded quotes."
    if kinds <= MADE:
        return "VIX options had none: their prices were computed."
    return (
        "VIX options were filled at recorded quotes on sessions that have some, else at computed "
        "prices."
    )


def _futures(kinds: frozenset[str]) -> str:
    if not kinds:
        return ""
    if not kinds & MADE:
        return "VIX futures were filled at the exchange's settlement prices."
    if kinds <= MADE:
        return "VIX futures had no settlement prices: theirs were computed."
    return (
        "VIX futures were filled at the exchange's settlement prices where these are known, else "
        "at computed ones."
    )


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def no_condor(own: Plain, decisions: pl.DataFrame) -> str:
    """Why a run without a single condor has none; empty where one was opened."""
    if own["condors_opened"]:
        return ""
    found = entry_refusals(decisions)
    if not found:
        return "No condor was opened: no session of the window asked for one."
    return "No condor was opened. " + " ".join(
        f"On {count:,} session{'s' if count > 1 else ''}, last: {why.rstrip('.')}."
        for why, count in found
    )


def margin(manifest: Plain) -> str:
    """Which account the margin is that of; empty where a run does not say."""
    kept = manifest.get("margin")
    return profiles.sentence(margin_of(manifest)) if kept else ""


def insolvent(figures: Mapping[str, Plain]) -> str:
    """Which ledgers fell below zero and when; empty: none did."""
    ruined = [
        f"{words.ledger(name)} on {words.day(figure['insolvent_on'])}"
        for name, figure in figures.items()
        if figure["insolvent_on"]
    ]
    if not ruined:
        return ""
    return (
        f"Insolvent: {words.listed(ruined)}. Worth less than nothing at that close, it closed "
        "everything on the next session's quotes and took nothing any more; its later figures mean "
        "nothing."
    )


def losses(found: Losses | None, equity: pl.DataFrame) -> list[str]:
    """At which size and on which book the table of falls is made, or why there is none."""
    held = equity.filter(pl.col("condor_max_loss") > 0)
    if found is None:
        if held.is_empty():
            return ["No condor was open at any close of this window: there is no book to price."]
        return []
    nav = int(found.table["nav_cents"][0])
    planned = round(found.share * nav)
    said = [
        f"What an account of {words.money(nav)} would lose at the planned size: condors that put "
        f"{words.percent(found.share, 0)} of it, {words.money(planned)}, at risk."
    ]
    book = held.filter(pl.col("session") == found.session)["condor_max_loss"]
    if not book.is_empty() and int(book[0]) > 0:
        said.append(
            f"It is the book of {words.day(found.session)}, the last session with condors open, "
            f"which had {words.money(int(book[0]))} at risk, times {planned / int(book[0]):.2f}."
        )
        if planned > 2 * int(book[0]):
            said.append(
                "That book was small beside the plan: a few strikes stand for the whole, so read "
                "the table as a rough measure."
            )
    else:
        said.append(f"It is the book of {words.day(found.session)}, in proportion.")
    said.append("Points of volatility grow with the fall; the hedge is the one held on that day.")
    if min(found.table["unhedged_cents"].to_list()) < -planned:
        said.append(
            "Losses count from the marks of that day: what the condors had earned by then can be "
            "lost on top of what was put at risk."
        )
    if found.table["hedged_cents"].to_list() == found.table["unhedged_cents"].to_list():
        said.append("No hedge was held then: the two columns are alike.")
    return said


def shares_of_days_on(equity: pl.DataFrame, main: str) -> list[tuple[str, str]]:
    """Share of sessions on which each layer of the main ledger was on."""
    own = equity.filter(pl.col("ledger") == main)
    found = []
    for layer in ("layer_1", "layer_2", "layer_3"):
        share = float(own[f"{layer}_on"].fill_null(False).cast(pl.Float64).to_numpy().mean())
        found.append((words.purpose(layer), words.percent(share, 1)))
    return found


def cover(own: Plain) -> str:
    """The hedge ratio beside what it covers, which is far less."""
    ratio, share = own.get("median_hedge_ratio"), own.get("median_stress_cover")
    if ratio is None:
        return ""
    said = f"On the middle session the hedge ratio was {words.percent(ratio)}"
    if share is None:
        return said + "."
    return (
        f"{said} and the stress cover {words.percent(share)}: that share of what the condors would "
        "lose in the modelled stress the hedge would pay. The ratio is a size, not a cover."
    )


def modelled_marks(equity: pl.DataFrame, names: Sequence[str]) -> list[tuple[str, str]]:
    """By ledger, how many holdings were valued by model although the source is quoted."""
    counts = dict(equity.group_by("ledger").agg(pl.col("modelled_marks").fill_null(0).sum()).rows())
    return [(words.ledger(name), f"{counts[name]:,}") for name in names if counts.get(name)]


def missing(first: date, last: date) -> list[str]:
    """Crises that this window does not contain whole."""
    return [crisis.name for crisis in missing_crises(first, last)]
