"""The compact data behind the charts and the trade list: rounded, by column, no markup.

Everything is a list with one entry a session, in the order of `days`; an unknown value is null.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from steward.analytics import measures
from steward.analytics.measures import Floats
from steward.analytics.paths import Outcome, Path
from steward.analytics.trades import legs, settlement_level, terms_of
from steward.doors.report import words

VIX_OPTIONS_LISTED = date(2006, 2, 24)
"""First trading day of VIX options; before it the hedge sleeve is empty when as listed."""

ALL_REASONS_UP_TO = 3_000
"""Sessions of a run up to which the page carries every session's reasons, not the changes only."""

RULES = ("layer_1", "layer_2", "layer_3", "mix")

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
            "equity": rounded(path.equity / 100.0, 0),
            "drawdown": rounded(100.0 * measures.drawdowns(path.returns), 2),
        }
        for path in paths.values()
    ]


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
        "layers": {name: _bits(part, f"{name}_on") for name in RULES[:3]},
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
    return as_listed and day < VIX_OPTIONS_LISTED


def shaded(result: Outcome, main: str) -> dict[str, bool]:
    """Which shades the charts need a key for."""
    part = result.equity.filter(pl.col("ledger") == main)
    first = part["session"].min()
    return {
        "warming": bool(part["warming"].fill_null(False).any()),
        "unlisted": isinstance(first, date) and _unlisted(result, first),
    }


def reasons(decisions: pl.DataFrame, main: str, days: list[date]) -> Plain:
    """By rule: distinct sentences, and for each session which one holds (-1: none so far).

    Of a long run only sessions on which the wording (its numbers apart) changed carry a new
    sentence; the others point at the last one, whose day the page shows beside it.
    """
    traces = decisions.filter(
        (pl.col("ledger") == main) & (pl.col("kind") == "trace") & pl.col("name").is_in(RULES)
    )
    rows = {day: i for i, day in enumerate(days)}
    thin = len(days) > ALL_REASONS_UP_TO
    found: Plain = {}
    for rule in RULES:
        own = traces.filter(pl.col("name") == rule).sort("session")
        texts: dict[str, int] = {}
        of = [-1] * len(days)
        since = [-1] * len(days)
        shape = ""
        for session, sentence in own.select("session", "sentence").rows():
            row = rows.get(session)
            if row is None:
                continue
            if thin:
                now = re.sub(r"[-+−]?\d[\d.,]*", "", sentence)
                if now == shape:
                    continue
                shape = now
            of[row] = texts.setdefault(sentence, len(texts))
            since[row] = row
        for row in range(1, len(days)):
            if of[row] < 0:
                of[row], since[row] = of[row - 1], since[row - 1]
        found[rule] = {"texts": list(texts), "of": of, "since": since if thin else None}
    return found


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
)


def trade_list(result: Outcome, trades: pl.DataFrame, names: tuple[str, ...]) -> Plain:
    """Every trade by column; the same trade of several ledgers once, with all their names.

    legs     quantity, strike, right (C, P or F), and of a future the price paid
    level    the index at settlement, else its close on the day of closing; null while open
    settled  1 when `level` is a settlement value
    """
    closes = {
        day: (spx, vix)
        for day, spx, vix in result.equity.select("session", "spx", "vix").unique("session").rows()
    }
    by_structure: dict[tuple[str, str], list[list[Any]]] = {}
    level: dict[tuple[str, str], float] = {}
    for leg in legs(result.journal).iter_rows(named=True):
        key, terms = (leg["ledger"], leg["structure_id"]), terms_of(leg["contract"])
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
