"""VIX futures from the `vix_futures/` part of a data folder, four layouts joined to one table.

Of a (session, contract) that several files hold, the first of these stands:

1. by contract, as the exchange publishes it, 2013 on: the settlement; where it is 0, the close
2. by rank ("continuous"), 2013 on: the settlement, for the contracts that the first one lacks
3. closes of the first eight months, 2004 to 2017

Shifted labels. In the by-contract file of 2026 the contract of March 2026 is missing, its label
(misspelt `20268-03-18`) stands at the April rows, and every later label stands at the contract
after it. Where the misspelt label occurs, it and every later label is moved to the next monthly
expiry: `20268-03-18` to 2026-04-15, `2026-04-15` to 2026-05-19, and so on to `2026-11-18`, which
is 2026-12-16. A file without that label is taken as it is.

The expiry day of the eight-months file is computed from the contract's month, since the days that
its author wrote down are wrong at places. A future settles in the morning of its expiry, so rows of
that day and later are not prices that one could trade on: they are not in the table. The final
settlement goes into `final` instead: from the file of last months, else from the by-contract row.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import polars as pl

from steward.market.history import FuturesTable
from steward.market.vendors.clock import whole_clock
from steward.market.vendors.csv_file import (
    ISO,
    NUMBER,
    OPTIONAL_TEXT,
    TEXT,
    Column,
    Named,
    SourceFile,
    day,
    read_source,
    table,
    wrong,
)
from steward.market.vendors.daily import Ward
from steward.terms import calendar
from steward.terms.errors import StewardError

BY_CONTRACT = "vix_futures/cfe_vx_by_contract_2013_2026.csv.gz"
BY_RANK = tuple(f"vix_futures/continuous/vx{rank}.parquet" for rank in range(1, 7))
EARLY_CLOSES = "vix_futures/vx_m1_m8_close_2004_2017.csv"
EARLY_MONTHS = "vix_futures/vx_m1_m8_symbols_2004_2017.csv"
LAST_MONTHS = "vix_futures/bbg_front_month/vx_front_month_2004_2021.csv.gz"

MISSPELT, MEANT = "20268-03-18", date(2026, 3, 18)
RANKS = tuple(f"M{rank}" for rank in range(1, 9))
MONTH_LETTERS = "FGHJKMNQUVXZ"
KEY = ("session", "expiry")
NO_ROWS = pl.DataFrame(schema={"session": pl.Date, "expiry": pl.Date, "settle": pl.Float64})
MOVED = "a label of the contract before: moved to the next month"
SETTLED = "on or after its expiry day: not a price to trade on"

NOTE = (
    "VX futures: settlements by contract from 2013-07-22 on; closes before that, within 0.1 of the "
    "settlement on 94 % of days and 0.8 off at the worst (October 2008); contracts before "
    "2007-03-26, quoted ten times as high then, are on today's scale. A settlement counts as known "
    "at the decision moment of its session, by convention."
)
SHIFTED_NOTE = (
    "VX futures: the labels from March 2026 on were shifted by one contract in the source and are "
    "moved back; March 2026 itself comes from another file, which holds it from its sixth month on."
)


def futures(folder: Path, ward: Ward, files: list[SourceFile]) -> FuturesTable | None:
    """All rows and final settlements that the folder has; None when it has neither.

    Raises StewardError for a file that is not of its layout and for a cell that cannot be read.
    """
    settlements, finals = _by_contract(folder, ward, files)
    parts = [*settlements, *_by_rank(folder, ward, files), *_early(folder, ward, files)]
    return assembled(parts, finals, _last_months(folder, ward, files), ward)


def assembled(
    parts: Sequence[pl.DataFrame],
    finals: Mapping[date, float],
    first: Mapping[date, float],
    ward: Ward,
) -> FuturesTable | None:
    """The table of a history; None where nothing is known.

    parts   session, expiry, settle; of a key that several have, the first one stands
    finals  final settlements of the files by contract    first  those that stand before them
    """
    rows = pl.concat([NO_ROWS, *parts]).unique(KEY, keep="first", maintain_order=True).sort(KEY)
    final = dict(first)
    for expiry, value in finals.items():
        if abs(final.setdefault(expiry, value) - value) > 0.005:
            ward.count(BY_CONTRACT, f"a final settlement that is not that of {LAST_MONTHS}", 1)
    if rows.is_empty() and not final:
        return None
    return FuturesTable(
        session=rows["session"].to_numpy().astype("datetime64[D]"),
        expiry=rows["expiry"].to_numpy().astype("datetime64[D]"),
        settle=rows["settle"].to_numpy(),
        final=dict(sorted(final.items())),
        source="VX by contract, by rank, and first eight months",
    )


def notes(found: FuturesTable | None, ward: Ward) -> tuple[str, ...]:
    """What a page must say of these futures."""
    if found is None:
        return ()
    moved = any(reason == MOVED for _, reason in ward.counts)
    return (NOTE, SHIFTED_NOTE) if moved else (NOTE,)


def _by_contract(
    folder: Path, ward: Ward, files: list[SourceFile]
) -> tuple[list[pl.DataFrame], Mapping[date, float]]:
    source = read_source(folder, BY_CONTRACT)
    if source is None:
        return [], {}
    files.append(source)
    columns = {"Trade Date": day(), "Futures": TEXT, "Close": NUMBER, "Settle": NUMBER}
    frame = table(source, columns).rename(
        {"Trade Date": "session", "Close": "close", "Settle": "settle"}
    )
    frame = frame.join(_expiries(source, frame, ward), on="Futures", maintain_order="left")
    part, finals = by_contract_part(frame, source, ward)
    return [part], finals


def by_contract_part(
    frame: pl.DataFrame, source: Named, ward: Ward
) -> tuple[pl.DataFrame, Mapping[date, float]]:
    """The part of a file by contract, and its final settlements by expiry.

    frame  session, expiry, close, settle
    """
    ended = frame.filter(pl.col("session") == pl.col("expiry"), pl.col("settle") > 0.0)
    finals = dict(zip(ended["expiry"], ended["settle"], strict=True))
    frame = _tradable(frame, source, ward)
    missing = ~(pl.col("settle") > 0.0).fill_null(value=False)
    closed = (pl.col("close") > 0.0).fill_null(value=False)
    ward.count(
        source.name, "no settlement: its close", frame.select((missing & closed).sum()).item()
    )
    frame = frame.with_columns(settle=pl.when(missing).then("close").otherwise("settle"))
    return _priced(frame, source, ward), finals


def settled_part(frame: pl.DataFrame, source: Named, ward: Ward) -> pl.DataFrame:
    """The part of a file whose `settle` is taken as it is: session, expiry, settle."""
    return _priced(_tradable(frame, source, ward), source, ward)


def settlement_days(labels: pl.Series) -> pl.Series:
    """Labels such as 2018-02-14 → true settlement days (see the module); null for no day."""
    days = _labelled(labels)
    if MISSPELT not in labels:
        return days
    true = [_next_month(day) if day is not None and day >= MEANT else day for day in days]
    return pl.Series(days.name, true, dtype=pl.Date)


def _labelled(labels: pl.Series) -> pl.Series:
    return labels.replace(MISSPELT, str(MEANT)).str.to_date(ISO, strict=False)


def _expiries(source: Named, frame: pl.DataFrame, ward: Ward) -> pl.DataFrame:
    """`Futures` and `expiry`: the true settlement day of each label (see the module)."""
    labels = frame["Futures"].unique(maintain_order=True)
    days, true = _labelled(labels), settlement_days(labels)
    if days.null_count():
        label = labels[int(days.is_null().arg_true()[0])]
        at = frame.filter(pl.col("Futures") == label)
        complaint = "is not a day like 2018-02-14"
        raise wrong(source, at["line"][0], "Futures", label, complaint, more=at.height - 1)
    moved = labels.filter(days != true)
    rows = frame.filter(pl.col("Futures").is_in(moved.implode())).height
    ward.count(source.name, MOVED, rows)
    return pl.DataFrame({"Futures": labels, "expiry": true})


def _next_month(label: date) -> date:
    """The monthly settlement day after that of the label's month."""
    after = calendar.months_from(label, 2)[1]
    return monthly_expiry(*after) or label


