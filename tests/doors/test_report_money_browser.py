"""The section of the money in Chromium: each bar and label is there, and it zooms with the rest."""

from __future__ import annotations

import json
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


def opened(browser: Any, address: str, width: int, **more: Any) -> Any:
    page = browser.new_page(viewport={"width": width, "height": 900}, **more)
    page.goto(address)
    page.wait_for_selector("#money-chart .plot-container")
    page.wait_for_selector("#money-course-chart .plot-container")
    return page


@pytest.mark.parametrize("width", [390, 1280])
def test_every_cause_has_its_bar_and_its_amount(browser: Any, address: str, width: int) -> None:
    """No label of the bars is cut off by the edge of the picture."""
    page = opened(browser, address, width)
    bars, names, cut = page.evaluate(
        """() => {
          const chart = document.getElementById('money-chart');
          const edge = chart.getBoundingClientRect();
          const texts = [...chart.querySelectorAll('.bartext')];
          return [texts.map((one) => one.textContent), chart.data[0].y,
            texts.map((one) => one.getBoundingClientRect())
              .filter((box) => box.left < edge.left || box.right > edge.right).length];
        }"""
    )
    rows = page.locator("#money-table tbody th").all_inner_texts()
    lines = page.evaluate("document.getElementById('money-course-chart').data.map((d) => d.name)")
    wide = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    page.close()
    assert cut == 0
    assert len(bars) == len(names)
    assert [row.split("\n")[0].strip() for row in rows] == names
    assert lines[-1] == "In all"
    assert set(lines) <= set(names)
    assert wide[0] <= wide[1]


# What the default run's bars were: small ones stand at the far left, where names are near.
BARS = {
    "names": ["Theta", "Gamma", "Delta", "Slippage", "Fees", "Interest", "Residual", "In all"],
    "amounts": [375_033, -340_000, 5_311, -165_000, -8_838, 5_217, -1_953, -130_230],
    "begins": [0, 375_033, 35_033, 40_344, -124_656, -133_494, -128_277, 0],
}


@pytest.mark.parametrize("width", [360, 390, 1280])
@pytest.mark.parametrize("sign", [1, -1])
def test_no_label_of_a_bar_runs_into_a_name(
    browser: Any, address: str, tmp_path: Path, width: int, sign: int
) -> None:
    html = Path(address.removeprefix("file://")).read_text(encoding="utf-8")
    before, _, rest = html.partition('id="report-data">')
    text, _, after = rest.partition("</script>")
    data = json.loads(text)
    data["money"] |= {"names": BARS["names"]}
    data["money"] |= {key: [sign * one for one in BARS[key]] for key in ("amounts", "begins")}
    made = json.dumps(data).replace("<", "\\u003c")
    path = tmp_path / "bars.html"
    path.write_text(f'{before}id="report-data">{made}</script>{after}', encoding="utf-8")
    page = opened(browser, path.as_uri(), width)
    edge, labels, right, plot = page.evaluate(
        """() => {
          const chart = document.getElementById('money-chart');
          const boxes = (what) => [...chart.querySelectorAll(what)]
            .map((one) => one.getBoundingClientRect());
          const bars = boxes('.barlayer .point path');
          return [Math.max(...boxes('.ytick text').map((box) => box.right)),
            boxes('.bartext').map((box) => [box.left, box.right]),
            chart.getBoundingClientRect().right,
            Math.max(...bars.map((box) => box.right)) - Math.min(...bars.map((box) => box.left))];
        }"""
    )
    page.close()
    assert len(labels) == len(BARS["names"])
    assert min(left for left, _ in labels) > edge + 2
    assert max(end for _, end in labels) <= right
    assert plot > 0.35 * width  # the bars are still what is seen


def test_on_a_phone_the_table_begins_at_the_condors(browser: Any, address: str) -> None:
    page = opened(browser, address, 390)
    box = page.locator("#money-table tbody td").first.bounding_box()
    page.close()
    assert box["x"] > 100
    assert box["x"] + box["width"] <= 390


def test_the_course_zooms_with_the_other_charts(browser: Any, address: str) -> None:
    page = opened(browser, address, 1280)
    for at in ("drawdown-chart", "money-course-chart"):
        chart = page.locator(f"#{at} .nsewdrag").first
        chart.scroll_into_view_if_needed()
        box = chart.bounding_box()
        middle = box["y"] + box["height"] / 2
        page.mouse.move(box["x"] + 0.3 * box["width"], middle)
        page.mouse.down()
        page.mouse.move(box["x"] + 0.6 * box["width"], middle, steps=4)
        page.mouse.up()
        page.wait_for_function(
            """(at) => {
              const range = (id) => document.getElementById(id).layout.xaxis.range
                .map((end) => String(end).slice(0, 10)).join();
              return range(at) !== '2014-01-02,2018-10-17'
                && ['equity-chart', 'drawdown-chart', 'money-course-chart']
                  .every((id) => range(id) === range(at));
            }""",
            arg=at,
        )
    page.close()


def test_colours_follow_light_and_dark(browser: Any, address: str) -> None:
    page = opened(browser, address, 1280, color_scheme="light")
    last = "document.getElementById('money-chart').data[0].marker.color.at(-1)"
    light = page.evaluate(last)
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(f"(light) => {last} !== light", arg=light)
    page.close()
