"""Measure the default run: seconds, peak memory, and how fast the help appears.

    python tools/bench.py                            prints a table
    python tools/bench.py --write docs/benchmarks.md writes it between the markers of that page

Four cases, from the hardest to the easiest:

- no bytecode: nothing of any package is compiled, and every cache folder is empty;
- first run: other packages are compiled, as after an installation, Steward is not;
- warm: all is compiled, the files lie in the memory of the system; the median of several runs;
- help: the wall time of `steward --help`, warm; the median of several runs.

Peak memory is the largest resident set of the child process, as the kernel counts it.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
START, END = "<!-- bench:start -->", "<!-- bench:end -->"
MEMORY_GOAL_MIB = 1024.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    seconds: float
    peak_mib: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    case: str
    runs: int
    measured: Measured
    goal_seconds: float


def command() -> list[str]:
    """The console script beside this interpreter; it must be installed."""
    script = Path(sys.executable).with_name("steward")
    if not script.is_file():
        sys.exit("bench: no steward command beside this Python: run `make bench`")
    return [str(script)]


def measure(arguments: Sequence[str], *, changes: Mapping[str, str], folder: Path) -> Measured:
    """Run the command once below `folder`; stops with the child's words if it fails."""
    here = Path(tempfile.mkdtemp(dir=folder))  # a run of its own: never beside an earlier one
    said = here / "said.txt"
    with said.open("wb") as out:
        begun = time.perf_counter()
        child = subprocess.Popen(
            [*command(), *arguments],
            cwd=here,
            env=os.environ | dict(changes),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        _, status, used = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - begun
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        tail = said.read_text(encoding="utf-8", errors="replace")[-2000:]
        sys.exit(f"bench: steward {' '.join(arguments)} ended with {child.returncode}:\n{tail}")
    return Measured(seconds=seconds, peak_mib=peak_mib(used))


def peak_mib(used: resource.struct_rusage) -> float:
    """`ru_maxrss` is in KiB on Linux and in bytes on macOS."""
    return used.ru_maxrss / (1024.0 * 1024.0 if sys.platform == "darwin" else 1024.0)


def several(
    times: int, arguments: Sequence[str], *, changes: Mapping[str, str], folder: Path
) -> Measured:
    """The median of the seconds, the largest of the peaks."""
    runs = [measure(arguments, changes=changes, folder=folder) for _ in range(times)]
    return Measured(
        seconds=statistics.median(run.seconds for run in runs),
        peak_mib=max(run.peak_mib for run in runs),
    )


def run_all(*, repeats: int) -> list[Row]:
    backtest = ["backtest", "--out", "runs"]
    with tempfile.TemporaryDirectory(prefix="steward-bench-") as name:
        folder = Path(name)
        empty = {"PYTHONPYCACHEPREFIX": str(folder / "pyc"), "XDG_CACHE_HOME": str(folder / "xdg")}
        fresh = folder / "fresh"
        shutil.copytree(
            ROOT / "src", fresh, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info")
        )
        first = {"PYTHONPATH": str(fresh), "XDG_CACHE_HOME": str(folder / "xdg-first")}
        nothing = measure(backtest, changes=empty, folder=folder)
        after = measure(backtest, changes=first, folder=folder)
        measure(["--help"], changes={}, folder=folder)
        warm = several(repeats, backtest, changes={}, folder=folder)
        shown = several(2 * repeats + 1, ["--help"], changes={}, folder=folder)
    return [
        Row(case="default run, no bytecode", runs=1, measured=nothing, goal_seconds=20.0),
        Row(case="default run, first", runs=1, measured=after, goal_seconds=20.0),
        Row(case="default run, warm", runs=repeats, measured=warm, goal_seconds=6.0),
        Row(case="`steward --help`", runs=2 * repeats + 1, measured=shown, goal_seconds=0.25),
    ]


def machine() -> str:
    """One line on where this was measured; nothing that names the machine."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024.0**3
    return (
        f"Measured on {datetime.now(UTC).date()}: {cores} cores, {memory:.0f} GiB, "
        f"{platform.system()}, Python {platform.python_version()}, {platform.machine()}."
    )


def table(rows: Sequence[Row]) -> str:
    """Markdown: a row a case, the goal beside what was measured."""
    lines = [
        "| case | runs | seconds | goal | peak MiB | goal |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for row in rows:
        lines.append(
            f"| {row.case} | {row.runs} | {row.measured.seconds:.2f} | < {row.goal_seconds:g} "
            f"| {row.measured.peak_mib:.0f} | < {MEMORY_GOAL_MIB:.0f} |"
        )
    return "\n".join(lines)


def replace_block(text: str, block: str, *, page: str) -> str:
    """`text` with everything between the markers replaced; stops when they are not there once."""
    if text.count(START) != 1 or text.count(END) != 1 or text.index(START) > text.index(END):
        sys.exit(f"bench: {page} needs one line {START} and, below it, one line {END}")
    before, rest = text.split(START)
    after = rest.split(END)[1]
    return f"{before}{START}\n{block}\n{END}{after}"


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the default run of Steward.")
    parser.add_argument("--write", metavar="PAGE", type=Path, help="page to write the table into")
    parser.add_argument("--repeats", type=int, default=3, help="warm runs (default 3)")
    options = parser.parse_args()
    page: Path | None = options.write
    if page is not None:  # a page without markers is refused before minutes of measuring
        replace_block(page.read_text(encoding="utf-8"), "", page=page.name)
    rows = run_all(repeats=options.repeats)
    block = f"{machine()}\n\n{table(rows)}"
    print(block)
    if page is not None:
        text = page.read_text(encoding="utf-8")
        page.write_text(replace_block(text, block, page=page.name), encoding="utf-8")
        print(f"Written into {page.name}.")
    missed = [row.case for row in rows if row.measured.seconds > row.goal_seconds]
    missed += [f"{row.case} (memory)" for row in rows if row.measured.peak_mib > MEMORY_GOAL_MIB]
    if missed:
        sys.exit(f"bench: goal missed: {', '.join(missed)}")


if __name__ == "__main__":
    main()
