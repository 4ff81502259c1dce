"""One row a session: what rules read. Three kinds of unknown are kept apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

SignalState = Literal["known", "warming", "stale", "absent"]
"""known; not yet known (warm-up); known before but now missing or too old; no source at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One signal at one session. `value` is NaN when warming or absent; when stale, the last known.

    Yes-or-no signals are 1.0 and 0.0.
    """

    value: float
    state: SignalState
    known_at: datetime | None
    age_days: int
    source: str = ""  # which series, where several can supply it


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalRow:
    session: date
    readings: Mapping[str, Reading]
