"""Pictures of the model card: modelled less quoted vol points, as SVG; smiles for the user alone.

The same rows give the same bytes. What is published are differences; a page of smiles shows quotes,
so it goes into the user's own run folder and nowhere else.
"""

from __future__ import annotations

import html
import math
from collections.abc import Sequence

import numpy as np
import polars as pl

from steward.intake.model_check.check import ModelCheck, SessionCheck

TEXT = "font-family='system-ui,sans-serif' fill='currentColor'"
RISE, FALL = (178, 58, 46), (38, 98, 178)
"""Colours of a model above and below the quotes; both can be told apart without red and green."""

MOST = 3.0
"""Vol points at which the colour is full."""

PLACES: tuple[tuple[str, float, float], ...] = (
    ("0.01-0.03", 0.01, 0.03),
    ("0.03-0.08", 0.03, 0.08),
    ("0.08-0.15", 0.08, 0.15),
    ("0.15-0.30", 0.15, 0.30),
    ("0.30-0.50", 0.30, 0.50),
)
TENORS: tuple[tuple[str, int, int], ...] = (
    ("1-6", 1, 7),
    ("7-13", 7, 14),
    ("14-29", 14, 30),
    ("30-59", 30, 60),
    ("60-119", 60, 120),
    ("120-200", 120, 201),
)
LEVELS: tuple[tuple[str, float, float], ...] = (
    ("VIX below 20", 0.0, 20.0),
    ("VIX 20 to 30", 20.0, 30.0),
    ("VIX above 30", 30.0, math.inf),
)
FEWEST = 5
CELL, ROW, LEFT, TOP = 62, 30, 92, 56


def differences(rows: pl.DataFrame) -> str:
    """Median of modelled less quoted vol by delta, days and VIX: one panel a VIX band.

    rows  `ModelCheck.rows("SPX")`
    """
    names = [("puts", *place) for place in PLACES] + [("calls", *place) for place in PLACES[::-1]]
    width = LEFT + CELL * len(names) + 12
    tall = TOP + ROW * len(TENORS) + 22
    parts = [_open(width, tall * len(LEVELS) + 24, "Modelled less quoted SPX vol, vol points")]
    for number, (title, least, most) in enumerate(LEVELS):
        own = rows.filter((pl.col("vix") >= least) & (pl.col("vix") < most))
        parts.append(_panel(own, title, names, top=number * tall))
    parts.append(
        f"<text x='{LEFT}' y='{tall * len(LEVELS) + 12}' font-size='12' {TEXT}>median of "
        f"modelled less quoted, vol points; blank: fewer than {FEWEST} quotes</text>"
    )
    return "".join([*parts, "</svg>\n"])


def _panel(
    rows: pl.DataFrame, title: str, names: Sequence[tuple[str, str, float, float]], *, top: int
) -> str:
    parts = [f"<text x='{LEFT}' y='{top + 18}' font-size='14' {TEXT}>{title}</text>"]
    for column, (right, label, _, _) in enumerate(names):
        x = LEFT + CELL * column + CELL / 2
        parts.append(
            f"<text x='{x:.0f}' y='{top + 36}' font-size='11' text-anchor='middle' {TEXT}>{right}"
            f"</text><text x='{x:.0f}' y='{top + 49}' font-size='11' text-anchor='middle' {TEXT}>"
            f"{label}</text>"
        )
    for line, (tenor, first, last) in enumerate(TENORS):
        y = top + TOP + ROW * line
        parts.append(
            f"<text x='{LEFT - 8}' y='{y + 20}' font-size='11' text-anchor='end' {TEXT}>"
            f"{tenor} days</text>"
        )
        near = rows.filter((pl.col("days") >= first) & (pl.col("days") < last))
        for column, (right, _, low, high) in enumerate(names):
            inside = near.filter(
                (pl.col("right") == right) & (pl.col("delta") >= low) & (pl.col("delta") < high)
            )
            if inside.height < FEWEST:
                continue
            value = float(np.median(inside["vol"].to_numpy()))
            x = LEFT + CELL * column
            parts.append(
                f"<rect x='{x}' y='{y}' width='{CELL - 2}' height='{ROW - 2}' "
                f"fill='{_colour(value)}' "
                f"fill-opacity='{min(abs(value) / MOST, 1.0) * 0.75:.2f}'/>"
                f"<text x='{x + CELL / 2 - 1:.0f}' y='{y + 19}' font-size='12' "
                f"text-anchor='middle' {TEXT}>{value:+.2f}</text>"
            )
    return "".join(parts)


