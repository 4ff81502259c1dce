from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from polars.testing import assert_frame_equal

from steward.analytics.trades import trades
from steward.doors import report
from steward.doors.notebook import BacktestResult


@pytest.fixture(scope="module")
def result(made_up_run: Any) -> BacktestResult:
    return BacktestResult(made_up_run)


def test_tables_are_those_of_the_run(result: BacktestResult, made_up_run: Any) -> None:
    assert_frame_equal(result.equity, made_up_run.equity)
    assert_frame_equal(result.journal, made_up_run.journal)
    assert_frame_equal(result.decisions, made_up_run.decisions)
    assert_frame_equal(result.trades, trades(made_up_run.journal))
    assert list(result.summary) == ["cash", "unhedged", "static", "article"]
    assert result.monthly().height == 4 * 58


def test_the_plot_is_whole_svg_with_a_line_a_ledger(result: BacktestResult, tmp_path: Path) -> None:
    picture = result.plot()
    root = ElementTree.fromstring(picture._repr_html_())
    lines = root.findall("{http://www.w3.org/2000/svg}polyline")
    assert len(lines) == 4
    for line in lines:
        pairs = [tuple(map(float, pair.split(","))) for pair in line.attrib["points"].split()]
        assert all(0 <= x <= 860 and 0 <= y <= 340 for x, y in pairs)
        assert [x for x, _ in pairs] == sorted(x for x, _ in pairs)
    assert "modelled quotes" in picture.svg
    assert picture.svg == result.plot().svg
    picture.save(tmp_path / "wealth.svg")
    assert (tmp_path / "wealth.svg").read_text("utf-8") == picture.svg


def test_a_notebook_shows_the_headline_and_the_label(result: BacktestResult) -> None:
    shown = result._repr_html_()
    assert "Modelled quotes: indicative, not a market." in shown
    assert "Deepest fall" in shown
    assert shown.count("<tr>") == 12
    assert "article" in repr(result)


def test_one_session_can_be_shown(short_run: Any) -> None:
    shown = BacktestResult(short_run)
    assert "<svg" in shown.plot()._repr_html_()
    assert "needs half a year" in shown._repr_html_()


def test_the_page_of_a_notebook_is_the_page_of_the_run(
    result: BacktestResult, made_up_run: Any, tmp_path: Path
) -> None:
    path = result.report(tmp_path / "report.html")
    assert path.read_text("utf-8") == report.render(made_up_run)
