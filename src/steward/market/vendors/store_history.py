"""A store as a history: its tables in the shape of a data folder's files, built by the same code.

Where several files have a value of one day, the first one stands: of an index, bars before closes
before single values, a table of several closes only after the last day of the others; of VX, the
files by contract (a settlement before a row without one), then those by rank, then the closes of
the first eight months; of macro, the first vintage before a lagged value. Files of one kind stand
in the order of their content's hash, so the order of imports says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import polars as pl

from steward.market import parts
from steward.market.history import FuturesTable, History, Quarantined
from steward.market.records import ImportRecord
from steward.market.store import Store
from steward.market.vendors import index_files, macro_files, vx_files
from steward.market.vendors.breadth_files import FILE as BREADTH
from steward.market.vendors.csv_file import Column
from steward.market.vendors.daily import Ward
from steward.market.vendors.data_folder import history_of
from steward.market.vendors.fomc import fomc
from steward.market.vendors.given import Sheet
from steward.market.vendors.release_days import cpi_releases
from steward.market.vendors.store_settlements import VX, official
from steward.terms.errors import StewardError

TABLES = ("index", "breadth", "macro", "calendar", "vx", "settlements")
"""What a history is made of."""

INDEX_FILES: Mapping[str, str] = {
    index_files.SPX: "spx",
    index_files.VIX: "vix",
    **{one.file: one.name for one in index_files.INDICES},
}
INDEX_ORDER = ("index_bars", "index_closes", "index_value")
TAIL = "index_wide"
SAME = 0.011
"""Points by which two closes may differ: indices are published to 0.01, copies are rounded."""

BY_RANK, EIGHT_MONTHS, LAST_MONTHS = "vx_by_rank", "vx_eight_months", "vx_last_months"
BREADTH_OF = "sp500"
LINE = pl.int_range(2, pl.len() + 2, dtype=pl.Int64).alias("line")


TABLES = ("breadth", "calendar", "index", "macro", "settlements", "vx")
"""What a history is made of."""


def store_history(store: Store) -> History:
    """The history of a store that indices, futures, rates and so on were imported into.

    Raises StewardError where it has no daily SPX or no daily VIX, or no session with both, and for
    a part whose rows are not those that were imported.
    """
    store.refuse_changed_tables(TABLES)
    given = _StoreRows(store)
    history = history_of(
        given,
        lambda ward: _futures(store, ward),
        names=f"{store.root}: SPX and VIX",
        label="store",
    )
    set_aside = [
        Quarantined(source=record.name, reason=reason, rows=rows)
        for record in store.records
        if record.table in TABLES
        for counts in (record.unreadable, record.set_aside)
        for reason, rows in counts.items()
    ]
    return replace(
        history,
        set_values=official(store, "SPX"),
        quarantined=(*set_aside, *history.quarantined, *given.contradicted),
        file_hashes={**_hashes(store), **given.packaged, fomc()[1].name: fomc()[1].sha256},
    )


@dataclass(slots=True)
class _StoreRows:
    """`given.Given` of a store.

    packaged  fills with the hashes of what came from the package instead
    contradicted  fills with the days of an index on which its files differ
    """

    store: Store
    packaged: dict[str, str] = field(default_factory=dict)
    contradicted: list[Quarantined] = field(default_factory=list)

    def sheet(self, name: str, columns: Mapping[str, Column]) -> Sheet | None:
        wanted = list(columns)
        if name in INDEX_FILES:
            return self._index(INDEX_FILES[name], wanted)
        if name == index_files.TAIL:
            return self._tail(wanted)
        if name == BREADTH:
            return self._breadth(wanted)
        if name == macro_files.CPI_DAYS:
            return self._releases()
        return self._macro(wanted[1:])

    def lacking(self, name: str, header: str) -> StewardError:
        symbol = INDEX_FILES[name].upper()
        return StewardError(
            f"{self.store.root}: the store has no daily {symbol}; import a file such as "
            f"{symbol}_History.csv with `steward data import FILE --to STORE`"
        )

    def _index(self, series: str, wanted: Sequence[str]) -> Sheet | None:
        ours = pl.col("series") == series
        rows = rows_of(self.store, "index", ours, order=INDEX_ORDER, without=(TAIL,))
        if rows is None:
            rows = rows_of(self.store, "index", ours, only=TAIL)
        if rows is None:
            return None
        far = (pl.col("close").max() - pl.col("close").min()) > SAME
        odd = rows.group_by("session").agg(far=far).filter("far").height
        if odd:
            reason = "a close that another file contradicts: the first file stands"
            name = _names(self.store, rows)
            self.contradicted.append(Quarantined(source=name, reason=reason, rows=odd))
        rows = rows.unique("session", keep="first", maintain_order=True).rename({"session": "date"})
        return self._sheet("index", rows, rows.sort("date").select(*wanted, LINE))

    def _tail(self, wanted: Sequence[str]) -> Sheet | None:
        rows = rows_of(self.store, "index", only=TAIL)
        if rows is None:
            return None
        wide = _wide(rows, "session", "close", wanted[1:])
        return self._sheet("index", rows, wide)

    def _breadth(self, wanted: Sequence[str]) -> Sheet | None:
        rows = rows_of(self.store, "breadth", pl.col("series") == BREADTH_OF)
        if rows is None:
            return None
        rows = rows.unique("session", keep="first", maintain_order=True).rename({"session": "date"})
        floats = [pl.col(name).cast(pl.Float64) for name in wanted[1:]]
        return self._sheet("breadth", rows, rows.sort("date").select("date", *floats, LINE))

    def _macro(self, series: Sequence[str]) -> Sheet | None:
        rows = rows_of(self.store, "macro", pl.col("series").is_in(list(series)))
        if rows is None:
            return None
        rows = rows.sort("series", "period", pl.col("basis") == "lagged", maintain_order=True)
        rows = rows.unique(["series", "period"], keep="first", maintain_order=True)
        frame = _wide(rows, "period", "value", series)
        first = rows.filter(pl.col("basis") == "vintage")
        known = _wide(first, "period", "known_at", series) if first.height else None
        moments = {}
        if known is not None:
            known = frame.select("date").join(known, on="date", how="left", maintain_order="left")
            for name in first["series"].unique():
                naive = known[name].dt.replace_time_zone(None)
                moments[str(name)] = naive.to_numpy().astype("datetime64[m]")
        return replace(self._sheet("macro", rows, frame), known_at=moments)

    def _releases(self) -> Sheet | None:
        rows = rows_of(self.store, "calendar", pl.col("event") == "cpi")
        if rows is None:
            releases, file = cpi_releases()
            self.packaged[file.name] = file.sha256
            frame = pl.DataFrame(
                {
                    "release_date": [one.day for one in releases],
                    "reference_month": [f"{one.month:%Y-%m}" for one in releases],
                    "release_time_et": [f"{one.moment:%H:%M}" for one in releases],
                }
            ).with_columns(LINE)
            return Sheet(name=file.name, shown=file.shown, frame=frame)
        local = pl.col("moment").dt.convert_time_zone("America/New_York")
        frame = rows.unique("period", keep="first", maintain_order=True).select(
            LINE,
            release_date="day",
            reference_month=pl.col("period").dt.strftime("%Y-%m"),
            release_time_et=local.dt.strftime("%H:%M"),
        )
        return self._sheet("calendar", rows, frame)

    def _sheet(self, table: str, rows: pl.DataFrame, frame: pl.DataFrame) -> Sheet:
        name = _names(self.store, rows)
        return Sheet(name=name, shown=f"{self.store.root}, {table}: {name}", frame=frame)


def rows_of(
    store: Store,
    table: str,
    where: pl.Expr | None = None,
    *,
    only: str | None = None,
    without: Sequence[str] = (),
    order: Sequence[str] = (),
) -> pl.DataFrame | None:
    """Rows of a table; None: no row.

    only, without  layouts    order  of layouts, others after them; then by layout and content
    """
    records = [
        one
        for one in store.of_table(table)
        if one.layout not in without and only in (None, one.layout)
    ]
    place = {name: at for at, name in enumerate(order)}
    records.sort(key=lambda one: (place.get(one.layout, len(place)), one.layout, one.source))
    paths = [part.path for record in records for part in record.parts]
    if not paths:
        return None
    lazy = [parts.scan(store.root, [path]) for path in paths]
    with store.naming_damage(paths):
        rows = pl.concat([one if where is None else one.filter(where) for one in lazy]).collect()
    return rows if rows.height else None


def _wide(rows: pl.DataFrame, day: str, value: str, series: Sequence[str]) -> pl.DataFrame:
    """`date` and one column a series, all null where there is none; and `line`."""
    once = rows.unique(["series", day], keep="first", maintain_order=True)
    wide = once.pivot("series", index=day, values=value).rename({day: "date"}).sort("date")
    kind = rows.schema[value]
    return wide.select(
        "date",
        *(
            pl.col(name) if name in wide.columns else pl.lit(None, dtype=kind).alias(name)
            for name in series
        ),
        LINE,
    )


def _names(store: Store, rows: pl.DataFrame) -> str:
    """The file that these rows are of; of several, the name of their layout and how many."""
    sources = set(rows["source"].unique())
    records = [record for record in store.records if record.source in sources]
    layouts = ", ".join(sorted({record.layout for record in records}))
    return records[0].name if len(records) == 1 else f"{layouts} ({len(records)} files)"


def _futures(store: Store, ward: Ward) -> FuturesTable | None:
    parts: list[pl.DataFrame] = []
    finals: dict[date, float] = {}
    ours = pl.col("symbol") == VX
    made_later = (BY_RANK, EIGHT_MONTHS, LAST_MONTHS)
    rows = rows_of(store, "vx", ours, without=made_later)
    if rows is not None:
        sheet = Sheet(name=_names(store, rows), shown=str(store.root), frame=rows)
        rows = rows.sort(pl.col("settle").is_null(), maintain_order=True)
        label = pl.col("label_given")
        moved = label.str.contains(r"^\d{4,5}-\d\d-\d\d$") & (
            label != pl.col("expiry").cast(pl.String)
        )
        ward.count(sheet.name, vx_files.MOVED, rows.filter(moved).height)
        part, ended = vx_files.by_contract_part(rows, sheet, ward)
        parts.append(part)
        finals |= ended
    for layout, price in ((BY_RANK, "settle"), (EIGHT_MONTHS, "close")):
        rows = rows_of(store, "vx", ours, only=layout)
        if rows is not None:
            sheet = Sheet(name=_names(store, rows), shown=str(store.root), frame=rows)
            frame = rows.with_columns(settle=price)
            parts.append(vx_files.settled_part(frame, sheet, ward))
    last = rows_of(store, "vx", ours & pl.col("final").is_not_null(), only=LAST_MONTHS)
    first: dict[date, float] = {}
    for expiry, final in () if last is None else last.select("expiry", "final").iter_rows():
        first.setdefault(expiry, final)
    for day, value in official(store, "VIX").items():
        if abs(finals.setdefault(day, value) - value) > 0.005:
            ward.count("VRO", "a settlement value that is not the final one of the VX future", 1)
    return vx_files.assembled(parts, finals, first, ward)


def _hashes(store: Store) -> Mapping[str, str]:
    """sha256 of the content by name; of several files of one name, the hash is in the name."""
    records = [record for record in store.records if record.table in TABLES]
    names = [record.name for record in records]
    return {_told(record, names): record.sha256 for record in records}


def _told(record: ImportRecord, names: Sequence[str]) -> str:
    return record.name if names.count(record.name) == 1 else f"{record.name} ({record.source})"
