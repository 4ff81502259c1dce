"""What is believed of a vendor's rows, the same for every vendor (loader rules R3 to R10).

Two steps. `judge` looks at rows one by one and says why one is set aside. `complete` needs all rows
of a file's session together: it names the last day and the settlement of each series, labels third
Fridays without a root, and takes out what occurs twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import numpy as np
import polars as pl

from steward.market.aside import AGAIN, CONTRADICTED, SHOWN, drop
from steward.market.collisions import vix_root, with_roots
from steward.market.lookup import looked_up
from steward.market.ordering import in_key_order
from steward.market.tables import MOMENT, QUOTE_KEY
from steward.market.vendors.clock import whole_clock
from steward.terms import calendar, listing
from steward.terms.contracts import Settlement
from steward.terms.errors import StewardError

ROOTS: Mapping[str, tuple[str, Settlement | None]] = {
    "SPX": ("SPX", None),
    "SPXW": ("SPXW", None),
    "SPXPM": ("SPXW", "PM"),  # quarter-ends to 2011 and third Fridays 2011 to 2017
    "SPXQ": ("SPXW", "PM"),  # quarter-ends
    "VIX": ("VIX", "AM"),
    "VIXW": ("VIXW", "AM"),
}
"""Roots that Steward trades: the root it calls them by, and the settlement where the root says it.

