"""From journal rows to trades: what was opened, what became of it, what it earned.

A structure is all lots with one structure id: the four legs of a condor, the calls of one hedge
purchase. A lot's opening direction is that of its first fill; fills the other way, variation and
settlement close it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from steward.market.tables import TRADES, conform

MULTIPLIER_OF_ROOT = {"VX": 1000, "VXM": 100}
"""Dollars an index point; everything else that the journal names has 100."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a contract key says: `SPXW 2018-02-28 2715 P`, or `VX 2018-02-14` for a future."""

    root: str
    expiry: str
    strike: float  # index points; 0 for a future
    right: str  # C, P, or F for a future

    @property
    def multiplier(self) -> int:
        return MULTIPLIER_OF_ROOT.get(self.root, 100)

    def payoff(self, level: float) -> float:
        """Of one contract at its settlement, index points; a future: the level itself."""
        if self.right == "F":
            return level
        return max(level - self.strike, 0.0) if self.right == "C" else max(self.strike - level, 0.0)


def terms_of(key: str) -> Terms:
    """Read a contract key. ValueError when it is none."""
    parts = key.split(" ")
    if len(parts) == 2:
        return Terms(root=parts[0], expiry=parts[1], strike=0.0, right="F")
    root, expiry, strike, right = parts
    return Terms(root=root, expiry=expiry, strike=float(strike), right=right)


LEG = ["ledger", "structure_id", "lot_id"]


def legs(journal: pl.DataFrame) -> pl.DataFrame:
    """One row a lot, in the order of its first fill.

    Columns: ledger, structure_id, lot_id, contract, purpose, opened, quantity (contracts at the
    opening, signed), open_price (ten-thousandths), left (contracts still open), open_cash,
    close_cash (cents), closed (null while open), settled (how it settled; null when it did not),
    settle_price (ten-thousandths), settle_source, settle_cash (cents), reason_opened,
    reason_closed, order_opened, order_closed (ids; null of a settlement), quality (the open's, then
    the close's).
    """
    rows = (
        journal.filter(
            pl.col("event").is_in(["fill", "settle", "variation"]), pl.col("lot_id").is_not_null()
        )
        .sort("ledger", "sequence")
        .with_columns(
            is_fill=pl.col("event") == "fill",
            is_settle=pl.col("event") == "settle",
            first=pl.col("quantity").filter(pl.col("event") == "fill").first().sign().over(LEG),
        )
        .with_columns(is_open=pl.col("is_fill") & (pl.col("quantity").sign() == pl.col("first")))
        .with_columns(
            is_close=(pl.col("is_fill") & ~pl.col("is_open")) | pl.col("is_settle"),
        )
    )
    opening, closing, settling = pl.col("is_open"), pl.col("is_close"), pl.col("is_settle")
    return (
        rows.group_by(LEG, maintain_order=True)
        .agg(
            contract=pl.col("contract").first(),
            purpose=pl.col("purpose").filter(opening).first(),
            opened=pl.col("session").filter(opening).first(),
            quantity=pl.col("quantity").filter(opening).sum(),
            open_price=pl.col("price").filter(opening).first(),
            sold=pl.col("quantity").filter(closing & ~settling).sum(),
            open_cash=pl.col("cash").filter(opening).sum(),
            close_cash=pl.col("cash").filter(~opening).sum(),
            last=pl.col("session").filter(closing).last(),
            settled=pl.when(settling.any()).then(
                pl.col("state").filter(settling).last().fill_null("settled by value")
            ),
            settle_price=pl.col("price").filter(settling).last(),
            settle_source=pl.col("source").filter(settling).last(),
            settle_cash=pl.col("cash").filter(settling).sum(),
            reason_opened=pl.col("reason").filter(opening).first(),
            reason_closed=pl.col("reason").filter(closing).last(),
            order_opened=pl.col("order_id").filter(opening).first(),
            order_closed=pl.col("order_id").filter(closing).last(),
            quality=pl.col("quality")
            .filter(opening | closing)
            .drop_nulls()
            .unique(maintain_order=True),
        )
        .with_columns(
            left=pl.when(pl.col("settled").is_null())
            .then(pl.col("quantity") + pl.col("sold"))
            .otherwise(0)
        )
        .with_columns(closed=pl.when(pl.col("left") == 0).then(pl.col("last")))
        .drop("sold", "last")
    )


def worst_payoff(contracts: Sequence[tuple[int, Terms]]) -> int:
    """The least that options of one expiry can be worth at settlement, cents (losses below 0).

    A sum of piecewise linear payoffs has its minimum at a strike or at 0, unless it falls without
    end above the last strike: then ValueError, for the loss has no bound.
    """
    if sum(quantity for quantity, terms in contracts if terms.right != "P") < 0:
        raise ValueError("more calls sold than bought: the loss has no bound")
    levels = [0.0, *(terms.strike for _, terms in contracts)]
    return min(
        round(sum(100 * q * t.multiplier * t.payoff(level) for q, t in contracts))
        for level in levels
    )


