"""The chain file: what is read, what is inferred, what is not believed, what is refused."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from steward.intake.chain_file import read_chains
from steward.market.quotes import ChainFile
from steward.market.tables import CHAIN
from steward.terms.errors import StewardError

HEADER = "underlying_symbol,underlying_price,option_type,expiration,quote_date,strike,bid,ask,delta"
PUT = "SPXW,2700.5,put,01/31/2018,01/02/2018,2600,10.1,10.5,-0.16"
CALL = "SPXW,2700.5,call,01/31/2018,01/02/2018,2800,5.1,5.5,0.16"

Read = Callable[..., ChainFile]


def read_chain(path: Path) -> ChainFile:
    (chain,) = read_chains(path)
    return chain


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Reads a file of these lines under the header."""

    def write(*lines: str, header: str = HEADER, name: str = "chain.csv") -> ChainFile:
        path = tmp_path / name
        path.write_bytes(("\n".join([header, *lines]) + "\n").encode())
        return read_chain(path)

    return write


def reasons(chain: ChainFile) -> dict[str, int]:
    assert {one.source for one in chain.quarantined} <= {chain.name}
    return {one.reason: one.rows for one in chain.quarantined}


def test_a_row_becomes_a_quote(read: Read) -> None:
    quotes = read(CALL, PUT).quotes
    assert dict(quotes.schema) == dict(CHAIN)
    assert quotes.rows(named=True) == [
        {
            "session": date(2018, 1, 2),
            "root": "SPXW",
            "expiry": date(2018, 1, 31),
            "settlement": "PM",
            "settlement_source": "inferred",
            "strike": strike,
            "right": right,
            "bid": bid,
            "ask": ask,
            "bid_size": None,
            "ask_size": None,
            "volume": None,
            "moment": datetime(2018, 1, 2, 21, 15, tzinfo=UTC),
            "underlying": 2700.5,
            "line": line,
        }
        for right, strike, bid, ask, line in (
            ("C", 2800.0, 5.1, 5.5, 2),
            ("P", 2600.0, 10.1, 10.5, 3),
        )
    ]


def test_byte_order_mark_windows_lines_and_gzip_change_nothing(read: Read, tmp_path: Path) -> None:
    plain = read(CALL, PUT)
    raw = b"\xef\xbb\xbf" + "\r\n".join([HEADER, CALL, PUT]).encode() + b"\r\n"
    (tmp_path / "bom.csv").write_bytes(raw)
    packed = gzip.compress(raw, mtime=0)
    (tmp_path / "bom.csv.gz").write_bytes(packed)
    for name in ("bom.csv", "bom.csv.gz"):
        chain = read_chain(tmp_path / name)
        assert chain.quotes.equals(plain.quotes)
        assert (chain.name, chain.sha256) == ("bom.csv", hashlib.sha256(raw).hexdigest())


def test_a_bid_of_zero_is_a_market(read: Read) -> None:
    chain = read("SPXW,2700,put,01/31/2018,01/02/2018,1200,0,0.05,0", CALL)
    assert chain.quotes["bid"].to_list() == [5.1, 0.0]
    assert chain.quarantined == ()


@pytest.mark.parametrize(
    ("bid", "ask", "reason"),
    [
        ("10.5", "10.4", "crossed: the ask below the bid"),
        ("0", "0", "an ask of 0: no quote"),
        ("-1", "1", "a price below 0"),
        ("", "1", "no bid or no ask"),
        ("1", "", "no bid or no ask"),
    ],
)
def test_prices_that_are_no_market(read: Read, bid: str, ask: str, reason: str) -> None:
    chain = read(f"SPXW,2700,put,01/31/2018,01/02/2018,2600,{bid},{ask},0", CALL)
    assert reasons(chain) == {reason: 1}
    assert chain.quotes["line"].to_list() == [3]


def test_a_locked_market_is_one(read: Read) -> None:
    chain = read("SPXW,2700,put,01/31/2018,01/02/2018,2600,1.5,1.5,0")
    assert (chain.quotes.height, reasons(chain)) == (1, {})


