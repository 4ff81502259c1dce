"""Rates, prices, output, exchange rates and valuation from the `macro/` part of a data folder.

All are copies of revised values dated by their period, so each is given the moment at which it was
public: rates the next business day, the rest by the lags below, which are on the long side of the
usual publication calendars (docs/data-folder.md). CPI uses its real release days where known.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC

import numpy as np
import polars as pl

from steward.market.history import Series
from steward.market.vendors.clock import (
    RELEASE,
    Days,
    Moments,
    after_period,
    series,
    whole_clock,
)
from steward.market.vendors.csv_file import NUMBER, TEXT, day, wrong
from steward.market.vendors.daily import Ward
from steward.market.vendors.given import Given, Sheet
from steward.market.vendors.release_days import cpi_releases

DAILY_AGE, MONTHLY_AGE, QUARTERLY_AGE = 7, 75, 140

RATES: Mapping[str, Mapping[str, str]] = {
    "macro/dtb3_daily.csv": {"DTB3": "dtb3"},
    "macro/dff_daily.csv": {"DFF": "dff"},
    "macro/treasury_cmt_yields_daily.csv": {
        "DGS1MO": "dgs1mo",
        "DGS3MO": "dgs3mo",
        "DGS6MO": "dgs6mo",
        "DGS1": "dgs1",
        "DGS2": "dgs2",
    },
}
"""Series by column and file; percent (dtb3 on the discount basis)."""

NEVER = np.datetime64("NaT", "m")

DISCOUNT = "percent, discount basis"

NEXT_DAY = re.compile(r"DFF|DTB\d+|DTB4WK|DGS\d+(MO)?|VIXCLS|SP500")
"""Daily series of FRED that are known the next business day at the latest."""

LATE: Mapping[str, Mapping[str, str]] = {
    "GDPC1": {
        "1995-10-01": "1996-02-23",
        "2013-07-01": "2013-11-07",
        "2018-10-01": "2019-02-28",
        "2025-07-01": "2025-12-23",
    },
    "PPIFIS": {"2013-09-01": "2013-10-29", "2025-09-01": "2025-11-25"},
    "PPIACO": {"2013-09-01": "2013-10-29", "2025-09-01": "2025-11-25"},
}
"""First days of release, by first day of the period, that came later than the lag: the government
was shut down. Source: releases of the Bureau of Economic Analysis and the Bureau of Labor
Statistics, which name the delay. Of months and quarters that are not here the lag holds."""

CPI_COLUMNS = ("CPIAUCNS", "CPIAUCSL")

VALUATION_LAG = 120
"""Days after the month until Shiller's earnings and dividends were public. A month inside of a
quarter is interpolated with the quarter's end, up to two months later; the lag covers that too."""

DIVIDENDS_AGE = 730
"""Days for which the last known dividends of the S&P 500 stand in for newer ones: they grow by some
6 % a year, and fell by a fifth within one."""

INTERBANK = re.compile(r"IR3TIB01[A-Z]{2}M156N")
INTERBANK_LAG = 45

