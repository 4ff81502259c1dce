"""The fit of VVIX finds a line it was made from, and says which data it needs."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from steward.intake.fit.sources import Sources
from steward.intake.fit.vvix import FORMS, fit_vvix, left_out_vvix
from steward.market.history import History
from steward.pricing.term import TermTable
from steward.pricing.vx_state import state_terms
from steward.terms import calendar
from steward.terms.errors import StewardError

from ...pricing.vix_by_hand import walk, world

SESSIONS = calendar.sessions(date(2012, 1, 3), date(2015, 12, 31))


def made(*, wrong_year: int = 0) -> tuple[History, np.ndarray]:
    """ln VVIX is 4.5 + 0.2 level + 0.3 over_63 + 0.4 moved; doubled in a year that is wrong."""
    vix = walk(len(SESSIONS), seed=9, level=18.0)
    plain = world(vix, sessions=SESSIONS)
    known = state_terms(plain, TermTable(plain))
    log = 4.5 + 0.2 * known["level"] + 0.3 * known["over_63"] + 0.4 * known["moved"]
    value = np.exp(log)
    given = value * np.where([day.year == wrong_year for day in SESSIONS], 2.0, 1.0)
    series = {"vvix": given, "vix3m": 1.1 * vix, "skew": np.full(len(vix), 125.0)}
    return world(vix, sessions=SESSIONS, series=series), value


def test_a_line_is_found_again() -> None:
    history, value = made()
    found = left_out_vvix(history, "VIX")
    known = np.isfinite(found)
    assert known.sum() > 900
    assert np.median(np.abs(found[known] / value[known] - 1.0)) < 0.002


def test_a_year_left_out_is_not_seen() -> None:
    history, _ = made()
    wrong, _ = made(wrong_year=2014)
    year = np.array([day.year for day in SESSIONS])
    before, after = left_out_vvix(history, "VIX"), left_out_vvix(wrong, "VIX")
    np.testing.assert_allclose(after[year == 2014], before[year == 2014], rtol=0.005)


def test_a_folder_without_vvix_is_refused() -> None:
    with pytest.raises(StewardError, match=r"vvix_daily\.csv"):
        left_out_vvix(world(), "VIX")


@pytest.mark.slow
def test_the_packaged_file_is_what_the_data_say(shared_data: Path) -> None:
    one, two = (fit_vvix(Sources(shared_data)) for _ in range(2))
    assert one == two
    fresh = tomllib.loads(one.text)
    path = Path(__file__).parents[3] / "src" / "steward" / "pricing" / "files" / "vvix.toml"
    packaged = tomllib.loads(path.read_text("utf-8"))
    assert [form["label"] for form in fresh["form"]] == [label for label, _ in FORMS]
    for new, old in zip(fresh["form"], packaged["form"], strict=True):
        for key in ("percent_below_20", "percent_below_30", "percent_from_30"):
            np.testing.assert_allclose(new[key], old[key], atol=0.3)
    assert all(len(row) == len(table.columns) for table in one.tables for row in table.rows)
