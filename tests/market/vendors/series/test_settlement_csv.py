"""A user's settlement values: official ones by name, a proxy only by its own."""

from __future__ import annotations

from datetime import date

import pytest

from steward.market.series import finished

from ..chains.reading import sample_text

HEADER = "symbol,day,value,source\n"


@pytest.mark.parametrize(
    ("row", "kept"),
    [
        ("SET,2018-02-16,2700.5,cboe.com", ("SPX", "SET")),
        ("^SET,2018-02-16,2700.5,", ("SPX", "SET")),
        ("SPX,2018-02-16,2700.5,SET", ("SPX", "SET")),
        ("VRO,2018-02-14,25.5,cboe.com", ("VIX", "VRO")),
        ("VIX,2018-02-14,25.5,vro", ("VIX", "VRO")),
        ("SPX,2018-02-16,2700.5,spx_open", ("SPX", "spx_open")),
        ("SET,2018-02-16,2700.5,spx_open", ("SPX", "spx_open")),
        ("VIX,2018-02-14,25.5,vix_prior_close", ("VIX", "vix_prior_close")),
    ],
)
def test_what_a_value_is(row: str, kept: tuple[str, str]) -> None:
    rows = sample_text(f"{HEADER}{row}\n", "settlements.csv").rows  # written
    done = finished("settlements", rows, source="0" * 16)
    assert done.rows.select("symbol", "kind").rows() == [kept]


@pytest.mark.parametrize(
    "row",
    [
        "SPX,2018-02-16,2700.5,my own guess",
        "SPX,2018-02-16,2700.5,",
        "SPX,2018-02-16,2700.5,vix_open",
        "VIX,2018-02-16,25.5,SET",
        "NDX,2018-02-16,7000,SET",
    ],
)
def test_a_value_of_another_source_is_set_aside(row: str) -> None:
    rows = sample_text(f"{HEADER}{row}\n", "settlements.csv").rows  # written
    done = finished("settlements", rows, source="0" * 16)
    assert done.rows.is_empty()
    assert done.set_aside["reason"].to_list() == ["neither SET, VRO nor a proxy by its name"]


def test_a_value_of_zero_is_none() -> None:
    rows = sample_text(f"{HEADER}SET,2018-02-16,0,x\n", "settlements.csv").rows  # written
    done = finished("settlements", rows, source="0" * 16)
    assert done.set_aside.select("day", "reason").rows() == [
        (date(2018, 2, 16), "no value above 0")
    ]
