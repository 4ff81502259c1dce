"""Columns as vendors write them: rights, option symbols, moments, sentinels, two sides of a row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import polars as pl

from steward.market.tables import ROWS, SET_ASIDE, conform


def nothing_set_aside() -> pl.DataFrame:
    return pl.DataFrame(schema=SET_ASIDE)


def as_rows(frame: pl.DataFrame) -> pl.DataFrame:
    """A frame with some columns of `tables.ROWS`: the others are added as unknown, all are cast.

    A count that is no whole number of 64 bits (1e30) is unknown.
    """
    unknown = [
        pl.lit(None, dtype=kind).alias(n) for n, kind in ROWS.items() if n not in frame.columns
    ]
    frame = frame.with_columns(unknown)
    counts = [n for n, kind in ROWS.items() if kind == pl.Int64() and frame[n].dtype.is_float()]
    frame = frame.with_columns(
        pl.when(pl.col(n) == pl.col(n).floor()).then(pl.col(n)).alias(n) for n in counts
    ).select(pl.col(n).cast(kind, strict=kind != pl.Int64()) for n, kind in ROWS.items())
    return conform(frame, ROWS, table="rows")


def without_sentinels(
    frame: pl.DataFrame, sentinels: Mapping[str, Sequence[float]]
) -> pl.DataFrame:
    """A vendor's words for "missing" as nulls (R3)."""
    return frame.with_columns(
        pl.when(~pl.col(name).is_in(list(values))).then(pl.col(name)).alias(name)
        for name, values in sentinels.items()
    )


def by_value(makes: Callable[[pl.Expr], pl.Expr], frame: pl.DataFrame, name: str) -> pl.Expr:
    """The same as `makes` of a text column, worked out once for each of its few values."""
    values = frame[name].unique()
    made = values.to_frame().select(makes(pl.col(name))).to_series()
    if values.len() == 1:
        return pl.lit(made[0], dtype=pl.String)
    return pl.col(name).replace_strict(values, made, default=None, return_dtype=pl.String)


def whole_text(value: object) -> str | None:
    """The text, half a character of JSON (`\\ud800`) in it as `?`; None for anything else."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else None


def rights(column: pl.Expr) -> pl.Expr:
    """C or P of C, P, call, put, calls, puts in any case; null for anything else."""
    first = column.str.strip_chars().str.to_uppercase()
    whole = first.is_in(["C", "P", "CALL", "PUT", "CALLS", "PUTS"])
    return pl.when(whole).then(first.str.slice(0, 1))


def underlying_of(column: pl.Expr) -> pl.Expr:
    """The underlying of a ticker or root: ^SPX, SPXW and SPXPM are SPX; others stay."""
    text = column.str.strip_chars("^$. ").str.to_uppercase()
    return text.replace({"SPXW": "SPX", "SPXPM": "SPX", "SPXQ": "SPX", "VIXW": "VIX"})


OSI = r"^(?:O:)?\s*([A-Z0-9.]+?)\s*(\d{6})([CP])(\d{8})$"
"""An option symbol of the OCC's symbology: root, yymmdd, right, strike in thousandths."""


def from_osi(column: pl.Expr) -> dict[str, pl.Expr]:
    """root, expiry, right, strike of an OSI symbol ("SPXW  110107C01050000"); null elsewhere."""
    text = column.str.strip_chars()
    return {
        "root": text.str.extract(OSI, 1),
        "expiry": text.str.extract(OSI, 2).str.to_date("%y%m%d", strict=False),
        "right": text.str.extract(OSI, 3),
        "strike": text.str.extract(OSI, 4).cast(pl.Float64) / 1000.0,
    }


def long_from_wide(
    frame: pl.DataFrame,
    *,
    calls: Mapping[str, pl.Expr],
    puts: Mapping[str, pl.Expr],
    both: Mapping[str, pl.Expr],
) -> pl.DataFrame:
    """Two rows for each row that holds a call and a put.

    calls, puts  columns of `tables.ROWS` for the two sides; what one lacks is null there
    both         those they share
    """
    sides = [
        frame.select(**both, right=pl.lit(right), **side)
        for right, side in (("C", calls), ("P", puts))
    ]
    return pl.concat(sides, how="diagonal").sort("line", maintain_order=True)


def moment_utc(column: pl.Expr, pattern: str, zone: str = "America/New_York") -> pl.Expr:
    """A clock of a vendor as a moment in UTC; null where it does not read."""
    local = column.str.to_datetime(pattern, strict=False, time_unit="us")
    return local.dt.replace_time_zone(
        zone, ambiguous="earliest", non_existent="null"
    ).dt.convert_time_zone("UTC")
