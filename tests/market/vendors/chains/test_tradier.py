"""Tradier: no real file; all contracts are written from the vendor's published shape."""

from __future__ import annotations

import json
from datetime import date, time
from pathlib import Path
from typing import Any

import pytest

from steward.intake.importing import import_paths
from steward.market.vendors.source import Hints
from steward.terms.errors import StewardError

from .reading import sample_text

NAME = "spx_2025-05-01.json"
GREEKS = {
    "delta": 0.4,
    "gamma": 0.005,
    "theta": -3.5,
    "vega": 1.8,
    "rho": 0.1,
    "phi": -0.1,
    "bid_iv": 0.11,
    "mid_iv": 0.12,
    "ask_iv": 0.13,
    "smv_vol": 0.12,
    "updated_at": "2025-05-01 19:59:55",
}
CONTRACT = {
    "symbol": "SPXW250505C05700000",
    "root_symbol": "SPXW",
    "option_type": "call",
    "expiration_date": "2025-05-05",
    "expiration_type": "weeklys",
    "strike": 5700.0,
    "bid": 12.1,
    "ask": 12.4,
    "last": 12.2,
    "volume": 70,
    "open_interest": 22,
    "bidsize": 11,
    "asksize": 23,
    "greeks": GREEKS,
}


def text(option: Any) -> str:
    return json.dumps({"options": {"option": option}})


def test_a_list_and_a_lone_contract_are_read_alike() -> None:  # written
    for option in (CONTRACT, [CONTRACT]):
        sample = sample_text(text(option), NAME)
        assert sample.layout.name == "tradier"
        assert sample.source.ignored == ()
        row = sample.rows.row(0, named=True)
        assert (row["symbol"], row["root"], row["right"]) == ("SPX", "SPXW", "C")
        assert (row["session"], row["expiry"]) == (date(2025, 5, 1), date(2025, 5, 5))
        assert (row["bid"], row["ask"], row["bid_size"], row["ask_size"]) == (12.1, 12.4, 11, 23)
        assert (row["iv"], row["delta"], row["theta"]) == (0.12, 0.4, -3.5)


@pytest.mark.parametrize("data", ['{"options":null}', '{ "options" : null }'])
def test_an_empty_chain_says_so(data: str) -> None:  # written
    with pytest.raises(StewardError, match="the chain is empty"):
        sample_text(data, NAME)


@pytest.mark.parametrize("updated", ["2025-04-30 20:00:08", "2025-05-02 01:00:00x", None])
def test_greeks_of_another_day_are_dropped_and_the_quote_stays(updated: Any) -> None:  # written
    sample = sample_text(text({**CONTRACT, "greeks": {**GREEKS, "updated_at": updated}}), NAME)
    row = sample.rows.row(0, named=True)
    assert row["iv"] is row["delta"] is row["rho"] is None
    assert row["bid"] == 12.1
    assert any("another day" in said for said in sample.source.notes)


def test_no_greeks_are_no_reason_to_stop() -> None:  # written
    sample = sample_text(text([{**CONTRACT, "greeks": None}]), NAME, Hints(time=time(10, 0)))
    assert sample.rows["iv"].to_list() == [None]
    assert sample.rows["snapshot"].to_list() == ["1000"]


def test_what_has_another_type_is_unknown() -> None:  # written
    odd = {**CONTRACT, "bid": "12", "bidsize": True, "volume": 10**400, "open_interest": None}
    row = sample_text(text([odd]), NAME).rows.row(0, named=True)
    assert row["bid"] is row["bid_size"] is row["volume"] is row["open_interest"] is None


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (text([CONTRACT])[:-9], "is no whole JSON"),
        ('{"options": {"option": 7}}', "no list of contracts"),
        ('{"options": {}}', "no list of contracts"),
    ],
)
def test_another_shape_is_refused(data: str, problem: str) -> None:  # written
    with pytest.raises(StewardError, match=problem):
        sample_text(data, NAME)


def test_a_chain_in_the_store(tmp_path: Path) -> None:  # written
    path = tmp_path / NAME
    dead = {**CONTRACT, "strike": 9000.0, "bid": 0.0, "ask": 0.0}
    path.write_text(text([CONTRACT, dead, "nonsense", {**CONTRACT, "root_symbol": "SPY"}]))
    (record,) = import_paths([path], tmp_path / "store").new
    assert (record.read, record.kept, record.elsewhere) == (4, 1, 1)
    assert record.set_aside == {"an ask of 0: no quote": 1}
    assert record.unreadable == {"no contract of an option chain": 1}


def test_half_a_character_costs_its_own_row(tmp_path: Path) -> None:  # written
    """JSON may hold one, UTF-8 cannot."""
    broken = {**CONTRACT, "symbol": "SPXW\ud800", "root_symbol": "SPXW\ud800", "\ud800": 1}
    (path := tmp_path / NAME).write_text(text([CONTRACT, broken]))
    (record,) = import_paths([path], tmp_path / "store").new
    assert (record.kept, record.elsewhere) == (1, 1)
    assert record.ignored == ("?",)
