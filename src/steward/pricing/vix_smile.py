"""The smile of VIX options on their own future.

Total variance of one expiry, in k = ln(strike / future):

    w(k) = t / 2 (1 + r p k + sqrt((p k + r)^2 + 1 - r^2)),    implied vol = sqrt(w / years)

with t the variance at the money, r the tilt (above 0: upwards) and p how fast it bends. Source: J.
Gatheral and A. Jacquier, "Arbitrage-free SVI volatility surfaces", Quantitative Finance 14 (2014),
section 4. By their theorem 4.2 prices are convex in the strike, and so fall with it for calls, if
t p (1 + |r|) < 4 and t p^2 (1 + |r|) <= 4. Here t p^2 (1 + |r|) = 4 b^2 with b at most 1, so that
the second holds at any state, and b is held down where the first would not.

The level at the money falls with the tenor as the average of a variance that dies away, which is
how futures calm down before their last months; level, tilt and bend move with VVIX, with the future
and with VIX over the future (files/vix_smile.toml, with errors).
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steward.pricing import coefficients

Floats = NDArray[np.float64]

SHORT_DAYS, MIDDLE_DAYS = 45.0, 90.0
"""Calendar days over which what is special to short tenors fades, and what spot VIX says at all."""

BASE_VVIX, BASE_FUTURE = 95.0, 18.0
"""The state, points, at which the constants alone hold (VIX at the future)."""

VVIX_RANGE = (50.0, 220.0)
FUTURE_RANGE = (9.0, 60.0)
SPOT_RANGE = (0.5, 1.9)
"""Of VVIX, of the future and of VIX over the future: a state outside moves the smile no further.
The range that was fitted is narrower: `outside` tells."""

FIRST_BOUND = 3.99
"""Of t p (1 + |r|), whose limit is 4."""

COEFFICIENTS = (
    "long_run",  # ln of the level at the money, over VVIX, that far tenors tend to
    "start",  # the same at no days
    "reversion",  # ln of the speed a year at which the excess variance dies away
    "level_vvix",
    "level_vvix_short",
    "level_future",
    "level_future_short",
    "level_spot",
    "level_spot_short",
    "tilt",
    "tilt_short",
    "tilt_vvix",
    "tilt_future",
    "bend",
    "bend_short",
    "bend_future",
)
"""Names and order of a fit's numbers. `_short` ones are weighted by exp(-days / 45), `level_spot`
by exp(-days / 90); `_vvix`, `_future` and `_spot` multiply ln(VVIX / 95), ln(future / 18) and
ln(VIX / future)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Smile:
    """One expiry's smile.

    variance  at the money, total to expiry      tilt  -1 to 1      bend  how fast, see above
    """

    variance: float
    tilt: float
    bend: float

    def total(self, log_strike: Floats) -> Floats:
        """Total variance at ln(strike / future)."""
        return total_variance(log_strike, self.variance, self.tilt, self.bend)

    def total_of_one(self, log_strike: float) -> float:
        """`total` of one strike in plain numbers."""
        z, tilt = self.bend * log_strike, self.tilt
        root = math.sqrt((z + tilt) * (z + tilt) + 1.0 - tilt * tilt)
        return 0.5 * self.variance * (1.0 + tilt * z + root)


def smile(*, days: float, years: float, vvix: float, future: float, vix: float) -> Smile:
    """The smile of an expiry.

    days, years   calendar days to it, and act/365, above 0     vvix, future, vix   points
    NaN gives NaN.
    """
    variance, tilt, bend = parameters(
        fit(), days=days, years=years, vvix=vvix, future=future, vix=vix
    )
    return Smile(variance=float(variance), tilt=float(tilt), bend=float(bend))


def total_variance(
    log_strike: Floats, variance: Floats | float, tilt: Floats | float, bend: Floats | float
) -> Floats:
    """w(k) as above; everything broadcasts."""
    z = bend * log_strike
    root = np.sqrt(np.square(z + tilt) + 1.0 - np.square(tilt))
    return np.asarray(0.5 * variance * (1.0 + tilt * z + root))


