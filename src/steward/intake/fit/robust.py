"""Linear fits that outliers do not bend: ridge with weights of Huber's loss.

Source of the loss: P. Huber, "Robust estimation of a location parameter", Annals of Mathematical
Statistics 35 (1964). The penalty is in units of each column's root mean square, so that it does not
depend on how a term is measured.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

ROUNDS = 6
TINY = 1e-12


def robust(design: Floats, target: Floats, ridge: Floats, huber: float) -> tuple[Floats, Floats]:
    """Coefficients, a column each, and the weight of each row in (0, 1].

    ridge  penalty of each column's standardised coefficient squared; 0 for none
    huber  size of an error from which on it counts linearly
    """
    weight = np.ones(len(target))
    numbers = np.zeros(design.shape[1])
    for _ in range(ROUNDS):
        numbers = solved(design, target, weight, ridge)
        off = np.abs(target - design @ numbers)
        weight = np.where(off <= huber, 1.0, huber / np.maximum(off, huber))
    return numbers, weight


def solved(design: Floats, target: Floats, weight: Floats, ridge: Floats) -> Floats:
    """Weighted ridge; see `robust`."""
    total = float(weight.sum())
    weighted = design * weight[:, None]
    square = weighted.T @ design
    scale = np.diag(square) / total
    square[np.diag_indices_from(square)] += total * scale * (ridge + TINY)
    return np.asarray(np.linalg.solve(square, weighted.T @ target))
