"""The family of real chains beside the published closes, and where their interest comes from."""

from __future__ import annotations

import importlib.util
import math
from datetime import date
from pathlib import Path

import pytest

from steward.intake import vix_moments
from steward.intake.importing import import_paths
from steward.intake.vix_moments import MomentFamily, families, family_of, series_of
from steward.market.history import History
from steward.market.store import Store
from steward.market.vendors.data_folder import folder_history
from steward.pricing.rates import discount_factor
from steward.pricing.vix_family import family
from steward.terms import calendar
from steward.terms.errors import StewardError

CBOE = "chains/cboe_quotedata/spx_quotedata_{}.csv.gz"
WEEK = "chains/spx_eod_2011-01-03_07_ivolatility.csv.gz"
EARLY = "chains/spxw_1545_2019-06-26_cboe_datashop.csv.gz"
WITHIN = {"VIX": 0.05, "VIX9D": 0.05, "VIX3M": 0.15, "VIX6M": 0.25}


@pytest.fixture(scope="module")
def history(shared_data: Path) -> History:
    return folder_history(shared_data)


def assert_close(found: MomentFamily, within: dict[str, float]) -> None:
    for name, most in within.items():
        difference = found.difference(name)
        assert difference is not None, (name, found.values[name].why)
        assert abs(difference) <= most, (found.session, name)


@pytest.mark.parametrize("session", ["2022-06-10", "2023-02-07", "2024-01-05"])
def test_whole_closes_have_the_published_family(
    shared_data: Path, history: History, session: str
) -> None:
    (found,) = families(shared_data / CBOE.format(session), history=history)
    assert (found.session, found.snapshot) == (date.fromisoformat(session), "eod")
    assert_close(found, WITHIN)
    assert all(one.cut == () for one in found.values.values())
    assert "interest of the data folder" in found.rates


def test_a_week_of_monthlies_has_the_published_family(shared_data: Path, history: History) -> None:
    found = families(shared_data / WEEK, history=history)
    assert [one.session.day for one in found] == [3, 4, 5, 6, 7]
    for one in found:
        within = WITHIN if one.session.day > 3 else {**WITHIN, "VIX9D": 99.0}
        published = {name: most for name, most in within.items() if name in one.published}
        assert_close(one, published)
        # The list of the June quarter ends early, and that is said.
        assert [name for name, value in one.values.items() if value.cut] == ["VIX6M"]
    assert "VIX9D" not in found[0].published  # it was first published the day after


def test_quotes_of_a_quarter_to_four(shared_data: Path, history: History) -> None:
    """Weeklies alone: what needs a monthly is not made from something else."""
    (found,) = families(shared_data / EARLY, history=history)
    assert found.snapshot == "1545"
    assert_close(found, {"VIX": 0.05, "VIX9D": 0.05})
    assert found.values["VIX3M"].why == "there are no quotes of SPX 2019-09-20 and SPX 2019-10-18"
    assert found.values["VIX3M"].value is None
    assert found.difference("VIX3M") is None


def test_quotes_of_a_close_in_a_file_of_the_night(
    shared_data: Path, history: History, tmp_path: Path
) -> None:
    """2023-08-18: the near expiries of that Sunday's file are those of Friday's close."""
    session = date(2023, 8, 18)
    import_paths([shared_data / CBOE.format(session)], tmp_path / "store")
    rows = Store(tmp_path / "store").quotes("SPX", "2023-08")
    assert rows["snapshot"].unique().to_list() == ["gth"]

    def rate(years: float) -> float:
        return -math.log(discount_factor(history, session, years)) / years

    found = family(session, series_of(rows), rate=rate, moment=calendar.decision_moment(session))
    wanted = {"VIX": 0.10, "VIX9D": 0.05, "VIX3M": 0.15, "VIX6M": 0.25}
    published = vix_moments.published_closes(session, history)
    for name, most in wanted.items():
        value = found[name].value
        assert value is not None
        assert abs(published[name] - value) <= most
    # By itself the file is a moment of the night, and no close stands beside it.
    (by_itself,) = [family_of(part, history) for part in rows.partition_by("snapshot")]
    assert by_itself.published == {}
    assert by_itself.moment.hour == 2


def test_without_a_history_the_quotes_imply_the_interest(
    shared_data: Path, history: History
) -> None:
    path = shared_data / CBOE.format("2024-01-05")
    (plain,) = families(path)
    (beside,) = families(path, history=history)
    assert "implied by the quotes" in plain.rates
    assert plain.published == {}
    for name, one in plain.values.items():
        other = beside.values[name].value
        assert one.value == pytest.approx(other, abs=0.07), name


def test_a_few_near_expiries_imply_no_interest(shared_data: Path, history: History) -> None:
    """2023-02-03 has the expiries of February alone: VIX9D with a history, nothing without."""
    path = shared_data / CBOE.format("2023-02-03")
    (plain,) = families(path)
    assert {one.why for one in plain.values.values()} == {vix_moments.NO_RATE}
    (beside,) = families(path, history=history)
    assert_close(beside, {"VIX9D": 0.05})
    assert beside.values["VIX"].why == "there are no quotes of SPXW 2023-03-03 and SPXW 2023-03-10"


def test_without_the_package_of_the_default_there_is_no_history(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A folder that was asked for and is none stays an error."""
    found = vix_moments.history_beside(None, tmp_path / "chains.csv")
    assert found is not None
    assert found.label.startswith("embedded default")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert vix_moments.history_beside(None, tmp_path / "chains.csv") is None
    with pytest.raises(StewardError, match="absent"):
        vix_moments.history_beside(tmp_path / "absent", tmp_path / "chains.csv")


def test_a_history_that_ended_long_before_says_no_interest(
    shared_data: Path, history: History
) -> None:
    old = history.until(date(2023, 12, 1))
    (found,) = families(shared_data / CBOE.format("2024-01-05"), history=old)
    assert "implied by the quotes" in found.rates
    assert found.published == {}


def test_a_store_and_a_file_say_the_same(
    shared_data: Path, history: History, tmp_path: Path
) -> None:
    store = tmp_path / "store"
    import_paths([shared_data / WEEK], store)
    of_store = families(store, history=history)
    of_file = families(shared_data / WEEK, history=history)
    assert [one.published for one in of_store] == [one.published for one in of_file]
    assert [{n: v.value for n, v in one.values.items()} for one in of_store] == [
        {n: v.value for n, v in one.values.items()} for one in of_file
    ]
    (one,) = families(store, history=history, session=date(2011, 1, 5))
    assert one.session == date(2011, 1, 5)
    with pytest.raises(StewardError, match="no SPX quotes of 2011-02-01; it has 2011-01-03 to"):
        families(store, history=history, session=date(2011, 2, 1))


def test_what_is_no_chain_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "words.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(StewardError, match=r"words\.csv"):
        families(path)
