"""A user's table of one expiry: what is read, and one clear line for what is not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from steward.intake.strike_table import StrikeTable, read_strike_table
from steward.terms.errors import StewardError

HEADER = "strike,call_bid,call_ask,put_bid,put_ask"
ROWS = ("90,11,12,1,2", "100,4,5,3,4", "110,0.5,1,9,10")

Read = Callable[..., StrikeTable]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def write(*lines: str, header: str = HEADER, encoding: str = "utf-8") -> StrikeTable:
        path = tmp_path / "near.csv"
        path.write_bytes(("\n".join([header, *lines]) + "\n").encode(encoding))
        return read_strike_table(path)

    return write


def test_a_table_is_read_as_it_stands(read: Read) -> None:
    table = read(*ROWS)
    assert table.strike.tolist() == [90.0, 100.0, 110.0]
    assert table.call_bid.tolist() == [11.0, 4.0, 0.5]
    assert table.put_ask.tolist() == [2.0, 4.0, 10.0]
    assert table.notes == ()
    assert [column.tolist() for column in table.columns] == [
        table.strike.tolist(),
        table.call_bid.tolist(),
        table.call_ask.tolist(),
        table.put_bid.tolist(),
        table.put_ask.tolist(),
    ]


def test_columns_may_stand_anywhere_and_others_are_not_read(read: Read) -> None:
    turned = read(
        "x,2,1,12,11,90,much",
        "x,4,3,5,4,100,,",
        "",
        "x,10,9,1,0.5,110",
        header="\ufeffid,put_ask,put_bid,call_ask, call_bid ,strike,volume",
    )
    assert [c.tolist() for c in turned.columns] == [c.tolist() for c in read(*ROWS).columns]


def test_strikes_in_another_order_are_sorted_and_that_is_said(read: Read) -> None:
    table = read(ROWS[2], ROWS[0], ROWS[1])
    assert [c.tolist() for c in table.columns] == [c.tolist() for c in read(*ROWS).columns]
    assert table.notes == ("near.csv: the strikes were not in order and were sorted",)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ((*ROWS, "120,abc,1,20,21"), "line 5, column call_bid: 'abc' is no number"),
        ((*ROWS, "120,,1,20,21"), "line 5, column call_bid: '' is no number"),
        ((*ROWS, "120,0.1"), "line 5, column call_ask: '' is no number"),
        ((*ROWS, "120,nan,1,20,21"), "line 5, column call_bid: 'nan' is no number"),
        ((*ROWS, "120,inf,1,20,21"), "line 5, column call_bid: 'inf' is no number"),
        ((*ROWS, "120,1_0,11,20,21"), "line 5, column call_bid: '1_0' is no number"),
        ((*ROWS, "120,0.1,1,-20,21"), "line 5, column put_bid: -20 is impossible"),
        ((*ROWS, "0,0.1,1,20,21"), "line 5, column strike: 0 is impossible"),
        ((*ROWS, "-5,0.1,1,20,21"), "line 5, column strike: -5 is impossible"),
        ((*ROWS, "120,2,1,20,21"), "line 5, column call_bid: 2 lies above call_ask, 1"),
        ((*ROWS, "120,0,1,22,21"), "line 5, column put_bid: 22 lies above put_ask, 21"),
        ((*ROWS, "100,4,5,3,4"), "line 5, column strike: 100 is in line 3 too"),
        (
            ("120,0.1,1,20,21", *ROWS[:2], "120,0,1,20,21"),
            "line 5, column strike: 120 is in line 2",
        ),
        (ROWS[:2], "2 strikes; the formula needs 3"),
        ((), "0 strikes; the formula needs 3"),
        (("90,0,12,0,2", "100,0,5,0,4", "110,0,1,0,10"), "no option has a bid"),
    ],
)
def test_bad_rows_are_refused_with_their_place(
    read: Read, lines: tuple[str, ...], said: str
) -> None:
    with pytest.raises(StewardError) as caught:
        read(*lines)
    assert said in str(caught.value)
    assert "near.csv" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("strike,call_bid,call_ask,put_bid", "line 1: column put_ask is missing"),
        ("Strike,call_bid,call_ask,put_bid,put_ask", "line 1: column strike is missing"),
        (f"{HEADER},strike", "line 1: column strike is there twice"),
        ("", "is empty"),
    ],
)
def test_headers_that_are_not_ours(tmp_path: Path, header: str, said: str) -> None:
    path = tmp_path / "near.csv"
    path.write_text("\n".join([header, *ROWS]) if header else "\n \n", encoding="utf-8")
    with pytest.raises(StewardError, match=said):
        read_strike_table(path)


def test_files_that_are_no_table(tmp_path: Path, read: Read) -> None:
    with pytest.raises(StewardError, match="cannot be read"):
        read_strike_table(tmp_path / "absent.csv")
    with pytest.raises(StewardError, match="cannot be read"):
        read_strike_table(tmp_path)
    with pytest.raises(StewardError, match="no text in UTF-8"):
        read(*ROWS, header=f"{HEADER},\u00e9", encoding="latin-1")
