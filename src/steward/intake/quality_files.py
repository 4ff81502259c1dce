"""What the import records say: rows set aside by reason and file, units; and the other tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from itertools import pairwise

from steward.intake.quality_tables import FileQuality, Gap, SeriesQuality
from steward.market.records import ImportRecord
from steward.market.store import Store
from steward.terms import calendar

CROSSED = "crossed"
"""How the reason of a crossed row begins (`believe.judge`)."""

OF_EVENTS = ("calendar", "membership", "settlements")
"""Tables whose rows are of days on which something happened: no session is missing in them."""

DAILY_SHARE = 0.5
"""Of the sessions in its span: a series with a value on fewer is monthly or of events."""


def file_quality(record: ImportRecord) -> FileQuality:
    days = sorted(_days(record))
    return FileQuality(
        name=record.name,
        layout=record.layout,
        table=record.table,
        source=record.source,
        read=record.read,
        made=record.made,
        kept=record.kept,
        elsewhere=record.elsewhere,
        crossed=sum(n for why, n in record.set_aside.items() if why.startswith(CROSSED)),
        first=days[0] if days else None,
        last=days[-1] if days else None,
        set_aside=dict(record.set_aside),
        unreadable=dict(record.unreadable),
        units=dict(record.units),
        inferred=record.inferred,
        ignored=record.ignored,
        warnings=record.warnings,
    )


def by_reason(records: Iterable[ImportRecord]) -> tuple[tuple[str, int], ...]:
    """Rows set aside and records unreadable, of all files: most first, then by reason."""
    rows: Counter[str] = Counter()
    for record in records:
        rows.update(record.set_aside)
        rows.update(record.unreadable)
    return tuple(sorted(rows.items(), key=lambda item: (-item[1], item[0])))


def series_quality(store: Store) -> tuple[SeriesQuality, ...]:
    """Every series of every table beside quotes, by table and name, from the import records."""
    days: dict[tuple[str, str], Counter[date]] = {}
    layouts: dict[tuple[str, str], set[str]] = {}
    aside: Counter[tuple[str, str]] = Counter()
    for record in store.records:
        if record.table == "quotes":
            continue
        not_kept = sum(record.set_aside.values()) + sum(record.unreadable.values())
        for name, snapshots in record.sessions.items():
            aside[record.table, name] += not_kept
            own = days.setdefault((record.table, name), Counter())
            layouts.setdefault((record.table, name), set()).add(record.layout)
            for counts in snapshots.values():
                own.update({date.fromisoformat(day): n for day, n in counts.items()})
    return tuple(
        _series(table, name, days[table, name], aside[table, name], sorted(layouts[table, name]))
        for table, name in sorted(days)
    )


def _series(
    table: str, name: str, days: Counter[date], set_aside: int, layouts: list[str]
) -> SeriesQuality:
    first, last = min(days), max(days)
    ours = calendar.sessions(first, last)
    there = sum(day in days for day in ours)
    daily = table not in OF_EVENTS and bool(ours) and there >= DAILY_SHARE * len(ours)
    return SeriesQuality(
        table=table,
        name=name,
        rows=days.total(),
        first=first,
        last=last,
        daily=daily,
        missing=len(ours) - there if daily else None,
        gaps=gaps([day for day in ours if day in days]) if daily else (),
        set_aside=set_aside,
        layouts=tuple(layouts),
    )


def gaps(days: list[date]) -> tuple[Gap, ...]:
    """Sessions of the exchange between the first and the last of these days that are not there."""
    found = []
    for one, after in pairwise(days):
        absent = calendar.sessions(one + timedelta(days=1), after - timedelta(days=1))
        if absent:
            found.append(Gap(first=absent[0], last=absent[-1], sessions=len(absent)))
    return tuple(found)


def _days(record: ImportRecord) -> set[date]:
    return {
        date.fromisoformat(day)
        for snapshots in record.sessions.values()
        for days in snapshots.values()
        for day in days
    }
