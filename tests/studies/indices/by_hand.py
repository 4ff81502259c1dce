"""A world of a few lines: closes, bills and chains written down, nothing modelled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date

import numpy as np

from steward.market.history import Bars, FuturesTable, History, Series
from steward.market.quotes import Chain, Quote
from steward.market.series import EARLIEST
from steward.studies.indices.world import World
from steward.terms import calendar
from steward.terms.contracts import (
    E4,
    UNDERLYING_OF_ROOT,
    Contract,
    Expiry,
    OptionContract,
    Underlying,
)

Row = tuple[float, str, float, float, float]
"""Strike, right, bid, ask, delta."""


def history(
    first: date,
    last: date,
    *,
    spx: float | Mapping[date, float] = 1000.0,
    opens: Mapping[date, float] | None = None,
    bill: float = 0.0,
    set_values: Mapping[date, float] | None = None,
    finals: Mapping[date, float] | None = None,
    series: Mapping[str, Series] | None = None,
) -> History:
    """Sessions of the exchange; a level holds until the next one that is given.

    bill  three-month bills, percent on the discount basis
    """
    days = calendar.sessions(first, last)
    close, level = np.empty(len(days)), 1000.0
    for row, day in enumerate(days):
        level = spx if isinstance(spx, float) else spx.get(day, level)
        close[row] = level
    unknown = np.full(len(days), np.nan)
    opening = np.array([(opens or {}).get(day, np.nan) for day in days])
    moments = [calendar.decision_moment(d).astimezone(UTC).replace(tzinfo=None) for d in days]
    futures = None
    if finals is not None:
        nothing = np.array([], dtype="datetime64[D]")
        futures = FuturesTable(
            session=nothing, expiry=nothing, settle=np.array([]), final=finals, source="by hand"
        )
    return History(
        label="by hand",
        sessions=days,
        moments=np.array(moments, dtype="datetime64[m]"),
        spx=Bars(open=opening, high=unknown, low=unknown, close=close),
        vix=Bars(open=unknown, high=unknown, low=unknown, close=np.full(len(days), 15.0)),
        spx_before=np.array([]),
        spx_before_days=(),
        series={"dtb3": constant("dtb3", bill), **(series or {})},
        futures=futures,
        fomc=(),
        quarantined=(),
        notes=(),
        file_hashes={},
        set_values=set_values or {},
    )


def constant(name: str, value: float) -> Series:
    return known(name, [(EARLIEST, EARLIEST, value)], max_age_days=10**6)


def known(
    name: str, rows: Sequence[tuple[date, date, float]], *, max_age_days: int = 730
) -> Series:
    """Rows of period, day on which it was known, value."""
    return Series(
        name=name,
        unit="by hand",
        period=np.array([period for period, _, _ in rows], dtype="datetime64[D]"),
        value=np.array([value for _, _, value in rows]),
        known_at=np.array([day for _, day, _ in rows], dtype="datetime64[m]"),
        max_age_days=max_age_days,
        lagged=True,
        source="by hand",
    )


def chain(session: date, expiry: Expiry, rows: Sequence[Row], *, forward: float = 1000.0) -> Chain:
    ordered = sorted(rows, key=lambda row: (row[1] == "C", row[0]))
    column = [np.array([row[i] for row in ordered], dtype=np.float64) for i in (0, 2, 3, 4)]
    nothing = np.full(len(ordered), np.nan)
    return Chain(
        session=session,
        expiry=expiry,
        underlying=UNDERLYING_OF_ROOT[expiry.root],
        quality="quoted",
        forward=forward,
        discount=1.0,
        years=calendar.years_to(session, expiry),
        strike=column[0],
        call=np.array([row[1] == "C" for row in ordered]),
        bid=column[1],
        ask=column[2],
        vol=nothing,
        delta=column[3],
        gamma=nothing,
        vega=nothing,
        theta=nothing,
    )


class Quotes:
    """The chains given, and marks: of a chain that session, else as said, else 0.01 to 0.03."""

    label = "by hand"

    def __init__(
        self,
        chains: Sequence[Chain],
        marks: Mapping[tuple[date, float, str], tuple[float, float]] | None = None,
    ) -> None:
        self.chains = {(one.session, one.expiry): one for one in chains}
        self.marks = marks or {}

    def expiries(self, session: date, underlying: Underlying) -> tuple[Expiry, ...]:
        return tuple(
            expiry
            for day, expiry in self.chains
            if day == session and UNDERLYING_OF_ROOT[expiry.root] == underlying
        )

    def futures(self, session: date) -> tuple[date, ...]:
        return ()

    def chain(self, session: date, expiry: Expiry) -> Chain | None:
        return self.chains.get((session, expiry))

    def quote(self, session: date, contract: Contract) -> Quote | None:
        assert isinstance(contract, OptionContract)
        said = self.marks.get((session, contract.strike, contract.right))
        one = self.chains.get((session, contract.series))
        if said is None and one is not None:
            same = (one.strike == contract.strike) & (one.call == (contract.right == "C"))
            if same.any():
                said = (float(one.bid[same][0]), float(one.ask[same][0]))
        return None if said is None else quote(*said)

    def mark(self, session: date, contract: Contract) -> Quote:
        return self.quote(session, contract) or quote(0.01, 0.03)

    def flags(self, session: date, of: object = ()) -> tuple[()]:
        return ()


def quote(bid: float, ask: float) -> Quote:
    return Quote(
        bid=round(bid * E4),
        ask=round(ask * E4),
        quality="quoted",
        forward=1000.0,
        vol=0.2,
        delta=0.5,
        gamma=0.0,
        vega=0.0,
        theta=0.0,
    )


def spx(day: date) -> Expiry:
    return Expiry(root="SPX", day=day, settlement="AM")


def world(
    of: History,
    chains: Sequence[Chain],
    *,
    crossed: float = 0.0,
    dividends: Mapping[date, float] | None = None,
    marks: Mapping[tuple[date, float, str], tuple[float, float]] | None = None,
) -> World:
    paid = np.array([(dividends or {}).get(day, 0.0) for day in of.sessions])
    return World(history=of, quotes=Quotes(chains, marks), dividends=paid, crossed=crossed)
