"""What kind of days these are: meetings ahead, stress, and what nothing here can supply."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np

from steward.market.history import Floats, FomcDecision, History
from steward.signals import indicators
from steward.signals.columns import Column, absent, over_known, present, settle
from steward.signals.price import with_past
from steward.terms import calendar

# What stress means in the measures of a hedge: no threshold of a rule.
STRESS_SPX_PCT = -5.0
STRESS_VIX_PCT = 30.0
STRESS_SESSIONS = 5


def columns(history: History) -> dict[str, Column]:
    """The FOMC window, the stress flag, the liquidity flag that needs a user's file."""
    return {
        "sessions_to_fomc": _fomc(history),
        "stress_now": settle(history, present(history, stress(history))),
        "liquidity_thin": absent(
            history, "liquidity needs quick ratios by company from a file of your own"
        ),
    }


def stress(history: History) -> Floats:
    """1 where SPX lost 5 % or VIX gained 30 % in five sessions, else 0; NaN while both unsaid."""
    fall = with_past(history, lambda closes: indicators.change(closes, STRESS_SESSIONS))
    rise = over_known(lambda vix: indicators.change(vix, STRESS_SESSIONS), history.vix.close)
    hit = (fall <= STRESS_SPX_PCT) | (rise >= STRESS_VIX_PCT)
    unsaid = ~hit & ~(np.isfinite(fall) & np.isfinite(rise))
    return np.where(unsaid, np.nan, hit.astype(np.float64))


def _fomc(history: History) -> Column:
    if not history.fomc:
        return absent(history, "this history has no calendar of FOMC decisions")
    return settle(history, present(history, sessions_to_decision(history.sessions, history.fomc)))


def sessions_to_decision(sessions: Sequence[date], decisions: Sequence[FomcDecision]) -> Floats:
    """Sessions from each of `sessions` to the next scheduled decision day known on it, 1 or more.

    On a decision day it counts to the one after. 9999 where none ahead is known. Unscheduled
    decisions do not count, nor a scheduled one before its schedule was public, nor one that was
    cancelled from the day on which that was known. Counted on the
    calendar of the exchange, which knows closures that nobody could foresee; none of those since
    1990 lies within five sessions before a scheduled decision.
    """
    days = np.array(calendar.sessions(calendar.FIRST_DAY, calendar.LAST_DAY), dtype="datetime64[D]")
    ours = np.array(sessions, dtype="datetime64[D]")
    place = np.searchsorted(days, ours)
    out = np.full(len(ours), indicators.NONE_YET)
    last = days[-1] if len(days) else np.datetime64("NaT")
    for decision in sorted(decisions, key=lambda one: one.day, reverse=True):
        day = np.datetime64(decision.day)
        if not decision.scheduled or day > last:
            continue
        begin = np.searchsorted(ours, np.datetime64(decision.known_from), side="left")
        cancelled = decision.cancelled_from
        until = day if cancelled is None else min(day, np.datetime64(cancelled))
        end = np.searchsorted(ours, until, side="left")
        if begin < end:
            out[begin:end] = np.searchsorted(days, day) - place[begin:end]
    return out
