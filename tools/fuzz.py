"""Mutate files of every layout and see that what must hold does, for as long as one likes.

    tools/fuzz.py [--seconds N] [--layout NAME] [--random] [--seed N] [--save FOLDER]
    tools/fuzz.py --again FILE

With the extra `fuzz` atheris steers the mutations by what they reach in Steward's code; without it
(or with --random) they are drawn at random. A file that breaks something is kept in FOLDER, named
LAYOUT-DIGEST; --again imports it once more and shows the whole error. Exit 1 where something broke.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

SAVED = ROOT / ".cache" / "fuzz"
MOST_MEMORY = 1536
"""Megabytes of a process that draws at random, all layouts and polars included."""

TURN = 120.0
"""Seconds of one process with atheris, which itself takes a hundred kilobytes more a file."""


class Steered:
    """Choices that atheris makes; 0 where its bytes are used up."""

    def __init__(self, atheris: ModuleType, data: bytes) -> None:
        self._data = atheris.FuzzedDataProvider(data)

    def randrange(self, stop: int) -> int:
        return int(self._data.ConsumeIntInRange(0, stop - 1))


class Fuzzing:
    """What was tried so far, and what broke."""

    def __init__(self, names: Sequence[str], *, seconds: float, save: Path) -> None:
        from tests.fuzz.samples import SAMPLES

        self.samples = [SAMPLES[name] for name in names]
        self.tried: Counter[str] = Counter()
        self.kept: Counter[str] = Counter()
        self.broken: dict[tuple[str, str], Path] = {}
        self.end = time.monotonic() + seconds
        self.save = save
        memory = Path("/dev/shm")
        self._folder = Path(tempfile.mkdtemp(dir=memory if memory.is_dir() else None))

    def one(self, place: int, choices: object) -> None:
        """Mutate and import one file. What breaks is kept and said, and does not stop the rest."""
        from tests.fuzz.mutations import mutated

        sample = self.samples[place]
        data = mutated(sample.data, choices)  # type: ignore[arg-type]
        self.tried[sample.layout] += 1
        try:
            self.kept[sample.layout] += imported(sample.layout, data, self._folder)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - polars panics are no Exception
            self._found(sample.layout, data, error)

    def _found(self, layout: str, data: bytes, error: BaseException) -> None:
        where = traceback.extract_tb(error.__traceback__)[-1]
        kind = (layout, f"{type(error).__name__} {Path(where.filename).name}:{where.lineno}")
        if kind in self.broken:
            return
        self.save.mkdir(parents=True, exist_ok=True)
        path = self.save / f"{layout}-{hashlib.sha256(data).hexdigest()[:12]}"
        path.write_bytes(data)
        self.broken[kind] = path
        print(f"BROKEN {kind[1]} in {layout}: {str(error)[:300]}\n  {path}", flush=True)

    def done(self) -> dict[str, Any]:
        """What was tried, as JSON has it."""
        shutil.rmtree(self._folder, ignore_errors=True)
        return {
            "tried": self.tried,
            "kept": self.kept,
            "broken": [[*kind, str(path)] for kind, path in self.broken.items()],
        }


def summary(turns: Sequence[dict[str, Any]], *, memory: int | None = None) -> int:
    """Print what was done in all turns; the number of things that broke."""
    tried: Counter[str] = Counter()
    kept: Counter[str] = Counter()
    broken = {}
    for turn in turns:
        tried.update(turn["tried"])
        kept.update(turn["kept"])
        broken.update({(layout, kind): path for layout, kind, path in turn["broken"]})
    for layout, count in sorted(tried.items()):
        print(f"{layout:26}{count:>9} files, of which {kept[layout]:>7} kept in part")
    print(f"{len(tried)} layouts, {sum(tried.values())} files, {len(broken)} broken")
    for (layout, kind), path in broken.items():
        print(f"  {layout}: {kind}: tools/fuzz.py --again {path}")
    if memory is not None and memory > MOST_MEMORY:
        print(f"  {memory} MB of memory, more than {MOST_MEMORY}")
        return len(broken) + 1
    return len(broken)


def imported(layout: str, data: bytes, folder: Path) -> bool:
    """Import one file; whether any of it was kept. Raises where something does not hold."""
    from tests.fuzz import check
    from tests.fuzz.samples import SAMPLES

    below = Path(tempfile.mkdtemp(dir=folder))
    try:
        return check.imported(SAMPLES[layout], data, below).record is not None
    finally:
        shutil.rmtree(below, ignore_errors=True)


def at_random(fuzzing: Fuzzing, seed: int) -> None:
    turn = 0
    while time.monotonic() < fuzzing.end:
        fuzzing.one(turn % len(fuzzing.samples), random.Random(f"{seed} {turn}"))
        turn += 1


def steered(fuzzing: Fuzzing, atheris: ModuleType, seed: int) -> None:
    """Never returns: atheris ends the process, here with its last line as JSON."""

    def test(data: bytes) -> None:
        if time.monotonic() >= fuzzing.end:
            print(json.dumps(fuzzing.done()), flush=True)
            os._exit(0)
        choices = Steered(atheris, data)
        fuzzing.one(choices.randrange(len(fuzzing.samples)), choices)

    corpus = fuzzing.save / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    own = ["fuzz", f"-seed={seed}", "-max_len=256", "-len_control=0", "-timeout=60"]
    own += ["-rss_limit_mb=0", "-print_final_stats=0", "-verbosity=0", str(corpus)]
    atheris.Setup(own, test)
    atheris.Fuzz()


def in_turns(said: argparse.Namespace) -> int:
    """One process with atheris after the other, until the time is over."""
    end, turns = time.monotonic() + said.seconds, []
    while (left := end - time.monotonic()) > 1.0:
        command = [sys.executable, __file__, "--turn", "--seconds", str(min(left, TURN))]
        command += ["--seed", str(said.seed + len(turns)), "--save", str(said.save)]
        command += [part for name in said.layout or () for part in ("--layout", name)]
        ended = subprocess.run(command, capture_output=True, text=True)
        *lines, last = ended.stdout.splitlines() or [""]
        print("\n".join(lines), end="\n" if lines else "", flush=True)
        try:
            turns.append(json.loads(last))
        except ValueError:  # hung, or killed: what atheris says of it is the finding
            print(last, ended.stderr[-3000:], sep="\n")
            summary(turns)
            return 1
    return min(summary(turns), 1)


def load(atheris: ModuleType | None) -> Callable[[], None]:
    """Import Steward, with atheris's eyes in it where atheris is there."""

    def every() -> None:
        import tests.fuzz.check  # noqa: F401

        from steward.market.vendors.registry import layouts

        layouts()

    if atheris is None:
        return every

    def watched() -> None:
        with atheris.instrument_imports(include=["steward"]):
            every()

    return watched


