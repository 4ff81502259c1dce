"""The page of a data check in Chromium: no error, no request, no sideways scroll; it answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from steward.doors import data_report
from steward.intake.quality_tables import StoreQuality

pytestmark = pytest.mark.slow

CHARTS = ("quotes", "expiries", "shares", "parity", "forward", "vix")


@pytest.fixture(scope="module")
def addresses(
    long_check: StoreQuality, short_check: StoreQuality, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    folder: Path = tmp_path_factory.mktemp("pages")
    found = {}
    for name, check in (("long", long_check), ("short", short_check)):
        data_report.write(check, folder / f"{name}.html", store=name)
        found[name] = (folder / f"{name}.html").as_uri()
    return found


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["long", "short"])
def test_the_page_opens_clean(
    browser: Any, addresses: dict[str, str], name: str, width: int, scheme: str
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    noise: list[str] = []
    requests: list[str] = []
    page.on("console", lambda message: noise.append(message.text))
    page.on("pageerror", lambda error: noise.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    page.goto(addresses[name])
    for chart in CHARTS:
        page.wait_for_selector(f"#{chart}-chart .plot-container")
    wide = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    calendar = page.evaluate(
        """() => { const box = document.querySelector('#calendar svg').getBBox();
                   const view = document.querySelector('#calendar svg').viewBox.baseVal;
                   return [box.x + box.width, view.width, box.y + box.height, view.height]; }"""
    )
    page.close()
    assert noise == []
    assert requests == [addresses[name]]
    assert wide[0] <= wide[1]
    assert calendar[0] <= calendar[1] + 1
    assert calendar[2] <= calendar[3] + 1


def test_the_calendar_answers(browser: Any, addresses: dict[str, str]) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(addresses["long"])
    page.wait_for_selector("#calendar svg")
    assert page.locator("#calendar svg text.year").count() == 17  # 20 years less 2009 to 2011
    assert "2009 to 2011: no quotes" in page.text_content("#calendar")

    # It begins at the last doubtful session, where one would look first.
    assert "doubtful: 40.0 % of its quotes are stale" in page.text_content("#session-reading")
    page.locator("#session-day").focus()
    page.keyboard.press("Home")
    assert page.text_content("#session-date") == "3 Jan 2006"
    assert "good" in page.text_content("#session-reading")
    assert "stale unknown" in page.text_content("#session-reading")

    # The second square from the left, below the top: Tuesday 10 January 2006.
    page.locator("#calendar svg .at").scroll_into_view_if_needed()
    where = page.evaluate(
        """() => { const svg = document.querySelector('#calendar svg');
                   const box = svg.getBoundingClientRect(); const mark = svg.querySelector('.at');
                   const at = mark.getBoundingClientRect();
                   return [at.x + at.width / 2, at.y + at.height / 2, (box.width - 48) / 54]; }"""
    )
    page.mouse.move(where[0] + where[2], where[1])
    assert page.text_content("#session-date") == "10 Jan 2006"
    page.close()


def test_a_missing_session_says_so(browser: Any, addresses: dict[str, str]) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(addresses["long"])
    page.wait_for_selector("#calendar svg")
    page.locator("#calendar svg path.p3").scroll_into_view_if_needed()
    box = page.locator("#calendar svg path.p3").first.bounding_box()
    # March 2015 is the only hole inside a year: its Tuesdays are all sessions.
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 0.3 * box["height"])
    assert page.text_content("#session-date").endswith("Mar 2015")
    assert "missing: a session of the exchange" in page.text_content("#session-reading")
    page.close()


def test_another_chain_is_shown(browser: Any, addresses: dict[str, str]) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(addresses["long"])
    page.wait_for_selector("#vix-chart .plot-container")
    assert page.locator("#calendar svg text.year").count() == 17
    page.select_option("#chain-choice", "1")
    assert page.locator("#calendar svg text.year").count() == 1
    assert page.is_hidden("#vix-box")
    assert page.locator("table.months:visible").count() == 1
    assert page.text_content("#session-date") == "31 Dec 2025"
    page.select_option("#chain-choice", "0")
    assert page.is_visible("#vix-box")
    page.close()


def test_charts_zoom_together(browser: Any, addresses: dict[str, str]) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(addresses["long"])
    page.wait_for_selector("#vix-chart .plot-container")
    page.evaluate(
        "Plotly.relayout('quotes-chart', {'xaxis.range[0]': '2018-01-01',"
        " 'xaxis.range[1]': '2019-01-01'})"
    )
    page.wait_for_function(
        "document.getElementById('vix-chart').layout.xaxis.range[0].startsWith('2018-01-01')"
    )
    page.close()
