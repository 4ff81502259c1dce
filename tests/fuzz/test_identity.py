"""Quotes written in a vendor's layout, imported and read from the store are the same quotes.

Beyond `test_written_back.py`, which reads rows and does not store them: here every field that a
layout can hold comes back to the last bit, and one that it cannot hold is unknown, not 0.
"""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import astuple, dataclass, fields, replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steward.intake.importing import import_paths
from steward.market.store import Store

from .samples import DATASHOP_HEADER, ORATS_HEADER


@dataclass(frozen=True, order=True)
class Quote:
    """One contract at the close of one session; None is unknown."""

    session: date
    root: str
    expiry: date
    right: str
    strike: float
    bid: float
    ask: float
    bid_size: int | None
    ask_size: int | None
    volume: int | None
    open_interest: int | None


COUNTS = ("bid_size", "ask_size", "volume", "open_interest")
DAYS = [date(2018, 2, day) for day in (5, 6, 7, 8, 9, 12, 13, 14, 15, 16, 20, 21)]
SERIES = (  # a third Friday, two weeklies and the end of a month
    ("SPX", date(2018, 3, 16)),
    ("SPXW", date(2018, 3, 7)),
    ("SPXW", date(2018, 3, 9)),
    ("SPXW", date(2018, 2, 28)),
)
cents = st.integers(0, 400_000).map(lambda n: n / 100)
count = st.none() | st.integers(0, 10**7)
quotes = st.builds(
    lambda day, series, right, strike, bid, wide, *counts: Quote(
        day, *series, right, strike / 2, bid, round(bid + wide, 2), *counts
    ),
    st.sampled_from(DAYS),
    st.sampled_from(SERIES),
    st.sampled_from("CP"),
    st.integers(1, 15_000),
    cents,
    cents.map(lambda n: n + 0.05),
    *[count] * 4,
)
some = st.lists(quotes, min_size=1, max_size=10, unique_by=lambda q: astuple(q)[:5])


@dataclass(frozen=True)
class Written:
    """A file, and which of the counts it holds."""

    name: str
    data: bytes
    counts: Sequence[str] = ()


def csv(header: str, rows: Iterable[dict[str, Any]]) -> bytes:
    """Rows by the header's names; what a row does not say is empty."""
    names = [name.strip() for name in header.split(",")]
    lines = []
    for row in rows:
        assert set(row) <= set(names), set(row) - set(names)
        lines.append(",".join("" if row.get(n) is None else str(row.get(n, "")) for n in names))
    return "\n".join([header, *lines, ""]).encode()


def us(day: date) -> str:
    return f"{day:%m/%d/%Y}"


def osi(q: Quote, root: str | None = None, gap: str = "") -> str:
    return f"{root or q.root}{gap}{q.expiry:%y%m%d}{q.right}{round(q.strike * 1000):08d}"


def word(q: Quote) -> str:
    return "call" if q.right == "C" else "put"


def optopsy(held: Sequence[Quote]) -> Written:
    header = "underlying_symbol,underlying_price,option_type,expiration,quote_date,strike,bid,ask"
    rows = (
        {
            "underlying_symbol": q.root,
            "option_type": word(q),
            "expiration": us(q.expiry),
            "quote_date": us(q.session),
            "strike": q.strike,
            "bid": q.bid,
            "ask": q.ask,
        }
        for q in held
    )
    return Written("chain.csv", csv(header, rows))


def ivolatility(held: Sequence[Quote]) -> Written:
    header = (
        "symbol,date,option_symbol,option_expiration,strike,call/put,ask,bid,iv,volume,"
        "open_interest,stock_price_for_iv,isinterpolated,delta,vega,gamma,theta,rho"
    )
    rows = (
        {
            "symbol": "SPX",
            "date": us(q.session),
            "option_symbol": osi(q, gap=" " * (6 - len(q.root))),
            "option_expiration": us(q.expiry),
            "strike": q.strike,
            "call/put": q.right,
            "ask": q.ask,
            "bid": q.bid,
            "iv": -1,
            "volume": q.volume,
            "open_interest": q.open_interest,
        }
        for q in held
    )
    return Written("raw.csv", csv(header, rows), ("volume", "open_interest"))