CPI_DAYS = "calendars/cpi_release_dates_2004_2026.csv"
CPI = ("cpi_nsa", "cpi_sa")


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A series of months or quarters: where it stands, and how long after its period it was public.

    zero_missing  the source writes 0 where it has no value
    begins        earlier periods are not comparable with the later ones
    optional      the file may lack the column
    max_age_days  as in `Series`; None: by the length of the period
    """

    name: str
    file: str
    column: str
    unit: str
    lag_days: int
    months: int = 1
    zero_missing: bool = False
    begins: str = "1800-01-01"
    optional: bool = False
    max_age_days: int | None = None


PUBLISHED = (
    Published(
        name="cpi_nsa", file="macro/us_monthly.csv", column="CPIAUCNS", unit="index", lag_days=20
    ),
    Published(
        name="cpi_sa", file="macro/us_monthly.csv", column="CPIAUCSL", unit="index", lag_days=20
    ),
    Published(
        name="ppi_final", file="macro/us_monthly.csv", column="PPIFIS", unit="index", lag_days=20
    ),
    Published(
        name="ppi_all", file="macro/us_monthly.csv", column="PPIACO", unit="index", lag_days=20
    ),
    Published(
        name="reer_broad", file="macro/us_monthly.csv", column="RBUSBIS", unit="index", lag_days=30
    ),
    Published(
        name="reer_narrow", file="macro/us_monthly.csv", column="RNUSBIS", unit="index", lag_days=30
    ),
    Published(
        name="gdp_real",
        file="macro/us_gdp_quarterly.csv",
        column="GDPC1",
        unit="billions of chained dollars a year",
        lag_days=35,
        months=3,
        begins="1980-01-01",
    ),
    Published(
        name="cape",
        file="macro/shiller_sp500_pe_cape_monthly.csv",
        column="cape",
        unit="ratio",
        lag_days=VALUATION_LAG,
        zero_missing=True,
    ),
    Published(
        name="pe_trailing",
        file="macro/shiller_sp500_pe_cape_monthly.csv",
        column="pe_trailing",
        unit="ratio",
        lag_days=VALUATION_LAG,
        zero_missing=True,
    ),
    Published(
        name="dividend_12m",
        file="macro/shiller_sp500_pe_cape_monthly.csv",
        column="dividend_12m",
        unit="index points over twelve months",
        lag_days=VALUATION_LAG,
        zero_missing=True,
        optional=True,
        max_age_days=DIVIDENDS_AGE,
    ),
    *(
        Published(
            name=f"rate_3m_{currency}",
            file="macro/interbank_3m_rates_monthly.csv",
            column=f"IR3TIB01{code}M156N",
            unit="percent",
            lag_days=INTERBANK_LAG,
        )
        for currency, code in (("eur", "EZ"), ("jpy", "JP"), ("gbp", "GB"))
    ),
)

NOTE = (
    "Macro: lagged, not vintage. Values are revised ones, each taken as known a fixed time after "
    "its period (CPI on its release day where known, else 20 days; PPI 20, real GDP 35 after the "
    "quarter, exchange rates 30, foreign rates 45, CAPE, P/E and "
    "dividends 120)."
)

VINTAGE_NOTE = "Macro: {names} are first vintages, each known from the day it was published."


def notes(found: Sequence[Series]) -> tuple[str, ...]:
    """What a page must say of published series."""
    vintage = [one.name for one in found if not one.lagged]
    lagged = (NOTE,) if len(vintage) < len(found) else ()
    return (*lagged, *((VINTAGE_NOTE.format(names=", ".join(vintage)),) if vintage else ()))


def rates(given: Given, ward: Ward) -> Iterator[Series]:
    """Daily rates that the folder has, known at the next session on which the Fed publishes."""
    for name, wanted in RATES.items():
        source = given.sheet(name, {"date": day(), **dict.fromkeys(wanted, NUMBER)})
        if source is None:
            continue
        frame = _in_order(source, ward)
        period = _days(frame, "date")
        known_at = whole_clock().next_bank_session(period)
        for column, short in wanted.items():
            public = _with_vintages(source, column, known_at)
            value = frame[column].fill_null(np.nan).to_numpy()
            there = np.isfinite(value)  # holiday rows of a daily file are not missing values
            made = series(
                name=short,
                unit=DISCOUNT if short == "dtb3" else "percent",
                period=period[there],
                value=value[there],
                known_at=public[there],
                max_age_days=DAILY_AGE,
                lagged=False,
                source=f"{name}: {column}, known the next business day",
            )
            if made is not None:
                yield made


def published(given: Given, ward: Ward) -> Iterator[Series]:
    """Monthly and quarterly series that the folder has."""
    releases = _cpi_releases(given)
    for name in dict.fromkeys(one.file for one in PUBLISHED):
        ours = [one for one in PUBLISHED if one.file == name]
        columns = {one.column: replace(NUMBER, may_lack=one.optional) for one in ours}
        source = given.sheet(name, {"date": day(), **columns})
        if source is None:
            continue
        frame = _in_order(source, ward)
        for one in ours:
            made = _published(source, frame, one, releases if one.name in CPI else {}, ward)
            if made is not None:
                yield made


def _published(
    source: Sheet,
    frame: pl.DataFrame,
    one: Published,
    releases: Mapping[np.datetime64, np.datetime64],
    ward: Ward,
) -> Series | None:
    period = _days(frame, "date")
    value = frame[one.column].fill_null(np.nan).to_numpy().copy()
    if one.zero_missing:
        ward.count(source.name, f"{one.column} of 0: no value", int((value == 0.0).sum()))
        value[value == 0.0] = np.nan
    vintages = ~np.isnat(source.known_at.get(one.column, np.full(len(period), NEVER)))
    early = (period < np.datetime64(one.begins)) & ~vintages
    if early.any():
        ward.count(
            source.name,
            f"{one.column} before {one.begins}: of another vintage",
            int(np.isfinite(value[early]).sum()),
        )
        value = np.where(early, np.nan, value)
    known_at = after_period(period, months=one.months, lag_days=one.lag_days)
    for row, first in enumerate(period):
        known_at[row] = releases.get(first, known_at[row])
    known_at = _not_before_release(one.column, period, known_at)
    known_at = _with_vintages(source, one.column, known_at)
    every = bool(vintages[np.isfinite(value)].all())
    how = f"{one.lag_days} days after its period"
    told = f"on its release day, else {how}" if releases else how
    if vintages.any():
        told = "with its first vintage" + ("" if every else f", else {told}")
    age = MONTHLY_AGE if one.months == 1 else QUARTERLY_AGE
    return series(
        name=one.name,
        unit=one.unit,
        period=period,
        value=value,
        known_at=known_at,
        max_age_days=age if one.max_age_days is None else one.max_age_days,
        lagged=not every,
        source=f"{source.name}: {one.column}, known {told}",
    )


def _with_vintages(source: Sheet, column: str, known_at: Moments) -> Moments:
    """Moments of publication: of the first vintage where the source has one."""
    vintage = source.known_at.get(column)
    return known_at if vintage is None else np.where(np.isnat(vintage), known_at, vintage)


def is_daily(column: str) -> bool:
    """Whether a series of FRED is of days, and known the next business day."""
    return NEXT_DAY.fullmatch(column) is not None


def is_known(column: str) -> bool:
    """Whether the release of a series of FRED is known here."""
    return is_daily(column) or _release(column) is not None


def lagged(column: str, period: Days, *, lag_days: int | None = None) -> Moments | None:
    """When values without vintages were public, by the name of their column; None: not known.

    lag_days  after a period of a month, of a series that has no release of its own here
    """
    if is_daily(column):
        return whole_clock().next_bank_session(period)
    found = _release(column)
    if found is not None:
        known_at = after_period(period, months=found[0], lag_days=found[1])
        if column in CPI_COLUMNS:
            released = _packaged_releases()
            known_at = np.array(
                [released.get(first, lag) for first, lag in zip(period, known_at, strict=True)],
                dtype=known_at.dtype,
            )
        return _not_before_release(column, period, known_at)
    return None if lag_days is None else after_period(period, months=1, lag_days=lag_days)


def _not_before_release(column: str, period: Days, known_at: Moments) -> Moments:
    """Later, where a release is known to have been late."""
    late = LATE.get(column, {})
    if not late:
        return known_at
    days = np.array([late.get(str(day), "NaT") for day in period], dtype="datetime64[m]")
    return np.asarray(np.fmax(known_at, days + RELEASE))


@functools.cache
def _packaged_releases() -> Mapping[np.datetime64, np.datetime64]:
    """Moment of publication of CPI (UTC) by first day of its month, where the package has it."""
    releases, _ = cpi_releases()
    return {
        np.datetime64(one.month): np.datetime64(
            one.moment.astimezone(UTC).replace(tzinfo=None), "m"
        )
        for one in releases
    }


def unit_of(column: str) -> str | None:
    """Of a series by the name of its column; None: not known."""
    if column == "DTB3":
        return DISCOUNT
    if INTERBANK.fullmatch(column) or (is_daily(column) and column[0] == "D"):
        return "percent"
    return next((one.unit for one in PUBLISHED if one.column == column), None)


def _release(column: str) -> tuple[int, int] | None:
    """Months of a period and days after it, of a series of months or quarters."""
    if INTERBANK.fullmatch(column):
        return 1, INTERBANK_LAG
    ours = (one for one in PUBLISHED if one.column == column)
    return next(((one.months, one.lag_days) for one in ours), None)


def _in_order(source: Sheet, ward: Ward) -> pl.DataFrame:
    frame = source.frame.sort("date", maintain_order=True)
    kept = frame.unique("date", keep="first", maintain_order=True)
    ward.count(source.name, "a day that occurs twice", frame.height - kept.height)
    return kept


def _cpi_releases(given: Given) -> Mapping[np.datetime64, np.datetime64]:
    """Moment of publication (UTC) by first day of the reference month."""
    source = given.sheet(
        CPI_DAYS, {"release_date": day(), "reference_month": TEXT, "release_time_et": TEXT}
    )
    if source is None:
        return {}
    frame = source.frame
    month = (frame["reference_month"] + "-01").str.to_date("%Y-%m-%d", strict=False)
    at = (
        (frame["release_date"].cast(pl.String) + " " + frame["release_time_et"])
        .str.to_datetime("%Y-%m-%d %H:%M", strict=False)
        .dt.replace_time_zone("America/New_York")
        .dt.convert_time_zone("UTC")
        .dt.replace_time_zone(None)
    )
    for column, cast, kind in (
        ("reference_month", month, "is not a month like 2004-01"),
        ("release_time_et", at, "is not a time like 08:30"),
    ):
        if cast.null_count():
            row = int(cast.is_null().arg_true()[0])
            raise wrong(source, frame["line"][row], column, frame[column][row], kind)
    months = month.to_numpy().astype("datetime64[D]")
    moments: Moments = at.to_numpy().astype("datetime64[m]")
    return dict(zip(months, moments, strict=True))


def _days(frame: pl.DataFrame, column: str) -> Days:
    return frame[column].to_numpy().astype("datetime64[D]")