def test_of_one_quote_twice_one_stays(read: Read) -> None:
    chain = read(PUT, CALL, PUT)
    assert reasons(chain) == {"the same quote a second time": 1}
    assert chain.quotes["line"].to_list() == [3, 2]


def test_of_two_different_quotes_of_one_contract_neither_is_believed(read: Read) -> None:
    chain = read(PUT, CALL, PUT.replace("10.1", "10.2"))
    assert reasons(chain) == {"two different quotes of one contract at one moment": 2}
    assert chain.quotes["right"].to_list() == ["C"]


def test_a_stray_row_of_another_year(read: Read) -> None:
    stray = "SPX,360,put,01/19/1990,01/03/1990,380,20.5,21,-0.9"
    assert reasons(read(PUT, CALL, stray)) == {"a stray row, a year from every other": 1}
    alone = read(stray)
    assert alone.quotes["session"].to_list() == [date(1990, 1, 3)], "a file of one row is not stray"
    pair = read(PUT, CALL, stray, stray.replace("put", "call"))
    assert reasons(pair) == {}, "two rows of a day are a chain, however far away"


def test_days_that_are_no_sessions(read: Read) -> None:
    chain = read(
        PUT,
        PUT.replace("01/02/2018", "01/01/2018"),
        "SPXW,2700,put,01/15/2018,01/02/2018,2600,1,2,0",  # Martin Luther King Day
        "SPXW,2700,put,01/19/2031,01/02/2018,2600,1,2,0",
        "SPXW,2700,put,12/29/2017,01/02/2018,2600,1,2,0",
    )
    assert reasons(chain) == {
        "not a session of the exchange": 1,
        "expires on a day that is not a session": 1,
        "expires after 2029, where the calendar ends": 1,
        "already expired": 1,
    }
    assert chain.quotes["line"].to_list() == [2]


def test_expiries_are_the_last_day_with_economic_meaning(read: Read) -> None:
    """Vendors date a monthly on the Saturday; that of April 2014 met Good Friday."""
    chain = read(
        "SPX,1850,put,03/22/2014,03/03/2014,1800,1,2,0",
        "SPX,1850,put,04/18/2014,04/01/2014,1800,1,2,0",
        "SPX,1850,put,04/19/2014,04/01/2014,1790,1,2,0",
    )
    assert chain.quotes.select("expiry", "settlement").rows() == [
        (date(2014, 3, 21), "AM"),
        (date(2014, 4, 17), "AM"),
        (date(2014, 4, 17), "AM"),
    ]
    assert reasons(chain) == {}


@pytest.mark.parametrize(
    ("root", "expiry", "quoted", "settlement"),
    [
        ("SPXW", "12/10/2010", "12/06/2010", "PM"),
        ("SPXW", "11/12/2010", "11/08/2010", "AM"),
        ("SPXW", "09/30/2010", "09/01/2010", "PM"),  # a quarter's end
        ("SPXW", "02/16/2018", "02/01/2018", "PM"),
        ("SPX", "02/16/2018", "02/01/2018", "AM"),
        ("^SPX", "02/16/2018", "02/01/2018", "AM"),
    ],
)
def test_settlement_is_inferred(
    read: Read, root: str, expiry: str, quoted: str, settlement: str
) -> None:
    quotes = read(f"{root},1000,put,{expiry},{quoted},900,1,2,0").quotes
    assert quotes["settlement"].to_list() == [settlement]
    assert quotes["root"].to_list() == [root.strip("^")]


def test_one_day_can_have_both_roots(read: Read) -> None:
    """Since 2017-05 a third Friday has SPX and SPXW at the same strikes: not a double."""
    row = "SPX,2700,put,02/16/2018,02/01/2018,2600,1,2,0"
    chain = read(row, row.replace("SPX,", "SPXW,"))
    assert (chain.quotes.height, reasons(chain)) == (2, {})


def test_what_could_be_either_is_not_guessed(read: Read) -> None:
    chain = read(PUT, PUT.replace("SPXW", "SPX"), PUT.replace("SPXW", "SPY"))
    assert reasons(chain) == {
        "of another underlying than SPX and VIX": 1,
        "root SPX outside of the monthly day: AM or PM": 1,
    }


