"""What real files show as listed: (root, settlement day) by session, read from the shared data."""

from __future__ import annotations

import csv
import gzip
import re
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

Series = tuple[str, date]
"""Root and settlement day; the root is "?" where the file does not tell SPX from SPXW."""

SYMBOL = re.compile(r"\b(SPXW|SPX|VIXW|VIX)(\d{6})[CP]\d{8}\b")


def lines(path: Path) -> Iterator[str]:
    raw = path.read_bytes()
    text = gzip.decompress(raw) if path.suffix == ".gz" else raw
    return iter(text.decode("utf-8-sig").splitlines())


def by_symbol(path: Path) -> set[Series]:
    """Of every option symbol in the file."""
    return {
        (root, datetime.strptime(day, "%y%m%d").date())  # noqa: DTZ007 - a day, not a moment
        for root, day in {found.groups() for x in lines(path) for found in SYMBOL.finditer(x)}
    }


def by_column(path: Path, column: str, root: str, day_format: str = "%Y-%m-%d") -> set[Series]:
    days = {row[column] for row in csv.DictReader(lines(path))}
    return {(root, datetime.strptime(day, day_format).date()) for day in days}  # noqa: DTZ007


def ivolatility(path: Path) -> dict[date, set[Series]]:
    """By session; the quarter-ends of 2011 stand under a root of their own, now SPXW."""
    found: dict[date, set[Series]] = {}
    for row in csv.DictReader(lines(path)):
        session, day = (
            datetime.strptime(row[name], "%m/%d/%Y").date()  # noqa: DTZ007
            for name in ("date", "option_expiration")
        )
        root = row["option_symbol"].split()[0].replace("SPXPM", "SPXW")
        found.setdefault(session, set()).add((root, day))
    return found


def vx_by_contract(path: Path) -> dict[date, set[date]]:
    """Expiries alive by session; a mistyped label of a far contract is left out."""
    found: dict[date, set[date]] = {}
    for row in csv.DictReader(lines(path)):
        session = date.fromisoformat(row["Trade Date"])
        if re.fullmatch(r"\d{4}-\d\d-\d\d", row["Futures"]):
            found.setdefault(session, set()).add(date.fromisoformat(row["Futures"]))
    return {session: {x for x in days if x > session} for session, days in found.items()}


def vx_by_rank(prices: Path, symbols: Path) -> dict[date, set[tuple[int, int]]]:
    """(year, month) of the contracts with a price, by session."""
    codes = dict(zip("FGHJKMNQUVXZ", range(1, 13), strict=True))
    found: dict[date, set[tuple[int, int]]] = {}
    for price, symbol in zip(
        csv.DictReader(lines(prices)), csv.DictReader(lines(symbols)), strict=True
    ):
        months: set[tuple[int, int]] = set()
        for rank in range(1, 9):
            name = symbol[f"M{rank}"]
            if price[f"M{rank}"] not in ("", "NA") and name not in ("", "NA"):
                months.add((2000 + int(name.rstrip(")")[-2:]), codes[name[0]]))
        found[date.fromisoformat(price["date"])] = months
    return found
