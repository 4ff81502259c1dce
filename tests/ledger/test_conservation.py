"""An account to which anything happens at any time: no cent is lost, and each intent ends once.

The bench does the deeds, the shadow reckons beside it, Hypothesis chooses. `make soak` does a
million steps.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from . import machine
from .bench import Bench, again

QUICK_STEPS, QUICK_PARTS = 6_000, 12
ALL_STEPS, ALL_PARTS = 100_000, 20

HAPPENS = (
    "flow",
    "open_condor",
    "buy_hedge",
    "trade_shares",
    "close",
    "close in part",
    "forced",
    "roll",
    "drop",
    "cancel",
    "repeat",
    "restart",
    "prove",
    "sleep",
    "fill",
    "part",
    "rest",
    "again",
    "no quote",
    "stale",
    "refused",
    "lapsed",
    "settled",
    "settled by value",
    "split",
    "twice",
)
"""What the steps are about: all of it must happen, else they would prove little."""


def steps(first: int, wanted: int, machines: int = machine.MACHINES) -> Counter[str]:
    """At least so many steps under the seeds from `first` on, and what happened in them."""
    machine.done.clear()
    number = first
    while machine.done["steps"] < wanted:
        machine.run(number, machines)
        number += 1
    return Counter(machine.done)


@pytest.mark.parametrize("part", range(QUICK_PARTS))
def test_nothing_is_lost_whatever_happens(part: int) -> None:
    seen = steps(1_000 * part, QUICK_STEPS // QUICK_PARTS, machines=10)
    assert min(seen["sleep"], seen["fill"], seen["restart"]) > 9


@pytest.mark.slow
@pytest.mark.parametrize("part", range(ALL_PARTS))
def test_nothing_is_lost_in_a_hundred_thousand_steps(part: int) -> None:
    seen = steps(1_000_000 + 1_000 * part, ALL_STEPS // ALL_PARTS)
    assert [what for what in HAPPENS if seen[what] < 6] == []


DEEDS = (
    ("open_condor", (1, 3, 5, 4, 4)),
    ("buy_hedge", (0, 1, 7, 10)),
    ("buy_hedge", (2, 2, 2, 20)),
    ("trade_shares", (0, 120, 1)),
    ("sleep", (7, 1, 1, 1)),
    ("restart", ()),
    ("close", (0, 1, 5, 0)),
    ("roll", (0, 2, 0, 0)),
    ("flow", (-5_000_001,)),
    ("sleep", (11, 2, 2, 0)),
    ("repeat", (0,)),
    ("close", (1, 0, 0, 1)),
    ("sleep", (13, 3, 1, 3)),
    ("sleep", (17, 3, 0, 1)),
)
"""A list of deeds that has something of everything."""


def test_the_same_deeds_give_the_same_journal() -> None:
    bench = Bench(25_000_000)
    for name, given in DEEDS:
        bench.do(name, *given)
    last = bench.finish()
    assert again(25_000_000, DEEDS).finish() == last
    other = (*DEEDS[:8], ("flow", (-5_000_000,)), *DEEDS[9:])
    assert again(25_000_000, other).finish() != last


PROGRAM = """
from tests.ledger.bench import again
from tests.ledger.test_conservation import DEEDS
print(again(25_000_000, DEEDS).finish())
"""


@pytest.mark.slow
def test_no_order_of_a_set_or_a_hash_reaches_the_journal() -> None:
    """Other processes, in which Python hashes texts otherwise, write the same rows."""
    root = Path(__file__).parents[2]
    found = set()
    for number in ("1", "2", "3"):
        path = os.pathsep.join([str(root), *sys.path])
        environment = {**os.environ, "PYTHONHASHSEED": number, "PYTHONPATH": path}
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        found.add(done.stdout.strip())
    assert len(found) == 1
    assert found == {again(25_000_000, DEEDS).finish()}
