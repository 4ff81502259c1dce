"""CSV reading: cells by kind, lines that can be found again, one sentence a fault."""

from __future__ import annotations

import gzip
import hashlib
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.market.vendors.csv_file import (
    MISSING,
    NUMBER,
    OPTIONAL_TEXT,
    PRICE,
    TEXT,
    US,
    SourceFile,
    day,
    read_source,
    table,
)
from steward.terms.errors import StewardError


def source(text: str | bytes) -> SourceFile:
    data = text if isinstance(text, bytes) else text.encode()
    return SourceFile(name="a/b.csv", shown="given/a/b.csv", data=data, sha256="")


def test_cells_by_kind_and_the_line_of_each_row() -> None:
    frame = table(
        source("when,price,note,other\n2018-01-02, 1.5 ,first,x\n2018-01-03,-2e1,,y\n"),
        {"when": day(), "price": NUMBER, "note": OPTIONAL_TEXT},
    )
    assert frame.rows() == [
        (date(2018, 1, 2), 1.5, "first", 2),
        (date(2018, 1, 3), -20.0, None, 3),
    ]


@pytest.mark.parametrize("cell", MISSING)
def test_a_missing_number_is_null_and_never_zero(cell: str) -> None:
    frame = table(source(f"a,b\n{cell},1\n"), {"a": NUMBER})
    assert frame["a"].to_list() == [None]
    with pytest.raises(StewardError, match=r"line 2, column a: '.*' is not a number"):
        table(source(f"a,b\n{cell},1\n"), {"a": PRICE})


@pytest.mark.parametrize("cell", ["inf", "1x", "1.2.3", "--", "#N/A"])
def test_a_number_is_finite_or_an_error(cell: str) -> None:
    with pytest.raises(StewardError, match=r"line 2, column a: .* is not a number"):
        table(source(f"a,b\n{cell},1\n"), {"a": NUMBER})


def test_days_by_their_format_only() -> None:
    assert table(source("a\n02/01/2018\n"), {"a": day(US)})["a"].to_list() == [date(2018, 2, 1)]
    for text, form in (("2018-02-30", "%Y-%m-%d"), ("13/01/2018", US)):
        with pytest.raises(StewardError, match="is not a day like"):
            table(source(f"a\n{text}\n"), {"a": day(form)})


def test_the_first_fault_is_named_and_the_rest_counted() -> None:
    text = "a,b\n1,1\nx,1\ny,1\n2,1\nz,1\n"
    with pytest.raises(StewardError) as error:
        table(source(text), {"a": NUMBER})
    assert str(error.value) == (
        "given/a/b.csv, line 3, column a: 'x' is not a number (and 2 more rows); correct the row "
        "or take it out"
    )


def test_text_that_is_required() -> None:
    with pytest.raises(StewardError, match="line 3, column a: '' is empty"):
        table(source("a,b\nx,1\n,1\n"), {"a": TEXT})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a,b\n1,2,3\n", "line 2: '1,2,3' has 3 fields, the header has 2"),
        ("a,b\n1,2\n\n3,4\n", "line 3: an empty line has 1 field, the header has 2"),
        ('a,b\n"1\n1",2\n3\n', "line 4: '3' has 1 field, the header has 2"),
    ],
)
def test_a_row_of_another_length_is_named(text: str, expected: str) -> None:
    with pytest.raises(StewardError) as error:
        table(source(text), {"a": OPTIONAL_TEXT})
    assert expected in str(error.value)


def test_quotes_may_hold_commas_and_breaks() -> None:
    frame = table(source('a,b\n"x,\ny",1\nz,2\n'), {"a": TEXT, "b": NUMBER})
    assert frame["a"].to_list() == ["x,\ny", "z"]
    assert frame["line"].to_list() == [2, 4], "where each begins in the file"


@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\n\n\n"])
def test_the_end_of_the_file_does_not_matter(end: str) -> None:
    frame = table(source("a,b\r\n1,2\r\n3,4" + end), {"b": NUMBER})
    assert frame["b"].to_list() == [2.0, 4.0]


@pytest.mark.parametrize("text", ["", "\n\n", "\ufeff"])
def test_an_empty_file_is_refused(text: str) -> None:
    with pytest.raises(StewardError, match="the file is empty"):
        table(source(text), {"a": NUMBER})


def test_headers() -> None:
    columns = {"a": NUMBER, "b": NUMBER}
    with pytest.raises(StewardError, match="line 1: the header a,c lacks b; this layout is a,b"):
        table(source("a,c\n1,2\n"), columns)
    assert table(source("c,b,a\n3,2,1\n"), columns)["a"].to_list() == [1.0]
    with pytest.raises(StewardError, match="the header c,b,a has unknown c"):
        table(source("c,b,a\n3,2,1\n"), columns, only=True)
    with pytest.raises(StewardError, match="lacks b and has unknown c"):
        table(source("a,c\n1,2\n"), columns, only=True)


def test_bytes_that_are_no_text_are_refused_in_one_line() -> None:
    with pytest.raises(StewardError) as error:
        table(source(b"a,b\n\xff\xfe,1\n"), {"a": TEXT})
    assert str(error.value).startswith("given/a/b.csv")
    assert "\n" not in str(error.value)


@given(
    st.lists(
        st.tuples(
            st.floats(allow_nan=False, allow_infinity=False),
            st.text(st.characters(codec="ascii", exclude_characters='"\r\x00'), max_size=8),
        ),
        min_size=1,
        max_size=20,
    )
)
def test_what_was_written_is_read(rows: list[tuple[float, str]]) -> None:
    text = "a,b\n" + "".join(f'{number!r},"{words}"\n' for number, words in rows)
    frame = table(source(text), {"a": NUMBER, "b": OPTIONAL_TEXT})
    assert frame["a"].to_list() == [number for number, _ in rows]
    lines, at = [], 2
    for _, words in rows:
        lines.append(at)
        at += 1 + words.count("\n")
    assert frame["line"].to_list() == lines


def test_files_are_read_once_with_the_hash_of_their_bytes(tmp_path: Path) -> None:
    text = b"a\n1\n"
    (tmp_path / "plain.csv").write_bytes(text)
    packed = gzip.compress(text, mtime=0)
    (tmp_path / "packed.csv.gz").write_bytes(packed)
    plain, gz = read_source(tmp_path, "plain.csv"), read_source(tmp_path, "packed.csv.gz")
    assert plain is not None
    assert gz is not None
    assert plain.data == gz.data == text
    assert plain.sha256 == hashlib.sha256(text).hexdigest()
    assert gz.sha256 == hashlib.sha256(packed).hexdigest()
    assert read_source(tmp_path, "none.csv") is None


@pytest.mark.parametrize("data", [b"not packed", gzip.compress(b"a\n1\n" * 50, mtime=0)[:20]])
def test_a_broken_file_is_named(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x.csv.gz").write_bytes(data)
    with pytest.raises(StewardError, match=r"x\.csv\.gz: cannot be read .*: bring the file again"):
        read_source(tmp_path, "x.csv.gz")


def test_a_table_without_rows_keeps_its_types() -> None:
    frame = table(source("a,b\n"), {"a": day(), "b": NUMBER})
    assert dict(frame.schema) == {"a": pl.Date(), "b": pl.Float64(), "line": pl.Int64()}
