"""A folder of daily files as one history: indices, breadth, rates and macro, VIX futures.

SPX and VIX are needed, every other file is optional: what is not there is absent from the history.
The run's sessions are those of the exchange with both closes and end with the last such session;
another series that ends earlier is simply not known afterwards.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from steward.market.history import FuturesTable, History, Series
from steward.market.paths.marker import SENTENCE, marked
from steward.market.vendors import macro_files, vx_files
from steward.market.vendors.breadth_files import NOTE as BREADTH_NOTE
from steward.market.vendors.breadth_files import breadth
from steward.market.vendors.daily import Ward, align, sentence_on_skipped
from steward.market.vendors.fomc import NOTE as FOMC_NOTE
from steward.market.vendors.fomc import fomc
from steward.market.vendors.given import FolderFiles, Given
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
    made_by = marked(folder)
    given = FolderFiles(folder)

    def futures(ward: Ward) -> FuturesTable | None:
        return vx_files.futures(folder, ward, given.files)

    history = history_of(
        given, futures, names=f"{folder / SPX}, {folder / VIX}", label="data folder"
    )
    _, fomc_file = fomc()
    given.files.append(fomc_file)
    history = replace(history, file_hashes={file.name: file.sha256 for file in given.files})
    return called_simulated(history, made_by) if made_by else history


def called_simulated(history: History, made_by: str) -> History:
    """The same, called simulated wherever it is shown."""
    return replace(
        history,
        label=f"SIMULATED: {made_by}",
        simulated=made_by,
        notes=(SENTENCE,),
    )


def history_of(
    given: Given,
    futures: Callable[[Ward], FuturesTable | None],
    *,
    names: str,
    label: str,
) -> History:
    """A history of what is given; whose files these are is for the caller to say.

    futures  the VX futures, with a ward for what is not believed of them
    names    of where SPX and VIX come from, for errors
    Raises StewardError where SPX or VIX is lacking, or no session has both.
    """
    ward = Ward()
    index = indices(given, ward)
    aligned = align(index.spx, index.vix, names=names)
    members = tuple(breadth(given, ward))
    rates = tuple(macro_files.rates(given, ward))
    published = tuple(macro_files.published(given, ward))
    vx = futures(ward)
    decisions, _ = fomc()
    return History(
        label=_label(
            label,
            index.closes,
            members,
            (*rates, *published),
            vx,
        ),
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
            *macro_files.notes(published),
            *vx_files.notes(vx, ward),
            FOMC_NOTE,
            *sentence_on_skipped(aligned.skipped),
        ),
        file_hashes={},
    )


def _label(
    label: str,
    closes: tuple[Series, ...],
    members: tuple[Series, ...],
    macro: tuple[Series, ...],
    vx: FuturesTable | None,
) -> str:
    parts = ["SPX", "VIX", *(one.name.upper() for one in closes)]
    parts += ["breadth"] if members else []
    parts += ["rates and macro"] if macro else []
    parts += ["VX futures"] if vx is not None else []
    return f"{label}: {', '.join(parts)}"
