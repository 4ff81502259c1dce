"""The tables of the model card as Markdown: what fits say of themselves, and a check of chains.

Differences, ratios and counts alone; no quote, no price, no index level.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from steward.intake.fit.section import ErrorTable, Section
from steward.intake.model_check.pooled import DAYS, DELTAS, LEVELS, VIX_DAYS, VIX_DELTAS, cell
from steward.terms.errors import StewardError

TITLES = {
    "term": "The VIX family and its curve",
    "smile": "The SPX smile",
    "spreads": "Spreads",
    "vx": "VIX futures",
    "vvix": "VVIX",
    "vix_smile": "VIX options",
    "paths": "Simulated paths",
}
WIDE, TENOR = "0.05-0.50", "7-90"

Record = Mapping[str, Any]


def fits(sections: Sequence[Section]) -> str:
    """Every table of every section, under a heading each."""
    parts = []
    for section in sections:
        parts.append(f"### {TITLES.get(section.name, section.name)}")
        parts += [of_table(one) for one in section.tables]
    return "\n\n".join(parts)


def of_table(table: ErrorTable) -> str:
    """One table, with what was to be reached and its note."""
    parts = [f"**{table.title}**", markdown(table.columns, table.rows)]
    if table.targets:
        parts.append(f"Target: {table.targets}")
    if table.note:
        parts.append(table.note)
    return "\n\n".join(parts)


def markdown(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; a bar inside of a cell is escaped."""
    lines = [_line(columns), "|" + " --- |" * len(columns), *(_line(row) for row in rows)]
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def replaced(page: str, name: str, text: str) -> str:
    """The page with `text` between the markers of that name.

    Raises StewardError where the page lacks them.
    """
    start, end = f"<!-- {name}:start -->", f"<!-- {name}:end -->"
    if page.count(start) != 1 or page.count(end) != 1 or page.index(start) > page.index(end):
        raise StewardError(f"the page lacks {start} and {end}, each once")
    before, rest = page.split(start)
    after = rest.split(end)[1]
    return f"{before}{start}\n\n{text.strip()}\n\n{end}{after}"


# --- a check of chains ---------------------------------------------------------------------------


def check(document: Record) -> str:
    """The pooled figures of a check (`model_check.document`)."""
    sessions = document["sessions"]
    modelled = [one for one in sessions if one["compared"]]
    first, last = modelled[0]["session"], modelled[-1]["session"]
    kinds = [one["state"] for one in modelled]
    parts = [
        f"{document['quotes']['compared']:,} quotes of {len(modelled)} sessions and underlyings, "
        f"{first} to {last}: published closes on {kinds.count('published')}, the chain's own VIX "
        f"family on {kinds.count('own') + kinds.count('own level')}, other closes and not pooled "
        f"on {kinds.count('published, other moment')}. The packaged coefficients were fitted on "
        "these chains too, so these figures are in sample."
    ]
    spx, vix = document["pooled"]["spx"], document["pooled"]["vix"]
    if spx is not None:
        parts += _spx(spx)
    if vix is not None:
        parts += _vix(vix)
    return "\n\n".join(parts)


HEAD = (
    "quotes",
    "vol: median",
    "half",
    "9 in 10",
    "by month",
    "price: median, %",
    "half",
    "9 in 10",
    "width",
)


def _figures(one: Record) -> list[str]:
    vol, price, width = one["vol"], one["price"], one["spread"]
    return [
        f"{one['quotes']:,}",
        f"{vol['median']:+.2f}",
        f"{vol['median_abs']:.2f}",
        f"{vol['p90_abs']:.2f}",
        f"{vol['cluster_median_abs']:.2f} / {vol['cluster_p90_abs']:.2f}",
        f"{price['median']:+.1f}",
        f"{price['median_abs']:.1f}",
        f"{price['p90_abs']:.1f}",
        "" if width is None else f"{width['median']:.2f}",
    ]


