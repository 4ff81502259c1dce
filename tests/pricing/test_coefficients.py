"""One reader for all packaged numbers: other texts take their place, and nothing stays behind."""

from __future__ import annotations

import re
from datetime import date
from importlib import resources
from pathlib import Path

import pytest

import steward
from steward.market.paths import coefficients as path_coefficients
from steward.pricing import coefficients, spreads, term, vix_smile, vvix, vx_curve
from steward.pricing.execution import tick_of
from steward.pricing.rates import dividend_yield
from steward.pricing.smile import State, surface
from steward.terms.contracts import OptionContract

PACKAGE = Path(steward.__file__).parent
DAY = date(2020, 3, 16)
OPTION = OptionContract(root="SPX", expiry=DAY, strike=2500.0, right="P", settlement="AM")


def one_number_more(name: str, key: str) -> str:
    """The packaged text with the first number after a key three hundredths larger."""
    text = coefficients.text(name)
    place = text.index(key) + len(key)
    found = re.compile(r"-?\d+\.\d+").search(text, place)
    assert found is not None
    return text[: found.start()] + f"{float(found[0]) + 0.03:.5f}" + text[found.end() :]


READERS = {
    "term": ("coefficients = [", lambda: tuple(term._coefficients()["vix9d", ""].tolist())),
    "smile": (
        "numbers = [",
        lambda: surface(State(vix=20.0, skew=130.0, vvix=90.0)).scale_for(0.2, 0.1),
    ),
    "spreads": ("points = ", lambda: float(spreads.fitted().level[0])),
    "vx": ("coefficients = [", lambda: float(vx_curve.packaged().forms[0].coefficients[0, 0])),
    "vvix": ("coefficients = [", lambda: float(vvix.forms()[0].coefficients[0])),
    "vix_smile": ("long_run = ", lambda: vix_smile.fit()[0]),
    "rates": (
        "a_year = ",
        lambda: [dividend_yield(date(year, 6, 1)) for year in (1991, 2000, 2024)],
    ),
}


@pytest.mark.parametrize("name", READERS)
def test_a_reader_follows_the_text_and_goes_back(name: str) -> None:
    key, read = READERS[name]
    packaged = read()
    with coefficients.instead({name: one_number_more(name, key)}):
        assert read() != packaged
    assert read() == packaged


def test_ticks_are_read_by_the_same_way() -> None:
    before = tick_of(OPTION, 0, DAY), spreads.ticks("SPX", DAY)
    doubled = re.sub(
        r"tick = (\d+)", lambda m: f"tick = {2 * int(m[1])}", coefficients.text("ticks")
    )
    with coefficients.instead({"ticks": doubled}):
        assert tick_of(OPTION, 0, DAY) == 2 * before[0]
        assert spreads.ticks("SPX", DAY) == tuple(2 * tick for tick in before[1])
    assert (tick_of(OPTION, 0, DAY), spreads.ticks("SPX", DAY)) == before


def test_after_an_error_too_nothing_stays_in_place() -> None:
    packaged = coefficients.text("vvix")
    with pytest.raises(KeyError), coefficients.instead({"vvix": ""}):
        vvix.forms()
    assert coefficients.text("vvix") == packaged


def test_what_is_read_is_told_and_what_is_hidden_is_not_read() -> None:
    vvix.forms()
    with coefficients.instead({"term": "a = 1\n"}, hidden=["smile"]) as read:
        assert dict(read) == {}
        vvix.forms()
        coefficients.text("term")
        with pytest.raises(LookupError, match=r"smile\.toml"):
            surface(State(vix=20.0))
    packaged = coefficients.hashes()["vvix"]
    assert dict(read) == {"term": coefficients.hash_of("a = 1\n"), "vvix": packaged}


def test_the_name_of_all_numbers_changes_with_each_of_them() -> None:
    names = {coefficients.fingerprint()}
    for name in coefficients.FILES:
        with coefficients.instead({name: coefficients.text(name) + "# one more line\n"}):
            names.add(coefficients.fingerprint())
    assert len(names) == len(coefficients.FILES) + 1
    assert coefficients.fingerprint() in names
    assert all(len(name) == coefficients.FINGERPRINT for name in names)


def test_every_packaged_file_is_one_of_them() -> None:
    folder = resources.files("steward.pricing") / "files"
    names = {one.name.removesuffix(".toml") for one in folder.iterdir() if one.name != "model.toml"}
    assert names == set(coefficients.FILES)


def test_no_other_module_of_pricing_opens_a_packaged_file() -> None:
    for path in sorted((PACKAGE / "pricing").rglob("*.py")):
        if path.name != "coefficients.py":
            assert "importlib.resources" not in path.read_text("utf-8"), path
            assert "import resources" not in path.read_text("utf-8"), path


def test_paths_read_another_text_and_go_back() -> None:
    packaged = path_coefficients.model()
    text = (resources.files("steward.market") / "files" / "paths.toml").read_text("utf-8")
    with path_coefficients.instead(re.sub(r"(?m)^drift = .*$", "drift = 0.001", text)):
        assert path_coefficients.model().drift == 0.001
    assert path_coefficients.model() is not packaged
    assert path_coefficients.model().drift == packaged.drift
