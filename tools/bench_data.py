"""Measure the storage of market data: import, cache, one session, strikes by delta, a full scan.

    python tools/bench_data.py                             prints a table
    python tools/bench_data.py --sessions 400              a tenth of the size
    python tools/bench_data.py --write docs/benchmarks.md  writes it between its markers there

It makes its own chain (`bench_chain`: 4,000 sessions x 5,000 quotes), as a file of ten columns and
as one of Cboe DataShop's 34, in a temporary folder of about 15 GB. Each case is a process of its
own; files lie in the memory of the system. Ratios say more than times: of an import to a bare
`polars.read_csv` of the same file, and of a scan to the read bandwidth of the same minute.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import bench
import bench_chain

START, END = "<!-- bench-data:start -->", "<!-- bench-data:end -->"
THREADS = 2
CHUNK = 4_000_000
"""Rows of a column that one thread reads at once."""

DAYS = 45
TARGETS = (-0.05, -0.16, 0.16, 0.05)

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One figure. better: which way; target, floor: None where there is none."""

    case: str
    value: float
    unit: str
    better: Literal["more", "less"]
    target: float | None = None
    floor: float | None = None
    note: str = ""

    def verdict(self) -> str:
        def met(limit: float) -> bool:
            return self.value >= limit if self.better == "more" else self.value <= limit

        if self.target is not None and met(self.target):
            return "target met"
        if self.floor is None:
            return "" if self.target is None else "target missed"
        return "floor met" if met(self.floor) else "FLOOR MISSED"

    def cells(self) -> str:
        sign = ">=" if self.better == "more" else "<="
        limits = [f"{sign} {x:g}" if x is not None else "" for x in (self.target, self.floor)]
        value = f"{self.value:,.2f}" if self.value < 100 else f"{self.value:,.0f}"
        return f"| {self.case} | {value} {self.unit} | {' | '.join(limits)} | {self.verdict()} |"


# --- children: each runs alone in a process and prints one line of JSON ---------------------------


def child_bare(path: Path) -> Json:
    import polars as pl

    begun = time.perf_counter()
    rows = pl.read_csv(path).height
    return {"seconds": time.perf_counter() - begun, "rows": rows}


def child_import(path: Path, to: Path) -> Json:
    from steward.intake.importing import import_paths

    extra = [bench_chain.TEN] if path.name.startswith("ten") else []
    begun = time.perf_counter()
    report = import_paths([path], to, extra=extra)
    seconds = time.perf_counter() - begun
    if report.refused or len(report.new) != 1:
        sys.exit(f"bench: {report}")
    record = report.new[0]
    return {"seconds": seconds, "rows": record.read, "kept": record.kept, "size": record.size}


def child_cache(root: Path) -> Json:
    from steward.market.cache import open_cache
    from steward.market.store import Store

    begun = time.perf_counter()
    rows = open_cache(Store(root), "SPX").height
    return {"seconds": time.perf_counter() - begun, "rows": rows}


def child_session(root: Path, day: str) -> Json:
    """The first thing a new process asks, after its imports."""
    from datetime import date

    from steward.market.cache import open_cache
    from steward.market.store import Store

    session = date.fromisoformat(day)
    begun = time.perf_counter()
    rows = Store(root).session("SPX", session).height
    parquet = time.perf_counter() - begun
    begun = time.perf_counter()
    found = open_cache(Store(root), "SPX").session(session)
    cache = time.perf_counter() - begun
    if found is None or found.rows.bid.size != rows:
        sys.exit(f"bench: {day} has {rows} rows in the store, not so in the cache")
    return {"parquet": parquet, "cache": cache}


