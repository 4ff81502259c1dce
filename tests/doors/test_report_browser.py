"""The page in Chromium: no error, no request, no sideways scroll, and it answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from steward.doors import report

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def address(made_up_run: Any, tmp_path_factory: pytest.TempPathFactory) -> str:
    path: Path = tmp_path_factory.mktemp("page") / "report.html"
    report.write(made_up_run, path)
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
    page.wait_for_selector("#drawdown-chart .plot-container")
    page.wait_for_selector("#hedge-chart .plot-container")
    wide = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    drawn = page.evaluate("document.querySelectorAll('.chart .main-svg').length")
    page.close()
    assert noise == []
    assert requests == [address]
    assert wide[0] <= wide[1]
    assert drawn >= 5


@pytest.mark.parametrize("width", [360, 390, 600, 760])
def test_no_figure_is_cut_by_the_column_that_stays(browser: Any, address: str, width: int) -> None:
    """On a phone a table begins scrolled to its end: a whole number of columns is seen then."""
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.goto(address)
    page.wait_for_selector("#drawdown-chart .plot-container")
    cut = page.evaluate(
        """() => [...document.querySelectorAll('.scroll.wide .figures tbody tr:not(.group)')]
             .flatMap((row) => {
               const edge = row.querySelector('th').getBoundingClientRect().right;
               return [...row.querySelectorAll('td')].map((cell) => cell.getBoundingClientRect())
                 .filter((box) => box.left < edge - 2 && box.right > edge + 2)
                 .map((box) => box.left);
             })"""
    )
    page.close()
    assert cut == []


@pytest.mark.parametrize("width", [390, 900, 1280])
def test_a_hint_stands_above_each_table_that_scrolls_and_above_no_other(
    browser: Any, address: str, width: int
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.goto(address)
    page.wait_for_selector("#drawdown-chart .plot-container")
    look = """() => [...document.querySelectorAll('.scroll')].map((box) => {
      const hint = box.previousElementSibling;
      return [box.getAttribute('aria-label'), box.scrollWidth > box.clientWidth + 1,
        hint.classList.contains('swipe') && hint.offsetHeight > 0];
    })"""
    found = page.evaluate(look)
    page.set_viewport_size({"width": 390, "height": 900})
    page.wait_for_timeout(300)
    turned = page.evaluate(look)
    page.close()
    for state in (found, turned):
        assert [one for one in state if one[1] != one[2]] == []
    assert sum(wide for _, wide, _ in turned) >= 4
    assert "Slippage and fees by rule" in [name for name, wide, _ in turned if wide]


def test_the_page_answers(browser: Any, address: str) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(address)
    page.wait_for_selector("#regime-chart .plot-container")

    before = page.text_content("#regime-date")
    page.locator("#regime-chart").scroll_into_view_if_needed()
    box = page.locator("#regime-chart").bounding_box()
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.3 * box["height"])
    page.mouse.move(box["x"] + 0.31 * box["width"], box["y"] + 0.3 * box["height"])
    page.wait_for_function(f"document.getElementById('regime-date').textContent !== '{before}'")
    assert "RSI is" in page.text_content("#regime-reading")

    first = page.text_content("#regime-date")
    page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 0.86 * box["height"])
    page.mouse.move(box["x"] + 0.61 * box["width"], box["y"] + 0.86 * box["height"])
    # Both follow the mouse, not at the same moment: the label of the first day may stand a while.
    page.wait_for_function(
        """first => {
            const day = document.getElementById('regime-date').textContent;
            const label = document.querySelector('#regime-chart .hoverlayer');
            return day !== first && label.textContent.includes(day);
        }""",
        arg=first,
    )
    shown = page.text_content("#regime-chart .hoverlayer")
    for text in ("Layer 1 on", "Layer 2", "RSI is", "Layer 3", "Mix", "Hedge: target"):
        assert text in shown

    page.mouse.move(2, 2)  # else a late hover on the chart moves the slider back
    page.wait_for_selector("#regime-chart .hoverlayer .legend", state="detached")
    page.locator("#regime-day").focus()
    page.keyboard.press("Home")
    assert page.text_content("#regime-date") == "2 Jan 2014"
    assert "warm-up" in page.text_content("#regime-reading")

    page.click("#equity-log")
    page.wait_for_function("document.getElementById('equity-chart').layout.yaxis.type === 'log'")
    assert page.get_attribute("#equity-log", "aria-pressed") == "true"

    inks = page.evaluate(
        """() => { const s = getComputedStyle(document.getElementById('equity-log'));
                   return [s.color, s.backgroundColor]; }"""
    )
    assert inks == ["rgb(251, 250, 247)", "rgb(27, 37, 48)"]

    page.select_option("#monthly-ledger", "0")
    assert page.locator("#monthly-table tbody:visible").count() == 1

    assert page.locator("#trades-table tbody tr").count() == 20
    assert page.locator("#trades-table svg").count() == 20
    page.select_option("[name=purpose]", "condor")
    page.select_option("[name=order]", "worst")
    first = page.text_content("#trades-table tbody tr:first-child .result")
    assert first.startswith("−$")
    label = page.get_attribute("#trades-table tbody tr:first-child svg", "aria-label")
    assert "Break-even" in label
    page.click("#trades-after")
    assert page.text_content("#trades-page").startswith("2 of")
    page.close()


def test_the_picture_of_a_condor_has_its_break_evens(browser: Any, address: str) -> None:
    """Short strikes less and plus the credit of one unit, worked out from the page's own row."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(address)
    page.select_option("[name=purpose]", "condor")
    row = page.evaluate(
        """() => {
          const t = JSON.parse(document.getElementById('report-data').textContent).trades;
          const at = Object.fromEntries(t.columns.map((c, i) => [c, i]));
          const rows = t.rows.filter((r) => r[at.purpose] === 'condor');
          const last = rows[rows.length - 1];
          return { credit: last[at.open_cash], legs: last[at.legs] };
        }"""
    )
    count = -row["legs"][1][0]
    credit = row["credit"] / 10_000 / count
    low, high = row["legs"][1][1] - credit, row["legs"][2][1] + credit
    label = page.get_attribute("#trades-table tbody tr:first-child svg", "aria-label")
    page.close()
    assert f"Break-even {low:,.0f} and {high:,.0f}" in label


