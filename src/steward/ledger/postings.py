"""Double entry: each row of a journal as postings that sum to zero, in accounts named by purpose.

A debit is above 0, a credit below 0: cash and holdings stand above 0, what the owner brought and
what was gained below. The side of the assets is what a row says of cash and holdings; the other
side is the change of what the rows say of equity. They are two columns, so that an entry that sums
to zero is something found and not something made.
"""

from __future__ import annotations

from datetime import date

import polars as pl

from steward.terms.errors import LawBroken

BALANCED = "double entry: each event balances, and the accounts are the equity table"

CASH, OWNER = "Assets:Cash", "Equity:Owner"
PARTS: dict[str, str] = {
    "condor": "Condor",
    "layer_1": "Layer-1",
    "layer_2": "Layer-2",
    "layer_3": "Layer-3",
    "second_engine": "Second-Engine",
}
"""The purposes that hold lots, as parts of an account's name."""

HOLDINGS, RESULT, FEES = "Assets:Holdings:", "Income:Result:", "Expenses:Fees:"
INTEREST = {"interest": "Income:Interest", "margin_interest": "Expenses:MarginInterest"}

ACCOUNTS = (
    CASH,
    *(HOLDINGS + part for part in PARTS.values()),
    OWNER,
    *(RESULT + part for part in PARTS.values()),
    INTEREST["interest"],
    *(FEES + part for part in PARTS.values()),
    INTEREST["margin_interest"],
)
"""All accounts of one ledger, in the order of a balance."""

TRADED = ("fill", "mark", "variation", "settle", "split")
"""Events whose change of equity is a result of their purpose."""


def holdings_account(purpose: str) -> str | None:
    """The account of the lots of a purpose; None for a purpose that holds none."""
    part = PARTS.get(purpose)
    return None if part is None else HOLDINGS + part


def with_sleeve(journal: pl.DataFrame) -> pl.DataFrame:
    """The journal with a column `sleeve`: the purpose whose gain a row is.

    Of a fee the purpose of the lot that was traded (a forced sale is caused by a margin call, its
    fee still belongs to the layer that was sold), else its cause; of all other rows the purpose.
    """
    lots = (
        journal.filter(pl.col("event") == "fill", pl.col("lot_id").is_not_null())
        .select("ledger", "lot_id", of_lot="purpose")
        .unique(["ledger", "lot_id"])
    )
    return (
        journal.join(lots, on=["ledger", "lot_id"], how="left", maintain_order="left")
        .with_columns(
            sleeve=pl.when(pl.col("event") == "fee")
            .then(pl.coalesce("of_lot", "cause", "purpose"))
            .otherwise(pl.col("purpose"))
        )
        .drop("of_lot")
    )


def postings(journal: pl.DataFrame) -> pl.DataFrame:
    """Columns ledger, sequence, session, event, account, cents: one row a posting, none of 0 cents.

    journal  whole ledgers, each in the order of its rows: the other side of an entry is the change
             of equity since the row before
    An account that is null: money was moved by an event, or in a purpose, that has none.
    """
    event, purpose = pl.col("event"), pl.col("purpose")
    part = pl.col("sleeve").replace_strict(PARTS, default=None, return_dtype=pl.String)
    other = (
        pl.when(event.is_in(TRADED))
        .then(RESULT + part)
        .when(event == "fee")
        .then(FEES + part)
        .when(event == "interest")
        .then(purpose.replace_strict(INTEREST, default=None, return_dtype=pl.String))
        .when(event == "flow")
        .then(pl.lit(OWNER))
    )
    gained = pl.col("equity") - pl.col("equity").shift(1).over("ledger").fill_null(0)
    return (
        with_sleeve(journal)
        .select(
            "ledger",
            "sequence",
            "session",
            "event",
            account=pl.concat_list(pl.lit(CASH), HOLDINGS + part, other),
            cents=pl.concat_list("cash", "value", -gained),
        )
        .explode("account", "cents")
        .filter(pl.col("cents") != 0)
    )


def trial_balance(journal: pl.DataFrame, until: date | None = None) -> pl.DataFrame:
    """Columns ledger, account, cents: every account that was ever used, after a session.

    until  the last session that counts; None: all of them
    The cents of a ledger sum to zero. Ledgers by name, accounts in the order of `ACCOUNTS`.
    """
    made = postings(journal)
    if until is not None:
        made = made.filter(pl.col("session") <= until)
    return (
        made.group_by("ledger", "account")
        .agg(pl.col("cents").sum())
        .sort("ledger", pl.col("account").cast(pl.Enum(ACCOUNTS)))
    )


def balanced(journal: pl.DataFrame, equity: pl.DataFrame) -> None:
    """The law of double entry, over whole ledgers.

    Every posting has its account and every entry sums to zero, so that the trial balance does; and
    after each session the accounts of cash and of holdings by purpose, and all of them together,
    are what the equity table says. Raises LawBroken that names the first event or session.
    """
    made = postings(journal)
    entries = (
        made.group_by("ledger", "sequence", maintain_order=True)
        .agg(
            pl.col("session").first(),
            pl.col("event").first(),
            cents=pl.col("cents").sum(),
            nowhere=pl.col("account").is_null().any(),
        )
        .filter((pl.col("cents") != 0) | pl.col("nowhere"))
    )
    for ledger, number, session, event, cents, nowhere in entries.head(1).iter_rows():
        what = "moves money that no account is for" if nowhere else f"is off by {cents} cents"
        raise LawBroken(
            BALANCED, f"ledger {ledger}, session {session}: the {event} of row {number} {what}"
        )
    _as_recorded(made, equity)


def _as_recorded(made: pl.DataFrame, equity: pl.DataFrame) -> None:
    """Assets by their postings against the equity table, a session at a time."""
    key = ["ledger", "session"]
    assets = made.filter(pl.col("account").str.starts_with("Assets:"))
    lost = assets.join(equity, on=key, how="anti").select(*key)
    for ledger, session in lost.head(1).iter_rows():
        raise LawBroken(BALANCED, f"ledger {ledger}, session {session}: is not in the equity table")
    held = {name: HOLDINGS + part for name, part in PARTS.items() if name in equity.columns}
    named = {"cash": CASH, **held}
    cents = pl.col("cents")
    changes = assets.group_by(key).agg(
        *(cents.filter(pl.col("account") == of).sum().alias(of) for of in named.values()),
        cents.sum().alias("Assets"),
    )
    told = {**named, "equity": "Assets"}
    beside = (
        equity.select(*key, *told)
        .sort(key)
        .join(changes, on=key, how="left", maintain_order="left")
        .with_columns(
            pl.col(account).fill_null(0).cum_sum().over("ledger") for account in told.values()
        )
    )
    for name, account in told.items():
        wrong = beside.filter(pl.col(name).ne_missing(pl.col(account)))
        for ledger, session, held, said in wrong.select(*key, account, name).head(1).iter_rows():
            raise LawBroken(
                BALANCED,
                f"ledger {ledger}, session {session}: {account} is at {held} cents by its "
                f"postings, the equity table says {said} of {name}",
            )
