"""Which files to ask for: the histories whole, futures by the days that are wanted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from steward.doors.fetch.catalogue import Catalogue, DataSource, Group
from steward.terms import calendar, listing
from steward.terms.errors import StewardError

MONTH_LETTERS = "FGHJKMNQUVXZ"
"""Of futures, January to December."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One file to ask for.

    name     SOURCE/FILE, its name in the store      url  with {key} where the key belongs
    ends     the last day that can be in it; None: it goes on
    instead  names of files whose rows this one makes superfluous
    """

    name: str
    source: DataSource
    url: str
    ends: date | None = None
    instead: tuple[str, ...] = ()

    @property
    def file(self) -> str:
        return self.name.rsplit("/", 1)[1]


def plan(
    catalogue: Catalogue,
    *,
    first: date,
    last: date,
    keys: Mapping[str, str],
    held: frozenset[str] = frozenset(),
) -> Iterator[Planned]:
    """All files of the free history, publisher by publisher.

    keys  the user's, by name of the variable      held  names of files that are in the store
    A series with vintages in the store is not brought lagged beside them when the key is missing.
    Raises StewardError where `first` is after `last`.
    """
    if first > last:
        raise StewardError(f"--from {first} is after --to {last}: change one of them")
    replaced = {one.without_key for one in catalogue.sources.values()}
    kinds = catalogue.of_kind(
        "index", "strategy_index", "vx_archive", "vx_contract", "fred", "alfred"
    )
    for source in sorted(kinds, key=lambda one: one.group.name):
        if source.kind in ("vx_archive", "vx_contract"):
            yield from _contracts(source, first, last)
        elif source.kind == "alfred":
            yield from _vintages(source, catalogue, keys, held)
        elif source.name not in replaced:
            yield from (_planned(source, symbol=symbol) for symbol in source.symbols)


def groups_of(planned: Iterator[Planned] | tuple[Planned, ...]) -> tuple[Group, ...]:
    return tuple(dict.fromkeys(one.source.group for one in planned))


def without_vintages(
    catalogue: Catalogue, keys: Mapping[str, str], held: frozenset[str]
) -> tuple[str, ...]:
    """Series that stay as they are: the store has their vintages, and there is no key for more."""
    return tuple(
        symbol
        for source in catalogue.of_kind("alfred")
        if not keys.get(source.key or "")
        for symbol in source.symbols
        if _planned(source, symbol=symbol).name in held
    )


def _vintages(
    source: DataSource, catalogue: Catalogue, keys: Mapping[str, str], held: frozenset[str]
) -> Iterator[Planned]:
    lagged = catalogue.sources[source.without_key] if source.without_key else None
    for symbol in source.symbols:
        plain = _planned(lagged, symbol=symbol) if lagged and symbol in lagged.symbols else None
        if keys.get(source.key or ""):
            yield _planned(source, symbol=symbol, instead=(plain.name,) if plain else ())
        elif plain and _planned(source, symbol=symbol).name not in held:
            yield plain


def _contracts(source: DataSource, first: date, last: date) -> Iterator[Planned]:
    for expiry in expiries(first, last):
        if source.first_expiry <= expiry <= source.last_expiry:
            letter = MONTH_LETTERS[expiry.month - 1]
            yield _planned(
                source, ends=expiry, expiry=expiry.isoformat(), letter=letter, yy=f"{expiry:%y}"
            )


def expiries(first: date, last: date) -> tuple[date, ...]:
    """Settlement days of the monthly VX futures that traded at some time from `first` to `last`."""
    start = max(first, listing.VX_FROM)
    if start > last:
        return ()
    listed = set(listing.vx_series(calendar.on_or_before(last)))
    months = (last.year - start.year) * 12 + last.month - start.month + 13
    # The rule for the last month of the calendar needs a Friday beyond its end.
    end = (calendar.LAST_DAY.year, calendar.LAST_DAY.month)
    days = [calendar.vix_expiry(*m) for m in calendar.months_from(start, months) if m < end]
    return tuple(
        day
        for day in days
        if day >= start and day not in listing.VX_NEVER_LISTED and (day <= last or day in listed)
    )


def closed_by(now: datetime) -> date:
    """The last session that had ended at a moment: its index level and settlements are known."""
    day = calendar.on_or_before(now.astimezone(calendar.NEW_YORK).date())
    return day if calendar.decision_moment(day) <= now else calendar.previous_session(day)


def is_final(planned: Planned, session: date) -> bool:
    """Whether a file that was asked for after `session` can change no more.

    Its last rows may come a session late, so one session after its end.
    """
    return planned.ends is not None and session > planned.ends + timedelta(days=1)


def _planned(
    source: DataSource,
    *,
    ends: date | None = None,
    instead: tuple[str, ...] = (),
    **places: str,
) -> Planned:
    return Planned(
        name=f"{source.name}/{source.file.format_map(places)}",
        source=source,
        url=source.url.format_map({**places, "key": "{key}"}),
        ends=ends,
        instead=instead,
    )
