"""The numbers of the generator of simulated paths, fitted on daily closes.

Each line is a regression of its own: variances by a gamma regression with a log link (quasi-maximum
likelihood of a variance), ln VIX by least squares on the averages of VIX, kinds of days by EM on
standardised residuals, members of the family on the sessions that they have.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from steward.intake.fit.facts_table import facts_section
from steward.intake.fit.mixture import fitted
from steward.intake.fit.section import Section
from steward.intake.fit.sources import Sources
from steward.market.history import History
from steward.market.paths.coefficients import (
    AVERAGES,
    JUMP,
    JUMP_KEPT,
    JUMP_TAKEN,
    MEMBERS,
    instead,
    model_of,
)
from steward.market.paths.model import deviation_of, simulate
from steward.pricing.term import TermTable, averages, same_day
from steward.pricing.vx_curve import VxCurve
from steward.terms.errors import StewardError

Floats = NDArray[np.float64]
Progress = Callable[[str], None]

WARM_UP = max(AVERAGES)
KINDS = 5
LEAST_SESSIONS = 2520
GLM_STEPS = 60
CORRECTIONS, CORRECTION_PATHS, CORRECTION_SEED = 2, 100, 19
CORRECTION_START = date(1990, 1, 2)

PREMIUM_DAYS = (20, 200)
"""Tenors whose mean distance from the modelled curve is the premium of a session."""

OPENS_FROM = 2014
"""Opens of SPX before repeat the close before on many days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Residuals:
    """What the two main regressions leave, a number a session; the first `WARM_UP` are 0.

    state      (sessions, 5): constant, ln VIX, ln VIX over each average
    z, u       return and change of ln VIX in their own deviations
    deviation, wobble  those of the session, as the session before expected them
    excitement  left by jumps, this session's included
    """

    state: Floats
    z: Floats
    u: Floats
    deviation: Floats
    wobble: Floats
    excitement: Floats
    drift: float
    variance: Floats
    reversion: Floats
    vol_of_vol: Floats


def fit_paths(sources: Sources, progress: Progress | None = None) -> Section:
    """The file `market/files/paths.toml`, and the table of facts for the model card.

    Raises StewardError where a series is too short to be fitted.
    """
    say = progress or (lambda _: None)
    history = sources.history
    say("returns and changes of VIX")
    rest = residuals(history)
    say("kinds of days")
    kinds = fitted(
        np.column_stack([rest.z, rest.u])[WARM_UP + 1 :],
        _weights_state(rest)[WARM_UP:-1],
        KINDS,
    )
    say("the VIX family")
    beside = [*_members(history, rest), *_premium(history), *_opens(history, rest), ""]
    say("reversion, corrected for the length of history")
    reversion = rest.reversion
    for _ in range(CORRECTIONS):
        text = "\n".join([*_numbers(rest, kinds, reversion), *beside])
        reversion = reversion + rest.reversion - _refitted(text, len(history.sessions))
    text = "\n".join([*HEADER, *_numbers(rest, kinds, reversion), *beside])
    say("facts, real and simulated")
    with instead(text):  # blocks of history and the quicker market take numbers from the file
        facts, tables = facts_section(history, text)
    return Section(name="paths", text=text + facts, tables=tables)


HEADER = (
    "# The generator of simulated paths. Made by the fit of paths on daily closes: regressions,",
    "# kinds of days by EM; no level of any day is in it. Meaning of each number: market/paths.",
    "",
)


def residuals(history: History) -> Residuals:
    """The two main regressions of a history. Raises StewardError for less than ten years."""
    vix = history.vix.close
    if len(vix) < LEAST_SESSIONS:
        raise StewardError(
            f"{history.label}: {len(vix)} sessions are too few to fit paths: bring ten years"
        )
    log_vix = np.log(vix)
    over = log_vix[:, None] - np.log(averages(vix))
    state = np.column_stack([np.ones_like(log_vix), log_vix, over])
    returns = np.diff(np.log(history.spx.close))
    drift = float(returns.mean())
    known = slice(WARM_UP, len(vix) - 1)
    variance = gamma_regression(state[known, :4], np.square(returns[WARM_UP:] - drift))
    columns = (state[:-1, 1], state[:-1, 2], state[:-1, 3])
    deviation = deviation_of(variance.tolist(), columns)
    change = np.diff(log_vix)
    reversion = least_squares(state[known], change[WARM_UP:])
    left = change - state[:-1] @ reversion
    vol_of_vol = gamma_regression(state[known], np.square(left[WARM_UP:]))
    wobble = np.exp(0.5 * (state[:-1] @ vol_of_vol))
    z = np.concatenate(([0.0], (returns - drift) / deviation))
    u = np.concatenate(([0.0], left / wobble))
    z[: WARM_UP + 1] = u[: WARM_UP + 1] = 0.0
    return Residuals(
        state=state,
        z=z,
        u=u,
        deviation=np.concatenate(([math.nan], deviation)),
        wobble=np.concatenate(([math.nan], wobble)),
        excitement=excitement(u),
        drift=drift,
        variance=variance,
        reversion=reversion,
        vol_of_vol=vol_of_vol,
    )


