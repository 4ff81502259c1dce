"""Roots of files without roots: by the day, and of third Fridays by two rows side by side."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from steward.market import collisions, third_fridays
from steward.market.aside import AGAIN
from steward.market.tables import QUOTE_KEY
from steward.market.vendors.columns import as_rows
from steward.terms.errors import StewardError

from .judged_rows import chain, completed, joined, reasons, rows_of
from .vendors.chains.reading import sample_file

AM_ENDS = 6.5 / 24.0
TRADED_DAY = 0.7
"""Days that the hours of trading are worth when time is counted by variance."""

SESSION, FRIDAY = date(2023, 2, 7), date(2023, 3, 17)


def both(**more: object) -> pl.DataFrame:
    """The two series of a third Friday without their roots, one after the other."""
    am = chain(None, SESSION, FRIDAY, shorter=AM_ENDS, volume=7, **more)
    return joined(am, chain(None, SESSION, FRIDAY, volume=3, **more))


# --- by the day ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("session", "expiry", "root", "settles"),
    [
        ("2018-01-02", "2018-01-31", "SPXW", "PM"),  # month-end
        ("2018-01-02", "2018-01-26", "SPXW", "PM"),  # Friday
        ("2018-01-02", "2018-01-17", "SPXW", "PM"),  # Wednesday
        ("2018-01-02", "2018-01-16", "SPXW", "PM"),  # Tuesday after a closed Monday
        ("2023-02-03", "2023-02-14", "SPXW", "PM"),  # Tuesday
        ("2018-03-20", "2018-03-29", "SPXW", "PM"),  # Thursday before Good Friday
        ("2010-01-04", "2010-01-08", "SPXW", "AM"),  # Friday weekly before 2010-12
        ("2010-01-04", "2010-03-31", "SPXW", "PM"),  # quarter-end
        ("2010-01-04", "2010-01-16", "SPX", "AM"),  # Saturday of a third Friday
        ("2014-04-01", "2014-04-19", "SPX", "AM"),  # its Friday was closed
        ("2016-04-01", "2016-04-15", "SPX", "AM"),  # third Friday before SPXW had it
        ("2023-02-07", "2023-12-15", "SPX", "AM"),  # third Friday too far ahead for SPXW
    ],
)
def test_a_day_with_one_series_has_its_root(
    session: str, expiry: str, root: str, settles: str
) -> None:
    at = {"session": date.fromisoformat(session), "expiry": date.fromisoformat(expiry)}
    done = completed(rows_of({"root": None, **at}))
    assert reasons(done) == {}
    row = done.quotes.row(0, named=True)
    assert (row["root"], row["settlement"], row["settlement_source"]) == (root, settles, "inferred")
    assert len(done.inferred) >= 1


@pytest.mark.parametrize(
    ("session", "expiry"),
    [
        ("2018-01-02", "2018-01-25"),  # a Thursday, before 2022
        ("2018-01-02", "2018-01-23"),  # a Tuesday, before 2022
        ("2015-01-05", "2015-01-14"),  # a Wednesday, before 2016
        ("2013-06-03", "2013-07-31"),  # a month-end, before 2014
        ("2005-01-03", "2005-01-14"),  # a Friday, before 2005-11
    ],
)
def test_a_day_on_which_no_series_is_known_to_expire(session: str, expiry: str) -> None:
    at = {"session": date.fromisoformat(session), "expiry": date.fromisoformat(expiry)}
    assert reasons(completed(rows_of({"root": None, **at}))) == {collisions.NO_SERIES: 1}


@pytest.mark.parametrize(
    ("session", "expiry", "root"),
    [
        ("2023-02-07", "2023-03-22", "VIX"),
        ("2023-02-07", "2023-03-01", "VIXW"),
        ("2024-06-03", "2024-06-18", "VIX"),  # the Wednesday was closed
        ("2019-06-03", "2019-07-03", "VIXW"),
        ("2014-02-03", "2014-03-18", "VIX"),  # the Friday 30 days later was closed
        ("2013-06-03", "2013-07-03", None),  # a weekly, before 2015-10-08
        ("2023-02-07", "2023-03-02", None),  # a Thursday
    ],
)
def test_vix_settles_on_its_wednesdays(session: str, expiry: str, root: str | None) -> None:
    at = {"session": date.fromisoformat(session), "expiry": date.fromisoformat(expiry)}
    done = completed(rows_of({"root": None, "symbol": "VIX", **at}))
    assert done.quotes["root"].to_list() == ([root] if root else [])
    assert done.quotes["settlement"].to_list() == (["AM"] if root else [])


@pytest.mark.parametrize(("settles", "root"), [("AM", "SPX"), ("PM", "SPXW")])
def test_the_settlement_that_a_file_gives_tells_the_root(settles: str, root: str) -> None:
    at = {"session": SESSION, "expiry": FRIDAY, "settlement": settles, "root": None}
    row = completed(rows_of(at)).quotes.row(0, named=True)
    assert (row["root"], row["settlement_source"]) == (root, "given")


def test_a_single_row_of_a_day_with_two_series_is_refused_unless_the_user_says_the_root() -> None:
    row = rows_of({"root": None, "session": SESSION, "expiry": FRIDAY})
    assert reasons(completed(row)) == {collisions.AMBIGUOUS: 1}
    done = completed(row, root_hint="SPX")
    assert done.quotes["root"].to_list() == ["SPX"]
    assert done.inferred == ("roots are not in the file: SPX, as the user says",)
    assert completed(row, root_hint="SPXW").quotes["settlement"].to_list() == ["PM"]


def test_a_hint_is_for_rows_of_its_underlying_without_a_root() -> None:
    wednesday = {"symbol": "VIX", "root": None, "expiry": date(2018, 1, 17), "strike": 12.0}
    done = completed(rows_of({"root": None}, wednesday, {"strike": 1.0}), root_hint="SPXW")
    assert sorted(done.quotes["root"]) == ["SPXW", "SPXW", "VIX"]


def test_a_hint_that_is_no_root_is_an_error() -> None:
    with pytest.raises(StewardError, match="--root XSP: Steward knows SPX, SPXW"):
        completed(rows_of({"root": None}), root_hint="XSP")


# --- two rows side by side -----------------------------------------------------------------------


def test_the_dearer_of_two_rows_is_the_pm_series() -> None:
    done = completed(both())
    assert collisions.BY_PRICE in done.inferred
    labels = dict(done.quotes.group_by("root").agg(pl.col("volume").drop_nulls().unique()).rows())
    assert labels == {"SPX": [7], "SPXW": [3]}
    near = done.quotes.filter(pl.col("strike").is_between(3800, 4200))
    assert near.height == 2 * 2 * 17  # every row within one standard deviation
    assert set(done.set_aside["reason"]) == {collisions.AMBIGUOUS}


def test_two_rows_with_one_bid_and_ask_are_the_quote_of_either() -> None:
    done = completed(both())
    wing = done.quotes.filter(pl.col("strike") == 3000.0, pl.col("right") == "P")
    assert wing["root"].to_list() == ["SPX", "SPXW"]
    assert wing["volume"].to_list() == [None, None]
    assert wing["ask"].n_unique() == 1


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 1000))
def test_the_order_of_the_rows_changes_nothing(seed: int) -> None:
    rows = both()
    shuffled = rows.sample(fraction=1.0, shuffle=True, seed=seed)
    shuffled = shuffled.with_columns(line=rows["line"])
    one, other = completed(rows), completed(shuffled)
    assert_frame_equal(one.quotes.drop("line"), other.quotes.drop("line"))
    assert reasons(one) == reasons(other)


def test_a_strike_of_one_series_alone_is_refused() -> None:
    am = chain(None, SESSION, FRIDAY, shorter=AM_ENDS)
    pm = chain(None, SESSION, FRIDAY, strikes=range(3000, 4800, 50))
    done = completed(joined(am, pm))
    assert set(done.quotes["strike"] % 50) == {0.0}
    assert done.quotes.height > 0


@pytest.mark.parametrize("moved", [1.0, 2.0, 3.0, 5.0, 30.0])
def test_two_moments_of_one_series_are_not_taken_for_two_series(moved: float) -> None:
    """Calls go up and puts down, in the money by more than out of it."""
    one = chain(None, SESSION, FRIDAY, half=0.5)
    later = chain(None, SESSION, FRIDAY, forward=4000.0 + moved, half=0.5)
    assert completed(joined(one, later)).quotes.is_empty()


@pytest.mark.parametrize("risen", [0.0005, 0.001, 0.002, 0.005, 0.01])
def test_volatility_that_rose_between_two_moments_is_not_a_day_more(risen: float) -> None:
    """The gap of a day's part shrinks with the time left, that of a volatility grows."""
    fridays = (date(2023, 3, 17), date(2023, 4, 21), date(2023, 6, 16), date(2023, 9, 15))
    once = [chain(None, SESSION, day) for day in fridays]
    later = [chain(None, SESSION, day, vol=0.20 + risen) for day in fridays]
    assert completed(joined(*once, *later)).quotes.is_empty()


