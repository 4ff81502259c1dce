"""`steward index` as a user meets it: text, JSON, levels as CSV, a page."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from steward.doors.index import wording, work
from steward.doors.index.page import render
from steward.doors.terminal import DISCLAIMER
from steward.market.settlements import PROXIES
from steward.studies.indices.comparison import compare, month_ends
from steward.studies.indices.levels import Levels, read_levels

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


QUOTES = """underlying_symbol,underlying_price,option_type,expiration,quote_date,strike,bid,ask,\
delta
SPXW,2810.3,put,02/28/2018,01/19/2018,2700,10.1,10.6,-0.2
SPXW,2810.3,put,02/28/2018,01/19/2018,2650,7.1,7.6,-0.15
SPXW,2810.3,call,02/28/2018,01/19/2018,2700,130.1,131.6,0.8
SPXW,2810.3,call,02/28/2018,01/19/2018,2650,177.1,178.6,0.85
"""
"""Made up, and of no series that an index holds: those expire on the third Friday."""


@pytest.mark.parametrize(("name", "holds"), [("cndr", "bills"), ("bxm", "the S&P 500")])
def test_an_index_that_could_trade_nothing_says_so_first(
    steward: Callable[..., Said], tmp_path: Path, name: str, holds: str
) -> None:
    (tmp_path / "quotes.csv").write_text(QUOTES)
    asked = ("index", name, "--chains", "quotes.csv", "--end", "2018-02-28")
    code, out, err = steward(*asked, "--out", "page.html")
    assert (code, err) == (0, "")
    headline = (
        "No option was traded: there were no quotes of the new ones on any of its 2 roll days. "
        f"What follows is {holds} alone, not {name.upper()}."
    )
    assert words(out.split("\n", 1)[1]).startswith(headline)
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    lead = page.partition('id="untraded-banner"')[2].partition("</p>")[0]
    assert headline.replace("&", "&amp;") in lead
    found = json.loads(steward(*asked, "--json")[1])
    assert (found["rolls_traded"], found["rolls_without_quotes"], len(found["rolls"])) == (0, 2, 2)


def test_one_roll_day_of_several_without_quotes_is_told_in_the_headline() -> None:
    found = work.rebuilt("cndr", start=date(2014, 3, 31), end=date(2014, 12, 31))
    assert wording.untraded(found) == ""
    rolls = found.rebuilt.rolls
    gone = replace(rolls[3], legs=(), why="no quotes of SPX 2014-07-18")
    one = replace(found, rebuilt=replace(found.rebuilt, rolls=(*rolls[:3], gone, *rolls[4:])))
    assert wording.lead(one).startswith(
        f"On 1 of {len(rolls)} roll days there were no quotes of the new options: from then until "
        "the next one it held none. "
    )
    alone = replace(found, rebuilt=replace(found.rebuilt, rolls=(gone,)))
    assert "on its only roll day. What" in wording.untraded(alone)
    calm = replace(gone, why="VIX future at 13.10: no calls")  # as the rule has it
    assert wording.untraded(replace(found, rebuilt=replace(found.rebuilt, rolls=(calm,)))) == ""


@pytest.mark.parametrize(
    ("start", "end", "years", "said"),
    [
        ("2014-03-31", "2016-06-30", [2015], "2014 (from 2014-03-31 on) and 2016 (to 2016-06-30)"),
        ("2014-12-31", "2016-06-30", [2015], "2016 (to 2016-06-30)"),
        ("2014-12-30", "2015-12-31", [2015], "2014 (from 2014-12-30 on)"),
        ("2014-12-31", "2015-12-31", [2015], ""),
        ("2014-03-31", "2015-06-30", [], ""),
    ],
)
def test_years_that_are_not_whole_are_named(
    start: str, end: str, years: list[int], said: str
) -> None:
    ends = {"start": date.fromisoformat(start), "end": date.fromisoformat(end)}
    found = work.rebuilt("cndr", **ends)
    assert [year for year, _ in found.years] == years
    assert wording.left_out(found) == (f"Left out, since not whole: {said}." if said else "")
    page = render(found)
    assert page.count("Left out, since not whole") == (1 if said else 0)


def test_few_months_are_said_with_what_they_are_worth(
    steward: Callable[..., Said], tmp_path: Path
) -> None:
    """A correlation of 9 months of 0.9 would have an interval of 0.59 to 0.98."""
    steward("index", "put", *WINDOW, "--csv", "put.csv", "--crossed", "0")
    asked = ("index", "cndr", *WINDOW, "--levels", "cndr.csv")
    text = (tmp_path / "put.csv").read_text().replace("PUT", "CNDR")
    (tmp_path / "cndr.csv").write_text(text)
    code, out, err = steward(*asked, "--out", "page.html")
    assert (code, err) == (0, "")
    period = json.loads(steward(*asked, "--json")[1])["periods"][0]
    low, high = period["correlation_interval"]
    assert -1.0 < low < period["correlation"] < high < 1.0
    told = [f"{one:.3f}".replace("-", "\u2212") for one in (period["correlation"], low, high)]
    said = (
        f"9 months are few: a correlation of {told[0]} fits a true {told[1]} to {told[2]}. "
        "The intervals are Fisher's, of 95 %. Of so few months a single one can decide the other "
        "figures."
    )
    assert said in words(out)
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert said.replace("'", "&#39;") in page


def test_of_three_months_a_correlation_says_nothing() -> None:
    found = work.rebuilt("cndr", start=date(2014, 3, 31), end=date(2014, 12, 31))
    assert wording.short(found) == ()
    ends = month_ends(found.rebuilt)
    levels = Levels(name="x.csv", by_day={day: level for _, day, level in ends}, rows=len(ends))
    compared = compare(found.rebuilt, levels)
    (whole, *_) = compared.periods()
    three = replace(whole, months=3, correlation=0.9)
    assert wording.short(replace(found, periods=(three,))) == (
        "3 months are too few for a correlation to say anything.",
        "Of so few months a single one can decide the other figures.",
    )
    still = replace(whole, months=12, correlation=math.nan)
    assert wording.short(replace(found, periods=(still,)))[0] == (
        "12 months are few, and one of the two never moves in them."
    )
    decades = (
        replace(whole, months=60),
        replace(whole, name="2000s", months=35),
        replace(whole, name="2010s", months=36),
    )
    said = wording.short(replace(found, periods=decades))
    assert len(said) == 3
    assert said[0].startswith("The 35 months of the 2000s are few: a correlation of ")


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
