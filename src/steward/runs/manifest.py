"""What determines a run, and nothing else: no path, no time, no fact of the machine."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from importlib.metadata import version
from typing import Any

import numpy
import polars

from steward.intake.check import check
from steward.intake.load import Market
from steward.market.history import hash_of_files
from steward.orders.margin import DEFAULT, MarginProfile, futures, profiles
from steward.pricing import coefficients, fees
from steward.pricing.rates import dividends_sentence
from steward.rules.conditions import Struck
from steward.rules.ruleset import RuleSet
from steward.runs.result import run_id_of
from steward.runs.settings import DEBIT_SPREAD

FORMAT = 1


def steward_version() -> str:
    return version("steward")


def library_versions() -> dict[str, str]:
    """Of the libraries whose arithmetic and file format are in the bytes of a run."""
    return {"numpy": numpy.__version__, "polars": polars.__version__}


def model() -> dict[str, Any]:
    """Which numbers price what is modelled, ticks and fees too: a short name, and the files."""
    return {"fingerprint": coefficients.fingerprint(), "files": dict(coefficients.hashes())}


def assumptions(
    market: Market, days: Sequence[date], broker: str, margin: MarginProfile = DEFAULT
) -> tuple[str, ...]:
    """What the run over `days` takes for granted beyond its rule file, for the page."""
    quoted = market.kind == "quoted"
    return (
        "Orders are decided at the close (16:15 New York) and filled on the next session's quotes.",
        "A debt to the broker costs the bill rate plus "
        f"{100 * DEBIT_SPREAD:g} % a year; cash earns the bill rate known at the close before.",
        "Fees: exchange, clearing house and regulators as printed for the day, before the oldest "
        f"print as in it; and on all days the broker {broker}: {fees.words(broker)}. "
        "Cash settlement at expiry is free.",
        profiles.sentence(margin),
        "A ledger that is short of margin at a close opens nothing and closes positions on the "
        "next session's quotes at the natural price: futures, then condors, then options of the "
        f"hedge, until {margin.buffer_percent} % of what counts is free. One that is worth less "
        "than nothing closes everything and takes nothing any more; its debt goes on to bear "
        "interest.",
        "Taxes are left out.",
        *(
            ("SPX, VIX, its family and VIX futures: simulated; the bill rate is a constant.",)
            if market.history.simulated
            else ()
        ),
        "SPX options: quotes of the chain file alone; a holding without a quote is valued by model."
        if quoted
        else "SPX and VIX options: priced by a model from the state of the day, with spreads "
        "fitted on real quotes of single days and no limit on size.",
        dividends_sentence(market.history, days),
        "VIX weeklies and mini SPX options are not in the modelled market.",
        "The S&P 500 is a price index: betas and falls leave dividends out.",
    )


def make(
    *,
    market: Market,
    ledgers: Mapping[str, RuleSet | None],
    main: str,
    days: Sequence[date],
    capital: int,
    flows: Mapping[date, int],
    broker: str,
    margin: MarginProfile,
    struck: Sequence[Struck],
    qualities: Sequence[str],
) -> dict[str, Any]:
    """The manifest, with the run's id: its hash."""
    history = market.history
    rules = {
        name: rule.model_dump(mode="json") if rule else {"name": name}
        for name, rule in ledgers.items()
    }
    lead = ledgers[main]
    content: dict[str, Any] = {
        "format": FORMAT,
        "version": steward_version(),
        "versions": library_versions(),
        "model": model(),
        "main": main,
        "rules": rules,
        "window": {"start": days[0].isoformat(), "end": days[-1].isoformat()},
        "capital": capital,
        "flows": [{"session": day.isoformat(), "cents": flows[day]} for day in sorted(flows)],
        "broker": broker,
        "data": {
            "label": history.label,
            "quotes": market.quotes.label,
            "kind": market.kind,
            "embedded": market.embedded,
            "files": dict(sorted(market.hashes.items())),
            "notes": list(market.notes),
            "quarantined": [
                {"source": q.source, "reason": q.reason, "rows": q.rows} for q in market.quarantined
            ],
            "check": quality_of(market, days),
        },
        "quality": list(qualities),
        "listing": lead.listing if lead is not None else "as_listed",
        "sizing_nav": lead.allocation.sizing_nav if lead is not None else "condor_ledger",
        "margin": {**profiles.resolved(margin), "futures_table": futures.table_hash()},
        "seed": None,
        "absent": [
            {"name": s.signal, "rule": s.rule, "why": s.why, "consequence": s.consequence}
            for s in struck
        ],
        "assumptions": list(assumptions(market, days, broker, margin)),
    }
    if market.sources:
        content["data"]["sources"] = list(market.sources)
    content["data"]["hash"] = hash_of_files(market.hashes)
    content["run_id"] = run_id_of(content)
    return content


def quality_of(market: Market, days: Sequence[date]) -> dict[str, Any]:
    """Coverage of the series, real quotes by session, the model's own VIX and its flags.

    Plain values.
    """
    found = check(market, days)
    plain = {
        "coverage": [asdict(one) for one in found.coverage],
        "chains": [asdict(one) for one in found.chains],
        "model_vix": asdict(found.model_vix) if found.model_vix is not None else None,
        "model_flags": asdict(found.model_flags),
    }
    as_text: dict[str, Any] = json.loads(json.dumps(plain, default=date.isoformat))
    return as_text
