"""Where the edge is gone, by hand, and a small world at three costs of filling."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from steward.rules import ruleset
from steward.runs.settings import Settings
from steward.studies.slippage import Outcome, Point, Slippage, slippage, with_share
from steward.terms.errors import StewardError

from ..worlds import market


def at(share: float | None, over_bills: int, paid: int = 0) -> Point:
    outcome = Outcome(final=0, over_bills=over_bills, slippage=paid, fees=0, trades=1)
    return Point(share=share, run_id="", outcomes={"unhedged": outcome})


def found(*points: Point, ruled: Point | None = None) -> Slippage:
    return Slippage(
        rules="article",
        ledgers=("unhedged",),
        points=points,
        ruled=ruled or at(None, 0),
        manifest={},
        journal=pl.DataFrame(),
        equity=pl.DataFrame(),
    )


def test_the_edge_is_gone_on_the_line_between_two_runs() -> None:
    # 300 above bills at 0.25, 100 below at 0.5: three quarters of the way, at 0.4375.
    three = found(at(0.0, 50_000), at(0.25, 30_000), at(0.5, -10_000))
    assert three.edge_gone("unhedged") == pytest.approx(0.4375, abs=1e-12)


def test_an_edge_that_was_never_there_or_is_never_gone_has_no_k() -> None:
    assert found(at(0.0, -1), at(1.0, -2)).edge_gone("unhedged") is None
    assert found(at(0.0, 5), at(1.0, 2)).edge_gone("unhedged") is None
    assert found(at(0.0, 0), at(1.0, -2)).edge_gone("unhedged") is None


def test_how_many_times_its_own_slippage_the_trades_could_have_paid() -> None:
    # 200 above bills after 100 of slippage: 300 in all, three times what was paid.
    assert found(ruled=at(None, 20_000, 10_000)).multiple_gone("unhedged") == 3.0
    assert found(ruled=at(None, -20_000, 10_000)).multiple_gone("unhedged") == -1.0
    assert found(ruled=at(None, 5, 0)).multiple_gone("unhedged") is None


def test_every_fill_gets_the_share() -> None:
    rules = with_share(ruleset.load("article"), 0.75)
    assert rules.hedge is not None
    assert {
        rules.entry.fill_share,
        rules.exit.fill_share,
        rules.exit.stop_fill_share,
        rules.hedge.fill_share,
        rules.hedge.stress_fill_share,
    } == {0.75}
    assert rules.exit.stop_measured_share == ruleset.load("article").exit.stop_measured_share
    assert with_share(ruleset.load("unhedged"), 0.0).hedge is None


@pytest.mark.parametrize("shares", [(0.5,), (0.5, 0.5), (0.0, 1.1), (-0.1, 0.5), ()])
def test_shares_that_are_none_are_refused(shares: tuple[float, ...]) -> None:
    with pytest.raises(StewardError, match="two or more different numbers"):
        slippage(market(3, 40), Settings(rules=ruleset.load("article")), shares=shares)


def test_a_small_world_at_three_costs() -> None:
    world, settings = market(5, 150), Settings(rules=ruleset.load("unhedged"), capital=50_000_000)
    settings = replace(settings, rules=settings.rules.model_copy(update={"name": "alone"}))
    steps: list[tuple[int, int]] = []
    made = slippage(world, settings, shares=(1.0, 0.0), progress=lambda *done: steps.append(done))
    assert [point.share for point in made.points] == [0.0, 1.0]
    middle, touch = (point.outcomes["unhedged"] for point in made.points)
    assert middle.trades > 0
    assert 0 <= middle.slippage < touch.slippage
    assert middle.fees > 0
    assert steps[-1] == (450, 450)
    assert [done for done, _ in steps] == sorted(done for done, _ in steps)
    again = slippage(world, settings, shares=(1.0, 0.0))
    assert again.points == made.points
