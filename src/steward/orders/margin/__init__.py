"""Margin: what a broker asks for a book, by the profile of an account.

`requirement(lots, marks, profile)` is the one signature; profiles are data (`profiles`). By
strategy: `apart`, `strategy`. On a grid of moves: `grid`. VIX futures: `futures`, a dated table.
"""

from steward.orders.margin.futures import future_requirement
from steward.orders.margin.profiles import DEFAULT, PROFILES, MarginProfile, profile, sentence
from steward.orders.margin.requirement import (
    Compiled,
    Requirement,
    allows,
    holdings,
    need_to_open,
    package_requirement,
    requirement,
    spread_requirement,
)
from steward.orders.margin.strategy import Marks

__all__ = [
    "DEFAULT",
    "PROFILES",
    "Compiled",
    "MarginProfile",
    "Marks",
    "Requirement",
    "allows",
    "future_requirement",
    "holdings",
    "need_to_open",
    "package_requirement",
    "profile",
    "requirement",
    "sentence",
    "spread_requirement",
]
