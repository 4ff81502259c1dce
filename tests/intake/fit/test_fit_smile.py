"""The fit of the smile: conditions taken linearly, known forms come back, nobody judges himself."""

from __future__ import annotations

import itertools
import math
import tomllib
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from steward.intake.fit import smile_order
from steward.intake.fit.smile import (
    FAR_WEIGHT,
    FORMS,
    MOST_A_SLICE,
    Problem,
    _text,
    design,
    fitted,
    problem_of,
)
from steward.intake.fit.smile_errors import condors, left_out, predicted, sizes
from steward.intake.fit.smile_order import NEARLY, WANTED, order
from steward.intake.fit.smile_rows import Rows
from steward.pricing import smile
from steward.pricing.black import black76, greeks
from steward.pricing.smile import Form, State, Surface, forms, levels, term_columns
from steward.pricing.smile_conditions import margins
from steward.pricing.smile_shape import KNOTS, cardinal

GIVENS = tuple(FORMS)
FORWARD = 3_000.0


def packaged(given: tuple[str, ...]) -> Form:
    return forms(smile._file())["skew" in given, "vvix" in given]


def rows_of(form: Form, *, seed: int = 1, clusters: int = 12) -> tuple[Rows, np.ndarray]:
    """Quotes of a form, on their own strip: a cluster a state, a slice a tenor."""
    random = np.random.default_rng(seed)
    parts: list[dict[str, np.ndarray]] = []
    z = np.linspace(-9.0, 3.5, 40)
    for cluster, days in itertools.product(range(clusters), (5.0, 10.0, 20.0, 45.0, 90.0)):
        own = np.random.default_rng(100 + cluster)
        state = (own.uniform(11.0, 34.0), own.uniform(118.0, 155.0), own.uniform(84.0, 140.0))
        vix, skew, vvix = (np.full(z.size, value) for value in state)
        years = days / 365.0
        strip = vix[0] / 100.0 * random.uniform(0.85, 1.15)
        root = strip * math.sqrt(years)
        level = levels(np.full(z.size, root * root), vix)
        at = term_columns(form.terms, level, vix, skew, vvix) @ form.numbers.T
        vol = strip * np.einsum("zk,zk->z", cardinal(z), at)
        strike = FORWARD * np.exp(z * root)
        call = z >= 0.0
        known = greeks(FORWARD, strike, years, vol, discount=1.0, call=call)
        number = np.full(z.size, cluster)
        parts.append(
            {
                "number": number,
                "series": np.full(z.size, len(parts)),
                "days": np.full(z.size, days),
                "years": np.full(z.size, years),
                "vix": vix,
                "skew": skew,
                "vvix": vvix,
                "curve": np.full(z.size, strip),
                "alone": np.full(z.size, 1.05 * strip),
                "strip": np.full(z.size, strip),
                "covered": np.full(z.size, True),
                "log_strike": z * root,
                "strike": strike,
                "vol": vol,
                "delta": np.abs(known.delta),
                "call": call,
                "spread": np.full(z.size, 0.001),
            }
        )
    joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return Rows(**joined), np.array([f"c{n:02}" for n in range(clusters)])


# --- order ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("given", GIVENS)
def test_the_worst_is_the_least_margin_of_all_states(given: tuple[str, ...]) -> None:
    form = replace(packaged(given), ranges=dict.fromkeys(("vix", *given), (1.0, 1000.0)))
    found = math.inf
    for vix, skew, vvix in itertools.product(
        smile_order.VIX_STATES, smile_order.SKEW_STATES, smile_order.VVIX_STATES
    ):
        state = State(
            vix=vix,
            skew=skew if "skew" in given else None,
            vvix=vvix if "vvix" in given else None,
        )
        month = (vix / 100.0) ** 2 * 30.0 / 365.0
        found = min(found, *margins(form.values(state), month))
    assert order(form.numbers, form.terms).worst == pytest.approx(found, rel=1e-3, abs=1e-6)


@pytest.mark.parametrize("given", GIVENS)
def test_the_packaged_forms_are_in_order(given: tuple[str, ...]) -> None:
    """As far as a shape can be in every corner of the states: what a session's own state lacks, its
    surface takes from the average."""
    form = packaged(given)
    assert order(form.numbers, form.terms).worst > -0.1