Source: Cboe, product specifications of SPX, SPXW, SPXPM and VIX options.
"""

SYMBOLS = ("SPX", "VIX")
GREEKS = ("delta", "gamma", "theta", "vega", "rho")

FAR = np.timedelta64(366, "D")
"""A single row this far from every other session of its file is of another file."""

QUARTER_HOUR = timedelta(minutes=15)

NOT_OURS = "of another underlying than SPX and VIX"
"""Counted apart: such a row is no fault of the file."""

STRAY = "a stray row, a year from every other"
AGAINST = "root, expiry day, and AM or PM contradict each other"
SETTLED = "settled that morning: no quote of it can be traded"


def judge(rows: pl.DataFrame) -> pl.DataFrame:
    """The same rows of `tables.ROWS` with `reason`: null where a row is believed so far.

    A bid of 0 is a market; an ask of 0 is no quote. Volatility not above 0 voids the greeks (R4).
    What is not finite is unknown.
    """
    days = rows["session"].to_numpy().astype("datetime64[D]")
    on = pl.Series("on", whole_clock().is_session(days)) & rows["session"].is_not_null()
    bid, ask = pl.col("bid"), pl.col("ask")
    steps: tuple[tuple[pl.Expr | pl.Series, str], ...] = (
        (pl.col("symbol").is_in(list(SYMBOLS)), NOT_OURS),
        (pl.col("session").is_not_null(), "no session"),
        (on, "not a session of the exchange"),
        (pl.col("expiry").is_not_null(), "no expiry"),
        (pl.col("expiry") >= calendar.FIRST_DAY, "already expired"),
        (pl.col("right").is_not_null(), "neither call nor put"),
        (pl.col("strike").is_finite() & (pl.col("strike") > 0.0), "no strike above 0"),
        (bid.is_finite() & ask.is_finite(), "no bid or no ask"),
        ((bid >= 0.0) & (ask >= 0.0), "a price below 0"),
        (ask > 0.0, "an ask of 0: no quote"),
        (ask >= bid, "crossed: the ask below the bid"),
        (
            pl.col("root").is_null() | pl.col("root").is_in(list(ROOTS)),
            "a root Steward does not trade",
        ),
    )
    number = pl.lit(0, dtype=pl.UInt8)  # of the reason: bytes are moved once a reason, not texts
    for at, (good, _) in reversed(tuple(enumerate(steps, start=1))):
        number = pl.when(good).then(number).otherwise(pl.lit(at, dtype=pl.UInt8))
    reasons = pl.Series([None, *(why for _, why in steps)], dtype=pl.String)
    with_iv = pl.col("iv").is_finite() & (pl.col("iv") > 0.0)
    level = pl.col("underlying").is_finite() & (pl.col("underlying") > 0.0)
    return rows.with_columns(
        pl.lit(reasons).gather(number).alias("reason"),
        *(
            pl.when(with_iv & pl.col(name).is_finite()).then(pl.col(name)).alias(name)
            for name in ("iv", *GREEKS)
        ),
        *(
            pl.when(pl.col(name) >= 0).then(pl.col(name)).alias(name)
            for name in ("bid_size", "ask_size", "volume", "open_interest")
        ),
        *(pl.when(level).then(pl.col(n)).alias(n) for n in ("underlying", "underlying_kind")),
    )


def stray(counts: Mapping[date, int]) -> set[date]:
    """Sessions with a single row, a year from every other session of the file.

    None where that is said of all: then none of them is more of another file than the rest.
    """
    days = np.array(sorted(counts), dtype="datetime64[D]")
    if len(days) < 2:
        return set()
    gaps = np.concatenate(([FAR], np.diff(days), [FAR]))
    alone = (gaps[:-1] >= FAR) & (gaps[1:] >= FAR)
    found = {day for day in days[alone].tolist() if counts[day] == 1}
    return found if len(found) < len(days) else set()


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """Whole sessions of one file.

    quotes     columns of `tables.QUOTES` short of vendor and source, sorted by `QUOTE_KEY`
    set_aside  rows that are not among them, with `reason`; those that only repeat another one have
               the reason `AGAIN`
    inferred   sentences on what was inferred
    """

    quotes: pl.DataFrame
    set_aside: pl.DataFrame
    inferred: tuple[str, ...]


def complete(rows: pl.DataFrame, *, root_hint: str | None = None) -> Completed:
    """Rows of whole sessions, all of them judged and believed so far, as quotes.

    root_hint  root that the user names for rows that have none
    Raises StewardError for a hint that is no root.
    """
    if root_hint is not None and root_hint not in ROOTS:
        raise StewardError(f"--root {root_hint}: Steward knows {', '.join(ROOTS)}")
    inferred: list[str] = []
    out: list[pl.DataFrame] = []
    rows = _with_last_day(rows, out, inferred)
    rows = with_roots(rows, out, inferred, hint=root_hint)
    rows = _with_settlement(rows, out)
    rows = _with_moments(rows, out)
    rows, once = in_key_order(rows)
    rows = rows if once else _once(rows, out)
    nothing = rows.clear().with_columns(reason=pl.lit("")).select(*SHOWN, "reason")
    return Completed(quotes=rows, set_aside=pl.concat([nothing, *out]), inferred=tuple(inferred))


def _with_last_day(
    rows: pl.DataFrame, out: list[pl.DataFrame], inferred: list[str]
) -> pl.DataFrame:
    """`expiry` as the last day with economic meaning; as the vendor dates it in `expiry_given`."""
    rows = drop(
        rows,
        pl.col("expiry") <= calendar.LAST_DAY,
        f"expires after {calendar.LAST_DAY.year}, where the calendar ends",
        out,
    )
    rows = looked_up(rows, ["expiry"], _last_days)
    rows = rows.rename({"expiry": "expiry_given", "last": "expiry"})
    moved = int((rows["expiry"] != rows["expiry_given"]).sum())
    if moved:
        inferred.append("expiries on a Saturday or a closed Friday: moved to the session before")
    rows = drop(rows, pl.col("expiry").is_not_null(), "expires on a day that is not a session", out)
    return drop(rows, pl.col("expiry") >= pl.col("session"), "already expired", out)


def _last_days(days: pl.DataFrame) -> pl.DataFrame:
    return days.with_columns(last=pl.Series([last_day(d) for d in days["expiry"]], dtype=pl.Date))


def last_day(label: date) -> date | None:
    """The day itself; of a Saturday or a closed Friday the session before; else None (R10)."""
    if not calendar.FIRST_DAY <= label <= calendar.LAST_DAY:
        return None
    if calendar.is_session(label):
        return label
    return calendar.on_or_before(label) if label.weekday() in (4, 5) else None


def _with_settlement(rows: pl.DataFrame, out: list[pl.DataFrame]) -> pl.DataFrame:
    """`settlement` non-null, and whether the file gave it or root and day say it (R9)."""
    rows = looked_up(rows, ["root", "expiry", "settlement"], _settlements)
    given = pl.col("settlement").is_not_null()
    rows = rows.with_columns(
        settlement_source=pl.when(given).then(pl.lit("given")).otherwise(pl.lit("inferred"))
    )
    odd = pl.col("settles").is_null() & (pl.col("root") == "SPX") & pl.col("settlement").is_null()
    rows = drop(rows, ~odd, "root SPX outside of the monthly day: AM or PM", out)
    rows = drop(rows, pl.col("settles").is_not_null(), AGAINST, out)
    alive = (pl.col("settles") == "PM") | (pl.col("session") < pl.col("expiry"))
    rows = drop(rows, alive, SETTLED, out)
    return rows.with_columns(root="root_ours", settlement="settles")


def _settlements(series: pl.DataFrame) -> pl.DataFrame:
    found = [settlement(root, day, given) for root, day, given in series.iter_rows()]
    return series.with_columns(
        root_ours=pl.Series([ROOTS[root][0] for root in series["root"]], dtype=pl.String),
        settles=pl.Series(found, dtype=pl.String),
    )


def settlement(root: str, last: date, given: str | None = None) -> str | None:
    """AM or PM of a series; None where root, day and what is given contradict each other.

    SPX settles AM, on monthly days only; SPXW PM, but Friday weeklies AM before 2010-12; VIX AM, on
    its own days only.
    Source: Cboe, S&P 500 index options specifications, its page on weeklies, and VIX options
    specifications.
    """
    found = _by_root(root, last)
    return found if given is None or given == found else None


def _by_root(root: str, last: date) -> str | None:
    ours, by_root = ROOTS[root]
    if ours == "SPX":
        return "AM" if last == calendar.monthly_expiry(last.year, last.month) else None
    if ours in ("VIX", "VIXW"):
        return by_root if vix_root(last) == ours else None
    if by_root is not None or last >= listing.WEEKLY_PM_FROM:
        return "PM"
    quarter_end = last.month % 3 == 0 and calendar.next_session(last).month != last.month
    return "PM" if quarter_end else "AM"


def snapshot_moment(session: date, snapshot: str) -> datetime | None:
    """When a snapshot of a session is taken, UTC; None for a name that is no clock.

    eod is the moment at which option marks are final: 16:15 New York, 13:15 on half days. 1545 is a
    quarter of an hour before the shares close, so 12:45 on half days, as Cboe DataShop has it.
    """
    if snapshot == "eod":
        return calendar.decision_moment(session).astimezone(UTC)
    if snapshot == "1545":
        before = calendar.close_of_shares(session)
        return (before - QUARTER_HOUR).astimezone(UTC)
    if (
        len(snapshot) == 4
        and snapshot.isdigit()
        and int(snapshot[:2]) < 24
        and int(snapshot[2:]) < 60
    ):
        clock = time(int(snapshot[:2]), int(snapshot[2:]))
        return datetime.combine(session, clock, calendar.NEW_YORK).astimezone(UTC)
    return None


def _with_moments(rows: pl.DataFrame, out: list[pl.DataFrame]) -> pl.DataFrame:
    rows = looked_up(rows, ["session", "snapshot"], _moments)
    rows = rows.with_columns(moment=pl.coalesce("moment", "taken")).drop("taken")
    rows = drop(rows, pl.col("moment").is_not_null(), "no moment", out)
    return rows.with_columns(known_at="moment", quality=pl.lit("quoted"))


def _moments(pairs: pl.DataFrame) -> pl.DataFrame:
    at = [snapshot_moment(session, snapshot) for session, snapshot in pairs.iter_rows()]
    return pairs.with_columns(taken=pl.Series(at, dtype=MOMENT))


def _once(rows: pl.DataFrame, out: list[pl.DataFrame]) -> pl.DataFrame:
    """One row a key: repeats are taken out but for one, contradictions wholly (R8).

    Of repeats that differ beside the quote (a volume, a greek), which one stays does not depend on
    their order in the file.
    """
    key = pl.struct(QUOTE_KEY)
    doubled = rows.select(key.is_duplicated()).to_series()
    if not doubled.any():
        return rows
    quote = [*QUOTE_KEY, "settlement", "bid", "ask"]
    facts = [c for c in rows.columns if c not in (*quote, "line")]
    again = rows.filter(doubled).sort(*quote, *facts, "line", nulls_last=True)
    again = drop(again, pl.struct(quote).is_first_distinct(), AGAIN, out)
    again = drop(again, ~key.is_duplicated(), CONTRADICTED, out)
    return pl.concat([rows.filter(~doubled), again]).sort(QUOTE_KEY)
