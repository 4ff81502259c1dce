"""Cboe DataShop: the real extract of one day, and full rows written from the documentation."""

from __future__ import annotations

import zipfile
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from steward.intake.importing import import_paths
from steward.market.believe import judge
from steward.market.store import Store
from steward.market.vendors.source import Hints
from steward.terms.errors import StewardError

from .reading import Sample, sample_file, sample_text

CALCS = (
    "implied_underlying_price_1545,active_underlying_price_1545,implied_volatility_1545,delta_1545,"
    "gamma_1545,theta_1545,vega_1545,rho_1545,"
)
HEADER = (
    "underlying_symbol,quote_date,root,expiration,strike,option_type,open,high,low,close,"
    "trade_volume,bid_size_1545,bid_1545,ask_size_1545,ask_1545,underlying_bid_1545,"
    "underlying_ask_1545," + CALCS + "bid_size_eod,bid_eod,ask_size_eod,ask_eod,"
    "underlying_bid_eod,underlying_ask_eod,vwap,open_interest,delivery_code"
)
FIELDS = {
    "underlying_symbol": "^SPX",
    "quote_date": "2019-03-04",
    "root": "SPXW",
    "expiration": "2019-03-29",
    "strike": "1234.000",
    "option_type": "C",
    **dict.fromkeys(("open", "high", "low", "close"), "0.0000"),
    "trade_volume": "7",
    "bid_size_1545": "11",
    "bid_1545": "30.1000",
    "ask_size_1545": "12",
    "ask_1545": "30.9000",
    "underlying_bid_1545": "1230.0000",
    "underlying_ask_1545": "1231.0000",
    "implied_underlying_price_1545": "1232.2500",
    "active_underlying_price_1545": "1230.5000",
    "implied_volatility_1545": "0.1500",
    "delta_1545": "0.5000",
    "gamma_1545": "0.0040",
    "theta_1545": "-0.3000",
    "vega_1545": "1.2000",
    "rho_1545": "0.4000",
    "bid_size_eod": "21",
    "bid_eod": "31.1000",
    "ask_size_eod": "22",
    "ask_eod": "31.9000",
    "underlying_bid_eod": "1232.0000",
    "underlying_ask_eod": "1233.0000",
    "vwap": "0.0000",
    "open_interest": "99",
    "delivery_code": "",
}


def written(header: str = HEADER, **changed: str) -> Sample:
    fields = {**FIELDS, **changed}
    row = ",".join(fields[name.replace("_15453", "_1545")] for name in header.split(","))
    return sample_text(f"{header}\n{row}\n", name="UnderlyingOptionsEODCalcs_2019-03-04.csv")


def both(sample: Sample) -> tuple[dict[str, object], dict[str, object]]:
    """The row of 15:45 and that of the close."""
    early, late = sample.rows.sort("snapshot").to_dicts()
    assert (early["snapshot"], late["snapshot"]) == ("1545", "eod")
    return early, late


def test_one_row_gives_both_snapshots_kept_apart() -> None:  # written
    sample = written()
    assert sample.layout.name == "cboe_datashop"
    assert (sample.read, sample.rows.height) == (1, 2)
    early, late = both(sample)
    assert (early["bid"], early["ask"], early["bid_size"], early["ask_size"]) == (
        30.1,
        30.9,
        11,
        12,
    )
    assert (late["bid"], late["ask"], late["bid_size"], late["ask_size"]) == (31.1, 31.9, 21, 22)
    for row in (early, late):
        assert (row["symbol"], row["root"], row["expiry"]) == ("SPX", "SPXW", date(2019, 3, 29))
        assert (row["open_interest"], row["moment"]) == (99, None)


def test_volatility_and_greeks_are_of_1545_alone() -> None:  # written
    early, late = both(written())
    assert (early["iv"], early["delta"], early["rho"]) == (0.15, 0.5, 0.4)
    names = ("iv", "delta", "gamma", "theta", "vega", "rho")
    assert all(late[name] is None for name in names)


def test_the_volume_of_the_day_is_not_known_at_1545() -> None:  # written
    early, late = both(written())
    assert (early["volume"], late["volume"]) == (None, 7)


def test_a_volatility_of_zero_is_unknown_and_takes_the_greeks_along() -> None:  # written
    sample = written(implied_volatility_1545="0.0000")
    early = judge(sample.rows).filter(pl.col("snapshot") == "1545").row(0, named=True)
    assert (early["reason"], early["iv"], early["delta"], early["vega"]) == (None,) * 4


@pytest.mark.parametrize(
    ("changed", "price", "kind"),
    [
        ({}, 1230.5, "index"),
        ({"active_underlying_price_1545": "1232.2500"}, 1232.25, "parity_forward"),
        (
            {
                "underlying_bid_1545": "0.0000",
                "underlying_ask_1545": "0.0000",
                "active_underlying_price_1545": "1232.2500",
            },
            1232.25,
            "parity_forward",
        ),
        ({"active_underlying_price_1545": "0.0000"}, 1230.5, "index"),
        (
            {
                "underlying_bid_1545": "0.0000",
                "underlying_ask_1545": "0.0000",
                "active_underlying_price_1545": "0.0000",
                "implied_underlying_price_1545": "0.0000",
            },
            None,
            None,
        ),
    ],
)
def test_what_the_underlying_is_a_price_of(
    changed: dict[str, str], price: float | None, kind: str | None
) -> None:  # written
    early, _ = both(written(**changed))
    assert (early["underlying"], early["underlying_kind"]) == (price, kind)


