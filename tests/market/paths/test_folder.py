"""A path as a data folder: read back it is the same history, and it says that it is simulated."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from steward.intake.load import open_market
from steward.intake.opening import find
from steward.market.history import FuturesTable, History
from steward.market.paths.folder import path_history, tables_of, write_folder
from steward.market.paths.marker import MARKER, SENTENCE, marked
from steward.market.paths.model import simulate
from steward.market.paths.state import Paths
from steward.market.settlements import settlement_value
from steward.market.vendors.data_folder import folder_history
from steward.pricing.simulated.futures import premium_share, settlements
from steward.terms import calendar
from steward.terms.contracts import OptionContract, vx
from steward.terms.errors import StewardError


@pytest.fixture(scope="module")
def path() -> Paths:
    return simulate(seed=21, paths=1, years=1.0, start=date(2016, 1, 4))


@pytest.fixture(scope="module")
def futures(path: Paths) -> FuturesTable:
    return settlements(path)


@pytest.fixture(scope="module")
def folder(path: Paths, futures: FuturesTable, tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("made") / "one"
    write_folder(path, found, made_by={"seed": 21}, futures=futures)
    return found


@pytest.fixture(scope="module")
def history(folder: Path) -> History:
    return folder_history(folder)


def test_the_folder_is_the_history_of_the_path(
    path: Paths, futures: FuturesTable, history: History
) -> None:
    own = path_history(path, futures)
    for one, other in ((history.spx, own.spx), (history.vix, own.vix)):
        np.testing.assert_array_equal(one.close, other.close)
        np.testing.assert_array_equal(one.open, other.open)
    np.testing.assert_array_equal(history.spx.close, np.round(path.spx[:, 0], 2))
    assert set(history.series) == set(own.series)
    for name, series in own.series.items():
        np.testing.assert_array_equal(history.series[name].value, series.value)
        np.testing.assert_array_equal(history.series[name].known_at, series.known_at)
    assert history.futures is not None
    np.testing.assert_array_equal(history.futures.settle, futures.settle)
    assert history.futures.final == futures.final
    assert history.label == own.label
    shared = {n: history.file_hashes[n] for n in own.file_hashes}
    assert shared == dict(own.file_hashes)


def test_it_says_that_it_is_simulated(folder: Path, history: History) -> None:
    assert history.simulated == "the model of SPX and VIX, path 0"
    assert history.label == "SIMULATED: the model of SPX and VIX, path 0"
    assert history.notes == (SENTENCE,)
    assert history.until(date(2016, 3, 1)).simulated == history.simulated
    assert SENTENCE in (folder / "README.md").read_text("utf-8")
    assert "seed = 21" in (folder / MARKER).read_text("utf-8")


def test_the_same_path_gives_the_same_bytes(
    path: Paths, futures: FuturesTable, folder: Path, tmp_path: Path
) -> None:
    names = write_folder(path, tmp_path / "again", made_by={"seed": 21}, futures=futures)
    assert len(names) == 11
    for name in names:
        assert (tmp_path / "again" / name).read_bytes() == (folder / name).read_bytes(), name


def test_futures_settle_on_the_vix_open_and_keep_the_premium(
    path: Paths, futures: FuturesTable, history: History
) -> None:
    assert futures.final
    for day, value in futures.final.items():
        assert calendar.vix_expiry(day.year, day.month) == day
        assert value == round(float(path.vix_open[path.sessions.index(day), 0]), 2)
        known = settlement_value(history, vx(day), day)
        assert known.source == "vx_final"
        assert known.quality == "simulated"
    still = settlements(replace(path, premium=np.zeros_like(path.premium)))
    ratio = np.log(futures.settle / still.settle)
    days = (futures.expiry - futures.session).astype(float)
    row = np.searchsorted(np.array(path.sessions, dtype="datetime64[D]"), futures.session)
    np.testing.assert_allclose(ratio, path.premium[row, 0] * premium_share(days), atol=2e-4)
    assert np.abs(ratio).max() > 0.01


def test_a_proxy_of_a_simulated_history_is_simulated_too(history: History) -> None:
    day = calendar.monthly_expiry(2016, 6)
    option = OptionContract(root="SPX", expiry=day, strike=2000.0, right="P", settlement="AM")
    value = settlement_value(history, option, day)
    assert (value.source, value.proxy, value.quality) == ("spx_open", True, "simulated")


def test_a_folder_without_the_mark_is_not_simulated(tmp_path: Path) -> None:
    assert marked(tmp_path) == ""


@pytest.mark.parametrize(
    ("text", "said"),
    [("label = [", "cannot be read"), ("seed = 1", "cannot be read"), ("label = 3", "is no text")],
)
def test_a_mark_that_nobody_can_read_stops_the_run(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / MARKER).write_text(text, encoding="utf-8")
    with pytest.raises(StewardError, match=said) as error:
        folder_history(tmp_path)
    assert "\n" not in str(error.value)


def test_real_quotes_do_not_go_with_it(folder: Path, tmp_path: Path) -> None:
    quotes = tmp_path / "quotes.csv"
    quotes.write_text("a\n1\n", encoding="utf-8")
    with pytest.raises(StewardError, match=r"is simulated.*leave out --chains"):
        open_market(data=folder, chains=[quotes])


def test_it_is_not_imported_into_a_store_of_data(folder: Path) -> None:
    found = list(find([folder]))
    assert len(found) == 1
    with pytest.raises(StewardError, match="is a simulated market and no data"):
        found[0].open()


def test_a_folder_that_holds_something_is_left_alone(
    path: Paths, futures: FuturesTable, tmp_path: Path
) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(StewardError, match="is not empty"):
        write_folder(path, tmp_path, made_by={}, futures=futures)
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


def test_a_folder_is_of_one_path() -> None:
    two = simulate(seed=21, paths=2, years=1.0)
    with pytest.raises(ValueError, match="2 were given"):
        tables_of(two)