def monthly_expiry(year: int, month: int) -> date | None:
    """The settlement day of a month; None outside of the calendar."""
    inside = calendar.FIRST_DAY.year <= year < calendar.LAST_DAY.year
    return calendar.vix_expiry(year, month) if inside else None


def _by_rank(folder: Path, ward: Ward, files: list[SourceFile]) -> list[pl.DataFrame]:
    parts = []
    for name in BY_RANK:
        source = read_source(folder, name)
        if source is None:
            continue
        files.append(source)
        columns = ("date", "days_to_expiry", "settle")
        try:
            frame = pl.read_parquet(io.BytesIO(source.data), columns=list(columns))
            session = pl.col("date").cast(pl.Date)
            frame = frame.select(
                session=session,
                expiry=session + pl.duration(days="days_to_expiry"),
                settle=pl.col("settle").cast(pl.Float64),
            )
        except pl.exceptions.PolarsError as error:
            raise StewardError(
                f"{source.shown}: not a Parquet file with the columns {', '.join(columns)} "
                f"({str(error).splitlines()[0]}); bring the file again or take it out"
            ) from error
        parts.append(settled_part(frame, source, ward))
    return parts


def _early(folder: Path, ward: Ward, files: list[SourceFile]) -> list[pl.DataFrame]:
    """Closes by rank, each with the contract that held the rank that day."""
    closes, months = read_source(folder, EARLY_CLOSES), read_source(folder, EARLY_MONTHS)
    if closes is None and months is None:
        return []
    if closes is None or months is None:
        lost = EARLY_CLOSES if closes is None else EARLY_MONTHS
        raise StewardError(
            f"{folder}: has no {lost}; {EARLY_CLOSES} and {EARLY_MONTHS} are read together: bring "
            "both or take both out"
        )
    files += (closes, months)
    prices = table(closes, {"date": day(), **dict.fromkeys(RANKS, NUMBER)})
    ranked = prices.unpivot(RANKS, index="date", variable_name="rank", value_name="settle")
    contracts = _contracts(months, table(months, {"date": day("%m/%d/%y"), **_texts(RANKS)}))
    frame = contracts.join(ranked, on=["date", "rank"], how="full", coalesce=True)
    nameless = frame["expiry"].is_null() & frame["settle"].is_not_null()
    ward.count(closes.name, "a close without its contract", int(nameless.sum()))
    frame = frame.filter(pl.col("expiry").is_not_null()).rename({"date": "session"})
    return [settled_part(frame.sort(*KEY), closes, ward)]


