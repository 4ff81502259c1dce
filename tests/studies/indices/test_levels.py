"""Files of published levels: how they are written, and what is refused."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from steward.studies.indices.levels import last_session, read_levels
from steward.terms.errors import StewardError


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "text",
    [
        "DATE,CNDR\n01/30/2009,101.500000\n02/27/2009,99.000000\n",
        "DATE,OPEN,HIGH,LOW,CLOSE\n01/30/2009,1,2,3,101.5\n02/27/2009,1,2,3,99\n",
        "Index history,,\nnot for sale,,\n\nDate,CNDR Close\n30-Jan-2009,101.5\n27-Feb-2009,99\n",
        "\ufeffdate,level,index,quality\n2009-01-30,101.5,x,y\n2009-02-27,99,x,y\n",
        "2009-01-30,101.5\n2009-02-27,99\n",
        "DATE,CNDR\n2009-02,99\n2009-01,101.5\n",
        'Date,"CNDR"\n01/30/2009,"101.5"\n02/27/2009,99\n\n\n',
        "DATE,CNDR\n01/31/2009,101.5\n02/28/2009,99\n",  # Saturdays
    ],
)
def test_ways_of_writing_levels(tmp_path: Path, text: str) -> None:
    found = read_levels(written(tmp_path / "CNDR_History.csv", text), "CNDR")
    assert dict(found.by_day) == {date(2009, 1, 30): 101.5, date(2009, 2, 27): 99.0}
    assert (found.name, found.rows) == ("CNDR_History.csv", 2)


def test_the_column_of_the_ticker_comes_first(tmp_path: Path) -> None:
    path = written(tmp_path / "x.csv", "DATE,PUT,BXM,CLOSE\n01/30/2009,1,2,3\n02/27/2009,4,5,6\n")
    assert list(read_levels(path, "BXM").by_day.values()) == [2.0, 5.0]
    assert list(read_levels(path, "CNDR").by_day.values()) == [3.0, 6.0]


def test_levels_before_the_calendar_are_read_and_left_out(tmp_path: Path) -> None:
    text = "DATE,PUT\n06/30/1986,89.91\n03/04/1991,153.5\n"
    found = read_levels(written(tmp_path / "x.csv", text), "PUT")
    assert (dict(found.by_day), found.rows) == ({date(1991, 3, 4): 153.5}, 2)


def test_the_end_of_a_month(tmp_path: Path) -> None:
    """A history may lack the exchange's last session: then the level of its own last one counts."""
    text = "DATE,PUT\n01/30/1997,340\n01/31/1997,341\n"
    found = read_levels(written(tmp_path / "x.csv", text), "PUT")
    assert last_session(1997, 1) == date(1997, 1, 31)
    assert found.month_end(1997, 1, date(1997, 1, 31)) == 341.0
    assert found.month_end(1997, 1, date(1997, 1, 30)) == 340.0
    assert found.month_end(1997, 1, date(1997, 1, 29)) == 341.0
    assert found.month_end(1997, 2, date(1997, 2, 28)) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("DATE,PUT\n01/30/2009,x\n", "line 2, column PUT: 'x' is no level above 0"),
        ("DATE,PUT\n01/30/2009,0.0\n", "line 2, column PUT: '0.0' is no level above 0"),
        ("DATE,PUT\n01/30/2009,-3\n", "line 2, column PUT: '-3' is no level above 0"),
        ("DATE,PUT\n01/30/2009,nan\n", "line 2, column PUT: 'nan' is no level above 0"),
        ("DATE,PUT\n01/30/2009,\n", "line 2, column PUT: '' is no level above 0"),
        ("DATE,PUT\n01/30/2009\n", "line 2, column PUT: '01/30/2009' has no such field"),
        ("DATE,PUT\n01/30/2009,1\n2009-02-27,1\n", "line 3, column DATE: '2009-02-27' is no day"),
        ("DATE,PUT\n01/30/2009,1\n02/30/2009,1\n", "line 3, column DATE: '02/30/2009' is no day"),
        ("DATE,PUT\n1/30/2009,1\n1/30/2009,2\n", "line 3, column PUT: '2' is a second level"),
        (
            "month,PUT\n2018-13,1\n",
            "line 2, column month: '2018-13' is no day; write it as 2018-02, 2018-02-28 or "
            "02/28/2018; correct",
        ),
        (
            "month,PUT\n2018-01,1\n2018-13,1\n",
            "column month: '2018-13' is no day; write it as 2018-02, like the rows above",
        ),
        ("DATE;PUT\n2018-02;1\n", "line 1: semicolons stand between its fields .'DATE;PUT'.; save"),
        ("words\n2018-02-28;1,5\n", "line 2: semicolons stand between its fields"),
        ("DATE\tPUT\n", "line 1: tabs stand between its fields"),
        ("DATE,OPEN,HIGH\n1/30/2009,1,1\n", "line 1: no column PUT or CLOSE among DATE, OPEN"),
        ("words\nand words\n", "no header with DATE in its first 40 lines"),
        ("", "no header with DATE"),
        ("DATE,PUT\n", "no row below its header"),
    ],
)
def test_a_bad_file_is_refused(tmp_path: Path, text: str, said: str) -> None:
    path = written(tmp_path / "bad.csv", text)
    with pytest.raises(StewardError, match=said) as error:
        read_levels(path, "PUT")
    assert "bad.csv" in str(error.value)


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(b"\xff\xfe\x00DATE")
    with pytest.raises(StewardError, match="not a CSV file in UTF-8"):
        read_levels(path, "PUT")
    with pytest.raises(StewardError, match="no such file"):
        read_levels(tmp_path / "none.csv", "PUT")