def child_index(root: Path) -> Json:
    """A session's slices by its day, with all of its bids and asks read."""
    from steward.market.cache import open_cache
    from steward.market.store import Store

    cache = open_cache(Store(root), "SPX")
    times = []
    for day in cache.sessions[:: max(1, len(cache.sessions) // 500)]:
        begun = time.perf_counter()
        found = cache.session(day)
        times.append(time.perf_counter() - begun)
        if found is None or not int(found.rows.ask.max()) > 0:
            sys.exit(f"bench: no quotes on {day}")
    return {"seconds": statistics.median(times)}


def child_select_parquet(root: Path) -> Json:
    from steward.market.select import condor_quotes
    from steward.market.store import Store

    store = Store(root)
    seconds, found = best(3, lambda: condor_quotes(store, "SPX", days=DAYS, targets=TARGETS))
    return {"seconds": seconds, "strikes": found["strike"].sum(), "rows": found.height}


def child_select_cache(root: Path) -> Json:
    from steward.market.cache import open_cache
    from steward.market.select import condor_rows
    from steward.market.store import Store

    cache = open_cache(Store(root), "SPX")
    seconds, found = best(5, lambda: condor_rows(cache, days=DAYS, targets=TARGETS))
    strikes = cache.rows.strike[found.rows] / 10_000
    return {"seconds": seconds, "strikes": float(strikes.sum()), "rows": found.rows.size}


def child_scan(root: Path) -> Json:
    """All columns of the cache read once by two threads; and what memory gives at best."""
    import numpy as np

    from steward.market.cache import open_cache
    from steward.market.store import Store

    rows = open_cache(Store(root), "SPX").rows
    columns = [getattr(rows, name) for name in rows.__slots__]
    size = sum(column.nbytes for column in columns)

    def read(column: np.ndarray) -> None:
        column.view(np.uint8 if column.itemsize == 1 else np.int32).max()

    def scan() -> None:
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(read, chunks(columns, CHUNK)))

    first, _ = best(1, scan)
    seconds, _ = best(5, scan)
    plain = np.ones(size // 8, dtype=np.int64)
    kinds: dict[str, Callable[[np.ndarray], object]] = {
        "maximum of int64": lambda part: part.max(),
        "maximum of int32": lambda part: part.view(np.int32).max(),
        "maximum of bytes": lambda part: part.view(np.uint8).max(),
        "sum of float64": lambda part: part.view(np.float64).sum(),
        "sum of float32": lambda part: part.view(np.float32).sum(),
    }
    bandwidth = {}
    for name, read_all in kinds.items():
        for chunk in (CHUNK // 8, CHUNK, 8 * CHUNK):
            parts = list(chunks([plain], chunk))

            def run(parts: list[Any] = parts, read_all: Callable[[Any], object] = read_all) -> None:
                with ThreadPoolExecutor(THREADS) as pool:
                    list(pool.map(read_all, parts))

            bandwidth[f"{name}, chunks of {chunk:,}"] = size / best(3, run)[0]
    how = max(bandwidth, key=lambda name: bandwidth[name])
    return {
        "scan": size / seconds,
        "first": size / first,
        "bandwidth": bandwidth[how],
        "how": how,
        "size": size,
    }


def chunks(columns: Sequence[Any], rows: int) -> Iterator[Any]:
    for column in columns:
        for start in range(0, column.size, rows):
            yield column[start : start + rows]


def best(times: int, run: Callable[[], Any]) -> tuple[float, Any]:
    """The least seconds of several runs, and what the last one gave."""
    seconds, found = float("inf"), None
    for _ in range(times):
        begun = time.perf_counter()
        found = run()
        seconds = min(seconds, time.perf_counter() - begun)
    return seconds, found


CHILDREN: dict[str, Callable[..., Json]] = {
    "bare": child_bare,
    "import": child_import,
    "cache": child_cache,
    "session": child_session,
    "index": child_index,
    "select_parquet": child_select_parquet,
    "select_cache": child_select_cache,
    "scan": child_scan,
}


def run_child(name: str, *arguments: str | Path) -> Json:
    """What the child said, and `peak`, its largest resident set in MiB."""
    command = [sys.executable, __file__, "--child", name, *(str(a) for a in arguments)]
    with tempfile.TemporaryFile() as out:
        child = subprocess.Popen(command, stdout=out, stdin=subprocess.DEVNULL)
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        said = out.read().decode()
    if child.returncode != 0:
        sys.exit(f"bench: {name} ended with {child.returncode}: {said[-500:]}")
    found: Json = json.loads(said)
    return found | {"peak": bench.peak_mib(used)}


# --- cases ---------------------------------------------------------------------------------------


def warm(path: Path) -> None:
    """Into the memory of the system, so that no case pays for the disk."""
    with path.open("rb") as file:
        while file.read(16 * 1024 * 1024):
            pass


def import_lines(made: bench_chain.Made, title: str, to: Path, target: float) -> list[Line]:
    """The bare read twice, the better one counts against the import."""
    warm(made.path)
    bare = min((run_child("bare", made.path) for _ in range(2)), key=lambda said: said["seconds"])
    said = run_child("import", made.path, to)
    rows, megabytes = said["rows"] / said["seconds"] / 1e6, said["size"] / said["seconds"] / 1e6
    bare_rows = bare["rows"] / bare["seconds"] / 1e6
    bare_megabytes = made.size / bare["seconds"] / 1e6
    return [
        Line(
            case=f"import, {title} ({made.size / 1e9:.1f} GB, {made.rows / 1e6:g} million rows)",
            value=rows,
            unit="million rows/s",
            better="more",
            target=target,
        ),
        Line(case=f"import, {title}", value=megabytes, unit="MB/s", better="more"),
        Line(case=f"bare read, {title}", value=bare_rows, unit="million rows/s", better="more"),
        Line(case=f"bare read, {title}", value=bare_megabytes, unit="MB/s", better="more"),
        Line(
            case=f"import over bare read, {title}",
            value=100.0 * rows / bare_rows,
            unit="%",
            better="more",
            target=35.0,
        ),
        Line(
            case=f"peak memory of the import, {title}",
            value=said["peak"],
            unit="MiB",
            better="less",
            target=1536.0,
        ),
        Line(
            case=f"peak memory of the bare read, {title}",
            value=bare["peak"],
            unit="MiB",
            better="less",
        ),
    ]


def cache_lines(root: Path, day: str) -> list[Line]:
    made = run_child("cache", root)
    run_child("session", root, day)
    new = [run_child("session", root, day) for _ in range(5)]
    index = run_child("index", root)
    parquet = run_child("select_parquet", root)
    cache = run_child("select_cache", root)
    if abs(parquet["strikes"] - cache["strikes"]) > 0.5 or parquet["rows"] != cache["rows"]:
        sys.exit(f"bench: the cache chooses other strikes than Parquet: {cache}, {parquet}")
    scan = run_child("scan", root)
    sessions = parquet["rows"] // len(TARGETS)
    return [
        Line(
            case="make the column cache",
            value=made["rows"] / made["seconds"] / 1e6,
            unit="million rows/s",
            better="more",
        ),
        Line(
            case="peak memory of making it",
            value=made["peak"],
            unit="MiB",
            better="less",
            target=1024.0,
        ),
        Line(
            case="one session, new process, from Parquet",
            value=1e3 * statistics.median(said["parquet"] for said in new),
            unit="ms",
            better="less",
            target=5.0,
            floor=20.0,
        ),
        Line(
            case="one session, new process, from the cache",
            value=1e3 * statistics.median(said["cache"] for said in new),
            unit="ms",
            better="less",
            target=5.0,
            floor=20.0,
        ),
        Line(
            case="one session from the session index",
            value=1e3 * index["seconds"],
            unit="ms",
            better="less",
            target=0.2,
        ),
        Line(
            case=f"condor strikes by delta, {sessions:,} sessions, from Parquet",
            value=1e3 * parquet["seconds"],
            unit="ms",
            better="less",
            target=350.0,
            floor=600.0,
        ),
        Line(
            case="peak memory of that",
            value=parquet["peak"],
            unit="MiB",
            better="less",
            floor=500.0,
        ),
        Line(
            case=f"condor strikes by delta, {sessions:,} sessions, from the cache",
            value=1e3 * cache["seconds"],
            unit="ms",
            better="less",
            target=30.0,
            floor=80.0,
        ),
        Line(
            case=f"full scan of the cache ({scan['size'] / 1e6:,.0f} MB)",
            value=scan["scan"] / 1e9,
            unit="GB/s",
            better="more",
        ),
        Line(
            case=f"read bandwidth ({scan['how']})",
            value=scan["bandwidth"] / 1e9,
            unit="GB/s",
            better="more",
        ),
        Line(
            case="scan over bandwidth",
            value=100.0 * scan["scan"] / scan["bandwidth"],
            unit="%",
            better="more",
            target=80.0,
            floor=40.0,
        ),
        Line(
            case="the first scan of a process over bandwidth",
            value=100.0 * scan["first"] / scan["bandwidth"],
            unit="%",
            better="more",
        ),
    ]


def measure(sessions: int, folder: Path) -> list[Line]:
    lines = []
    for kind, title, target in (
        ("datashop", "DataShop's 34 columns", 0.4),
        ("ten", "10 columns", 1.0),
    ):
        made = bench_chain.write(folder, sessions, [kind])[kind]
        root = folder / f"store-{kind}"
        lines = import_lines(made, title, root, target) + lines
        made.path.unlink()
        if kind == "datashop":
            shutil.rmtree(root)
    day = bench_chain.sessions(sessions)[sessions // 2]
    return lines + cache_lines(folder / "store-ten", day.isoformat())


def table(lines: Sequence[Line]) -> str:
    head = "| case | measured | target | floor | verdict |\n|---|---:|---:|---:|---|"
    return "\n".join([head, *(line.cells() for line in lines)])


def replace_block(text: str, block: str, page: str) -> str:
    if text.count(START) != 1 or text.count(END) != 1 or text.index(START) > text.index(END):
        sys.exit(f"bench: {page} needs one line {START} and, below it, one line {END}")
    before, rest = text.split(START)
    return f"{before}{START}\n{block}\n{END}{rest.split(END)[1]}"


def main() -> None:
    if sys.argv[1:2] == ["--child"]:
        arguments = [Path(a) if "/" in a else a for a in sys.argv[3:]]
        print(json.dumps(CHILDREN[sys.argv[2]](*arguments)))
        return
    parser = argparse.ArgumentParser(description="Measure the storage of market data.")
    parser.add_argument("--write", metavar="PAGE", type=Path, help="page to write the table into")
    parser.add_argument("--sessions", type=int, default=4000, help="of the chain (default 4000)")
    parser.add_argument("--folder", type=Path, help="where the temporary files go")
    options = parser.parse_args()
    page: Path | None = options.write
    if page is not None:  # a page without markers is refused before minutes of measuring
        replace_block(page.read_text(encoding="utf-8"), "", page.name)
    with tempfile.TemporaryDirectory(prefix="steward-bench-data-", dir=options.folder) as name:
        lines = measure(options.sessions, Path(name))
    rows = options.sessions * bench_chain.ROWS_A_SESSION
    made = f"A made-up chain of {options.sessions:,} sessions and {rows / 1e6:g} million quotes."
    block = f"{bench.machine()} {made}\n\n{table(lines)}"
    print(block)
    if page is not None:
        text = page.read_text(encoding="utf-8")
        page.write_text(replace_block(text, block, page.name), encoding="utf-8")
        print(f"Written into {page.name}.")
    missed = [line.case for line in lines if line.verdict() in ("FLOOR MISSED", "target missed")]
    if missed:
        sys.exit(f"bench: missed: {'; '.join(missed)}")


if __name__ == "__main__":
    main()
