"""FRED and ALFRED: what a value is, and from when on it was known."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from steward.market.vendors import macro_files
from steward.market.vendors.daily import Ward
from steward.market.vendors.given import FolderFiles
from steward.market.vendors.source import Hints
from steward.terms.errors import StewardError

from ..chains.reading import sample_file, sample_text

Row = dict[str, str]


def observations(*rows: tuple[str, str, str], whole: bool = True) -> str:
    """FRED's JSON of (realtime_start, date, value)."""
    made = [
        {"realtime_start": start, "realtime_end": "9999-12-31", "date": day, "value": value}
        for start, day, value in rows
    ]
    first, last = ("1776-07-04", "9999-12-31") if whole else ("2026-05-23", "2026-05-23")
    return json.dumps({"realtime_start": first, "realtime_end": last, "observations": made})


def known(rows: pl.DataFrame) -> list[tuple[object, ...]]:
    columns = rows.select("period", "value", pl.col("known_at").dt.strftime("%Y-%m-%d %H:%M"))
    return columns.rows()


# written: layouts of vendor-formats.md
@pytest.mark.parametrize("header", ["observation_date,DTB3", "DATE,DTB3", "date,DTB3"])
def test_a_missing_day_is_no_row(header: str) -> None:
    """R3: `.` and an empty cell are missing."""
    text = f"{header}\n2018-02-15,1.5\n2018-02-16,.\n2018-02-19,\n2018-02-20,1.6\n"
    sample = sample_text(text, "DTB3.csv")
    assert sample.layout.name == "fred"
    assert sample.rows["series"].unique().to_list() == ["DTB3"]
    assert known(sample.rows) == [
        (date(2018, 2, 15), 1.5, "2018-02-16 21:15"),
        (date(2018, 2, 20), 1.6, "2018-02-21 21:15"),
    ]
    assert sample.rows["unit"][0] == "percent, discount basis"
    assert sample.rows["basis"].unique().to_list() == ["lagged"]


def test_a_month_never_published_stays_as_unknown() -> None:
    """Lags of facts.md: CPI 20 days after the month, GDP 35 after the quarter."""
    text = (
        "observation_date,CPIAUCNS\n2025-08-01,\n2025-09-01,300.5\n2025-10-01,.\n2025-11-01,301\n"
    )
    rows = sample_text(text, "CPIAUCNS.csv").rows  # written
    assert known(rows) == [
        (date(2025, 9, 1), 300.5, "2025-10-24 12:30"),
        (date(2025, 10, 1), None, "2025-11-20 13:30"),
        (date(2025, 11, 1), 301.0, "2025-12-18 13:30"),
    ]
    output = sample_text("observation_date,GDPC1\n2025-04-01,20000\n", "GDPC1.csv").rows
    assert known(output) == [(date(2025, 4, 1), 20000.0, "2025-08-04 13:30")]


def test_a_series_without_a_known_lag_is_stored_and_never_known() -> None:
    sample = sample_text("observation_date,UNRATE\n2018-01-01,4.5\n", "UNRATE.csv")  # written
    assert known(sample.rows) == [(date(2018, 1, 1), 4.5, None)]
    assert "UNRATE: no release lag is known, so no run reads it" in sample.source.notes


def test_vixcls_is_of_fred_and_vvix_is_of_cboe() -> None:
    """Both are a day and one column: FRED's names are known, or Cboe's are."""
    assert sample_text("DATE,VIXCLS\n2018-02-05,20\n").layout.name == "fred"  # written
    assert sample_text("DATE,VVIX\n2018-02-05,20\n").layout.name == "index_value"  # written


def test_the_first_vintage_of_a_period_wins() -> None:
    """ALFRED: `realtime_start` is when a value was first published; revisions are not read."""
    text = observations(  # written
        ("2018-03-13", "2018-02-01", "250.5"),
        ("2018-02-14", "2018-01-01", "249.0"),
        ("2019-02-13", "2018-01-01", "249.9"),
        ("2018-04-11", "2018-03-01", "."),
        ("2018-04-12", "2018-03-01", "251.5"),
    )
    sample = sample_text(text, "CPIAUCSL.json")
    assert sample.layout.name == "fred_json"
    assert sample.rows["basis"].unique().to_list() == ["vintage"]
    assert known(sample.rows) == [
        (date(2018, 1, 1), 249.0, "2018-02-14 13:30"),
        (date(2018, 2, 1), 250.5, "2018-03-13 13:30"),
        (date(2018, 3, 1), 251.5, "2018-04-12 13:30"),
    ]


def test_a_vintage_of_a_rate_is_known_in_the_evening() -> None:
    text = observations(("2018-02-16", "2018-02-15", "1.5"), ("2018-02-18", "2018-02-16", "1.6"))
    rows = sample_text(text, "DTB3.json").rows  # written
    assert [at for *_, at in known(rows)] == ["2018-02-16 21:15", "2018-02-19 00:00"]


def test_without_vintages_values_are_lagged() -> None:
    """Asked on one day, `realtime_start` is that day for all: no vintage at all."""
    text = observations(("2026-05-23", "2018-01-01", "249"), whole=False)  # written
    rows = sample_text(text, "x.json", Hints(symbol="cpiaucns")).rows
    assert rows["series"].to_list() == ["CPIAUCNS"]
    assert known(rows) == [(date(2018, 1, 1), 249.0, "2018-02-14 13:30")], "its release day"
    assert rows["basis"].to_list() == ["lagged"]


