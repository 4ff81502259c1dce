"""The old quote table of Cboe (to 2013): calls and puts side by side, contracts as text.

A contract reads "11 Feb 1234.00 (SPX1119B1234-E)": year, month and strike, then the symbol: root,
year, day, a letter for month and right (A to L calls, M to X puts), strike, exchange. Both
spellings have to agree. The day of an AM series is the Saturday after its last session. Root SPXPM
is the quarter-end that settles PM, SPXW the Friday weekly. No volatility, greeks or sizes. Open
interest is of the previous close.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from steward.market.vendors.cboe_hours import Shown, sentences, shown_at
from steward.market.vendors.cboe_stamp import stamp_of
from steward.market.vendors.columns import as_rows, long_from_wide, underlying_of
from steward.market.vendors.csv_stream import NEEDED_TEXT, NUMBER, header_names, stream_csv
from steward.market.vendors.layout import Batch, Table
from steward.market.vendors.source import Head, Source
from steward.terms.errors import StewardError

SIDE = ("bid", "ask", "vol", "open int")
HEADER = (
    *("calls", "last sale", "net", *SIDE),
    *("puts", "last sale_2", "net_2", *(f"{name}_2" for name in SIDE)),
)

PREAMBLE = 8
"""Lines above the header at the most."""

CONTRACT = (
    r"^(\d{2}) ([A-Z][a-z]{2}) (\d+(?:\.\d+)?) "
    r"\(([A-Z]+)(\d{2})(\d{2})([A-X])(\d+(?:\.\d+)?)-[A-Z0-9]+\)$"
)
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
CALL_LETTERS, PUT_LETTERS = "ABCDEFGHIJKL", "MNOPQRSTUVWX"

_TITLE = re.compile(r"^\W*([A-Z.]+)\s*\(.*\)\s*,\s*(\d+(?:\.\d+)?)\s*,")


def contract(column: pl.Expr, right: str) -> dict[str, pl.Expr]:
    """root, expiry and strike of a contract's text; expiry null where its two spellings differ."""
    text = column.str.strip_chars()
    letters = CALL_LETTERS if right == "C" else PUT_LETTERS
    parts = {at: text.str.extract(CONTRACT, at) for at in range(1, 9)}
    month = parts[7].replace_strict(list(letters), list(range(1, 13)), default=None)
    named = parts[2].replace_strict(list(MONTHS), list(range(1, 13)), default=None)
    strike, again = (parts[at].cast(pl.Float64, strict=False) for at in (3, 8))
    two_digits = pl.lit("20") + parts[5] + month.cast(pl.String).str.zfill(2) + parts[6]
    agrees = (parts[1] == parts[5]) & (month == named) & (strike == again)
    return {
        "root": parts[4],
        "expiry": pl.when(agrees).then(two_digits.str.to_date("%Y%m%d", strict=False)),
        "strike": strike,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteTable:
    """The layout; its header stands below a title and a moment ("Jan 24 2011 @ 14:03 ET")."""

    name: str = "cboe_quotetable"
    title: str = "Cboe quote table (old)"
    table: Table = "quotes"
    header: Sequence[str] = HEADER

    def recognise(self, head: Head) -> int:
        return 0 if _header_at(head.lines) is None else len(HEADER)

    def read(self, source: Source) -> Iterator[Batch]:
        at = _header_at(source.head.lines)
        if at is None:
            raise StewardError(
                f"{source.shown}: no header of a {self.title} in its first lines; bring it as "
                "it was saved"
            )
        above = source.head.lines[:at]
        found = next((m for line in above if (m := _TITLE.match(line))), None)
        last = None if found is None else float(found[2])
        shown = _shown(above, source)
        names = header_names(source.head.lines[at])
        source.ignored = tuple(name for name in names if name and name not in HEADER)
        text = dict.fromkeys(("calls", "puts"), NEEDED_TEXT)
        numbers = {f"{name}{side}": NUMBER for side in ("", "_2") for name in SIDE}
        with source.open() as file:
            for batch in stream_csv(
                file,
                shown=source.shown,
                names=names,
                cells={**text, **numbers},
                skip_lines=at + 1,
            ):
                yield Batch(
                    rows=as_rows(_rows(batch.frame, shown, last)),
                    set_aside=batch.set_aside,
                    read=batch.frame.height + batch.set_aside.height,
                )


def _header_at(lines: Sequence[str]) -> int | None:
    for at, line in enumerate(lines[:PREAMBLE]):
        names = set(header_names(line))
        if set(HEADER) <= names and "strike" not in names:
            return at
    return None


def _shown(above: Sequence[str], source: Source) -> Shown:
    """Raises StewardError where no line above the header holds a moment."""
    for line in above:
        if "@" in line and (stamp := stamp_of(line)) is not None:
            shown = shown_at(stamp)
            for sentence in sentences(shown, stamp):
                source.note(sentence)
            return shown
    raise StewardError(
        f"{source.shown}: no line above the header says when the table was taken, as "
        '"Jan 24 2011 @ 14:03 ET"'
    )


def _rows(frame: pl.DataFrame, shown: Shown, last: float | None) -> pl.DataFrame:
    level = last if shown.has_index else None
    both = {
        "line": pl.col("line"),
        "session": pl.lit(shown.session),
        "snapshot": pl.lit(shown.snapshot),
        "moment": pl.lit(shown.moment),
        "underlying": pl.lit(level, dtype=pl.Float64),
        "underlying_kind": pl.lit(None if level is None else "index", dtype=pl.String),
    }

    def side(name: str, right: str, suffix: str) -> dict[str, pl.Expr]:
        said = contract(pl.col(name), right)
        return {
            **said,
            "symbol": underlying_of(said["root"]),
            "bid": pl.col(f"bid{suffix}"),
            "ask": pl.col(f"ask{suffix}"),
            "volume": pl.col(f"vol{suffix}"),
            "open_interest": pl.col(f"open int{suffix}"),
        }

    return long_from_wide(
        frame, calls=side("calls", "C", ""), puts=side("puts", "P", "_2"), both=both
    )


LAYOUT = QuoteTable()
