"""Linear fits that outliers do not bend: ridge with weights of Huber's loss.

Source of the loss: P. Huber, "Robust estimation of a location parameter", Annals of Mathematical
Statistics 35 (1964). The penalty is in units of each column's root mean square, so that it does not
depend on how a term is measured. Normal equations add up, so that a fit without some rows is the
sums of all less theirs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

ROUNDS = 6
TINY = 1e-12


@dataclass(frozen=True, slots=True)
class Sums:
    """Normal equations of weighted rows: X'WX, X'Wy and the sum of the weights."""

    square: Floats
    cross: Floats
    total: float

    def less(self, other: Sums) -> Sums:
        """Without the other's rows, which are among these."""
        return Sums(self.square - other.square, self.cross - other.cross, self.total - other.total)

    def solved(self, ridge: Floats) -> Floats:
        """Coefficients, a column each; ridge as in `robust`."""
        scale = np.diag(self.square) / self.total
        square = self.square.copy()
        square[np.diag_indices_from(square)] += self.total * scale * (ridge + TINY)
        return np.asarray(np.linalg.solve(square, self.cross))


def sums(design: Floats, target: Floats, weight: Floats) -> Sums:
    """Normal equations of these rows."""
    weighted = design * weight[:, None]
    return Sums(weighted.T @ design, weighted.T @ target, float(weight.sum()))


def robust(design: Floats, target: Floats, ridge: Floats, huber: float) -> tuple[Floats, Floats]:
    """Coefficients, a column each, and the weight of each row in (0, 1].

    ridge  penalty of each column's standardised coefficient squared; 0 for none
    huber  size of an error from which on it counts linearly
    """
    weight = np.ones(len(target))
    numbers = np.zeros(design.shape[1])
    for _ in range(ROUNDS):
        numbers = sums(design, target, weight).solved(ridge)
        off = np.abs(target - design @ numbers)
        weight = np.where(off <= huber, 1.0, huber / np.maximum(off, huber))
    return numbers, weight
