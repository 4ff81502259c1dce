"""The embedded default: what the installed package gives, and what is said when it does not."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from steward.market.history import History
from steward.market.vendors.arch_history import BILL_BY_YEAR, arch_history
from steward.market.vendors.data_folder import folder_history
from steward.terms import calendar
from steward.terms.errors import StewardError


@pytest.fixture(scope="module")
def default() -> History:
    return arch_history()


def test_the_default_runs_from_2014_to_2018(default: History) -> None:
    assert (default.sessions[0], default.sessions[-1]) == (date(2014, 1, 3), date(2018, 12, 31))
    assert default.sessions == calendar.sessions(default.sessions[0], default.sessions[-1])
    assert np.isfinite(default.spx.close).all()
    assert np.isfinite(default.spx.open).all()
    assert np.isfinite(default.vix.close).all()
    assert np.isnan(default.vix.open).all()
    assert default.spx_before_days[0] == date(1999, 1, 4)
    assert default.spx_before_days[-1] == date(2014, 1, 2)
    assert default.futures is None


def test_the_package_itself_is_not_imported() -> None:
    """It would bring pandas and cost a second."""
    code = (
        "import sys; from steward.market.vendors.arch_history import arch_history; arch_history(); "
        "print(sorted({'arch', 'pandas', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_bills_are_a_stated_constant_by_year(default: History) -> None:
    bills = default.series["bill_constant"]
    assert list(default.series) == ["bill_constant"]
    years = [day.year for day in bills.period.tolist()]
    assert dict(zip(years, bills.value.tolist(), strict=True)) == BILL_BY_YEAR
    assert any("No signal reads it" in note for note in default.notes)


def test_every_note_that_a_page_needs_is_there(default: History) -> None:
    for word in ("2008, 2020 and 2022", "closes only", "FOMC"):
        assert any(word in note for note in default.notes), word


@pytest.mark.parametrize("found", [None, SimpleNamespace(origin=None)])
def test_without_the_package_the_way_out_is_said(
    monkeypatch: pytest.MonkeyPatch, found: object
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: found)
    with pytest.raises(StewardError, match="needs the data of the arch package: pip install"):
        arch_history()


def test_a_package_without_its_data_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    spec = SimpleNamespace(origin=str(tmp_path / "__init__.py"))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: spec)
    with pytest.raises(StewardError, match=r"has no data/sp500/sp500\.csv\.gz"):
        arch_history()


def test_the_default_and_the_shared_folder_tell_the_same_days(
    default: History, shared_data: Path
) -> None:
    """SOURCES: closes equal to 0.0002 before rounding, VIX on all common days; opens too."""
    real = folder_history(shared_data)
    rows = [real.index(d) for d in default.sessions]
    np.testing.assert_allclose(real.spx.close[rows], default.spx.close, rtol=0.0, atol=0.0101)
    np.testing.assert_array_equal(real.vix.close[rows], default.vix.close)
    same = np.abs(real.spx.open[rows] - default.spx.open) <= 0.0101
    assert same.mean() > 0.99
