"""`steward index` as a user meets it: text, JSON, levels as CSV, a page."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from steward.doors.index import wording
from steward.doors.terminal import DISCLAIMER
from steward.market.settlements import PROXIES
from steward.studies.indices.levels import read_levels

Said = tuple[int, str, str]
WINDOW = ("--start", "2014-03-31", "--end", "2014-12-31")


def words(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def test_without_levels_it_shows_the_rebuilt_index(steward: Callable[..., Said]) -> None:
    code, out, err = steward("index", "cndr", *WINDOW)
    assert (code, err) == (0, "")
    for said in (
        "CNDR rebuilt, 2014-03-31 to 2014-12-31 (modelled): Cboe S&P 500 Iron Condor Index",
        "Every option here is bought and sold at modelled quotes.",
        "New options cost 25 % of the half spread beyond the middle. It holds bills",
        "Here the old options settle at SET, or at an estimate of it",
        "Old options settled at an estimate of SET 9 times.",
        "For learning; no advice. This is a rebuilt index, not the published one.",
    ):
        assert said in words(out)


def test_levels_that_it_wrote_are_read_back_as_the_same(
    steward: Callable[..., Said], tmp_path: Path
) -> None:
    code, out, _ = steward("index", "BXM", *WINDOW, "--csv", "own/bxm.csv", "--daily")
    assert code == 0
    assert re.search(r"Wrote \d+ rows to own/bxm\.csv", out)
    made = (tmp_path / "own" / "bxm.csv").read_text(encoding="utf-8").splitlines()
    assert made[:2] == ["DATE,LEVEL,INDEX,QUALITY", "2014-03-31,100.000000,BXM rebuilt,modelled"]
    assert len(read_levels(tmp_path / "own" / "bxm.csv", "BXM").by_day) == len(made) - 1
    code, out, err = steward(
        "index", "bxm", *WINDOW, "--levels", "own/bxm.csv", "--daily", "--out", "bxm.html"
    )
    assert (code, err) == (0, "")
    assert "+0.00 % a year over 9 months, monthly returns correlate 1.000." in words(out)
    assert "Beside bxm.csv" in out
    assert "Page: bxm.html" in out
    page = (tmp_path / "bxm.html").read_text(encoding="utf-8")
    for said in ("Steward index, modelled", "BXM published", "no advice", "difference-chart"):
        assert said in page or said.split()[-1] in page
    assert str(tmp_path) not in page


def test_json_holds_levels_rolls_and_figures(steward: Callable[..., Said], tmp_path: Path) -> None:
    steward("index", "put", *WINDOW, "--csv", "put.csv")
    code, out, err = steward("index", "put", *WINDOW, "--levels", "put.csv", "--json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert found["disclaimer"] == DISCLAIMER
    assert (found["index"], found["quality"], found["every"]) == ("PUT", "modelled", "month")
    assert found["levels"][0] == {"session": "2014-03-31", "level": 100.0}
    assert found["crossed"] == 1.0
    assert found["rolls"][0]["session"] == "2014-03-21"  # what is held on the first day
    (leg,) = found["rolls"][0]["legs"]
    assert leg["contract"].startswith("SPX 2014-04-17 ")  # Good Friday: the Thursday before
    assert leg["price"] < leg["mid"]
    assert [one["period"] for one in found["periods"]] == ["all", "2010s"]
    assert found["periods"][0]["correlation"] == pytest.approx(1.0)
    assert len(found["months"]) == 9
    assert found["compared_with"] == "put.csv"


def test_sources_are_words_and_one_time_is_one_time() -> None:
    assert wording.settles("vix_prior_close") == "the VIX close of the session before"
    assert wording.settles("SET_estimate") == "an estimate of SET"
    for name in PROXIES:
        assert "_" not in wording.settles(name)


def test_one_roll_settled_one_time(steward: Callable[..., Said]) -> None:
    _, out, _ = steward("index", "cndr", "--start", "2014-03-31", "--end", "2014-05-01")
    assert "Old options settled at an estimate of SET 1 time." in words(out)


def test_the_page_is_the_same_twice(steward: Callable[..., Said], tmp_path: Path) -> None:
    for name in ("one.html", "two.html"):
        assert steward("index", "vxth", *WINDOW, "--out", name)[0] == 0
    one, two = ((tmp_path / name).read_bytes() for name in ("one.html", "two.html"))
    assert one == two
    assert b"or at an estimate of it" in one
    assert b"settle at VRO" in one


def test_dividends_of_a_file(steward: Callable[..., Said], tmp_path: Path) -> None:
    rows = "".join(f"2014-{month:02d},0\n" for month in range(1, 13))
    (tmp_path / "none.csv").write_text("date,amount\n" + rows)
    plain = json.loads(steward("index", "pput", *WINDOW, "--json")[1])
    none = json.loads(steward("index", "pput", *WINDOW, "--dividends", "none.csv", "--json")[1])
    assert none["dividends"] == "as in none.csv"
    gap = plain["levels"][-1]["level"] / none["levels"][-1]["level"] - 1.0
    assert 0.01 < gap < 0.02  # about 2 % a year in nine months


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("foo",), "foo: is none of cndr, put, bxm, bfly, pput, vxth"),
        (("put", "--levels", "none.csv"), "none.csv: no such file"),
        (("put", "--crossed", "2"), "a share of the half spread lies between 0 and 1, not at 2"),
        (("put", "--start", "2016-01-01", "--end", "2015-01-01"), "is not after --start"),
        (("put", "--start", "2019-06-03"), "no session on or after 2019-06-03"),
        (("put", "--dividends", "none.csv"), "none.csv: no such file"),
        (("put", "--data", "nowhere"), "nowhere"),
    ],
)
def test_what_is_wrong_is_one_line(
    steward: Callable[..., Said], asked: tuple[str, ...], said: str
) -> None:
    code, out, err = steward("index", *asked)
    assert (code, out) == (2, "")
    assert err.startswith("steward index: ")
    assert said in err
    assert err.count("\n") == 1


def test_a_page_that_cannot_be_written_is_refused(
    steward: Callable[..., Said], tmp_path: Path
) -> None:
    (tmp_path / "taken").write_text("a file")
    code, _, err = steward("index", "cndr", *WINDOW, "--csv", "a.csv", "--out", "taken/x.html")
    assert code == 2
    assert "--out taken/x.html: cannot be written" in err
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("--out", "x", "--csv", "x"), "--out x and --csv x are one file: give each its own"),
        (("--out", "x", "--csv", "mine"), "--csv mine: is there already; --force writes over it"),
        (("--force",), "--force goes with --csv only"),
    ],
)
def test_files_that_cannot_be_are_refused_before_any_is_written(
    steward: Callable[..., Said], tmp_path: Path, asked: tuple[str, ...], said: str
) -> None:
    (tmp_path / "mine").write_text("mine")
    code, out, err = steward("index", "cndr", *WINDOW, *asked)
    assert (code, out) == (2, "")
    assert said in err
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
    assert (tmp_path / "mine").read_text() == "mine"
