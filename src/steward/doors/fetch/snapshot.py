"""Today's chains of SPX and VIX from Cboe's delayed page into a store: a history of one's own.

The file as it came is kept packed under STORE/raw; one request a product and close, so a second
call on the same session finds everything there. A snapshot of the morning does not stand in for
that of the close.
"""

from __future__ import annotations

import gzip
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Literal

from steward.doors.fetch.catalogue import DataSource
from steward.doors.fetch.client import Client, Offline, Wanted
from steward.doors.fetch.fetching import alone
from steward.intake.importing import import_paths
from steward.intake.superseding import withdraw
from steward.market.records import ImportRecord
from steward.market.store import Store, create
from steward.market.vendors.cboe_hours import DELAY, OVERNIGHT, Shown, shown_at
from steward.market.vendors.layout import Layout
from steward.market.vendors.registry import layouts, recognise
from steward.market.vendors.source import head_of
from steward.terms import calendar
from steward.terms.errors import StewardError

AHEAD = timedelta(minutes=10)
"""By which the page's clock may be ahead of ours; more is a stamp in the future."""

CLOSE = "eod"

STAMP = re.compile(rb'"timestamp"\s*:\s*"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of one product.

    state     new: in the store now; here: was in it, nobody was asked; failed: `reason` says why
    snapshots of this session that the store has now
    """

    symbol: str
    state: Literal["new", "here", "failed"]
    snapshots: tuple[str, ...] = ()
    record: ImportRecord | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotReport:
    """One session's chains, and how many requests they took."""

    shown: Shown
    products: tuple[Taken, ...]
    requests: int


def take(
    source: DataSource,
    to: Path,
    *,
    client: Client,
    now: datetime,
    again: bool = False,
    among: Sequence[Layout] | None = None,
) -> SnapshotReport:
    """Bring the chains of all products into the store at `to`, which is made if it is not there.

    again  take one more of a session that the store has
    Raises StewardError where the page shows no session of today at this moment, and Offline where
    it cannot be reached at all.
    """
    shown = to_take(now)
    create(to)
    known = layouts() if among is None else tuple(among)
    taken: list[Taken] = []
    with alone(to):
        for symbol in source.symbols:
            try:
                taken.append(_take(source, symbol, to, client, now, shown, again, known))
            except StewardError as error:
                if isinstance(error, Offline) and not any(one.state == "here" for one in taken):
                    raise
                taken.append(Taken(symbol=symbol, state="failed", reason=str(error)))
    return SnapshotReport(shown=shown, products=tuple(taken), requests=client.requests)


def to_take(now: datetime) -> Shown:
    """What a snapshot taken at this moment is of. Raises StewardError where it would be of none."""
    clock = now.astimezone(calendar.NEW_YORK)
    day = clock.date()
    at = f"{clock:%Y-%m-%d %H:%M} in New York"
    if not calendar.is_session(day):
        raise StewardError(
            f"it is {at}, and {day} is no session: take the snapshot on "
            f"{calendar.next_session(day)}, after the close"
        )
    shown = shown_at(now)
    close = calendar.decision_moment(day)
    ready = f"{close + DELAY:%H:%M}"
    if clock < datetime.combine(day, calendar.OPEN, calendar.NEW_YORK) + DELAY:
        raise StewardError(
            f"it is {at}: the page, a quarter of an hour behind, shows nothing of this session "
            f"yet; take the snapshot from 09:45 on, or the close from {ready} on"
        )
    if shown.snapshot == OVERNIGHT:
        raise StewardError(
            f"it is {at}: the page shows overnight quotes of {shown.session} and no close; take "
            f"the snapshot of a close from {ready} to 20:15"
        )
    if close <= clock < close + DELAY:
        raise StewardError(
            f"it is {at}: the page is a quarter of an hour behind, so the close stands there from "
            f"{ready} on"
        )
    return shown


def _take(
    source: DataSource,
    symbol: str,
    to: Path,
    client: Client,
    now: datetime,
    shown: Shown,
    again: bool,
    among: Sequence[Layout],
) -> Taken:
    store = Store(to)
    held = _held(store, symbol, shown)
    closing = shown.snapshot == CLOSE
    if (CLOSE in held if closing else held) and not again:
        return Taken(symbol=symbol, state="here", snapshots=held)
    folder = to / "raw" / source.name
    stem = source.file.format(symbol=symbol).removesuffix(".json")
    kept = sorted(folder.glob(f"{stem}_{shown.session}_*.json.gz"))
    waiting = [path for path in kept if _of_close(path, shown.session) == closing]
    if waiting and not again:  # it came, and the import did not end
        path = waiting[-1]
    else:
        clock = now.astimezone(calendar.NEW_YORK)
        path = folder / f"{stem}_{shown.session}_{clock:%H%M%S}.json.gz"
        _download(source, symbol, path, to, client, now, shown, among)
    report = import_paths([path], to, extra=among)
    if report.refused:
        raise StewardError(
            f"{report.refused[0].reason}; the file is kept, and --again asks for another"
        )
    record = (*report.new, *report.known)[0]
    _check_session(record, symbol, shown, path, to, is_new=bool(report.new))
    return Taken(
        symbol=symbol,
        state="new" if report.new else "here",
        snapshots=_held(Store(to), symbol, shown),
        record=record if report.new else None,
    )


def _of_close(path: Path, session: date) -> bool:
    """Whether a kept file was taken after the close of its session, by the clock in its name."""
    clock = time.fromisoformat(path.name.removesuffix(".json.gz")[-6:])
    return shown_at(datetime.combine(session, clock, calendar.NEW_YORK)).snapshot == CLOSE


def _held(store: Store, symbol: str, shown: Shown) -> tuple[str, ...]:
    """Snapshots of the session that are in the store, overnight ones left out."""
    return tuple(n for n in store.snapshots(symbol, shown.session) if n != OVERNIGHT)


def _download(
    source: DataSource,
    symbol: str,
    path: Path,
    to: Path,
    client: Client,
    now: datetime,
    shown: Shown,
    among: Sequence[Layout],
) -> None:
    """Ask for the chain, and keep it packed at `path`, whole or not at all."""
    name = source.file.format(symbol=symbol)

    def check(head: bytes) -> None:
        layout = recognise(head_of(name, head), name, among)
        if layout.table != source.table:
            raise StewardError(f"{name}: is a file of {layout.title}, no chain of options")
        check_stamp(head, name, now=now, shown=shown)

    came = to / "fetched" / "incoming" / source.name / name
    wanted = Wanted(
        shown=name,
        url=source.url.format(symbol=symbol),
        seconds=source.group.seconds,
        largest=source.largest,
        check=check,
    )
    client.get(wanted, came)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.part")
    with (
        came.open("rb") as plain,
        beside.open("wb") as file,
        gzip.GzipFile("", "wb", fileobj=file, mtime=0) as packed,
    ):
        shutil.copyfileobj(plain, packed, 1024 * 1024)
    beside.replace(path)
    came.unlink()


def check_stamp(head: bytes, name: str, *, now: datetime, shown: Shown) -> None:
    """The page's stamp (UTC, as its layout reads it) is of now: of the session to be taken.

    Raises StewardError for a stamp in the future, of a closed day, and of another session.
    """
    found = STAMP.search(head)
    if found is None:
        return  # the layout, which reads all of the file, looks for it
    text = b" ".join(found.groups()).decode()
    try:
        stamp = datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        raise StewardError(f"{name}: its stamp {text} is no moment; nothing was kept") from None
    at = f"{stamp.astimezone(calendar.NEW_YORK):%Y-%m-%d %H:%M} in New York"
    if stamp > now + AHEAD:
        raise StewardError(
            f"{name}: its stamp {text} ({at}) is in the future: look at this machine's clock; "
            "nothing was kept"
        )
    if not calendar.is_session(stamp.astimezone(calendar.NEW_YORK).date()):
        raise StewardError(f"{name}: its stamp {text} ({at}) is of no session; nothing was kept")
    seen = shown_at(stamp)
    if (seen.session, seen.snapshot == "eod") != (shown.session, shown.snapshot == "eod"):
        raise StewardError(
            f"{name}: its stamp {text} ({at}) is not of now: the page was not renewed; "
            "run the command again later"
        )


def _check_session(
    record: ImportRecord, symbol: str, shown: Shown, path: Path, to: Path, *, is_new: bool
) -> None:
    """Its rows are of the product and the session that were asked for; else they go again."""
    days = {
        (name, day)
        for name, snapshots in record.sessions.items()
        for by_day in snapshots.values()
        for day in by_day
    }
    if days == {(symbol, shown.session.isoformat())}:
        return
    if is_new:
        withdraw(to, record.source)
    said = ", ".join(f"{name} {day}" for name, day in sorted(days)[:3])
    raise StewardError(
        f"{path.name}: holds {said}, not {symbol} {shown.session}; it is kept under raw/ and is "
        "not in the store"
    )
