"""The settlement values of a store: SET and VRO with their sources, a proxy only by its name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import polars as pl

from steward.market.store import Store
from steward.terms.errors import StewardError

VX = "VX"
"""Symbol of the future whose final settlement is VRO."""


def settlement_values(store: Store) -> pl.DataFrame:
    """All settlement values of a store, one row a symbol, day, kind and source.

    symbol, day, kind (SET, VRO, or a proxy by its name), value, said_by: users' own, and VRO as the
    final settlement of the VX future of the day
    """
    frames = []
    own = store.rows("settlements")
    if own is not None:
        frames.append(own.select("symbol", "day", "kind", "value", "said_by"))
    futures = store.rows("vx")
    if futures is not None:
        names = {record.source: record.name for record in store.of_table("vx")}
        frames.append(
            futures.filter(pl.col("final").is_not_null(), pl.col("symbol") == VX)
            .select(
                day="expiry",
                symbol=pl.lit("VIX"),
                kind=pl.lit("VRO"),
                value="final",
                said_by=pl.concat_str(
                    pl.lit("VX final settlement, "), pl.col("source").replace(names)
                ),
            )
            .select("symbol", "day", "kind", "value", "said_by")
        )
    if not frames:
        schema = {"symbol": pl.String, "day": pl.Date, "kind": pl.String, "value": pl.Float64}
        return pl.DataFrame(schema={**schema, "said_by": pl.String})
    return pl.concat(frames).sort("symbol", "day", "kind", maintain_order=True)


def official(store: Store, symbol: str) -> Mapping[date, float]:
    """A user's own official values (SET of SPX, VRO of VIX) by day; never a proxy.

    Raises StewardError where two files give different ones.
    """
    own = store.rows("settlements")
    if own is None:
        return {}
    ours = own.filter(pl.col("symbol") == symbol, pl.col("kind").is_in(["SET", "VRO"]))
    found: dict[date, float] = {}
    for day, value in ours.select("day", "value").iter_rows():
        if abs(found.setdefault(day, value) - value) > 0.005:
            raise StewardError(
                f"{store.root}: two files give {symbol} other settlement values on {day}, "
                f"{found[day]:g} and {value:g}; import the right ones into a new store"
            )
    return found
