"""The monotone convex curve: its knots, its forwards, and the paper's g as a witness."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.integrate import quad

from steward.pricing.forward_variance import LEAST_FORWARD, ForwardVariance

GAPS = st.lists(st.floats(0.5, 100.0), min_size=2, max_size=7)
PACES = st.lists(st.floats(0.01, 1.0), min_size=7, max_size=7)


def made(gaps: list[float], paces: list[float]) -> ForwardVariance:
    """A curve with those average forwards, one a gap."""
    paces = paces[: len(gaps)]
    return ForwardVariance(np.cumsum(gaps).tolist(), np.cumsum(np.multiply(gaps, paces)).tolist())


def paper(g0: float, g1: float) -> tuple[str, Callable[[float], float]]:
    """Which of the four cases, and g on 0 to 1.

    P. Hagan and G. West, "Interpolation methods for curve construction" (2006), section 6,
    typed in as it stands there, equations (28) to (32) and the four regions.
    """
    if g0 == 0.0 and g1 == 0.0:
        return "zero", lambda x: 0.0
    if (g0 < 0.0 and -0.5 * g0 <= g1 <= -2.0 * g0) or (g0 > 0.0 and -0.5 * g0 >= g1 >= -2.0 * g0):
        return "i", lambda x: g0 * (1.0 - 4.0 * x + 3.0 * x * x) + g1 * (-2.0 * x + 3.0 * x * x)
    if (g0 < 0.0 and g1 > -2.0 * g0) or (g0 > 0.0 and g1 < -2.0 * g0):
        eta = (g1 + 2.0 * g0) / (g1 - g0)
        return "ii", lambda x: g0 if x <= eta else g0 + (g1 - g0) * ((x - eta) / (1.0 - eta)) ** 2
    if (g0 > 0.0 and 0.0 >= g1 > -0.5 * g0) or (g0 < 0.0 and 0.0 <= g1 < -0.5 * g0):
        eta = 3.0 * g1 / (g1 - g0)
        return "iii", lambda x: g1 if x >= eta else g1 + (g0 - g1) * ((eta - x) / eta) ** 2
    eta = g1 / (g1 + g0)
    level = -g0 * g1 / (g0 + g1)

    def same_sign(x: float) -> float:
        if x <= eta:
            return level + (g0 - level) * (((eta - x) / eta) ** 2 if eta > 0.0 else 0.0)
        return level + (g1 - level) * ((x - eta) / (1.0 - eta)) ** 2

    return "iv", same_sign


class Paper:
    """The whole curve by the paper, from average forwards; no floor under them."""

    def __init__(self, times: list[float], totals: list[float]) -> None:
        self.times, totals = [0.0, *times], [0.0, *totals]
        self.pace = np.diff(totals) / np.diff(self.times)
        d, n = self.pace, len(self.pace)
        f = np.zeros(n + 1)
        for k in range(1, n):
            left, right = self.times[k] - self.times[k - 1], self.times[k + 1] - self.times[k]
            f[k] = left / (left + right) * d[k] + right / (left + right) * d[k - 1]
            f[k] = np.clip(f[k], 0.0, 2.0 * min(d[k - 1], d[k]))
        # The ends, kept off zero: an even variance has no place where nothing moves.
        f[0] = np.clip(d[0] - 0.5 * (f[1] - d[0]), 0.05 * d[0], 2.0 * d[0])
        f[n] = np.clip(d[-1] - 0.5 * (f[n - 1] - d[-1]), 0.05 * d[-1], 2.0 * d[-1])
        self.ends = f

    def segment(self, k: int) -> tuple[str, Callable[[float], float]]:
        return paper(self.ends[k] - self.pace[k], self.ends[k + 1] - self.pace[k])

    def total(self, k: int, part: float) -> float:
        """Up to that part of segment `k`, by numeric integration."""
        step = self.times[k + 1] - self.times[k]
        _, g = self.segment(k)
        before = float(np.dot(self.pace[:k], np.diff(self.times)[:k]))
        inside = quad(g, 0.0, part, limit=200, epsabs=1e-12)[0]
        return before + step * (self.pace[k] * part + inside)


@given(gaps=GAPS, paces=PACES)
def test_the_knots_are_met(gaps: list[float], paces: list[float]) -> None:
    curve = made(gaps, [max(p, 0.2) for p in paces])  # 0.2 to 1: above the floor of a tenth
    times = np.cumsum(gaps)
    wanted = np.cumsum(np.multiply(gaps, [max(p, 0.2) for p in paces][: len(gaps)]))
    assert curve.total(0.0) == 0.0
    for time, total in zip(times.tolist(), wanted.tolist(), strict=True):
        assert curve.total(time) == pytest.approx(total, rel=1e-12)
        assert curve.total(time * (1.0 - 1e-12)) == pytest.approx(total, rel=1e-9)


@given(gaps=GAPS, paces=PACES)
def test_variance_never_falls(gaps: list[float], paces: list[float]) -> None:
    """Forward variance is 0 or more, whatever the knots are."""
    curve = made(gaps, paces)
    grid = np.linspace(0.0, 1.5 * sum(gaps), 4001)
    totals = np.array([curve.total(t) for t in grid.tolist()])
    assert np.diff(totals).min() >= -1e-12 * totals[-1]
    beyond = grid >= sum(gaps)
    assert np.diff(totals[beyond]).min() > 0.0


@given(gaps=GAPS, totals=st.lists(st.floats(0.01, 50.0), min_size=7, max_size=7))
def test_knots_that_fall_give_a_curve_that_grows(gaps: list[float], totals: list[float]) -> None:
    curve = ForwardVariance(np.cumsum(gaps).tolist(), totals[: len(gaps)])
    grid = np.linspace(0.0, 1.2 * sum(gaps), 2001)
    found = np.array([curve.total(t) for t in grid.tolist()])
    assert np.diff(found).min() >= -1e-12 * found[-1]
    # The pace of each segment is at least a tenth of the average up to it.
    times, knots = np.array(curve.times), np.array(curve.totals)
    pace = np.diff(knots) / np.diff(times)
    assert (pace[1:] >= LEAST_FORWARD * knots[1:-1] / times[1:-1] * (1.0 - 1e-9)).all()


def test_the_least_forward_by_hand() -> None:
    # 0.04 a day for 10 days, then the knot says 0.41 at 20 days: 0.001 a day, a tenth is 0.004.
    curve = ForwardVariance([10.0, 20.0], [0.4, 0.41])
    assert curve.total(20.0) == pytest.approx(0.4 + 0.004 * 10.0)
    # The first segment has nothing before it that it could be a share of.
    low = ForwardVariance([10.0, 20.0], [1e-6, 1.0])
    assert low.total(10.0) == pytest.approx(1e-6)
    # A later segment is measured from where the curve went, not from the knot it could not meet.
    third = ForwardVariance([10.0, 20.0, 30.0], [0.4, 0.41, 0.8])
    assert third.total(30.0) == pytest.approx(0.8)
    # A knot below the one before is arbitrage: the same floor.
    assert ForwardVariance([10.0, 20.0], [0.4, 0.1]).total(20.0) == pytest.approx(0.44)


@given(gaps=GAPS, paces=PACES)
def test_forward_variance_is_continuous_at_the_knots(gaps: list[float], paces: list[float]) -> None:
    """From both sides the same: each side by the slope over a piece that shrinks."""
    curve = made(gaps, paces)
    witness = Paper(curve.times[1:], curve.totals[1:])
    for k in range(1, len(gaps)):
        (_, before), (_, after) = witness.segment(k - 1), witness.segment(k)
        left, right = before(1.0) + witness.pace[k - 1], after(0.0) + witness.pace[k]
        turn = min(
            _narrow(witness, k - 1), _narrow(witness, k)
        )  # where g turns within a hair of the knot, no step resolves it
        assume(turn > 1e-3)
        time, step = curve.times[k], 1e-6 * turn * min(gaps[k - 1], gaps[k])
        here = curve.total(time)
        assert left == pytest.approx(right, abs=1e-9)
        assert (here - curve.total(time - step)) / step == pytest.approx(left, abs=2e-3)
        assert (curve.total(time + step) - here) / step == pytest.approx(right, abs=2e-3)


def _narrow(witness: Paper, k: int) -> float:
    """The smaller part of a segment at whose end g turns."""
    case, _ = witness.segment(k)
    g0, g1 = witness.ends[k] - witness.pace[k], witness.ends[k + 1] - witness.pace[k]
    if case == "ii":
        return float(1.0 - (g1 + 2.0 * g0) / (g1 - g0))
    if case == "iii":
        return float(3.0 * g1 / (g1 - g0))
    if case == "iv":
        return float(min(g0, g1, key=abs) / (g0 + g1))
    return 1.0


@given(gaps=GAPS, paces=PACES)
def test_inside_the_forward_has_no_steps(gaps: list[float], paces: list[float]) -> None:
    """The second difference on a dense grid: of no order that a step in the forward would have."""
    curve = made(gaps, paces)
    witness = Paper(curve.times[1:], curve.totals[1:])
    for k in range(len(gaps)):
        narrow = _narrow(witness, k)
        assume(narrow > 0.02)
        inside = np.linspace(curve.times[k], curve.times[k + 1], 2001)[1:-1]
        forward = np.diff([curve.total(t) for t in inside.tolist()]) / np.diff(inside)
        size = max(abs(e - witness.pace[k]) for e in witness.ends[k : k + 2])
        # g has slopes of at most 6 times its size over the part where it turns.
        assert np.abs(np.diff(forward)).max() <= 6.0 * size / narrow / 2000.0 + 1e-9


@given(gaps=GAPS, paces=PACES, part=st.floats(0.0, 1.0))
def test_the_paper_integrated(gaps: list[float], paces: list[float], part: float) -> None:
    curve = made(gaps, paces)
    witness = Paper(curve.times[1:], curve.totals[1:])
    for k in range(len(gaps)):
        time = curve.times[k] + part * (curve.times[k + 1] - curve.times[k])
        assert curve.total(time) == pytest.approx(witness.total(k, part), rel=1e-6)


# Paces of three even segments, and the cases that the paper has for them.
CASES = {
    "i": [0.20, 0.25, 0.31],
    "ii": [0.20, 0.21, 0.40],
    "iii": [0.20, 0.40, 0.41],
    "iv": [0.30, 0.20, 0.30],
}


@pytest.mark.parametrize("case", sorted(CASES))
@pytest.mark.parametrize("mirrored", [False, True])
def test_each_case_of_the_paper_is_met(case: str, mirrored: bool) -> None:
    paces = [0.6 - pace for pace in CASES[case]] if mirrored else CASES[case]
    curve = made([10.0, 10.0, 10.0], paces)
    witness = Paper(curve.times[1:], curve.totals[1:])
    assert witness.segment(1)[0] == case
    for part in np.linspace(0.0, 1.0, 41).tolist():
        assert curve.total(10.0 + 10.0 * part) == pytest.approx(witness.total(1, part), rel=1e-9)


def test_the_witness_keeps_the_mean() -> None:
    """g integrates to 0 in every case: else the knots would be missed."""
    random = np.random.default_rng(5)
    seen = set()
    for g0, g1 in random.normal(0.0, 1.0, (200, 2)).tolist():
        case, g = paper(g0, g1)
        seen.add(case)
        turns = ((g1 + 2 * g0) / (g1 - g0), 3 * g1 / (g1 - g0), g1 / (g1 + g0))
        points = [x for x in turns if 0.0 < x < 1.0]
        assert quad(g, 0.0, 1.0, points=points or None)[0] == pytest.approx(0.0, abs=1e-9)
    assert seen == {"i", "ii", "iii", "iv"}


def test_an_even_variance_is_a_straight_line() -> None:
    curve = made([9.0, 21.0, 63.0, 91.0], [0.3] * 4)
    for time in np.linspace(0.0, 400.0, 101).tolist():
        assert curve.total(time) == pytest.approx(0.3 * time, abs=1e-12)


@pytest.mark.parametrize(
    ("paces", "ends"),
    [
        ([0.2, 0.2, 0.5], (False, True)),  # no excess at the left end of the middle
        ([0.5, 0.2, 0.2], (True, False)),  # none at its right end
        ([0.2, 0.2, 0.2], (False, False)),
    ],
)
def test_ends_without_an_excess(paces: list[float], ends: tuple[bool, bool]) -> None:
    """The forward at a knot is the segment's own mean: the paper's cases meet there."""
    curve = made([10.0, 10.0, 10.0], paces)
    witness = Paper(curve.times[1:], curve.totals[1:])
    excess = [end != witness.pace[1] for end in witness.ends[1:3]]
    assert excess == pytest.approx(list(ends))
    for part in (0.0, 1e-9, 0.25, 0.5, 0.75, 1.0):
        found = curve.total(10.0 + 10.0 * part)
        assert math.isfinite(found)
        assert found == pytest.approx(witness.total(1, part), rel=1e-9)
    assert curve.total(20.0) == pytest.approx(10.0 * (paces[0] + paces[1]))


def test_beyond_the_last_knot_the_last_forward_goes_on() -> None:
    curve = made([10.0, 20.0, 30.0], [0.2, 0.3, 0.25])
    step = 1e-5
    inside = (curve.total(60.0) - curve.total(60.0 - step)) / step
    outside = [(curve.total(t + 7.0) - curve.total(t)) / 7.0 for t in (60.0, 100.0, 1000.0)]
    assert outside == pytest.approx([inside] * 3, rel=1e-4)


@given(gaps=GAPS, paces=PACES, size=st.floats(0.01, 100.0), slower=st.floats(0.1, 10.0))
def test_units_do_not_matter(
    gaps: list[float], paces: list[float], size: float, slower: float
) -> None:
    one = made(gaps, paces)
    other = made([slower * gap for gap in gaps], [size / slower * pace for pace in paces])
    for part in (0.1, 0.37, 0.8, 1.3):
        time = part * sum(gaps)
        assert other.total(slower * time) == pytest.approx(size * one.total(time), rel=1e-7)
