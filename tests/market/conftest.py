"""Data folders that tests write themselves: every number in them is made up."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from steward.market.history import History
from steward.terms import calendar

BARS = "date,open,high,low,close"
SPX, VIX = "index/spx_daily.csv", "index/vix_daily.csv"
BREADTH = "breadth/sp500_breadth_derived_daily.csv"
BY_CONTRACT = "vix_futures/cfe_vx_by_contract_2013_2026.csv.gz"
CONTRACT_HEADER = (
    ",Trade Date,Futures,Open,High,Low,Close,Settle,Change,Total Volume,EFP,Open Interest"
)


@dataclass(frozen=True)
class Folder:
    """A data folder in the making."""

    path: Path

    def write(self, name: str, *lines: str) -> None:
        """A CSV file of these lines; packed when its name says so."""
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        text = ("\n".join(lines) + "\n").encode()
        file.write_bytes(gzip.compress(text, mtime=0) if name.endswith(".gz") else text)

    def bars(self, name: str, closes: Mapping[str, float], *more: str) -> None:
        """Bars around closes by day: open a half below, high 2 above, low 3 below."""
        rows = [f"{day},{c - 0.5},{c + 2},{c - 3},{c}" for day, c in closes.items()]
        self.write(name, BARS, *rows, *more)

    def indices(self, *days: str) -> None:
        """SPX and VIX on these days."""
        self.bars(SPX, {day: 2000.0 + i for i, day in enumerate(days)})
        self.bars(VIX, {day: 15.0 + i for i, day in enumerate(days)})


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Empty at first."""
    return Folder(tmp_path)


def counts(history: History) -> dict[tuple[str, str], int]:
    """Rows not believed, by file and reason."""
    return {(one.source, one.reason): one.rows for one in history.quarantined}


@pytest.fixture
def counted() -> Callable[[History], dict[tuple[str, str], int]]:
    return counts


FIRST, LAST = date(2012, 10, 1), date(2014, 3, 31)
"""With half days, the end of the zero settlements, and the year from which SPX opens count."""


def _walk(random: np.random.Generator, n: int, start: float, size: float) -> np.ndarray:
    return np.round(start * np.exp(np.cumsum(random.normal(0.0, size, n))), 2)


def _futures(days: Iterable[date], vix: Iterable[float]) -> list[str]:
    """Four contracts a session, the one that expires too; no settlement before 2013-07-20."""
    rows = []
    for day, level in zip(days, vix, strict=True):
        months = calendar.months_from(day, 5)
        alive = [e for e in (calendar.vix_expiry(*m) for m in months) if e >= day][:4]
        for rank, expiry in enumerate(alive):
            price = round(level + rank + 0.5, 2)
            settle = price if day > date(2013, 7, 19) or expiry == day else 0.0
            rows.append(f"0,{day},{expiry},{price},{price},{price},{price},{settle},0.0,1,0,1")
    return rows


def write_world(path: Path, last: date = LAST) -> Path:
    """A folder with indices, breadth, bills, CPI and futures, without a row after `last`."""
    random = np.random.default_rng(2012)
    days = calendar.sessions(FIRST, LAST)
    n = len(days)
    spx, vix = _walk(random, n, 1400.0, 0.01), _walk(random, n, 16.0, 0.05)
    vvix, bill = _walk(random, n, 90.0, 0.03), random.uniform(0.02, 0.1, n).round(2)
    up = random.integers(50, 450, n)
    opens = np.where(random.random(n) < 0.3, np.roll(spx, 1), spx - 1.0).round(2)
    kept = [d <= last for d in days]
    folder = Folder(path)

    def rows(*columns: Iterable[object]) -> list[str]:
        made = [",".join(map(str, row)) for row in zip(days, *columns, strict=True)]
        return [row for row, keep in zip(made, kept, strict=True) if keep]

    folder.write(SPX, BARS, *rows(opens, (spx + 3).round(2), (spx - 3).round(2), spx))
    folder.write(VIX, BARS, *rows(vix, (vix + 1).round(2), (vix - 1).round(2), vix))
    folder.write("index/vvix_daily.csv", "date,close", *rows(vvix))
    folder.write(BREADTH, "date,advances,declines", *rows(up, 500 - up))
    folder.write("macro/dtb3_daily.csv", "date,DTB3", *rows(bill))
    months = [m for m in calendar.months_from(date(2011, 1, 1), 38) if date(*m, 1) <= last]
    monthly = [f"{y}-{m:02}-01,{200 + i},{201 + i},,,,," for i, (y, m) in enumerate(months)]
    header = "date,CPIAUCNS,CPIAUCSL,PPIFIS,PPIACO,RBUSBIS,RNUSBIS,FEDFUNDS"
    folder.write("macro/us_monthly.csv", header, *monthly)
    futures = [r for r in _futures(days, vix) if date.fromisoformat(r.split(",")[1]) <= last]
    folder.write(BY_CONTRACT, CONTRACT_HEADER, *futures)
    return path


@pytest.fixture(scope="session")
def world_folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[date], Path]:
    """Writes the made-up folder up to a day."""

    def write(last: date = LAST) -> Path:
        return write_world(tmp_path_factory.mktemp("world"), last)

    return write


@pytest.fixture(scope="session")
def world(world_folder: Callable[..., Path]) -> History:
    """The history of the whole made-up folder."""
    from steward.market.vendors.data_folder import folder_history

    return folder_history(world_folder())
