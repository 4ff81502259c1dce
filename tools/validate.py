"""Fit again, hold the model against all real chains, and write the tables of the model card.

    python tools/validate.py                prints what it finds
    python tools/validate.py --write        also writes docs/model-card.md and docs/pictures
    python tools/validate.py --check-only   without fits: the chains alone, a minute
    python tools/validate.py --write --into-package
                                            also makes these fits the packaged coefficients

Needs the shared market data (STEWARD_SHARED, or a folder `shared` beside the project). What is
written into the project are differences, ratios and counts. Pictures with quotes go into
runs/validate.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from importlib import resources
from pathlib import Path

from steward.doors.model import pictures
from steward.intake.fit import fitting, model_card
from steward.intake.fit.snapshots import MAPPED
from steward.intake.model_check.check import ModelCheck, check_reading
from steward.intake.model_check.document import document
from steward.intake.model_check.reading import Reading, read_quotes
from steward.intake.model_check.state import States
from steward.market.vendors.source import Hints
from steward.market.vendors.user_map import read_map
from steward.pricing import coefficients
from steward.terms.errors import StewardError

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "model-card.md"
PICTURE = ROOT / "docs" / "pictures" / "model-differences.svg"
SMILES = Path("runs") / "validate" / "smiles.html"
WITHOUT_ROOT = "chains/spx_eod_2020-12-01_optionmetrics.csv"
STALE = ("spx_snapshot_2025-08-22_yahoo.csv.gz",)
"""Left out: a page of mixed hours, which no state describes."""

STARTED = time.monotonic()


def say(step: str, done: int = 0, total: int = 0) -> None:
    count = f" ({done} of {total})" if total else ""
    print(f"{time.monotonic() - STARTED:6.0f} s  {step}{count}", file=sys.stderr, flush=True)


class Seldom:
    """Tells a step only when its first word changes or ten seconds have gone by."""

    def __init__(self) -> None:
        self.last, self.word = 0.0, ""

    def __call__(self, step: str, done: int = 0, total: int = 0) -> None:
        word = step.split(" ")[0]
        if word != self.word or time.monotonic() - self.last > 10.0:
            self.last, self.word = time.monotonic(), word
            say(step, done, total)


def chains(data: Path) -> Reading:
    """All real quotes of the folder, those in private layouts by their maps."""
    whole = Reading()
    taken = {str(data / name) for name in MAPPED} | {str(data / WITHOUT_ROOT)}
    files = [
        path
        for folder in ("chains", "chains/cboe_quotedata", "chains/lean", "vix_chains")
        for path in sorted((data / folder).iterdir())
        if path.is_file() and str(path) not in taken and path.name not in STALE
    ]
    jobs: list[tuple[Path, Hints, str | None]] = [(path, Hints(), None) for path in files]
    jobs.append((data / WITHOUT_ROOT, Hints(root="SPX"), None))
    jobs += [(data / name, Hints(), mapped) for name, mapped in MAPPED.items()]
    for path, hints, mapped in jobs:
        extra = []
        if mapped is not None:
            with resources.as_file(resources.files("steward.intake.fit") / "maps" / mapped) as map_:
                extra = [read_map(map_)]
        try:
            one = read_quotes([path], hints=hints, extra=extra)
        except StewardError as error:
            say(f"not read: {error}"[:150])
            continue
        whole.snapshots += one.snapshots
        whole.files += one.files
        whole.left_out.update(one.left_out)
    whole.snapshots.sort(key=lambda one: (one.session, one.underlying, one.snapshot))
    return whole


def refit(data: Path, *, into_package: bool) -> str:
    """The tables of all fits; says where the packaged coefficients are other ones."""
    place = fitting.place(None)
    found = fitting.fit_all(data, progress=Seldom())
    for one in found:
        name = f"{one.section.name}.toml"
        path = coefficients.folder_of(one.room) / name
        same = path.is_file() and path.read_text("utf-8") == one.section.text
        say(f"{name}: {'as packaged' if same else 'NOT as packaged'}")
    if into_package:
        fitting.write(found, place)
        say(f"packaged: {', '.join(one.section.name for one in found)}")
    return model_card.fits([one.section for one in found])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, add_help=True)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--check-only", action="store_true")
    parser.add_argument("--into-package", action="store_true")
    given = parser.parse_args()
    shared = Path(os.environ.get("STEWARD_SHARED", ROOT.parent / "shared")) / "data"
    if not shared.is_dir():
        sys.exit(
            "validate: the shared market data are not here: set STEWARD_SHARED to their folder"
        )
    tables = "" if given.check_only else refit(shared, into_package=given.into_package)
    if tables and given.into_package:  # another process prices with what was packaged just now
        print(tables)
        if given.write:
            page = model_card.replaced(PAGE.read_text(encoding="utf-8"), "fits", tables)
            PAGE.write_text(page, encoding="utf-8", newline="\n")
        again = [sys.executable, __file__, "--check-only", *(["--write"] if given.write else [])]
        sys.exit(subprocess.run(again, check=False).returncode)
    say("reading chains")
    check: ModelCheck = check_reading(chains(shared), States(shared), progress=Seldom())
    found = model_card.check(document(check))
    print(tables, found, sep="\n\n")
    SMILES.parent.mkdir(parents=True, exist_ok=True)
    SMILES.write_text(pictures.smiles(check), encoding="utf-8", newline="\n")
    say(f"real and modelled smiles, for you alone: {SMILES}")
    if not given.write:
        return
    page = PAGE.read_text(encoding="utf-8")
    if tables:
        page = model_card.replaced(page, "fits", tables)
    page = model_card.replaced(page, "check", found)
    PAGE.write_text(page, encoding="utf-8", newline="\n")
    PICTURE.write_text(pictures.differences(check.rows("SPX")), encoding="utf-8", newline="\n")
    say(f"written: {PAGE.relative_to(ROOT)}, {PICTURE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
