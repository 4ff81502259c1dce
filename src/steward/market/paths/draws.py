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


def generator(seed: int, use: int, path: int, kind: int = 0) -> np.random.Generator:
    """A generator of one path; `kind` tells its normals (0) from its uniforms (1).

    Raises StewardError for a seed below 0.
    """
    if seed < 0:
        raise StewardError(f"a seed of {seed}: a seed is 0 or above")
    key = np.random.SeedSequence(seed, spawn_key=(use, path, kind))
    return np.random.Generator(np.random.Philox(key))


def drawn(
    seed: int, use: int, first: int, count: int, *, rows: int, normals: int, uniforms: int
) -> tuple[Floats, Floats]:
    """Standard normals and uniforms, shapes (rows, normals, count) and (rows, uniforms, count).

    More rows go on where fewer end, so that a longer path begins as a shorter one.
    """
    normal = np.empty((rows, normals, count))
    uniform = np.empty((rows, uniforms, count))
    for at in range(count):
        path = first + at
        normal[:, :, at] = generator(seed, use, path).standard_normal((rows, normals))
        uniform[:, :, at] = generator(seed, use, path, 1).random((rows, uniforms))
    return normal, uniform
