"""The page of a run: one HTML file that opens offline, holds its own data and asks no network.

The same result gives the same bytes: no clock, no random number, no path of a machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
from jinja2 import Environment

from steward.analytics import attribution, audit, crises, explained
from steward.analytics import margin as margins
from steward.analytics.explained import MarkedRun
from steward.analytics.gains import of_ledger
from steward.analytics.paths import REFERENCES, Outcome, ledgers, monthly, paths
from steward.analytics.summary import summary
from steward.analytics.trades import trades
from steward.doors import pages
from steward.doors.report import charts, flags, money, story, tables, words
from steward.doors.report.figures import FIGURES, HEADLINE
from steward.rules import ruleset
from steward.rules.words import describe
from steward.runs.losses import Losses
from steward.terms.amounts import whole_dollars

Figures = dict[str, dict[str, Any]]
"""All figures by ledger, as `analytics.summary` makes them."""


def write(
    result: MarkedRun,
    path: Path,
    *,
    losses: Losses | None = None,
    figures: Figures | None = None,
    gains: pl.DataFrame | None = None,
) -> None:
    """Write the page to `path`, whole or not at all (a file beside it is renamed)."""
    pages.write(render(result, losses=losses, figures=figures, gains=gains), path)


def render(
    result: MarkedRun,
    *,
    losses: Losses | None = None,
    figures: Figures | None = None,
    gains: pl.DataFrame | None = None,
) -> str:
    """The page as text.

    losses  what an SPX fall within a week would cost the account at the planned size. Without it
            the page has no such table.
    figures, gains  the run's summary and its GAINS table, where they were made before
    Raises StewardError when the run has no session, LawBroken when its money does not add up.
    """
    if figures is None:
        figures = summary(result)
    if gains is None:
        gains = explained.of_run(result)
    names = ledgers(result.equity)
    main = str(result.manifest.get("main") or main_ledger(names))
    page = _facts(result, figures, names, main)
    page["losses"] = tables.loss_rows(losses.table) if losses is not None else []
    page["losses_said"] = story.losses(losses, result.equity)
    own = of_ledger(gains, main, names)
    page["money"] = money.money(
        own, result.journal.filter(pl.col("ledger") == main), words.ledger(main)
    )
    data = _data(result, names, main)
    data["money"] = money.chart(own, result.equity["session"].unique().sort().to_list())
    data["prices"] = page["priced"].label if page["priced"] is not None else None
    data["nulls"] = {"ratio": words.NO_CONDORS, "cover": words.NO_COVER}
    return pages.render(_environment(), "steward.doors.report", "report", page, data)


def main_ledger(names: tuple[str, ...]) -> str:
    """The ledger of the rule file: the last that is no reference, else the last of all."""
    own = [name for name in names if name not in REFERENCES]
    return own[-1] if own else names[-1]


def _facts(
    result: Outcome, figures: dict[str, dict[str, Any]], names: tuple[str, ...], main: str
) -> dict[str, Any]:
    """What the template prints as text."""
    manifest, journal, equity = result.manifest, result.journal, result.equity
    qualities = [str(quality) for quality in manifest.get("quality", [])]
    priced = story.prices(manifest, journal, equity)
    by_month = monthly(result)
    calls = margins.calls(result.decisions)
    first, last = equity["session"].min(), equity["session"].max()
    return {
        "manifest": manifest,
        "modelled": priced is not None,
        "priced": priced,
        "quotes": str(manifest["data"].get("quotes", "")),
        "no_condor": story.no_condor(figures[main], result.decisions),
        "hypothetical": any("hypothetical" in quality for quality in qualities),
        "names": names,
        "labels": {name: words.ledger(name) for name in names},
        "main": main,
        "first": words.day(first),  # type: ignore[arg-type]
        "last": words.day(last),  # type: ignore[arg-type]
        "capital": words.money(manifest.get("capital")),
        "lead": story.lead(figures, main),
        "headline": tables.figure_rows(figures, HEADLINE),
        "groups": [(title, tables.figure_rows(figures, group)) for title, group in FIGURES],
        "on_days": story.shares_of_days_on(equity, main),
        "shaded": charts.shaded(result, main),
        "layers": tables.layer_rows(attribution.hedge_layers(journal, equity), names),
        "cover": story.cover(figures[main]),
        "eves": tables.eve_rows(crises.eves(journal, equity), main),
        "insolvent": story.insolvent(figures),
        "calls": tables.call_rows(calls, names),
        "margin_said": story.margin(manifest),
        "months": words.MONTHS,
        "years": {name: tables.monthly_years(by_month, name) for name in names},
        "flows": [
            (words.day(flow["session"]), words.money(flow["cents"], sign=True))
            for flow in manifest.get("flows", [])
        ],
        "proxies": tables.proxy_rows(audit.proxies(journal), names),
        "prices": tables.price_rows(audit.quality_counts(journal), names),
        "as_intended": tables.AS_IT_SHOULD,
        "endings": tables.ending_rows(audit.endings(journal), names),
        "beyond_the_fit": flags.beyond_the_fit(flags.of_run(manifest)),
        "model_flags": flags.rows(flags.of_run(manifest)),
        "marks": story.modelled_marks(equity, names),
        "missing": story.missing(first, last),  # type: ignore[arg-type]
        "rules_in_words": _rules_in_words(manifest, main),
    }


def _rules_in_words(manifest: Mapping[str, Any], main: str) -> tuple[tuple[str, str], ...]:
    """What the rules of the main ledger do, heading by heading; nothing for bills alone."""
    kept = manifest.get("rules", {}).get(main, {})
    if "entry" not in kept:
        return ()
    return describe(ruleset.from_mapping(kept, source="the run's manifest"))


def _data(result: Outcome, names: tuple[str, ...], main: str) -> dict[str, Any]:
    """What the script draws."""
    by_name = paths(result)
    layers = attribution.hedge_layers(result.journal, result.equity)
    bars = layers.filter(pl.col("ledger") == main)
    return {
        "days": charts.days_of(list(by_name[names[0]].days)),
        "ledgers": charts.wealth(by_name),
        "main": main,
        "regime": charts.regime(result, main),
        "margin": charts.margins(result.equity, margins.calls(result.decisions), names),
        "bars": {
            "layers": [words.purpose(layer) for layer in bars["layer"]],
            "calm": [whole_dollars(cents) for cents in bars["calm"]],
            "stress": [whole_dollars(cents) for cents in bars["stress"]],
        },
        "trades": charts.trade_list(result, trades(result.journal), names),
    }


@cache
def _environment() -> Environment:
    environment = pages.environment()
    environment.filters["ledger_name"] = words.ledger
    environment.filters["unbroken"] = words.unbroken
    return environment
