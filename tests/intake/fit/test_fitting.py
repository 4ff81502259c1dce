"""Fits are run in order, written whole, named by their data, and the same twice."""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path

import pytest

from steward.intake.fit import fitting
from steward.intake.fit.fitting import FITS, Fit, fit_all, index_text, place, write
from steward.pricing import coefficients
from steward.terms.errors import StewardError

FOLDER = Path(__file__).parent


@pytest.fixture
def toys(monkeypatch: pytest.MonkeyPatch) -> tuple[Fit, ...]:
    monkeypatch.syspath_prepend(str(FOLDER.parent))
    return (
        Fit(name="lengths", function="fit.toy_fits.fit_lengths"),
        Fit(name="counts", function="fit.toy_fits.fit_counts", room="market"),
    )


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "a.csv").write_text("x\nyy\nzzz\n", encoding="utf-8")
    (folder / "b.csv").write_text("1\n", encoding="utf-8")
    return folder


def test_each_file_is_named_with_its_hash_and_its_data(
    toys: tuple[Fit, ...], data: Path, tmp_path: Path
) -> None:
    steps: list[str] = []
    found = fit_all(data, fits=toys, progress=lambda step, *_: steps.append(step))
    paths = write(found, place(tmp_path / "out"))
    assert [path.name for path in paths] == ["lengths.toml", "counts.toml", "model.toml"]
    assert "lengths: reading" in steps
    assert "counts: counting" in steps
    index = tomllib.loads(paths[-1].read_text(encoding="utf-8"))
    assert index["format"] == coefficients.FORMAT
    assert set(index["section"]) == {"lengths", "counts"}
    own = index["section"]["lengths"]
    assert own["sha256"] == hashlib.sha256(paths[0].read_bytes()).hexdigest()
    assert own["data"] == {"a.csv": hashlib.sha256((data / "a.csv").read_bytes()).hexdigest()}
    assert set(index["section"]["counts"]["data"]) == {"a.csv", "b.csv"}
    assert set(own["versions"]) == {"numpy", "scipy"}
    text = paths[-1].read_text(encoding="utf-8")
    assert str(tmp_path) not in text


def test_two_fits_of_the_same_data_are_the_same_bytes(
    toys: tuple[Fit, ...], data: Path, tmp_path: Path
) -> None:
    first = write(fit_all(data, fits=toys), place(tmp_path / "one"))
    second = write(fit_all(data, fits=toys), place(tmp_path / "two"))
    assert [p.read_bytes() for p in first] == [p.read_bytes() for p in second]


def test_one_section_alone_leaves_the_others_in_the_index(
    toys: tuple[Fit, ...], data: Path, tmp_path: Path
) -> None:
    write(fit_all(data, fits=toys), place(tmp_path / "out"))
    whole = (tmp_path / "out" / "model.toml").read_text(encoding="utf-8")
    (data / "b.csv").write_text("1\n2\n", encoding="utf-8")
    write(fit_all(data, fits=toys, only=["lengths"]), place(tmp_path / "out"))
    assert (tmp_path / "out" / "model.toml").read_text(encoding="utf-8") == whole
    write(fit_all(data, fits=toys, only=["counts"]), place(tmp_path / "out"))
    assert (tmp_path / "out" / "model.toml").read_text(encoding="utf-8") != whole


def test_what_the_user_can_put_right_is_one_sentence(
    toys: tuple[Fit, ...], data: Path, tmp_path: Path
) -> None:
    with pytest.raises(StewardError, match=r"--only nothing.*lengths, counts"):
        fit_all(data, fits=toys, only=["nothing"])
    with pytest.raises(StewardError, match="no such folder"):
        fit_all(tmp_path / "nowhere", fits=toys)
    (data / "a.csv").unlink()
    with pytest.raises(StewardError, match=r"a\.csv: missing"):
        fit_all(data, fits=toys)
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(StewardError, match="is a file"):
        place(tmp_path / "file")


def test_without_scipy_it_names_the_extra(
    toys: tuple[Fit, ...], data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fitting.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(StewardError, match=r"steward\[fit\]"):
        fit_all(data, fits=toys)


def test_an_index_of_another_format_is_refused(tmp_path: Path) -> None:
    for text in ("format = 99\n[section]\n", "format = \n", "words"):
        with pytest.raises(StewardError, match="steward model fit"):
            coefficients.read_index(text, "model.toml")
    assert coefficients.read_index(index_text([]) + "[section]\n", "model.toml")["format"] == 1


def test_names_of_sections_are_single() -> None:
    names = [fit.name for fit in FITS]
    assert len(set(names)) == len(names)
    assert {fit.room for fit in FITS} <= {"pricing", "market"}


def test_the_packaged_coefficients_are_those_of_the_index() -> None:
    """After a change of a file: `steward model fit --data DIR --into-package`."""
    if coefficients.index() is None:
        pytest.skip("no index is packaged")
    assert coefficients.changed() == ()
    assert len(coefficients.fingerprint()) == coefficients.FINGERPRINT


def test_a_file_changed_by_hand_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "pricing").mkdir()
    (tmp_path / "pricing" / "one.toml").write_text("a = 1\n", encoding="utf-8")
    right = hashlib.sha256(b"a = 1\n").hexdigest()
    monkeypatch.setattr(coefficients, "folder_of", lambda room: tmp_path / room)
    monkeypatch.setattr(
        coefficients,
        "index",
        lambda: {
            "section": {
                "one": {"room": "pricing", "sha256": right},
                "two": {"room": "pricing", "sha256": right},
            }
        },
    )
    assert coefficients.changed() == ("pricing/files/two.toml is missing",)
    (tmp_path / "pricing" / "one.toml").write_text("a = 2\n", encoding="utf-8")
    assert "pricing/files/one.toml is not as it was fitted" in coefficients.changed()