@pytest.mark.parametrize("given", GIVENS)
def test_conditions_are_taken_linearly(given: tuple[str, ...]) -> None:
    """By differences: the least of the linear conditions moves as the least itself does."""
    form = packaged(given)
    start = order(form.numbers, form.terms)
    assert start.worst < NEARLY

    def linear(numbers: np.ndarray) -> float:
        return float((start.rows @ numbers.ravel() - start.least + WANTED).min())

    assert linear(form.numbers) == pytest.approx(start.worst, abs=1e-9)
    random = np.random.default_rng(3)
    size = 1e-6
    for _ in range(4):
        way = random.normal(0.0, 1.0, form.numbers.shape)
        there = order(form.numbers + size * way, form.terms).worst
        by_difference = (there - start.worst) / size
        by_rows = (linear(form.numbers + size * way) - start.worst) / size
        assert by_rows == pytest.approx(by_difference, rel=1e-3, abs=1e-2)
        assert abs(by_difference) > 0.01


def test_a_step_that_the_conditions_ask_for_mends_a_fold() -> None:
    form = packaged(())
    numbers = form.numbers.copy()
    numbers[8:12, 0] += [0.1, -0.1, 0.1, -0.1]
    held = order(numbers, form.terms)
    assert held.worst < 0.0
    values = held.rows @ numbers.ravel() - held.least + WANTED
    assert values.min() == pytest.approx(held.worst, abs=1e-9)
    assert (values < NEARLY).all()
    step = np.linalg.lstsq(held.rows, held.least - held.rows @ numbers.ravel(), rcond=1e-6)[0]
    better = numbers + 0.2 * step.reshape(numbers.shape)
    assert order(better, form.terms).worst > held.worst


# --- the fit -------------------------------------------------------------------------------------


@pytest.mark.parametrize("given", [("skew", "vvix"), ("vvix",), ()])
def test_a_known_form_comes_back(given: tuple[str, ...]) -> None:
    """Quotes made from a form that is free of arbitrage: the fit of them gives their vols again."""
    rows, clusters = rows_of(packaged(given), clusters=20)
    problem = problem_of(rows, given, clusters)
    form = problem.form()
    assert form.terms == FORMS[given]
    x, y = problem.design.x, problem.design.y
    missed = np.abs(x @ form.numbers.ravel() - y) * problem.design.scale
    near = rows.delta[problem.rows] > 0.03
    # A vol point is 0.01; the penalties, made for ten times as many quotes, leave a part of one.
    assert np.median(missed) < 0.004
    assert np.quantile(missed[near], 0.9) < 0.01
    other, _ = rows_of(packaged(given), seed=9)
    again = predicted(other, form, given, alone=False)
    exact = predicted(other, packaged(given), given, alone=False)
    assert np.median(np.abs(again - exact)) < 0.004


def test_quotes_with_arbitrage_give_a_form_without() -> None:
    """A kink in every quote, too sharp for prices to be convex: the form keeps in order."""
    rows, clusters = rows_of(packaged(()))
    root = rows.strip * np.sqrt(rows.years)
    bent = rows.vol * (1.0 + 0.25 * np.exp(-np.square((rows.log_strike / root + 1.0) / 0.35)))
    problem = problem_of(replace(rows, vol=bent), (), clusters)
    form = problem.form()
    assert order(form.numbers, form.terms).worst > 0.0
    free = np.linalg.lstsq(problem.design.x, problem.design.y, rcond=1e-6)[0]
    assert order(free.reshape(form.numbers.shape), form.terms).worst < 0.0


def test_one_quote_far_off_hardly_counts() -> None:
    rows, clusters = rows_of(packaged(()))
    wild = rows.vol.copy()
    wild[::97] *= 1.5
    one = problem_of(rows, (), clusters).form()
    other = problem_of(replace(rows, vol=wild), (), clusters).form()
    middle = slice(6, 18)
    assert np.abs((one.numbers - other.numbers)[middle, 0]).max() < 0.03


def test_the_same_rows_give_the_same_form() -> None:
    rows, clusters = rows_of(packaged(("skew",)))
    one, other = (problem_of(rows, ("skew",), clusters).form() for _ in range(2))
    assert one.numbers.tobytes() == other.numbers.tobytes()


def test_weights_by_hand() -> None:
    """One vote for each cluster and span of days, however many quotes it has; less for far ones."""
    rows, clusters = rows_of(packaged(()), clusters=2)
    even = replace(rows, strip=np.full(len(rows), 0.18), delta=np.where(rows.call, 0.3, 0.01))
    part = even.where(np.flatnonzero((even.number == 0) | (even.days < 30.0)))
    found = design(part, FORMS[()], clusters)
    assert found.weight.sum() == pytest.approx(len(part))
    far = found.weight[part.delta < 0.05]
    near = found.weight[part.delta > 0.05]
    for number, days in ((0, 5.0), (0, 90.0), (1, 20.0)):
        own = (part.number == number) & (part.days == days)
        share = (
            found.weight[own].sum() / found.weight[(part.number == 0) & (part.days == 5.0)].sum()
        )
        assert share == pytest.approx(1.0)
        ratio = (
            found.weight[own & (part.delta < 0.05)][0] / found.weight[own & (part.delta > 0.05)][0]
        )
        assert ratio == pytest.approx(FAR_WEIGHT)
    assert far.max() < near.min()
    # Twice as many quotes of one slice: half the weight each.
    double = part.where(np.concatenate((np.arange(len(part)), np.flatnonzero(part.series == 0))))
    again = design(double, FORMS[()], clusters).weight
    first = double.series == 0
    assert again[first].sum() / again.sum() == pytest.approx(
        found.weight[part.series == 0].sum() / found.weight.sum()
    )


