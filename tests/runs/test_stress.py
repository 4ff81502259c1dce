"""The book of a run under stress, and the standard book; what does not fit is one sentence."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from steward.intake.load import Market
from steward.ledger.laws import holding_value
from steward.market.vendors.arch_history import arch_history
from steward.runs import result as runs_result
from steward.runs import stress
from steward.runs.backtest import follow
from steward.runs.settings import Settings
from steward.terms.errors import StewardError

from ..worlds import Worlds


@pytest.fixture(scope="module")
def market(worlds: type[Worlds]) -> Market:
    return worlds.market(4, 90)


@pytest.fixture(scope="module")
def run(market: Market, worlds: type[Worlds], tmp_path_factory: pytest.TempPathFactory) -> Path:
    sessions = market.history.sessions
    settings = Settings(rules=worlds.rules(4), start=sessions[40], end=sessions[-1])
    return runs_result.write(follow(market, settings).result, tmp_path_factory.mktemp("runs"))


def test_the_book_is_that_of_the_session_and_worth_what_the_run_says(
    market: Market, run: Path
) -> None:
    equity = runs_result.read(run).equity.filter(pl.col("ledger") == "article")
    busy = equity.filter(pl.col("condor") != 0).sort("session")
    for session in (busy["session"][0], busy["session"][-1]):
        held = stress.book_of_run(run, market.history, as_of=session)
        assert held.session == session
        row = equity.filter(pl.col("session") == session).row(0, named=True)
        assert held.equity == row["equity"]
        for purpose in ("condor", "layer_1"):
            worth = sum(
                holding_value(lot, market.quotes.mark(session, lot.contract).mid_twice)
                for lot in held.lots
                if lot.purpose == purpose
            )
            assert worth == row[purpose]


def test_without_a_day_it_is_the_last_one_with_condors(market: Market, run: Path) -> None:
    held = stress.book_of_run(run, market.history)
    assert any(lot.purpose == "condor" for lot in held.lots)
    assert held.ledger == "article"
    assert stress.book_of_run(run, market.history, ledger="unhedged").ledger == "unhedged"


def test_a_book_that_is_none_is_one_sentence(market: Market, run: Path, tmp_path: Path) -> None:
    history = market.history
    first = history.sessions[40]
    for words, said in (
        ({"as_of": first - timedelta(days=30)}, "choose --as-of"),
        ({"as_of": history.sessions[-1] + timedelta(days=60)}, "choose --as-of"),
        ({"ledger": "moon"}, "no ledger moon"),
        ({"ledger": "cash"}, "it never does"),
        ({"as_of": first}, "holds nothing on"),
    ):
        with pytest.raises(StewardError, match=said) as error:
            stress.book_of_run(run, history, **words)  # type: ignore[arg-type]
        assert "\n" not in str(error.value)
    with pytest.raises(StewardError, match="not a run folder"):
        stress.book_of_run(tmp_path, history)
    with pytest.raises(StewardError, match="other closes"):
        stress.book_of_run(run, arch_history())


def test_the_standard_book_is_ten_condors_and_calls_on_vix() -> None:
    history = arch_history()
    held = stress.standard_book(history, date(2017, 6, 3))
    assert held.session == date(2017, 6, 2)
    condor = [lot for lot in held.lots if lot.purpose == "condor"]
    assert sorted(lot.quantity for lot in condor) == [-10, -10, 10, 10]
    assert len({lot.contract.expiry for lot in condor}) == 1
    calls = [lot for lot in held.lots if lot.purpose == "layer_1"]
    assert calls
    assert all(lot.quantity > 0 and lot.contract.underlying == "VIX" for lot in calls)
    assert held == stress.standard_book(history, date(2017, 6, 2))
    with pytest.raises(StewardError, match="lies outside of"):
        stress.standard_book(history, date(2030, 1, 1))


def test_episodes_alone_come_without_a_grid() -> None:
    history = arch_history()
    held = stress.standard_book(history, date(2017, 6, 2))
    found = stress.stressed(history, held, names=["2018-02", "1987-10"])
    assert [one.episode.name for one in found.episodes] == ["2018-02"]
    assert [one.episode.name for one in found.not_reached] == ["1987-10"]
    assert "vxo_daily" in found.not_reached[0].why
    assert found.grids == ()
    assert found.episodes[0].total[found.episodes[0].worst] < 0
    with pytest.raises(StewardError, match=r"--episode moon.*2018-02"):
        stress.stressed(history, held, names=["moon"])


def test_what_comes_after_the_book_changes_nothing_but_the_episodes() -> None:
    """An episode is data of its own; the state of the book is cut off at its session."""
    history = arch_history()
    session = date(2017, 6, 2)
    held = stress.standard_book(history, session)
    assert held == stress.standard_book(history.until(session), session)
    whole = stress.stressed(history, held, names=["2015-08"])
    cut = stress.stressed(history.until(session), held, names=["2015-08"])
    assert whole.episodes[0].change == cut.episodes[0].change


def test_1987_is_read_from_spx_and_vxo(tmp_path: Path) -> None:
    """# written: an eve and three days."""
    folder = tmp_path / "index"
    folder.mkdir()
    days = ("1987-10-13", "1987-10-14", "1987-10-19", "1987-10-30")
    for name, closes in (
        ("spx_daily.csv", (100.0, 97.0, 77.1, 80.0)),
        ("vxo_daily_1986_1989.csv", (20.0, 25.0, 140.0, 70.0)),
    ):
        rows = "\n".join(f"{day},{close}" for day, close in zip(days, closes, strict=True))
        (folder / name).write_text(f"date,close\n{rows}\n", encoding="utf-8")
    history = arch_history()
    held = stress.standard_book(history, date(2017, 6, 2))
    found = stress.stressed(history, held, folder=tmp_path, names=["1987-10"])
    (one,) = found.episodes
    assert one.spx.tolist() == pytest.approx([-0.03, -0.229, -0.2])
    assert one.vix[1] == pytest.approx(float(found.vix) + 120.0)
    assert "VXO" in one.episode.note
    assert one.outside
    (folder / "spx_daily.csv").write_text("day,level\n1,2\n", encoding="utf-8")
    with pytest.raises(StewardError, match="needs the columns date and close"):
        stress.stressed(history, held, folder=tmp_path, names=["1987-10"])
