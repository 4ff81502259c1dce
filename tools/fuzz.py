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
import os
import random
import resource
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

MOST_MEMORY = 1536
"""Megabytes of the whole process, all layouts and polars included."""


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
        self._save = save
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
        self._save.mkdir(parents=True, exist_ok=True)
        path = self._save / f"{layout}-{hashlib.sha256(data).hexdigest()[:12]}"
        path.write_bytes(data)
        self.broken[kind] = path
        print(f"BROKEN {kind[1]} in {layout}: {str(error)[:300]}\n  {path}", flush=True)

    def summary(self) -> int:
        """Print what was done; the number of things that broke."""
        shutil.rmtree(self._folder, ignore_errors=True)
        for layout, count in sorted(self.tried.items()):
            print(f"{layout:26}{count:>9} files, of which {self.kept[layout]:>7} kept in part")
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(
            f"{len(self.tried)} layouts, {sum(self.tried.values())} files, "
            f"{len(self.broken)} broken, {memory} MB at the most"
        )
        for (layout, kind), path in self.broken.items():
            print(f"  {layout}: {kind}: tools/fuzz.py --again {path}")
        if memory > MOST_MEMORY:
            print(f"  more memory than {MOST_MEMORY} MB")
        return len(self.broken) + (memory > MOST_MEMORY)


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
    """Ends the process, as atheris does: with what `Fuzzing.summary` says."""

    def test(data: bytes) -> None:
        if time.monotonic() >= fuzzing.end:
            broken = fuzzing.summary()
            sys.stdout.flush()
            os._exit(min(broken, 1))
        choices = Steered(atheris, data)
        fuzzing.one(choices.randrange(len(fuzzing.samples)), choices)

    own = ["fuzz", f"-seed={seed}", "-max_len=256", "-len_control=0", "-timeout=60"]
    own += ["-rss_limit_mb=4096", "-print_final_stats=0", "-verbosity=0"]
    atheris.Setup(own, test)
    atheris.Fuzz()


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


def main() -> int:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--layout", action="append", help="one of them; may be said again")
    parser.add_argument("--random", action="store_true", help="without atheris")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--save", type=Path, default=ROOT / ".fuzz", help="folder for findings")
    parser.add_argument("--again", type=Path, help="a file that broke something")
    said = parser.parse_args()
    atheris = None
    if not (said.random or said.again):
        if importlib.util.find_spec("atheris") is None:
            print("atheris is not here (pip install 'steward[fuzz]'): drawing at random")
        else:
            import atheris
    load(atheris)()
    from tests.fuzz.samples import SAMPLES

    if said.again is not None:
        layout = said.again.name.rsplit("-", 1)[0]
        imported(layout, said.again.read_bytes(), Path(tempfile.gettempdir()))
        print(f"{said.again}: nothing breaks")
        return 0
    unknown = set(said.layout or ()) - set(SAMPLES)
    if unknown:
        parser.error(f"no layout {', '.join(sorted(unknown))}; there are {', '.join(SAMPLES)}")
    fuzzing = Fuzzing(said.layout or list(SAMPLES), seconds=said.seconds, save=said.save)
    if atheris is not None:
        steered(fuzzing, atheris, said.seed)
    at_random(fuzzing, said.seed)
    return min(fuzzing.summary(), 1)


if __name__ == "__main__":
    sys.exit(main())
