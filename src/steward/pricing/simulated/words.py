"""Outcomes as people read them."""

from __future__ import annotations

from collections.abc import Mapping

OUTCOME_TITLES: Mapping[str, str] = {
    "condors": "condors opened a year",
    "credit_share": "credit over width",
    "condor_kept": "kept of the maximum loss, closed by the rules",
    "condor_lost": "cost of condors held until they settle, over their credits",
    "condor_wins": "condors that keep something, closed by the rules",
    "call_paid": "VIX calls (30 delta, 60 days, held): payoff over price",
    "put_paid": "SPX puts (5 % below, 90 days, held): payoff over price",
    "future_change": "second VIX future held for 21 sessions: change of ln",
    "future_slope": "ln of the second VIX future over the first",
}
"""By the name of the outcome."""

OUTCOME_DIGITS: Mapping[str, int] = {
    "condors": 0,
    "credit_share": 3,
    "condor_kept": 3,
    "condor_lost": 2,
    "condor_wins": 2,
    "call_paid": 2,
    "put_paid": 2,
    "future_change": 3,
    "future_slope": 3,
}
"""Digits after the point."""
