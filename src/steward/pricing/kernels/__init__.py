"""Prices, Greeks and implied volatilities of large arrays, by numba where it is installed.

The functions have the arguments, the units and the edges of `pricing.black`, and an `engine`:

    numba  compiled, on all cores; needs the extra `fast`
    numpy  `pricing.black`
    auto   numba from `WORTHWHILE` options on where it can be used, else numpy; `engine_for` tells

The engines agree to rounding, not to the bit: prices to 1e-15 of forward or strike, Greeks to
1e-14 of their scale at the money (over vol x sqrt(years) where that is small), volatilities to
1e-14 of themselves. Whatever has to be repeated byte for byte names its engine; runs take
`pricing.black`. For one engine, an option's result depends neither on its neighbours nor on the
number of threads. Importing this package does not import numba.
"""

from __future__ import annotations

import functools
import os
import threading
from types import ModuleType
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from steward.pricing import black
from steward.pricing.black import AllGreeks, Greeks
from steward.terms.errors import StewardError

__all__ = [
    "WORTHWHILE",
    "AllGreeks",
    "Engine",
    "Greeks",
    "engine_for",
    "implied_vol",
    "price_and_all_greeks",
    "price_and_greeks",
]

Engine = Literal["auto", "numba", "numpy"]
Used = Literal["numba", "numpy"]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

WORTHWHILE = 10_000
"""Options: below, threads and the half second of a first call cost more than they save."""

_ONE_AT_A_TIME = threading.Lock()  # not every layer below numba may be entered twice
_process: int | None = None
"""The process whose threads have run a kernel: they do not come along into a fork of it."""


def engine_for(size: int, engine: Engine = "auto") -> Used:
    """The engine that takes `size` options here and now.

    Raises StewardError where numba is asked for and cannot be used.
    """
    if engine == "numpy" or (engine == "auto" and size < WORTHWHILE):
        return "numpy"
    if engine not in ("auto", "numba"):
        raise StewardError(f"engine {engine!r}: one of auto, numba, numpy")
    trouble = _trouble()
    if trouble is None:
        return "numba"
    if engine == "numba":
        raise StewardError(f"engine numba: {trouble}; or take engine numpy")
    return "numpy"


def _trouble() -> str | None:
    """Why numba cannot be used, and what to do about it."""
    if _process is not None and _process != os.getpid():
        return "this process is a fork of one whose threads it lacks: start it with spawn"
    loaded = _load()
    return loaded if isinstance(loaded, str) else None


@functools.cache
def _load() -> ModuleType | str:
    """The compiled kernels, or why there are none."""
    try:
        from steward.pricing.kernels import compiled
    except ImportError as error:
        return f'needs the extra fast, pip install "steward[fast]" ({error})'
    return compiled


def price_and_greeks(
    forward: ArrayLike,
    strike: ArrayLike,
    years: ArrayLike,
    vol: ArrayLike,
    *,
    discount: ArrayLike,
    call: ArrayLike,
    engine: Engine = "auto",
) -> Greeks:
    """`black.greeks` by the engine asked for; arguments broadcast to one shape, NaN gives NaN.

    Source: F. Black, "The pricing of commodity contracts", J. Financial Economics 3 (1976).
    Raises StewardError as `engine_for`.
    """
    numbers = (forward, strike, years, vol, discount)
    if engine_for(_size(*numbers, call), engine) == "numpy":
        with np.errstate(invalid="ignore", divide="ignore"):
            return black.greeks(forward, strike, years, vol, discount=discount, call=call)
    price, delta, gamma, vega, theta, rho = _run("greeks_kernel", numbers, call, 6)
    return Greeks(price=price, delta=delta, gamma=gamma, vega=vega, theta=theta, rho=rho)


def price_and_all_greeks(
    forward: ArrayLike,
    strike: ArrayLike,
    years: ArrayLike,
    vol: ArrayLike,
    *,
    discount: ArrayLike,
    call: ArrayLike,
    engine: Engine = "auto",
) -> AllGreeks:
    """As `price_and_greeks`, with vanna and volga: `black.all_greeks`."""
    numbers = (forward, strike, years, vol, discount)
    if engine_for(_size(*numbers, call), engine) == "numpy":
        with np.errstate(invalid="ignore", divide="ignore"):
            return black.all_greeks(forward, strike, years, vol, discount=discount, call=call)
    price, delta, gamma, vega, theta, rho, vanna, volga = _run(
        "all_greeks_kernel", numbers, call, 8
    )
    return AllGreeks(
        price=price,
        delta=delta,
        gamma=gamma,
        vega=vega,
        theta=theta,
        rho=rho,
        vanna=vanna,
        volga=volga,
    )


def implied_vol(
    price: ArrayLike,
    forward: ArrayLike,
    strike: ArrayLike,
    years: ArrayLike,
    *,
    discount: ArrayLike,
    call: ArrayLike,
    engine: Engine = "auto",
) -> Floats:
    """`black.implied_vol` by the engine asked for: NaN where the price carries no volatility.

    Source: P. Jaeckel, "Let's be rational", Wilmott (2015); see `pricing.rational`.
    Raises StewardError as `engine_for`.
    """
    numbers = (price, forward, strike, years, discount)
    if engine_for(_size(*numbers, call), engine) == "numba":
        (vol,), unsettled = _run_counted("implied_vol_kernel", numbers, call, 1)
        if not unsettled:
            return vol
        # forwards and strikes some e^45 apart: the reference takes as many steps as it needs
    return black.implied_vol(price, forward, strike, years, discount=discount, call=call)


def _size(*arrays: ArrayLike) -> int:
    return int(np.prod(np.broadcast_shapes(*(np.shape(a) for a in arrays))))


def _run(name: str, numbers: tuple[ArrayLike, ...], call: ArrayLike, count: int) -> list[Floats]:
    return _run_counted(name, numbers, call, count)[0]


def _run_counted(
    name: str, numbers: tuple[ArrayLike, ...], call: ArrayLike, count: int
) -> tuple[list[Floats], int]:
    """The arrays that a kernel fills, in the common shape, and what it returns."""
    global _process
    arrays = [np.asarray(a, dtype=np.float64) for a in numbers]
    flags = np.asarray(call, dtype=np.bool_)
    shape = np.broadcast_shapes(flags.shape, *(a.shape for a in arrays))
    inputs = [np.ascontiguousarray(np.broadcast_to(a, shape)).reshape(-1) for a in arrays]
    right = np.ascontiguousarray(np.broadcast_to(flags, shape)).reshape(-1)
    made = np.empty((count, right.size))
    loaded = _load()
    if isinstance(loaded, str):
        raise StewardError(f"engine numba: {loaded}")
    with _ONE_AT_A_TIME:
        _process = os.getpid()
        answer = getattr(loaded, name)()(*inputs, right, *made)
    return [row.reshape(shape) for row in made], int(answer or 0)
