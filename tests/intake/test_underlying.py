"""What a VIX option is an option on (R13)."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from steward.intake.underlying import with_vix_underlying
from steward.market import believe

from ..market.judged_rows import chain

SESSION, MARCH, APRIL = date(2023, 2, 7), date(2023, 3, 22), date(2023, 4, 19)


def vix(expiry: date, forward: float, **more: object) -> pl.DataFrame:
    strikes = [*range(10, 30), *range(30, 60, 5)]
    return chain(
        "VIX",
        SESSION,
        expiry,
        symbol="VIX",
        forward=forward,
        strikes=strikes,
        vol=0.8,
        **more,
    )


def quotes(*parts: pl.DataFrame) -> pl.DataFrame:
    judged = believe.judge(pl.concat(parts))
    assert judged["reason"].null_count() == judged.height
    return believe.complete(judged.drop("reason")).quotes


def by_expiry(frame: pl.DataFrame) -> dict[date, set[tuple[float | None, str | None]]]:
    found: dict[date, set[tuple[float | None, str | None]]] = {}
    for expiry, level, kind in frame.select("expiry", "underlying", "underlying_kind").iter_rows():
        found.setdefault(expiry, set()).add((level, kind))
    return found


def test_each_series_has_the_forward_of_its_own_calls_and_puts() -> None:
    spot = {"underlying": 19.0, "underlying_kind": "index"}
    done = with_vix_underlying(quotes(vix(MARCH, 20.5, **spot), vix(APRIL, 22.25, **spot)))
    found = by_expiry(done)
    for expiry, forward in ((MARCH, 20.5), (APRIL, 22.25)):
        ((level, kind),) = found[expiry]
        assert kind == "parity_forward"
        assert level == pytest.approx(forward, abs=0.06)


def test_spot_vix_is_never_the_underlying() -> None:
    spot = {"underlying": 19.0, "underlying_kind": "index"}
    calls = vix(MARCH, 20.5, **spot).filter(pl.col("right") == "C")
    assert by_expiry(with_vix_underlying(quotes(calls))) == {MARCH: {(None, None)}}


def test_a_future_that_the_vendor_gives_stays() -> None:
    future = {"underlying": 20.8, "underlying_kind": "future"}
    given = quotes(vix(MARCH, 20.5, **future))
    assert by_expiry(with_vix_underlying(given)) == {MARCH: {(20.8, "future")}}


def test_options_on_spx_are_left_alone_and_the_rows_keep_their_order() -> None:
    level = {"underlying": 4164.0, "underlying_kind": "index"}
    spx = chain("SPXW", SESSION, date(2023, 3, 31), **level)
    alone = quotes(spx)
    assert with_vix_underlying(alone).equals(alone)
    mixed = quotes(spx, vix(MARCH, 20.5))
    done = with_vix_underlying(mixed)
    assert done.columns == mixed.columns
    assert done["line"].equals(mixed["line"])
    assert by_expiry(done)[date(2023, 3, 31)] == {(4164.0, "index")}


def test_a_put_without_a_bid_has_no_part_in_it() -> None:
    rows = vix(MARCH, 20.5).with_columns(
        bid=pl.when(pl.col("right") == "C").then("bid").otherwise(0.0)
    )
    assert by_expiry(with_vix_underlying(quotes(rows))) == {MARCH: {(None, None)}}


def test_the_chain_of_june_2013(shared_data: Path) -> None:
    """Its parity forward lies 0.06 above the August future (SOURCES-chains.md)."""
    path = shared_data / "vix_chains" / "vix_eod_2013-06-25_rnd.csv"
    rows = []
    with path.open() as file:
        for line, row in enumerate(csv.DictReader(file), 2):
            for right in "CP":
                bid, ask = row[f"bid.{right.lower()}"], row[f"ask.{right.lower()}"]
                if bid and ask:
                    rows.append((line, float(row["strike"]), right, float(bid), float(ask)))
    frame = pl.DataFrame(
        rows, schema=["line", "strike", "right", "bid", "ask"], orient="row"
    ).with_columns(
        session=pl.lit(date(2013, 6, 25)),
        snapshot=pl.lit("eod"),
        root=pl.lit("VIX"),
        expiry=pl.lit(date(2013, 8, 21)),
        underlying=pl.lit(None, dtype=pl.Float64),
        underlying_kind=pl.lit(None, dtype=pl.String),
    )
    ((level, kind),) = by_expiry(with_vix_underlying(frame))[date(2013, 8, 21)]
    assert kind == "parity_forward"
    futures = pl.read_csv(
        shared_data / "vix_futures" / "cfe_vx_by_contract_2013_2026.csv.gz", infer_schema=False
    )
    august = futures.filter(pl.col("Trade Date") == "2013-06-25", pl.col("Futures") == "2013-08-21")
    assert level is not None
    assert level - float(august["Settle"].item()) == pytest.approx(0.06, abs=0.035)
