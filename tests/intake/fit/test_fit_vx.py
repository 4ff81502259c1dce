"""The fit of VIX futures finds a curve it was made from, leaves years out, and repeats itself."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from steward.intake.fit.robust import robust, sums
from steward.intake.fit.sources import Sources
from steward.intake.fit.vx import FORMS, fit_vx, left_out_futures, tolerance
from steward.intake.fit.vx_rows import Settled, fitted, settled
from steward.market.history import History
from steward.pricing.term import TermTable
from steward.pricing.vx_curve import VxCurve, curves_of
from steward.terms import calendar, listing
from steward.terms.errors import StewardError

from ...pricing.vix_by_hand import walk, world

SESSIONS = calendar.sessions(date(2012, 1, 3), date(2015, 12, 31))
NAMES = ("one", "level", "over_21", "over_63", "over_252", "realised")
NOISE = 0.01


def made(noise: float = NOISE) -> History:
    """Settlements that the packaged curve of VIX and SPX gives, each off by some noise."""
    vix = walk(len(SESSIONS), seed=9, level=18.0)
    plain = world(vix, sessions=SESSIONS)
    curve = VxCurve(plain, TermTable(plain))
    draw = np.random.default_rng(4)
    rows = [
        (day, expiry, curve.modelled(day, expiry) * float(np.exp(draw.normal(0.0, noise))))
        for day in SESSIONS[40::2]
        for expiry in listing.vx_series(day)[:7]
    ]
    return world(vix, sessions=SESSIONS, settled=rows)


HISTORY = made()
ROWS = settled(HISTORY)


def without_year(rows: Settled, year: int, factor: float) -> Settled:
    """The settlements of one year all wrong by a factor."""
    return replace(rows, settle=np.where(rows.year == year, factor * rows.settle, rows.settle))


def test_a_curve_is_found_again_from_its_own_settlements() -> None:
    """A percent of noise on each: the fitted curve lies within a fifth of that of the true one."""
    found = fitted(ROWS, "VIX, SPX", NAMES, 0.05, forward=False)
    curve = VxCurve(HISTORY, TermTable(HISTORY))
    days = zip(ROWS.session.tolist(), ROWS.expiry.tolist(), strict=True)
    true = np.array([curve.modelled(session, expiry) for session, expiry in days])
    assert np.median(np.abs(found.within / true - 1.0)) < 0.2 * NOISE
    assert np.median(np.abs(found.left_out / true - 1.0)) < 0.4 * NOISE


def test_a_year_left_out_is_not_seen() -> None:
    """Its settlements 30 % wrong: predictions of that year stay, those of others move."""
    before = fitted(ROWS, "", NAMES, 0.05, forward=False).left_out
    after = fitted(without_year(ROWS, 2014, 1.3), "", NAMES, 0.05, forward=False).left_out
    same = ROWS.year == 2014
    np.testing.assert_allclose(after[same], before[same], rtol=0.003)
    assert np.median(np.abs(after[~same] / before[~same] - 1.0)) > 0.01


def test_a_few_wild_settlements_bend_nothing() -> None:
    wild = ROWS.settle.copy()
    wild[::97] *= 4.0
    clean = fitted(ROWS, "", NAMES, 0.05, forward=False).within
    bent = fitted(replace(ROWS, settle=wild), "", NAMES, 0.05, forward=False).within
    assert np.median(np.abs(bent / clean - 1.0)) < 0.01


def test_the_form_that_is_written_prices_as_the_fit_does() -> None:
    """Coefficients through the file, to its five digits."""
    found = fitted(ROWS, "VIX, SPX", NAMES, 0.05, forward=False)
    form = found.form
    row = {
        "label": form.label,
        "terms": list(form.terms),
        "coefficients": form.coefficients.round(5).tolist(),
        "season": [list(pair) for pair in form.season],
        "forward": list(form.forward),
        "low": form.low.tolist(),
        "high": form.high.tolist(),
    }
    read = curves_of({"form": [row], "bound": {"above_forward": 0.05}}).forms[0]
    assert read.terms == form.terms
    np.testing.assert_allclose(read.coefficients, form.coefficients, atol=5.1e-6)
    assert read.season == form.season


def test_ridge_of_nothing_is_least_squares_and_weights_find_outliers() -> None:
    """numpy.linalg.lstsq is the witness of the plain fit."""
    draw = np.random.default_rng(2)
    design = np.column_stack([np.ones(400), draw.normal(size=(400, 3))])
    true = np.array([0.5, -1.0, 2.0, 0.25])
    target = design @ true + draw.normal(0.0, 0.02, 400)
    plain = sums(design, target, np.ones(400)).solved(np.zeros(4))
    np.testing.assert_allclose(plain, np.linalg.lstsq(design, target, rcond=None)[0], rtol=1e-7)
    part = slice(0, 150)
    first = sums(design[part], target[part], np.ones(150))
    rest = sums(design, target, np.ones(400)).less(first).solved(np.zeros(4))
    alone = np.linalg.lstsq(design[150:], target[150:], rcond=None)[0]
    np.testing.assert_allclose(rest, alone, rtol=1e-7)
    target[:20] += 5.0
    numbers, weight = robust(design, target, np.zeros(4), 0.05)
    np.testing.assert_allclose(numbers, true, atol=0.02)
    assert weight[:20].max() < 0.02 < np.median(weight[20:])
    shrunk = sums(design, target, np.ones(400)).solved(np.full(4, 1.0))
    assert np.linalg.norm(shrunk) < np.linalg.norm(plain)


def test_a_folder_without_futures_is_refused() -> None:
    with pytest.raises(StewardError, match="no VIX futures"):
        settled(world())


# --- real settlements ----------------------------------------------------------------------------


@pytest.mark.slow
def test_the_packaged_file_is_what_the_data_say(shared_data: Path) -> None:
    """Fitted twice: the same bytes, and the errors and bound of the packaged file."""
    one, two = (fit_vx(Sources(shared_data)) for _ in range(2))
    assert one == two
    assert one.name == "vx"
    fresh = tomllib.loads(one.text)
    path = Path(__file__).parents[3] / "src" / "steward" / "pricing" / "files" / "vx.toml"
    packaged = tomllib.loads(path.read_text("utf-8"))
    assert [form["label"] for form in fresh["form"]] == [label for label, _, _ in FORMS]
    for new, old in zip(fresh["form"], packaged["form"], strict=True):
        for key in ("error_below_25", "error_from_25", "error_from_35"):
            np.testing.assert_allclose(new[key], old[key], atol=0.05)
    keys = [table.key for table in one.tables]
    assert len(keys) == len(set(keys))
    assert all(len(row) == len(table.columns) for table in one.tables for row in table.rows)
    assert all(cell != "nan" for table in one.tables for row in table.rows for cell in row)


@pytest.mark.slow
def test_years_left_out_are_worse_than_all_of_them(shared_data: Path) -> None:
    sources = Sources(shared_data)
    rows = settled(sources.history)
    label, names, forward = FORMS[0]
    found = fitted(rows, label, names, tolerance(rows), forward=forward)
    known = np.isfinite(found.left_out)
    out, within = (
        np.median(np.abs(rows.settle - price)[known]) for price in (found.left_out, found.within)
    )
    assert within < out < 1.5 * within
    every = left_out_futures(sources)
    assert len(every) == len(rows.settle)
    assert np.all(np.isfinite(list(every.values())))