def _spx(pooled: Record) -> list[str]:
    cells = pooled["cells"]
    by_level = [
        [days, level, *_figures(one)]
        for days, _, _ in DAYS
        for level, _, _ in LEVELS
        if (one := cell(cells, delta=WIDE, days=days, vix=level)) is not None
    ]
    by_delta = [
        [right, delta, *_figures(one)]
        for right in ("puts", "calls")
        for delta, _, _ in DELTAS
        if (one := cell(cells, delta=delta, days=TENOR, right=right)) is not None
    ]
    return [
        "**SPX options, delta 0.05 to 0.50, by days and VIX** (vol points, percent of the mid)",
        markdown(("days", "VIX", *HEAD), by_level),
        "**SPX options of 7 to 90 days, by right and delta**",
        markdown(("right", "delta", *HEAD), by_delta),
        "**Beside single options**",
        markdown(("what", "n", "median", "half", "9 in 10"), _beside(pooled)),
    ]


def _beside(pooled: Record) -> list[list[str]]:
    named = [
        ("credit of a 16-delta, 50-wide condor of 38 to 52 days, %", pooled["condor_percent"], 1),
        ("forward, basis points", pooled["forward_basis_points"], 1),
    ]
    for name, both in pooled["index"].items():
        index = name.upper()
        named += [
            (f"{index} of modelled quotes less the state", both["model_less_state"], 2),
            (f"{index} of real closes less the published", both["chain_less_published"], 2),
        ]
    rows = [
        [
            what,
            f"{one['n']:,}",
            f"{one['median']:+.{digits}f}",
            f"{one['median_abs']:.{digits}f}",
            f"{one['p90_abs']:.{digits}f}",
        ]
        for what, one, digits in named
        if one is not None
    ]
    found = pooled["arbitrage"]
    for what, of, broken in (
        ("modelled series, and those that break butterfly order", "slices", "butterfly"),
        ("neighbours, and those that break calendar order", "pairs", "calendar"),
    ):
        rows.append([what, f"{found[of]:,}", "", "", f"{found[broken]:,}"])
    worst = f"{found['worst_points']:.3f}"
    rows.append(["the most that a butterfly of the former pays, index points", "", "", "", worst])
    return rows


def _vix(pooled: Record) -> list[str]:
    rows = []
    for days, _, _ in VIX_DAYS:
        for delta, _, _ in VIX_DELTAS:
            for right in ("calls", "puts"):
                one = cell(pooled["cells"], delta=delta, days=days, right=right)
                if one is None or one["vol"] is None or one["all_modelled"] is None:
                    continue
                vol, known, whole = one["vol"], one["price"], one["all_modelled"]
                rows.append(
                    [
                        days,
                        f"{right} {delta}",
                        f"{one['quotes']:,}",
                        f"{vol['median']:+.1f} ({vol['median_abs']:.1f} / {vol['p90_abs']:.1f})",
                        f"{known['median_abs']:.1f} / {known['p90_abs']:.1f}",
                        f"{whole['median_abs']:.1f} / {whole['p90_abs']:.1f}",
                        "" if one["spread"] is None else f"{one['spread']['median']:.2f}",
                    ]
                )
    futures = [
        [
            name,
            f"{one['n']:,}",
            f"{one['median']:+.2f}",
            f"{one['median_abs']:.2f}",
            f"{one['p90_abs']:.2f}",
        ]
        for name, one in pooled["futures_points"].items()
        if one is not None
    ]
    return [
        "**VIX options by days and delta** (half / nine in ten)",
        markdown(
            (
                *("days", "options", "quotes", "vol points"),
                *("price, future known, %", "price, future modelled, %", "width"),
            ),
            rows,
        ),
        "**Modelled VIX futures less the options' own forwards** (points, by days)",
        markdown(("days", "n", "median", "half", "9 in 10"), futures),
    ]
