"""Blocks of history: joint moves are history's own, levels stay near it, seeds repeat."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from steward.market.history import Bars, History
from steward.market.paths.bootstrap import KEPT, Bootstrap
from steward.market.paths.facts import closes_of, closes_of_history, facts
from steward.market.paths.state import ARRAYS, Paths
from steward.market.vendors.arch_history import arch_history
from steward.terms.errors import StewardError


@pytest.fixture(scope="module")
def history() -> History:
    return arch_history()


@pytest.fixture(scope="module")
def blocks(history: History) -> Bootstrap:
    return Bootstrap(history)


@pytest.fixture(scope="module")
def made(blocks: Bootstrap) -> Paths:
    return blocks.simulate(seed=8, paths=20, years=5.0)


def test_every_return_is_one_of_history(history: History, made: Paths) -> None:
    known = np.sort(np.diff(np.log(history.spx.close)))
    found = np.diff(np.log(made.spx), axis=0).ravel()
    place = np.minimum(np.searchsorted(known, found), len(known) - 1)
    near = np.minimum(np.abs(known[place] - found), np.abs(known[place - 1] - found))
    assert near.max() < 1e-9


def test_vix_moves_as_on_the_day_of_that_return(history: History, made: Paths) -> None:
    """But for what brings the level back: a twentieth of its distance from the real one."""
    returns = np.diff(np.log(history.spx.close))
    order = np.argsort(returns)
    changes = np.diff(np.log(history.vix.close))[order]
    found = np.diff(np.log(made.spx), axis=0)
    place = np.searchsorted(returns[order], found.ravel() - 1e-12)
    real = changes[np.minimum(place, len(changes) - 1)].reshape(found.shape)
    gap = np.abs(np.diff(np.log(made.vix), axis=0) - real)
    assert np.median(gap) < 0.01
    assert np.quantile(gap, 0.99) < (1.0 - KEPT) * 0.8


def test_levels_stay_where_history_has_them(history: History, made: Paths) -> None:
    log = np.log(made.vix)
    low, high = np.log(history.vix.close.min()), np.log(history.vix.close.max())
    assert low - 0.35 < log.min()
    assert log.max() < high + 0.35
    assert abs(np.median(made.vix) - np.median(history.vix.close)) < 2.5


def test_joint_dependence_is_kept(history: History, made: Paths) -> None:
    real = {key: float(value[0]) for key, value in facts(closes_of_history(history)).items()}
    found = {key: float(np.nanmedian(value)) for key, value in facts(closes_of(made)).items()}
    assert abs(found["correlation"] - real["correlation"]) < 0.05
    assert abs(found["leverage_1"] - real["leverage_1"]) < 0.1
    assert abs(found["memory_1"] - real["memory_1"]) < 0.12
    assert abs(found["vix_memory_21"] - real["vix_memory_21"]) < 0.25


def test_a_path_is_the_same_alone_and_among_others(blocks: Bootstrap, made: Paths) -> None:
    alone = blocks.simulate(seed=8, paths=1, years=5.0, first=13)
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(alone, name), getattr(made.path(13), name))
        assert np.isfinite(getattr(alone, name)).all()


def test_the_label_names_the_history(made: Paths) -> None:
    assert made.label.startswith("blocks of history (embedded default")


def test_a_history_that_is_too_short_is_refused(history: History) -> None:
    short = history.until(date(2003, 1, 2)) if history.sessions[0] < date(2003, 1, 2) else history
    bars = Bars(**{n: getattr(short.spx, n)[:100] for n in ("open", "high", "low", "close")})
    vix = Bars(**{n: getattr(short.vix, n)[:100] for n in ("open", "high", "low", "close")})
    cut = replace(
        short, sessions=short.sessions[:100], moments=short.moments[:100], spx=bars, vix=vix
    )
    with pytest.raises(StewardError, match="too few to draw blocks from"):
        Bootstrap(cut)
