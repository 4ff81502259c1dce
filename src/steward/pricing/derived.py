"""What the quotes of a cache imply, worked out once for all of them and kept beside them.

    STORE/cache/SPX/HASH/derived-KEY/vol.npy

HASH is of the quotes, KEY of the rates that short series discount by and of `FORMAT`. The values
are those of `QuotedMarket.chain`, to the last bit, except where that asks a model for a VIX
forward: here such a series has none.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from steward.market import sums
from steward.market.ahead import worked
from steward.market.cache import ROOTS, Columns, Progress, elsewhere, mapped
from steward.market.cache_writer import GrowingColumn, alone
from steward.market.history import History
from steward.market.store_folder import READ_ONLY
from steward.pricing.black import greeks
from steward.pricing.implied import discount_of, sides_of, vols_of
from steward.pricing.parity import forward_from_quotes
from steward.pricing.rates import CURVE, SINGLES, discount_factor
from steward.terms import calendar
from steward.terms.contracts import E4, Expiry
from steward.terms.errors import StewardError

Floats = NDArray[np.float64]

FORMAT = 2
"""Another one wherever the same quotes imply another number."""

FINISHED = "derived.json"
OF_SERIES = ("forward", "discount")
OF_ROWS = ("vol", "delta", "gamma", "vega", "theta")

ROWS_AT_ONCE = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """Columns beside those of a cache, memory-mapped.

    forward, discount                 a number a series of the cache
    vol, delta, gamma, vega, theta    a number a row, units as in `market.quotes.Chain`
    All NaN where the history does not have the session, and where the series has settled by then.
    """

    forward: Floats
    discount: Floats
    vol: Floats
    delta: Floats
    gamma: Floats
    vega: Floats
    theta: Floats


def open_derived(
    columns: Columns,
    history: History,
    progress: Progress | None = None,
    spare: Path | None = None,
) -> Derived:
    """The derived columns of a cache under a history's rates, worked out first where need be.

    spare  as for `open_cache`
    Raises StewardError where no rate is known on a session, and where nothing can be written.
    """
    folder = columns.folder / f"derived-{_key(history)}"
    try:
        try:
            return _made(columns, history, folder, progress)
        except OSError as error:
            if spare is None or error.errno not in READ_ONLY:
                raise
            folder = elsewhere(folder, spare)
            folder.parent.mkdir(parents=True, exist_ok=True)
            return _made(columns, history, folder, progress)
    except (OSError, ValueError) as error:
        raise StewardError(
            f"{folder}: cannot be made or read ({error}); delete this folder, it is made again"
        ) from error


def _made(columns: Columns, history: History, folder: Path, progress: Progress | None) -> Derived:
    if (found := _opened(columns, folder)) is None:
        with alone(folder):
            if (found := _opened(columns, folder)) is None:
                _write(columns, history, folder, progress)
    return found or _whole(columns, folder)


def _opened(columns: Columns, folder: Path) -> Derived | None:
    """None where they are not there, or not whole: then they are worked out again."""
    try:
        return _whole(columns, folder) if (folder / FINISHED).is_file() else None
    except (OSError, ValueError):
        return None


def _whole(columns: Columns, folder: Path) -> Derived:
    """Raises OSError or ValueError where a file is gone, changed, or of another length or type."""
    sums.refuse_changed(folder, FINISHED)
    lengths = dict.fromkeys(OF_SERIES, columns.series.expiry.size)
    lengths |= dict.fromkeys(OF_ROWS, columns.height)
    return Derived(
        **{name: mapped(folder / f"{name}.npy", np.float64, n) for name, n in lengths.items()}
    )


def _key(history: History) -> str:
    """Of all that a discount by the curve depends on."""
    known = hashlib.sha256(f"format {FORMAT}\n".encode())
    known.update("".join(f"{day}\n" for day in history.sessions).encode())
    known.update(history.moments.astype("datetime64[s]").astype(np.int64).tobytes())
    for name in (*(name for name, _ in CURVE), *SINGLES):
        series = history.series.get(name)
        if series is not None:
            known.update(f"{name} {series.value.size}\n".encode())
            known.update(series.value.tobytes())
            for days in (series.period, series.known_at):
                known.update(days.astype("datetime64[s]").astype(np.int64).tobytes())
    return known.hexdigest()[:16]


def _write(columns: Columns, history: History, folder: Path, progress: Progress | None) -> None:
    new = folder.with_name(f".{folder.name}.new")
    for old in (new, folder):
        shutil.rmtree(old, ignore_errors=True)
    new.mkdir()
    with ExitStack() as stack:
        files = {
            name: stack.enter_context(GrowingColumn(new / f"{name}.npy", np.float64))
            for name in (*OF_SERIES, *OF_ROWS)
        }
        blocks = list(_blocks(columns.series.start))
        work = partial(derive, columns, history)
        for number, found in enumerate(worked(iter(blocks), work)):
            if progress is not None:
                progress(f"volatilities of {columns.symbol}", number, len(blocks))
            for name, values in found.items():
                files[name].append(values)
    said = {"format": FORMAT, "history": history.label, "rows": columns.height}
    said[sums.NAME] = sums.sums_of(new)
    (new / FINISHED).write_text(json.dumps(said, sort_keys=True) + "\n", encoding="utf-8")
    new.rename(folder)


def _blocks(start: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """First series, and the one after the last, of about `ROWS_AT_ONCE` rows."""
    first, count = 0, start.size - 1
    while first < count:
        after = int(np.searchsorted(start, start[first] + ROWS_AT_ONCE, side="right")) - 1
        after = min(max(after, first + 1), count)
        yield first, after
        first = after


def derive(columns: Columns, history: History, block: tuple[int, int]) -> Mapping[str, Floats]:
    """The derived columns, by name, of the series from the first of `block` up to the other."""
    first, after = block
    start = columns.series.start[first : after + 1]
    rows = columns.slice(int(start[0]), int(start[-1]))
    count, lengths = after - first, np.diff(start)
    of_row = np.repeat(np.arange(count), lengths)
    strike, bid, ask = (whole / E4 for whole in (rows.strike, rows.bid, rows.ask))
    packed, at = np.unique((of_row << 32) | rows.strike, return_inverse=True)
    of_strike = packed >> 32
    grid = (packed & 0xFFFFFFFF) / E4
    sides = sides_of(grid.size, at, rows.call, bid, ask)
    ends = np.searchsorted(of_strike, np.arange(count + 1)).tolist()
    years, discount, forward = np.full((3, count), np.nan)
    for number, (session, expiry) in enumerate(_series(columns, first, after)):
        left = calendar.years_to(session, expiry)
        if left <= 0.0 or not _has(history, session):
            continue
        place = slice(ends[number], ends[number + 1])
        own, quoted = grid[place], sides[:, place]
        factor = discount_of(
            own,
            quoted,
            years=left,
            days=calendar.days_to(session, expiry),
            by_curve=discount_factor(history, session, left),
        )
        years[number], discount[number] = left, factor
        forward[number] = forward_from_quotes(own, *quoted, discount=factor)
    vol = vols_of(grid, sides, forward[of_strike], years[of_strike], discount[of_strike])[at]
    found = greeks(
        forward[of_row], strike, years[of_row], vol, discount=discount[of_row], call=rows.call
    )
    return {
        "forward": forward,
        "discount": discount,
        "vol": vol,
        "delta": found.delta,
        "gamma": found.gamma,
        "vega": found.vega,
        "theta": found.theta,
    }


def _series(columns: Columns, first: int, after: int) -> Iterator[tuple[date, Expiry]]:
    held, days = columns.series, columns.sessions
    for row, day, root, pm in zip(
        held.session[first:after].tolist(),
        held.expiry[first:after].astype("datetime64[D]").tolist(),
        held.root[first:after].tolist(),
        held.pm[first:after].tolist(),
        strict=True,
    ):
        yield days[row], Expiry(root=ROOTS[root], day=day, settlement="PM" if pm else "AM")


def _has(history: History, session: date) -> bool:
    try:
        history.index(session)
    except KeyError:
        return False
    return True
