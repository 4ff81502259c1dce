"""What a fall of SPX within a week would cost the account, with the hedge and without it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from steward.market.view import MarketView
from steward.pricing import stress
from steward.rules.ruleset import RuleSet, Stress
from steward.runs.desk import Desk
from steward.terms.trades import HEDGE_PURPOSES, Lot

FALLS = (-0.05, -0.08, -0.12, -0.20)
WEEK_SESSIONS = 5

LOSSES = {
    "fall": pl.Float64(),
    "unhedged_cents": pl.Int64(),
    "hedged_cents": pl.Int64(),
    "nav_cents": pl.Int64(),
}


def fall_losses(
    lots: Sequence[Lot], view: MarketView, nav: int, rules: RuleSet, *, scale: float = 1.0
) -> pl.DataFrame:
    """One row a fall: change of the account's value in cents, at the view's marks; losses below 0.

    scale  of all holdings, to show another size than the one held
    The shock is that of the rules' stress, its volatility points in proportion to the fall.
    """
    base = rules.hedge.stress if rules.hedge is not None else Stress()
    rows = []
    for fall in FALLS:
        shock = stress.shock_of(base, spx=fall, sessions=WEEK_SESSIONS)
        condors = sum(stress.lot_change(x, view, shock) for x in lots if x.purpose == "condor")
        hedges = sum(stress.lot_change(x, view, shock) for x in lots if x.purpose in HEDGE_PURPOSES)
        rows.append((fall, round(scale * condors), round(scale * (condors + hedges)), nav))
    return pl.DataFrame(rows, schema=LOSSES, orient="row")


@dataclass(frozen=True, slots=True, kw_only=True)
class Losses:
    """The table for the planned size, and the book that it was made from.

    session  of the book       share  of the account that condors may lose at the planned size
    """

    session: date
    share: float
    table: pl.DataFrame


class LastHeld:
    """Remembers the last session on which a ledger held condors, and prices the falls there."""

    def __init__(self) -> None:
        self._lots: tuple[Lot, ...] = ()
        self._view: MarketView | None = None
        self._nav = 0
        self._at_risk = 0
        self._step = 0

    def see(self, desk: Desk, view: MarketView) -> None:
        facts = desk.facts
        if facts is not None and facts.condor_max_loss > 0:
            self._lots, self._view = desk.account.lots, view
            self._nav, self._at_risk = facts.nav, facts.condor_max_loss
            self._step = int(desk.condor_memory.get("allocation_step", 0))

    def losses(self, rules: RuleSet) -> Losses | None:
        """For condors that put the whole planned share of the account at risk; None: none held."""
        if self._view is None:
            return None
        share = rules.allocation.steps_percent[self._step] / 100.0
        scale = share * self._nav / self._at_risk
        return Losses(
            session=self._view.session,
            share=share,
            table=fall_losses(self._lots, self._view, self._nav, rules, scale=scale),
        )
