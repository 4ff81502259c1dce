"""What `steward index` does: open a market, rebuild, compare, write."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from steward.doors import writing
from steward.doors.writing import Target
from steward.intake.load import open_market
from steward.runs.backtest import Progress
from steward.studies.indices import dividends as of_shares
from steward.studies.indices.comparison import (
    Compared,
    Figures,
    compare,
    month_ends,
)
from steward.studies.indices.levels import last_session, read_levels
from steward.studies.indices.published import Checked, checked
from steward.studies.indices.rebuild import INDICES, Rebuilt, rebuild
from steward.studies.indices.world import World
from steward.terms.errors import StewardError


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A rebuilt index with all that a reader is told of it.

    quality    modelled, quoted or simulated: of the prices at which it trades
    dividends  where they come from, in words
    crossed    share of the half spread
    compared   None without a file of levels
    periods    figures of the comparison: all, then by decade
    checked    figures that were published
    sources    on what old options settled: how many rolls by source
    """

    rebuilt: Rebuilt
    quality: str
    data: str
    quotes: str
    dividends: str
    crossed: float
    levels: str
    compared: Compared | None
    periods: tuple[Figures, ...]
    checked: tuple[Checked, ...]
    sources: tuple[tuple[str, int], ...]

    @property
    def ticker(self) -> str:
        return self.rebuilt.rules.ticker

    @property
    def years(self) -> tuple[tuple[int, float], ...]:
        """Calendar years that the index covers from end to end, and their returns."""
        ends = {month: level for month, _, level in month_ends(self.rebuilt)}
        years = sorted({year for year, month in ends if month == 12})
        return tuple(
            (year, ends[year, 12] / ends[year - 1, 12] - 1.0)
            for year in years
            if (year - 1, 12) in ends
        )

    @property
    def left_out(self) -> tuple[int, ...]:
        """The first and the last year, where the index does not cover them from end to end.

        Empty where no year is covered, so that there is no list of them. A year of which it has
        the last close alone is begun with the next.
        """
        whole = {year for year, _ in self.years}
        first, last = self.rebuilt.sessions[0], self.rebuilt.sessions[-1]
        begun = first.year + (first == last_session(first.year, 12))
        return tuple(year for year in (begun, last.year) if year not in whole) if whole else ()

    @property
    def traded(self) -> int:
        """Roll days on which new options were bought or sold."""
        return sum(bool(roll.legs) for roll in self.rebuilt.rolls)

    @property
    def missed(self) -> int:
        """Roll days without quotes of the new options."""
        return sum(roll.why.startswith("no ") for roll in self.rebuilt.rolls)


def rebuilt(
    name: str,
    *,
    levels: Path | None = None,
    data: Path | None = None,
    chains: Sequence[Path] = (),
    dividends: Path | None = None,
    crossed: float | None = None,
    start: date | None = None,
    end: date | None = None,
    daily: bool = False,
    progress: Progress | None = None,
) -> Found:
    """Rebuild one index, and compare it where there are levels.

    Raises StewardError for what the user can put right.
    """
    rules = INDICES.get(name.lower())
    if rules is None:
        raise StewardError(f"{name}: is none of {', '.join(INDICES)}")
    if start is not None and end is not None and end <= start:
        raise StewardError(f"--end {end} is not after --start {start}")
    published = None if levels is None else read_levels(levels, rules.ticker)
    market = open_market(data=data, chains=chains)
    history = market.history
    world = World(
        history=history,
        quotes=market.quotes,
        dividends=of_shares.spread_dividends(history)
        if dividends is None
        else of_shares.from_file(dividends, history, start=start, end=end),
        crossed=rules.crossed if crossed is None else crossed,
    )
    found = rebuild(
        rules,
        world,
        start=start,
        end=end,
        every="session" if daily else "month",
        progress=progress,
    )
    compared = None if published is None else compare(found, published)
    return Found(
        rebuilt=found,
        quality="simulated" if history.simulated else market.kind,
        data=history.label,
        quotes=market.quotes.label,
        dividends=of_shares.words(history) if dividends is None else f"as in {dividends.name}",
        crossed=world.crossed,
        levels="" if published is None else published.name,
        compared=compared,
        periods=() if compared is None else compared.periods(),
        checked=checked(found),
        sources=tuple(
            Counter(
                roll.settled.source for roll in found.rolls if roll.settled is not None
            ).most_common()
        ),
    )


PAGE, LEVELS = "--out", "--csv"


def targets(*, page: Path | None, levels: Path | None, force: bool) -> list[Target]:
    """The files that are asked for; a page is made anew each time, levels only with `force`."""
    wanted = ((PAGE, page, True), (LEVELS, levels, force))
    return [Target(option, path, over) for option, path, over in wanted if path is not None]


def write(found: Found, wanted: Sequence[Target]) -> None:
    """Write the page and the levels, both or neither; raises StewardError as `writing.write`."""
    from steward.doors.index import page

    made = {PAGE: lambda: [page.render(found)], LEVELS: lambda: level_lines(found)}
    writing.write([(target, made[target.option]()) for target in wanted])


def level_lines(found: Found) -> list[str]:
    """The rebuilt levels as CSV, each row labelled."""
    rows = zip(found.rebuilt.sessions, found.rebuilt.levels.tolist(), strict=True)
    lines = ["DATE,LEVEL,INDEX,QUALITY\n"]
    lines += [f"{day},{level:.6f},{found.ticker} rebuilt,{found.quality}\n" for day, level in rows]
    return lines
