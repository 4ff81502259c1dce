"""Import one file, whatever it holds, and see that what must hold does."""

from __future__ import annotations

import datetime
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from steward.intake.importing import OUR_FAULT, import_paths
from steward.market import store
from steward.market.records import ImportRecord
from steward.market.store import Store
from steward.market.tables import QUOTE_KEY

from . import oracles
from .samples import Sample

LONGEST_SECONDS = 30.0
"""Of one import of a file below two megabytes on a busy machine; a hundredth is usual."""

LONGEST_REASON = 3_000


class Broken(AssertionError):  # noqa: N818 - what it says is what is broken
    """Something that must hold does not."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of a file: some of it in the store, or refused for a reason."""

    record: ImportRecord | None
    refused: str | None


def must(holds: bool, what: str) -> None:
    if not holds:
        raise Broken(what)


def contents(root: Path) -> dict[str, bytes]:
    """Every file of a store but its lock, by path, and its folders."""
    return {
        str(path.relative_to(root)): path.read_bytes() if path.is_file() else b""
        for path in sorted(root.rglob("*"))
        if path.name != ".lock"
    }


@contextmanager
def temporary_folders(folder: Path) -> Iterator[None]:
    """Everything temporary below `folder`, which is empty at the end."""
    folder.mkdir()
    before, tempfile.tempdir = tempfile.tempdir, str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before
    must(not any(folder.iterdir()), "a temporary folder is left behind")


def imported(sample: Sample, data: bytes, folder: Path) -> Outcome:
    """Import `data` under the sample's name into a new store below `folder`.

    Raises Broken where something that must hold does not; what `import_paths` raises goes through.
    """
    file, root = folder / sample.name, folder / "store"
    file.write_bytes(data)
    store.create(root)
    empty, began = contents(root), time.monotonic()
    with temporary_folders(folder / "temporary"):
        report = import_paths([file], root, hints=sample.hints)
    must(time.monotonic() - began < LONGEST_SECONDS, "an import takes too long")
    for refused in report.refused:
        must(OUR_FAULT not in refused.reason, refused.reason)
        must(refused.reason.isprintable(), f"a reason of several lines: {refused.reason!r}")
        must(
            len(refused.reason) < LONGEST_REASON, f"a reason without end: {refused.reason[:200]!r}"
        )
    must(not report.known, "an empty store knows a file")
    must(not (root / ".staging").exists(), "the staging folder is left behind")
    if not report.new:
        must(contents(root) == empty, "a refused file has left something in the store")
        must(bool(report.refused) or _no_member(file), "neither imported nor refused")
        return Outcome(record=None, refused=report.refused[0].reason if report.refused else None)
    for record in report.new:
        accounted_for(root, record)
    record = report.new[0]
    plain = file.suffix not in (".gz", ".zip", ".7z")
    if plain and record.layout in oracles.READERS:
        oracles.agrees(record, quotes_of(root, record), aside_of(root, record), data)
    return Outcome(record=record, refused=None)


def _no_member(file: Path) -> bool:
    """An archive may be empty."""
    return file.suffix in (".zip", ".7z")


def quotes_of(root: Path, record: ImportRecord) -> pl.DataFrame:
    return pl.concat([pl.read_parquet(root / part.path) for part in record.parts])


def aside_of(root: Path, record: ImportRecord) -> pl.DataFrame | None:
    path = root / "set_aside" / f"{record.source}.parquet"
    return pl.read_parquet(path) if path.exists() else None


def accounted_for(root: Path, record: ImportRecord) -> None:
    """Each row is kept, set aside, unreadable or elsewhere, and what is kept can be true."""
    aside, unreadable = sum(record.set_aside.values()), sum(record.unreadable.values())
    must(record.made == record.kept + record.elsewhere + aside, f"rows vanished: {record}")
    must(record.kept == sum(part.rows for part in record.parts), "parts have other rows")
    said = aside_of(root, record)
    must((0 if said is None else said.height) == aside + unreadable, "not all reasons are written")
    if said is not None:
        must(said["reason"].null_count() == 0 and (said["reason"] != "").all(), "no reason")
    must([one.source for one in Store(root).records] == [record.source], "not one record")
    kept = quotes_of(root, record)
    must(kept.height == record.kept, "other rows than the record says")
    must(sum(n for _, n in _sessions(record)) == record.kept, "sessions have other rows")
    if record.table == "quotes":
        believable(kept)


def _sessions(record: ImportRecord) -> list[tuple[str, int]]:
    return [
        (day, n)
        for snapshots in record.sessions.values()
        for days in snapshots.values()
        for day, n in days.items()
    ]


def believable(kept: pl.DataFrame) -> None:
    """No quote in a store is one that cannot be, whatever the file said."""
    must(kept.select(pl.struct(QUOTE_KEY).is_unique().all()).item(), "a key twice")
    needed = (*QUOTE_KEY, "bid", "ask", "moment", "known_at", "settlement", "line", "vendor")
    must(sum(kept.select(needed).null_count().row(0)) == 0, "a null in what every quote has")
    bid, ask, strike = pl.col("bid"), pl.col("ask"), pl.col("strike")
    rules = {
        "a price that is not finite": bid.is_finite() & ask.is_finite() & strike.is_finite(),
        "a quote that is none": (bid >= 0.0) & (ask > 0.0) & (ask >= bid) & (strike > 0.0),
        "neither call nor put": pl.col("right").is_in(["C", "P"]),
        "expired": pl.col("session") <= pl.col("expiry"),
        "a greek without a volatility": pl.col("iv").is_not_null()
        | pl.all_horizontal(pl.col("delta", "gamma", "theta", "vega", "rho").is_null()),
        "not finite": pl.all_horizontal(
            pl.col("iv", "delta", "gamma", "theta", "vega", "rho", "underlying")
            .is_finite()
            .fill_null(value=True)
        ),
        "a count below 0": pl.all_horizontal(
            (pl.col("bid_size", "ask_size", "volume", "open_interest") >= 0).fill_null(value=True)
        ),
        "no snapshot's name": pl.col("snapshot").str.contains(r"^(eod|gth|[0-2]\d[0-5]\d)$"),
        "a moment of another day": (
            pl.col("moment").dt.convert_time_zone("America/New_York").dt.date() - pl.col("session")
        ).abs()
        <= datetime.timedelta(days=1),
    }
    for what, rule in rules.items():
        bad = kept.filter(~rule)
        must(bad.is_empty(), f"{what}: {bad.head(1).to_dicts()}")
