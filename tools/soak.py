"""Do a million things to accounts, and see that no law and no cent breaks.

    tools/soak.py [--steps N] [--jobs N] [--seed N] [--save FILE]

The state machine of `tests/ledger/machine.py`, under one seed after the other. What breaks is
written to FILE with the shortest list of deeds that Hypothesis finds, and the rest goes on. The
last line says steps, seconds and how many seeds broke; exit 1 where one did.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import sys
import time
import traceback
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from itertools import count
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

SAVED = ROOT / ".cache" / "soak.txt"
FIRST_SEED = 10_000_000
"""Not one of those that the tests use."""
EVERY = 20.0
"""Seconds between two lines of progress."""
MOST_BROKEN = 5
"""So many show enough; then it ends."""


def one(number: int) -> tuple[int, Counter[str], str, str]:
    """The machines of one seed: its number, what they did, what broke in a line and as a whole."""
    from tests.ledger import machine

    machine.done.clear()
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            machine.run(number)
    except Exception as error:  # noqa: BLE001 - whatever breaks is what we look for
        where = traceback.extract_tb(error.__traceback__)[-1].line
        line = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else where}"
        return number, Counter(machine.done), line, f"{said.getvalue()}\n{traceback.format_exc()}"
    return number, Counter(machine.done), "", ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--steps", type=int, default=1_000_000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=FIRST_SEED, help="the first one")
    parser.add_argument("--save", type=Path, default=SAVED)
    given = parser.parse_args()
    seen, broken, numbers = Counter[str](), list[int](), count(given.seed)
    started = said = time.monotonic()
    with ProcessPoolExecutor(given.jobs) as pool:
        running: set[Future[tuple[int, Counter[str], str, str]]] = set()
        while True:
            enough = seen["steps"] >= given.steps or len(broken) >= MOST_BROKEN
            while not enough and len(running) < given.jobs:
                running.add(pool.submit(one, next(numbers)))
            if not running:
                break
            ended, running = wait(running, return_when=FIRST_COMPLETED)
            for future in ended:
                number, what, line, error = future.result()
                seen.update(what)
                if line:
                    broken.append(number)
                    given.save.parent.mkdir(parents=True, exist_ok=True)
                    with given.save.open("a") as file:
                        file.write(f"seed {number}\n{error}\n")
                    print(f"seed {number} broke: {line}\n  all of it: {given.save}", flush=True)
            if time.monotonic() - said >= EVERY:
                said = time.monotonic()
                print(
                    f"{seen['steps']:>10,} steps, {seen['sleep']:,} sessions, "
                    f"{seen['restart']:,} restarts, {said - started:,.0f} s",
                    flush=True,
                )
    left_out = {"steps", "machines", "twice"}
    print(", ".join(f"{n:,} {what}" for what, n in seen.most_common() if what not in left_out))
    print(
        f"soak: {seen['steps']:,} steps on {seen['machines']:,} accounts in "
        f"{time.monotonic() - started:,.0f} s, broken laws: {len(broken)}"
    )
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
