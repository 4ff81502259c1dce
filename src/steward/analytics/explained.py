"""Every cent of the change in equity by what caused it: the market's moves, time, costs.

Of a lot that is held over a session, by the Greeks of its marks at both closes:

    roll     delta before, times what its forward would gain if the curve stayed as it is
    delta    delta before, times the rest of the forward's move
    gamma    half of the change of delta, times the whole move
    theta    the mean theta, times the time that passed
    vega     the mean vega, times the move of its series' volatility at the forward
    surface  the mean vega, times the move of its own volatility beside that
    residual what these leave: moves too large for them, and half cents

At a settlement nothing is left of time: theta is what the last mark held beyond exercise at its
forward. The rest is the settlement gap of an AM series, which nobody can trade any more, and delta
of a PM series. A fill's slippage is its price against the middle of the quote that it traded on.
Terms are rounded to whole cents, half to even, and the residual takes what is left, so that the sum
is the change in equity to the cent. Source: the trapezoidal rule on the gradient of the Black-76
value: what it leaves out is of the third order in the moves.
"""

from __future__ import annotations

import polars as pl

from steward.analytics.attribution import moved
from steward.market.tables import GAINS, conform
from steward.terms.contracts import FutureContract, OptionContract, ShareContract, from_key
from steward.terms.errors import LawBroken

TERMS = (
    *("delta", "gamma", "vega", "surface", "theta", "roll"),
    *("settlement_gap", "slippage", "fees", "interest", "residual"),
)
PRICED = TERMS[:8]
LOT = ["ledger", "lot_id"]
LAW = "attribution: the terms of a session add up to its change in equity"


def explained(journal: pl.DataFrame, marks: pl.DataFrame) -> pl.DataFrame:
    """The GAINS table: rows of 0 cents are left out; sorted by its key.

    Raises LawBroken when lots and marks do not give what the journal says of a purpose.
    """
    lots = _sessions_of_lots(journal, marks)
    terms = lots.with_columns(**_terms()).with_columns(
        residual=pl.col("total") - pl.sum_horizontal(PRICED)
    )
    _check(journal, terms)
    priced = terms.unpivot(
        on=[*PRICED, "residual"],
        index=["ledger", "session", "purpose", "instrument"],
        variable_name="term",
        value_name="cents",
    )
    rest = _fees_and_interest(journal)
    key = ["ledger", "session", "purpose", "instrument", "term"]
    table = (
        pl.concat([priced, rest])
        .group_by(key)
        .agg(pl.col("cents").sum())
        .filter(pl.col("cents") != 0)
        .sort(key, nulls_last=True)
    )
    return conform(table, GAINS, table="gains")


def _sessions_of_lots(journal: pl.DataFrame, marks: pl.DataFrame) -> pl.DataFrame:
    """One row a lot and session on which it was held or traded, with what it was before.

    Quantities in contracts, money in cents, prices in ten-thousandths; `total` is its whole gain.
    """
    rows = journal.filter(
        pl.col("lot_id").is_not_null(),
        pl.col("event").is_in(["fill", "settle", "variation", "split"]),
    )
    contracts = _contracts(rows["contract"].unique().sort())
    fill = pl.col("event") == "fill"
    settled = pl.col("event") == "settle"
    cost_twice = pl.col("quantity") * (2 * pl.col("price") - pl.col("bid") - pl.col("ask"))
    traded = rows.group_by([*LOT, "session"]).agg(
        purpose=pl.col("purpose").first(),
        contract=pl.col("contract").first(),
        change=pl.col("quantity").filter(pl.col("event") != "variation").sum(),
        cash=pl.col("cash").sum(),
        cost_twice=cost_twice.filter(fill).sum(),
        level=pl.col("price").filter(settled).first(),
    )
    lives = (
        traded.sort("session")
        .group_by(LOT, maintain_order=True)
        .agg(
            pl.col("contract").first(),
            pl.col("purpose").first(),
            opened=pl.col("session").min(),
            last=pl.col("session").max(),
            left=pl.col("change").sum(),
        )
    )
    held = (
        lives.join(marks, on="contract", how="inner")
        .filter(
            pl.col("session") >= pl.col("opened"),
            (pl.col("left") != 0) | (pl.col("session") <= pl.col("last")),
        )
        .with_columns(mid_twice=pl.col("bid") + pl.col("ask"))
        .select(*LOT, "session", "mid_twice", *MEASURES)
    )
    every = (
        traded.join(held, on=[*LOT, "session"], how="full", coalesce=True)
        .drop("contract", "purpose")
        .join(lives.select(*LOT, "contract", "purpose"), on=LOT, how="left")
        .join(contracts, on="contract", how="left")
        .sort(*LOT, "session")
        .with_columns(pl.col("change", "cash", "cost_twice").fill_null(0))
        .with_columns(quantity=pl.col("change").cum_sum().over(LOT))
        .with_columns(value=_value())
    )
    before = ["quantity", "value", "mid_twice", "session", *MEASURES]
    return every.with_columns(pl.col(before).shift(1).over(LOT).name.prefix("was_")).with_columns(
        pl.col("was_quantity", "was_value").fill_null(0),
        total=pl.col("cash") + pl.col("value") - pl.col("was_value").fill_null(0),
    )


MEASURES = (
    *("forward", "vol", "delta", "vega", "theta"),
    *("vol_at_forward", "forward_rolled"),
)


