"""The date text of a Cboe page, as browsers of several languages write it, as a moment.

Cboe's page lets the browser write its clock, so the text follows the reader's language:
"June 11, 2022, 8:47 PM EDT", "9 June 2023, 1:40 PM EDT", "23 de marzo de 2022, 10:11 GMT-4".
Months are words in all of them: a day that is numbers only is not read, for it could be two.
English and Spanish are seen on real files; the others are what browsers write for `de`, `fr`, `it`
and `pt` (Unicode CLDR, long dates).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone, tzinfo

from steward.terms import calendar

_NAMES = (
    "january february march april may june july august september october november december",
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "januar februar märz april mai juni juli august september oktober november dezember",
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "jan feb mar apr may jun jul aug sep oct nov dec",
)
MONTHS: Mapping[str, int] = {
    **{word: at for names in _NAMES for at, word in enumerate(names.split(), start=1)},
    "setiembre": 9,
    "sept": 9,
}

ZONES: Mapping[str, float] = {"EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6}
ZONES = {**ZONES, "PST": -8, "PDT": -7, "UTC": 0, "GMT": 0, "MEZ": 1, "MESZ": 2}
"""Hours from UTC. A name in a text that is not here makes the text unreadable."""

_YEAR = re.compile(r"(?<!\d)(20\d\d)(?!\d)")
_CLOCK = re.compile(r"(?<!\d)(\d{1,2})[:.h](\d{2})(?::\d{2})?(?!\d)\s*([ap])?", re.IGNORECASE)
_OFFSET = re.compile(r"\b(?:GMT|UTC)\s*([+\-\u2212])\s*(\d{1,2})(?::?(\d{2}))?\b")
_NAMED = re.compile(r"\b([A-Z]{2,4}T|UTC|MEZ|MESZ|ET)\b")


def stamp_of(text: str) -> datetime | None:
    """The moment that a text says, aware of its zone; None where one part of it is not plain.

    A text without any zone is New York time, as the page says it ("ET").
    """
    year, clock, day = _YEAR.search(text), _CLOCK.search(text), _day(text)
    zone = _zone(text)
    if year is None or clock is None or day is None or zone is None:
        return None
    hour, minute, half = int(clock[1]), int(clock[2]), (clock[3] or "").lower()
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "p" else 0)
    try:
        return datetime(int(year[1]), day[0], day[1], hour, minute, tzinfo=zone)
    except ValueError:
        return None


def _day(text: str) -> tuple[int, int] | None:
    """Month and day: a month's word with a number of at most two digits beside it."""
    for word in re.finditer(r"[^\W\d_]+", text):
        month = MONTHS.get(word[0].lower())
        if month is None:
            continue
        before = re.search(r"(?<!\d)(\d{1,2})(?:\.|º|er)?\s+(?:de\s+)?$", text[: word.start()])
        after = re.match(r"\.?\s+(\d{1,2})(?![\d:])", text[word.end() :])
        number = before or after
        if number is not None:
            return month, int(number[1])
    return None


def _zone(text: str) -> tzinfo | None:
    offset = _OFFSET.search(text)
    if offset is not None:
        sign = 1 if offset[1] == "+" else -1
        ahead = timedelta(hours=int(offset[2]), minutes=int(offset[3] or 0))
        return timezone(sign * ahead) if ahead < timedelta(hours=24) else None
    named = _NAMED.search(text)
    if named is None or named[1] == "ET":
        return calendar.NEW_YORK
    hours = ZONES.get(named[1])
    return None if hours is None else timezone(timedelta(hours=hours))
