"""Which files are asked for."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from steward.doors.fetch.catalogue import catalogue
from steward.doors.fetch.planning import (
    Planned,
    closed_by,
    expiries,
    is_final,
    plan,
    without_vintages,
)
from steward.terms import calendar
from steward.terms.errors import StewardError

KNOWN = catalogue()
KEY = {"FRED_API_KEY": "SECRET"}
TODAY = date(2026, 11, 25)


def names(first: date, last: date, **given: object) -> list[str]:
    keys = given.pop("keys", {})
    return [one.name for one in plan(KNOWN, first=first, last=last, keys=keys, **given)]  # type: ignore[arg-type]


def test_expiries_of_a_span() -> None:
    """Settlement days of early 2026: SOURCES-chains.md names 2026-03-18, -04-15, -05-19."""
    days = expiries(date(2026, 3, 18), date(2026, 5, 18))
    assert days[:3] == (date(2026, 3, 18), date(2026, 4, 15), date(2026, 5, 19))
    assert len(days) == 2 + 9  # what settled, and the nine months that were listed then
    assert days[-1] == date(2027, 1, 20)


def test_expiries_begin_with_the_first_contract() -> None:
    """May 2004: the first file of the archive, and no contract of April was ever listed."""
    days = expiries(date(1990, 1, 1), TODAY)
    assert days[0] == date(2004, 5, 19)
    assert len(days) == len(set(days))
    assert expiries(date(1990, 1, 1), date(2003, 1, 1)) == ()


def test_expiries_at_the_end_of_the_calendar() -> None:
    assert expiries(date(2029, 11, 1), calendar.LAST_DAY)[-1].year == 2029


def test_both_layouts_of_futures() -> None:
    found = names(date(2014, 4, 1), date(2014, 5, 1))
    futures = [
        name for name in found if "VX" in name.rsplit("/", 1)[1].split("_")[:-1] or "CFE" in name
    ]
    assert "cfe_vx_archive/CFE_J14_VX.csv" in futures
    assert "cfe_vx/VX_2014-05-21.csv" in futures
    assert "cfe_vx/VX_2014-04-16.csv" not in found


def test_histories_come_whole_whatever_the_span() -> None:
    found = names(date(2026, 1, 2), date(2026, 1, 5))
    assert found[0] == "cboe_index/SPX_History.csv"
    assert "cboe_index/VIX1D_History.csv" in found
    assert "cboe_strategy/CNDR_History.csv" in found
    assert "fred_rates/DTB3.csv" in found


def test_one_publisher_after_the_other() -> None:
    planned = list(plan(KNOWN, first=TODAY, last=TODAY, keys=KEY))
    groups = [one.source.group.name for one in planned]
    assert groups == sorted(groups)
    assert not any(one.source.kind in ("calendar_page", "delayed_chain") for one in planned)


def test_vintages_with_a_key_and_lagged_without() -> None:
    without, given = names(TODAY, TODAY), names(TODAY, TODAY, keys=KEY)
    assert "fred_lagged/CPIAUCNS.csv" in without
    assert "alfred/CPIAUCNS.json" not in without
    assert "alfred/CPIAUCNS.json" in given
    assert "fred_lagged/CPIAUCNS.csv" not in given


def test_vintages_are_not_given_up_for_lagged_values() -> None:
    held = frozenset({"alfred/CPIAUCNS.json"})
    found = names(TODAY, TODAY, held=held)
    assert "fred_lagged/CPIAUCNS.csv" not in found
    assert "fred_lagged/GDPC1.csv" in found
    assert without_vintages(KNOWN, {}, held) == ("CPIAUCNS",)
    assert without_vintages(KNOWN, KEY, held) == ()


def test_the_key_is_in_no_planned_address() -> None:
    for one in plan(KNOWN, first=TODAY, last=TODAY, keys=KEY):
        assert "SECRET" not in one.url
        assert ("{key}" in one.url) == (one.source.kind == "alfred")


def test_a_span_that_ends_before_it_begins() -> None:
    with pytest.raises(StewardError, match="--from 2026-11-25 is after --to 2026-11-24"):
        names(TODAY, date(2026, 11, 24))


@pytest.mark.parametrize(
    ("now", "session"),
    [
        (datetime(2026, 11, 25, 21, 14, tzinfo=UTC), date(2026, 11, 24)),  # 16:14 in New York
        (datetime(2026, 11, 25, 21, 15, tzinfo=UTC), date(2026, 11, 25)),
        (datetime(2026, 11, 26, 23, 0, tzinfo=UTC), date(2026, 11, 25)),  # Thanksgiving
        (datetime(2026, 11, 27, 18, 15, tzinfo=UTC), date(2026, 11, 27)),  # 13:15, a half day
        (datetime(2026, 11, 29, 12, 0, tzinfo=UTC), date(2026, 11, 27)),
    ],
)
def test_the_last_session_that_ended(now: datetime, session: date) -> None:
    assert closed_by(now) == session


def test_a_contract_is_final_a_session_after_it_settled() -> None:
    one = Planned(
        name="cfe_vx/VX_2026-10-21.csv",
        source=KNOWN.sources["cfe_vx"],
        url="",
        ends=date(2026, 10, 21),
    )
    assert not is_final(one, date(2026, 10, 22))
    assert is_final(one, date(2026, 10, 23))
