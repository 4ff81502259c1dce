"""What is said of a file that no layout knows: its kind, its separator, the nearest layout."""

from __future__ import annotations

import pytest

from steward.market.vendors.registry import recognise
from steward.market.vendors.source import head_of
from steward.terms.errors import StewardError


def refusal(data: bytes, name: str = "file") -> str:
    with pytest.raises(StewardError) as stopped:
        recognise(head_of(name, data), name)
    return str(stopped.value)


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("spx.rda", b"\x1f\x8b\x08\x00", "an R data file: write it as CSV"),
        ("spx", b"RDX3\nX\n", "an R data file: write it as CSV"),
        ("a.csv", "strike,bid\n1,2\n".encode("utf-16"), "text in UTF-16; save it again as UTF-8"),
        ("a.csv", "strike,bid\n1,2\n".encode("utf-16-le"), "text in UTF-16"),
        ("a.csv", "strike,bid\n1,2\n".encode("utf-16-be"), "text in UTF-16"),
        ("a.pdf", b"%PDF-1.7\n", "a PDF document"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a workbook of Excel (.xls)"),
        ("a.parquet", b"PAR1\x15", "a Parquet file with columns of no layout"),
        ("a.feather", b"ARROW1\0\0", "a Feather"),
        ("a.db", b"SQLite format 3\0", "a database of SQLite"),
        ("a.rar", b"Rar!\x1a\x07", "a RAR archive"),
        ("a.bz2", b"BZh91AY", "packed with bzip2"),
        ("a.xz", b"\xfd7zXZ\0", "packed with xz"),
        ("a.zst", b"\x28\xb5\x2f\xfd", "packed with Zstandard"),
        ("a.csv", b"\x1f\x8b\x08\x00", "packed with gzip; name it .gz"),
    ],
)
def test_the_kind_of_a_file_that_is_no_table(name: str, data: bytes, said: str) -> None:
    assert refusal(data, name).startswith(f"{name}: is {said}")


def test_no_layout_is_near() -> None:
    said = refusal(b"colour,weight,price\nred,1,2\n")
    assert "colour,weight,price" in said
    assert "no layout is near" in said
    assert "nearest is" not in said


def test_the_nearest_layout_is_named_where_there_is_one() -> None:
    """All of optopsy's columns but one."""
    header = "underlying_symbol,underlying_price,option_type,expiration,quote_date,strike,bid"
    said = refusal(header.encode() + b"\n")
    assert "(optopsy): the file lacks ask" in said


@pytest.mark.parametrize(("sign", "called"), [(";", "semicolons"), ("\t", "tabs"), ("|", "bars")])
def test_another_separator_is_told(sign: str, called: str) -> None:
    names = ("underlying_symbol", "option_type", "expiration", "quote_date", "strike", "bid", "ask")
    said = refusal(sign.join(names).encode() + b"\n")
    assert f"parted by {called} instead of commas" in said
    assert "underlying_symbol,option_type,expiration" in said
