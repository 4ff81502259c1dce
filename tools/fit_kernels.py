"""Print the coefficients of the compiled kernels (`steward.pricing.kernels.compiled`).

    python tools/fit_kernels.py

Chebyshev expansions at 50 digits, cut where the rest is below the rounding of a float and written
in powers. The tail of the normal distribution is only the first guess of an implied volatility: a
least-squares fraction, good to about 1e-5.
"""

from __future__ import annotations

from collections.abc import Callable

import mpmath as mp
import numpy as np
from scipy.optimize import least_squares
from scipy.stats import norm

SAMPLES = 4
"""Chebyshev points a coefficient."""


def powers(f: Callable[[mp.mpf], mp.mpf], low: mp.mpf, high: mp.mpf, degree: int) -> list[mp.mpf]:
    """Coefficients of x^0, x^1, ... of the Chebyshev expansion of f between low and high."""
    count = degree + 1
    many = SAMPLES * count
    points = [mp.cos(mp.pi * (k + mp.mpf(1) / 2) / many) for k in range(many)]
    middle, half = (low + high) / 2, (high - low) / 2
    values = [f(middle + half * x) for x in points]
    terms = [
        2 * sum(y * mp.cos(j * mp.acos(x)) for x, y in zip(points, values, strict=True)) / many
        for j in range(count)
    ]
    terms[0] /= 2
    # T_j as polynomials of x, then of the given variable
    before, now = [mp.mpf(1)], [-middle / half, 1 / half]
    found = [terms[0]] + [mp.mpf(0)] * degree
    for j in range(1, count):
        for power, c in enumerate(now):
            found[power] += terms[j] * c
        longer = [mp.mpf(0)] * (len(now) + 1)
        for power, c in enumerate(now):
            longer[power] += 2 * c * (-middle / half)
            longer[power + 1] += 2 * c / half
        for power, c in enumerate(before):
            longer[power] -= c
        before, now = now, longer
    return found


def mills(z: mp.mpf) -> mp.mpf:
    """The upper tail of the normal distribution over its density."""
    if z < 30:
        return mp.sqrt(mp.pi / 2) * mp.exp(z * z / 2) * mp.erfc(z / mp.sqrt(2))
    value = z
    for k in range(200, 0, -1):
        value = z + k / value
    return 1 / value


def mills_in(w: mp.mpf, scale: int) -> mp.mpf:
    """mills(z) (z + scale) with z = scale (1 + w) / (1 - w): -1 is z = 0, 1 is infinity."""
    if w >= 1:
        return mp.mpf(1)
    z = scale * (1 + w) / (1 - w)
    return mills(z) * (z + scale)


def tail() -> tuple[list[float], list[float]]:
    """z as u - P(u) / Q(u), u = sqrt(-2 ln p), p the tail above z, from 0.4 to 37."""
    z = np.concatenate([np.linspace(0.4, 6.0, 800), np.linspace(6.0, 37.0, 800)])
    u = np.sqrt(-2.0 * norm.logsf(z))

    def miss(c: np.ndarray) -> np.ndarray:
        value = u - np.polyval(c[3::-1], u) / (1.0 + u * np.polyval(c[:3:-1], u))
        return np.asarray(value / z - 1.0)

    start = np.array([2.515517, 0.802853, 0.010328, 0.0, 1.432788, 0.189269, 0.001308])
    scale = np.abs(start) + 1e-4
    fit = least_squares(miss, start, xtol=1e-15, ftol=1e-15, gtol=1e-15, x_scale=scale)
    print(f"# largest relative miss {np.abs(miss(fit.x)).max():.1e}")
    return [float(c) for c in fit.x[:4]], [1.0, *(float(c) for c in fit.x[4:])]


def show(name: str, coefficients: list[mp.mpf] | list[float]) -> None:
    print(f"{name} = (")
    for c in coefficients:
        print(f"    {float(c)!r},")
    print(")")


def main() -> None:
    mp.mp.dps = 50
    half = mp.log(2) / 2
    show("_EXP", powers(lambda r: mp.expm1(r) / r - 1 if r else mp.mpf(0), -half, half, 11)[1:])
    top = mp.mpf("0.205") ** 2  # (x - 1) / (x + 1) where x is at most 1.5
    show("_ATANH", powers(lambda z: (mp.atanh(mp.sqrt(z)) / mp.sqrt(z) - 1) / z, mp.mpf(0), top, 8))
    scaled = powers(lambda w: mills_in(w, 4), mp.mpf(-1), mp.mpf(1), 24)
    show("_MILLS_EVEN", scaled[0::2])
    show("_MILLS_ODD", scaled[1::2])
    above, below = tail()
    show("_TAIL_ABOVE", above)
    show("_TAIL_BELOW", below)


if __name__ == "__main__":
    main()
