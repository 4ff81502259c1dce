"""`steward data check STORE`: check, print, and write the page."""

from __future__ import annotations

from pathlib import Path

from steward.doors import data_report
from steward.doors.data_report import text
from steward.intake.quality import as_json as json_of
from steward.intake.quality import quality
from steward.intake.quality_tables import StoreQuality
from steward.market.store import Store
from steward.terms.errors import StewardError

PAGE = "check.html"


def check(
    store_path: Path, *, as_json: bool = False, out: Path | None = None, data: Path | None = None
) -> None:
    """Say what is good in a store.

    as_json  one JSON document instead of text; a page only where `out` is named
    out      where the page goes; else `check.html` in the store
    data     a folder of daily series or another store for the published VIX and rates; else those
             of the store itself
    Raises StewardError for a folder that is no store, for a `data` that cannot be read, and where
    the page cannot be written.
    """
    store = Store(store_path)
    with text.progress(quiet=as_json) as shown:
        found = quality(store, data=data, progress=shown)
    name = store_path.resolve().name
    if as_json:
        if out is not None:
            _write(found, out, name)
        print(json_of(found))
        return
    page = store_path / PAGE if out is None else out
    _write(found, page, name)
    text.show(found, store=store_path, page=page)


def _write(found: StoreQuality, page: Path, name: str) -> None:
    try:
        data_report.write(found, page, store=name)
    except OSError as error:
        raise StewardError(
            f"{page}: the page cannot be written ({error.strerror}); name another place with --out"
        ) from error
