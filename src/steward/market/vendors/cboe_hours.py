"""What a delayed-quotes page of Cboe shows at a moment: which session, and which snapshot of it.

Options on SPX and VIX are quoted overnight too. A page seen then has live overnight quotes beside
series that nobody has quoted since the close, and its index level is the last close's. Seen on real
downloads: on 2024-11-11 at 08:02 the forwards stood 28 points above the index; on 2023-08-20 at
22:42 calls and puts of one series disagreed by more than their spreads; on weekends and between
close and evening neither was the case.
Source: Cboe, "Extended trading hours" and "Global trading hours" of SPX and VIX options: 03:00 to
09:15 New York from 2015-03-02, from the evening before (20:15) since 2021-11-21; a curb session
from 16:15 to 17:00 since 2022-04-25.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from steward.terms import calendar

OVERNIGHT = "gth"
"""The snapshot of quotes from global trading hours: no close, and no clock of its session."""

NIGHTS_FROM = date(2015, 3, 2)
EVENINGS_FROM = date(2021, 11, 21)
CURB_FROM = date(2022, 4, 25)
EVENING, NIGHT = time(20, 15), time(3, 0)
DAY = timedelta(days=1)

DELAY = timedelta(minutes=15)
"""By which the page is behind. Source: Cboe, "delayed quotes"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a page shows.

    session   that the quotes belong to, by Cboe's trade date: overnight it is the coming one
    snapshot  eod, gth, or the clock in New York as HHMM
    moment    of the quotes at the latest, UTC; null for eod: that of the snapshot
    """

    session: date
    snapshot: str
    moment: datetime | None

    @property
    def has_index(self) -> bool:
        """Whether the page's index level is of the quotes' time: it stands still overnight."""
        return self.snapshot != OVERNIGHT

    @property
    def maybe_curb(self) -> bool:
        """Whether quotes of the close may have moved on in the curb session."""
        half = calendar.is_half_day(self.session)
        return self.snapshot == "eod" and self.session >= CURB_FROM and not half


def shown_at(stamp: datetime) -> Shown:
    """What the page shows at a moment (aware of its zone).

    From the end of option trading (16:15, 13:15 on half days) to the first overnight session it
    shows the close. A closed weekday may have an overnight session of its own, so that its quotes
    count as overnight quotes: careful, for a close must be one. Raises StewardError for a day
    outside of the calendar.
    """
    clock = stamp.astimezone(calendar.NEW_YORK)
    today = clock.date()
    if calendar.is_session(today):
        opens = datetime.combine(today, calendar.OPEN, calendar.NEW_YORK)
        if opens <= clock < calendar.decision_moment(today):
            return Shown(session=today, snapshot=f"{clock:%H%M}", moment=clock.astimezone(UTC))
    last = calendar.on_or_before(today)
    if clock < calendar.decision_moment(last):
        last = calendar.previous_session(last)
    night = first_overnight(last)
    if night is None or clock < night:
        return Shown(session=last, snapshot="eod", moment=None)
    return Shown(
        session=calendar.next_session(last), snapshot=OVERNIGHT, moment=clock.astimezone(UTC)
    )


def first_overnight(session: date) -> datetime | None:
    """When overnight quotes begin after a session's close; None before there were any.

    Evenings belong to the weekday that follows them: none on Friday and Saturday.
    """
    if session >= EVENINGS_FROM - 2 * DAY:  # the first evening is a Sunday's
        evening = session
        while evening.weekday() in (4, 5):
            evening += DAY
        return datetime.combine(evening, EVENING, calendar.NEW_YORK)
    morning = session + DAY
    while morning.weekday() in (5, 6):
        morning += DAY
    if morning < NIGHTS_FROM:
        return None
    return datetime.combine(morning, NIGHT, calendar.NEW_YORK)


def night_before(session: date) -> Shown:
    """Overnight quotes of a session whose clock nobody knows: known when regular trading opens."""
    opens = datetime.combine(session, calendar.OPEN, calendar.NEW_YORK)
    return Shown(session=session, snapshot=OVERNIGHT, moment=opens.astimezone(UTC))


def sentences(shown: Shown, stamp: datetime) -> tuple[str, ...]:
    """What was read from the stamp, for the report."""
    clock = f"{stamp.astimezone(calendar.NEW_YORK):%Y-%m-%d %H:%M} New York"
    if shown.snapshot == OVERNIGHT:
        return (
            f"stamp {clock}: in or after an overnight session, so these are overnight quotes of "
            f"{shown.session} and no close; the index level, which stands still overnight, is left "
            "out",
        )
    if shown.snapshot != "eod":
        return (f"stamp {clock}: a snapshot of the session, delayed by a quarter of an hour",)
    said = f"stamp {clock}: shows the close of {shown.session}"
    if stamp < calendar.decision_moment(shown.session) + DELAY:
        said += ", whose quotes it has a quarter of an hour late: these may be of before it"
    elif shown.maybe_curb:
        said += "; quotes may be of the curb session, which ends at 17:00"
    return (said,)
