"""The margin of a run: how much of what counts was needed, the calls, and what they cost."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import polars as pl

from steward.analytics.account import Collected
from steward.analytics.measures import Floats, shown, withheld

CALLS = {
    "ledger": pl.String(),
    "found": pl.Date(),  # the session at whose marks it was found
    "met": pl.Date(),  # at whose marks it was met; null: it never was
    "sessions": pl.Int64(),  # closes at which it stood
    "required": pl.Int64(),  # cents, when it was found
    "funds": pl.Int64(),  # cents that counted towards it then
    "deficit": pl.Int64(),  # cents
    "closed": pl.List(pl.String()),  # structures, in the order of their fills
    "not_filled": pl.Int64(),  # forced orders that did not trade
    "cost": pl.Int64(),  # cents, of the fills against the middle of their quotes, without fees
    "fees": pl.Int64(),  # cents
    "insolvent": pl.Boolean(),  # worth less than nothing while it stood
}


def utilisation(equity: pl.DataFrame) -> Floats:
    """Required over what counts, a fraction, of one ledger's equity table.

    NaN where nothing counts and something is needed.
    """
    needed = equity["margin"].cast(pl.Float64).to_numpy()
    funds = equity["margin_funds"].cast(pl.Float64).to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(funds > 0.0, needed / funds, np.nan)
    return np.where((needed == 0.0) & (funds >= 0.0), 0.0, share).astype(np.float64)


def calls(decisions: pl.DataFrame) -> pl.DataFrame:
    """One row a margin call, by ledger and in order of time; columns as CALLS.

    An insolvency without a call before it is a row too.
    """
    found: list[dict[str, Any]] = []
    rows = decisions.filter(pl.col("kind") == "margin").select(
        "ledger", "session", "name", "result", "detail"
    )
    last: dict[str, dict[str, Any]] = {}
    for ledger, session, name, result, text in rows.rows():
        detail = json.loads(text)
        if name != "standing":
            _forced(last[ledger], result, detail)
        elif result == "called" or (result == "insolvent" and _over(last.get(ledger))):
            last[ledger] = _new(ledger, session, detail)
            found.append(last[ledger])
        elif result == "stands":
            last[ledger]["sessions"] += 1
        elif result == "met":
            last[ledger]["met"] = session
        if result == "insolvent":
            last[ledger]["insolvent"] = True
    return pl.DataFrame(found, schema=CALLS).sort("ledger", "found", maintain_order=True)


def _over(call: dict[str, Any] | None) -> bool:
    return call is None or call["met"] is not None


def _new(ledger: str, session: object, detail: dict[str, int]) -> dict[str, Any]:
    return {
        "ledger": ledger,
        "found": session,
        "met": None,
        "sessions": 1,
        "required": detail["required_cents"],
        "funds": detail["funds_cents"],
        "deficit": detail["deficit_cents"],
        "closed": [],
        "not_filled": 0,
        "cost": 0,
        "fees": 0,
        "insolvent": False,
    }


def _forced(call: dict[str, Any], result: str, detail: dict[str, Any]) -> None:
    if result == "filled":
        call["closed"].append(detail["structure"])
        call["cost"] += detail["cost_cents"]
        call["fees"] += detail["fees_cents"]
    else:
        call["not_filled"] += 1


def figures(collected: Collected, equity: pl.DataFrame, own: pl.DataFrame) -> None:
    """Of one ledger: its equity table sorted by session, and its calls."""
    collected.plain("sessions_short_of_margin", int(equity["margin_called"].sum()))
    collected.plain("margin_calls", own.filter(pl.col("deficit") > 0).height)
    spent = int(own["cost"].sum()) + int(own["fees"].sum())
    collected.plain("margin_calls_cost_cents", spent)
    ruined = equity.filter(pl.col("insolvent"))["session"]
    collected.plain("insolvent_on", ruined[0].isoformat() if len(ruined) else None)
    if not len(ruined):
        collected.reasons["insolvent_on"] = "never"
    shares = utilisation(equity)
    known = shares[np.isfinite(shares)]
    if known.size < shares.size:
        collected.put("margin_used_at_most", withheld("nothing counted towards it at some close"))
    else:
        collected.put("margin_used_at_most", shown(float(known.max())))
