"""Write the tables of the default run, and what they say, into docs/attribution.md.

    python tools/attribution_tables.py --write docs/attribution.md  writes them between markers
    python tools/attribution_tables.py --check docs/attribution.md  exit code 1 where others stand

`--run RUN` takes a default run that was made before; else one is made. To be run when fees, prices
or the rules of `article` change; then the words around the numbers are to be read again.
"""

from __future__ import annotations

import contextlib
import io
import textwrap
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import polars as pl

import page_blocks
import steward
from steward.analytics import gains as room
from steward.doors.attribution import text
from steward.pricing.black import greeks
from steward.terms.calendar import years_to
from steward.terms.contracts import E4, OptionContract, from_key

SHOWN: tuple[room.By, ...] = ("purpose", "instrument", "rule")
EXITS = ("exit_profit", "exit_days")
WIDTH = 106
CENTS_A_POINT = 10_000  # of one option on SPX


def blocks(result: steward.BacktestResult) -> Mapping[str, str]:
    """The text of each block, by name."""
    made = {"tables": tables(result), "says": says(result), "residual": residual(result)}
    return {name: f"\n{words}\n" for name, words in made.items()}


def tables(result: steward.BacktestResult) -> str:
    """What the command prints by purpose, by instrument and by rule."""
    said = []
    for by in SHOWN:
        with contextlib.redirect_stdout(io.StringIO()) as out:
            text.show(result, by=by, ledger=None, as_json=False, csv=None)
        # the title and what is said of the prices stand above the tables of the page
        table = "\n".join(out.getvalue().splitlines()[2:-1])
        words = "" if by == "purpose" else f" --by {by}"
        said.append(f"`steward attribution RUN{words}`, in dollars:\n\n```text\n{table}\n```")
    return "\n\n".join(said)


def says(result: steward.BacktestResult) -> str:
    """The figures that matter, in sentences; dollars to the next hundred."""
    rows = {row["purpose"]: row for row in result.attribution().iter_rows(named=True)}
    condors = rows["condor"]
    hedge = {
        term: sum(row[term] for name, row in rows.items() if name.startswith("layer"))
        for term in (*room.TERMS, "total")
    }
    held = sum(condors[term] for term in ("theta", "gamma", "vega", "surface"))
    traded = condors["slippage"] + condors["fees"]
    back = sum(hedge[term] for term in ("gamma", "vega", "surface"))
    rest = hedge["total"] - hedge["theta"] - back
    a_contract = {
        rule: round(-cents / contracts / 100)
        for rule, _, contracts, *_, cents in result.costs().rows()
    }
    others = sorted(a_contract[rule] for rule in EXITS)
    paragraphs = (
        f"**What it says.** Time brought the condors {_hundreds(condors['theta'])} dollars. Gamma "
        f"came to {_hundreds(condors['gamma'])}, vega to {_hundreds(condors['vega'])}, the surface "
        f"to {_hundreds(condors['surface'])}: the four together to {_hundreds(held)}. Trading cost "
        f"{_hundreds(-traded)}, of which {_hundreds(-condors['slippage'])} were slippage: "
        f"{round(-100 * traded / condors['theta'])} cents of each dollar of theta. A stop cost "
        f"{a_contract['exit_loss']} dollars a contract, the other exits {others[0]} and "
        f"{others[-1]}. Roll came to {_hundreds(condors['roll'])}, delta to "
        f"{_hundreds(condors['delta'])}, the residual to {_hundreds(condors['residual'])}.",
        f"The hedge paid {_hundreds(-hedge['theta'])} dollars of theta, had {_hundreds(back)} back "
        f"by gamma, vega and the surface, and all else came to {_hundreds(rest)}: "
        f"{_hundreds(hedge['total'])} in all, in a window without a long crisis.",
    )
    return "\n\n".join(
        textwrap.fill(one, WIDTH, break_on_hyphens=False).replace("-", "\u2212")
        for one in paragraphs
    )


def residual(result: steward.BacktestResult) -> str:
    """How much of what is left of the condors are ticks: what a mark stands off the Black-76 price
    at its own volatility, and how that changes.
    """
    own = (pl.col("ledger") == result.main) & (pl.col("purpose") == "condor")
    marks = result.marks.filter(pl.col("contract").str.starts_with("SPX"))
    options = [one for one in map(from_key, marks["contract"]) if isinstance(one, OptionContract)]
    days = marks["session"].to_list()
    bare = greeks(
        marks["forward"],
        np.array([one.strike for one in options]),
        np.array([years_to(day, one.series) for day, one in zip(days, options, strict=True)]),
        marks["vol"],
        discount=1.0,
        call=np.array([one.right == "C" for one in options]),
    )
    price = marks["delta"].to_numpy() / bare.delta * bare.price
    off = (marks["bid"] + marks["ask"]).to_numpy() / (2 * E4) - price
    lots = (
        result.journal.filter(own, pl.col("event") == "fill")
        .sort("sequence")
        .group_by("lot_id", maintain_order=True)
        .agg(
            pl.col("contract", "quantity").first(),
            opened=pl.col("session").min(),
            closed=pl.col("session").max(),
        )
    )
    ticks = (
        lots.join(marks.select("session", "contract", off=pl.Series(off)), on="contract")
        .filter(pl.col("session").is_between("opened", "closed"))
        .sort("lot_id", "session")
        .with_columns(
            change=pl.col("off").diff().over("lot_id") * pl.col("quantity") * CENTS_A_POINT
        )
        .group_by("session")
        .agg(pl.col("change").sum())["change"]
    )
    left = (
        result.gains.filter(own, pl.col("term") == "residual")
        .group_by("session")
        .agg(pl.col("cents").sum())["cents"]
    )
    apart, together = int(ticks.abs().sum()), int(ticks.sum())
    words = (
        f"Of the condors of the default run the residuals of all sessions add up to "
        f"{_hundreds(int(left.abs().sum()))} dollars if none is set off against another; the ticks "
        f"alone to {_hundreds(apart)}. Set off against each other the ticks come to "
        f"{_hundreds(together)}, and all residuals to {_hundreds(int(left.sum()))}: large days."
    )
    return textwrap.fill(words, WIDTH, break_on_hyphens=False).replace("-", "\u2212")


def _hundreds(cents: int) -> str:
    return f"{round(cents, -4) // 100:,}"


def main() -> None:
    parser = page_blocks.arguments("Where the money of the default run went.")
    parser.add_argument("--run", metavar="RUN", type=Path, help="folder of a default run")
    given = parser.parse_args()
    result = steward.backtest() if given.run is None else steward.read_run(given.run)
    page_blocks.finish(given, "attribution", blocks(result))


if __name__ == "__main__":
    main()
