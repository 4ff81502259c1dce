"""What a VIX option is an option on: the future of its expiry, never spot VIX (R13)."""

from __future__ import annotations

import math

import polars as pl

from steward.pricing.parity import forward_from_quotes

VIX_ROOTS = ("VIX", "VIXW")
SERIES = ["session", "snapshot", "root", "expiry"]
SIDE = ["strike", "bid", "ask"]


def with_vix_underlying(quotes: pl.DataFrame) -> pl.DataFrame:
    """The same quotes (columns of `tables.QUOTES`); of VIX with the forward as `underlying`.

    A future that the vendor gives stays. Else it is what calls and puts of the series imply, of the
    kind `parity_forward`; where there is no strike with both bid it is null, as the index would be
    another thing. No discount is taken: near the forward it is worth nothing.
    """
    on_vix = pl.col("root").is_in(list(VIX_ROOTS))
    given = (pl.col("underlying_kind") == "future").fill_null(value=False)
    ours = on_vix & ~given
    if quotes.filter(ours).is_empty():
        return quotes
    forwards = _forwards(quotes.filter(on_vix))
    joined = quotes.join(forwards, on=SERIES, how="left", maintain_order="left")
    kind = pl.when(pl.col("forward").is_not_null()).then(pl.lit("parity_forward"))
    return joined.with_columns(
        underlying=pl.when(ours).then("forward").otherwise("underlying"),
        underlying_kind=pl.when(ours).then(kind).otherwise("underlying_kind"),
    ).drop("forward")


def _forwards(quotes: pl.DataFrame) -> pl.DataFrame:
    """`SERIES` and `forward`, a row a series that has one."""
    calls = quotes.filter(pl.col("right") == "C").select(*SERIES, *SIDE)
    puts = quotes.filter(pl.col("right") == "P").select(*SERIES, *SIDE)
    both = calls.join(puts, on=[*SERIES, "strike"], suffix="_put").sort(*SERIES, "strike")
    found = []
    for key, part in both.partition_by(SERIES, as_dict=True, maintain_order=True).items():
        forward = forward_from_quotes(
            *(part[c].to_numpy() for c in ("strike", "bid", "ask", "bid_put", "ask_put")),
            discount=1.0,
        )
        if math.isfinite(forward):
            found.append((*key, forward))
    schema = {name: quotes.schema[name] for name in SERIES} | {"forward": pl.Float64()}
    return pl.DataFrame(found, schema=schema, orient="row")