def cboe_datashop(held: Sequence[Quote]) -> Written:
    rows = (
        {
            "underlying_symbol": "^SPX",
            "quote_date": q.session,
            "root": q.root,
            "expiration": q.expiry,
            "strike": f"{q.strike:.3f}",
            "option_type": q.right,
            "trade_volume": q.volume,
            "bid_size_eod": q.bid_size,
            "bid_eod": q.bid,
            "ask_size_eod": q.ask_size,
            "ask_eod": q.ask,
            "open_interest": q.open_interest,
        }
        for q in held
    )
    return Written("eod.csv", csv(DATASHOP_HEADER, rows), COUNTS)


def deltaneutral(held: Sequence[Quote]) -> Written:
    header = (
        "underlying,underlying_last,exchange,optionroot,optionext,type,expiration,quotedate,strike,"
        "last,bid,ask,volume,openinterest,impliedvol,delta,gamma,theta,vega,optionalias"
    )
    rows = (
        {
            "underlying": "SPX",
            "optionroot": osi(q),
            "type": word(q),
            "expiration": us(q.expiry),
            "quotedate": us(q.session),
            "strike": q.strike,
            "bid": q.bid,
            "ask": q.ask,
            "volume": q.volume,
            "openinterest": q.open_interest,
        }
        for q in held
    )
    return Written("options.csv", csv(header, rows), ("volume", "open_interest"))


def thetadata(held: Sequence[Quote]) -> Written:
    header = (
        "symbol,expiration,strike,right,created,last_trade,open,high,low,close,volume,count,"
        "bid_size,bid_exchange,bid,bid_condition,ask_size,ask_exchange,ask,ask_condition"
    )
    rows = (
        {
            "symbol": q.root,
            "expiration": q.expiry,
            "strike": f"{q.strike:.3f}",
            "right": word(q).upper(),
            "created": f"{q.session}T17:15:01.5",
            "volume": q.volume,
            "bid_size": q.bid_size,
            "bid": q.bid,
            "ask_size": q.ask_size,
            "ask": q.ask,
        }
        for q in held
    )
    return Written("day.csv", csv(header, rows), ("volume", "bid_size", "ask_size"))


def thetadata_2(held: Sequence[Quote]) -> Written:
    header = (
        "root,expiration,strike,right,ms_of_day,ms_of_day2,open,high,low,close,volume,count,"
        "bid_size,bid_exchange,bid,bid_condition,ask_size,ask_exchange,ask,ask_condition,date"
    )
    rows = (
        {
            "root": q.root,
            "expiration": f"{q.expiry:%Y%m%d}",
            "strike": round(q.strike * 1000),
            "right": q.right,
            "volume": q.volume,
            "bid_size": q.bid_size,
            "bid": q.bid,
            "ask_size": q.ask_size,
            "ask": q.ask,
            "date": f"{q.session:%Y%m%d}",
        }
        for q in held
    )
    return Written("day.csv", csv(header, rows), ("volume", "bid_size", "ask_size"))


def massive_quotes(held: Sequence[Quote]) -> Written:
    header = (
        "ticker,ask_exchange,ask_price,ask_size,bid_exchange,bid_price,bid_size,sequence_number,"
        "sip_timestamp"
    )
    rows = (
        {
            "ticker": f"O:{osi(q)}",
            "ask_price": q.ask,
            "ask_size": q.ask_size,
            "bid_price": q.bid,
            "bid_size": q.bid_size,
            "sip_timestamp": int(at_the_close(q).timestamp()) * 10**9,
        }
        for q in held
    )
    return Written("2018-02.csv", csv(header, rows), ("bid_size", "ask_size"))


