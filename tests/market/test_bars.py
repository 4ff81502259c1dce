"""Bars: what was traded is believed or set aside, and never becomes a quote."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest

from steward.market.bars import CONTRADICTED, as_bars, believed
from steward.market.believe import NOT_OURS
from steward.market.series import finished

GOOD: dict[str, Any] = {
    "line": 2,
    "session": date(2022, 5, 6),
    "root": "SPXW",
    "expiry": date(2022, 5, 20),
    "right": "P",
    "strike": 4000.0,
    "open": 50.0,
    "high": 61.0,
    "low": 49.0,
    "close": 60.0,
    "volume": 12,
    "transactions": 3,
}


def one(**other: Any) -> tuple[pl.DataFrame, pl.DataFrame]:
    return believed(as_bars(pl.DataFrame([{**GOOD, **other}])))


def test_a_bar_is_known_when_the_curb_session_has_ended() -> None:
    """17:00 New York, on a day of summer time 21:00 UTC."""
    kept, aside = one()
    assert kept["known_at"].to_list() == [datetime(2022, 5, 6, 21, tzinfo=UTC)]
    assert kept["open_interest"].to_list() == [None]
    assert aside.is_empty()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"root": "AAPL"}, NOT_OURS),
        ({"session": date(2022, 5, 7)}, "not a session of the exchange"),
        ({"session": None}, "not a session of the exchange"),
        ({"expiry": None}, "no expiry"),
        ({"expiry": date(2022, 5, 22)}, "expires on a day that is not a session"),
        ({"expiry": date(2022, 5, 5)}, "already expired"),
        ({"right": None}, "neither call nor put"),
        ({"strike": 0.0}, "no strike above 0"),
        ({"low": -1.0}, "a traded price not above 0"),
        ({"close": 70.0}, "prices outside of high and low"),
        ({"volume": 0}, "neither a trade nor open interest"),
        ({"volume": None}, "neither a trade nor open interest"),
    ],
)
def test_a_bar_that_is_not_believed_has_its_reason(change: dict[str, Any], reason: str) -> None:
    kept, aside = one(**change)
    assert kept.is_empty()
    assert aside["reason"].to_list() == [reason]


def test_a_price_without_a_trade_is_unknown() -> None:
    kept, _ = one(volume=0, open_interest=7)
    assert kept.select("open", "high", "low", "close").row(0) == (None,) * 4
    assert kept["open_interest"].to_list() == [7]


def test_a_saturday_is_the_friday_and_an_old_root_has_its_name_of_today() -> None:
    kept, _ = one(session=date(2011, 1, 3), root="SPXPM", expiry=date(2011, 1, 22))
    assert kept.select("root", "expiry").row(0) == ("SPXW", date(2011, 1, 21))


def test_what_occurs_twice_is_counted() -> None:
    rows = as_bars(pl.DataFrame([GOOD, {**GOOD, "line": 3}, {**GOOD, "line": 4, "root": "SPY"}]))
    done = finished("bars", rows, source="0" * 16)
    assert done.rows.height == 1
    assert done.set_aside["reason"].to_list() == ["a row that occurs twice", NOT_OURS]
    assert done.sessions == {"SPXW": {"": {"2022-05-06": 1}}}


def test_two_bars_that_contradict_each_other_are_both_set_aside() -> None:
    rows = as_bars(pl.DataFrame([GOOD, {**GOOD, "line": 3, "volume": 13}, {**GOOD, "strike": 1.0}]))
    kept, aside = believed(rows)
    assert kept["strike"].to_list() == [1.0]
    assert aside.select("line", "reason").rows() == [(2, CONTRADICTED), (3, CONTRADICTED)]