def test_values_of_a_shutdown_are_not_known_before_they_were_released() -> None:
    """Gross domestic product of the last quarter of 2018 came on 2019-02-28 (BEA)."""
    text = "observation_date,GDPC1\n2018-07-01,10\n2018-10-01,11\n2019-01-01,12\n"  # written
    assert [when for _, _, when in known(sample_text(text, "x.csv").rows)] == [
        "2018-11-04 13:30",
        "2019-02-28 13:30",
        "2019-05-05 13:30",
    ]


def test_odd_observations_are_set_aside_and_odd_json_refused() -> None:
    text = observations(("2018-02-14", "2018-01-32", "1"), ("2018-02-14", "2018-01-01", "high"))
    sample = sample_text(text, "CPIAUCNS.json")  # written
    assert (sample.rows.height, sample.set_aside["line"].to_list()) == (0, [1, 2])
    with pytest.raises(StewardError, match="does not name its series; name the file after it"):
        sample_text(text, "download (1).json")
    with pytest.raises(StewardError, match="is not FRED's JSON of observations"):
        sample_text('{"observations": [1, 2]}', "CPIAUCNS.json")
    with pytest.raises(StewardError, match="is not FRED's JSON of observations"):
        sample_text('{"observations": ' + "[" * 100_000, "CPIAUCNS.json")


def test_a_file_of_capitals_that_is_not_fred_is_not_taken_for_it() -> None:
    with pytest.raises(StewardError, match="of no layout that Steward knows"):
        sample_text("DATE,ROOT,RIGHT\n2018-01-01,SPX,C\n")


# --- the defects of SOURCES-series.md ------------------------------------------------------------


def test_the_october_of_the_shutdown_is_a_gap(shared_data: Path) -> None:
    rows = sample_file(shared_data / "macro" / "us_monthly.csv").rows
    gap = rows.filter(pl.col("period") == date(2025, 10, 1), pl.col("value").is_null())
    assert {"CPIAUCNS", "CPIAUCSL", "UNRATE"} <= set(gap["series"])


def test_every_file_of_rates_and_output_is_read_whole(shared_data: Path) -> None:
    """Rows as in SOURCES-series.md."""
    counts = {
        "dtb3_daily": 18_053,
        "dff_daily": 15_164,
        "treasury_cmt_yields_daily": 11_598,
        "us_monthly": 953,
        "us_gdp_quarterly": 315,
        "interbank_3m_rates_monthly": 794,
        "fx_monthly": 652,
        "usd_index_daily": 5_137,
        "weekly_stress_claims": 4_800,
        "shiller_sp500_pe_cape_monthly": 1_863,
    }
    for name, rows in counts.items():
        sample = sample_file(shared_data / "macro" / f"{name}.csv")
        assert (sample.read, sample.set_aside.height) == (rows, 0), name
        assert sample.rows.select("series", "period").is_unique().all(), name


def test_cape_uses_earnings_that_were_not_public(shared_data: Path) -> None:
    """It counts as known 120 days after its month; its newest months are without earnings."""
    rows = sample_file(shared_data / "macro" / "shiller_sp500_pe_cape_monthly.csv").rows
    cape = rows.filter(pl.col("series") == "cape", pl.col("period") == date(2018, 1, 1))
    assert cape["known_at"].dt.date().to_list() == [date(2018, 5, 31)]
    last = rows.filter(pl.col("value").is_not_null()).group_by("series").agg(pl.max("period"))
    assert dict(last.rows())["pe_trailing"] == date(2025, 12, 1)


def test_a_valuation_of_zero_is_unknown() -> None:
    """facts.md: a public copy writes 0 from 2023-07 on."""
    text = "date,cape,pe_trailing\n2023-06-01,30.5,24\n2023-07-01,0,0\n2023-08-01,31,25\n"
    sample = sample_text(text, "shiller.csv")  # written
    july = sample.rows.filter(pl.col("period") == date(2023, 7, 1))
    assert july["value"].to_list() == [None, None]
    assert "2 values of 0: unknown" in sample.source.notes


def test_output_changes_its_vintage_at_1980(shared_data: Path) -> None:
    """The store keeps both parts; a history begins with the later one."""
    rows = sample_file(shared_data / "macro" / "us_gdp_quarterly.csv").rows
    output = rows.filter(pl.col("series") == "GDPC1")
    assert output["period"].min() == date(1947, 1, 1)
    made = macro_files.published(FolderFiles(shared_data), Ward())
    series = {one.name: one for one in made}["gdp_real"]
    assert str(series.period[0]) == "1980-01-01"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("fred_md_vintage_2023-06.csv.gz", "is one vintage of all months"),
        ("sp500_company_valuation_snapshots.csv.gz", "values companies on a few days"),
        ("sp500_sector_valuation_snapshots.csv", "values sectors on a few days"),
        ("sp500_annual_fundamentals_2012_2016.csv", "without the day of their publication"),
    ],
)
def test_what_no_rule_reads_is_declined_with_a_sentence(
    shared_data: Path, name: str, why: str
) -> None:
    with pytest.raises(StewardError, match=why):
        sample_file(shared_data / "macro" / name)
