"""The page of a stress: heat maps and lines in one HTML file that needs no script."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from jinja2 import Environment
from markupsafe import Markup

from steward import __version__
from steward.analytics.stress.grid import Grid
from steward.analytics.stress.replaying import Held
from steward.doors import pages
from steward.doors.stress import words
from steward.runs.stress import Stressed

PACKAGE = "steward.doors.stress"
WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 340, 170, 64, 12, 24
LINES = (("condors", "--unhedged"), ("hedge", "--static"), ("all", "--article"))


def render(found: Stressed) -> str:
    """The page as text; the same findings give the same bytes."""
    largest = max(
        (
            abs(total)
            for grid in found.grids
            for row in range(len(grid.spx_moves))
            for column in range(len(grid.future_moves))
            if (total := grid.total(row, column)) is not None
        ),
        default=1,
    )
    return (
        _environment()
        .from_string(pages.text(PACKAGE, "stress.html.j2"))
        .render(
            version=__version__,
            found=found,
            words=words,
            lead=words.lead(found),
            grids=[_grid(grid, max(largest, 1)) for grid in found.grids],
            episodes=[
                {"held": one, "figures": words.figures(one), "chart": Markup(_chart(one))}
                for one in found.episodes
            ],
            style=Markup(pages.text(pages.SHARED, "page.css") + pages.text(PACKAGE, "stress.css")),
        )
    )


@cache
def _environment() -> Environment:
    return pages.environment()


def _grid(grid: Grid, largest: int) -> dict[str, object]:
    rows = []
    for row, move in enumerate(grid.spx_moves):
        cells = []
        for column in range(len(grid.future_moves)):
            total = grid.total(row, column)
            share = 0 if total is None else round(100.0 * abs(total) / largest)
            side = "" if not total else "gain" if total > 0 else "lose"
            parts = grid.change[row][column]
            hover = "no VIX gives that price" if parts is None else _parts(parts)
            cells.append(
                {"text": words.dollars(total), "share": share, "side": side, "hover": hover}
            )
        rows.append({"name": words.percent(move), "cells": cells})
    return {
        "title": words.after(grid.sessions),
        "day": grid.day,
        "head": [words.percent(move) for move in grid.future_moves],
        "vix": words.levels(grid),
        "rows": rows,
        "id": f"grid-{grid.sessions}",
    }


def _parts(parts: object) -> str:
    assert isinstance(parts, dict)
    return ", ".join(
        f"{words.purpose(name)} {words.dollars(cents)}" for name, cents in parts.items()
    )


def _chart(one: Held) -> str:
    """Condors, hedge and all of them by session."""
    places = range(len(one.sessions))
    values = {
        "condors": [0, *(words.condor_of(one.change, i) for i in places)],
        "hedge": [0, *(words.hedge_of(one.change, i) for i in places)],
        "all": [0, *one.total],
    }
    low = min(min(line) for line in values.values())
    high = max(max(line) for line in values.values())
    span = max(high - low, 100)

    def x(place: int) -> float:
        return LEFT + (WIDTH - LEFT - 8) * place / max(len(one.sessions), 1)

    def y(cents: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (high - cents) / span

    lines = "".join(
        f"<polyline points='{_points(values[name], x, y)}' fill='none' stroke='var({colour})' "
        f"stroke-width='{2.4 if name == 'all' else 1.4}'/>"
        for name, colour in LINES
    )
    marks = "".join(
        f"<text x='{LEFT - 6}' y='{y(cents) + 4:.1f}' text-anchor='end'>"
        f"{words.dollars(cents)}</text>"
        for cents in dict.fromkeys((low, high))
    )
    return (
        f"<svg viewBox='0 0 {WIDTH} {HEIGHT}' role='img' aria-label='Change of value by session in "
        f"{one.episode.name}, modelled'><line x1='{LEFT}' x2='{WIDTH - 8}' y1='{y(0):.1f}' "
        f"y2='{y(0):.1f}' class='zero'/>{lines}{marks}"
        f"<text x='{LEFT}' y='{HEIGHT - 6}'>the evening before</text>"
        f"<text x='{WIDTH - 8}' y='{HEIGHT - 6}' text-anchor='end'>session "
        f"{len(one.sessions)}</text>"
        "</svg>"
    )


def _points(values: Sequence[int], x: object, y: object) -> str:
    assert callable(x)
    assert callable(y)
    return " ".join(f"{x(i):.1f},{y(v):.1f}" for i, v in enumerate(values))
