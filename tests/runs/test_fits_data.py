"""A run is made again on what it was made on: which options that takes, in one sentence."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from steward.intake.load import Market
from steward.runs.replay import fits_data
from steward.terms.errors import StewardError


def market(*, chains: bool = False, stored: bool = False, embedded: bool = True) -> Market:
    found = SimpleNamespace(
        kind="quoted" if chains or stored else "modelled",
        chains=("a file",) if chains else (),
        stored="a store" if stored else None,
        embedded=embedded,
    )
    return cast(Market, found)


def made_on(
    *, quotes: str = "", embedded: bool = True, label: str = "data folder: SPX, VIX"
) -> dict[str, Any]:
    return {
        "data": {
            "kind": "quoted" if quotes else "modelled",
            "files": {"SPX.csv": "0", **({quotes: "1"} if quotes else {})},
            "embedded": embedded,
            "label": "embedded history" if embedded else label,
        }
    }


STORE = "on the real quotes of a store: give it with --chains STORE"
FILES = "on real quotes of files: give them with --chains FILE"


@pytest.mark.parametrize(
    ("manifest", "given", "said"),
    [
        (made_on(quotes="store"), market(), STORE),
        (made_on(quotes="store"), market(chains=True), STORE),
        (made_on(quotes="chain.csv"), market(), FILES),
        (made_on(quotes="chain.csv"), market(stored=True), FILES),
        (made_on(), market(stored=True), "on modelled quotes: leave out --chains"),
        (
            made_on(embedded=False),
            market(),
            "on the daily series of a data folder: give it with --data DIR",
        ),
        (
            made_on(quotes="store", embedded=False, label="store: SPX, VIX"),
            market(),
            f"{STORE}; on the daily series of a store: give it with --data STORE",
        ),
        (made_on(), market(embedded=False), "on embedded history: leave out --data"),
    ],
)
def test_what_is_lacking_is_said_at_once(
    manifest: dict[str, Any], given: Market, said: str
) -> None:
    with pytest.raises(StewardError) as raised:
        fits_data(manifest, given, Path("runs/one"))
    assert str(raised.value) == f"runs/one: this run was made {said}"


def test_what_fits() -> None:
    fits_data(made_on(), market(), Path("runs/one"))
    fits_data(made_on(quotes="chain.csv"), market(chains=True), Path("runs/one"))
    fits_data(
        made_on(quotes="store", embedded=False), market(stored=True, embedded=False), Path("one")
    )
