"""Which real quotes a run may trade on: sorted columns, and where each series lies in them.

They come from files in memory or from the column cache of a store; what is traded is the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from steward.market.cache import ROOTS as CACHE_ROOTS
from steward.market.cache import UNKNOWN, Columns
from steward.market.history import History, Quarantined
from steward.market.quotes import ChainFile
from steward.pricing.derived import Derived
from steward.terms import calendar
from steward.terms.contracts import E4, Expiry
from steward.terms.errors import StewardError

Prices = NDArray[np.float64] | NDArray[np.int32]
Counts = NDArray[np.int32]

ROOTS = ("SPX", "SPXW", "VIX")
"""Roots that a run trades. VIX weeklies: docs/decisions/0015."""

VIX_WEEKLY = "a weekly on VIX: no run trades it yet"
NOT_A_SESSION = "a day that is not a session of the history"
SETTLED = "a series that had settled by then"

_SERIES = ["session", "expiry", "root", "settlement"]
_QUOTE = [*_SERIES, "call", "strike"]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotedRows:
    """Quotes sorted by session, series (day, root), right (puts first) and strike.

    strike, bid, ask  `per_point` of their units are an index point    call  True for calls
    series            session and series of each slice of these columns, in their order, and its
                      number in `derived`
    derived           what the quotes imply, where it was worked out before
    bid_size, ask_size, volume  contracts; -1: unknown
    moment            of the quotes, one a row, or one a session where a store keeps one
    file, line        where each row stands; None: in the store that `names` says
    names             of the files, for labels
    left_out          rows of the files that are not used, counted by reason
    """

    strike: Prices
    call: NDArray[np.bool_]
    bid: Prices
    ask: Prices
    per_point: int
    series: Sequence[tuple[date, Expiry, slice, int]]
    names: tuple[str, ...]
    left_out: tuple[Quarantined, ...]
    bid_size: Counts
    ask_size: Counts
    volume: Counts
    moment: Sequence[datetime] | Mapping[date, datetime]
    file: Sequence[str] | None = None
    line: NDArray[np.int64] | None = None
    derived: Derived | None = None

    def origin(self, row: int) -> str:
        """Which quote a row is, as a journal names it."""
        if self.file is None or self.line is None:
            return f"store {self.names[0]}"
        return f"{self.file[row]}:{self.line[row]}"

    def minutes_old(self, row: int, session: date) -> int | None:
        """Of a row at the decision moment of its session; None: not known. At least 0."""
        held = self.moment
        moment = held.get(session) if isinstance(held, Mapping) else held[row]
        if moment is None:
            return None
        return max(int((calendar.decision_moment(session) - moment).total_seconds() // 60), 0)


def rows_of_files(history: History, chains: Sequence[ChainFile]) -> QuotedRows:
    """The usable quotes of files, at least one; files may overlap where they agree.

    On its settlement day a PM series has settled at the decision moment, and what vendors still
    write for it is no market.
    Raises StewardError for two different quotes of one contract at one session.
    """
    frame = pl.concat([chain.quotes.with_columns(file=pl.lit(chain.name)) for chain in chains])
    left_out: list[Quarantined] = []

    def drop(frame: pl.DataFrame, wrong: pl.Series, reason: str) -> pl.DataFrame:
        counts = frame.filter(wrong)["file"].value_counts().sort("file")
        left_out.extend(
            Quarantined(source=file, reason=reason, rows=rows) for file, rows in counts.iter_rows()
        )
        return frame.filter(~wrong)

    traded = frame["root"].is_in(list(ROOTS))
    frame = drop(frame, ~traded, VIX_WEEKLY)
    ours = frame["session"].is_in(pl.Series(history.sessions, dtype=pl.Date).implode())
    frame = drop(frame, ~ours, NOT_A_SESSION)
    frame = drop(frame, _settled(frame), SETTLED)
    frame = frame.with_columns(call=pl.col("right") == "C")
    frame = frame.sort(*_QUOTE, maintain_order=True)
    again = pl.Series(frame.select(pl.struct(_QUOTE).is_first_distinct().not_()).to_series())
    _refuse_contradictions(frame, again)
    frame = drop(frame, again, "the same quote a second time")
    series: list[tuple[date, Expiry, slice, int]] = []
    start = 0
    for session, day, root, settlement, rows in _counted(frame).iter_rows():
        expiry = Expiry(root=root, day=day, settlement=settlement)
        series.append((session, expiry, slice(start, start + rows), len(series)))
        start += rows
    return QuotedRows(
        strike=frame["strike"].to_numpy(),
        call=frame["call"].to_numpy(),
        bid=frame["bid"].to_numpy(),
        ask=frame["ask"].to_numpy(),
        per_point=1,
        series=series,
        names=tuple(dict.fromkeys(chain.name for chain in chains)),
        left_out=tuple(left_out),
        bid_size=_counts(frame["bid_size"]),
        ask_size=_counts(frame["ask_size"]),
        volume=_counts(frame["volume"]),
        moment=frame["moment"].to_list(),
        file=frame["file"].to_list(),
        line=frame["line"].to_numpy(),
    )


def rows_of_cache(
    history: History, columns: Columns, name: str, derived: Derived | None = None
) -> QuotedRows:
    """The usable quotes of a store's cache of one symbol, not copied.

    name     of the store, for labels
    derived  what they imply under this history, where it was worked out before
    """
    held = columns.series
    starts: list[int] = held.start.tolist()
    days = columns.sessions
    ours = set(history.sessions)
    series: list[tuple[date, Expiry, slice, int]] = []
    counts: dict[str, int] = {}
    keys = zip(
        held.session.tolist(),
        held.expiry.astype("datetime64[D]").tolist(),
        held.root.tolist(),
        held.pm.tolist(),
        strict=True,
    )
    for at, (row, day, number, pm) in enumerate(keys):
        place, session = slice(starts[at], starts[at + 1]), days[row]
        expiry = Expiry(root=CACHE_ROOTS[number], day=day, settlement="PM" if pm else "AM")
        reason = None
        if expiry.root not in ROOTS:
            reason = VIX_WEEKLY
        elif session not in ours:
            reason = NOT_A_SESSION
        elif day <= session and calendar.years_to(session, expiry) <= 0.0:
            reason = SETTLED
        if reason is None:
            series.append((session, expiry, place, at))
        else:
            counts[reason] = counts.get(reason, 0) + place.stop - place.start
    rows = columns.rows
    return QuotedRows(
        strike=rows.strike,
        call=rows.call,
        bid=rows.bid,
        ask=rows.ask,
        per_point=E4,
        series=series,
        names=(name,),
        left_out=tuple(
            Quarantined(source=name, reason=reason, rows=n) for reason, n in counts.items()
        ),
        bid_size=rows.bid_size,
        ask_size=rows.ask_size,
        volume=rows.volume,
        moment=columns.moments(),
        derived=derived,
    )


def _counts(column: pl.Series) -> Counts:
    """Contracts, with the number that says unknown."""
    return column.fill_null(UNKNOWN).cast(pl.Int32).to_numpy()


def _settled(frame: pl.DataFrame) -> pl.Series:
    """Where the series' settlement lies at or before the session's decision moment."""
    series = frame.select(_SERIES).unique()
    over = [
        calendar.years_to(session, Expiry(root=root, day=day, settlement=settlement)) <= 0.0
        for session, day, root, settlement in series.iter_rows()
    ]
    marked = series.with_columns(over=pl.Series(over, dtype=pl.Boolean))
    return frame.join(marked, on=_SERIES, how="left", maintain_order="left")["over"]


def _counted(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows a series, in the order of the frame."""
    return frame.group_by(_SERIES, maintain_order=True).len()


def _refuse_contradictions(frame: pl.DataFrame, again: pl.Series) -> None:
    """Of two different quotes of one contract at one moment neither can be believed."""
    same = (pl.col("bid") == pl.col("bid").shift(1)) & (pl.col("ask") == pl.col("ask").shift(1))
    clash = frame.with_columns(
        before_file=pl.col("file").shift(1), before_line=pl.col("line").shift(1), same=same
    ).filter(again & ~pl.col("same"))
    if clash.height:
        row = clash.row(0, named=True)
        raise StewardError(
            f"{row['file']}, line {row['line']}: {row['root']} {row['expiry']} {row['strike']:g} "
            f"{row['right']} of {row['session']} is {row['bid']:g} bid, {row['ask']:g} asked, and "
            f"something else in {row['before_file']}, line {row['before_line']} "
            f"({clash.height} such rows): take one of the two out"
        )
