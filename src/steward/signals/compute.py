"""All signals of a history at once, and one row of them a session.

The columns are made for all sessions in one pass; rules read a row a session, which is made on
first asking and kept, since every ledger of a run asks for the same one. No column looks ahead: the
row of a session is the same when the history ends there.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType

import numpy as np

from steward.market.history import Floats, History
from steward.signals import (
    breadth,
    macro,
    price,
    rates,
    regime,
    stock_volatility,
    volatility,
)
from steward.signals.columns import STATES, Column
from steward.signals.rows import Reading, SignalRow
from steward.terms.errors import StewardError

_ROOMS = (price, volatility, breadth, stock_volatility, macro, rates, regime)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NEVER = int(np.datetime64("NaT", "m").astype(np.int64))

# value, state, minutes since 1970 of known_at, age_days, source, names of sources
_Cells = tuple[list[float], list[int], list[int], list[int], list[int], tuple[str, ...]]


def _cells(column: Column) -> _Cells:
    """The column as lists: a row picks one element of each, and lists give it much faster."""
    return (
        column.value.tolist(),
        column.state.tolist(),
        column.known_at.astype("datetime64[m]").astype(np.int64).tolist(),
        column.age_days.tolist(),
        column.source.tolist(),
        column.sources,
    )


class SignalTable:
    """Every signal over every session of one history.

    names   of all signals, those without a source too: a rule may ask for these and no others
    absent  name to the reason, for signals that have no source for the whole run
    """

    def __init__(self, history: History, columns: Mapping[str, Column]) -> None:
        self.names: tuple[str, ...] = tuple(columns)
        self.absent: Mapping[str, str] = MappingProxyType(
            {name: column.why for name, column in columns.items() if column.why}
        )
        self._columns = dict(columns)
        self._history = history
        self._rows: dict[date, SignalRow] = {}
        self._moments: dict[int, datetime] = {}
        nothing = Reading(value=float("nan"), state="absent", known_at=None, age_days=0)
        self._cells = {name: _cells(one) for name, one in columns.items() if not one.why}
        self._blank: dict[str, Reading] = dict.fromkeys(columns, nothing)

    def row(self, session: date) -> SignalRow:
        """All readings at the decision moment of `session`.

        Raises StewardError when the history has no such session.
        """
        found = self._rows.get(session)
        if found is None:
            found = self._rows[session] = self._make(session)
        return found

    def column(self, name: str) -> Floats:
        """Values by session, for charts: NaN where warming or absent, the last known when stale.

        Raises StewardError for a name that is not a signal.
        """
        return self._column(name).value

    def states(self, name: str) -> tuple[str, ...]:
        """State by session: known, warming, stale or absent."""
        return tuple(STATES[code] for code in self._column(name).state.tolist())

    def _column(self, name: str) -> Column:
        column = self._columns.get(name)
        if column is None:
            raise StewardError(f"there is no signal named {name}; {', '.join(self.names)}")
        return column

    def _make(self, session: date) -> SignalRow:
        try:
            at = self._history.index(session)
        except KeyError:
            first, last = self._history.sessions[0], self._history.sessions[-1]
            raise StewardError(
                f"{session} is not a session of this history ({first} to {last}): choose a trading "
                "day in that span"
            ) from None
        readings = dict(self._blank)
        for name, (value, state, known_at, age_days, source, sources) in self._cells.items():
            readings[name] = Reading(
                value=value[at],
                state=STATES[state[at]],
                known_at=self._moment(known_at[at]),
                age_days=age_days[at],
                source=sources[source[at]],
            )
        return SignalRow(session=session, readings=MappingProxyType(readings))

    def _moment(self, minutes: int) -> datetime | None:
        if minutes == _NEVER:
            return None
        found = self._moments.get(minutes)
        if found is None:
            found = self._moments[minutes] = _EPOCH + timedelta(minutes=minutes)
        return found


def compute(history: History) -> SignalTable:
    """The table of all signals of this history."""
    columns: dict[str, Column] = {}
    for room in _ROOMS:
        columns.update(room.columns(history))
    return SignalTable(history, columns)
