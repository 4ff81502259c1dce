"""Tables of docs/indices.md: rebuilt indices beside published figures, levels, and real quotes.

    python tools/index_checks.py DATA [LEVELS]

DATA    a data folder as docs/data-folder.md describes it; its folder `chains`, where there is one,
        is read for real quotes on roll days
LEVELS  a folder of files of published levels, put_*.csv and so on; they are read, never copied
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from steward.intake.load import Market, open_market
from steward.market.quotes import Chain
from steward.studies.indices import packages
from steward.studies.indices.comparison import compare
from steward.studies.indices.dividends import spread_dividends
from steward.studies.indices.levels import read_levels
from steward.studies.indices.published import checked
from steward.studies.indices.rebuild import INDICES, Rebuilt, rebuild
from steward.studies.indices.world import World
from steward.terms import calendar

END = date(2025, 12, 31)
REAL = "chains/spxw_eod_2018-01_2018-02.csv"
PACKAGES = (
    ("condor, 20 and 5 delta", packages.condor),
    ("butterfly, 5 % wings", packages.butterfly),
    ("put at the money", packages.short_put),
    ("call at the money", packages.short_call),
    ("put 5 % below", packages.protective_put),
)


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    cells = list(head)
    print("|", " | ".join(cells), "|")
    print("|" + "---|" * len(cells))
    for row in rows:
        print("|", " | ".join(row), "|")
    print()


def percent(value: float, digits: int = 1) -> str:
    return f"{100.0 * value:.{digits}f} %".replace("-", "\u2212")


def month(one: tuple[int, int]) -> str:
    return f"{one[0]}-{one[1]:02d}"


def rebuilt(market: Market, name: str) -> Rebuilt:
    world = World(
        history=market.history,
        quotes=market.quotes,
        dividends=spread_dividends(market.history),
        crossed=INDICES[name].crossed,
    )
    return rebuild(INDICES[name], world, end=END)


def figures(found: dict[str, Rebuilt]) -> None:
    table(
        ("index", "figure", "window", "published", "rebuilt", "source"),
        (
            (
                name.upper(),
                one.published.kind,
                f"{month(one.published.first)} to {month(one.published.last)}"
                + (
                    ""
                    if one.since == one.published.first
                    else f", rebuilt since {month(one.since)}"
                ),
                percent(one.published.value),
                percent(one.rebuilt),
                one.published.source,
            )
            for name, index in found.items()
            for one in checked(index)
        ),
    )


def levels(found: dict[str, Rebuilt], folder: Path) -> None:
    rows = []
    for name, index in found.items():
        for path in sorted(folder.glob(f"{name}_*.csv")):
            for one in compare(index, read_levels(path, name.upper())).periods():
                rows.append(
                    (
                        name.upper(),
                        one.name,
                        f"{one.months}",
                        f"{one.correlation:.3f}",
                        percent(one.difference, 2),
                        percent(one.error, 2),
                        percent(one.worst_rebuilt[1]),
                        percent(one.worst_published[1]),
                    )
                )
    table(
        ("index", "period", "months", "correlation", "difference a year", "tracking error",
         "worst, rebuilt", "worst, published"),
        rows,
    )  # fmt: skip


def real(data: Path, model: Market) -> None:
    """Packages on the series nearest a month ahead, on roll days with real quotes of one."""
    path = data / REAL
    if not path.exists():
        return
    quoted = open_market(data=data, chains=[path])
    rows = []
    for day in quoted.history.sessions:
        if day != calendar.monthly_expiry(day.year, day.month):
            continue
        listed = set(model.quotes.expiries(day, "SPX"))
        near = [e for e in quoted.quotes.expiries(day, "SPX") if e in listed]
        series = min(near, key=lambda e: abs((e.day - day).days - 28), default=None)
        if series is None:
            continue
        for name, package in PACKAGES:
            theirs, ours = (
                _price(market, market.quotes.chain(day, series), package)
                for market in (quoted, model)
            )
            if theirs is None or ours is None:
                continue
            rows.append(
                (
                    day.isoformat(),
                    series.day.isoformat(),
                    name,
                    f"{theirs:.2f}",
                    percent(ours / theirs - 1.0),
                )
            )
    table(("session", "expiry", "package", "real middle, points", "modelled over real"), rows)


def _price(market: Market, chain: Chain | None, package: packages.Package) -> float | None:
    if chain is None:
        return None
    history = market.history
    world = World(
        history=history, quotes=market.quotes, dividends=spread_dividends(history), crossed=0.0
    )
    legs = package(world, chain, world.spot(chain.session))
    return None if isinstance(legs, str) else abs(sum(leg.quantity * leg.price for leg in legs))


def main() -> None:
    data = Path(sys.argv[1])
    market = open_market(data=data)
    found = {name: rebuilt(market, name) for name in INDICES}
    figures(found)
    if len(sys.argv) > 2:
        levels(found, Path(sys.argv[2]))
    real(data, market)


if __name__ == "__main__":
    main()
