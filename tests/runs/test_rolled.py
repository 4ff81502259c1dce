"""Where forwards would stand at the next session if the curve stayed, worked out by hand."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest

from steward.market.quotes import Quote
from steward.runs.rolled import Rolled
from steward.terms.contracts import Contract, OptionContract, ShareContract, vx

TUESDAY, FRIDAY = date(2018, 3, 6), date(2018, 3, 9)


def quote(forward: float) -> Quote:
    price = round(forward * 10_000) if math.isfinite(forward) else 1
    return Quote(
        bid=price,
        ask=price,
        quality="modelled",
        forward=forward,
        vol=math.nan,
        delta=1.0,
        gamma=0.0,
        vega=0.0,
        theta=0.0,
    )


@dataclass
class View:
    """What of a view the curves are made of."""

    session: date
    spx: float = 2700.0
    vix: float = 18.0
    listed: dict[date, float | None] = field(default_factory=dict)

    def futures(self) -> tuple[date, ...]:
        return tuple(self.listed)

    def quote(self, contract: Contract) -> Quote | None:
        price = self.listed.get(contract.expiry)
        return None if price is None else quote(price)


def rolled(view: Any, contract: Contract, forward: float) -> float:
    return Rolled(view).of(contract, quote(forward))


def option(expiry: date, root: str = "SPXW", settlement: Any = "PM") -> OptionContract:
    return OptionContract(root=root, expiry=expiry, strike=20.0, right="C", settlement=settlement)


def test_a_forward_of_spx_comes_nearer_to_the_index() -> None:
    """ln(2727/2700) = 0.00995033 belongs to 30 days: 0.00033168 of it to each."""
    on = date(2018, 4, 5)
    found = rolled(View(TUESDAY), option(on), 2727.0)
    assert found == pytest.approx(2726.0957, abs=0.00005)  # 2727 * (1 - 0.00033162)
    assert rolled(View(TUESDAY), option(on), 2700.0) == 2700.0
    after = date(2018, 4, 8)  # 30 days from the Friday, three of which pass at once
    assert rolled(View(FRIDAY), option(after), 2727.0) == pytest.approx(
        2727.0 * (2700.0 / 2727.0) ** (3 / 30)
    )


def test_what_settles_by_the_next_session_stands_at_its_index() -> None:
    assert rolled(View(TUESDAY), option(date(2018, 3, 7)), 2701.0) == 2700.0
    assert rolled(View(FRIDAY), option(date(2018, 3, 12)), 2701.0) == 2700.0
    assert rolled(View(TUESDAY), option(date(2018, 3, 7), "VIXW", "AM"), 18.9) == 18.0
    assert rolled(View(TUESDAY), vx(date(2018, 3, 7)), 18.9) == 18.0


CURVE: dict[date, float | None] = {date(2018, 3, 21): 18.75, date(2018, 4, 18): 19.03}
"""15 days and 43 days from the Tuesday: a slope of 0.05 a day up to the first, then of 0.01."""


def test_a_future_slides_down_its_curve() -> None:
    view = View(TUESDAY, listed=dict(CURVE))
    assert rolled(view, vx(date(2018, 3, 21)), 18.75) == pytest.approx(18.75 - 0.05)
    assert rolled(view, vx(date(2018, 4, 18)), 19.03) == pytest.approx(19.03 - 0.01)
    # a weekly between the two, quoted a tenth above the line: it keeps the tenth
    assert rolled(view, option(date(2018, 3, 28), "VIXW", "AM"), 18.92) == pytest.approx(18.91)
    # three days at once: from day 7, at 18.2 behind the bend, to day 4, at 18.0 before it
    friday = View(FRIDAY, listed={date(2018, 3, 14): 18.0, date(2018, 3, 21): 18.7})
    assert rolled(friday, option(date(2018, 3, 16), "VIXW", "AM"), 18.2) == pytest.approx(18.0)


def test_a_curve_that_falls_rolls_up() -> None:
    view = View(TUESDAY, vix=30.0, listed={date(2018, 3, 21): 27.0})
    assert rolled(view, vx(date(2018, 3, 21)), 27.0) == pytest.approx(27.2)


def test_beyond_the_last_future_nothing_rolls() -> None:
    view = View(TUESDAY, listed=dict(CURVE))
    assert rolled(view, option(date(2018, 9, 19), "VIX", "AM"), 19.5) == 19.5
    assert rolled(View(TUESDAY), option(date(2018, 4, 18), "VIX", "AM"), 19.0) == 19.0
    assert rolled(view, ShareContract(symbol="VXX"), 50.0) == 50.0


def test_a_future_without_a_quote_or_settled_is_no_point_of_the_curve() -> None:
    listed = {TUESDAY: 40.0, **CURVE, date(2018, 3, 28): None}
    view = View(TUESDAY, listed=dict(sorted(listed.items())))
    assert rolled(view, vx(date(2018, 3, 21)), 18.75) == pytest.approx(18.70)
    assert rolled(view, vx(date(2018, 4, 18)), 19.03) == pytest.approx(19.02)


def test_a_forward_that_is_not_known_stays_so() -> None:
    assert math.isnan(rolled(View(TUESDAY), option(date(2018, 4, 5)), math.nan))
