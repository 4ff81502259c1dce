"""Fits of widths: quotes made from known numbers give them back; the real ones give our file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from importlib import resources
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from steward.intake.fit.least_absolute import regressed
from steward.intake.fit.snapshots import snapshots
from steward.intake.fit.sources import Sources
from steward.intake.fit.spread_errors import spx_tables, vix_tables
from steward.intake.fit.spread_rows import Rows, spx_rows, vix_rows
from steward.intake.fit.spread_text import Numbers, written
from steward.intake.fit.spreads import ERAS, fit_spx
from steward.intake.fit.vix_spreads import VIX_DAYS, fit_vix
from steward.pricing.spreads import Spreads, fitted, parse

SPOT = 3000.0
PREMIUMS = (0.4, 0.8, 1.0, 1.6, 2.4, 3.5, 6.0, 10.0, 18.0, 30.0, 55.0, 100.0, 200.0)
DEPTHS = (0.007, 0.012, 0.022, 0.033, 0.044, 0.06, 0.085, 0.12, 0.2, 0.4, 0.7)
DAYS = (3.0, 12.0, 25.0, 45.0, 80.0, 250.0)
LEVELS = (11.0, 18.0, 26.0)

SESSIONS = (
    *(date(2011, 1, 4), date(2011, 1, 6), date(2013, 4, 19), date(2013, 6, 24)),
    *(date(2018, 1, 4), date(2019, 3, 1)),
    *(date(2020, 12, 1), date(2022, 3, 2), date(2023, 3, 1), date(2025, 3, 3), date(2026, 3, 2)),
)


def blank(sessions: tuple[date, ...], deep: bool) -> pl.DataFrame:
    """Rows without widths: each session at each tenor, at each premium and depth."""
    parts = []
    for n, session in enumerate(sessions):
        for m, days in enumerate(DAYS):
            intrinsic = [0.0] * len(PREMIUMS) + [SPOT * d for d in DEPTHS if deep]
            mid = [*PREMIUMS, *(x + 5.0 for x in intrinsic[len(PREMIUMS) :])]
            parts.append(
                pl.DataFrame(
                    {
                        "session": session,
                        "cluster": f"{session}",
                        "kind": "close",
                        "days": days,
                        "mid": mid,
                        "spread": 1.0,
                        "intrinsic": intrinsic,
                        "delta": 0.2,
                        "otm": [x == 0.0 for x in intrinsic],
                        "at": n * len(DAYS) + m,
                    }
                )
            )
    return pl.concat(parts)


def rows_of(sessions: tuple[date, ...], spreads: Spreads, *, spx: bool) -> Rows:
    """Quotes as wide as the model says, three levels of VIX in turn."""
    vix = {
        (session, "close"): np.full(8, LEVELS[n % len(LEVELS)])
        for n, session in enumerate(sessions)
    }
    spot = dict.fromkeys(vix, SPOT) if spx else {}
    empty = Rows(quotes=blank(sessions, deep=spx), vix=vix, spot=spot)
    return with_widths(empty, empty.modelled(spreads, {}))


def with_widths(rows: Rows, widths: NDArray[np.float64]) -> Rows:
    spread = pl.Series("spread", widths)
    return Rows(quotes=rows.quotes.with_columns(spread), vix=rows.vix, spot=rows.spot)


@pytest.fixture(scope="module")
def made() -> Rows:
    return rows_of(SESSIONS, fitted(), spx=True)


@pytest.fixture(scope="module")
def again(made: Rows) -> Numbers:
    return fit_spx(made)


def levels(numbers: Numbers) -> Mapping[str, float]:
    return {name: points for name, _, _, points, _ in numbers.eras}


def test_least_absolute_errors_do_not_see_how_far_an_outlier_is() -> None:
    x = np.linspace(0.0, 1.0, 41)
    line = 1.0 + 2.0 * x
    line[::5] += 50.0
    quotes = pl.DataFrame({"spread": np.exp(line)})
    found = regressed((np.ones(41), x), quotes, np.ones(41))
    assert found == pytest.approx([1.0, 2.0], abs=0.02)


def test_quotes_made_from_known_numbers_give_them_back(again: Numbers) -> None:
    known = fitted()
    for row in known.numbers["era"]:
        assert levels(again)[row["name"]] == pytest.approx(row["points"], rel=0.05)
    assert again.vix_power == pytest.approx(known.numbers["vix_power"], abs=0.03)
    assert again.days_power_wide == pytest.approx(known.numbers["days_power_wide"], abs=0.03)
    assert again.step_narrow == pytest.approx(known.numbers["step_narrow"], rel=0.05)
    for row, deep in zip(known.numbers["era"], again.deep, strict=True):
        if not row["wide"]:
            one = np.interp(0.06, again.depth, again.depth_share) * deep
            other = np.interp(0.06, known.depth, known.depth_share) * row["deep"]
            assert one == pytest.approx(other, rel=0.1)


def test_twice_the_widths_of_an_era_are_twice_its_level(made: Rows, again: Numbers) -> None:
    own = made.quotes["session"].is_between(date(2022, 1, 7), date(2024, 11, 11)).to_numpy()
    widths = made.quotes["spread"].to_numpy() * np.where(own, 2.0, 1.0)
    doubled = levels(fit_spx(with_widths(made, widths)))
    for name, points in levels(again).items():
        times = 2.0 if name == "2022-24" else 1.0
        assert doubled[name] == pytest.approx(times * points, rel=0.1)


def test_an_era_that_is_left_out_lies_between_its_neighbours(made: Rows) -> None:
    rest = fit_spx(made.where(pl.col("session") != date(2020, 12, 1)))
    assert "2020" not in levels(rest)
    spreads = parse(written(rest, None))
    at = date(2020, 12, 1).toordinal()
    level = float(np.exp(np.interp(at, spreads.days, spreads.level)))
    low, high = sorted((levels(rest)["2018-19"], levels(rest)["2022-24"]))
    assert low <= level <= high


def test_without_its_one_event_a_shock_does_nothing(again: Numbers) -> None:
    spreads = parse(written(again, None))
    assert spreads.stress(np.array([12.0, 30.0])) == (0.0, 0.0)


def test_vix_quotes_made_from_known_numbers_give_them_back() -> None:
    known = fitted()
    numbers = fit_vix(rows_of(VIX_DAYS, known, spx=False))
    expected = known.vix_numbers
    assert numbers.premium_power == pytest.approx(expected["premium_power"], abs=0.02)
    assert numbers.step == pytest.approx(expected["step"], rel=0.05)
    assert numbers.days_power == pytest.approx(expected["days_power"], abs=0.03)
    for (day, points), row in zip(numbers.levels, expected["level"], strict=True):
        assert day == row["day"]
        assert points == pytest.approx(row["points"], rel=0.05)


def test_the_text_is_read_as_it_was_written(again: Numbers) -> None:
    vix = fit_vix(rows_of(VIX_DAYS, fitted(), spx=False))
    text = written(again, vix)
    read = parse(text)
    assert read.numbers["narrow"] == pytest.approx(again.narrow, rel=1e-3)
    assert read.shock["floor"] == again.floor
    assert written(again, vix) == text
    assert max(len(line) for line in text.splitlines()) <= 120


def test_tables_say_one_where_model_and_quotes_agree(made: Rows) -> None:
    widths = made.modelled(fitted(), {})
    tables = {t.key: t for t in spx_tables(made, widths, 2.0 * widths, ERAS)}
    by_era = tables["spx_spreads_by_era"]
    assert [row[0] for row in by_era.rows] == [*(era.name for era in ERAS), "all"]
    for row in by_era.rows:
        assert row[3] == "1.00 / 1.00 / 1.00"
        assert row[4] == "2.00 / 2.00 / 2.00"
    assert all(len(row) == len(t.columns) for t in tables.values() for row in t.rows)
    options = rows_of(VIX_DAYS, fitted(), spx=False)
    same = options.modelled(fitted(), {})
    for table in vix_tables(options, same, same):
        assert all(len(row) == len(table.columns) for row in table.rows)


@pytest.fixture(scope="module")
def real(shared_data: Path) -> tuple[Rows, Rows]:
    sources = Sources(shared_data)
    return spx_rows(sources, snapshots(sources)), vix_rows(sources)


@pytest.mark.slow
def test_the_packaged_file_is_what_the_real_quotes_give(real: tuple[Rows, Rows]) -> None:
    text = written(fit_spx(real[0]), fit_vix(real[1]))
    path = resources.files("steward.pricing") / "files" / "spreads.toml"
    assert text == path.read_text("utf-8")


@pytest.mark.slow
def test_medians_by_era_and_by_year_are_within_a_tenth(real: tuple[Rows, Rows]) -> None:
    spx, vix = real
    times = fitted().numbers["times"]
    out = spx.where(pl.col("otm") & (pl.col("mid") >= 0.1))
    ratio = out.modelled(fitted(), times) / out.quotes["spread"].to_numpy()
    for era in ERAS:
        own = out.quotes["session"].is_between(era.first, era.last).to_numpy()
        assert 0.9 <= float(np.median(ratio[own])) <= 1.1, era.name
    ratio = vix.modelled(fitted(), {}) / vix.quotes["spread"].to_numpy()
    years = vix.quotes["session"].dt.year().to_numpy()
    for year in np.unique(years):
        assert 0.9 <= float(np.median(ratio[years == year])) <= 1.1, year
