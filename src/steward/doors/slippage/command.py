"""`steward slippage`: run the rules at several costs of filling, print, and write the page."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from steward.doors.options import (
    Broker,
    Capital,
    Chains,
    Data,
    End,
    Flows,
    Json,
    Margin,
    Rules,
    Start,
)
from steward.terms.errors import StewardError

PAGES = Path("runs") / "slippage"


def _shares(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise StewardError(
            f"--shares {text}: numbers from 0 to 1 with commas between them, as 0,0.5,1"
        ) from None


def slippage(
    rules: Rules = None,
    start: Start = None,
    end: End = None,
    capital: Capital = None,
    flows: Flows = None,
    broker: Broker = None,
    margin: Margin = None,
    data: Data = None,
    chains: Chains = None,
    shares: Annotated[
        str | None,
        typer.Option(
            metavar="NUMBERS",
            help="Shares of the half spread, 0 the middle, 1 the touch; else quarters of it.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE.html", help="The page; else one in runs/slippage."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Say what the result is at other costs of filling, and where the edge is gone.

    One backtest for each share: on the embedded data a minute in all.
    """
    from steward.doors import notebook, writing
    from steward.doors.slippage import page, text
    from steward.doors.terminal import print_json, progress
    from steward.intake.load import open_market
    from steward.studies import slippage as study

    wanted = study.SHARES if shares is None else _shares(shares)
    if out is not None:
        writing.check([writing.page(out)])
    settings = notebook.asked_for(
        rules,
        start=start,
        end=end,
        capital_cents=capital,
        flows=flows,
        broker=broker,
        margin=margin,
    )
    market = open_market(data=data, chains=chains or ())
    with progress("slippage", quiet=as_json) as shown:
        found = study.slippage(market, settings, shares=wanted, progress=shown)
    target = out
    if target is None and not as_json:
        target = PAGES / f"{found.rules}-{found.ruled.run_id[:8]}.html"
    if target is not None:
        writing.write([(writing.page(target), [page.render(found)])])
    if as_json:
        print_json(document(found))
    else:
        text.show(found, target)


def document(found: Any) -> dict[str, Any]:
    """Everything, plain; money in cents."""
    from steward.doors.slippage import words
    from steward.doors.terminal import DISCLAIMER

    priced = words.indicative(found)
    return {
        "disclaimer": DISCLAIMER,
        "rules": found.rules,
        "window": found.manifest["window"],
        "capital": found.manifest["capital"],
        "flows": found.manifest["flows"],
        "broker": found.manifest["broker"],
        "margin": words.margin(found),
        "prices": None if priced is None else priced.title,
        "quality": found.manifest["quality"],
        "points": [asdict(point) for point in found.points],
        "as_the_rules_say": asdict(found.ruled),
        "edge_gone_at_share": {name: found.edge_gone(name) for name in found.ledgers},
        "multiple_of_own_slippage": {name: found.multiple_gone(name) for name in found.ledgers},
    }
