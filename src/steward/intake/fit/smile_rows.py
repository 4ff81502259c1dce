"""Real SPX quotes as rows of numbers, each beside the state of its moment and the curve's level."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from steward.intake.fit.snapshots import Snapshot
from steward.market.history import History
from steward.market.quotes import Chain
from steward.pricing.implied import sides_of
from steward.pricing.rates import discount_factor
from steward.pricing.term import KNOT_NAMES, Curve, TermTable, same_day
from steward.pricing.vix import strip_variance
from steward.pricing.vix_family import MEMBERS, family_from_chains
from steward.terms import calendar

Floats = NDArray[np.float64]

COVERED_Z = (-3.0, 1.5)
"""A slice whose bids end nearer to the forward says nothing of its strip."""

FARTHEST_Z = (-14.0, 6.0)
LEAST_BID = 0.10
"""Index points: an option bid at a tick alone is worth what the tick says, no smile."""
LEAST_DAYS, MOST_DAYS = 0.9, 400.0
MINUTES_A_YEAR = 525_600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """One element a quote: out of the money, with a bid and a volatility.

    number  of the snapshot        days, years  to settlement, from the minute of the quote
    vix, skew, vvix  points; NaN: not known     curve, alone  level of the slice, a fraction, by the
            curve of the whole family, and of VIX and SPX alone
    strip   of the slice's own quotes, a fraction; the curve's level where they end too near
    covered whether they do not                 log_strike  ln(strike / forward)
    spread  full, in vol                        series  number of the slice
    """

    number: NDArray[np.int64]
    series: NDArray[np.int64]
    days: Floats
    years: Floats
    vix: Floats
    skew: Floats
    vvix: Floats
    curve: Floats
    alone: Floats
    strip: Floats
    covered: NDArray[np.bool_]
    log_strike: Floats
    strike: Floats
    vol: Floats
    delta: Floats
    call: NDArray[np.bool_]
    spread: Floats

    def __len__(self) -> int:
        return len(self.vol)

    def where(self, keep: NDArray[np.bool_] | NDArray[np.int64]) -> Rows:
        """Some of the rows."""
        return Rows(**{one.name: getattr(self, one.name)[keep] for one in fields(self)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """The state of one snapshot.

    session  whose quotes they are
    base   the session whose decision moment is nearest to the quotes: its curve, its listing
    full, alone  the curve of what is known, and that of VIX and SPX alone
    own    whether the family is that of the chains, not the published closes
    """

    session: date
    base: date
    vix: float
    skew: float
    vvix: float
    full: Curve
    alone: Curve
    own: bool


class States:
    """Closes beside every session, and the family of chains that are of another minute."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._terms = TermTable(history)
        names = (*KNOT_NAMES, "skew", "vvix")
        self._closes = {
            name: history.vix.close if name == "vix" else same_day(history, name) for name in names
        }

    def of(self, snapshot: Snapshot) -> Moment | None:
        """None where the session is not one of the history, or has no VIX."""
        moment = calendar.decision_moment(snapshot.session) - timedelta(hours=snapshot.hours)
        before = calendar.previous_session(snapshot.session)
        late = abs(calendar.decision_moment(before) - moment) < abs(timedelta(hours=snapshot.hours))
        base = before if late else snapshot.session
        if base not in self._history.sessions:
            return None
        row = self._history.index(base)
        start = self._terms.curve(row)
        if start is None:
            return None
        own = snapshot.kind not in ("close", "1545")
        closes = {name: float(values[row]) for name, values in self._closes.items()}
        if own:
            found = self._family(base, snapshot, moment)
            if "vix" not in found:
                own = False
            else:
                closes.update(dict.fromkeys(KNOT_NAMES, math.nan) | found)
                last = row if late else row - 1
                closes["skew"] = float(self._closes["skew"][last])
        vix = closes["vix"] / 100.0
        inferred = self._terms.inferred(row)
        full = [closes[name] / 100.0 for name in KNOT_NAMES]
        known = [math.isfinite(vol) for vol in full]
        filled = [
            vol if there else vix * ratio
            for vol, there, ratio in zip(full, known, inferred, strict=True)
        ]
        alone = [vix * ratio for ratio in inferred]
        return Moment(
            session=snapshot.session,
            base=base,
            vix=closes["vix"],
            skew=closes["skew"],
            vvix=closes["vvix"],
            full=_curve(base, filled, known),
            alone=_curve(base, alone, [False, True, False, False]),
            own=own,
        )

    def _family(self, base: date, snapshot: Snapshot, moment: datetime) -> dict[str, float]:
        history = self._history
        values = family_from_chains(
            base,
            snapshot.chains,
            rate=lambda years: -math.log(discount_factor(history, base, years)) / years,
            moment=moment,
        )
        series = {member.name: member.series for member in MEMBERS}
        return {
            series[name]: one.value
            for name, one in values.items()
            if one.value is not None and not one.cut and series[name] in KNOT_NAMES
        }