def test_on_a_phone_the_main_ledger_is_in_sight(browser: Any, address: str) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(address)
    page.wait_for_selector("#regime-chart .plot-container")
    for table in ("#headline-table", "#figures-table"):
        box = page.locator(f"{table} td.main").first.bounding_box()
        assert box["x"] + box["width"] <= 390
        assert box["x"] > 100
    eve = page.evaluate(
        """() => { const box = document.getElementById('eve-table').parentElement;
                   return [box.scrollWidth, box.clientWidth]; }"""
    )
    page.close()
    assert eve[0] <= eve[1]


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
def test_calls_and_an_insolvency_are_seen(
    browser: Any, called_run: Any, tmp_path: Path, width: int, scheme: str
) -> None:
    """The banner at the top, a cross for each call within the chart, the table below it."""
    path = tmp_path / "called.html"
    report.write(called_run, path)
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    noise: list[str] = []
    page.on("console", lambda message: noise.append(message.text))
    page.on("pageerror", lambda error: noise.append(str(error)))
    page.goto(path.as_uri())
    page.wait_for_selector("#margin-chart .plot-container")
    assert page.locator("#insolvent-banner").is_visible()
    crosses = page.evaluate(
        """() => {
             const box = document.querySelector('#margin-chart .nsewdrag').getBoundingClientRect();
             return [...document.querySelectorAll('#margin-chart .scatterlayer .points path')]
               .map((one) => one.getBoundingClientRect())
               .map((one) => one.top >= box.top - 12 && one.bottom <= box.bottom + 12);
           }"""
    )
    wide = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    rows = page.locator("#calls-table tbody tr").count()
    page.close()
    assert crosses == [True] * 3
    assert rows == 3
    assert wide[0] <= wide[1]
    assert noise == []
