"""iVolatility: one real file, and rows written by hand where the file has no case."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from .reading import sample_file, sample_text

HEADER = (
    "symbol,exchange,company_name,date,stock_price_close,option_symbol,option_expiration,strike,"
    "call/put,style,ask,bid,mean_price,settlement,iv,volume,open_interest,stock_price_for_iv,"
    "forward_price,isinterpolated,delta,vega,gamma,theta,rho"
)
ROW = (
    "SPX,CBOE,S&P 500 Index (SPX),01/03/2011,1270,SPX   110122C01200000,01/21/2011,1200.0,C,E,75.5,"
    "74.5,75,0.0,{iv},5,11,1270,1269.5,{star},0.9,0.5,0.001,-0.3,0.5"
)


@pytest.mark.parametrize(
    ("iv", "star", "kept"), [("0.2", "", 0.2), ("-1", "", None), ("0.2", "*", None)]
)
def test_a_volatility_that_is_missing_or_interpolated_is_unknown(
    iv: str, star: str, kept: float | None
) -> None:  # written
    sample = sample_text(f"{HEADER}\n{ROW.format(iv=iv, star=star)}\n")
    assert sample.layout.name == "ivolatility"
    assert sample.rows["iv"].to_list() == [kept]


def test_the_root_is_in_the_symbol_and_the_expiry_is_the_friday() -> None:  # written
    row = sample_text(f"{HEADER}\n{ROW.format(iv='0.2', star='')}\n").rows.row(0, named=True)
    assert (row["root"], row["expiry"], row["right"]) == ("SPX", date(2011, 1, 21), "C")
    assert row["open_interest"] == 11


def test_the_real_file(shared_data: Path) -> None:
    sample = sample_file(shared_data / "chains" / "spx_eod_2011-01-03_07_ivolatility.csv.gz")
    assert sample.read == sample.rows.height == 9832  # SOURCES-chains.md
    assert sample.set_aside.is_empty()
    assert set(sample.rows["root"].unique()) == {"SPX", "SPXW", "SPXPM"}
    assert sample.rows["expiry"].n_unique() == 16
    assert sample.rows["session"].n_unique() == 5
    raw = pl.read_csv(shared_data / "chains" / "spx_eod_2011-01-03_07_ivolatility.csv.gz")
    interpolated, failed = raw["isinterpolated"] == "*", raw["iv"] == -1.0
    assert interpolated.fill_null(False).mean() == pytest.approx(0.35, abs=0.01)
    assert sample.rows["iv"].null_count() == int((interpolated.fill_null(False) | failed).sum())
    assert sample.rows.filter(pl.col("bid") == 0).height / sample.rows.height == pytest.approx(
        0.10, abs=0.01
    )


def test_the_column_called_by_an_asterisk() -> None:  # written
    """Polars would take `*` for all columns."""
    header = (
        "symbol,exchange,date,adjusted close,option symbol,expiration,strike,call/put,style,ask,"
        "bid,mean price,iv,volume,open interest,stock price for iv,*,delta,vega,gamma,theta,rho"
    )
    row = (
        "SPX,CBOE,01/03/2011,1270,SPX   110122C01200000,01/21/2011,1200.0,C,E,75.5,74.5,75,0.2,5,"
        "11,1270,{star},0.9,0.5,0.001,-0.3,0.5"
    )
    text = "\n".join([header, row.format(star=""), row.format(star="*")])
    assert sample_text(text).rows["iv"].to_list() == [0.2, None]