def _curve(session: date, vols: list[float], known: list[bool]) -> Curve:
    one, two, three, four = vols
    a, b, c, d = known
    return Curve(session=session, vols=(one, two, three, four), published=(a, b, c, d))


def smile_rows(
    history: History, snapshots: tuple[Snapshot, ...]
) -> tuple[Rows, tuple[Moment, ...], NDArray[np.str_]]:
    """The rows of all snapshots, and by their numbers the state and the cluster of each."""
    states = States(history)
    moments: list[Moment] = []
    clusters: list[str] = []
    parts: list[Rows] = []
    for snapshot in snapshots:
        moment = states.of(snapshot)
        if moment is None or not snapshot.chains:
            continue
        for chain in snapshot.chains:
            part = _of_chain(chain, moment, len(moments), len(parts))
            if part is not None:
                parts.append(part)
        moments.append(moment)
        clusters.append(snapshot.cluster)
    names = [one.name for one in fields(Rows)]
    joined = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
    return Rows(**joined), tuple(moments), np.array(clusters)


def _of_chain(chain: Chain, moment: Moment, number: int, series: int) -> Rows | None:
    days = chain.years * 365.0
    if not (LEAST_DAYS <= days <= MOST_DAYS and math.isfinite(chain.forward)):
        return None
    curve, alone = moment.full.vol(days), moment.alone.vol(days)
    own = _strip(chain)
    strip, covered = curve, False
    log_strike = np.log(chain.strike / chain.forward)
    if own is not None:
        vol, nearest, farthest = own
        root = vol * math.sqrt(chain.years)
        if nearest / root < COVERED_Z[0] and farthest / root > COVERED_Z[1]:
            strip, covered = vol, True
    z = log_strike / (strip * math.sqrt(chain.years))
    keep = chain.call == (chain.strike >= chain.forward)
    keep &= (chain.bid >= LEAST_BID - 1e-9) & (chain.vol > 0.01) & np.isfinite(chain.vol)
    keep &= (z >= FARTHEST_Z[0]) & (z <= FARTHEST_Z[1])
    count = int(keep.sum())
    if not count:
        return None
    spread = (chain.ask - chain.bid)[keep] / np.maximum(chain.vega[keep], 1e-9)

    def same(value: float) -> Floats:
        return np.full(count, value)

    return Rows(
        number=np.full(count, number),
        series=np.full(count, series),
        days=same(days),
        years=same(chain.years),
        vix=same(moment.vix),
        skew=same(moment.skew),
        vvix=same(moment.vvix),
        curve=same(curve),
        alone=same(alone),
        strip=same(strip),
        covered=np.full(count, covered),
        log_strike=log_strike[keep],
        strike=chain.strike[keep],
        vol=chain.vol[keep],
        delta=np.abs(chain.delta[keep]),
        call=chain.call[keep],
        spread=spread,
    )


def _strip(chain: Chain) -> tuple[float, float, float] | None:
    """Vol of the strip, and the log strikes at which it ends."""
    grid, at = np.unique(chain.strike, return_inverse=True)
    sides = sides_of(grid.size, at, chain.call, chain.bid, chain.ask)
    found = strip_variance(
        grid,
        *sides,
        minutes=chain.years * MINUTES_A_YEAR,
        rate=-math.log(chain.discount) / chain.years,
    )
    if found is None or not found.variance > 0.0:
        return None
    ends = np.log(found.strike[[0, -1]] / chain.forward)
    return math.sqrt(found.variance), float(ends[0]), float(ends[1])
