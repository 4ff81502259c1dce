"""CSV in batches: every row is read or set aside, or the file is refused, whatever its batches."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steward.market.vendors import csv_stream
from steward.market.vendors.csv_stream import (
    LONGEST_RECORD,
    MISSING,
    NEEDED,
    NUMBER,
    TEXT,
    Cell,
    day,
    header_names,
    stream_csv,
)
from steward.terms.errors import StewardError

NAMES = ("day", "number", "text")
CELLS = {"day": day(), "number": NUMBER, "text": TEXT}
DAY = date(2020, 1, 2)

Row = tuple[Any, ...]


def read(
    data: bytes | str,
    *,
    cells: Mapping[str, Cell] = CELLS,
    names: tuple[str, ...] = NAMES,
    skip_lines: int = 0,
    batch_bytes: int = 1 << 20,
) -> tuple[list[Row], list[Row]]:
    """(line, asked columns) of the rows, (line, reason, row) of those set aside."""
    file = io.BytesIO(data.encode() if isinstance(data, str) else data)
    batches = list(
        stream_csv(
            file,
            shown="a.csv",
            names=names,
            cells=cells,
            skip_lines=skip_lines,
            batch_bytes=batch_bytes,
        )
    )
    if not batches:
        return [], []
    rows = pl.concat([batch.frame.select("line", *cells) for batch in batches])
    return rows.rows(), pl.concat([batch.set_aside for batch in batches]).rows()


def judged(data: str, monkeypatch: pytest.MonkeyPatch) -> tuple[list[Row], list[Row]]:
    """The same without the quick way."""
    with monkeypatch.context() as patch:
        patch.setattr(csv_stream, "_typed", lambda *_: None)
        return read(data)


# --- cells ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1.0),
        ("-0.5", -0.5),
        ("+5", 5.0),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("  7 ", 7.0),
        *((word, None) for word in MISSING),
        *((word, None) for word in ("inf", "-inf", "Infinity", "NaN", "-nan", "1e999")),
    ],
)
def test_a_number_is_finite_or_unknown(
    text: str, value: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = f"2020-01-02,{text},a\n"
    assert read(line) == judged(line, monkeypatch) == ([(1, DAY, value, "a")], [])


@pytest.mark.parametrize("text", ["1_000", "0x10", "true", "1.2.3", "12%", "$5"])
def test_what_is_no_number_costs_its_own_row(text: str) -> None:
    rows, aside = read(f"2020-01-02,1,a\n2020-01-02,{text},b\n2020-01-02,3,c\n")
    assert [row[0] for row in rows] == [1, 3]
    assert aside == [(2, "column number is not a number", f"2020-01-02,{text},b")]


@pytest.mark.parametrize("text", ["01/02/2020", "2020-13-01", "2020-02-30", "20200102", "soon"])
def test_a_day_has_one_format(text: str) -> None:
    rows, aside = read(f"{text},1,a\n")
    assert rows == []
    assert aside == [(1, "column day is not a day like %Y-%m-%d", f"{text},1,a")]


def test_a_day_in_another_format_is_asked_for() -> None:
    rows, _ = read("01/02/2020,1,a\n", cells={"day": day("%m/%d/%Y")})
    assert rows == [(1, DAY)]


@pytest.mark.parametrize("word", ["NA", "null", "None", "nan", "."])
def test_a_word_for_missing_is_kept_where_text_is_asked_for(
    word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tickers such as NA exist (vendor-formats.md, Massive)."""
    line = f"2020-01-02,1,{word}\n"
    assert read(line) == judged(line, monkeypatch) == ([(1, DAY, 1.0, word)], [])


def test_a_required_cell_that_is_empty_sets_the_row_aside() -> None:
    cells = {"day": day(), "number": NEEDED}
    rows, aside = read(",1,a\n2020-01-02,NA,b\n2020-01-02,2,\n", cells=cells)
    assert rows == [(3, DAY, 2.0)]
    assert [(line, reason) for line, reason, _ in aside] == [
        (1, "column day is empty"),
        (2, "column number is empty"),
    ]


