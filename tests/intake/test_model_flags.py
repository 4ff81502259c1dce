"""Flags counted by hand."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from steward.intake.model_flags import FEW, model_flags
from steward.market.quotes import PRICED, Flag, Priced

DAYS = tuple(date(2018, 1, day) for day in (2, 3, 4, 5, 8, 9, 10))
ALWAYS = Flag(of="VIX options", beyond=False, text="VVIX is not published: fitted")
WIDE = Flag(of="VIX options", beyond=True, text="VIX outside of 11 to 53 for widths")
JUMP = Flag(of="SPX options", beyond=True, text="a jump of VIX")


class Told:
    """A source that says on each session what it was told to say."""

    def __init__(self, said: Mapping[date, tuple[Flag, ...]]) -> None:
        self._said = said

    def flags(self, session: date, of: Collection[Priced] = PRICED) -> tuple[Flag, ...]:
        return self._said.get(session, ())


def counted(said: Mapping[date, tuple[Flag, ...]]) -> Any:
    source: Any = Told(said)
    return model_flags(source, DAYS)


def test_each_flag_has_its_sessions_the_first_and_the_last() -> None:
    said = dict.fromkeys(DAYS, (ALWAYS,))
    said[DAYS[1]] = (ALWAYS, WIDE, JUMP)
    said[DAYS[5]] = (WIDE, ALWAYS)
    found = counted(said)
    assert (found.sessions, found.beyond) == (7, 2)
    assert [(one.text, one.sessions, one.first, one.last) for one in found.flags] == [
        (JUMP.text, 1, DAYS[1], DAYS[1]),
        (WIDE.text, 2, DAYS[1], DAYS[5]),
        (ALWAYS.text, 7, DAYS[0], DAYS[6]),
    ]
    assert [one.days for one in found.flags] == [(DAYS[1],), (DAYS[1], DAYS[5]), ()]


def test_few_sessions_are_named_and_many_are_not() -> None:
    few = counted(dict.fromkeys(DAYS[:FEW], (WIDE,))).flags[0]
    many = counted(dict.fromkeys(DAYS[: FEW + 1], (WIDE,))).flags[0]
    assert few.days == DAYS[:FEW]
    assert many.days == ()
    assert (many.first, many.last) == (DAYS[0], DAYS[FEW])


def test_a_session_with_two_states_beyond_the_fit_counts_once() -> None:
    assert counted({DAYS[0]: (WIDE, JUMP), DAYS[1]: (ALWAYS,)}).beyond == 1


def test_nothing_said_is_nothing_counted() -> None:
    found = counted({})
    assert (found.sessions, found.beyond, found.flags) == (7, 0, ())
