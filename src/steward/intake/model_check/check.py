"""The model held against chains: every snapshot, every quote, pooled and one by one."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from steward.intake.model_check import arbitrage, pooled, spx, vix
from steward.intake.model_check.arbitrage import Arbitrage
from steward.intake.model_check.family import OwnFamily, model_family
from steward.intake.model_check.own_history import trimmed, with_futures
from steward.intake.model_check.reading import Progress, Reading, Snapshot, read_quotes
from steward.intake.model_check.series import SETTLED, Series, series_of
from steward.intake.model_check.spx import Condor
from steward.intake.model_check.state import NoState, State, States, published_family
from steward.market.vendors.layout import Layout
from steward.market.vendors.source import Hints
from steward.pricing.modelled import ModelledMarket
from steward.terms.contracts import Underlying
from steward.terms.errors import StewardError

HIGH_VIX, HIGH_DAYS = 30.0, 30.0
LONGEST_DAYS = 200
"""What there was to fit on: above VIX 30 one expiry of about 20 days, nothing beyond 200 days. What
lies outside is extrapolation; of its state the model says so itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionCheck:
    """One snapshot beside the model.

    state        None: it could not be modelled, and then `why`
    quotes       of the snapshot     compared  of them
    left_out     the others by reason
    rows         a row an option compared: columns of `spx.ROWS` or `vix.ROWS`
    forward      model less quotes by series: basis points (SPX) or VIX points with days (VIX)
    published, own, modelled   the VIX family as published, by the chain's quotes, by the model's
    outside      sentences on what lies outside of the fitted range
    """

    session: date
    underlying: Underlying
    snapshot: str
    state: str | None
    why: str
    vix: float
    pooled: bool
    quotes: int
    rows: pl.DataFrame
    left_out: Mapping[str, int]
    forward: tuple[float, ...] = ()
    futures: tuple[tuple[int, float], ...] = ()
    condor: Condor | None = None
    published: Mapping[str, float]
    own: Mapping[str, float]
    modelled: Mapping[str, float]
    arbitrage: Arbitrage | None = None
    outside: tuple[str, ...] = ()

    @property
    def compared(self) -> int:
        return self.rows.height


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCheck:
    """What a check found.

    state_label  of the daily series given or embedded     sessions  in order
    left_out     quotes that belong to no snapshot compared, by reason
    """

    state_label: str
    reading: Reading
    sessions: tuple[SessionCheck, ...]

    def rows(self, underlying: Underlying) -> pl.DataFrame:
        """All pooled rows, with `session`, `vix` and `cluster`."""
        frames = [
            one.rows.with_columns(
                session=pl.lit(one.session),
                vix=pl.lit(one.vix),
                cluster=pl.lit(f"{one.session:%Y-%m}"),
            )
            for one in self.sessions
            if one.underlying == underlying and one.pooled and one.compared
        ]
        columns = spx.ROWS if underlying == "SPX" else vix.ROWS
        empty = pl.DataFrame(
            schema={
                **columns,
                "session": pl.Date(),
                "vix": pl.Float64(),
                "cluster": pl.String(),
            }
        )
        return pl.concat([empty, *frames])

    def cells(self, underlying: Underlying) -> list[dict[str, Any]]:
        """Errors by right, delta, days and VIX band (`pooled`)."""
        rows = self.rows(underlying)
        return pooled.spx_cells(rows) if underlying == "SPX" else pooled.vix_cells(rows)


def check_model(
    quotes: Sequence[Path],
    *,
    state: Path | None = None,
    hints: Hints | None = None,
    extra: Sequence[Layout] = (),
    progress: Progress | None = None,
) -> ModelCheck:
    """Hold the modelled market against chains.

    quotes  files, folders or archives of any layout that an import knows, or one store
    state   a folder or a store of daily series; else the embedded default and, where a session is
            not in it, the VIX family that the chain is worth by the formula
    hints, extra  as for an import
    Raises StewardError for a path that is not there or holds no quotes, for daily series that
    cannot be read, and where not one quote can be compared.
    """
    states = States(state)
    reading = read_quotes(quotes, hints=hints, extra=extra, progress=progress)
    return check_reading(reading, states, progress=progress, given=quotes)


def check_reading(
    reading: Reading,
    states: States,
    *,
    progress: Progress | None = None,
    given: Sequence[Path] = (),
) -> ModelCheck:
    """The same of quotes that were read before.

    given  paths, for errors
    """
    bench = _Bench(states)
    found: list[SessionCheck] = []
    total = len(reading.snapshots)
    for number, snapshot in enumerate(reading.snapshots):
        if progress is not None:
            progress(f"{snapshot.underlying} {snapshot.session}", number, total)
        found.append(bench.check(snapshot))
    if not any(one.compared for one in found):
        raise StewardError(_nothing(given, found))
    if not any(one.pooled and one.compared for one in found):
        found = [replace(one, pooled=one.state is not None) for one in found]
    return ModelCheck(state_label=states.label, reading=reading, sessions=tuple(found))


