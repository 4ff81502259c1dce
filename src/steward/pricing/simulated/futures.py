"""Settlements of VIX futures on a simulated path: the modelled curve and the path's own premium.

Real settlements keep a distance from any curve of public closes for weeks; the premium of a path
does the same, and comes in with the tenor, for a future that settles soon is VIX.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from steward.market.history import FuturesTable
from steward.market.paths.folder import path_history
from steward.market.paths.state import Paths
from steward.pricing.modelled import ModelledMarket
from steward.terms import calendar
from steward.terms.contracts import vx

Floats = NDArray[np.float64]

PREMIUM_DAYS = 20.0
"""Calendar days over which the premium comes in."""

WARM_UP = 21
"""Sessions before the first settlement: nothing is modelled earlier."""


def premium_share(days: Floats | float) -> Floats:
    """Of a path's premium, at so many calendar days to settlement."""
    return np.asarray(-np.expm1(-np.divide(days, PREMIUM_DAYS)))


def settlements(paths: Paths) -> FuturesTable:
    """Of every listed future of the one path given, from the 21st session on; final ones too."""
    market = ModelledMarket(path_history(paths))
    sessions, expiries, prices = [], [], []
    final = {}
    for row, session in enumerate(paths.sessions):
        if calendar.vix_expiry(session.year, session.month) == session:
            final[session] = round(float(paths.vix_open[row, 0]), 2)
        if row + 1 < WARM_UP:
            continue
        premium = float(paths.premium[row, 0])
        for expiry in market.futures(session):
            modelled = market.mark(session, vx(expiry)).forward
            share = float(premium_share(float((expiry - session).days)))
            sessions.append(session)
            expiries.append(expiry)
            prices.append(round(modelled * float(np.exp(premium * share)), 4))
    return FuturesTable(
        session=np.array(sessions, dtype="datetime64[D]"),
        expiry=np.array(expiries, dtype="datetime64[D]"),
        settle=np.array(prices),
        final=final,
        source="simulated: the modelled curve and a premium that fades",
    )
