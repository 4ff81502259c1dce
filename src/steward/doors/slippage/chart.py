"""The chart of `steward slippage`: dollars against bills over k, as SVG, without any script.

It is drawn twice, wide and narrow, and the page shows the one that fits: letters of a drawing that
is made smaller would be too small to read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from steward.doors.slippage import words
from steward.studies.slippage import Slippage

COLOURS = {"unhedged": "--unhedged", "static": "--static"}
LINES = 5
"""Gridlines, about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Sizes in pixels. `apart` is the room right of the lines, for the rules as they are."""

    name: str
    width: int
    height: int
    apart: int = 84
    right: int = 16
    top: int = 12
    bottom: int = 46
    tick: int = 34  # the least between two labels of k


SHAPES = (Shape(name="broad", width=860, height=360), Shape(name="slim", width=350, height=300))


def colour(name: str) -> str:
    """The variable of the style sheet."""
    return COLOURS.get(name, "--article")


def drawn(found: Slippage, shape: Shape) -> str:
    """One SVG element; a line a ledger, and a diamond for its result by the rules as they are."""
    lines = {
        name: [point.outcomes[name].over_bills for point in found.points] for name in found.ledgers
    }
    ruled = {name: found.ruled.outcomes[name].over_bills for name in found.ledgers}
    levels = grid([0, *ruled.values(), *(cents for line in lines.values() for cents in line)])
    shares = [point.share or 0.0 for point in found.points]
    end = shape.width - shape.right - shape.apart
    floor = shape.height - shape.bottom
    place = end + shape.apart / 2 + 8
    left = 16 + 8 * max(len(words.dollars(cents)) for cents in levels)

    def x(share: float) -> float:
        return left + 8 + (end - left - 8) * (share - shares[0]) / (shares[-1] - shares[0])

    def y(cents: float) -> float:
        return shape.top + (floor - shape.top) * (levels[-1] - cents) / (levels[-1] - levels[0])

    parts = [_level(cents, y(cents), left, shape) for cents in levels]
    parts += [_line(name, values, shares, x, y) for name, values in lines.items()]
    parts += [_diamond(name, cents, place, y(cents)) for name, cents in ruled.items()]
    parts += [_label(x(share), floor + 18, f"{share:g}") for share in _apart(shares, x, shape.tick)]
    parts.append(_label(place, floor + 18, "rules"))
    parts.append(_label((left + end) / 2, floor + 39, "k, share of the half spread"))
    return (
        f"<svg class='{shape.name}' viewBox='0 0 {shape.width} {shape.height}' role='img' "
        "aria-label='Result against bills by k, and of the rules as they are'>"
        f"{''.join(parts)}</svg>"
    )


def grid(values: Sequence[int]) -> list[int]:
    """Round levels from below the lowest to above the highest value, in cents; at least two."""
    low, high = min(values), max(values)
    step = _round_step(max(high - low, 100) / LINES)
    first, last = low // step, -(-high // step)
    return [step * place for place in range(first, max(last, first + 1) + 1)]


def _round_step(least: float) -> int:
    """The first of 1, 2, 5, 10, 20 ... dollars that is not below `least` cents."""
    power = 100
    while True:
        for times in (1, 2, 5):
            if power * times >= least:
                return power * times
        power *= 10


def _apart(shares: Sequence[float], x: Callable[[float], float], least: float) -> list[float]:
    """The shares whose labels do not lie on each other; the last is always there."""
    kept = [shares[-1]]
    for share in reversed(shares[:-1]):
        if x(kept[-1]) - x(share) >= least:
            kept.append(share)
    return kept[::-1]


def _label(x: float, y: float, text: str) -> str:
    return f"<text x='{x:.1f}' y='{y:.1f}' text-anchor='middle'>{text}</text>"


def _level(cents: int, height: float, left: int, shape: Shape) -> str:
    line = "zero" if cents == 0 else "level"
    return (
        f"<line x1='{left}' x2='{shape.width - shape.right}' y1='{height:.1f}' "
        f"y2='{height:.1f}' class='{line}'/>"
        f"<text x='{left - 8}' y='{height + 4:.1f}' text-anchor='end'>"
        f"{words.dollars(cents)}</text>"
    )


def _line(
    name: str,
    values: Sequence[int],
    shares: Sequence[float],
    x: Callable[[float], float],
    y: Callable[[float], float],
) -> str:
    places = [(x(share), y(cents)) for share, cents in zip(shares, values, strict=True)]
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in places)
    dots = "".join(
        f"<circle cx='{a:.1f}' cy='{b:.1f}' r='3.5' fill='var({colour(name)})'>"
        f"<title>{words.named(name)}, k {share:g}: {words.dollars(cents)}</title></circle>"
        for (a, b), share, cents in zip(places, shares, values, strict=True)
    )
    return (
        f"<polyline points='{points}' fill='none' stroke='var({colour(name)})' "
        f"stroke-width='2.2'/>{dots}"
    )


def _diamond(name: str, cents: int, x: float, y: float) -> str:
    return (
        f"<path d='M{x:.1f} {y - 7:.1f}l7 7l-7 7l-7 -7z' fill='var({colour(name)})' "
        f"class='rules'><title>{words.named(name)}, as the rules say: {words.dollars(cents)}"
        "</title></path>"
    )
