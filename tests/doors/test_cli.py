"""The command: exit codes, one clear line for what is wrong, nothing half-written."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from steward.doors import cli
from steward.doors.terminal import DISCLAIMER
from steward.market.quotes import Flag
from steward.pricing.fees import broker_names
from steward.pricing.modelled import ModelledMarket
from steward.terms.errors import LawBroken

WINDOW = ("--start", "2018-06-01", "--end", "2018-07-31")
Said = tuple[int, str, str]


def test_a_backtest_writes_a_run_and_says_where(
    steward: Callable[..., Said], tmp_path: Path
) -> None:
    code, out, err = steward("backtest", *WINDOW)
    assert (code, err) == (0, "")
    (folder,) = (tmp_path / "runs").iterdir()
    assert sorted(path.name for path in folder.iterdir()) == [
        "decisions.parquet",
        "equity.parquet",
        "journal.parquet",
        "manifest.json",
        "marks.parquet",
        "report.html",
        "seal.json",
    ]
    assert f"runs/{folder.name}/report.html" in out
    assert "modelled" in out
    assert "Broker: ibkr. Margin: cboe, the exchange's minimum of a margin account (Reg T)." in out
    assert out.endswith(f"{DISCLAIMER}\n")
    page = (tmp_path / "runs" / folder.name / "report.html").read_text(encoding="utf-8")
    assert 'id="flags-table"' in page
    assert "VVIX is not published: fitted" in page
    for name in ("cash", "unhedged", "static", "article"):
        assert name in out


def test_states_beyond_the_fit_are_a_line_of_a_backtest(
    steward: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    short = ("backtest", "--start", "2018-06-01", "--end", "2018-06-14")
    told = "On 4 of 10 sessions the state of the market was beyond what the model was fitted on."
    wide, fitted = (Flag(of="SPX options", beyond=x, text="x") for x in (True, False))

    def flags(_: ModelledMarket, session: date) -> tuple[Flag, ...]:
        return (wide, fitted) if session.day < 7 else (fitted,)

    monkeypatch.setattr(ModelledMarket, "flags", flags)
    assert told in " ".join(steward(*short)[1].split())
    monkeypatch.setattr(ModelledMarket, "flags", lambda *_: (fitted,))
    assert "beyond what the model" not in steward(*short)[1]


def test_json_is_one_document(steward: Callable[..., Said], tmp_path: Path) -> None:
    code, out, _ = steward("backtest", *WINDOW, "--json")
    said: dict[str, Any] = json.loads(out)
    assert code == 0
    assert said["modelled"] is True
    assert (said["broker"], said["margin"]["name"]) == ("ibkr", "cboe")
    assert said["disclaimer"] == DISCLAIMER
    assert said["model_flags"]["sessions"] == 42
    assert {one["of"] for one in said["model_flags"]["flags"]} == {
        "SPX options",
        "VIX options",
        "VIX futures",
    }
    assert list(said["summary"]) == sorted(said["summary"])
    assert (tmp_path / said["report"]).is_file()


def test_a_run_is_replayed_byte_for_byte(steward: Callable[..., Said], tmp_path: Path) -> None:
    steward("backtest", *WINDOW)
    (folder,) = (tmp_path / "runs").iterdir()
    code, out, _ = steward("replay", str(folder))
    assert code == 0
    assert "byte for byte" in out
    assert "report.html" in out


def test_a_changed_file_of_a_run_is_told(steward: Callable[..., Said], tmp_path: Path) -> None:
    steward("backtest", *WINDOW)
    (folder,) = (tmp_path / "runs").iterdir()
    with (folder / "report.html").open("a", encoding="utf-8") as page:
        page.write("<!-- later -->")
    code, out, _ = steward("replay", str(folder))
    assert code == cli.BROKEN_LAW
    assert "report.html" in out


def test_a_run_of_other_data_is_told(steward: Callable[..., Said], tmp_path: Path) -> None:
    from steward.runs.result import canonical, run_id_of

    steward("backtest", *WINDOW)
    (folder,) = (tmp_path / "runs").iterdir()
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    name = sorted(manifest["data"]["files"])[0]
    manifest["data"]["files"][name] = "0" * 64
    manifest["versions"]["polars"] = "0.1"
    manifest["run_id"] = run_id_of(manifest)
    path.write_text(canonical(manifest), encoding="utf-8")
    code, out, _ = steward("replay", str(folder), "--json")
    said = json.loads(out)
    assert code == cli.BAD_INPUT
    assert said["same"] is False
    assert any(name in line for line in said["inputs_differ"])
    assert any("polars was 0.1" in line for line in said["inputs_differ"])


def test_a_plan_has_a_reason_for_everything(steward: Callable[..., Said]) -> None:
    code, out, _ = steward("plan", "--as-of", "2014-07-07", "--json")
    said = json.loads(out)
    assert code == 0
    assert said["session"] == "2014-07-07"
    assert said["indicative"] is True
    assert said["disclaimer"]
    assert {line["verb"] for line in said["lines"]} >= {"open", "close"}
    assert all(line["reason"] for line in said["lines"])
    opened = next(line for line in said["lines"] if line["verb"] == "open")
    assert opened["limit_points"] < 0 < opened["max_loss_cents"]
    low, high = opened["break_evens"]
    assert low < high
    assert opened["margin_cents"] > opened["max_loss_cents"]


def test_a_plan_says_what_its_model_does_not_know(steward: Callable[..., Said]) -> None:
    code, out, _ = steward("plan", "--as-of", "2018-02-05", "--flat", "--json")
    said = json.loads(out)
    assert code == 0
    assert {"of": "VIX options", "beyond_fit": False, "text": "VVIX is not published: fitted"} in (
        said["model_flags"]
    )
    assert any("a jump of VIX" in one["text"] for one in said["model_flags"] if one["beyond_fit"])


def test_a_plan_in_words(steward: Callable[..., Said]) -> None:
    code, out, _ = steward("plan", "--as-of", "2018-02-10", "--flat")
    assert code == 0
    assert "2018-02-10 is no session; the last one before it is 2018-02-09" in out
    assert "No trade, because" in out
    assert "indicative, not a market" in out
    told = " ".join(out.split())
    assert "beyond what the model was fitted on: SPX options (VIX outside of" in told
    assert "Not known to the model: VIX options (VVIX is not published: fitted" in told
    assert "no advice" in out


def test_tolerances_refuse_a_plan(steward: Callable[..., Said], tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(
        'like = "article"\nname = "mine"\n[tolerances]\nmax_drawdown_percent = 1.0\n',
        encoding="utf-8",
    )
    code, out, _ = steward("plan", "--as-of", "2014-12-15", "--rules", "mine.toml")
    assert code == cli.REFUSED
    assert "max_drawdown_percent" in out


BAD = [
    (("backtest", "--start", "tomorrow"), "is not a day"),
    (("backtest", "--start", "2018-07-01", "--end", "2018-06-01"), "lies after --end"),
    (("backtest", "--start", "2024-01-02"), "2014-01-03 to 2018-12-31"),
    (("backtest", "--rules", "nobody"), "no packaged rules of that name"),
    (("backtest", "--rules", "nowhere.toml"), "no such rule file"),
    (("backtest", "--capital", "lots"), "is not an amount"),
    (("backtest", "--capital", "-5"), "must be above 0"),
    (("backtest", *WINDOW, "--capital", "1000"), "too small for one condor"),
    (("backtest", "--data", "nowhere"), "does not exist"),
    (("backtest", "--chains", "nowhere.csv"), "does not exist"),
    (("backtest", "--flows", "nowhere.csv"), "no such file"),
    (("plan", "--as-of", "2013-01-02"), "before the first session"),
    (("plan", "--as-of", "2019-03-01"), "--stale-ok"),
    (("replay", "nowhere"), "not a run folder"),
    (("backtest", "--capital", "1e30"), "not an amount in whole cents"),
    (("backtest", "--start", "2010-01-04"), "--start 2010-01-04"),
    (("backtest", "--end", "2019-06-03"), "--end 2019-06-03"),
    (("plan", "--as-of", "2018-02-05", "--run", "nowhere", "--flat"), "choose one of them"),
    (("plan", "--as-of", "2018-02-05", "--run", "x", "--capital", "5"), "leave out --rules"),
    (("plan", "--as-of", "2018-02-05", "--run", "x", "--broker", "none"), "--broker"),
    (("backtest", "--broker", "schwab"), "choose ibkr, ibkr_fixed, tastytrade or none"),
    (("plan", "--as-of", "2018-02-05", "--broker", "x"), "the broker 'x' has no price list"),
]


@pytest.mark.parametrize(("words", "said"), BAD, ids=[" ".join(words) for words, _ in BAD])
def test_bad_input_is_one_line_and_exit_2(
    steward: Callable[..., Said], tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    code, out, err = steward(*words)
    assert code == cli.BAD_INPUT
    assert out == ""
    assert said in err
    assert err.startswith(f"steward {words[0]}: ")
    assert err.count("\n") == 1
    assert not (tmp_path / "runs").exists()


RULES = [
    ('like = "article"\nname = "mine"\n[entry]\ntranchs = 4\n', "tranchs"),
    ('like = "article"\nname = "mine"\n[entry]\ntranches = 0\n', "tranches"),
    (
        'like = "article"\nname = "mine"\n[hedge.layer_3.on]\n'
        'any_of = [{ signal = "rsi_41", above = 2.0 }]\n',
        "did you mean rsi_14",
    ),
    (
        'like = "article"\nname = "mine"\n[hedge.layer_3.on]\n'
        'all_of = [{ signal = "ad_divergence", at_least = 1.0 }]\n',
        "without any condition",
    ),
    ("name = ", "TOML"),
]


@pytest.mark.parametrize(("text", "said"), RULES)
def test_a_bad_rule_file_is_one_line_and_exit_2(
    steward: Callable[..., Said], tmp_path: Path, text: str, said: str
) -> None:
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    code, _, err = steward("backtest", *WINDOW, "--rules", "mine.toml")
    assert code == cli.BAD_INPUT
    assert said in err
    assert err.count("\n") == 1
    assert not (tmp_path / "runs").exists()


def test_a_malformed_row_is_named(steward: Callable[..., Said], tmp_path: Path) -> None:
    index = tmp_path / "data" / "index"
    index.mkdir(parents=True)
    header = "date,open,high,low,close\n"
    (index / "spx_daily.csv").write_text(
        header + "2018-01-02,1,1,1,1\n2018-01-03,1,1,1,twelve\n", encoding="utf-8"
    )
    (index / "vix_daily.csv").write_text(header + "2018-01-02,9,9,9,9\n", encoding="utf-8")
    code, _, err = steward("backtest", "--data", "data")
    assert code == cli.BAD_INPUT
    assert "spx_daily.csv, line 3, column close: 'twelve'" in err


def test_a_withdrawal_beyond_the_account_is_refused(
    steward: Callable[..., Said], tmp_path: Path
) -> None:
    (tmp_path / "flows.csv").write_text("date,amount\n2018-06-18,-400000\n", encoding="utf-8")
    code, _, err = steward("backtest", *WINDOW, "--flows", "flows.csv")
    assert code == cli.BAD_INPUT
    assert "the withdrawal of 400,000.00 dollars on 2018-06-18" in err
    assert not (tmp_path / "runs").exists()


def test_a_plan_goes_on_from_a_run(steward: Callable[..., Said], tmp_path: Path) -> None:
    """The orders of a day inside the run, and a note for a day after it."""
    steward("backtest", "--start", "2014-06-02", "--end", "2014-07-31")
    (folder,) = (tmp_path / "runs").iterdir()
    inside = json.loads(steward("plan", "--as-of", "2014-07-10", "--run", str(folder), "--json")[1])
    alone = json.loads(steward("plan", "--as-of", "2014-07-10", "--json")[1])
    assert inside["account"] != alone["account"]  # it began in June, not in January
    code, out, _ = steward("plan", "--as-of", "2014-08-14", "--run", str(folder))
    assert code == 0
    assert "The run ends on 2014-07-31; it was carried on" in out


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("--run", "nosuch"), "nosuch: not a run folder"),
        (("--run", "nosuch", "--flat"), "--run brings a book, --flat begins without one"),
    ],
)
def test_a_plan_tells_a_wrong_run_before_the_age_of_the_data(
    steward: Callable[..., Said], asked: tuple[str, ...], said: str
) -> None:
    code, out, err = steward("plan", "--as-of", "2026-01-05", *asked)
    assert (code, out) == (cli.BAD_INPUT, "")
    assert said in err


def test_a_run_that_decided_otherwise_is_no_base_for_a_plan(
    steward: Callable[..., Said], tmp_path: Path
) -> None:
    """Its seal is broken; sealed anew, its decisions do not come out again."""
    import polars as pl

    from steward.runs import result, seal

    steward("backtest", *WINDOW)
    (folder,) = (tmp_path / "runs").iterdir()
    path = folder / "decisions.parquet"
    table = pl.read_parquet(path)
    kept = table.filter(pl.col("kind") != "order")
    kept.write_parquet(path)
    for said in (
        f"has {kept.height} rows, and is not the table that the run wrote with {table.height}",
        "decided otherwise than these data do, first on 2018-06-",
    ):
        code, _, err = steward("plan", "--as-of", "2018-07-10", "--run", str(folder))
        assert code == cli.BAD_INPUT
        assert said in err
        tables = {one.name: pl.read_parquet(one) for one in folder.glob("*.parquet")}
        seal.write(folder, result.read_manifest(folder)["run_id"], tables)


def test_alike_lines_are_shown_once(steward: Callable[..., Said]) -> None:
    """On some day of several: which lots are alike depends on the coefficients."""
    found = [steward("plan", "--as-of", day)[1] for day in ("2014-10-15", "2015-01-15")]
    for out in found:
        assert "\u2212" not in out
        assert not [line for line in out.splitlines() if line.endswith(" ")]
    assert any(" times, each: " in out for out in found)


def test_a_broken_law_stops_with_exit_3_and_writes_nothing(
    steward: Callable[..., Said], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from steward.ledger import settlement

    def generous(*_: Any, **__: Any) -> int:
        raise LawBroken("money", "ledger cash, session 2018-06-04: a cent too many")

    monkeypatch.setattr(settlement, "interest", generous)
    code, _, err = steward("backtest", *WINDOW)
    assert code == cli.BROKEN_LAW
    assert "law broken (money)" in err
    assert "2018-06-04" in err
    assert not (tmp_path / "runs").exists()


def test_flows_are_in_the_manifest_and_the_equity(
    steward: Callable[..., Said], tmp_path: Path
) -> None:
    (tmp_path / "flows.csv").write_text("date,amount\n2018-06-16,5000\n", encoding="utf-8")
    code, out, _ = steward("backtest", *WINDOW, "--flows", "flows.csv", "--json")
    said = json.loads(out)
    assert code == 0
    manifest = json.loads((tmp_path / said["folder"] / "manifest.json").read_text())
    assert manifest["flows"] == [{"session": "2018-06-18", "cents": 500_000}]
    assert said["summary"]["cash"]["contributed_cents"] == 25_500_000


def test_the_broker_is_in_the_manifest_and_the_help_names_them_all(
    steward: Callable[..., Said], tmp_path: Path
) -> None:
    code, out, _ = steward(
        "backtest", "--start", "2018-06-01", "--end", "2018-06-14", "--broker", "none", "--json"
    )
    assert code == 0
    said = json.loads(out)
    manifest = json.loads((tmp_path / said["folder"] / "manifest.json").read_text())
    assert manifest["broker"] == "none"
    for command in ("backtest", "plan"):
        help_text = " ".join(steward(command, "--help")[1].split())
        for name in broker_names():
            assert name in help_text


def test_the_help_imports_neither_numba_nor_polars() -> None:
    code = (
        "import sys; from steward.doors import cli; sys.argv = ['steward', '--help']\n"
        "try:\n    cli.main()\nexcept SystemExit:\n    pass\n"
        "print(sorted({'numba', 'polars', 'numpy', 'pandas'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert "backtest" in done.stdout
    assert done.stderr.strip() == "[]"


def test_the_version(steward: Callable[..., Said]) -> None:
    import steward as package

    assert steward("--version") == (0, f"steward {package.__version__}\n", "")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("nope",), "steward nope: No such command 'nope'"),
        (("plan", "--nope"), "steward plan: No such option: --nope"),
        (("replay",), "steward replay: Missing argument 'RUN'"),
        (("model", "check", "--json"), "steward model check: Missing option '--quotes'"),
        (("model", "check", "--quotes"), "steward model check: Option '--quotes' requires"),
    ],
)
def test_what_the_parser_does_not_understand_is_one_line(
    steward: Callable[..., tuple[int, str, str]], given: tuple[str, ...], said: str
) -> None:
    code, out, err = steward(*given)
    assert (code, out) == (2, "")
    assert err.startswith(said)
    assert err.count("\n") == 1
    assert "--help" in err


def test_without_a_command_there_is_help(steward: Callable[..., tuple[int, str, str]]) -> None:
    for given in ((), ("model",), ("data",)):
        code, out, err = steward(*given)
        assert (code, err) == (2, "")
        assert "Usage: steward" in out
    code, out, err = steward("--version")
    assert (code, err) == (0, "")
