"""Change ledger and orders in thousands of small ways and see whether their tests notice.

    tools/mutants.py [--sample N] [--seed N] [--jobs N] [--only PATTERN] [--fresh] [--write FILE]

A mutant is one small change (`tools/mutation.py`). It is run in a process of its own, against the
tests of the two rooms that reach its line, the quickest first, with few examples of Hypothesis: it
is killed when one fails, survives when all pass, and times out after 5 seconds of processor time.
Tests that have killed other mutants of the module go first.
What was found is kept in .cache/mutants.jsonl, so that a run goes on where it was stopped. What
survived is tried again when a test has changed; --fresh forgets all. --sample takes so many at
random instead of all of them, and gives the interval of the score. It needs an operating system
that can fork.
"""

from __future__ import annotations

import argparse
import fnmatch
import hashlib
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import random
import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "src"), str(ROOT / "tools")]

from mutation import Mutant, mutants, mutated, wilson  # noqa: E402

ROOMS = ("ledger", "orders")
STATE = ROOT / ".cache" / "mutants.jsonl"
REACHED = ROOT / ".cache" / "mutants-reach.json"
CPU_SECONDS = 5
"""Of one mutant, then it is a timeout."""
WALL_SECONDS = 60.0
"""Of one mutant that waits for something; the machine may be busy with other things."""
MOST_MEMORY = 2 * 1024**3
"""Bytes of one mutant that makes a list without end."""
TEST_SECONDS = 2.5
"""Of the tests that one mutant meets, as long as they take without a change."""
AHEAD = ("pytest", "hypothesis.stateful", "polars", "steward.intake.load", "steward.rules.ruleset")
"""Loaded once, before the processes part; none of it knows the two rooms."""


@dataclass(frozen=True)
class Target:
    """A mutant of a module, and under which name its result is kept."""

    module: str
    path: Path
    mutant: Mutant
    key: str

    @property
    def place(self) -> str:
        return f"{self.path.relative_to(ROOT / 'src' / 'steward')}:{self.mutant.first}"


@dataclass(frozen=True)
class Reach:
    """Which tests reach which line of which file (line 0: any), and how long each takes.

    killers  by file: the tests that have killed, the last one first
    """

    lines: dict[str, dict[int, list[str]]]
    seconds: dict[str, float]
    killers: dict[Path, list[str]] = field(default_factory=dict)

    def tests_for(self, target: Target) -> list[str]:
        """Killers, tests of the file named after the module, then the quickest, within the time.

        For what runs when the module is imported: all tests that reach some line of it, and those
        of the file that is named after it.
        """
        by_line = self.lines.get(str(target.path.relative_to(ROOT)), {})
        lines = range(target.mutant.first, target.mutant.last + 1)
        found = {test for line in lines for test in by_line.get(line, [])}
        own = f"/test_{target.path.stem}.py::"
        if not found:
            found = {*by_line.get(0, []), *(test for test in self.seconds if own in test)}
        known = {test: place for place, test in enumerate(self.killers.get(target.path, []))}
        chosen, spent = [], 0.0
        order = sorted(found, key=lambda x: (known.get(x, 999), own not in x, self.seconds[x], x))
        for test in order:
            spent += self.seconds[test]
            if spent > TEST_SECONDS and chosen:
                break
            chosen.append(test)
        return chosen

    def has_killed(self, target: Target, test: str) -> None:
        killers = self.killers.setdefault(target.path, [])
        if test in killers:
            killers.remove(test)
        killers.insert(0, test)


# --- in a process of its own ---------------------------------------------------------------------


class _Changed(importlib.machinery.SourceFileLoader):
    """Loads a module with one change; nothing of it is written to a cache."""

    def __init__(self, name: str, path: str, number: int) -> None:
        super().__init__(name, path)
        self._number = number

    def get_code(self, fullname: str) -> CodeType:
        source = Path(self.path).read_text(encoding="utf-8")
        return compile(mutated(source, self._number), self.path, "exec", dont_inherit=True)


class _Finder(importlib.abc.MetaPathFinder):
    def __init__(self, target: Target) -> None:
        self._target = target

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self._target.module:
            return None
        place = str(self._target.path)
        loader = _Changed(fullname, place, self._target.mutant.number)
        return importlib.util.spec_from_file_location(fullname, place, loader=loader)


class _Watch:
    """A plugin of pytest: the processor time of each test, the lines it reaches, what failed."""

    def __init__(self, coverage: Any = None) -> None:
        self.seconds: dict[str, float] = {}
        self.failed: list[str] = []
        self._coverage = coverage
        self._since = 0.0

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._since = time.process_time()
        if self._coverage is not None:
            self._coverage.switch_context(nodeid)

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        self.seconds[nodeid] = time.process_time() - self._since

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed:
            self.failed.append(report.nodeid)


