"""Cboe delayed quotes as JSON: no real file is at hand, all rows are written."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from steward.intake.importing import import_paths
from steward.market.believe import judge
from steward.market.store import Store
from steward.market.vendors.chains import cboe_delayed_json
from steward.market.vendors.source import HEAD_BYTES, head_of
from steward.terms.errors import StewardError

from .reading import sample_text


def option(symbol: str = "SPXW260619C01234000", **changed: Any) -> dict[str, Any]:  # written
    return {
        "option": symbol,
        "bid": 9.5,
        "bid_size": 4.0,
        "ask": 10.0,
        "ask_size": 5.0,
        "iv": 0.2,
        "open_interest": 38.0,
        "volume": 6.0,
        "delta": 0.5,
        "gamma": 0.001,
        "vega": 1.1,
        "theta": -0.4,
        "rho": 0.3,
        "theo": 9.7,
        "tick": "no_change",
        "last_trade_price": 10.1,
        "last_trade_time": "2026-05-20T12:19:37",
        "prev_day_close": 10.4249997138977,
        **changed,
    }


def text(*options: object, stamp: object = "2026-05-20 23:02:44", price: float = 1230.5) -> str:
    data = {"symbol": "^SPX", "current_price": price, "iv30": 19.5, "options": list(options)}
    return json.dumps({"timestamp": stamp, "data": data})


def test_an_option_is_a_row() -> None:
    sample = sample_text(text(option(), option("VIX260617P00020000")), name="_SPX.json")
    assert sample.layout.name == "cboe_delayed_json"
    assert (sample.read, sample.rows.height) == (2, 2)
    row, vix = sample.rows.to_dicts()
    assert (row["symbol"], row["root"], row["right"], row["strike"]) == ("SPX", "SPXW", "C", 1234.0)
    assert (row["expiry"], row["line"]) == (date(2026, 6, 19), 1)
    assert (row["bid"], row["ask"], row["bid_size"], row["ask_size"]) == (9.5, 10.0, 4, 5)
    assert (row["open_interest"], row["volume"], row["iv"], row["vega"]) == (38, 6, 0.2, 1.1)
    assert (vix["symbol"], vix["root"], vix["right"], vix["strike"]) == ("VIX", "VIX", "P", 20.0)


@pytest.mark.parametrize(
    ("stamp", "session", "snapshot", "underlying"),
    [
        ("2026-05-20 23:02:44", "2026-05-20", "eod", 1230.5),  # 19:02 New York
        ("2026-05-20 15:00:10", "2026-05-20", "1100", 1230.5),
        ("2026-05-21 00:30:00", "2026-05-21", "gth", None),  # 20:30 New York on the 20th
        ("2026-05-23 12:00:00", "2026-05-22", "eod", 1230.5),  # a Saturday
        ("2026-01-15 21:20:00", "2026-01-15", "eod", 1230.5),  # winter: 16:20 New York
    ],
)
def test_the_timestamp_is_utc(
    stamp: str, session: str, snapshot: str, underlying: float | None
) -> None:
    row = sample_text(text(option(), stamp=stamp)).rows.row(0, named=True)
    assert (row["session"].isoformat(), row["snapshot"]) == (session, snapshot)
    assert row["underlying"] == underlying
    assert row["underlying_kind"] == (None if underlying is None else "index")
    if snapshot != "eod":
        moment = datetime.strptime(stamp, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
        assert row["moment"] == moment


def test_zeros_of_deep_strikes_are_unknown() -> None:
    deep = option(vega=0.0, theta=0.0, gamma=0.0, bid_size=0.0, ask_size=0.0)
    failed = option("SPXW260619C01235000", iv=0.0, delta=0.99)
    first, second = judge(sample_text(text(deep, failed)).rows).to_dicts()
    assert [first[name] for name in ("vega", "theta", "gamma", "bid_size", "ask_size")] == [
        None
    ] * 5
    assert (first["iv"], first["delta"], first["reason"]) == (0.2, 0.5, None)
    assert (second["iv"], second["delta"], second["reason"]) == (None, None, None)


def test_a_zero_bid_and_an_open_interest_of_zero_are_real() -> None:
    row = sample_text(text(option(bid=0.0, bid_size=0.0, open_interest=0.0))).rows.row(
        0, named=True
    )
    assert (row["bid"], row["open_interest"], row["bid_size"]) == (0.0, 0, None)


@pytest.mark.parametrize("value", ["9.5", None, True, float("nan"), [9.5], 10**400])
def test_a_price_that_is_no_number_is_unknown(value: object) -> None:
    (row,) = judge(sample_text(text(option(bid=value))).rows).to_dicts()
    assert (row["bid"], row["reason"]) == (None, "no bid or no ask")


def test_what_is_no_option_is_set_aside_with_its_place() -> None:
    sample = sample_text(text(option(), 7, {"bid": 1.0}))
    assert (sample.read, sample.rows.height) == (3, 1)
    assert sample.set_aside["line"].to_list() == [2, 3]
    (row,) = judge(sample_text(text(option("SPX"))).rows).to_dicts()
    assert row["reason"] is not None


def test_it_is_recognised_by_its_first_bytes_whatever_the_order_of_its_keys() -> None:
    many = [option(f"SPXW260619C{1000 + at:05d}000") for at in range(400)]
    whole = json.dumps({"timestamp": "x", "data": {"options": many, "current_price": 1.0}})
    assert len(whole) > HEAD_BYTES
    head = head_of("_SPX.json", whole.encode()[:HEAD_BYTES])
    assert cboe_delayed_json.LAYOUT.recognise(head) >= 8
    for other in ('{"options":{"option":[{"symbol":"X"}]}}', "[1]", "<html></html>", '{"a":1}', ""):
        assert cboe_delayed_json.LAYOUT.recognise(head_of("x.json", other.encode())) == 0


@pytest.mark.parametrize("stamp", ["", "20 May 2026", None, 5])
def test_a_file_without_its_moment_is_refused(stamp: object) -> None:
    with pytest.raises(StewardError, match="timestamp"):
        sample_text(text(option(), stamp=stamp))


def test_a_file_cut_off_is_refused() -> None:
    with pytest.raises(StewardError, match="cut off"):
        sample_text(text(option(), option())[:-40])
    with pytest.raises(StewardError, match="cut off"):
        sample_text(text(option()) + "}")


def test_a_file_without_options_is_refused() -> None:
    with pytest.raises(StewardError, match="empty"):
        sample_text(text().replace("[]", '[],"was":{"option":"x"}'))


def test_a_file_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cboe_delayed_json, "LARGEST", 100)
    with pytest.raises(StewardError, match="more than 100 bytes"):
        sample_text(text(option()))


def test_a_snapshot_goes_into_a_store_once(tmp_path: Path) -> None:
    strikes = [option(f"SPXW260619{right}0{1200 + at}000") for at in range(5) for right in "CP"]
    file = tmp_path / "_SPX.json"
    file.write_text(text(*strikes), encoding="utf-8")
    first = import_paths([file], tmp_path / "store")
    assert [(one.layout, one.read, one.kept) for one in first.new] == [
        ("cboe_delayed_json", 10, 10)
    ]
    again = import_paths([file], tmp_path / "store")
    assert (len(again.new), len(again.known)) == (0, 1)
    assert Store(tmp_path / "store").snapshots("SPX", date(2026, 5, 20)) == ("eod",)