def test_spaces_around_a_text_are_taken_off(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = "2020-01-02,1,  a b \n2020-01-02,1,\u00a0c\t\n2020-01-02,1, \n"
    assert read(lines) == judged(lines, monkeypatch)
    assert [row[3] for row in read(lines)[0]] == ["a b", "c", None]


# --- rows ----------------------------------------------------------------------------------------


def test_a_missing_last_field_is_unknown_and_a_missing_comma_is_not() -> None:
    rows, aside = read("2020-01-02,1,\n2020-01-02,1\n")
    assert rows == [(1, DAY, 1.0, None)]
    assert aside == [(2, "2 fields, the header has 3", "2020-01-02,1")]


def test_fields_too_many_and_too_few_do_not_make_up_for_each_other() -> None:
    """The two together have as many commas as two good rows."""
    rows, aside = read("2020-01-02,1\n2020-01-02,1,a,b\n2020-01-02,2,c\n")
    assert rows == [(3, DAY, 2.0, "c")]
    assert [reason for _, reason, _ in aside] == [
        "2 fields, the header has 3",
        "4 fields, the header has 3",
    ]


def test_blank_lines_are_no_rows_but_are_counted_as_lines() -> None:
    rows, aside = read("\n2020-01-02,1,a\n\n  \n2020-01-02,2,b\n\n")
    assert rows == [(2, DAY, 1.0, "a"), (5, DAY, 2.0, "b")]
    assert aside == []


@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\n\x1a", "\n\n\n", "\n "])
def test_the_end_of_a_file_does_not_matter(end: str) -> None:
    rows, aside = read("2020-01-02,1,a\r\n2020-01-02,2,b" + end)
    assert rows == [(1, DAY, 1.0, "a"), (2, DAY, 2.0, "b")]
    assert aside == []


@pytest.mark.parametrize("skip_lines", [0, 1])
def test_a_byte_order_mark_is_no_part_of_the_first_cell(skip_lines: int) -> None:
    head = "day,number,text\n" * skip_lines
    rows, aside = read("\ufeff" + head + "2020-01-02,1,a\n", skip_lines=skip_lines)
    assert (rows, aside) == ([(1 + skip_lines, DAY, 1.0, "a")], [])


def test_lines_above_the_records_are_counted() -> None:
    rows, _ = read("legal\nday,number,text\n2020-01-02,1,a\n", skip_lines=2)
    assert rows == [(3, DAY, 1.0, "a")]


def test_an_empty_file_has_no_batch() -> None:
    assert read("") == ([], [])
    assert read("day,number,text\n", skip_lines=1) == ([], [])


def test_a_long_row_is_shown_in_short() -> None:
    _, aside = read("2020-01-02,x," + "a" * 500 + "\n")
    assert len(aside[0][2]) == csv_stream.SHOWN + 3
    assert aside[0][2].endswith("a...")


# --- quotes --------------------------------------------------------------------------------------


def test_breaks_and_commas_inside_quotes_are_text() -> None:
    rows, aside = read('2020-01-02,1,"a\nb"\n2020-01-02,2,"c,d"\n2020-01-02,3,"say ""e"""\n')
    assert rows == [(1, DAY, 1.0, "a\nb"), (3, DAY, 2.0, "c,d"), (4, DAY, 3.0, 'say "e"')]
    assert aside == []


@pytest.mark.parametrize("batch_bytes", range(1, 60, 4))
def test_quotes_over_the_border_of_a_batch(batch_bytes: int) -> None:
    data = '2020-01-02,1,"a\n\nb"\n2020-01-02,2,"c,\nd"\n2020-01-02,3,e\n'
    assert read(data, batch_bytes=batch_bytes) == read(data)
    assert [row[0] for row in read(data)[0]] == [1, 4, 6]


@pytest.mark.parametrize(
    "line", ['2020-01-02,1,a"', '"2020-01-02,1,a', '2020-01-02,1,a"x,y"', '2020-01-02,1,"a"b']
)
def test_quotes_that_do_not_pair_refuse_the_file(line: str) -> None:
    with pytest.raises(StewardError, match=r"a\.csv, from line 1 on: quotes that do not pair"):
        read(line + "\n2020-01-02,2,b\n")


# --- files that are no text ----------------------------------------------------------------------


def test_a_nul_refuses_the_file() -> None:
    with pytest.raises(StewardError, match="NUL byte near line 1"):
        read(b"2020-01-02,1,a\n2020-01-02,1,\0\n")


def test_bytes_that_are_not_utf8_refuse_the_file_and_name_the_line() -> None:
    with pytest.raises(StewardError, match=r"a\.csv, line 2: not text in UTF-8 \(byte 0xe9\)"):
        read("2020-01-02,1,a\n2020-01-02,1,é\n".encode("latin-1"))


def test_bytes_that_are_not_utf8_in_a_column_nobody_asked_for() -> None:
    with pytest.raises(StewardError, match="UTF-8"):
        read("2020-01-02,x,é\n".encode("latin-1"), cells={"day": day(), "number": NUMBER})


@pytest.mark.parametrize("head", ["", "2020-01-02,1,a\n", '2020-01-02,1,"'])
@pytest.mark.parametrize("batch_bytes", [4096, 1 << 20])
def test_a_line_without_an_end_refuses_the_file_before_it_is_read_whole(
    head: str, batch_bytes: int
) -> None:
    class Endless(io.RawIOBase):
        """`head`, and then commas for ever."""

        given = 0

        def read(self, size: int = -1) -> bytes:
            assert self.given < 8 * LONGEST_RECORD
            first, self.given = self.given == 0, self.given + size
            return (head.encode() if first else b"") + b"," * size

        def seek(self, offset: int, whence: int = 0) -> int:
            return 0

    batches = stream_csv(
        Endless(), shown="a.csv", names=NAMES, cells=CELLS, skip_lines=0, batch_bytes=batch_bytes
    )
    with pytest.raises(StewardError, match="longer than 1,048,576 bytes"):
        list(batches)


def test_a_header_without_an_end_refuses_the_file() -> None:
    with pytest.raises(StewardError, match="line 1: a record longer"):
        read("a" * (LONGEST_RECORD + 1), skip_lines=1)


def test_an_open_quote_over_many_lines_is_refused_in_time() -> None:
    """Each line break once asked for all quotes before it."""
    many = '2020-01-02,1,"\n' + "2020-01-02,1,a\n" * 200_000
    with pytest.raises(StewardError, match="quote that is not closed"):
        read(many, batch_bytes=16 << 20)


def test_two_columns_of_one_name_refuse_the_file() -> None:
    with pytest.raises(StewardError, match="two columns of one name"):
        read("1,2\n", names=("a", "a"), cells={"a": NUMBER})


def test_names_that_return_are_numbered() -> None:
    assert header_names('\ufeff[Bid], Ask ,"IV",bid\r\n') == ("bid", "ask", "iv", "bid_2")
    assert header_names("*,^vix$,^SPX") == ("asterisk", "vix", "^spx"), "patterns in Polars"


# --- the quick way, the judged way and every size of batch say the same --------------------------

DAYS = st.sampled_from(["2020-01-02", "2020-02-30", "", "NA", " 2020-01-02", "01/02/2020", "x"])
NUMBERS = st.one_of(
    st.floats(width=32).map(str),
    st.integers(-10, 10**12).map(str),
    st.sampled_from([*MISSING, "+1", ".5", "5.", " 2", "1e400", "1_0", "0x1", "inf", "true"]),
)
TEXTS = st.one_of(
    st.sampled_from(["", "NA", "SPX", " a", "a ", "é", "#", "-", "\t"]),
    st.text(st.characters(codec="utf-8", exclude_characters='\n\r\0",', exclude_categories=["Cs"])),
)
ODD = st.sampled_from(["", "2020-01-02,1", "2020-01-02,1,a,b", "  ", ",,", ",,,"])
GOOD = st.tuples(DAYS, NUMBERS, TEXTS).map(",".join)
QUOTED = st.tuples(NUMBERS, st.sampled_from(["a,b", "a\nb", 'a""b', ""])).map(
    lambda pair: f'2020-01-02,{pair[0]},"{pair[1]}"'
)


@settings(max_examples=60, deadline=None)
@given(lines=st.lists(st.one_of(GOOD, ODD), max_size=8))
def test_the_quick_way_and_the_judged_way_agree(lines: list[str]) -> None:
    data = "".join(line + "\n" for line in lines)
    with pytest.MonkeyPatch.context() as patch:
        assert read(data) == judged(data, patch)


@settings(max_examples=40, deadline=None)
@given(
    lines=st.lists(st.one_of(GOOD, ODD, QUOTED), max_size=6),
    batch_bytes=st.integers(1, 200),
    end=st.sampled_from(["\n", "\r\n"]),
    last=st.booleans(),
)
def test_the_size_of_a_batch_changes_nothing(
    lines: list[str], batch_bytes: int, end: str, last: bool
) -> None:
    data = end.join(lines) + (end if last else "")
    whole = read(data, batch_bytes=1 << 20)
    assert read(data, batch_bytes=batch_bytes) == whole
    assert len(whole[0]) + len(whole[1]) <= len(lines)


@pytest.mark.parametrize("quoted", [False, True])
@pytest.mark.parametrize(
    ("day_format", "text"),
    [
        ("%Y-%m-%d", "-2018-01-05"),
        ("%Y-%m-%d", "+12018-01-05"),
        ("%Y%m%d", "2018115"),
        ("%m/%d/%Y", "1/5/18"),
    ],
)
def test_a_day_is_written_out_in_full(day_format: str, text: str, quoted: bool) -> None:
    """Polars alone reads all of them, as days of the years -2018, 12018, 2018 and 18."""
    record = f'{text},"1"' if quoted else f"{text},1"
    (batch,) = stream_csv(
        io.BytesIO(f"day,n\n{record}\n".encode()),
        shown="x.csv",
        names=("day", "n"),
        cells={"day": Cell(kind="day", format=day_format), "n": NUMBER},
    )
    assert batch.frame.is_empty()
    assert batch.set_aside["reason"].to_list() == [f"column day is not a day like {day_format}"]
