"""One simulated path as a history, and as a folder of data that `--data` reads.

The files have the layout of any data folder, and a marker beside them. Levels are rounded to 0.01
as indices are published. Interest is a constant bill rate: paths do not simulate rates. High and
low are not simulated, so they are empty.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from steward.market.history import FuturesTable, History
from steward.market.paths.marker import MARKER, SENTENCE
from steward.market.paths.state import Paths
from steward.market.vendors.csv_file import Column
from steward.market.vendors.data_folder import called_simulated, history_of
from steward.market.vendors.given import Sheet
from steward.market.vendors.vx_files import BY_CONTRACT
from steward.terms import calendar
from steward.terms.errors import StewardError

BILL_PERCENT = 2.5
"""A year, on the discount basis, on every day of a path."""

MEMBERS = ("vix9d", "vix3m", "vix6m", "vvix", "skew")
RATE_DAYS = 14
"""Calendar days of rates before the first session, so that one is known at it."""

README = """\
# A simulated market

{sentence}

{label}. {first} to {last}, {sessions} sessions.

Read it with `steward backtest --data THIS_FOLDER`. Every price of such a run is called simulated.
`simulated.toml` says how to make the folder again, byte for byte.

For learning; no advice.
"""


def tables_of(paths: Paths) -> Mapping[str, pl.DataFrame]:
    """The files of a data folder by name, for the one path given.

    Raises ValueError for more than one path.
    """
    if paths.count != 1:
        raise ValueError(f"one path has a folder of its own, {paths.count} were given")
    days = pl.Series("date", paths.sessions, dtype=pl.Date)
    nothing = pl.lit(None, dtype=pl.Float64)

    def bars(opens: np.ndarray, closes: np.ndarray) -> pl.DataFrame:
        frame = pl.DataFrame({"date": days, "open": rounded(opens), "close": rounded(closes)})
        return frame.select("date", "open", nothing.alias("high"), nothing.alias("low"), "close")

    found = {
        "index/spx_daily.csv": bars(paths.spx_open[:, 0], paths.spx[:, 0]),
        "index/vix_daily.csv": bars(paths.vix_open[:, 0], paths.vix[:, 0]),
    }
    for name in MEMBERS:
        close = rounded(getattr(paths, name)[:, 0])
        found[f"index/{name}_daily.csv"] = pl.DataFrame({"date": days, "close": close})
    early = calendar.sessions(
        max(paths.sessions[0] - timedelta(days=RATE_DAYS), calendar.FIRST_DAY),
        paths.sessions[0] - timedelta(days=1),
    )
    rated = pl.Series("date", [*early, *paths.sessions], dtype=pl.Date)
    found["macro/dtb3_daily.csv"] = pl.DataFrame(
        {"date": rated, "DTB3": np.full(len(rated), BILL_PERCENT)}
    )
    return found


def rounded(levels: np.ndarray) -> np.ndarray:
    """As indices are published."""
    return np.asarray(np.round(levels, 2))


@dataclass(frozen=True, slots=True)
class _Given:
    tables: Mapping[str, pl.DataFrame]

    def sheet(self, name: str, columns: Mapping[str, Column]) -> Sheet | None:
        frame = self.tables.get(name)
        if frame is None:
            return None
        lines = pl.int_range(2, frame.height + 2, dtype=pl.Int64, eager=True).alias("line")
        return Sheet(name=name, shown=name, frame=frame.select(*columns).with_columns(lines))

    def lacking(self, name: str, header: str) -> StewardError:
        return StewardError(f"a path has no {name}: it needs {header}")


def path_history(paths: Paths, futures: FuturesTable | None = None) -> History:
    """The history of the one path given; what `folder_history` finds in its folder.

    futures  settlements of VIX futures, priced elsewhere
    """
    tables = tables_of(paths)
    history = history_of(
        _Given(tables), lambda _: futures, names="a simulated path", label=paths.label
    )
    hashes = {name: hashlib.sha256(csv_of(frame)).hexdigest() for name, frame in tables.items()}
    return called_simulated(
        replace(history, file_hashes=hashes), f"{paths.label}, path {paths.first}"
    )


def csv_of(frame: pl.DataFrame) -> bytes:
    """The bytes of a file; levels with two digits."""
    return frame.write_csv(float_precision=2).encode()


def write_folder(
    paths: Paths, folder: Path, *, made_by: Mapping[str, str | int | float], futures: FuturesTable
) -> tuple[str, ...]:
    """Write the one path given as a data folder; names of its files.

    made_by  what has to be given to make it again
    Raises StewardError for a folder that is not empty, or cannot be written.
    """
    label = f"{paths.label}, path {paths.first}"
    content: dict[str, bytes] = {name: csv_of(frame) for name, frame in tables_of(paths).items()}
    content[BY_CONTRACT] = gzip.compress(_futures_csv(futures), mtime=0)
    content["README.md"] = README.format(
        sentence=SENTENCE,
        label=label[0].upper() + label[1:],
        first=paths.sessions[0],
        last=paths.sessions[-1],
        sessions=len(paths.sessions),
    ).encode()
    lines = [f"label = {json.dumps(label)}", f"sentence = {json.dumps(SENTENCE)}", "", "[made_by]"]
    lines += [f"{name} = {json.dumps(value)}" for name, value in made_by.items()]
    content[MARKER] = ("\n".join(lines) + "\n").encode()
    try:
        if folder.exists() and any(folder.iterdir()):
            raise StewardError(f"{folder}: is not empty; give another --out, or empty it")
        for name, data in content.items():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
    except OSError as error:
        raise StewardError(
            f"{folder}: cannot be written ({error.strerror}); give another --out"
        ) from None
    return tuple(sorted(content))


def _futures_csv(futures: FuturesTable) -> bytes:
    """By contract; the row of a contract's own day has its final settlement."""
    days = pl.Series("Trade Date", futures.session.tolist(), dtype=pl.Date)
    rows = pl.DataFrame(
        {"Trade Date": days, "Futures": futures.expiry.tolist(), "Settle": futures.settle},
        schema_overrides={"Futures": pl.Date},
    )
    last: list[date] = sorted(futures.final)
    finals = pl.DataFrame(
        {"Trade Date": last, "Futures": last, "Settle": [futures.final[day] for day in last]},
        schema={"Trade Date": pl.Date, "Futures": pl.Date, "Settle": pl.Float64},
    )
    table = pl.concat([rows, finals]).sort("Trade Date", "Futures")
    return (
        table.with_columns(Close=pl.lit(0.0))
        .select("Trade Date", "Futures", "Close", "Settle")
        .write_csv(float_precision=4)
        .encode()
    )