def _texts(names: tuple[str, ...]) -> dict[str, Column]:
    return dict.fromkeys(names, OPTIONAL_TEXT)


def _contracts(source: Named, frame: pl.DataFrame) -> pl.DataFrame:
    """`date`, `rank`, `expiry` of symbols such as `K (May 04)`; a rank without one is left out."""
    long = frame.unpivot(RANKS, index=["date", "line"], variable_name="rank", value_name="symbol")
    long = long.filter(pl.col("symbol").is_not_null())
    found = pl.col("symbol").str.extract_groups(
        r"^(?<letter>[A-Z]) \((?<month>[A-Z][a-z]{2} \d\d)\)$"
    )
    symbols = long.select(pl.col("symbol").unique(maintain_order=True)).with_columns(found=found)
    symbols = symbols.unnest("found").with_columns(
        first=("01 " + pl.col("month")).str.to_date("%d %b %y", strict=False)
    )
    expiries = {
        symbol: monthly_expiry(first.year, first.month)
        for symbol, letter, first in symbols.select("symbol", "letter", "first").iter_rows()
        if first is not None and letter == MONTH_LETTERS[first.month - 1]
    }
    bad = long.filter(~pl.col("symbol").is_in(list(expiries)))
    if not bad.is_empty():
        line, rank, symbol = bad.sort("line", "rank").select("line", "rank", "symbol").row(0)
        complaint = "is not a contract like K (May 04)"
        raise wrong(source, line, rank, symbol, complaint, more=bad.height - 1)
    return long.select(
        "date",
        "rank",
        expiry=pl.col("symbol").replace_strict(expiries, return_dtype=pl.Date),
    )


def _tradable(frame: pl.DataFrame, source: Named, ward: Ward) -> pl.DataFrame:
    """Rows of sessions before the settlement day of a monthly contract."""
    days = frame["session"].to_numpy().astype("datetime64[D]")
    on = pl.Series(whole_clock().is_session(days))
    ward.count(source.name, "not a session of the exchange", int((~on).sum()))
    frame = frame.filter(on)
    monthly = [
        e for e in frame["expiry"].drop_nulls().unique() if monthly_expiry(e.year, e.month) == e
    ]
    known = frame["expiry"].is_in(monthly).fill_null(value=False)
    ward.count(source.name, "not the settlement day of a monthly contract", int((~known).sum()))
    frame = frame.filter(known)
    alive = frame["session"] < frame["expiry"]
    ward.count(source.name, SETTLED, int((~alive).sum()))
    return frame.filter(alive)


def _priced(frame: pl.DataFrame, source: Named, ward: Ward) -> pl.DataFrame:
    """session, expiry, settle: rows with a price above 0, of one key twice the first."""
    priced = frame.filter(pl.col("settle") > 0.0, pl.col("settle").is_finite())
    ward.count(source.name, "no settlement and no close", frame.height - priced.height)
    kept = priced.unique(KEY, keep="first", maintain_order=True)
    ward.count(
        source.name, "a contract that occurs twice in a session", priced.height - kept.height
    )
    return kept.select(*KEY, "settle")


def _last_months(folder: Path, ward: Ward, files: list[SourceFile]) -> dict[date, float]:
    """Final settlement by expiry day: the row of each contract's own expiry."""
    source = read_source(folder, LAST_MONTHS)
    if source is None:
        return {}
    files.append(source)
    frame = table(source, {"expiry": day(), "date": day(), "settle": NUMBER})
    last = frame.filter(pl.col("date") == pl.col("expiry"), pl.col("settle") > 0.0)
    final: dict[date, float] = {}
    for label, value in last.select("expiry", "settle").iter_rows():
        expiry = monthly_expiry(label.year, label.month)
        if label != expiry:
            ward.count(source.name, "a settlement day that is none: the day of that month", 1)
        final.setdefault(expiry or label, round(value, 4))
    return final
