"""Which condor (D1): the expiry, then the first short delta and width whose credit is in the band.

Everything is read off one chain of the decision's session, at executable prices.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from steward.market.quotes import Chain
from steward.pricing.execution import exact, net_price, package_grid
from steward.pricing.payoff import strike_e4
from steward.rules.ruleset import Entry
from steward.rules.words import percent
from steward.terms import calendar
from steward.terms.contracts import E4, Condor, Expiry, OptionContract, Right

ALIKE = 12
"""Decimals to which two distances are told apart; beyond it lies the noise of floats."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The condor found, one unit of it.

    credit, width         e4: the net credit at the executable price, the wider of the two widths
    put_delta, call_delta of the short legs, signed
    """

    condor: Condor
    credit: int
    width: int
    put_delta: float
    call_delta: float

    @property
    def share(self) -> float:
        """Credit over the wider width."""
        return self.credit / self.width

    @property
    def max_loss(self) -> int:
        """What one unit can lose, e4, which with 100 dollars a point is cents too."""
        return self.width - self.credit


@dataclass(slots=True, kw_only=True)
class Search:
    """What a search came to.

    chosen   None: no combination is in the band
    tried    combinations of short delta and width that were looked at
    priced   those of them that had usable quotes on all four legs
    nearest  the credit share nearest to the band among the priced ones, and which it was
    shares   by short delta: each width with its credit share, as a reader would say it
    """

    chosen: Chosen | None = None
    tried: int = 0
    priced: int = 0
    nearest: tuple[float, str] | None = None
    shares: dict[str, str] = field(default_factory=dict)


# --- the expiry ----------------------------------------------------------------------------------


def choose_expiry(
    session: date, series: Sequence[Expiry], entry: Entry, held: Collection[date]
) -> tuple[Expiry | None, str]:
    """The listed series nearest the wanted days, or None and why.

    held  settlement days of the condors now open; a day, for two series of one day are one risk
    PM series only when one lies in the window, held or not; else AM. On a tie the nearer expiry.
    """
    window = f"{entry.days_min} to {entry.days_max} days"
    inside = [
        one for one in series if entry.days_min <= calendar.days_to(session, one) <= entry.days_max
    ]
    if not inside:
        return None, f"no listed expiry lies {window} away"
    free = [one for one in inside if one.settlement == "PM"] or inside
    if entry.avoid_held_expiry:
        free = [one for one in free if one.day not in held]
        if not free:
            return None, f"every expiry {window} away is held already"

    def distance(one: Expiry) -> tuple[int, date, str]:
        return abs(calendar.days_to(session, one) - entry.days_target), one.day, one.root

    return min(free, key=distance), ""


# --- the condor ----------------------------------------------------------------------------------


class _Side:
    """The puts or the calls of a chain, by rising strike; prices in e4."""

    def __init__(self, chain: Chain, rows: slice, right: Right) -> None:
        bid, ask = chain.bid[rows], chain.ask[rows]
        self.right = right
        self.strikes: list[float] = chain.strike[rows].tolist()
        self.bids: list[int] = np.rint(bid * E4).astype(np.int64).tolist()
        self.asks: list[int] = np.rint(ask * E4).astype(np.int64).tolist()
        self.deltas: NDArray[np.float64] = chain.delta[rows]
        sellable = (bid > 0.0) & (ask >= bid) & np.isfinite(self.deltas)
        self._size = np.where(sellable, np.abs(self.deltas), np.nan)
        self._any = bool(sellable.any())

    def short(self, delta: float) -> int | None:
        """The sellable strike nearest in delta, the lower one on a tie; None without any."""
        if not self._any:
            return None
        return int(np.nanargmin(np.round(np.abs(self._size - delta), ALIKE)))

    def wing(self, short: int, width: float) -> int | None:
        """The listed strike nearest to `width` points beyond the short one, a step away at least.

        The lower one on a tie. None when nothing is listed beyond, or nobody offers it.
        """
        sign = -1.0 if self.right == "P" else 1.0
        wanted = self.strikes[short] + sign * width
        first, last = (0, short) if self.right == "P" else (short + 1, len(self.strikes))
        if first >= last:
            return None
        after = min(max(bisect_left(self.strikes, wanted, first, last), first), last - 1)
        before = max(after - 1, first)
        gaps = [round(abs(self.strikes[i] - wanted), ALIKE) for i in (before, after)]
        found = before if gaps[0] <= gaps[1] else after
        return found if self.asks[found] > 0 and self.bids[found] <= self.asks[found] else None

    def leg(self, row: int, quantity: int) -> tuple[int, int, int]:
        """As `net_price` takes it."""
        return quantity, self.bids[row], self.asks[row]


def search(chain: Chain, entry: Entry, spot: float) -> Search:
    """The first combination in the band: short deltas in their order, for each the widths in turn.

    spot  of the index at the session's close, points: widths in percent are of it
    Strikes of sold legs must have a bid; wings must be offered. The realised widths count.
    """
    split = int(np.count_nonzero(~chain.call))
    puts = _Side(chain, slice(0, split), "P")
    calls = _Side(chain, slice(split, len(chain.strike)), "C")
    low, high = exact(entry.credit_share_min), exact(entry.credit_share_max)
    widths = _widths(entry, spot)
    found = Search()
    if not puts.strikes or not calls.strikes:
        return found
    grid = package_grid(_contract(chain.expiry, puts, 0), chain.session)
    for delta in entry.short_deltas:
        name = f"short delta {delta:.2f}"
        shorts = puts.short(delta), calls.short(delta)
        cells: list[str] = []
        for words, width in widths.items():
            found.tried += 1
            rows = _rows(puts, calls, *shorts, width)
            if rows is None:
                cells.append(f"{words}: no quotes")
                continue
            found.priced += 1
            credit, wider = _priced(puts, calls, rows, entry.fill_share, grid)
            cells.append(f"{words}: {percent(credit / wider)}")
            if low * wider <= credit <= high * wider and credit < wider:
                found.chosen = _chosen(chain, puts, calls, rows, credit, wider)
                break
            found.nearest = _nearer(found.nearest, credit / wider, f"{name}, {words}", entry)
        found.shares[name] = ", ".join(cells)
        if found.chosen is not None:
            break
    return found


def _widths(entry: Entry, spot: float) -> Mapping[str, float]:
    """Wanted widths in points, by their name."""
    if entry.widths_points:
        return {f"{width:g} points": width for width in entry.widths_points}
    return {f"{share:g} % of SPX": spot * share / 100.0 for share in entry.widths_percent_of_spot}


def _rows(
    puts: _Side, calls: _Side, short_put: int | None, short_call: int | None, width: float
) -> tuple[int, int, int, int] | None:
    """Rows of the four legs, the strikes rising; None where one has no usable quote."""
    if short_put is None or short_call is None:
        return None
    long_put, long_call = puts.wing(short_put, width), calls.wing(short_call, width)
    if long_put is None or long_call is None:
        return None
    if not puts.strikes[short_put] < calls.strikes[short_call]:
        return None
    return long_put, short_put, short_call, long_call


def _priced(
    puts: _Side, calls: _Side, rows: tuple[int, int, int, int], fill_share: float, grid: int
) -> tuple[int, int]:
    """The net credit at the executable price, and the wider of the realised widths, e4."""
    a, b, c, d = rows
    legs = (puts.leg(a, 1), puts.leg(b, -1), calls.leg(c, -1), calls.leg(d, 1))
    put_width = puts.strikes[b] - puts.strikes[a]
    call_width = calls.strikes[d] - calls.strikes[c]
    return -net_price(legs, fill_share, grid), round(max(put_width, call_width) * E4)


def _chosen(
    chain: Chain,
    puts: _Side,
    calls: _Side,
    rows: tuple[int, int, int, int],
    credit: int,
    width: int,
) -> Chosen:
    a, b, c, d = rows
    condor = Condor(
        long_put=_contract(chain.expiry, puts, a),
        short_put=_contract(chain.expiry, puts, b),
        short_call=_contract(chain.expiry, calls, c),
        long_call=_contract(chain.expiry, calls, d),
    )
    return Chosen(
        condor=condor,
        credit=credit,
        width=width,
        put_delta=float(puts.deltas[b]),
        call_delta=float(calls.deltas[c]),
    )


def _nearer(
    was: tuple[float, str] | None, share: float, words: str, entry: Entry
) -> tuple[float, str]:
    """Whichever is nearer to the band, the first one on a tie."""

    def off(value: float) -> float:
        return max(entry.credit_share_min - value, value - entry.credit_share_max)

    return was if was is not None and off(was[0]) <= off(share) else (share, words)


def _contract(expiry: Expiry, side: _Side, row: int) -> OptionContract:
    return OptionContract(
        root=expiry.root,
        expiry=expiry.day,
        strike=side.strikes[row],
        right=side.right,
        settlement=expiry.settlement,
    )


# --- what one would like to know of it -----------------------------------------------------------


def vol_at_money(chain: Chain) -> float | None:
    """Implied volatility of the listed strike nearest the forward, a fraction; None: unknown."""
    known = np.isfinite(chain.vol)
    if not known.any():
        return None
    gaps = np.where(known, np.abs(chain.strike - chain.forward), np.inf)
    return float(chain.vol[int(np.argmin(gaps))])


def break_evens(chosen: Chosen) -> tuple[int, int]:
    """Where the condor neither gains nor loses at settlement, e4: below and above."""
    condor = chosen.condor
    return (
        strike_e4(condor.short_put) - chosen.credit,
        strike_e4(condor.short_call) + chosen.credit,
    )


def expected_moves(level: int, chain: Chain, vol: float) -> float:
    """How many expected moves `level` (e4) lies from the forward: |level - F| / (F vol sqrt T)."""
    return float(abs(level / E4 - chain.forward) / (chain.forward * vol * chain.years**0.5))
