"""Nonlinear least squares in a box, by Levenberg and Marquardt: small, dense, deterministic.

K. Levenberg, Quarterly of Applied Mathematics 2 (1944); D. Marquardt, SIAM Journal on Applied
Mathematics 11 (1963), with the damping of H. B. Nielsen (report IMM-REP-1999-05, section 3.2).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

Residuals = Callable[[Floats], tuple[Floats, Floats]]
"""Parameters → residuals and their Jacobian, a row a residual."""


def minimise(
    residuals: Residuals, start: Floats, low: Floats, high: Floats, *, steps: int, ending: float
) -> tuple[Floats, float]:
    """Parameters with the least half sum of squares that `steps` steps find, and that sum.

    start   inside of `low` to `high`; parameters that run into a bound stay there
    ending  a step that wins less than that share of the cost is the last
    """
    x = np.clip(start, low, high)
    r, jacobian = residuals(x)
    cost = 0.5 * float(r @ r)
    normal, gradient = jacobian.T @ jacobian, jacobian.T @ r
    damping = 1e-3 * max(float(normal.diagonal().max()), 1e-12)
    grow, unit = 2.0, np.eye(x.size)
    for _ in range(steps):
        free = ~(((x <= low) & (gradient > 0.0)) | ((x >= high) & (gradient < 0.0)))
        if not free.any() or float(np.abs(gradient[free]).max()) < 1e-9:
            break
        if free.all():
            step = -np.linalg.solve(normal + damping * unit, gradient)
        else:
            part = normal[np.ix_(free, free)] + damping * unit[np.ix_(free, free)]
            step = np.zeros_like(x)
            step[free] = -np.linalg.solve(part, gradient[free])
        new = np.clip(x + step, low, high)
        step = new - x
        expected = -float(step @ gradient + 0.5 * step @ (normal @ step))
        new_r, new_jacobian = residuals(new)
        new_cost = 0.5 * float(new_r @ new_r)
        won = cost - new_cost
        if won > 0.0 and expected > 0.0:
            small = won < ending * cost
            x, r, jacobian, cost = new, new_r, new_jacobian, new_cost
            normal, gradient = jacobian.T @ jacobian, jacobian.T @ r
            damping *= max(1.0 / 3.0, 1.0 - (2.0 * won / expected - 1.0) ** 3)
            grow = 2.0
            if small:
                break
        else:
            damping *= grow
            grow *= 2.0
            if damping > 1e18:
                break
    return x, cost