def test_an_unknown_price_of_the_underlying_is_null(read: Read) -> None:
    quotes = read(PUT.replace("2700.5", "0"), CALL.replace("2700.5", "")).quotes
    assert quotes["underlying"].to_list() == [None, None]


def test_rows_are_sorted_whatever_their_order(read: Read) -> None:
    later = PUT.replace("01/02/2018", "01/03/2018")
    lower = PUT.replace("2600", "2500")
    columns = [name for name in CHAIN if name != "line"]
    one, other = (
        read(later, PUT, CALL, lower).quotes.select(columns),
        read(lower, CALL, PUT, later).quotes.select(columns),
    )
    assert one.equals(other)
    assert one["strike"].to_list() == [2800.0, 2500.0, 2600.0, 2600.0]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (PUT.replace("put", "straddle"), "neither call nor put"),
        (PUT.replace("01/02/2018", "2018-01-02"), "column quote_date is not a day like %m/%d/%Y"),
        (PUT.replace("01/31/2018", "31/01/2018"), "column expiration is not a day like %m/%d/%Y"),
        (PUT.replace("10.5", "ten"), "column ask is not a number"),
        (PUT.replace("2600", ""), "column strike is empty"),
        (PUT + ",1", "10 fields, the header has 9"),
    ],
)
def test_a_malformed_row_costs_its_own_place_and_no_other(
    read: Read, line: str, expected: str
) -> None:
    chain = read(CALL, line, PUT)
    assert reasons(chain) == {expected: 1}
    assert chain.quotes["line"].to_list() == [2, 4]


@pytest.mark.parametrize("header", ["", "date,strike,bid,ask", HEADER.replace("bid,", "")])
def test_an_unknown_layout_names_what_it_saw_and_what_it_knows(read: Read, header: str) -> None:
    with pytest.raises(StewardError, match=r"line 1|begins with") as e:
        read("1,2,3", header=header)
    assert "no layout that Steward knows" in str(e.value)
    assert "steward data layouts" in str(e.value)


def test_a_file_of_which_nothing_can_be_used_is_refused(read: Read) -> None:
    with pytest.raises(StewardError, match="no row is a quote that can be used") as error:
        read(PUT.replace("SPXW", "SPY"), CALL.replace("5.5", "5.0"))
    assert "of another underlying than SPX and VIX: 1" in str(error.value)
    assert "crossed: the ask below the bid: 1" in str(error.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StewardError, match=r"none\.csv: does not exist"):
        read_chain(tmp_path / "none.csv")


# --- the real file -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real(shared_data: Path) -> ChainFile:
    return read_chain(shared_data / "chains" / "spxw_eod_2018-01_2018-02.csv")


def test_the_chain_of_february_2018(real: ChainFile) -> None:
    """14,439 rows by the notes; 40 days; one expiry a day; 13 % zero bids; one stray row."""
    assert reasons(real) == {"a stray row, a year from every other": 1, "an ask of 0: no quote": 15}
    assert real.quotes.height == 14_439 - 16
    assert real.quotes["session"].n_unique() == 40
    expiries = real.quotes.group_by("session").agg(pl.col("expiry").n_unique())
    assert expiries["expiry"].to_list() == [1] * 40
    assert round((real.quotes["bid"] == 0.0).mean(), 2) == 0.13
    assert real.quotes["settlement"].unique().to_list() == ["PM"]
    assert (real.quotes["ask"] >= real.quotes["bid"]).all()
    assert real.quotes["line"].is_unique().all()


def test_a_file_of_15_45_alone_can_be_traded_and_says_so(shared_data: Path) -> None:
    """The DataShop extract: one session, one root that its name says."""
    chain = read_chain(shared_data / "chains" / "spxw_1545_2019-06-26_cboe_datashop.csv.gz")
    assert chain.early == chain.quotes["session"].n_unique() == 1
    assert any("from the file's name" in sentence for sentence in chain.inferred)
