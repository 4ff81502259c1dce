"""The model held against chains: against its own it is exact; every quote is somewhere."""

from __future__ import annotations

import json
import math
from collections import Counter
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from steward.intake.importing import import_paths
from steward.intake.model_check.check import ModelCheck, check_model
from steward.intake.model_check.document import document
from steward.intake.model_check.pooled import cell, stats, weighted
from steward.intake.model_check.reading import best_snapshot
from steward.market.vendors.arch_history import arch_history
from steward.market.vendors.source import Hints
from steward.pricing.modelled import ModelledMarket
from steward.pricing.slice import Slice
from steward.terms.errors import StewardError

from ...fuzz.samples import SAMPLES
from .chains import near, series, write

SESSION = date(2017, 6, 5)


@pytest.fixture(scope="module")
def market() -> ModelledMarket:
    return ModelledMarket(arch_history())


@pytest.fixture(scope="module")
def own_file(market: ModelledMarket, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the model quotes on one day of the embedded history."""
    found = [market.spx.chain(SESSION, e) for e in series(market, SESSION, 11, 25, 32, 45)]
    path = tmp_path_factory.mktemp("own") / "own.csv"
    return write(path, [chain for chain in found if chain is not None])


@pytest.fixture(scope="module")
def own(own_file: Path) -> ModelCheck:
    return check_model([own_file])


def counted(found: ModelCheck) -> None:
    """Every quote that was believed is compared or counted with a reason."""
    for one in found.sessions:
        assert one.compared + sum(one.left_out.values()) == one.quotes
    whole = document(found)["quotes"]
    assert whole["compared"] + sum(whole["left_out"].values()) == whole["kept"]


def test_against_its_own_quotes_the_model_is_off_by_ticks_alone(own: ModelCheck) -> None:
    (one,) = own.sessions
    assert one.state == "published"
    rows = one.rows.filter(pl.col("delta") > 0.05)
    assert rows.height > 150
    # half a tick of either side of the quotes, so half a tick of the mid
    tick = np.where(rows["mid"].to_numpy() < 3.0, 0.05, 0.10)
    assert (rows["points"].abs().to_numpy() <= 0.75 * tick).all()
    assert rows["vol"].abs().median() < 0.05
    assert one.condor is not None
    assert one.condor.error is not None
    assert abs(one.condor.error) < 0.02
    assert np.abs(one.forward).max() < 0.5
    counted(own)


def test_the_modelled_index_is_the_published_one(own: ModelCheck) -> None:
    (one,) = own.sessions
    assert one.modelled["vix"] == pytest.approx(one.published["vix"], abs=0.1)


def test_dearer_quotes_are_a_signed_error(
    market: ModelledMarket, tmp_path: Path, own: ModelCheck
) -> None:
    found = [market.spx.chain(SESSION, e) for e in series(market, SESSION, 25)]
    path = write(tmp_path / "dear.csv", [c for c in found if c is not None], up=1.10)
    check = check_model([path])
    one = cell(check.cells("SPX"), delta="0.05-0.50", days="7-90")
    assert one is not None
    assert one["price"]["median"] == pytest.approx(100.0 / 1.10 - 100.0, abs=1.0)
    assert one["vol"]["median"] < 0.0
    assert one["spread"]["median"] == pytest.approx(1.0 / 1.10, abs=0.1)


def test_a_chain_that_is_not_of_its_close_brings_its_own_state(
    market: ModelledMarket, tmp_path: Path
) -> None:
    """The quotes of a much wilder day under the label of a calm one."""
    wild = date(2016, 6, 24)
    pairs = series(market, SESSION, 11, 25, 32, 95)
    chains = []
    for calm in pairs:
        days = (calm.day - SESSION).days
        (there,) = series(market, wild, days)
        priced = market.spx.series(wild, there)
        dear = market.spx.series(SESSION, calm)
        scale = priced.scale / dear.scale
        from dataclasses import replace

        strikes = np.arange(1000.0, 3600.0, 10.0)
        chains.append(replace(dear, scale=dear.scale * scale).chain(strikes))
    check = check_model([write(tmp_path / "wild.csv", chains)])
    (one,) = check.sessions
    assert one.state == "own"
    assert "off the published close" in one.why
    assert one.vix > 1.2 * one.published["vix"]
    short = cell(check.cells("SPX"), delta="0.05-0.50", days="7-90")
    assert short is not None
    assert short["vol"]["median_abs"] < 0.3 * (one.vix - one.published["vix"])
    counted(check)


def test_a_listed_expiry_that_the_file_lacks_is_missed_and_not_replaced(
    market: ModelledMarket, tmp_path: Path
) -> None:
    """The monthlies alone: the pair of VIX on that day were two weeklies."""
    months = [e for e in market.spx.expiries(SESSION) if e.root == "SPX"][:4]
    found = [market.spx.chain(SESSION, e) for e in months]
    path = write(tmp_path / "monthlies.csv", [chain for chain in found if chain is not None])
    check = check_model([path], hints=Hints(root="SPX"))
    (one,) = check.sessions
    assert one.state == "published"
    assert "vix" not in one.own
    assert "no VIX of its own to hold against" in one.why
    assert "there are no quotes of SPXW 2017-06-30 and SPXW 2017-07-07" in one.why
    assert one.vix == one.published["vix"]
    counted(check)


def test_a_day_without_closes_is_modelled_from_the_chain_itself(
    own_file: Path, tmp_path: Path
) -> None:
    later = own_file.read_text(encoding="utf-8")
    for year, other in (("/2017", "/2023"),):
        later = later.replace(year, other)
    path = tmp_path / "later.csv"
    path.write_text(later, encoding="utf-8")
    check = check_model([path])
    (one,) = check.sessions
    assert one.session == date(2023, 6, 5)
    assert one.state in ("own", "own level")
    assert one.published == {}
    assert one.compared > 100
    counted(check)


def test_without_wings_and_without_closes_it_says_what_is_missing(
    market: ModelledMarket, tmp_path: Path
) -> None:
    (expiry,) = series(market, SESSION, 25)
    chain = market.spx.chain(SESSION, expiry)
    assert chain is not None
    path = write(tmp_path / "narrow.csv", [near(chain, 0.02)])
    text = path.read_text(encoding="utf-8").replace("/2017", "/2023")
    path.write_text(text, encoding="utf-8")
    with pytest.raises(StewardError, match=r"no quote can be compared.*--state DIR"):
        check_model([path])


def test_two_files_with_the_same_quotes_are_one(own_file: Path, tmp_path: Path) -> None:
    twin = tmp_path / "twin.csv"
    twin.write_text(own_file.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    check = check_model([own_file, twin])
    alone = check_model([own_file])
    assert check.sessions[0].compared == alone.sessions[0].compared
    assert sum(check.reading.left_out.values()) == alone.sessions[0].quotes
    counted(check)


def test_a_file_given_twice_counts_once(own_file: Path) -> None:
    check = check_model([own_file, own_file])
    assert check.sessions[0].compared == check_model([own_file]).sessions[0].compared
    counted(check)


def test_a_store_gives_the_same_as_its_file(
    own_file: Path, own: ModelCheck, tmp_path: Path
) -> None:
    import_paths([own_file], tmp_path / "store")
    check = check_model([tmp_path / "store"])
    assert check.sessions[0].rows.equals(own.sessions[0].rows)
    assert document(check)["pooled"] == document(own)["pooled"]


def test_the_order_of_rows_says_nothing(own_file: Path, own: ModelCheck, tmp_path: Path) -> None:
    head, *rows = own_file.read_text(encoding="utf-8").splitlines()
    path = tmp_path / own_file.name
    path.write_text("\n".join([head, *reversed(rows)]) + "\n", encoding="utf-8")
    shuffled = document(check_model([path]))
    assert shuffled["pooled"] == document(own)["pooled"]
    assert shuffled["sessions"] == document(own)["sessions"]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (lambda line: line.replace(",put,", ",straddle,"), "neither call nor put"),
        (lambda line: ",".join([*line.split(",")[:6], "5", "4", "0"]), "crossed"),
        (lambda line: ",".join([*line.split(",")[:6], "0", "0", "0"]), "an ask of 0"),
        (lambda line: ",".join([*line.split(",")[:6], "nan", "4", "0"]), ""),
    ],
)
def test_damaged_rows_are_counted(own_file: Path, tmp_path: Path, fault: object, said: str) -> None:
    assert callable(fault)
    head, *rows = own_file.read_text(encoding="utf-8").splitlines()
    places = [i for i, row in enumerate(rows) if ",put," in row][:7]
    for place in places:
        rows[place] = fault(rows[place])
    path = tmp_path / "damaged.csv"
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    check = check_model([path])
    (file,) = check.reading.files
    assert sum(file.set_aside.values()) == 7
    assert any(said in why for why in file.set_aside)
    assert file.kept == len(rows) - 7
    counted(check)


def test_a_folder_goes_on_over_what_is_no_chain(own_file: Path, tmp_path: Path) -> None:
    (tmp_path / "chain.csv").write_bytes(own_file.read_bytes())
    (tmp_path / "other.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    (tmp_path / "README.md").write_text("words", encoding="utf-8")
    check = check_model([tmp_path])
    assert {one.name for one in check.reading.not_read} == {"other.csv", "README.md"}
    assert check.sessions[0].compared > 100
    with pytest.raises(StewardError, match=r"other\.csv, line 1"):
        check_model([tmp_path / "chain.csv", tmp_path / "other.csv"])


def test_bad_input_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.csv").write_text("", encoding="utf-8")
    for paths, said in (
        ([tmp_path / "none.csv"], "does not exist"),
        ([tmp_path / "empty"], "holds no option quotes"),
        ([tmp_path / "text.csv"], "text.csv"),
        ([], "--quotes"),
    ):
        with pytest.raises(StewardError, match=said) as error:
            check_model(paths)
        assert "\n" not in str(error.value)


def test_the_document_is_json_without_nan(own: ModelCheck) -> None:
    text = json.dumps(document(own), allow_nan=False, sort_keys=True)
    again = json.loads(text)
    assert again["format"] == 1
    assert set(again) == {
        *(
            "format",
            "quality",
            "model",
            "state",
            "files",
            "not_read",
            "quotes",
            "sessions",
            "pooled",
        ),
    }
    assert again["quality"] == "modelled"
    assert again["pooled"]["vix"] is None


def test_which_snapshot_is_compared() -> None:
    assert best_snapshot(["0931", "eod", "1545"]) == "eod"
    assert best_snapshot(["gth", "1545"]) == "1545"
    assert best_snapshot(["0931", "1540", "gth"]) == "1540"
    assert best_snapshot(["gth"]) == "gth"


def test_each_cluster_weighs_the_same() -> None:
    values = np.array([1.0] * 90 + [3.0] * 10)
    clusters = ["a"] * 90 + ["b"] * 10
    found = stats(values, clusters)
    assert found is not None
    assert found["p90_abs"] == pytest.approx(1.0, abs=0.21)
    assert found["cluster_p90_abs"] == 3.0
    assert found["clusters"] == 2
    assert stats(np.array([np.nan]), ["a"]) is None
    # of equal weights it is the plain quantile, from below
    assert weighted(np.arange(11.0), np.ones(11), 0.5) == 5.0


def test_reasons_are_whole(own: ModelCheck) -> None:
    reasons = Counter[str]()
    for one in own.sessions:
        reasons.update(one.left_out)
    assert all(n > 0 for n in reasons.values())
    assert any("in the money" in why for why in reasons)


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_every_layout_is_compared_or_refused_in_a_sentence(name: str, tmp_path: Path) -> None:
    sample = SAMPLES[name]
    path = tmp_path / sample.name
    path.write_bytes(sample.data)
    said, check = "", None
    try:
        check = check_model([path], hints=sample.hints)
    except StewardError as error:
        said = str(error)
    if check is not None:
        counted(check)
        json.dumps(document(check), allow_nan=False)
    else:
        assert "\n" not in said
        assert str(path) in said


def test_an_order_that_is_broken_is_counted(market: ModelledMarket) -> None:
    from steward.intake.model_check import arbitrage

    class Bent:
        """A smile with a dent at one strike, which makes a butterfly free."""

        def __init__(self, priced: Slice) -> None:
            self._priced = priced
            self.forward, self.years, self.expiry = priced.forward, priced.years, priced.expiry

        def vols(self, strike: np.ndarray) -> np.ndarray:
            far = np.abs(strike / self.forward - 0.95)
            return self._priced.vols(strike) + 0.05 * np.exp(-((far / 0.004) ** 2))

    near, after = (market.spx.series(SESSION, e) for e in series(market, SESSION, 25, 45))
    strikes = np.arange(0.8 * near.forward, 1.1 * near.forward, 5.0)
    bent = arbitrage.count([(Bent(near), strikes)])  # type: ignore[list-item]
    assert (bent.slices, bent.butterfly) == (1, 1)
    assert bent.worst > 0.1
    turned = arbitrage.count([(near, strikes), (after, strikes)])
    assert (turned.slices, turned.pairs, turned.calendar) == (2, 1, 0)
    assert math.copysign(1.0, turned.worst) == 1.0

    class Flat(Bent):
        """Calls worth nothing anywhere: no difference at all."""

        def vols(self, strike: np.ndarray) -> np.ndarray:
            return np.full(strike.shape, 1e-6)

    beyond = np.array([1.2 * near.forward, 1.3 * near.forward])
    nothing = arbitrage.count([(Flat(near), beyond)])  # type: ignore[list-item]
    assert (nothing.worst, math.copysign(1.0, nothing.worst)) == (0.0, 1.0)


# --- on real chains ------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_complete_close_is_its_own_published_index(shared_data: Path) -> None:
    check = check_model(
        [shared_data / "chains" / "cboe_quotedata" / "spx_quotedata_2024-01-05.csv.gz"],
        state=shared_data,
    )
    (one,) = check.sessions
    assert one.state == "published"
    assert one.own["vix"] == pytest.approx(one.published["vix"], abs=0.05)
    assert one.own["vix9d"] == pytest.approx(one.published["vix9d"], abs=0.05)
    assert one.own["vix3m"] == pytest.approx(one.published["vix3m"], abs=0.15)
    assert one.own["vix6m"] == pytest.approx(one.published["vix6m"], abs=0.25)
    counted(check)


@pytest.mark.slow
def test_quotes_of_noon_and_of_the_night_are_modelled_from_themselves(shared_data: Path) -> None:
    folder = shared_data / "chains" / "cboe_quotedata"
    check = check_model(
        [
            folder / "spx_quotedata_2023-06-09.csv.gz",
            folder / "spx_quotedata_2023-08-18.csv.gz",
        ],
        state=shared_data,
    )
    noon, night = check.sessions
    assert (noon.snapshot, noon.state) == ("1340", "own")
    assert (night.snapshot, night.state) == ("gth", "own")
    for one in check.sessions:
        assert one.modelled["vix"] == pytest.approx(one.vix, abs=0.1)
        assert one.forward == ()
    counted(check)


@pytest.mark.slow
def test_vix_calls_are_compared_on_their_own_future(shared_data: Path) -> None:
    path = shared_data / "vix_chains" / "vix_options_2024_01.parquet"
    check = check_model([path], state=shared_data)
    counted(check)
    found = document(check)["pooled"]["vix"]
    one = cell(found["cells"], delta="0.20-0.45", days="20-60", right="calls")
    assert one is not None
    assert one["price"]["median_abs"] < 15.0
    assert 0.0 < one["all_modelled"]["median_abs"] < 25.0
    assert found["futures_points"]["all"]["n"] > 10
    with pytest.raises(StewardError, match="--state DIR"):
        check_model([path])