def excitement(u: Floats) -> Floats:
    """What jumps have left at each session, its own included."""
    found = np.zeros_like(u)
    for row in range(1, len(u)):
        found[row] = JUMP_KEPT * found[row - 1] + JUMP_TAKEN * max(u[row] - JUMP, 0.0)
    return found


def gamma_regression(state: Floats, squares: Floats) -> Floats:
    """Coefficients of ln of the expected square, by weighted least squares in turn.

    P. McCullagh and J. Nelder, "Generalized Linear Models", 2nd ed., 1989, section 8.3.
    """
    found = np.zeros(state.shape[1])
    found[0] = math.log(float(squares.mean()))
    for _ in range(GLM_STEPS):
        line = state @ found
        expected = np.exp(line)
        new = least_squares(state, line + (squares - expected) / expected)
        moved = float(np.abs(new - found).max())
        found = new
        if moved < 1e-10:
            break
    return found


def least_squares(state: Floats, wanted: Floats) -> Floats:
    """Ordinary least squares."""
    return np.asarray(np.linalg.lstsq(state, wanted, rcond=None)[0])


# --- lines of the file ---------------------------------------------------------------------------


def numbers_of(values: Sequence[float] | Floats, digits: int = 6) -> str:
    """A TOML array, rounded; a zero has no sign."""
    return "[" + ", ".join(f"{round(float(v), digits) + 0.0:.{digits}g}" for v in values) + "]"


def _weights_state(rest: Residuals) -> Floats:
    state = rest.state
    return np.column_stack([state[:, 0], state[:, 1] - 2.9, state[:, 2], rest.excitement])


def _refitted(text: str, sessions: int) -> Floats:
    """Mean of the reversion that the same regression finds on paths of these numbers, as long as
    the history: least squares finds too quick a return on a short one."""
    made = simulate(
        seed=CORRECTION_SEED,
        paths=CORRECTION_PATHS,
        years=min(sessions / 252.0, 36.5),
        start=CORRECTION_START,
        numbers=model_of(tomllib.loads(text)),
    )
    found = []
    for vix in made.vix.T:
        log_vix = np.log(vix)
        over = log_vix[:, None] - np.log(averages(vix))
        state = np.column_stack([np.ones_like(log_vix), log_vix, over])[WARM_UP:-1]
        found.append(least_squares(state, np.diff(log_vix)[WARM_UP:]))
    return np.asarray(np.mean(found, axis=0))


def _numbers(rest: Residuals, kinds: tuple[Floats, Floats, Floats], reversion: Floats) -> list[str]:
    lines = [
        f"drift = {rest.drift:.6g}",
        f"calm = {float(rest.state[:, 1].mean()):.4g}",
        f"variance = {numbers_of(rest.variance)}",
        f"reversion = {numbers_of(reversion)}",
        f"vol_of_vol = {numbers_of(rest.vol_of_vol)}",
    ]
    for mean, root, weight in zip(*kinds, strict=True):
        lines += [
            "",
            "[[kinds]]",
            f"mean = {numbers_of(mean)}",
            f"root = {numbers_of(root)}",
            f"weight = {numbers_of(weight)}",
        ]
    return lines


def _values(history: History, name: str) -> Floats:
    """What a member's line is about: ln over VIX, ln VVIX, ln(SKEW - 100); NaN where unknown."""
    close = same_day(history, name)
    if name == "skew":
        return np.log(np.where(close > 100.5, close - 100.0, np.nan))
    return np.log(close) if name == "vvix" else np.log(close / history.vix.close)