def trades(journal: pl.DataFrame) -> pl.DataFrame:
    """One row a structure: the TRADES contract, sorted by ledger, opening day and structure.

    `close_cash` counts what part sales, variation and settlement have brought so far, also while
    the structure is open; `result` is null until its last contract is gone.
    """
    by_leg = legs(journal)
    key = ["ledger", "structure_id"]
    fees = journal.filter(pl.col("event") == "fee").group_by(key).agg(fees=-pl.col("cash").sum())
    quantity, contract = pl.col("quantity"), pl.col("contract")
    sign = pl.when(quantity > 0).then(pl.lit("+")).otherwise(pl.lit(""))
    frame = (
        by_leg.with_columns(label=sign + quantity.cast(pl.String()) + pl.lit(" ") + contract)
        .group_by(key, maintain_order=True)
        .agg(
            purpose=pl.col("purpose").first(),
            contracts=pl.col("label").str.join("; "),
            opened=pl.col("opened").min(),
            closed=pl.when(pl.col("closed").is_null().any())
            .then(None)
            .otherwise(pl.col("closed").max()),
            outcome=pl.when(pl.col("closed").is_null().any())
            .then(pl.lit("open"))
            .when((pl.col("settled") == "settled by proxy").any())
            .then(pl.lit("settled by proxy"))
            .when(pl.col("settled").is_not_null().any())
            .then(pl.lit("settled by value"))
            .otherwise(pl.lit("closed")),
            open_cash=pl.col("open_cash").sum(),
            close_cash=pl.col("close_cash").sum(),
            reason_opened=pl.col("reason_opened").first(),
            reason_closed=pl.col("reason_closed").drop_nulls().last(),
            quality=pl.col("quality").explode().unique(maintain_order=True).str.join(", "),
        )
        .join(fees, on=key, how="left", maintain_order="left")
        .with_columns(pl.col("fees").fill_null(0))
        .with_columns(
            result=pl.when(pl.col("closed").is_not_null()).then(
                pl.col("open_cash") + pl.col("close_cash") - pl.col("fees")
            )
        )
        .with_columns(
            reason_closed=pl.when(pl.col("closed").is_not_null()).then(pl.col("reason_closed"))
        )
    )
    losses = [
        _condor_loss(text, open_cash) if purpose == "condor" else None
        for purpose, text, open_cash in frame.select("purpose", "contracts", "open_cash").rows()
    ]
    frame = frame.with_columns(pl.Series("max_loss", losses, dtype=pl.Int64()))
    ordered = frame.sort("ledger", "opened", "structure_id")
    return conform(ordered.select(list(TRADES)), TRADES, table="trades")


def _condor_loss(contracts: str, open_cash: int) -> int:
    """Maximum loss of a condor without fees, cents."""
    return -(worst_payoff(labelled(contracts)) + open_cash)


def labelled(contracts: str) -> list[tuple[int, Terms]]:
    """The contracts of a TRADES row with their quantities."""
    found = []
    for item in contracts.split("; "):
        quantity, key = item.split(" ", 1)
        found.append((int(quantity), terms_of(key)))
    return found


def sides(journal: pl.DataFrame) -> pl.DataFrame:
    """Result of each closed condor by its put and its call legs, cents; fees stand apart.

    Columns: ledger, structure_id, opened, closed, put, call, fees (above 0).
    """
    paid = journal.filter(pl.col("event") == "fee").group_by("ledger", "structure_id")
    right = pl.col("contract").str.slice(-1)
    money = pl.col("open_cash") + pl.col("close_cash")
    return (
        legs(journal)
        .filter(pl.col("purpose") == "condor")
        .group_by("ledger", "structure_id", maintain_order=True)
        .agg(
            opened=pl.col("opened").min(),
            closed=pl.when(pl.col("closed").is_null().any())
            .then(None)
            .otherwise(pl.col("closed").max()),
            put=money.filter(right == "P").sum(),
            call=money.filter(right == "C").sum(),
        )
        .filter(pl.col("closed").is_not_null())
        .join(
            paid.agg(fees=-pl.col("cash").sum()),
            on=["ledger", "structure_id"],
            how="left",
            maintain_order="left",
        )
        .with_columns(pl.col("fees").fill_null(0))
    )


def settlement_level(terms: Terms, quantity: int, price: int, cash: int) -> float | None:
    """The index level behind a settlement row, points, when the row's price is that level.

    quantity, price, cash  of the lot (contracts at the opening), the row (ten-thousandths), cents
    None when the price is the value of the option and not of the index, or 0.
    """
    level = price / 10_000
    if terms.right == "F":
        return level if price > 0 else None
    paid = round(100 * quantity * terms.multiplier * terms.payoff(level))
    return level if price > 0 and abs(paid - cash) <= 1 else None