def test_an_error_counts_by_the_level() -> None:
    """The square of the strip's vol over 18 %, within 0.5 and 2."""
    rows, clusters = rows_of(packaged(()), clusters=4)
    strip = np.array([0.05, 0.18, 0.27, 0.80])[rows.number]
    weight = design(replace(rows, strip=strip, delta=np.full(len(rows), 0.3)), FORMS[()], clusters)
    sums = [weight.weight[rows.number == n].sum() for n in range(4)]
    assert (np.array(sums) / sums[1]).tolist() == pytest.approx([0.25, 1.0, 2.25, 4.0])


def test_rows_that_lack_what_a_form_needs_are_left_out() -> None:
    rows, clusters = rows_of(packaged(("skew", "vvix")))
    gone = replace(rows, vvix=np.where(rows.number < 5, np.nan, rows.vvix))
    problem = problem_of(gone, ("skew", "vvix"), clusters)
    assert set(rows.number[problem.rows]) == set(range(5, 12))
    ranges = problem.form().ranges
    low, high = ranges["vvix"]
    own = rows.vvix[rows.number >= 5]
    assert low <= own.min() < low + 1.5
    assert high - 1.5 < own.max() <= high
    assert set(ranges) == {"vix", "skew", "vvix"}


def test_a_form_clips_by_the_rows_that_it_was_fitted_on() -> None:
    rows, clusters = rows_of(packaged(()))
    highest = rows.vix == rows.vix.max()
    problem = problem_of(rows, (), clusters)
    assert problem.form().ranges["vix"][1] >= rows.vix.max()
    assert problem.form(~highest).ranges["vix"][1] < rows.vix.max()


def test_a_slice_is_thinned_evenly() -> None:
    rows, clusters = rows_of(packaged(()), clusters=1)
    many = rows.where(np.sort(np.concatenate([np.flatnonzero(rows.series == 0)] * 3)))
    problem = problem_of(many, (), clusters)
    assert len(problem.rows) == MOST_A_SLICE
    chosen = many.log_strike[problem.rows]
    assert chosen.min() == many.log_strike.min()
    assert chosen.max() == many.log_strike.max()


# --- errors --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def whole() -> tuple[Rows, np.ndarray, Problem]:
    rows, clusters = rows_of(packaged(()), clusters=5)
    return rows, clusters, problem_of(rows, (), clusters)


def test_a_group_does_not_see_itself(whole: tuple[Rows, np.ndarray, Problem]) -> None:
    """Whatever its quotes are: what is predicted of a group stays as it was."""
    rows, clusters, problem = whole
    groups = clusters[rows.number]
    before = left_out(rows, groups, problem, alone=False)
    own = rows.number == 2
    other = replace(rows, vol=np.where(own, 1.1 * rows.vol, rows.vol))
    after = left_out(other, groups, problem_of(other, (), clusters), alone=False)
    assert after[own].tolist() == before[own].tolist()
    assert not np.allclose(after[~own], before[~own], atol=1e-5)
    seen = predicted(other, problem_of(other, (), clusters).form(), (), alone=False)
    assert not np.allclose(seen[own], before[own], atol=1e-5)


def test_rows_without_a_group_are_predicted_by_none(
    whole: tuple[Rows, np.ndarray, Problem],
) -> None:
    rows, _, problem = whole
    groups = np.where(rows.number == 1, "one", "")
    found = left_out(rows, groups, problem, alone=False)
    assert np.isfinite(found[rows.number == 1]).all()
    assert np.isnan(found[rows.number != 1]).all()
    form = problem.form(rows.number != 1)
    own = rows.where(rows.number == 1)
    np.testing.assert_array_equal(found[rows.number == 1], predicted(own, form, (), alone=False))


