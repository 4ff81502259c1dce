"""Files of real option quotes for one run, read in memory: any layout, no store needed."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import polars as pl

from steward.intake.importing import content_hash, opened
from steward.intake.opening import Found, find
from steward.intake.underlying import with_vix_underlying
from steward.market import believe
from steward.market.history import Quarantined
from steward.market.quotes import ChainFile
from steward.market.store import SNAPSHOTS
from steward.market.tables import CHAIN, QUOTES, conform
from steward.market.vendors.registry import recognise
from steward.market.vendors.series.declined import Declined
from steward.market.vendors.source import Hints
from steward.terms.errors import StewardError

MOST_ROWS = 5_000_000
"""About a gigabyte in memory; beyond it a store is the way."""


def read_chains(path: Path, hints: Hints | None = None) -> tuple[ChainFile, ...]:
    """The quotes of a file, one snapshot a session; of an archive, of each of its files.

    Raises StewardError: one line that names the place and the way out, for a path that is not
    there, for an unknown layout, for one without quotes, and where no row can be used.
    """
    chains = [_read(found, hints or Hints()) for found in find([path]) if not found.aside]
    if not chains:
        raise StewardError(f"{path}: holds no file with quotes; name one that has some")
    return tuple(chains)


def _read(found: Found, hints: Hints) -> ChainFile:
    source = opened(found, hints)
    layout = recognise(source.head, source.shown)
    if isinstance(layout, Declined):
        raise StewardError(f"{found.shown}: {layout.why}")
    if layout.table != "quotes":
        raise StewardError(
            f"{found.shown}: is {layout.title}, which has no option quotes; --chains takes quotes"
        )
    sha256, _ = content_hash(found)
    counts: Counter[str] = Counter()
    kept: list[pl.DataFrame] = []
    rows = read = 0
    for batch in layout.read(source):
        read += batch.read
        counts.update(dict(batch.set_aside["reason"].value_counts().iter_rows()))
        judged = believe.judge(batch.rows)
        _count(counts, judged.filter(pl.col("reason").is_not_null()))
        kept.append(judged.filter(pl.col("reason").is_null()).drop("reason"))
        rows += kept[-1].height
        if rows > MOST_ROWS:
            raise StewardError(
                f"{found.shown}: more than {MOST_ROWS:,} quotes; import it into a store "
                "(`steward data import`) and give that with --chains"
            )
    quotes = pl.DataFrame(schema=QUOTES)
    inferred: tuple[str, ...] = ()
    if rows:
        whole = _without_strays(pl.concat(kept), counts)
        done = believe.complete(whole, root_hint=hints.root)
        _count(counts, done.set_aside)
        quotes, inferred = with_vix_underlying(done.quotes), done.inferred
    if quotes.is_empty():
        reasons = "; ".join(f"{why}: {n}" for why, n in counts.most_common())
        raise StewardError(
            f"{found.shown}: no row is a quote that can be used ({reasons or 'there is none'}); "
            "bring a file with SPX or VIX quotes of sessions of the exchange"
        )
    tradable = one_snapshot(quotes)
    counts["of another snapshot than the one a run trades on"] += quotes.height - tradable.height
    if tradable.is_empty():
        names = ", ".join(sorted(set(quotes["snapshot"])))
        raise StewardError(
            f"{found.shown}: has neither quotes of the end of the day nor of 15:45, only "
            f"snapshots of {names}; a run trades at the close"
        )
    early = tradable.filter(pl.col("snapshot") != SNAPSHOTS[0])
    return ChainFile(
        name=found.name,
        sha256=sha256,
        quotes=conform(tradable.select(list(CHAIN)), CHAIN, table="chain"),
        quarantined=tuple(
            Quarantined(source=found.name, reason=why, rows=n) for why, n in counts.items() if n
        ),
        early=early["session"].n_unique(),
        inferred=(*source.warnings, *source.notes, *inferred),
        read=read,
    )


def _count(counts: Counter[str], rows: pl.DataFrame) -> None:
    counts.update(dict(rows["reason"].value_counts().iter_rows()))


def _without_strays(rows: pl.DataFrame, counts: Counter[str]) -> pl.DataFrame:
    strays = believe.stray(dict(rows["session"].value_counts().iter_rows()))
    kept = rows.filter(~pl.col("session").is_in(list(strays)))
    counts[believe.STRAY] += rows.height - kept.height
    return kept


def one_snapshot(quotes: pl.DataFrame) -> pl.DataFrame:
    """Of each session and underlying the first snapshot by `store.SNAPSHOTS` that it has."""
    on_vix = pl.col("root").is_in(["VIX", "VIXW"])
    rank = pl.col("snapshot").replace_strict(
        list(SNAPSHOTS), range(len(SNAPSHOTS)), default=None, return_dtype=pl.Int8
    )
    ranked = quotes.with_columns(rank=rank, on_vix=on_vix)
    best = pl.col("rank") == pl.col("rank").min().over("session", "on_vix")
    return ranked.filter(best).drop("rank", "on_vix")
