"""The page of a rebuilt index in Chromium: no error, no request, no sideways scroll."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from steward.doors.index import work

pytestmark = pytest.mark.slow

WINDOW = {"start": date(2014, 3, 31), "end": date(2015, 12, 31)}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder: Path = tmp_path_factory.mktemp("page")
    mid = work.rebuilt("cndr", crossed=0.0, **WINDOW)
    work.write(mid, work.targets(page=None, levels=folder / "levels.csv", force=False))
    found = work.rebuilt("cndr", levels=folder / "levels.csv", **WINDOW)
    page = folder / "index.html"
    work.write(found, work.targets(page=page, levels=None, force=False))
    return page.as_uri()


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_opens_clean(browser: Any, address: str, width: int, scheme: str) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    noise: list[str] = []
    requests: list[str] = []
    page.on("console", lambda message: noise.append(message.text))
    page.on("pageerror", lambda error: noise.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    page.goto(address)
    page.wait_for_selector("#difference-chart .plot-container")
    wide = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    lines = page.evaluate("document.getElementById('growth-chart').data.map((one) => one.name)")
    label = page.evaluate(
        "document.getElementById('growth-chart').layout.annotations.map((one) => one.text)"
    )
    page.close()
    assert noise == []
    assert requests == [address]
    assert wide[0] <= wide[1]
    assert lines == ["CNDR rebuilt", "CNDR published"]
    assert label == ["modelled"]


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_the_heading_breaks_inside_no_day(browser: Any, address: str, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.goto(address)
    parts = page.evaluate(
        """() => [...document.querySelectorAll('h1 .amount')].map((one) =>
             [one.textContent, one.getClientRects().length])"""
    )
    page.close()
    assert parts == [["2014-03-31", 1], ["2015-12-31", 1]]


def test_published_levels_meet_the_rebuilt_ones(browser: Any, address: str) -> None:
    """Scaled to meet at their first common end of a month."""
    page = browser.new_page()
    page.goto(address)
    page.wait_for_selector("#growth-chart .plot-container")
    first = page.evaluate(
        "document.getElementById('growth-chart').data.map((one) => [one.x[0], one.y[0]])"
    )
    page.close()
    assert first[0] == first[1] == ["2014-03-31", 100]
