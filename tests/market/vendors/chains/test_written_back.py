"""Quotes written in a vendor's layout and read again are the same quotes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from . import test_deltaneutral, test_optionmetrics, test_optionsdx, test_orats
from .reading import sample_text


@dataclass(frozen=True)
class Quote:
    """One contract of SPX or SPXW at one close."""

    session: date
    expiry: date
    strike: float
    right: str
    bid: float
    ask: float
    volume: int | None


cents = st.integers(0, 500_000).map(lambda n: n / 100)
quote = st.builds(
    lambda day, ahead, strike, right, bid, wide, volume: Quote(
        day, day + timedelta(ahead), strike / 2, right, bid, round(bid + wide, 2), volume
    ),
    st.dates(date(2012, 1, 3), date(2024, 12, 31)),
    st.integers(0, 900),
    st.integers(1, 20_000),
    st.sampled_from("CP"),
    cents,
    cents,
    st.none() | st.integers(0, 10**6),
)


def text(number: float | int | None) -> str:
    return "" if number is None else repr(number)


def us(day: date) -> str:
    return f"{day.month}/{day.day}/{day.year}"


def optionsdx(quotes: list[Quote]) -> tuple[str, str]:
    lines = [test_optionsdx.HEADER]
    for q in quotes:
        ours = {"c" if q.right == "C" else "p": q}
        volume = {side: text(one.volume) for side, one in ours.items()}
        bid = {side: text(one.bid) for side, one in ours.items()}
        ask = {side: text(one.ask) for side, one in ours.items()}
        lines.append(
            f", {q.session} 16:00, {q.session}, 16.0, 1000.5, {q.expiry}, , , , , , , , , "
            f"{volume.get('c', '')}, , , {bid.get('c', '')}, {ask.get('c', '')}, {text(q.strike)}, "
            f"{bid.get('p', '')}, {ask.get('p', '')}, , , , , , , , , {volume.get('p', '')}, , "
        )
    return "spx_eod_2020.txt", "\n".join(lines)


def orats(quotes: list[Quote]) -> tuple[str, str]:
    lines = [test_orats.HEADER_37]
    for q in quotes:
        cells = dict.fromkeys(name.strip() for name in lines[0].split(","))
        side = "c" if q.right == "C" else "p"
        cells |= {"ticker": "SPX", "stkPx": "1000.5", "expirDate": us(q.expiry)}
        cells |= {"strike": text(q.strike), "trade_date": us(q.session)}
        cells |= {f"{side}BidPx": text(q.bid), f"{side}AskPx": text(q.ask)}
        cells |= {f"{side}Volu": text(q.volume)}
        lines.append(",".join(cell or "" for cell in cells.values()))
    return "strikes.csv", "\n".join(lines)


def historicaloptiondata(quotes: list[Quote]) -> tuple[str, str]:
    lines = [
        f"SPX,1000.5,*,,,{'call' if q.right == 'C' else 'put'},{q.expiry:%m/%d/%Y},"
        f"{q.session:%m/%d/%Y} 16:00,{text(q.strike)},,{text(q.bid)},{text(q.ask)},"
        f"{text(q.volume)},"
        for q in quotes
    ]
    return "l1.csv", "\n".join([test_deltaneutral.L1, *lines])


def optionmetrics(quotes: list[Quote]) -> tuple[str, str]:
    lines = [
        f"108105,{q.session:%Y%m%d},{q.expiry:%Y%m%d},{q.right},{round(q.strike * 1000)},"
        f"{text(q.bid)},{text(q.ask)},{text(q.volume)},,,,,1,,E"
        for q in quotes
    ]
    return "prices.csv", "\n".join([test_optionmetrics.HEADER, *lines])


@pytest.mark.parametrize("write", [optionsdx, orats, historicaloptiondata, optionmetrics])
@settings(max_examples=25)
@given(quotes=st.lists(quote, min_size=1, max_size=8))
def test_written_and_read_again(
    write: Callable[[list[Quote]], tuple[str, str]], quotes: list[Quote]
) -> None:
    name, content = write(quotes)
    sample = sample_text(content, name)
    assert sample.layout.name.startswith(write.__name__)
    assert sample.set_aside.is_empty()
    found = sample.rows.drop_nulls(["bid", "ask"])
    fields = ["session", "expiry", "strike", "right", "bid", "ask", "volume"]
    assert [Quote(*row) for row in found.select(fields).iter_rows()] == quotes
    assert found["symbol"].unique().to_list() == ["SPX"]
