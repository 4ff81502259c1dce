"""What `steward simulate` asks of the library: paths, facts, prices, files."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import get_args

import numpy as np
import polars as pl

from steward import __version__
from steward.doors.bars import Report
from steward.doors.simulate import page
from steward.intake.load import open_market
from steward.market.paths.bootstrap import Bootstrap
from steward.market.paths.coefficients import packaged
from steward.market.paths.facts import Compared, closes_of, compared, facts
from steward.market.paths.folder import write_folder
from steward.market.paths.model import simulate
from steward.market.paths.regimes import regime_of, simulate_regime
from steward.market.paths.state import ARRAYS, FIRST_SESSION, Paths
from steward.pricing.kernels import Engine
from steward.pricing.simulated.bulk import OUTCOMES, outcomes
from steward.pricing.simulated.futures import settlements
from steward.pricing.simulated.learning import Error, learned
from steward.terms.errors import StewardError

GENERATORS = ("model", "bootstrap")
LEAST_PRICED = 2.0
"""Years of a path on which something is priced and settles."""

TABLE, PAGE = "paths.parquet", "simulated.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the user asked for; years of a path, a seed of 0 or above."""

    generator: str
    regime: str | None
    paths: int
    years: float
    seed: int
    start: date | None
    data: Path | None
    facts: bool
    prices: bool
    engine: Engine


@dataclass(frozen=True, slots=True, kw_only=True)
class Priced:
    """Outcomes beside history's, and how quickly they were priced.

    errors  what the quicker market adds     engine  which kernels priced
    """

    outcomes: tuple[Compared, ...]
    errors: tuple[Error, ...]
    options: int
    seconds: float
    engine: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """Paths and what was asked of them; `seconds` of the generator alone."""

    wish: Wish
    paths: Paths
    facts: tuple[Compared, ...]
    priced: Priced | None
    window: Mapping[str, object]
    seconds: float

    @property
    def made_by(self) -> dict[str, str | int | float]:
        """What makes the same paths again."""
        wish = self.wish
        found: dict[str, str | int | float] = {
            "steward": __version__,
            "generator": wish.generator if wish.regime is None else "regime",
            "seed": wish.seed,
            "years": wish.years,
            "start": self.paths.sessions[0].isoformat(),
            "paths": wish.paths,
        }
        if wish.regime is not None:
            found["regime"] = wish.regime
        return found


def engine_of(text: str) -> Engine:
    """Raises StewardError for a name that is none."""
    for name in get_args(Engine):
        if text == name:
            engine: Engine = name
            return engine
    raise StewardError(f"--engine {text}: there are {', '.join(get_args(Engine))}")


def make(wish: Wish, report: Report | None = None) -> Made:
    """Everything but the files. Raises StewardError for a wish that cannot be met."""
    if wish.prices and wish.years < LEAST_PRICED:
        raise StewardError(
            f"--prices: a path of {wish.years:g} years is too short; the first year has no price: "
            f"take --years {LEAST_PRICED:g}"
        )
    begin = time.perf_counter()
    paths = _paths(wish, report)
    seconds = time.perf_counter() - begin
    real = packaged()
    own: tuple[Compared, ...] = ()
    if wish.facts:
        if report is not None:
            report("facts", 0, 1)
        history = {key: float(values[0]) for key, values in real["facts"].items()}
        own = compared(history, facts(closes_of(paths)))
    priced = _priced(wish, paths, report) if wish.prices else None
    return Made(
        wish=wish, paths=paths, facts=own, priced=priced, window=real["window"], seconds=seconds
    )


def _paths(wish: Wish, report: Report | None) -> Paths:
    start = wish.start or FIRST_SESSION

    def told(done: int, total: int) -> None:
        if report is not None:
            report("paths", done, total)

    if wish.generator not in GENERATORS:
        raise StewardError(f"--generator {wish.generator}: there are {' and '.join(GENERATORS)}")
    if wish.data is not None and (wish.generator != "bootstrap" or wish.regime is not None):
        raise StewardError("--data: blocks are drawn from it; add --generator bootstrap")
    if wish.regime is not None:
        regime_of(wish.regime)
        if wish.generator != "model":
            raise StewardError("--regime: a course is drawn by hand; leave out --generator")
        return simulate_regime(
            wish.regime,
            seed=wish.seed,
            paths=wish.paths,
            years=wish.years,
            start=start,
            progress=told,
        )
    if wish.generator == "bootstrap":
        history = open_market(data=wish.data).history
        if history.simulated:
            raise StewardError(f"{wish.data}: is simulated itself; blocks are drawn from history")
        blocks = Bootstrap(history)
        return blocks.simulate(
            seed=wish.seed, paths=wish.paths, years=wish.years, start=start, progress=told
        )
    return simulate(seed=wish.seed, paths=wish.paths, years=wish.years, start=start, progress=told)


def _priced(wish: Wish, paths: Paths, report: Report | None) -> Priced:
    def learning(done: int, total: int) -> None:
        if report is not None:
            report("learn from the modelled market", done, total)

    def pricing(done: int, total: int) -> None:
        if report is not None:
            report("price", done, total)

    quick = learned(learning)
    begin = time.perf_counter()
    found, options = outcomes(paths, quick, pricing, engine=wish.engine)
    seconds = time.perf_counter() - begin
    history = {key: float(values[0]) for key, values in packaged()["priced"].items()}
    values = {name: getattr(found, name) for name in OUTCOMES}
    return Priced(
        outcomes=compared(history, values),
        errors=quick.errors,
        options=options,
        seconds=seconds,
        engine=wish.engine,
    )


# --- files ---------------------------------------------------------------------------------------


def write(made: Made, out: Path, report: Report | None = None) -> tuple[Path, ...]:
    """One path as a data folder, several as one table; the page beside them.

    Raises StewardError for a folder that is not empty, or cannot be written.
    """
    if report is not None:
        report("files", 0, 1)
    if made.paths.count == 1:
        names: Sequence[str] = write_folder(
            made.paths, out, made_by=made.made_by, futures=settlements(made.paths)
        )
    else:
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise StewardError(f"{out}: is not an empty folder; give another --out, or empty it")
        names = (TABLE,)
        try:
            out.mkdir(parents=True, exist_ok=True)
            table_of(made.paths).write_parquet(out / TABLE)
        except OSError as error:
            raise StewardError(
                f"{out}: cannot be written ({error.strerror}); give another --out"
            ) from None
    try:
        page.write(made, out / PAGE)
    except OSError as error:
        raise StewardError(
            f"{out / PAGE}: cannot be written ({error.strerror}); give another --out"
        ) from None
    return (*(out / name for name in names), out / PAGE)


def table_of(paths: Paths) -> pl.DataFrame:
    """A row a path and session, levels as indices are published; `quality` says simulated."""
    rows, count = paths.spx.shape
    levels = {
        name: np.round(getattr(paths, name).T.ravel(), 6 if name == "premium" else 2)
        for name in ARRAYS
    }
    number = np.repeat(np.arange(paths.first, paths.first + count, dtype=np.int32), rows)
    days = pl.Series("session", paths.sessions, dtype=pl.Date)
    return pl.DataFrame({"path": number, **levels}).select(
        "path",
        session=days.gather(np.tile(np.arange(rows), count)),
        quality=pl.lit("simulated"),
        **{name: pl.col(name) for name in ARRAYS},
    )
