"""Deposits and withdrawals from a file: cents exactly, and one line about what is wrong."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from steward.intake.flows import Flow, read_flows
from steward.terms.errors import StewardError


def write(folder: Path, text: str) -> Path:
    path = folder / "flows.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_amounts_are_cents_exactly_and_in_order_of_days(tmp_path: Path) -> None:
    path = write(tmp_path, "date,amount\n2018-03-01,-0.29\n2018-01-02,1000.10\n")
    assert read_flows(path) == (
        Flow(day=date(2018, 1, 2), cents=100_010),
        Flow(day=date(2018, 3, 1), cents=-29),
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("date,amount\n2018-01-02,ten\n", "line 2, column amount: 'ten'"),
        ("date,amount\n2018-01-02,1\n2018-01-03,1.005\n", "line 3, column amount: '1.005'"),
        ("date,amount\n2018-01-02,0\n", "moves nothing"),
        ("date,amount\n2018-01-02,inf\n", "no sum that an account could move"),
        ("date,amount\n2018-01-02,nan\n", "is empty"),
        ("date,amount\n2018-01-02,1e400\n", "no sum that an account could move"),
        ("date,amount\n02/01/2018,5\n", "line 2, column date: '02/01/2018'"),
        ("day,amount\n2018-01-02,5\n", "lacks date"),
        ("", "empty"),
    ],
)
def test_a_bad_row_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(StewardError) as error:
        read_flows(write(tmp_path, text))
    assert said in str(error.value)
    assert "flows.csv" in str(error.value)
    assert "\n" not in str(error.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StewardError, match="no such file"):
        read_flows(tmp_path / "none.csv")
