"""`steward slippage` as a user meets it."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pytest

from steward.doors.slippage import page, words
from steward.doors.terminal import DISCLAIMER
from steward.studies.slippage import Outcome, Point, Slippage

Said = tuple[int, str, str]


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
        },
    )


def test_a_page_says_what_the_quotes_are_and_where_the_edge_is_gone(found: Slippage) -> None:
    made = page.render(found)
    for said in (
        "Prices: modelled (modelled from &lt;closes&gt;).",
        "No hedge: the edge over bills is gone at k = 0.50. The trades of the rules as they are "
        "could have paid 2.00 times their slippage",
        "Rules article, 2018-01-02 to 2018-02-05.",
        "as the rules say",
        "no advice",
    ):
        assert said in made
    chart = made[made.index("<svg") : made.index("</svg>") + 6]
    drawn = ET.fromstring(chart)
    assert len(drawn.findall("polyline")) == 2
    assert "<script" not in made
    assert page.render(found) == made


def test_an_edge_that_was_never_there_is_said_so(found: Slippage) -> None:
    none = Slippage(
        rules="x",
        ledgers=("unhedged",),
        points=(point(0.0, -1), point(1.0, -2)),
        ruled=point(None, -5_000),
        manifest=found.manifest,
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
    code, out, err = steward("slippage", *options, "--json")
    assert (code, err) == (0, "")
    document = json.loads(out)
    assert [one["share"] for one in document["points"]] == [0.0, 1.0]
    assert document["quality"] == ["modelled"]
    assert document["disclaimer"] == DISCLAIMER


@pytest.mark.parametrize("shares", ["", "a,b", "0.5", "0,2"])
def test_wrong_shares_are_one_line(steward: Callable[..., Said], shares: str) -> None:
    code, out, err = steward("slippage", "--shares", shares)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert "0" in err
