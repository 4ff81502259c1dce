"""`steward stress` as a user meets it: text, JSON, a page that needs no script."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from steward.analytics.stress import grid, states
from steward.doors.stress import page, text, words
from steward.market.vendors.arch_history import arch_history
from steward.runs import stress

Said = tuple[int, str, str]


@pytest.fixture(scope="module")
def found() -> stress.Stressed:
    history, session = arch_history(), date(2018, 1, 16)
    held = stress.standard_book(history, session)
    some = stress.stressed(history, held, names=["1987-10", "2015-08", "2018-02"])
    made = grid.grids(
        states.bare(history, session),
        held.lots,
        spx_moves=(-0.10, -0.02, 0.0, 0.05),
        future_moves=(-0.30, 0.0, 1.0),
        sessions=(0, 5, 21),
    )
    return replace(some, grids=made)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer points of the grid."""
    defaults = dict(grid.grids.__kwdefaults__)
    defaults |= {"spx_moves": (-0.10, 0.0), "future_moves": (0.0, 1.0), "sessions": (0,)}
    monkeypatch.setattr(grid.grids, "__kwdefaults__", defaults)


def test_a_new_user_sees_a_standard_book(
    steward: Callable[..., Said], tmp_path: Path, small: None
) -> None:
    code, out, err = steward("stress", "--as-of", "2018-01-16")
    assert (code, err) == (0, "")
    for said in (
        "A standard book on 2018-01-16: 10 condors and the article's first layer",
        " contracts, 6 different ones; SPX and VIX as of that close",
        "Every value here is modelled",
        "2018-02",
        "needs index/spx_daily.csv and index/vxo_daily_1986_1989.csv",
        "SPX and VIX futures, at once",
        "no advice",
    ):
        assert said in re.sub(r"\s+", " ", out)
    (made,) = (tmp_path / "runs" / "stress").glob("*.html")
    assert made.name == "standard-2018-01-16.html"


def test_json_holds_all_and_writes_no_page(
    steward: Callable[..., Said], tmp_path: Path, small: None
) -> None:
    code, out, err = steward("stress", "--as-of", "2018-01-16", "--json")
    assert (code, err) == (0, "")
    read = json.loads(out)
    assert read["quality"] == "modelled"
    assert {one["name"] for one in read["episodes"]} == {"2015-08", "2018-02", "2018-12"}
    for one in read["episodes"]:
        total = one["total_cents"]
        assert one["worst_cents"] == min(total)
        parts = one["change_cents"].values()
        assert total == [sum(each) for each in zip(*parts, strict=True)]
    (made,) = read["grids"]
    assert made["total_cents"][1][0] == 0
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--episode", "moon"), "no such episode"),
        (("--ledger", "article"), "--run RUN"),
        (("--run", "nowhere"), "not a run folder"),
        (("--as-of", "2031-01-02"), "lies outside of"),
        (("--as-of", "today"), "is not a day"),
        (("--data", "nowhere"), "nowhere"),
        (("--episode", "1987-10"), "needs index/spx_daily.csv"),
    ],
)
def test_bad_input_is_one_line_and_two(
    steward: Callable[..., Said], given: tuple[str, ...], said: str
) -> None:
    code, out, err = steward("stress", *given)
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1


def test_a_page_that_cannot_be_written_names_the_way_out(
    steward: Callable[..., Said], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    code, out, err = steward("stress", "--episode", "2018-02", "--out", "file/page.html")
    assert (code, out) == (2, "")
    assert "--out" in err


def test_a_page_named_like_a_folder_leaves_nothing_behind(
    steward: Callable[..., Said], tmp_path: Path
) -> None:
    (tmp_path / "pages").mkdir()
    code, out, err = steward("stress", "--episode", "2018-02", "--out", "pages")
    assert (code, out) == (2, "")
    assert "--out pages: is a folder; name a file" in err
    assert [path.name for path in tmp_path.iterdir()] == ["pages"]


def test_an_episode_that_is_not_reached_writes_no_page(
    steward: Callable[..., Said], tmp_path: Path
) -> None:
    for more in ((), ("--json",), ("--out", "page.html")):
        code, out, err = steward("stress", "--episode", "1987-10", *more)
        assert (code, out) == (2, "")
        assert "bring them with --data DIR" in err
        assert err.count("\n") == 1
    assert not any(tmp_path.iterdir())


def test_simulated_closes_are_called_so_and_hold_no_episode(
    steward: Callable[..., Said], tmp_path: Path, small: None
) -> None:
    assert steward("simulate", "--years", "2", "--seed", "7", "--out", "made")[0] == 0
    code, out, err = steward("stress", "--data", "made", "--out", "page.html")
    assert (code, err) == (0, "")
    shown = (tmp_path / "page.html").read_text("utf-8")
    for said in (re.sub(r"\s+", " ", out), shown):
        assert "Simulated: no market ever showed these closes" in said
        assert "SIMULATED: the model of SPX and VIX, path 0" in said
        assert "no episode of history is in them" in said
    assert "Steward stress, simulated" in shown
    assert shown.count("<figure>") == 0
    code, out, _ = steward("stress", "--data", "made", "--json")
    read = json.loads(out)
    assert (code, read["quality"], read["episodes"]) == (0, "simulated", [])
    code, _, err = steward("stress", "--data", "made", "--episode", "2015-08")
    assert code == 2
    assert "simulated, no episode of history is in them" in err


def test_the_page_is_whole_and_the_same_twice(found: stress.Stressed) -> None:
    made = page.render(found)
    assert made == page.render(found)
    assert "<script" not in made
    assert "http" not in re.sub(r"http-equiv|http://www\.w3\.org/\S+", "", made)
    for chart in re.findall(r"<svg.*?</svg>", made, re.DOTALL):
        ET.fromstring(chart)
    assert made.count('<table class="heat">') == 3
    assert made.count('<p class="swipe note">') == 4  # one a wide table, seen on a phone
    assert made.lower().count("modelled") > 10
    assert "no advice" in made
    assert "nan" not in re.findall(r"\bnan\b", made.lower())


def test_every_cell_of_the_page_is_the_number_found(found: stress.Stressed) -> None:
    made = page.render(found)
    for one in found.grids:
        for row in range(len(one.spx_moves)):
            for column in range(len(one.future_moves)):
                assert f">{words.dollars(one.total(row, column))}</td>" in made
    read = text.document(found)
    assert len(read["grids"]) == 3
    assert json.loads(json.dumps(read, allow_nan=False)) == read


def test_a_price_that_no_vix_gives_is_a_dash(found: stress.Stressed) -> None:
    first = found.grids[0]
    rows = tuple((None, *row[1:]) for row in first.change)
    holes = replace(first, vix=(None, *first.vix[1:]), change=rows, outside=first.outside)
    made = page.render(replace(found, grids=(holes,)))
    assert "no VIX gives that price" in made
    assert words.levels(holes)[0] == "–"
    assert text.document(replace(found, grids=(holes,)))["grids"][0]["total_cents"][0][0] is None
