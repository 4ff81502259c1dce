"""OptionsDX: the true header with values that somebody made up, and rows written by hand."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from steward.intake.importing import import_paths
from steward.market.believe import NOT_OURS, judge
from steward.market.vendors.source import Hints
from steward.terms.errors import StewardError

from .reading import Sample, sample_file, sample_text

HEADER = (
    "[QUOTE_UNIXTIME], [QUOTE_READTIME], [QUOTE_DATE], [QUOTE_TIME_HOURS], [UNDERLYING_LAST], "
    "[EXPIRE_DATE], [EXPIRE_UNIX], [DTE], [C_DELTA], [C_GAMMA], [C_VEGA], [C_THETA], [C_RHO], "
    "[C_IV], [C_VOLUME], [C_LAST], [C_SIZE], [C_BID], [C_ASK], [STRIKE], [P_BID], [P_ASK], "
    "[P_SIZE], [P_LAST], [P_DELTA], [P_GAMMA], [P_VEGA], [P_THETA], [P_RHO], [P_IV], [P_VOLUME], "
    "[STRIKE_DISTANCE], [STRIKE_DISTANCE_PCT]"
)


def row(
    day: str = "2019-11-27",
    hours: str = "16.000000",
    unix: str = "1574888400",  # 2019-11-27 16:00 in New York
    read: str = "2019-11-27 16:00",
    put_iv: str = "0.210000",
    size: str = "12 x 340",
) -> str:  # written
    return (
        f"{unix}, {read}, {day}, {hours}, 1000.5, 2019-12-20, 1576875600, 23.0, 0.61, 0.004, 0.9, "
        f"-0.2, 0.1, 0.19, , 30.0, {size}, 29.5, 30.5, 980.0, 0.0, 0.05, 10x10, 0.1, -1.0, "
        f"0.001, -41.4, -0.1, -0.1, {put_iv}, 3.0, 20.5, 0.02"
    )


def read(*rows: str, name: str = "spx_eod_201911.txt", symbol: str | None = None) -> Sample:
    return sample_text("\n".join((HEADER, *rows)) + "\n", name, Hints(symbol=symbol))


def test_brackets_spaces_and_a_call_and_a_put_in_a_row() -> None:  # written
    sample = read(row())
    assert (sample.layout.name, sample.read, sample.rows.height) == ("optionsdx", 1, 2)
    assert sample.source.ignored == ()
    call, put = sample.rows.rows(named=True)
    assert (call["right"], put["right"]) == ("C", "P")
    assert (call["bid"], call["ask"], put["bid"], put["ask"]) == (29.5, 30.5, 0.0, 0.05)
    assert (call["bid_size"], call["ask_size"]) == (12, 340)
    assert (put["bid_size"], put["ask_size"]) == (10, 10)
    assert (call["volume"], put["volume"]) == (None, 3)  # blank is not zero
    assert call["open_interest"] is None
    assert call["root"] is None
    assert call["settlement"] is None
    assert (call["session"], call["expiry"]) == (date(2019, 11, 27), date(2019, 12, 20))
    assert (call["symbol"], call["snapshot"], call["underlying"]) == ("SPX", "eod", 1000.5)


def test_a_blank_volatility_voids_the_greeks_of_its_side_only() -> None:  # written
    judged = judge(read(row(put_iv="")).rows)
    call, put = judged.rows(named=True)
    assert [put[name] for name in ("iv", "delta", "gamma", "theta", "vega", "rho")] == [None] * 6
    assert (call["iv"], call["delta"], call["vega"]) == (0.19, 0.61, 0.9)
    assert put["reason"] is None  # the quote is kept


@pytest.mark.parametrize(
    ("day", "hours", "snapshot"),
    [
        ("2019-11-27", "16.0", "eod"),
        ("2019-11-29", "13.0", "eod"),  # the day after Thanksgiving: a half day
        ("2019-11-27", "13.0", "1300"),
        ("2019-11-27", "9.75", "0945"),
        ("2019-11-29", "12.5", "1230"),
    ],
)
def test_the_close_is_eod_and_another_clock_is_a_snapshot(
    day: str, hours: str, snapshot: str
) -> None:  # written
    sample = read(row(day=day, hours=hours, read=f"{day} 16:00"))
    assert sample.rows["snapshot"].unique().to_list() == [snapshot]


def test_the_date_is_believed_over_the_unix_time_and_that_is_said() -> None:  # written
    sample = read(row(unix="1574730000"))  # 2019-11-25 20:00 in New York
    assert sample.rows["session"].unique().to_list() == [date(2019, 11, 27)]
    assert any("QUOTE_UNIXTIME" in note for note in sample.source.notes)
    assert not any("QUOTE_UNIXTIME" in note for note in read(row()).source.notes)
    read(row(unix="9e18"))  # no clock at all: no crash


def test_a_row_of_two_days_has_no_session() -> None:  # written
    sample = read(row(read="2019-11-26 16:00"), row())
    reasons = judge(sample.rows)["reason"].to_list()
    assert reasons == ["no session", "no session", None, None]
    assert any("QUOTE_READTIME" in note for note in sample.source.notes)


def test_another_underlying_is_of_elsewhere_never_spx(tmp_path: Path) -> None:  # written
    sample = read(row(), name="spy_eod_201911.txt")
    assert sample.rows["symbol"].unique().to_list() == ["SPY"]
    assert judge(sample.rows)["reason"].unique().to_list() == [NOT_OURS]
    with pytest.raises(StewardError, match="is of SPY by its name, --symbol says SPX"):
        read(row(), name="spy_eod_201911.txt", symbol="SPX")
    path = tmp_path / "spy_eod_201911.txt"
    path.write_text(f"{HEADER}\n{row()}\n")
    report = import_paths([path], tmp_path / "store")
    assert report.new == ()
    (refused,) = report.refused
    assert f"{NOT_OURS}: 2" in refused.reason


def test_a_name_that_says_nothing_needs_the_symbol() -> None:  # written
    assert read(row(), name="old.txt", symbol="VIX").rows["symbol"].unique().to_list() == ["VIX"]
    assert read(row(), name="vix_15x_2019.txt").rows["symbol"].unique().to_list() == ["VIX"]
    with pytest.raises(StewardError, match="--symbol"):
        read(row(), name="old.txt")


def test_a_column_of_one_side_only_is_unknown_on_the_other() -> None:  # written
    sample = sample_text(f"{HEADER}\n{row()}\n".replace("[P_SIZE]", "[P_QUANTITY]"), "vix.txt")
    assert sample.source.ignored == ("p_quantity",)
    assert sample.rows["ask_size"].to_list() == [340, None]


def test_a_root_that_the_user_says() -> None:  # written
    text = f"{HEADER}\n{row()}\n"
    hints = Hints(root="SPXW")
    assert sample_text(text, "spx_eod_201911.txt", hints).rows["root"].to_list() == ["SPXW"] * 2
    assert sample_text(text, "vix_eod_201911.txt", hints).rows["root"].to_list() == [None] * 2


def test_the_file_with_the_true_header(shared_data: Path) -> None:
    path = shared_data / "chains" / "optionsdx_layout_sample.txt"
    with pytest.raises(StewardError, match="--symbol"):
        sample_file(path)
    sample = sample_file(path, Hints(symbol="SPX"))
    assert (sample.read, sample.rows.height) == (2, 4)  # SOURCES-chains.md: two rows
    assert sample.source.ignored == ()
    assert sample.set_aside.is_empty()
    assert sample.rows["snapshot"].unique().to_list() == ["eod"]
    assert sample.rows["volume"].null_count() == 1  # one blank
    assert sample.rows.filter(pl.col("bid") == 0.0).height == 1
    assert sample.rows["bid_size"].null_count() == 0
    # whoever made the values up wrote a clock of the evening before
    assert any("QUOTE_UNIXTIME" in note for note in sample.source.notes)