def _colour(value: float) -> str:
    red, green, blue = RISE if value > 0.0 else FALL
    return f"rgb({red},{green},{blue})"


def _open(width: float, height: float, label: str) -> str:
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width:.0f} {height:.0f}' "
        f"role='img' aria-label='{html.escape(label, quote=True)}'>"
        "<style>svg{color:#1d2329}@media (prefers-color-scheme:dark){svg{color:#d7dde3}}</style>"
    )


# --- for the user's own folder -------------------------------------------------------------------

PLOT_WIDTH, PLOT_HEIGHT, MARGIN = 420, 240, 44
SERIES_SHOWN = 6
SHOWN_DAYS = (2, 9, 23, 45, 93, 184)


def smiles(check: ModelCheck) -> str:
    """A page with quoted and modelled smiles of every session; it shows quotes: keep it private."""
    parts = [
        "<!doctype html><html lang='en'><meta charset='utf-8'>"
        "<title>Real and modelled smiles</title><style>"
        "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:90rem;padding:0 1rem;"
        "color-scheme:light dark}section{display:flex;flex-wrap:wrap;gap:1rem}"
        "figure{margin:0;width:26rem}</style><h1>Real and modelled smiles</h1>"
        "<p>Dots: implied vol of the quotes. Line: the model. This page shows quotes: it is for "
        "you alone.</p>"
    ]
    for one in check.sessions:
        if one.underlying == "SPX" and one.compared:
            parts.append(_session(one))
    parts.append("<p>Modelled values are indicative. For learning; no advice.</p></html>\n")
    return "".join(parts)


def _session(one: SessionCheck) -> str:
    series = one.rows.select("days", "root", "expiry").unique().sort("days", "root").rows()
    chosen: list[tuple[object, ...]] = []
    for wanted in SHOWN_DAYS:
        nearest = min(series, key=lambda s: (abs(s[0] - wanted), s[1]))
        if nearest not in chosen:
            chosen.append(nearest)
    title = f"{one.session} {one.snapshot}, {html.escape(one.why)}"
    figures = [
        _smile(
            one.rows.filter((pl.col("expiry") == expiry) & (pl.col("root") == root)),
            f"{root} {expiry}, {days} days",
        )
        for days, root, expiry in chosen[:SERIES_SHOWN]
    ]
    return f"<h2>{title}</h2><section>{''.join(figures)}</section>"


def _smile(rows: pl.DataFrame, title: str) -> str:
    rows = rows.filter(pl.col("delta") >= 0.01).sort("strike")
    if rows.height < 3:
        return ""
    strike = rows["strike"].to_numpy()
    quoted = rows["quoted"].to_numpy()
    model = quoted + rows["vol"].to_numpy()
    low = float(min(quoted.min(), model.min()))
    high = float(max(quoted.max(), model.max()))
    span = max(float(strike[-1] - strike[0]), 1.0)

    def x(value: float) -> float:
        return MARGIN + (PLOT_WIDTH - MARGIN - 8) * (value - float(strike[0])) / span

    def y(value: float) -> float:
        return 28 + (PLOT_HEIGHT - 56) * (high - value) / max(high - low, 0.1)

    dots = "".join(
        f"<circle cx='{x(k):.1f}' cy='{y(v):.1f}' r='1.8'/>"
        for k, v in zip(strike.tolist(), quoted.tolist(), strict=True)
    )
    line = " ".join(
        f"{x(k):.1f},{y(v):.1f}" for k, v in zip(strike.tolist(), model.tolist(), strict=True)
    )
    label = f"font-size='11' {TEXT}"
    return (
        f"<figure><svg viewBox='0 0 {PLOT_WIDTH} {PLOT_HEIGHT}'><g fill='currentColor'>{dots}</g>"
        f"<polyline points='{line}' fill='none' stroke='#2f7fd0' stroke-width='1.6'/>"
        f"<text x='{MARGIN}' y='16' {label}>{html.escape(title)}</text>"
        f"<text x='4' y='{y(high):.0f}' {label}>{high:.0f} %</text>"
        f"<text x='4' y='{y(low):.0f}' {label}>{low:.0f} %</text>"
        f"<text x='{MARGIN}' y='{PLOT_HEIGHT - 8}' {label}>{strike[0]:g}</text>"
        f"<text x='{PLOT_WIDTH - 8}' y='{PLOT_HEIGHT - 8}' text-anchor='end' {label}>"
        f"{strike[-1]:g}</text></svg></figure>"
    )