def check_names(parser: argparse.ArgumentParser, said: argparse.Namespace) -> None:
    """Ends the program where a layout has no sample."""
    from tests.fuzz.samples import SAMPLES

    unknown = sorted(set(said.layout or ()) - set(SAMPLES))
    if unknown:
        parser.error(f"no layout {', '.join(unknown)}; there are {', '.join(SAMPLES)}")


def main() -> int:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--layout", action="append", help="one of them; may be said again")
    parser.add_argument("--random", action="store_true", help="without atheris")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--save", type=Path, default=SAVED, help="folder for findings")
    parser.add_argument("--again", type=Path, help="a file that broke something")
    parser.add_argument("--turn", action="store_true", help=argparse.SUPPRESS)
    said = parser.parse_args()
    atheris = None
    if not (said.random or said.again):
        if importlib.util.find_spec("atheris") is None:
            print("atheris is not here (pip install 'steward[fuzz]'): drawing at random")
        elif not said.turn:
            check_names(parser, said)
            return in_turns(said)
        else:
            import atheris
    load(atheris)()
    from tests.fuzz.samples import SAMPLES

    if said.again is not None:
        layout = said.again.name.rsplit("-", 1)[0]
        imported(layout, said.again.read_bytes(), Path(tempfile.gettempdir()))
        print(f"{said.again}: nothing breaks")
        return 0
    check_names(parser, said)
    fuzzing = Fuzzing(said.layout or list(SAMPLES), seconds=said.seconds, save=said.save)
    if atheris is not None:
        steered(fuzzing, atheris, said.seed)
    at_random(fuzzing, said.seed)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return min(summary([fuzzing.done()], memory=memory), 1)


if __name__ == "__main__":
    sys.exit(main())
