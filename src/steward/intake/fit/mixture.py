"""A mixture of two-dimensional Gaussians whose weights depend on a state, fitted by EM.

The E and M steps are those of A. Dempster, N. Laird and D. Rubin, "Maximum likelihood from
incomplete data via the EM algorithm", J. Royal Statistical Society B 39 (1977); the weights, a
multinomial logit, take damped Newton steps within each M step.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

STEPS, NEWTON_STEPS, DAMPING = 800, 3, 0.7
ENOUGH = 1e-4
"""Of the log-likelihood: the search ends."""

LEAST_VARIANCE = 1e-4
TAIL = 0.985
"""Share of days, by change of VIX less return, above which the last kind begins its search."""


def fitted(points: Floats, state: Floats, kinds: int) -> tuple[Floats, Floats, Floats]:
    """Means (kinds, 2), lower triangles l11, l21, l22 (kinds, 3), logits (kinds, state columns).

    points  (days, 2), finite      state  (days, columns), the first of them 1
    The search begins from rings of distance and the far tail, so it needs no random start.
    """
    share = _start(points, kinds)
    logits = np.zeros((state.shape[1], kinds))
    before = -np.inf
    means, spread = np.zeros((kinds, 2)), np.zeros((kinds, 2, 2))
    for _ in range(STEPS):
        mass = share.sum(axis=0)
        means = (share.T @ points) / mass[:, None]
        for k in range(kinds):
            off = points - means[k]
            spread[k] = (off.T * share[:, k]) @ off / mass[k] + LEAST_VARIANCE * np.eye(2)
        for _ in range(NEWTON_STEPS):
            weight = _weights(state, logits)
            for k in range(1, kinds):
                slope = state.T @ (share[:, k] - weight[:, k])
                bend = (state.T * (weight[:, k] * (1.0 - weight[:, k]))) @ state
                bend += 1e-6 * np.eye(state.shape[1])
                logits[:, k] += DAMPING * np.linalg.solve(bend, slope)
        density = np.column_stack([_log_density(points, means[k], spread[k]) for k in range(kinds)])
        density += np.log(_weights(state, logits))
        top = density.max(axis=1, keepdims=True)
        share = np.exp(density - top)
        total = share.sum(axis=1, keepdims=True)
        share /= total
        now = float((top + np.log(total)).sum())
        if abs(now - before) < ENOUGH:
            break
        before = now
    roots = np.linalg.cholesky(spread)
    return means, np.column_stack([roots[:, 0, 0], roots[:, 1, 0], roots[:, 1, 1]]), logits.T


def _start(points: Floats, kinds: int) -> Floats:
    order = np.argsort(np.argsort(points[:, 1] - points[:, 0], kind="stable"), kind="stable")
    far = np.hypot(points[:, 0], points[:, 1])
    ring = np.minimum((far / np.quantile(far, 0.97) * kinds).astype(int), kinds - 1)
    ring[order / len(points) > TAIL] = kinds - 1
    return np.asarray(0.8 * np.eye(kinds)[ring] + 0.2 / kinds)


def _weights(state: Floats, logits: Floats) -> Floats:
    above = state @ logits
    above -= above.max(axis=1, keepdims=True)
    share = np.exp(above)
    return np.asarray(share / share.sum(axis=1, keepdims=True))


def _log_density(points: Floats, mean: Floats, spread: Floats) -> Floats:
    off = points - mean
    distance = np.sum(off * np.linalg.solve(spread, off.T).T, axis=1)
    return np.asarray(-0.5 * (distance + np.log(np.linalg.det(spread))) - np.log(2.0 * np.pi))
