"""The packaged numbers of the generator (`market/files/paths.toml`, made by a fit)."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

AVERAGES = (21, 63, 252)
"""Sessions of the exponential averages of VIX that the state consists of, as in `pricing.term`."""

MEMBERS = ("vix9d", "vix3m", "vix6m", "vvix", "skew")

JUMP, JUMP_KEPT, JUMP_TAKEN = 2.0, 0.95, 0.5
"""A rise of ln VIX counts as a jump beyond so many of its own deviations; the excitement that it
leaves is `JUMP_TAKEN` of the excess and falls by a twentieth a session."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixture:
    """Kinds of days: a Gaussian each for (return, change of ln VIX), both in own deviations.

    means    (kinds, 2)      roots  (kinds, 3): the lower triangle l11, l21, l22 of each covariance
    weights  (kinds, 4): logits on constant, ln VIX - 2.9, ln VIX over its 21-session average, and
             the excitement left by jumps; the first kind has zeros
    """

    means: Floats
    roots: Floats
    weights: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A member of the family: state times coefficients, and a remainder that fades.

    state     on constant, ln VIX, ln VIX over each average
    kept      of the remainder, a session later
    of_return, of_vix, of_jump  of the remainder's change, a deviation of each
    noise     row of the lower triangle that makes correlated noise of five normals
    """

    name: str
    state: tuple[float, ...]
    kept: float
    of_return: float
    of_vix: float
    of_jump: float
    noise: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """All numbers of the generator.

    drift      of ln SPX a session
    variance   ln of the next return's variance on constant, ln VIX, ln VIX over its 21 and 63
    reversion  expected change of ln VIX on constant, ln VIX, ln VIX over each average
    vol_of_vol  ln of the variance of that change on the same
    premium    what is kept of the futures' premium a session, and its noise
    spx_open   share of the day's deviation that the open shows: constant, slope, noise
    vix_open   the same for VIX: constant, on the day's own change, on the SPX gap, noise
    calm       ln VIX from which a path is warmed up
    """

    drift: float
    variance: tuple[float, ...]
    reversion: tuple[float, ...]
    vol_of_vol: tuple[float, ...]
    mixture: Mixture
    members: tuple[Member, ...]
    premium: tuple[float, float]
    spx_open: tuple[float, float, float]
    vix_open: tuple[float, float, float, float]
    calm: float


def model_of(data: Mapping[str, Any]) -> Model:
    """The numbers of a file of coefficients."""
    mixture = data["kinds"]
    return Model(
        drift=float(data["drift"]),
        variance=tuple(data["variance"]),
        reversion=tuple(data["reversion"]),
        vol_of_vol=tuple(data["vol_of_vol"]),
        mixture=Mixture(
            means=np.array([row["mean"] for row in mixture]),
            roots=np.array([row["root"] for row in mixture]),
            weights=np.array([row["weight"] for row in mixture]),
        ),
        members=tuple(_member(row) for row in data["member"]),
        premium=(data["premium"]["kept"], data["premium"]["noise"]),
        spx_open=tuple(data["opens"]["spx"]),
        vix_open=tuple(data["opens"]["vix"]),
        calm=float(data["calm"]),
    )


_texts: list[str] = []
"""What is in the place of the packaged file for now: the last one counts."""


@lru_cache(maxsize=1)
def packaged() -> Mapping[str, Any]:
    """The whole file: numbers, facts of history with their years, hashes of what was fitted on."""
    file = resources.files("steward.market") / "files" / "paths.toml"
    return tomllib.loads(_texts[-1] if _texts else file.read_text("utf-8"))


@lru_cache(maxsize=1)
def model() -> Model:
    """The packaged numbers."""
    return model_of(packaged())


@contextmanager
def instead(text: str) -> Iterator[None]:
    """Make paths with another text in the place of the packaged file until the end of the block.

    A `Bootstrap` that was made outside keeps what it has read. Not for several threads with
    different texts.
    """
    _texts.append(text)
    _forget()
    try:
        yield
    finally:
        _texts.pop()
        _forget()


def _forget() -> None:
    packaged.cache_clear()
    model.cache_clear()


def _member(row: Mapping[str, Any]) -> Member:
    return Member(
        name=row["name"],
        state=tuple(row["state"]),
        kept=row["kept"],
        of_return=row["of_return"],
        of_vix=row["of_vix"],
        of_jump=row["of_jump"],
        noise=tuple(row["noise"]),
    )
