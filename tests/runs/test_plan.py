"""When a plan is refused for the age of its data, and what it says of its run."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from steward.pricing import coefficients
from steward.runs.backtest import backtest
from steward.runs.manifest import assumptions
from steward.runs.plan import plan
from steward.runs.replay import replay, settings_of
from steward.runs.result import canonical, read_manifest, run_id_of, write
from steward.runs.settings import CONDORS, Settings
from steward.terms import calendar
from steward.terms.errors import StewardError


@pytest.fixture(scope="module")
def market(worlds: Any) -> Any:
    return worlds.market(5, 40)


def settings(worlds: Any) -> Settings:
    return Settings(rules=worlds.rules())


def test_data_of_the_session_before_are_fresh_and_older_ones_stale(
    market: Any, worlds: Any
) -> None:
    last = market.history.sessions[-1]
    one, two = calendar.next_session(last), calendar.next_session(calendar.next_session(last))
    assert plan(market, settings(worlds), one).behind == 1
    with pytest.raises(StewardError, match="2 sessions before"):
        plan(market, settings(worlds), two)
    found = plan(market, settings(worlds), two, stale_ok=True)
    assert (found.session, found.asked, found.behind) == (last, two, 2)


def test_a_plan_before_the_data_or_before_the_run_is_refused(market: Any, worlds: Any) -> None:
    first = market.history.sessions[0]
    with pytest.raises(StewardError, match="before the first session"):
        plan(market, settings(worlds), first - timedelta(days=3))
    late = Settings(rules=worlds.rules(), start=market.history.sessions[20])
    with pytest.raises(StewardError, match="--flat"):
        plan(market, late, market.history.sessions[10])


def test_a_run_that_is_gone_on_from(market: Any, worlds: Any, tmp_path: Path) -> None:
    days = market.history.sessions
    run = write(backtest(market, Settings(rules=worlds.rules(), end=days[30])), tmp_path)
    inside = plan(market, settings(worlds), days[29], run=run)
    beyond = plan(market, settings(worlds), days[35], run=run)
    assert inside.carried_from is None
    assert beyond.carried_from == days[30]
    with pytest.raises(StewardError, match="choose one of them"):
        plan(market, settings(worlds), days[29], run=run, flat=True)


def test_flat_begins_with_cash(market: Any, worlds: Any) -> None:
    found = plan(market, settings(worlds), market.history.sessions[30], flat=True)
    assert found.facts.cash == found.facts.nav == 25_000_000
    assert all(line.verb != "leave" for line in found.lines)


def test_a_replay_misses_a_file_and_sees_another_version(
    market: Any, worlds: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from steward.runs import manifest

    folder = write(backtest(market, Settings(rules=worlds.rules())), tmp_path)
    assert replay(folder, market).same
    (folder / "equity.parquet").unlink()
    assert replay(folder, market).files == ("equity.parquet (missing in the folder)",)
    monkeypatch.setattr(manifest, "steward_version", lambda: "99")
    found = replay(folder, market)
    assert any("this is 99" in line for line in found.inputs)


def test_a_run_says_which_numbers_priced_it_and_a_replay_with_others_stops(
    market: Any, worlds: Any, tmp_path: Path
) -> None:
    run = backtest(market, Settings(rules=worlds.rules()))
    model = run.manifest["model"]
    assert model == {
        "fingerprint": coefficients.fingerprint(),
        "files": dict(coefficients.hashes()),
    }
    folder = write(run, tmp_path)
    changed = {name: coefficients.text(name) + "# later\n" for name in ("vx", "smile")}
    with coefficients.instead(changed):
        found = replay(folder, market)
        other = coefficients.fingerprint()
    assert found.files == ()
    assert found.inputs == (
        f"model: its coefficients differ: the run was priced with {model['fingerprint']}, this "
        f"Steward has {other} (smile.toml, vx.toml)",
    )
    assert replay(folder, market).same


def test_a_run_that_does_not_name_its_numbers_is_told(
    market: Any, worlds: Any, tmp_path: Path
) -> None:
    folder = write(backtest(market, Settings(rules=worlds.rules())), tmp_path)
    manifest = read_manifest(folder)
    del manifest["model"]
    manifest["run_id"] = run_id_of(manifest)
    (folder / "manifest.json").write_text(canonical(manifest), encoding="utf-8")
    (said,) = replay(folder, market).inputs
    assert said.startswith("model: the run does not say which coefficients priced it")


def test_spreads_of_a_modelled_run_are_fitted_and_it_says_so(market: Any) -> None:
    said = assumptions(market, market.history.sessions, "ibkr")
    assert any("spreads fitted on real quotes" in one for one in said)
    assert not any("assumed spreads" in one for one in said)


def test_a_run_says_its_broker_and_a_replay_and_a_plan_keep_it(
    market: Any, worlds: Any, tmp_path: Path
) -> None:
    days = market.history.sessions
    mine, other = (
        backtest(market, Settings(rules=worlds.rules(), broker=name, end=days[30]))
        for name in ("tastytrade", "none")
    )
    assert mine.manifest["broker"] == "tastytrade"
    assert settings_of(mine.manifest).broker == "tastytrade"
    assert any(
        "the broker tastytrade: an option at 1.00" in x for x in mine.manifest["assumptions"]
    )
    assert mine.manifest["run_id"] != other.manifest["run_id"]

    def fills(result: Any) -> pl.DataFrame:
        """Of the condors alone: a dear broker may make a hedge not worth its cost."""
        told = result.journal.filter((pl.col("event") == "fill") & (pl.col("ledger") == CONDORS))
        return told.select("session", "quantity", "price")

    def paid(result: Any) -> int:
        told = result.journal.filter((pl.col("event") == "fee") & (pl.col("ledger") == CONDORS))
        return int(told["cash"].sum())

    assert_frame_equal(fills(mine), fills(other))
    assert len(fills(mine)) > 0
    assert paid(mine) < paid(other) < 0
    folder = write(mine, tmp_path)
    assert replay(folder, market).same
    carried = plan(market, settings(worlds), days[35], run=folder)
    again = plan(market, Settings(rules=worlds.rules(), broker="tastytrade"), days[35])
    assert (carried.facts, carried.lines) == (again.facts, again.lines)
    assert plan(market, settings(worlds), days[35]).facts.nav != carried.facts.nav


def test_a_run_of_before_the_brokers_is_read_as_the_default(market: Any, worlds: Any) -> None:
    made = backtest(market, Settings(rules=worlds.rules(), end=market.history.sessions[12]))
    old = {key: value for key, value in made.manifest.items() if key != "broker"}
    assert settings_of(old).broker == "ibkr"


def test_a_plan_has_the_flags_of_its_session(market: Any, worlds: Any) -> None:
    day = market.history.sessions[30]
    found = plan(market, settings(worlds), day, flat=True)
    assert found.model_flags == market.quotes.flags(day) != ()


def test_a_run_keeps_its_flags_and_a_replay_compares_them(
    market: Any, worlds: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = backtest(market, Settings(rules=worlds.rules()))
    kept = run.manifest["data"]["check"]["model_flags"]
    fitted = next(one for one in kept["flags"] if one["text"] == "VVIX is not published: fitted")
    days = market.history.sessions
    assert kept["sessions"] == len(days)
    assert fitted["sessions"] == len(days) - 20  # none before 21 closes
    assert (fitted["first"], fitted["last"]) == (days[20].isoformat(), days[-1].isoformat())
    folder = write(run, tmp_path)
    assert replay(folder, market).same
    flags = market.quotes.flags
    monkeypatch.setattr(market.quotes, "flags", lambda day: flags(day) if day < days[-1] else ())
    assert replay(folder, market).files == ("manifest.json", "seal.json")


def test_a_replay_of_changed_packaged_rules_is_told(
    market: Any, worlds: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from steward.rules import ruleset

    folder = write(backtest(market, Settings(rules=worlds.rules())), tmp_path)
    load = ruleset.load

    def changed(name: str) -> Any:
        found = load(name)
        return found.model_copy(update={"description": "other"}) if name == "static" else found

    monkeypatch.setattr(ruleset, "load", changed)
    assert replay(folder, market).inputs == (
        "rules: those of the ledger static are not the ones of the run",
    )


def test_the_day_asked_for_may_be_no_session(market: Any, worlds: Any) -> None:
    friday = next(day for day in market.history.sessions[25:] if day.weekday() == 4)
    found = plan(market, settings(worlds), friday + timedelta(days=1))
    assert (found.session, found.behind) == (friday, 0)
    assert found.asked == date.fromordinal(friday.toordinal() + 1)
