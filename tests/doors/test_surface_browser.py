"""The page of a surface in Chromium: no error, no request, no sideways scroll, and it answers."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from steward.doors import pages
from steward.doors.surface.page import render
from steward.doors.surface.work import Fitted
from steward.pricing.surface import QuotedSeries, fit_surface
from steward.terms.calendar import NEW_YORK
from steward.terms.contracts import Expiry

from ..pricing.surface.by_hand import SESSION, curve, index_smile, quotes_of

pytestmark = pytest.mark.slow


def fitted() -> Fitted:
    """SPX of six expiries on two clocks, the last one poor; and one of VIX."""
    series = []
    for days, root in ((7, "SPXW"), (30, "SPXW"), (45, "SPX"), (61, "SPXW"), (108, "SPX")):
        series.append(_series(root, days, reach=(-5.0, 3.0)))
    series.append(_series("SPXW", 200, reach=(-3.0, 0.4)))
    surfaces = (
        fit_surface(SESSION, "SPX", series, curve=curve, curve_name="a curve", spot=2430.0),
        fit_surface(SESSION, "VIX", [_series("VIX", 30, reach=(-2.0, 2.5))], curve=curve),
    )
    moment = datetime(2017, 6, 5, 16, 15, tzinfo=NEW_YORK)
    return Fitted(
        session=SESSION,
        surfaces=surfaces,
        moments=(moment, moment),
        snapshots=("eod", "eod"),
        quotes=(900, 100),
        settled=(0, 12),
        others=0,
        names=("own.csv",),
    )


def _series(root: str, days: int, *, reach: tuple[float, float]) -> QuotedSeries:
    years = days / 365.0
    on_vix = root == "VIX"
    quotes = quotes_of(
        index_smile(years, vol=0.9 if on_vix else 0.14),
        years,
        forward=14.0 if on_vix else 2436.0,
        half=0.01 if on_vix else 0.002,
        step=0.5 if on_vix else 10.0,
        reach=reach,
        noise=1.05,
        seed=days,
    )
    day: date = SESSION + timedelta(days=days)
    expiry = Expiry(root=root, day=day, settlement="PM" if root == "SPXW" else "AM")
    return QuotedSeries(expiry=expiry, years=years, quotes=quotes)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    path: Path = tmp_path_factory.mktemp("page") / "surface.html"
    pages.write(render(fitted()), path)
    return path.as_uri()


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
    page.wait_for_selector("#rate-chart .plot-container")
    wide = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    panels = page.evaluate("document.querySelectorAll('.panel .main-svg').length")
    page.close()
    assert noise == []
    assert requests == [address]
    assert wide[0] <= wide[1]
    assert panels >= 5


def test_the_page_answers(browser: Any, address: str) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(address)
    page.wait_for_selector("#rate-chart .plot-container")
    poor = page.evaluate(
        """() => [...document.querySelectorAll('#slice-choice option')]
             .findIndex((option) => option.textContent.includes('poor'))"""
    )
    assert poor >= 0
    page.select_option("#slice-choice", str(poor))
    assert page.text_content("#slice-verdict").startswith("poor: calls do not reach")
    lines = page.evaluate("document.getElementById('order-chart').data.length")
    page.select_option("#clock-choice", "AM")
    assert page.evaluate("document.getElementById('order-chart').data.length") == 2 != lines
    values = page.evaluate("document.getElementById('order-chart').data.map((line) => line.y[40])")
    assert np.all(np.diff(values) > 0.0)
    page.select_option("#surface-choice", "1")
    assert page.evaluate("document.querySelectorAll('.panel').length") == 1
    assert "VIX" in page.text_content(".panel h3")
    assert not page.is_visible("#order-chart")
    assert "each on a future of their own" in page.text_content("#order-none")
    page.select_option("#surface-choice", "0")
    assert page.is_visible("#order-chart")
    assert not page.is_visible("#order-none")
    page.close()


def test_a_verdict_is_read_on_a_phone(browser: Any, address: str) -> None:
    """With its reasons, before anybody swipes."""
    page = browser.new_page(viewport={"width": 390, "height": 900})
    page.goto(address)
    edges = page.evaluate(
        """() => [...document.querySelectorAll('#fits-0 .why, #fits-0 .good')]
             .map((one) => one.getBoundingClientRect().right)"""
    )
    page.close()
    assert len(edges) == 6
    assert max(edges) <= 390
