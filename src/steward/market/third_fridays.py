"""Which of two rows is the PM series, where a file without roots has both of a third Friday.

The PM series lives six and a half hours longer, so each of its options is worth more: by an index
point near the money a month before, by nothing that can be seen in the far wings. A pair of rows is
labelled where the dearer one has the higher bid and the higher ask, by two ticks at least, in a
series whose near options all agree; in the money only as its partner of the same strike confirms
it. Anything else is left without a label.

Measured by taking the roots off the files that have them: see `tests/market/test_collisions.py`.
"""

from __future__ import annotations

import polars as pl

SERIES = ["session", "snapshot", "expiry"]
KEY = [*SERIES, "strike", "right"]

TICK, TICK_FROM_3 = 0.05, 0.10
"""Smallest step of a quote, index points, below 3 and from there on. Source: Cboe, SPX options."""

LEAST_GAP = 2.0
"""Ticks between the mids of a pair that are no noise: in the files with roots the AM row is dearer
by one tick at times out of the money, by two never."""

FEWEST = 5
"""Pairs near the money by which a series is judged."""

NEAR = 0.25
"""An option is near the money when it costs this share of the dearest one out of the money."""

AGREE = 0.9
"""Share of the near pairs out of the money that must be clear."""

LIFE = 6.5 / 24.0
"""Days from the opening print to the close."""

RATIO = (0.5, 8.0)
"""Median gap over what a premium that grows with the root of calendar time gives; 2.8 to 6.5 in
the files with roots, since the hours of trading count for more than the night."""

APART = 3.0
"""Largest over smallest ratio of the series of one snapshot: a day's part is the same part for all.
Two moments of each series, the volatility having moved, give gaps that grow with the time left."""

HIGHEST = 1.5
"""Gap over the 0.9 quantile of the near ones; beyond it one of the two is stale."""

ALIKE = (0.6, 1.6)
"""Median, in a series, of the gap in the money over that of the partner out of the money; 0.75 to
1.5 in clean files. Two moments of one series, the index having moved, give 1.8 and more."""

STEADY = (0.75, 1.35)
"""Its quartiles; beyond them the quotes in the money are too rough to be told apart."""

IN_THE_MONEY = (0.6, 1.6)
"""The same for one pair."""

WIDEST = 4.0
"""Spread of a row in the money, over the gap of its pair."""


def pairs(rows: pl.DataFrame) -> pl.DataFrame:
    """One row a `KEY` that has exactly two rows, with what is judged of it.

    bid, ask, mid   of the dearer row    bid_low, ask_low, mid_low   of the other
    gap             between their mids   clear  the dearer one is so in bid and in ask
    same            both have one bid and one ask
    """
    ranked = rows.with_columns(mid=(pl.col("bid") + pl.col("ask")) / 2.0).sort(
        *KEY, "mid", "bid", "ask", "line"
    )
    both = ranked.group_by(KEY, maintain_order=True).agg(
        pl.len(),
        pl.col("bid", "ask", "mid").last(),
        pl.col("bid", "ask", "mid").first().name.suffix("_low"),
    )
    both = both.filter(pl.col("len") == 2).drop("len")
    gap = pl.col("mid") - pl.col("mid_low")
    tick = pl.when(pl.col("mid") < 3.0).then(TICK).otherwise(TICK_FROM_3)
    wider = (pl.col("ask") - pl.col("bid"), pl.col("ask_low") - pl.col("bid_low"))
    return both.with_columns(
        gap=gap,
        width=pl.max_horizontal(*wider),
        clear=(pl.col("bid") > pl.col("bid_low"))
        & (pl.col("ask") > pl.col("ask_low"))
        & (gap > LEAST_GAP * tick - 1e-9),
        same=(pl.col("bid") == pl.col("bid_low")) & (pl.col("ask") == pl.col("ask_low")),
    )


