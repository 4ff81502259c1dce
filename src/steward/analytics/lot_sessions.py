"""A row for each lot and session on which it was held or traded: what it was before, what it is.

Nothing here believes the journal's amounts: what a lot was paid and is worth is worked out anew
from quantities, prices and marks, so that the amounts can be held against it.
"""

from __future__ import annotations

from datetime import UTC, date

import polars as pl

from steward.pricing.payoff import strike_e4
from steward.terms import calendar
from steward.terms.contracts import FutureContract, OptionContract, from_key

LOT = ("ledger", "lot_id")
MEASURES = ("forward", "vol", "delta", "vega", "theta", "vol_at_forward", "forward_rolled")
"""Of a mark, as floats; what is not a number there is null here."""

BEFORE = ("quantity", "value", "mid_twice", "clock", *MEASURES)
"""What a row has of the lot's session before it, as `was_...`."""


def lot_sessions(journal: pl.DataFrame, marks: pl.DataFrame, terms: pl.DataFrame) -> pl.DataFrame:
    """Columns, beside ledger, session, purpose, contract and those of `terms`:

    quantity       contracts after the session; those of `BEFORE` null on a lot's first session
    value          of the lot at its mark, cents, half a cent down; of a future its level, since
                   what it gained was paid out
    level, payoff  where it settled: the index, and what a contract paid, ten-thousandths; else null
    divided        a split of shares changed it
    slippage       of its fills, cents; 0 where the quote behind a fill is not known
    total          its whole gain in the session, cents
    clock          of the decision moment, years

    terms  of all contracts of the journal: `contract_terms`
    """
    traded = _traded(journal, terms.lazy())
    lives = (
        traded.sort("session")
        .group_by(*LOT, maintain_order=True)
        .agg(
            pl.col("contract", "purpose").first(),
            opened=pl.col("session").min(),
            last=pl.col("session").max(),
            left=pl.col("change").sum(),
        )
        .with_row_index("lot")
    )
    sides = ("change", "cash", "level", "payoff", "divided", "slippage")
    events = traded.join(lives.select("lot", *LOT), on=LOT).select("lot", "session", *sides)
    held = (
        lives.join(_measured(marks), on="contract")
        .filter(
            pl.col("session") >= pl.col("opened"),
            (pl.col("left") != 0) | (pl.col("session") <= pl.col("last")),
        )
        .select("lot", "session", "mid_twice", *MEASURES)
    )
    own = ["lot", *LOT, "contract", "purpose"]
    first = pl.col("lot").shift(1).ne_missing(pl.col("lot"))
    rows = (
        events.join(held, on=["lot", "session"], how="full", coalesce=True)
        .join(lives.select(own), on="lot", how="left")
        .join(terms.lazy(), on="contract", how="left")
        .join(_clocks(marks, journal), on="session", how="left")
        .sort("lot", "session")
        .with_columns(
            pl.col("change", "cash", "slippage").fill_null(0), pl.col("divided").fill_null(False)
        )
        .with_columns(quantity=pl.col("change").cum_sum().over("lot"))
        .with_columns(value=_value())
        .with_columns(pl.when(~first).then(pl.col(*BEFORE).shift(1)).name.prefix("was_"))
        .with_columns(
            total=pl.col("cash") + pl.col("value") - pl.col("was_value").fill_null(0),
        )
    )
    return rows.collect()


def _traded(journal: pl.DataFrame, terms: pl.LazyFrame) -> pl.LazyFrame:
    """A row a lot and session with fills, a settlement or a split: change of contracts, cash."""
    fill, settled, divided = (pl.col("event") == name for name in ("fill", "settle", "split"))
    paid = pl.when(fill).then("price").when(settled).then(_payoff_e4(pl.col("price")))
    bought = pl.col("quantity") * paid * pl.col("multiplier") // 100
    return (
        journal.lazy()
        .filter(pl.col("lot_id").is_not_null(), fill | settled | divided)
        .join(terms, on="contract", how="left")
        .with_columns(paid=paid, spent=pl.when(divided).then(-pl.col("cash")).otherwise(bought))
        .group_by(*LOT, "session")
        .agg(
            pl.col("purpose", "contract").first(),
            change=pl.col("quantity").sum(),
            cash=-pl.col("spent").sum(),
            level=pl.col("price").filter(settled).first(),
            payoff=pl.col("paid").filter(settled).first(),
            divided=divided.any(),
            slippage=slippage().filter(fill).sum(),
        )
    )


def slippage() -> pl.Expr:
    """Of a fill, cents, half to even: its price against the middle of the quote it traded on.

    Null where that quote is not known.
    """
    cost_twice = pl.col("quantity") * (2 * pl.col("price") - pl.col("bid") - pl.col("ask"))
    cents = -cost_twice * pl.col("multiplier") / 200.0
    return cents.round(mode="half_to_even").cast(pl.Int64)


def _measured(marks: pl.DataFrame) -> pl.LazyFrame:
    return marks.lazy().select(
        "session",
        "contract",
        pl.col(*MEASURES).fill_nan(None),
        mid_twice=pl.col("bid") + pl.col("ask"),
    )


def _value() -> pl.Expr:
    twice = pl.col("mid_twice")
    price_twice = pl.when(pl.col("kind") == "future").then(twice // 2 * 2).otherwise(twice)
    worth = pl.col("quantity") * price_twice * pl.col("multiplier") // 200
    return pl.when(pl.col("quantity") == 0).then(0).otherwise(worth)


def _payoff_e4(level: pl.Expr) -> pl.Expr:
    """Ten-thousandths that one contract pays at its settlement; a future: the level."""
    call, put = level - pl.col("strike_e4"), pl.col("strike_e4") - level
    option = pl.when("call").then(call).otherwise(put).clip(lower_bound=0)
    return pl.when(pl.col("kind") == "future").then(level).otherwise(option)


def _clocks(*tables: pl.DataFrame) -> pl.LazyFrame:
    """Columns session, clock: the decision moment in years of 365 days, by the clock on the wall.

    Half days end three hours earlier, and theta counts them as the prices do.
    """
    days: list[date] = (
        pl.concat([table["session"].unique() for table in tables]).unique().sort().to_list()
    )
    walls = [calendar.decision_moment(day).replace(tzinfo=UTC) for day in days]
    years = [wall.timestamp() / (365.0 * 86_400.0) for wall in walls]
    return pl.LazyFrame(
        {"session": days, "clock": years}, schema={"session": pl.Date, "clock": pl.Float64}
    )


def contract_terms(journal: pl.DataFrame) -> pl.DataFrame:
    """Of every contract in it: columns contract, instrument (`SPX put`, `VX future`), kind (option,
    future or share), multiplier, strike_e4, call, morning (it settles on an opening print).
    """
    rows = []
    for key in journal["contract"].drop_nulls().unique().sort().to_list():
        one = from_key(key)
        if isinstance(one, OptionContract):
            right = "call" if one.right == "C" else "put"
            option = (strike_e4(one), one.right == "C", one.settlement == "AM")
            rows.append((key, f"{one.underlying} {right}", "option", one.multiplier, *option))
        else:
            kind = "future" if isinstance(one, FutureContract) else "share"
            rows.append((key, f"{one.root} {kind}", kind, one.multiplier, 0, False, True))
    names = ("contract", "instrument", "kind", "multiplier", "strike_e4", "call", "morning")
    kinds = (pl.String, pl.String, pl.String, pl.Int64, pl.Int64, pl.Boolean, pl.Boolean)
    return pl.DataFrame(rows, schema=dict(zip(names, kinds, strict=True)), orient="row")