def databento(held: Sequence[Quote]) -> Written:
    header = (
        "ts_recv,ts_event,rtype,publisher_id,instrument_id,side,price,size,flags,bid_px_00,"
        "ask_px_00,bid_sz_00,ask_sz_00,bid_pb_00,ask_pb_00,symbol"
    )
    rows = (
        {
            "ts_recv": int(at_the_close(q).timestamp()) * 10**9,
            "bid_px_00": round(q.bid * 100) * 10**7,
            "ask_px_00": round(q.ask * 100) * 10**7,
            "bid_sz_00": q.bid_size,
            "ask_sz_00": q.ask_size,
            "symbol": osi(q, gap=" " * (6 - len(q.root))),
        }
        for q in held
    )
    return Written("opra.csv", csv(header, rows), ("bid_size", "ask_size"))


def at_the_close(q: Quote) -> datetime:
    return datetime.combine(q.session, time(16, 10), ZoneInfo("America/New_York"))


def optionmetrics(held: Sequence[Quote]) -> Written:
    header = (
        "secid,date,exdate,cp_flag,strike_price,best_bid,best_offer,volume,open_interest,symbol"
    )
    rows = (
        {
            "secid": 108105,
            "date": q.session,
            "exdate": q.expiry,
            "cp_flag": q.right,
            "strike_price": round(q.strike * 1000),
            "best_bid": q.bid,
            "best_offer": q.ask,
            "volume": q.volume,
            "open_interest": q.open_interest,
            "symbol": f"{q.root} {q.expiry:%y%m%d}{q.right}{round(q.strike * 1000)}",
        }
        for q in held
    )
    return Written("spx.csv", csv(header, rows), ("volume", "open_interest"))


def lean_quotes(held: Sequence[Quote]) -> Written:
    """Prices and strikes in ten-thousandths; an archive of days, a member a contract."""
    members: dict[str, list[str]] = {}
    for q in sorted(held):
        bid, ask, strike = (round(n * 10_000) for n in (q.bid, q.ask, q.strike))
        sizes = ["" if n is None else str(n) for n in (q.bid_size, q.ask_size)]
        name = f"{q.root.lower()}_quote_european_{word(q)}_{strike}_{q.expiry:%Y%m%d}.csv"
        row = f"{q.session:%Y%m%d} 00:00,,,,{bid},{sizes[0]},,,,{ask},{sizes[1]}"
        members.setdefault(name, []).append(row)
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, rows in members.items():
            archive.writestr(name, "\n".join(rows))
    return Written("spx_2018_quote_european.zip", data.getvalue(), ("bid_size", "ask_size"))


# --- of one session, which the file's name says ---------------------------------------------------


def tradier(held: Sequence[Quote]) -> Written:
    options = [
        {
            "symbol": osi(q),
            "root_symbol": q.root,
            "option_type": word(q),
            "expiration_date": str(q.expiry),
            "strike": q.strike,
            "bid": q.bid,
            "ask": q.ask,
            "volume": q.volume,
            "open_interest": q.open_interest,
            "bidsize": q.bid_size,
            "asksize": q.ask_size,
        }
        for q in held
    ]
    said = {"options": {"option": options if len(options) > 1 else options[0]}}
    return Written(f"spx_{held[0].session}.json", json.dumps(said).encode(), COUNTS)


def yahoo(held: Sequence[Quote]) -> Written:
    header = (
        "contractSymbol,lastTradeDate,strike,lastPrice,bid,ask,change,percentChange,volume,"
        "openInterest,impliedVolatility,inTheMoney,contractSize,currency"
    )
    rows = (
        {
            "contractSymbol": osi(q),
            "strike": q.strike,
            "bid": q.bid,
            "ask": q.ask,
            "volume": q.volume,
            "openInterest": q.open_interest,
        }
        for q in held
    )
    name = f"spx_{held[0].session}.csv"
    return Written(name, csv(header, rows), ("volume", "open_interest"))


