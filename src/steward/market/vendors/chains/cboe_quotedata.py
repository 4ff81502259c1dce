"""Cboe's "delayed quotes" download: a whole chain at one moment, call and put of a strike in a row.

Above the header stand the index level ("Last: ...") and the moment ("Date: ...") in the language of
the reader's browser; copies that went through Excel have padded lines, other days, or lost those
lines. The moment says which snapshot it is (`cboe_hours`). Which format the days are in is proven
by the option symbols of the file. Zero in `IV`, `Delta` and `Gamma` is "not worked out" or rounded
away, so unknown. Open interest is of the previous close. A contract that expired on the day itself
is still in the table, with its last quotes or with zeros.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import polars as pl

from steward.market.vendors.cboe_hours import Shown, night_before, sentences, shown_at
from steward.market.vendors.cboe_stamp import stamp_of
from steward.market.vendors.coherence import coherence
from steward.market.vendors.columns import as_rows, from_osi, long_from_wide, underlying_of
from steward.market.vendors.csv_stream import (
    NEEDED,
    NEEDED_TEXT,
    NUMBER,
    Cell,
    day,
    header_names,
    stream_csv,
)
from steward.market.vendors.layout import Batch, Table
from steward.market.vendors.source import Head, Source
from steward.terms import calendar
from steward.terms.errors import StewardError

SIDE = ("bid", "ask", "volume", "iv", "delta", "gamma", "open interest")
HEADER = (
    *("expiration date", "calls", "last sale", "net", *SIDE, "strike"),
    *("puts", "last sale_2", "net_2", *(f"{name}_2" for name in SIDE)),
)

PREAMBLE = 8
"""Lines above the header at the most."""

DAYS = ("%a %b %d %Y", "%d-%m-%y", "%m/%d/%Y", "%d/%m/%Y", "%Y-%m-%d", "%d-%m-%Y", "%d-%b-%y")
"""Formats that copies have; the one that the symbols of the file agree with is taken."""

_LAST = re.compile(r"\blast:\s*(\d+(?:\.\d+)?)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preamble:
    """What stands above the table.

    header  place of the header among the lines of the file, from 0
    last    index level, points    date_text  as the browser wrote it; null: not there
    """

    header: int
    last: float | None
    date_text: str | None


def preamble_of(lines: Sequence[str]) -> Preamble | None:
    """The lines above the header of a quotes download; None where there is no such header."""
    for at, line in enumerate(lines[:PREAMBLE]):
        if set(HEADER) <= set(header_names(line)):
            above = lines[:at]
            last = next((m[1] for text in above if (m := _LAST.search(text))), None)
            dated = next((text for text in above if _is_dated(text)), None)
            return Preamble(
                header=at,
                last=None if last is None or float(last) <= 0.0 else float(last),
                date_text=None if dated is None else re.split(r",\s*Bid:", dated)[0].strip('",'),
            )
    return None


def _is_dated(line: str) -> bool:
    return re.match(r'^"?\s*\w{2,10}\s*:\s*"?.*\d{1,2}[:.h]\d{2}', line) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteData:
    """The layout; its header is not in the first line, so it is no `CsvLayout`."""

    name: str = "cboe_quotedata"
    title: str = "Cboe delayed quotes download"
    table: Table = "quotes"
    header: Sequence[str] = HEADER

    def recognise(self, head: Head) -> int:
        return 0 if preamble_of(head.lines) is None else len(HEADER)

    def read(self, source: Source) -> Iterator[Batch]:
        above = preamble_of(source.head.lines)
        if above is None:
            raise StewardError(
                f"{source.shown}: no header of a {self.title} in its first lines; download it again"
            )
        names = header_names(source.head.lines[above.header])
        records = [line for line in source.head.lines[above.header + 1 :] if line.strip(" ,")]
        day_format = _day_format(records, source)
        shown = _shown(above, records, day_format, source)
        source.ignored = tuple(n for n in names if n and n not in HEADER)
        with source.open() as file:
            for batch in stream_csv(
                file,
                shown=source.shown,
                names=names,
                cells=_cells(day_format),
                skip_lines=above.header + 1,
            ):
                rows = as_rows(_rows(batch.frame, shown, above.last))
                if (found := coherence(rows)).is_mixed:
                    source.warn(found.sentence)
                yield Batch(
                    rows=rows,
                    set_aside=batch.set_aside,
                    read=batch.frame.height + batch.set_aside.height,
                )


def _cells(day_format: str) -> dict[str, Cell]:
    numbers = {f"{name}{side}": NUMBER for side in ("", "_2") for name in SIDE}
    return {
        "expiration date": day(day_format),
        "calls": NEEDED_TEXT,
        "puts": NEEDED_TEXT,
        "strike": NEEDED,
        **numbers,
    }


def _day_format(records: Sequence[str], source: Source) -> str:
    """The format by which the days of the first records are those of their option symbols."""
    rows = [cells for line in records if len(cells := _cells_of(line)) > 1]
    if not rows:
        raise StewardError(f"{source.shown}: a header and no rows below it; download it again")
    frame = pl.DataFrame({"day": [r[0] for r in rows], "call": [r[1] for r in rows]})
    said = from_osi(pl.col("call"))["expiry"]
    agree = frame.select(
        (pl.col("day").str.to_date(f, strict=False) == said).sum().alias(f) for f in DAYS
    ).row(0)
    best = max(agree)
    if best * 2 <= len(rows):
        raise StewardError(
            f"{source.shown}, column expiration date: {rows[0][0]!r} is no day in a format that is "
            f"known ({', '.join(DAYS)}) and agrees with the option symbols ({rows[0][1]!r})"
        )
    found = DAYS[agree.index(best)]
    if found != DAYS[0]:
        source.note(f"days are written as {found}: the option symbols agree")
    return found


def _cells_of(line: str) -> list[str]:
    """The cells of a record of the head; none of this layout holds a separator."""
    return [cell.strip().strip('"') for cell in line.split(",")]


def _shown(above: Preamble, records: Sequence[str], day_format: str, source: Source) -> Shown:
    """Which snapshot the table is of.

    Raises StewardError for a moment that does not read, and where neither file nor user say one.
    """
    if above.date_text is not None:
        stamp = stamp_of(above.date_text)
        if stamp is None:
            raise StewardError(
                f"{source.shown}: the moment {above.date_text!r} does not read (a month's word, "
                "day, year, clock and a zone as GMT-4 are needed); write it in English, as "
                '"Date: June 9, 2023 at 1:40 PM EDT"'
            )
    elif source.hint("time") is not None:
        stamp = datetime.combine(source.session(), source.hint("time"), calendar.NEW_YORK)
    else:
        return _without_clock(source.session(), records, day_format, source)
    shown = shown_at(stamp)
    for sentence in sentences(shown, stamp):
        source.note(sentence)
    return shown


def _without_clock(session: date, records: Sequence[str], day_format: str, source: Source) -> Shown:
    """A table without a moment whose own day is dead is of the night after that day.

    Contracts are quoted until they expire at the close of the shares. Where all that expire on the
    day stand at zero, bid and ask, the close is past and the page has begun the next session.
    """
    own = []
    for row in map(_cells_of, records):
        try:
            day_of_row = datetime.strptime(row[0], day_format).date()  # noqa: DTZ007 - has no zone
            if day_of_row == session:
                own.append([row[HEADER.index(n)] for n in ("bid", "ask", "bid_2", "ask_2")])
        except (ValueError, IndexError):
            continue
    if not own or any(text.strip("0.") for quotes in own for text in quotes):
        raise StewardError(
            f"{source.shown}: the lines with the moment are gone, and nothing in the table says "
            "when it was taken; say the clock in New York with --time 16:30"
        )
    shown = night_before(calendar.next_session(session))
    source.warn(
        f"the moment is not in the file; what expires on {session} is dead in it, so these are "
        f"overnight quotes of {shown.session}, known at 09:30 at the latest"
    )
    return shown


def _rows(frame: pl.DataFrame, shown: Shown, last: float | None) -> pl.DataFrame:
    """Two rows a strike. A symbol that contradicts its row's day or strike has no expiry."""
    both = {
        "line": pl.col("line"),
        "session": pl.lit(shown.session),
        "snapshot": pl.lit(shown.snapshot),
        "moment": pl.lit(shown.moment),
        "strike": pl.col("strike"),
        "underlying": pl.lit(last if shown.has_index else None, dtype=pl.Float64),
        "underlying_kind": pl.lit("index" if shown.has_index and last else None, dtype=pl.String),
    }

    def side(symbol: str, right: str, suffix: str) -> dict[str, pl.Expr]:
        said = from_osi(pl.col(symbol))
        agrees = (
            (said["expiry"] == pl.col("expiration date"))
            & (said["strike"] == pl.col("strike"))
            & (said["right"] == right)
        )
        known = {
            name: pl.when(pl.col(f"{name}{suffix}") != 0.0).then(pl.col(f"{name}{suffix}"))
            for name in ("iv", "delta", "gamma")
        }
        return {
            "root": said["root"],
            "symbol": underlying_of(said["root"]),
            "expiry": pl.when(agrees).then(pl.col("expiration date")),
            "bid": pl.col(f"bid{suffix}"),
            "ask": pl.col(f"ask{suffix}"),
            "volume": pl.col(f"volume{suffix}"),
            "open_interest": pl.col(f"open interest{suffix}"),
            **known,
        }

    return long_from_wide(
        frame, calls=side("calls", "C", ""), puts=side("puts", "P", "_2"), both=both
    )


LAYOUT = QuoteData()