def parameters(
    numbers: Sequence[float],
    *,
    days: Floats | float,
    years: Floats | float,
    vvix: Floats | float,
    future: Floats | float,
    vix: Floats | float,
) -> tuple[Floats, Floats, Floats]:
    """Variance, tilt and bend by any fit's numbers, in the order of `COEFFICIENTS`.

    The rest as `smile`; everything broadcasts.
    """
    n = dict(zip(COEFFICIENTS, numbers, strict=True))
    short = np.exp(-np.divide(days, SHORT_DAYS))
    middle = np.exp(-np.divide(days, MIDDLE_DAYS))
    of_vvix = np.log(_within(vvix, VVIX_RANGE) / BASE_VVIX)
    of_future = np.log(_within(future, FUTURE_RANGE) / BASE_FUTURE)
    of_spot = np.log(_within(np.divide(vix, future), SPOT_RANGE))
    level = np.log(_average(n, years))
    level = level + (n["level_vvix"] + n["level_vvix_short"] * short) * of_vvix
    level = level + (n["level_future"] + n["level_future_short"] * short) * of_future
    level = level + (n["level_spot"] * middle + n["level_spot_short"] * short) * of_spot
    tilt = n["tilt"] + n["tilt_short"] * short
    tilt = np.tanh(tilt + n["tilt_vvix"] * of_vvix + n["tilt_future"] * of_future)
    share = n["bend"] + n["bend_short"] * short + n["bend_future"] * of_future
    variance = np.square(np.exp(level) * np.divide(vvix, 100.0)) * years
    width = np.sqrt(variance * (1.0 + np.abs(tilt)))
    share = np.minimum(1.0 / (1.0 + np.exp(-share)), 0.5 * FIRST_BOUND / width)
    return np.asarray(variance), np.asarray(tilt), np.asarray(2.0 * share / width)


def _within(value: Floats | float, limits: tuple[float, float]) -> Floats:
    """The value, or the limit that it is beyond; NaN gives NaN."""
    found: Floats = np.minimum(np.maximum(value, limits[0]), limits[1])
    return found


def _average(n: Mapping[str, float], years: Floats | float) -> Floats:
    """Root of the average, over `years` above 0, of a variance that dies away to its long run."""
    passed = np.multiply(2.0 * math.exp(n["reversion"]), years)
    far, near = math.exp(2.0 * n["long_run"]), math.exp(2.0 * n["start"])
    level: Floats = np.sqrt(far - (near - far) * np.expm1(-passed) / passed)
    return level


def base_level(years: float) -> float:
    """Implied vol at the money over VVIX at the base state; it falls with the years, above 0."""
    return float(_average(dict(zip(COEFFICIENTS, fit(), strict=True)), years))


@coefficients.remembered()
def fit() -> tuple[float, ...]:
    """The packaged numbers, in the order of `COEFFICIENTS`."""
    numbers = _file()["smile"]
    return tuple(float(numbers[name]) for name in COEFFICIENTS)


@coefficients.remembered()
def fitted_range() -> Mapping[str, tuple[float, float]]:
    """Least and most of what the packaged fit has seen: days, vvix, future, spot."""
    return {name: (float(low), float(high)) for name, (low, high) in _file()["range"].items()}


def outside(*, days: float, vvix: float, future: float, vix: float) -> tuple[str, ...]:
    """What of an expiry's state lies beyond the fit: names of `fitted_range`, arguments as `smile`.

    There the smile follows the same lines, up to the limits above.
    """
    state = {"days": days, "vvix": vvix, "future": future, "spot": vix / future}
    seen = fitted_range()
    return tuple(n for n, value in state.items() if not seen[n][0] <= value <= seen[n][1])


@coefficients.remembered()
def _file() -> dict[str, Any]:
    return tomllib.loads(coefficients.text("vix_smile"))