def placed(both: pl.DataFrame) -> pl.DataFrame:
    """Pairs with `out` (out of the money), and the `gap` and `clear` of the partner at the strike.

    The forward is where a call and a put of one strike cost the same; a series without such a
    strike has no `out`.
    """
    middle = both.with_columns(level=(pl.col("mid") + pl.col("mid_low")) / 2.0)
    other = middle.select(
        *SERIES,
        "strike",
        right=pl.when(pl.col("right") == "C").then(pl.lit("P")).otherwise(pl.lit("C")),
        partner_level="level",
        partner_gap="gap",
        partner_clear="clear",
    )
    middle = middle.join(other, on=KEY, how="left")
    parity = pl.col("level") - pl.col("partner_level")
    forward = (
        middle.filter(pl.col("right") == "C", parity.is_not_null())
        .sort(*SERIES, parity.abs(), "strike")
        .group_by(SERIES, maintain_order=True)
        .agg(forward=(pl.col("strike") + parity).first())
    )
    middle = middle.join(forward, on=SERIES, how="left")
    call = pl.col("right") == "C"
    above = pl.col("strike") > pl.col("forward")
    return middle.with_columns(out=(call & above) | (~call & ~above))


def agreed(middle: pl.DataFrame) -> pl.DataFrame:
    """The series whose near pairs out of the money say that one of the two is dearer throughout.

    highest  a gap beyond it is not believed    steady  pairs in the money can be told apart too
    """
    outside = middle.filter(pl.col("out")).with_columns(
        share=pl.col("level") / pl.col("level").max().over(SERIES)
    )
    days = (pl.col("expiry") - pl.col("session")).dt.total_days()
    near = outside.filter(pl.col("share") >= NEAR, days > 0).with_columns(
        ratio=pl.col("gap") / (pl.col("level") * LIFE / (2.0 * days)),
        inside=pl.col("partner_gap") / pl.col("gap"),
    )
    judged = near.group_by(SERIES).agg(
        pl.len(),
        pl.col("ratio", "inside").median(),
        share=pl.col("clear").mean(),
        highest=HIGHEST * pl.col("gap").quantile(0.9),
        steady=(pl.col("inside").quantile(0.25) >= STEADY[0])
        & (pl.col("inside").quantile(0.75) <= STEADY[1]),
    )
    judged = judged.filter(pl.col("len") >= FEWEST, pl.col("share") >= AGREE)
    apart = (pl.col("ratio").max() / pl.col("ratio").min()).over("session", "snapshot")
    return judged.filter(
        apart.is_between(0.0, APART),
        pl.col("ratio").is_between(*RATIO),
        pl.col("inside").is_between(*ALIKE),
    ).select(*SERIES, "highest", "steady")


def labelled(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows of pairs that can be told apart, with `root`: SPX the cheaper, SPXW the dearer.

    rows  without roots, of third Fridays on which both series exist; no row in it twice
    Where both rows have one bid and one ask, that is the quote of either: whatever else differs
    between the two is unknown then.
    """
    middle = placed(pairs(rows))
    sure = middle.join(agreed(middle), on=SERIES, how="inner")
    inside = pl.col("partner_gap")
    confirmed = (
        pl.col("steady")
        & pl.col("partner_clear")
        & pl.col("gap").is_between(IN_THE_MONEY[0] * inside, IN_THE_MONEY[1] * inside)
        & (pl.col("width") <= WIDEST * pl.col("gap"))
    )
    apart = sure.filter(
        pl.col("clear") & (pl.col("gap") <= pl.col("highest")) & (pl.col("out") | confirmed)
    ).select(*KEY, "mid")
    told = rows.join(apart, on=KEY, how="inner").with_columns(
        root=pl.when((pl.col("bid") + pl.col("ask")) / 2.0 == pl.col("mid"))
        .then(pl.lit("SPXW"))
        .otherwise(pl.lit("SPX"))
    )
    return pl.concat([told.drop("mid"), _alike(rows, sure.filter("same").select(KEY))])


def _alike(rows: pl.DataFrame, keys: pl.DataFrame) -> pl.DataFrame:
    """Pairs of one bid and one ask, one row to each root; null where the two differ."""
    either = rows.join(keys, on=KEY, how="semi").sort(*KEY, "line")
    facts = [c for c in rows.columns if c not in (*KEY, "line", "root")]
    shared = [
        pl.when(pl.col(c).eq_missing(pl.col(c).first()).all().over(KEY)).then(pl.col(c)).alias(c)
        for c in facts
    ]
    first = pl.col("line") == pl.col("line").first().over(KEY)
    return either.with_columns(
        *shared, root=pl.when(first).then(pl.lit("SPX")).otherwise(pl.lit("SPXW"))
    )
