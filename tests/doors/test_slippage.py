"""`steward slippage` as a user meets it."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from steward.doors import writing
from steward.doors.slippage import chart, page, text, words
from steward.doors.terminal import DISCLAIMER
from steward.orders.margin import profile
from steward.orders.margin.profiles import resolved
from steward.studies.slippage import Outcome, Point, Slippage

Said = tuple[int, str, str]

JOURNAL = pl.DataFrame(
    schema={"event": pl.String, "quality": pl.String, "purpose": pl.String, "contract": pl.String}
)
EQUITY = pl.DataFrame(schema={"modelled_marks": pl.Int64})


def point(share: float | None, over_bills: int) -> Point:
    outcome = Outcome(final=100, over_bills=over_bills, slippage=1_000, fees=500, trades=7)
    return Point(share=share, run_id="0", outcomes={"unhedged": outcome, "static": outcome})


@pytest.fixture
def found() -> Slippage:
    return Slippage(
        rules="article",
        ledgers=("unhedged", "static"),
        points=(point(0.0, 400_000), point(1.0, -400_000)),
        ruled=point(None, 1_000),
        manifest={
            "data": {"quotes": "modelled from <closes>"},
            "quality": ["modelled"],
            "window": {"start": "2018-01-02", "end": "2018-02-05"},
            "capital": 10_000_000,
            "flows": [],
            "broker": "none",
            "margin": resolved(profile("cboe:sum")),
        },
        journal=JOURNAL,
        equity=EQUITY,
    )


def test_a_page_says_what_the_quotes_are_and_where_the_edge_is_gone(found: Slippage) -> None:
    made = page.render(found)
    for said in (
        "Prices: modelled (modelled from &lt;closes&gt;).",
        "No hedge: the edge over bills is gone at k = 0.50. The trades of the rules as they are "
        "could have paid 2.00 times their slippage",
        "Rules article, 2018-01-02 to 2018-02-05.",
        "Account: $100,000 at the start. Fees of none: a broker that takes nothing. Margin: "
        "cboe:sum.",
        "Modelled quotes: indicative, not a market.",
        "k = 0 is not free",
        "as the rules say",
        "no advice",
    ):
        assert said in made
    # the chart, and a table for each of the two ledgers, and the banner that explains it
    assert made.count('<span class="badge">modelled</span>') == 4
    assert made.count("Swipe sideways") == 2
    assert "<script" not in made
    assert page.render(found) == made


@pytest.mark.parametrize("shape", chart.SHAPES)
def test_a_chart_has_round_levels_a_line_a_ledger_and_the_rules_apart(
    found: Slippage, shape: chart.Shape
) -> None:
    drawn = ET.fromstring(chart.drawn(found, shape))
    lines = drawn.findall("polyline")
    assert len(lines) == 2
    said = [one.text for one in drawn.findall("text")]
    assert said[:5] == ["−$4,000", "−$2,000", "$0", "+$2,000", "+$4,000"]
    assert {"0", "1", "rules"} <= set(said)
    ends = [float(pair.split(",")[0]) for one in lines for pair in one.attrib["points"].split()]
    marks = [float(one.attrib["d"][1:].split()[0]) for one in drawn.findall("path")]
    assert len(marks) == 2
    assert max(ends) < min(marks)
    assert 8 * len("−$4,000") < min(ends)
    assert max(marks) + 7 < shape.width


def test_quoted_prices_carry_no_badge(found: Slippage) -> None:
    made = page.render(replace(found, manifest={**found.manifest, "quality": ["quoted"]}))
    assert "badge" not in made[made.index("</style>") :]
    assert "indicative" not in made


def test_flows_are_said_with_their_sum(found: Slippage) -> None:
    flows = [
        {"session": "2018-01-03", "cents": 50_000},
        {"session": "2018-01-04", "cents": -20_000},
    ]
    paid = replace(found, manifest={**found.manifest, "flows": flows})
    assert "at the start, +$300 in all by deposits and withdrawals on 2 sessions." in (
        words.account(paid)
    )


def test_the_terminal_says_whose_account_and_that_prices_are_no_market(
    found: Slippage, capsys: pytest.CaptureFixture[str]
) -> None:
    text.show(found, None)
    said = " ".join(capsys.readouterr().out.split())
    assert "Modelled quotes: indicative, not a market." in said
    assert "Margin: cboe:sum." in said
    assert "k = 0 is not free" in said


@pytest.mark.parametrize(
    ("values", "levels"),
    [
        ([0], [0, 100]),
        ([0, 1_000], [0, 200, 400, 600, 800, 1_000]),
        ([0, -15_793_400], [-20_000_000, -15_000_000, -10_000_000, -5_000_000, 0]),
        ([-1, 0, 1], [-100, 0, 100]),
    ],
)
def test_levels_are_round_and_hold_every_value(values: list[int], levels: list[int]) -> None:
    assert chart.grid(values) == levels


def test_labels_of_many_shares_do_not_lie_on_each_other(found: Slippage) -> None:
    many = replace(found, points=tuple(point(k / 100, 100) for k in range(101)))
    for shape in chart.SHAPES:
        drawn = ET.fromstring(chart.drawn(many, shape))
        height = next(one for one in drawn.findall("text") if one.text == "rules").attrib["y"]
        places = [
            float(one.attrib["x"]) for one in drawn.findall("text") if one.attrib["y"] == height
        ]
        assert min(b - a for a, b in pairwise(places)) >= shape.tick


@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 1280])
def test_the_chart_is_whole_at_every_width(
    browser: Any, found: Slippage, tmp_path: Path, width: int
) -> None:
    target = tmp_path / "page.html"
    writing.write([(writing.page(target), [page.render(found)])])
    opened = browser.new_page(viewport={"width": width, "height": 900})
    opened.goto(target.as_uri())
    seen = opened.evaluate(
        """() => [...document.querySelectorAll('svg')].map((one) => one.getBoundingClientRect())
             .filter((box) => box.width > 0).map((box) => [box.left, box.right])"""
    )
    whole = opened.evaluate("document.documentElement.scrollWidth")
    hints = opened.evaluate(
        "[...document.querySelectorAll('.swipe')].filter((one) => one.offsetHeight > 0).length"
    )
    opened.close()
    assert len(seen) == 1
    assert seen[0][0] >= 0
    assert seen[0][1] <= width
    assert whole <= width
    assert hints == (2 if width == 390 else 0)


def test_an_edge_that_was_never_there_is_said_so(found: Slippage) -> None:
    none = Slippage(
        rules="x",
        ledgers=("unhedged",),
        points=(point(0.0, -1), point(1.0, -2)),
        ruled=point(None, -5_000),
        manifest=found.manifest,
        journal=JOURNAL,
        equity=EQUITY,
    )
    assert words.edge(none, "unhedged") == (
        "No hedge: no edge over bills, even at k = 0. The trades of the rules as they are lose to "
        "bills without any slippage."
    )
    kept = Slippage(
        rules="x",
        ledgers=("unhedged",),
        points=(point(0.0, 9), point(0.5, 8)),
        ruled=point(None, 5_000),
        manifest=found.manifest,
        journal=JOURNAL,
        equity=EQUITY,
    )
    assert "is still there at k = 0.5" in words.edge(kept, "unhedged")


@pytest.mark.slow
def test_a_new_user_sees_tables_and_gets_a_page(
    steward: Callable[..., Said], tmp_path: Path
) -> None:
    wanted = tmp_path / "page.html"
    options = ("--start", "2017-06-01", "--end", "2017-12-29", "--shares", "0,1")
    code, out, err = steward("slippage", *options, "--out", str(wanted))
    assert (code, err) == (0, "")
    assert "The result at other costs of filling" in out
    assert "against bills" in out
    assert wanted.is_file()
    account = ("--broker", "none", "--margin", "portfolio", "--capital", "100,000")
    code, out, err = steward("slippage", *options, *account, "--json")
    assert (code, err) == (0, "")
    document = json.loads(out)
    assert [one["share"] for one in document["points"]] == [0.0, 1.0]
    assert document["quality"] == ["modelled"]
    assert document["disclaimer"] == DISCLAIMER
    assert document["prices"] == "Modelled quotes: indicative, not a market."
    assert (document["broker"], document["margin"]) == ("none", "portfolio")
    assert (document["capital"], document["flows"]) == (10_000_000, [])


@pytest.mark.parametrize(
    ("option", "value"),
    [("--broker", "nobody"), ("--margin", "nothing"), ("--capital", "0"), ("--flows", "no.csv")],
)
def test_a_wrong_account_is_one_line(steward: Callable[..., Said], option: str, value: str) -> None:
    code, out, err = steward("slippage", option, value)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1


def test_a_page_that_cannot_be_written_is_told_before_any_run(
    steward: Callable[..., Said], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from steward.studies import slippage as study

    monkeypatch.setattr(study, "backtest", None)
    (tmp_path / "taken").write_text("", encoding="utf-8")
    code, out, err = steward("slippage", "--out", "taken/page.html")
    assert (code, out) == (2, "")
    assert "--out taken/page.html: cannot be written" in err


def test_the_shares_that_are_left_out_are_those_of_the_study(
    steward: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    from steward.studies import slippage as study
    from steward.terms.errors import StewardError

    def asked(*_: Any, shares: Any, **__: Any) -> None:
        raise StewardError(f"asked for {shares}")

    monkeypatch.setattr(study, "slippage", asked)
    assert f"asked for {study.SHARES}" in steward("slippage", "--json")[2]


@pytest.mark.parametrize("shares", ["", "a,b", "0.5", "0,2"])
def test_wrong_shares_are_one_line(steward: Callable[..., Said], shares: str) -> None:
    code, out, err = steward("slippage", "--shares", shares)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert "0" in err
