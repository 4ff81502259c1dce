"""Daily levels: what is counted and left out, and how SPX and VIX meet."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

from steward.market.history import Quarantined
from steward.market.vendors.csv_file import SourceFile
from steward.market.vendors.daily import (
    Ward,
    align,
    believed,
    sentence_on_skipped,
    without_false_opens,
)
from steward.terms.errors import StewardError

FILE = SourceFile(name="index/x.csv", shown="x.csv", data=b"", sha256="")


def closes(*rows: tuple[date, float | None]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema={"day": pl.Date, "close": pl.Float64}, orient="row")


def test_the_ward_adds_up_and_keeps_the_order_of_arrival() -> None:
    ward = Ward()
    ward.count("b", "late", 2)
    ward.count("a", "early", 1)
    ward.count("b", "late", 3)
    ward.count("c", "never", 0)
    assert ward.all() == (
        Quarantined(source="b", reason="late", rows=5),
        Quarantined(source="a", reason="early", rows=1),
    )


def test_believed_rows_are_sorted_single_sessions_with_a_close() -> None:
    ward = Ward()
    frame = closes(
        (date(2018, 1, 4), 3.004),
        (date(2018, 1, 2), 1.0),
        (date(2018, 1, 2), 9.0),
        (date(2018, 1, 1), 9.0),
        (date(2018, 1, 3), None),
        (date(2018, 1, 5), -1.0),
        (date(1988, 1, 3), 7.0),  # a Sunday before the calendar begins
    )
    kept = believed(frame, FILE, ward, levels=("close",))
    assert kept.rows() == [
        (date(1988, 1, 3), 7.0),
        (date(2018, 1, 2), 1.0),
        (date(2018, 1, 4), 3.0),
    ]
    assert {one.reason: one.rows for one in ward.all()} == {
        "a day that occurs twice": 1,
        "not a session of the exchange": 1,
        "a session without a value": 1,
        "a close of 0 or below": 1,
    }


def test_an_open_of_zero_is_unknown() -> None:
    frame = closes((date(2018, 1, 2), 1.0)).with_columns(open=0.0, high=-1.0, low=0.5)
    kept = believed(frame, FILE, Ward())
    assert kept.select("open", "high", "low").row(0) == (None, None, 0.5)


def test_bars_without_other_levels_keep_them_unknown() -> None:
    frame = pl.DataFrame(
        {"day": [date(2018, 1, 2)], "open": [None], "high": [None], "low": [None], "close": [15.0]},
        schema_overrides=dict.fromkeys(("open", "high", "low"), pl.Float64),
    )
    ward = Ward()
    assert without_false_opens(frame, FILE, ward).equals(frame)
    assert ward.all() == ()


def test_common_sessions_and_what_lies_between() -> None:
    spx = closes(*((date(2018, 1, d), float(d)) for d in (2, 3, 4, 8, 9)))
    vix = closes(*((date(2018, 1, d), float(d)) for d in (3, 5, 8)))
    aligned = align(spx, vix, names="both")
    assert aligned.sessions == (date(2018, 1, 3), date(2018, 1, 8))
    assert aligned.spx.close.tolist() == [3.0, 8.0]
    assert aligned.vix.close.tolist() == [3.0, 8.0]
    assert np.isnan(aligned.vix.open).all()
    assert aligned.spx_before.tolist() == [2.0]
    assert aligned.spx_before_days == (date(2018, 1, 2),)
    assert aligned.skipped == (date(2018, 1, 4), date(2018, 1, 5))
    assert aligned.moments.astype(str).tolist() == ["2018-01-03T21:15", "2018-01-08T21:15"]
    with pytest.raises(StewardError, match="both: no session with both SPX and VIX"):
        align(spx, vix.clear(), names="both")


def test_the_sentence_on_skipped_sessions() -> None:
    assert sentence_on_skipped(()) == ()
    eight = [date(2018, 1, d) for d in range(1, 9)]
    (said,) = sentence_on_skipped(eight)
    assert "2018-01-06, ... (8)" in said
    assert "2018-01-07" not in said
