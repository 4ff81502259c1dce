"""A check as one JSON document under keys that stay (docs/model-card.md lists them)."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from steward.intake.model_check.check import ModelCheck, SessionCheck
from steward.intake.model_check.family import MEMBERS
from steward.intake.model_check.pooled import stats
from steward.pricing.coefficients import fingerprint, fitted_on
from steward.terms.contracts import Underlying

COUNTS = ("slices", "butterfly", "pairs", "calendar")

FORMAT = 1
"""Another one where a key changes its meaning or goes."""


def document(check: ModelCheck) -> dict[str, Any]:
    """Everything that the check found; numbers, texts and null, never NaN nor -0.0."""
    left_out = Counter(check.reading.left_out)
    for one in check.sessions:
        left_out.update(one.left_out)
    compared = sum(one.compared for one in check.sessions)
    return {
        "format": FORMAT,
        "quality": "modelled",
        "model": fingerprint(),
        "state": check.state_label,
        "files": [
            {
                "name": one.name,
                "layout": one.layout,
                "sha256": one.sha256,
                "read": one.read,
                "kept": one.kept,
                "set_aside": dict(one.set_aside),
                "notes": list(one.notes),
            }
            for one in check.reading.files
        ],
        "not_read": [{"name": one.name, "why": one.why} for one in check.reading.not_read],
        "quotes": {
            "kept": sum(one.quotes for one in check.sessions)
            + sum(check.reading.left_out.values()),
            "compared": compared,
            "pooled": sum(one.compared for one in check.sessions if one.pooled),
            "left_out": {why: n for why, n in left_out.most_common() if n},
        },
        "sessions": [_session(one) | {"fitted_on": _seen(one)} for one in check.sessions],
        "pooled": {"spx": spx_pooled(check), "vix": vix_pooled(check)},
    }


def spx_pooled(check: ModelCheck) -> dict[str, Any] | None:
    """All pooled figures of SPX options; None without one."""
    own = _of(check, "SPX")
    if not own:
        return None
    clusters = [f"{one.session:%Y-%m}" for one in own]
    credits = [one.condor.error if one.condor else None for one in own]
    errors = np.array([math.nan if e is None else 100.0 * e for e in credits])
    return {
        "cells": check.cells("SPX"),
        "condor_percent": _condors(errors, clusters),
        "condor_none": dict(
            Counter(one.condor.why for one in own if one.condor and one.condor.why).most_common()
        ),
        "forward_basis_points": _stats_of(own, [one.forward for one in own]),
        "index": {name: _index(own, name) for name in MEMBERS},
        "arbitrage": _arbitrage(own),
        "outside": sum(bool(one.outside) for one in own),
    }


def vix_pooled(check: ModelCheck) -> dict[str, Any] | None:
    """All pooled figures of VIX options; None without one."""
    own = _of(check, "VIX")
    if not own:
        return None
    return {
        "cells": check.cells("VIX"),
        "futures_points": {
            name: _stats_of(
                own,
                [tuple(e for d, e in one.futures if low <= d < high) for one in own],
            )
            for name, low, high in (
                ("all", 0, 10_000),
                ("0-20", 0, 20),
                ("20-60", 20, 61),
                ("60-185", 61, 186),
                (">185", 186, 10_000),
            )
        },
    }


def _of(check: ModelCheck, underlying: Underlying) -> list[SessionCheck]:
    return [
        one
        for one in check.sessions
        if one.underlying == underlying and one.pooled and one.compared
    ]


def _condors(errors: np.ndarray, clusters: Sequence[str]) -> dict[str, Any] | None:
    found = stats(errors, clusters)
    if found is None:
        return None
    names = np.asarray(clusters)[np.isfinite(errors)]
    sizes = np.abs(errors[np.isfinite(errors)])
    medians = [float(np.median(sizes[names == name])) for name in np.unique(names)]
    return found | {"mean_of_cluster_medians": round(float(np.mean(medians)), 4)}


def _stats_of(
    own: Sequence[SessionCheck], values: Sequence[Sequence[float]]
) -> dict[str, Any] | None:
    flat = [e for errors in values for e in errors]
    names = [
        f"{one.session:%Y-%m}" for one, errors in zip(own, values, strict=True) for _ in errors
    ]
    return stats(np.array(flat, dtype=np.float64), names) if flat else None


def _index(own: Sequence[SessionCheck], name: str) -> dict[str, Any]:
    """Of one member: by the model's chain less what it was given, and the quotes' own less the
    published close where the quotes are of the close."""
    model, chain = [], []
    for one in own:
        given = one.published if one.state == "published" else one.own
        if name in one.modelled and name in given:
            model.append((one, one.modelled[name] - given[name]))
        if one.snapshot == "eod" and name in one.own and name in one.published:
            chain.append((one, one.own[name] - one.published[name]))
    return {
        "model_less_state": _stats_of([o for o, _ in model], [(e,) for _, e in model]),
        "chain_less_published": _stats_of([o for o, _ in chain], [(e,) for _, e in chain]),
    }


def _arbitrage(own: Sequence[SessionCheck]) -> dict[str, float]:
    found = [one.arbitrage for one in own if one.arbitrage is not None]
    return {name: sum(getattr(one, name) for one in found) for name in COUNTS} | {
        "worst_points": round(max((one.worst for one in found), default=0.0), 4)
    }


def _session(one: SessionCheck) -> dict[str, Any]:
    short = stats(one.rows["vol"].to_numpy(), [""] * one.compared) if one.compared else None
    inside = (
        one.rows.filter((one.rows["delta"] >= 0.05) & (one.rows["delta"] < 0.5))
        if one.compared
        else one.rows
    )
    names = ("n", "median", "median_abs", "p90_abs")

    def brief(column: str) -> dict[str, Any] | None:
        found = stats(inside[column].to_numpy(), [""] * inside.height) if inside.height else None
        return None if found is None else {name: found[name] for name in names}

    return {
        "session": one.session.isoformat(),
        "underlying": one.underlying,
        "snapshot": one.snapshot,
        "state": one.state,
        "why": one.why,
        "vix": _number(one.vix),
        "pooled": one.pooled,
        "quotes": one.quotes,
        "compared": one.compared,
        "left_out": dict(one.left_out),
        "vol_points": brief("vol"),
        "price_percent": brief("price"),
        "all_deltas_vol_points": None if short is None else {n: short[n] for n in names},
        "forward_basis_points": _number(float(np.median(one.forward))) if one.forward else None,
        "futures_points": [{"days": d, "error": _number(e)} for d, e in one.futures],
        "condor": None
        if one.condor is None
        else {
            "days": one.condor.days,
            "percent": None if one.condor.error is None else _number(100.0 * one.condor.error),
            "why": one.condor.why,
        },
        "index": {
            name: {
                "published": _member(one.published, name),
                "chain": _member(one.own, name),
                "model": _member(one.modelled, name),
            }
            for name in MEMBERS
        }
        if one.underlying == "SPX"
        else None,
        "arbitrage": None
        if one.arbitrage is None
        else {name: getattr(one.arbitrage, name) for name in COUNTS}
        | {"worst_points": round(one.arbitrage.worst, 4)},
        "outside": list(one.outside),
    }


def _seen(one: SessionCheck) -> bool | None:
    """Whether the packaged smile was fitted on that session; None: not known, or VIX options."""
    known = fitted_on()
    return None if known is None or one.underlying != "SPX" else one.session in known


def _member(family: Mapping[str, float], name: str) -> float | None:
    return _number(family[name]) if name in family else None


def _number(value: float) -> float | None:
    return round(value, 4) + 0.0 if math.isfinite(value) else None  # never -0.0
