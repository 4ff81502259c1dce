"""What a page of Cboe shows at a moment, and the moment that its date text says."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from steward.market.believe import snapshot_moment
from steward.market.vendors.cboe_hours import first_overnight, night_before, sentences, shown_at
from steward.market.vendors.cboe_stamp import stamp_of
from steward.terms.calendar import NEW_YORK


def new_york(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=NEW_YORK)


@pytest.mark.parametrize(
    ("stamp", "session", "snapshot"),
    [
        ("2023-02-07 11:55", "2023-02-07", "1155"),
        ("2023-02-07 16:14", "2023-02-07", "1614"),
        ("2023-02-07 16:15", "2023-02-07", "eod"),
        ("2023-02-07 20:14", "2023-02-07", "eod"),
        ("2023-02-07 20:15", "2023-02-08", "gth"),
        ("2023-02-08 09:29", "2023-02-08", "gth"),
        ("2023-02-08 09:30", "2023-02-08", "0930"),
        ("2023-02-03 23:24", "2023-02-03", "eod"),  # a Friday night
        ("2024-01-07 10:52", "2024-01-05", "eod"),  # a Sunday morning
        ("2023-08-20 22:42", "2023-08-21", "gth"),  # a Sunday night
        ("2024-11-29 13:14", "2024-11-29", "1314"),  # options close at 13:15
        ("2024-11-29 13:15", "2024-11-29", "eod"),
        ("2024-09-02 09:00", "2024-09-03", "gth"),  # Labor Day has an overnight session
        ("2018-03-06 02:59", "2018-03-05", "eod"),  # nights began at 03:00 then
        ("2018-03-06 03:00", "2018-03-06", "gth"),
        ("2018-03-03 12:00", "2018-03-02", "eod"),  # a Saturday
        ("2010-03-03 08:00", "2010-03-02", "eod"),  # no nights at all then
        ("2021-11-18 21:00", "2021-11-18", "eod"),  # the first evening was 2021-11-21
        ("2021-11-21 20:15", "2021-11-22", "gth"),
    ],
)
def test_the_clock_says_the_session_and_the_snapshot(
    stamp: str, session: str, snapshot: str
) -> None:
    shown = shown_at(new_york(stamp))
    assert (shown.session.isoformat(), shown.snapshot) == (session, snapshot)
    assert shown.has_index == (snapshot != "gth")


def test_a_close_takes_the_moment_of_the_session_and_all_else_that_of_the_stamp() -> None:
    assert shown_at(new_york("2023-02-07 17:34")).moment is None
    night = shown_at(new_york("2023-02-07 21:00"))
    assert night.moment == datetime(2023, 2, 8, 2, 0, tzinfo=UTC)
    assert shown_at(new_york("2023-02-07 11:55")).moment == snapshot_moment(
        date(2023, 2, 7), "1155"
    )


def test_overnight_quotes_are_no_snapshot_with_a_clock_of_its_own() -> None:
    assert snapshot_moment(date(2023, 2, 7), "gth") is None


def test_the_zone_of_the_stamp_does_not_matter() -> None:
    there = new_york("2023-02-07 21:00")
    assert shown_at(there) == shown_at(there.astimezone(UTC))


def test_an_unknown_clock_of_a_night_is_known_when_trading_opens() -> None:
    shown = night_before(date(2022, 9, 14))
    assert shown.moment == datetime(2022, 9, 14, 13, 30, tzinfo=UTC)
    assert (shown.session, shown.snapshot) == (date(2022, 9, 14), "gth")


def test_evenings_belong_to_the_weekday_after_them() -> None:
    evening = first_overnight(date(2023, 2, 3))
    assert evening is not None
    assert (evening.date(), evening.hour, evening.minute) == (date(2023, 2, 5), 20, 15)
    assert first_overnight(date(2014, 6, 4)) is None


def test_the_report_says_when_the_curb_session_may_show() -> None:
    def said(stamp: str) -> str:
        return " ".join(sentences(shown_at(new_york(stamp)), new_york(stamp)))

    assert "may be of before it" in said("2023-02-07 16:29")
    assert "before it" not in said("2023-02-07 16:30")
    assert "curb" in said("2023-02-07 17:34")
    assert "curb" not in said("2022-01-07 17:34")  # began 2022-04-25
    assert "curb" not in said("2024-11-29 17:34")  # none on half days
    assert "no close" in said("2023-02-07 21:00")


@pytest.mark.parametrize(
    ("text", "clock"),
    [
        ("January 9, 2022, 3:11 AM EST", "2022-01-09 03:11"),
        ("June 11, 2022, 8:47 PM EDT", "2022-06-11 20:47"),
        ("February 3, 2023 at 11:24\u202fPM EST", "2023-02-03 23:24"),
        ("9 June 2023, 1:40 PM EDT", "2023-06-09 13:40"),
        ("June 9, 2023 at 12:05 AM EDT", "2023-06-09 00:05"),
        ("June 9, 2023 at 12:05 PM EDT", "2023-06-09 12:05"),
        ("23 de marzo de 2022, 10:11 GMT-4", "2022-03-23 10:11"),
        ("11 de noviembre de 2024, 8:02 GMT-5", "2024-11-11 08:02"),
        ("9 de junio de 2023, 1:40 p. m. GMT-4", "2023-06-09 13:40"),  # written, as all below
        ("9. Juni 2023 um 13:40 GMT-4", "2023-06-09 13:40"),
        ("9. März 2023 um 19:40 MEZ", "2023-03-09 13:40"),
        ("9 août 2023 à 13:40 UTC\u22124", "2023-08-09 13:40"),
        ("1er août 2023 à 13:40 UTC\u22124", "2023-08-01 13:40"),
        ("9 giugno 2023 alle ore 13:40 GMT-4", "2023-06-09 13:40"),
        ("9 de março de 2023 às 13:40 GMT-5", "2023-03-09 13:40"),
        ("Jan 24 2011 @ 14:03 ET", "2011-01-24 14:03"),
    ],
)
def test_a_moment_is_read_in_the_languages_of_browsers(text: str, clock: str) -> None:
    stamp = stamp_of(text)
    assert stamp is not None
    assert f"{stamp.astimezone(NEW_YORK):%Y-%m-%d %H:%M}" == clock


@pytest.mark.parametrize(
    "text",
    [
        "1/6/2025, 8:48 PM EST",  # two days could be meant
        "June 31, 2023 at 1:40 PM EDT",
        "June 9, 2023 at 13:40 PM EDT",
        "June 9, 2023 at 1:40 PM XYT",
        "June 9, 2023",
        "June 9 at 1:40 PM EDT",
        "Brumaire 9, 2023 at 1:40 PM EDT",
        "June 9, 2023 at 13:40 GMT-99",
        "",
    ],
)
def test_a_moment_that_is_not_plain_is_not_read(text: str) -> None:
    assert stamp_of(text) is None
