"""Steward: backtests and plans SPX iron condors with an adaptive VIX hedge, to the cent.

    import steward
    result = steward.backtest()        # the embedded history, 2014 to 2018, modelled quotes
    result.summary["article"]          # figures by ledger; result.equity, .trades: Polars frames
    steward.plan("2018-02-05")         # what the rules would do at that close, and why

Everything is loaded on first use, so that importing this costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_PLACES = {
    "BacktestResult": "steward.doors.notebook",
    "backtest": "steward.doors.notebook",
    "plan": "steward.doors.notebook",
    "read_run": "steward.doors.notebook",
    "replay": "steward.doors.notebook",
    "Plan": "steward.runs.plan",
    "LawBroken": "steward.terms.errors",
    "StewardError": "steward.terms.errors",
    "load_rules": "steward.doors.notebook",
    "Store": "steward.market.store",
    "import_paths": "steward.intake.importing",
}

__all__ = [
    "BacktestResult",
    "LawBroken",
    "Plan",
    "StewardError",
    "Store",
    "__version__",
    "backtest",
    "import_paths",
    "load_rules",
    "plan",
    "read_run",
    "replay",
]

if TYPE_CHECKING:
    from steward.doors.notebook import (
        BacktestResult,
        backtest,
        load_rules,
        plan,
        read_run,
        replay,
    )
    from steward.intake.importing import import_paths
    from steward.market.store import Store
    from steward.runs.plan import Plan
    from steward.terms.errors import LawBroken, StewardError


def __getattr__(name: str) -> Any:
    place = _PLACES.get(name)
    if place is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(place), name)


def __dir__() -> list[str]:
    return __all__
