"""The packaged numbers of the generator are those that the data give."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from steward.intake.fit.facts_table import band, shown
from steward.intake.fit.paths import numbers_of, premium_of, residuals
from steward.intake.fit.sources import Sources
from steward.market.paths.coefficients import model, model_of, packaged
from steward.market.paths.facts import FACTS, Compared
from steward.market.vendors.arch_history import arch_history
from steward.pricing.simulated.bulk import OUTCOMES
from steward.terms.errors import StewardError


def test_the_data_give_the_packaged_lines_again(shared_data: Path) -> None:
    found = residuals(Sources(shared_data).history)
    np.testing.assert_allclose(found.drift, model().drift, rtol=1e-5)
    np.testing.assert_allclose(found.variance, model().variance, atol=1e-4)
    np.testing.assert_allclose(found.vol_of_vol, model().vol_of_vol, atol=1e-4)
    # corrected for the bias of one history: slower than what least squares finds
    assert found.reversion[1] < model().reversion[1] < 0.0
    z, u = found.z[300:], found.u[300:]
    np.testing.assert_allclose([z.std(), u.std()], 1.0, atol=0.02)
    assert abs(np.corrcoef(np.abs(z[1:]), np.abs(z[:-1]))[0, 1]) < 0.08  # no memory is left
    assert np.corrcoef(z, u)[0, 1] < -0.7


def test_a_premium_is_the_distance_of_settlements(shared_data: Path) -> None:
    history = Sources(shared_data).history.until(date(2013, 12, 31))
    found = premium_of(history)
    known = found[np.isfinite(found)]
    assert known.size > 1500
    assert abs(np.median(known)) < 0.05
    assert 0.01 < known.std() < 0.08


def test_a_short_history_is_refused() -> None:
    with pytest.raises(StewardError, match="too few to fit paths: bring ten years"):
        residuals(arch_history().until(date(2016, 1, 4)))


def test_the_packaged_file_holds_every_fact_and_every_outcome() -> None:
    assert list(packaged()["facts"]) == [fact.key for fact in FACTS]
    assert list(packaged()["priced"]) == list(OUTCOMES)
    for part in ("facts", "priced"):
        for values in packaged()[part].values():
            assert len(values) == 7
            assert values[1] <= values[2] <= values[3]
            assert values[4] <= values[5] <= values[6]


def test_history_lies_inside_of_nine_bands_of_ten() -> None:
    rows = packaged()["facts"].values()
    inside = [low <= real <= high for real, low, _, high, *_ in rows]
    assert sum(inside) >= 0.9 * len(inside)


def test_numbers_read_back() -> None:
    assert numbers_of([1.0, -0.0000001, 2.5]) == "[1, 0, 2.5]"
    assert tomllib.loads(f"a = {numbers_of([0.123456789])}")["a"] == [0.123457]
    with pytest.raises(KeyError):
        model_of({})


def test_cells_of_the_table() -> None:
    one = Compared(key="a", real=float("nan"), low=1.0, middle=2.0, high=3.0)
    assert band(one, 1) == "2.0 (1.0 to 3.0)"
    assert shown(one.real, 1) == "-"
