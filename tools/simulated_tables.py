"""Write the tables of docs/simulated.md from the packaged numbers of the paths.

    python tools/simulated_tables.py --write docs/simulated.md  writes them between their markers
    python tools/simulated_tables.py --check docs/simulated.md  exit code 1 where they are others
    python tools/simulated_tables.py                            prints them

The fit of paths has measured every number here and wrote it into market/files/paths.toml; nothing
is simulated or priced anew. To be run after each refit.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import page_blocks
from steward.intake.fit.facts_table import band, shown
from steward.market.paths.coefficients import packaged
from steward.market.paths.facts import TITLES, Compared
from steward.pricing.simulated.words import OUTCOME_DIGITS, OUTCOME_TITLES

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


def blocks() -> Mapping[str, str]:
    """The text of each block, by name."""
    found = packaged()
    window = found["window"]
    first, last, priced = (_day(window[key]) for key in ("first", "last", "priced_from"))
    return {
        "facts": f"Median of {window['windows']} simulated windows as long as history "
        f"({first.year} to {_month(last)}), and in brackets\ntheir 5 and 95 % quantiles: that is "
        "how far one history of this length can lie from the truth. A row\nis marked where history "
        "lies outside of the model's band. One row in ten would be, by chance.\n\n"
        + _table("fact", found["facts"], {key: _fact(key) for key in TITLES}),
        "priced": f"Positions at modelled quotes from {_month(priced)} on, and "
        f"{window['priced_windows']} windows as long:\n\n"
        + _table(
            "position",
            found["priced"],
            {key: (title, OUTCOME_DIGITS[key]) for key, title in OUTCOME_TITLES.items()},
        ),
    }


def _day(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(str(value))


def _month(day: date) -> str:
    return f"{MONTHS[day.month - 1]} {day.year}"


def _fact(key: str) -> tuple[str, int]:
    fact = TITLES[key]
    return (f"{fact.title}, {fact.unit}" if fact.unit else fact.title), fact.digits


def _table(
    head: str, rows: Mapping[str, Sequence[float]], titles: Mapping[str, tuple[str, int]]
) -> str:
    lines = [f"| {head} | history | model | blocks | |", "|---|---:|---:|---:|---|"]
    for key, (real, *quantiles) in rows.items():
        title, digits = titles[key]
        model, drawn = (
            Compared(key=key, real=real, low=low, middle=middle, high=high)
            for low, middle, high in (quantiles[:3], quantiles[3:])
        )
        marked = "" if model.inside or math.isnan(real) else "outside"
        cells = (shown(real, digits), band(model, digits), band(drawn, digits))
        numbers = (cell.replace("-", "\u2212") if cell != "-" else cell for cell in cells)
        lines.append(f"| {title.replace('|', '&#124;')} | {' | '.join(numbers)} | {marked} |")
    return "\n".join(lines)


def main() -> None:
    given = page_blocks.arguments("The tables of simulated paths.").parse_args()
    page_blocks.finish(given, "paths", blocks())


if __name__ == "__main__":
    main()
