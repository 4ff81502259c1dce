"""The standard normal distribution: its function, its tail over its density, far quantiles.

Source of the approximations: W. J. Cody, "Rational Chebyshev approximations for the error
function", Math. Comp. 23 (1969), in the variable of the normal distribution.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

_INVERSE_ROOT_TWO_PI = 0.3989422804014326779
_ROOT_TWO_PI = 2.5066282746310005024
_ROOT_HALF_PI = 1.2533141373155002512
_ROOT_HALF = 0.7071067811865475244
_FAR_OF_ONE = 12.0  # from here on the series of Mills' ratio is exact to 1e-7
_CENTRE, _TAIL = 0.67448975, 5.656854249492380195  # where Cody's three approximations meet

# (numerator, denominator), highest power first
_CENTRAL = (
    (0.065682337918207449113, 1.0),
    (2.2352520354606839287, 47.20258190468824187),
    (161.02823106855587881, 976.09855173777669322),
    (1067.6894854603709582, 10260.932208618978205),
    (18154.981253343561249, 45507.789335026729956),
)
_MIDDLE = (
    (1.0765576773720192317e-8, 1.0),
    (0.39894151208813466764, 22.266688044328115691),
    (8.8831497943883759412, 235.38790178262499861),
    (93.506656132177855979, 1519.377599407554805),
    (597.27027639480026226, 6485.558298266760755),
    (2494.5375852903726711, 18615.571640885098091),
    (6848.1904505362823326, 34900.952721145977266),
    (11602.651437647350124, 38912.003286093271411),
    (9842.7148383839780218, 19685.429676859990727),
)
_OUTER = (
    (0.02307344176494017303, 1.0),
    (0.21589853405795699, 1.28426009614491121),
    (0.1274011611602473639, 0.468238212480865118),
    (0.022235277870649807, 0.0659881378689285515),
    (0.001421619193227893466, 0.00378239633202758244),
    (2.9112874951168792e-5, 7.29751555083966205e-5),
)


def normal_cdf(x: ArrayLike) -> Floats:
    """The standard normal distribution function, relative error about 1e-15 for x above -6.

    In the far lower tail the relative error grows with x^2 (1e-13 at -37). NaN gives NaN.
    """
    x = np.asarray(x, dtype=np.float64)
    flat = x.ravel()
    size = np.minimum(np.abs(flat), 40.0)
    lower = np.exp(-0.5 * size * size)
    lower *= _ratio(_MIDDLE, size)
    far = size > _TAIL
    if far.any():
        lower[far] = _outer(size[far])
    value = np.where(flat > 0.0, 1.0 - lower, lower)
    near = size < _CENTRE
    inner = flat[near]
    if inner.size:
        value[near] = 0.5 + inner * _ratio(_CENTRAL, inner * inner)
    return np.asarray(value.reshape(x.shape), dtype=np.float64)


def _ratio(coefficients: tuple[tuple[float, float], ...], x: Floats) -> Floats:
    """A numerator over a denominator, each by Horner's scheme; the denominator leads with 1."""
    above = coefficients[0][0] * x
    below = x.copy()
    for p, q in coefficients[1:-1]:
        above += p
        above *= x
        below += q
        below *= x
    above += coefficients[-1][0]
    below += coefficients[-1][1]
    above /= below
    return above


def _outer(x: Floats) -> Floats:
    """The lower tail at -x, x above 5.66."""
    inverse = 1.0 / (x * x)
    correction = inverse * _ratio(_OUTER, inverse)
    return np.asarray(np.exp(-0.5 * x * x) * (_INVERSE_ROOT_TWO_PI - correction) / x)


def mills(z: Floats) -> Floats:
    """The tail above z over the density at z, z 0 or more; relative error about 1e-15.

    1.2533 at 0, close to 1 / z far out. NaN gives NaN. Shape of z.
    """
    flat = np.asarray(z, dtype=np.float64).ravel()
    value = _ROOT_TWO_PI * _ratio(_MIDDLE, np.minimum(flat, _TAIL))
    far = flat > _TAIL
    if far.any():
        inverse = 1.0 / (flat[far] * flat[far])
        correction = inverse * _ratio(_OUTER, inverse)
        value[far] = (1.0 - _ROOT_TWO_PI * correction) / flat[far]
    near = flat < _CENTRE
    inner = flat[near]
    if inner.size:
        square = inner * inner
        tail = 0.5 - inner * _ratio(_CENTRAL, square)
        value[near] = _ROOT_TWO_PI * np.exp(0.5 * square) * tail
    return value.reshape(np.shape(z))


def mills_of_one(z: float) -> float:
    """`mills` of one number, z 0 or more."""
    if z > _FAR_OF_ONE:
        square = 1.0 / (z * z)
        return (1.0 - square * (1.0 - 3.0 * square * (1.0 - 5.0 * square))) / z
    return _ROOT_HALF_PI * math.exp(0.5 * z * z) * math.erfc(z * _ROOT_HALF)


def far_quantile(log_tail: Floats) -> Floats:
    """The z above which a tail lies, from the logarithm of that tail, below ln 0.5; to 4.5e-4.

    A first guess only. M. Abramowitz, I. A. Stegun, Handbook of Mathematical Functions (1964),
    26.2.23. Shape of log_tail.
    """
    u = np.sqrt(-2.0 * log_tail)
    above = 2.515517 + u * (0.802853 + u * 0.010328)
    below = 1.0 + u * (1.432788 + u * (0.189269 + u * 0.001308))
    return np.asarray(u - above / below)