def _contracts(keys: pl.Series) -> pl.DataFrame:
    """Columns contract, kind, instrument, multiplier, strike (points), call, morning, future."""
    rows = []
    for key in keys.to_list():
        one = from_key(key)
        strike, call, morning, future = 0.0, False, True, False
        if isinstance(one, OptionContract):
            right = "call" if one.right == "C" else "put"
            instrument = f"{one.underlying} {right}"
            strike, call, morning = one.strike, one.right == "C", one.settlement == "AM"
        elif isinstance(one, FutureContract):
            instrument, future = f"{one.root} future", True
        elif isinstance(one, ShareContract):
            instrument = f"{one.symbol} share"
        rows.append((key, instrument, one.multiplier, strike, call, morning, future))
    names = ["contract", "instrument", "multiplier", "strike", "call", "morning", "future"]
    kinds = (pl.String, pl.String, pl.Int64, pl.Float64, pl.Boolean, pl.Boolean, pl.Boolean)
    return pl.DataFrame(rows, schema=dict(zip(names, kinds, strict=True)), orient="row")


def _value() -> pl.Expr:
    """Worth of a lot at its mark, cents, half a cent down; 0 of a future and of what is gone."""
    twice = pl.col("quantity") * pl.col("mid_twice") * pl.col("multiplier")
    gone = pl.col("future") | (pl.col("quantity") == 0)
    return pl.when(gone).then(0).otherwise(twice // 200)


def _terms() -> dict[str, pl.Expr]:
    """Each term in whole cents."""
    points_to_cents = 100.0 * pl.col("multiplier") * pl.col("was_quantity")

    def whole(points: pl.Expr) -> pl.Expr:
        cents = (points * points_to_cents).fill_nan(0.0).fill_null(0.0)
        return cents.round(mode="half_to_even").cast(pl.Int64)

    known = pl.col("level").is_null() & pl.col("forward").is_not_null()
    settles = pl.col("level").is_not_null()
    years = (pl.col("session") - pl.col("was_session")).dt.total_days() / 365.0
    move = pl.col("forward") - pl.col("was_forward")
    roll = pl.col("was_forward_rolled") - pl.col("was_forward")
    level_move = pl.col("vol_at_forward") - pl.col("was_vol_at_forward")
    own_move = pl.col("vol") - pl.col("was_vol")
    paid = _payoff(pl.col("level") / 10_000.0)
    inside = _payoff(pl.col("was_forward"))
    spent = (
        pl.when(pl.col("future")).then(0.0).otherwise(inside - pl.col("was_mid_twice") / 20_000.0)
    )
    jump = paid - inside
    morning = pl.col("morning")
    delta = pl.col("was_delta")

    def held(points: pl.Expr) -> pl.Expr:
        return pl.when(known).then(points)

    return {
        "delta": whole(
            pl.when(known).then(delta * (move - roll)).when(settles & ~morning).then(jump)
        ),
        "gamma": whole(held(0.5 * (pl.col("delta") - delta) * move)),
        "vega": whole(held(_mean("vega") * level_move)),
        "surface": whole(held(_mean("vega") * (own_move - level_move))),
        "theta": whole(pl.when(known).then(_mean("theta") * years).when(settles).then(spent)),
        "roll": whole(held(delta * roll)),
        "settlement_gap": whole(pl.when(settles & morning).then(jump)),
        "slippage": (-pl.col("cost_twice") * pl.col("multiplier") / 200.0)
        .round(mode="half_to_even")
        .cast(pl.Int64),
    }


def _mean(name: str) -> pl.Expr:
    """Of a Greek over the session: before and after, in equal parts."""
    return 0.5 * (pl.col(f"was_{name}") + pl.col(name))


def _payoff(level: pl.Expr) -> pl.Expr:
    """Points of one contract at its settlement on `level`; a future: the level."""
    call = (level - pl.col("strike")).clip(lower_bound=0.0)
    put = (pl.col("strike") - level).clip(lower_bound=0.0)
    return pl.when(pl.col("future")).then(level).when(pl.col("call")).then(call).otherwise(put)


def _fees_and_interest(journal: pl.DataFrame) -> pl.DataFrame:
    rows = moved(journal).filter(pl.col("event").is_in(["fee", "interest"]))
    contracts = _contracts(rows["contract"].drop_nulls().unique().sort())
    fee = pl.col("event") == "fee"
    return rows.join(contracts.select("contract", "instrument"), on="contract", how="left").select(
        "ledger",
        "session",
        purpose=pl.when(fee).then("sleeve").otherwise(pl.lit("cash")),
        instrument="instrument",
        term=pl.when(fee).then(pl.lit("fees")).otherwise(pl.lit("interest")),
        cents="cents",
    )


def _check(journal: pl.DataFrame, lots: pl.DataFrame) -> None:
    """Of each session and purpose the lots' gains are the rows' of its fills, marks, settlements.

    Raises LawBroken that names the first that differs.
    """
    key = ["ledger", "session", "purpose"]
    said = (
        moved(journal)
        .filter(~pl.col("event").is_in(["fee", "interest"]))
        .group_by(key)
        .agg(said=pl.col("cents").sum())
    )
    found = lots.group_by(key).agg(found=pl.col("total").sum())
    both = said.join(found, on=key, how="full", coalesce=True).with_columns(
        pl.col("said", "found").fill_null(0)
    )
    wrong = both.filter(pl.col("said") != pl.col("found")).sort(key)
    if wrong.height:
        ledger, session, purpose, by_rows, by_lots = wrong.row(0)
        raise LawBroken(
            LAW,
            f"ledger {ledger}, session {session}: the rows of {purpose} gain {by_rows} cents, its "
            f"lots {by_lots}",
        )