def test_where_other_days_have_two_quotes_of_a_contract_two_rows_are_no_two_series() -> None:
    """Two moments, volatility having risen: on a third Friday alone that looks like two series."""
    month_end = date(2023, 3, 31)
    parts = [both(), chain(None, SESSION, month_end), chain(None, SESSION, month_end, vol=0.202)]
    done = completed(joined(*parts))
    assert FRIDAY not in done.quotes["expiry"].to_list()
    assert FRIDAY in completed(joined(*parts[:2])).quotes["expiry"].to_list()


def test_a_whole_file_that_is_there_twice_is_one_series_and_refused() -> None:
    rows = chain(None, SESSION, FRIDAY)
    done = completed(joined(rows, rows))
    assert reasons(done) == {AGAIN: rows.height, collisions.AMBIGUOUS: rows.height}


def test_three_different_rows_of_a_key_are_refused() -> None:
    rows = both()
    third = chain(None, SESSION, FRIDAY, strikes=[4000], vol=0.25)
    done = completed(joined(rows, third))
    assert 4000.0 not in done.quotes["strike"].to_list()


def test_dead_rows_do_not_mislead() -> None:
    """One of two rows without a quote: the other stands alone and says nothing of which it is."""
    rows = both()
    dead = (pl.col("strike") == 4000.0) & (pl.col("volume") == 7)
    rows = rows.with_columns(
        bid=pl.when(dead).then(0.0).otherwise("bid"), ask=pl.when(dead).then(0.0).otherwise("ask")
    )
    assert 4000.0 not in completed(rows).quotes["strike"].to_list()


