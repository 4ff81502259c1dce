"""How far the result may be trusted: proxies with their bounds, endings, marks by model."""

from __future__ import annotations

import polars as pl


def proxies(journal: pl.DataFrame) -> pl.DataFrame:
    """Settlements by ledger, underlying root and source of the settlement value.

    Columns: ledger, root, source, proxy (a named proxy stood in for the official value), lots,
    booked (cash, cents), low and high (the bounds of that cash where a proxy stood in, cents; null
    where none is known).
    """
    return (
        journal.filter(pl.col("event") == "settle")
        .with_columns(
            root=pl.col("contract").str.split(" ").list.first(),
            source=pl.col("source").fill_null("not named"),
            proxy=(pl.col("state") == "settled by proxy").fill_null(False),
        )
        .group_by("ledger", "root", "source", "proxy")
        .agg(
            lots=pl.len().cast(pl.Int64),
            booked=pl.col("cash").sum(),
            low=pl.when(pl.col("low").is_not_null().any()).then(pl.col("low").sum()),
            high=pl.when(pl.col("high").is_not_null().any()).then(pl.col("high").sum()),
        )
        .sort("ledger", "root", "source", "proxy")
    )


COUNTED = r"\b1 (close|condor|contract|day|lot|order|session|unit)\b"
"""One of what sentences count: alike with several of it."""

NET = r"\ba (credit|debit) of …"
"""A price whose sign is a word: struck out as its number is."""

SETTLED_FIRST = "an order to sell or roll: what it was for had settled"


def endings(journal: pl.DataFrame) -> pl.DataFrame:
    """How intents and lots ended: columns ledger, state, reason, count, sorted by count.

    The reason of what did not trade is kept with its numbers struck out, one and several in one
    form, and without the state where it begins with that, so that alike ones count together; of
    what traded it is left empty. An order whose holding settled before it traded
    counts apart from that holding.
    """
    traded = ["filled", "settled by value", "settled by proxy"]
    identity = pl.coalesce("intent_id", "lot_id", pl.col("sequence").cast(pl.String()))
    kind = (
        pl.col("reason")
        .fill_null("")
        .str.strip_prefix(pl.col("state") + ": ")
        .str.replace_all(COUNTED, "1 ${1}s")
        .str.replace_all(r"\d{4}-\d{2}-\d{2}", "…")
        .str.replace_all(r"[-+]?\d[\d,.]*", "…")
        .str.replace_all(NET, "…")
    )
    return (
        journal.filter(pl.col("state").is_not_null())
        .with_columns(
            identity=pl.when(pl.col("event") == "settle").then("lot_id").otherwise(identity),
            reason=pl.when(~pl.col("state").is_in(traded))
            .then(kind)
            .when((pl.col("event") == "end") & (pl.col("state") != "filled"))
            .then(pl.lit(SETTLED_FIRST))
            .otherwise(pl.lit("")),
        )
        .group_by("ledger", "state", "reason")
        .agg(count=pl.col("identity").n_unique().cast(pl.Int64))
        .sort(["ledger", "state", "count", "reason"], descending=[False, False, True, False])
    )


ENTRY_RULE, NOT_TODAY = "condor_entry", "not today"


def entry_refusals(decisions: pl.DataFrame, *, most: int = 3) -> list[tuple[str, int]]:
    """Why entries found no condor: the commonest sentences and on how many sessions each held.

    Sessions on which no entry was due do not count; a sentence stands for those that differ from
    it in numbers and days alone.
    """
    said = decisions.filter(
        (pl.col("kind") == "trace")
        & (pl.col("name") == ENTRY_RULE)
        & (pl.col("result") != NOT_TODAY)
        & ~pl.col("result").str.starts_with("credit")
    )
    found = (
        said.group_by("result", maintain_order=True)
        .agg(sentence=pl.col("sentence").last(), count=pl.col("session").n_unique())
        .sort("count", "result", descending=[True, False])
        .head(most)
    )
    return [(sentence, int(count)) for sentence, count in found.select("sentence", "count").rows()]


def quality_counts(journal: pl.DataFrame) -> pl.DataFrame:
    """Columns ledger, event, quality, rows: what the prices of fills and settlements were."""
    return (
        journal.filter(pl.col("event").is_in(["fill", "settle"]))
        .with_columns(
            quality=pl.when(pl.col("state") == "settled by proxy")
            .then(pl.lit("named proxy"))
            .otherwise(pl.col("quality").fill_null("not given"))
        )
        .group_by("ledger", "event", "quality")
        .agg(rows=pl.len().cast(pl.Int64))
        .sort("ledger", "event", "quality")
    )


def filled_at(journal: pl.DataFrame) -> dict[str, frozenset[str]]:
    """Kinds of price of all fills: of `condor`, and of the `options` and `futures` of a hedge."""
    fills = journal.filter((pl.col("event") == "fill") & pl.col("quality").is_not_null())
    condor = pl.col("purpose") == "condor"
    future = pl.col("contract").fill_null("").str.contains("^VXM? ")
    return {
        name: frozenset(fills.filter(mask)["quality"].unique().to_list())
        for name, mask in (
            ("condor", condor),
            ("options", ~condor & ~future),
            ("futures", ~condor & future),
        )
    }


def modelled(journal: pl.DataFrame, equity: pl.DataFrame, qualities: list[str]) -> bool:
    """Whether any figure rests on a price that no exchange showed."""
    made = ("modelled", "simulated")
    if any(quality.startswith(made) for quality in qualities):
        return True
    seen = journal["quality"].drop_nulls().unique().to_list()
    if any(str(quality).startswith(made) for quality in seen):
        return True
    return int(equity["modelled_marks"].fill_null(0).sum()) > 0