def test_an_index_without_a_licence_is_unknown_at_the_close() -> None:  # written
    _, late = both(written(underlying_bid_eod="0.0000", underlying_ask_eod="0.0000"))
    assert (late["underlying"], late["underlying_kind"]) == (None, None)
    _, late = both(written())
    assert (late["underlying"], late["underlying_kind"]) == (1232.5, "index")


def test_without_calculations_the_rest_is_the_same() -> None:  # written
    sample = written(HEADER.replace(CALCS, ""))
    early, late = both(sample)
    assert (early["bid"], late["bid"], early["iv"]) == (30.1, 31.1, None)
    assert (early["underlying"], early["underlying_kind"]) == (1230.5, "index")


def test_names_with_a_footnote_are_the_same_names() -> None:  # written
    noted = ",".join(f"{n}3" if n in CALCS else n for n in HEADER.split(",") if n)
    assert "delta_15453" in noted
    assert both(written(noted)) == both(written())


def test_a_dead_snapshot_is_set_aside_and_the_other_one_stays() -> None:  # written
    sample = written(bid_eod="0.0000", ask_eod="0.0000", bid_size_eod="0", ask_size_eod="0")
    reasons = dict(judge(sample.rows).select("snapshot", "reason").iter_rows())
    assert reasons == {"1545": None, "eod": "an ask of 0: no quote"}


def test_half_days_before_february_2020_have_1545_in_it() -> None:  # written
    # 2018-07-03 closed at 13:00; from 2020-02-05 on the column holds 12:45
    early, late = both(written(quote_date="2018-07-03", expiration="2018-07-31"))
    assert early["moment"] == datetime(2018, 7, 3, 19, 45, tzinfo=UTC)
    assert late["moment"] is None
    notes = written(quote_date="2018-07-03", expiration="2018-07-31").source.notes
    assert "after the close" in " ".join(notes)
    early, _ = both(written(quote_date="2020-11-27", expiration="2020-12-31"))
    assert early["moment"] is None


def test_vix_and_others_through_the_same_door() -> None:  # written
    early, _ = both(written(underlying_symbol="^VIX", root="VIXW"))
    assert (early["symbol"], early["root"]) == ("VIX", "VIXW")
    other = judge(written(underlying_symbol="BRK.B", root="BRKB").rows)
    assert set(other["reason"]) == {"of another underlying than SPX and VIX"}


def test_one_snapshot_alone_is_enough() -> None:  # written
    header = "quote_date,expiration,strike,option_type,bid_eod,ask_eod,root"
    rows = written(header).rows
    assert rows["snapshot"].to_list() == ["eod"]
    assert rows["symbol"].to_list() == ["SPX"]  # by the root
    with pytest.raises(StewardError, match="no layout"):
        written("quote_date,expiration,strike,option_type,bid_1545,root")


def test_the_real_extract(shared_data: Path) -> None:
    path = shared_data / "chains" / "spxw_1545_2019-06-26_cboe_datashop.csv.gz"
    sample = sample_file(path)
    rows = sample.rows
    assert sample.layout.name == "cboe_datashop"
    assert sample.read == rows.height == 10_384  # SOURCES-chains.md, as all below
    assert sample.set_aside.is_empty()
    assert rows["expiry"].n_unique() == 30
    assert rows["expiry"].max() == date(2020, 6, 30)
    assert rows.select("symbol", "root", "snapshot", "session").unique().rows() == [
        ("SPX", "SPXW", "1545", date(2019, 6, 26))
    ]
    assert sample.source.notes == [
        "underlying SPX: from the file's name",
        "root SPXW: from the file's name",
        "trade_volume is of the whole day, which nobody knew at 15:45: left out",
    ]
    assert judge(rows)["reason"].null_count() == rows.height  # none crossed
    assert rows["underlying_kind"].unique().to_list() == ["index"]


def test_what_the_user_says_of_the_extract_comes_first(shared_data: Path) -> None:
    path = shared_data / "chains" / "spxw_1545_2019-06-26_cboe_datashop.csv.gz"
    sample = sample_file(path, Hints(symbol="SPX", root="SPXW"))
    assert not any("name" in note for note in sample.source.notes)
    assert sample.rows["root"].unique().to_list() == ["SPXW"]


def test_a_day_as_the_shop_delivers_it(tmp_path: Path) -> None:  # written
    rows = [
        ",".join({**FIELDS, "strike": strike, "option_type": right}[n] for n in HEADER.split(","))
        for strike in ("1234.000", "1240.000")
        for right in "CP"
    ]
    file = tmp_path / "UnderlyingOptionsEODCalcs_2019-03-04.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(f"{file.stem}.csv", "\n".join((HEADER, *rows, "")))
    (record,) = import_paths([file], tmp_path / "store").new
    assert (record.read, record.made, record.kept) == (4, 8, 8)
    assert Store(tmp_path / "store").snapshots("SPX", date(2019, 3, 4)) == ("eod", "1545")