def cboe_delayed_json(held: Sequence[Quote]) -> Written:
    """Cboe writes no null: what it does not know stays away, and a size of 0 is none."""
    options = []
    for q in held:
        said = {"option": osi(q), "bid": q.bid, "ask": q.ask, "iv": 0.0, "theo": 0.0, "tick": ""}
        said |= {name: float(n) for name in COUNTS if (n := getattr(q, name)) is not None}
        options.append(said)
    moment = datetime.combine(held[0].session, time(17, 30), ZoneInfo("America/New_York"))
    stamp = f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
    data = {"symbol": "^SPX", "current_price": 2700.5, "options": options}
    whole = json.dumps({"timestamp": stamp, "data": data}).encode()
    return Written("_SPX.json", whole, COUNTS)


def cboe_quotedata(held: Sequence[Quote]) -> Written:
    """A row is a call and a put; the other side of a lone one has no quote."""
    side = "Last Sale,Net,Bid,Ask,Volume,IV,Delta,Gamma,Open Interest"
    lines = [
        "",
        "Standard & Poors 500 Index,Last: 2700.5,Change: 1.5",
        f'"Date: {held[0].session:%B} {held[0].session.day}, 2018 at 5:34 PM EST",Bid: 1,Ask: 2',
        f"Expiration Date,Calls,{side},Strike,Puts,{side}",
    ]
    for q in held:
        both = {
            right: (
                f"0,0,{q.bid},{q.ask},{'' if q.volume is None else q.volume},0,0,0,"
                f"{'' if q.open_interest is None else q.open_interest}"
                if right == q.right
                else "0,0,0,0,0,0,0,0,0"
            )
            for right in "CP"
        }
        call, put = (osi(replace(q, right=right)) for right in "CP")
        day = f"{q.expiry:%a %b %d %Y}"
        lines.append(f"{day},{call},{both['C']},{q.strike:.2f},{put},{both['P']}")
    data = "\n".join([*lines, ""]).encode()
    return Written("spx_quotedata.csv", data, ("volume", "open_interest"))


def orats(held: Sequence[Quote]) -> Written:
    header = ORATS_HEADER.replace(" ", "").replace("ticker,", "ticker,cOpra,pOpra,")
    rows = []
    for q in held:
        side = q.right.lower()
        rows.append(
            {
                "ticker": "SPX",
                "cOpra": osi(replace(q, right="C")),
                "pOpra": osi(replace(q, right="P")),
                "expirDate": us(q.expiry),
                "strike": q.strike,
                f"{side}Volu": q.volume,
                f"{side}Oi": q.open_interest,
                f"{side}BidPx": q.bid,
                f"{side}AskPx": q.ask,
                "trade_date": us(q.session),
            }
        )
    return Written("strikes.csv", csv(header, rows), ("volume", "open_interest"))


WRITERS: Sequence[Callable[[Sequence[Quote]], Written]] = (
    *(optopsy, ivolatility, cboe_datashop, deltaneutral, thetadata, thetadata_2, massive_quotes),
    *(databento, optionmetrics, lean_quotes, orats),
)
OF_ONE_SESSION = (tradier, yahoo, cboe_delayed_json, cboe_quotedata)
NOT_EOD = {"orats": "1546", "cboe_delayed_json": None, "cboe_quotedata": None}
"""Snapshots that such a file is of; None: the layout's own tests say which."""


def identical(write: Callable[[Sequence[Quote]], Written], held: Sequence[Quote]) -> None:
    written = write(held)
    with tempfile.TemporaryDirectory() as folder:
        path, root = Path(folder) / written.name, Path(folder) / "store"
        path.write_bytes(written.data)
        report = import_paths([path], root)
        assert report.refused == ()
        (record,) = report.new
        assert record.layout == write.__name__
        store = Store(root)
        rows = pl.concat([frame for _, frame in store.every_month("SPX")])
    names = [field.name for field in fields(Quote)]
    unknown: dict[str, Any] = {name: None for name in COUNTS if name not in written.counts}
    if write is cboe_delayed_json:
        held = [replace(q, bid_size=q.bid_size or None, ask_size=q.ask_size or None) for q in held]
    found = sorted(astuple(Quote(*row))[:7] for row in rows.select(names).iter_rows())
    assert found == sorted(astuple(q)[:7] for q in held)
    whole = {Quote(*row) for row in rows.select(names).iter_rows()}
    assert whole == {replace(q, **unknown) for q in held}
    if (snapshot := NOT_EOD.get(write.__name__, "eod")) is not None:
        assert rows["snapshot"].unique().to_list() == [snapshot]


