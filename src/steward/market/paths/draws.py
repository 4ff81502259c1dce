"""Random numbers of a path: a generator of its own for each, so that a path is the same in every
batch and on every thread.

A path's generator is Philox (J. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC11)
keyed by the seed, what the numbers are for, and the number of the path.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from steward.terms.errors import StewardError

Floats = NDArray[np.float64]

MODEL, BOOTSTRAP, REGIME = 0, 1, 2
"""What numbers are for: the second part of a key."""


def generator(seed: int, use: int, path: int) -> np.random.Generator:
    """The generator of one path. Raises StewardError for a seed below 0."""
    if seed < 0:
        raise StewardError(f"a seed of {seed}: a seed is 0 or above")
    return np.random.Generator(
        np.random.Philox(np.random.SeedSequence(seed, spawn_key=(use, path)))
    )


def drawn(
    seed: int, use: int, first: int, count: int, *, rows: int, normals: int, uniforms: int
) -> tuple[Floats, Floats]:
    """Standard normals and uniforms, shapes (rows, normals, count) and (rows, uniforms, count)."""
    normal = np.empty((rows, normals, count))
    uniform = np.empty((rows, uniforms, count))
    for at in range(count):
        own = generator(seed, use, first + at)
        uniform[:, :, at] = own.random((rows, uniforms))
        normal[:, :, at] = own.standard_normal((rows, normals))
    return normal, uniform
