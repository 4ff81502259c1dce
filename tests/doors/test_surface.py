"""`steward surface` as a user meets it: tables, JSON, page, exit codes."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from steward.market.vendors.arch_history import arch_history
from steward.pricing.modelled import ModelledMarket

Said = tuple[int, str, str]
SESSION, LATER = date(2017, 6, 5), date(2017, 6, 6)
HEADER = "underlying_symbol,underlying_price,option_type,expiration,quote_date,strike,bid,ask,delta"


@pytest.fixture(scope="module")
def chain_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the model quotes for three series of one day, and for one of the day after."""
    market = ModelledMarket(arch_history())
    rows = [HEADER]
    for session, wanted in ((SESSION, (11, 25, 45)), (LATER, (25,))):
        listed = [e for e in market.spx.expiries(session) if e.root == "SPXW"]
        for days in wanted:
            expiry = min(listed, key=lambda e: abs((e.day - session).days - days))
            chain = market.spx.chain(session, expiry)
            assert chain is not None
            for place in range(chain.strike.size):
                right = "call" if chain.call[place] else "put"
                rows.append(
                    f"SPXW,2400,{right},{expiry.day:%m/%d/%Y},{session:%m/%d/%Y},"
                    f"{chain.strike[place]:g},{chain.bid[place]:.2f},{chain.ask[place]:.2f},0"
                )
    path = tmp_path_factory.mktemp("chain") / "own.csv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_a_surface_in_words(steward: Callable[..., Said], chain_file: Path) -> None:
    code, out, err = steward("surface", str(chain_file), "--session", SESSION.isoformat())
    assert (code, err) == (0, "")
    for words in (
        "SPX of 2017-06-05, 16:15 New York: 3 expiries, 3 good",
        "the rates of the embedded history",
        "own rate %",
        "inside",
        "1 other sessions are there: choose one with --session",
        "no advice",
    ):
        assert words in " ".join(out.split())
    assert "nan" not in out.lower().split()


def test_without_a_session_the_last_one_is_fitted(
    steward: Callable[..., Said], chain_file: Path
) -> None:
    code, out, _ = steward("surface", str(chain_file))
    assert code == 0
    assert "SPX of 2017-06-06" in out


def test_a_surface_as_json_and_as_a_page(
    steward: Callable[..., Said], chain_file: Path, tmp_path: Path
) -> None:
    command = ("surface", str(chain_file), "--session", "2017-06-05", "--json")
    code, out, err = steward(*command, "--out", str(tmp_path / "pages"))
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert found["session"] == "2017-06-05"
    (surface,) = found["surfaces"]
    assert surface["underlying"] == "SPX"
    assert surface["good"] == 3
    for one in surface["slices"]:
        assert one["verdict"] == "good"
        assert one["reasons"] == []
        assert one["discount_from"] == "curve"
        assert one["own_discount"] is not None
        assert one["fit"]["inside"] > 0.9
        assert one["violations"]["least_g"] >= 0.0
        gap = one["violations"]["calendar_gap"]
        assert gap is None or gap >= 0.0
        assert {len(row) for row in one["smile"]["terms_b_rho_m_sigma"]} == {4}
    page = Path(found["page"])
    assert page == tmp_path / "pages" / "surface-2017-06-05.html"
    text = page.read_text(encoding="utf-8")
    assert "Disclaimer" in text
    assert str(tmp_path) not in text
    assert str(chain_file.parent) not in text
    code, again, _ = steward(*command)
    assert code == 0
    assert json.loads(again) == {k: v for k, v in found.items() if k != "page"}
    steward(*command, "--out", str(tmp_path / "again"))
    assert (tmp_path / "again" / page.name).read_bytes() == page.read_bytes()


@pytest.mark.parametrize("as_json", [False, True])
def test_bad_input_is_one_line_and_two(
    steward: Callable[..., Said], tmp_path: Path, chain_file: Path, as_json: bool
) -> None:
    (tmp_path / "words.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    (tmp_path / "file").write_text("", encoding="utf-8")
    more = ["--json"] if as_json else []
    cases = (
        ((str(tmp_path / "words.csv"),), "line 1"),
        ((str(tmp_path / "none.csv"),), "does not exist"),
        ((str(chain_file), "--session", "2017-06-09"), "has no quotes of 2017-06-09"),
        ((str(chain_file), "--session", "June"), "is not a day"),
        ((str(chain_file), "--data", str(tmp_path / "nowhere")), "nowhere"),
        ((str(chain_file), "--out", str(tmp_path / "file")), "cannot be written"),
    )
    for words, said in cases:
        code, out, err = steward("surface", *words, *more)
        assert (code, out) == (2, ""), words
        assert err.startswith("steward surface: ")
        assert said in err
        assert err.count("\n") == 1


def test_series_that_had_settled_are_said(
    steward: Callable[..., Said], chain_file: Path, tmp_path: Path
) -> None:
    """A session's own expiry is over at the close: quotes of it are no surface."""
    text = chain_file.read_text(encoding="utf-8").splitlines()
    own = [line for line in text if f",{LATER:%m/%d/%Y}," in line]
    day = own[0].split(",")[3]
    over = [line.replace(f",{day},", f",{LATER:%m/%d/%Y},") for line in own]
    (tmp_path / "over.csv").write_text("\n".join([HEADER, *over]) + "\n", encoding="utf-8")
    code, out, err = steward("surface", "over.csv", "--out", "pages", "--json")
    assert (code, err) == (0, "")
    (surface,) = json.loads(out)["surfaces"]
    assert surface["slices"] == []
    assert surface["settled_quotes"] == surface["quotes"] > 0
    page = Path(json.loads(out)["page"]).read_text(encoding="utf-8")
    assert "nothing is left to fit" in page
    code, out, _ = steward("surface", "over.csv")
    assert "0 expiries, 0 good" in out
    assert "Every series had settled by the moment of its quotes" in out
    some = [HEADER, *own, *over]
    (tmp_path / "some.csv").write_text("\n".join(some) + "\n", encoding="utf-8")
    code, out, _ = steward("surface", "some.csv")
    assert "1 expiry, 1 good" in out
    assert f"{len(over)} quotes are of series that had settled" in out


def test_a_yield_comes_with_its_reservation(steward: Callable[..., Said], chain_file: Path) -> None:
    _, out, _ = steward("surface", str(chain_file))
    assert "yield %" in out
    assert ("16:15 stand beside an index of 16:00" in " ".join(out.split())) == (
        "yield: the rate less" in out
    )


def test_words_of_the_page() -> None:
    from steward.doors.surface.page import _lead, files

    assert files(("b.csv", "a.csv", "c.csv")) == "b.csv, a.csv, c.csv"
    assert files([f"{n:02d}.csv" for n in reversed(range(28))]) == "28 files, 00.csv to 27.csv"
    assert _lead(0, 0, "", "not fitted") == "no expiry could be fitted."
    assert "No quote has a bid" in _lead(0, 1, "", "not fitted")
    assert "unknown" not in _lead(0, 1, "", "not fitted")
    assert _lead(1, 1, "90.0% of 20", "80.0%").startswith("1 of 1 expiry fits well. 90.0% of 20")
