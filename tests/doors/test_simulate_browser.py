"""The page of simulated paths in Chromium: no error, no request, and axes that can be read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from steward.doors import pages
from steward.doors.simulate.making import Made, Wish
from steward.doors.simulate.page import render
from steward.market.paths.regimes import simulate_regime

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    wish = Wish(
        generator="model",
        regime="crash_1987",
        paths=1,
        years=3.0,
        seed=1,
        start=None,
        data=None,
        facts=True,
        prices=False,
        engine="numpy",
    )
    paths = simulate_regime("crash_1987", seed=1, years=3.0)
    window = {"first": "1990-01-02", "last": "2026-08-31", "priced_from": "2006-03-01"}
    made = Made(wish=wish, paths=paths, facts=(), priced=None, window=window, seconds=0.0)
    path: Path = tmp_path_factory.mktemp("page") / "simulated.html"
    pages.write(render(made), path)
    return path.as_uri()


@pytest.mark.parametrize("width", [390, 1280])
def test_it_opens_clean_and_its_axes_have_labels(browser: Any, address: str, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900})
    noise: list[str] = []
    requests: list[str] = []
    page.on("console", lambda message: noise.append(message.text))
    page.on("pageerror", lambda error: noise.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    page.goto(address)
    page.wait_for_selector("#vix-chart .plot-container")
    labels = page.evaluate(
        """() => ["spx-chart", "vix-chart"].map((id) =>
             [...document.getElementById(id).querySelectorAll('.ytick text')].length)"""
    )
    wide = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    page.close()
    assert (noise, requests) == ([], [address])
    assert min(labels) >= 3
    assert wide[0] <= wide[1]


def test_labels_of_a_logarithmic_axis_stand_apart_on_a_phone(browser: Any, address: str) -> None:
    """A phone's picture has 205 pixels of height for labels of 12: 15 from one to the next."""
    page = browser.new_page()
    page.goto(address)
    page.wait_for_selector("#vix-chart .plot-container")
    nearest = page.evaluate(
        """() => {
          let nearest = 1e9;
          for (let low = 1; low < 10; low *= 1.05) {
            for (let span = 1.001; span < 3000; span *= 1.05) {
              const { range: [from, to], tickvals } = Page.logAxis([low, low * span], {});
              const at = tickvals.map((tick) => 205 * (Math.log10(tick) - from) / (to - from));
              for (let i = 1; i < at.length; i++) nearest = Math.min(nearest, at[i] - at[i - 1]);
            }
          }
          return nearest;
        }"""
    )
    page.close()
    assert 15 <= nearest < 205


def test_a_logarithmic_axis_has_labels_however_near_its_values_lie(
    browser: Any, address: str
) -> None:
    page = browser.new_page()
    page.goto(address)
    page.wait_for_selector("#vix-chart .plot-container")
    found = page.evaluate(
        """() => [1, 1.001, 1.05, 1.3, 2, 4, 9, 30, 400, 1e5].flatMap((span) =>
             [0.0007, 0.03, 9.7, 100, 4321].map((low) => {
               const axis = Page.logAxis([low, low * span]);
               const [from, to] = axis.range.map((power) => Math.pow(10, power));
               return [axis.tickvals.length, axis.tickvals[0] >= from * 0.9999,
                 axis.tickvals.at(-1) <= to * 1.0001, new Set(axis.ticktext).size];
             }))"""
    )
    none = page.evaluate("() => Page.logAxis([], {}).tickvals === undefined")
    page.close()
    assert none
    for count, above, below, different in found:
        assert 3 <= count <= 9
        assert above
        assert below
        assert different == count
