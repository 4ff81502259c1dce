"""All real files of Cboe through the importer into one store: every row is accounted for."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from steward.intake.importing import ImportReport, import_paths
from steward.market.store import Store

pytestmark = pytest.mark.slow  # two seconds on a busy machine

ROWS = {  # SOURCES-chains.md
    "spx_quotedata_2022-01-07.csv": 2_757,
    "spx_quotedata_2022-03-23.csv": 9_501,
    "spx_quotedata_2022-06-10.csv": 9_835,
    "spx_quotedata_2022-07-12.csv": 9_689,
    "spx_quotedata_2022-09-13_no_header.csv": 9_677,
    "spx_quotedata_2023-02-03.csv": 3_404,
    "spx_quotedata_2023-02-07.csv": 9_481,
    "spx_quotedata_2023-06-09.csv": 8_894,
    "spx_quotedata_2023-08-18.csv": 10_171,
    "spx_quotedata_2024-01-05.csv": 10_519,
    "spx_quotedata_2024-11-11.csv": 280,
    "spx_quotedata_2025-01-06_feb.csv": 2_172,
    "spx_quotedata_2025-01-06_jan.csv": 4_242,
    "spx_intraday_2011-01-24_cboe_quotetable.csv": 960,
    "spxw_1545_2019-06-26_cboe_datashop.csv": 10_384,
}
AN_ASK_OF_ZERO = "an ask of 0: no quote"
EXPIRED = "already expired"


@pytest.fixture(scope="module")
def imported(
    shared_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[ImportReport, Store]:
    chains = shared_data / "chains"
    to = tmp_path_factory.mktemp("cboe") / "store"
    report = import_paths(
        [
            chains / "cboe_quotedata",
            chains / "spx_intraday_2011-01-24_cboe_quotetable.csv",
            chains / "spxw_1545_2019-06-26_cboe_datashop.csv.gz",
        ],
        to,
    )
    return report, Store(to)


def test_every_file_is_read_and_every_row_accounted_for(
    imported: tuple[ImportReport, Store],
) -> None:
    report, _ = imported
    assert report.refused == ()
    assert {one.name: one.read for one in report.new} == ROWS
    for one in report.new:
        assert one.made == one.read * (1 if one.layout == "cboe_datashop" else 2)
        assert one.kept + sum(one.set_aside.values()) == one.made
        assert (one.elsewhere, one.unreadable) == (0, {})
        assert one.inferred, f"{one.name}: nothing said of its moment"


def test_rows_are_set_aside_for_the_known_defects_only(
    imported: tuple[ImportReport, Store],
) -> None:
    report, _ = imported
    found = {one.name: one.set_aside for one in report.new}
    reasons = {reason for one in found.values() for reason in one}
    assert reasons <= {AN_ASK_OF_ZERO, EXPIRED, "expires on a day that is not a session"}
    # the day's own expiry: 162 strikes at zero on 2022-09-13, 369 each of two roots on 2023-08-18
    assert found["spx_quotedata_2022-09-13_no_header.csv"][AN_ASK_OF_ZERO] == 2 * 162 + 13
    assert found["spx_quotedata_2023-08-18.csv"][EXPIRED] == 2 * 369
    # 2025-01-09 was a day of mourning: 200 strikes are dated on a day without a session
    assert found["spx_quotedata_2025-01-06_jan.csv"] == {
        EXPIRED: 2 * 202,
        "expires on a day that is not a session": 2 * 200,
    }


def test_closes_are_closes_and_nights_are_not(imported: tuple[ImportReport, Store]) -> None:
    _, held = imported
    closes = sorted(held.sessions("SPX", "eod"))
    assert closes == [
        date(2022, 1, 7),
        date(2022, 6, 10),
        date(2023, 2, 3),
        date(2023, 2, 7),
        date(2024, 1, 5),
    ]
    assert sorted(held.sessions("SPX", "gth")) == [
        date(2022, 9, 14),
        date(2023, 8, 21),
        date(2024, 11, 11),
        date(2025, 1, 7),
    ]
    for day, snapshot in (
        (date(2011, 1, 24), "1403"),
        (date(2019, 6, 26), "1545"),
        (date(2022, 3, 23), "1011"),
        (date(2022, 7, 12), "1155"),
        (date(2023, 6, 9), "1340"),
    ):
        assert held.snapshots("SPX", day) == (snapshot,)


def test_what_is_kept_is_a_market(imported: tuple[ImportReport, Store]) -> None:
    _, held = imported
    for month in held.months("SPX"):
        quotes = held.quotes("SPX", month)
        assert (quotes["ask"] >= quotes["bid"]).all()
        assert (quotes["ask"] > 0.0).all()
        assert quotes["settlement"].null_count() == 0
        assert quotes.filter(pl.col("iv").is_null())["delta"].null_count() == (
            quotes["iv"].null_count()
        )


def test_condors_of_two_snapshots_agree(imported: tuple[ImportReport, Store]) -> None:
    """SOURCES-chains.md: the 2023-02-28 SPXW 3900/3950/4300/4350 condor: 11.60, then 11.05."""
    _, held = imported
    quotes = held.quotes("SPX", "2023-02").filter(
        pl.col("expiry") == date(2023, 2, 28), pl.col("root") == "SPXW"
    )
    for day, worth in ((date(2023, 2, 3), 11.60), (date(2023, 2, 7), 11.05)):
        mids = {
            (right, strike): (bid + ask) / 2
            for right, strike, bid, ask in quotes.filter(pl.col("session") == day)
            .select("right", "strike", "bid", "ask")
            .iter_rows()
        }
        value = mids["P", 3950.0] - mids["P", 3900.0] + mids["C", 4300.0] - mids["C", 4350.0]
        assert value == pytest.approx(worth, abs=0.006)
