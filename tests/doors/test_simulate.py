"""`steward simulate` as a user meets it: tables, JSON, folders that run, exit codes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from steward.doors.simulate import making, wording
from steward.market.paths.model import simulate

Said = tuple[int, str, str]
Steward = Callable[..., Said]

SENTENCE = "Simulated: no market ever showed these closes"
SHORT = ("--years", "1", "--seed", "7")


def test_one_path_becomes_a_data_folder_and_a_page(steward: Steward, tmp_path: Path) -> None:
    code, out, err = steward("simulate", *SHORT, "--out", "made")
    assert (code, err) == (0, "")
    assert SENTENCE in out
    assert "steward backtest --data made" in out
    again = "steward simulate --paths 1 --years 1 --seed 7 --start 2014-01-02 --out"
    assert f"{again} made" in out
    assert "no advice" in out
    made = tmp_path / "made"
    assert "seed = 7" in (made / "simulated.toml").read_text("utf-8")
    assert (made / "index" / "spx_daily.csv").is_file()
    page = (made / "simulated.html").read_text("utf-8")
    assert SENTENCE in page
    assert f"{again} DIR" in page
    assert str(tmp_path) not in page


@pytest.mark.slow
def test_the_same_words_give_the_same_bytes(steward: Steward, tmp_path: Path) -> None:
    for name in ("one", "two"):
        assert steward("simulate", *SHORT, "--facts", "--out", name)[0] == 0
    for file in sorted((tmp_path / "one").rglob("*")):
        if file.is_file():
            other = tmp_path / "two" / file.relative_to(tmp_path / "one")
            assert other.read_bytes() == file.read_bytes(), file.name


def test_several_paths_become_a_table(steward: Steward, tmp_path: Path) -> None:
    code, out, _ = steward("simulate", *SHORT, "--paths", "6", "--facts", "--out", "many")
    assert code == 0
    assert "history" in out
    assert "sessions with VIX above VIX3M" in out
    table = pl.read_parquet(tmp_path / "many" / "paths.parquet")
    assert table["path"].unique().sort().to_list() == [0, 1, 2, 3, 4, 5]
    assert table["quality"].unique().to_list() == ["simulated"]
    assert table.height == 6 * 252
    assert table.select(pl.col("spx", "vix", "vvix").min() > 0.0).row(0) == (True, True, True)
    page = (tmp_path / "many" / "simulated.html").read_text("utf-8")
    assert "facts-chart" in page
    assert "--start 2014-01-02 --facts --out many" in " ".join(out.split())
    assert "--start 2014-01-02 --facts --out DIR" in page


def test_json_is_one_document_that_says_simulated(steward: Steward) -> None:
    code, out, _ = steward("simulate", *SHORT, "--regime", "whipsaw", "--years", "2", "--json")
    said = json.loads(out)
    assert code == 0
    assert said["simulated"] is True
    assert said["made_by"]["regime"] == "whipsaw"
    assert said["label"] == "the hypothetical regime whipsaw"
    assert said["sessions"] == 504


def test_blocks_of_the_embedded_history(steward: Steward) -> None:
    code, out, _ = steward("simulate", *SHORT, "--generator", "bootstrap", "--paths", "3")
    assert code == 0
    assert "Blocks of history (embedded default" in out
    assert "--generator bootstrap" in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--generator", "dice"), "there are model and bootstrap"),
        (("--regime", "calm"), "no regime is named 'calm'"),
        (("--regime", "whipsaw", "--generator", "bootstrap"), "leave out --generator"),
        (("--data", "x"), "add --generator bootstrap"),
        (("--years", "60"), "end after the calendar"),
        (("--start", "soon"), "is not a day"),
        (("--seed", "-1"), "a seed is 0 or above"),
        (("--paths", "0"), "from 1 to"),
        (("--prices", "--years", "1"), "take --years 2"),
        (("--engine", "abacus"), "there are auto, numba, numpy"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    steward: Steward, words: tuple[str, ...], said: str
) -> None:
    for more in ((), ("--json",)):
        code, out, err = steward("simulate", *words, *more)
        assert code == 2
        assert out == ""
        assert said in err
        assert err.count("\n") == 1


def test_a_folder_with_something_in_it_is_refused(steward: Steward, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "note.txt").write_text("mine", encoding="utf-8")
    for paths in ("1", "2"):
        code, _, err = steward("simulate", *SHORT, "--paths", paths, "--out", "mine")
        assert code == 2
        assert "another --out" in err
    assert [p.name for p in (tmp_path / "mine").iterdir()] == ["note.txt"]


def test_the_command_that_makes_them_again_makes_the_same(steward: Steward, tmp_path: Path) -> None:
    """Facts, prices, engine and folders are in it."""
    wish = making.Wish(
        generator="bootstrap", regime=None, paths=2, years=2.0, seed=7, start=None,
        data=Path("own data"), facts=True, prices=True, engine="auto",
    )  # fmt: skip
    paths = simulate(seed=7, paths=2, years=1.0)
    made = making.Made(wish=wish, paths=paths, facts=(), priced=None, window={}, seconds=0.0)
    assert wording.again(made, data="own data", out="many") == (
        "steward simulate --generator bootstrap --paths 2 --years 2 --seed 7 --start 2014-01-02 "
        "--data 'own data' --facts --prices --engine auto --out many"
    )
    code, out, _ = steward("simulate", *SHORT, "--facts", "--out", "one")
    words = " ".join(out.split()).split("Make them again: steward ")[1].split(" --out one")[0]
    assert steward(*words.split(), "--out", "two")[0] == code == 0
    first, second = ((tmp_path / name / "simulated.html").read_bytes() for name in ("one", "two"))
    assert first == second


def test_blocks_are_not_drawn_from_a_simulated_folder(steward: Steward) -> None:
    assert steward("simulate", *SHORT, "--out", "made")[0] == 0
    code, _, err = steward("simulate", *SHORT, "--generator", "bootstrap", "--data", "made")
    assert code == 2
    assert "is simulated itself" in err


@pytest.mark.parametrize(
    ("words", "way_out"),
    [
        (("vix", "--quotes", "quotes.csv", "--data", "made"), "leave out --data"),
        (("surface", "quotes.csv", "--data", "made"), "leave out --data"),
        (("model", "check", "--quotes", "quotes.csv", "--state", "made"), "leave out --state"),
        (("model", "fit", "--data", "made", "--out", "fitted"), "fitted to real data"),
        (("backtest", "--data", "made", "--chains", "quotes.csv"), "leave out --chains"),
    ],
)
def test_simulated_closes_never_stand_beside_real_quotes(
    steward: Steward, tmp_path: Path, words: tuple[str, ...], way_out: str
) -> None:
    assert steward("simulate", *SHORT, "--out", "made")[0] == 0
    (tmp_path / "quotes.csv").write_text("no matter what\n", encoding="utf-8")
    code, out, err = steward(*words)
    assert (code, out) == (2, "")
    assert "made: is simulated (the model of SPX and VIX, path 0)" in err
    assert way_out in err
    assert err.count("\n") == 1
    assert not (tmp_path / "fitted").exists()


@pytest.mark.slow
def test_a_backtest_runs_on_the_folder_and_says_simulated(steward: Steward, tmp_path: Path) -> None:
    assert steward("simulate", "--years", "1.5", "--seed", "3", "--out", "made")[0] == 0
    code, out, err = steward("backtest", "--data", "made", "--start", "2015-01-05")
    assert (code, err) == (0, "")
    assert "Simulated market" in out
    (run,) = (tmp_path / "runs").iterdir()
    manifest = json.loads((run / "manifest.json").read_text("utf-8"))
    assert manifest["quality"] == ["simulated"]
    assert manifest["data"]["label"].startswith("SIMULATED: ")
    assert manifest["data"]["quotes"].startswith("simulated")
    assert set(pl.read_parquet(run / "journal.parquet")["quality"].drop_nulls()) == {"simulated"}
    page = (run / "report.html").read_text("utf-8")
    assert "simulated market" in page
    assert "VIX as simulated" in page
    assert "VIX as recorded" not in page
    code, out, _ = steward("plan", "--data", "made", "--as-of", "2015-06-01", "--flat")
    assert code == 0
    assert "Simulated market" in out
    assert steward("replay", str(run), "--data", "made")[0] == 0


@pytest.mark.slow
def test_prices_of_what_the_rules_ask_for(steward: Steward) -> None:
    code, out, _ = steward("simulate", "--years", "3", "--paths", "4", "--prices", "--json")
    assert code == 0
    said = json.loads(out)["priced"]
    assert said["quality"] == "simulated"
    assert said["engine"] == "numpy"
    assert said["options"] > 20_000
    assert said["outcomes"]["condors"]["median"] > 30.0
    assert len(said["errors"]) == 4


@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_opens_clean(steward: Steward, tmp_path: Path, width: int) -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("no Chromium on this machine")
    from playwright.sync_api import sync_playwright

    assert steward("simulate", *SHORT, "--paths", "6", "--facts", "--out", "many")[0] == 0
    address = (tmp_path / "many" / "simulated.html").as_uri()
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": width, "height": 900})
        noise: list[str] = []
        requests: list[str] = []
        page.on("console", lambda message: noise.append(message.text))
        page.on("pageerror", lambda error: noise.append(str(error)))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(address)
        page.wait_for_selector("#facts-chart .plot-container")
        wide = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        drawn = page.evaluate("document.querySelectorAll('.chart .main-svg').length")
        browser.close()
    assert noise == []
    assert requests == [address]
    assert wide[0] <= wide[1]
    assert drawn >= 3
