"""Rates and macro: what each is, and the moment from which it may be used."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from steward.market.history import Series
from steward.market.vendors import macro_files
from steward.market.vendors.daily import Ward
from steward.market.vendors.given import FolderFiles
from steward.terms.errors import StewardError

MONTHLY = "date,CPIAUCNS,CPIAUCSL,PPIFIS,PPIACO,RBUSBIS,RNUSBIS"
CPI_HEADER = "release_date,reference_month,release_time_et"


def named(made: Iterable[Series]) -> dict[str, Series]:
    return {one.name: one for one in made}


def rates(path: Path, ward: Ward | None = None) -> dict[str, Series]:
    return named(macro_files.rates(FolderFiles(path), ward or Ward()))


def published(path: Path, ward: Ward | None = None) -> dict[str, Series]:
    return named(macro_files.published(FolderFiles(path), ward or Ward()))


def test_an_empty_folder_has_none(folder: Any) -> None:
    assert rates(folder.path) == {}
    assert published(folder.path) == {}


def test_bills_are_known_the_next_business_day_and_holidays_are_no_values(folder: Any) -> None:
    folder.write(
        "macro/dtb3_daily.csv",
        "date,DTB3",
        "2018-01-11,1.40",
        "2018-01-12,1.41",
        "2018-01-15,.",
        "2018-01-16,1.42",
    )
    bill = rates(folder.path)["dtb3"]
    assert bill.period.tolist() == [date(2018, 1, 11), date(2018, 1, 12), date(2018, 1, 16)]
    assert bill.known_at.astype(str).tolist() == [
        "2018-01-12T21:15",
        "2018-01-16T21:15",
        "2018-01-17T21:15",
    ]
    assert (bill.max_age_days, bill.lagged) == (7, False)
    assert "discount" in bill.unit


def test_yields_with_a_hole_in_one_column(folder: Any) -> None:
    folder.write(
        "macro/treasury_cmt_yields_daily.csv",
        "date,DGS1MO,DGS3MO,DGS6MO,DGS1,DGS2",
        "1999-01-04,,4.5,4.6,4.7,4.8",
        "1999-01-05,,4.5,,4.7,4.8",
    )
    made = rates(folder.path)
    assert "dgs1mo" not in made
    assert made["dgs6mo"].value.tolist() == [4.6]
    assert made["dgs2"].value.tolist() == [4.8, 4.8]


def test_cpi_counts_from_its_release_day_else_from_a_lag(folder: Any) -> None:
    """8:30 New York is 13:30 UTC in winter and 12:30 in summer; without a day, 20 days late."""
    folder.write(
        "macro/us_monthly.csv",
        MONTHLY,
        "2018-01-01,247,248,110,199,117,99",
        "2018-02-01,248,249,111,200,117,99",
        "2018-06-01,251,251,112,204,121,102",
    )
    folder.write(
        "calendars/cpi_release_dates_2004_2026.csv",
        CPI_HEADER,
        "2018-02-14,2018-01,08:30",
        "2018-07-12,2018-06,08:30",
    )
    made = published(folder.path)
    assert made["cpi_nsa"].known_at.astype(str).tolist() == [
        "2018-02-14T13:30",
        "2018-03-20T13:30",
        "2018-07-12T12:30",
    ]
    assert "release day" in made["cpi_sa"].source
    assert made["ppi_all"].known_at.astype(str).tolist() == [
        "2018-02-20T13:30",
        "2018-03-20T13:30",
        "2018-07-20T13:30",
    ]
    assert (made["ppi_all"].max_age_days, made["ppi_all"].lagged) == (75, True)
    assert made["reer_broad"].known_at.astype(str).tolist()[0] == "2018-03-02T13:30"


def test_a_month_never_published_is_a_hole(folder: Any) -> None:
    folder.write(
        "macro/us_monthly.csv",
        MONTHLY,
        "2025-09-01,324,324,,260,,",
        "2025-10-01,,,,261,,",
        "2025-11-01,325,325,,262,,",
    )
    made = published(folder.path)
    np.testing.assert_array_equal(made["cpi_nsa"].value, [324.0, np.nan, 325.0])
    assert "ppi_final" not in made


def test_valuations_of_zero_are_none_and_early_output_is_of_another_vintage(folder: Any) -> None:
    ward = Ward()
    folder.write(
        "macro/shiller_sp500_pe_cape_monthly.csv",
        "date,cape,pe_trailing",
        "1880-12-01,0,15",
        "1881-01-01,18.5,16",
    )
    folder.write("macro/us_gdp_quarterly.csv", "date,GDPC1", "1979-10-01,6500", "1980-01-01,7300")
    made = published(folder.path, ward)
    assert made["cape"].value.tolist() == [18.5]
    assert made["cape"].known_at.astype(str).tolist() == ["1881-05-31T13:30"]
    assert made["pe_trailing"].value.tolist() == [15.0, 16.0]
    assert made["gdp_real"].value.tolist() == [7300.0]
    assert made["gdp_real"].known_at.astype(str).tolist() == ["1980-05-05T13:30"]
    assert made["gdp_real"].max_age_days == 140
    assert {(one.source, one.reason): one.rows for one in ward.all()} == {
        ("macro/shiller_sp500_pe_cape_monthly.csv", "cape of 0: no value"): 1,
        ("macro/us_gdp_quarterly.csv", "GDPC1 before 1980-01-01: of another vintage"): 1,
    }


def test_dividends_may_lack_and_zero_is_none(folder: Any) -> None:
    """The public copy writes 0 from 2023-07 on; known 120 days after the month, kept two years."""
    ward = Ward()
    name = "macro/shiller_sp500_pe_cape_monthly.csv"
    folder.write(name, "date,cape,pe_trailing", "2023-05-01,30,24")
    assert set(published(folder.path)) == {"cape", "pe_trailing"}
    folder.write(
        name,
        "date,dividend_12m,cape,pe_trailing",
        "2023-05-01,68.5,30,24",
        "2023-06-01,0,30,24",
        "2023-07-01,,30,24",
        "2023-08-01,69.1,30,24",
        "2023-09-01,0,30,24",
    )
    paid = published(folder.path, ward)["dividend_12m"]
    np.testing.assert_array_equal(paid.value, [68.5, np.nan, np.nan, 69.1])
    assert paid.known_at.astype(str).tolist()[0] == "2023-09-28T13:30"
    assert paid.known_at.astype(str).tolist()[-1] == "2023-12-29T13:30"
    assert (paid.max_age_days, paid.lagged) == (730, True)
    assert "index points" in paid.unit
    reason = "dividend_12m of 0: no value"
    assert {(one.source, one.reason): one.rows for one in ward.all()} == {(name, reason): 2}


def test_a_header_without_cape_is_still_refused(folder: Any) -> None:
    folder.write("macro/shiller_sp500_pe_cape_monthly.csv", "date,dividend_12m", "2023-05-01,68.5")
    with pytest.raises(StewardError, match=r"line 1.*lacks cape, pe_trailing"):
        published(folder.path)


def test_a_day_twice_counts_once(folder: Any) -> None:
    ward = Ward()
    folder.write("macro/dff_daily.csv", "date,DFF", "2018-01-02,1.42", "2018-01-02,9")
    assert rates(folder.path, ward)["dff"].value.tolist() == [1.42]
    assert [one.reason for one in ward.all()] == ["a day that occurs twice"]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("2018-02-14,January,08:30", "line 2, column reference_month: 'January' is not a month"),
        ("2018-02-14,2018-01,noon", "line 2, column release_time_et: 'noon' is not a time"),
        ("14 Feb,2018-01,08:30", "line 2, column release_date: '14 Feb' is not a day"),
    ],
)
def test_a_bad_release_day_is_named(folder: Any, row: str, expected: str) -> None:
    folder.write("macro/us_monthly.csv", MONTHLY, "2018-01-01,247,248,110,199,117,99")
    folder.write("calendars/cpi_release_dates_2004_2026.csv", CPI_HEADER, row)
    with pytest.raises(StewardError) as error:
        published(folder.path)
    assert expected in str(error.value)


def test_foreign_rates_by_currency(folder: Any) -> None:
    folder.write(
        "macro/interbank_3m_rates_monthly.csv",
        "date,IR3TIB01EZM156N,IR3TIB01JPM156N,IR3TIB01GBM156N",
        "2018-01-01,-0.33,0.07,0.52",
    )
    made = published(folder.path)
    values = {name: one.value.tolist() for name, one in made.items()}
    assert values == {"rate_3m_eur": [-0.33], "rate_3m_jpy": [0.07], "rate_3m_gbp": [0.52]}
    assert made["rate_3m_eur"].known_at.astype(str).tolist() == ["2018-03-17T13:30"]
