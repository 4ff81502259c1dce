"""OptionMetrics: one real export, and written rows of what other exports have."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from steward.intake.importing import import_paths
from steward.market.believe import NOT_OURS, judge
from steward.market.collisions import AMBIGUOUS
from steward.market.vendors.source import Hints
from steward.terms.errors import StewardError

from .reading import sample_file, sample_text

HEADER = (
    "secid,date,exdate,cp_flag,strike_price,best_bid,best_offer,volume,impl_volatility,optionid,"
    "am_settlement,forward_price,index_flag,issuer,exercise_style"
)


def row(
    secid: str = "108105",
    day: str = "20150105",
    expiry: str = "20150116",
    iv: str = "0.2",
    am: str = "1",
    index: str = "1",
) -> str:  # written
    return f"{secid},{day},{expiry},C,1000000,10.5,10.9,0,{iv},1,{am},1001.5,{index},CBOE,E"


def test_a_flattened_export() -> None:  # written
    sample = sample_text(f"{HEADER}\n{row()}\n{row(secid='117801', am='0')}\n")
    assert (sample.layout.name, sample.source.ignored) == ("optionmetrics", ())
    spx, vix = sample.rows.rows(named=True)
    assert (spx["symbol"], vix["symbol"]) == ("SPX", "VIX")
    assert (spx["settlement"], vix["settlement"]) == ("AM", "PM")
    assert (spx["session"], spx["expiry"]) == (date(2015, 1, 5), date(2015, 1, 16))
    assert (spx["strike"], spx["bid"], spx["ask"], spx["iv"]) == (1000.0, 10.5, 10.9, 0.2)
    assert (spx["volume"], spx["open_interest"], spx["underlying"]) == (0, None, None)


def test_columns_in_any_order_and_subset() -> None:  # written
    text = "best_offer,cp_flag,exdate,date,best_bid,strike_price,Theta\n"
    sample = sample_text(f"{text}10.9,P,2015-01-21,2015-01-05,10.5,20000,-99.99\n", "vix_puts.csv")
    put = sample.rows.row(0, named=True)
    assert (put["symbol"], put["right"], put["strike"]) == ("VIX", "P", 20.0)
    assert (put["bid"], put["ask"], put["theta"]) == (10.5, 10.9, None)
    assert (put["settlement"], put["root"]) == (None, None)
    with pytest.raises(StewardError, match="--symbol"):
        sample_text(f"{text}10.9,P,2015-01-21,2015-01-05,10.5,20000,0\n", "puts.csv")
    hinted = sample_text(f"{text}\n", "puts.csv", Hints(symbol="VIX"))
    assert hinted.rows.is_empty()


def test_what_is_missing_is_minus_99_99() -> None:  # written
    sample = sample_text(f"{HEADER}\n{row(iv='-99.99')}\n{row(iv='')}\n")
    assert sample.rows["iv"].to_list() == [None, None]


def test_days_are_in_one_of_two_formats_never_in_both() -> None:  # written
    iso = row(day="2015-01-05", expiry="2015-01-16")
    plain = sample_text(f"{HEADER}\n{row()}\n{iso}\n")
    assert plain.set_aside["line"].to_list() == [3]
    dashed = sample_text(f"{HEADER}\n{iso}\n{row()}\n")
    assert dashed.set_aside["line"].to_list() == [3]
    assert dashed.rows["expiry"].to_list() == [date(2015, 1, 16)]
    with pytest.raises(StewardError, match="line 2, column date: '01/05/2015' is no day"):
        sample_text(f"{HEADER}\n{row(day='01/05/2015')}\n")


def test_another_security_is_elsewhere() -> None:  # written
    sample = sample_text(f"{HEADER}\n{row('109820')}\n{row('')}\n{row(index='0')}\n", "spx.csv")
    assert judge(sample.rows)["reason"].to_list() == [NOT_OURS] * 3


def test_the_root_is_in_the_symbol_where_there_is_one() -> None:  # written
    rows = f"{row()},SPXW 150116C1000000\n{row()},SPX   150117C1000000\n{row()},SPQAE\n"
    found = sample_text(f"{HEADER},symbol\n{rows}").rows["root"].to_list()
    assert found == ["SPXW", "SPX", None]


def test_the_real_export(shared_data: Path) -> None:
    path = shared_data / "chains" / "spx_eod_2020-12-01_optionmetrics.csv"
    sample = sample_file(path)
    assert sample.layout.name == "optionmetrics"
    assert sample.source.ignored == ()
    assert sample.read == sample.rows.height == 2072  # SOURCES-chains.md
    assert sample.set_aside.is_empty()
    rows = sample.rows
    assert rows["session"].unique().to_list() == [date(2020, 12, 1)]
    assert sorted(rows["expiry"].unique()) == [
        date(2020, 12, 18),
        date(2021, 1, 15),
        date(2021, 2, 19),
    ]
    assert rows["symbol"].unique().to_list() == ["SPX"]  # of the file's name
    assert any("from the file's name" in note for note in sample.source.notes)
    # neither root nor am_settlement: on these three third Fridays the file does not say
    assert rows["root"].null_count() == rows["settlement"].null_count() == rows.height
    assert rows["strike"].is_between(100.0, 10_000.0).all()  # thousandths in the file
    assert rows.filter((pl.col("strike") * 2 % 5) != 0).is_empty()
    assert rows["volume"].null_count() == rows["iv"].null_count() == rows.height


def test_the_real_export_with_the_root_said(shared_data: Path, tmp_path: Path) -> None:
    path = shared_data / "chains" / "spx_eod_2020-12-01_optionmetrics.csv"
    (refused,) = import_paths([path], tmp_path / "a").refused
    assert f"{AMBIGUOUS}: 2072" in refused.reason
    (record,) = import_paths([path], tmp_path / "b", hints=Hints(root="SPX")).new
    assert record.kept == 2072
    assert record.sessions == {"SPX": {"eod": {"2020-12-01": 2072}}}


def test_a_security_between_two_numbers_is_none() -> None:  # written
    sample = sample_text(f"{HEADER}\n{row().replace('108105', '108105.5', 1)}\n", "spx.csv")
    assert sample.rows["symbol"].to_list() == ["secid ?"]


def test_a_part_of_a_contract_is_unknown() -> None:  # written
    sample = sample_text(f"{HEADER}\n{row().replace(',0,0.2,', ',0.5,0.2,', 1)}\n", "spx.csv")
    assert sample.rows["volume"].to_list() == [None]
