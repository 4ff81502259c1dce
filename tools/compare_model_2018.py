"""Modelled less quoted SPX options, January and February 2018, by day and by delta.

    python tools/compare_model_2018.py                                    prints the tables
    python tools/compare_model_2018.py --write docs/model-differences.md  writes them between the
                                                                          markers of that page
    python tools/compare_model_2018.py --data DIR     the model on a data folder, not the default

Needs the shared market data (STEWARD_SHARED, or a folder `shared` beside the project). What is
written are differences and counts, never a quote, a price or an index level.

Quotes are of 16:15 and the model's index is of 16:00, so its forward is off by what the market did
in between: a column of its own. All other columns are taken on the forward of the quotes: the
modelled vol at the same log distance of strike from forward, and the price that it gives there.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from steward.intake.chain_file import read_chains
from steward.market.quotes import Chain
from steward.market.vendors.arch_history import arch_history
from steward.market.vendors.data_folder import folder_history
from steward.pricing.black import black76
from steward.pricing.modelled import ModelledMarket
from steward.pricing.quoted import QuotedMarket
from steward.pricing.quoted_rows import rows_of_files
from steward.terms.contracts import E4

ROOT = Path(__file__).resolve().parents[1]
FILE = Path("data") / "chains" / "spxw_eod_2018-01_2018-02.csv"
START, END = "<!-- differences:start -->", "<!-- differences:end -->"

BUCKETS = ((0.03, 0.08), (0.08, 0.15), (0.15, 0.30), (0.30, 0.50))
CONDOR_DELTAS = (0.08, 0.30)
"""Of the table by day: where the legs of condors lie."""

VALUES = ("points", "percent", "vol")
CENTS = 10_000.0
"""One point of one contract."""

SHORT_DELTA, WING_POINTS = 0.16, 50.0
FALL = date(2018, 2, 5)
SPANS = (
    ("before 2018-02-05", pl.col("session") < FALL),
    ("from 2018-02-05 on", pl.col("session") >= FALL),
)


def differences(quoted: Chain, market: ModelledMarket) -> pl.DataFrame:
    """One row an out-of-the-money quote with a bid: what the model says less the quote."""
    priced = market.spx.series(quoted.session, quoted.expiry)
    otm = quoted.call == (quoted.strike >= quoted.forward)
    delta = np.abs(quoted.delta)
    keep = otm & (quoted.bid > 0.0) & (delta >= BUCKETS[0][0]) & (delta < BUCKETS[-1][1])
    strike, call = quoted.strike[keep], quoted.call[keep]
    bid, ask = quoted.bid[keep], quoted.ask[keep]
    mid = 0.5 * (bid + ask)
    vol = priced.vols(strike * priced.forward / quoted.forward)
    price = black76(quoted.forward, strike, quoted.years, vol, discount=quoted.discount, call=call)
    same = [priced.quote(k, c) for k, c in zip(strike.tolist(), call.tolist(), strict=True)]
    return pl.DataFrame(
        {
            "session": [quoted.session] * strike.size,
            "days": [(quoted.expiry.day - quoted.session).days] * strike.size,
            "forward": np.full(strike.size, priced.forward - quoted.forward),
            "right": np.where(call, "calls", "puts"),
            "strike": strike,
            "delta": delta[keep],
            "mid": mid,
            "points": price - mid,
            "percent": 100.0 * (price / mid - 1.0),
            "vol": 100.0 * (vol - quoted.vol[keep]),
            "same_strike": np.array([q.mid_twice / (2 * E4) for q in same]) - mid,
            "spread": np.array([(q.ask - q.bid) / E4 for q in same]) / (ask - bid),
        }
    )


def condor(day: pl.DataFrame) -> float | None:
    """Credit at mid of the 16-delta condor with 50-point wings: model over quotes, percent.

    None where a wing is not among the rows.
    """
    quoted = modelled = 0.0
    for right, outwards in (("puts", -WING_POINTS), ("calls", WING_POINTS)):
        side = day.filter(pl.col("right") == right)
        short = side.sort((pl.col("delta") - SHORT_DELTA).abs(), "strike").head(1)
        wing = side.filter(pl.col("strike") == short["strike"].sum() + outwards)
        if short.is_empty() or wing.is_empty():
            return None
        quoted += short["mid"][0] - wing["mid"][0]
        modelled += short["mid"][0] + short["points"][0] - wing["mid"][0] - wing["points"][0]
    return 100.0 * (modelled / quoted - 1.0)


def by_delta(rows: pl.DataFrame) -> list[str]:
    """A line a span, right and bucket."""
    lines = table(
        "sessions",
        "options",
        "delta",
        "quotes",
        "points",
        "cents a contract",
        "% of mid",
        "vol points",
        "spread, model over quoted",
    )
    for span, when in SPANS:
        for right in ("puts", "calls"):
            for low, high in BUCKETS:
                part = rows.filter(
                    when, pl.col("right") == right, pl.col("delta").is_between(low, high, "left")
                )
                if part.is_empty():
                    continue
                points, percent, vol = (part[name].to_numpy() for name in VALUES)
                cells = [span, right, f"{low:.2f} to {high:.2f}", str(part.height)]
                cells += [sizes(points, 2), sizes(CENTS * points, 0)]
                cells += [sizes(percent, 1), sizes(vol, 2)]
                lines.append(line([*cells, f"{part['spread'].median():.2f}"]))
    return lines


def sizes(values: np.ndarray, digits: int) -> str:
    """The median, and of the sizes the median and the 90th percentile."""
    half, most = np.quantile(np.abs(values), [0.5, 0.9])
    return f"{np.median(values):+.{digits}f} ({half:.{digits}f}, {most:.{digits}f})"


def by_day(rows: pl.DataFrame) -> list[str]:
    """A line a session: medians over the options with the deltas of condor legs."""
    lines = table(
        "session",
        "days to expiry",
        "forward, points",
        *(
            f"{right}: {what}"
            for right in ("puts", "calls")
            for what in ("points", "cents a contract", "% of mid", "vol points")
        ),
        "all, same strike, points",
        "condor credit, %",
    )
    for (session,), day in rows.group_by("session", maintain_order=True):
        legs = day.filter(pl.col("delta").is_between(*CONDOR_DELTAS))
        cells = [str(session), str(day["days"][0]), f"{day['forward'][0]:+.1f}"]
        for right in ("puts", "calls"):
            side = legs.filter(pl.col("right") == right)
            if side.is_empty():
                cells += ["none"] * 4
                continue
            points, percent, vol = (float(np.median(side[name].to_numpy())) for name in VALUES)
            cells += [f"{points:+.2f}", f"{CENTS * points:+.0f}"]
            cells += [f"{percent:+.1f}", f"{vol:+.2f}"]
        credit = condor(day)
        cells.append(f"{legs['same_strike'].median():+.2f}" if legs.height else "none")
        cells.append("none" if credit is None else f"{credit:+.1f}")
        lines.append(line(cells))
    return lines


def table(*heads: str) -> list[str]:
    return [line(heads), "|" + " --- |" * len(heads)]


def line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def page(rows: pl.DataFrame, label: str) -> str:
    low, high = CONDOR_DELTAS
    return "\n".join(
        [
            f"Model on: {label}. {rows.height} quotes of {rows['session'].n_unique()} sessions, "
            "out of the money, with a bid; model less quote, on the quotes' own forward but for "
            "the columns that name forward or strike.",
            "",
            "By delta: the median, and in brackets the size that half and nine in ten stay below.",
            "",
            *by_delta(rows),
            "",
            f"By session: medians over deltas of {low:.2f} to {high:.2f}. The condor is the "
            "16-delta one with 50-point wings, its credit at mid.",
            "",
            *by_day(rows),
        ]
    )


def write(path: Path, text: str) -> None:
    """Between the markers of the page, which must be there."""
    old = path.read_text(encoding="utf-8")
    if START not in old or END not in old:
        sys.exit(f"compare_model_2018: {path} has no {START} and {END}")
    before, rest = old.split(START, 1)
    after = rest.split(END, 1)[1]
    path.write_text(f"{before}{START}\n\n{text}\n\n{END}{after}", encoding="utf-8")


def compared(shared: Path, data: Path | None) -> tuple[pl.DataFrame, str]:
    history = arch_history() if data is None else folder_history(data)
    market = ModelledMarket(history)
    quoted = QuotedMarket(history, [rows_of_files(history, read_chains(shared / FILE))], market)
    parts = []
    for session in quoted.sessions:
        for expiry in quoted.expiries(session, "SPX"):
            chain = quoted.chain(session, expiry)
            if chain is not None:
                parts.append(differences(chain, market))
    return pl.concat(parts), history.label


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, add_help=True)
    parser.add_argument("--write", type=Path, metavar="PAGE")
    parser.add_argument("--data", type=Path, metavar="DIR")
    given = parser.parse_args()
    shared = Path(os.environ.get("STEWARD_SHARED", ROOT.parent / "shared"))
    if not (shared / FILE).is_file():
        sys.exit(
            "compare_model_2018: the shared market data are not here: set STEWARD_SHARED to their "
            f"folder, the one with {FILE}"
        )
    rows, label = compared(shared, given.data)
    text = page(rows, label)
    print(text)
    if given.write is not None:
        write(given.write, text)


if __name__ == "__main__":
    main()
