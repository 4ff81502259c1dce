"""The result of a rule set as a function of what its fills cost, and where its edge is gone.

Every fill pays the middle plus or minus k times half of the spread. One run a k, with all that
follows from it: another k finds other condors in the credit band. Beside them stands the run of the
rules as they are, and what its own trades would have brought at other costs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import polars as pl

from steward.analytics.slippage import by_ledger
from steward.intake.load import Market
from steward.rules.ruleset import RuleSet
from steward.runs.backtest import backtest
from steward.runs.result import Result
from steward.runs.settings import CASH, Settings
from steward.terms.errors import StewardError

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)

Progress = Callable[[int, int], None]
"""Sessions done of all runs, sessions in all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One ledger of one run; cents.

    over_bills  what it ended with more than the same flows in bills
    slippage    paid to the middle of the quotes        fees  paid
    trades      fills of orders
    """

    final: int
    over_bills: int
    slippage: int
    fees: int
    trades: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """All ledgers of one run; `share` is k of every fill, None: as the rules say."""

    share: float | None
    run_id: str
    outcomes: dict[str, Outcome]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slippage:
    """What was found.

    points             one for each k, with rising k
    ruled              the rules as they are, with the `manifest`, the `journal` and the `equity` of
                       that run: what its prices, its account and its fees were
    """

    rules: str
    ledgers: tuple[str, ...]
    points: tuple[Point, ...]
    ruled: Point
    manifest: dict[str, object]
    journal: pl.DataFrame
    equity: pl.DataFrame

    def edge_gone(self, ledger: str) -> float | None:
        """k at which the ledger is worth no more than bills, on lines between the runs; the lowest.

        None: it is never above bills at any k, or still above them at the largest.
        """
        known = [(point.share, point.outcomes[ledger].over_bills) for point in self.points]
        for (low, above), (high, below) in pairwise(known):
            if low is not None and high is not None and above > 0 >= below:
                return low + (high - low) * above / (above - below)
        return None

    def multiple_gone(self, ledger: str) -> float | None:
        """How many times its own slippage the ledger's own trades could have paid before they were
        worth no more than bills; below 0: they were not worth it at the middle either. None:
        nothing was paid.
        """
        one = self.ruled.outcomes[ledger]
        return (one.over_bills + one.slippage) / one.slippage if one.slippage else None


def with_share(rules: RuleSet, share: float) -> RuleSet:
    """The rules with k at every fill: entries, exits, stops, hedges, in stress and out of it."""
    entry = rules.entry.model_copy(update={"fill_share": share})
    leaving = rules.exit.model_copy(update={"fill_share": share, "stop_fill_share": share})
    hedge = rules.hedge
    if hedge is not None:
        hedge = hedge.model_copy(update={"fill_share": share, "stress_fill_share": share})
    return rules.model_copy(update={"entry": entry, "exit": leaving, "hedge": hedge})


def slippage(
    market: Market,
    settings: Settings,
    *,
    shares: Sequence[float] = SHARES,
    progress: Progress | None = None,
) -> Slippage:
    """Run the rules at each k, and as they are.

    Raises StewardError for fewer than two different k, or for one outside of 0 to 1.
    """
    wanted = sorted(set(shares))
    if len(wanted) < 2 or not all(0.0 <= share <= 1.0 for share in wanted):
        raise StewardError(
            "the shares of the half spread must be two or more different numbers from 0 (the "
            "middle) to 1 (the touch)"
        )
    runs = len(wanted) + 1
    ruled_run = backtest(market, settings, progress=_part(progress, 0, runs))
    points = []
    for place, share in enumerate(wanted, start=1):
        at = replace(settings, rules=with_share(settings.rules, share))
        made = backtest(market, at, progress=_part(progress, place, runs))
        points.append(point(made, share))
    ruled = point(ruled_run, None)
    return Slippage(
        rules=settings.rules.name,
        ledgers=tuple(ruled.outcomes),
        points=tuple(points),
        ruled=ruled,
        manifest=dict(ruled_run.manifest),
        journal=ruled_run.journal,
        equity=ruled_run.equity,
    )


def point(result: Result, share: float | None) -> Point:
    """The figures of one run."""
    finals = dict(
        result.equity.sort("session").group_by("ledger").agg(pl.col("equity").last()).rows()
    )
    events = result.journal.group_by("ledger").agg(
        fees=-pl.col("cash").filter(pl.col("event") == "fee").sum(),
        trades=pl.col("order_id").filter(pl.col("event") == "fill").n_unique(),
    )
    counted = {ledger: (int(fees), int(trades)) for ledger, fees, trades in events.rows()}
    crossed = by_ledger(result.journal)
    return Point(
        share=share,
        run_id=result.run_id,
        outcomes={
            ledger: Outcome(
                final=finals[ledger],
                over_bills=finals[ledger] - finals[CASH],
                slippage=crossed[ledger],
                fees=counted[ledger][0],
                trades=counted[ledger][1],
            )
            for ledger in result.equity["ledger"].unique(maintain_order=True).to_list()
            if ledger != CASH
        },
    )


def _part(progress: Progress | None, place: int, runs: int) -> Progress | None:
    """The progress of one run as part of all."""
    if progress is None:
        return None

    def shown(done: int, total: int) -> None:
        progress(place * total + done, runs * total)

    return shown
