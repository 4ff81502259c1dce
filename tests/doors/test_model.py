"""`steward model ...` as a user meets it: tables, JSON, exit codes."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from steward.market.vendors.arch_history import arch_history
from steward.pricing import coefficients
from steward.pricing.modelled import ModelledMarket

Said = tuple[int, str, str]
SESSION = date(2017, 6, 5)
HEADER = "underlying_symbol,underlying_price,option_type,expiration,quote_date,strike,bid,ask,delta"


@pytest.fixture(scope="module")
def chain_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the model itself quotes for two series of one day."""
    market = ModelledMarket(arch_history())
    listed = [e for e in market.spx.expiries(SESSION) if e.root == "SPXW"]
    rows = [HEADER]
    for days in (25, 45):
        expiry = min(listed, key=lambda e: abs((e.day - SESSION).days - days))
        chain = market.spx.chain(SESSION, expiry)
        assert chain is not None
        for place in range(chain.strike.size):
            right = "call" if chain.call[place] else "put"
            rows.append(
                f"SPXW,2400,{right},{expiry.day:%m/%d/%Y},{SESSION:%m/%d/%Y},"
                f"{chain.strike[place]:g},{chain.bid[place]:.2f},{chain.ask[place]:.2f},0"
            )
    path = tmp_path_factory.mktemp("chain") / "own.csv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_a_check_in_words(steward: Callable[..., Said], chain_file: Path) -> None:
    code, out, err = steward("model", "check", "--quotes", str(chain_file))
    assert (code, err) == (0, "")
    for words in (
        "The modelled market against real quotes of 2017-06-05",
        "published closes on 1",
        "SPX options, delta 0.05 to 0.50",
        "Condor (16 delta, 50 wide",
        "Quotes that are not compared",
        "no advice",
    ):
        assert words in out
    assert "nan" not in out.lower().split()


def test_a_check_as_json(steward: Callable[..., Said], chain_file: Path) -> None:
    code, out, err = steward("model", "check", "--quotes", str(chain_file), "--json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert found["quality"] == "modelled"
    assert found["model"] == coefficients.fingerprint()
    (session,) = found["sessions"]
    assert session["state"] == "published"
    cells = found["pooled"]["spx"]["cells"]
    one = next(
        c
        for c in cells
        if (c["delta"], c["days"], c["vix"], c["right"]) == ("0.05-0.50", "7-90", "all", "all")
    )
    assert one["vol"]["median_abs"] < 0.1
    assert set(one) == {
        *("delta", "days", "vix", "right", "quotes", "vol", "price", "spread"),
    }


@pytest.mark.parametrize("as_json", [False, True])
def test_bad_input_is_one_line_and_two(
    steward: Callable[..., Said], tmp_path: Path, as_json: bool
) -> None:
    (tmp_path / "words.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    more = ["--json"] if as_json else []
    for path, said in (("words.csv", "line 1"), ("none.csv", "does not exist")):
        code, out, err = steward("model", "check", "--quotes", path, *more)
        assert (code, out) == (2, "")
        assert err.startswith("steward model check: ")
        assert said in err
        assert err.count("\n") == 1
    code, out, err = steward("model", "check", "--quotes", "words.csv", "--state", "nowhere")
    assert (code, out) == (2, "")
    assert "nowhere" in err


def test_a_fit_asks_for_its_folders(steward: Callable[..., Said], tmp_path: Path) -> None:
    for words, said in (
        ((), "--data DIR"),
        (("--data", "."), "--out DIR"),
        (("--data", ".", "--out", "x", "--into-package"), "--out DIR"),
        (("--data", "nowhere", "--out", "x"), "no such folder"),
        (("--data", ".", "--out", "x", "--only", "moon"), "no such section"),
    ):
        code, out, err = steward("model", "fit", *words)
        assert (code, out) == (2, "")
        assert said in err
        assert err.count("\n") == 1
    assert not (tmp_path / "x").exists()


def test_a_fit_writes_and_prints(
    steward: Callable[..., Said], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from steward.intake.fit import fitting

    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "intake"))
    monkeypatch.setattr(
        fitting, "FITS", (fitting.Fit(name="lengths", function="fit.toy_fits.fit_lengths"),)
    )
    (tmp_path / "a.csv").write_text("x\nyy\n", encoding="utf-8")
    code, out, err = steward("model", "fit", "--data", ".", "--out", "made")
    assert (code, err) == (0, "")
    assert "Lengths of lines" in out
    assert "model.toml" in out
    assert (tmp_path / "made" / "lengths.toml").read_text(encoding="utf-8") == "longest = 2\n"
    code, out, _ = steward("model", "fit", "--data", ".", "--out", "made", "--json")
    assert code == 0
    assert json.loads(out)["sections"][0]["tables"][0]["key"] == "lengths"


@pytest.mark.parametrize("width", [80, 110, 200])
@pytest.mark.parametrize("mark", ["", "!"])
def test_dates_are_never_broken(
    width: int, mark: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from rich.console import Console

    from steward.doors.model import checked
    from steward.doors.terminal import Out

    out = Out()
    monkeypatch.setattr(out, "_console", Console(width=width, highlight=False, markup=False))
    days = [f"2018-01-{day:02d}" for day in range(2, 12)]
    figures = {"n": 9, "median": -11.22, "median_abs": 11.22, "p90_abs": 19.5}
    checked._sessions(
        out,
        [
            {
                "session": day,
                "underlying": "SPX",
                "snapshot": "1545",
                "state": "own level",
                "why": "its own level",
                "vix": 15.5,
                "pooled": True,
                "compared": 1_250,
                "vol_points": figures,
                "price_percent": figures,
                "condor": {"percent": -12.3},
                "outside": [mark] * len(mark),
                "index": None,
            }
            for day in days
        ],
    )
    said = capsys.readouterr().out
    first, *rows = [line for line in said.splitlines() if line.startswith(("session", "2018"))]
    assert [row.split()[0] for row in rows] == days
    # each figure under its own title: as many columns as titles
    titles = ["session", "of", "state", "VIX", "quotes", "vol", "half", "price", "condor"]
    assert first.split() == titles
    assert all(row.split()[1:5] == ["SPX", "1545", "own", "level"] for row in rows)
    assert max(map(len, said.splitlines())) <= width


def test_a_check_says_what_the_fit_has_seen() -> None:
    from steward.doors.model.checked import fitted

    def sessions(*seen: bool | None) -> list[dict[str, object]]:
        return [{"underlying": "SPX", "compared": 1, "fitted_on": one} for one in seen]

    assert "Of 3 SPX sessions the packaged smile was fitted on 2" in fitted(
        sessions(True, True, False)
    )
    assert "fitted on none" in fitted(sessions(False))
    assert "does not say" in fitted(sessions(None, None))
    assert fitted([{"underlying": "VIX", "compared": 1, "fitted_on": None}]) == ""
    assert fitted([{"underlying": "SPX", "compared": 0, "fitted_on": True}]) == ""