class _Bench:
    """The states and the markets made of them, each once."""

    def __init__(self, states: States) -> None:
        self._states = states
        self._shared: ModelledMarket | None = None
        self._families: dict[tuple[date, str], OwnFamily] = {}

    def check(self, snapshot: Snapshot) -> SessionCheck:
        left_out: Counter[str] = Counter()
        series = series_of(snapshot, left_out)
        discount = self._states.discount(snapshot, series)
        if isinstance(discount, NoState):
            return _not_modelled(snapshot, discount.why, left_out)
        own = self._families.get((snapshot.session, snapshot.snapshot))
        if snapshot.underlying == "SPX":
            own = None
        state = self._states.of(snapshot, series, discount, own)
        if isinstance(state, NoState):
            return _not_modelled(snapshot, state.why, left_out)
        if snapshot.underlying == "SPX":
            self._families[snapshot.session, snapshot.snapshot] = state.own
            return self._spx(snapshot, series, state, left_out)
        return self._vix(snapshot, series, state, left_out)

    def _spx(
        self,
        snapshot: Snapshot,
        series: Sequence[Series],
        state: State,
        left_out: Counter[str],
    ) -> SessionCheck:
        discount = self._states.discount(snapshot, series)
        assert not isinstance(discount, NoState)
        market = self._market(state)
        compared = spx.compare(snapshot, series, discount, market, state.session, left_out)
        return SessionCheck(
            session=snapshot.session,
            underlying="SPX",
            snapshot=snapshot.snapshot,
            state=state.kind,
            why=state.why,
            vix=state.vix,
            pooled=state.pooled,
            quotes=snapshot.quotes.height,
            rows=compared.rows,
            left_out=dict(left_out),
            forward=compared.forward if state.kind == "published" else (),
            condor=compared.condor,
            published=self._published(state),
            own=_own(state.own),
            modelled=_family(market, state),
            arbitrage=arbitrage.count(compared.slices),
            outside=_outside(state.vix, compared),
        )

    def _vix(
        self,
        snapshot: Snapshot,
        series: Sequence[Series],
        state: State,
        left_out: Counter[str],
    ) -> SessionCheck:
        discount = self._states.discount(snapshot, series)
        assert not isinstance(discount, NoState)
        chains = vix.forwards(snapshot, series, discount, state.history, left_out)
        bare = trimmed(state.history, state.session)
        prices = {one.expiry.day: chain.forward for one, chain in chains}
        known = ModelledMarket(with_futures(bare, state.session, prices))
        modelled = ModelledMarket(replace(bare, futures=None))
        compared = vix.compare(chains, known, modelled, state.session, left_out)
        return SessionCheck(
            session=snapshot.session,
            underlying="VIX",
            snapshot=snapshot.snapshot,
            state=state.kind,
            why=state.why,
            vix=state.vix,
            pooled=state.pooled,
            quotes=snapshot.quotes.height,
            rows=compared.rows,
            left_out=dict(left_out),
            futures=compared.futures,
            outside=tuple(f"{name} of a VIX smile" for name in compared.outside),
            published=self._published(state),
            own={},
            modelled={},
        )

    def _market(self, state: State) -> ModelledMarket:
        if not state.shared:
            return ModelledMarket(state.history)
        if self._shared is None:
            self._shared = ModelledMarket(state.history)
        return self._shared

    def _published(self, state: State) -> Mapping[str, float]:
        base = self._states.base
        if base is None or not self._states.has(state.session):
            return {}
        return published_family(base, state.session)


def _own(own: OwnFamily) -> Mapping[str, float]:
    return {} if own.vix is None else {"vix": own.vix, **own.members}


def _family(market: ModelledMarket, state: State) -> Mapping[str, float]:
    try:
        return model_family(market, state.session)
    except (StewardError, ValueError):
        return {}


def _outside(level: float, compared: spx.Compared) -> tuple[str, ...]:
    found = list(compared.outside)
    if level > HIGH_VIX and compared.rows.filter(pl.col("days") > HIGH_DAYS).height:
        found.append(f"VIX above {HIGH_VIX:g} and more than {HIGH_DAYS:g} days to expiry")
    far = compared.rows.filter(pl.col("days") > LONGEST_DAYS).height
    if far:
        found.append(f"{far:,} quotes beyond {LONGEST_DAYS} days")
    return tuple(found)


def _not_modelled(snapshot: Snapshot, why: str, left_out: Counter[str]) -> SessionCheck:
    rest = snapshot.quotes.height - left_out[SETTLED]
    if rest:
        left_out["of a session that cannot be modelled"] += rest
    columns = spx.ROWS if snapshot.underlying == "SPX" else vix.ROWS
    return SessionCheck(
        session=snapshot.session,
        underlying=snapshot.underlying,
        snapshot=snapshot.snapshot,
        state=None,
        why=why,
        vix=math.nan,
        pooled=False,
        quotes=snapshot.quotes.height,
        rows=pl.DataFrame(schema=columns),
        left_out=dict(left_out),
        published={},
        own={},
        modelled={},
    )


def _nothing(quotes: Sequence[Path], found: Sequence[SessionCheck]) -> str:
    given = ", ".join(str(path) for path in quotes) or "these quotes"
    first = next((one for one in found if one.state is None), None)
    if first is not None:
        return (
            f"{given}: no quote can be compared; {first.underlying} of {first.session}: {first.why}"
        )
    reasons = Counter[str]()
    for one in found:
        reasons.update(one.left_out)
    said = "; ".join(f"{why}: {n:,}" for why, n in reasons.most_common(4))
    return f"{given}: no quote can be compared ({said})"
