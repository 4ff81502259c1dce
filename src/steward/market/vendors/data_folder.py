"""A folder of daily files as one history: indices, breadth, rates and macro, VIX futures.

SPX and VIX are needed, every other file is optional: what is not there is absent from the history.
The run's sessions are those of the exchange with both closes and end with the last such session;
another series that ends earlier is simply not known afterwards.
"""

from __future__ import annotations

from pathlib import Path

from steward.market.history import FuturesTable, History, Series
from steward.market.vendors import macro_files, vx_files
from steward.market.vendors.breadth_files import NOTE as BREADTH_NOTE
from steward.market.vendors.breadth_files import breadth
from steward.market.vendors.csv_file import SourceFile
from steward.market.vendors.daily import Ward, align, sentence_on_skipped
from steward.market.vendors.fomc import NOTE as FOMC_NOTE
from steward.market.vendors.fomc import fomc
from steward.market.vendors.index_files import SPX, VIX, indices
from steward.terms.errors import StewardError

RATES_NOTE = (
    "Rates: bills, Treasury yields and federal funds count as known at the close of the next "
    "business day."
)
LAYOUT = "index/, breadth/, macro/, calendars/, vix_futures/"


def folder_history(folder: Path) -> History:
    """The history of a folder laid out as `index/`, `breadth/`, `macro/` and `vix_futures/`.

    Raises StewardError: one line that names the file, the line, the column and the way out.
    """
    if not folder.is_dir():
        kind = "is not a folder" if folder.exists() else "does not exist"
        raise StewardError(f"{folder}: {kind}; --data takes a folder with {LAYOUT}")
    ward, files = Ward(), list[SourceFile]()
    index = indices(folder, ward, files)
    aligned = align(index.spx, index.vix, names=f"{folder / SPX}, {folder / VIX}")
    members = tuple(breadth(folder, ward, files))
    rates = tuple(macro_files.rates(folder, ward, files))
    published = tuple(macro_files.published(folder, ward, files))
    vx = vx_files.futures(folder, ward, files)
    decisions, fomc_file = fomc()
    files.append(fomc_file)
    return History(
        label=_label(index.closes, members, (*rates, *published), vx),
        sessions=aligned.sessions,
        moments=aligned.moments,
        spx=aligned.spx,
        vix=aligned.vix,
        spx_before=aligned.spx_before,
        spx_before_days=aligned.spx_before_days,
        series={one.name: one for one in (*index.closes, *members, *rates, *published)},
        futures=vx,
        fomc=decisions,
        quarantined=ward.all(),
        notes=(
            *index.notes,
            *((BREADTH_NOTE,) if members else ()),
            *((RATES_NOTE,) if rates else ()),
            *((macro_files.NOTE,) if published else ()),
            *vx_files.notes(vx, ward),
            FOMC_NOTE,
            *sentence_on_skipped(aligned.skipped),
        ),
        file_hashes={file.name: file.sha256 for file in files},
    )


def _label(
    closes: tuple[Series, ...],
    members: tuple[Series, ...],
    macro: tuple[Series, ...],
    vx: FuturesTable | None,
) -> str:
    parts = ["SPX", "VIX", *(one.name.upper() for one in closes)]
    parts += ["breadth"] if members else []
    parts += ["rates and macro"] if macro else []
    parts += ["VX futures"] if vx is not None else []
    return f"data folder: {', '.join(parts)}"
