"""The compact data behind the charts and the trade list: rounded, by column, no markup.

Everything is a list with one entry a session, in the order of `days`; an unknown value is null.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from steward.analytics import margin, measures
from steward.analytics.measures import Floats
from steward.analytics.paths import Outcome, Path
from steward.analytics.trades import legs, settlement_level, terms_of
from steward.doors.report import sentences, words
from steward.terms.amounts import whole_dollars
from steward.terms.contracts import E4
from steward.terms.listing import VIX_OPTIONS_FROM

LAYERS = ("layer_1", "layer_2", "layer_3")
RULES = (*LAYERS, "mix", "hedge", "size")
"""The rules whose sentences the page carries; `size`: what a cap or a whole contract cut."""

Plain = dict[str, Any]


def days_of(days: list[date]) -> Plain:
    """The first day and the gaps between days, which is shorter than the days."""
    numbers = np.array(days, dtype="datetime64[D]").astype(np.int64)
    return {"start": days[0].isoformat(), "gaps": [int(gap) for gap in np.diff(numbers)]}


def rounded(values: Floats, digits: int) -> list[float | int | None]:
    """JSON-able: not a number becomes null, whole ones lose their point."""
    found: list[float | int | None] = []
    for value in np.round(values, digits).tolist():
        if value != value or value in (float("inf"), float("-inf")):
            found.append(None)
        elif digits == 0:
            found.append(int(value))
        else:
            found.append(value + 0.0)
    return found


def wealth(paths: Mapping[str, Path]) -> list[Plain]:
    """By ledger: dollars, and percent below the highest time-weighted wealth so far."""
    return [
        {
            "name": path.ledger,
            "label": words.ledger(path.ledger),
            "equity": [whole_dollars(round(cents)) for cents in path.equity.tolist()],
            "drawdown": rounded(100.0 * measures.drawdowns(path.returns), 2),
        }
        for path in paths.values()
    ]


def margins(equity: pl.DataFrame, calls: pl.DataFrame, names: tuple[str, ...]) -> list[Plain]:
    """By ledger: percent of what counts that was required, and the rows of its calls."""
    found = []
    for name in names:
        part = equity.filter(pl.col("ledger") == name).sort("session")
        rows = {day: row for row, day in enumerate(part["session"].to_list())}
        days = calls.filter(pl.col("ledger") == name)["found"].to_list()
        found.append(
            {
                "name": name,
                "label": words.ledger(name),
                "used": rounded(100.0 * margin.utilisation(part), 1),
                "calls": [rows[day] for day in days],
            }
        )
    return found


def _column(part: pl.DataFrame, name: str, digits: int, scale: float = 1.0) -> list[Any]:
    values = part[name].cast(pl.Float64).fill_null(np.nan).to_numpy()
    return rounded(values * scale, digits)


def _bits(part: pl.DataFrame, name: str) -> str:
    return "".join("1" if on else "0" for on in part[name].fill_null(False).to_list())


def regime(result: Outcome, main: str) -> Plain:
    """Index, volatility, layers and mix of one ledger, and why, session by session."""
    part = result.equity.filter(pl.col("ledger") == main).sort("session")
    days: list[date] = part["session"].to_list()
    unlisted = "".join("1" if _unlisted(result, day) else "0" for day in days)
    mixes = [mix or "" for mix in part["mix"].to_list()]
    kinds = sorted(set(mixes))
    names = [words.MIX_NAMES.get(kind, kind) for kind in kinds]
    return {
        "ledger": main,
        "spx": _column(part, "spx", 2),
        "vix": _column(part, "vix", 2),
        "layers": {name: _bits(part, f"{name}_on") for name in LAYERS},
        "mix": [kinds.index(mix) for mix in mixes],
        "mixes": [{"key": kind, "name": name} for kind, name in zip(kinds, names, strict=True)],
        "warming": _bits(part, "warming"),
        "unlisted": unlisted,
        "ratio": _column(part, "hedge_ratio", 1, 100.0),
        "target": _column(part, "hedge_target", 1, 100.0),
        "cover": _column(part, "stress_cover", 1, 100.0),
        "reasons": reasons(result.decisions, main, days),
    }


def _unlisted(result: Outcome, day: date) -> bool:
    as_listed = result.manifest.get("listing", "as_listed") == "as_listed"
    return as_listed and day < VIX_OPTIONS_FROM


def shaded(result: Outcome, main: str) -> dict[str, bool]:
    """Which shades the charts need a key for."""
    part = result.equity.filter(pl.col("ledger") == main)
    first = part["session"].min()
    return {
        "warming": bool(part["warming"].fill_null(False).any()),
        "unlisted": isinstance(first, date) and _unlisted(result, first),
    }


def reasons(decisions: pl.DataFrame, main: str, days: list[date]) -> Plain:
    """By rule, what it said in each session, packed; see `sentences.pack`.

    Several notes of one session (what a cap cut) become one sentence.
    """
    traces = (
        decisions.filter(
            (pl.col("ledger") == main) & (pl.col("kind") == "trace") & pl.col("name").is_in(RULES)
        )
        .select("name", "session", "sentence")
        .unique()
        .sort("name", "session", "sentence")
    )
    rows = {day: i for i, day in enumerate(days)}
    said: dict[str, list[str | None]] = {rule: [None] * len(days) for rule in RULES}
    for rule, session, sentence in traces.rows():
        row = rows.get(session)
        if row is not None:
            before = said[rule][row]
            said[rule][row] = sentence if before is None else f"{before}; {sentence}"
    return {rule: sentences.pack(found) for rule, found in said.items()}


TRADE_COLUMNS = (
    "ledgers",
    "purpose",
    "opened",
    "closed",
    "outcome",
    "open_cash",
    "close_cash",
    "fees",
    "result",
    "max_loss",
    "root",
    "expiry",
    "legs",
    "level",
    "settled",
    "reason_opened",
    "reason_closed",
    "quality",
    "order_opened",
    "order_closed",
    "rolled_from",
    "rolled_into",
)


def _orders(decisions: pl.DataFrame) -> dict[tuple[str, str], tuple[Any, ...]]:
    """By ledger and order: the day it was decided on, its limit and worst price in points."""
    found: dict[tuple[str, str], tuple[Any, ...]] = {}
    rows = decisions.filter(pl.col("kind") == "order")
    for ledger, name, session, text in rows.select("ledger", "name", "session", "detail").rows():
        detail = json.loads(text) if text else {}
        prices = (detail.get("limit"), detail.get("worst"))
        points = (None if price is None else price / E4 for price in prices)
        found[ledger, name] = (session.isoformat(), *points)
    return found


def _other(
    by_order: Mapping[tuple[str, str | None], Mapping[str, Any]], leg: Mapping[str, Any], end: str
) -> str | None:
    """The contract that the same order traded in another structure: the other leg of a roll."""
    found = by_order.get((leg["ledger"], leg[end])) if leg[end] is not None else None
    if found is None or found["structure_id"] == leg["structure_id"]:
        return None
    return str(found["contract"])


def trade_list(result: Outcome, trades: pl.DataFrame, names: tuple[str, ...]) -> Plain:
    """Every trade by column; the same trade of several ledgers once, with all their names.

    legs     quantity, strike, right (C, P or F), and of a future the price paid
    level    the index at settlement, else its close on the day of closing; null while open
    settled  1 when `level` is a settlement value
    order_opened, order_closed  the order behind the fills: the day it was decided on, its limit
             and its worst price in points (paid above 0; null: any price); null where none is kept
    rolled_from, rolled_into  the contract of the other leg of a roll; null where it was none
    """
    closes = {
        day: (spx, vix)
        for day, spx, vix in result.equity.select("session", "spx", "vix").unique("session").rows()
    }
    by_structure: dict[tuple[str, str], list[list[Any]]] = {}
    level: dict[tuple[str, str], float] = {}
    orders = _orders(result.decisions)
    by_leg = legs(result.journal).rows(named=True)
    opened_by = {(leg["ledger"], leg["order_opened"]): leg for leg in by_leg}
    closed_by = {(leg["ledger"], leg["order_closed"]): leg for leg in by_leg}
    ends: dict[tuple[str, str], dict[str, Any]] = {}
    for leg in by_leg:
        key, terms = (leg["ledger"], leg["structure_id"]), terms_of(leg["contract"])
        ends[key] = leg
        kept: list[Any] = [leg["quantity"], terms.strike, terms.right]
        if terms.right == "F":
            kept[1] = leg["open_price"] / 10_000
        by_structure.setdefault(key, []).append([terms.root, terms.expiry, *kept])
        if leg["settled"] is not None and leg["settle_price"] is not None:
            held = leg["quantity"]
            found = settlement_level(terms, held, leg["settle_price"], leg["settle_cash"])
            if found is not None:
                level[key] = found
    rows: dict[tuple[Any, ...], list[str]] = {}
    twins: dict[tuple[str, tuple[Any, ...]], int] = {}
    for trade in trades.sort("opened", "structure_id", "ledger").iter_rows(named=True):
        key = (trade["ledger"], trade["structure_id"])
        own = by_structure[key]
        closed = trade["closed"]
        settled = key in level
        on_vix = own[0][0].startswith("V")
        at = level.get(key)
        if at is None and closed in closes:
            at = closes[closed][1 if on_vix else 0]
        plain = (
            trade["purpose"],
            trade["opened"].isoformat(),
            closed.isoformat() if closed else None,
            trade["outcome"],
            trade["open_cash"],
            trade["close_cash"],
            trade["fees"],
            trade["result"],
            trade["max_loss"],
            own[0][0],
            " / ".join(sorted({leg[1] for leg in own})),
            tuple((q, int(k) if k == int(k) else k, r) for _, _, q, k, r in own),
            round(at, 2) if at is not None else None,
            int(settled),
            trade["reason_opened"],
            trade["reason_closed"],
            trade["quality"],
            orders.get((trade["ledger"], ends[key]["order_opened"])),
            orders.get((trade["ledger"], ends[key]["order_closed"])) if closed else None,
            _other(closed_by, ends[key], "order_opened"),
            _other(opened_by, ends[key], "order_closed") if closed else None,
        )
        twin = twins[trade["ledger"], plain] = twins.get((trade["ledger"], plain), -1) + 1
        rows.setdefault((*plain, twin), []).append(trade["ledger"])
    return {
        "columns": TRADE_COLUMNS,
        "ledgers": {name: words.ledger(name) for name in names},
        "purposes": {name: words.purpose(name) for name in trades["purpose"].unique().sort()},
        "rows": [
            [[names.index(name) for name in sorted(found, key=names.index)], *plain[:-1]]
            for plain, found in rows.items()
        ],
    }
