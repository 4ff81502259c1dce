"""The curve of VIX futures, fitted to settlements: the file `vx.toml` and the errors of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from steward.intake.fit.section import Section
from steward.intake.fit.sources import Sources
from steward.intake.fit.vx_rows import Fitted, Settled, fitted, settled
from steward.intake.fit.vx_tables import BANDS, absolute, tables

Floats = NDArray[np.float64]
Progress = Callable[[str, int, int], None]

PLAIN = ("one", "level", "over_21", "over_63", "over_252")
BENT = (*PLAIN, "level_over_21")
FORMS: tuple[tuple[str, tuple[str, ...], bool], ...] = (
    (
        "VIX, VIX9D, VIX3M, VIX6M, VVIX, SKEW",
        (*BENT, "vix9d", "vix3m", "vix6m", "vvix", "skew"),
        True,
    ),
    ("VIX, VIX3M, VIX6M, VVIX, SKEW", (*BENT, "vix3m", "vix6m", "vvix", "skew"), True),
    ("VIX, VIX9D, VIX3M, VIX6M, VVIX", (*BENT, "vix9d", "vix3m", "vix6m", "vvix"), True),
    ("VIX, VIX3M, VIX6M, VVIX", (*BENT, "vix3m", "vix6m", "vvix"), True),
    (
        "VIX, VIX9D, VIX3M, VVIX, SKEW, SPX",
        (*BENT, "vix9d", "vix3m", "vvix", "skew", "realised"),
        False,
    ),
    ("VIX, VIX9D, VIX3M, VVIX, SPX", (*BENT, "vix9d", "vix3m", "vvix", "realised"), False),
    ("VIX, VIX3M, VVIX, SKEW, SPX", (*BENT, "vix3m", "vvix", "skew", "realised"), False),
    ("VIX, VIX3M, SKEW, SPX", (*BENT, "vix3m", "skew", "realised"), False),
    ("VIX, VIX3M, SPX", (*BENT, "vix3m", "realised"), False),
    ("VIX, VIX3M", (*BENT, "vix3m"), False),
    ("VIX, SPX", (*PLAIN, "realised"), False),
    ("VIX", (*PLAIN, "moved"), False),
)
"""What a form knows, the terms of `vx_state` it reads, and whether it has the forward variance.
The first whose closes are all known is taken, so the order is that of preference."""

WITHIN_BOUND = 0.995
"""Of real settlements under the forward vol and the tolerance."""

HEAD = """\
# VIX futures (terms in pricing/vx_curve.py and vx_state.py). ln(F / VIX) is the sum over scales of
# 20, 80 and 320 days of 1 - exp(-days / scale), each times a row of `coefficients` by `terms`, a
# wave of the expiry's day of the year (`season`: cosine, sine) and a share (`forward`) of
# ln(forward vol / VIX). `low` and `high` are the fitted range of each term, last of that logarithm:
# a state outside counts as the nearest inside, and is flagged. Robust ridge on daily settlements of
# 2006-2026 up to 260 days, by `steward model fit`. The first form that has all its closes is taken.
# Errors are absolute, in index points, median and 90th percentile, M1-M6, each year predicted from
# the others, by VIX. `signed` is the median of settlement minus model by year."""


def fit_vx(sources: Sources, progress: Progress | None = None) -> Section:
    """The file `vx.toml` and its errors."""
    rows = settled(sources.history)
    above = tolerance(rows)
    found = _all(rows, above, progress)
    lines = [
        HEAD,
        "\n[bound]",
        f"# {WITHIN_BOUND:.1%} of settlements with their window inside the knots lie below the",
        "# root of the forward variance times 1 + this; a modelled price always does.",
        f"above_forward = {above:.3f}",
    ]
    for one in found:
        lines += _form(rows, one)
    return Section(name="vx", text="\n".join(lines) + "\n", tables=tables(rows, found, above))


def left_out_futures(
    sources: Sources, label: str | None = None
) -> dict[tuple[np.datetime64, np.datetime64], float]:
    """Every settlement as the other years predict it, by session and expiry, index points.

    By the form of that label; without one by the first that the session has closes for, as the
    model itself would price it.
    """
    rows = settled(sources.history)
    price = np.full(len(rows.settle), math.nan)
    forms = [form for form in FORMS if label is None or form[0] == label]
    for one in _all(rows, tolerance(rows), None, forms):
        price = np.where(np.isfinite(price), price, one.left_out)
    keys = zip(rows.session, rows.expiry, strict=True)
    return {key: float(value) for key, value in zip(keys, price, strict=True)}


def tolerance(rows: Settled) -> float:
    """By how much real settlements exceed the root of their forward variance, a fraction."""
    above = rows.settle[rows.inside] / rows.forward[rows.inside] - 1.0
    return round(float(np.quantile(above, WITHIN_BOUND)), 3)


def _all(
    rows: Settled,
    above: float,
    progress: Progress | None,
    forms: Sequence[tuple[str, tuple[str, ...], bool]] = FORMS,
) -> list[Fitted]:
    found = []
    for number, (label, names, forward) in enumerate(forms):
        if progress is not None:
            progress(f"vx: {label}", number, len(forms))
        found.append(fitted(rows, label, names, above, forward=forward))
    return found


def _form(rows: Settled, one: Fitted) -> list[str]:
    form = one.form
    known = np.isfinite(one.left_out)
    lines = [
        "\n[[form]]",
        f'label = "{form.label}"',
        f"terms = {list(form.terms)}".replace("'", '"'),
        "coefficients = [",
        *(f"    {_numbers(row)}," for row in form.coefficients),
        "]",
        f"season = [{', '.join(_numbers(row) for row in form.season)}]",
        f"forward = {_numbers(form.forward)}",
        f"low = {_numbers([math.floor(100.0 * x) / 100.0 for x in form.low], 2)}",
        f"high = {_numbers([math.ceil(100.0 * x) / 100.0 for x in form.high], 2)}",
        f"first = {rows.session[known].min()}",
        f"last = {rows.session[known].max()}",
        f"settlements = {int(known.sum())}",
    ]
    missed, near = rows.settle - one.left_out, known & (rows.month <= 6)
    for key, _, low, high in BANDS:
        inside = near & (rows.vix >= low) & (rows.vix < high)
        lines.append(f"error_{key} = {_numbers(absolute(missed[inside]), 2)}")
    years = np.unique(rows.year[near])
    signed = [f"{y} = {np.median(missed[near & (rows.year == y)]):.2f}" for y in years]
    return [*lines, f"signed = {{{', '.join(signed)}}}"]


def _numbers(values: Sequence[float] | Floats, digits: int = 5) -> str:
    return "[" + ", ".join(f"{float(x):.{digits}f}" for x in values) + "]"
