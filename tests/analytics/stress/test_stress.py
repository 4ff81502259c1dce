"""A book under shock: what must hold for any book and any path, and what was worked by hand."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from steward.analytics.stress import book, grid, replaying, states
from steward.analytics.stress.episodes import (
    EPISODES,
    LEAST_VIX,
    Episode,
    levels,
    path_from,
    path_of,
)
from steward.analytics.stress.repricing import Repricing, years_left
from steward.market.history import History
from steward.market.paths.folder import path_history
from steward.market.paths.model import simulate
from steward.market.vendors.arch_history import arch_history
from steward.pricing.modelled import ModelledMarket
from steward.pricing.term import averages
from steward.runs.backtest import follow
from steward.runs.settings import Settings
from steward.terms.contracts import OptionContract, vx
from steward.terms.errors import StewardError
from steward.terms.trades import Lot, Purpose

from ...worlds import Worlds

SESSION = date(2018, 1, 16)


@pytest.fixture(scope="module")
def history() -> History:
    return arch_history()


@pytest.fixture(scope="module")
def known(history: History) -> History:
    return states.bare(history, SESSION)


def option(root: str, day: date, strike: float, right: str) -> OptionContract:
    return OptionContract(
        root=root,
        expiry=day,
        strike=strike,
        right="C" if right == "C" else "P",
        settlement="AM" if root == "VIX" else "PM",
    )


def lot(contract: object, quantity: int, purpose: Purpose = "condor") -> Lot:
    return Lot(
        lot_id=f"{getattr(contract, 'key', '')} {quantity}",
        structure_id="s",
        purpose=purpose,
        contract=contract,  # type: ignore[arg-type]
        quantity=quantity,
        price=10_000,
        opened=SESSION,
        variation_price=10_000,
    )


FEBRUARY = date(2018, 3, 2)
CONDOR = (
    lot(option("SPXW", FEBRUARY, 2600.0, "P"), 2),
    lot(option("SPXW", FEBRUARY, 2655.0, "P"), -2),
    lot(option("SPXW", FEBRUARY, 2855.0, "C"), -2),
    lot(option("SPXW", FEBRUARY, 2910.0, "C"), 2),
)
CALL = lot(option("VIX", date(2018, 3, 21), 16.0, "C"), 5, "layer_1")
FUTURE = lot(vx(date(2018, 3, 21)), 1, "layer_3")


# --- states --------------------------------------------------------------------------------------


def test_before_the_shock_the_model_knows_closes_and_interest_alone(known: History) -> None:
    assert known.sessions[-1] == SESSION
    assert set(known.series) == {"bill_constant"}
    assert known.futures is None


def test_the_past_of_a_shocked_history_is_the_past(known: History) -> None:
    after = states.going_on(known, [2500.0, 2400.0], [30.0, 45.0])
    n = len(known.sessions)
    assert after.sessions[:n] == known.sessions
    assert after.sessions[n:] == (date(2018, 1, 17), date(2018, 1, 18))
    assert after.spx.close[:n].tolist() == known.spx.close.tolist()
    assert after.vix.close[-2:].tolist() == [30.0, 45.0]
    assert np.all(np.diff(after.moments.astype(np.int64)) > 0)
    before, now = Repricing(known), Repricing(after)
    for one in (*CONDOR, CALL, FUTURE):
        assert before.points(one.contract, SESSION) == now.points(one.contract, SESSION)


def test_a_day_that_is_none_is_one_sentence(history: History) -> None:
    for day, said in ((date(2018, 1, 15), "not a session"), (date(2014, 1, 6), "21 VIX closes")):
        with pytest.raises(StewardError, match=said):
            states.bare(history, day)


# --- the book ------------------------------------------------------------------------------------


def test_the_book_of_a_journal_is_the_book_of_the_account(worlds: type[Worlds]) -> None:
    market, rules = worlds.market(2, 100), worlds.rules(2)
    sessions = market.history.sessions
    seen = 0
    for end in (sessions[70], sessions[-1]):
        course = follow(market, Settings(rules=rules, start=sessions[40], end=end))
        for name, desk in course.desks.items():
            found = book.held(course.result.journal, name, end)
            held = {x.lot_id: (x.contract, x.quantity, x.purpose) for x in desk.account.lots}
            assert {x.lot_id: (x.contract, x.quantity, x.purpose) for x in found} == held
            seen += len(found)
    assert seen > 10


def test_names_of_contracts_are_read_back() -> None:
    for contract in (
        option("SPXW", FEBRUARY, 2655.5, "P"),
        option("VIX", date(2018, 3, 21), 16.0, "C"),
        vx(date(2018, 3, 21)),
        OptionContract(
            root="SPX", expiry=date(2018, 3, 16), strike=2700.0, right="C", settlement="AM"
        ),
    ):
        assert book.contract_of(contract.key) == contract
    for bad in ("", "VX", "SPXW 2018-03-02 2655", "SPXW 2018-03-02 2655 X", "ABC 2018-03-02 1 P"):
        with pytest.raises(StewardError, match="no contract"):
            book.contract_of(bad)


def test_a_ledger_that_is_none_is_named() -> None:
    journal = pl.DataFrame({"ledger": ["a"], "event": ["fill"]})
    with pytest.raises(StewardError, match="no ledger b: it has a"):
        book.held(journal, "b", SESSION)


# --- episodes ------------------------------------------------------------------------------------


def test_episodes_are_in_order_and_inside_of_themselves() -> None:
    names = [one.name for one in EPISODES]
    assert names == sorted(names)
    assert {"1987-10", "2008-09..11", "2018-02", "2020-02..04", "2025-04"} <= set(names)
    for one in EPISODES:
        assert one.first < one.last
        assert one.name.split("..")[0] in {f"{one.first + timedelta(days=n):%Y-%m}" for n in (0, 7)}


def test_a_path_begins_the_evening_before(history: History) -> None:
    episode = next(one for one in EPISODES if one.name == "2018-02")
    path = path_of(history, episode)
    assert path is not None
    # S&P Dow Jones Indices: the S&P 500 fell 4.10 % on 5 February 2018, the sixth of the sessions
    moves = (1.0 + path.spx[1:]) / (1.0 + path.spx[:-1]) - 1.0
    assert moves[4] == pytest.approx(-0.0410, abs=0.00005)
    # Cboe: VIX closed 20.01 points higher that day
    assert path.vix[5] - path.vix[4] == pytest.approx(20.01, abs=0.005)
    spx, vix = levels(path, 1000.0, 10.0)
    assert spx[0] == pytest.approx(1000.0 * (1.0 + path.spx[0]))
    assert vix.min() >= LEAST_VIX


def test_an_episode_that_is_not_wholly_there_is_none(history: History) -> None:
    for name in ("1987-10", "2008-09..11", "2020-02..04"):
        episode = next(one for one in EPISODES if one.name == name)
        assert path_of(history, episode) is None
    cut = history.until(date(2018, 2, 6))
    assert path_of(cut, next(one for one in EPISODES if one.name == "2018-02")) is None
    first = Episode(
        name="x", title="x", first=history.sessions[0], last=history.sessions[0] + timedelta(30)
    )
    assert path_of(history, first) is None


# --- a book through an episode -------------------------------------------------------------------


def still(sessions: int) -> Episode:
    return Episode(
        name="still", title="still", first=SESSION, last=SESSION + timedelta(days=sessions)
    )


def test_what_expires_on_the_way_is_worth_what_it_settles_at(known: History) -> None:
    """Forty sessions at 20 % lower: both put spreads are worth their width, less what they cost."""
    fall = np.full(40, 0.8)
    path = path_from(still(60), 1.0, 10.0, fall, np.full(40, 30.0))
    found = replaying.hold(known, CONDOR, path)
    assert found.sessions[-1] > FEBRUARY
    model = Repricing(known)
    worth = {x.lot_id: model.points(x.contract, SESSION) for x in CONDOR}
    received = -sum(100.0 * 100.0 * x.quantity * worth[x.lot_id] for x in CONDOR)
    width = 100.0 * 100.0 * 2 * 55.0
    assert found.total[-1] == pytest.approx(received - width, abs=1.0)
    settled = [i for i, day in enumerate(found.sessions) if day >= FEBRUARY]
    assert len({found.total[i] for i in settled}) == 1


def test_a_future_gains_what_it_moves(known: History) -> None:
    path = path_from(still(7), 1.0, 10.0, np.full(5, 1.0), np.array([12.0, 15.0, 20.0, 25.0, 30.0]))
    found = replaying.hold(known, (FUTURE,), path)
    history = states.going_on(known, [float(known.spx.close[-1])] * 5, found.vix.tolist())
    market = ModelledMarket(history)
    start = market.vix.future_price(SESSION, FUTURE.contract.expiry)[0]
    end = market.vix.future_price(found.sessions[-1], FUTURE.contract.expiry)[0]
    assert found.total[-1] == pytest.approx(100_000.0 * (end - start), abs=1.0)
    assert list(found.total) == sorted(found.total)


def test_purposes_add_up_and_condors_come_first(known: History) -> None:
    path = path_from(still(7), 1.0, 10.0, np.linspace(0.99, 0.93, 5), np.linspace(12.0, 30.0, 5))
    found = replaying.hold(known, (CALL, *CONDOR, FUTURE), path)
    assert list(found.change) == ["condor", "layer_1", "layer_3"]
    assert found.total == tuple(
        sum(values[i] for values in found.change.values()) for i in range(5)
    )
    assert found.change["layer_1"][-1] > 0 > found.change["condor"][-1]
    assert found.total[found.worst] == min(found.total)


# --- the grid ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def found(known: History) -> tuple[grid.Grid, ...]:
    return grid.grids(
        known,
        (*CONDOR, CALL),
        spx_moves=(-0.20, -0.05, 0.0, 0.10),
        future_moves=(-0.30, 0.0, 1.0, 3.0),
        sessions=(0, 5),
    )


def test_no_move_at_once_changes_nothing(found: tuple[grid.Grid, ...]) -> None:
    at_once, later = found
    assert at_once.total(2, 1) == 0
    assert later.total(2, 1) not in (None, 0)


def test_the_future_stands_where_the_axis_says(
    known: History, found: tuple[grid.Grid, ...]
) -> None:
    spx = float(known.spx.close[-1])
    for one in found:
        start = ModelledMarket(known).vix.future_price(SESSION, one.future)[0]
        for move, level in zip(one.future_moves, one.vix, strict=True):
            assert level is not None
            history = grid._shifted(known, one.sessions, spx, level)
            price = ModelledMarket(history).vix.future_price(one.day, one.future)[0]
            assert price / start == pytest.approx(1.0 + move, abs=2e-4)
        assert list(one.vix) == sorted(one.vix)


def test_condors_lose_no_more_than_they_can(known: History, found: tuple[grid.Grid, ...]) -> None:
    model = Repricing(known)
    received = -sum(10_000.0 * x.quantity * model.points(x.contract, SESSION) for x in CONDOR)
    most = 10_000.0 * 2 * 55.0 - received
    for one in found:
        for row in one.change:
            for cell in row:
                assert cell is not None
                assert -most - 1.0 <= cell["condor"] <= received + 1.0


def test_calls_on_vix_rise_with_their_future(found: tuple[grid.Grid, ...]) -> None:
    for one in found:
        for row in one.change:
            values = [cell["layer_1"] for cell in row if cell is not None]
            assert values == sorted(values)


def test_a_state_beyond_the_fit_is_flagged(found: tuple[grid.Grid, ...]) -> None:
    at_once = found[0]
    assert at_once.outside[1] == ()
    assert at_once.outside[3] != ()


def test_time_left_is_that_of_the_contract() -> None:
    assert years_left(vx(date(2018, 1, 17)), date(2018, 1, 16)) > 0.0
    assert years_left(vx(date(2018, 1, 17)), date(2018, 1, 17)) == 0.0
    assert years_left(option("SPXW", FEBRUARY, 1.0, "P"), FEBRUARY) == 0.0


def test_averages_of_what_is_kept_are_those_of_the_whole_history() -> None:
    """Closes that were left out weigh nothing that anybody could see."""
    whole = path_history(simulate(seed=3, paths=1, years=9.0))
    kept = states.bare(whole, whole.sessions[-1])
    assert len(kept.sessions) == states.SESSIONS_KEPT < len(whole.sessions)
    last, all_of_it = averages(kept.vix.close)[-1], averages(whole.vix.close)[-1]
    assert last == pytest.approx(all_of_it, rel=1e-4)