def _members(history: History, rest: Residuals) -> list[str]:
    rows, noises = [], []
    for name in MEMBERS:
        value = _values(history, name)
        known = np.isfinite(value)
        known[: WARM_UP + 1] = False
        if int(known.sum()) < LEAST_SESSIONS:
            raise StewardError(f"{history.label}: ten years of {name} are needed to fit paths")
        state = least_squares(rest.state[known], value[known])
        left = value - rest.state @ state
        left[~known] = np.nan
        both = np.isfinite(left[1:]) & np.isfinite(left[:-1])
        z, u = rest.z[1:], rest.u[1:]
        shocks = np.column_stack([left[:-1], z, u, np.maximum(u - JUMP, 0.0)])
        moves = least_squares(shocks[both], left[1:][both])
        noise = np.full(len(value), np.nan)
        noise[1:][both] = left[1:][both] - shocks[both] @ moves
        noises.append(noise)
        rows.append((name, state, moves))
    roots = np.linalg.cholesky(_covariance(noises))
    lines: list[str] = []
    for at, (name, state, moves) in enumerate(rows):
        lines += [
            "",
            "[[member]]",
            f'name = "{name}"',
            f"state = {numbers_of(state)}",
            f"kept = {moves[0]:.4f}",
            f"of_return = {moves[1]:.6f}",
            f"of_vix = {moves[2]:.6f}",
            f"of_jump = {moves[3]:.6f}",
            f"noise = {numbers_of(roots[at])}",
        ]
    return lines


def _covariance(noises: Sequence[Floats]) -> Floats:
    """Of series that begin on different days: correlations of each pair on the days of both."""
    count = len(noises)
    matrix = np.eye(count)
    for i in range(count):
        for j in range(i):
            both = np.isfinite(noises[i]) & np.isfinite(noises[j])
            matrix[i, j] = matrix[j, i] = np.corrcoef(noises[i][both], noises[j][both])[0, 1]
    values, vectors = np.linalg.eigh(matrix)
    matrix = (vectors * np.maximum(values, 1e-6)) @ vectors.T
    deviations = np.array([float(np.nanstd(noise)) for noise in noises])
    scale = deviations / np.sqrt(np.diag(matrix))
    return np.asarray(matrix * np.outer(scale, scale))


def premium_of(history: History) -> Floats:
    """ln of settlements over the modelled curve of a session, mean of the tenors in
    `PREMIUM_DAYS`; NaN without any."""
    found = np.full(len(history.sessions), np.nan)
    table = history.futures
    if table is None:
        return found
    curve = VxCurve(history, TermTable(history))
    rows: dict[int, list[float]] = {}
    place = {np.datetime64(day): row for row, day in enumerate(history.sessions)}
    for session, expiry, settle in zip(table.session, table.expiry, table.settle, strict=True):
        days, row = int((expiry - session).astype(int)), place.get(session)
        if row is None or not PREMIUM_DAYS[0] <= days <= PREMIUM_DAYS[1]:
            continue
        modelled = curve.modelled(history.sessions[row], expiry.astype(object))
        rows.setdefault(row, []).append(math.log(settle / modelled))
    for row, values in rows.items():
        found[row] = float(np.mean(values))
    return found


def _premium(history: History) -> list[str]:
    value = premium_of(history)
    both = np.isfinite(value[1:]) & np.isfinite(value[:-1])
    if int(both.sum()) < LEAST_SESSIONS:
        raise StewardError(f"{history.label}: ten years of VIX futures are needed to fit paths")
    before, after = value[:-1][both], value[1:][both]
    kept = float(before @ after / (before @ before))
    noise = float((after - kept * before).std())
    return ["", "[premium]", f"kept = {kept:.4f}", f"noise = {noise:.6f}"]


def _opens(history: History, rest: Residuals) -> list[str]:
    late = np.array([day.year >= OPENS_FROM for day in history.sessions])[1:]
    gap = np.log(history.spx.open[1:] / history.spx.close[:-1]) / rest.deviation[1:]
    rise = np.log(history.vix.open[1:] / history.vix.close[:-1]) / rest.wobble[1:]
    known = late & np.isfinite(gap) & np.isfinite(rise)
    ones = np.ones(int(known.sum()))
    gap, rise, z, u = gap[known], rise[known], rest.z[1:][known], rest.u[1:][known]
    of_spx = np.column_stack([ones, z])
    spx = least_squares(of_spx, gap)
    of_vix = np.column_stack([ones, u, gap])
    vix = least_squares(of_vix, rise)
    spx_noise = float((gap - of_spx @ spx).std())
    vix_noise = float((rise - of_vix @ vix).std())
    return [
        "",
        "[opens]",
        f"spx = {numbers_of([*spx, spx_noise])}",
        f"vix = {numbers_of([*vix, vix_noise])}",
    ]
