"""The optopsy file of January and February 2018, with every defect that its source names."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from steward.intake.importing import import_paths
from steward.market.believe import judge, stray
from steward.market.store import Store

from .reading import Sample, sample_file, sample_text

NAME = "spxw_eod_2018-01_2018-02.csv"
KNOCK = date(2018, 2, 5)
EXPIRY_DAYS = (date(2018, 1, 31), date(2018, 2, 28))


@pytest.fixture(scope="module")
def sample(shared_data: Path) -> Sample:
    return sample_file(shared_data / "chains" / NAME)


@pytest.fixture(scope="module")
def believed(sample: Sample) -> pl.DataFrame:
    """Rows of 2018 that are believed one by one."""
    judged = judge(sample.rows).filter(pl.col("session") > date(2018, 1, 1))
    return judged.filter(pl.col("reason").is_null())


def test_a_byte_order_mark_and_both_rights() -> None:  # written
    text = (
        "\ufeffunderlying_symbol,underlying_price,option_type,expiration,quote_date,strike,bid,"
        "ask,delta\nSPXW,1001.5,call,01/31/2018,01/02/2018,1000,10.5,10.9,0.55\n"
        "SPXW,1001.5,put,01/31/2018,01/02/2018,1000,9.5,9.9,-0.45\n"
    )
    rows = sample_text(text).rows
    assert rows["right"].to_list() == ["C", "P"]
    assert rows["symbol"].to_list() == ["SPX", "SPX"]
    assert rows["root"].to_list() == ["SPXW", "SPXW"]


def test_the_whole_file_is_read(sample: Sample, shared_data: Path) -> None:
    assert (shared_data / "chains" / NAME).read_bytes().startswith(b"\xef\xbb\xbf")  # the BOM
    assert sample.layout.name == "optopsy"
    assert sample.source.ignored == ()
    assert sample.read == sample.rows.height == 14_439  # SOURCES-chains.md, as all that follows
    assert sample.set_aside.is_empty()
    days = sample.rows.filter(pl.col("session").dt.year() == 2018)
    assert days["session"].n_unique() == 40
    expiries = days.group_by(pl.col("session").dt.month()).agg(pl.col("expiry").unique())
    assert dict(expiries.iter_rows()) == {1: [EXPIRY_DAYS[0]], 2: [EXPIRY_DAYS[1]]}


def test_what_the_file_does_not_have_is_unknown_not_zero(sample: Sample) -> None:
    for name in ("volume", "open_interest", "iv", "bid_size", "ask_size", "settlement"):
        assert sample.rows[name].null_count() == sample.rows.height, name
    # without a volatility a delta has nothing to be judged by: it is not believed (R4)
    assert judge(sample.rows)["delta"].null_count() == sample.rows.height


def test_the_stray_row_of_1990_is_set_aside(
    sample: Sample, shared_data: Path, tmp_path: Path
) -> None:
    last = sample.rows.row(-1, named=True)
    assert last["session"] == date(1990, 1, 3)
    counts = dict(sample.rows.group_by("session").len().iter_rows())
    assert stray(counts) == {date(1990, 1, 3)}
    (record,) = import_paths([shared_data / "chains" / NAME], tmp_path / "store").new
    assert record.set_aside["a stray row, a year from every other"] == 1
    assert record.set_aside["an ask of 0: no quote"] == 15  # counted in the file
    assert record.kept == 14_439 - 16
    assert min(record.sessions["SPX"]["eod"]) == "2018-01-02"
    assert len(Store(tmp_path / "store").records) == 1


def test_zero_bids_are_markets_and_are_kept(sample: Sample, believed: pl.DataFrame) -> None:
    assert sample.rows.filter(pl.col("bid") == 0.0).height / 14_439 == pytest.approx(
        0.13, abs=0.005
    )
    kept = believed.filter(pl.col("bid") == 0.0)
    assert kept.height == sample.rows.filter(pl.col("bid") == 0.0, pl.col("ask") > 0.0).height
    puts = kept.filter(pl.col("right") == "P")
    assert puts.height / kept.height > 0.7  # far puts
    assert (puts["strike"] < puts["underlying"]).all()
    assert believed.filter(pl.col("ask") < pl.col("bid")).is_empty()


def implied_less_index(rows: pl.DataFrame, day: date) -> float:
    """Points by which strike + call - put near the money lies above the index, discount 1."""
    mid = (pl.col("bid") + pl.col("ask")) / 2
    pairs = rows.filter(pl.col("session") == day).with_columns(mid=mid)
    wide = pairs.pivot("right", index=["strike", "underlying"], values="mid").drop_nulls()
    near = wide.filter((pl.col("strike") - pl.col("underlying")).abs() < 100.0)
    gap = near["strike"] + near["C"] - near["P"] - near["underlying"]
    return float(np.median(gap.to_numpy()))


def test_quotes_are_of_1615_and_the_index_of_1600(believed: pl.DataFrame) -> None:
    """On 5 February 2018 futures fell after the close: 20 points between the two."""
    assert implied_less_index(believed, KNOCK) == pytest.approx(-20.0, abs=0.5)
    assert abs(implied_less_index(believed, date(2018, 1, 30))) < 4.0


def test_spreads_of_puts_widen_in_the_crash(believed: pl.DataFrame) -> None:
    puts = believed.filter(pl.col("right") == "P")
    spread = puts.group_by("session").agg((pl.col("ask") - pl.col("bid")).median().alias("wide"))
    by_day = dict(spread.iter_rows())
    assert by_day[KNOCK] == pytest.approx(10.0, abs=0.5)
    assert by_day[date(2018, 2, 2)] <= 0.5


@pytest.mark.parametrize("day", EXPIRY_DAYS)
def test_on_the_expiry_day_quotes_are_degenerate(sample: Sample, day: date) -> None:
    """All deltas are 0 or 1 and nothing out of the money has a bid: no day to trade on."""
    rows = sample.rows.filter(pl.col("session") == day)
    assert rows["delta"].abs().is_in([0.0, 1.0]).all()
    call = pl.col("right") == "C"
    sign = pl.when(call).then(1.0).otherwise(-1.0)
    out = rows.filter(sign * (pl.col("strike") - pl.col("underlying")) > 2.0)
    assert (out["bid"] == 0.0).mean() > 0.99
