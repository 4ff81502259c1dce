"""The page of `steward slippage`: a line a ledger over k, and the figures, without any script."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from jinja2 import Environment
from markupsafe import Markup

from steward import __version__
from steward.doors import pages
from steward.doors.slippage import words
from steward.studies.slippage import Slippage

PACKAGE = "steward.doors.slippage"
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 760, 320, 86, 150, 14, 40
COLOURS = {"unhedged": "--unhedged", "static": "--static"}


def render(found: Slippage) -> str:
    """The page as text; the same findings give the same bytes."""
    return (
        _environment()
        .from_string(pages.text(PACKAGE, "slippage.html.j2"))
        .render(
            version=__version__,
            words=words,
            found=found,
            chart=Markup(_chart(found)),
            tables=[
                {
                    "name": name,
                    "edge": words.edge(found, name),
                    "rows": [
                        words.row(point, point.outcomes[name])
                        for point in (*found.points, found.ruled)
                    ],
                }
                for name in found.ledgers
            ],
            style=Markup(pages.text(pages.SHARED, "page.css")),
        )
    )


@cache
def _environment() -> Environment:
    return pages.environment()


def _chart(found: Slippage) -> str:
    """Dollars against bills over k; a line a ledger with its name at the end."""
    lines = {
        name: [point.outcomes[name].over_bills for point in found.points] for name in found.ledgers
    }
    low = min(0, *(min(values) for values in lines.values()))
    high = max(0, *(max(values) for values in lines.values()))
    span = max(high - low, 100)
    first, last = found.points[0].share or 0.0, found.points[-1].share or 1.0

    def x(share: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (share - first) / (last - first)

    def y(cents: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (high - cents) / span

    shares = [point.share or 0.0 for point in found.points]
    drawn = "".join(_line(name, values, shares, x, y) for name, values in lines.items())
    drawn += _names({name: y(values[-1]) for name, values in lines.items()})
    levels = "".join(
        f"<text x='{LEFT - 8}' y='{y(cents) + 4:.1f}' text-anchor='end'>"
        f"{words.dollars(cents)}</text>"
        for cents in dict.fromkeys((low, high, 0))
    )
    ticks = "".join(
        f"<text x='{x(share):.1f}' y='{HEIGHT - 20}' text-anchor='middle'>{share:g}</text>"
        for share in shares
    )
    middle = (LEFT + WIDTH - RIGHT) / 2
    return (
        f"<svg viewBox='0 0 {WIDTH} {HEIGHT}' role='img' aria-label='Result against bills by k'>"
        f"<line x1='{LEFT}' x2='{WIDTH - RIGHT}' y1='{y(0):.1f}' y2='{y(0):.1f}' class='zero'/>"
        f"{levels}{drawn}{ticks}<text x='{middle:.0f}' y='{HEIGHT - 3}' text-anchor='middle'>"
        "k: share of the half spread that a fill pays</text></svg>"
    )


def _colour(name: str) -> str:
    return COLOURS.get(name, "--article")


def _line(name: str, values: Sequence[int], shares: Sequence[float], x: object, y: object) -> str:
    assert callable(x)
    assert callable(y)
    places = [(x(share), y(cents)) for share, cents in zip(shares, values, strict=True)]
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in places)
    dots = "".join(
        f"<circle cx='{a:.1f}' cy='{b:.1f}' r='3' fill='var({_colour(name)})'>"
        f"<title>{words.ledger(name)}, k {share:g}: {words.dollars(cents)}</title></circle>"
        for (a, b), share, cents in zip(places, shares, values, strict=True)
    )
    return (
        f"<polyline points='{points}' fill='none' stroke='var({_colour(name)})' "
        f"stroke-width='2.2'/>{dots}"
    )


def _names(ends: dict[str, float]) -> str:
    """Names at the ends of the lines, moved apart where they would lie on each other."""
    shown, free = "", 0.0
    for name, height in sorted(ends.items(), key=lambda one: one[1]):
        free = max(height + 4.0, free + 16.0)
        shown += (
            f"<text x='{WIDTH - RIGHT + 8}' y='{free:.1f}' class='name' "
            f"style='fill: var({_colour(name)})'>"
            f"{words.ledger(name)}</text>"
        )
    return shown
