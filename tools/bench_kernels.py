"""Measure the kernels: options a second, ratios to other programs, errors on the mpmath grid.

    python tools/bench_kernels.py                             prints a table
    python tools/bench_kernels.py --write docs/benchmarks.md  writes it between its markers there

Everything goes through the public functions of `steward.pricing.kernels`, which make the arrays
that they return. A rate is the best of several runs; ratios are of rates in one process, one
after the other. The fastest published package for implied volatilities is lbriv, which this tool
measures where it is installed (pip install lbriv); else py_lets_be_rational stands in. Exit code 1
where a floor is missed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

import bench

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "pricing"))

import implied_grid  # noqa: E402 - the grid of the tests

from steward.pricing import black, kernels  # noqa: E402

START, END = "<!-- bench-kernels:start -->", "<!-- bench-kernels:end -->"
FORWARD = 5000.0
RATE = 0.03
ONE_BY_ONE = 20_000
"""Options for a program that takes one at a time."""

FIRST = """
import time
import numpy as np
from steward.pricing import kernels
strike = np.full(20_000, 90.0)
begun = time.perf_counter()
{call}
print(time.perf_counter() - begun)
"""
FIRST_GREEKS = (
    'kernels.price_and_greeks(100.0, strike, 0.5, 0.2, discount=1.0, call=True, engine="numba")'
)
FIRST_VOL = 'kernels.implied_vol(12.0, 100.0, strike, 0.5, discount=1.0, call=True, engine="numba")'

Arrays = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One figure. better: which way; target, floor: None where there is none."""

    case: str
    value: float
    unit: str = ""
    better: Literal["more", "less"] = "more"
    target: float | None = None
    floor: float | None = None

    def met(self, limit: float) -> bool:
        return self.value >= limit if self.better == "more" else self.value <= limit

    def verdict(self) -> str:
        if self.floor is not None and not self.met(self.floor):
            return "FLOOR MISSED"
        if self.target is not None:
            return "target met" if self.met(self.target) else "target missed"
        return "" if self.floor is None else "floor met"

    def cells(self) -> str:
        sign = ">=" if self.better == "more" else "<="
        limits = [f"{sign} {x:g}" if x is not None else "" for x in (self.target, self.floor)]
        value = f"{self.value:.1e}" if 0.0 < self.value < 1e-3 else f"{self.value:,.4g}"
        return f"| {self.case} | {value} {self.unit} | {' | '.join(limits)} | {self.verdict()} |"


def best(times: int, run: Callable[[], Any]) -> float:
    """The least seconds of several runs, after one that does not count."""
    run()
    seconds = float("inf")
    for _ in range(times):
        begun = time.perf_counter()
        run()
        seconds = min(seconds, time.perf_counter() - begun)
    return seconds


def options(size: int) -> Arrays:
    """Out of the money, 1 to 730 days, vols of 8 to 80 %, strikes to four deviations."""
    random = np.random.default_rng(7)
    years, vol = random.integers(1, 731, size) / 365.0, random.uniform(0.08, 0.8, size)
    strike = FORWARD * np.exp(random.uniform(-4.0, 4.0, size) * vol * np.sqrt(years))
    return {
        "forward": np.full(size, FORWARD),
        "strike": strike,
        "years": years,
        "vol": vol,
        "discount": np.exp(-RATE * years),
        "call": strike >= FORWARD,
    }


def greeks_of_scipy(
    forward: Any, strike: Any, years: Any, vol: Any, discount: Any, call: Any
) -> tuple[Any, ...]:
    """What one writes with numpy and scipy: price, delta, gamma, vega, theta, rho."""
    from scipy.special import ndtr

    root, sign = np.sqrt(years), np.where(call, 1.0, -1.0)
    spread = vol * root
    d1 = np.log(forward / strike) / spread + 0.5 * spread
    n1, n2 = ndtr(sign * d1), ndtr(sign * (d1 - spread))
    price = discount * sign * (forward * n1 - strike * n2)
    density = discount * np.exp(-0.5 * d1 * d1) / np.sqrt(2.0 * np.pi)
    vega = forward * density * root
    theta = -np.log(discount) / years * price - 0.5 * vega * vol / years
    return price, discount * sign * n1, density / (forward * spread), vega, theta, -years * price