def test_nothing_is_told_on_the_day_of_the_expiry() -> None:
    am = chain(None, FRIDAY, FRIDAY)
    done = completed(joined(am, chain(None, FRIDAY, FRIDAY, vol=0.5)))
    assert done.quotes.is_empty()


def test_before_2017_two_rows_are_told_apart_too() -> None:
    """SPXPM, 2011-10 to 2017-05, under one name with SPX."""
    session, friday = date(2013, 2, 5), date(2013, 3, 15)
    level = {"forward": 1500.0, "strikes": range(1200, 1800, 5)}
    am = chain(None, session, friday, shorter=TRADED_DAY, **level)
    pm = chain(None, session, friday, **level)
    done = completed(joined(am, pm))
    assert set(done.quotes["root"]) == {"SPX", "SPXW"}


# --- the files that have roots, with their roots taken off ---------------------------------------

BOTH_ROOTS = (
    "2022-03-23",
    "2022-06-10",
    "2022-07-12",
    "2022-09-13_no_header",
    "2023-02-03",
    "2023-02-07",
    "2023-06-09",
    "2023-08-18",
    "2024-01-05",
    "2024-11-11",
    "2025-01-06_jan",
    "2025-01-06_feb",
)


@pytest.mark.parametrize("name", BOTH_ROOTS)
def test_every_label_is_true(shared_data: Path, name: str) -> None:
    (path,) = (shared_data / "chains" / "cboe_quotedata").glob(f"spx_quotedata_{name}.csv*")
    rows = sample_file(path).rows
    truth = completed(rows).quotes
    found = completed(rows.with_columns(root=pl.lit(None, dtype=pl.String))).quotes
    key = [*QUOTE_KEY, "bid", "ask"]
    assert found.join(truth, on=key, how="anti").is_empty()  # of all labelled rows, none is wrong
    third = pl.col("expiry").is_in(
        truth.filter(pl.col("root") == "SPX")["expiry"].unique().implode()
    )
    assert found.filter(~third).height == truth.filter(~third).height  # all other days are plain
    doubled = truth.filter(third).group_by("expiry").agg(pl.col("root").n_unique())
    doubled = doubled.filter(pl.col("root") == 2)
    near = (pl.col("delta").abs() > 0.1) & (pl.col("delta").abs() < 0.6)
    asked = truth.join(doubled, on="expiry", how="semi").filter(near)
    told = found.join(doubled, on="expiry", how="semi")
    seen = asked.join(told, on=key, how="semi").height / asked.height
    # the first was taken overnight, the second is a mix of two sessions: much is refused
    assert seen >= {"2022-09-13_no_header": 0.4, "2023-08-18": 0.0}.get(name, 0.7), seen


def test_the_snapshot_that_lost_its_roots(shared_data: Path) -> None:
    raw = pl.read_csv(
        shared_data / "chains" / "spx_snapshot_2025-01-29_no_roots.csv.gz"
    ).with_row_index("line", offset=2)
    session = date(2025, 1, 29)
    rows = as_rows(
        raw.select(
            "line",
            session=pl.lit(session),
            snapshot=pl.lit("eod"),
            symbol=pl.lit("SPX"),
            expiry=pl.col("Expiration Date").str.to_date("%Y-%m-%d"),
            strike="Strike",
            right=pl.col("Type").str.head(1),
            bid="Bid",
            ask="Ask",
            volume="Volume",
            open_interest="Open Interest",
        )
    )
    keys = pl.struct("expiry", "strike", "right")
    assert rows.height - rows.select(keys.n_unique()).item() == 3374  # SOURCES-chains.md
    done = completed(rows)
    assert not done.quotes.select(pl.struct(QUOTE_KEY).is_duplicated().any()).item()
    third = done.quotes.filter(pl.col("root") == "SPX")
    assert set(done.quotes["settlement_source"]) == {"inferred"}
    doubled = done.quotes.filter(pl.col("expiry").is_in(third["expiry"].unique().implode()))
    told = doubled.filter(pl.col("root") == "SPXW")
    assert told["expiry"].n_unique() == 5
    assert told.height > 1000
    refused = reasons(done).pop(collisions.AMBIGUOUS)
    assert refused / rows.height < 0.2
    dearer = third.join(told, on=["expiry", "strike", "right"], suffix="_pm")
    assert (dearer["bid_pm"] >= dearer["bid"]).all()


def test_the_measure_of_noise_is_that_of_the_files() -> None:
    """Two ticks: in 7,000 pairs out of the money with more than that the AM row is never dearer."""
    assert third_fridays.LEAST_GAP == 2.0
