"""Measure the simulated market: a thousand paths of ten years, made and priced.

    python tools/bench_simulated.py                           prints a table
    python tools/bench_simulated.py --write docs/simulated.md  writes it between its markers there

The paths are made and priced in batches, as the numbers of a path do not depend on the others. What
is priced is what the article's rules ask for on every session (pricing/simulated/schedule.py). Exit
code 1 where making and pricing together take longer than the floor.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np

import bench
from steward.market.paths.model import simulate
from steward.pricing.kernels import engine_for
from steward.pricing.simulated.bulk import outcomes
from steward.pricing.simulated.learning import learned

START, END = "<!-- bench-simulated:start -->", "<!-- bench-simulated:end -->"
YEARS, SEED, BATCH = 10.0, 1, 250
TARGET, FLOOR = 180.0, 600.0
"""Seconds for a thousand paths, made and priced."""


ENGINE = engine_for(1_000_000)
"""The quickest kernels that are here."""


def measured(paths: int) -> tuple[float, float, float, int, float]:
    """Seconds to learn, make and price; options priced; mean payoff over price of VIX calls."""
    begun = time.perf_counter()
    quick = learned()
    learning = time.perf_counter() - begun
    making = pricing = 0.0
    options, paid = 0, []
    for first in range(0, paths, BATCH):
        begun = time.perf_counter()
        made = simulate(seed=SEED, paths=min(BATCH, paths - first), years=YEARS, first=first)
        making += time.perf_counter() - begun
        begun = time.perf_counter()
        found, count = outcomes(made, quick, engine=ENGINE)
        pricing += time.perf_counter() - begun
        options += count
        paid.append(found.call_paid)
    return learning, making, pricing, options, float(np.nanmean(np.concatenate(paid)))


def table(paths: int) -> tuple[str, float]:
    """The rows, and seconds for a thousand paths."""
    learning, making, pricing, options, paid = measured(paths)
    seconds = (making + pricing) * 1000.0 / paths
    verdict = "met" if seconds <= TARGET else ("missed" if seconds <= FLOOR else "FLOOR MISSED")
    rows = [
        "| case | measured |",
        "|---|---:|",
        f"| {paths:,} paths of ten years, made | {making:.1f} s ({paths / making:.0f} paths/s) |",
        f"| the same, priced ({ENGINE} kernels) | {pricing:.1f} s ({paths / pricing:.0f} paths/s, "
        f"{options / 1e6:.0f} million options, {options / pricing / 1e6:.2f} million/s) |",
        f"| both, a thousand paths | {seconds:.0f} s, target {TARGET:.0f} s, floor {FLOOR:.0f} s: "
        f"{verdict} |",
        f"| before the first price, once: learning from the modelled market | {learning:.1f} s |",
        f"| payoff over price of VIX calls, mean of these paths | {paid:.2f} |",
    ]
    return "\n".join(rows), seconds


def replace_block(text: str, block: str, page: str) -> str:
    if text.count(START) != 1 or text.count(END) != 1 or text.index(START) > text.index(END):
        sys.exit(f"bench: {page} needs one line {START} and, below it, one line {END}")
    before, rest = text.split(START)
    return f"{before}{START}\n{block}\n{END}{rest.split(END)[1]}"


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the simulated market.")
    parser.add_argument("--write", metavar="PAGE", type=Path, help="page to write the table into")
    parser.add_argument("--paths", type=int, default=1000, help="how many (default a thousand)")
    given = parser.parse_args()
    page: Path | None = given.write
    if page is not None:
        replace_block(page.read_text(encoding="utf-8"), "", page.name)
    rows, seconds = table(given.paths)
    block = f"{bench.machine()}\n\n{rows}"
    print(block)
    if page is not None:
        text = page.read_text(encoding="utf-8")
        page.write_text(replace_block(text, block, page.name), encoding="utf-8")
        print(f"Written into {page.name}.")
    if seconds > FLOOR:
        sys.exit("bench: floor missed: the simulated market")


if __name__ == "__main__":
    main()
