"""`steward slippage`: run the rules at several costs of filling, print, and write the page."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from steward.doors.options import Json, day
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
    rules: Annotated[
        str,
        typer.Option(help="A packaged rule file by name, or a path to one.", metavar="NAME"),
    ] = "article",
    start: Annotated[
        date | None, typer.Option(parser=day, metavar="DATE", help="First day; else of the data.")
    ] = None,
    end: Annotated[
        date | None, typer.Option(parser=day, metavar="DATE", help="Last day; else of the data.")
    ] = None,
    data: Annotated[Path | None, typer.Option(help="As for backtest.")] = None,
    chains: Annotated[list[Path] | None, typer.Option(help="As for backtest.")] = None,
    shares: Annotated[
        str, typer.Option(help="Shares of the half spread: 0 the middle, 1 the touch.")
    ] = "0,0.25,0.5,0.75,1",
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE.html", help="The page; else one in runs/slippage."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Say what the result is at other costs of filling, and where the edge is gone.

    One backtest for each share: on the embedded data a minute in all.
    """
    from steward.doors import notebook
    from steward.doors.slippage import page, text
    from steward.doors.terminal import print_json, progress
    from steward.intake.load import open_market
    from steward.runs.settings import Settings
    from steward.studies import slippage as study

    wanted = _shares(shares)
    settings = Settings(rules=notebook.load_rules(rules), start=start, end=end)
    market = open_market(data=data, chains=chains or ())
    with progress("slippage", quiet=as_json) as shown:
        found = study.slippage(market, settings, shares=wanted, progress=shown)
    target = out
    if target is None and not as_json:
        target = PAGES / f"{found.rules}-{found.ruled.run_id[:8]}.html"
    if target is not None:
        text.write(page.render(found), target)
    if as_json:
        print_json(document(found))
    else:
        text.show(found, target)


def document(found: Any) -> dict[str, Any]:
    """Everything, plain."""
    from steward.doors.terminal import DISCLAIMER

    return {
        "disclaimer": DISCLAIMER,
        "rules": found.rules,
        "window": found.manifest["window"],
        "quality": found.manifest["quality"],
        "points": [asdict(point) for point in found.points],
        "as_the_rules_say": asdict(found.ruled),
        "edge_gone_at_share": {name: found.edge_gone(name) for name in found.ledgers},
        "multiple_of_own_slippage": {name: found.multiple_gone(name) for name in found.ledgers},
    }