def test_predictions_are_those_of_the_surface(whole: tuple[Rows, np.ndarray, Problem]) -> None:
    rows, _, problem = whole
    form = problem.form()
    for alone in (False, True):
        found = predicted(rows, form, (), alone=alone)
        for series in (0, 7, 19):
            own = np.flatnonzero(rows.series == series)
            first = own[0]
            level = (rows.alone if alone else rows.curve)[first]
            years = float(rows.years[first])
            surface = Surface(State(vix=float(rows.vix[first])), form)
            scale = surface.scale_for(float(level), years)
            z = rows.log_strike[own] / (scale * math.sqrt(years))
            expected = scale * surface.shape(scale * scale * years).at(z)
            np.testing.assert_allclose(found[own], expected, rtol=1e-12)
    unknown = replace(rows, skew=np.full(len(rows), np.nan))
    assert np.isnan(predicted(unknown, packaged(("skew",)), ("skew",), alone=False)).all()


def test_sizes_by_hand() -> None:
    missed = np.array([1.0, -2.0, 3.0, np.nan, 10.0, -20.0])
    groups = np.array(["a", "a", "a", "a", "b", "c"])
    keep = np.array([True, True, True, True, True, False])
    half, most, mean_half, mean_most, count = sizes(missed, keep, groups)
    assert (half, count) == (2.5, 4.0)
    assert most == pytest.approx(np.quantile([1.0, 2.0, 3.0, 10.0], 0.9))
    assert mean_half == pytest.approx((2.0 + 10.0) / 2.0)
    assert mean_most == pytest.approx((np.quantile([1.0, 2.0, 3.0], 0.9) + 10.0) / 2.0)
    assert math.isnan(sizes(missed, np.zeros(6, dtype=np.bool_), groups)[0])


def test_a_condor_by_hand() -> None:
    """Strikes 5 apart; vols 10 % higher than real: the credit of four legs, by Black-76."""
    strike = np.arange(2_400.0, 3_400.0, 5.0)
    years, count = 45.0 / 365.0, 200
    vol = np.full(count, 0.18)
    call = strike >= FORWARD
    rows, _ = rows_of(packaged(()), clusters=5)
    slice_of = rows.where(np.zeros(count, dtype=np.int64))
    known = greeks(FORWARD, strike, years, vol, discount=1.0, call=call)
    rows = replace(
        slice_of,
        days=np.full(count, 45.0),
        years=np.full(count, years),
        strike=strike,
        log_strike=np.log(strike / FORWARD),
        vol=vol,
        delta=np.abs(known.delta),
        call=call,
    )
    (found,) = condors(rows, 1.1 * vol, days=(38.0, 52.0))
    put = strike[~call][np.argmin(np.abs(np.abs(known.delta[~call]) - 0.16))]
    above = strike[call][np.argmin(np.abs(np.abs(known.delta[call]) - 0.16))]
    credit = [
        sum(
            sign * float(black76(FORWARD, k, years, v, discount=1.0, call=way))
            for k, way, sign in (
                (put, False, 1.0),
                (put - 50.0, False, -1.0),
                (above, True, 1.0),
                (above + 50.0, True, -1.0),
            )
        )
        for v in (0.18, 0.198)
    ]
    assert found.missed == pytest.approx(credit[1] / credit[0] - 1.0)
    assert found.days == 45.0
    assert condors(rows, vol, days=(10.0, 20.0)) == []
    lacking = rows.where(np.flatnonzero(rows.strike != above + 50.0))
    assert condors(lacking, lacking.vol, days=(38.0, 52.0)) == []


def test_the_file_is_as_the_smile_reads_it(whole: tuple[Rows, np.ndarray, Problem]) -> None:
    _, _, problem = whole
    form = problem.form()
    every = {given: replace(form, terms=FORMS[()]) for given in GIVENS}
    seen = [date(2018, 1, 2) + timedelta(days=n) for n in range(16)]
    text = _text(every, seen)
    assert tomllib.loads(text)["fitted_on"] == seen
    assert max(map(len, text.split("numbers")[0].splitlines())) <= 100
    read = forms(tomllib.loads(text))
    assert set(read) == {("skew" in given, "vvix" in given) for given in GIVENS}
    for again in read.values():
        np.testing.assert_allclose(again.numbers, form.numbers, atol=5.1e-5)
        assert again.ranges == dict(form.ranges)
        assert again.terms == form.terms
    assert text.isascii()


def test_flat_quotes_need_no_terms_but_the_constant() -> None:
    rows, clusters = rows_of(packaged(()), clusters=6)
    problem = design(rows, FORMS[()], clusters)
    found = fitted(replace(problem, y=np.ones(len(rows))), FORMS[()])
    quoted = slice(1, -1)  # at the outermost knots there are no quotes
    assert found[quoted, 0] == pytest.approx(np.ones(len(KNOTS) - 2), abs=0.02)
    assert np.abs(found[quoted, 1:]).max() < 0.02