@pytest.mark.parametrize("write", WRITERS)
@settings(max_examples=6)
@given(held=some)
def test_written_stored_and_read(
    write: Callable[[Sequence[Quote]], Written], held: list[Quote]
) -> None:
    identical(write, held)


@pytest.mark.parametrize("write", OF_ONE_SESSION)
@settings(max_examples=6)
@given(day=st.sampled_from(DAYS), held=some)
def test_written_stored_and_read_of_one_session(
    write: Callable[[Sequence[Quote]], Written], day: date, held: list[Quote]
) -> None:
    identical(write, _of(day, held))


def _of(day: date, held: Iterable[Quote]) -> list[Quote]:
    """One quote a contract, all of one session."""
    by_contract = {astuple(q)[1:5]: replace(q, session=day) for q in held}
    return list(by_contract.values())


@pytest.mark.slow
@pytest.mark.parametrize("write", WRITERS)
@settings(max_examples=40)
@given(held=some)
def test_written_stored_and_read_longer(
    write: Callable[[Sequence[Quote]], Written], held: list[Quote]
) -> None:
    identical(write, held)


# --- tables beside quotes ------------------------------------------------------------------------

level = st.integers(1, 10**6).map(lambda n: n / 100)
LEVELS: dict[str, tuple[str, str, str, dict[str, str], Any]] = {
    # file, header, name of the series, columns of the file by those of the store, values
    "index_bars": (
        "VIX_History.csv",
        "DATE,OPEN,HIGH,LOW,CLOSE",
        "vix",
        {"open": "OPEN", "high": "HIGH", "low": "LOW", "close": "CLOSE"},
        level,
    ),
    "index_closes": ("skew_daily.csv", "date,close", "skew", {"close": "close"}, level),
    "index_value": ("VVIX_History.csv", "DATE,VVIX", "vvix", {"close": "VVIX"}, level),
    "etp_as_traded": (
        "vxx_daily.csv",
        "date,open,high,low,close,volume,reverse_split_factor_today",
        "vxx",
        {name: name for name in ("open", "high", "low", "close")},
        level,
    ),
    "breadth": (
        "sp500_breadth.csv",
        "date,members,advances,declines,unchanged",
        "sp500",
        {name: name for name in ("members", "advances", "declines", "unchanged")},
        st.integers(0, 10**4),
    ),
}


@pytest.mark.parametrize("layout", LEVELS)
@settings(max_examples=6)
@given(data=st.data())
def test_levels_written_stored_and_read(layout: str, data: st.DataObject) -> None:
    name, header, series, columns, values = LEVELS[layout]
    days = data.draw(st.lists(st.sampled_from(DAYS), min_size=1, unique=True))
    rows = [{ours: data.draw(values) for ours in columns} for _ in days]
    first = header.split(",")[0]
    lines = [
        {first: day, **{columns[ours]: value for ours, value in row.items()}}
        for day, row in zip(days, rows, strict=True)
    ]
    with tempfile.TemporaryDirectory() as folder:
        (path := Path(folder) / name).write_bytes(csv(header, lines))
        (record,) = import_paths([path], Path(folder) / "store").new
        held = Store(Path(folder) / "store").rows(record.table)
    assert record.layout == layout
    assert held is not None
    assert held["series"].unique().to_list() == [series]
    found = {row["session"]: {n: row[n] for n in columns} for row in held.iter_rows(named=True)}
    assert found == dict(zip(days, rows, strict=True))