def _pytest(tests: Sequence[str], *plugins: object) -> int:
    import pytest

    options = ["-x", "-q", "-m", "not slow", "-p", "no:cacheprovider", "-p", "no:xdist"]
    # Hypothesis was loaded before the processes parted, without its asserts rewritten.
    options += ["-W", "ignore:Module already imported:pytest.PytestAssertRewriteWarning"]
    return int(pytest.main([*options, *tests], plugins=list(plugins)))


def _as_a_child(target: Target, tests: Sequence[str]) -> tuple[int, int]:
    """Fork; the child never returns. Gives its process id, and where it says which test failed."""
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        os.close(writing)
        return child, reading
    code = 70
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
        resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY, MOST_MEMORY))
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nothing, stream)
        sys.meta_path.insert(0, _Finder(target))
        watch = _Watch()
        code = _pytest(tests, watch)
        os.write(writing, "".join(watch.failed[:1]).encode())
    except BaseException:  # noqa: BLE001 - whatever a mutant does, its process ends here
        code = 1
    finally:
        os._exit(code)


def _verdict(status: int) -> str:
    """What the end of a process says: pytest ends with 0, or what was changed broke something."""
    if os.WIFSIGNALED(status):
        of_time = (signal.SIGXCPU, signal.SIGKILL)
        return "timeout" if os.WTERMSIG(status) in of_time else "killed"
    code = os.WEXITSTATUS(status)
    if code == 5:
        raise SystemExit("a mutant met no test: its line is reached by none of the two rooms")
    return "killed" if code else "survived"


# --- what is reached -----------------------------------------------------------------------------


def _reach(digest: str) -> Reach:
    """What the tests reach, from the last run when nothing has changed since."""
    found = json.loads(REACHED.read_text()) if REACHED.exists() else {}
    if found.get("digest") != digest:
        folders = [str(ROOT / "tests" / room) for room in ROOMS]
        found = {
            "digest": digest,
            "seconds": _in_a_child(lambda: _times(folders)),
            "lines": _in_a_child(lambda: _lines(folders)),
        }
        REACHED.parent.mkdir(parents=True, exist_ok=True)
        REACHED.write_text(json.dumps(found))
    return Reach(
        lines={
            path: {int(line): tests for line, tests in lines.items()}
            for path, lines in found["lines"].items()
        },
        seconds=found["seconds"],
    )