def greek_lines(size: int, repeats: int) -> list[Line]:
    case = options(size)

    def rate(times: int, run: Callable[[], Any]) -> float:
        return size / best(times, run) / 1e6

    compiled = rate(repeats, lambda: kernels.price_and_greeks(**case, engine="numba"))
    scipy = rate(max(3, repeats // 5), lambda: greeks_of_scipy(**case))
    every = rate(repeats, lambda: kernels.price_and_all_greeks(**case, engine="numba"))
    reference = rate(max(3, repeats // 5), lambda: black.greeks(**case))
    found, expected = kernels.price_and_greeks(**case, engine="numba"), greeks_of_scipy(**case)
    million = "million/s"
    return [
        Line(case="price and five Greeks", value=compiled, unit=million, target=80.0, floor=30.0),
        Line(
            case="that over numpy and scipy",
            value=compiled / scipy,
            unit="times",
            target=8.0,
            floor=2.5,
        ),
        Line(
            case="price and five Greeks, one thread",
            value=one_thread(lambda: rate(repeats, lambda: kernels.price_and_greeks(**case))),
            unit=million,
        ),
        Line(case="price and seven Greeks (vanna, volga)", value=every, unit=million),
        Line(case="price and five Greeks, engine numpy", value=reference, unit=million),
        Line(case="price and five Greeks, numpy and scipy", value=scipy, unit=million),
        Line(
            case="largest difference of the price from scipy's",
            value=float(np.abs(found.price - expected[0]).max()),
            unit="points",
            better="less",
            floor=1e-9,
        ),
        Line(
            case="largest difference of delta from scipy's",
            value=float(np.abs(found.delta - expected[1]).max()),
            better="less",
            floor=1e-13,
        ),
    ]


def one_thread(measure: Callable[[], float]) -> float:
    import numba

    threads = numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        return measure()
    finally:
        numba.set_num_threads(threads)


def vol_lines(size: int, repeats: int) -> list[Line]:
    """Undiscounted prices out of the money, as the other programs take them."""
    case = options(size) | {"discount": np.ones(size)}
    vol, price = case["vol"], black.black76(**case)
    given = {"price": price} | {name: case[name] for name in case if name != "vol"}
    seconds = best(repeats, lambda: kernels.implied_vol(**given, engine="numba"))
    compiled = size / seconds / 1e6
    reference = best(max(3, repeats // 5), lambda: black.implied_vol(**given))
    name, rival = fastest_other(given, repeats)
    found = kernels.implied_vol(**given, engine="numba")
    return [
        Line(case="implied vol", value=compiled, unit="million/s", target=10.0, floor=5.0),
        Line(case=f"that over {name}", value=compiled / rival, unit="times", target=4.0, floor=2.5),
        Line(
            case="implied vol, one thread",
            value=one_thread(
                lambda: size / best(repeats, lambda: kernels.implied_vol(**given)) / 1e6
            ),
            unit="million/s",
        ),
        Line(case="implied vol, engine numpy", value=size / reference / 1e6, unit="million/s"),
        Line(case=f"implied vol, {name}", value=rival, unit="million/s"),
        Line(
            case="largest error among them, prices rounded to floats",
            value=float(np.abs(found - vol).max()),
            better="less",
        ),
    ]


def fastest_other(given: Arrays, repeats: int) -> tuple[str, float]:
    """Its name and rate; lbriv gives vol x sqrt(years), which is left at that."""
    price, strike, call = given["price"], given["strike"], given["call"]
    try:
        import lbriv
    except ImportError:
        return "py_lets_be_rational (no lbriv here)", one_by_one(given)
    sides = [(price[side].copy(), strike[side].copy(), q) for side, q in ((call, 1), (~call, -1))]

    def run() -> None:
        for prices, strikes, q in sides:
            lbriv.vectorized_implied_vol_strikes(prices, FORWARD, strikes, q)

    return "lbriv", price.size / best(max(3, repeats // 3), run) / 1e6


def one_by_one(given: Arrays) -> float:
    import py_lets_be_rational

    rows = [
        (price, FORWARD, strike, years, 1.0 if strike >= FORWARD else -1.0)
        for price, strike, years in zip(
            *(given[name][:ONE_BY_ONE].tolist() for name in ("price", "strike", "years")),
            strict=True,
        )
    ]

    def run() -> None:
        for row in rows:
            py_lets_be_rational.implied_volatility_from_a_transformed_rational_guess(*row)

    return len(rows) / best(3, run) / 1e6


def grid_lines() -> list[Line]:
    grid = implied_grid.grid()
    lines = []
    engines: tuple[kernels.Engine, ...] = ("numba", "numpy")
    for engine in engines:
        found = kernels.implied_vol(
            grid.price,
            FORWARD,
            grid.strike,
            grid.years,
            discount=1.0,
            call=grid.call,
            engine=engine,
        )
        off = np.abs(found - grid.vol)
        lines += [
            Line(
                case=f"grid of {grid.size:,} mpmath prices, engine {engine}: largest error",
                value=float(np.nanmax(off)),
                better="less",
                target=1e-14,
                floor=1e-12,
            ),
            Line(
                case=f"the same, engine {engine}: prices without a vol",
                value=float(np.isnan(off).sum()),
                better="less",
                floor=0.0,
            ),
        ]
    return lines


def first_lines() -> list[Line]:
    """A new process, from the call to its answer: numba imported, the kernel compiled or loaded."""
    lines = []
    for name, call in (("price and five Greeks", FIRST_GREEKS), ("implied vol", FIRST_VOL)):
        with tempfile.TemporaryDirectory(prefix="steward-bench-kernels-") as folder:
            times = [first_call(call, folder) for _ in range(4)]
        lines += [
            Line(case=f"first call ever, {name}", value=times[0], unit="s", better="less"),
            Line(
                case=f"first call of a process, {name}",
                value=min(times[1:]),
                unit="s",
                better="less",
                target=1.0,
            ),
        ]
    return lines


def first_call(call: str, folder: str) -> float:
    done = subprocess.run(
        [sys.executable, "-c", FIRST.format(call=call)],
        env={**os.environ, "NUMBA_CACHE_DIR": folder},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        sys.exit(f"bench: a first call ended with {done.returncode}: {done.stderr[-500:]}")
    return float(done.stdout)


def table(lines: Sequence[Line]) -> str:
    head = "| case | measured | target | floor | verdict |\n|---|---:|---:|---:|---|"
    return "\n".join([head, *(line.cells() for line in lines)])


def replace_block(text: str, block: str, page: str) -> str:
    if text.count(START) != 1 or text.count(END) != 1 or text.index(START) > text.index(END):
        sys.exit(f"bench: {page} needs one line {START} and, below it, one line {END}")
    before, rest = text.split(START)
    return f"{before}{START}\n{block}\n{END}{rest.split(END)[1]}"


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the kernels.")
    parser.add_argument("--write", metavar="PAGE", type=Path, help="page to write the table into")
    parser.add_argument("--size", type=int, default=1_000_000, help="options (default a million)")
    parser.add_argument("--repeats", type=int, default=30, help="runs of a case (default 30)")
    given = parser.parse_args()
    page: Path | None = given.write
    if page is not None:  # a page without markers is refused before a minute of measuring
        replace_block(page.read_text(encoding="utf-8"), "", page.name)
    kernels.engine_for(given.size, "numba")  # without numba there is nothing to measure
    lines = greek_lines(given.size, given.repeats) + vol_lines(given.size, given.repeats)
    lines += grid_lines() + first_lines()
    block = f"{bench.machine()} {given.size:,} options a case.\n\n{table(lines)}"
    print(block)
    if page is not None:
        text = page.read_text(encoding="utf-8")
        page.write_text(replace_block(text, block, page.name), encoding="utf-8")
        print(f"Written into {page.name}.")
    missed = [line.case for line in lines if line.verdict() == "FLOOR MISSED"]
    if missed:
        sys.exit(f"bench: floor missed: {'; '.join(missed)}")


if __name__ == "__main__":
    main()
