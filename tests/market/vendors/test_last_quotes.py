"""The last quote before a snapshot: what a plain loop finds, however the file is cut up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.market.vendors.last_quotes import TICKS, LastQuotes

NEW_YORK = ZoneInfo("America/New_York")
CALL, PUT = "SPXW  240119C04700000", "SPXW  240119P04700000"


def stamp(hour: int, minute: int, second: int = 0, *, day: int = 9) -> int:
    """Nanoseconds of a New York clock of January 2024."""
    at = datetime(2024, 1, day, hour, minute, second, tzinfo=NEW_YORK)
    return int(at.timestamp()) * 1_000_000_000


def ticks(*rows: tuple[str, int, float]) -> pl.DataFrame:
    """Option, stamp, bid; the ask is a tenth above."""
    return pl.DataFrame(
        [
            (line, option, at, bid, bid + 0.1, 1.0, 2.0)
            for line, (option, at, bid) in enumerate(rows, 2)
        ],
        schema=TICKS,
        orient="row",
    )


def found(last: LastQuotes) -> dict[tuple[str, str], float]:
    rows, _ = last.rows()
    return {(s, r): bid for s, r, bid in rows.select("snapshot", "right", "bid").iter_rows()}


@pytest.mark.parametrize("at", [0, -1, 2**63 - 1, 1704834060, 1704834060000, 1704834060000000])
def test_a_stamp_in_another_unit_is_set_aside(at: int) -> None:
    sifted = LastQuotes().add(ticks((CALL, at, 1.0), (CALL, stamp(15, 44), 1.0)))
    assert sifted.set_aside["line"].to_list() == [2]
    assert sifted.elsewhere == 0


def test_each_snapshot_has_the_last_record_up_to_it() -> None:
    last = LastQuotes()
    last.add(
        ticks(
            (CALL, stamp(15, 44, 59), 1.0),
            (CALL, stamp(15, 45), 2.0),
            (CALL, stamp(15, 45, 1), 3.0),
            (CALL, stamp(16, 15), 4.0),
            (CALL, stamp(16, 15, 1), 5.0),
            (PUT, stamp(16, 0), 6.0),
        )
    )
    assert found(last) == {("1545", "C"): 2.0, ("eod", "C"): 4.0, ("eod", "P"): 6.0}
    rows, _ = last.rows()
    moments = rows.sort("bid")["moment"].to_list()
    assert moments[0] == datetime(2024, 1, 9, 20, 45, tzinfo=UTC)
    assert rows.sort("bid").row(0, named=True)["bid_size"] == 1


def test_on_a_half_day_the_snapshots_are_earlier() -> None:
    """3 July 2024: shares close at 13:00, options at 13:15."""
    last = LastQuotes()
    day = timedelta(days=176)  # from 9 January
    for hour, minute, bid in ((12, 45, 1.0), (12, 46, 2.0), (13, 15, 3.0), (13, 16, 4.0)):
        at = datetime(2024, 1, 9, hour, minute, tzinfo=NEW_YORK) + day
        last.add(ticks((CALL, int(at.timestamp()) * 1_000_000_000, bid)))
    assert found(last) == {("1545", "C"): 1.0, ("eod", "C"): 3.0}


def test_the_night_is_no_part_of_the_day() -> None:
    last = LastQuotes()
    last.add(ticks((CALL, stamp(3, 0), 1.0), (CALL, stamp(20, 30), 2.0)))
    assert found(last) == {}


def test_a_record_past_the_limit_is_set_aside_with_its_reason() -> None:
    last = LastQuotes(timedelta(minutes=30))
    last.add(ticks((CALL, stamp(15, 15), 1.0), (PUT, stamp(15, 14, 59), 2.0)))
    assert found(last) == {("1545", "C"): 1.0}
    _, stale = last.rows()
    assert set(stale["reason"]) == {"stale: more than 30 minutes old at the snapshot"}
    assert sorted(stale["line"]) == [2, 3, 3]  # the put for both snapshots, the call for eod


def test_other_underlyings_are_counted_and_what_does_not_read_is_set_aside() -> None:
    last = LastQuotes()
    sifted = last.add(
        ticks(
            ("O:AAPL240119C00100000", stamp(15, 0), 1.0),
            ("O:SPXL240119C00100000", stamp(15, 0), 1.0),
            ("NA", stamp(15, 0), 1.0),
            ("O:SPXW240119X00100000", stamp(15, 0), 1.0),
        )
    )
    assert sifted.elsewhere == 3
    assert sifted.set_aside["line"].to_list() == [5]
    assert found(last) == {}


records = st.tuples(
    st.sampled_from([CALL, PUT]),
    st.integers(stamp(9, 30) // 10**9, stamp(16, 30) // 10**9).map(lambda s: s * 10**9),
    st.integers(0, 50).map(float),
)


@given(rows=st.lists(records, min_size=1, max_size=30), cut=st.integers(1, 30))
def test_batches_do_not_matter(rows: list[tuple[str, int, float]], cut: int) -> None:
    expected: dict[tuple[str, str], float] = {}
    for name, end in (("1545", stamp(15, 45)), ("eod", stamp(16, 15))):
        for option, _, bid in sorted((r for r in rows if r[1] <= end), key=lambda r: r[1]):
            expected[name, option[12]] = bid
    last = LastQuotes()
    whole = ticks(*rows)
    for start in range(0, len(rows), cut):
        last.add(whole.slice(start, cut))
    assert found(last) == pytest.approx(expected)