def _in_a_child(work: Any) -> Any:
    """What `work` gives, as JSON through a pipe: nothing of the two rooms is loaded here."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        code = 1
        try:
            os.close(reading)
            nothing = os.open(os.devnull, os.O_RDWR)
            os.dup2(nothing, 1)
            with os.fdopen(writing, "w") as pipe:
                json.dump(work(), pipe)
            code = 0
        except SystemExit as error:
            print(error, file=sys.stderr)
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        text = pipe.read()
    if os.waitpid(child, 0)[1]:
        raise SystemExit("the tests of the two rooms do not pass: mend them first")
    return json.loads(text)


def _times(folders: Sequence[str]) -> dict[str, float]:
    watch = _Watch()
    _pytest(folders, watch)
    _nothing_failed(watch)
    return watch.seconds


def _nothing_failed(watch: _Watch) -> None:
    if watch.failed:
        raise SystemExit(f"{watch.failed[0]} fails without any change")


def _lines(folders: Sequence[str]) -> dict[str, dict[int, list[str]]]:
    import coverage

    sources = [str(ROOT / "src" / "steward" / room) for room in ROOMS]
    measured = coverage.Coverage(data_file=None, source=sources, config_file=False)
    measured.start()
    watch = _Watch(measured)
    _pytest(folders, watch)
    measured.stop()
    _nothing_failed(watch)
    data, found = measured.get_data(), {}
    for name in data.measured_files():
        lines = {
            line: sorted(filter(None, tests))
            for line, tests in data.contexts_by_lineno(name).items()
            if any(tests)
        }
        lines[0] = sorted({test for tests in lines.values() for test in tests})
        found[str(Path(name).relative_to(ROOT))] = lines
    return found


# --- all of them ---------------------------------------------------------------------------------


def targets(only: str) -> list[Target]:
    """All mutants of the two rooms, in the order of their files and lines."""
    found = []
    for room in ROOMS:
        for path in sorted((ROOT / "src" / "steward" / room).rglob("*.py")):
            name = path.relative_to(ROOT / "src")
            if not fnmatch.fnmatch(str(name.relative_to("steward")), only):
                continue
            module = ".".join(name.with_suffix("").parts).removesuffix(".__init__")
            source = path.read_text(encoding="utf-8")
            digest = hashlib.sha256(source.encode()).hexdigest()[:16]
            found += [
                Target(module, path, mutant, f"{name} {digest} {mutant.number}")
                for mutant in mutants(source)
            ]
    return found


def digest_of(*folders: str) -> str:
    """Of all modules in these folders."""
    whole = hashlib.sha256()
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            whole.update(path.read_bytes())
    return whole.hexdigest()[:16]


def known(digest: str) -> dict[str, str]:
    """Verdicts of before by key; of what survived, only those against these very tests."""
    found: dict[str, str] = {}
    if STATE.exists():
        for line in STATE.read_text().splitlines():
            row = json.loads(line)
            if row["verdict"] == "killed" or row["tests"] == digest:
                found[row["key"]] = row["verdict"]
            else:
                found.pop(row["key"], None)
    return found


def run(wanted: Sequence[Target], digest: str, jobs: int) -> dict[str, str]:
    """The verdict of each by its key; those that are not known yet are found out."""
    verdicts = known(digest)
    waiting = [target for target in wanted if target.key not in verdicts]
    print(f"{len(wanted):,} mutants, {len(waiting):,} of them to be run", flush=True)
    if not waiting:
        return verdicts
    reach = _reach(digest + digest_of("src/steward/ledger", "src/steward/orders"))
    STATE.parent.mkdir(parents=True, exist_ok=True)
    running: dict[int, tuple[Target, float, int]] = {}
    queue, done = list(reversed(waiting)), 0
    started = said = time.monotonic()
    with STATE.open("a") as state:
        while queue or running:
            while queue and len(running) < jobs:
                target = queue.pop()
                tests = reach.tests_for(target)
                if not tests:
                    raise SystemExit(f"{target.place}: no test of the two rooms reaches it")
                child, telling = _as_a_child(target, tests)
                running[child] = (target, time.monotonic(), telling)
            child, status = os.waitpid(-1, os.WNOHANG)
            if not child:
                for number, (_, since, _) in running.items():
                    if time.monotonic() - since > WALL_SECONDS:
                        os.kill(number, signal.SIGKILL)
                time.sleep(0.01)
                continue
            target, _, telling = running.pop(child)
            verdicts[target.key] = _verdict(status)
            with os.fdopen(telling) as pipe:
                killer = pipe.read()
            if killer:
                reach.has_killed(target, killer)
            row = {"key": target.key, "verdict": verdicts[target.key], "tests": digest}
            state.write(json.dumps(row) + "\n")
            state.flush()
            done += 1
            now = time.monotonic()
            if now - said > 30.0:
                said = now
                left = (now - started) / done * (len(waiting) - done)
                print(f"{done:,} of {len(waiting):,}, {left / 60:,.0f} min to go", flush=True)
    return verdicts


def report(wanted: Sequence[Target], verdicts: dict[str, str], *, whole: int) -> str:
    """The figures, and every mutant that was not noticed."""
    counts = Counter(verdicts[target.key] for target in wanted)
    noticed = counts["killed"] + counts["timeout"]
    low, high = wilson(noticed, len(wanted))
    lines = [
        f"{len(wanted):,} of {whole:,} mutants: {counts['killed']:,} killed, "
        f"{counts['survived']:,} survived, {counts['timeout']:,} timed out.",
        f"Score: {noticed / max(len(wanted), 1):.1%} (killed and timed out); 95 % interval "
        f"{low:.1%} to {high:.1%}.",
        "",
    ]
    for verdict in ("survived", "timeout"):
        lines += [
            f"{verdict}: {target.place}: {target.mutant.before}  ->  {target.mutant.after}"
            for target in wanted
            if verdicts[target.key] == verdict
        ]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--sample", type=int, help="so many at random; all without it")
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", default="*", help="files, such as 'ledger/b*'")
    parser.add_argument("--fresh", action="store_true", help="forget what was found before")
    parser.add_argument("--write", type=Path, help="the report, in a file too")
    given = parser.parse_args()
    os.environ["STEWARD_HYPOTHESIS"] = "few"
    if given.fresh:
        STATE.unlink(missing_ok=True)
    for name in AHEAD:
        importlib.import_module(name)
    all_of_them = targets(given.only)
    wanted = all_of_them
    if given.sample is not None and given.sample < len(all_of_them):
        chosen = random.Random(given.seed).sample(range(len(all_of_them)), given.sample)
        wanted = [all_of_them[place] for place in sorted(chosen)]
    verdicts = run(wanted, digest_of("tests/ledger", "tests/orders"), given.jobs)
    said = report(wanted, verdicts, whole=len(all_of_them))
    print(said)
    if given.write is not None:
        given.write.write_text(said + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
