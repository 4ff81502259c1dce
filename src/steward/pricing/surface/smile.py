"""The smile of one expiry: total variance as a sum of hyperbolas of log-moneyness.

    w(k) = level + sum over terms of b (rho (k - m) + sqrt((k - m)^2 + sigma^2)),  k = ln(K/F)

One term is the raw SVI of J. Gatheral (presentation at Global Derivatives, Madrid 2004; in
J. Gatheral and A. Jacquier, "Arbitrage-free SVI volatility surfaces", Quantitative Finance 14
(2014), equation 3.1). Two terms follow index smiles of many strikes that one cannot. A shift in k,
a scaling and a mixture of such smiles are such smiles again, so that scenarios stay in the family.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from steward.terms.errors import StewardError

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Smile:
    """Total variance w(k) = vol^2 x years of one expiry.

    level  a of SVI; w is above 0 everywhere, or the check of `arbitrage` says so
    terms  one row a hyperbola: b (slope; of a second term it may be below 0), rho (-1 to 1), m
           (in k), sigma (in k, above 0)
    """

    level: float
    terms: Floats

    def __post_init__(self) -> None:
        shape = self.terms.shape
        if len(shape) != 2 or shape[1] != 4 or not shape[0]:
            raise ValueError(f"terms must be rows of b, rho, m, sigma, were of shape {shape}")
        if not (np.isfinite(self.terms).all() and math.isfinite(self.level)):
            raise ValueError("a smile needs finite numbers")
        if not ((np.abs(self.terms[:, 1]) <= 1.0).all() and (self.terms[:, 3] > 0.0).all()):
            raise ValueError("a smile needs rho from -1 to 1 and sigma above 0")

    def total_variance(self, k: ArrayLike) -> Floats:
        """w at each k, in its shape; NaN gives NaN."""
        k = np.asarray(k, dtype=np.float64)
        b, rho, m, sigma = self.terms.T
        u = k[..., None] - m
        return np.asarray(self.level + (b * (rho * u + np.hypot(u, sigma))).sum(axis=-1))

    def derivatives(self, k: ArrayLike) -> tuple[Floats, Floats, Floats]:
        """w, its slope and its curvature in k."""
        k = np.asarray(k, dtype=np.float64)
        b, rho, m, sigma = self.terms.T
        u = k[..., None] - m
        root = np.hypot(u, sigma)
        w = self.level + (b * (rho * u + root)).sum(axis=-1)
        slope = (b * (rho + u / root)).sum(axis=-1)
        return w, slope, (b * (sigma / root) ** 2 / root).sum(axis=-1)

    def vol(self, k: ArrayLike, years: float) -> Floats:
        """Implied volatility, a fraction; NaN where w is below 0 or no time is left."""
        w = self.total_variance(k)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(np.sqrt(w / years) if years > 0.0 else np.full_like(w, np.nan))

    def vol_slope(self, k: ArrayLike, years: float) -> Floats:
        """d vol / d k, a fraction a unit of log-moneyness: the skew where k = 0."""
        w, slope, _ = self.derivatives(k)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(0.5 * slope / np.sqrt(w * years))

    @property
    def wings(self) -> tuple[float, float]:
        """Slopes of w in |k| far to the left and far to the right."""
        b, rho = self.terms[:, 0], self.terms[:, 1]
        return float((b * (1.0 - rho)).sum()), float((b * (1.0 + rho)).sum())

    @property
    def offsets(self) -> tuple[float, float]:
        """What w less its slope times |k| tends to, far to the left and far to the right."""
        b, rho, m, _ = self.terms.T
        left, right = (b * (1.0 - rho) * m).sum(), -(b * (1.0 + rho) * m).sum()
        return float(self.level + left), float(self.level + right)

    def shifted(self, by: float) -> Smile:
        """w(k + by): the smile seen from a forward that has moved."""
        terms = self.terms.copy()
        terms[:, 2] -= by
        return Smile(level=self.level, terms=terms)

    def scaled(self, by: float) -> Smile:
        """w times a number above 0."""
        if not by > 0.0:
            raise StewardError(f"a total variance cannot be scaled by {by:g}: above 0 is needed")
        terms = self.terms.copy()
        terms[:, 0] *= by
        return Smile(level=self.level * by, terms=terms)

    def mixed(self, other: Smile, share: float) -> Smile:
        """(1 - share) of this total variance and `share` of another."""
        if share <= 0.0:
            return self
        if share >= 1.0:
            return other
        mine, theirs = self.scaled(1.0 - share), other.scaled(share)
        return Smile(
            level=mine.level + theirs.level, terms=np.concatenate((mine.terms, theirs.terms))
        )


def raw_svi(a: float, b: float, rho: float, m: float, sigma: float) -> Smile:
    """The raw SVI w = a + b (rho (k - m) + sqrt((k - m)^2 + sigma^2))."""
    return Smile(level=a, terms=np.array([[b, rho, m, sigma]], dtype=np.float64))


def jump_wings(smile: Smile, years: float) -> dict[str, float]:
    """The smile in words of a trader: SVI jump-wings of Gatheral and Jacquier 2014, section 3.3.

    Variance at the money a year, its skew, the slopes of put and call wing and the least variance.
    Skew and wings are per sqrt(w at the money), as there; for a sum of terms by the same
    definitions, the least variance on a grid.
    """
    w, slope, _ = (float(x) for x in smile.derivatives(0.0))
    root = math.sqrt(w)
    left, right = smile.wings
    span = 10.0 * max(root, 1e-4) * np.linspace(-1.0, 1.0, 2001)
    return {
        "variance": w / years,
        "skew": 0.5 * slope / root,
        "put_wing": left / root,
        "call_wing": right / root,
        "least_variance": float(smile.total_variance(span).min()) / years,
    }
