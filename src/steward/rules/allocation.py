"""How much of the account the condors may lose, and the ramp towards it (D1)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from math import ceil
from types import MappingProxyType

import polars as pl

from steward.pricing.execution import exact
from steward.rules.ruleset import Allocation, RuleSet
from steward.rules.words import WEALTH, count, day, percent, whole_dollars
from steward.terms.contracts import E4
from steward.terms.trades import BookFacts, Memory, Trace

RULE = "condor_allocation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where the ramp stands, as the memory keeps it.

    step      index into `steps_percent`
    since     session at which this step was taken; None before the first session with quotes
    lowered   the present drawdown has been answered by a step down
    """

    step: int = 0
    since: date | None = None
    lowered: bool = False

    @classmethod
    def of(cls, memory: Memory) -> Standing:
        since = memory.get("step_since")
        return cls(
            step=int(memory.get("allocation_step", 0)),
            since=date.fromisoformat(str(since)) if since else None,
            lowered=bool(memory.get("allocation_lowered", 0.0)),
        )

    def kept_in(self, memory: Memory) -> Memory:
        """The memory with this standing in it; the same object when it was there before."""
        if Standing.of(memory) == self and "allocation_step" in memory:
            return memory
        return MappingProxyType(
            {
                **memory,
                "allocation_step": float(self.step),
                "step_since": self.since.isoformat() if self.since else "",
                "allocation_lowered": float(self.lowered),
            }
        )


def follow(
    session: date, facts: BookFacts, memory: Memory, rules: Allocation, *, trading: bool
) -> tuple[Standing, Trace]:
    """The step of the ramp after this session, and why.

    trading  there are quotes: the clock of the first step starts with the first of them
    Up by one: so many months on the step, none of the last three full months worse than allowed,
    so many condors closed since the step, and a drawdown that is not too deep now. Down by one:
    a drawdown too deep, once for each drawdown: it ends with a new high, and a step up arms the
    rule again. A month that is not known yet is no good month: no step up.
    """
    was = Standing.of(memory)
    was = replace(was, step=min(was.step, len(rules.steps_percent) - 1))
    if was.since is None:
        if not trading:
            return was, _trace(was, facts, rules, "the ramp begins with the first quotes")
        was = replace(was, since=session)
    deep = facts.drawdown < -rules.step_down_drawdown_percent / 100.0
    if facts.drawdown >= 0.0:
        was = replace(was, lowered=False)
    if deep and was.step > 0 and not was.lowered:
        now = Standing(step=was.step - 1, since=session, lowered=True)
        why = f"lowered because that ledger is {percent(-facts.drawdown)} below its high"
        return now, _trace(now, facts, rules, why)
    if was.step + 1 < len(rules.steps_percent) and not deep and _earned(session, was, facts, rules):
        now = Standing(step=was.step + 1, since=session)
        why = (
            f"raised after {count(rules.months_per_step, 'month')}, "
            f"{count(facts.closed_condors, 'condor')} closed and no month worse than "
            f"{rules.step_up_worst_month_percent:g} %"
        )
        return now, _trace(now, facts, rules, why)
    return was, _trace(was, facts, rules, f"since {day(was.since)}" if was.since else "")


def _earned(session: date, was: Standing, facts: BookFacts, rules: Allocation) -> bool:
    worst = facts.worst_month
    return (
        was.since is not None
        and months_later(was.since, rules.months_per_step) <= session
        and worst is not None
        and worst >= -rules.step_up_worst_month_percent / 100.0
        and facts.closed_condors >= rules.step_up_closed_condors
    )


def _trace(now: Standing, facts: BookFacts, rules: Allocation, why: str) -> Trace:
    share = rules.steps_percent[now.step]
    target = whole_dollars(target_cents(facts.nav, share))
    used = whole_dollars(facts.condor_max_loss)
    worst = facts.worst_month
    return Trace(
        rule=RULE,
        result=f"{share:g} %",
        sentence=(
            f"Condors may lose {share:g} % of {WEALTH[rules.sizing_nav]}, {target}: step "
            f"{now.step + 1} of {len(rules.steps_percent)}, {why}. {used} of it is used."
        ),
        inputs={
            "drawdown": percent(facts.drawdown),
            "worst of the last three full months": (
                "not yet known" if worst is None else percent(worst)
            ),
            "condors closed since the step": str(facts.closed_condors),
        },
    )


def months_later(start: date, months: int) -> date:
    """The same day `months` later; the last day of a month that has no such day."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    after = date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
    last = (after - timedelta(days=1)).day
    return date(year, month + 1, min(start.day, last))


def target_cents(nav: int, share_percent: float) -> int:
    """What all open condors together may lose, cents, rounded down; 0 for an account in debt."""
    return max(int(nav * exact(share_percent) / 100), 0)


def smallest_capital_cents(
    decisions: pl.DataFrame, rules: RuleSet, *, both_sides: bool = False
) -> int | None:
    """From which capital on one condor fits, cents, of a run in which none could be opened.

    decisions   the DECISIONS table of the condor ledger (other ledgers repeat it)
    both_sides  a condor with two widths needs margin for both spreads, not for the wider one
    At the first step of the ramp, the least over all condors that were wanted and dropped for
    their size. None when there is none, or when some condor was sent: then size was not the reason.
    """
    wanted = decisions.filter(pl.col("kind") == "intent").select("result", "detail").rows()
    least: int | None = None
    for result, text in wanted:
        intent = json.loads(text)
        if intent["purpose"] != "condor" or intent["action"] != "open":
            continue
        if result == "sent":
            return None
        if result in ("lapsed", "refused"):
            need = capital_for(*_of_one(intent["detail"], both_sides), rules)
            least = need if least is None else min(least, need)
    return least


def _of_one(detail: Mapping[str, float], both_sides: bool) -> tuple[int, int]:
    """What one condor can lose and what it needs beside its credit, cents."""
    loss = round(detail["max_loss_cents"])
    if not both_sides or detail["narrow_width"] == detail["width"]:
        return loss, loss
    # 100 dollars a point: cents are ten-thousandths.
    return loss, loss + round(detail["narrow_width"] * E4)


def capital_for(max_loss_cents: int, margin_cents: int, rules: RuleSet) -> int:
    """The capital from which on one such condor fits the first step and its margin, cents.

    max_loss_cents, margin_cents  of one condor: what it can lose, and what it needs of the account
    """
    share = exact(rules.allocation.steps_percent[0])
    return max(ceil(100 * max_loss_cents / share), margin_cents)
